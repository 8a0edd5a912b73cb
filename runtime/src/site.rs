//! The site file: which address each upstream has here, where it is dialled, and which file holds each credential.
//!
//! What comes in: `site.json`. What goes out: [`Site`], with every credential read. A mistake is reported with its file,
//! line and column; a credential's value never appears in `Debug`, in an error or in a log.

mod address;
mod audit;
mod pin;
mod places;
mod release;
mod serve;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use airlock_seal::unique::UniqueMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::audit::Policy;
use crate::isolation::{Minimum, Requirement};
use crate::private::{self, Access};
pub use crate::secret::Secret;
use crate::upstream::{Dialer, Tls};

#[cfg(feature = "model")]
pub(crate) use address::PinOption;
use address::WrittenAddress;
pub use address::{Address, Pin, Scheme};
pub use audit::SiteAudit;
use audit::WrittenAudit;
pub(crate) use pin::pinned;
pub(crate) use places::{Key, KeyPlace, Places};
pub use release::SiteRelease;
use release::WrittenRelease;
pub use serve::Serve;
use serve::WrittenServe;
use transport::{WrittenReason, plain_http, tls};

/// A site file longer than this is refused, in bytes.
const SITE_BYTES_MAX: u64 = 1 << 20;

/// What this installation says about the systems inside its perimeter.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// By the name that catalogs use.
    pub upstreams: BTreeMap<String, SiteUpstream>,
    /// Where audit records are appended, and how; standard error without it.
    pub audit: Option<SiteAudit>,
    /// Limits of every call.
    pub limits: Limits,
    /// How clients may be served over HTTP.
    pub serve: Serve,
    /// The least isolation that this place puts up with.
    pub isolation: Minimum,
    /// What the program has to be a release of, if it does.
    pub release: Option<SiteRelease>,
    /// How connections to upstreams are opened; by this process unless somebody else does it.
    pub dialer: Dialer,
    /// The site file, for messages.
    pub file: PathBuf,
}

/// One upstream, as it is reached from here.
#[derive(Clone, Debug)]
pub struct SiteUpstream {
    /// The origin by which HTTP knows it; `http://localhost` for a unix socket.
    pub address: Address,
    /// Where it is dialled, in the order in which they are tried. Never empty.
    pub pins: Vec<Pin>,
    /// Who must be there; none over plain HTTP.
    pub tls: Option<Tls>,
    /// Why it is reached as plain HTTP, though its document says https.
    pub plain_http: Option<String>,
    /// By the name that catalogs use.
    pub credentials: BTreeMap<String, Secret>,
    /// What it can bear.
    pub limits: UpstreamLimits,
}

impl SiteUpstream {
    /// What listens at an address that is its own pin, such as `http://127.0.0.1:8080` or `unix:/run/clinic.sock`; without
    /// credentials and limits.
    ///
    /// # Errors
    /// It is no address, a name that has to be pinned, or one that has to be proven.
    pub fn at(address: &str) -> Result<Self, String> {
        let (address, pins) = WrittenAddress::try_from(address.to_owned())?.placed(&[], Path::new(""))?;
        let tls = tls(&address, None, Path::new(""))?;
        let (credentials, limits) = (BTreeMap::new(), UpstreamLimits::default());
        Ok(Self { address, pins, tls, plain_http: None, credentials, limits })
    }
}

/// What one upstream can bear. Calls beyond it wait for their turn, within the time that a call has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// Requests at once; without it, as many as there are calls.
    pub calls_at_once_max: Option<usize>,
    /// Requests that begin in one second, evenly spread.
    pub calls_per_second_max: Option<u32>,
}

/// Limits of every call, whatever the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From a call's arrival to its answer, waiting for other calls included.
    pub time_max: Duration,
    /// Calls that run at once; more wait.
    pub calls_at_once_max: usize,
    /// Bytes of a pruned answer as compact JSON.
    pub answer_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time_max: Duration::from_secs(30), calls_at_once_max: 8, answer_bytes_max: 60_000 }
    }
}

/// Why a site file cannot be used. The text names the place and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteError(pub String);

impl fmt::Display for SiteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SiteError {}

impl Site {
    /// Reads a site file and every credential that it names.
    pub fn read(file: &Path) -> Result<Self, SiteError> {
        let shown = file.display();
        let text = read_text(file, SITE_BYTES_MAX).map_err(|fault| {
            SiteError(format!(
                "cannot read the site file `{shown}`: {fault}; `airlock-host site` prints one to start from"
            ))
        })?;
        let written: Written = serde_json::from_str(&text).map_err(|fault| located(file, &fault))?;
        let directory = file.parent().unwrap_or(Path::new(""));
        let mut upstreams = BTreeMap::new();
        for (name, upstream) in written.upstreams.0 {
            let mut credentials = BTreeMap::new();
            for (credential, place) in upstream.credentials.0 {
                let secret = place.read(directory).map_err(|fault| {
                    SiteError(format!("{shown}: credential `{credential}` of upstream `{name}`: {fault}"))
                })?;
                credentials.insert(credential, secret);
            }
            let limits = upstream.limits.into_limits();
            let told = |fault: String| SiteError(format!("{shown}: upstream `{name}`: {fault}"));
            let (address, pins) = upstream.address.placed(&upstream.pins, directory).map_err(told)?;
            let plain_http = plain_http(&address, upstream.plain_http).map_err(told)?;
            let tls = tls(&address, upstream.ca.map(|ca| ca.file), directory).map_err(told)?;
            upstreams.insert(name, SiteUpstream { address, pins, tls, plain_http, credentials, limits });
        }
        let limits = written.limits.into_limits();
        let audit = written.audit.map(|audit| audit.read(directory, &shown)).transpose()?;
        let serve = written.serve.read(directory, &shown)?;
        let release = written.release.map(|release| release.within(directory));
        let isolation = written.isolation.minimum.map_or_else(Minimum::default, Minimum);
        let (dialer, file) = (Dialer::direct(), file.to_owned());
        Ok(Self { upstreams, audit, limits, serve, isolation, release, dialer, file })
    }

    /// Reads what a site file says about the audit trail, and nothing else: whoever installs may not read credentials.
    pub(crate) fn read_trail(file: &Path) -> Result<Option<Policy>, SiteError> {
        let shown = file.display();
        let text = read_text(file, SITE_BYTES_MAX)
            .map_err(|fault| SiteError(format!("cannot read the site file `{shown}`: {fault}")))?;
        let written: Written = serde_json::from_str(&text).map_err(|fault| located(file, &fault))?;
        let directory = file.parent().unwrap_or(Path::new(""));
        written.audit.map(|audit| audit.policy(directory, &shown)).transpose()
    }
}

fn read_text(file: &Path, bytes_max: u64) -> Result<String, String> {
    read_open(&File::open(file).map_err(|fault| fault.to_string())?, bytes_max)
}

fn read_open(file: &File, bytes_max: u64) -> Result<String, String> {
    let mut text = String::new();
    file.take(bytes_max + 1).read_to_string(&mut text).map_err(|fault| fault.to_string())?;
    if text.len() as u64 > bytes_max {
        return Err(format!("it is longer than {bytes_max} bytes"));
    }
    Ok(text)
}

/// A fault of the JSON text, with the place in front as editors and terminals expect it.
fn located(file: &Path, fault: &serde_json::Error) -> SiteError {
    let text = fault.to_string();
    let suffix = format!(" at line {} column {}", fault.line(), fault.column());
    let text = text.strip_suffix(&suffix).unwrap_or(&text);
    SiteError(format!("{}:{}:{}: {text}", file.display(), fault.line(), fault.column()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    upstreams: UniqueMap<WrittenUpstream>,
    audit: Option<WrittenAudit>,
    #[serde(default)]
    limits: WrittenLimits,
    #[serde(default)]
    serve: WrittenServe,
    #[serde(default)]
    isolation: WrittenIsolation,
    release: Option<WrittenRelease>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIsolation {
    minimum: Option<Vec<Requirement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUpstream {
    address: WrittenAddress,
    #[serde(default)]
    pins: Vec<SocketAddr>,
    ca: Option<WrittenFile>,
    plain_http: Option<WrittenReason>,
    #[serde(default)]
    credentials: UniqueMap<WrittenSecret>,
    #[serde(default)]
    limits: WrittenUpstreamLimits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUpstreamLimits {
    calls_at_once_max: Option<Bounded<1, 1000>>,
    calls_per_second_max: Option<Bounded<1, 1000>>,
}

impl WrittenUpstreamLimits {
    fn into_limits(self) -> UpstreamLimits {
        UpstreamLimits {
            calls_at_once_max: self.calls_at_once_max.map(|calls| calls.0 as usize),
            calls_per_second_max: self.calls_per_second_max.map(|calls| calls.0),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    file: PathBuf,
}

/// Where a secret comes from: a file, or a credential of systemd by its name.
#[derive(Deserialize)]
#[serde(try_from = "UncheckedSecret")]
enum WrittenSecret {
    File(PathBuf),
    Credential(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedSecret {
    file: Option<PathBuf>,
    credential: Option<String>,
}

impl TryFrom<UncheckedSecret> for WrittenSecret {
    type Error = String;

    fn try_from(written: UncheckedSecret) -> Result<Self, String> {
        match (written.file, written.credential) {
            (Some(file), None) => Ok(Self::File(file)),
            (None, Some(name)) if private::is_credential_name(&name) => Ok(Self::Credential(name)),
            (None, Some(name)) => Err(format!(
                "`{}` is not the name of a credential: letters, digits, `.`, `-` and `_`, and no path",
                name.escape_debug()
            )),
            _ => Err("a secret has either \"file\" or \"credential\"".to_owned()),
        }
    }
}

impl WrittenSecret {
    /// Reads it. The text of an error begins with the place.
    fn read(&self, directory: &Path) -> Result<Secret, String> {
        let read = match self {
            Self::File(file) => Secret::read(&directory.join(file), Access::Secret),
            Self::Credential(name) => {
                private::credential_path(name).and_then(|path| Secret::read(&path, Access::Credential))
            }
        };
        read.map_err(|fault| format!("{} {fault}", self.shown(directory)))
    }

    /// Where it is. The text of an error begins with the place.
    fn path(&self, directory: &Path) -> Result<PathBuf, String> {
        match self {
            Self::File(file) => Ok(directory.join(file)),
            Self::Credential(name) => {
                private::credential_path(name).map_err(|fault| format!("{} {fault}", self.shown(directory)))
            }
        }
    }

    /// The place itself.
    fn place(self) -> KeyPlace {
        match self {
            Self::File(file) => KeyPlace::File(file),
            Self::Credential(name) => KeyPlace::Credential(name),
        }
    }

    fn shown(&self, directory: &Path) -> String {
        match self {
            Self::File(file) => format!("`{}`", directory.join(file).display()),
            Self::Credential(name) => format!("the credential `{name}`"),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are those of the file")]
struct WrittenLimits {
    seconds_max: Option<Bounded<1, 3600>>,
    calls_at_once_max: Option<Bounded<1, 1000>>,
    answer_bytes_max: Option<Bounded<100, 67_108_864>>,
}

impl WrittenLimits {
    fn into_limits(self) -> Limits {
        let mut limits = Limits::default();
        if let Some(seconds) = self.seconds_max {
            limits.time_max = Duration::from_secs(u64::from(seconds.0));
        }
        if let Some(calls) = self.calls_at_once_max {
            limits.calls_at_once_max = calls.0 as usize;
        }
        if let Some(bytes) = self.answer_bytes_max {
            limits.answer_bytes_max = u64::from(bytes.0);
        }
        limits
    }
}

/// An integer between two bounds, both included.
struct Bounded<const MIN: u32, const MAX: u32>(u32);

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u32::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&value) {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(format!("{value} is not from {MIN} to {MAX}")))
        }
    }
}

#[cfg(test)]
mod tests;
