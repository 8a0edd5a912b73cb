//! `ask` and `chat`: the embedded model, with tools behind the gate.
//!
//! What is shown is what happened: the question, each call as the model wrote it, the request that went out, the bytes
//! before and after pruning, and the answer as it is written. No control sequence reaches a pipe, and no control
//! character of a model or an upstream reaches a terminal.

mod interrupt;
mod lines;
mod setup;
mod show;

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};

use super::{Context, ExitCode, ProfileArg};
use crate::model::Model as _;
use crate::model::agent::{Agent, ArgumentsFrom, End, FirstMove, Limits};
use crate::model::llama::{CONTEXT_TOKENS_DEFAULT, Llama, quiet_crashes};
use lines::{Line, Lines};
use setup::GateTools;
use show::{Consent, Display, Show};

pub(super) use interrupt::Interrupts;
pub(super) use show::loading;

/// Arguments of both commands.
#[derive(Debug, Args)]
struct ModelArgs {
    /// The model: a GGUF file
    #[arg(long, value_name = "FILE.gguf")]
    model: std::path::PathBuf,
    #[command(flatten)]
    profile: ProfileArg,
    /// Offer exactly these tools, in this order [default: those that fit the question's words best]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    tools: Vec<String>,
    /// Without `--tools`: offer so many tools for a question, or all with 0. A small model picks better from few
    #[arg(long, value_name = "N", default_value_t = 5)]
    tools_max: usize,
    /// Threads that evaluate; never more than there are free cores [default: the physical cores but one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Tokens that a conversation may have in all, tools included
    #[arg(long, value_name = "TOKENS", default_value_t = CONTEXT_TOKENS_DEFAULT)]
    context: usize,
    /// Tokens that the model may write for one question
    #[arg(long, value_name = "TOKENS", default_value_t = 1024)]
    tokens_max: usize,
    /// What may stand in arguments
    #[arg(long, value_enum, default_value_t = From::Conversation)]
    arguments_from: From,
    /// Whether the model may answer without a call
    #[arg(long, value_enum, default_value_t = FirstCall::Auto)]
    call: FirstCall,
}

/// What the first message of the model may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FirstCall {
    /// A call or words, as the model begins.
    Auto,
    /// A call in any case.
    Required,
}

/// What may stand in the arguments of a call that the model writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum From {
    /// What the question says, and what results have given.
    Conversation,
    /// Whatever the tool takes; small models make things up.
    Any,
}

impl std::convert::From<From> for ArgumentsFrom {
    fn from(from: From) -> Self {
        match from {
            From::Conversation => Self::Conversation,
            From::Any => Self::Any,
        }
    }
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  airlock-host ask 'How many beds are free on ward W3?' --model model.gguf\n\n\
                        Exit codes: 0 answered, 1 the model or a call failed, 2 bad usage.")]
pub(crate) struct AskArgs {
    /// The question, in plain words
    question: String,
    #[command(flatten)]
    model: ModelArgs,
    /// Let the model call tools that write or destroy. Without it such a call is refused
    #[arg(long)]
    allow_writes: bool,
    /// `human` for people, `json` for programs: one object a line
    #[arg(long, value_enum, default_value_t = super::Format::Human)]
    format: super::Format,
}

/// Arguments of `chat`.
#[derive(Debug, Args)]
#[command(
    after_help = "In the conversation:\n  /tools   list the tools on offer\n  /clear   start afresh\n  /quit    leave\n\
                        Ctrl-C ends an answer; twice leaves. A call that changes data is asked for first."
)]
pub(crate) struct ChatArgs {
    #[command(flatten)]
    model: ModelArgs,
}

/// One question, one answer.
pub(crate) fn ask(arguments: &AskArgs, context: &mut Context<'_>) -> ExitCode {
    quiet_crashes();
    if arguments.question.trim().is_empty() {
        return context.fail(ExitCode::Usage, "the question is empty");
    }
    let consent = if arguments.allow_writes { Consent::Always } else { Consent::Never };
    let display = if arguments.format == super::Format::Json { Display::Json } else { Display::Human };
    let (mut agent, mut tools, mut model, interrupts) = match open(&arguments.model, context) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let mut show = Show::new(display, consent, &interrupts, None, context);
    show.question(&arguments.question);
    let end = agent.ask(&arguments.question, &mut model, &mut tools, &mut show);
    show.end(&end)
}

/// Questions from standard input, until it ends.
pub(crate) fn chat(arguments: &ChatArgs, context: &mut Context<'_>) -> ExitCode {
    quiet_crashes();
    let (mut agent, mut tools, mut model, interrupts) = match open(&arguments.model, context) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let terminal = std::io::stdin().is_terminal();
    let lines = Lines::start(&interrupts);
    let _ = writeln!(
        context.err,
        "{} with {} tools. /tools lists them, /quit leaves.",
        crate::untrusted::quoted(&model.identity().name),
        agent.offer().tools().len()
    );
    loop {
        if terminal {
            let _ = write!(context.err, "> ").and_then(|()| context.err.flush());
        }
        let line = match lines.next() {
            Line::Text(line) => line,
            Line::End => return ExitCode::Done,
            Line::Interrupted => {
                let _ = writeln!(context.err);
                return ExitCode::Done;
            }
            Line::Broken(fault) => return context.fail(ExitCode::Usage, &format!("cannot read the question: {fault}")),
        };
        match line.trim() {
            "" => {}
            "/quit" => return ExitCode::Done,
            "/clear" => agent.clear(),
            "/tools" => show::tools(agent.offer(), context),
            command if command.starts_with('/') => {
                let _ = writeln!(context.err, "there is no such command; /tools, /clear and /quit are all");
            }
            question => {
                interrupts.reset();
                // Without a terminal nobody can be asked.
                let consent = if terminal { Consent::Ask } else { Consent::Never };
                let asked_on = terminal.then_some(&lines);
                let mut show = Show::new(Display::Human, consent, &interrupts, asked_on, context);
                let end = agent.ask(question, &mut model, &mut tools, &mut show);
                show.end(&end);
                if interrupts.count() > 1 {
                    return ExitCode::Done;
                }
                interrupts.reset();
                if let Err(crate::model::ModelError::Gone) = end {
                    return ExitCode::Failed;
                }
            }
        }
    }
}

/// Everything that a conversation needs. Faults are written to `err`. What is cheap to check comes first.
fn open(arguments: &ModelArgs, context: &mut Context<'_>) -> Result<(Agent, GateTools, Llama, Interrupts), ExitCode> {
    let gate = context.gate(&arguments.profile)?;
    let offer = setup::offer(&gate, &arguments.tools).map_err(|fault| context.fail(ExitCode::Usage, &fault))?;
    let interrupts = Interrupts::watch()
        .map_err(|fault| context.fail(ExitCode::Failed, &format!("cannot watch Ctrl-C: {fault}")))?;
    let runtime =
        super::runtime().map_err(|fault| context.fail(ExitCode::Failed, &format!("cannot start: {fault}")))?;
    let settings = crate::model::llama::Settings {
        file: arguments.model.clone(),
        threads: arguments.threads.map(usize::from),
        context_tokens: arguments.context,
    };
    let model =
        loading(&settings, &interrupts, context).map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
    let tools_max = if arguments.tools.is_empty() { arguments.tools_max } else { 0 };
    let limits = Limits {
        tools_max,
        tokens_max: arguments.tokens_max,
        arguments: arguments.arguments_from.into(),
        ..Limits::default()
    };
    let first_move = match arguments.call {
        FirstCall::Auto => FirstMove::Routed,
        FirstCall::Required => FirstMove::CallRequired,
    };
    let agent = Agent::new(offer, limits, first_move);
    let tools = GateTools::new(gate, runtime, interrupts.clone());
    Ok((agent, tools, model, interrupts))
}

/// The exit code of a run.
fn code(end: &Result<End, crate::model::ModelError>) -> ExitCode {
    if matches!(end, Ok(End::Answered)) { ExitCode::Done } else { ExitCode::Failed }
}
