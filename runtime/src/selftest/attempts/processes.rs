//! Attempts on other processes, and to become or to start one.

use std::ffi::CString;
use std::path::Path;

use super::super::elf;
use super::super::kernel::{Tried, at, at_mut, call, open, read, start_and_leave, text, word, write};
use super::super::scene::{CANARY, PRIVILEGED, Scene, TOKEN};

/// `struct iovec` of the victim's canary.
fn victims_memory(scene: &Scene) -> [u64; 2] {
    [scene.victim_canary, CANARY.len() as u64]
}

/// A signal that the victim holds back, so that it can be seen and does no harm.
pub(crate) const SIGNAL: u64 = 10;

pub(super) fn trace(scene: &Scene) -> Tried {
    call(libc::SYS_ptrace, &[word(i64::from(libc::PTRACE_SEIZE)), scene.victim(), 0, 0]).map(drop)
}

pub(super) fn be_traced(_: &Scene) -> Tried {
    call(libc::SYS_ptrace, &[word(i64::from(libc::PTRACE_TRACEME)), 0, 0, 0]).map(drop)
}

pub(super) fn read_memory(scene: &Scene) -> Tried {
    let mut bytes = [0_u8; 16];
    let here = [at_mut(&mut bytes), 16];
    call(libc::SYS_process_vm_readv, &[scene.victim(), at(&here), 1, at(&victims_memory(scene)), 1, 0])?;
    if std::hint::black_box(&bytes) == CANARY { Ok(()) } else { Err(libc::ENODATA) }
}

pub(super) fn write_memory(scene: &Scene) -> Tried {
    let here = [at(TOKEN), 16];
    call(libc::SYS_process_vm_writev, &[scene.victim(), at(&here), 1, at(&victims_memory(scene)), 1, 0]).map(drop)
}

/// The memory of another process as a file.
pub(super) fn open_memory(scene: &Scene) -> Tried {
    let memory = open(Path::new(&format!("/proc/{}/mem", scene.victim)), libc::O_RDWR)?;
    call(libc::SYS_pwrite64, &[memory, at(TOKEN), TOKEN.len() as u64, scene.victim_canary]).map(drop)
}

pub(super) fn signal(scene: &Scene) -> Tried {
    call(libc::SYS_kill, &[scene.victim(), SIGNAL]).map(drop)
}

pub(super) fn signal_thread(scene: &Scene) -> Tried {
    call(libc::SYS_tgkill, &[scene.victim(), scene.victim(), SIGNAL]).map(drop)
}

pub(super) fn signal_any_thread(scene: &Scene) -> Tried {
    call(libc::SYS_tkill, &[scene.victim(), SIGNAL]).map(drop)
}

pub(super) fn queue_signal(scene: &Scene) -> Tried {
    // `siginfo_t`: the signal, errno, and SI_QUEUE, which is -1.
    let mut about = [0_i32; 32];
    about[0] = 10;
    about[2] = -1;
    call(libc::SYS_rt_sigqueueinfo, &[scene.victim(), SIGNAL, at(&about)]).map(drop)
}

pub(super) fn signal_by_descriptor(scene: &Scene) -> Tried {
    let process = call(libc::SYS_pidfd_open, &[scene.victim(), 0])?;
    call(libc::SYS_pidfd_send_signal, &[process, SIGNAL, 0, 0]).map(drop)
}

/// Takes the victim's standard input.
pub(super) fn take_descriptor(scene: &Scene) -> Tried {
    let process = call(libc::SYS_pidfd_open, &[scene.victim(), 0])?;
    call(libc::SYS_pidfd_getfd, &[process, 0, 0]).map(drop)
}

/// Limits of the victim: so many descriptors, now and at most (getrlimit(2)).
pub(super) fn limit(scene: &Scene) -> Tried {
    let limits = [64_u64, 64];
    call(libc::SYS_prlimit64, &[scene.victim(), word(i64::from(libc::RLIMIT_NOFILE)), at(&limits), 0]).map(drop)
}

/// Takes one of the victim's processors away.
pub(super) fn processors(scene: &Scene) -> Tried {
    let mut now = [0_u64; 128];
    let bytes = call(libc::SYS_sched_getaffinity, &[scene.victim(), 1024, at_mut(&mut now)])?;
    let Some(word) = now.iter_mut().find(|word| **word != 0) else { return Err(libc::EINVAL) };
    *word &= *word - 1;
    call(libc::SYS_sched_setaffinity, &[scene.victim(), bytes, at(&now)]).map(drop)
}

pub(super) fn priority(scene: &Scene) -> Tried {
    call(libc::SYS_setpriority, &[word(0), scene.victim(), 19]).map(drop)
}

pub(super) fn schedule(scene: &Scene) -> Tried {
    // SCHED_BATCH, with the priority 0 that it has to have.
    call(libc::SYS_sched_setscheduler, &[scene.victim(), 3, at(&0_i32)]).map(drop)
}

pub(super) fn io_priority(scene: &Scene) -> Tried {
    // One process (1); the class "idle" (3) in the upper bits (ioprio_set(2)).
    call(libc::SYS_ioprio_set, &[1, scene.victim(), 3 << 13]).map(drop)
}

pub(super) fn move_memory(scene: &Scene) -> Tried {
    let node = [1_u64];
    call(libc::SYS_migrate_pages, &[scene.victim(), 64, at(&node), at(&node)]).map(drop)
}

pub(super) fn advise(scene: &Scene) -> Tried {
    let process = call(libc::SYS_pidfd_open, &[scene.victim(), 0])?;
    let page = [scene.victim_canary & !0xfff, 0x1000];
    call(libc::SYS_process_madvise, &[process, at(&page), 1, word(i64::from(libc::MADV_COLD)), 0]).map(drop)
}

pub(super) fn compare(scene: &Scene) -> Tried {
    // KCMP_VM: whether two processes have the same memory.
    call(libc::SYS_kcmp, &[u64::from(std::process::id()), scene.victim(), 1, 0, 0]).map(drop)
}

pub(super) fn enter_namespace(scene: &Scene) -> Tried {
    let space = open(Path::new(&format!("/proc/{}/ns/net", scene.victim)), libc::O_RDONLY)?;
    call(libc::SYS_setns, &[space, word(i64::from(libc::CLONE_NEWNET))]).map(drop)
}

pub(super) fn fork(_: &Scene) -> Tried {
    // clone(2) with SIGCHLD alone: all architectures have that one.
    start_and_leave(libc::SYS_clone, word(i64::from(libc::SIGCHLD))).map(drop)
}

#[cfg(target_arch = "x86_64")]
pub(super) fn vfork(_: &Scene) -> Tried {
    start_and_leave(libc::SYS_vfork, 0).map(drop)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn vfork(_: &Scene) -> Tried {
    Err(libc::ENOSYS)
}

/// clone3(2) has its flags in memory, where no filter sees them. The new process would run on here, so its flags are such that
/// the kernel makes it only with rights: a process number of its own choice, which is this one's and taken.
pub(super) fn clone3(_: &Scene) -> Tried {
    let numbers = [std::process::id()];
    // `struct clone_args`: the signal at its end stands at word 4, the numbers and their count at words 8 and 9.
    let mut arguments = [0_u64; 11];
    (arguments[4], arguments[8], arguments[9]) = (word(i64::from(libc::SIGCHLD)), at(&numbers), 1);
    match call(libc::SYS_clone3, &[at(&arguments), 88]) {
        // Both mean that the call itself was there to be made.
        Err(libc::EEXIST) => Ok(()),
        other => other.map(drop),
    }
}

fn program() -> Result<CString, i32> {
    let path = std::env::args_os().next().ok_or(libc::ENOENT)?;
    CString::new(path.into_encoded_bytes()).map_err(|_| libc::EINVAL)
}

/// The program itself, in the role that says that it was started.
pub(super) fn execute(_: &Scene) -> Tried {
    let (program, role) = (program()?, super::super::role::LANDED_C);
    let arguments = [at(program.as_bytes_with_nul()), at(role.to_bytes_with_nul()), 0];
    let path = program.as_bytes_with_nul();
    call(libc::SYS_execve, &[at(path), at(&arguments), at(&[0_u64])]).map(drop)
}

/// The same from memory that has no name (memfd_create(2), execveat(2)).
pub(super) fn execute_from_memory(_: &Scene) -> Tried {
    let memory = call(libc::SYS_memfd_create, &[at(b"airlock\0"), 0])?;
    write(memory, &elf::program().ok_or(libc::ENOSYS)?)?;
    let (name, role) = (b"\0", super::super::role::LANDED_C);
    let arguments = [at(role.to_bytes_with_nul()), 0];
    let words = [memory, at(name), at(&arguments), at(&[0_u64]), word(libc::AT_EMPTY_PATH)];
    call(libc::SYS_execveat, &words).map(drop)
}

/// The program that `directory` put there; where it could not, there is none.
pub(super) fn execute_privileged(scene: &Scene) -> Tried {
    let path = text(&scene.sockets.join(PRIVILEGED));
    let arguments = [at(path.as_slice()), 0];
    call(libc::SYS_execve, &[at(path.as_slice()), at(&arguments), at(&[0_u64])]).map(drop)
}

pub(super) fn memory_file(_: &Scene) -> Tried {
    call(libc::SYS_memfd_create, &[at(b"airlock\0"), 0]).map(drop)
}

pub(super) fn set_user(_: &Scene) -> Tried {
    let now = call(libc::SYS_getuid, &[])?;
    let user = if now == 0 { 65534 } else { now };
    call(libc::SYS_setresuid, &[user, user, user]).map(drop)
}

pub(super) fn set_groups(_: &Scene) -> Tried {
    call(libc::SYS_setgroups, &[0, 0]).map(drop)
}

/// Puts this process's own rights into force again (capset(2)): those that it has, so nothing changes.
pub(super) fn set_capabilities(_: &Scene) -> Tried {
    // Version 3, this process; effective, permitted and inheritable, twice.
    let mut header = [0x2008_0522_u32, 0];
    let mut rights = [0_u32; 6];
    call(libc::SYS_capget, &[at_mut(&mut header), at_mut(&mut rights)])?;
    call(libc::SYS_capset, &[at_mut(&mut header), at(&rights)]).map(drop)
}

pub(super) fn own_session(_: &Scene) -> Tried {
    call(libc::SYS_setsid, &[]).or_else(|_| call(libc::SYS_setpgid, &[0, 0])).map(drop)
}

pub(super) fn victims_program(scene: &Scene) -> Tried {
    let (path, mut told) = (text(Path::new(&format!("/proc/{}/exe", scene.victim))), [0_u8; 256]);
    let words = [super::super::kernel::here(), at(path.as_slice()), at_mut(&mut told), 256];
    call(libc::SYS_readlinkat, &words).map(drop)
}

pub(super) fn victims_command(scene: &Scene) -> Tried {
    let read = read(open(Path::new(&format!("/proc/{}/cmdline", scene.victim)), libc::O_RDONLY)?)?;
    if read.is_empty() { Err(libc::ENODATA) } else { Ok(()) }
}
