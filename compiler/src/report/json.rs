//! Diagnostics for programs.

use serde_json::{Value, json};

use super::{Diagnostic, Help, Mark, Severity};
use crate::load::Sources;

/// One diagnostic as `{"severity", "code", "message", "file", "line", "column", "pointer", "marks", "help"}`.
///
/// `file`, `line` and `column` are those of the first mark; lines and columns count from 1, columns in characters.
pub fn render(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let marks: Vec<Value> = diagnostic.marks.iter().map(|mark| render_mark(mark, sources)).collect();
    let first = marks.first().cloned().unwrap_or(Value::Null);
    let help: Vec<Value> = diagnostic.helps.iter().map(|help| render_help(help, sources)).collect();
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

/// `{"text", "patch"?}`; a patch is `{"file", "line", "column", "replaces", "text"}`: `text` takes the place of `replaces`,
/// which begins there.
fn render_help(help: &Help, sources: &Sources) -> Value {
    let patch = help.patch.as_ref().and_then(|(at, text)| Some((at, sources.replacement(at, text)?)));
    let Some((at, text)) = patch else { return json!({"text": help.in_words()}) };
    let (line, column) = sources.line_column(at);
    let replaces = &sources.text(at.file)[sources.range(at)];
    let file = sources.path(at.file);
    let patch = json!({"file": file, "line": line, "column": column, "replaces": replaces, "text": text});
    json!({"text": help.text, "patch": patch})
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
