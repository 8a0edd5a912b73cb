//! How far long work is, on a terminal alone.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use super::super::Context;
#[cfg(feature = "llama")]
use super::interrupt::Interrupts;
#[cfg(feature = "llama")]
use crate::model::ModelError;
#[cfg(feature = "llama")]
use crate::model::llama::{Llama, Settings};

/// How often a line of progress is written again.
const PROGRESS: Duration = Duration::from_millis(200);

/// One line that is written over itself, on a terminal alone.
pub(in crate::cli) struct Progress {
    pub(super) wanted: bool,
    last: Option<Instant>,
    width: usize,
}

impl Progress {
    pub(in crate::cli) fn new() -> Self {
        Self { wanted: std::io::stderr().is_terminal(), last: None, width: 0 }
    }

    pub(in crate::cli) fn line(&mut self, context: &mut Context<'_>, text: &str) {
        if !self.wanted || self.last.is_some_and(|last| last.elapsed() < PROGRESS) {
            return;
        }
        self.last = Some(Instant::now());
        let width = self.width;
        let _ = write!(context.err, "\r{text:<width$}").and_then(|()| context.err.flush());
        self.width = self.width.max(text.len());
    }

    pub(in crate::cli) fn clear(&mut self, context: &mut Context<'_>) {
        if self.width > 0 {
            let width = self.width;
            let _ = write!(context.err, "\r{:<width$}\r", "").and_then(|()| context.err.flush());
        }
        self.width = 0;
        self.last = None;
    }
}

/// Loads the model and shows how far it is.
#[cfg(feature = "llama")]
pub(in crate::cli) fn loading(
    settings: &Settings,
    interrupts: &Interrupts,
    context: &mut Context<'_>,
) -> Result<Llama, ModelError> {
    let mut progress = Progress::new();
    let model = Llama::load(settings, &mut |part| {
        progress.line(context, &format!("loading the model: {:.0} %", part * 100.0));
        !interrupts.any()
    });
    progress.clear(context);
    model
}
