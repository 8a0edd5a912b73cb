//! The system calls that a confined process may make (seccomp(2), mode filter). Whatever is not named here answers EPERM.
//!
//! Two filters stand in a row. glibc makes threads by clone3, whose flags are in memory that a filter cannot read, so the first
//! filter answers that there is no such call, and glibc falls back to clone. The second one is the list.

mod rules;

use seccompiler::{BpfProgram, SeccompAction};

use super::Confinement;
use rules::{Condition, Rules, equals, is_null, is_request, lacks, masked};

/// Calls that no argument makes harmful here: they work on what is open, or on this process alone.
const PLAIN: &[libc::c_long] = &[
    // Data of what is open.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_dup,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    // Memory.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_mlock,
    libc::SYS_munlock,
    // Threads.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    // Signals and time.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    // Waiting.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    // What this process is.
    libc::SYS_getrandom,
    libc::SYS_uname,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getcwd,
    libc::SYS_sysinfo,
];

/// The older forms of the same, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const PLAIN_OLD: &[libc::c_long] = &[libc::SYS_poll, libc::SYS_select, libc::SYS_epoll_wait];
#[cfg(not(target_arch = "x86_64"))]
const PLAIN_OLD: &[libc::c_long] = &[];

/// Reading files; which ones is Landlock's affair. What asks about a file by its path is not among them, since Landlock does not
/// see that: how long an open one is, fstat tells.
const READING: &[libc::c_long] = &[libc::SYS_pread64, libc::SYS_getdents64, libc::SYS_fadvise64];

/// A log that is begun anew beside those that are full, and from which what was written in part is taken back.
const KEEPING: &[libc::c_long] = &[libc::SYS_flock, libc::SYS_ftruncate, libc::SYS_newfstatat, libc::SYS_statx];

/// Making, renaming and removing files; where is Landlock's affair.
const WRITING: &[libc::c_long] = &[
    libc::SYS_pwrite64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_mkdirat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_fchmod,
];
#[cfg(target_arch = "x86_64")]
const WRITING_OLD: &[libc::c_long] = &[libc::SYS_rename, libc::SYS_unlink, libc::SYS_mkdir];
#[cfg(not(target_arch = "x86_64"))]
const WRITING_OLD: &[libc::c_long] = &[];

/// What would make a new thread something else: a namespace, or a process that another one traces (clone(2)).
const NO_THREAD: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_PTRACE;

/// Flags of openat(2) that nobody needs here: O_PATH, which Landlock does not see, and the bit that is O_TMPFILE's own.
const NEVER_OPEN: i32 = libc::O_PATH | (libc::O_TMPFILE & !libc::O_DIRECTORY);

/// Flags of openat(2) that do more than read.
const MORE_THAN_READ: i32 = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND | NEVER_OPEN;

/// Operations of prctl(2): a thread's name.
const PRCTL: &[i32] = &[libc::PR_SET_NAME, libc::PR_GET_NAME];

/// Operations of fcntl(2). F_SETFL is none of them: it would take O_APPEND from a log.
const FCNTL: &[i32] = &[libc::F_GETFL, libc::F_GETFD, libc::F_SETFD, libc::F_DUPFD_CLOEXEC];

/// Requests of ioctl(2): how much there is to read, not to wait for it, whether something is a terminal and how wide.
const IOCTL: &[u64] = &[libc::FIONREAD, libc::FIONBIO, libc::TCGETS, libc::TIOCGWINSZ];

/// Requests of ioctl(2) that a line editor makes.
const IOCTL_TYPING: &[u64] = &[libc::TCSETS, libc::TCSETSW, libc::TCSETSF, libc::TCFLSH];

/// Options of connections: what they delay and when they end, not where they go.
const OPTIONS: &[(i32, i32)] = &[
    (libc::IPPROTO_TCP, libc::TCP_NODELAY),
    (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
    (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
    (libc::SOL_SOCKET, libc::SO_LINGER),
];

/// Arguments of sendto(2): to whom it is connected, not to an address; and no data with the first packet of a connection.
const TO_THE_OTHER_END: &[Condition] = &[lacks(3, libc::MSG_FASTOPEN), is_null(4)];

/// Answers that there is no clone3, and lets everything else go to the next filter.
pub(super) fn without_clone3() -> Result<BpfProgram, String> {
    let mut rules = Rules::default();
    rules.allow_all(&[libc::SYS_clone3]);
    rules.compile(SeccompAction::Errno(libc::ENOSYS.cast_unsigned()), SeccompAction::Allow)
}

/// The list of a process with this confinement.
pub(super) fn worker(confinement: &Confinement, pid: i32) -> Result<BpfProgram, String> {
    let mut rules = Rules::default();
    rules.allow_all(PLAIN);
    rules.allow_all(PLAIN_OLD);
    memory_and_threads(&mut rules, pid);
    descriptors(&mut rules, confinement);
    files(&mut rules, confinement);
    rules.compile(SeccompAction::Allow, refused())
}

/// The list of the connector: it makes sockets, connects them, and hands them on.
pub(super) fn connector() -> Result<BpfProgram, String> {
    let mut rules = Rules::default();
    rules.allow_all(CONNECTING);
    #[cfg(target_arch = "x86_64")]
    rules.allow_all(&[libc::SYS_poll]);
    let stream = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    for family in [libc::AF_INET, libc::AF_INET6, libc::AF_UNIX] {
        rules.allow_if(libc::SYS_socket, &[equals(0, family), equals(1, stream), equals(2, 0)]);
    }
    rules.allow_if(libc::SYS_sendto, TO_THE_OTHER_END);
    rules.allow_if(libc::SYS_mmap, &[lacks(2, libc::PROT_EXEC)]);
    rules.compile(SeccompAction::Allow, refused())
}

/// What the connector needs besides its sockets: its memory, and its end.
const CONNECTING: &[libc::c_long] = &[
    libc::SYS_write,
    libc::SYS_close,
    libc::SYS_recvfrom,
    libc::SYS_connect,
    libc::SYS_getsockopt,
    libc::SYS_sendmsg,
    libc::SYS_ppoll,
    libc::SYS_clock_gettime,
    libc::SYS_exit_group,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
];

/// Not the end of the process: a refusal can be counted, and is an error like any other to whoever made the call.
fn refused() -> SeccompAction {
    SeccompAction::Errno(libc::EPERM.cast_unsigned())
}

fn memory_and_threads(rules: &mut Rules, pid: i32) {
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.allow_if(call, &[lacks(2, libc::PROT_EXEC)]);
    }
    // The first filter answers it. Of two refusals the kernel takes that of the filter that came last, so this one lets it be.
    rules.allow_all(&[libc::SYS_clone3]);
    rules.allow_if(libc::SYS_clone, &[masked(0, libc::CLONE_THREAD | NO_THREAD, libc::CLONE_THREAD)]);
    rules.allow_if(libc::SYS_tgkill, &[equals(0, pid)]);
    rules.allow_if(libc::SYS_sched_setaffinity, &[equals(0, 0)]);
    rules.allow_if(libc::SYS_prlimit64, &[equals(0, 0), is_null(2)]);
    rules.allow_values(libc::SYS_prctl, 0, PRCTL);
}

fn descriptors(rules: &mut Rules, confinement: &Confinement) {
    rules.allow_values(libc::SYS_fcntl, 1, FCNTL);
    let typing = if confinement.types { IOCTL_TYPING } else { &[] };
    for request in IOCTL.iter().chain(typing) {
        rules.allow_if(libc::SYS_ioctl, &[is_request(1, *request)]);
    }
    rules.allow_if(libc::SYS_sendto, TO_THE_OTHER_END);
    for (level, option) in OPTIONS {
        rules.allow_if(libc::SYS_setsockopt, &[equals(1, *level), equals(2, *option)]);
    }
    if confinement.types {
        // A line editor tells itself that the terminal has another width.
        let stream = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        rules.allow_if(libc::SYS_socketpair, &[equals(0, libc::AF_UNIX), equals(1, stream), equals(2, 0)]);
    }
    if confinement.accepts {
        rules.allow_all(&[libc::SYS_accept4]);
    }
    if confinement.keeps_log {
        rules.allow_all(KEEPING);
    }
}

fn files(rules: &mut Rules, confinement: &Confinement) {
    let writes = !confinement.write.is_empty();
    if confinement.read.is_empty() && !writes {
        return;
    }
    rules.allow_all(READING);
    rules.allow_if(libc::SYS_openat, &[lacks(2, MORE_THAN_READ)]);
    if writes {
        rules.allow_all(WRITING);
        rules.allow_all(WRITING_OLD);
        // Not O_RDONLY with O_TRUNC: before its version 3, Landlock lets that truncate what may be read.
        for mode in [libc::O_WRONLY, libc::O_RDWR] {
            rules.allow_if(libc::SYS_openat, &[masked(2, libc::O_ACCMODE | NEVER_OPEN, mode)]);
        }
    }
}
