//! Media types, and what the schema beside one says of its bytes.

use serde_json::Value;

use crate::normalise::Document;

/// A media type without its parameters, in lower case (RFC 9110, section 8.3.1).
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is JSON: `application/json`, or with the suffix `+json` (RFC 6839, section 3.1).
pub(crate) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    matches!(essence.as_str(), "application/json" | "text/json" | "application/x-json") || essence.ends_with("+json")
}

/// What a Media Type Object that stands at or below `pointer` has for a schema, behind references.
pub(crate) fn schema<'d>(document: &'d Document, media: &'d Value, pointer: &str) -> Option<&'d Value> {
    let (schema, _) = document.follow(media.get("schema")?, pointer.to_owned()).ok()?;
    Some(schema)
}

/// Whether a schema is of an object or an array, so that something has to say how it is written.
pub(crate) fn is_structured(schema: &Value) -> bool {
    ["properties", "items", "allOf", "anyOf", "oneOf"].iter().any(|key| schema.get(key).is_some())
        || schema["type"] == "object"
        || schema["type"] == "array"
}

/// Whether a schema is of bytes.
pub(crate) fn is_binary(schema: &Value) -> bool {
    schema["format"] == "binary"
}
