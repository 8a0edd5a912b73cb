//! The side of the keeper's socket that makes calls.
//!
//! What comes in: records. What goes out: whether they are written. A keeper that has gone is not started again: it would
//! have to be trusted that nobody else ended it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tokio::net::unix::pipe;

use super::frame::{self, Order, Settings};
use super::keeper::ROLE;
use super::policy::{Identity, Policy};
use crate::isolation::{start_role, this_program};

/// A keeper whose disk stands still for longer is given up on.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// For a keeper that was told to end.
const END_TIME_MAX: Duration = Duration::from_secs(5);

/// The keeper of one log, as it is seen from here.
#[derive(Debug)]
pub(super) struct Keeper {
    talk: Mutex<Talk>,
    /// Nothing is ever written to it; it ends with the keeper.
    alive: Mutex<Option<OwnedFd>>,
}

#[derive(Debug)]
struct Talk {
    stream: UnixStream,
    child: Child,
    is_over: bool,
}

impl Keeper {
    /// Starts this program once more as the keeper of a log, and waits until it has opened it. From here on, nothing but reading
    /// from and writing to one socket is needed.
    pub(super) fn start(policy: &Policy, identity: &Identity) -> io::Result<Self> {
        let (stream, other) = UnixStream::pair()?;
        let mut child = start_role(&this_program()?, ROLE, other.into(), Stdio::piped())?;
        let alive = child.stdout.take().map(OwnedFd::from);
        if let Some(alive) = &alive {
            // Now, since a confined process changes no flags.
            let flags = fcntl_getfl(alive)?;
            fcntl_setfl(alive, flags | OFlags::NONBLOCK)?;
        }
        stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
        stream.set_write_timeout(Some(ANSWER_TIME_MAX))?;
        let mut policy = policy.clone();
        policy.file = std::path::absolute(&policy.file)?;
        if let Some(key) = &mut policy.key {
            key.file = std::path::absolute(&key.file)?;
        }
        let settings = serde_json::to_vec(&Settings { policy, identity: identity.clone() })?;
        let mut talk = Talk { stream, child, is_over: false };
        talk.ask(&frame::framed(&[&settings]))?;
        Ok(Self { talk: Mutex::new(talk), alive: Mutex::new(alive) })
    }

    /// Has it do something, and gives the number that it answers with.
    pub(super) fn ask(&self, order: Order, members: &[u8]) -> io::Result<u64> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner).ask(&order.message(members))
    }

    /// Ends when the keeper has ended. Only who asks first is told.
    pub(super) async fn gone(&self) {
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner).take();
        let watched = alive.and_then(|alive| pipe::Receiver::from_owned_fd_unchecked(alive).ok());
        let Some(watched) = watched else { return std::future::pending().await };
        loop {
            let mut byte = [0];
            let _ = watched.readable().await;
            match watched.try_read(&mut byte) {
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                _ => return,
            }
        }
    }
}

impl Talk {
    fn ask(&mut self, message: &[u8]) -> io::Result<u64> {
        if self.is_over {
            return Err(gone());
        }
        let answer = frame::send(&self.stream, message).and_then(|()| frame::receive(&self.stream));
        let answer = answer.ok().flatten().as_deref().and_then(frame::read_answer);
        // One that comes too late would be taken for that of the next record.
        self.is_over = answer.is_none();
        answer.ok_or_else(gone)?.map_err(io::Error::other)
    }
}

fn gone() -> io::Error {
    io::Error::other("the keeper of the audit file has ended; start the program again")
}

impl Drop for Talk {
    /// Waits until everything is written, so that whoever starts this program next finds a log that has ended.
    fn drop(&mut self) {
        match self.ask(&Order::End.message(b"")) {
            // It says nothing more; what comes is its end.
            Ok(_) => drop(frame::receive(&self.stream)),
            Err(_) => drop(self.stream.shutdown(std::net::Shutdown::Both)),
        }
        // One that stands still for good is left to the system. A confined process is not told of children, and goes on at once.
        let until = Instant::now() + END_TIME_MAX;
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
