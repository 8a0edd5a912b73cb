//! Which tools are not what was approved.

use super::{Lock, Operation};

/// A tool that is not what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Its name.
    pub tool: String,
    /// In which way.
    pub change: Change,
}

/// In which way a tool is not what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing was approved under that name.
    New,
    /// It calls what it called, and something of it is different.
    Changed,
    /// It calls another operation; this one before.
    Moved(Operation),
    /// It was approved, and there is none of that name.
    Gone,
}

impl Change {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Moved(_) => "moved",
            Self::Gone => "gone",
        }
    }
}

/// The tools that differ between two locks, by name.
pub fn affected(before: &Lock, now: &Lock) -> Vec<Affected> {
    let of_now = now.included.iter().filter_map(|(tool, one)| {
        let change = match before.included.get(tool) {
            None => Change::New,
            Some(approved) if approved.operation != one.operation => Change::Moved(approved.operation.clone()),
            Some(approved) if approved.sha256 != one.sha256 => Change::Changed,
            Some(_) => return None,
        };
        Some(Affected { tool: tool.clone(), change })
    });
    let gone = before.included.keys().filter(|tool| !now.included.contains_key(*tool));
    let gone = gone.map(|tool| Affected { tool: tool.clone(), change: Change::Gone });
    let mut affected: Vec<Affected> = of_now.chain(gone).collect();
    affected.sort_by(|a, b| a.tool.cmp(&b.tool));
    affected
}
