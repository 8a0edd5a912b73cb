//! What the process is before it does anything: memory that nobody dumps or looks into, and files that nobody else reads.
//!
//! What is not done here: descriptors 0 to 2 that are closed are opened on `/dev/null` by the standard library before `main`;
//! variables such as `LD_PRELOAD` or `http_proxy` stay in the environment, since taking them out is `unsafe`, and nothing in
//! this program reads them.

use std::fs::File;
use std::io;
use std::sync::OnceLock;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};

/// What the user takes away from the mode of new files.
static UMASK: OnceLock<Mode> = OnceLock::new();

/// Takes the precautions. To be called first in `main`, while there is one thread.
///
/// # Errors
/// The system refuses one of them.
pub fn begin() -> io::Result<()> {
    let before = umask(Mode::from_raw_mode(0o077));
    let _ = UMASK.set(before);
    // No core file: it would hold every secret. Cores that are piped to a program are not held to that limit (core(5)), so
    // on Linux the process is also marked as one that is not dumped. Then no other process of this user can attach to it or
    // read its memory either (PR_SET_DUMPABLE(2const)).
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Gives a file that the user asked for by name the mode that the user's own umask leaves it.
///
/// # Errors
/// The system refuses.
pub(crate) fn share(file: &File) -> io::Result<()> {
    let Some(umask) = UMASK.get() else { return Ok(()) };
    Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(0o666).difference(*umask))?)
}
