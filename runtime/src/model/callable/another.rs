//! A call after others: for what is left of the question, and none that was made already.
//!
//! A small model that has read one result likes to write the same call again. So where the question names something that no call
//! has taken, the next call is about that; where it does not, the next call is about something that a result gave.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::ToolCall;
use super::super::offer::OfferedTool;

/// Narrows a schema to calls that differ from those that were made. False if there is none.
pub(super) fn differ(schema: &mut Value, left: &BTreeSet<String>, tool: &OfferedTool, made: &[ToolCall]) -> bool {
    if !left.is_empty() {
        restrict(schema, left);
        return true;
    }
    let mut earlier = made.iter().filter(|call| call.tool == tool.name);
    earlier.all(|call| !call.arguments.is_empty() && exclude(schema, &Value::Object(call.arguments.clone())))
}

/// Leaves of each choice that has something of it only that.
fn restrict(schema: &mut Value, left: &BTreeSet<String>) {
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

/// Takes what a call has chosen out of each choice. False if one has nothing left.
fn exclude(schema: &mut Value, taken: &Value) -> bool {
    if let Some(choices) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice != taken);
        return !choices.is_empty();
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return true };
    properties.iter_mut().all(|(name, part)| taken.get(name).is_none_or(|taken| exclude(part, taken)))
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
