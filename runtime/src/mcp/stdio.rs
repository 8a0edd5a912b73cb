//! Standard input and output, kept for the protocol alone.
//!
//! Anything that is linked in may print: llama.cpp, a panic hook, a dependency. So the two descriptors are moved away at
//! the very start, input is replaced with nothing and output with standard error, and what is printed later goes there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::OFlags;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// The two ends that were moved away.
#[derive(Debug)]
pub struct Stdio {
    read: End,
    write: End,
}

/// One of them, ready to be waited for as far as that goes.
#[derive(Debug)]
enum End {
    /// In non-blocking mode.
    Socket(OwnedFd),
    /// In non-blocking mode, under a description of its own.
    Pipe(OwnedFd),
    /// A terminal, a file, or a pipe that cannot be opened once more: it blocks.
    Blocking(OwnedFd),
}

/// A stream to read from.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// A stream to write to.
pub type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// Moves standard input and output away. From here on, what is printed goes to standard error.
pub fn claim() -> io::Result<Stdio> {
    // Not onto 0, 1 or 2, and not inherited by children.
    let read = rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?;
    let write = rustix::io::fcntl_dupfd_cloexec(io::stdout().as_fd(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    Ok(Stdio {
        read: End::of(read, OpenOptions::new().read(true))?,
        write: End::of(write, OpenOptions::new().write(true))?,
    })
}

impl Stdio {
    /// Both ends for the async runtime that this is called in. Pipes and sockets are waited for without a thread: some
    /// hosts give the one, some the other. Opens no file.
    pub fn open(self) -> io::Result<(Reader, Writer)> {
        Ok((reader(self.read)?, writer(self.write)?))
    }
}

impl End {
    fn of(end: OwnedFd, again: &mut OpenOptions) -> io::Result<Self> {
        let kind = File::from(end.try_clone()?).metadata()?.file_type();
        if kind.is_socket() {
            let stream = StdUnixStream::from(end);
            stream.set_nonblocking(true)?;
            return Ok(Self::Socket(stream.into()));
        }
        let own = if kind.is_fifo() { reopen(&end, again).ok() } else { None };
        Ok(own.map_or(Self::Blocking(end), Self::Pipe))
    }
}

fn reader(end: End) -> io::Result<Reader> {
    let end = match end {
        End::Socket(end) => return Ok(Box::new(UnixStream::from_std(end.into())?)),
        End::Pipe(end) => return Ok(Box::new(pipe::Receiver::from_owned_fd_unchecked(end)?)),
        End::Blocking(end) => end,
    };
    // A terminal or a file: a thread reads it. It cannot be stopped, so nothing waits for it at the end.
    let (read, mut write) = tokio::io::duplex(64 * 1024);
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut file = File::from(end);
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = file.read(&mut bytes) {
            let Some(part) = bytes.get(..count) else { break };
            if runtime.block_on(write.write_all(part)).is_err() {
                break;
            }
        }
    })?;
    Ok(Box::new(read))
}

fn writer(end: End) -> io::Result<Writer> {
    Ok(match end {
        End::Socket(end) => Box::new(UnixStream::from_std(end.into())?),
        End::Pipe(end) => Box::new(pipe::Sender::from_owned_fd_unchecked(end)?),
        End::Blocking(end) => Box::new(Direct(File::from(end))),
    })
}

/// The same pipe under a description of its own, so that other processes that hold it keep their blocking reads.
fn reopen(end: &OwnedFd, options: &mut OpenOptions) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", end.as_raw_fd());
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path).map(OwnedFd::from)
}

/// A terminal or a file: writes go through at once.
struct Direct(File);

impl AsyncWrite for Direct {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.write(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
