//! Attempts to make memory executable, and to reach machinery that has memory of its own.

use super::super::kernel::{Tried, at, at_mut, call, call_of_32_bit, open, word};
use super::super::scene::{READABLE, Scene};

const PAGE: u64 = 4096;
const READ: u64 = 1;
const WRITE: u64 = 2;
const EXECUTE: u64 = 4;

fn map(protection: u64, flags: i32, file: u64) -> Result<u64, i32> {
    call(libc::SYS_mmap, &[0, PAGE, protection, word(flags), file, 0])
}

fn anonymous(protection: u64) -> Result<u64, i32> {
    map(protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, word(-1))
}

pub(super) fn map_writable_executable(_: &Scene) -> Tried {
    anonymous(READ | WRITE | EXECUTE).map(drop)
}

pub(super) fn map_executable(_: &Scene) -> Tried {
    anonymous(READ | EXECUTE).map(drop)
}

/// Code from a file that may be read.
pub(super) fn map_file_executable(scene: &Scene) -> Tried {
    let file = open(&scene.tree.join(READABLE), libc::O_RDONLY)?;
    map(READ | EXECUTE, libc::MAP_PRIVATE, file).map(drop)
}

/// Written first, executable after.
pub(super) fn make_executable(_: &Scene) -> Tried {
    let place = anonymous(READ | WRITE)?;
    call(libc::SYS_mprotect, &[place, PAGE, READ | EXECUTE]).map(drop)
}

pub(super) fn make_executable_with_key(_: &Scene) -> Tried {
    let place = anonymous(READ | WRITE)?;
    // The key -1 makes it a plain mprotect(2).
    call(libc::SYS_pkey_mprotect, &[place, PAGE, READ | EXECUTE, word(-1)]).map(drop)
}

/// Every mapping that is readable becomes executable (personality(2), READ_IMPLIES_EXEC).
pub(super) fn personality(_: &Scene) -> Tried {
    const READ_IMPLIES_EXEC: u64 = 0x0040_0000;
    call(libc::SYS_personality, &[READ_IMPLIES_EXEC])?;
    if call(libc::SYS_personality, &[0xffff_ffff])? & READ_IMPLIES_EXEC == 0 { Err(libc::EPERM) } else { Ok(()) }
}

/// Segments of its own (modify_ldt(2)): a 32-bit code segment is a way into 32-bit calls.
#[cfg(target_arch = "x86_64")]
pub(super) fn local_descriptors(_: &Scene) -> Tried {
    // `struct user_desc`: entry 0, base 0, limit, and the bits of a 32-bit segment with contents 2 (code).
    let segment = [0_u32, 0, 0xfffff, 0b101_0101];
    call(libc::SYS_modify_ldt, &[1, at(&segment), 16]).map(drop)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn local_descriptors(_: &Scene) -> Tried {
    Err(libc::ENOSYS)
}

#[cfg(target_arch = "x86_64")]
pub(super) fn ports(_: &Scene) -> Tried {
    call(libc::SYS_ioperm, &[0x80, 1, 1]).map(drop)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn ports(_: &Scene) -> Tried {
    Err(libc::ENOSYS)
}

pub(super) fn calls_of_32_bit(_: &Scene) -> Tried {
    call_of_32_bit().map(drop)
}

pub(super) fn secret_memory(_: &Scene) -> Tried {
    call(libc::SYS_memfd_secret, &[0]).map(drop)
}

pub(super) fn shared_memory(_: &Scene) -> Tried {
    let segment = call(libc::SYS_shmget, &[0, PAGE, 0o600])?;
    // Nobody is attached, so it goes at once.
    let _ = call(libc::SYS_shmctl, &[segment, word(libc::IPC_RMID), 0]);
    Ok(())
}

pub(super) fn message_queue(_: &Scene) -> Tried {
    let name = b"airlock-selftest\0";
    call(libc::SYS_mq_open, &[at(name), word(libc::O_RDWR | libc::O_CREAT), 0o600, 0])?;
    let _ = call(libc::SYS_mq_unlink, &[at(name)]);
    Ok(())
}

/// Operations in a ring are seen by no filter (io_uring(7)).
pub(super) fn ring(_: &Scene) -> Tried {
    let mut parameters = [0_u64; 15];
    call(libc::SYS_io_uring_setup, &[1, at_mut(&mut parameters)]).map(drop)
}

/// A map of one entry: the smallest thing that bpf(2) makes.
pub(super) fn bpf(_: &Scene) -> Tried {
    // BPF_MAP_CREATE: array, key of 4 bytes, value of 4, one entry.
    let attributes = [2_u32, 4, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    call(libc::SYS_bpf, &[0, at(&attributes), 72]).map(drop)
}

pub(super) fn faults_or_counters(_: &Scene) -> Tried {
    const USER_MODE_ONLY: u64 = 1;
    call(libc::SYS_userfaultfd, &[USER_MODE_ONLY]).map(drop).or_else(|_| counters())
}

/// A counter of this process's own time (perf_event_open(2)): a software event, not of the kernel.
fn counters() -> Tried {
    const EXCLUDE_KERNEL_AND_HYPERVISOR: u64 = 0b110_0000;
    let mut attributes = [0_u64; 16];
    (attributes[0], attributes[5]) = (1 | (128 << 32), EXCLUDE_KERNEL_AND_HYPERVISOR);
    call(libc::SYS_perf_event_open, &[at(&attributes), 0, word(-1), word(-1), 0]).map(drop)
}
