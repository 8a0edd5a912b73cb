// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1documents~1{document_id}/get
// rule       catalog.yaml#/tools/get_document/prune
// keeps      9 of 33 fields: author_name, kind, pages, patient_name, recipients[], status, …
// drops      24 of 33 fields: archive_number, author_id, bytes, confidential, created_at, …
// plan       stream: holds one item at a time
// effect     read

//! `get_document` reads `GET /documents/{document_id}`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{
    integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
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
    keeps: &[
        "author_name",
        "kind",
        "pages",
        "patient_name",
        "recipients[]",
        "status",
        "summary",
        "title",
        "written_on",
    ],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "patient",
        unpruned: "patient",
        clearance: "patient",
        above: Above::Refused,
        declassified: &[],
    }),
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
    ..Response::PLAIN
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

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("title", nullable(&text())),
    required(
        "kind",
        nullable(&one_of(&[
            "discharge_letter",
            "laboratory_report",
            "imaging_report",
            "consent_form",
        ])),
    ),
    required("patient", nullable(&text())),
    required("summary", nullable(&text())),
    required("author", nullable(&text())),
    required("date", nullable(&text())),
    required("status", nullable(&one_of(&["draft", "signed", "superseded"]))),
    required("pages", nullable(&integer())),
    required("recipients", nullable(&list_of(&text()))),
]);
