//! YAML that one of the two parsers reads and the other does not, made readable to both, byte for byte.
//!
//! libyaml, which yields the values, lets a quoted text go on, or a flow collection end, further to the left than YAML 1.2
//! (section 6.1) allows; the parser that knows positions does not. Real documents do both. Without its line break such a
//! text means the same, and a space in its place leaves every other character where it was.

use std::borrow::Cow;

use saphyr_parser::{Parser, ScanError};

use super::yaml_spans::Offsets;

/// No more than this is read again for the sake of places, all rounds together.
const REREAD_BYTES_MAX: usize = 32 << 20;

/// The text, with spaces for the line breaks that the positions' parser stumbles over.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    mended_within(text, REREAD_BYTES_MAX)
}

fn mended_within(text: &str, reread_bytes_max: usize) -> Cow<'_, str> {
    let mut mended = Cow::Borrowed(text);
    let mut at_before = None;
    for _ in 0..=reread_bytes_max / text.len().max(1) {
        let Err(error) = read(&mended) else { break };
        let at = Offsets::of(&mended).byte(&mended, error.marker().index());
        // Said of flow collections and quoted texts alone: elsewhere, less indentation ends what it is less than.
        if !error.info().starts_with("invalid indentation") {
            break;
        }
        // Each round must come further than the one before.
        if at_before.is_some_and(|before| at <= before) {
            break;
        }
        at_before = Some(at);
        let Some(broken) = broken_lines(&mended, at) else { break };
        let (head, rest) = (&mended[..broken.start], &mended[broken.end..]);
        mended = Cow::Owned([head, &mended[broken.clone()].replace(['\n', '\r'], " "), rest].concat());
    }
    mended
}

/// Reads the text to its end, or to an error.
fn read(text: &str) -> Result<(), ScanError> {
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        event?;
    }
    Ok(())
}

/// The bytes whose line breaks are in the way at `at`: those of the quoted text that begins there, or the one before it.
fn broken_lines(text: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let rest = text.get(at..)?;
    let bytes = rest.as_bytes();
    if let Some(quote) = bytes.first().copied().filter(|byte| b"'\"".contains(byte)) {
        let mut end = 1;
        loop {
            let (this, next) = (*bytes.get(end)?, bytes.get(end + 1));
            match (quote, this) {
                (b'"', b'\\') => end += 2,
                (b'\'', b'\'') if next == Some(&b'\'') => end += 2,
                _ if this == quote => break,
                _ => end += 1,
            }
        }
        let broken = at..at + end;
        if text.get(broken.clone())?.contains('\n') {
            return Some(broken);
        }
    }
    let line = text[..at].rfind('\n').filter(|line| text[*line..at].trim().is_empty())?;
    Some(line..line + 1)
}

#[cfg(test)]
mod tests {
    use super::{mended, mended_within};
    use crate::load::yaml_spans::spans;

    #[test]
    fn quoted_text_may_go_on_and_brackets_may_close_to_the_left() {
        let text = "a:\n  b:\n    c: 'it''s é\n  \"x\"\n\n  y'\n    d: {e: [\n      1, 2\n   ]\n   }\n    f: \"x\\\"\n  y\"\ng: h\n";
        let value: serde_json::Value = serde_yaml::from_str(text).expect("is read by the one");
        assert_eq!(value["g"], "h");
        let mended = mended(text);
        assert_eq!(mended.len(), text.len());
        let spans = spans(text);
        for (pointer, shown) in [("/a/b/d/e/1", "2"), ("/a/b/f", "\"x\\\"\n  y\""), ("/g", "h")] {
            assert_eq!(&text[spans.shown(text, pointer)], shown, "{pointer}\n{mended}");
        }
    }

    #[test]
    fn what_cannot_be_mended_is_left_as_it_is() {
        for text in ["a: [1\n", "a: 'b\n", "\"a\nb\": ]\n", "a:\n  b: 1\n c: 2\n", "%", "a: \"\\"] {
            assert_eq!(mended(text).len(), text.len());
        }
    }

    #[test]
    fn mending_has_a_bound() {
        let text = "a:\n  b:\n".to_owned() + &"    - 'x\n  y'\n".repeat(20);
        assert_eq!(mended(&text).matches("'x   y'").count(), 20);
        assert_eq!(mended_within(&text, text.len() * 4).matches("'x   y'").count(), 5);
    }
}
