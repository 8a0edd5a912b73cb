//! `airlock bundle`.

mod build;
mod diff;
mod rebuild;

use std::io::{self, IsTerminal as _};

use airlock_seal::command::{self, inspect, join, key, pack, sign, split, unpack, verify};
use clap::Subcommand;

use super::{Exit, Streams};

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Build a release: the program with its sources, models, review, evidence, and what is installed.
    Build(Box<build::BuildArguments>),
    /// Sign a bundle's sums with your key.
    Sign(sign::SignArguments),
    /// Make a key that signs bundles, or show a public key in the form of OpenSSL.
    Key(key::KeyArguments),
    /// Check that a bundle is signed, whole, and nothing else.
    Verify(verify::VerifyArguments),
    /// Show what is in a bundle and who signed it, before trusting it.
    Inspect(inspect::InspectArguments),
    /// Say what a release changes beside another: tools, reach, models, program, dependencies.
    Diff(diff::DiffArguments),
    /// Write a bundle's archive.
    Pack(pack::PackArguments),
    /// Cut an archive into parts, for media that take no longer files.
    Split(split::SplitArguments),
    /// Put the parts of an archive together again.
    Join(join::JoinArguments),
    /// Unpack an archive into a bundle's directory.
    Unpack(unpack::UnpackArguments),
    /// Build the program again from the bundle's own source, and compare.
    Rebuild(rebuild::RebuildArguments),
}

pub(super) fn run(command: &BundleCommand, streams: &mut Streams<'_>) -> Exit {
    let terminal = io::stderr().is_terminal();
    let mut shared = command::Streams { out: &mut *streams.out, err: &mut *streams.err, terminal };
    let code = match command {
        BundleCommand::Build(arguments) => return build::run(arguments, terminal, streams),
        BundleCommand::Sign(arguments) => sign::run(arguments, &mut shared),
        BundleCommand::Key(arguments) => key::run(arguments, &mut shared),
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut shared),
        BundleCommand::Inspect(arguments) => inspect::run(arguments, &mut shared),
        BundleCommand::Diff(arguments) => diff::run(arguments, &mut shared),
        BundleCommand::Pack(arguments) => pack::run(arguments, &mut shared),
        BundleCommand::Split(arguments) => split::run(arguments, &mut shared),
        BundleCommand::Join(arguments) => join::run(arguments, &mut shared),
        BundleCommand::Unpack(arguments) => unpack::run(arguments, &mut shared),
        BundleCommand::Rebuild(arguments) => rebuild::run(arguments, &mut shared),
    };
    Exit::Bundle(code)
}
