//! Responses Objects (OpenAPI 3.0.4, section 4.7.16): which answers are taken, and how their bodies are read.

use serde_json::{Map, Value};

use super::Refusal;
use super::found::Found;
use super::frame::{self, Kind};
use super::shape::{Note, ShapeReader};
use crate::ir::{Answer, Content, Object, Property, Shape, Status, Text};
use crate::media::{self, essence, is_binary, is_json, is_structured};
use crate::normalise::{Document, escape};

/// A declared answer, and where its schema stands.
#[derive(Clone, Debug)]
pub struct Declared {
    /// For which statuses, and how the body is read.
    pub answer: Answer,
    /// The pointer of the body's schema, if it has one.
    pub schema: Option<String>,
}

/// The answers that mean success, exact codes first.
pub(super) fn read(
    document: &Document,
    found: &Found,
    operation: &Value,
    notes: &mut Vec<Note>,
) -> Result<Vec<Declared>, Refusal> {
    let pointer = format!("{}/responses", found.pointer);
    let empty = Map::new();
    let responses = operation.get("responses").and_then(Value::as_object).unwrap_or(&empty);
    let at = |key: &str| format!("{pointer}/{}", escape(key));
    let mut answers = Vec::new();
    for (key, value) in responses {
        if let Some(status) = success(key) {
            answers.push(read_one(document, status, value, at(key), notes)?);
        }
    }
    if answers.is_empty()
        && let Some(value) = responses.get("default")
    {
        answers.push(read_one(document, Status::AnySuccess, value, at("default"), notes)?);
    }
    if answers.is_empty() {
        // An operation that only ever redirects says where something is, and that is its answer.
        for status in responses.keys().filter_map(|key| redirect(key)) {
            let answer = Answer { status, content: Content::Location, media_type: String::new() };
            answers.push(Declared { answer, schema: None });
        }
    }
    if answers.is_empty() {
        // People often list what can go wrong alone. That it went right is known by the status, and nothing more.
        let answer = Answer { status: Status::AnySuccess, content: Content::Empty, media_type: String::new() };
        answers.push(Declared { answer, schema: None });
        let text = "no answer between 200 and 399 is declared; any success is taken, and its body is not read".into();
        notes.push(Note { pointer: pointer.clone(), text });
    }
    if found.method == "HEAD" {
        // What is declared describes the answer to GET; this one never has a body (RFC 9110, section 9.3.2).
        for Declared { answer, schema } in &mut answers {
            *schema = None;
            *answer = Answer { status: answer.status, content: Content::Empty, media_type: String::new() };
        }
    }
    answers.sort_by_key(|declared| match declared.answer.status {
        Status::Code(code) => (0, code),
        Status::Range(digit) => (1, u16::from(digit)),
        Status::AnySuccess => (2, 0),
    });
    Ok(answers)
}

/// The status of a key, if it means success.
fn success(key: &str) -> Option<Status> {
    if key.eq_ignore_ascii_case("2xx") {
        return Some(Status::Range(2));
    }
    key.parse().ok().filter(|code| (200..300).contains(code)).map(Status::Code)
}

/// The status of a key, if it means that something is elsewhere (RFC 9110, section 15.4).
fn redirect(key: &str) -> Option<Status> {
    if key.eq_ignore_ascii_case("3xx") {
        return Some(Status::Range(3));
    }
    key.parse().ok().filter(|code| matches!(code, 301 | 302 | 303 | 307 | 308)).map(Status::Code)
}

fn read_one(
    document: &Document,
    status: Status,
    value: &Value,
    pointer: String,
    notes: &mut Vec<Note>,
) -> Result<Declared, Refusal> {
    let (value, pointer) = frame::part(document, value, pointer, Kind::Response, notes)?;
    let has_no_body = matches!(status, Status::Code(204 | 205));
    let content = value.get("content").and_then(Value::as_object).filter(|content| !content.is_empty());
    let Some(content) = content.filter(|_| !has_no_body) else {
        let answer = Answer { status, content: Content::Empty, media_type: String::new() };
        return Ok(Declared { answer, schema: None });
    };
    match choose(document, content, &pointer) {
        Some((content_kind, media_type)) if media_type.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
            let key = if content_kind == Content::Lines { "x-airlock-item-schema" } else { "schema" };
            let schema =
                content[&media_type].get(key).map(|_| format!("{pointer}/content/{}/{key}", escape(&media_type)));
            Ok(Declared { answer: Answer { status, content: content_kind, media_type }, schema })
        }
        _ => {
            let types = content.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(Refusal::new("E0215", format!("{pointer}/content"), format!("an answer as {types} cannot be read")))
        }
    }
}

/// Of several media types the one that says most to a rule: JSON, lines of it, text, bytes.
fn choose(document: &Document, content: &Map<String, Value>, pointer: &str) -> Option<(Content, String)> {
    let schema = |media_type: &str| media::schema(document, &content[media_type], pointer);
    let has_shape = |media_type: &str| schema(media_type).is_some_and(is_structured);
    let is_binary = |media_type: &str| schema(media_type).is_some_and(is_binary);
    let pick = |kind: Content, fits: &dyn Fn(&str) -> bool| {
        content.keys().find(|media_type| fits(media_type)).map(|name| (kind, name.clone()))
    };
    let is_text = |name: &str| essence(name).starts_with("text/") && !is_endless(&essence(name));
    pick(Content::Json, &|name| is_json(name) && !is_binary(name))
        // A vendor type without the suffix is JSON by declaration: it has an object or array for a schema.
        .or_else(|| {
            let is_other = |essence: &str| {
                essence.starts_with("text/")
                    || essence.ends_with("xml")
                    || essence.ends_with("yaml")
                    || is_endless(essence)
                    || is_lines(essence)
            };
            pick(Content::Json, &|name| !is_other(&essence(name)) && has_shape(name))
        })
        .or_else(|| pick(Content::Lines, &|name| is_lines(&essence(name))))
        .or_else(|| pick(Content::Text, &|name| is_text(name) && !is_binary(name)))
        .or_else(|| pick(Content::Binary, &|name| !is_endless(&essence(name))))
}

/// Many JSON texts, one a line.
fn is_lines(essence: &str) -> bool {
    essence.ends_with("ndjson")
        || essence.ends_with("jsonl")
        || essence.ends_with("stream+json")
        || essence.ends_with("json-lines")
}

/// Answers that have no end, or whose values are framed in a way of their own: no rule applies to them.
fn is_endless(essence: &str) -> bool {
    essence == "text/event-stream" || essence.ends_with("json-seq") || essence.starts_with("multipart/")
}

/// What the answers are made of, and what of it is not known because a reference leads nowhere.
pub fn output_with_notes(answers: &[Declared], shapes: &mut ShapeReader<'_>) -> (Shape, Vec<Note>) {
    drop(shapes.take_notes());
    let shape = output(answers, shapes);
    let mut notes = shapes.take_notes();
    notes.extend(shapes.notes_of([&shape]));
    (shape, notes)
}

/// What the answers are made of; [`Shape::Any`] where one of them does not say.
pub(super) fn output(answers: &[Declared], shapes: &mut ShapeReader<'_>) -> Shape {
    let mut all: Vec<Shape> = Vec::new();
    let mut is_nullable = false;
    for declared in answers {
        let mut body = || match &declared.schema {
            None => Shape::Any,
            Some(pointer) => {
                let schema = shapes.document().value.pointer(pointer).unwrap_or(&Value::Null);
                // An answer is read whether or not its schema can be.
                shapes.read(schema, pointer).unwrap_or(Shape::Any)
            }
        };
        let shape = match declared.answer.content {
            Content::Empty => {
                is_nullable = true;
                continue;
            }
            Content::Json => body(),
            Content::Lines => {
                Shape::List(Box::new(crate::ir::List { items: body(), items_min: 0, items_max: None, unique: false }))
            }
            Content::Text => Shape::Text(Text::default()),
            Content::Location => object(&[("location", Shape::Text(Text::default()))]),
            Content::Binary => object(&[
                ("media_type", Shape::Text(Text::default())),
                ("bytes", Shape::Integer(Box::default())),
                ("sha256", Shape::Text(Text::default())),
            ]),
        };
        if !all.contains(&shape) {
            all.push(shape);
        }
    }
    let shape = match all.len() {
        0 => return Shape::Any,
        1 => all.remove(0),
        _ if all.contains(&Shape::Any) => Shape::Any,
        _ => Shape::AnyOf(all),
    };
    match shape {
        Shape::Any | Shape::Nullable(_) => shape,
        shape if is_nullable => Shape::Nullable(Box::new(shape)),
        shape => shape,
    }
}

fn object(members: &[(&str, Shape)]) -> Shape {
    let properties = members
        .iter()
        .map(|(name, shape)| Property {
            name: (*name).to_owned(),
            shape: shape.clone(),
            required: true,
            description: String::new(),
        })
        .collect();
    Shape::Object(Object { properties, ..Object::default() })
}
