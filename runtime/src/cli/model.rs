//! `airlock-host model`: what a model file is, and whether it calls tools well.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use airlock_offer::ToolList;
use serde_json::{Value, json};

use super::budget::read_list;
use super::chat::{From, Interrupts, loading};
use super::local::confine_to_model;
use super::{Context, ExitCode, Format, finish};
use crate::model::CONTEXT_TOKENS_DEFAULT;
use crate::model::ToolCall;
use crate::model::agent::{Agent, FirstMove, Limits};
use crate::model::llama::{Inspection, Llama, SEQUENCES, Settings, Template, quiet_crashes, threads_default};
use crate::model::offer::{Offer, OfferedTool};
use crate::model::probe::{self, Probe, Score, Verdict};
use crate::untrusted::one_line;

/// Characters of a question or a call that are shown.
const SHOWN_CHARS_MAX: usize = 300;

/// `airlock-host model`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ModelCommand {
    /// Tell what a model file is: architecture, licence, template, digest, the memory that it needs
    Inspect(InspectArgs),
    /// Ask a model questions whose right call is known, and tell which calls were right. Nothing is called
    Check(CheckArgs),
}

/// Arguments of `airlock-host model inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The weights are not loaded. What the file says of itself (name, licence) is its publisher's word; the digest is what to compare
with the one that the publisher gives.

JSON: {\"name\", \"architecture\", \"quantisation\", \"context_tokens\", \"licence\", \"template\": {\"sha256\", \"knows_tools\",
\"fault\"} or null, \"file_bytes\", \"file_sha256\", \"token_bytes\"}

Exit codes: 0 done, 1 the file is no model or its template cannot be used.")]
pub(super) struct InspectArgs {
    /// The model: a GGUF file
    #[arg(value_name = "FILE.gguf")]
    model: PathBuf,
    /// `human` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Arguments of `airlock-host model check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --questions, ten questions about four made-up tools tell whether a model can call tools at all. With them, the tools are
those of this program, or of --list. One question a line:
  {\"ask\": \"Which beds are free on W3?\", \"call\": {\"find_free_beds\": {\"ward_id\": \"W3\"}}}
  {\"ask\": \"Thank you.\", \"call\": null}
`call` may be a list, each of which is right; null means that words are.

Examples:
  airlock-host model check --model model.gguf
  airlock-host model check --model model.gguf --questions questions.jsonl
  airlock tools --sent | airlock-host model check --model model.gguf --questions questions.jsonl --list -

JSON: one object a question, then {\"calls_wanted\", \"tools_right\", \"arguments_right\", \"words_wanted\", \"words_kept\"}

Exit codes: 0 at least nine in ten are right, 1 they are not or the model cannot be used, 2 bad usage.")]
pub(super) struct CheckArgs {
    /// The model: a GGUF file
    #[arg(long, value_name = "FILE.gguf")]
    model: PathBuf,
    /// The questions, one JSON object a line [default: ten that come along]
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Offer the tools of this list instead, as `airlock tools --sent` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE|-", requires = "questions")]
    list: Option<PathBuf>,
    /// Offer these tools, and no others
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', requires = "questions")]
    tools: Vec<String>,
    /// Offer so many tools for a question, those that fit its words best, or all with 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    tools_max: usize,
    /// What may stand in arguments
    #[arg(long, value_enum, default_value_t = From::Conversation)]
    arguments_from: From,
    /// Call if the natural logarithm of the odds of a call against words is above this
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true)]
    call_log_odds_min: f32,
    /// Threads that evaluate [default: the physical cores but one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Tokens that a conversation may have in all, tools included
    #[arg(long, value_name = "TOKENS", default_value_t = CONTEXT_TOKENS_DEFAULT)]
    context: usize,
    /// `human` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(command: &ModelCommand, context: &mut Context<'_>) -> ExitCode {
    quiet_crashes();
    match command {
        ModelCommand::Inspect(arguments) => inspect(arguments, context),
        ModelCommand::Check(arguments) => check(arguments, context),
    }
}

fn inspect(arguments: &InspectArgs, context: &mut Context<'_>) -> ExitCode {
    if let Err(code) = confine_to_model(&arguments.model, None, context) {
        return code;
    }
    let told = match Inspection::of(&arguments.model) {
        Ok(told) => told,
        Err(fault) => return context.fail(ExitCode::Failed, &fault.to_string()),
    };
    let printed = match arguments.format {
        Format::Json => writeln!(context.out, "{:#}", inspection_in_json(&told)),
        Format::Human => print_inspection(&told, context),
    };
    let code = finish(context, printed);
    let is_unusable = matches!(told.template, Template::Unusable(_));
    if code == ExitCode::Done && is_unusable { ExitCode::Failed } else { code }
}

fn inspection_in_json(told: &Inspection) -> Value {
    let template = match &told.template {
        Template::Missing => Value::Null,
        Template::Unusable(fault) => json!({ "fault": fault }),
        Template::Usable { sha256, knows_tools } => json!({ "sha256": sha256, "knows_tools": knows_tools }),
    };
    json!({
        "name": told.name, "architecture": told.architecture, "quantisation": told.quantisation,
        "context_tokens": told.context_tokens, "licence": told.licence, "template": template,
        "file_bytes": told.file_bytes, "file_sha256": told.file_sha256, "token_bytes": told.token_bytes,
    })
}

fn print_inspection(told: &Inspection, context: &mut Context<'_>) -> io::Result<()> {
    let said = |text: &Option<String>| {
        text.as_deref().map_or_else(|| "not said".to_owned(), |text| one_line(text, SHOWN_CHARS_MAX))
    };
    let number = |number: Option<u64>| number.map_or_else(|| "not said".to_owned(), |number| number.to_string());
    let template = match &told.template {
        Template::Missing => "none: plain ChatML is used, and tools are told in its words".to_owned(),
        Template::Unusable(fault) => format!("cannot be used: {}", one_line(fault, SHOWN_CHARS_MAX)),
        Template::Usable { sha256, knows_tools: true } => format!("knows tools, sha256 {sha256}"),
        Template::Usable { sha256, knows_tools: false } => {
            format!("knows no tools: ours are told in words, sha256 {sha256}")
        }
    };
    let default = CONTEXT_TOKENS_DEFAULT as u64;
    let memory = told.token_bytes.map_or_else(
        || "not known".to_owned(),
        |bytes| {
            let all = told.file_bytes + bytes * default * u64::from(SEQUENCES);
            format!("{} MB with {SEQUENCES} contexts of {default} tokens, {bytes} bytes a token", all >> 20)
        },
    );
    for (name, text) in [
        ("name", said(&told.name)),
        ("architecture", said(&told.architecture)),
        ("quantisation", said(&told.quantisation)),
        ("context", format!("{} tokens", number(told.context_tokens))),
        ("licence", said(&told.licence)),
        ("template", template),
        ("memory", memory),
        ("bytes", told.file_bytes.to_string()),
        ("sha256", told.file_sha256.clone()),
    ] {
        writeln!(context.out, "{name:<13} {text}")?;
    }
    Ok(())
}

fn check(arguments: &CheckArgs, context: &mut Context<'_>) -> ExitCode {
    let (tools, probes) = match questions(arguments, context) {
        Ok(questions) => questions,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    let offer = match Offer::new(tools) {
        Ok(offer) => Arc::new(offer),
        Err(fault) => return context.fail(ExitCode::Usage, &fault.to_string()),
    };
    let settings = Settings {
        threads: Some(arguments.threads.map_or_else(threads_default, usize::from)),
        context_tokens: arguments.context,
        gpu_layers: Some(0),
        ..Settings::of(arguments.model.clone())
    };
    if let Err(code) = confine_to_model(&arguments.model, None, context) {
        return code;
    }
    let model = Interrupts::watch()
        .map_err(|fault| format!("cannot watch Ctrl-C: {fault}"))
        .and_then(|interrupts| loading(&settings, &interrupts, context).map_err(|fault| fault.to_string()));
    let model = match model {
        Ok(model) => model,
        Err(fault) => return context.fail(ExitCode::Failed, &fault),
    };
    let limits = Limits {
        tools_max: arguments.tools_max,
        arguments: arguments.arguments_from.into(),
        call_log_odds_min: arguments.call_log_odds_min,
        ..Limits::default()
    };
    ask(&probes, Agent::new(offer, limits, FirstMove::Routed), model, arguments.format, context)
}

fn ask(probes: &[Probe], mut agent: Agent, mut model: Llama, format: Format, context: &mut Context<'_>) -> ExitCode {
    let mut score = Score::default();
    for probe in probes {
        let verdict = match probe::ask(probe, &mut agent, &mut model) {
            Ok(verdict) => verdict,
            Err(fault) => return context.fail(ExitCode::Failed, &fault.to_string()),
        };
        score.add(verdict.grade);
        let printed = match format {
            Format::Json => writeln!(context.out, "{}", in_json(probe, &verdict)),
            Format::Human => print(probe, &verdict, context),
        };
        if printed.and_then(|()| context.out.flush()).is_err() {
            return context.fail(ExitCode::Failed, "cannot write the result");
        }
    }
    let Score { calls_wanted, tools_right, arguments_right, words_wanted, words_kept } = score;
    let printed = match format {
        Format::Json => {
            let score = json!({
                "calls_wanted": calls_wanted, "tools_right": tools_right, "arguments_right": arguments_right,
                "words_wanted": words_wanted, "words_kept": words_kept,
            });
            writeln!(context.out, "{score}")
        }
        Format::Human => writeln!(
            context.out,
            "{calls_wanted} questions want a call: {tools_right} with the right tool, {arguments_right} with the right \
             arguments, too\n{words_wanted} want words: {words_kept} without a call"
        ),
    };
    let code = finish(context, printed);
    let is_good = (arguments_right + words_kept) * 10 >= probes.len() * 9;
    if code == ExitCode::Done && !is_good { ExitCode::Failed } else { code }
}

fn in_json(probe: &Probe, verdict: &Verdict) -> Value {
    json!({
        "ask": probe.ask,
        "grade": verdict.grade.word(),
        "call": verdict.call.as_ref().map(ToolCall::to_json),
        "call_log_odds": verdict.call_log_odds,
    })
}

fn print(probe: &Probe, verdict: &Verdict, context: &mut Context<'_>) -> io::Result<()> {
    let shown = |text: &str| one_line(text, SHOWN_CHARS_MAX);
    let call = verdict.call.as_ref().map_or_else(|| "words".to_owned(), |call| shown(&call.to_json().to_string()));
    let mark = if verdict.grade.is_right() { "right" } else { "WRONG" };
    writeln!(context.out, "{mark}  {}\n       -> {call}", shown(&probe.ask))?;
    if let (false, Some(wanted)) = (verdict.grade.is_right(), probe.calls.first()) {
        writeln!(context.out, "       wanted {}", shown(&wanted.to_json().to_string()))?;
    }
    Ok(())
}

/// What is offered, and what is asked.
fn questions(arguments: &CheckArgs, context: &mut Context<'_>) -> Result<(Vec<OfferedTool>, Vec<Probe>), String> {
    let Some(file) = &arguments.questions else {
        return probe::built_in().map_err(|fault| fault.to_string());
    };
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|fault| format!("{shown}: {fault}"))?;
    let probes = probe::read(&text).map_err(|fault| format!("{shown}: {fault}"))?;
    if probes.is_empty() {
        return Err(format!("{shown} has no question"));
    }
    let list = match &arguments.list {
        None => ToolList::of(context.program.catalogs).text(),
        Some(file) => read_list(file, context).map_err(|fault| format!("{}: {fault}", file.display()))?,
    };
    let mut tools = OfferedTool::of_sent(&list)
        .map_err(|fault| format!("this is no list of tools ({fault}); `airlock tools --sent` prints one"))?;
    if !arguments.tools.is_empty() {
        tools.retain(|tool| arguments.tools.contains(&tool.name));
    }
    let offered = |name: &str| tools.iter().any(|tool| tool.name == name);
    match probes.iter().flat_map(|probe| &probe.calls).find(|call| !offered(&call.tool)) {
        Some(call) => Err(format!("{shown}: no tool on offer is named `{}`", one_line(&call.tool, SHOWN_CHARS_MAX))),
        None => Ok((tools, probes)),
    }
}
