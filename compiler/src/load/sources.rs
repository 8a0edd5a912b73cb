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
    /// Anything else: text, taken whole.
    Text,
}

impl Format {
    /// The format of the file at `path`; `None` if its name says neither JSON nor YAML.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// The byte order mark.
const MARK: char = '\u{feff}';

/// The files that were loaded.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: String,
    /// Without a byte order mark, which is legal in both formats and meant by neither parser.
    text: String,
    has_mark: bool,
    format: Format,
    /// Computed when the first diagnostic needs it: most runs have none, and a document may have megabytes.
    spans: OnceCell<Spans>,
    /// Where each line but the first begins; computed when it is needed, too.
    lines: OnceCell<Vec<usize>>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, path: String, mut text: String, format: Format) -> FileId {
        let has_mark = text.starts_with(MARK);
        if has_mark {
            text.drain(..MARK.len_utf8());
        }
        self.files.push(Source { path, text, has_mark, format, spans: OnceCell::new(), lines: OnceCell::new() });
        FileId(self.files.len() - 1)
    }

    /// The path as the user gave it.
    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0].path
    }

    /// The file's bytes, as they were read.
    pub fn bytes(&self, file: FileId) -> Vec<u8> {
        let Source { text, has_mark, .. } = &self.files[file.0];
        if *has_mark { format!("{MARK}{text}").into_bytes() } else { text.clone().into_bytes() }
    }

    /// The file's text, without a byte order mark.
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
            Format::Text => Spans::of_text(&source.text),
        })
    }

    /// The bytes that a place means. Always within the text and on character boundaries.
    pub fn range(&self, at: &At) -> Range<usize> {
        let text = self.text(at.file);
        let range = match &at.part {
            Part::Bytes(range) => range.clone(),
            Part::Value => {
                // A block scalar ends where the next token begins; what is shown, or replaced, ends with its text.
                let range = self.spans(at.file).shown(text, &at.pointer);
                let shown = text.get(range.clone()).map_or(0, |value| value.trim_end().len());
                range.start..(range.start + shown).max(range.end.min(range.start + 1))
            }
            Part::Key => self.spans(at.file).key(text, &at.pointer),
            Part::SecondKey => self.spans(at.file).second_key(text, &at.pointer),
            Part::Within(bytes) => self.spans(at.file).within(text, &at.pointer, bytes),
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
        let offset = self.range(at).start;
        let Source { text, lines, .. } = &self.files[at.file.0];
        let lines = lines.get_or_init(|| text.match_indices('\n').map(|(at, _)| at + 1).collect());
        let line = lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).map_or(0, |line| lines[line]);
        (line + 1, text[start..offset].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Sources};
    use crate::load::parse;
    use crate::report::{At, Part, Report};

    const JSON: &str =
        "{\"a\\u00fc/\": [1, {\"b~\": \"é\\\"\"}, 18446744073709551616],\n \"c\": {\"d\": null, \"d\": -1e400}}\n";
    const YAML: &str = "a: &x [1, 'ü''', {b: \"\\u00e9\"}]\n? c/~\n: - >\n    folded\n    text\n  - |\n    é\n    b\nd: *x\n<<: {e: .inf}\n";

    /// Whatever stands in a file, and whatever is asked about it, the answer lies within the text.
    #[test]
    fn no_text_and_no_place_is_too_strange() {
        let mut state = 1_u64;
        let mut random = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % bound
        };
        let strange: Vec<char> = "{}[]:,-\"'\\\n\t #&*!|>?%@`~/<.0e\u{0}\u{feff}\u{85}\u{2028}é𝄞".chars().collect();
        for round in 0..1500 {
            let (text, format) = [(JSON, Format::Json), (YAML, Format::Yaml), (YAML, Format::Text)][round % 3];
            let mut chars: Vec<char> = text.chars().collect();
            for _ in 0..=random(4) {
                let at = random(chars.len().max(1));
                match random(3) {
                    0 if at < chars.len() => drop(chars.remove(at)),
                    1 => chars.insert(at, strange[random(strange.len())]),
                    _ => chars.truncate(at + 1),
                }
            }
            let mut sources = Sources::default();
            let file = sources.add("file".into(), chars.into_iter().collect(), format);
            let mut report = Report::default();
            parse(file, &sources, &mut report);
            let mut places: Vec<At> =
                report.diagnostics().iter().flat_map(|one| &one.marks).map(|mark| mark.at.clone()).collect();
            let pointers = sources.spans(file).pointers(sources.text(file));
            for pointer in pointers.iter().map(String::as_str).chain(["/x", "/a/9/z", "x", "/"]) {
                for part in [Part::Value, Part::Key, Part::SecondKey, Part::Within(1..usize::MAX), Part::Bytes(0..9999)]
                {
                    places.push(At { file, pointer: pointer.to_owned(), part });
                }
            }
            for place in &places {
                let range = sources.range(place);
                assert!(sources.text(file).get(range).is_some());
                sources.line_column(place);
            }
        }
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let mut sources = Sources::default();
        let file = sources.add("file".into(), "\u{feff}ü: x\n\nb: ü y\nc: z".into(), Format::Yaml);
        let place = |pointer: &str| sources.line_column(&At::value(file, pointer));
        assert_eq!((place("/ü"), place("/b"), place("/c")), ((1, 4), (3, 4), (4, 4)));
        let at = |bytes: usize| sources.line_column(&At::bytes(file, bytes..bytes));
        assert_eq!((at(0), at(5), at(6), at(7), at(99)), ((1, 1), (1, 5), (2, 1), (3, 1), (4, 5)));
    }
}
