//! Parameter and Header Objects (Swagger 2.0): the keywords of their type go below `schema`, `collectionFormat` becomes
//! `style` and `explode` (OpenAPI 3.0.4, section 4.8.12.3).

use serde_json::{Map, Value};

use super::ledger::{Ledger, Spot};
use super::refuse;

/// Keywords that say what a parameter may be. Those after `multipleOf` are none of Swagger 2.0, but plainly meant.
const SCHEMA_KEYWORDS: [&str; 29] = [
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "enum",
    "multipleOf",
    "title",
    "properties",
    "additionalProperties",
    "maxProperties",
    "minProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "nullable",
    "x-nullable",
    "discriminator",
    "readOnly",
];

/// What a parameter's `in` means for the conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The request body.
    Body,
    /// A field of a form.
    Form,
    /// Path, query, header, or something that is none.
    Other,
}

/// Where a parameter goes.
pub(super) fn place(parameter: &Map<String, Value>) -> Place {
    match parameter.get("in").and_then(Value::as_str) {
        Some("body") => Place::Body,
        Some(place) if place.eq_ignore_ascii_case("formData") => Place::Form,
        _ => Place::Other,
    }
}

/// How the items of a list are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It is no list.
    Single,
    /// As `style` and `explode` say.
    As(&'static str, bool),
    /// In a way that OpenAPI 3.0 has no words for. The reason, as a sentence's end.
    Unknown(String),
}

/// A parameter taken apart.
#[derive(Debug)]
pub(super) struct Split {
    /// What it may be.
    pub schema: Map<String, Value>,
    /// How a list is written.
    pub joined: Joined,
    /// Whether it is a file, or a list of files.
    pub is_file: bool,
}

/// Converts a parameter that is not `in: body`, or a header, in place. It stood at `before` and stands at `now`.
/// A second conversion changes nothing.
pub(super) fn convert(parameter: &mut Map<String, Value>, before: &Spot, now: &str, ledger: &mut Ledger<'_>) {
    if parameter.get("in").is_some_and(|place| place == "path") {
        parameter.insert("required".to_owned(), true.into());
    }
    let Some(split) = split(parameter) else { return };
    ledger.came(before, format!("{now}/schema"));
    if split.schema.contains_key("items") {
        ledger.leads(&before.below("/items"), format!("{now}/schema/items"));
    }
    let mut schema = split.schema;
    if place(parameter) == Place::Form
        && let Some(description) = parameter.get("description")
    {
        // A form's property refers to the schema, and has its description from there.
        schema.entry("description").or_insert_with(|| description.clone());
    }
    parameter.insert("schema".to_owned(), schema.into());
    match split.joined {
        Joined::Single => {}
        Joined::As(style, explode) => {
            parameter.insert("style".to_owned(), style.into());
            parameter.insert("explode".to_owned(), explode.into());
        }
        Joined::Unknown(reason) if parameter.contains_key("in") => {
            refuse(parameter, "E0212", format!("the parameter is a list {reason}"));
        }
        // A header of an answer is never read as a list; it is no reason to refuse the answer.
        Joined::Unknown(reason) => {
            parameter.insert("x-airlock-note".to_owned(), vec![format!("the header is a list {reason}")].into());
        }
    }
}

/// Takes what is said about the type out of a parameter; `None` if it has a `schema` already.
pub(super) fn split(parameter: &mut Map<String, Value>) -> Option<Split> {
    let has_type = parameter.contains_key("type") || parameter.contains_key("items");
    if !has_type && (parameter.contains_key("schema") || parameter.contains_key("content")) {
        return None;
    }
    let location = parameter.get("in").and_then(Value::as_str).unwrap_or("header").to_owned();
    let mut schema = Map::new();
    let mut format = None;
    parameter.retain(|key, value| {
        match key.as_str() {
            "collectionFormat" => format = Some(value.take()),
            // Only one of the two can count; `examples` and `style` mean something else in OpenAPI 3.0.
            "schema" | "examples" | "style" | "explode" => {}
            word if SCHEMA_KEYWORDS.contains(&word) => drop(schema.insert(key.clone(), value.take())),
            _ => return true,
        }
        false
    });
    let is_list = is_type(&schema, "array") || schema.contains_key("items");
    let joined = if is_list { joined(&location, format.as_ref(), &schema) } else { Joined::Single };
    let is_file = mend_items(&mut schema);
    Some(Split { schema, joined, is_file })
}

/// How a form's parameter is written, and whether it is a file, or a list of files.
pub(super) fn form(parameter: &Map<String, Value>) -> (Joined, bool) {
    let is_list = is_type(parameter, "array") || parameter.contains_key("items");
    let joined =
        if is_list { joined("formData", parameter.get("collectionFormat"), parameter) } else { Joined::Single };
    let mut is_file = false;
    let mut next = Some(parameter);
    while let Some(schema) = next {
        is_file |= is_type(schema, "file");
        next = schema.get("items").and_then(Value::as_object);
    }
    (joined, is_file)
}

/// How a list is written: `collectionFormat`, by where it goes.
fn joined(location: &str, format: Option<&Value>, schema: &Map<String, Value>) -> Joined {
    let items = schema.get("items").and_then(Value::as_object);
    if items.is_some_and(|items| is_type(items, "array")) {
        return Joined::Unknown("of lists, and OpenAPI 3.0 does not say how that is written".to_owned());
    }
    let in_path_or_header = location == "path" || location == "header";
    match (format.map_or(Some("csv"), Value::as_str), in_path_or_header) {
        (Some("csv"), true) => Joined::As("simple", false),
        (Some("csv"), false) => Joined::As("form", false),
        (Some("multi"), false) => Joined::As("form", true),
        (Some("ssv"), false) => Joined::As("spaceDelimited", false),
        (Some("pipes"), false) => Joined::As("pipeDelimited", false),
        (format, _) => {
            let format = format.unwrap_or("?");
            Joined::Unknown(format!("with `collectionFormat: {format}`, which OpenAPI 3.0 cannot say for `{location}`"))
        }
    }
}

/// Removes `collectionFormat` from lists in lists, and says `file` in words of 3.0. Returns whether it did the latter.
pub(super) fn mend_items(schema: &mut Map<String, Value>) -> bool {
    let mut is_file = false;
    let mut next = Some(schema);
    while let Some(schema) = next {
        schema.shift_remove("collectionFormat");
        if is_type(schema, "file") {
            is_file = true;
            schema.insert("type".to_owned(), "string".into());
            schema.insert("format".to_owned(), "binary".into());
        }
        next = schema.get_mut("items").and_then(Value::as_object_mut);
    }
    is_file
}

/// Whether a schema's `type` is this word.
pub(super) fn is_type(schema: &Map<String, Value>, name: &str) -> bool {
    schema.get("type").is_some_and(|value| value == name)
}
