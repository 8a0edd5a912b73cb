//! JSON that is made once and written at once. A program makes the schemas of all its tools when it starts, so keys and texts
//! are borrowed, and small objects are searched instead of hashed.

use std::borrow::Cow;

use serde_json::Value;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree<'a> {
    /// A value that is none of the others, or is at hand.
    Value(Value),
    Text(Cow<'a, str>),
    List(Vec<Tree<'a>>),
    Object(Members<'a>),
}

/// The members of an object, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, Tree<'a>)>);

impl<'a> Members<'a> {
    /// None yet, with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Puts a member in, in the place of one of that name or behind all others.
    pub(crate) fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Tree<'a>>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = value,
            None => self.0.push((name, value)),
        }
    }

    /// Puts a member behind all others. There is none of that name.
    pub(crate) fn push(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Tree<'a>>) {
        self.0.push((name.into(), value.into()));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Tree<'a>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Tree<'a>> {
        self.0.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub(crate) fn extend(&mut self, others: Self) {
        others.0.into_iter().for_each(|(name, value)| self.insert(name, value));
    }
}

/// An object of these members, in this order.
pub(crate) fn members<'a, const N: usize>(members: [(&'static str, Tree<'a>); N]) -> Members<'a> {
    Members(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

impl From<&'static str> for Tree<'_> {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Tree<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Vec<Tree<'a>>> for Tree<'a> {
    fn from(items: Vec<Tree<'a>>) -> Self {
        Self::List(items)
    }
}

impl<'a> From<Members<'a>> for Tree<'a> {
    fn from(members: Members<'a>) -> Self {
        Self::Object(members)
    }
}

impl From<Value> for Tree<'_> {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Tree<'_>> for Value {
    fn from(tree: Tree<'_>) -> Self {
        match tree {
            Tree::Value(value) => value,
            Tree::Text(text) => Self::String(text.into_owned()),
            Tree::List(items) => items.into_iter().map(Self::from).collect(),
            Tree::Object(Members(members)) => {
                Self::Object(members.into_iter().map(|(name, value)| (name.into_owned(), value.into())).collect())
            }
        }
    }
}

impl Tree<'_> {
    /// Appends the value as compact JSON.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Value(value) => out.push_str(&value.to_string()),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => members.write(out),
        }
    }
}

impl Members<'_> {
    fn write(&self, out: &mut String) {
        out.push('{');
        for (position, (name, value)) in self.0.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_text(name, out);
            out.push(':');
            value.write(out);
        }
        out.push('}');
    }
}

/// Appends a text as a JSON string. Most have nothing to escape.
pub(crate) fn write_text(text: &str, out: &mut String) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(&Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Members, Tree, members};

    #[test]
    fn what_is_written_is_what_serde_writes() {
        let texts = ["", "plain", "\"", "a\\b", "\u{0}\n\t\u{1f}", "\u{7f}\u{2028}ä€😀", "/"];
        let list: Vec<Tree<'_>> = texts.iter().map(|text| Tree::Text((*text).into())).collect();
        let mut object = Members::default();
        for text in texts {
            object.insert(text, Tree::Text(text.into()));
        }
        let values = json!([1.0, -0.0, 1e300, 18_446_744_073_709_551_615_u64, null, true, {"a": [{}]}]);
        let empty = vec![Tree::List(Vec::new()), Members::default().into()];
        let tree: Tree<'_> = members([
            ("texts", list.into()),
            ("object", object.into()),
            ("values", values.into()),
            ("empty", empty.into()),
        ])
        .into();
        let mut written = String::new();
        tree.write(&mut written);
        assert_eq!(written, Value::from(tree).to_string());
    }
}
