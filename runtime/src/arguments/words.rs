//! Shapes and values in words, for the caller.

use std::fmt::{self, Write as _};

use airlock_contract::shape::{Shape, Text};
use serde_json::Value;

use crate::untrusted::one_line;

/// Allowed values that are told.
const LISTED_MAX: usize = 40;

/// A shape in words, for the caller.
pub(super) fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Any => "any JSON value".to_owned(),
        Shape::Boolean => "true or false".to_owned(),
        Shape::Integer(bounds) => {
            let step = bounds.multiple_of.map(|step| format!(", a multiple of {step}")).unwrap_or_default();
            let digits = if bounds.is_wide() { " (or its digits as a string)" } else { "" };
            format!("an integer{}{step}{digits}", range(bounds.min, bounds.max))
        }
        Shape::Number(bounds) => {
            let above = bounds.above.map(|limit| format!(", above {limit}")).unwrap_or_default();
            let below = bounds.below.map(|limit| format!(", below {limit}")).unwrap_or_default();
            format!("a number{}{above}{below}", range(bounds.min, bounds.max))
        }
        Shape::Text(bounds) => describe_text(bounds),
        Shape::List(list) => {
            let min = (list.items_min > 0).then_some(list.items_min);
            match range(min, list.items_max) {
                range if range.is_empty() => "an array".to_owned(),
                range => format!("an array of{range} items"),
            }
        }
        Shape::Object(object) => {
            let min = (object.properties_min > 0).then_some(object.properties_min);
            match range(min, object.properties_max) {
                range if range.is_empty() => "an object".to_owned(),
                range => format!("an object of{range} properties"),
            }
        }
        Shape::File => "a file as an object with `base64`".to_owned(),
        Shape::Words(words) => {
            let quoted: Vec<String> = words.iter().take(LISTED_MAX).map(|word| format!("\"{word}\"")).collect();
            format!("one of {}{}", quoted.join(", "), more(words.len()))
        }
        Shape::Literals(literals) => {
            let listed: Vec<&str> = literals.iter().take(LISTED_MAX).copied().collect();
            format!("one of {}{}", listed.join(", "), more(literals.len()))
        }
        Shape::AnyOf(shapes) => {
            let words: Vec<String> = shapes.iter().take(8).map(describe).collect();
            words.join(" or ")
        }
        Shape::Nullable(inner) => format!("{} or null", describe(inner)),
        Shape::Named(named) => format!("a {}", named.name),
    }
}

/// What stands behind a list that was cut.
fn more(length: usize) -> &'static str {
    if length > LISTED_MAX { " and others" } else { "" }
}

fn describe_text(bounds: &Text) -> String {
    let mut words = match bounds.format {
        "date" => "a date as YYYY-MM-DD".to_owned(),
        "date-time" => "a time as YYYY-MM-DDThh:mm:ssZ".to_owned(),
        "uuid" => "a UUID".to_owned(),
        _ => "a string".to_owned(),
    };
    // Writing into a string cannot fail.
    let length = range((bounds.chars_min > 0).then_some(bounds.chars_min), bounds.chars_max);
    if !length.is_empty() {
        let _ = write!(words, " of{length} characters");
    }
    if !bounds.pattern.is_empty() {
        let _ = write!(words, " that matches {}", bounds.pattern);
    }
    words
}

/// ` from 1 to 5`, ` from 1`, ` up to 5`, or nothing.
fn range<T: fmt::Display>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" from {min} on"),
        (None, Some(max)) => format!(" up to {max}"),
        (None, None) => String::new(),
    }
}

/// A value, short.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::String(text) => format!("the string \"{}\"", one_line(text, 40)),
        scalar => one_line(&scalar.to_string(), 40),
    }
}
