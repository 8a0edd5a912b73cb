//! `airlock explain`.

use std::io;

use serde_json::{Value, json};

use super::{Exit, OutputFormat, Streams};
use crate::explain::{Explanation, explain, explanations};
use crate::report::{did_you_mean, visible};

/// Arguments of `airlock explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Texts in JSON are Markdown: \
{\"code\", \"title\", \"why\", \"example\", \"fix\"};
without a code {\"codes\": [{\"code\", \"title\"}]}")]
pub(super) struct ExplainArguments {
    /// The code of an error, as in `E0107`. Without it all codes are listed.
    code: Option<String>,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

pub(super) fn run(arguments: &ExplainArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Some(wanted) = &arguments.code else {
        list(arguments.format, streams)?;
        return Ok(Exit::Done);
    };
    let Some(explanation) = explain(wanted) else {
        unknown(wanted, streams)?;
        return Ok(Exit::Invalid);
    };
    match arguments.format {
        OutputFormat::Human => write!(streams.out, "{}", explanation.text())?,
        OutputFormat::Json => {
            let Explanation { code, title, why, example, fix } = explanation;
            let value = json!({"code": code, "title": title, "why": why, "example": example, "fix": fix});
            writeln!(streams.out, "{value:#}")?;
        }
    }
    Ok(Exit::Done)
}

fn list(format: OutputFormat, streams: &mut Streams<'_>) -> io::Result<()> {
    let explanations = explanations();
    match format {
        OutputFormat::Human => {
            for Explanation { code, title, .. } in explanations {
                writeln!(streams.out, "{code}  {title}")?;
            }
            Ok(())
        }
        OutputFormat::Json => {
            let codes: Vec<Value> =
                explanations.iter().map(|one| json!({"code": one.code, "title": one.title})).collect();
            writeln!(streams.out, "{:#}", json!({"codes": codes}))
        }
    }
}

fn unknown(wanted: &str, streams: &mut Streams<'_>) -> io::Result<()> {
    writeln!(streams.err, "error: no error has the code `{}`", visible(wanted))?;
    let explanations = explanations();
    // Many codes are one digit away; those of the same step are the likely ones.
    let step = |code: &str| code.chars().take(3).collect::<String>().to_ascii_uppercase();
    let codes = || explanations.iter().map(|one| one.code);
    let near = did_you_mean(wanted, codes().filter(|code| step(code) == step(wanted)));
    match near.or_else(|| did_you_mean(wanted, codes())) {
        Some(code) => writeln!(streams.err, "did you mean `{code}`? `airlock explain` lists all codes"),
        None => writeln!(streams.err, "`airlock explain` lists all codes"),
    }
}
