//! `airlock-host bundle`.

use std::io::{self, IsTerminal as _};

use airlock_seal::command::{self, inspect, join, unpack, verify};
use clap::Subcommand;

use super::{Context, ExitCode};

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Check that a bundle is signed, whole, and nothing else
    Verify(verify::VerifyArguments),
    /// Show what is in a bundle and who signed it, before trusting it
    Inspect(inspect::InspectArguments),
    /// Put the parts of an archive together again
    Join(join::JoinArguments),
    /// Unpack an archive into a bundle's directory
    Unpack(unpack::UnpackArguments),
}

pub(super) fn run(command: &BundleCommand, context: &mut Context<'_>) -> ExitCode {
    let terminal = io::stderr().is_terminal();
    let mut streams = command::Streams { out: context.out, err: context.err, terminal };
    ExitCode::Bundle(match command {
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut streams),
        BundleCommand::Inspect(arguments) => inspect::run(arguments, &mut streams),
        BundleCommand::Join(arguments) => join::run(arguments, &mut streams),
        BundleCommand::Unpack(arguments) => unpack::run(arguments, &mut streams),
    })
}
