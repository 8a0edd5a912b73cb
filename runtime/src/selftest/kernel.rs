//! Calls to the kernel as an attacker makes them: past the standard library, with numbers and addresses alone.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use libc::{c_int, c_long};

/// What came of an attempt: done, or the kernel's number for why not (errno(3)).
pub(super) type Tried = Result<(), c_int>;

/// How long an answer from a socket is waited for, in milliseconds.
const ANSWER_TIMEOUT_MS: u64 = 300;

/// Makes a system call. `words` are its arguments, at most six; the rest is 0.
///
/// Whoever calls hands the addresses of buffers that outlive the call ([`at`], [`at_mut`]), and no other ones.
#[expect(unsafe_code, reason = "no safe crate makes calls that are there to be refused")]
pub(super) fn call(number: c_long, words: &[u64]) -> Result<u64, c_int> {
    let mut six = [0_u64; 6];
    six[..words.len()].copy_from_slice(words);
    let [first, second, third, fourth, fifth, sixth] = six;
    // SAFETY: the addresses among the words are those of live buffers of the caller, as long as the call says that they are.
    let returned = unsafe { libc::syscall(number, first, second, third, fourth, fifth, sixth) };
    if returned == -1 { Err(errno()) } else { Ok(returned.cast_unsigned()) }
}

fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

/// Starts a process that ends at once, by a call of these names; in the new one nothing of this program runs.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "after vfork(2) the new process works on this one's stack, so no function may return there"
)]
pub(super) fn start_and_leave(number: c_long, flags: u64) -> Result<u64, c_int> {
    let returned: i64;
    // SAFETY: the new process runs the two instructions up to exit_group(2) and touches no memory; here the call returns once.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor edi, edi",
            "mov eax, 231",
            "syscall",
            "2:",
            inlateout("rax") number => returned,
            in("rdi") flags, in("rsi") 0, in("rdx") 0, in("r10") 0, in("r8") 0,
            out("rcx") _, out("r11") _,
        );
    }
    u64::try_from(returned).map_err(|_| c_int::try_from(-returned).unwrap_or(libc::EINVAL))
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn start_and_leave(_: c_long, _: u64) -> Result<u64, c_int> {
    Err(libc::ENOSYS)
}

/// Makes a call of the 32-bit ABI, getpid(2): its numbers mean other things than those that a filter names.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the instruction has no other way to be said")]
pub(super) fn call_of_32_bit() -> Result<u64, c_int> {
    let returned: i64;
    // SAFETY: getpid(2) takes no argument and touches no memory. rbx is not touched either.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("rax") 20_i64 => returned, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    u64::try_from(returned).map_err(|_| c_int::try_from(-returned).unwrap_or(libc::ENOSYS))
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn call_of_32_bit() -> Result<u64, c_int> {
    Err(libc::ENOSYS)
}

/// The address of what the kernel reads.
pub(super) fn at<T: ?Sized>(value: &T) -> u64 {
    std::ptr::from_ref(value).cast::<u8>().expose_provenance() as u64
}

/// The address of what the kernel writes.
pub(super) fn at_mut<T: ?Sized>(value: &mut T) -> u64 {
    std::ptr::from_mut(value).cast::<u8>().expose_provenance() as u64
}

/// A number as the kernel takes it: an `int`, or a `long`.
pub(super) fn word(value: impl Into<i64>) -> u64 {
    value.into().cast_unsigned()
}

/// A path with the NUL at its end.
pub(super) fn text(path: &Path) -> Vec<u8> {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// The current directory, for the calls that take one (openat(2)).
pub(super) fn here() -> u64 {
    word(libc::AT_FDCWD)
}

/// openat(2): the descriptor.
pub(super) fn open(path: &Path, flags: c_int) -> Result<u64, c_int> {
    call(libc::SYS_openat, &[here(), at(text(path).as_slice()), word(flags), 0o600])
}

/// What stands in the first bytes of a descriptor.
pub(super) fn read(descriptor: u64) -> Result<Vec<u8>, c_int> {
    let mut bytes = vec![0; 4096];
    let length = call(libc::SYS_read, &[descriptor, at_mut(bytes.as_mut_slice()), bytes.len() as u64])?;
    bytes.truncate(usize::try_from(length).unwrap_or_default());
    Ok(bytes)
}

/// write(2), all at once.
pub(super) fn write(descriptor: u64, bytes: &[u8]) -> Tried {
    call(libc::SYS_write, &[descriptor, at(bytes), bytes.len() as u64]).map(drop)
}

/// socket(2) that does not wait.
pub(super) fn socket(family: c_int, kind: c_int, protocol: c_int) -> Result<u64, c_int> {
    let kind = kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    call(libc::SYS_socket, &[word(family), word(kind), word(protocol)])
}

/// The family of an address (socket(2)).
pub(super) fn family(address: SocketAddr) -> c_int {
    if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 }
}

/// `struct sockaddr_in`, or `sockaddr_in6` (ip(7), ipv6(7)).
pub(super) fn address(address: SocketAddr) -> Vec<u8> {
    let mut bytes = u16::try_from(family(address)).unwrap_or_default().to_ne_bytes().to_vec();
    bytes.extend(address.port().to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => {
            bytes.extend(ip.octets());
            bytes.extend([0; 8]);
        }
        IpAddr::V6(ip) => {
            bytes.extend([0; 4]);
            bytes.extend(ip.octets());
            bytes.extend([0; 4]);
        }
    }
    bytes
}

/// `struct sockaddr_un` (unix(7)); the name of an abstract one begins with NUL.
pub(super) fn address_unix(name: &[u8]) -> Vec<u8> {
    let mut bytes = u16::try_from(libc::AF_UNIX).unwrap_or_default().to_ne_bytes().to_vec();
    bytes.extend(name);
    bytes
}

/// connect(2). A connection that is under way counts: its first packet has left.
pub(super) fn connect(socket: u64, address: &[u8]) -> Tried {
    match call(libc::SYS_connect, &[socket, at(address), address.len() as u64]) {
        Err(libc::EINPROGRESS) => {
            wait(socket, libc::POLLOUT);
            Ok(())
        }
        other => other.map(drop),
    }
}

/// sendto(2), with an address or without one.
pub(super) fn send(socket: u64, bytes: &[u8], flags: c_int, address: Option<&[u8]>) -> Tried {
    let (to, length) = address.map_or((0, 0), |address| (at(address), address.len() as u64));
    let flags = flags | libc::MSG_NOSIGNAL;
    call(libc::SYS_sendto, &[socket, at(bytes), bytes.len() as u64, word(flags), to, length]).map(drop)
}

/// setsockopt(2) with an `int`.
pub(super) fn set(socket: u64, level: c_int, option: c_int, value: c_int) -> Tried {
    call(libc::SYS_setsockopt, &[socket, word(level), word(option), at(&value), 4]).map(drop)
}

/// Waits until a socket can be read or written, or for long enough. By ppoll(2): all architectures have that one.
pub(super) fn wait(socket: u64, events: i16) {
    let polled = libc::pollfd { fd: i32::try_from(socket).unwrap_or(-1), events, revents: 0 };
    let mut polled = [polled];
    let timeout = [0_u64, ANSWER_TIMEOUT_MS * 1_000_000];
    // Whether it came is for whoever looks next.
    let _ = call(libc::SYS_ppoll, &[at_mut(&mut polled), 1, at(&timeout)]);
}

/// `struct iovec` of one buffer (readv(2)).
pub(super) fn vector(bytes: &[u8]) -> [u64; 2] {
    [at(bytes), bytes.len() as u64]
}

/// `struct msghdr` (sendmsg(2)): an address, one vector, and what comes along.
pub(super) fn message(name: &[u8], vector: &[u64; 2], control: &[u8]) -> [u64; 7] {
    let or_null = |bytes: &[u8]| if bytes.is_empty() { 0 } else { at(bytes) };
    [or_null(name), name.len() as u64, at(vector), 1, or_null(control), control.len() as u64, 0]
}
