//! Spans of a YAML text, from the events of a second parser: the one that yields values keeps no positions.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::spans::{Spans, escape_token};

/// Where each value stands. On text that is not YAML, what was found before the first error.
pub(super) fn spans(text: &str) -> Spans {
    let mut reader =
        Reader { bytes: byte_offsets(text), pointer: String::new(), open: Vec::new(), spans: Spans::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, span))) = parser.next_event() {
        if !reader.take(&event, span) {
            break;
        }
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
            return byte_offsets(text).get(span.start.index()).copied();
        }
    }
    None
}

/// Hands on the scalars without quotes, keys among them, in the order of the text.
pub(super) fn plain_scalars(text: &str, mut take: impl FnMut(&str)) {
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, _))) = parser.next_event() {
        if let Event::Scalar(scalar, ScalarStyle::Plain, ..) = &event {
            take(scalar);
        }
    }
}

/// Markers count characters; everything else here counts bytes.
fn byte_offsets(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

struct Reader {
    bytes: Vec<usize>,
    pointer: String,
    open: Vec<Open>,
    spans: Spans,
}

/// A collection that has begun and not ended.
struct Open {
    start: usize,
    pointer_length: usize,
    kind: Kind,
}

enum Kind {
    Sequence { next: usize },
    Mapping { expects_key: bool },
}

impl Reader {
    /// Takes one event; `false` at the end of the first document.
    fn take(&mut self, event: &Event<'_>, span: Span) -> bool {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index());
        match event {
            Event::Scalar(text, ..) => {
                if self.is_key() {
                    self.enter_key(text, start..end);
                } else {
                    self.enter_item();
                    self.spans.add_value(&self.pointer, start..end, Some(text.to_string()));
                    self.leave();
                }
            }
            Event::Alias(_) => {
                self.enter_item();
                self.spans.add_value(&self.pointer, start..end, Some(String::new()));
                self.leave();
            }
            Event::SequenceStart(..) => self.begin(start, Kind::Sequence { next: 0 }),
            Event::MappingStart(..) => self.begin(start, Kind::Mapping { expects_key: true }),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.pointer.truncate(open.pointer_length);
                    self.spans.add_value(&self.pointer, open.start..end, None);
                    self.leave();
                }
            }
            Event::DocumentEnd => return false,
            _ => {}
        }
        true
    }

    fn byte(&self, index: usize) -> usize {
        self.bytes.get(index).or(self.bytes.last()).copied().unwrap_or_default()
    }

    fn is_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Mapping { expects_key: true }, .. }))
    }

    fn enter_key(&mut self, key: &str, range: std::ops::Range<usize>) {
        self.pointer.push('/');
        self.pointer.push_str(&escape_token(key));
        self.spans.add_key(&self.pointer, range);
        if let Some(Open { kind: Kind::Mapping { expects_key }, .. }) = self.open.last_mut() {
            *expects_key = false;
        }
    }

    /// Makes the pointer that of the value that begins now.
    fn enter_item(&mut self) {
        if let Some(Open { kind: Kind::Sequence { next }, .. }) = self.open.last_mut() {
            self.pointer.push('/');
            self.pointer.push_str(&next.to_string());
            *next += 1;
        }
    }

    fn begin(&mut self, start: usize, kind: Kind) {
        self.enter_item();
        self.open.push(Open { start, pointer_length: self.pointer.len(), kind });
    }

    /// Makes the pointer that of the collection around the value that has ended.
    fn leave(&mut self) {
        let Some(open) = self.open.last_mut() else { return };
        self.pointer.truncate(open.pointer_length);
        if let Kind::Mapping { expects_key } = &mut open.kind {
            *expects_key = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spans;

    #[test]
    fn pointers_lead_to_the_bytes_of_their_values() {
        let text = "a: Zürich\nb:\n  - x: 1\n  - {y/z: two}\nc: |\n  line\n";
        let spans = spans(text);
        let at = |pointer: &str| &text[spans.shown(pointer)];
        assert_eq!(at("/a"), "Zürich");
        assert_eq!(at("/b/0/x"), "1");
        assert_eq!(at("/b/1/y~1z"), "two");
        assert_eq!(at("/b"), "b");
        assert_eq!(at("/b/1/missing"), "{");
        assert_eq!(&text[spans.key("/c")], "c");
    }

    #[test]
    fn both_parsers_see_the_same_pointers() {
        let text = "a: [1, {b: ~}]\n? c\n: - d\n  - e: &x {f: g}\n'h\"': *x\ni: \"\\u00e9\"\n200: ok\n";
        let value: serde_json::Value = serde_yaml::from_str(text).expect("parses");
        let mut pointers = Vec::new();
        collect(&value, String::new(), &mut pointers);
        let seen = spans(text);
        let seen: Vec<&str> = seen.pointers().collect();
        // What stands behind an alias has no place of its own.
        pointers.retain(|pointer| pointer != "/h\"/f");
        pointers.sort();
        assert_eq!(seen, pointers);
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
