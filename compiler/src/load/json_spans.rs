//! Spans of a JSON text that a parser has already accepted.

use std::ops::Range;

use super::spans::{Kind, Spans};

/// Where each value stands. On text that is not JSON, what was found before the first error.
pub(super) fn spans(text: &str) -> Spans {
    let mut scanner = Scanner { text, at: 0, spans: Spans::default() };
    let _ = scanner.value(None, 0);
    scanner.spans
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    spans: Spans,
}

/// As deep as serde_json reads.
const DEPTH_MAX: usize = 128;

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, key: Option<Range<usize>>, depth: usize) -> Option<()> {
        self.skip_space();
        let kind = match self.peek()? {
            _ if depth > DEPTH_MAX => return None,
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            _ => Kind::Scalar,
        };
        let begun = self.spans.begin(key, self.at, kind);
        // Also what broke off in the middle has ended: what it held up to there has its place.
        let result = match kind {
            Kind::Object | Kind::Array => self.held(kind == Kind::Object, depth),
            _ if self.peek() == Some(b'"') => self.string().map(drop),
            _ => {
                self.bare();
                Some(())
            }
        };
        self.spans.finish(begun, self.at);
        result
    }

    /// The members of an object, or the items of an array.
    fn held(&mut self, is_object: bool, depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek()? {
                b'}' | b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ if is_object => {
                    let key = self.string()?;
                    self.skip_space();
                    self.at += 1;
                    self.value(Some(key), depth + 1)?;
                }
                _ => self.value(None, depth + 1)?,
            }
        }
    }

    /// Passes a string, and says where it stands.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut is_escaped = false;
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let range = start..self.at;
        if is_escaped {
            let text: String = serde_json::from_str(self.text.get(range.clone())?).ok()?;
            self.spans.add_text(self.text, &range, &text);
        }
        Some(range)
    }

    fn bare(&mut self) {
        while !matches!(self.peek(), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spans;

    #[test]
    fn pointers_lead_to_the_bytes_of_their_values() {
        let text = "{\"a\\u00e9/\": [1, {\"x\": \"é\\\"\"}],\n \"b~\": null, \"c\": 1, \"c\": 2, \"'d'\": true}";
        let spans = spans(text);
        let at = |pointer: &str| &text[spans.shown(text, pointer)];
        assert_eq!(at("/aé~1/0"), "1");
        assert_eq!(at("/aé~1/1/x"), "\"é\\\"\"");
        assert_eq!(at("/aé~1/1/y"), "{");
        assert_eq!(at("/aé~1"), "\"a\\u00e9/\"");
        assert_eq!(at("/b~0"), "null");
        assert_eq!(at("/'d'"), "true");
        assert_eq!(at("/c"), "1");
        assert_eq!(spans.second_key(text, "/c").start, text.rfind("\"c\"").expect("is there"));
        assert_eq!(spans.second_key(text, "/b~0"), spans.key(text, "/b~0"));
        assert_eq!(spans.within(text, "/'d'", &(1..3)), spans.shown(text, "/'d'").start + 1..text.len() - 2);
    }

    #[test]
    fn what_breaks_off_keeps_the_places_up_to_there() {
        let text = "{\"a\": {\"b\": 1, \"c\": ";
        assert_eq!(&text[spans(text).shown(text, "/a/b")], "1");
    }
}
