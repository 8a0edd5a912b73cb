//! Where a system is: its origin, by which HTTP and certificates know it, and the pins, at which it is dialled.
//!
//! What comes in: an address and pins as people write them. What goes out: [`Address`] and [`Pin`]s. Nothing here looks a
//! name up, and nothing else in this program does: names are resolved when a place is set up (`airlock-host site pin`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Pins of one system: more are a slip, and each costs its part of the time that a connection has.
pub(crate) const PINS_MAX: usize = 16;

/// The host of a system that listens at a unix socket. Servers expect some name, and this is the one of this machine.
const SOCKET_HOST: &str = "localhost";

/// How HTTP is carried to an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// As it is.
    Http,
    /// Over TLS (RFC 9110, section 4.2.2).
    Https,
}

impl Scheme {
    /// As it stands before `://`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An HTTP origin (RFC 9110, section 4.3.1): scheme, host, port, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// How HTTP is carried.
    pub scheme: Scheme,
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and port as they stand in the `Host` header.
    pub authority: String,
}

impl Address {
    /// Whether both name the same origin. Hosts are compared as they are written, without case.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host.eq_ignore_ascii_case(&other.host)
    }

    /// The origin of what listens at a unix socket.
    pub(crate) fn of_socket() -> Self {
        let host = SOCKET_HOST.to_owned();
        Self { scheme: Scheme::Http, authority: host.clone(), host, port: Scheme::Http.port() }
    }

    /// Where it is dialled if nobody says so: an IP address is its own pin, and the names of loopback stand for it (RFC 6761,
    /// section 6.3). None for another name.
    fn own_pins(&self) -> Option<Vec<Pin>> {
        let tcp = |ip: IpAddr| Pin::Tcp(SocketAddr::new(ip, self.port));
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Some(vec![tcp(ip)]);
        }
        let host = self.host.to_ascii_lowercase();
        let is_loopback = host == "localhost" || host.ends_with(".localhost");
        is_loopback.then(|| vec![tcp(Ipv4Addr::LOCALHOST.into()), tcp(Ipv6Addr::LOCALHOST.into())])
    }

    /// Whether its pins have to be given.
    pub(crate) fn needs_pins(&self) -> bool {
        self.own_pins().is_none()
    }

    /// Where it is dialled. `option` is how pins are given here, for messages.
    ///
    /// # Errors
    /// A name without pins; pins of what is its own pin; too many; one that no connection can lead to.
    pub(crate) fn pins(&self, written: &[SocketAddr], option: &PinOption) -> Result<Vec<Pin>, String> {
        let host = &self.host;
        match (self.own_pins(), written) {
            (Some(own), []) => Ok(own),
            (Some(_), _) => Err(format!("`{host}` is its own pin; leave out {}", option.name)),
            (None, []) => Err(format!(
                "`{host}` is a name, and no name is looked up while the program runs; {}",
                option.way_out(self.port)
            )),
            (None, written) => pins(written),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme.word(), self.authority)
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (scheme, authority) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(authority), _) => (Scheme::Http, authority),
            (_, Some(authority)) => (Scheme::Https, authority),
            _ => return Err("an address starts with `http://` or `https://`, or is `unix:` and a path".to_owned()),
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
        let (host, port) = split_authority(authority, scheme.port())?;
        Ok(Self { scheme, host: host.to_owned(), port, authority: authority.to_owned() })
    }
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`.
pub(super) fn split_authority(authority: &str, port_default: u16) -> Result<(&str, u16), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        host.parse::<Ipv6Addr>().map_err(|_| format!("`{}` is not an IPv6 address", host.escape_debug()))?;
        return match port.strip_prefix(':') {
            Some(port) => Ok((host, parse_port(port)?)),
            None if port.is_empty() => Ok((host, port_default)),
            None => Err("after the bracket comes `:` and a port, or nothing".to_owned()),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, parse_port(port)?),
        None => (authority, port_default),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    // One that begins with a hyphen could be taken for an option of a tool that it is handed to.
    if host.is_empty() || host.starts_with('-') || !host.bytes().all(plain) {
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

/// One place that a connection may be opened to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pin {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// A unix socket of this machine.
    Unix(PathBuf),
}

fn pins(written: &[SocketAddr]) -> Result<Vec<Pin>, String> {
    if written.len() > PINS_MAX {
        return Err(format!("{} pins are too many; give at most {PINS_MAX}", written.len()));
    }
    for pin in written {
        if pin.ip().is_unspecified() || pin.ip().is_multicast() || pin.port() == 0 {
            return Err(format!("the pin `{pin}` is no place that a connection can lead to"));
        }
    }
    Ok(written.iter().copied().map(Pin::Tcp).collect())
}

/// How pins are given: in a site file, or on a command line.
#[derive(Debug)]
pub(crate) struct PinOption {
    name: &'static str,
    is_in_site_file: bool,
}

impl PinOption {
    /// Beside an upstream's address.
    pub(crate) const SITE: Self = Self { name: "\"pins\"", is_in_site_file: true };
    /// Beside a model server's address.
    #[cfg(feature = "model")]
    pub(crate) const ENDPOINT: Self = Self { name: "`--endpoint-pin`", is_in_site_file: false };

    fn way_out(&self, port: u16) -> String {
        if self.is_in_site_file {
            format!(
                "`airlock-host site pin` looks it up now and prints the site file with what it found, or add \"pins\": \
                 [\"IP:{port}\"] beside the address"
            )
        } else {
            format!("give its IP address with `--endpoint-pin IP:{port}` (`getent ahosts NAME` prints it)")
        }
    }
}

/// An upstream's address as a site file has it.
#[derive(Debug)]
pub(super) enum WrittenAddress {
    Origin(Address),
    Unix(PathBuf),
}

impl WrittenAddress {
    /// The origin and its pins. A path is taken as relative to `directory`.
    pub(super) fn placed(self, written: &[SocketAddr], directory: &Path) -> Result<(Address, Vec<Pin>), String> {
        match self {
            Self::Origin(address) => {
                let pins = address.pins(written, &PinOption::SITE)?;
                Ok((address, pins))
            }
            Self::Unix(_) if !written.is_empty() => Err("a unix socket is its own pin; leave out \"pins\"".to_owned()),
            Self::Unix(path) => Ok((Address::of_socket(), vec![Pin::Unix(directory.join(path))])),
        }
    }
}

impl TryFrom<String> for WrittenAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some("") => Err("behind `unix:` comes the path of a socket".to_owned()),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None => Address::try_from(text).map(Self::Origin),
        }
    }
}

impl<'de> Deserialize<'de> for WrittenAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
