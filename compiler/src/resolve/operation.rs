//! Operations: what they take and give.

use serde_json::Value;

use super::body::{self, Body};
use super::found::Found;
use super::parameters::{self, Parameter};
use super::responses;
use super::security::{self, Security};
use super::shape::ShapeReader;
use super::{Refusal, one_line};
use crate::ir::{Answer, Method};
use crate::normalise::Document;

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
    pub answers: Vec<Answer>,
    /// Who may call it.
    pub security: Security,
}

/// Reads one operation.
pub fn read(document: &Document, found: &Found, shapes: &mut ShapeReader<'_>) -> Result<Operation, Refusal> {
    let value = document.value.pointer(&found.pointer).unwrap_or(&Value::Null);
    // openapiv3 is the strict check: styles, locations and required members of every part, as the standard has them.
    if let Err(error) = serde_json::from_value::<openapiv3::Operation>(value.clone()) {
        return Err(Refusal::new("E0219", &found.pointer, format!("this is no operation of OpenAPI 3.0: {error}")));
    }
    let method = method(found)?;
    if value.get("servers").is_some() {
        let pointer = format!("{}/servers", found.pointer);
        return Err(Refusal::new(
            "E0212",
            pointer,
            "an operation with a server of its own would leave the catalog's upstream",
        ));
    }
    let parameters = parameters::read(document, found, value, shapes)?;
    parameters::check_path(found, &parameters)?;
    let body = body::read(document, found, value, shapes)?;
    if body.is_some() && matches!(method, Method::Get | Method::Head) {
        let pointer = format!("{}/requestBody", found.pointer);
        return Err(Refusal::new(
            "E0213",
            pointer,
            format!("a body of a {} has no meaning (RFC 9110, section 9.3)", found.method),
        ));
    }
    Ok(Operation {
        found: found.clone(),
        method,
        summary: value.get("summary").and_then(Value::as_str).map(one_line).unwrap_or_default(),
        description: super::description(value).unwrap_or_default(),
        parameters,
        body,
        answers: responses::read(document, found, value)?,
        security: security::read(document, found, value)?,
    })
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
            return Err(Refusal::new("E0217", &found.pointer, format!("{other} is not a method that a tool can have")));
        }
    })
}
