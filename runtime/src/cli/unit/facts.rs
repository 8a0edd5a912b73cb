//! What a unit is made from: the site file's places and the options, checked against what systemd can do with them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::{escape, linking};
use crate::cli::serve::{Listens, ServeArgs};
#[cfg(feature = "http")]
use crate::mcp::http::At;
use crate::site::{Key, KeyPlace, Pin, Places};
#[cfg(feature = "http")]
use crate::site::{Serve, Site};

/// The name under which the site file is handed over. Key files are named relative to it, and lie beside it there.
pub(super) const SITE_CREDENTIAL: &str = "site.json";

/// Directories that the unit hides from the service, or gives it empty.
const HIDDEN: &[&str] = &["/home", "/root", "/run/user", "/tmp", "/var/tmp", "/dev", "/proc", "/sys"];

/// Everything that a unit says of one place.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) user: User,
    /// The program, an absolute path.
    pub(super) program: PathBuf,
    /// Whether it runs with the system's libraries.
    pub(super) has_libraries: bool,
    /// Options of `serve` behind where it listens.
    pub(super) others: Vec<String>,
    pub(super) served: Served,
    /// What systemd hands over, by the name that it gets: this file, or what its own store has under that name.
    pub(super) credentials: BTreeMap<String, Option<PathBuf>>,
    /// Where audit records go; the journal without one.
    pub(super) audit: Option<Kept>,
    /// By name, where each upstream is reached.
    pub(super) upstreams: BTreeMap<String, Vec<Reached>>,
    /// The longest that a call takes.
    pub(super) time_max: Duration,
}

/// Whom the service runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum User {
    Dynamic,
    Named(String),
}

/// Where clients come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// To a unix socket, in a directory below /run that systemd makes.
    Socket {
        /// What `serve` is told.
        option: &'static str,
        path: PathBuf,
        /// Below /run.
        directory: String,
    },
    /// To an address of this machine.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "such a program serves no address"))]
    Address {
        address: std::net::SocketAddr,
        /// From where.
        clients: Vec<Network>,
    },
}

/// A directory that the service may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Below /var/log, made by systemd.
    Logs(String),
    /// Below /var/lib, made by systemd.
    State(String),
    /// One that is there, and the user's.
    Directory(PathBuf),
}

/// Where an upstream is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// At this address, by TCP.
    Ip(IpAddr),
    /// At a unix socket.
    Unix(PathBuf),
}

/// Addresses that begin alike: `10.1.0.0/16`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    ip: IpAddr,
    bits: u8,
}

impl Network {
    /// One address.
    pub(super) fn one(ip: IpAddr) -> Self {
        Self { ip, bits: if ip.is_ipv4() { 32 } else { 128 } }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ip, bits } = self;
        if *self == Self::one(*ip) { write!(formatter, "{ip}") } else { write!(formatter, "{ip}/{bits}") }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ip, bits) = text.split_once('/').map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let fault = || "it is neither an IP address nor one with a length, such as `10.1.0.0/16`".to_owned();
        let whole = Self::one(ip.parse().map_err(|_| fault())?);
        let Some(bits) = bits else { return Ok(whole) };
        match bits.parse() {
            Ok(0) => Err("a network of every address keeps nobody out; name those that clients have".to_owned()),
            Ok(bits) if bits <= whole.bits => Ok(Self { bits, ..whole }),
            _ => Err(fault()),
        }
    }
}

/// Where an upstream is reached: the one place that makes of pins what systemd filters by.
fn reached(name: &str, pins: &[Pin]) -> Result<Vec<Reached>, String> {
    let one = |pin: &Pin| match pin {
        Pin::Tcp(address) => Ok(Reached::Ip(address.ip())),
        Pin::Unix(path) => {
            let way_out = "write where the service sees it into the site file";
            visible(&format!("the socket of upstream `{name}`"), path, way_out)?;
            Ok(Reached::Unix(path.clone()))
        }
    };
    pins.iter().map(one).collect()
}

/// Where clients come, and whether the unit can let them.
pub(super) fn served(serve: &ServeArgs, clients: &[Network], places: &Places, site: &Path) -> Result<Served, String> {
    #[cfg(not(feature = "http"))]
    let _ = (places, site);
    let stray = || Err("`--clients` is for clients that come over HTTP to an address".to_owned());
    match serve.listens() {
        Listens::Stdio => {
            Err("a server over standard input and output is started by its MCP host (`airlock-host config`); a \
                               unit is for `--socket FILE` or `--http ADDRESS`"
                .to_owned())
        }
        Listens::Socket(_) if !clients.is_empty() => stray(),
        Listens::Socket(path) => socket("--socket", path),
        #[cfg(feature = "http")]
        Listens::Http(At::Unix(_)) if !clients.is_empty() => stray(),
        #[cfg(feature = "http")]
        Listens::Http(At::Unix(path)) => socket("--http", path),
        #[cfg(feature = "http")]
        Listens::Http(at @ At::Tcp(address)) => {
            let serve = Serve { addresses: places.addresses.clone(), ..Serve::default() };
            at.admitted_by(&Site { serve, file: site.to_owned(), ..Site::default() })?;
            let clients = match (clients, address.ip().is_loopback()) {
                ([], true) => vec![Network::one(address.ip().to_canonical())],
                ([], false) => {
                    return Err(format!(
                        "{address} can be reached from other machines; say from which by `--clients NETWORK`, such as \
                         `--clients 10.1.0.0/16`"
                    ));
                }
                (clients, _) => clients.to_vec(),
            };
            Ok(Served::Address { address: *address, clients })
        }
    }
}

fn socket(option: &'static str, path: &Path) -> Result<Served, String> {
    let directory = path.parent().and_then(|parent| below(parent, "/run")).ok_or_else(|| {
        format!(
            "systemd makes the directory of the socket, below /run: `{option} {}/run/airlock/mcp.sock` instead of `{}`",
            if option == "--http" { "unix:" } else { "" },
            path.display()
        )
    })?;
    escape::text("the socket", path)?;
    Ok(Served::Socket { option, path: path.to_owned(), directory })
}

/// What stands of a directory behind one that systemd makes others in, if it can be named in a unit: plain names alone.
fn below(directory: &Path, parent: &str) -> Option<String> {
    let rest = directory.strip_prefix(parent).ok()?.to_str()?;
    let plain = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    let is_name = |part: &str| part.chars().all(plain) && !part.is_empty() && !part.starts_with('.');
    rest.split('/').all(is_name).then(|| rest.to_owned())
}

impl Facts {
    /// Joins everything. A fault is told with its way out.
    pub(super) fn new(
        user: User,
        program: PathBuf,
        served: Served,
        others: Vec<String>,
        site: &Path,
        places: &Places,
    ) -> Result<Self, String> {
        visible("the program", &program, "install it, such as in /usr/local/bin, and name it by `--bin`")?;
        let mut credentials = BTreeMap::from([(SITE_CREDENTIAL.to_owned(), Some(site.to_owned()))]);
        for key in &places.keys {
            if let Some((name, path)) = handed_over(key, site, &user)? {
                let before = credentials.insert(name.clone(), path.clone());
                if before.is_some_and(|before| before != path) {
                    return Err(format!("{}: `{name}` is a file and a credential of systemd; rename one", key.whose));
                }
            }
        }
        for path in credentials.values().flatten() {
            escape::rest("the file", escape::text("the file", path)?)?;
        }
        let audit = places.audit.as_deref().map(|file| kept(file, &user)).transpose()?;
        if let Some(anchors) = &places.anchors {
            let way_out = "name them where the service sees them, such as `/etc/airlock/anchors`";
            visible("the directory of trust anchors", anchors, way_out)?;
        }
        let mut upstreams = BTreeMap::new();
        for (name, pins) in &places.upstreams {
            upstreams.insert(name.clone(), reached(name, pins)?);
        }
        let has_libraries = linking::has_libraries(&program).unwrap_or(true);
        Ok(Self {
            user,
            program,
            has_libraries,
            others,
            served,
            credentials,
            audit,
            upstreams,
            time_max: places.time_max,
        })
    }
}

/// A path that the service finds: absolute, and in no directory that the unit hides.
fn visible(what: &str, path: &Path, way_out: &str) -> Result<(), String> {
    let text = escape::text(what, path)?;
    if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        return Err(format!("{what} `{text}` is not an absolute path; {way_out}"));
    }
    match HIDDEN.iter().find(|hidden| path.starts_with(hidden)) {
        Some(hidden) => Err(format!("{what} `{text}` lies below {hidden}, which the unit hides; {way_out}")),
        None => Ok(()),
    }
}

/// The name under which a key file is handed over and its place, or none where the service reads it itself.
fn handed_over(key: &Key, site: &Path, user: &User) -> Result<Option<(String, Option<PathBuf>)>, String> {
    let Key { whose, place } = key;
    let file = match place {
        KeyPlace::File(file) => file,
        KeyPlace::Credential(name) => return Ok(Some((name.clone(), None))),
    };
    let text = escape::text(whose, file)?;
    if file.is_absolute() {
        if *user == User::Dynamic {
            return Err(format!(
                "{whose}: a user that systemd makes up has no files, so `{text}` cannot be read; put it beside the site file \
                 and name it without a directory, or name its owner by `--user`"
            ));
        }
        visible(whose, file, "move it to where the service sees it, such as beside the site file")?;
        return Ok(None);
    }
    let plain = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    if !text.chars().all(plain) || text.starts_with('.') || text == SITE_CREDENTIAL {
        return Err(format!(
            "{whose}: systemd hands key files over in one directory, by plain names: put `{text}` beside the site file, under \
             a name of letters, digits, `.`, `_` and `-` other than `{SITE_CREDENTIAL}`"
        ));
    }
    Ok(Some((text.to_owned(), Some(site.with_file_name(text)))))
}

/// The directory of the audit file, made by systemd where it can.
fn kept(file: &Path, user: &User) -> Result<Kept, String> {
    let what = "the audit file";
    let way_out = "write one such as `/var/log/airlock/audit.jsonl` into the site file";
    visible(what, file, way_out)?;
    let directory = file.parent().unwrap_or(file);
    if let Some(name) = below(directory, "/var/log") {
        return Ok(Kept::Logs(name));
    }
    if let Some(name) = below(directory, "/var/lib") {
        return Ok(Kept::State(name));
    }
    match user {
        User::Named(_) if directory.parent().is_some() => Ok(Kept::Directory(directory.to_owned())),
        _ => Err(format!(
            "{what} `{}` lies where systemd makes no directory for this user; {way_out}, or name the directory's owner by `--user`",
            file.display()
        )),
    }
}
