//! `bundle verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Streams, refuse};
use crate::{Code, Refusal};

/// Arguments of `bundle verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The bundle: a directory.
    bundle: PathBuf,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &VerifyArguments, streams: &mut Streams<'_>) -> Code {
    let _ = &arguments.bundle;
    refuse(&Refusal::new(Code::Internal, "cannot verify"), arguments.format, streams)
}
