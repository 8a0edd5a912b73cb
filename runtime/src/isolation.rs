//! What the kernel refuses this program, whatever runs in it.
//!
//! What comes in: which files are still to be read or written, and whether clients come in at a socket. What goes out: the
//! [`Level`] that is in force, or why there is too little of it. From then on this process opens no connection, starts no
//! program, runs no code that it did not start with, and opens no file but those. Connections come from a
//! [`connector`] process, which knows the addresses of the site file and no others.
//!
//! Each layer stands for itself where another one has a gap: the network claim rests on seccomp, the one about files on
//! Landlock, the one about starting programs on both.

#[cfg(target_os = "linux")]
pub mod connector;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod linux;
mod minimum;
mod process;
#[cfg(target_os = "linux")]
mod raw;

use std::fmt;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
pub use linux::{confine, start};
pub use minimum::{Minimum, Requirement};
pub(crate) use process::{start_role, this_program};
#[cfg(target_os = "linux")]
pub(crate) use raw::ignore_stop_signals;

/// One of the layers, in the order in which they are put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Descriptors that somebody left open are closed when the program starts (close_range(2)).
    FdsClosed,
    /// No program that is started gains rights (prctl(2), PR_SET_NO_NEW_PRIVS). The others need it.
    NoNewPrivs,
    /// No memory becomes executable, or is both writable and executable (PR_SET_MDWE, Linux 6.3).
    Mdwe,
    /// Files, ports, signals and abstract sockets (landlock(7), Linux 5.13).
    Landlock,
    /// System calls by name and argument (seccomp(2), mode filter).
    SeccompTight,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::FdsClosed, Self::NoNewPrivs, Self::Mdwe, Self::Landlock, Self::SeccompTight];

    /// The word in the site file and in evidence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FdsClosed => "fds-closed",
            Self::NoNewPrivs => "no-new-privs",
            Self::Mdwe => "mdwe",
            Self::Landlock => "landlock",
            Self::SeccompTight => "seccomp-tight",
        }
    }
}

/// What this process still does after it is confined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Files and directories that are read. Without any, and without `write`, no file can be opened or looked at.
    pub read: Vec<PathBuf>,
    /// Directories in which files are made, renamed and removed.
    pub write: Vec<PathBuf>,
    /// Whether clients connect at a socket that listens by now.
    pub accepts: bool,
    /// Whether it keeps a log in one of those directories: locks it, and takes back what was written in part.
    pub keeps_log: bool,
    /// Whether a person types lines at a terminal.
    pub types: bool,
    /// Whether the driver of a GPU has to work: it opens devices and makes memory executable, so the layers that are about
    /// that are left out, and the minimum has to admit it.
    pub drives_gpu: bool,
}

/// A layer that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Which one.
    pub layer: Layer,
    /// Its version, where it has versions: the ABI of Landlock.
    pub version: Option<u32>,
}

impl fmt::Display for InForce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.layer.word())?;
        self.version.map_or(Ok(()), |version| write!(formatter, "={version}"))
    }
}

/// The layers that are in force, and why the others are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// In the order of [`Layer`].
    pub in_force: Vec<InForce>,
    /// What the kernel said of the others.
    pub missing: Vec<(Layer, String)>,
}

impl Level {
    /// Such as `["fds-closed", "no-new-privs", "mdwe", "landlock=6", "seccomp-tight"]`.
    pub fn layers(&self) -> Vec<String> {
        self.in_force.iter().map(ToString::to_string).collect()
    }

    /// Whether a layer is in force.
    pub fn has(&self, layer: Layer) -> bool {
        self.in_force.iter().any(|one| one.layer == layer)
    }

    fn add(&mut self, layer: Layer, version: Option<u32>) {
        self.in_force.push(InForce { layer, version });
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.layers().join(", "))
    }
}

/// Why this process does not go on. The text names the layer, the reason, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall(pub String);

impl fmt::Display for Shortfall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Shortfall {}

/// Elsewhere than on Linux there are no layers, and a minimum has to say that none is wanted.
#[cfg(not(target_os = "linux"))]
pub fn confine(_: &Confinement, _: &[Layer]) -> Result<Level, Shortfall> {
    let missing = Layer::ALL.map(|layer| (layer, "this is not Linux".to_owned()));
    Ok(Level { in_force: Vec::new(), missing: missing.to_vec() })
}
