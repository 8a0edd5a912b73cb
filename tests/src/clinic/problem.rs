//! Answers: what a route gives back, errors included (RFC 9457).

use serde_json::{Value, json};

/// A whole answer, before it is written to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// One mistake of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// A parameter's name, or a JSON pointer into the body.
    pub(super) field: String,
    pub(super) message: String,
}

impl Mistake {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Answer {
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self { status, media_type: "application/json", body: value.to_string().into_bytes() }
    }

    pub(super) fn pdf(body: Vec<u8>) -> Self {
        Self { status: 200, media_type: "application/pdf", body }
    }

    /// `detail` never repeats a credential.
    pub(super) fn problem(status: u16, title: &str, detail: &str) -> Self {
        Self::from_problem(status, &json!({"type": "about:blank", "title": title, "status": status, "detail": detail}))
    }

    pub(super) fn bad_request(mistakes: &[Mistake]) -> Self {
        let errors: Vec<Value> =
            mistakes.iter().map(|mistake| json!({"field": mistake.field, "message": mistake.message})).collect();
        let problem = json!({
            "type": "about:blank",
            "title": "Bad request",
            "status": 400,
            "detail": "The request breaks the document.",
            "errors": errors,
        });
        Self::from_problem(400, &problem)
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::problem(404, "Not found", &format!("There is no such {what}."))
    }

    pub(super) fn conflict(detail: &str) -> Self {
        Self::problem(409, "Conflict", detail)
    }

    fn from_problem(status: u16, problem: &Value) -> Self {
        Self { status, media_type: "application/problem+json", body: problem.to_string().into_bytes() }
    }
}
