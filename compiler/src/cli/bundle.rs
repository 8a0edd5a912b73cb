//! `airlock bundle`.

mod build;
mod rebuild;

use std::io::{self, IsTerminal as _};

use airlock_seal::command::{self, verify};
use clap::Subcommand;

use super::{Exit, Streams};

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Build a release: the program with its sources, models, review, evidence, and what is installed.
    Build(Box<build::BuildArguments>),
    /// Check that a bundle is signed, whole, and nothing else.
    Verify(verify::VerifyArguments),
    /// Build the program again from the bundle's own source, and compare.
    Rebuild(rebuild::RebuildArguments),
}

pub(super) fn run(command: &BundleCommand, streams: &mut Streams<'_>) -> Exit {
    let terminal = io::stderr().is_terminal();
    let mut shared = command::Streams { out: &mut *streams.out, err: &mut *streams.err, terminal };
    let code = match command {
        BundleCommand::Build(arguments) => return build::run(arguments, terminal, streams),
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut shared),
        BundleCommand::Rebuild(arguments) => rebuild::run(arguments, &mut shared),
    };
    Exit::Bundle(code)
}
