//! The site template: which systems a release may reach, and by which names its secrets are asked for.
//!
//! Its form is the site file's, read as strictly as the host reads it: what is no place for a secret holds none, and what is one
//! holds the name of a file. So a value that was pasted in by mistake is refused, not sealed and carried.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use airlock_seal::manifest::Egress;
use airlock_seal::policy::Suite;
use airlock_seal::unique::UniqueMap;
use airlock_seal::{Code, Refusal};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::ir::Catalog;
use crate::report::visible;

/// A site file longer than this is refused by the host as well, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// The longest name of a file or a credential, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// A name of letters and digits alone that is as long as this is taken for a key that was pasted in, in bytes.
const RANDOM_BYTES_MIN: usize = 32;

/// What a template says.
#[derive(Clone, Debug)]
pub struct Site {
    /// The file's bytes, as they are sealed.
    pub text: String,
    /// By name: the address, and where it is dialled.
    pub upstreams: BTreeMap<String, Upstream>,
    /// The least isolation that it puts up with.
    pub isolation: Vec<String>,
    /// Secrets beside those of upstreams, such as the token of clients: their names in the file.
    others: BTreeSet<String>,
}

/// A system, as the template has it.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub address: String,
    pub pins: Vec<String>,
    /// Whether certificates say who must be there.
    pub is_proven: bool,
    /// Why there is no TLS, where the document asks for it.
    pub plain_http: Option<String>,
    /// Names of its credentials.
    pub credentials: BTreeSet<String>,
}

impl Site {
    /// Reads a template.
    pub fn read(file: &Path) -> Result<Self, Refusal> {
        let shown = visible(&file.to_string_lossy());
        let refused = |text: String| Refusal::new(Code::Usage, text);
        let mut text = String::new();
        let read = File::open(file).and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text));
        read.map_err(|fault| {
            refused(format!("cannot read {shown}: {fault}; `airlock-host site` prints one to start from"))
        })?;
        if text.len() as u64 > BYTES_MAX {
            return Err(refused(format!("{shown} is longer than {BYTES_MAX} bytes, so it is no site file")));
        }
        let written: Written = serde_json::from_str(&text).map_err(|fault| {
            refused(format!(
                "{shown}: {fault}; a template names files and credentials as `{{\"file\": \"clinic.key\"}}`, and holds no secret"
            ))
        })?;
        let site = Self::of(written, text);
        let of_credentials = site.upstreams.values().flat_map(|upstream| &upstream.credentials);
        if site.upstreams.keys().chain(of_credentials).any(|name| name.is_empty() || name.len() > NAME_BYTES_MAX) {
            return Err(refused(format!("{shown}: a name is empty, or longer than {NAME_BYTES_MAX} bytes")));
        }
        Ok(site)
    }

    fn of(written: Written, text: String) -> Self {
        let mut others = BTreeSet::new();
        let mut add = |name: &str, is_there: bool| others.extend(is_there.then(|| name.to_owned()));
        if let Some(audit) = &written.audit {
            add("audit.key", audit.key.is_some());
            add("audit.digest_key", audit.digest_key.is_some());
        }
        if let Some(serve) = &written.serve {
            add("serve.state_key", serve.state_key.is_some());
            add("serve.http.token", serve.http.as_ref().is_some_and(|http| http.token.is_some()));
        }
        let upstream = |written: WrittenUpstream| Upstream {
            address: written.address.0,
            pins: written.pins.into_iter().map(|pin| pin.to_string()).collect(),
            is_proven: written.ca.is_some(),
            plain_http: written.plain_http,
            credentials: written.credentials.0.into_keys().collect(),
        };
        let minimum = written.isolation.and_then(|isolation| isolation.minimum).unwrap_or_default();
        let isolation = minimum.into_iter().map(|requirement| requirement.0).collect();
        let upstreams = written.upstreams.0.into_iter().map(|(name, written)| (name, upstream(written))).collect();
        Self { text, upstreams, isolation, others }
    }

    /// Refuses a template of other catalogs: each system and each credential that tools need is there, and no other.
    pub fn check(&self, file: &Path, catalogs: &[Catalog]) -> Result<(), Refusal> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for upstream in catalogs.iter().flat_map(|catalog| &catalog.upstreams) {
            let credentials = upstream.credentials.iter().map(|credential| credential.name.as_str());
            wanted.entry(&upstream.name).or_default().extend(credentials);
        }
        let shown = visible(&file.to_string_lossy());
        let refused = |text: String| {
            let way_out = "`airlock-host site` prints one with every upstream and credential of its catalogs";
            Err(Refusal::new(Code::Usage, format!("{shown}: {text}; {way_out}")))
        };
        for (name, credentials) in &wanted {
            let Some(upstream) = self.upstreams.get(*name) else {
                return refused(format!("has no upstream `{}`, which tools of the catalogs call", visible(name)));
            };
            let named = &upstream.credentials;
            if let Some(missing) = credentials.iter().find(|credential| !named.contains(**credential)) {
                return refused(format!("upstream `{}` has no credential `{}`", visible(name), visible(missing)));
            }
            if let Some(foreign) = named.iter().find(|credential| !credentials.contains(credential.as_str())) {
                let (name, foreign) = (visible(name), visible(foreign));
                return refused(format!("upstream `{name}` has the credential `{foreign}`, which no tool uses"));
            }
        }
        match self.upstreams.keys().find(|name| !wanted.contains_key(name.as_str())) {
            Some(foreign) => refused(format!("has the upstream `{}`, which no catalog has", visible(foreign))),
            None => Ok(()),
        }
    }

    /// What `manifest.json` says of it.
    pub fn egress(&self) -> Vec<Egress> {
        let one = |(name, upstream): (&String, &Upstream)| Egress {
            address: upstream.address.clone(),
            pins: upstream.pins.clone(),
            upstream: name.clone(),
        };
        self.upstreams.iter().map(one).collect()
    }

    /// Names of all secrets, sorted: `UPSTREAM/CREDENTIAL`, or the place in the site file.
    pub fn secrets(&self) -> Vec<String> {
        let of_upstreams = self.upstreams.iter().flat_map(|(name, upstream)| {
            upstream.credentials.iter().map(move |credential| format!("{name}/{credential}"))
        });
        let mut all: Vec<String> = of_upstreams.chain(self.others.iter().cloned()).collect();
        all.sort();
        all
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    upstreams: UniqueMap<WrittenUpstream>,
    audit: Option<WrittenAudit>,
    #[serde(rename = "limits")]
    _limits: Option<WrittenLimits>,
    serve: Option<WrittenServe>,
    isolation: Option<WrittenIsolation>,
    #[serde(rename = "release")]
    _release: Option<WrittenRelease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRelease {
    #[serde(rename = "anchors")]
    _anchors: Name,
    #[serde(rename = "policy", default)]
    _policy: Suite,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIsolation {
    minimum: Option<Vec<Requirement>>,
}

/// A layer, such as `landlock>=1`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Requirement(String);

impl TryFrom<String> for Requirement {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"->=".contains(&byte);
        let is_layer = !text.is_empty() && text.len() <= 40 && text.bytes().all(plain);
        if is_layer { Ok(Self(text)) } else { Err("is no layer of isolation, such as `landlock>=1`") }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUpstream {
    address: WrittenAddress,
    #[serde(default)]
    pins: Vec<std::net::SocketAddr>,
    ca: Option<WrittenFile>,
    plain_http: Option<String>,
    #[serde(default)]
    credentials: UniqueMap<WrittenSecret>,
    #[serde(rename = "limits")]
    _limits: Option<WrittenUpstreamLimits>,
}

/// Numbers, and nothing that could hold a text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUpstreamLimits {
    #[serde(rename = "calls_at_once_max")]
    _calls_at_once_max: Option<u64>,
    #[serde(rename = "calls_per_second_max")]
    _calls_per_second_max: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names of the site file, where units stand last")]
struct WrittenLimits {
    #[serde(rename = "seconds_max")]
    _seconds_max: Option<u64>,
    #[serde(rename = "calls_at_once_max")]
    _calls_at_once_max: Option<u64>,
    #[serde(rename = "answer_bytes_max")]
    _answer_bytes_max: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAudit {
    #[serde(rename = "file")]
    _file: Option<Name>,
    #[serde(rename = "directory")]
    _directory: Option<Name>,
    key: Option<WrittenSecret>,
    #[serde(rename = "sync")]
    _sync: Option<Sync>,
    #[serde(rename = "arguments")]
    _arguments: Option<Arguments>,
    digest_key: Option<WrittenSecret>,
    #[serde(rename = "file_bytes_max")]
    _file_bytes_max: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sync {
    Writes,
    Every,
    Never,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Arguments {
    Digest,
    Values,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenServe {
    http: Option<WrittenHttp>,
    state_key: Option<WrittenSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHttp {
    #[serde(rename = "addresses", default)]
    _addresses: Vec<std::net::SocketAddr>,
    #[serde(rename = "hosts", default)]
    _hosts: Vec<Host>,
    #[serde(rename = "origins", default)]
    _origins: Vec<Host>,
    token: Option<WrittenSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    #[serde(rename = "file")]
    _file: Name,
}

/// Where a secret is: a file, or a credential of systemd.
#[derive(Deserialize)]
#[serde(try_from = "UncheckedSecret")]
struct WrittenSecret;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedSecret {
    file: Option<Name>,
    credential: Option<Name>,
}

impl TryFrom<UncheckedSecret> for WrittenSecret {
    type Error = &'static str;

    fn try_from(written: UncheckedSecret) -> Result<Self, Self::Error> {
        match (written.file, written.credential) {
            (Some(_), None) | (None, Some(_)) => Ok(Self),
            _ => Err("a secret has either \"file\" or \"credential\""),
        }
    }
}

/// A scheme and a host, or a socket: without a user, a password, a path or a query, where secrets use to stand.
struct WrittenAddress(String);

impl<'de> Deserialize<'de> for WrittenAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let is_host = rest.is_some_and(is_host) || text.strip_prefix("unix:").is_some_and(is_name);
        if is_host {
            return Ok(Self(text));
        }
        Err(D::Error::custom(
            "an address is `http://HOST:PORT`, `https://HOST:PORT` or `unix:PATH`, without user, password, path or query",
        ))
    }
}

/// A name of a host with or without scheme and port.
struct Host;

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(&text);
        if is_host(rest) { Ok(Self) } else { Err(D::Error::custom("is no name of a host")) }
    }
}

fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= NAME_BYTES_MAX + 8 && text.bytes().all(plain)
}

/// The name of a file or a credential.
struct Name;

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_name(&text) {
            return Ok(Self);
        }
        Err(D::Error::custom(
            "that is no name of a file (A-Z, a-z, 0-9 and ._/@+-, and nothing that looks like a key): a secret's value stands in that \
             file, never here",
        ))
    }
}

/// A path of plain characters. What `openssl rand` and the like print is none: nobody names a file so.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/@+-".contains(&byte);
    let is_random = text.len() >= RANDOM_BYTES_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_path = !text.is_empty() && text.split('/').all(|part| part.len() <= NAME_BYTES_MAX);
    is_path && !is_random && text.bytes().all(plain)
}

#[cfg(test)]
mod tests;
