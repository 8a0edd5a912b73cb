//! Request Body Objects (OpenAPI 3.0.3, section 4.7.13).

use serde_json::Value;

use super::Refusal;
use super::found::Found;
use super::shape::ShapeReader;
use crate::ir::Shape;
use crate::normalise::{Document, escape};

/// A JSON request body.
#[derive(Clone, Debug)]
pub struct Body {
    /// The media type that is sent.
    pub media_type: String,
    /// What it may be.
    pub shape: Shape,
    /// Whether it must be sent.
    pub required: bool,
    /// One line; may be empty.
    pub description: String,
}

pub(super) fn read(
    document: &Document,
    found: &Found,
    operation: &Value,
    shapes: &mut ShapeReader<'_>,
) -> Result<Option<Body>, Refusal> {
    let Some(value) = operation.get("requestBody") else { return Ok(None) };
    let pointer = format!("{}/requestBody", found.pointer);
    let (value, pointer) =
        document.follow(value, pointer.clone()).map_err(|reason| Refusal::new("E0211", pointer, reason))?;
    let Some(content) = value.get("content").and_then(Value::as_object).filter(|content| !content.is_empty()) else {
        return Err(Refusal::new("E0213", pointer, "the request body has no `content`"));
    };
    let Some((media_type, media)) = content.iter().find(|(media_type, _)| is_json(media_type)) else {
        let types = content.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(Refusal::new(
            "E0213",
            format!("{pointer}/content"),
            format!("only JSON bodies can be sent, not {types}"),
        ));
    };
    let media_pointer = format!("{pointer}/content/{}", escape(media_type));
    let shape = match media.get("schema") {
        Some(schema) => shapes.read(schema, &format!("{media_pointer}/schema"))?,
        None => Shape::Any,
    };
    Ok(Some(Body {
        media_type: media_type.clone(),
        shape,
        required: value.get("required") == Some(&Value::Bool(true)),
        description: super::description(value).unwrap_or_default(),
    }))
}

/// Whether a media type is JSON: `application/json`, or with the suffix `+json` (RFC 6839, section 3.1).
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}
