//! A socket that gives no more bytes than a head may have until the head of the answer is there.
//!
//! An upstream may send any number of interim answers before the one that counts (RFC 9110, section 15.2). The HTTP library
//! passes over them as fast as they come, and on the one thread of this program nothing else would run meanwhile, not even
//! the time limit of the call.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of all heads of one answer, interim ones included. Servers send a few hundred, and accept few thousand themselves.
const HEAD_BYTES_MAX: usize = 256 * 1024;

/// While a head is awaited so much is read at once: the rest of the limit may be less than the reader's buffer.
const PART_BYTES: usize = 8 * 1024;

/// Says when a head is awaited; shared by the socket and whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Awaited(Arc<AtomicUsize>);

impl Awaited {
    /// From now on no more than a head is read.
    pub(crate) fn begin(&self) {
        self.0.store(HEAD_BYTES_MAX, Ordering::Relaxed);
    }

    /// The head is there: how much of the body is read is up to whoever reads it.
    pub(crate) fn end(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }
}

pub(crate) struct Limited<S> {
    inner: S,
    left: Awaited,
}

impl<S> Limited<S> {
    pub(crate) fn new(inner: S) -> (Self, Awaited) {
        let left = Awaited(Arc::new(AtomicUsize::new(usize::MAX)));
        (Self { inner, left: left.clone() }, left)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = self.left.0.load(Ordering::Relaxed);
        if left == usize::MAX {
            return Pin::new(&mut self.inner).poll_read(context, out);
        }
        if left == 0 {
            let text = format!("the head of the answer is longer than {HEAD_BYTES_MAX} bytes");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        let mut bytes = [0; PART_BYTES];
        let length = left.min(PART_BYTES).min(out.remaining());
        let mut part = ReadBuf::new(&mut bytes[..length]);
        ready!(Pin::new(&mut self.inner).poll_read(context, &mut part))?;
        out.put_slice(part.filled());
        self.left.0.store(left - part.filled().len(), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
