//! A call after others: for what is left of the question, or for an identifier that a result gave, and none that was made already.
//!
//! A small model that has read a result likes to call on: the same again, or whatever can be filled with a word of the result. So
//! where the question names something that no call has taken, the next call is about that. Where it does not, the next call
//! has to take an identifier that a result gave and nobody has asked with yet, and its tool has to be told of in the question's
//! words.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::ToolCall;

/// Leaves of each choice that has something of what is left only that.
pub(super) fn restrict(schema: &mut Value, left: &BTreeSet<String>) {
    if let Some(choices) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        let is_left = |choice: &Value| left.contains(&spelled(choice));
        if choices.iter().any(is_left) {
            choices.retain(is_left);
        }
    }
    for part in parts(schema) {
        restrict(part, left);
    }
}

/// The schema of calls that take an identifier which is not `taken`; none if there is no such call. What may be left out is left
/// out, but for the one identifier of a tool that needs none.
pub(super) fn led_on(schema: &Value, taken: &BTreeSet<String>) -> Option<Value> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object()?;
    let fresh = |part: &Value| identifiers(part, taken);
    let mut kept = Map::new();
    let mut is_fresh = false;
    for (name, part) in properties.iter().filter(|(name, _)| required.contains(&name.as_str())) {
        if is_span(part) {
            kept.insert(name.clone(), fresh(part)?);
            is_fresh = true;
        } else {
            kept.insert(name.clone(), part.clone());
        }
    }
    if !is_fresh {
        let mut optional = properties.iter().filter(|(name, _)| !required.contains(&name.as_str()));
        let mut found = optional.by_ref().filter_map(|(name, part)| Some((name, fresh(part)?)));
        let (name, part) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        kept.insert(name.clone(), part);
    }
    let mut schema = schema.as_object()?.clone();
    let required: Vec<Value> = kept.keys().map(|name| Value::from(name.as_str())).collect();
    schema.insert("required".to_owned(), required.into());
    schema.insert("properties".to_owned(), kept.into());
    Some(schema.into())
}

/// Every text and number that calls have taken.
pub(super) fn taken(made: &[ToolCall]) -> BTreeSet<String> {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(members) => members.values().for_each(|member| collect(member, found)),
            Value::String(_) | Value::Number(_) => drop(found.insert(spelled(value))),
            Value::Null | Value::Bool(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    for value in made.iter().flat_map(|call| call.arguments.values()) {
        collect(value, &mut found);
    }
    found
}

/// Whether a schema is a choice of what was said, not of the document's own words.
fn is_span(schema: &Value) -> bool {
    schema["type"] == "string" && schema["enum"].is_array()
}

/// Of what was said, what looks like an identifier and is not taken; none if there is nothing.
fn identifiers(schema: &Value, taken: &BTreeSet<String>) -> Option<Value> {
    if !is_span(schema) {
        return None;
    }
    let mut schema = schema.clone();
    let choices = schema.get_mut("enum").and_then(Value::as_array_mut)?;
    // Neither words, nor a time, nor a measured value, nor a day.
    let is_day = |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let has_digit = |text: &str| text.contains(|letter: char| letter.is_ascii_digit());
    let is_identifier = |text: &str| has_digit(text) && !text.contains([' ', ':', '.', ',']) && !is_day(text);
    choices.retain(|choice| choice.as_str().is_some_and(|text| is_identifier(text) && !taken.contains(text)));
    (!choices.is_empty()).then_some(schema)
}

/// The schemas inside of a schema.
fn parts(schema: &mut Value) -> Vec<&mut Value> {
    let Some(members) = schema.as_object_mut() else { return Vec::new() };
    let mut parts = Vec::new();
    for (key, member) in members {
        match (key.as_str(), member) {
            ("properties", Value::Object(properties)) => parts.extend(properties.values_mut()),
            ("anyOf", Value::Array(branches)) => parts.extend(branches),
            ("items", items) => parts.push(items),
            _ => {}
        }
    }
    parts
}

/// A choice as it is named.
fn spelled(choice: &Value) -> String {
    choice.as_str().map_or_else(|| choice.to_string(), str::to_owned)
}
