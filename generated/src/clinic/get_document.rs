// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1documents~1{document_id}/get
// rule       catalog.yaml#/tools/get_document/prune
// effect     read

//! `get_document` reads `GET /documents/{document_id}`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{any, text};
use airlock_contract::{
    response, Body, Effect, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "get_document",
    title: "Read what is known about one document",
    description: "Reads what is known about one document by its document id: title, summary, author, \
        date, pages and recipients. Not the file itself.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1documents~1{document_id}/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    form: Form::Json,
    output: &any(),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/documents/{document_id}",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("document_id", text().pattern("^DOC[0-9]{3}$"))
            .about("Identifier of the document."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 65_536,
};

/// ```jmespath
/// {
///   title: title, kind: kind, patient: patient_name, summary: summary, author: author_name, date: written_on,
///   status: status, pages: pages, recipients: recipients
/// }
/// ```
const PRUNE: Prune = object(&[
    ("title", field("title")),
    ("kind", field("kind")),
    ("patient", field("patient_name")),
    ("summary", field("summary")),
    ("author", field("author_name")),
    ("date", field("written_on")),
    ("status", field("status")),
    ("pages", field("pages")),
    ("recipients", field("recipients")),
]);
