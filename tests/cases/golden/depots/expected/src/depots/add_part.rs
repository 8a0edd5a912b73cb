// @generated from catalogs/depots. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1depots~1{depot}~1parts/post
// rule       catalog.yaml#/tools/add_part/prune
// fields     none: the answer has no body
// plan       stream: holds one item at a time
// effect     write, approved in the catalog

//! `add_part` writes with `POST /depots/{depot}/parts`.

use airlock_contract::prune::{current, Prune};
use airlock_contract::request::{body, path};
use airlock_contract::shape::{any, named, text};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Grounding, Method, Request, Response,
    Status, Tool,
};
use super::shapes;

pub(super) const TOOL: Tool = Tool {
    name: "add_part",
    title: "Add",
    description: "Adds a part.",
    effect: Effect::Write,
    operation: "openapi.yaml#/paths/~1depots~1{depot}~1parts/post",
    upstream: "depots",
    credentials: &["token"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[],
    form: Form::Json,
    output: &any(),
    flow: Some(Flow {
        label: "internal",
        unpruned: "internal",
        clearance: "secret",
        above: Above::Asked,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Post,
    path: "/depots/{depot}/parts",
    accept: "",
    body: Body::Json("application/json"),
    arguments: &[
        path("depot", text().chars_max(16)).about("Depot code."),
        body(named(&shapes::PART)).grounding(Grounding::Any),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::empty(Status::Code(201))],
    bytes_max: 1_024,
    ..Response::PLAIN
};

/// `@`
const PRUNE: Prune = current();
