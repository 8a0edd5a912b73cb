//! What `ask` and `chat` are told on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::Format;
use super::super::source::{OfferArgs, SourceArgs};
use crate::model::agent::{ArgumentsFrom, FirstMove, Limits};

/// Arguments of both commands.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) offer: OfferArgs,
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

impl ModelArgs {
    pub(super) fn limits(&self) -> Limits {
        Limits { tokens_max: self.tokens_max, arguments: self.arguments_from.into(), ..Limits::default() }
    }

    pub(super) fn first_move(&self) -> FirstMove {
        match self.call {
            FirstCall::Auto => FirstMove::Routed,
            FirstCall::Required => FirstMove::CallRequired,
        }
    }
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
pub(in crate::cli) enum From {
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

/// What stands below the options of `ask`.
fn ask_help() -> String {
    let local = if cfg!(feature = "llama") {
        "  airlock-host ask --model model.gguf 'How many beds are free on ward W3?'
  airlock-host ask --model model.gguf --json 'How many beds are free on ward W3?'\n"
    } else {
        ""
    };
    format!("Examples:\n{local}{ASK_HELP}")
}

const ASK_HELP: &str = "  airlock-host ask --endpoint http://127.0.0.1:8080 'How many beds are free on ward W3?'
  airlock-host ask --endpoint unix:/run/llama.sock --json 'How many beds are free on ward W3?'

A model server has to be started so that it can call tools, with a context that has room for them:
  llama-server -m model.gguf --jinja -c 16384     # --endpoint http://127.0.0.1:8080; with --host /run/llama.sock a socket
  OLLAMA_CONTEXT_LENGTH=16384 ollama serve        # --endpoint http://127.0.0.1:11434 --context 16384
  vllm serve MODEL --enable-auto-tool-choice --tool-call-parser NAME        # --endpoint http://127.0.0.1:8000
Its calls go through the same gate, and each is looked at before: the tool must be on offer, and the arguments must have been
said. An answer from fewer tokens than question and tools have words is refused: some servers cut prompts without a word.

JSON: one object a line, each with an `event`: `question`, `offer`, `prefix`, `decided`, `call`, `result`, `cut`, `answer`, and `end` with
the counts of tokens and the times.

Exit codes: 0 answered, 1 the model or a call failed, 2 bad usage.";

/// Arguments of `ask`.
#[derive(Debug, Args)]
#[command(after_help = ask_help())]
pub(crate) struct AskArgs {
    /// The question, in plain words
    pub(super) question: String,
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// Let the model call tools that write or destroy. Without it such a call is refused
    #[arg(long)]
    pub(super) allow_writes: bool,
    /// `human` for people, `json` for programs: one object a line
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
}

/// Arguments of `chat`.
#[derive(Debug, Args)]
#[command(after_help = "\
In the conversation, `/help` tells the commands: list tools, call one by hand, allow or forbid writes, see how much of the
context is used, save and load. Tab completes commands and the names of tools. Ctrl-C ends an answer; twice, or at the prompt,
it leaves. A call that changes data is shown first, and made only if you say so; without a terminal nobody can be asked, so it
is refused.")]
pub(crate) struct ChatArgs {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// Go on with a conversation that `/save` has written
    #[arg(long, value_name = "FILE")]
    pub(super) load: Option<PathBuf>,
    /// Where `/save` and `/load` find conversations; the program can write nowhere else
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) saves: Option<PathBuf>,
    /// Keep the lines that are typed, to find them again with the arrow keys. Without it they are forgotten at the end
    #[arg(long, value_name = "FILE")]
    pub(super) history: Option<PathBuf>,
}
