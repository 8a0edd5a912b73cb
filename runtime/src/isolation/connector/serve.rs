//! The connector's side: one thread, one loop, as many connections under way as there are requests for them.

use std::io::{IoSlice, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags,
    SocketType, connect, recv, send, sendmsg, socket_with, sockopt,
};

use super::{CONNECT_TIMEOUT, LIST_BYTES_MAX, REQUEST_BYTES, Reply, Request};
use crate::isolation::{ignore_stop_signals, linux};
use crate::site::Pin;

/// Connections under way at once. The gate makes fewer; one more is refused.
const PENDING_MAX: usize = 64;

/// One that is under way.
struct Pending {
    number: u32,
    socket: OwnedFd,
    until: Instant,
}

/// Serves the process at the other end until it ends.
///
/// # Errors
/// The list is none, or the socket breaks.
pub fn serve(control: &OwnedFd) -> Result<(), String> {
    ignore_stop_signals();
    let pins = read_list(control)?;
    let ports: Vec<u16> =
        pins.iter().filter_map(|pin| if let Pin::Tcp(to) = pin { Some(to.port()) } else { None }).collect();
    let level = linux::confine_connector(&ports);
    let broken = |fault: Errno| format!("the connector's socket broke: {fault}");
    send(control, level.to_string().as_bytes(), SendFlags::NOSIGNAL).map_err(broken)?;
    let mut pending = Vec::with_capacity(PENDING_MAX);
    loop {
        wait(control, &pending).map_err(broken)?;
        settle(control, &mut pending).map_err(broken)?;
        let mut bytes = [0; REQUEST_BYTES + 1];
        match recv(control, &mut bytes, RecvFlags::DONTWAIT) {
            // The other end is gone.
            Ok((_, 0)) | Err(Errno::CONNRESET) => return Ok(()),
            Ok((_, length)) => {
                let request = bytes.get(..length).and_then(Request::read);
                let Some(request) = request else { return Err("something that is no request came in".to_owned()) };
                begin(control, request, &pins, &mut pending).map_err(broken)?;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(fault) => return Err(broken(fault)),
        }
    }
}

fn read_list(control: &OwnedFd) -> Result<Vec<Pin>, String> {
    let mut bytes = vec![0; LIST_BYTES_MAX];
    let (_, length) = recv(control, &mut bytes[..], RecvFlags::empty()).map_err(|fault| fault.to_string())?;
    let list: Vec<String> = serde_json::from_slice(bytes.get(..length).unwrap_or_default())
        .map_err(|fault| format!("the list of addresses is none: {fault}"))?;
    list.iter().map(|pin| super::read(pin)).collect()
}

/// Waits for a request, or for a connection that is under way.
fn wait(control: &OwnedFd, pending: &[Pending]) -> Result<(), Errno> {
    let mut watched: Vec<PollFd<'_>> = Vec::with_capacity(pending.len() + 1);
    watched.push(PollFd::from_borrowed_fd(control.as_fd(), PollFlags::IN));
    watched.extend(pending.iter().map(|one| PollFd::from_borrowed_fd(one.socket.as_fd(), PollFlags::OUT)));
    let until = pending.iter().map(|one| one.until).min();
    let left = until.map(|until| until.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut watched, left.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Replies to those whose connection is there, or will not come.
fn settle(control: &OwnedFd, pending: &mut Vec<Pending>) -> Result<(), Errno> {
    let mut place = 0;
    while let Some(one) = pending.get(place) {
        let Some(outcome) = outcome(one) else {
            place += 1;
            continue;
        };
        let one = pending.swap_remove(place);
        reply(control, one.number, outcome.map(|()| one.socket.as_fd()))?;
    }
    Ok(())
}

/// What a connection has come to; none if it is still under way.
fn outcome(one: &Pending) -> Option<Result<(), Errno>> {
    let mut watched = [PollFd::from_borrowed_fd(one.socket.as_fd(), PollFlags::OUT)];
    let is_settled = poll(&mut watched, Some(&Timespec::default())).is_ok_and(|count| count > 0);
    if !is_settled {
        return (Instant::now() >= one.until).then_some(Err(Errno::TIMEDOUT));
    }
    match sockopt::socket_error(&one.socket) {
        Ok(outcome) => Some(outcome),
        Err(fault) => Some(Err(fault)),
    }
}

fn begin(control: &OwnedFd, request: Request, pins: &[Pin], pending: &mut Vec<Pending>) -> Result<(), Errno> {
    let number = request.number;
    let Some(pin) = pins.get(usize::from(request.place)) else {
        // Nothing that is asked for in good order is outside of the list.
        let _ = writeln!(std::io::stderr(), "airlock-host connector: a place was asked for that is not in the list");
        return reply(control, number, Err(Errno::ACCESS));
    };
    if pending.len() >= PENDING_MAX {
        return reply(control, number, Err(Errno::AGAIN));
    }
    match under_way(pin) {
        Ok((socket, true)) => reply(control, number, Ok(socket.as_fd())),
        Ok((socket, false)) => {
            pending.push(Pending { number, socket, until: Instant::now() + CONNECT_TIMEOUT });
            Ok(())
        }
        Err(fault) => reply(control, number, Err(fault)),
    }
}

/// A socket, and whether it is connected by now.
fn under_way(pin: &Pin) -> Result<(OwnedFd, bool), Errno> {
    let family = match pin {
        Pin::Tcp(to) if to.is_ipv4() => AddressFamily::INET,
        Pin::Tcp(_) => AddressFamily::INET6,
        Pin::Unix(_) => AddressFamily::UNIX,
    };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    let connected = match pin {
        Pin::Tcp(to) => connect(&socket, to),
        Pin::Unix(path) => SocketAddrUnix::new(path).and_then(|to| connect(&socket, &to)),
    };
    match connected {
        Ok(()) => Ok((socket, true)),
        Err(Errno::INPROGRESS) => Ok((socket, false)),
        Err(fault) => Err(fault),
    }
}

fn reply(control: &OwnedFd, number: u32, outcome: Result<BorrowedFd<'_>, Errno>) -> Result<(), Errno> {
    let status = outcome.as_ref().map_or_else(|fault| -fault.raw_os_error(), |_| 0);
    let bytes = Reply { number, status }.write();
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = outcome.ok().map(|descriptor| [descriptor]);
    if let Some(descriptors) = &descriptors {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    match sendmsg(control, &[IoSlice::new(&bytes)], &mut ancillary, SendFlags::NOSIGNAL) {
        // Whoever asked is gone; the next read says so.
        Ok(_) | Err(Errno::PIPE | Errno::CONNRESET) => Ok(()),
        Err(fault) => Err(fault),
    }
}
