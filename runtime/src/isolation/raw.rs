//! The few calls to the kernel that no safe crate has.

#![expect(unsafe_code, reason = "no safe crate makes these calls")]

use std::io;
use std::ptr;

/// PR_SET_MDWE and PR_MDWE_REFUSE_EXEC_GAIN (prctl(2)).
const PR_SET_MDWE: libc::c_int = 65;
const PR_MDWE_REFUSE_EXEC_GAIN: libc::c_ulong = 1;

fn checked(returned: libc::c_long) -> io::Result<()> {
    if returned == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// From here on no mapping becomes executable that was not made so.
pub(super) fn refuse_executable_memory() -> io::Result<()> {
    let none: libc::c_ulong = 0;
    // SAFETY: prctl(2) with numbers alone touches no memory of ours.
    checked(unsafe { libc::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, none, none, none) }.into())
}

/// Closes every descriptor but the first three. The caller has opened nothing yet.
pub(super) fn close_inherited() -> io::Result<()> {
    // SAFETY: nothing in this process owns a descriptor above 2 yet, so none is closed under its owner.
    checked(unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) })
}

/// Signals that a terminal or a service manager sends to every process of a program are for its main process alone.
pub(crate) fn ignore_stop_signals() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGPIPE] {
        // SAFETY: to ignore a signal sets no handler of ours.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Whether memory can be had that is executable, to find out that it cannot.
pub(super) fn can_map_executable() -> bool {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new anonymous mapping at an address that the kernel chooses, given back at once.
    unsafe {
        let mapped = libc::mmap(ptr::null_mut(), 4096, protection, flags, -1, 0);
        if mapped == libc::MAP_FAILED {
            return false;
        }
        libc::munmap(mapped, 4096);
    }
    true
}
