//! Operations: what they take and give.

use std::collections::BTreeMap;

use serde_json::Value;

use super::body::{self, Body};
use super::found::Found;
use super::frame::{self, Kind};
use super::parameters::{self, Parameter};
use super::responses::{self, Declared};
use super::security::{self, Security};
use super::servers::{self, Server};
use super::shape::{Note, Notes, ShapeReader};
use super::{Refusal, one_line, path, refusal_in};
use crate::ir::{self, Method, Shape};

/// What the catalog chooses about one operation before it is read.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The media type of the body.
    pub media_type: Option<String>,
    /// How arguments are written, by the name that the model uses.
    pub arguments: BTreeMap<String, StyleChoice>,
}

/// How an argument is written, in the words of OpenAPI.
#[derive(Clone, Debug, Default)]
pub struct StyleChoice {
    /// The style.
    pub style: Option<String>,
    /// Whether it is exploded.
    pub explode: Option<bool>,
}

/// An operation, read in full.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Where it stands.
    pub found: Found,
    /// The method.
    pub method: Method,
    /// The summary, one line; may be empty.
    pub summary: String,
    /// The description, one line; may be empty.
    pub description: String,
    /// Parameters in the document's order, those of the path item first.
    pub parameters: Vec<Parameter>,
    /// The request body.
    pub body: Option<Body>,
    /// The declared answers that are taken.
    pub answers: Vec<Declared>,
    /// Who may call it.
    pub security: Security,
    /// The system that it reaches, where that is not the document's.
    pub server: Option<Server>,
    /// What the document says and nothing enforces.
    pub notes: Vec<Note>,
}

impl Operation {
    /// How the body is written.
    pub fn content(&self) -> &ir::Body {
        self.body.as_ref().map_or(&ir::Body::None, |body| &body.content)
    }

    /// The shapes of everything that is sent.
    pub fn sent(&self) -> impl Iterator<Item = &Shape> {
        self.parameters.iter().map(|parameter| &parameter.shape).chain(self.body.iter().map(|body| &body.shape))
    }
}

/// A longer path is never sent: the runtime refuses it, as most servers do. It stands in the pointer of everything that an
/// operation has, so it must be bounded before anything is read.
const PATH_BYTES_MAX: usize = 8000;

/// Reads one operation. `shapes` reads what is sent.
///
/// # Errors
/// Why it cannot be compiled, and the place.
pub fn read(found: &Found, shapes: &mut ShapeReader<'_>, choices: &Choices) -> Result<Operation, Refusal> {
    let document = shapes.document();
    drop(shapes.take_notes());
    if found.path.len() > PATH_BYTES_MAX {
        let reason = format!("the path has {} bytes, more than {PATH_BYTES_MAX}", found.path.len());
        return Err(Refusal::new("E0216", &found.pointer, reason));
    }
    if let Some(reason) = &found.lost {
        return Err(Refusal::new("E0211", &found.pointer, reason));
    }
    let value = document.value.pointer(&found.pointer).unwrap_or(&Value::Null);
    let method = method(found)?;
    if let Some(refusal) = refusal_in(value, &found.pointer) {
        return Err(refusal);
    }
    let mut notes = Vec::new();
    frame::check(value, Kind::Operation, &found.pointer, &mut notes)?;
    let mut body = body::read(document, found, value, shapes, choices, &mut notes)?;
    if matches!(method, Method::Get | Method::Head)
        && let Some(meaningless) = body.take()
    {
        let pointer = format!("{}/requestBody", found.pointer);
        let reason = format!("a body of a {} has no meaning (RFC 9110, section 9.3)", found.method);
        if meaningless.required {
            return Err(Refusal::new("E0213", pointer, reason));
        }
        notes.push(Note { pointer, text: format!("the body is left out: {reason}") });
    }
    let has_body = body.is_some();
    let mut parameters = parameters::read(document, found, value, has_body, shapes, choices, &mut notes)?;
    path::settle(found, &mut parameters, &mut notes)?;
    let mut operation = Operation {
        found: found.clone(),
        method,
        summary: value.get("summary").and_then(Value::as_str).map(one_line).unwrap_or_default(),
        description: super::description(value).unwrap_or_default(),
        parameters,
        body,
        answers: responses::read(document, found, value, &mut notes)?,
        security: security::read(document, found, value)?,
        server: servers::own(document, &found.pointer, &found.item_pointer),
        notes: Vec::new(),
    };
    notes.extend(shapes.take_notes());
    notes.extend(shapes.notes_of(operation.sent()));
    operation.notes = Notes::from_iter(notes).take();
    Ok(operation)
}

fn method(found: &Found) -> Result<Method, Refusal> {
    Ok(match found.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "OPTIONS" => Method::Options,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => {
            let reason = format!("{} is not a method that a tool can have", one_line(other));
            return Err(Refusal::new("E0217", &found.pointer, reason));
        }
    })
}
