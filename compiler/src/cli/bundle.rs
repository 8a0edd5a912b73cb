//! `airlock bundle`.

mod rebuild;

use std::io::{self, IsTerminal as _};

use airlock_seal::command::{self, inspect, join, key, pack, sign, split, unpack, verify};
use clap::Subcommand;

use super::{Exit, Streams};

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Sign a bundle's sums with your key.
    Sign(sign::SignArguments),
    /// Make a key that signs bundles, or show a public key in the form of OpenSSL.
    Key(key::KeyArguments),
    /// Check that a bundle is signed, whole, and nothing else.
    Verify(verify::VerifyArguments),
    /// Show what is in a bundle and who signed it, before trusting it.
    Inspect(inspect::InspectArguments),
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
    let mut streams = command::Streams { out: streams.out, err: streams.err, terminal };
    let code = match command {
        BundleCommand::Sign(arguments) => sign::run(arguments, &mut streams),
        BundleCommand::Key(arguments) => key::run(arguments, &mut streams),
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut streams),
        BundleCommand::Inspect(arguments) => inspect::run(arguments, &mut streams),
        BundleCommand::Pack(arguments) => pack::run(arguments, &mut streams),
        BundleCommand::Split(arguments) => split::run(arguments, &mut streams),
        BundleCommand::Join(arguments) => join::run(arguments, &mut streams),
        BundleCommand::Unpack(arguments) => unpack::run(arguments, &mut streams),
        BundleCommand::Rebuild(arguments) => rebuild::run(arguments, &mut streams),
    };
    Exit::Bundle(code)
}
