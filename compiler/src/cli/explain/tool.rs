//! What the rule of a tool keeps of the answer, and what comes of it.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::super::{Exit, OutputFormat, Streams, refused};
use crate::ir::{Catalog, Fields, Tool};
use crate::load::Sources;
use crate::report::{Report, did_you_mean, visible};
use crate::{outline, pipeline};

/// Reads the catalogs as `compile` does, and shows one tool.
pub(super) fn run(name: &str, catalogs: &Path, format: OutputFormat, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let Some(placed) = pipeline::place(catalogs, &mut sources, &mut report) else {
        return refused(&report, &sources, format, streams);
    };
    let compiled = placed.catalogs;
    let mut tools = compiled.iter().flat_map(|catalog| &catalog.tools);
    let Some(tool) = tools.find(|tool| tool.name == name) else {
        return unknown(name, &compiled, streams);
    };
    match format {
        OutputFormat::Human => write_human(tool, streams)?,
        OutputFormat::Json => writeln!(streams.out, "{:#}", as_json(tool))?,
    }
    Ok(Exit::Done)
}

fn write_human(tool: &Tool, streams: &mut Streams<'_>) -> io::Result<()> {
    let out = &mut streams.out;
    writeln!(out, "{}: {} {}\n", tool.name, tool.method.word(), visible(&tool.path))?;
    writeln!(out, "rule:")?;
    for line in tool.rule.lines() {
        writeln!(out, "    {}", visible(line))?;
    }
    writeln!(out, "\nplan {}: holds {} while an answer is read", tool.class.name(), tool.class.holds())?;
    match &tool.fields {
        Fields::Known { kept, dropped, .. } => {
            writeln!(out, "\nkeeps {}:", tool.fields.in_words())?;
            kept.iter().try_for_each(|path| writeln!(out, "    {}", visible(path)))?;
            writeln!(out, "\ndrops {}:", dropped.len())?;
            dropped.iter().try_for_each(|path| writeln!(out, "    {}", visible(path)))?;
        }
        Fields::Unknown | Fields::None => writeln!(out, "\nfields {}", tool.fields.in_words())?,
    }
    writeln!(out, "\ngives:")?;
    outline::of(&tool.output).lines().try_for_each(|line| writeln!(out, "    {line}"))
}

fn as_json(tool: &Tool) -> Value {
    let (kept, dropped) = match &tool.fields {
        Fields::Known { kept, dropped, .. } => (json!(kept), json!(dropped)),
        Fields::None => (json!([]), json!([])),
        Fields::Unknown => (Value::Null, Value::Null),
    };
    json!({
        "tool": tool.name,
        "operation": format!("{} {}", tool.method.word(), tool.path),
        "rule": tool.rule,
        "class": tool.class.name(),
        "fields": tool.fields.in_words(),
        "kept": kept,
        "dropped": dropped,
        "output": outline::of(&tool.output),
    })
}

fn unknown(name: &str, catalogs: &[Catalog], streams: &mut Streams<'_>) -> io::Result<Exit> {
    writeln!(streams.err, "error: no error has the code `{0}`, and no tool the name", visible(name))?;
    let names = catalogs.iter().flat_map(|catalog| &catalog.tools).map(|tool| tool.name.as_str());
    match did_you_mean(name, names) {
        Some(meant) => writeln!(streams.err, "did you mean `{meant}`? `airlock explain` lists all codes")?,
        None => writeln!(streams.err, "`airlock explain` lists all codes; the catalogs list the tools")?,
    }
    Ok(Exit::Invalid)
}
