// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1units~1{unit_id}/get
// rule       catalog.yaml#/tools/get_unit/prune
// keeps      8 of 10 fields: beds_total, floor, id, kind, lead_name, name, phone, visiting_hours
// drops      2 of 10 fields: lead_id, parent_id
// plan       stream: holds one item at a time
// effect     read

//! `get_unit` reads `GET /units/{unit_id}`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{
    integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "get_unit",
    title: "Read one unit",
    description: "Tells how a hospital, department, ward or outpatient clinic is organised: who \
        leads it, telephone, floor, visiting hours, number of beds, and which units belong to it. \
        Not for free beds.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1units~1{unit_id}/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "beds_total",
        "floor",
        "id",
        "kind",
        "lead_name",
        "name",
        "phone",
        "visiting_hours",
    ],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "internal",
        unpruned: "internal",
        clearance: "patient",
        above: Above::Refused,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/units/{unit_id}",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("unit_id", text().pattern("^[HDWC][0-9]$"))
            .about("Identifier of a hospital, department, ward or outpatient clinic."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 131_072,
    ..Response::PLAIN
};

/// ```jmespath
/// {
///   name: name, kind: kind, lead: lead_name, phone: phone, floor: floor, beds: beds_total,
///   visiting_hours: visiting_hours,
///   parts: sub_units[*].{id: id, name: name, kind: kind, lead: lead_name, parts: sub_units[*].name}
/// }
/// ```
const PRUNE: Prune = object(&[
    ("name", field("name")),
    ("kind", field("kind")),
    ("lead", field("lead_name")),
    ("phone", field("phone")),
    ("floor", field("floor")),
    ("beds", field("beds_total")),
    ("visiting_hours", field("visiting_hours")),
    (
        "parts",
        field("sub_units")
            .each(&object(&[
                ("id", field("id")),
                ("name", field("name")),
                ("kind", field("kind")),
                ("lead", field("lead_name")),
                ("parts", field("sub_units").each(&field("name"))),
            ])),
    ),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("name", nullable(&text())),
    required(
        "kind",
        nullable(&one_of(&["hospital", "department", "ward", "clinic"])),
    ),
    required("lead", nullable(&text())),
    required("phone", nullable(&text())),
    required("floor", nullable(&integer())),
    required("beds", nullable(&integer())),
    required("visiting_hours", nullable(&text())),
    required(
        "parts",
        nullable(&list_of(&object_of(&[
            required("id", nullable(&text())),
            required("name", nullable(&text())),
            required(
                "kind",
                nullable(
                    &one_of(&["hospital", "department", "ward", "clinic"]),
                ),
            ),
            required("lead", nullable(&text())),
            required("parts", nullable(&list_of(&text()))),
        ]))),
    ),
]);
