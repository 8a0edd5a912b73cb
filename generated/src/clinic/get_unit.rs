// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1units~1{unit_id}/get
// rule       catalog.yaml#/tools/get_unit/prune
// effect     read

//! `get_unit` reads `GET /units/{unit_id}`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{any, text};
use airlock_contract::{
    response, Body, Effect, Form, Method, Request, Response, Status, Tool,
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
    form: Form::Json,
    output: &any(),
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
