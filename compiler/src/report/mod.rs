//! Diagnostics as data: what is wrong, where, and the way out. Rendering is somebody else's job ([`human`], [`json`]).

pub mod human;
pub mod json;

use airlock_contract::text::is_invisible;
use std::fmt::Write as _;
use std::ops::Range;

/// A file that was loaded, by its position in [`crate::load::Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) usize);

/// A place in a file, named the way a person would: by JSON pointer, not by offset.
///
/// Offsets are computed only when a diagnostic is shown, so that no step carries them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The file.
    pub file: FileId,
    /// The value, as a JSON pointer (RFC 6901). Where it does not exist, its nearest ancestor is meant.
    pub pointer: String,
    /// Which part of it.
    pub part: Part,
}

/// Which part of a value a place means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value; of an array or object, its key.
    Value,
    /// The key that leads to the value.
    Key,
    /// The second key of that name in the same object.
    SecondKey,
    /// These bytes of the decoded string.
    Within(Range<usize>),
    /// These bytes of the file; the pointer is not used. For text that does not parse.
    Bytes(Range<usize>),
}

impl At {
    /// The value at `pointer`.
    pub fn value(file: FileId, pointer: impl Into<String>) -> Self {
        Self { file, pointer: pointer.into(), part: Part::Value }
    }

    /// The key that leads to `pointer`.
    pub fn key(file: FileId, pointer: impl Into<String>) -> Self {
        Self { file, pointer: pointer.into(), part: Part::Key }
    }

    /// Bytes of the string at `pointer`.
    pub fn within(file: FileId, pointer: impl Into<String>, bytes: Range<usize>) -> Self {
        Self { file, pointer: pointer.into(), part: Part::Within(bytes) }
    }

    /// Of a text these bytes, if they are known.
    #[must_use]
    pub fn or_within(self, bytes: Option<Range<usize>>) -> Self {
        match bytes {
            Some(bytes) => Self { part: Part::Within(bytes), ..self },
            None => self,
        }
    }

    /// Bytes of the file.
    pub fn bytes(file: FileId, bytes: Range<usize>) -> Self {
        Self { file, pointer: String::new(), part: Part::Bytes(bytes) }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// Written all the same.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable, by step: E01 load, E02 document and resolve, E03 prune, E04 names, E05 limits, E06 approval, E07 lock,
    /// E08 what holds for all catalogs together, E09 prompts.
    pub code: &'static str,
    /// One lower-case sentence in the user's words.
    pub title: String,
    /// Where. The first is the place to edit; the others say where the fact comes from.
    pub marks: Vec<Mark>,
    /// The way out.
    pub helps: Vec<Help>,
}

/// A place with a remark.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The place.
    pub at: At,
    /// The remark; may be empty.
    pub label: String,
}

/// A way out, in words or as a patch.
#[derive(Clone, Debug)]
pub struct Help {
    /// What to do.
    pub text: String,
    /// The value, key or part of a text that should stand at a place. How it is written there is found when it is shown.
    pub patch: Option<(At, String)>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, title: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, title: title.into(), marks: Vec::new(), helps: Vec::new() }
    }

    /// A warning.
    pub fn warning(code: &'static str, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, title) }
    }

    /// Adds a place. The first one added is the place to edit.
    #[must_use]
    pub fn at(mut self, at: At, label: impl Into<String>) -> Self {
        self.marks.push(Mark { at, label: label.into() });
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), patch: None });
        self
    }

    /// Adds a way out as a patch.
    #[must_use]
    pub fn patch(mut self, text: impl Into<String>, at: At, replacement: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), patch: Some((at, replacement.into())) });
        self
    }
}

impl Help {
    /// What to do, in words alone: for a patch that cannot be applied as it stands.
    pub fn in_words(&self) -> String {
        match &self.patch {
            None => self.text.clone(),
            Some((_, replacement)) if self.text.ends_with('?') => format!("{} `{replacement}`", self.text),
            Some((_, replacement)) => format!("{}: `{replacement}`", self.text),
        }
    }
}

/// Collects the diagnostics of a run.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether an error was added; no later step may run then.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All diagnostics, in the order in which they were added.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// Makes text from a document safe to show: control, bidirectional and invisible characters come out as `\u{…}`.
///
/// A document may come from anybody, and a terminal acts on what it is sent (CVE-2021-42574 for the bidirectional ones).
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        if is_invisible(char) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(char));
        } else {
            safe.push(char);
        }
    }
    safe
}

/// The same of text of several lines, which stay lines.
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// The candidate that the user probably meant: the nearest by edit distance, if it is near enough.
pub fn did_you_mean<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = wanted.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .map(|candidate| (distance(wanted, candidate, limit), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance without regard to case, `_` and `-`, two swapped neighbours counting once (optimal string alignment).
/// More than `limit` is `limit + 1`.
fn distance(left: &str, right: &str, limit: usize) -> usize {
    let fold = |text: &str| -> Vec<char> {
        text.chars().filter(|char| !matches!(char, '_' | '-')).flat_map(char::to_lowercase).collect()
    };
    let (left, right) = (fold(left), fold(right));
    if left.len().abs_diff(right.len()) > limit {
        return limit + 1;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()].min(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, visible};

    #[test]
    fn near_names_are_proposed_and_far_ones_are_not() {
        let names = ["find_patients", "get_patient", "list_wards"];
        assert_eq!(did_you_mean("findPatients", names), Some("find_patients"));
        assert_eq!(did_you_mean("get_patent", names), Some("get_patient"));
        assert_eq!(did_you_mean("tilte", ["title", "tools"]), Some("title"));
        assert_eq!(did_you_mean("delete_everything", names), None);
    }

    #[test]
    fn characters_that_a_terminal_acts_on_are_spelled_out() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\u{200b}"), "a\\u{1b}[31mb\\u{202e}c\\u{200b}");
        assert_eq!(visible("Zürich – 5 µg"), "Zürich – 5 µg");
    }
}
