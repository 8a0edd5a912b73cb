//! Bytes in texts: `contentEncoding` and `contentMediaType` -> `format` (OpenAPI 3.1.1, section 4.7.14.2 and 4.8.14.3).

use serde_json::Value;

use super::rewrite::Members;

/// Gives texts that hold bytes the `format` of OpenAPI 3.0. Both keywords stay: they say more than the format.
pub(super) fn content(members: &mut Members) {
    let kind = members.get("type").map(|kind| kind == "string");
    if members.contains_key("format") || kind == Some(false) {
        return;
    }
    let shaped = ["$ref", "allOf", "anyOf", "oneOf", "enum", "properties", "items", "additionalProperties"];
    if kind.is_none() && shaped.iter().any(|keyword| members.contains_key(*keyword)) {
        return;
    }
    let text = |keyword: &str| members.get(keyword).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let media_type = text("contentMediaType");
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let format = match text("contentEncoding").as_str() {
        "base64" | "base64url" => "byte",
        "binary" => "binary",
        // Bytes that no text could hold stand as they are. With `type: string` a type of text is what is meant.
        "" if essence == "application/octet-stream" || (kind.is_none() && is_bytes(essence)) => "binary",
        _ => return,
    };
    members.insert("type".to_owned(), "string".into());
    members.insert("format".to_owned(), format.into());
}

/// Whether a media type's values are bytes rather than text.
fn is_bytes(essence: &str) -> bool {
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    match kind {
        "image" | "audio" | "video" | "font" | "model" => !subtype.ends_with("+xml"),
        "application" => {
            let last = subtype.rsplit(['+', '.']).next().unwrap_or(subtype);
            !matches!(last, "json" | "xml" | "yaml" | "jsonl" | "ndjson" | "json-seq" | "x-www-form-urlencoded" | "jwt")
                && !matches!(subtype, "sql" | "graphql" | "javascript" | "x-ndjson" | "x-yaml")
        }
        _ => false,
    }
}
