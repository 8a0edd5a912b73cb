//! What a site file says about clients that come over HTTP: where they may be listened for, whom they may come from, and
//! what they have to know.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::address::split_authority;
use super::{Secret, SiteError, WrittenSecret};

/// Shortest secret that is taken, in bytes: `openssl rand -hex 32` prints 64. What is longer than this is not guessed.
const SECRET_BYTES_MIN: usize = 32;

/// How clients may be served. Without a word of it: on loopback or at a unix socket, by the names of loopback.
#[derive(Clone, Debug, Default)]
pub struct Serve {
    /// Addresses of this machine, besides loopback, that may be listened at. If there are any, there is a token.
    pub addresses: Vec<SocketAddr>,
    /// Names, besides those of loopback, that clients call this server by: hosts without port, in small letters.
    pub hosts: Vec<String>,
    /// Origins of pages that may call it (RFC 6454, section 6.2), in small letters.
    pub origins: Vec<String>,
    /// What every client has to send.
    pub token: Option<Secret>,
    /// What confirmations are sealed with, where more than one process gives and takes them.
    pub state_key: Option<Secret>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenServe {
    #[serde(default)]
    http: WrittenHttp,
    state_key: Option<WrittenSecret>,
}

#[derive(Default, Deserialize)]
#[serde(try_from = "UncheckedHttp")]
struct WrittenHttp(UncheckedHttp);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedHttp {
    #[serde(default)]
    addresses: Vec<SocketAddr>,
    #[serde(default)]
    hosts: Vec<Host>,
    #[serde(default)]
    origins: Vec<Origin>,
    token: Option<WrittenSecret>,
}

impl TryFrom<UncheckedHttp> for WrittenHttp {
    type Error = String;

    fn try_from(written: UncheckedHttp) -> Result<Self, String> {
        if !written.addresses.is_empty() && written.token.is_none() {
            return Err(
                "\"addresses\" lets others than this machine connect, so there has to be a token: add \"token\": \
                        {\"file\": \"http.token\"}, made with `umask 077; openssl rand -hex 32 > http.token`"
                    .to_owned(),
            );
        }
        Ok(Self(written))
    }
}

impl WrittenServe {
    /// The addresses that may be listened at, and the secrets that would be read, each with whose it is.
    pub(super) fn places(self) -> (Vec<SocketAddr>, Vec<(&'static str, WrittenSecret)>) {
        let WrittenHttp(http) = self.http;
        let secrets = [("the token of \"http\"", http.token), ("\"state_key\"", self.state_key)];
        (http.addresses, secrets.into_iter().filter_map(|(whose, place)| Some((whose, place?))).collect())
    }

    /// Reads the files that are named. `shown` is the site file, for messages.
    pub(super) fn read(self, directory: &Path, shown: &dyn std::fmt::Display) -> Result<Serve, SiteError> {
        let WrittenHttp(http) = self.http;
        let secret = |what: &str, place: Option<WrittenSecret>| {
            let read = |place: WrittenSecret| {
                let told = |fault: String| SiteError(format!("{shown}: {what}: {fault}"));
                let secret = place.read(directory).map_err(told)?;
                if secret.expose().len() < SECRET_BYTES_MIN {
                    let place = place.shown(directory);
                    let fault = format!(
                        "{place} holds less than {SECRET_BYTES_MIN} characters; `openssl rand -hex 32` prints 64"
                    );
                    return Err(told(fault));
                }
                Ok(secret)
            };
            place.map(read).transpose()
        };
        Ok(Serve {
            addresses: http.addresses,
            hosts: http.hosts.into_iter().map(|host| host.0).collect(),
            origins: http.origins.into_iter().map(|origin| origin.0).collect(),
            token: secret("the token of \"http\"", http.token)?,
            state_key: secret("\"state_key\"", self.state_key)?,
        })
    }
}

/// A host without port, as it stands in a `Host` header.
struct Host(String);

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_ascii_lowercase();
        let (host, _) = split_authority(&text, 80).map_err(D::Error::custom)?;
        if text != host && text != format!("[{host}]") {
            return Err(D::Error::custom(format!(
                "`{}` has a port; clients may use any, so leave it out",
                text.escape_debug()
            )));
        }
        Ok(Self(text))
    }
}

/// A scheme, a host, and a port where it is not the scheme's own: as browsers send it.
struct Origin(String);

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_ascii_lowercase();
        let (authority, port, default) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(authority), _) => (authority, 80, ":80"),
            (_, Some(authority)) => (authority, 443, ":443"),
            _ => return Err(D::Error::custom("an origin starts with `http://` or `https://`")),
        };
        split_authority(authority, port).map_err(D::Error::custom)?;
        if authority.ends_with(default) {
            return Err(D::Error::custom(format!(
                "browsers leave `{default}` out of an origin; leave it out here, too"
            )));
        }
        Ok(Self(text))
    }
}
