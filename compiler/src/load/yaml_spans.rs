//! Spans of a YAML text, from the events of a second parser: the one that yields values keeps no positions.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::spans::{Begun, Kind, Spans};
use super::yaml_mend::mended;

/// Where each value stands. On text that is not YAML, what was found before the first error.
pub(super) fn spans(text: &str) -> Spans {
    let readable = mended(text);
    let mut reader = Reader { text, offsets: Offsets::of(text), open: Vec::new(), spans: Spans::default() };
    let mut parser = Parser::new_from_str(&readable);
    while let Some(Ok((event, span))) = parser.next_event() {
        if !reader.take(&event, span) {
            break;
        }
    }
    // What an error broke off in the middle ends there.
    while let Some(open) = reader.open.pop() {
        reader.spans.finish(open.begun, text.len());
    }
    reader.spans
}

/// Where the second document of a text begins, in bytes.
pub(super) fn second_document(text: &str) -> Option<usize> {
    let mut parser = Parser::new_from_str(text);
    let mut documents = 0;
    while let Some(Ok((event, span))) = parser.next_event() {
        documents += usize::from(matches!(event, Event::DocumentStart(..)));
        if documents == 2 {
            return Some(Offsets::of(text).byte(text, span.start.index()));
        }
    }
    None
}

/// How deep collections may be nested. The parser that yields values says so too, but only when it has read the whole text,
/// for which it takes the product of length and depth.
const LEVELS_MAX: usize = 127;

/// Brackets around a text that cannot be read here. The other parser must not be asked for its opinion then.
const BRACKETS_MAX: usize = 5000;

/// The byte where the text is nested deeper than [`LEVELS_MAX`], in collections with brackets.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    // Brackets of plain text count here as well, so this says only that it has to be looked at.
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    if deepest <= LEVELS_MAX {
        return None;
    }
    let mut parser = Parser::new_from_str(text);
    let mut levels = 0_usize;
    while let Some(result) = parser.next_event() {
        let (event, span) = match result {
            Ok(found) => found,
            Err(error) if deepest > BRACKETS_MAX => return Some(Offsets::of(text).byte(text, error.marker().index())),
            Err(_) => return None,
        };
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => levels += 1,
            Event::SequenceEnd | Event::MappingEnd => levels = levels.saturating_sub(1),
            _ => {}
        }
        if levels > LEVELS_MAX {
            return Some(Offsets::of(text).byte(text, span.start.index()));
        }
    }
    None
}

/// Hands on the scalars without quotes, keys among them, in the order of the text.
pub(super) fn plain_scalars(text: &str, mut take: impl FnMut(&str)) {
    let readable = mended(text);
    let mut parser = Parser::new_from_str(&readable);
    while let Some(Ok((event, _))) = parser.next_event() {
        if let Event::Scalar(scalar, ScalarStyle::Plain, ..) = &event {
            take(scalar);
        }
    }
}

/// Bytes by characters: markers count characters, everything else here counts bytes.
pub(super) struct Offsets {
    /// The byte of every [`STEP`]th character; empty where the text is ASCII, and there is nothing to look up.
    steps: Vec<usize>,
}

const STEP: usize = 64;

impl Offsets {
    pub(super) fn of(text: &str) -> Self {
        let every = || text.char_indices().step_by(STEP).map(|(at, _)| at).collect();
        Self { steps: if text.is_ascii() { Vec::new() } else { every() } }
    }

    /// The byte at which a character begins.
    pub(super) fn byte(&self, text: &str, index: usize) -> usize {
        if self.steps.is_empty() {
            return index.min(text.len());
        }
        let Some(step) = self.steps.get(index / STEP) else { return text.len() };
        text[*step..].char_indices().nth(index % STEP).map_or(text.len(), |(at, _)| step + at)
    }
}

struct Reader<'t> {
    text: &'t str,
    offsets: Offsets,
    open: Vec<Open>,
    spans: Spans,
}

/// A collection that has begun and not ended.
struct Open {
    begun: Begun,
    is_mapping: bool,
    /// The key whose value comes next.
    key: Option<Range<usize>>,
}

impl Reader<'_> {
    /// Takes one event; `false` at the end of the first document.
    fn take(&mut self, event: &Event<'_>, span: Span) -> bool {
        let range = self.offsets.byte(self.text, span.start.index())..self.offsets.byte(self.text, span.end.index());
        match event {
            Event::Scalar(text, ..) => {
                self.spans.add_text(self.text, &range, text);
                self.take_one(range, Kind::Scalar);
            }
            Event::Alias(_) => self.take_one(range, Kind::Alias),
            Event::SequenceStart(..) => self.begin(range.start, Kind::Array),
            Event::MappingStart(..) => self.begin(range.start, Kind::Object),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.spans.finish(open.begun, range.end);
                }
            }
            Event::DocumentEnd => return false,
            _ => {}
        }
        true
    }

    /// A key, or a value that holds no others.
    fn take_one(&mut self, range: Range<usize>, kind: Kind) {
        match self.open.last_mut() {
            Some(open) if open.is_mapping && open.key.is_none() => open.key = Some(range),
            _ => {
                let key = self.key();
                let begun = self.spans.begin(key, range.start, kind);
                self.spans.finish(begun, range.end);
            }
        }
    }

    fn begin(&mut self, start: usize, kind: Kind) {
        let key = self.key();
        let begun = self.spans.begin(key, start, kind);
        self.open.push(Open { begun, is_mapping: kind == Kind::Object, key: None });
    }

    /// The key of the value that begins now.
    fn key(&mut self) -> Option<Range<usize>> {
        self.open.last_mut()?.key.take()
    }
}

#[cfg(test)]
mod tests {
    use super::spans;

    #[test]
    fn pointers_lead_to_the_bytes_of_their_values() {
        let text = "a: Zürich\nb:\n  - x: 1\n  - {y/z: two}\nc: |\n  line\n";
        let spans = spans(text);
        let at = |pointer: &str| &text[spans.shown(text, pointer)];
        assert_eq!(at("/a"), "Zürich");
        assert_eq!(at("/b/0/x"), "1");
        assert_eq!(at("/b/1/y~1z"), "two");
        assert_eq!(at("/b"), "b");
        assert_eq!(at("/b/1/missing"), "{");
        assert_eq!(&text[spans.key(text, "/c")], "c");
    }

    #[test]
    fn a_value_that_is_not_there_hides_nothing() {
        let text = "a:\nb: x\nc: {d: , 'e''f': y}\n";
        let spans = spans(text);
        assert_eq!(&text[spans.shown(text, "/b")], "x");
        assert_eq!(&text[spans.shown(text, "/c/e'f")], "y");
        assert_eq!(&text[spans.key(text, "/a")], "a");
    }

    #[test]
    fn both_parsers_see_the_same_pointers() {
        let text = "a: [1, {b: ~}]\n? c\n: - d\n  - e: &x {f: g}\n'h\"': *x\ni: \"\\u00e9\"\n200: ok\n";
        let value: serde_json::Value = serde_yaml::from_str(text).expect("parses");
        let mut pointers = pointers(&value);
        // What stands behind an alias has no place of its own.
        pointers.retain(|pointer| pointer != "/h\"/f");
        assert_eq!(spans(text).pointers(text), pointers);
    }

    /// Long texts with characters of several bytes: positions are counted in characters first.
    #[test]
    fn bytes_are_found_behind_many_characters() {
        let text = (0..500).map(|number| format!("ü{number}: {{ß: [é, {number}]}}\n")).collect::<Vec<_>>().concat();
        let value: serde_json::Value = serde_yaml::from_str(&text).expect("parses");
        let spans = spans(&text);
        assert_eq!(spans.pointers(&text), pointers(&value));
        assert_eq!(&text[spans.shown(&text, "/ü499/ß/1")], "499");
    }

    fn pointers(value: &serde_json::Value) -> Vec<String> {
        let mut pointers = Vec::new();
        collect(value, String::new(), &mut pointers);
        pointers.sort();
        pointers
    }

    fn collect(value: &serde_json::Value, pointer: String, into: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    collect(item, format!("{pointer}/{position}"), into);
                }
            }
            serde_json::Value::Object(members) => {
                for (key, member) in members {
                    collect(member, format!("{pointer}/{key}"), into);
                }
            }
            _ => {}
        }
        into.push(pointer);
    }
}
