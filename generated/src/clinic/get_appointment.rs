// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1appointments~1{appointment_id}/get
// rule       catalog.yaml#/tools/get_appointment/prune
// keeps      12 of 32 fields: cancel_reason, end, id, kind, patient_name, practitioner_name, …
// drops      20 of 32 fields: cancelled_at, channel, checked_in_at, created_at, created_by, …
// plan       stream: holds one item at a time
// effect     read

//! `get_appointment` reads `GET /appointments/{appointment_id}`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{nullable, object_of, one_of, required, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "get_appointment",
    title: "Read one appointment",
    description: "Reads one appointment by its appointment id: when, who, where, what the patient \
        must prepare, and whether it was cancelled.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1appointments~1{appointment_id}/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "cancel_reason",
        "end",
        "id",
        "kind",
        "patient_name",
        "practitioner_name",
        "preparation",
        "reason",
        "room",
        "start",
        "status",
        "unit_name",
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
    path: "/appointments/{appointment_id}",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("appointment_id", text().pattern("^A[0-9]{4}$"))
            .about("Identifier of the appointment."),
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
///   id: id, status: status, kind: kind, patient: patient_name, with: practitioner_name, unit: unit_name, room: room,
///   start: start, end: end, reason: reason, preparation: preparation, cancel_reason: cancel_reason
/// }
/// ```
const PRUNE: Prune = object(&[
    ("id", field("id")),
    ("status", field("status")),
    ("kind", field("kind")),
    ("patient", field("patient_name")),
    ("with", field("practitioner_name")),
    ("unit", field("unit_name")),
    ("room", field("room")),
    ("start", field("start")),
    ("end", field("end")),
    ("reason", field("reason")),
    ("preparation", field("preparation")),
    ("cancel_reason", field("cancel_reason")),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("id", nullable(&text())),
    required(
        "status",
        nullable(&one_of(&["booked", "completed", "cancelled", "missed"])),
    ),
    required(
        "kind",
        nullable(
            &one_of(&["check_up", "follow_up", "imaging", "therapy", "procedure"]),
        ),
    ),
    required("patient", nullable(&text())),
    required("with", nullable(&text())),
    required("unit", nullable(&text())),
    required("room", nullable(&text())),
    required("start", nullable(&text())),
    required("end", nullable(&text())),
    required("reason", nullable(&text())),
    required("preparation", nullable(&text())),
    required("cancel_reason", nullable(&text())),
]);
