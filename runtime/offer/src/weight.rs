//! Which parts of a tool's description take how much.

use serde_json::Value;

/// Properties deeper than this count to the one that holds them.
const DEPTH_MAX: usize = 16;

/// Every argument of a schema, and every property below it, with the bytes that it takes as compact JSON without those
/// below; the heaviest first. Paths are as in `body.lines[].code`.
pub fn weights(input_schema: &Value) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    below(input_schema, "", 0, &mut found);
    found.sort_by(|(left, a), (right, b)| b.cmp(a).then_with(|| left.cmp(right)));
    found
}

/// Adds what is below a schema; gives the bytes that were counted there.
fn below(schema: &Value, path: &str, depth: usize, found: &mut Vec<(String, usize)>) -> usize {
    if depth > DEPTH_MAX {
        return 0;
    }
    let mut counted = 0;
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let inner = below(property, &path, depth + 1, found);
        let bytes = name.len() + 3 + property.to_string().len();
        found.push((path, bytes - inner));
        counted += bytes;
    }
    if let Some(items) = schema.get("items") {
        counted += below(items, &format!("{path}[]"), depth + 1, found);
    }
    for choice in schema["anyOf"].as_array().into_iter().flatten() {
        counted += below(choice, path, depth + 1, found);
    }
    counted
}
