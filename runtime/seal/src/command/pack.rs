//! `bundle pack`.

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, shown, tell};
use crate::archive::{self, Packed, SUFFIX};
use crate::manifest::Manifest;
use crate::{Code, MANIFEST, Refusal, files};

/// Arguments of `bundle pack`.
#[derive(Debug, Args)]
pub struct PackArguments {
    /// The bundle: a directory.
    bundle: PathBuf,
    /// Where to; otherwise beside the directory, by the name of the release.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &PackArguments, streams: &mut Streams<'_>) -> Code {
    match pack(arguments, streams) {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn pack(arguments: &PackArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let bundle = &arguments.bundle;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => beside(bundle)?,
    };
    if out.symlink_metadata().is_ok() {
        let text = format!("{} is there already; remove it, or give another `--out`", out.display());
        return Err(Refusal::new(Code::Usage, text));
    }
    let packed = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "packing");
        write(bundle, &out, &mut line)?
    };
    let bytes = fs::metadata(&out).map_or(0, |about| about.len());
    let note = match packed.signatures {
        0 => "it is not signed: `bundle sign`, and pack again\n".to_owned(),
        number => format!("with {}\n", shown::count(number, "signature")),
    };
    let text = format!(
        "packed {} of {} into {} of {}\n{note}",
        shown::count(packed.files, "file"),
        shown::size(packed.bytes),
        out.display(),
        shown::size(bytes),
    );
    let object = json!({
        "exit": 0, "code": "good", "archive": out.display().to_string(), "archive_bytes": bytes,
        "directory": packed.directory, "files": packed.files, "bytes": packed.bytes, "signatures": packed.signatures,
    });
    tell(&text, &object, arguments.format, streams)
}

/// `NAME-VERSION-TARGET.tar.zst` where the bundle lies.
fn beside(bundle: &Path) -> Result<PathBuf, Refusal> {
    let manifest = Manifest::read(&files::read(bundle, MANIFEST, Manifest::BYTES_MAX)?)?;
    let whole = bundle.canonicalize().map_err(|fault| Refusal::internal(bundle.display(), fault))?;
    // As it was given where that is enough: nobody wants to read a longer name than they wrote.
    let parent = match bundle.parent() {
        Some(parent) if bundle.file_name().is_some() => parent,
        _ => whole.parent().unwrap_or(Path::new("/")),
    };
    Ok(parent.join(format!("{}{SUFFIX}", manifest.directory_name())))
}

/// The archive is there whole or not at all.
fn write(bundle: &Path, out: &Path, line: &mut ProgressLine<'_>) -> Result<Packed, Refusal> {
    let aside = files::partial(out);
    let failed = |fault: std::io::Error| Refusal::internal(format!("{} cannot be written", out.display()), fault);
    // What an earlier run has left there is of no use.
    let _ = fs::remove_file(&aside);
    let file = OpenOptions::new().write(true).create_new(true).open(&aside).map_err(failed)?;
    let mut buffered = BufWriter::with_capacity(1 << 20, file);
    let packed = archive::pack(bundle, &mut buffered, &mut |done, all| line.at(done, all));
    let finished = packed.and_then(|packed| {
        let written = buffered.flush().and_then(|()| buffered.get_ref().sync_all());
        written.and_then(|()| files::rename_new(&aside, out)).map_err(failed)?;
        Ok(packed)
    });
    if finished.is_err() {
        let _ = fs::remove_file(&aside);
    }
    finished
}
