//! The same for people: tables of Markdown. `SECURITY.md` holds those that depend on no catalog.

use std::fmt::Write as _;

use super::{CONTROLS, Facts, LLM, MCP, Risk, SelfTest, standing};
use crate::markup::markdown as escaped;

/// Everything, with the facts of these catalogs.
pub fn markdown(facts: &Facts, selftest: Option<&SelfTest>) -> String {
    let mut text = String::from("# Controls, how they are met, and what proves it\n\n## Facts of these catalogs\n\n");
    for fact in &facts.all {
        let _ = writeln!(text, "- {}: {}", fact.name, escaped(&fact.value));
    }
    if let Some(selftest) = selftest {
        text.push_str("\n## Self-test\n\n");
        for (name, value) in selftest.facts() {
            let _ = writeln!(text, "- {name}: {}", escaped(&value));
        }
    }
    let _ = write!(text, "\n## NIST SP 800-53, revision 5\n\n{}", controls_table(selftest));
    let _ = write!(text, "\n## OWASP\n\n{}", risks_tables());
    text
}

/// The controls. What a self-test has found is said where it bears on one.
pub fn controls_table(selftest: Option<&SelfTest>) -> String {
    let mut text = String::from("| control | status | how it is met | what proves it |\n|---|---|---|---|\n");
    for control in CONTROLS {
        let (status, missing) = standing(control, selftest);
        let missing = if missing.is_empty() { missing } else { format!(" *Missing:* {missing}") };
        let (label, title, met) = (label(control.id), control.title, control.mechanism);
        let _ = writeln!(text, "| {label} {title} | {} | {met}{missing} | {} |", status.word(), tests(control.tests));
    }
    text
}

/// Both lists of risks.
pub fn risks_tables() -> String {
    let mut text = String::new();
    for (title, risks) in [("OWASP MCP Top 10 (2025)", MCP), ("OWASP Top 10 for LLM Applications (2025)", LLM)] {
        let _ = write!(text, "{title}:\n\n| risk | here | mechanism | what proves it |\n|---|---|---|---|\n");
        for Risk { id, title, standing, mechanism, tests } in risks {
            let _ = writeln!(text, "| {id} {title} | {} | {mechanism} | {} |", standing.word(), self::tests(tests));
        }
        text.push('\n');
    }
    text.pop();
    text
}

/// A control as NIST writes it: `SC-7(5)` for `sc-7.5`.
fn label(id: &str) -> String {
    let id = id.to_ascii_uppercase();
    id.split_once('.').map_or(id.clone(), |(control, enhancement)| format!("{control}({enhancement})"))
}

fn tests(tests: &[&str]) -> String {
    let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
    tests.join("<br>")
}
