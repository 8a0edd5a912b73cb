//! Responses Objects (OpenAPI 3.0.3, section 4.7.16): which answers are taken, and how their bodies are read.

use serde_json::{Map, Value};

use super::Refusal;
use super::body::is_json;
use super::found::Found;
use crate::ir::{Answer, Content, Status};
use crate::normalise::{Document, escape};

/// The answers that mean success, exact codes first.
pub(super) fn read(document: &Document, found: &Found, operation: &Value) -> Result<Vec<Answer>, Refusal> {
    let pointer = format!("{}/responses", found.pointer);
    let empty = Map::new();
    let responses = operation.get("responses").and_then(Value::as_object).unwrap_or(&empty);
    let mut answers = Vec::new();
    for (key, value) in responses {
        let Some(status) = status(key) else { continue };
        answers.push(read_one(document, status, value, format!("{pointer}/{}", escape(key)))?);
    }
    if answers.is_empty()
        && let Some(value) = responses.get("default")
    {
        answers.push(read_one(document, Status::AnySuccess, value, format!("{pointer}/default"))?);
    }
    if answers.is_empty() {
        return Err(Refusal::new("E0215", pointer, "no answer between 200 and 299 is declared"));
    }
    answers.sort_by_key(|answer| match answer.status {
        Status::Code(code) => (0, code),
        Status::Range(digit) => (1, u16::from(digit)),
        Status::AnySuccess => (2, 0),
    });
    Ok(answers)
}

/// The status of a key, if it means success.
fn status(key: &str) -> Option<Status> {
    if key.eq_ignore_ascii_case("2xx") {
        return Some(Status::Range(2));
    }
    key.parse().ok().filter(|code| (200..300).contains(code)).map(Status::Code)
}

fn read_one(document: &Document, status: Status, value: &Value, pointer: String) -> Result<Answer, Refusal> {
    let (value, pointer) =
        document.follow(value, pointer.clone()).map_err(|reason| Refusal::new("E0211", pointer, reason))?;
    let Some(content) = value.get("content").and_then(Value::as_object).filter(|content| !content.is_empty()) else {
        return Ok(Answer { status, content: Content::Empty, media_type: String::new() });
    };
    let types: Vec<&String> = content.keys().collect();
    let essence = |media_type: &str| media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let has_shape = |media_type: &str| {
        let schema = content[media_type].get("schema").and_then(|schema| document.follow(schema, String::new()).ok());
        schema.is_some_and(|(schema, _)| {
            schema.get("properties").is_some()
                || schema.get("type").is_some_and(|kind| kind == "object" || kind == "array")
        })
    };
    let pick =
        |fits: &dyn Fn(&str) -> bool| types.iter().find(|media_type| fits(media_type)).map(|name| (*name).clone());
    let choice = pick(&is_json)
        .map(|name| (Content::Json, name))
        // A vendor type without the suffix is JSON by declaration: it has an object or array for a schema.
        .or_else(|| {
            pick(&|name| !is_stream(&essence(name)) && !essence(name).starts_with("text/") && has_shape(name))
                .map(|name| (Content::Json, name))
        })
        .or_else(|| {
            pick(&|name| essence(name).starts_with("text/") && !is_stream(&essence(name)))
                .map(|name| (Content::Text, name))
        })
        .or_else(|| pick(&|name| !is_stream(&essence(name))).map(|name| (Content::Binary, name)));
    match choice {
        Some((content, media_type)) if media_type.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
            Ok(Answer { status, content, media_type })
        }
        _ => {
            let types = types.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Refusal::new("E0215", format!("{pointer}/content"), format!("an answer as {types} cannot be read")))
        }
    }
}

/// Answers that have no end, or that are many values: no rule applies to them.
fn is_stream(essence: &str) -> bool {
    essence == "text/event-stream"
        || essence.ends_with("ndjson")
        || essence.ends_with("json-seq")
        || essence.ends_with("jsonl")
}
