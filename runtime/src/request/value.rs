//! A value, taken apart for a style that has no nesting.

use serde_json::Value;

use crate::arguments::plain;

/// One value on its way to one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// What the caller calls it, for messages.
    pub(super) name: &'a str,
    /// What the receiver calls it.
    pub(super) wire: &'a str,
    /// Whether it may not be left out.
    pub(super) required: bool,
    /// Whether reserved characters that mean nothing there stay as they are.
    pub(super) reserved: bool,
}

/// What a style has to write.
#[derive(Debug)]
pub(super) enum Parts {
    /// A single value.
    One(String),
    /// The items of an array.
    Items(Vec<String>),
    /// Names and values of an object's members, in the order in which they came.
    Members(Vec<(String, String)>),
}

impl Subject<'_> {
    /// Takes a value apart. What is nested or null has no text in any of these styles.
    pub(super) fn parts(&self, value: &Value) -> Result<Parts, String> {
        match value {
            Value::Array(items) => {
                Ok(Parts::Items(items.iter().map(|item| self.scalar(item)).collect::<Result<_, _>>()?))
            }
            Value::Object(map) => {
                let member = |(name, value): (&String, &Value)| {
                    if name.is_empty() {
                        return Err(self.refused("has a member without a name", "give it one"));
                    }
                    Ok((name.clone(), self.scalar(value)?))
                };
                Ok(Parts::Members(map.iter().map(member).collect::<Result<_, _>>()?))
            }
            value => Ok(Parts::One(self.scalar(value)?)),
        }
    }

    /// The text of a single value.
    pub(super) fn scalar(&self, value: &Value) -> Result<String, String> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Number(number) => Ok(plain(number)),
            Value::Null => Err(self.refused("holds null, which can only be sent in a JSON body", "leave it out")),
            Value::Array(_) | Value::Object(_) => {
                Err(self.refused("holds an array or object where a single value is sent", "send single values"))
            }
        }
    }

    /// What stands for "not sent", unless the value is required: no style has a text for an array or object of nothing.
    pub(super) fn left_out<T>(&self, nothing: T) -> Result<T, String> {
        if self.required {
            return Err(self.refused("is required, and an empty array or object cannot be sent", "send at least one"));
        }
        Ok(nothing)
    }

    /// Items that a delimiter joins: none may be empty, since that cannot be told from no item at all.
    pub(super) fn joinable<'a>(&self, items: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, String> {
        let items: Vec<&str> = items.collect();
        if items.iter().any(|item| item.is_empty()) {
            return Err(self.refused("holds an empty text, which a joined list cannot say", "leave it out"));
        }
        Ok(items)
    }

    /// A fault in one line: what is wrong, and the way out.
    pub(super) fn refused(&self, what: &str, way_out: &str) -> String {
        format!("`{}` {what}; {way_out}", self.name)
    }
}

/// Names and values of members, one after another.
pub(super) fn flat(members: &[(String, String)]) -> impl Iterator<Item = &str> {
    members.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()])
}
