//! `airlock bundle`.

mod diff;

use std::io::{self, IsTerminal as _};

use airlock_seal::command::{self, verify};
use clap::Subcommand;

use super::{Exit, Streams};

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Check that a bundle is signed, whole, and nothing else.
    Verify(verify::VerifyArguments),
    /// Say what a release changes beside another: tools, reach, models, program, dependencies.
    Diff(diff::DiffArguments),
}

pub(super) fn run(command: &BundleCommand, streams: &mut Streams<'_>) -> Exit {
    let terminal = io::stderr().is_terminal();
    let mut streams = command::Streams { out: streams.out, err: streams.err, terminal };
    let code = match command {
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut streams),
        BundleCommand::Diff(arguments) => diff::run(arguments, &mut streams),
    };
    Exit::Bundle(code)
}
