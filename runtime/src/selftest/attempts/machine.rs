//! Attempts on the machine: its file systems, its names and keys, and the layers themselves.

use std::path::Path;

use super::super::kernel::{Tried, at, at_mut, call, here, open, read, text, wait, word};
use super::super::scene::Scene;

/// LANDLOCK_CREATE_RULESET_VERSION (landlock_create_ruleset(2)).
const VERSION_OF_LANDLOCK: u64 = 1;

pub(super) fn namespaces(_: &Scene) -> Tried {
    call(libc::SYS_unshare, &[word(libc::CLONE_NEWUSER | libc::CLONE_NEWNET)]).map(drop)
}

/// A file system in memory over the directory of sockets; taken away again at once.
pub(super) fn mount(scene: &Scene) -> Tried {
    let (target, kind) = (text(&scene.sockets), b"tmpfs\0");
    call(libc::SYS_mount, &[at(kind), at(target.as_slice()), at(kind), 0, 0])?;
    let _ = call(libc::SYS_umount2, &[at(target.as_slice()), word(libc::MNT_DETACH)]);
    Ok(())
}

pub(super) fn new_mount(_: &Scene) -> Tried {
    call(libc::SYS_fsopen, &[at(b"tmpfs\0"), 0]).map(drop)
}

pub(super) fn copy_tree(_: &Scene) -> Tried {
    const OPEN_TREE_CLONE: u64 = 1;
    call(libc::SYS_open_tree, &[here(), at(b"/\0"), OPEN_TREE_CLONE]).map(drop)
}

pub(super) fn change_root(scene: &Scene) -> Tried {
    let path = text(&scene.tree);
    call(libc::SYS_chroot, &[at(path.as_slice())]).map(drop)
}

pub(super) fn change_directory(scene: &Scene) -> Tried {
    let path = text(&scene.outside);
    call(libc::SYS_chdir, &[at(path.as_slice())]).map(drop)
}

/// Gives the machine the name that it has.
pub(super) fn host_name(_: &Scene) -> Tried {
    let mut names = [0_u8; 390];
    call(libc::SYS_uname, &[at_mut(&mut names)])?;
    let name = &names[65..130];
    let length = name.iter().position(|byte| *byte == 0).unwrap_or_default();
    call(libc::SYS_sethostname, &[at(name), length as u64]).map(drop)
}

/// Asks what the clock is set to, by the call that sets it (clock_adjtime(2) with no mode).
pub(super) fn clock(_: &Scene) -> Tried {
    let mut state = [0_u64; 32];
    call(libc::SYS_clock_adjtime, &[0, at_mut(&mut state)]).map(drop)
}

pub(super) fn timer(_: &Scene) -> Tried {
    let mut timer = 0_i32;
    call(libc::SYS_timer_create, &[0, 0, at_mut(&mut timer)]).map(drop)
}

pub(super) fn kernel_log(_: &Scene) -> Tried {
    const SIZE_OF_BUFFER: u64 = 10;
    call(libc::SYS_syslog, &[SIZE_OF_BUFFER, 0, 0]).map(drop)
}

pub(super) fn quota(_: &Scene) -> Tried {
    // Q_SYNC for users, on no device: all of them.
    call(libc::SYS_quotactl, &[0x8000_0100, 0, 0, 0]).map(drop)
}

pub(super) fn key(_: &Scene) -> Tried {
    const PROCESS_KEYRING: i32 = -2;
    let words = [at(b"user\0"), at(b"airlock-selftest\0"), at(b"x"), 1, word(PROCESS_KEYRING)];
    call(libc::SYS_add_key, &words).map(drop)
}

pub(super) fn own_limits(_: &Scene) -> Tried {
    let limits = [256_u64, 256];
    call(libc::SYS_prlimit64, &[0, word(i64::from(libc::RLIMIT_NOFILE)), at(&limits), 0]).map(drop)
}

/// A filter that was put on stays on; only mode 0 would end it (prctl(2), PR_SET_SECCOMP).
pub(super) fn seccomp_off(_: &Scene) -> Tried {
    call(libc::SYS_prctl, &[word(libc::PR_SET_SECCOMP), 0, 0]).map(drop)
}

/// A filter of one's own that hands its decisions to whoever holds its descriptor (seccomp(2), NEW_LISTENER).
pub(super) fn seccomp_listener(_: &Scene) -> Tried {
    const SET_MODE_FILTER: u64 = 1;
    const NEW_LISTENER: u64 = 8;
    // One instruction, BPF_RET | BPF_K with SECCOMP_RET_ALLOW, in `struct sock_fprog`.
    let instruction = [0x06_u64 | (0x7fff_0000 << 32)];
    let program = [1_u64, at(&instruction)];
    // Without this right a filter takes CAP_SYS_ADMIN. If it is refused, so is what follows.
    let _ = call(libc::SYS_prctl, &[word(libc::PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0]);
    call(libc::SYS_seccomp, &[SET_MODE_FILTER, NEW_LISTENER, at(&program)]).map(drop)
}

pub(super) fn landlock(_: &Scene) -> Tried {
    call(libc::SYS_landlock_create_ruleset, &[0, 0, VERSION_OF_LANDLOCK]).map(drop)
}

/// Whether a process leaves a core, and whether others may look into it.
pub(super) fn dumpable(_: &Scene) -> Tried {
    call(libc::SYS_prctl, &[word(libc::PR_SET_DUMPABLE), 1, 0, 0, 0]).map(drop)
}

/// prctl(2) with an operation that nobody needs and that does no harm.
pub(super) fn timer_slack(_: &Scene) -> Tried {
    call(libc::SYS_prctl, &[word(libc::PR_SET_TIMERSLACK), 50_000, 0, 0, 0]).map(drop)
}

/// Events of devices, from the kernel to whoever listens.
pub(super) fn device_events(_: &Scene) -> Tried {
    let device = open(Path::new("/dev/kmsg"), libc::O_RDONLY | libc::O_NONBLOCK)?;
    wait(device, libc::POLLIN);
    read(device).map(drop)
}
