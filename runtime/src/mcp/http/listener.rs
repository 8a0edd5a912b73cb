//! Where clients are waited for: an address of this machine, or a unix socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use crate::mcp::socket::Socket;
use crate::site::Site;

/// Bytes to and from one client.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where to listen: `127.0.0.1:8471`, `[::1]:8471`, `unix:/run/airlock.sock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// An address of this machine. Port 0 is any that is free.
    Tcp(SocketAddr),
    /// A path.
    Unix(PathBuf),
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some("") => Err("a path follows `unix:`".to_owned()),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| {
                "it is neither an IP address with a port, such as `127.0.0.1:8471` or `[::1]:8471`, nor `unix:PATH`"
                    .to_owned()
            }),
        }
    }
}

impl At {
    /// Whether a site has this. Loopback and unix sockets need nobody's leave; any other address stands in the site file, which
    /// has a token then.
    ///
    /// # Errors
    /// It stands there not. The text names the way out.
    pub fn admitted_by(&self, site: &Site) -> Result<(), String> {
        match self {
            Self::Tcp(address) if !address.ip().is_loopback() && !site.serve.addresses.contains(address) => {
                Err(format!(
                    "{address} can be reached from other machines, and {} does not say that it may be; add \"serve\": {{\"http\": \
                 {{\"addresses\": [\"{address}\"], \"hosts\": [\"NAME-THAT-CLIENTS-USE\"], \"token\": {{\"file\": \
                 \"http.token\"}}}}}}, or listen at 127.0.0.1",
                    site.file.display()
                ))
            }
            _ => Ok(()),
        }
    }

    /// The IP address, if it is one that clients can call the server by.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) if !address.ip().is_unspecified() => Some(address.ip()),
            _ => None,
        }
    }

    /// Whether every user of this machine can connect.
    pub fn is_open_to_all_users(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }
}

/// A place where clients are waited for.
#[derive(Debug)]
pub enum Listener {
    /// At an address.
    Tcp(TcpListener),
    /// At a unix socket, for clients of the same user.
    Unix(Socket),
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// The address or the path is taken, or not this machine's.
    pub async fn bind(at: &At) -> io::Result<Self> {
        Ok(match at {
            At::Tcp(address) => Self::Tcp(TcpListener::bind(address).await?),
            At::Unix(path) => Self::Unix(Socket::bind(path).await?),
        })
    }

    /// Where clients find it, in words.
    pub fn shown(&self) -> String {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => format!("http://{address}/mcp"),
                Err(fault) => format!("an address that is not known ({fault})"),
            },
            Self::Unix(socket) => format!("{}, path /mcp", socket.path().display()),
        }
    }

    /// Waits for the next client; a user of this machine who has no business here is told by number.
    pub(super) async fn accept(&self) -> io::Result<Result<Box<dyn Stream>, u32>> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // An answer is one small write; waiting for more to send only delays it. Not fatal where it is not supported.
                let _ = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            Self::Unix(socket) => socket.accept().await?.map(|stream| -> Box<dyn Stream> { Box::new(stream) }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::At;
    use crate::site::{Serve, Site};

    #[test]
    fn loopback_needs_no_leave_and_everything_else_does() {
        let mut site = Site { file: "site.json".into(), ..Site::default() };
        let admitted = |text: &str, site: &Site| text.parse::<At>().expect(text).admitted_by(site);
        for text in ["127.0.0.1:0", "127.9.9.9:80", "[::1]:8471", "unix:/run/airlock.sock"] {
            assert_eq!(admitted(text, &site), Ok(()));
        }
        for text in ["0.0.0.0:8471", "10.0.0.7:8471", "[::]:8471", "[::ffff:127.0.0.1]:8471", "[fe80::1]:8471"] {
            let fault = admitted(text, &site).expect_err(text);
            assert!(fault.contains("site.json") && fault.contains("\"addresses\""), "{fault}");
        }
        site.serve = Serve { addresses: vec!["10.0.0.7:8471".parse().expect("one")], ..Serve::default() };
        assert_eq!(admitted("10.0.0.7:8471", &site), Ok(()));
        for text in ["10.0.0.7:8472", "0.0.0.0:8471"] {
            assert!(admitted(text, &site).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_no_addresses() {
        for text in ["localhost:8471", "127.0.0.1", ":8471", "unix:", "http://127.0.0.1:8471", "127.1:80"] {
            assert!(text.parse::<At>().is_err(), "{text}");
        }
    }
}
