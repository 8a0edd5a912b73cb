//! `airlock review`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde_json::json;

use super::{CatalogsArgument, Exit, OutputFormat, Streams, diagnostics_json, refused, show};
use crate::load::Sources;
use crate::offer::Offered;
use crate::report::{Report, visible};
use crate::write::{self, Difference, Kind};
use crate::{pipeline, review};

/// The one file that is written.
const FILE: &str = "review.html";

/// Arguments of `airlock review`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes one file, review.html, for people who run nothing: which requests the tools can make and with
which secrets, what a model is told and may choose, every field of each answer with what is kept, and
the operations of the document that are no tool. It needs no network and no script, and can be printed.
`generated/REVIEW.md`, which `airlock compile` writes, says the same in a form that diffs well.

JSON: {\"exit\": 0, \"path\", \"catalogs\", \"tools\", \"bytes\", \"diagnostics\": [...]};
of what is wrong {\"exit\": 2, \"diagnostics\": [...]}.

Exit codes: 0 written, 2 wrong input or usage; nothing is written then.")]
pub(super) struct ReviewArguments {
    #[command(flatten)]
    catalogs: CatalogsArgument,
    /// The directory that the page is written to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

pub(super) fn run(arguments: &ReviewArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let Some(placed) = pipeline::place(&arguments.catalogs.catalogs, &mut sources, &mut report) else {
        return refused(&report, &sources, arguments.format, streams);
    };
    let catalogs = &placed.catalogs;
    let page = review::page(catalogs, &Offered::of(catalogs, &placed.profiles), &placed.models);
    let bytes = page.len();
    let files = BTreeMap::from([(FILE.to_owned(), page)]);
    let missing = Difference { path: FILE.to_owned(), kind: Kind::Missing };
    if let Err(error) = write::apply(&files, &arguments.out, &[missing]) {
        writeln!(streams.err, "error: cannot write {}: {error}", arguments.out.display())?;
        return Ok(Exit::Invalid);
    }
    let path = arguments.out.join(FILE).to_string_lossy().replace('\\', "/");
    let tools: usize = catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    match arguments.format {
        OutputFormat::Human => {
            show(&report, &sources, streams)?;
            let noun = if tools == 1 { "tool" } else { "tools" };
            writeln!(streams.out, "{}: {tools} {noun}, {bytes} bytes", visible(&path))?;
        }
        OutputFormat::Json => {
            let result = json!({
                "exit": Exit::Done.code(), "path": path, "catalogs": catalogs.len(), "tools": tools, "bytes": bytes,
                "diagnostics": diagnostics_json(&report, &sources),
            });
            writeln!(streams.out, "{result:#}")?;
        }
    }
    Ok(Exit::Done)
}
