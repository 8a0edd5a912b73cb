//! `bundle list`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Format, Streams, refuse};
use crate::Code;
use crate::install::{self, Listing, short};

/// Arguments of `bundle list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Where releases are installed
    #[arg(long, value_name = "DIRECTORY")]
    root: PathBuf,
    /// For whom output is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Lists what is installed, as the root's state says; nothing is checked.
pub fn run(arguments: &ListArguments, streams: &mut Streams<'_>) -> Code {
    let listing = match install::list(&arguments.root) {
        Ok(listing) => listing,
        Err(refusal) => return refuse(&refusal, arguments.format, streams),
    };
    let written = match arguments.format {
        Format::Human => human(&listing, streams.out),
        Format::Json => serde_json::to_string_pretty(&listing)
            .map_err(io::Error::other)
            .and_then(|text| writeln!(streams.out, "{text}")),
    };
    if written.is_err() { Code::Internal } else { Code::Good }
}

fn human(listing: &Listing, out: &mut dyn Write) -> io::Result<()> {
    for release in &listing.releases {
        let is_current = listing.current.as_ref() == Some(&release.sums_sha512);
        let mark = if is_current { "*" } else { " " };
        let approved = if release.approved { ", approved" } else { "" };
        let (name, version) = (release.name.escape_debug(), release.version.escape_debug());
        let digest = short(&release.sums_sha512);
        writeln!(out, "{mark} {digest}  release {} of {name}, {version}{approved}", release.sequence)?;
    }
    if listing.current.is_none() {
        writeln!(out, "none is in force")?;
    }
    Ok(())
}
