// @generated from catalogs/depots. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1moves/get
// rule       catalog.yaml#/tools/list_moves/prune
// keeps      1 of 2 fields: data.moves[].id
// drops      1 of 2 fields: more
// plan       stream: holds one item at a time
// effect     read

//! `list_moves` reads `GET /moves`.

use airlock_contract::prune::{field, index, Prune};
use airlock_contract::request::query;
use airlock_contract::shape::{any, list_of, nullable, object_of, optional, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Next, Pages, Request, Response,
    Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_moves",
    title: "list_moves",
    description: "Lists what was moved, the newest first.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1moves/get",
    upstream: "depots",
    credentials: &["token"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &["data.moves[].id"],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "internal",
        unpruned: "internal",
        clearance: "secret",
        above: Above::Refused,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/moves",
    accept: "application/json",
    body: Body::None,
    arguments: &[query("before", text()).page("")],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 65_536,
    pages: Some(Pages {
        next: Next::Cursor(
            "before",
            field("more")
                .and(
                    &field("data")
                        .then(&field("moves").then(&index(-1)))
                        .then(&field("id")),
                ),
        ),
        items: &["data", "moves"],
        items_max: 200,
    }),
    ..Response::PLAIN
};

/// `data.moves`
const PRUNE: Prune = field("data").then(&field("moves"));

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = nullable(
    &list_of(&object_of(&[optional("id", text())]).rest(&any())),
);
