//! One client's bytes: counted, and given up on when the client stops taking them.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use std::collections::BTreeMap;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::listener::Stream;
use crate::metrics::{Gauge, Page};

/// For a client to take any more bytes of its answer.
const STALL_TIME_MAX: Duration = Duration::from_secs(30);

/// What is counted of all connections together.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) connections: Gauge,
    received_bytes: AtomicU64,
    sent_bytes: AtomicU64,
    /// Answers by status.
    answers: Mutex<BTreeMap<u16, u64>>,
}

impl Traffic {
    /// Counts an answer.
    pub(super) fn answered(&self, status: u16) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }

    /// As Prometheus reads it.
    pub(super) fn measurements(&self) -> String {
        const BYTES: &str = "airlock_http_bytes_total";
        const ANSWERS: &str = "airlock_http_responses_total";
        let mut page = Page::default();
        page.single("airlock_http_connections", "gauge", "Connections that are open.", self.connections.get());
        page.family(BYTES, "counter", "Bytes to and from clients, heads included.");
        for (direction, bytes) in [("in", &self.received_bytes), ("out", &self.sent_bytes)] {
            page.sample(BYTES, &[("direction", &direction)], bytes.load(Ordering::Relaxed));
        }
        page.family(
            ANSWERS,
            "counter",
            "Answers to clients by status, this page's own answers included from the second on.",
        );
        for (status, count) in &*self.answers.lock().unwrap_or_else(PoisonError::into_inner) {
            page.sample(ANSWERS, &[("code", status)], count);
        }
        page.into_text()
    }
}

/// A stream whose bytes are counted. Writing to it fails when nothing has been taken for a while, so that a client that does
/// not read cannot hold its connection for ever.
pub(super) struct Watched {
    inner: Box<dyn Stream>,
    traffic: Arc<Traffic>,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    pub(super) fn new(inner: Box<dyn Stream>, traffic: Arc<Traffic>) -> Self {
        Self { inner, traffic, stalled: None }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, out))?;
        self.traffic.received_bytes.fetch_add((out.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = Pin::new(&mut self.inner).poll_write(context, bytes) {
            self.stalled = None;
            self.traffic.sent_bytes.fetch_add(*written.as_ref().unwrap_or(&0) as u64, Ordering::Relaxed);
            return Poll::Ready(written);
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALL_TIME_MAX)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::{STALL_TIME_MAX, Traffic, Watched};

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_given_up_on() {
        let traffic = Arc::new(Traffic::default());
        let (near, mut far) = tokio::io::duplex(10);
        let mut watched = Watched::new(Box::new(near), Arc::clone(&traffic));
        watched.write_all(b"0123456789").await.expect("there is room");
        let started = Instant::now();
        let fault = watched.write_all(b"x").await.expect_err("nobody reads");
        assert_eq!(fault.kind(), std::io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), STALL_TIME_MAX.as_secs());
        assert_eq!(traffic.sent_bytes.load(Ordering::Relaxed), 10);
        far.read_exact(&mut [0; 10]).await.expect("it was sent");
        far.write_all(b"abc").await.expect("there is room");
        watched.read_exact(&mut [0; 3]).await.expect("it arrives");
        assert_eq!(traffic.received_bytes.load(Ordering::Relaxed), 3);
    }
}
