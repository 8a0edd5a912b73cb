// @generated from catalogs/depots. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1depots/get
// rule       catalog.yaml#/tools/list_depots/prune
// keeps      1 of 1 field: [].name
// plan       stream: holds one item at a time
// effect     read

//! `list_depots` reads `GET /depots`.

use airlock_contract::prune::{current, field, Prune};
use airlock_contract::request::query;
use airlock_contract::shape::{integer, list_of, text, Shape};
use airlock_contract::{
    response, Above, Body, Declassified, Effect, Encoding, Flow, Form, Method, Next,
    Pages, Request, Response, Size, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_depots",
    title: "list_depots",
    description: "Lists all depots.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1depots/get",
    upstream: "depots",
    credentials: &["token"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &["[].name"],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "public",
        unpruned: "public",
        clearance: "internal",
        above: Above::Refused,
        declassified: &[
            Declassified {
                from: "list_parts",
                reason: "How much is on hand is no secret to the depots, as their board has decided.",
            },
        ],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/depots",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        query("page", integer().min(1)).page("1"),
        query("limit", integer().min(1).max(100)).optional().about("Default: 50."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 65_536,
    encodings: &[Encoding::Gzip, Encoding::Deflate],
    pages: Some(Pages {
        next: Next::Number("page", Size::Argument("limit")),
        items: &[],
        items_max: 1_000,
    }),
    ..Response::PLAIN
};

/// `[*].name`
const PRUNE: Prune = current().each(&field("name"));

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = list_of(&text());
