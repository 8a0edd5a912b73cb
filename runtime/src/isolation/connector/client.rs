//! The worker's side: asks for a connection and takes the descriptor.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, SocketFlags, SocketType, recv,
    recvmsg, send, socketpair,
};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::Notify;

use super::{LIST_BYTES_MAX, REPLY_BYTES, ROLE, Reply, Request};
use crate::isolation::start_role;
use crate::site::Pin;

/// How long the thread of an async runtime may stand still for a reply: 200 microseconds, once for each new connection.
const NEAR: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000 };

/// The connector of this process.
#[derive(Debug)]
pub struct Connector {
    control: OwnedFd,
    pins: Vec<Pin>,
    state: Mutex<State>,
    /// A reply has been laid down for somebody else.
    delivered: Notify,
    /// Ends by itself when `control` is closed.
    _child: Child,
}

#[derive(Debug, Default)]
struct State {
    number: u32,
    /// Replies that came in while somebody else was reading.
    delivered: BTreeMap<u32, io::Result<OwnedFd>>,
    /// Requests that nobody waits for any more.
    given_up: BTreeSet<u32>,
}

/// Gives a request up when it is dropped before its reply is there.
struct Waiting<'a> {
    connector: &'a Connector,
    number: u32,
    is_done: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            let mut state = self.connector.state();
            if state.delivered.remove(&self.number).is_none() {
                state.given_up.insert(self.number);
            }
        }
    }
}

impl Connector {
    /// Starts the process, of a program that knows the role, and hands it the list.
    ///
    /// # Errors
    /// It cannot be started, or the list is too long for one message.
    pub fn start(program: &Path, pins: Vec<Pin>) -> io::Result<Arc<Self>> {
        let list = serde_json::to_vec(&pins.iter().map(super::written).collect::<io::Result<Vec<_>>>()?)?;
        if list.len() > LIST_BYTES_MAX || pins.len() > usize::from(u16::MAX) {
            return Err(io::Error::other("there are too many upstreams for one program"));
        }
        let (control, end) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let child = start_role(program, ROLE, end, Stdio::null())?;
        send(&control, &list, SendFlags::NOSIGNAL)?;
        // Now, since a confined process changes no flags.
        let flags = fcntl_getfl(&control)?;
        fcntl_setfl(&control, flags | OFlags::NONBLOCK)?;
        let (state, delivered) = (Mutex::default(), Notify::new());
        Ok(Arc::new(Self { control, pins, state, delivered, _child: child }))
    }

    /// Waits until it is confined. Gives the layers that are in force there. Call it once, before anything is asked for.
    ///
    /// # Errors
    /// It has ended.
    pub fn ready(&self) -> io::Result<String> {
        poll(&mut [PollFd::new(&self.control, PollFlags::IN)], None)?;
        let mut bytes = [0; 512];
        let (_, length) = recv(&self.control, &mut bytes, RecvFlags::empty())?;
        if length == 0 {
            return Err(gone());
        }
        Ok(String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned())
    }

    /// A connection to one of the places of the list, in non-blocking mode.
    ///
    /// # Errors
    /// What connect(2) came to there; the place is not in the list; the process is gone.
    pub async fn connect(&self, pin: &Pin) -> io::Result<OwnedFd> {
        let place = self.pins.iter().position(|one| one == pin);
        let place = place.and_then(|place| u16::try_from(place).ok());
        let place =
            place.ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, "this address is not in the list"))?;
        let number = {
            let mut state = self.state();
            state.number = state.number.wrapping_add(1);
            state.number
        };
        let mut waiting = Waiting { connector: self, number, is_done: false };
        send(&self.control, &Request { place, number }.write(), SendFlags::NOSIGNAL).map_err(|_| gone())?;
        let reply = match self.near(number)? {
            Some(reply) => reply,
            None => self.reply(number).await,
        };
        waiting.is_done = true;
        reply
    }

    /// The reply of this number, if it is there almost at once: what is near is connected in less time than it takes to tell an
    /// async runtime to wait for it.
    fn near(&self, number: u32) -> io::Result<Option<io::Result<OwnedFd>>> {
        match poll(&mut [PollFd::new(&self.control, PollFlags::IN)], Some(&NEAR)) {
            Ok(0) | Err(Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(fault) => return Err(fault.into()),
        }
        match self.receive() {
            Ok((reply, outcome)) if reply.number == number => Ok(Some(outcome)),
            Ok((reply, outcome)) => {
                self.lay_down(reply.number, outcome);
                Ok(None)
            }
            Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Reads replies until the one of this number is there. Those of others are laid down for them.
    async fn reply(&self, number: u32) -> io::Result<OwnedFd> {
        // A duplicate, since each async runtime registers its own.
        let control = StdUnixStream::from(self.control.as_fd().try_clone_to_owned()?);
        let control = UnixStream::from_std(control)?;
        loop {
            let delivered = self.delivered.notified();
            tokio::pin!(delivered);
            // From here on no delivery is missed.
            delivered.as_mut().enable();
            if let Some(reply) = self.state().delivered.remove(&number) {
                return reply;
            }
            match control.try_io(Interest::READABLE, || self.receive()) {
                Ok((reply, outcome)) if reply.number == number => return outcome,
                Ok((reply, outcome)) => {
                    self.lay_down(reply.number, outcome);
                    continue;
                }
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                Err(fault) => return Err(fault),
            }
            tokio::select! {
                ready = control.readable() => ready?,
                () = delivered => {}
            }
        }
    }

    fn lay_down(&self, number: u32, outcome: io::Result<OwnedFd>) {
        let mut state = self.state();
        if !state.given_up.remove(&number) {
            state.delivered.insert(number, outcome);
            drop(state);
            self.delivered.notify_waiters();
        }
    }

    /// The next reply, if one is there.
    fn receive(&self) -> io::Result<(Reply, io::Result<OwnedFd>)> {
        let mut bytes = [0; REPLY_BYTES];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        let received = recvmsg(&self.control, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, flags)?;
        let mut descriptor = None;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                descriptor = descriptors.last();
            }
        }
        if received.bytes == 0 {
            return Err(gone());
        }
        let reply = bytes.get(..received.bytes).and_then(Reply::read).ok_or_else(gone)?;
        let outcome = match (reply.status, descriptor) {
            (0, Some(descriptor)) => Ok(descriptor),
            (0, None) => Err(io::Error::other("no descriptor came with the connection")),
            (status, _) => Err(Errno::from_raw_os_error(status.saturating_neg()).into()),
        };
        Ok((reply, outcome))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> io::Error {
    io::Error::other("the process that opens connections has ended; start the program again")
}
