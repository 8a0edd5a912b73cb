//! Opens connections, to pins and to nothing else. Every connection that this program opens of its own accord begins here.
//!
//! What comes in: pins, in the order in which they are tried, who must be there, and the time for all of it. What goes out: a
//! stream. No name is looked up: no form of `connect` that takes a text is used, so the program is linked without the resolver
//! (`tests/it/program.rs` looks at its imports).

use std::io;
use std::path::Path;
use std::pin::Pin as Pinned;
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;
use tokio_util::either::Either;

use super::tls::{Secured, Tls};
#[cfg(target_os = "linux")]
use crate::isolation::connector::Connector;
use crate::site::Pin;

/// How connections are opened.
#[derive(Clone, Debug, Default)]
pub struct Dialer(Way);

#[derive(Clone, Debug, Default)]
enum Way {
    /// By this process.
    #[default]
    Direct,
    /// By another one, which hands them over.
    #[cfg(target_os = "linux")]
    Connector(Arc<Connector>),
}

impl Dialer {
    /// Opens connections in this process.
    pub fn direct() -> Self {
        Self(Way::Direct)
    }

    /// Has them opened by the connector, which knows all pins that there are.
    #[cfg(target_os = "linux")]
    pub(crate) fn through(connector: Arc<Connector>) -> Self {
        Self(Way::Connector(connector))
    }

    /// Opens a connection to the first pin that takes one, and makes sure who is there.
    pub(crate) async fn link(&self, pins: &[Pin], tls: Option<&Tls>, time_max: Duration) -> Result<Link, LinkFault> {
        let end = Instant::now() + time_max;
        let dialled = self.dial(pins, time_max).await;
        let stream = dialled.map_err(|fault| LinkFault::Unreached(fault.to_string()))?;
        let Some(tls) = tls else { return Ok(Either::Left(stream)) };
        match tokio::time::timeout_at(end, tls.secure(stream)).await {
            Ok(secured) => Ok(Either::Right(Box::new(secured?))),
            Err(_) => Err(LinkFault::Unreached(format!("no TLS handshake within {} s", rounded(time_max)))),
        }
    }

    /// Opens a connection to the first pin that takes one. Each has an even share of the time that is left, so that one that
    /// is silent leaves some to the others.
    ///
    /// # Errors
    /// There is no pin, or none took a connection: the text says why, by the number of the pin where there are several, and
    /// holds no address, since callers read it.
    pub(crate) async fn dial(&self, pins: &[Pin], time_max: Duration) -> io::Result<Stream> {
        let end = Instant::now() + time_max;
        let mut faults = Vec::new();
        for (pin, left) in pins.iter().zip((1..=u32::try_from(pins.len()).unwrap_or(u32::MAX)).rev()) {
            let share = end.saturating_duration_since(Instant::now()) / left;
            match tokio::time::timeout(share, self.open(pin)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(fault)) => faults.push(fault),
                Err(_) => {
                    let text = format!("no connection within {} s", rounded(share));
                    faults.push(io::Error::new(io::ErrorKind::TimedOut, text));
                }
            }
        }
        Err(joined(faults))
    }

    async fn open(&self, pin: &Pin) -> io::Result<Stream> {
        match (&self.0, pin) {
            (Way::Direct, Pin::Tcp(address)) => Ok(Stream::tcp(TcpStream::connect(*address).await?)),
            (Way::Direct, Pin::Unix(path)) => Ok(Stream::Unix(UnixStream::connect::<&Path>(path).await?)),
            #[cfg(target_os = "linux")]
            (Way::Connector(connector), Pin::Tcp(_)) => {
                let stream = std::net::TcpStream::from(connector.connect(pin).await?);
                Ok(Stream::tcp(TcpStream::from_std(stream)?))
            }
            #[cfg(target_os = "linux")]
            (Way::Connector(connector), Pin::Unix(_)) => {
                let stream = std::os::unix::net::UnixStream::from(connector.connect(pin).await?);
                Ok(Stream::Unix(UnixStream::from_std(stream)?))
            }
        }
    }
}

/// A connection that HTTP can be spoken on.
pub(crate) type Link = Either<Stream, Box<Secured>>;

/// Why there is none. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkFault {
    /// Nobody is there, or what began broke off: later it may be otherwise.
    Unreached(String),
    /// Somebody is there who cannot be trusted or does not speak TLS: somebody has to change something.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "TLS alone can tell"))]
    Untrusted(String),
}

/// Seconds with at most one decimal.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// One fault for several pins.
fn joined(mut faults: Vec<io::Error>) -> io::Error {
    if faults.len() < 2 {
        let none = || io::Error::new(io::ErrorKind::AddrNotAvailable, "it has no pin");
        return faults.pop().unwrap_or_else(none);
    }
    let kind = faults.last().map_or(io::ErrorKind::Other, io::Error::kind);
    let texts: Vec<String> = faults.iter().enumerate().map(|(at, fault)| format!("pin {}: {fault}", at + 1)).collect();
    io::Error::new(kind, texts.join("; "))
}

/// An open connection.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn tcp(stream: TcpStream) -> Self {
        // A request is one small write; waiting for more to send only delays it. Not fatal where it is not supported.
        let _ = stream.set_nodelay(true);
        Self::Tcp(stream)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pinned<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pinned::new(stream).poll_read(context, out),
            Self::Unix(stream) => Pinned::new(stream).poll_read(context, out),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pinned<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pinned::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pinned::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pinned<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pinned::new(stream).poll_write_vectored(context, parts),
            Self::Unix(stream) => Pinned::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pinned<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pinned::new(stream).poll_flush(context),
            Self::Unix(stream) => Pinned::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pinned<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pinned::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pinned::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::{TcpListener, UnixListener};

    use super::{Dialer, Stream};
    use crate::site::Pin;

    const SECOND: Duration = Duration::from_secs(1);

    async fn gone() -> Pin {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Pin::Tcp(listener.local_addr().expect("bound"))
    }

    #[tokio::test]
    async fn pins_are_tried_in_their_order() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here = Pin::Tcp(listener.local_addr().expect("bound"));
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        let _socket = UnixListener::bind(&path).expect("a socket");
        let dialer = Dialer::direct();
        let stream = dialer.dial(&[gone().await, here.clone(), Pin::Unix(path.clone())], SECOND).await;
        assert!(matches!(stream, Ok(Stream::Tcp(_))), "{stream:?}");
        let stream = dialer.dial(&[Pin::Unix(path), here], SECOND).await;
        assert!(matches!(stream, Ok(Stream::Unix(_))), "{stream:?}");
    }

    #[tokio::test]
    async fn why_no_pin_took_a_connection_is_told_without_their_addresses() {
        let dialer = Dialer::direct();
        let one = dialer.dial(&[gone().await], SECOND).await.expect_err("nobody listens").to_string();
        assert!(one.starts_with("Connection refused"), "{one}");
        let nowhere = Pin::Unix("/nowhere/s".into());
        let two = dialer.dial(&[gone().await, nowhere], SECOND).await.expect_err("nobody listens").to_string();
        assert!(two.contains("pin 1: Connection refused") && two.contains("; pin 2: No such file"), "{two}");
        assert!(!two.contains("127.0.0.1") && !two.contains("nowhere"), "{two}");
        assert_eq!(dialer.dial(&[], SECOND).await.expect_err("no pin").to_string(), "it has no pin");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_silent_pin_leaves_time_to_the_next() {
        use tokio::net::TcpSocket;
        // A listener whose queue is full answers no further client: connections hang as they do behind a dead firewall.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("bound");
        let listener = socket.listen(1).expect("it listens");
        let address = listener.local_addr().expect("bound");
        let mut waiting = Vec::new();
        let dialer = Dialer::direct();
        let silent = Pin::Tcp(address);
        while let Ok(stream) = dialer.dial(std::slice::from_ref(&silent), Duration::from_millis(200)).await {
            waiting.push(stream);
            assert!(waiting.len() < 100, "its queue never fills");
        }
        let open = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here = Pin::Tcp(open.local_addr().expect("bound"));
        assert!(dialer.dial(&[silent.clone(), here], SECOND).await.is_ok());
        let late = dialer.dial(&[silent], Duration::from_millis(300)).await.expect_err("silent").to_string();
        assert_eq!(late, "no connection within 0.3 s");
    }
}
