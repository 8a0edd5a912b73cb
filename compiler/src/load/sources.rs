//! The files of a run, and where in them a JSON pointer stands.

use std::cell::OnceCell;
use std::ops::Range;
use std::path::Path;

use super::spans::Spans;
use super::{json_spans, yaml_spans};
use crate::report::{At, FileId, Part};

/// The format of a file, decided by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 8259.
    Json,
    /// YAML 1.2.
    Yaml,
}

impl Format {
    /// The format of the file at `path`, or `None` if its name does not say.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// The files that were loaded.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: String,
    text: String,
    format: Format,
    /// Computed when the first diagnostic needs it: most runs have none, and a document may have megabytes.
    spans: OnceCell<Spans>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, path: String, text: String, format: Format) -> FileId {
        self.files.push(Source { path, text, format, spans: OnceCell::new() });
        FileId(self.files.len() - 1)
    }

    /// The path as the user gave it.
    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0].path
    }

    /// The file's text.
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0].text
    }

    /// The file's format.
    pub fn format(&self, file: FileId) -> Format {
        self.files[file.0].format
    }

    pub(super) fn spans(&self, file: FileId) -> &Spans {
        let source = &self.files[file.0];
        source.spans.get_or_init(|| match source.format {
            Format::Json => json_spans::spans(&source.text),
            Format::Yaml => yaml_spans::spans(&source.text),
        })
    }

    /// The bytes that a place means. Always within the text and on character boundaries.
    pub fn range(&self, at: &At) -> Range<usize> {
        let text = self.text(at.file);
        let range = match &at.part {
            Part::Bytes(range) => range.clone(),
            Part::Value => {
                // A block scalar ends where the next token begins; what is shown, or replaced, ends with its text.
                let range = self.spans(at.file).shown(&at.pointer);
                let shown = text.get(range.clone()).map_or(0, |value| value.trim_end().len());
                range.start..(range.start + shown).max(range.end.min(range.start + 1))
            }
            Part::Key => self.spans(at.file).key(&at.pointer),
            Part::SecondKey => self.spans(at.file).second_key(&at.pointer),
            Part::Within(bytes) => self.spans(at.file).within(text, &at.pointer, bytes.clone()),
        };
        let boundary = |mut offset: usize| {
            offset = offset.min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let start = boundary(range.start);
        start..boundary(range.end).max(start)
    }

    /// Line and column of a place's first character, both from 1, the column in characters.
    pub fn line_column(&self, at: &At) -> (usize, usize) {
        let before = &self.text(at.file)[..self.range(at).start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}
