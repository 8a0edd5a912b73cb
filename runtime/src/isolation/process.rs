//! Other processes of this program: the same file, started again in a role of its own.
//!
//! A process that is started anew holds nothing of the one that started it: no key, no memory, no descriptor but the one end of
//! a pair of sockets, as its standard input.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// This very program, also where another one has its name by now.
///
/// # Errors
/// The system does not tell.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

/// Starts a program, which is this one, in a role: a hidden command that finds its end of the pair at standard input. What it has to tell
/// people goes to standard error. It stands in a process group of its own, so that Ctrl-C of a terminal does not reach it.
///
/// # Errors
/// There is no process to be had.
pub(crate) fn start_role(program: &Path, role: &str, end: OwnedFd, out: Stdio) -> io::Result<Child> {
    let mut command = Command::new(program);
    // Lists of processes show what it is.
    command.arg0(OsStr::new("airlock-host")).arg(role);
    command.env_clear().stdin(Stdio::from(end)).stdout(out).process_group(0).current_dir("/");
    command.spawn()
}
