//! Diagnostics for programs.

use serde_json::{Value, json};

use super::{Diagnostic, Mark, Severity};
use crate::load::Sources;

/// One diagnostic as `{"severity", "code", "message", "file", "line", "column", "pointer", "marks", "help"}`.
///
/// `file`, `line` and `column` are those of the first mark; lines and columns count from 1, columns in characters.
pub fn render(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let marks: Vec<Value> = diagnostic.marks.iter().map(|mark| render_mark(mark, sources)).collect();
    let first = marks.first().cloned().unwrap_or(Value::Null);
    let help: Vec<Value> = diagnostic
        .helps
        .iter()
        .map(|help| match &help.patch {
            None => json!({"text": help.text}),
            Some((at, replacement)) => {
                let (line, column) = sources.line_column(at);
                let patch = json!({"file": sources.path(at.file), "line": line, "column": column, "text": replacement});
                json!({"text": help.text, "patch": patch})
            }
        })
        .collect();
    json!({
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "code": diagnostic.code,
        "message": diagnostic.title,
        "file": first["file"],
        "line": first["line"],
        "column": first["column"],
        "pointer": first["pointer"],
        "marks": marks,
        "help": help,
    })
}

fn render_mark(mark: &Mark, sources: &Sources) -> Value {
    let (line, column) = sources.line_column(&mark.at);
    json!({
        "file": sources.path(mark.at.file),
        "line": line,
        "column": column,
        "pointer": mark.at.pointer,
        "label": mark.label,
    })
}
