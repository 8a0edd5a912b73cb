//! Why a call has no answer, in words that a caller can act on.

use std::fmt;

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which check failed.
    pub kind: RefusalKind,
    /// What failed, what to do next, and whether a retry can help. Safe to show to a model.
    pub text: String,
}

impl Refusal {
    /// A refusal of this kind.
    pub fn new(kind: RefusalKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Which check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// No catalog has a tool of this name.
    UnknownTool,
    /// The arguments are not what the tool takes, or cannot be sent without loss.
    Arguments,
    /// The tool changes data and nobody allowed it.
    Approval,
    /// More was read than the tool is cleared for.
    Flow,
    /// The same, and a person could allow this one call.
    FlowApproval,
    /// The upstream was not reached, broke off, or answered with a failure.
    Upstream,
    /// The time for one call ran out.
    Timeout,
    /// The upstream's body or the pruned answer is over its limit.
    TooLarge,
    /// The upstream's answer is not what the document declares.
    Answer,
    /// The prune rule failed on the answer.
    Prune,
    /// The audit record could not be written.
    Audit,
}

impl RefusalKind {
    /// The word in the audit record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::Arguments => "arguments",
            Self::Approval => "approval",
            Self::Flow => "flow",
            Self::FlowApproval => "flow_approval",
            Self::Upstream => "upstream",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Answer => "answer",
            Self::Prune => "prune",
            Self::Audit => "audit",
        }
    }
}
