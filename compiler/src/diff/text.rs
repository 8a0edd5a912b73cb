//! Changes as text: for people, for programs, for a pull request.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Change, Risk};
use crate::markup::markdown as cell;

/// For people: a block for each risk, and how many there are at the end.
pub fn human(changes: &[Change]) -> String {
    let mut text = String::new();
    for risk in Risk::ALL {
        let mut of_risk = changes.iter().filter(|change| change.kind.risk() == risk).peekable();
        if of_risk.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "{}", risk.word());
        for change in of_risk {
            let _ = writeln!(text, "  {}  {}\n      {}", subject(change), change.kind.word(), change.detail);
        }
        text.push('\n');
    }
    text + &count(changes) + "\n"
}

/// For programs: `{"changes": [{"risk", "kind", "catalog", "tool", "detail"}]}`.
pub fn json(changes: &[Change]) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "risk": change.kind.risk().word(), "kind": change.kind.word(), "catalog": change.catalog,
                "tool": change.tool, "detail": change.detail,
            })
        })
        .collect();
    json!({"changes": changes})
}

/// For a comment: a table in GitHub Flavored Markdown.
pub fn markdown(changes: &[Change]) -> String {
    let mut text = format!("**airlock diff:** {}\n", count(changes));
    if changes.is_empty() {
        return text;
    }
    text.push_str("\n| risk | tool | kind | change |\n|---|---|---|---|\n");
    for change in changes {
        let (risk, kind) = (change.kind.risk().word(), change.kind.word());
        let (subject, detail) = (cell(&subject(change)), cell(&change.detail));
        let _ = writeln!(text, "| {risk} | <code>{subject}</code> | `{kind}` | <code>{detail}</code> |");
    }
    text
}

/// How many changes there are, of which risk.
pub(super) fn count(changes: &[Change]) -> String {
    let number = |risk: Risk| changes.iter().filter(|change| change.kind.risk() == risk).count();
    let by_risk: Vec<String> = Risk::ALL
        .into_iter()
        .filter(|risk| number(*risk) > 0)
        .map(|risk| format!("{} {}", number(risk), risk.word()))
        .collect();
    match changes.len() {
        0 => "no change".to_owned(),
        1 => format!("1 change: {}", by_risk.join(", ")),
        all => format!("{all} changes: {}", by_risk.join(", ")),
    }
}

/// Whose change it is: `catalog/tool`, or the catalog.
pub(super) fn subject(change: &Change) -> String {
    let subject = match &change.tool {
        Some(tool) => format!("{}/{tool}", change.catalog),
        None => change.catalog.clone(),
    };
    crate::report::visible(&subject)
}
