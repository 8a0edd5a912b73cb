//! How far long work is, on a terminal alone.

use std::io::Write;
use std::time::{Duration, Instant};

use super::shown::size;

/// Work that is shorter than this shows nothing.
const QUIET: Duration = Duration::from_secs(1);

/// How often the line is written again.
const PAUSE: Duration = Duration::from_millis(200);

/// One line that is written over itself.
#[expect(missing_debug_implementations, reason = "writers have no debug form")]
pub struct ProgressLine<'a> {
    err: &'a mut dyn Write,
    wanted: bool,
    verb: &'static str,
    started: Instant,
    last: Instant,
    width: usize,
}

impl<'a> ProgressLine<'a> {
    /// `verb` begins the line: `hashing`.
    pub fn new(err: &'a mut dyn Write, terminal: bool, verb: &'static str) -> Self {
        let now = Instant::now();
        Self { err, wanted: terminal, verb, started: now, last: now, width: 0 }
    }

    /// Tells how much is done.
    pub fn at(&mut self, done: u64, all: u64) {
        if !self.wanted || self.started.elapsed() < QUIET || self.last.elapsed() < PAUSE {
            return;
        }
        self.last = Instant::now();
        let text = if all == 0 {
            format!("{}: {}", self.verb, size(done))
        } else {
            let percent = u128::from(done.min(all)) * 100 / u128::from(all);
            format!("{}: {percent:>3} % of {}", self.verb, size(all))
        };
        let width = self.width;
        let _ = write!(self.err, "\r{text:<width$}").and_then(|()| self.err.flush());
        self.width = self.width.max(text.len());
    }
}

impl Drop for ProgressLine<'_> {
    /// Takes the line away, so that what follows begins where it stood.
    fn drop(&mut self) {
        if self.width > 0 {
            let width = self.width;
            let _ = write!(self.err, "\r{:<width$}\r", "").and_then(|()| self.err.flush());
        }
    }
}
