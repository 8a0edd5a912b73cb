//! `airlock compile`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};
use similar::TextDiff;

use super::{CatalogsArgument, Exit, OutputFormat, Streams, count, diagnostics_json, refused, show};
use crate::emit::REGENERATE_COMMAND;
use crate::load::Sources;
use crate::pipeline;
use crate::report::{Report, visible};
use crate::write::{self, Difference, Kind};

/// Arguments of `airlock compile`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The generated crate is committed and reviewed. `compile` writes only files whose bytes differ,
removes tools that are no longer in a catalog, and writes nothing at all after an error.
Where a catalog has a catalog.lock, a tool that is not what was approved is such an error:
`airlock diff git:HEAD catalogs` tells what is different, `airlock approve` records that it may be.")]
pub(super) struct CompileArguments {
    #[command(flatten)]
    catalogs: CatalogsArgument,
    /// The directory of the generated crate.
    #[arg(long, value_name = "DIR", default_value = "generated")]
    out: PathBuf,
    /// Write nothing; exit 1 and show a diff if the generated crate is not what the catalogs say.
    #[arg(long)]
    check: bool,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

pub(super) fn run(arguments: &CompileArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let Some(compiled) = pipeline::compile(&arguments.catalogs.catalogs, &mut sources, &mut report) else {
        return refused(&report, &sources, arguments.format, streams);
    };
    let outcome = write::compare(&compiled.files, &arguments.out).and_then(|differences| {
        let foreign = differences.iter().any(|difference| difference.kind == Kind::Foreign);
        if !arguments.check && !foreign {
            write::apply(&compiled.files, &arguments.out, &differences)?;
        }
        Ok((differences, foreign))
    });
    let (differences, foreign) = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            writeln!(streams.err, "error: cannot write {}: {error}", arguments.out.display())?;
            return Ok(Exit::Invalid);
        }
    };
    let exit = match (arguments.check, foreign) {
        (true, _) if !differences.is_empty() => Exit::Stale,
        (false, true) => Exit::Invalid,
        _ => Exit::Done,
    };
    let tools: usize = compiled.catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    match arguments.format {
        OutputFormat::Json => {
            let differences: Vec<Value> = differences
                .iter()
                .map(|difference| json!({"path": difference.path, "kind": difference.kind.word()}))
                .collect();
            let result = json!({
                "exit": exit.code(), "catalogs": compiled.catalogs.len(), "tools": tools,
                "differences": differences, "diagnostics": diagnostics_json(&report, &sources),
            });
            writeln!(streams.out, "{result:#}")?;
        }
        OutputFormat::Human => {
            show(&report, &sources, streams)?;
            if exit == Exit::Done {
                let changed =
                    if arguments.check { "up to date".into() } else { count(differences.len(), "file") + " changed" };
                let catalogs = count(compiled.catalogs.len(), "catalog");
                writeln!(streams.out, "{catalogs}, {}, {changed}", count(tools, "tool"))?;
            } else {
                explain(&differences, &compiled.files, arguments, streams)?;
            }
        }
    }
    Ok(exit)
}

/// One line for each difference, then the diffs, then the way out.
fn explain(
    differences: &[Difference],
    files: &BTreeMap<String, String>,
    arguments: &CompileArguments,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let out = arguments.out.to_string_lossy().replace('\\', "/");
    for Difference { path, kind } in differences {
        let meaning = match kind {
            Kind::Changed(_) => "is not what the catalogs say",
            Kind::LineEnds => "ends its lines in CR LF; keep `eol=lf` in .gitattributes",
            Kind::Missing => "is not there",
            Kind::Orphan(_) => "belongs to no catalog, and would be compiled in all the same",
            Kind::Foreign => "was not written by airlock; move it out of this directory",
        };
        writeln!(streams.out, "{:9} {} {meaning}", kind.word(), visible(&format!("{out}/{path}")))?;
    }
    for Difference { path, kind } in differences {
        let wanted = files.get(path).map_or("", String::as_str);
        let (found, wanted) = match kind {
            Kind::Changed(text) | Kind::Orphan(text) => (text.as_str(), wanted),
            Kind::Missing => ("", wanted),
            Kind::LineEnds | Kind::Foreign => continue,
        };
        let before = if matches!(kind, Kind::Missing) { "/dev/null".into() } else { format!("{out}/{path}") };
        let after = if matches!(kind, Kind::Orphan(_)) { "/dev/null".into() } else { format!("{out}/{path}") };
        let diff = TextDiff::from_lines(found, wanted);
        let text = diff.unified_diff().context_radius(3).header(&before, &after).to_string();
        let lines: String = text.split('\n').map(visible).collect::<Vec<_>>().join("\n");
        write!(streams.out, "\n{lines}")?;
    }
    if differences.iter().any(|difference| difference.kind == Kind::Foreign) {
        writeln!(streams.err, "error: {out} holds files that are not airlock's; nothing was written")
    } else {
        let catalogs = &arguments.catalogs.catalogs;
        let defaults = catalogs.as_os_str() == "catalogs" && out == "generated";
        let options = if defaults { String::new() } else { format!(" --catalogs {} --out {out}", catalogs.display()) };
        writeln!(
            streams.err,
            "{out} is not up to date; run `{REGENERATE_COMMAND}{options}`, read the diff and commit it"
        )
    }
}
