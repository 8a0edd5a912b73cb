//! Request Body Objects (OpenAPI 3.0.4, section 4.7.13): which of the declared media types is sent, and how.

mod form;

use std::collections::BTreeSet;

use airlock_contract::request::is_media_type;
use serde_json::{Map, Value};

use super::found::Found;
use super::frame::{self, Kind};
use super::shape::{Note, ShapeReader};
use super::{Choices, Refusal};
use crate::ir::{self, Shape};
use crate::media::{self, essence, is_binary, is_json, is_structured};
use crate::normalise::{Document, escape};

/// A request body.
#[derive(Clone, Debug)]
pub struct Body {
    /// How it is written.
    pub content: ir::Body,
    /// What it may be.
    pub shape: Shape,
    /// Whether it must be sent.
    pub required: bool,
    /// One line; may be empty.
    pub description: String,
}

/// How a media type can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Json,
    Multipart,
    Form,
    Text,
    Bytes,
}

/// Reads the body of an operation: of several media types the one that the catalog chooses; else JSON, unless a file is to
/// be sent and there are parts; else parts, a form, text, bytes.
pub(super) fn read(
    document: &Document,
    found: &Found,
    operation: &Value,
    shapes: &mut ShapeReader<'_>,
    choices: &Choices,
    notes: &mut Vec<Note>,
) -> Result<Option<Body>, Refusal> {
    let Some(value) = operation.get("requestBody").filter(|value| !value.is_null()) else { return Ok(None) };
    let pointer = format!("{}/requestBody", found.pointer);
    let (value, pointer) = frame::part(document, value, pointer, Kind::Body, notes)?;
    let empty = Map::new();
    let content = value.get("content").and_then(Value::as_object).unwrap_or(&empty);
    let required = value.get("required") == Some(&Value::Bool(true));
    if content.is_empty() {
        if required {
            return Err(Refusal::new("E0213", pointer, "the request body has no `content`"));
        }
        notes.push(Note { pointer, text: "a request body without `content` is left out".into() });
        return Ok(None);
    }
    let Some((media_type, way)) = choose(document, content, &pointer, choices)? else {
        let types = content.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let reason = format!("a body as {types} cannot be written here");
        return Err(Refusal::new("E0213", format!("{pointer}/content"), reason));
    };
    let pointer = format!("{pointer}/content/{}", escape(media_type));
    let (content, shape) = read_content(&content[media_type], media_type, way, &pointer, shapes, notes)?;
    Ok(Some(Body { content, shape, required, description: super::description(value).unwrap_or_default() }))
}

fn read_content(
    media: &Value,
    media_type: &str,
    way: Way,
    pointer: &str,
    shapes: &mut ShapeReader<'_>,
    notes: &mut Vec<Note>,
) -> Result<(ir::Body, Shape), Refusal> {
    if !is_media_type(&media_type.replace('*', "x")) {
        return Err(Refusal::new("E0213", pointer, "the media type cannot be sent"));
    }
    let mut read = || match media.get("schema") {
        Some(schema) => shapes.read(schema, &format!("{pointer}/schema")),
        None => Ok(Shape::Any),
    };
    Ok(match way {
        Way::Json => {
            let named = if media_type.contains('*') { "application/json" } else { media_type };
            (ir::Body::Json(named.to_owned()), read()?)
        }
        Way::Text => {
            let named = if media_type.contains('*') { "text/plain" } else { media_type };
            let shape = match read()? {
                shape @ (Shape::Text(_) | Shape::Words(_)) => shape,
                _ => Shape::Text(ir::Text::default()),
            };
            (ir::Body::Text(named.to_owned()), shape)
        }
        Way::Bytes => {
            let named = if media_type.contains('*') { "application/octet-stream" } else { media_type };
            (ir::Body::Bytes(named.to_owned()), Shape::File)
        }
        Way::Form => {
            let shape = read()?;
            form::form(shapes, &shape, media, pointer, notes)?
        }
        Way::Multipart => {
            let shape = read()?;
            form::multipart(shapes, &shape, media, pointer, notes)?
        }
    })
}

fn choose<'c>(
    document: &Document,
    content: &'c Map<String, Value>,
    pointer: &str,
    choices: &Choices,
) -> Result<Option<(&'c str, Way)>, Refusal> {
    let way_of = |media_type: &str, media: &Value| way(document, media_type, media, pointer);
    if let Some(wanted) = &choices.media_type {
        let Some((media_type, media)) = content.get_key_value(wanted) else {
            let types = content.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let reason = format!("the body cannot be sent as {wanted}; the document declares {types}");
            return Err(Refusal::new("E0213", format!("{pointer}/content"), reason));
        };
        return Ok(way_of(media_type, media).map(|way| (media_type.as_str(), way)));
    }
    let mut ways: Vec<(&str, Way)> = content
        .iter()
        .filter_map(|(media_type, media)| Some((media_type.as_str(), way_of(media_type, media)?)))
        .collect();
    // A stable sort: of one kind the document's first, but plain JSON before its relatives.
    ways.sort_by_key(|(media_type, way)| (*way, *way == Way::Json && essence(media_type) != "application/json"));
    let has_file = |media_type: &str| {
        let schema = content[media_type].get("schema");
        schema.is_some_and(|schema| holds_binary(document, schema, pointer))
    };
    if let [(json, Way::Json), ..] = ways.as_slice()
        && has_file(json)
        && let Some(multipart) = ways.iter().find(|(_, way)| *way == Way::Multipart)
    {
        return Ok(Some(*multipart));
    }
    Ok(ways.first().copied())
}

/// How a media type is sent, as its name and its schema say; `None` if it cannot be.
fn way(document: &Document, media_type: &str, media: &Value, pointer: &str) -> Option<Way> {
    let essence = essence(media_type);
    let schema = media::schema(document, media, pointer);
    let is_binary = schema.is_some_and(is_binary);
    let is_string = schema.is_some_and(|schema| schema["type"] == "string");
    let is_structured = schema.is_some_and(is_structured);
    match essence.as_str() {
        _ if is_json(&essence) && !is_binary => Some(Way::Json),
        "application/x-www-form-urlencoded" => Some(Way::Form),
        "multipart/form-data" => Some(Way::Multipart),
        essence if essence.starts_with("multipart/") => None,
        "*/*" | "application/*" if is_structured => Some(Way::Json),
        // Whatever a schema says of them, these are bytes.
        "application/octet-stream" => Some(Way::Bytes),
        essence if ["image/", "audio/", "video/", "font/"].iter().any(|kind| essence.starts_with(kind)) => {
            Some(Way::Bytes)
        }
        _ if is_binary => Some(Way::Bytes),
        essence if essence.starts_with("text/") && !is_structured => Some(Way::Text),
        // A text is a text, whatever language it is written in.
        _ if is_string => Some(Way::Text),
        _ if is_structured => None,
        _ => Some(Way::Bytes),
    }
}

/// How far schemas are followed in search of one that is binary.
const BINARY_DEPTH_MAX: usize = 8;

/// Whether a property of the schema, or an item of one, is binary. Each schema that is referred to is looked at once.
fn holds_binary(document: &Document, schema: &Value, pointer: &str) -> bool {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![(schema, pointer.to_owned())];
    for _ in 0..=BINARY_DEPTH_MAX {
        let mut inner: Vec<(&Value, String)> = Vec::new();
        for (schema, pointer) in open {
            let is_reference = schema.get("$ref").is_some();
            let Ok((schema, pointer)) = document.follow(schema, pointer) else { continue };
            if is_reference && !seen.insert(pointer.clone()) {
                continue;
            }
            if is_binary(schema) {
                return true;
            }
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let branches = ["allOf", "anyOf", "oneOf"].into_iter();
            let branches = branches.flat_map(|keyword| schema[keyword].as_array().into_iter().flatten());
            let all = properties.map(|(_, schema)| schema).chain(schema.get("items")).chain(branches);
            inner.extend(all.map(|schema| (schema, pointer.clone())));
        }
        open = inner;
    }
    false
}
