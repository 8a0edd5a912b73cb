//! `ask` and `chat`. A placeholder until the model host is here.

use super::{Context, ExitCode};

/// Arguments of `ask`.
#[derive(Debug, clap::Args)]
pub(crate) struct AskArgs {}

/// Arguments of `chat`.
#[derive(Debug, clap::Args)]
pub(crate) struct ChatArgs {}

pub(crate) fn ask(_arguments: &AskArgs, context: &mut Context<'_>) -> ExitCode {
    context.fail(ExitCode::Failed, "the embedded model is not built yet")
}

pub(crate) fn chat(_arguments: &ChatArgs, context: &mut Context<'_>) -> ExitCode {
    context.fail(ExitCode::Failed, "the embedded model is not built yet")
}
