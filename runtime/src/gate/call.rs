//! What goes into the gate and what comes out of it, as plain data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::session::Session;
use crate::refusal::{Refusal, RefusalKind};

/// One call, as it arrives.
#[derive(Clone, Debug)]
pub struct Call {
    /// The tool's name, as the caller wrote it.
    pub tool: String,
    /// The arguments, as the caller wrote them. Nothing is checked yet.
    pub arguments: Map<String, Value>,
    /// Who calls.
    pub caller: Caller,
    /// Whether a person, or the operator's setting, has allowed this call.
    pub approval: Approval,
    /// Where the embedded model has its arguments from; nothing for other callers, who do not say.
    pub sources: Vec<ArgumentSource>,
    /// The conversation that it belongs to. Without one nothing is known of what was read, and all that is offered counts.
    pub session: Option<Arc<Session>>,
    /// Which question of the conversation it is made for, from 1; none where that is not known.
    pub turn: Option<u32>,
    /// Who that is, as far as it is known: `uid:1000`, or over HTTP `token` or `none`.
    pub principal: Option<String>,
    /// The model that wrote it, if one did.
    pub model: Option<Writer>,
}

/// A model that writes calls.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Its own name for itself, or the one that a server gives it.
    pub name: String,
    /// SHA-256 of its file in lower-case hexadecimal, if there is one here.
    pub file_sha256: Option<String>,
    /// How many tokens it takes a text for, if it can be asked.
    pub tokens: Option<TokenCount>,
}

/// Counts the tokens of a text as one model reads it; none where it cannot be asked any more.
#[derive(Clone)]
pub struct TokenCount(pub Arc<Count>);

type Count = dyn Fn(&str) -> Option<usize> + Send + Sync;

impl fmt::Debug for TokenCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenCount(…)")
    }
}

impl Call {
    /// A call by whoever runs this process, who does not say where its arguments are from.
    pub fn new(tool: &str, arguments: Map<String, Value>, caller: Caller, approval: Approval) -> Self {
        let principal = Some(Self::of_user(rustix::process::getuid().as_raw()));
        let (tool, sources) = (tool.to_owned(), Vec::new());
        Self { tool, arguments, caller, approval, sources, session: None, turn: None, principal, model: None }
    }

    /// A user of this machine, as a principal.
    pub fn of_user(uid: u32) -> String {
        format!("uid:{uid}")
    }

    /// The same within a conversation.
    #[must_use]
    pub fn within(self, session: Option<&Arc<Session>>) -> Self {
        Self { session: session.cloned(), ..self }
    }
}

/// Where a text or a number in an argument was said. It goes into the audit record, so it holds no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentSource {
    /// The argument, and the way to what is inside of it: `body.reason`.
    pub argument: String,
    /// Whose words these were.
    pub origin: Origin,
    /// Bytes before it in that text; none if it stood inside of a value.
    pub offset: Option<usize>,
}

/// Whose words something stood in. Both are counted from 1, from the first message that the model still knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person's.
    Question(usize),
    /// What a call came to.
    Result(usize),
}

impl fmt::Display for ArgumentSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Question(number) => write!(formatter, "question {number}")?,
            Origin::Result(number) => write!(formatter, "result {number}")?,
        }
        match self.offset {
            Some(offset) => write!(formatter, ", byte {offset}"),
            None => Ok(()),
        }
    }
}

/// Who calls a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An MCP client.
    Mcp,
    /// The embedded model.
    Model,
    /// `airlock-host call`.
    Command,
}

impl Caller {
    /// The word in the audit record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Model => "model",
            Self::Command => "command",
        }
    }
}

/// Whether a tool that changes data may run. A tool that only reads needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nobody has allowed it.
    None,
    /// A person was asked about this call, and said no.
    Declined,
    /// The operator allows all such calls: `--allow-writes`, `--approve`.
    Operator,
    /// A person was asked about this call, and said yes.
    Person,
    /// A person was asked about this call, was told that something of this label would be sent on, and said yes.
    PersonTold(&'static str),
}

impl Approval {
    /// Whether the call may run.
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Operator | Self::Person | Self::PersonTold(_))
    }

    /// The word in the audit record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Declined => "declined",
            Self::Operator => "operator",
            Self::Person | Self::PersonTold(_) => "person",
        }
    }
}

/// What a prune rule kept of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pruned {
    /// As a value. A number with more digits than a double has loses them here.
    pub value: Value,
    /// As compact JSON, its numbers as the upstream wrote them.
    pub json: String,
    /// The same in the tool's form, where that is not JSON.
    pub rows: Option<String>,
    /// In what it is not what the document declares.
    pub misfit: Option<String>,
    /// What the caller has to know beside it, such as that there is more.
    pub note: Option<String>,
    /// A file that goes along, where the catalog lets it.
    pub file: Option<ReceivedFile>,
}

/// A file that an upstream gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedFile {
    /// Its media type, without parameters.
    pub media_type: String,
    /// What it is made of.
    pub bytes: Bytes,
}

impl From<Value> for Pruned {
    fn from(value: Value) -> Self {
        Self { json: value.to_string(), value, rows: None, misfit: None, note: None, file: None }
    }
}

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The pruned answer, or why there is none.
    pub answer: Result<Pruned, Refusal>,
    /// Method and target as they were sent, or would be if the call were approved, without credentials; none if the call was
    /// refused before.
    pub request: Option<String>,
    /// Bytes of the upstream's body that were read.
    pub upstream_bytes: u64,
    /// Bytes of the answer as compact JSON; 0 without one.
    pub answer_bytes: u64,
    /// From the call's arrival to here.
    pub duration: Duration,
}

impl Outcome {
    /// Of a call that somebody ended before it had an answer, as far as it is known to who ended it: the record that the gate
    /// writes says more.
    pub fn stopped() -> Self {
        Self::refused(RefusalKind::Upstream, "the call was stopped".to_owned())
    }

    /// Of a call that was not made.
    pub fn refused(kind: RefusalKind, text: String) -> Self {
        let refusal = Refusal::new(kind, text);
        Self { answer: Err(refusal), request: None, upstream_bytes: 0, answer_bytes: 0, duration: Duration::ZERO }
    }
}
