//! A process of its own that alone opens connections: to the addresses of the site file, by their place in that list.
//!
//! What comes in: first the list, then requests with a place in it. What goes out: a connected descriptor for each, or an error
//! number. An address never crosses, so whoever captures the process that asks can ask for declared places only. It sees no
//! data: TLS begins and ends with whoever asked.
//!
//! ```text
//! list     JSON: ["10.1.2.3:443", "unix:/run/ehr.sock"]      worker -> connector, once
//! ready    text: the layers that are in force here           connector -> worker, once
//! request  version u8 = 1, operation u8 = 1 (connect), place u16, number u32
//! reply    number u32, status i32: 0 and one descriptor (SCM_RIGHTS), or a negative errno
//! ```
//!
//! Each is one message of a pair of SOCK_SEQPACKET sockets (unix(7)), its numbers little-endian.

mod client;
mod serve;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::site::Pin;

pub use client::Connector;
pub use serve::serve;

/// The hidden command that is the connector.
pub const ROLE: &str = "connector";

/// A connection that is not there after this is given up.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

const VERSION: u8 = 1;
const CONNECT: u8 = 1;
const REQUEST_BYTES: usize = 8;
const REPLY_BYTES: usize = 8;
/// Stands before the path of a unix socket.
const UNIX: &str = "unix:";
/// The list in one message; a socket's buffer takes more.
const LIST_BYTES_MAX: usize = 64 << 10;

/// A pin as it stands in the list: the connector is in another directory.
fn written(pin: &Pin) -> io::Result<String> {
    Ok(match pin {
        Pin::Tcp(address) => address.to_string(),
        Pin::Unix(path) => format!("{UNIX}{}", std::path::absolute(path)?.display()),
    })
}

/// A pin of the list.
fn read(text: &str) -> Result<Pin, String> {
    match text.strip_prefix(UNIX) {
        Some(path) => Ok(Pin::Unix(PathBuf::from(path))),
        None => text.parse().map(Pin::Tcp).map_err(|_| format!("`{}` is no IP:PORT", text.escape_debug())),
    }
}

/// What a worker asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    place: u16,
    number: u32,
}

impl Request {
    fn write(self) -> [u8; REQUEST_BYTES] {
        let ([p0, p1], [n0, n1, n2, n3]) = (self.place.to_le_bytes(), self.number.to_le_bytes());
        [VERSION, CONNECT, p0, p1, n0, n1, n2, n3]
    }

    /// None if it is no request of this version.
    fn read(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [VERSION, CONNECT, p0, p1, n0, n1, n2, n3] => {
                Some(Self { place: u16::from_le_bytes([p0, p1]), number: u32::from_le_bytes([n0, n1, n2, n3]) })
            }
            _ => None,
        }
    }
}

/// What comes back, beside the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reply {
    number: u32,
    status: i32,
}

impl Reply {
    fn write(self) -> [u8; REPLY_BYTES] {
        let ([n0, n1, n2, n3], [s0, s1, s2, s3]) = (self.number.to_le_bytes(), self.status.to_le_bytes());
        [n0, n1, n2, n3, s0, s1, s2, s3]
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [n0, n1, n2, n3, s0, s1, s2, s3] => Some(Self {
                number: u32::from_le_bytes([n0, n1, n2, n3]),
                status: i32::from_le_bytes([s0, s1, s2, s3]),
            }),
            _ => None,
        }
    }
}
