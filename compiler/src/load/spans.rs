//! Spans: where in a file each value and each key stands, by JSON pointer.

use std::collections::BTreeMap;
use std::ops::Range;

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Spans {
    nodes: BTreeMap<String, Node>,
    second_keys: BTreeMap<String, Range<usize>>,
}

#[derive(Clone, Debug)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    /// The decoded text of a string, to find a position inside it.
    text: Option<String>,
}

impl Spans {
    /// Records a key that leads to `pointer`; a second one of the same name is kept apart.
    pub(super) fn add_key(&mut self, pointer: &str, key: Range<usize>) {
        if self.nodes.contains_key(pointer) {
            self.second_keys.entry(pointer.to_owned()).or_insert(key);
        } else {
            self.nodes.insert(pointer.to_owned(), Node { key: Some(key.clone()), value: key, text: None });
        }
    }

    /// Records a value. The value of a second key is passed over.
    pub(super) fn add_value(&mut self, pointer: &str, value: Range<usize>, text: Option<String>) {
        if self.second_keys.contains_key(pointer) {
            return;
        }
        match self.nodes.get_mut(pointer) {
            Some(node) => {
                node.value = value;
                node.text = text;
            }
            None => {
                self.nodes.insert(pointer.to_owned(), Node { key: None, value, text });
            }
        }
    }

    #[cfg(test)]
    pub(super) fn pointers(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// The node at `pointer`, or its nearest ancestor; `true` if it is the very one.
    fn nearest(&self, pointer: &str) -> Option<(&Node, bool)> {
        let mut rest = pointer;
        loop {
            if let Some(node) = self.nodes.get(rest) {
                return Some((node, rest.len() == pointer.len()));
            }
            rest = &rest[..rest.rfind('/')?];
        }
    }

    /// What to underline for a value: a scalar itself; of anything bigger, or of a missing value's ancestor, the key.
    pub(super) fn shown(&self, pointer: &str) -> Range<usize> {
        match self.nearest(pointer) {
            Some((node, true)) if node.text.is_some() => node.value.clone(),
            Some((node, _)) => node.key.clone().unwrap_or(node.value.start..node.value.start + 1),
            None => 0..0,
        }
    }

    /// The key that leads to `pointer`; of an array's item, what [`Self::shown`] shows.
    pub(super) fn key(&self, pointer: &str) -> Range<usize> {
        match self.nearest(pointer) {
            Some((node, _)) => node.key.clone().unwrap_or_else(|| self.shown(pointer)),
            None => 0..0,
        }
    }

    /// The second key of the same name.
    pub(super) fn second_key(&self, pointer: &str) -> Range<usize> {
        self.second_keys.get(pointer).cloned().unwrap_or_else(|| self.key(pointer))
    }

    /// Bytes of the decoded string at `pointer`; the whole value where they cannot be told.
    pub(super) fn within(&self, file: &str, pointer: &str, bytes: Range<usize>) -> Range<usize> {
        self.exactly_within(file, pointer, bytes).unwrap_or_else(|| self.shown(pointer))
    }

    /// Bytes of the decoded string at `pointer`, if they can be told.
    pub(super) fn exactly_within(&self, file: &str, pointer: &str, bytes: Range<usize>) -> Option<Range<usize>> {
        let (Node { value, text: Some(text), .. }, true) = self.nearest(pointer)? else { return None };
        let raw = file.get(value.clone())?;
        let (start, end) = (position(raw, text, bytes.start)?, position(raw, text, bytes.end)?);
        (start <= end).then(|| value.start + start..value.start + end)
    }
}

/// Where byte `offset` of the decoded `text` stands in its `raw` form.
///
/// A plain or quoted scalar without escapes stands there as it is; a block scalar stands there line by line, each behind
/// its indentation. Anything else (folded lines, escapes) cannot be told.
fn position(raw: &str, text: &str, offset: usize) -> Option<usize> {
    let text = text.trim_end_matches('\n');
    let offset = offset.min(text.len());
    if let Some(start) = raw.find(text) {
        return Some(start + offset);
    }
    let mut raw_at = 0;
    let mut text_at = 0;
    for line in text.split('\n') {
        let found = raw_at + raw.get(raw_at..)?.find(line)?;
        if offset <= text_at + line.len() {
            return Some(found + (offset - text_at));
        }
        raw_at = found + line.len();
        text_at += line.len() + 1;
    }
    None
}

/// One reference token of a JSON pointer, escaped (RFC 6901, section 3).
pub fn escape_token(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn a_position_in_a_block_scalar_skips_its_indentation() {
        let raw = "|\n        items[*].{\n          id: id\n        }\n";
        let text = "items[*].{\n  id: id\n}\n";
        let offset = text.find("id: id").expect("is there");
        assert_eq!(position(raw, text, offset), raw.find("id: id"));
        assert_eq!(position(raw, text, 0), raw.find("items"));
    }

    #[test]
    fn a_folded_scalar_cannot_be_told() {
        assert_eq!(position(">\n  one\n  two\n", "one two\n", 5), None);
    }
}
