//! Canonical JSON: one text for one meaning.
//!
//! A JSON text (RFC 8259) in UTF-8, without blanks. Members of objects are sorted by the bytes of their names. A member that
//! says nothing is left out: null, false, the integer 0, and the empty text, list and object. So a member that is added to
//! this form later changes no digest of what does not use it.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::load::hex;

/// The members of an object.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<(String, Value)>);

impl Members {
    /// What has a kind.
    pub(super) fn of_type(kind: &str) -> Self {
        Self::default().with("type", kind)
    }

    /// Adds a member, unless it says nothing.
    pub(super) fn with(self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let is_silent = match &value {
            Value::Null => true,
            Value::Bool(flag) => !flag,
            Value::Number(number) => number.as_u64() == Some(0),
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            Value::Object(members) => members.is_empty(),
        };
        if is_silent { self } else { self.with_any(name, value) }
    }

    /// Adds a member that means something whatever it is, such as a bound of 0; none where there is none.
    pub(super) fn with_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with_any(name, value.into()),
            None => self,
        }
    }

    fn with_any(mut self, name: &str, value: Value) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// The object.
    pub(super) fn object(mut self) -> Value {
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        Value::Object(self.0.into_iter().collect::<Map<_, _>>())
    }
}

impl FromIterator<(String, Value)> for Members {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

/// A list whose order means nothing: sorted by the bytes of its items as texts, each item once.
pub(super) fn set(items: impl IntoIterator<Item = Value>) -> Value {
    let mut items: Vec<(String, Value)> = items.into_iter().map(|item| (item.to_string(), item)).collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    items.dedup_by(|(a, _), (b, _)| a == b);
    items.into_iter().map(|(_, item)| item).collect()
}

/// SHA-256 of a value's text, in lower-case hexadecimal.
pub(super) fn digest(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string()))
}
