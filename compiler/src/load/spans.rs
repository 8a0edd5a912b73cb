//! Spans: where in a file each value and each key stands, by JSON pointer.
//!
//! A document has hundreds of thousands of values, and a diagnostic asks for one. So the values stand in one list, each
//! before those that it holds, with offsets and no text: a pointer is looked up by walking down, reading keys where they
//! stand in the file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Spans {
    nodes: Vec<Node>,
    /// The decoded text of the keys and scalars that stand in the file in another form, by their first byte.
    texts: BTreeMap<u32, String>,
}

#[derive(Clone, Debug)]
struct Node {
    key: Option<Place>,
    value: Place,
    /// The position in the list behind the last value that this one holds.
    end: u32,
    kind: Kind,
}

/// Bytes of the file. A file has at most 100 MB (`FILE_BYTES_MAX`).
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
}

impl Place {
    fn of(range: &Range<usize>) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: offset(range.start), end: offset(range.end) }
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string, number, boolean or null.
    Scalar,
    /// What stands elsewhere (a YAML alias).
    Alias,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun(usize);

impl Spans {
    /// Those of a file that is one string: its first line stands for it.
    pub(super) fn of_text(text: &str) -> Self {
        let mut spans = Self::default();
        let begun = spans.begin(None, 0, Kind::Scalar);
        spans.finish(begun, text.lines().next().unwrap_or_default().len());
        spans
    }

    /// A value begins; its key, if it has one, stood before it. What begins next, before it ends, it holds.
    pub(super) fn begin(&mut self, key: Option<Range<usize>>, start: usize, kind: Kind) -> Begun {
        let position = self.nodes.len();
        let key = key.map(|key| Place::of(&key));
        self.nodes.push(Node { key, value: Place::of(&(start..start)), end: 0, kind });
        Begun(position)
    }

    /// The value has ended.
    pub(super) fn finish(&mut self, begun: Begun, end: usize) {
        let behind = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(begun.0) {
            node.value.end = Place::of(&(end..end)).end;
            node.end = behind;
        }
    }

    /// Says what the key or scalar at `range` means, if that is not just what stands there between quotes.
    pub(super) fn add_text(&mut self, file: &str, range: &Range<usize>, text: &str) {
        // What has no bytes (`a:` and nothing) may begin where the next key does.
        if !range.is_empty() && file.get(range.clone()).map(unquoted) != Some(text) {
            self.texts.insert(Place::of(range).start, text.to_owned());
        }
    }

    /// What the key or scalar at a place means.
    fn text<'s>(&'s self, file: &'s str, place: Place) -> Cow<'s, str> {
        match self.texts.get(&place.start) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Borrowed(file.get(place.range()).map_or("", unquoted)),
        }
    }

    /// The values that the one at `position` holds, with their positions.
    fn held(&self, position: usize) -> impl Iterator<Item = (usize, &Node)> {
        let end = self.nodes.get(position).map_or(0, |node| node.end as usize).min(self.nodes.len());
        let mut next = position + 1;
        std::iter::from_fn(move || {
            let node = self.nodes.get(next).filter(|_| next < end)?;
            let position = next;
            next = (node.end as usize).max(next + 1);
            Some((position, node))
        })
    }

    /// The value at `pointer`, or its nearest ancestor, by position; `true` if it is the very one.
    fn nearest(&self, file: &str, pointer: &str) -> Option<(usize, bool)> {
        let mut position = self.nodes.first().map(|_| 0)?;
        for token in pointer.split('/').skip(1) {
            match self.named(file, position, token).next() {
                Some(next) => position = next,
                None => return Some((position, false)),
            }
        }
        Some((position, true))
    }

    /// The positions of what `token` means in the value at `position`: several, where a key stands twice.
    fn named<'s>(&'s self, file: &'s str, position: usize, token: &'s str) -> impl Iterator<Item = usize> {
        let is_array = self.nodes.get(position).is_some_and(|node| node.kind == Kind::Array);
        let wanted = if is_array { Cow::Borrowed(token) } else { unescape_token(token) };
        self.held(position).enumerate().filter_map(move |(number, (position, node))| {
            let is_it = match node.key {
                Some(key) => self.text(file, key) == wanted,
                None => is_array && token.parse() == Ok(number),
            };
            is_it.then_some(position)
        })
    }

    /// What to underline for a value: a scalar itself; of anything bigger, or of a missing value's ancestor, the key.
    pub(super) fn shown(&self, file: &str, pointer: &str) -> Range<usize> {
        let Some((position, is_it)) = self.nearest(file, pointer) else { return 0..0 };
        let Node { key, value, kind, .. } = &self.nodes[position];
        match key {
            _ if is_it && matches!(kind, Kind::Scalar | Kind::Alias) => value.range(),
            Some(key) => key.range(),
            None => value.range().start..value.range().start + 1,
        }
    }

    /// The key that leads to `pointer`; of an array's item, what [`Self::shown`] shows.
    pub(super) fn key(&self, file: &str, pointer: &str) -> Range<usize> {
        let key = self.nearest(file, pointer).and_then(|(position, _)| self.nodes[position].key);
        key.map_or_else(|| self.shown(file, pointer), Place::range)
    }

    /// The second key of the same name.
    pub(super) fn second_key(&self, file: &str, pointer: &str) -> Range<usize> {
        let second = || {
            let (parent, token) = pointer.rsplit_once('/')?;
            let (position, _) = self.nearest(file, parent).filter(|(_, is_it)| *is_it)?;
            let second = self.named(file, position, token).nth(1)?;
            self.nodes[second].key
        };
        second().map_or_else(|| self.key(file, pointer), Place::range)
    }

    /// Bytes of the decoded string at `pointer`; the whole value where they cannot be told.
    pub(super) fn within(&self, file: &str, pointer: &str, bytes: &Range<usize>) -> Range<usize> {
        self.exactly_within(file, pointer, bytes).unwrap_or_else(|| self.shown(file, pointer))
    }

    /// Bytes of the decoded string at `pointer`, if they can be told.
    pub(super) fn exactly_within(&self, file: &str, pointer: &str, bytes: &Range<usize>) -> Option<Range<usize>> {
        let (position, true) = self.nearest(file, pointer)? else { return None };
        let Node { value, kind: Kind::Scalar, .. } = &self.nodes[position] else { return None };
        let raw = file.get(value.range())?;
        let text = self.text(file, *value);
        let start = value.range().start;
        let (from, to) = (offset_in(raw, &text, bytes.start)?, offset_in(raw, &text, bytes.end)?);
        (from <= to).then(|| start + from..start + to)
    }

    /// The pointers of all values, sorted; that of a second key of the same name once.
    #[cfg(test)]
    pub(super) fn pointers(&self, file: &str) -> Vec<String> {
        let mut pointers = Vec::new();
        let mut open: Vec<(usize, String)> = self.nodes.first().map(|_| (0, String::new())).into_iter().collect();
        while let Some((position, pointer)) = open.pop() {
            for (number, (held, node)) in self.held(position).enumerate() {
                let token = node.key.map_or_else(|| number.to_string(), |key| escape_token(&self.text(file, key)));
                open.push((held, format!("{pointer}/{token}")));
            }
            pointers.push(pointer);
        }
        pointers.sort();
        pointers.dedup();
        pointers
    }
}

/// What stands between quotes, if there are any.
fn unquoted(raw: &str) -> &str {
    let between = |quote: char| raw.strip_prefix(quote)?.strip_suffix(quote);
    between('"').or_else(|| between('\'')).unwrap_or(raw)
}

/// Where byte `offset` of the decoded `text` stands in its `raw` form.
///
/// A plain or quoted scalar without escapes stands there as it is; a block scalar stands there line by line, each behind
/// its indentation. Anything else (folded lines, escapes) cannot be told.
fn offset_in(raw: &str, text: &str, offset: usize) -> Option<usize> {
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

fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

#[cfg(test)]
mod tests {
    use super::offset_in;

    #[test]
    fn a_position_in_a_block_scalar_skips_its_indentation() {
        let raw = "|\n        items[*].{\n          id: id\n        }\n";
        let text = "items[*].{\n  id: id\n}\n";
        let offset = text.find("id: id").expect("is there");
        assert_eq!(offset_in(raw, text, offset), raw.find("id: id"));
        assert_eq!(offset_in(raw, text, 0), raw.find("items"));
    }

    #[test]
    fn a_folded_scalar_cannot_be_told() {
        assert_eq!(offset_in(">\n  one\n  two\n", "one two\n", 5), None);
    }
}
