//! `airlock explain`: of a code what it means, of a tool what its rule keeps.

mod tool;

use std::io;

use serde_json::{Value, json};

use super::{CatalogsArgument, Exit, OutputFormat, Streams};
use crate::explain::{Explanation, explain, explanations};
use crate::report::{did_you_mean, visible};

/// Arguments of `airlock explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Texts in JSON are Markdown: \
{\"code\", \"title\", \"why\", \"example\", \"fix\"};
without a code {\"codes\": [{\"code\", \"title\"}]};
of a tool {\"tool\", \"operation\", \"rule\", \"class\", \"fields\", \"kept\": [path], \"dropped\": [path], \"output\"}.
Paths are as in `items[].id`; `kept` and `dropped` are null where the document has no schema for the answer.")]
pub(super) struct ExplainArguments {
    /// The code of an error, as in `E0107`, or the name of a tool. Without it all codes are listed.
    #[arg(value_name = "CODE|TOOL")]
    subject: Option<String>,
    #[command(flatten)]
    catalogs: CatalogsArgument,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

pub(super) fn run(arguments: &ExplainArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Some(wanted) = &arguments.subject else {
        list(arguments.format, streams)?;
        return Ok(Exit::Done);
    };
    let Some(explanation) = explain(wanted) else {
        if is_tool_name(wanted) {
            return tool::run(wanted, &arguments.catalogs.catalogs, arguments.format, streams);
        }
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

/// Whether a tool is meant: what else has letters and looks like a code is a code that does not exist.
fn is_tool_name(wanted: &str) -> bool {
    let digits = wanted.trim().trim_start_matches(['e', 'E']);
    let is_code = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    !is_code && crate::check::is_tool_name(wanted)
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
