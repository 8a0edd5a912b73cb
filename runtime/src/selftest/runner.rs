//! Makes one attempt in a process of its own, and judges what came of it.

use std::fs;
use std::io::{self, Read as _};
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};

use super::Fault;
use super::attempts::{Attempt, Plant, Proof};
use super::directory::Directory;
use super::receivers::{Fixture, Receivers};
use super::role::{self, Dress, Word};
use super::scene::Scene;
use super::victim::Victim;

/// An attempt that is not over by then is ended.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// What an attempt says is cut behind this, in bytes.
const SAID_BYTES_MAX: usize = 4096;

/// The signal by which the kernel ends whoever makes a call that no filter knows (seccomp(2)).
const SIGSYS: i32 = libc::SIGSYS;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was done.
    Open,
    /// It was refused.
    Closed,
    /// This machine has no such thing.
    Absent,
}

impl Verdict {
    /// The word in evidence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Absent => "absent",
        }
    }
}

/// What came of an attempt, and what it is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What came of it.
    pub verdict: Verdict,
    /// The kernel's number for a refusal (errno(3)).
    pub errno: Option<i32>,
    /// The signal that ended the process.
    pub signal: Option<i32>,
    /// How many connections and messages came to a receiver.
    pub receipts: usize,
}

/// Everything that stays up between attempts.
#[derive(Debug)]
pub(super) struct Runner {
    program: PathBuf,
    directory: Directory,
    receivers: Receivers,
    beyond: bool,
    /// The layers that the last confined attempt had in force.
    pub(super) layers: Vec<String>,
}

impl Runner {
    pub(super) fn new(beyond: bool) -> Result<Self, Fault> {
        let directory = Directory::new().map_err(|fault| Fault::SetUp("a directory", fault))?;
        let receivers = Receivers::new(&directory.sockets(), beyond);
        let receivers = receivers.map_err(|fault| Fault::SetUp("receivers on loopback", fault))?;
        // This very file, also if another one has been put in its place since.
        let program = PathBuf::from("/proc/self/exe");
        let program = fs::read_link(&program).ok().filter(|path| path.exists()).unwrap_or(program);
        Ok(Self { program, directory, receivers, beyond, layers: Vec::new() })
    }

    /// Makes an attempt.
    pub(super) fn make(&mut self, attempt: &'static Attempt, dress: &Dress) -> Result<Outcome, Fault> {
        let in_words = |fault: io::Error| Fault::Attempt(attempt.name, fault.to_string());
        let victim = match attempt.plant {
            Plant::Victim => Some(Victim::start(&self.program).map_err(in_words)?),
            // Whom a signal would go to.
            _ if attempt.name.ends_with("-victim") => Some(Victim::start(&self.program).map_err(in_words)?),
            _ => None,
        };
        let mut fixture = Fixture::of(attempt.plant, &self.directory.outside()).map_err(in_words)?;
        let before = self.directory.state().map_err(in_words)?;
        self.receivers.drain();
        let scene = self.scene(victim.as_ref(), &fixture);
        let (said, signal) = self.start(attempt, &scene, dress, &mut fixture).map_err(in_words)?;
        let word = self.read(attempt, &said, signal)?;
        let is_proven = attempt.proof == Proof::Receiver && word == Some(Word::Open);
        let receipts = self.receivers.receipts(&mut fixture, is_proven && !self.is_beyond(attempt));
        let is_changed = self.directory.state().map_err(in_words)? != before;
        if is_changed {
            self.directory.restore().map_err(in_words)?;
        }
        let is_victim_changed = victim.is_some_and(|victim| victim.is_changed());
        let is_seen = receipts > 0 || is_changed || is_victim_changed;
        let is_believed = match attempt.proof {
            Proof::Word => true,
            Proof::Receiver => self.is_beyond(attempt),
            Proof::Files | Proof::VictimChanged => false,
        };
        Ok(judge(word, signal, is_seen, is_believed, receipts))
    }

    /// Whether the target of an attempt is where none of our receivers listens.
    fn is_beyond(&self, attempt: &Attempt) -> bool {
        let beyond = ["tcp-other-address", "udp-sendto-53", "dns-query"];
        // Port 53 takes rights, so there may be no receiver even here.
        beyond.contains(&attempt.name) && (self.beyond || attempt.name == "udp-sendto-53")
    }

    fn scene(&self, victim: Option<&Victim>, fixture: &Fixture) -> Scene {
        let receivers = &self.receivers;
        Scene {
            tree: self.directory.tree(),
            models: self.directory.models(),
            state: self.directory.state_directory(),
            outside: self.directory.outside(),
            sockets: self.directory.sockets(),
            abstract_name: receivers.abstract_name.clone(),
            declared: receivers.declared,
            other_port: receivers.other_port,
            other: receivers.other,
            six: receivers.six,
            port_53: receivers.port_53,
            datagrams: receivers.datagram,
            resolvers: receivers.resolvers.clone(),
            victim: victim.map(Victim::pid).unwrap_or_default(),
            victim_canary: victim.map(|victim| victim.canary).unwrap_or_default(),
            leaked: fixture.leaked.as_ref().map_or(-1, AsRawFd::as_raw_fd),
        }
    }

    /// Starts the process: what it said, and the signal that ended it.
    fn start(
        &self,
        attempt: &Attempt,
        scene: &Scene,
        dress: &Dress,
        fixture: &mut Fixture,
    ) -> io::Result<(String, Option<i32>)> {
        let mut command = Command::new(&self.program);
        command.args([role::ATTEMPT, attempt.name]).arg(serde_json::to_string(scene)?).arg(dress.to_word());
        command.env_clear().current_dir("/").stdout(Stdio::piped()).stderr(Stdio::null());
        command.stdin(fixture.passed.take().map_or_else(Stdio::null, Stdio::from));
        if let Some(leaked) = &fixture.leaked {
            fcntl_setfd(leaked, FdFlags::empty())?;
        }
        let mut child = command.spawn()?;
        // Ours are gone, so that the other end sees when the attempt's are.
        drop(command);
        fixture.leaked = None;
        let said = listen(&mut child);
        // It has ended, or has nothing more to say.
        let _ = child.kill();
        Ok((said?, child.wait()?.signal()))
    }

    /// What an attempt said of itself; none if it said nothing.
    fn read(&mut self, attempt: &Attempt, said: &str, signal: Option<i32>) -> Result<Option<Word>, Fault> {
        let mut word = None;
        for line in said.lines() {
            match line.split_once(' ') {
                Some(("layers", layers)) => self.layers = layers.split(',').map(str::to_owned).collect(),
                Some(("shortfall", fault)) => return Err(Fault::Shortfall(fault.to_owned())),
                _ => word = line.parse().ok(),
            }
        }
        if word.is_none() && signal.is_none() {
            return Err(Fault::Attempt(attempt.name, "it ended without a word".to_owned()));
        }
        Ok(word)
    }
}

fn judge(word: Option<Word>, signal: Option<i32>, is_seen: bool, is_believed: bool, receipts: usize) -> Outcome {
    let (verdict, errno) = match word {
        _ if is_seen => (Verdict::Open, None),
        Some(Word::Open) if is_believed => (Verdict::Open, None),
        // It believes that it was done, and nothing came of it.
        Some(Word::Open) => (Verdict::Closed, None),
        Some(Word::Closed(errno)) => (Verdict::Closed, Some(errno)),
        Some(Word::Absent(errno)) => (Verdict::Absent, Some(errno)),
        // The kernel ended it, or does not know the instruction.
        None if signal == Some(SIGSYS) => (Verdict::Closed, None),
        None => (Verdict::Absent, None),
    };
    Outcome { verdict, errno, signal: if word.is_none() { signal } else { None }, receipts }
}

/// Reads what a process writes until it has ended, or for long enough.
fn listen(child: &mut Child) -> io::Result<String> {
    let Some(mut out) = child.stdout.take() else { return Ok(String::new()) };
    let start = Instant::now();
    let mut said = Vec::new();
    let mut bytes = [0; 1024];
    while said.len() < SAID_BYTES_MAX {
        let rest = ATTEMPT_TIMEOUT.saturating_sub(start.elapsed());
        let rest = Timespec::try_from(rest).map_err(io::Error::other)?;
        let mut polled = [PollFd::new(&out, PollFlags::IN)];
        if poll(&mut polled, Some(&rest))? == 0 {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it did not end"));
        }
        match out.read(&mut bytes)? {
            0 => break,
            read => said.extend_from_slice(&bytes[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_an_attempt_is_not_its_own_word_alone() {
        let verdict = |word, seen, believed| judge(word, None, seen, believed, 0).verdict;
        assert_eq!(verdict(Some(Word::Open), false, true), Verdict::Open);
        assert_eq!(verdict(Some(Word::Open), false, false), Verdict::Closed);
        assert_eq!(verdict(Some(Word::Closed(1)), true, true), Verdict::Open);
        assert_eq!(verdict(Some(Word::Absent(38)), false, false), Verdict::Absent);
        assert_eq!(judge(None, Some(SIGSYS), false, true, 0).verdict, Verdict::Closed);
        assert_eq!(judge(None, Some(libc::SIGSEGV), false, true, 0).verdict, Verdict::Absent);
    }
}
