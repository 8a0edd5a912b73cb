//! Attempts with descriptors that are open already: one that was passed on purpose stands at 0, one that was forgotten above 2.

use super::super::kernel::{
    Tried, address, at, at_mut, call, connect, message, open, read, send, set, vector, wait, word, write,
};
use super::super::scene::{READABLE, Scene, TOKEN};

/// Where a passed descriptor stands.
const PASSED: u64 = 0;

/// `ioctl` that types into a terminal's input, and those of the console (ioctl_tty(2), ioctl_console(2)).
const TIOCLINUX: u64 = 0x541c;
const TIOCL_GETSHIFTSTATE: u8 = 6;

fn leaked(scene: &Scene) -> u64 {
    word(scene.leaked)
}

pub(super) fn leaked_write(scene: &Scene) -> Tried {
    write(leaked(scene), TOKEN)
}

pub(super) fn mark(_: &Scene) -> Tried {
    set(PASSED, libc::SOL_SOCKET, libc::SO_MARK, 1)
}

pub(super) fn bind_to_device(_: &Scene) -> Tried {
    let device = b"lo\0";
    let words = [PASSED, word(libc::SOL_SOCKET), word(libc::SO_BINDTODEVICE), at(device), device.len() as u64];
    call(libc::SYS_setsockopt, &words).map(drop)
}

/// Only in the filter that a socket carries is it told which packets it sees; a process could watch what others send.
pub(super) fn attach_filter(_: &Scene) -> Tried {
    // One instruction, BPF_RET | BPF_K with everything, in `struct sock_fprog`.
    let instruction = [0x06_u64 | (0xffff_ffff << 32)];
    let program = [1_u64, at(&instruction)];
    let words = [PASSED, word(libc::SOL_SOCKET), word(libc::SO_ATTACH_FILTER), at(&program), 16];
    call(libc::SYS_setsockopt, &words).map(drop)
}

/// Dissolves a connection that was passed, and connects the same socket to somebody else (connect(2), AF_UNSPEC).
pub(super) fn reconnect(scene: &Scene) -> Tried {
    connect(PASSED, &[0; 16])?;
    connect(PASSED, &address(scene.other_port))
}

/// A socket that was passed before it was connected.
pub(super) fn connect_unconnected(scene: &Scene) -> Tried {
    connect(PASSED, &address(scene.other_port))
}

pub(super) fn accept(_: &Scene) -> Tried {
    wait(PASSED, libc::POLLIN);
    call(libc::SYS_accept4, &[PASSED, 0, 0, 0]).map(drop)
}

pub(super) fn send_elsewhere(scene: &Scene) -> Tried {
    send(PASSED, TOKEN, 0, Some(&address(scene.datagrams)))
}

pub(super) fn send_message_elsewhere(scene: &Scene) -> Tried {
    let (to, bytes) = (address(scene.datagrams), vector(TOKEN));
    call(libc::SYS_sendmsg, &[PASSED, at(&message(&to, &bytes, &[])), 0]).map(drop)
}

pub(super) fn send_messages_elsewhere(scene: &Scene) -> Tried {
    let (to, bytes) = (address(scene.datagrams), vector(TOKEN));
    // `struct mmsghdr`: a message, and how much of it was sent.
    let mut messages = [0; 8];
    messages[..7].copy_from_slice(&message(&to, &bytes, &[]));
    call(libc::SYS_sendmmsg, &[PASSED, at_mut(&mut messages), 1, 0]).map(drop)
}

/// Hands standard error on to whoever holds the other end (unix(7), SCM_RIGHTS).
pub(super) fn pass_descriptor(_: &Scene) -> Tried {
    let mut control = 20_u64.to_ne_bytes().to_vec();
    for number in [libc::SOL_SOCKET, libc::SCM_RIGHTS, 2, 0] {
        control.extend(number.to_ne_bytes());
    }
    let bytes = vector(TOKEN);
    call(libc::SYS_sendmsg, &[PASSED, at(&message(&[], &bytes, &control)), 0]).map(drop)
}

pub(super) fn send_file(scene: &Scene) -> Tried {
    let file = open(&scene.tree.join(READABLE), libc::O_RDONLY)?;
    call(libc::SYS_sendfile, &[PASSED, file, 0, 16]).map(drop)
}

fn pipe() -> Result<[u64; 2], i32> {
    let mut pair = [0_i32; 2];
    call(libc::SYS_pipe2, &[at_mut(&mut pair), 0])?;
    Ok(pair.map(word))
}

/// Moves bytes from a file to a connection without reading them (splice(2)).
pub(super) fn splice(scene: &Scene) -> Tried {
    let file = open(&scene.tree.join(READABLE), libc::O_RDONLY)?;
    let [from, to] = pipe()?;
    call(libc::SYS_splice, &[file, 0, to, 0, 16, 0])?;
    call(libc::SYS_splice, &[from, 0, PASSED, 0, 16, 0]).map(drop)
}

pub(super) fn vmsplice(_: &Scene) -> Tried {
    let [_, to] = pipe()?;
    call(libc::SYS_vmsplice, &[to, at(&vector(TOKEN)), 1, 0]).map(drop)
}

/// Takes O_APPEND from a log, and writes over its beginning.
pub(super) fn clear_append(_: &Scene) -> Tried {
    call(libc::SYS_fcntl, &[PASSED, word(libc::F_SETFL), word(libc::O_NONBLOCK)])?;
    let flags = call(libc::SYS_fcntl, &[PASSED, word(libc::F_GETFL)])?;
    if flags & word(libc::O_APPEND) == 0 { Ok(()) } else { Err(libc::EPERM) }
}

pub(super) fn truncate_passed(_: &Scene) -> Tried {
    call(libc::SYS_ftruncate, &[PASSED, 0]).map(drop)
}

pub(super) fn allocate_passed(_: &Scene) -> Tried {
    call(libc::SYS_fallocate, &[PASSED, 0, 0, 1 << 16]).map(drop)
}

pub(super) fn lock_passed(_: &Scene) -> Tried {
    call(libc::SYS_flock, &[PASSED, word(libc::LOCK_EX | libc::LOCK_NB)]).map(drop)
}

pub(super) fn change_mode_passed(_: &Scene) -> Tried {
    call(libc::SYS_fchmod, &[PASSED, 0o666]).map(drop)
}

pub(super) fn type_into_terminal(_: &Scene) -> Tried {
    call(libc::SYS_ioctl, &[PASSED, libc::TIOCSTI, at(b"x")]).map(drop)
}

pub(super) fn ask_console(_: &Scene) -> Tried {
    let mut request = [TIOCL_GETSHIFTSTATE; 8];
    call(libc::SYS_ioctl, &[PASSED, TIOCLINUX, at_mut(&mut request)]).map(drop)
}

pub(super) fn change_terminal(_: &Scene) -> Tried {
    let mut settings = [0_u8; 64];
    call(libc::SYS_ioctl, &[PASSED, libc::TCGETS, at_mut(&mut settings)])?;
    call(libc::SYS_ioctl, &[PASSED, libc::TCSETS, at(&settings)]).map(drop)
}

/// Signals to another process whenever something can be read here (fcntl(2), F_SETOWN).
pub(super) fn signal_by_owner(scene: &Scene) -> Tried {
    call(libc::SYS_fcntl, &[PASSED, word(libc::F_SETOWN), scene.victim()]).map(drop)
}

/// What the other end has sent is not the point: a descriptor of another process would be.
pub(super) fn read_leaked(scene: &Scene) -> Tried {
    wait(leaked(scene), libc::POLLIN);
    if read(leaked(scene))?.is_empty() { Err(libc::ENODATA) } else { Ok(()) }
}
