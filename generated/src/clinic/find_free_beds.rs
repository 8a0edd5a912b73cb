// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1wards~1{ward_id}~1beds/get
// rule       catalog.yaml#/tools/find_free_beds/prune
// keeps      6 of 33 fields: items[].id, items[].isolation_capable, items[].kind, …
// drops      27 of 33 fields: items[].asset_number, items[].call_extension, …
// plan       stream: holds one item at a time
// effect     read
// label      items[].expected_free_on is patient: the rule does not look at it
// label      items[].notes is patient: the rule does not look at it
// label      items[].occupied_since is patient: the rule does not look at it
// label      items[].patient_id is patient: the rule does not look at it
// label      items[].patient_name is patient: the rule does not look at it

//! `find_free_beds` reads `GET /wards/{ward_id}/beds`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::{path, query};
use airlock_contract::shape::{
    boolean, integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Next, Pages, Request, Response,
    Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "find_free_beds",
    title: "Find free beds",
    description: "Tells which beds of one ward are free now: how many there are, and each one's bed \
        id, room and equipment.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1wards~1{ward_id}~1beds/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].id",
        "items[].isolation_capable",
        "items[].kind",
        "items[].monitored",
        "items[].room",
        "total",
    ],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "internal",
        unpruned: "patient",
        clearance: "patient",
        above: Above::Refused,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/wards/{ward_id}/beds",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("ward_id", text().pattern("^W[0-9]$")).about("Identifier of the ward."),
        query("status", one_of(&["free", "occupied", "cleaning", "closed"]))
            .fixed(r#""free""#),
        query("limit", integer().min(1).max(100)).fixed("100"),
        query("page_token", text().chars_min(1).chars_max(64).pattern("^[a-z0-9]+$"))
            .page(""),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 262_144,
    pages: Some(Pages {
        next: Next::Cursor("page_token", field("next_page_token")),
        items: &["items"],
        items_max: 500,
    }),
    ..Response::PLAIN
};

/// ```jmespath
/// {
///   free: total,
///   beds: items[*].{bed: id, room: room, kind: kind, monitored: monitored, isolation: isolation_capable}
/// }
/// ```
const PRUNE: Prune = object(&[
    ("free", field("total")),
    (
        "beds",
        field("items")
            .each(&object(&[
                ("bed", field("id")),
                ("room", field("room")),
                ("kind", field("kind")),
                ("monitored", field("monitored")),
                ("isolation", field("isolation_capable")),
            ])),
    ),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("free", nullable(&integer())),
    required(
        "beds",
        nullable(&list_of(&object_of(&[
            required("bed", nullable(&text())),
            required("room", nullable(&text())),
            required(
                "kind",
                nullable(&one_of(&["standard", "intensive", "bariatric"])),
            ),
            required("monitored", nullable(&boolean())),
            required("isolation", nullable(&boolean())),
        ]))),
    ),
]);
