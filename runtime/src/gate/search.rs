//! The two tools of a profile with `search`. They tell of the tools that are offered, and call nobody.

use std::borrow::Cow;
use std::sync::OnceLock;

use airlock_offer::{
    DESCRIBE_ARGUMENTS, DESCRIBE_TOOL, Listed, Ranked, Ranking, SEARCH_ARGUMENTS, SEARCH_TOOLS, search_entries,
};
use serde_json::{Map, Value, json};

use super::{Entry, Refusal, RefusalKind, StartError, refused_arguments};
use crate::arguments::{Checked, Table, suggestion};
use crate::metrics::Calls;
use crate::untrusted::quoted;

/// Both tools, ready to be called.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) listed: [Listed<'static>; 2],
    find: Table,
    describe: Table,
    /// Of each of them, in the order of `listed`.
    calls: [Calls; 2],
    /// Of the tools that are offered; made when somebody searches.
    ranking: OnceLock<Ranking>,
}

impl Search {
    pub(super) fn new() -> Result<Self, StartError> {
        let table = |rows| Table::new(rows).map_err(StartError);
        let (find, describe) = (table(SEARCH_ARGUMENTS)?, table(DESCRIBE_ARGUMENTS)?);
        let calls = [Calls::default(), Calls::default()];
        Ok(Self { listed: search_entries(), find, describe, calls, ranking: OnceLock::new() })
    }

    /// Both by name, with what is counted of them.
    pub(super) fn counted(&self) -> impl Iterator<Item = (&str, &Calls)> {
        self.listed.iter().map(|listed| listed.name).zip(&self.calls)
    }

    /// What is counted of one of them; none for other names.
    pub(super) fn calls(&self, tool: &str) -> Option<&Calls> {
        self.counted().find_map(|(name, calls)| (name == tool).then_some(calls))
    }

    /// The arguments of the tool of this name, if it is one of the two.
    pub(super) fn table(&self, tool: &str) -> Option<&Table> {
        match tool {
            SEARCH_TOOLS => Some(&self.find),
            DESCRIBE_TOOL => Some(&self.describe),
            _ => None,
        }
    }

    /// What the tool of this name answers about those that are offered.
    pub(super) fn answer(
        &self,
        tool: &str,
        table: &Table,
        arguments: Map<String, Value>,
        offered: &[Entry],
    ) -> Result<Value, Refusal> {
        let Checked(values) = table.check(arguments).map_err(|faults| refused_arguments(tool, &faults))?;
        let value = |row: usize| values.get(row).and_then(Option::as_ref);
        let text = value(0).and_then(Value::as_str).unwrap_or_default();
        if tool == DESCRIBE_TOOL {
            return describe(text, offered);
        }
        let limit = value(1).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or_default();
        let ranking = self.ranking.get_or_init(|| Ranking::new(offered.iter().map(ranked)));
        let found: Vec<Value> =
            ranking.best(text, limit).into_iter().map(|place| brief(&offered[place]).into()).collect();
        Ok(json!({"tools": found}))
    }
}

fn ranked(entry: &Entry) -> Ranked<'_> {
    Ranked {
        name: entry.tool.name,
        title: entry.tool.title,
        description: entry.tool.description,
        input_schema: Cow::Owned(entry.listed.input_schema()),
    }
}

fn brief(entry: &Entry) -> Map<String, Value> {
    let tool = entry.tool;
    [("name", tool.name), ("title", tool.title), ("effect", tool.effect.word())]
        .map(|(key, text)| (key.to_owned(), text.into()))
        .into_iter()
        .collect()
}

fn describe(name: &str, offered: &[Entry]) -> Result<Value, Refusal> {
    let Some(entry) = offered.iter().find(|entry| entry.tool.name == name) else {
        let hint = suggestion(name, offered.iter().map(|entry| entry.tool.name));
        let text = format!("No tool here is named {}; {hint}. `{SEARCH_TOOLS}` finds tools by words.", quoted(name));
        return Err(Refusal::new(RefusalKind::Arguments, text));
    };
    let mut described = brief(entry);
    let mut put = |key: &str, value: Value| drop(described.insert(key.to_owned(), value));
    put("description", entry.tool.description.into());
    put("input_schema", entry.listed.input_schema());
    if let Some(schema) = entry.listed.output_schema() {
        put("output_schema", schema);
    }
    Ok(described.into())
}
