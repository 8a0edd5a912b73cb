//! Changes of a release as text: for people, for programs, for a pull request. All from one list.

use std::fmt::Write as _;

use serde_json::{Value, json as object};

use super::Difference;
use crate::diff::Class;
use crate::markup::markdown as cell;

const CLASSES: [Class; 3] = [Class::Widening, Class::Breaking, Class::Neutral];

/// For people: one line each, nothing where nothing is different.
pub fn human(differences: &[Difference]) -> String {
    let mut text = String::new();
    for Difference { class, risk, part: _, kind, subject, detail } in differences {
        let _ = writeln!(text, "{:8}  {:6}  {subject}  {kind}: {detail}", class.word(), risk.word());
    }
    text
}

/// For programs: `{"verified": false, "changes": [{"class", "risk", "part", "kind", "subject", "detail"}]}`.
pub fn json(differences: &[Difference]) -> Value {
    let changes: Vec<Value> = differences
        .iter()
        .map(|one| {
            object!({
                "class": one.class.word(), "risk": one.risk.word(), "part": one.part.word(), "kind": one.kind,
                "subject": one.subject, "detail": one.detail,
            })
        })
        .collect();
    object!({"verified": false, "changes": changes})
}

/// For a comment: a table in GitHub Flavored Markdown.
pub fn markdown(differences: &[Difference]) -> String {
    let mut text = format!("**airlock bundle diff:** {}; neither bundle was verified\n", count(differences));
    if differences.is_empty() {
        return text;
    }
    text.push_str("\n| class | risk | part | of | kind | change |\n|---|---|---|---|---|---|\n");
    for one in differences {
        let (class, risk, part, kind) = (one.class.word(), one.risk.word(), one.part.word(), one.kind);
        let (subject, detail) = (cell(&one.subject), cell(&one.detail));
        let _ =
            writeln!(text, "| {class} | {risk} | {part} | <code>{subject}</code> | `{kind}` | <code>{detail}</code> |");
    }
    text
}

/// How many changes there are, of which class.
pub fn count(differences: &[Difference]) -> String {
    let number = |class: Class| differences.iter().filter(|one| one.class == class).count();
    let by_class: Vec<String> = CLASSES
        .into_iter()
        .filter(|class| number(*class) > 0)
        .map(|class| format!("{} {}", number(class), class.word()))
        .collect();
    match differences.len() {
        0 => "no change".to_owned(),
        1 => format!("1 change: {}", by_class.join(", ")),
        all => format!("{all} changes: {}", by_class.join(", ")),
    }
}
