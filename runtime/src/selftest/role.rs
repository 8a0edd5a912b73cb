//! The other processes of a self-test: the one that makes an attempt, the victim, and the program that says that it was started.
//!
//! Each is this program, started anew, so that nothing of one attempt is left for the next. An attempt writes to its standard
//! output: `layers …` if it confined itself, then one [`Word`]. Its standard input is the descriptor that it was passed.

use std::ffi::{CStr, OsString};
use std::fmt;
use std::io::{Read as _, Write};
use std::str::FromStr;

use super::attempts::{Attempt, Plant};
use super::kernel::{Tried, at, call, word};
use super::scene::{CANARY, Scene};
use crate::cli::ExitCode;
use crate::isolation::{self, Confinement, Layer};

/// The hidden commands.
pub(super) const ATTEMPT: &str = "attempt";
pub(super) const VICTIM: &str = "victim";
pub(super) const LANDED_C: &CStr = c"landed";

/// Nobody's user and group (nobody on most systems).
const NOBODY: u64 = 65534;

/// What an attempt says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It was done.
    Open,
    /// The kernel refused it, with this number (errno(3)).
    Closed(i32),
    /// This machine has no such thing.
    Absent(i32),
}

impl From<Tried> for Word {
    fn from(tried: Tried) -> Self {
        match tried {
            Ok(()) => Self::Open,
            Err(
                errno @ (libc::ENOSYS
                | libc::EAFNOSUPPORT
                | libc::EPROTONOSUPPORT
                | libc::ESOCKTNOSUPPORT
                | libc::EPROTOTYPE
                | libc::ENOPROTOOPT
                | libc::EOPNOTSUPP
                | libc::ENODEV
                | libc::ENOENT
                | libc::ENOTTY),
            ) => Self::Absent(errno),
            Err(errno) => Self::Closed(errno),
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => to.write_str("open"),
            Self::Closed(errno) => write!(to, "closed {errno}"),
            Self::Absent(errno) => write!(to, "absent {errno}"),
        }
    }
}

impl FromStr for Word {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        match line.split_once(' ') {
            None if line == "open" => Ok(Self::Open),
            Some(("closed", errno)) => errno.parse().map(Self::Closed).map_err(drop),
            Some(("absent", errno)) => errno.parse().map(Self::Absent).map_err(drop),
            _ => Err(()),
        }
    }
}

/// How an attempt is confined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dress {
    /// The layers that are put on.
    pub(super) layers: Vec<Layer>,
    /// What is left to the process.
    pub(super) left: Left,
}

/// What a confined process may still do. Every command of this program has one of these, or less than [`Left::Most`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// No file at all, as `serve` over standard input and output.
    Nothing,
    /// To read some files, such as a model.
    Reading,
    /// To read some, to write in one directory, to take clients at a listener, and to set a terminal: more than any command has.
    Most,
}

impl Left {
    const ALL: [Self; 3] = [Self::Nothing, Self::Reading, Self::Most];

    /// The word in evidence.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Reading => "reading",
            Self::Most => "most",
        }
    }

    fn confinement(self, scene: &Scene) -> Confinement {
        let read = vec![scene.tree.clone(), scene.models.clone()];
        match self {
            Self::Nothing => Confinement::default(),
            Self::Reading => Confinement { read, ..Confinement::default() },
            Self::Most => {
                let write = vec![scene.state.clone()];
                Confinement { read, write, accepts: true, types: true, ..Confinement::default() }
            }
        }
    }
}

impl Dress {
    pub(super) fn to_word(&self) -> String {
        let words: Vec<&str> = self.layers.iter().map(|layer| layer.word()).collect();
        format!("{}:{}", self.left.word(), words.join(","))
    }

    fn read(text: &str) -> Option<Self> {
        let (left, words) = text.split_once(':')?;
        let left = Left::ALL.into_iter().find(|one| one.word() == left)?;
        let layers = Layer::ALL.into_iter().filter(|layer| words.split(',').any(|word| word == layer.word()));
        Some(Self { layers: layers.collect(), left })
    }
}

/// Runs one of the hidden commands, if the arguments name one. Has to come before anything closes descriptors: an attempt does
/// that itself, or leaves it be.
pub(crate) fn run(arguments: &[OsString], out: &mut dyn Write) -> Option<ExitCode> {
    let words: Vec<&str> = arguments.iter().skip(1).map(|argument| argument.to_str()).collect::<Option<_>>()?;
    let said = match words[..] {
        [ATTEMPT, name, scene, dress] => attempt(name, scene, dress, out),
        [VICTIM] => victim(out),
        [word] if word.as_bytes() == LANDED_C.to_bytes() => writeln!(out, "{}", Word::Open).ok(),
        _ => return None,
    };
    let written = said.and_then(|()| out.flush().ok());
    Some(if written.is_some() { ExitCode::Done } else { ExitCode::Usage })
}

/// `attempt NAME SCENE DRESS`.
fn attempt(name: &str, scene: &str, dress: &str, out: &mut dyn Write) -> Option<()> {
    let attempt = Attempt::find(name)?;
    let scene: Scene = serde_json::from_str(scene).ok()?;
    let dress = Dress::read(dress)?;
    if attempt.plant == Plant::Terminal {
        // What is typed into a terminal comes to those whose terminal it is.
        let _ = call(libc::SYS_setsid, &[]);
        let _ = call(libc::SYS_ioctl, &[0, libc::TIOCSCTTY, 0]);
    }
    if attempt.plant == Plant::PrivilegedProgram {
        // Root has nothing to gain. Without the right to, this process is nobody's already, or a common user's.
        let _ = call(libc::SYS_setgroups, &[0, 0]);
        let _ = call(libc::SYS_setresgid, &[NOBODY; 3]);
        let _ = call(libc::SYS_setresuid, &[NOBODY; 3]);
    }
    if !dress.layers.is_empty() {
        match confine(&scene, &dress) {
            Ok(layers) => writeln!(out, "layers {layers}").ok()?,
            Err(fault) => return writeln!(out, "shortfall {fault}").ok(),
        }
        out.flush().ok()?;
    }
    writeln!(out, "{}", Word::from((attempt.make)(&scene))).ok()
}

fn confine(scene: &Scene, dress: &Dress) -> Result<String, String> {
    if dress.layers.contains(&Layer::FdsClosed) {
        isolation::start();
    }
    let without: Vec<Layer> = Layer::ALL.into_iter().filter(|layer| !dress.layers.contains(layer)).collect();
    let level = isolation::confine(&dress.left.confinement(scene), &without);
    let level = level.map_err(|fault| fault.to_string())?;
    Ok(level.layers().join(","))
}

/// Tells where its canary is, and waits until its standard input ends. Whoever may read other processes may read this one.
fn victim(out: &mut dyn Write) -> Option<()> {
    let canary = Box::new(*CANARY);
    let held_back = [1_u64 << (super::attempts::SIGNAL - 1)];
    let _ = call(libc::SYS_rt_sigprocmask, &[word(libc::SIG_BLOCK), at(&held_back), 0, 8]);
    let _ = call(libc::SYS_prctl, &[word(libc::PR_SET_DUMPABLE), 1, 0, 0, 0]);
    // Yama lets only ancestors trace, unless one says otherwise (PR_SET_PTRACER_ANY). Without Yama there is no such call.
    let _ = call(libc::SYS_prctl, &[word(libc::PR_SET_PTRACER), u64::MAX, 0, 0, 0]);
    writeln!(out, "{}", at(&*canary)).and_then(|()| out.flush()).ok()?;
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).ok()?;
    std::hint::black_box(&canary);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attempt_says_is_read_as_it_is_written() {
        for word in [Word::Open, Word::Closed(1), Word::Absent(38)] {
            assert_eq!(word.to_string().parse(), Ok(word));
        }
        for line in ["", "opened", "closed", "closed x", "absent 1 2"] {
            assert_eq!(line.parse::<Word>(), Err(()), "{line}");
        }
        let dress = Dress { layers: vec![Layer::Mdwe, Layer::SeccompTight], left: Left::Reading };
        assert_eq!(Dress::read(&dress.to_word()), Some(dress));
        assert_eq!(Dress::read("everything:landlock"), None);
    }
}
