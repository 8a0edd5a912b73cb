//! A result that is too long, cut between two of its records.

use serde_json::Value;

use super::prompts::for_model;

/// A result, taken apart where it can be cut.
#[derive(Debug)]
pub(super) struct Records<'t> {
    kind: Kind<'t>,
    /// How many records it has.
    pub(super) count: usize,
    /// What was said behind it.
    note: &'t str,
}

#[derive(Debug)]
enum Kind<'t> {
    /// JSON, and the way to the list that takes most of it.
    Json { value: Value, list: String },
    /// Lines: the head, and one line a record.
    Rows { head: &'t str, rows: Vec<&'t str> },
    /// Neither: it stays or goes as a whole.
    Whole(&'t str),
}

impl<'t> Records<'t> {
    /// Reads a result as [`super::Message::Result`] holds it.
    pub(super) fn of(text: &'t str) -> Self {
        // JSON stands on one line.
        let (first, note) = text.split_once('\n').unwrap_or((text, ""));
        if let Ok(value) = serde_json::from_str::<Value>(first) {
            return match longest_list(&value) {
                Some(list) => {
                    let count = value.pointer(&list).and_then(Value::as_array).map_or(0, Vec::len);
                    Self { kind: Kind::Json { value, list }, count, note }
                }
                None => Self { kind: Kind::Whole(first), count: 1, note },
            };
        }
        let mut rows = rows(text).into_iter();
        let head = rows.next().unwrap_or_default();
        let rows: Vec<&str> = rows.collect();
        if rows.is_empty() {
            return Self { kind: Kind::Whole(text), count: 1, note: "" };
        }
        let count = rows.len();
        Self { kind: Kind::Rows { head, rows }, count, note: "" }
    }

    /// The result with its first records alone, and words that say so.
    pub(super) fn first(&self, shown: usize) -> String {
        let mut text = match &self.kind {
            Kind::Json { value, list } => {
                let mut value = value.clone();
                if let Some(Value::Array(items)) = value.pointer_mut(list) {
                    items.truncate(shown);
                }
                for_model(&value)
            }
            Kind::Rows { head, rows } => {
                let shown = rows.iter().take(shown).copied();
                std::iter::once(*head).chain(shown).collect::<Vec<_>>().join("\n")
            }
            Kind::Whole(text) if shown > 0 => (*text).to_owned(),
            Kind::Whole(_) => String::new(),
        };
        let of = self.count;
        if shown < of {
            text = match self.kind {
                Kind::Whole(_) => "The result is too long to be shown here. Ask for less.".to_owned(),
                _ => format!("{text}\nOnly the first {shown} of {of} records fit here: say so, and ask for less."),
            };
        }
        if self.note.is_empty() { text } else { format!("{text}\n{}", self.note) }
    }

    /// How many records fit into so many bytes for sure or perhaps: more than these need not be tried.
    pub(super) fn fit_at_most(&self, bytes_max: usize) -> usize {
        let lengths: Vec<usize> = match &self.kind {
            Kind::Json { value, list } => {
                let items = value.pointer(list).and_then(Value::as_array).into_iter().flatten();
                items.map(|item| item.to_string().len()).collect()
            }
            Kind::Rows { rows, .. } => rows.iter().map(|row| row.len()).collect(),
            Kind::Whole(text) => vec![text.len()],
        };
        let mut left = bytes_max;
        lengths.iter().take_while(|length| left.checked_sub(**length).map(|rest| left = rest).is_some()).count()
    }
}

/// The way (RFC 6901) to the list that takes most of a value. One of a single item is no list to cut.
fn longest_list(value: &Value) -> Option<String> {
    fn look(value: &Value, way: &str, best: &mut Option<(usize, String)>) {
        let mut below = |name: &str, part: &Value| {
            let name = name.replace('~', "~0").replace('/', "~1");
            look(part, &format!("{way}/{name}"), best);
        };
        match value {
            Value::Array(items) if items.len() > 1 => {
                let length = value.to_string().len();
                if best.as_ref().is_none_or(|(most, _)| length > *most) {
                    *best = Some((length, way.to_owned()));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| below("0", item)),
            Value::Object(members) => members.iter().for_each(|(name, member)| below(name, member)),
            _ => {}
        }
    }
    let mut best = None;
    look(value, "", &mut best);
    best.map(|(_, way)| way)
}

/// Lines; a line feed between quotes belongs to its cell.
fn rows(text: &str) -> Vec<&str> {
    // In a table a text with a line feed is written as JSON, which has none.
    let is_table = text.starts_with('|');
    let mut is_quoted = false;
    text.split(|letter: char| {
        is_quoted ^= letter == '"' && !is_table;
        letter == '\n' && !is_quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, shown: usize) -> String {
        Records::of(text).first(shown)
    }

    #[test]
    fn a_list_is_cut_wherever_it_stands() {
        let text = r#"{"total": 3, "data": {"x/y": [{"id": 1}, {"id": 2}, {"id": 3}]}, "few": [1, 2]}"#;
        assert_eq!(Records::of(text).count, 3);
        let expected = "{\"total\": 3, \"data\": {\"x/y\": [{\"id\": 1}]}, \"few\": [1, 2]}\n\
                        Only the first 1 of 3 records fit here: say so, and ask for less.";
        assert_eq!(cut(text, 1), expected);
        assert_eq!(cut(text, 3), text, "nothing is said where nothing is cut");
        assert_eq!(cut("[1, 2]\nThere is more.", 2), "[1, 2]\nThere is more.");
        assert!(cut("[1, 2]\nThere is more.", 0).ends_with("ask for less.\nThere is more."));
    }

    #[test]
    fn rows_are_cut_between_lines_and_never_inside_of_a_cell() {
        let csv = "id,text\n1,\"a\nb \"\"c\"\"\"\n2,d";
        assert_eq!(Records::of(csv).count, 2);
        assert!(cut(csv, 1).starts_with("id,text\n1,\"a\nb \"\"c\"\"\"\nOnly the first 1 of 2 records"));
        let table = "| id |\n| --- |\n| say \"x |\n| y |";
        assert_eq!(Records::of(table).count, 3, "the line below the head goes with the records");
    }

    #[test]
    fn what_has_no_records_stays_or_goes_as_a_whole() {
        let text = r#"{"note": "long"}"#;
        assert_eq!(cut(text, 1), text);
        assert_eq!(cut(text, 0), "The result is too long to be shown here. Ask for less.");
    }

    #[test]
    fn what_cannot_fit_is_not_tried() {
        let records = Records::of(r#"["aaaa", "bbbb", "cccc"]"#);
        assert_eq!((records.fit_at_most(13), records.fit_at_most(100)), (2, 3));
    }
}
