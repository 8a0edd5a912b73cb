//! `airlock-host bundle`.

use std::io::{self, IsTerminal as _};

use airlock_seal::command::{self, verify};
use clap::Subcommand;

use super::{Context, ExitCode};

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Check that a bundle is signed, whole, and nothing else
    Verify(verify::VerifyArguments),
}

pub(super) fn run(command: &BundleCommand, context: &mut Context<'_>) -> ExitCode {
    let terminal = io::stderr().is_terminal();
    let mut streams = command::Streams { out: context.out, err: context.err, terminal };
    ExitCode::Bundle(match command {
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut streams),
    })
}
