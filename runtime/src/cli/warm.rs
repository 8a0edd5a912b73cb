//! `airlock-host warm`: rules and tools, read once.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::chat::Interrupts;
use super::local::LocalArgs;
use super::progress::Progress;
use super::source::{ContextArg, OfferArgs};
use super::{Context, ExitCode, Format, finish};
use crate::model::agent::{FirstMove, Limits};
use crate::model::llama::Llama;
use crate::model::{Flow, ModelError, Outcome, Piece, PrefixNews, Prompt, Sampling, Turn};

/// Arguments of `airlock-host warm`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every conversation begins with the same rules and tools, and reading them takes longer than anything else. They are kept as the
model has read them, in a file whose name is a digest of the model, the tokens, and whatever else it depends on. `ask` and
`chat` do the same when they first need it. Beside each file is its digest, for `sha256sum -c`; a file that is damaged, or
that others can write, is refused and written anew. It holds rules and tools in clear, and nothing of a conversation.

JSON: {\"tokens\", \"restored\", \"file\", \"bytes\", \"ms\"}

Exit codes: 0 it is kept, 1 it cannot be, 2 bad usage.")]
pub(super) struct WarmArgs {
    /// The model: a GGUF file, one of those that the catalogs list
    #[arg(long, value_name = "FILE.gguf")]
    model: PathBuf,
    #[command(flatten)]
    local: LocalArgs,
    #[command(flatten)]
    context: ContextArg,
    #[command(flatten)]
    offer: OfferArgs,
    /// `human` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(arguments: &WarmArgs, context: &mut Context<'_>) -> ExitCode {
    match warm(arguments, context) {
        Ok(code) | Err(code) => code,
    }
}

fn warm(arguments: &WarmArgs, context: &mut Context<'_>) -> Result<ExitCode, ExitCode> {
    if arguments.local.state().is_none() {
        return Err(context.fail(ExitCode::Usage, "there is no place to keep it; give `--state DIRECTORY`"));
    }
    let (gate, site) = context.open(&arguments.offer.profile, None)?;
    let offer = arguments.offer.offer(&gate).map_err(|fault| context.fail(ExitCode::Usage, &fault))?;
    let (file, tokens) = (&arguments.model, arguments.context.tokens_or_default());
    let prepared = arguments.local.prepare(file, context)?;
    context.confine(&prepared.confinement, &site.isolation)?;
    let interrupts = Interrupts::watch()
        .map_err(|fault| context.fail(ExitCode::Failed, &format!("cannot watch Ctrl-C: {fault}")))?;
    let mut model = arguments.local.load(file, &prepared, tokens, Sampling::default(), &interrupts, context)?;
    let agent = arguments
        .offer
        .agent(&offer, Limits::default(), FirstMove::Routed, &mut model)
        .map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
    let Some(opening) = agent.opening() else {
        let text = "the tools take more than half of the context, so each question has tools of its own and there is nothing \
                    to keep; offer fewer with `--tools` or `--profile`, or raise `--context`";
        return Err(context.fail(ExitCode::Failed, text));
    };
    let started = Instant::now();
    let (turn, news) = read(&mut model, &opening, &interrupts, context)
        .map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
    if turn.outcome == Outcome::Cancelled {
        return Err(context.fail(ExitCode::Failed, "stopped"));
    }
    Ok(print(&news, started.elapsed().as_millis(), arguments.format, context))
}

fn read(
    model: &mut Llama,
    opening: &Prompt,
    interrupts: &Interrupts,
    context: &mut Context<'_>,
) -> Result<(Turn, Vec<PrefixNews>), ModelError> {
    let mut progress = Progress::new();
    let mut all = Vec::new();
    let turn = model.warm(opening, &mut |piece| {
        match piece {
            Piece::Prefill { done, total } => {
                progress.line(context, &format!("reading {done} of {total} tokens of rules and tools"));
            }
            Piece::Prefix(news) => all.push(news.clone()),
            _ => {}
        }
        if interrupts.any() { Flow::Stop } else { Flow::Continue }
    });
    progress.clear(context);
    Ok((turn?, all))
}

fn print(news: &[PrefixNews], milliseconds: u128, format: Format, context: &mut Context<'_>) -> ExitCode {
    let mut code = ExitCode::Failed;
    for one in news {
        let told = match one {
            PrefixNews::Restored { tokens, .. } => {
                code = ExitCode::Done;
                json!({ "tokens": tokens, "restored": true, "file": null, "bytes": null, "ms": milliseconds })
            }
            PrefixNews::Kept { tokens, bytes, file } => {
                code = ExitCode::Done;
                let file = file.display().to_string();
                json!({ "tokens": tokens, "restored": false, "file": file, "bytes": bytes, "ms": milliseconds })
            }
            PrefixNews::Refused { reason } => {
                let _ = writeln!(context.err, "warning: what was kept is refused, and is read anew: {reason}");
                continue;
            }
            PrefixNews::NotKept { reason } => {
                return context.fail(ExitCode::Failed, &format!("it cannot be kept: {reason}"));
            }
        };
        let printed = match (format, one) {
            (Format::Json, _) => writeln!(context.out, "{told}"),
            (Format::Human, PrefixNews::Kept { tokens, bytes, file }) => {
                writeln!(
                    context.out,
                    "{tokens} tokens read in {milliseconds} ms, kept in {} ({bytes} bytes)",
                    file.display()
                )
            }
            (Format::Human, _) => {
                writeln!(context.out, "they were kept already, and are in order; taken in {milliseconds} ms")
            }
        };
        if finish(context, printed) != ExitCode::Done {
            return ExitCode::Failed;
        }
    }
    code
}
