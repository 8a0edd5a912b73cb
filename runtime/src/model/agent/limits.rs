//! What bounds a run, and how a run ends.

use std::time::Duration;

/// Bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Tools that are offered for one question: those that fit its words best. 0 for all.
    pub tools_max: usize,
    /// Turns of the model.
    pub rounds_max: usize,
    /// Tokens that the model writes in all.
    pub tokens_max: usize,
    /// Time from the question to the end.
    pub time_max: Duration,
    /// What may stand in arguments.
    pub arguments: ArgumentsFrom,
    /// See [`crate::model::Want::Either`].
    pub call_log_odds_min: f32,
}

/// What may stand in arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArgumentsFrom {
    /// What the person has said, and what results have given.
    #[default]
    Conversation,
    /// Whatever the schema admits.
    Any,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tools_max: 0,
            rounds_max: 6,
            tokens_max: 1024,
            time_max: Duration::from_mins(10),
            arguments: ArgumentsFrom::Conversation,
            call_log_odds_min: 0.0,
        }
    }
}

/// What the model's first message may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstMove {
    /// A call or words, as the model begins.
    #[default]
    Routed,
    /// A call in any case.
    CallRequired,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer.
    Answered,
    /// The model had nothing to say.
    Empty,
    /// The last call was refused, and the model had nothing to say to it.
    Refused,
    /// `rounds_max` turns without an answer.
    Rounds,
    /// `tokens_max` tokens were written.
    Tokens,
    /// `time_max` passed.
    Time,
    /// The listener stopped it.
    Stopped,
}

impl End {
    /// Why there is no answer, or not a whole one; none if there is.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Answered => None,
            Self::Empty => Some("the model gave no answer; ask in other words"),
            Self::Refused => Some("the call was refused; the reason stands above"),
            Self::Rounds => Some("the model kept calling tools without answering; ask for less at once"),
            Self::Tokens => Some("the answer was cut at the limit of tokens; raise `--tokens-max` or ask for less"),
            Self::Time => Some("the time for one question ran out; ask for less, or give more threads"),
            Self::Stopped => Some("stopped"),
        }
    }
}
