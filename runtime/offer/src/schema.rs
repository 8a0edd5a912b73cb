//! What the schemas of arguments and of answers have in common.

use std::borrow::Cow;

use serde_json::Value;

use crate::View;
use crate::json::Json;

/// Objects and lists that are open around a schema which is written out. The last ones hold seven more, and in a message all
/// of them stand in four, so that clients have it which read no more than 64 (System.Text.Json does; `serde_json` has 128).
pub(crate) const LEVELS_MAX: usize = 50;

/// So many more may be open in a value that stands in a schema.
const VALUE_LEVELS_MAX: usize = 6;

/// Whether a value is not too deep to stand in a schema.
pub(crate) fn is_shallow(value: &Value) -> bool {
    fn is_within(value: &Value, levels_max: usize) -> bool {
        let inner = levels_max.checked_sub(1);
        match value {
            Value::Array(items) => inner.is_some_and(|inner| items.iter().all(|item| is_within(item, inner))),
            Value::Object(map) => inner.is_some_and(|inner| map.values().all(|item| is_within(item, inner))),
            _ => true,
        }
    }
    is_within(value, VALUE_LEVELS_MAX)
}

/// A schema of which all is written but what describes it, and its end. What its place says of it comes before what it says
/// of itself, and the place is known to the caller alone.
#[must_use]
pub(crate) struct Unfinished {
    own: Cow<'static, str>,
}

impl Unfinished {
    /// One that says nothing of itself.
    pub(crate) const SILENT: Self = Self { own: Cow::Borrowed("") };

    /// The same, saying this of itself.
    pub(crate) fn saying(mut self, own: impl Into<Cow<'static, str>>) -> Self {
        self.own = own.into();
        self
    }

    /// Writes what describes it. Its end is left to the caller.
    pub(crate) fn describe(self, description: &str, json: &mut Json) {
        match (description, &*self.own) {
            ("", "") => {}
            ("", one) | (one, "") => json.text_member("description", one),
            (description, own) => json.text_member("description", &format!("{description} {own}")),
        }
    }

    /// Writes what describes it, and its end.
    pub(crate) fn finish(self, description: &str, json: &mut Json) {
        self.describe(description, json);
        json.bracket('}');
    }
}

/// Begins a schema that says the type.
pub(crate) fn of_type(kind: &'static str, json: &mut Json) -> Unfinished {
    typed(Some(kind), json)
}

/// Begins a schema that says the type if there is one.
pub(crate) fn typed(kind: Option<&'static str>, json: &mut Json) -> Unfinished {
    json.bracket('{');
    if let Some(kind) = kind {
        json.key("type");
        json.keyword(kind);
    }
    Unfinished::SILENT
}

/// Begins the schema of any value.
pub(crate) fn any(json: &mut Json) -> Unfinished {
    typed(None, json).saying("Any JSON value.")
}

/// Writes the schema of null.
pub(crate) fn null(json: &mut Json) {
    of_type("null", json).finish("", json);
}

/// Begins what stands for a named shape that is not written out again.
pub(crate) fn cut(name: &str, kind: Option<&'static str>, json: &mut Json) -> Unfinished {
    typed(kind, json).saying(format!("A nested {name}, of the same form."))
}

/// Begins a schema that says the type, if there is one, and that there is more to it.
pub(crate) fn bare(kind: Option<&'static str>, json: &mut Json) -> Unfinished {
    let schema = typed(kind, json);
    if kind.is_some() { schema } else { schema.saying("Not described further.") }
}

/// The type that all values of a shape have, as far as one step into it shows.
pub(crate) fn kind_of<S>(shape: &View<'_, S>) -> Option<&'static str> {
    match shape {
        View::Boolean => Some("boolean"),
        View::Integer(_) => Some("integer"),
        View::Number(_) => Some("number"),
        View::Text(_) | View::Words(_) => Some("string"),
        View::List(_) => Some("array"),
        View::Object(_) | View::File => Some("object"),
        View::Any | View::Literals(_) | View::AnyOf(_) | View::Nullable(_) | View::Named(..) => None,
    }
}
