//! The site file: which address each upstream has here, and which file holds each credential.
//!
//! What comes in: `site.json`. What goes out: [`Site`], with every credential read. A mistake is reported with its file,
//! line and column; a credential's value never appears in `Debug`, in an error or in a log.

mod places;
mod serve;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

pub(crate) use places::{KeyFile, Places};
pub use serve::Serve;
use serve::WrittenServe;

/// A site file longer than this is refused, in bytes.
const SITE_BYTES_MAX: u64 = 1 << 20;

/// A credential longer than this is refused, in bytes: it has to fit into one header.
const CREDENTIAL_BYTES_MAX: u64 = 4096;

/// What this installation says about the systems inside its perimeter.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// By the name that catalogs use.
    pub upstreams: BTreeMap<String, SiteUpstream>,
    /// Where audit records are appended; standard error without one.
    pub audit: Option<PathBuf>,
    /// Limits of every call.
    pub limits: Limits,
    /// How clients may be served over HTTP.
    pub serve: Serve,
    /// The site file, for messages.
    pub file: PathBuf,
}

/// One upstream, as it is reached from here.
#[derive(Clone, Debug)]
pub struct SiteUpstream {
    /// Where it listens.
    pub address: Address,
    /// By the name that catalogs use.
    pub credentials: BTreeMap<String, Secret>,
    /// What it can bear.
    pub limits: UpstreamLimits,
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

/// An HTTP origin (RFC 9110, section 4.3.1): scheme, host, port, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and port as they stand in the `Host` header.
    pub authority: String,
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some(authority) = text.strip_prefix("http://") else {
            if text.starts_with("https://") {
                return Err("TLS comes later; for now an address starts with `http://`".to_owned());
            }
            return Err("an address starts with `http://`".to_owned());
        };
        if authority.contains('@') {
            return Err("an address holds no user name or password; list a credential with its file".to_owned());
        }
        if let Some(position) = authority.find(['/', '?', '#']) {
            return Err(format!(
                "an address is scheme, host and port alone; leave out `{}` (the catalog has the base path)",
                authority.get(position..).unwrap_or_default().escape_debug()
            ));
        }
        let (host, port) = split_authority(authority)?;
        Ok(Self { host: host.to_owned(), port, authority: authority.to_owned() })
    }
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_authority(authority: &str) -> Result<(&str, u16), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        host.parse::<Ipv6Addr>().map_err(|_| format!("`{}` is not an IPv6 address", host.escape_debug()))?;
        return match port.strip_prefix(':') {
            Some(port) => Ok((host, parse_port(port)?)),
            None if port.is_empty() => Ok((host, 80)),
            None => Err("after the bracket comes `:` and a port, or nothing".to_owned()),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, parse_port(port)?),
        None => (authority, 80),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(format!("`{}` is not a host name or an IP address", host.escape_debug()));
    }
    Ok((host, port))
}

fn parse_port(text: &str) -> Result<u16, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(format!("`{}` is not a port from 1 to 65535", text.escape_debug())),
    }
}

/// A credential's value. `Debug` and `Display` do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes visible ASCII with blanks inside (RFC 9110, section 5.5): some systems want `token KEY` as a header's whole
    /// value. Says what is wrong without showing the value.
    pub fn new(value: String) -> Result<Self, String> {
        if value.is_empty() {
            return Err("is empty".to_owned());
        }
        let visible = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !visible || value.starts_with(' ') || value.ends_with(' ') {
            return Err("holds a control character, a character outside ASCII, or a blank at an end, which no header \
                        takes; it must be one line of visible ASCII"
                .to_owned());
        }
        Ok(Self(value))
    }

    /// The value, for the one place that it belongs in.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a text holds the value. Values shorter than 8 bytes are not looked for: they occur by chance.
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.0.len() >= 8 && text.contains(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
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
                let path = directory.join(&place.file);
                let secret = read_credential(&path).map_err(|fault| {
                    let path = path.display();
                    SiteError(format!("{shown}: credential `{credential}` of upstream `{name}`: `{path}` {fault}"))
                })?;
                credentials.insert(credential, secret);
            }
            let limits = upstream.limits.into_limits();
            upstreams.insert(name, SiteUpstream { address: upstream.address, credentials, limits });
        }
        let limits = written.limits.into_limits();
        let audit = written.audit.map(|audit| directory.join(audit.file));
        let serve = written.serve.read(directory, &shown)?;
        Ok(Self { upstreams, audit, limits, serve, file: file.to_owned() })
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

/// Reads a credential, or says what is wrong with its file. The checks are made on the opened file, so it cannot be exchanged in between.
pub(crate) fn read_credential(path: &Path) -> Result<Secret, String> {
    let file = File::open(path).map_err(|fault| format!("cannot be opened: {fault}"))?;
    let metadata = file.metadata().map_err(|fault| format!("cannot be looked at: {fault}"))?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(format!("can be read by other users; run `chmod 600 {}`", path.display()));
    }
    let mut text = read_open(&file, CREDENTIAL_BYTES_MAX).map_err(|fault| format!("cannot be read: {fault}"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Secret::new(text)
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
    audit: Option<WrittenFile>,
    #[serde(default)]
    limits: WrittenLimits,
    #[serde(default)]
    serve: WrittenServe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUpstream {
    address: Address,
    #[serde(default)]
    credentials: UniqueMap<WrittenFile>,
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

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An object whose keys may not repeat. Without this the last of two addresses would win in silence.
struct UniqueMap<T>(BTreeMap<String, T>);

impl<T> Default for UniqueMap<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Keys<T> {
            type Value = BTreeMap<String, T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some(key) = access.next_key::<String>()? {
                    let value = access.next_value()?;
                    if map.contains_key(&key) {
                        return Err(A::Error::custom(format!("`{}` is given twice", key.escape_debug())));
                    }
                    map.insert(key, value);
                }
                Ok(map)
            }
        }
        deserializer.deserialize_map(Keys(std::marker::PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests;
