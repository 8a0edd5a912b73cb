//! How far long work is, on a terminal alone.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use super::Context;

/// How often a line of progress is written again.
const PROGRESS: Duration = Duration::from_millis(200);

/// One line that is written over itself, on a terminal alone.
pub(super) struct Progress {
    pub(super) wanted: bool,
    last: Option<Instant>,
    width: usize,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { wanted: std::io::stderr().is_terminal(), last: None, width: 0 }
    }

    pub(super) fn line(&mut self, context: &mut Context<'_>, text: &str) {
        if !self.wanted || self.last.is_some_and(|last| last.elapsed() < PROGRESS) {
            return;
        }
        self.last = Some(Instant::now());
        let width = self.width;
        let _ = write!(context.err, "\r{text:<width$}").and_then(|()| context.err.flush());
        self.width = self.width.max(text.len());
    }

    pub(super) fn clear(&mut self, context: &mut Context<'_>) {
        if self.width > 0 {
            let width = self.width;
            let _ = write!(context.err, "\r{:<width$}\r", "").and_then(|()| context.err.flush());
        }
        self.width = 0;
        self.last = None;
    }
}
