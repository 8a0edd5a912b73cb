//! The keeper: a process of its own that alone has the log and the key that signs it.
//!
//! It is this program, started by itself with `keeper`, with one end of a pair of sockets as its standard input. It ends when
//! the other end does, however that came: then it writes what became of open calls, signs, and is gone. Signals that end the
//! program are not for it. Whoever makes calls has neither the file nor the key, so that what reads models and answers can add
//! records, and take none back.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::signal::unix::{SignalKind, signal};

use super::frame::{self, Order, Settings};
use super::{Sink, members, open_log};
use crate::isolation::{self, Confinement};

/// The hidden command that is the keeper.
pub(crate) const ROLE: &str = "keeper";

/// Serves the process at the other end of standard input, until that ends. Fails if it is no other process.
pub(crate) fn serve() -> io::Result<()> {
    let input: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
    let stream = UnixStream::from(input);
    if stream.peer_addr().is_err() {
        return Err(io::Error::other("the program starts this by itself, where its site file names an audit file"));
    }
    let _handled = unmoved_by_signals()?;
    let begun = opened(&stream).and_then(|(log, file)| confine(&file).map(|()| log));
    let mut log = match begun {
        Ok(log) => log,
        Err(fault) => return frame::send(&stream, &frame::answer(&Err(fault.to_string()))),
    };
    frame::send(&stream, &frame::answer(&Ok(0)))?;
    let is_asked = keep(&stream, &mut log);
    let closed = log.close();
    if is_asked {
        let done = closed.as_ref().map(|()| 0).map_err(ToString::to_string);
        // The other side may not want to know.
        let _ = frame::send(&stream, &frame::answer(&done));
    }
    closed
}

/// What holds for this process from when everything is open that it needs. Only what is left is done later: reading and writing
/// what is open, beginning a new file beside the old one, bringing it to the disk, and time.
fn confine(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let confinement = Confinement { write: vec![directory.to_owned()], keeps_log: true, ..Confinement::default() };
    // Whether this is enough is found out by whoever starts it, under the same kernel.
    isolation::confine(&confinement, &[]).map(drop).map_err(io::Error::other)
}

/// From here on nothing but the end of the other process ends this one, and a file that may not grow is a fault to be told.
fn unmoved_by_signals() -> io::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit(), too_large]
    {
        // What handles it stays when this is gone.
        drop(signal(kind)?);
    }
    drop(inside);
    Ok(runtime)
}

/// The log, and the file that it is in.
fn opened(stream: &UnixStream) -> io::Result<(Sink, PathBuf)> {
    let unread = || io::Error::other("the keeper was not told what to keep");
    let message = frame::receive(stream)?.ok_or_else(unread)?;
    let Settings { policy, identity } = serde_json::from_slice(&message).map_err(|_| unread())?;
    let file = policy.file.clone();
    open_log(policy, identity).map(|log| (log, file))
}

/// Writes what it is asked to. Gives whether it was asked to end.
fn keep(stream: &UnixStream, log: &mut Sink) -> bool {
    loop {
        let due = log.tick(Instant::now());
        match is_readable(stream, due) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(_) => return false,
        }
        let Ok(Some(message)) = frame::receive(stream) else { return false };
        let Some((order, object)) = Order::read(&message) else { return false };
        let done = match order {
            Order::End => return true,
            Order::Call { durable } => members::checked(object).and_then(|members| told(log.call(members, durable))),
            Order::Release => members::checked(object).and_then(|members| told(log.release(members))).map(|()| 0),
            Order::Outcome { call } => members::checked(object)
                .and_then(|members| told(log.outcome(call, members)))
                .map(|()| call.unwrap_or_default()),
        };
        if frame::send(stream, &frame::answer(&done)).is_err() {
            return false;
        }
    }
}

fn told<T>(done: io::Result<T>) -> Result<T, String> {
    done.map_err(|fault| fault.to_string())
}

/// Whether there is something to read, or an end, before this much time has gone by.
fn is_readable(stream: &UnixStream, within: Option<Duration>) -> io::Result<bool> {
    let mut waiting = [PollFd::new(stream, PollFlags::IN)];
    let within = within.map(|time| Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    });
    match poll(&mut waiting, within.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(fault) => Err(fault.into()),
    }
}
