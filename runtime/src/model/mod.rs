//! The model host: a question goes in, calls and an answer come out.
//!
//! [`Model`] is the waist. Above it stands [`agent`], which knows tools and rounds and nothing of how words come about; below
//! it stands `llama`, which knows tokens and threads and nothing of tools being called. A model server inside the perimeter
//! can take the place of the second: [`endpoint`] opens the one socket there is here, to the address that the operator gives.
//! No call leaves but through the gate.

pub mod agent;
pub mod callable;
pub mod encode;
pub mod endpoint;
pub mod grammar;
pub mod ground;
pub mod leave;
#[cfg(feature = "llama")]
pub mod llama;
pub mod offer;
pub mod probe;
pub mod route;
pub mod shortlist;
pub mod template;
pub mod text;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::gate::TokenCount;
use grammar::CallGrammar;
use offer::Offer;

/// Something that reads a conversation and writes the next message.
pub trait Model {
    /// What is loaded, for the audit record and for people.
    fn identity(&self) -> &ModelIdentity;

    /// Tokens of the prompt as [`Model::turn`] would read it. Costs no evaluation.
    fn count(&mut self, prompt: &Prompt) -> Result<usize, ModelError>;

    /// Writes the next message of the conversation, of at most `tokens_max` tokens.
    ///
    /// `out` is called often, also while there is nothing to say ([`Piece::Tick`]); [`Flow::Stop`] ends the turn with
    /// [`Outcome::Cancelled`] at once.
    fn turn(
        &mut self,
        prompt: &Prompt,
        want: Want,
        tokens_max: usize,
        out: &mut dyn FnMut(Piece<'_>) -> Flow,
    ) -> Result<Turn, ModelError>;

    /// What counts the tokens of a text while no turn runs, for the audit record; none where nobody can.
    fn token_count(&self) -> Option<TokenCount> {
        None
    }
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0 for the likeliest token each time; the greater, the more evenly it is drawn.
    pub temperature: f32,
    /// Where drawing begins. The same seed gives the same answer on one machine with as many threads.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, seed: 0 }
    }
}

/// Tokens of context without a wish: room for some fifteen tools and a long answer, about 100 MB at half a billion
/// parameters.
pub const CONTEXT_TOKENS_DEFAULT: usize = 8192;

/// What is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIdentity {
    /// The model's own name for itself.
    pub name: String,
    /// Where it runs; none if that is here.
    pub address: Option<String>,
    /// SHA-256 of the chat template in use, in lower-case hexadecimal; empty if a server has it.
    pub template_sha256: String,
    /// Tokens that a conversation may have in all.
    pub context_tokens: usize,
    /// Tokens that are evaluated at a time while a prompt is read. Part of what makes an answer repeatable; 0 if not known.
    pub slice_tokens: usize,
    /// Threads that evaluate; 0 if not known.
    pub threads: usize,
    /// SHA-256 of the model's file, in lower-case hexadecimal; none if there is no file here.
    pub file_sha256: Option<String>,
    /// Whether a call is always one of [`Prompt::calls`]. Where it is not, whoever asks has to look.
    pub is_constrained: bool,
    /// Whether it answers better from what was found alone, without tools in sight. Small models do.
    pub answers_apart: bool,
}

/// A conversation, ready to be continued by the model.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The tools on offer; none for plain talk.
    pub offer: Option<Arc<Offer>>,
    /// The calls that can be written now; none for words alone.
    pub calls: Option<CallGrammar>,
    /// The messages so far, oldest first.
    pub messages: Vec<Message>,
    /// Whether other conversations begin with the same rules and tools, so that what was read of them is worth keeping.
    pub is_shared: bool,
}

/// One message. All text in it is data: nothing in it can become a control token.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The rules, set by us.
    System(String),
    /// A person's words.
    User(String),
    /// The model's words.
    Assistant(String),
    /// A call that the model wrote.
    Call(ToolCall),
    /// What the call came to, as text for the model.
    Result(String),
    /// Our own words to the model, in a person's place.
    Reminder(String),
}

/// A call that the model wrote. Under a grammar it is valid; what a server sends can be anything.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
    /// The arguments, in the order in which they were written.
    pub arguments: Map<String, Value>,
}

impl ToolCall {
    /// As questions whose right call is known name it: `{TOOL: {ARGUMENTS}}`.
    pub fn to_json(&self) -> Value {
        let mut named = Map::new();
        named.insert(self.tool.clone(), Value::Object(self.arguments.clone()));
        Value::Object(named)
    }

    /// A call whose arguments are no JSON object. It is never made: whoever makes calls refuses it in words.
    pub fn unreadable(tool: String, written: &str) -> Self {
        let arguments = [(UNREADABLE.to_owned(), written.into())].into_iter().collect();
        Self { tool, arguments }
    }

    /// Whether this is such a call.
    pub fn is_unreadable(&self) -> bool {
        self.arguments.contains_key(UNREADABLE)
    }
}

/// Stands in the place of arguments that cannot be read. No argument has such a name.
const UNREADABLE: &str = "(not a JSON object)";

/// What the next message may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    /// Words only.
    Text,
    /// A call only.
    Call,
    /// The model's choice, made by its first token: a call if the natural logarithm of the odds of one is above this.
    Either {
        /// 0 where a call has to be likelier than words.
        log_odds_min: f32,
    },
    /// A call if it is likely enough, and else nothing: [`Outcome::NoCall`].
    CallIfLikely {
        /// As for [`Want::Either`].
        log_odds_min: f32,
    },
}

/// What a running turn has to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece<'a> {
    /// So many of so many tokens of the prompt are read.
    Prefill { done: usize, total: usize },
    /// The natural logarithm of the odds of a call against words, before anything is written, where that is the choice.
    Decided { log_odds: f32 },
    /// What became of the reading of rules and tools that is kept in a file.
    Prefix(&'a PrefixNews),
    /// The next words. Whole characters, no control characters.
    Text(&'a str),
    /// Nothing new; a moment to look at clocks and signals.
    Tick,
}

/// What became of the reading of rules and tools, which is the same for every conversation and so is kept in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrefixNews {
    /// It was taken from the file.
    Restored { tokens: usize, milliseconds: u64 },
    /// The file was not what it should be, so that everything is read anew.
    Refused { reason: String },
    /// It was written to this file.
    Kept { tokens: usize, bytes: u64, file: PathBuf },
    /// It could not be written, so that the next conversation reads it again.
    NotKept { reason: String },
}

/// Whether the turn goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Continue,
    /// It ends now.
    Stop,
}

/// A finished turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// How it ended.
    pub outcome: Outcome,
    /// What it cost.
    pub usage: Usage,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Words, whole.
    Text(String),
    /// A call is not likely enough, and nothing else was wanted.
    NoCall,
    /// One call or several, complete. Never none.
    Calls(Vec<ToolCall>),
    /// `tokens_max` or the context was reached; what was written of a call is thrown away.
    LengthLimit(String),
    /// [`Flow::Stop`] was given.
    Cancelled,
}

/// What a turn cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of them, tokens that did not have to be evaluated again.
    pub reused_tokens: usize,
    /// Tokens that were written.
    pub written_tokens: usize,
    /// Milliseconds until the first token.
    pub prefill_ms: u64,
    /// Milliseconds from the first token to the end.
    pub write_ms: u64,
}

/// Why a model could not be loaded or a turn could not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// The file cannot be used; the text says why and the way out.
    Load(String),
    /// The model's chat template cannot be used.
    Template(String),
    /// The conversation is longer than the context.
    ContextFull { needed: usize, available: usize },
    /// The grammar engine gave up. The turn ends: nothing is ever written unconstrained in its place.
    Grammar(String),
    /// llama.cpp refused.
    Evaluate(String),
    /// The model server cannot be used; the text says which, why, and the way out.
    Server(String),
    /// The model server has read fewer tokens than the prompt has at the very least.
    PromptCut { read: usize, least: usize },
    /// The thread that owns the model is gone.
    Gone,
}

impl fmt::Display for ModelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(text) => write!(formatter, "the model cannot be loaded: {text}"),
            Self::Template(text) => write!(formatter, "the model's chat template cannot be used: {text}"),
            Self::ContextFull { needed, available } => write!(
                formatter,
                "the conversation needs {needed} tokens and the context has {available}; start afresh, offer fewer \
                 tools with `--tools`, or raise `--context`"
            ),
            Self::Grammar(text) => write!(formatter, "the call could not be constrained, so none was made: {text}"),
            Self::Evaluate(text) => write!(formatter, "llama.cpp could not evaluate the conversation: {text}"),
            Self::Server(text) => formatter.write_str(text),
            Self::PromptCut { read, least } => write!(
                formatter,
                "the model server has read {read} tokens of a prompt that has {least} at the very least: it cuts prompts that \
                 are longer than its context, or its chat template leaves the tools out, so its answer counts for nothing; \
                 raise its context (llama-server `-c`, vLLM `--max-model-len`, Ollama `OLLAMA_CONTEXT_LENGTH` or \
                 `PARAMETER num_ctx` in a Modelfile, since it ignores `num_ctx` in requests), or serve a model whose template \
                 knows tools"
            ),
            Self::Gone => formatter.write_str("the model's thread has ended; start the program again"),
        }
    }
}

impl std::error::Error for ModelError {}
