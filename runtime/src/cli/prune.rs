//! `airlock-host prune`: a tool's rule on an answer that is at hand, without an upstream.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use airlock_contract::Tool;
use airlock_prune::{Plan, Rule, indented, rows};
use serde_json::json;

use super::{Context, ExitCode, Format, finish};
use crate::arguments::suggestion;

/// Arguments of `airlock-host prune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  airlock-host prune find_patients answer.json --model model.gguf\n\n\
    JSON: {\"result\", \"class\", \"bytes_in\", \"bytes_out\", \"rows\": text or null}, with `--model` also \"tokens_in\" and \
    \"tokens_out\"\n\nThe result is written as the tool writes it for a model; `airlock prune` tries rules that are not \
    compiled yet.")]
pub(super) struct PruneArgs {
    /// The tool's name, as `airlock-host tools` prints it
    tool: String,
    /// The answer, one JSON text [default: standard input]
    body: Option<PathBuf>,
    /// Count the tokens that this model reads, too: a GGUF file, of which the vocabulary alone is loaded
    #[cfg(feature = "llama")]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// `human` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What a rule made of an answer.
struct Made {
    json: String,
    rows: Option<String>,
    class: &'static str,
    body: Vec<u8>,
}

pub(super) fn run(arguments: &PruneArgs, context: &mut Context<'_>) -> ExitCode {
    let made = match made(arguments, context) {
        Ok(made) => made,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    let shown = made.rows.as_deref().unwrap_or(&made.json);
    #[cfg(feature = "llama")]
    if let Some(model) = &arguments.model
        && let Err(code) = super::local::confine_to_model(model, None, context)
    {
        return code;
    }
    let tokens = match tokens(arguments, &made.body, shown) {
        Ok(tokens) => tokens,
        Err(fault) => return context.fail(ExitCode::Failed, &fault),
    };
    let (bytes_in, bytes_out) = (made.body.len(), shown.len());
    if arguments.format == Format::Json {
        let (rows, class) = (json!(made.rows), made.class);
        let tokens = tokens.map(|(before, after)| format!(",\"tokens_in\":{before},\"tokens_out\":{after}"));
        let printed = writeln!(
            context.out,
            "{{\"result\":{},\"class\":\"{class}\",\"bytes_in\":{bytes_in},\"bytes_out\":{bytes_out},\"rows\":{rows}{}}}",
            made.json,
            tokens.unwrap_or_default()
        );
        return finish(context, printed);
    }
    let printed = match &made.rows {
        Some(rows) => writeln!(context.out, "{rows}"),
        None => writeln!(context.out, "{}", indented(&made.json)),
    };
    let tokens = tokens.map(|(before, after)| format!(", {before} -> {after} tokens")).unwrap_or_default();
    // The result is out; a summary that nobody can read is no failure.
    let _ = writeln!(context.err, "{bytes_in} -> {bytes_out} bytes{tokens}; plan {}", made.class);
    finish(context, printed)
}

fn made(arguments: &PruneArgs, context: &mut Context<'_>) -> Result<Made, String> {
    let tools: Vec<&Tool> = context.program.catalogs.iter().flat_map(|catalog| catalog.tools).collect();
    let tool = tools.iter().find(|tool| tool.name == arguments.tool).ok_or_else(|| {
        let hint = suggestion(&arguments.tool, tools.iter().map(|tool| tool.name));
        format!("unknown tool; {hint}")
    })?;
    let plan = Plan::new(&Rule::from(&tool.prune)).map_err(|fault| fault.to_string())?;
    let body =
        body(arguments.body.as_deref(), context).map_err(|fault| format!("the answer cannot be read: {fault}"))?;
    let json = plan.run(&body, u64::MAX).map_err(|fault| fault.to_string())?;
    let rows = rows(&json, tool.form).map_err(|fault| fault.to_string())?;
    Ok(Made { json, rows, class: plan.class().name(), body })
}

fn body(path: Option<&Path>, context: &mut Context<'_>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(path) = path {
        File::open(path)?.read_to_end(&mut body)?;
        return Ok(body);
    }
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        writeln!(context.err, "reading the answer from the terminal; end it with Ctrl-D")?;
    }
    input.read_to_end(&mut body)?;
    Ok(body)
}

/// Tokens before and after, where a model was named.
#[cfg(feature = "llama")]
fn tokens(arguments: &PruneArgs, body: &[u8], shown: &str) -> Result<Option<(usize, usize)>, String> {
    let Some(file) = &arguments.model else { return Ok(None) };
    let counter = crate::model::llama::TokenCounter::load(file).map_err(|fault| fault.to_string())?;
    Ok(Some((counter.count(&String::from_utf8_lossy(body)), counter.count(shown))))
}

#[cfg(not(feature = "llama"))]
#[expect(clippy::unnecessary_wraps, reason = "as with a model")]
fn tokens(_: &PruneArgs, _: &[u8], _: &str) -> Result<Option<(usize, usize)>, String> {
    Ok(None)
}
