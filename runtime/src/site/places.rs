//! What a site file names, for those who write about it: no file that it names is opened, so no secret is read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Pin, SITE_BYTES_MAX, SiteError, Written, located, read_text};

/// The places that a site file names.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where each upstream is dialled, by the name that catalogs use. Sockets are as they are written.
    pub(crate) upstreams: BTreeMap<String, Vec<Pin>>,
    /// Secrets, and certificates that prove who is behind an address.
    pub(crate) keys: Vec<Key>,
    /// Where audit records are appended, as it is written.
    pub(crate) audit: Option<PathBuf>,
    /// The directory of trust anchors, as it is written.
    pub(crate) anchors: Option<PathBuf>,
    /// Addresses of this machine, besides loopback, that may be listened at over HTTP.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has addresses"))]
    pub(crate) addresses: Vec<SocketAddr>,
    /// The longest that a call takes.
    pub(crate) time_max: Duration,
}

/// A secret, or certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Whose it is, in words.
    pub(crate) whose: String,
    /// Where it is.
    pub(crate) place: KeyPlace,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// In a file, as it is written: relative to the site file's directory, or absolute.
    File(PathBuf),
    /// Handed over by systemd under this name.
    Credential(String),
}

impl Places {
    /// Reads a site file, and nothing else.
    pub(crate) fn read(file: &Path) -> Result<Self, SiteError> {
        let text = read_text(file, SITE_BYTES_MAX).map_err(|fault| {
            SiteError(format!(
                "cannot read the site file `{}`: {fault}; `airlock-host site` prints one to start from",
                file.display()
            ))
        })?;
        let written: Written = serde_json::from_str(&text).map_err(|fault| located(file, &fault))?;
        let mut keys = Vec::new();
        let mut upstreams = BTreeMap::new();
        for (name, upstream) in written.upstreams.0 {
            for (credential, place) in upstream.credentials.0 {
                let whose = format!("credential `{credential}` of upstream `{name}`");
                keys.push(Key { whose, place: place.place() });
            }
            let certificates = upstream.ca.map(|ca| KeyPlace::File(ca.file));
            keys.extend(certificates.map(|place| Key { whose: format!("\"ca\" of upstream `{name}`"), place }));
            let placed = upstream.address.placed(&upstream.pins, Path::new(""));
            let told = |fault| SiteError(format!("{}: upstream `{name}`: {fault}", file.display()));
            let (_, pins) = placed.map_err(told)?;
            upstreams.insert(name, pins);
        }
        let (addresses, served) = written.serve.places();
        keys.extend(served.into_iter().map(|(whose, secret)| Key { whose: whose.to_owned(), place: secret.place() }));
        let mut audit = None;
        if let Some(written) = written.audit {
            let (first, of_trail) = written.places();
            keys.extend(
                of_trail.into_iter().map(|(whose, secret)| Key { whose: whose.to_owned(), place: secret.place() }),
            );
            audit = Some(first);
        }
        let anchors = written.release.map(|release| release.anchors);
        Ok(Self { upstreams, keys, audit, anchors, addresses, time_max: written.limits.into_limits().time_max })
    }
}
