//! JSON that is written once, in its order, straight to text: a program makes the schemas of all its tools when it starts.

use serde_json::Value;

/// Compact JSON that is being written. Whoever writes opens and closes each object and list; the commas come by themselves.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: String,
    /// Objects and lists that are open.
    levels: usize,
}

impl Json {
    /// None yet, with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), levels: 0 }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The same, read back.
    pub(crate) fn into_value(self) -> Value {
        // It is read back here alone, so that nothing is written by two ways.
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Opens or closes an object or a list.
    pub(crate) fn bracket(&mut self, bracket: char) {
        match bracket {
            '{' | '[' => self.levels += 1,
            _ => self.levels -= 1,
        }
        self.text.push(bracket);
    }

    /// How many objects and lists are open.
    pub(crate) fn levels(&self) -> usize {
        self.levels
    }

    /// Opens an object or a list that is a member.
    pub(crate) fn open(&mut self, name: &'static str, bracket: char) {
        self.key(name);
        self.bracket(bracket);
    }

    /// Starts the next item of a list.
    pub(crate) fn item(&mut self) {
        // A string ends with its quotation mark, so behind a bracket is the first item, and behind nothing.
        if !matches!(self.text.as_bytes().last(), None | Some(b'{' | b'[')) {
            self.text.push(',');
        }
    }

    /// Starts the next member of an object; the name is a keyword of ours.
    pub(crate) fn key(&mut self, keyword: &'static str) {
        self.item();
        self.keyword(keyword);
        self.text.push(':');
    }

    /// Starts the next member of an object; the name is somebody else's.
    pub(crate) fn name(&mut self, name: &str) {
        self.item();
        self.text(name);
        self.text.push(':');
    }

    /// A string of ours, which has nothing to escape.
    pub(crate) fn keyword(&mut self, keyword: &'static str) {
        self.text.push('"');
        self.text.push_str(keyword);
        self.text.push('"');
    }

    /// A string. Most have nothing to escape.
    pub(crate) fn text(&mut self, text: &str) {
        let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        // All of it is looked at, since that is done many bytes at a time.
        if text.bytes().fold(false, |any, byte| any | is_special(byte)) {
            self.value(text);
        } else {
            self.text.push('"');
            self.text.push_str(text);
            self.text.push('"');
        }
    }

    /// A member that is a string.
    pub(crate) fn text_member(&mut self, name: &'static str, text: &str) {
        self.key(name);
        self.text(text);
    }

    /// A list of strings.
    pub(crate) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.bracket('[');
        for text in texts {
            self.item();
            self.text(text);
        }
        self.bracket(']');
    }

    /// The member `required` of a schema, if anything is.
    pub(crate) fn required<'t>(&mut self, names: impl IntoIterator<Item = &'t str>) {
        let mut names = names.into_iter().peekable();
        if names.peek().is_some() {
            self.key("required");
            self.texts(names);
        }
    }

    /// A value that is at hand.
    pub(crate) fn value(&mut self, value: impl Into<Value>) {
        self.text.push_str(&value.into().to_string());
    }

    /// A member whose value is at hand.
    pub(crate) fn member(&mut self, name: &'static str, value: impl Into<Value>) {
        self.key(name);
        self.value(value);
    }

    /// Puts a member before the others of the object that starts there, unless it is the first already.
    pub(crate) fn lead(&mut self, name: &'static str, text: &str, start: usize) {
        let mut object = Self::default();
        object.bracket('{');
        object.text_member(name, text);
        let lead = object.text;
        if !self.text.get(start..).is_some_and(|written| written.starts_with(&lead)) {
            self.text.replace_range(start..=start, &format!("{lead},"));
        }
    }

    /// Where the next byte will stand.
    pub(crate) fn end(&self) -> usize {
        self.text.len()
    }

    /// Takes back what was written from there on, each bracket of which is closed.
    pub(crate) fn take_back(&mut self, start: usize) {
        self.text.truncate(start);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Json;

    #[test]
    fn what_is_written_is_what_serde_writes() {
        let texts = ["", "plain", "\"", "a\\b", "\u{0}\n\t\u{1f}", "\u{7f}\u{2028}ä€😀", "/", "{", "[", "a,"];
        let values = json!([1.0, -0.0, 1e300, 18_446_744_073_709_551_615_u64, null, true, {"a": [{}]}]);
        let mut json = Json::default();
        json.bracket('{');
        json.key("texts");
        json.texts(texts);
        json.key("object");
        json.bracket('{');
        for text in texts {
            json.name(text);
            json.text(text);
        }
        json.bracket('}');
        let end = json.end();
        json.member("taken back", 1);
        json.take_back(end);
        json.member("values", values.clone());
        json.key("empty");
        json.bracket('[');
        for brackets in ["[]", "{}"] {
            json.item();
            brackets.chars().for_each(|bracket| json.bracket(bracket));
        }
        json.bracket(']');
        json.bracket('}');
        let object: serde_json::Map<String, Value> =
            texts.iter().map(|&text| (text.to_owned(), Value::from(text))).collect();
        let expected = json!({"texts": texts, "object": object, "values": values, "empty": [[], {}]});
        assert_eq!(json.into_text(), expected.to_string());
    }
}
