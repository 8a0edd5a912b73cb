//! `bundle join`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, shown, tell};
use crate::parts::Parts;
use crate::{Code, Refusal};

/// Arguments of `bundle join`.
#[derive(Debug, Args)]
pub struct JoinArguments {
    /// The parts, from wherever they lie; or one of them or their list, where all lie beside it.
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    /// Where to.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &JoinArguments, streams: &mut Streams<'_>) -> Code {
    match join(arguments, streams) {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn join(arguments: &JoinArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let parts = Parts::find(&arguments.parts)?;
    let joined = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "joining");
        parts.join(&arguments.out, &mut |done, all| line.at(done, all))?
    };
    let out = arguments.out.display();
    let did = if joined.was_there { "was there already:" } else { "joined" };
    let note = if parts.is_listed() {
        "every part is what the list says; the list is not signed, and `bundle verify` says the rest\n"
    } else {
        "there is no list of the parts beside them, so nothing was checked; `bundle verify` does that\n"
    };
    let text = format!(
        "{did} {out} of {}, from {}, {} of which stood there already\n{note}",
        shown::size(joined.bytes),
        shown::count(parts.count(), "part"),
        joined.kept,
    );
    let object = json!({
        "exit": 0, "code": "good", "file": out.to_string(), "bytes": joined.bytes, "sha512": joined.sha512,
        "kept": joined.kept, "was_there": joined.was_there, "listed": parts.is_listed(),
    });
    tell(&text, &object, arguments.format, streams)
}
