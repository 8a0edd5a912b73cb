//! What stands beside a `$ref`.

use serde_json::{Map, Value};

use super::note;
use super::rewrite::{Members, Site};

/// Whether a keyword beside a `$ref` narrows nothing: it describes, or it only gives or holds names.
fn is_annotation(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(
            keyword,
            "$ref"
                | "title"
                | "summary"
                | "description"
                | "default"
                | "example"
                | "examples"
                | "deprecated"
                | "readOnly"
                | "writeOnly"
                | "nullable"
                | "externalDocs"
                | "xml"
                | "$comment"
                | "$schema"
                | "$id"
                | "$anchor"
                | "$dynamicAnchor"
                | "$vocabulary"
                | "$defs"
                | "definitions"
        )
}

/// Settles what stands beside the reference of a schema. Answers whether the rest of the schema still counts.
///
/// From 3.1 on all of it counts (JSON Schema 2020-12, core, section 8.2.3.1). Before, none of it does (OpenAPI 3.0.4,
/// section 4.7.23); annotations are plainly meant all the same, so the reader takes them.
pub(super) fn reference(members: &mut Members, site: &mut Site<'_>) -> bool {
    let narrowing: Vec<&str> = members.keys().map(String::as_str).filter(|key| !is_annotation(key)).collect();
    if narrowing.is_empty() {
        return false;
    }
    if !site.is_modern() {
        let words: Vec<String> = narrowing.iter().map(|key| format!("`{key}`")).collect();
        note(members, &format!("{} beside `$ref` has no meaning before OpenAPI 3.1", words.join(", ")));
        return false;
    }
    if members.get("allOf").is_some_and(|all| !all.is_array()) {
        return false;
    }
    let Some(reference) = members.shift_remove("$ref") else { return true };
    let branch = Value::Object(Map::from_iter([("$ref".to_owned(), reference)]));
    // Behind the others: references to those count from the front.
    if let Value::Array(all) = members.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        site.moved.made(format!("/allOf/{}", all.len()), "");
        all.push(branch);
    }
    true
}
