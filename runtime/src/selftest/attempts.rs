//! The attempts, by number and name. The first 80 are those of the matrix that the isolation was designed by, in its order; what
//! comes after them was thought of later.

mod files;
mod machine;
mod memory;
mod network;
mod passed;
mod processes;

use super::kernel::Tried;
use super::scene::Scene;
use Plant::{
    Leaked, LeakedPipe, Listener, Log, Nothing, Pair, PrivilegedProgram, Stream, Terminal, Unconnected,
    UnconnectedDatagrams, Victim,
};
use Proof::{Files, Receiver, VictimChanged, Word};

pub(super) use processes::SIGNAL;

/// How many attempts the matrix has.
pub const MATRIX: usize = 80;

/// One thing that a confined process must not be able to do.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Its name, which stays.
    pub name: &'static str,
    /// What is tried, in a few words.
    pub what: &'static str,
    /// What its parent puts up for it.
    pub(super) plant: Plant,
    /// What shows that it was done.
    pub(super) proof: Proof,
    /// Makes it.
    pub(super) make: fn(&Scene) -> Tried,
}

/// What an attempt is given. A passed descriptor stands at 0, as the connector passes one; a leaked one above 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    Nothing,
    /// A process of the same user.
    Victim,
    /// A connection that was left open.
    Leaked,
    /// A pipe that was left open.
    LeakedPipe,
    /// A connection that was passed.
    Stream,
    /// A socket that was passed before it was connected.
    Unconnected,
    /// A socket for datagrams that was passed before it was connected.
    UnconnectedDatagrams,
    /// A listener, with a client that waits.
    Listener,
    /// One end of a pair of unix sockets.
    Pair,
    /// A terminal.
    Terminal,
    /// A log that is open to be read and appended to.
    Log,
    /// A program of root's that runs with root's rights, whoever starts it. Only root can make one.
    PrivilegedProgram,
}

/// What shows that an attempt was done. Whatever it says itself, it was done if a receiver got something, a file is not as it was,
/// or the victim is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It read what it must not, or holds what it must not: it says so itself.
    Word,
    /// A receiver got something.
    Receiver,
    /// A file is not as it was.
    Files,
    /// The victim is not as it was.
    VictimChanged,
}

impl Attempt {
    /// Its number; the matrix begins at 0.
    pub fn number(&self) -> usize {
        ATTEMPTS.iter().position(|attempt| attempt.name == self.name).unwrap_or_default()
    }

    /// The attempt of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ATTEMPTS.iter().find(|attempt| attempt.name == name)
    }
}

const fn row(name: &'static str, what: &'static str, plant: Plant, proof: Proof, make: fn(&Scene) -> Tried) -> Attempt {
    Attempt { name, what, plant, proof, make }
}

/// All of them.
#[rustfmt::skip]
pub const ATTEMPTS: &[Attempt] = &[
    row("tcp-declared", "connect over TCP to the declared upstream itself", Nothing, Receiver, network::tcp_declared),
    row("tcp-other-port", "connect over TCP to another port of the same address", Nothing, Receiver, network::tcp_other_port),
    row("tcp-other-address", "connect over TCP to another address", Nothing, Receiver, network::tcp_other_address),
    row("tcp-ipv6", "connect over TCP and IPv6", Nothing, Receiver, network::tcp_ipv6),
    row("udp-sendto-53", "send a datagram to port 53", Nothing, Receiver, network::udp_53),
    row("udp-sendto-upstream-port", "send a datagram to the upstream's port", Nothing, Receiver, network::udp_upstream_port),
    row("dns-query", "ask a name server, as the C library would", Nothing, Receiver, network::dns),
    row("mptcp-socket", "connect over Multipath TCP", Nothing, Receiver, network::mptcp),
    row("tcp-fastopen-sendto", "connect by sending (MSG_FASTOPEN)", Nothing, Receiver, network::fast_open),
    row("raw-icmp", "send an ICMP echo request through a raw socket", Nothing, Word, network::icmp_raw),
    row("packet-socket", "make a socket for frames (AF_PACKET)", Nothing, Word, network::packet),
    row("netlink-route", "ask the kernel for all links over netlink", Nothing, Word, network::netlink_route),
    row("alg-or-vsock-socket", "make a socket of the kernel's cryptography, or to the hypervisor", Nothing, Word, network::alg_or_vsock),
    row("unix-abstract-connect", "connect to an abstract unix socket", Nothing, Receiver, network::unix_abstract),
    row("unix-path-connect", "connect to a unix socket at a path", Nothing, Receiver, network::unix_path),
    row("tcp-bind-listen", "listen at a TCP port", Nothing, Word, network::bind_and_listen),
    row("ptrace-victim", "trace another process", Victim, Word, processes::trace),
    row("process-vm-readv", "read another process's memory", Victim, Word, processes::read_memory),
    row("read-victim-environ", "read another process's environment", Victim, Word, files::read_victims_environment),
    row("write-proc-self-mem", "write this process's memory through /proc", Nothing, Word, files::write_own_memory),
    row("exec", "start a program", Nothing, Word, processes::execute),
    row("memfd-execveat", "start a program from memory without a name", Nothing, Word, processes::execute_from_memory),
    row("fork", "start a process", Nothing, Word, processes::fork),
    row("io-uring-setup", "make a ring of calls that no filter sees", Nothing, Word, memory::ring),
    row("read-etc-shadow", "read /etc/shadow", Nothing, Word, files::read_shadow),
    row("write-outside", "write a file outside", Nothing, Files, files::write_outside),
    row("write-model-dir", "write a file among the models", Nothing, Files, files::write_among_models),
    row("unshare-user-net", "make namespaces of a user and a network", Nothing, Word, machine::namespaces),
    row("bpf", "make a map for programs in the kernel", Nothing, Word, memory::bpf),
    row("kill-victim", "signal another process", Victim, VictimChanged, processes::signal),
    row("shmget", "make a segment of shared memory", Nothing, Word, memory::shared_memory),
    row("mmap-write-exec", "map memory that is writable and executable", Nothing, Word, memory::map_writable_executable),
    row("leaked-tcp", "send over a connection that was left open", Leaked, Receiver, passed::leaked_write),
    row("mount", "mount a file system", Nothing, Word, machine::mount),
    row("setns-victim", "enter another process's network", Victim, Word, processes::enter_namespace),
    row("add-key", "put a key into the kernel's keyring", Nothing, Word, machine::key),
    row("mq-open", "make a POSIX message queue", Nothing, Word, memory::message_queue),
    row("userfaultfd-or-perf", "handle page faults, or count events", Nothing, Word, memory::faults_or_counters),
    row("x32-socket", "make a socket by the number of another ABI", Nothing, Word, network::socket_of_x32),
    row("pidfd-getfd", "take a descriptor from another process", Victim, Word, processes::take_descriptor),
    row("tiocsti", "type into a terminal's input", Terminal, Word, passed::type_into_terminal),
    row("path-traversal", "read a file outside by `..`", Nothing, Word, files::traversal),
    row("symlink-out", "read a file outside by a link inside", Nothing, Word, files::link_out),
    row("sctp-socket", "make an SCTP socket", Nothing, Word, network::sctp),
    row("unix-datagram-path", "send a datagram to a unix socket at a path", Nothing, Receiver, network::unix_datagram),
    row("tcp-fastopen-connect", "connect with TCP_FASTOPEN_CONNECT", Nothing, Receiver, network::fast_open_connect),
    row("prlimit-victim", "change another process's limits", Victim, VictimChanged, processes::limit),
    row("affinity-victim", "take processors from another process", Victim, VictimChanged, processes::processors),
    row("open-path-outside", "hold a path outside (O_PATH)", Nothing, Word, files::open_path),
    row("mark-passed-socket", "mark a passed socket for routing (SO_MARK)", Stream, Word, passed::mark),
    row("tgkill-victim", "signal a thread of another process", Victim, VictimChanged, processes::signal_thread),
    row("open-read-truncate", "truncate a file by opening it to be read", Nothing, Files, files::truncate_by_open),
    row("stat-any-path", "ask for a file's size outside", Nothing, Word, files::stat),
    row("fcntl-clear-append", "take O_APPEND from a log", Log, Word, passed::clear_append),
    row("ftruncate-passed", "truncate a log", Log, Files, passed::truncate_passed),
    row("pass-descriptor", "hand a descriptor on (SCM_RIGHTS)", Pair, Receiver, passed::pass_descriptor),
    row("unspec-reconnect", "connect a passed connection to somebody else", Stream, Receiver, passed::reconnect),
    row("listen-without-bind", "listen without naming a port", Nothing, Word, network::listen_without_bind),
    row("smc-protocol", "make a TCP socket with the protocol of SMC", Nothing, Word, network::smc_protocol),
    row("smc-family", "make a socket of the family of SMC", Nothing, Word, network::smc_family),
    row("udp-lite", "send over UDP-Lite", Nothing, Word, network::udp_lite),
    row("tcp-v4-mapped", "connect to an IPv4 address over IPv6", Nothing, Receiver, network::tcp_v4_mapped),
    row("personality", "make everything readable executable", Nothing, Word, memory::personality),
    row("mmap-file-exec", "map a file that is executable", Nothing, Word, memory::map_file_executable),
    row("pkey-mprotect-exec", "make memory executable by pkey_mprotect", Nothing, Word, memory::make_executable_with_key),
    row("mprotect-exec", "make written memory executable", Nothing, Word, memory::make_executable),
    row("modify-ldt", "make a segment for 32-bit code", Nothing, Word, memory::local_descriptors),
    row("vfork", "start a process by vfork", Nothing, Word, processes::vfork),
    row("open-by-handle", "open a file outside by its handle", Nothing, Word, files::open_by_handle),
    row("memfd-create", "make a file in memory", Nothing, Word, processes::memory_file),
    row("socketpair", "make a pair of unix sockets", Nothing, Word, network::socket_pair),
    row("accept-passed-listener", "take a client from a passed listener", Listener, Word, passed::accept),
    row("udp-sendto-passed", "send a datagram to an address over a passed socket", UnconnectedDatagrams, Receiver, passed::send_elsewhere),
    row("sendfile", "send a file over a passed connection, unread", Stream, Receiver, passed::send_file),
    row("inotify", "watch a directory outside", Nothing, Word, files::watch),
    row("seccomp-off", "turn the filter off", Nothing, Word, machine::seccomp_off),
    row("tioclinux", "ask the console for its state", Terminal, Word, passed::ask_console),
    row("write-oom-score-adj", "change how likely this process is killed", Nothing, Word, files::less_likely_to_be_killed),
    row("int-0x80", "make a call of the 32-bit ABI", Nothing, Word, memory::calls_of_32_bit),
    row("process-vm-writev", "write another process's memory", Victim, VictimChanged, processes::write_memory),
    // The matrix ends here.
    row("read-outside", "read a file outside by its path", Nothing, Word, files::read_outside),
    row("openat2-outside", "read a file outside by openat2", Nothing, Word, files::openat2),
    row("list-root", "list the root directory", Nothing, Word, files::list_root),
    row("access-any-path", "ask whether a file outside is there", Nothing, Word, files::access),
    row("readlink-any-path", "ask where a link outside leads to", Nothing, Word, files::read_link),
    row("statfs-any-path", "ask for the file system of a path outside", Nothing, Word, files::stat_file_system),
    row("getxattr-any-path", "ask for an attribute of a file outside", Nothing, Word, files::read_attribute),
    row("name-to-handle", "ask for a file's handle outside", Nothing, Word, files::name_to_handle),
    row("chdir-outside", "go into a directory outside", Nothing, Word, machine::change_directory),
    row("chroot", "take another root directory", Nothing, Word, machine::change_root),
    row("read-proc-self-maps", "read where this process's memory is", Nothing, Word, files::read_maps),
    row("read-victim-cmdline", "read another process's command line", Victim, Word, processes::victims_command),
    row("readlink-victim-exe", "ask for another process's program", Victim, Word, processes::victims_program),
    row("write-victim-mem", "write another process's memory through /proc", Victim, VictimChanged, processes::open_memory),
    row("tkill-victim", "signal a thread of another process by tkill", Victim, VictimChanged, processes::signal_any_thread),
    row("sigqueue-victim", "queue a signal for another process", Victim, VictimChanged, processes::queue_signal),
    row("pidfd-signal-victim", "signal another process by a descriptor", Victim, VictimChanged, processes::signal_by_descriptor),
    row("signal-owner-victim", "have the kernel signal another process (F_SETOWN)", Victim, Word, passed::signal_by_owner),
    row("setpriority-victim", "change another process's priority", Victim, VictimChanged, processes::priority),
    row("scheduler-victim", "change another process's scheduling", Victim, VictimChanged, processes::schedule),
    row("ioprio-victim", "change another process's priority of input and output", Victim, Word, processes::io_priority),
    row("migrate-victim", "move another process's memory", Victim, Word, processes::move_memory),
    row("madvise-victim", "advise on another process's memory", Victim, Word, processes::advise),
    row("kcmp-victim", "compare this process with another one", Victim, Word, processes::compare),
    row("ptrace-traceme", "have this process traced", Nothing, Word, processes::be_traced),
    row("clone3", "start a process with flags that no filter sees", Nothing, Word, processes::clone3),
    row("setuid", "change the user", Nothing, Word, processes::set_user),
    row("setgroups", "change the groups", Nothing, Word, processes::set_groups),
    row("setuid-program", "gain root's rights by a program that has them", PrivilegedProgram, Word, processes::execute_privileged),
    row("capset", "change the rights of this process", Nothing, Word, processes::set_capabilities),
    row("setsid", "leave the session, or the group of processes", Nothing, Word, processes::own_session),
    row("leaked-pipe-read", "read a pipe that was left open", LeakedPipe, Word, passed::read_leaked),
    row("connect-passed-socket", "connect a passed socket", Unconnected, Receiver, passed::connect_unconnected),
    row("sendmsg-passed", "send a datagram to an address by sendmsg", UnconnectedDatagrams, Receiver, passed::send_message_elsewhere),
    row("sendmmsg-passed", "send a datagram to an address by sendmmsg", UnconnectedDatagrams, Receiver, passed::send_messages_elsewhere),
    row("splice-passed", "move a file into a passed connection, unread", Stream, Receiver, passed::splice),
    row("vmsplice", "move memory into a pipe", Nothing, Word, passed::vmsplice),
    row("bind-device-passed", "bind a passed socket to an interface", Stream, Word, passed::bind_to_device),
    row("attach-filter-passed", "put a filter on a passed socket", Stream, Word, passed::attach_filter),
    row("fallocate-passed", "make a log longer", Log, Files, passed::allocate_passed),
    row("fchmod-passed", "change a log's mode", Log, Files, passed::change_mode_passed),
    row("flock-passed", "lock a log", Log, Word, passed::lock_passed),
    row("terminal-settings", "change a terminal's settings", Terminal, Word, passed::change_terminal),
    row("ping-socket", "send an ICMP echo request through a ping socket", Nothing, Word, network::icmp_ping),
    row("netlink-generic", "make a generic netlink socket", Nothing, Word, network::netlink_generic),
    row("xdp-socket", "make a socket past the network stack (AF_XDP)", Nothing, Word, network::xdp),
    row("tipc-socket", "make a TIPC socket", Nothing, Word, network::tipc),
    row("kcm-or-rxrpc-socket", "make a KCM or RxRPC socket", Nothing, Word, network::kcm_or_rxrpc),
    row("tun-device", "make a tunnel", Nothing, Word, network::tunnel),
    row("open-tmpfile", "make a file without a name", Nothing, Word, files::temporary),
    row("mkdir-outside", "make a directory", Nothing, Files, files::make_directory),
    row("mknod-outside", "make a named pipe", Nothing, Files, files::make_node),
    row("link-outside", "make a second name for a file", Nothing, Files, files::make_link),
    row("symlink-outside", "make a link", Nothing, Files, files::make_symbolic_link),
    row("rename-outside", "rename a file", Nothing, Files, files::rename),
    row("unlink-outside", "remove a file", Nothing, Files, files::remove),
    row("truncate-outside", "truncate a file by its path", Nothing, Files, files::truncate),
    row("chmod-outside", "change a file's mode", Nothing, Files, files::change_mode),
    row("chown-outside", "change a file's owner", Nothing, Files, files::change_owner),
    row("utimens-outside", "change a file's times", Nothing, Files, files::change_times),
    row("setxattr-outside", "change a file's attributes", Nothing, Word, files::set_attribute),
    row("pwritev2-outside", "write a file by pwritev2", Nothing, Files, files::write_by_vector),
    row("io-setup", "read and write asynchronously", Nothing, Word, files::asynchronous),
    row("fanotify", "watch whole file systems", Nothing, Word, files::watch_all),
    row("mmap-exec", "map memory that is executable", Nothing, Word, memory::map_executable),
    row("memfd-secret", "make memory that the kernel cannot see", Nothing, Word, memory::secret_memory),
    row("ioperm", "reach ports of the hardware", Nothing, Word, memory::ports),
    row("fsopen", "prepare a file system", Nothing, Word, machine::new_mount),
    row("open-tree", "copy the tree of mounts", Nothing, Word, machine::copy_tree),
    row("sethostname", "name the machine", Nothing, Word, machine::host_name),
    row("clock-adjtime", "reach the call that sets the clock", Nothing, Word, machine::clock),
    row("timer-create", "make a timer that signals", Nothing, Word, machine::timer),
    row("syslog", "ask for the kernel's log", Nothing, Word, machine::kernel_log),
    row("read-dev-kmsg", "read the kernel's log", Nothing, Word, machine::device_events),
    row("quotactl", "reach the call for quotas", Nothing, Word, machine::quota),
    row("prlimit-self", "change this process's own limits", Nothing, Word, machine::own_limits),
    row("prctl-dumpable", "let others look into this process", Nothing, Word, machine::dumpable),
    row("prctl-timerslack", "use another operation of prctl", Nothing, Word, machine::timer_slack),
    row("seccomp-listener", "put a filter of its own on", Nothing, Word, machine::seccomp_listener),
    row("landlock-ruleset", "ask Landlock for its version", Nothing, Word, machine::landlock),
];
