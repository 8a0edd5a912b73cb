//! Where what a tool has given may go: labels of a small chain, after FIDES (arXiv 2505.23643).
//!
//! A model mixes all that it has read, so any result may stand in any later argument. A label says how confidential a result
//! is, a clearance how confidential the things may be that were read before arguments are sent. Both are words of
//! [`crate::Program::labels`], which are in order, the lowest first.

/// The labels of one tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Of what the prune rule gives.
    pub label: &'static str,
    /// Of the operation's answers before the rule. Where it is above [`Flow::label`], an upstream's own words about a
    /// failure are not passed on, since no rule has looked at them.
    pub unpruned: &'static str,
    /// The highest label that may have been read before arguments are sent to this tool.
    pub clearance: &'static str,
    /// What becomes of a call when more has been read.
    pub above: Above,
    /// The tools whose results may be sent on by this one, whatever their labels.
    pub declassified: &'static [Declassified],
}

/// What becomes of a call when something above its clearance has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    /// It is refused.
    Refused,
    /// A person is asked about this one call, who is told what was read.
    Asked,
}

impl Above {
    /// The word that `catalog.yaml` uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refuse",
            Self::Asked => "ask",
        }
    }
}

/// A flow that somebody answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declassified {
    /// The tool whose results may be sent on.
    pub from: &'static str,
    /// Why, one line for people who review it.
    pub reason: &'static str,
}
