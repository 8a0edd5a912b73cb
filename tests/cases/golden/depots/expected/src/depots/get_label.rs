// @generated from catalogs/depots. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1depots~1{depot}~1label/get
// rule       catalog.yaml#/tools/get_label/prune
// keeps      1 of 3 fields: bytes
// drops      2 of 3 fields: media_type, sha256
// plan       stream: holds one item at a time
// effect     read

//! `get_label` reads `GET /depots/{depot}/label`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{integer, nullable, object_of, required, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "get_label",
    title: "get_label",
    description: "Says how large the depot's label is.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1depots~1{depot}~1label/get",
    upstream: "depots",
    credentials: &[],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &["bytes"],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "internal",
        unpruned: "internal",
        clearance: "public",
        above: Above::Asked,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/depots/{depot}/label",
    accept: "image/png",
    body: Body::None,
    arguments: &[path("depot", text())],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::binary(Status::AnySuccess, "image/png")],
    bytes_max: 65_536,
    redirects: &["archive", "depots"],
    file_bytes_max: 4_096,
    ..Response::PLAIN
};

/// `{size: bytes}`
const PRUNE: Prune = object(&[("size", field("bytes"))]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[required("size", nullable(&integer()))]);
