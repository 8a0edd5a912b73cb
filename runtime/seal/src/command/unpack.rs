//! `bundle unpack`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, shown, tell};
use crate::archive::{self, BYTES_MAX, Contents, Limits};
use crate::parts::read_size;
use crate::signing::generate;
use crate::{Code, Refusal, digest, files};

/// Arguments of `bundle unpack`.
#[derive(Debug, Args)]
pub struct UnpackArguments {
    /// The archive, or one of its parts, or their list.
    archive: PathBuf,
    /// The directory to put the bundle's directory into.
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    out: PathBuf,
    /// Refuse an archive that holds more than this, such as `300GB`.
    #[arg(long, value_name = "SIZE", value_parser = read_size, default_value_t = BYTES_MAX)]
    bytes_max: u64,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &UnpackArguments, streams: &mut Streams<'_>) -> Code {
    match unpack(arguments, streams) {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn unpack(arguments: &UnpackArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let out = &arguments.out;
    let name = generate::random::<8>().map_err(|fault| Refusal::internal("the kernel gives no random bytes", fault))?;
    let aside = out.join(format!(".unpacking-{}", digest::hex(&name)));
    let opened = archive::open(&arguments.archive)?;
    let mut taken = None;
    let contents = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "unpacking");
        let limits = Limits { bytes_max: arguments.bytes_max };
        let mut before = |head: &archive::Head| {
            let target = out.join(&head.directory);
            if target.symlink_metadata().is_ok() {
                let text = format!("{} is there already; remove it, or give another `--out`", target.display());
                return Err(Refusal::new(Code::Usage, text));
            }
            taken = Some(target);
            Ok(())
        };
        archive::unpack(opened, &aside, limits, &mut before, &mut |done, all| line.at(done, all))?
    };
    let Contents { entries, head, .. } = contents;
    let target = taken.unwrap_or_else(|| out.join(&head.directory));
    files::rename_new(&aside, &target).map_err(|fault| {
        let _ = std::fs::remove_dir_all(&aside);
        Refusal::internal(target.display(), fault)
    })?;
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    let text = format!(
        "unpacked {} of {} into {}\nit is whole; `bundle verify` says whether it is signed by somebody you trust\n",
        shown::count(entries.len(), "file"),
        shown::size(bytes),
        target.display(),
    );
    let object = json!({
        "exit": 0, "code": "good", "bundle": target.display().to_string(), "files": entries.len(), "bytes": bytes,
    });
    tell(&text, &object, arguments.format, streams)
}
