//! Loading a model, and how far that is.

use super::super::Context;
use super::super::progress::Progress;
use super::interrupt::Interrupts;
use crate::model::ModelError;
use crate::model::llama::{Llama, Settings};

/// Loads the model and shows how far it is.
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
