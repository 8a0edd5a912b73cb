//! How far a build is: one line over itself, on a terminal alone.

use std::io::Write;
use std::time::{Duration, Instant};

/// A line is not written more often than this.
const PAUSE: Duration = Duration::from_millis(100);

/// Files below this are over before anybody could read of them, in bytes.
const BYTES_MIN: u64 = 16 << 20;

/// Where progress is told.
pub struct Progress<'a> {
    err: &'a mut dyn Write,
    terminal: bool,
    stage: String,
    told: Option<Instant>,
}

impl std::fmt::Debug for Progress<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Progress").field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl<'a> Progress<'a> {
    /// Nothing is written where `err` is no terminal.
    pub fn new(err: &'a mut dyn Write, terminal: bool) -> Self {
        Self { err, terminal, stage: String::new(), told: None }
    }

    /// What is done now.
    pub fn stage(&mut self, stage: &str) {
        stage.clone_into(&mut self.stage);
        self.line(stage);
    }

    /// How much of a file is read.
    pub fn bytes(&mut self, path: &str, done: u64, total: u64) {
        let is_due = done == total || self.told.is_none_or(|told| told.elapsed() >= PAUSE);
        if self.terminal && total >= BYTES_MIN && is_due {
            let line = format!("{}: {path} {} of {} MB", self.stage, done / 1_000_000, total / 1_000_000);
            self.line(&line);
        }
    }

    /// Something that is to be known, and stays on the screen.
    pub fn note(&mut self, text: &str) {
        self.clear();
        let _ = writeln!(self.err, "note: {text}");
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.terminal && self.told.take().is_some() {
            let _ = write!(self.err, "\r\x1b[K");
            let _ = self.err.flush();
        }
    }

    fn line(&mut self, line: &str) {
        if self.terminal {
            let _ = write!(self.err, "\r\x1b[K{line}");
            let _ = self.err.flush();
            self.told = Some(Instant::now());
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
