//! `bundle split`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, shown, tell};
use crate::parts::{self, read_size};
use crate::{Code, Refusal};

/// Arguments of `bundle split`.
#[derive(Debug, Args)]
pub struct SplitArguments {
    /// The archive.
    file: PathBuf,
    /// How long a part may be: `4000MB`, `4.3GB`, `4GiB`. FAT32 takes less than 4 GiB.
    #[arg(long, value_name = "SIZE", value_parser = read_size)]
    size: u64,
    /// The directory of the parts; otherwise that of the archive.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &SplitArguments, streams: &mut Streams<'_>) -> Code {
    match split(arguments, streams) {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn split(arguments: &SplitArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let beside = arguments.file.parent().unwrap_or(Path::new(""));
    let out = arguments.out.as_deref().unwrap_or(beside);
    let split = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "splitting");
        parts::split(&arguments.file, arguments.size, out, &mut |done, all| line.at(done, all))?
    };
    let list = split.path.file_name().unwrap_or_default().to_string_lossy();
    let text = format!(
        "wrote {}, kept {} that were there already, of {}\nthe list is {}; where they are, `sha512sum -c {list}` checks \
         them, and `bundle join` joins them\n",
        shown::count(split.written, "part"),
        split.kept,
        shown::size(split.list.bytes),
        split.path.display(),
    );
    let object = json!({
        "exit": 0, "code": "good", "list": split.path.display().to_string(), "parts": split.list.parts.len(),
        "written": split.written, "kept": split.kept, "bytes": split.list.bytes, "sha512": split.list.sha512,
    });
    tell(&text, &object, arguments.format, streams)
}
