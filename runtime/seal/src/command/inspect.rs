//! `bundle inspect`: what a bundle says of itself, before anybody trusts it.
//!
//! What comes in: a directory, an archive or parts, which anybody may have written. What goes out: what is in it, who signed it by
//! key, and the list of its files. All files are compared with the sums, so that the list is one of what is there; whether
//! whoever signed the sums is trusted is the question of `bundle verify`.

mod contents;
mod report;

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, tell};
use crate::archive::{BYTES_MAX, Limits};
use crate::parts::read_size;
use crate::{Code, Refusal, files};

/// Arguments of `bundle inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// The bundle: a directory, an archive, one of its parts, or their list.
    bundle: PathBuf,
    /// Print every file: its length, its digest, its path.
    #[arg(long)]
    list: bool,
    /// Write the list of files for whoever approves the transfer.
    #[arg(long, value_name = "FILE")]
    approval: Option<PathBuf>,
    /// Refuse an archive that holds more than this, such as `300GB`.
    #[arg(long, value_name = "SIZE", value_parser = read_size, default_value_t = BYTES_MAX)]
    bytes_max: u64,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &InspectArguments, streams: &mut Streams<'_>) -> Code {
    match inspect(arguments, streams) {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn inspect(arguments: &InspectArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let contents = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "reading");
        let limits = Limits { bytes_max: arguments.bytes_max };
        contents::Contents::read(&arguments.bundle, limits, &mut |done, all| line.at(done, all))?
    };
    let report = report::Report::new(&contents)?;
    if let Some(path) = &arguments.approval {
        files::whole(path, |file| file.write_all(report.approval().as_bytes()))?;
    }
    tell(&report.text(arguments.list), &report.object(arguments.list), arguments.format, streams)
}
