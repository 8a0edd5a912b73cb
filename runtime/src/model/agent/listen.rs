//! Whom a run talks with: the gate on one side, whoever watches on the other.

use super::super::offer::OfferedTool;
use super::super::{Flow, PrefixNews, ToolCall, Usage};
use crate::gate::{self, Approval, ArgumentSource};

/// The one way from here to an upstream.
pub trait Tools {
    /// Makes the call, or says why not.
    fn call(&mut self, call: &ToolCall, sources: Vec<ArgumentSource>, approval: Approval) -> gate::Outcome;

    /// Whether a person has to allow this call although its tool may only read: because of what was read before.
    fn needs_person(&self, _call: &ToolCall) -> bool {
        false
    }
}

/// Who watches a run.
pub trait Listener {
    /// Told of everything; [`Flow::Stop`] ends the run. Called every few milliseconds while the model works.
    fn hear(&mut self, event: Event<'_>) -> Flow;

    /// Whether this call, which changes data or sends on what was read, may run, and who says so.
    fn approve(&mut self, tool: &OfferedTool, call: &ToolCall) -> Approval;
}

/// What happens in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// The tools that are offered for this question, of so many.
    Offered { tools: &'a [OfferedTool], of: usize },
    /// So many of so many tokens of the conversation are read.
    Prefill { done: usize, total: usize },
    /// The next words of the answer.
    Text(&'a str),
    /// How likely a call was, before anything was written: see [`crate::model::Want::Either`].
    Decided { log_odds: f32 },
    /// The model wrote a call, with arguments that were said there.
    Call { call: &'a ToolCall, sources: &'a [ArgumentSource] },
    /// The call is over.
    Result { call: &'a ToolCall, outcome: &'a gate::Outcome },
    /// What became of the reading of rules and tools that is kept in a file.
    Prefix(&'a PrefixNews),
    /// A result had to be cut: the model sees so many of so many records.
    Cut { shown: usize, of: usize },
    /// The oldest questions had to leave the conversation, with their answers.
    Forgotten { questions: usize },
    /// A turn of the model is over.
    Usage(Usage),
    /// Nothing new.
    Tick,
}
