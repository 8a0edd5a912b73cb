//! Which tools and prompts are not what was approved.

use std::collections::BTreeMap;

use super::{Lock, Operation};

/// What is approved, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A tool.
    Tool(String),
    /// A prompt.
    Prompt(String),
}

impl Subject {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(name) | Self::Prompt(name) => name,
        }
    }
}

/// What is not as it was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Which tool or prompt.
    pub subject: Subject,
    /// In which way.
    pub change: Change,
}

/// In which way something is not what was approved.
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

/// What differs between two locks: tools by name, then prompts by name.
pub fn affected(before: &Lock, now: &Lock) -> Vec<Affected> {
    let tools = differing(&before.included, &now.included, |approved, one| {
        if approved.operation == one.operation { Change::Changed } else { Change::Moved(approved.operation.clone()) }
    });
    let prompts = differing(&before.prompts, &now.prompts, |_, _| Change::Changed);
    let tools = tools.map(|(name, change)| Affected { subject: Subject::Tool(name), change });
    tools.chain(prompts.map(|(name, change)| Affected { subject: Subject::Prompt(name), change })).collect()
}

/// The names under which something else is approved than is there, sorted.
fn differing<T: PartialEq>(
    before: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
    changed: impl Fn(&T, &T) -> Change,
) -> impl Iterator<Item = (String, Change)> {
    let of_now = now.iter().filter_map(|(name, one)| match before.get(name) {
        None => Some((name.clone(), Change::New)),
        Some(approved) => (approved != one).then(|| (name.clone(), changed(approved, one))),
    });
    let gone = before.keys().filter(|name| !now.contains_key(*name)).map(|name| (name.clone(), Change::Gone));
    of_now.chain(gone).collect::<BTreeMap<_, _>>().into_iter()
}
