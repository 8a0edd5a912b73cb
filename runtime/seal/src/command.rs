//! Commands on bundles that both programs have: `airlock bundle …` on the connected side, `airlock-host bundle …` inside.
//! Arguments in, a [`Code`] out; everything is written to the writers that the caller hands in.

pub mod approve;
pub mod inspect;
pub mod install;
pub mod join;
pub mod key;
pub mod list;
pub mod pack;
pub mod progress;
pub mod rollback;
mod shown;
pub mod sign;
pub mod split;
pub mod unpack;
pub mod verify;

use std::io::Write;

use crate::{Code, Refusal};

/// Where a command writes.
#[expect(missing_debug_implementations, reason = "writers have no debug form")]
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Everything else that people read.
    pub err: &'a mut dyn Write,
    /// Whether `err` is a terminal, so that progress may be shown.
    pub terminal: bool,
}

/// For whom output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// People.
    Human,
    /// Programs.
    Json,
}

/// Tells a refusal: one line to `err` for people, one object to `out` for programs.
pub fn refuse(refusal: &Refusal, format: Format, streams: &mut Streams<'_>) -> Code {
    let written = match format {
        Format::Human => writeln!(streams.err, "{refusal}"),
        Format::Json => {
            let object = serde_json::json!({
                "exit": refusal.code as u8, "code": refusal.code.word(), "text": refusal.text,
            });
            writeln!(streams.out, "{object:#}")
        }
    };
    if written.is_err() { Code::Internal } else { refusal.code }
}

/// What was done: lines for people, or one object for programs.
fn tell(text: &str, object: &serde_json::Value, format: Format, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let written = match format {
        Format::Human => streams.out.write_all(text.as_bytes()),
        Format::Json => writeln!(streams.out, "{object:#}"),
    };
    written.and_then(|()| streams.out.flush()).map_err(|fault| Refusal::internal("the output cannot be written", fault))
}
