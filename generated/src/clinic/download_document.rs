// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1documents~1{document_id}~1content/get
// rule       catalog.yaml#/tools/download_document/prune
// keeps      3 of 3 fields: bytes, media_type, sha256
// plan       stream: holds one item at a time
// effect     read

//! `download_document` reads `GET /documents/{document_id}/content`.

use airlock_contract::prune::{current, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{integer, object_of, required, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "download_document",
    title: "Download one document",
    description: "Fetches the file of one document by its document id and tells its type, size and \
        digest. The text of the file is not given.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1documents~1{document_id}~1content/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[],
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
    path: "/documents/{document_id}/content",
    accept: "application/pdf",
    body: Body::None,
    arguments: &[
        path("document_id", text().pattern("^DOC[0-9]{3}$"))
            .about("Identifier of the document."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::binary(Status::Code(200), "application/pdf")],
    bytes_max: 1_048_576,
    ..Response::PLAIN
};

/// `@`
const PRUNE: Prune = current();

/// What an answer is made of, as the document says.
static OUTPUT: Shape = object_of(&[
    required("media_type", text()),
    required("bytes", integer()),
    required("sha256", text()),
]);
