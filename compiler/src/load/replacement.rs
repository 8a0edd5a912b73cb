//! Patches: how other text is written at a place of a file, so that a person or a program can put it there as it is.

use serde_json::Value;

use super::sources::{Format, Sources};
use crate::report::{At, Part};

impl Sources {
    /// What takes the place of the bytes at `at`, so that the value there is `text`. `None` where that cannot be told: in a
    /// string whose text in the file is another than its value (folded lines, escapes), and for the whole of a block
    /// scalar, whose indicator stands before it.
    pub fn replacement(&self, at: &At, text: &str) -> Option<String> {
        let file = self.text(at.file);
        let range = self.range(at);
        match &at.part {
            Part::Within(bytes) => {
                self.spans(at.file).exactly_within(file, &at.pointer, bytes).map(|_| text.to_owned())
            }
            Part::Bytes(_) => Some(text.to_owned()),
            Part::Value | Part::Key | Part::SecondKey => {
                let found = &file[range.clone()];
                (!is_in_block(&file[..range.start])).then(|| written_like(found, text, self.format(at.file)))
            }
        }
    }
}

/// Whether what follows is the text of a block scalar (`|`, `>`, with a sign and a digit; a comment may follow).
fn is_in_block(before: &str) -> bool {
    let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    line.trim_end_matches(|char: char| char == '+' || char == '-' || char.is_ascii_digit()).ends_with(['|', '>'])
}

/// `text` as a scalar in the manner of `found`: with the same quotes, and with quotes where a plain one would be read as
/// something else.
fn written_like(found: &str, text: &str, format: Format) -> String {
    let quoted = || Value::String(text.to_owned()).to_string();
    if format == Format::Json || found.starts_with('"') {
        return quoted();
    }
    if found.starts_with('\'') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let is_plain = serde_yaml::from_str::<Value>(text).is_ok_and(|value| value == text);
    // These separate in a flow collection, so they are only known to be harmless where some stood before.
    let separates = |text: &str| text.contains(['{', '}', '[', ']', ',']);
    if is_plain && (separates(found) || !separates(text)) { text.to_owned() } else { quoted() }
}

#[cfg(test)]
mod tests {
    use super::{is_in_block, written_like};
    use crate::load::Format;

    #[test]
    fn a_scalar_is_written_like_the_one_that_it_replaces() {
        for (found, text, wanted) in [
            ("listPart", "listParts", "listParts"),
            ("\"listPart\"", "listParts", "\"listParts\""),
            ("'listPart'", "it's", "'it''s'"),
            ("GET /part/{id}", "GET /parts/{id}", "GET /parts/{id}"),
            ("getPart", "GET /parts/{id}", "\"GET /parts/{id}\""),
            ("id", "@", "\"@\""),
            ("id", "true", "\"true\""),
            ("id", "a: b", "\"a: b\""),
            ("id", "12", "\"12\""),
        ] {
            assert_eq!(written_like(found, text, Format::Yaml), wanted, "{found}");
        }
        assert_eq!(written_like("12", "a", Format::Json), "\"a\"");
    }

    #[test]
    fn blocks_are_known_by_what_stands_before_them() {
        for before in ["a: |\n  ", "a: >-\n  ", "a: |2+ # why\n    ", "- |\n  "] {
            assert!(is_in_block(before), "{before}");
        }
        for before in ["a: ", "a:\n  ", "a: b # |\n- ", "a|: "] {
            assert!(!is_in_block(before), "{before}");
        }
    }
}
