// @generated from catalogs/depots. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1parts/get
// rule       catalog.yaml#/tools/list_parts/prune
// effect     read

//! `list_parts` reads `GET /parts`.

use airlock_contract::prune::{field, Prune};
use airlock_contract::request::query;
use airlock_contract::shape::{any, integer, text};
use airlock_contract::{response, Body, Effect, Method, Request, Response, Status, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "list_parts",
    title: "List parts",
    description: "Lists the parts of one depot.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1parts/get",
    upstream: "depots",
    credentials: &[],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    output: any(),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/parts",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        query("depot", text().chars_max(16)),
        query("limit", integer().min(1).max(100)).optional(),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 65_536,
};

/// `items`
const PRUNE: Prune = field("items");
