//! `airlock inspect`.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Exit, OutputFormat, RootArgument, Streams, diagnostics_json, refused, show};
use crate::load::{Sources, load_document_at};
use crate::normalise::{Document, normalise_document};
use crate::report::{Report, human, visible};
use crate::resolve::{Choices, Found, Note, Purpose, Refusal, ShapeReader, operations, output_with_notes, read};

/// Arguments of `airlock inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
JSON: {\"operations\": N, \"compiled\": M,
       \"refused\": [{\"method\", \"path\", \"code\", \"reason\", \"file\", \"pointer\", \"line\", \"column\"}],
       \"notes\": [{\"file\", \"pointer\", \"text\"}], \"diagnostics\": [...]}

A note is something that the document says and that is not enforced, or not sent.")]
pub(super) struct InspectArguments {
    /// The OpenAPI document.
    document: PathBuf,
    #[command(flatten)]
    root: RootArgument,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

/// What became of an operation. Of one that can be a tool nothing is kept but what is told: a document has thousands.
type Outcome = Result<Vec<Note>, Refusal>;

/// Every operation of a document, and what became of it.
fn read_all(document: &Document) -> Vec<(Found, Outcome)> {
    let mut sent = ShapeReader::new(document, Purpose::Sent);
    let mut received = ShapeReader::new(document, Purpose::Received);
    let choices = Choices::default();
    let outcome = |found: Found| {
        let result = read(&found, &mut sent, &choices).map(|operation| {
            let (_, notes) = output_with_notes(&operation.answers, &mut received);
            operation.notes.into_iter().chain(notes).collect()
        });
        (found, result)
    };
    operations(document).into_iter().map(outcome).collect()
}

pub(super) fn run(arguments: &InspectArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let document = load_document_at(&arguments.document, arguments.root.root.as_deref(), &mut sources, &mut report)
        .and_then(|loaded| normalise_document(loaded, &mut report));
    let Some(document) = document else {
        return refused(&report, &sources, arguments.format, streams);
    };
    let results = read_all(&document);
    match arguments.format {
        OutputFormat::Json => write_json(&results, &document, &sources, &report, streams)?,
        OutputFormat::Human => {
            write_human(&results, &document, &sources, streams)?;
            show(&report, &sources, streams)?;
        }
    }
    Ok(Exit::Done)
}

fn write_json(
    results: &[(Found, Outcome)],
    document: &Document,
    sources: &Sources,
    report: &Report,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let refused: Vec<Value> = results
        .iter()
        .filter_map(|(found, result)| result.as_ref().err().map(|refusal| (found, refusal)))
        .map(|(found, refusal)| {
            let at = document.at_key(&refusal.pointer);
            let (line, column) = sources.line_column(&at);
            json!({
                "method": found.method, "path": found.path, "code": refusal.code, "reason": refusal.reason,
                "file": sources.path(at.file), "pointer": at.pointer, "line": line, "column": column,
            })
        })
        .collect();
    let notes: Vec<Value> = notes(results)
        .into_iter()
        .map(|note| {
            let (file, pointer) = document.origin(&note.pointer);
            json!({"file": sources.path(file), "pointer": pointer, "text": note.text})
        })
        .collect();
    let compiled = results.len() - refused.len();
    let all = json!({
        "operations": results.len(), "compiled": compiled, "refused": refused, "notes": notes,
        "diagnostics": diagnostics_json(report, sources),
    });
    writeln!(streams.out, "{all:#}")
}

/// The notes on all operations, each once, in the order of their places.
fn notes(results: &[(Found, Outcome)]) -> BTreeSet<&Note> {
    results.iter().filter_map(|(_, result)| result.as_ref().ok()).flatten().collect()
}

fn write_human(
    results: &[(Found, Outcome)],
    document: &Document,
    sources: &Sources,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let mut compiled = 0;
    for (found, result) in results {
        let name = found.id.as_deref().unwrap_or("-");
        let operation = visible(&format!("{:7} {}  {name}", found.method, found.path));
        match result {
            Ok(_) => {
                compiled += 1;
                writeln!(streams.out, "ok       {operation}")?;
            }
            Err(refusal) => {
                writeln!(streams.out, "refused  {operation}")?;
                let place = human::place(&document.at_key(&refusal.pointer), sources);
                writeln!(streams.out, "         {} {}", refusal.code, visible(&refusal.reason))?;
                writeln!(streams.out, "         {place} {}", visible(&refusal.pointer))?;
            }
        }
    }
    for note in notes(results) {
        let (file, pointer) = document.origin(&note.pointer);
        writeln!(streams.out, "note     {}#{}: {}", sources.path(file), visible(&pointer), visible(&note.text))?;
    }
    writeln!(streams.out, "{compiled} of {} operations can be tools", results.len())
}
