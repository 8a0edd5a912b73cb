// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1appointments/post
// rule       catalog.yaml#/tools/create_appointment/prune
// keeps      7 of 32 fields: end, id, patient_name, practitioner_name, room, start, status
// drops      25 of 32 fields: cancel_reason, cancelled_at, channel, checked_in_at, created_at, …
// plan       stream: holds one item at a time
// effect     write, approved in the catalog

//! `create_appointment` writes with `POST /appointments`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::{body, header};
use airlock_contract::shape::{named, nullable, object_of, one_of, required, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};
use super::shapes;

pub(super) const TOOL: Tool = Tool {
    name: "create_appointment",
    title: "Book an appointment",
    description: "Books a new appointment for a patient with a practitioner. Needs both ids, the \
        kind, the begin with its offset from UTC, the length in minutes and the reason.",
    effect: Effect::Write,
    operation: "openapi.yaml#/paths/~1appointments/post",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "end",
        "id",
        "patient_name",
        "practitioner_name",
        "room",
        "start",
        "status",
    ],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "patient",
        unpruned: "patient",
        clearance: "patient",
        above: Above::Asked,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Post,
    path: "/appointments",
    accept: "application/json",
    body: Body::Json("application/json"),
    arguments: &[
        header("X_Request_Reason", text().chars_min(1).chars_max(80))
            .sent_as("X-Request-Reason")
            .fixed(r#""booked by an assistant""#),
        body(named(&shapes::NEW_APPOINTMENT)).about("The appointment to book."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(201), "application/json")],
    bytes_max: 65_536,
    ..Response::PLAIN
};

/// `{id: id, status: status, patient: patient_name, with: practitioner_name, room: room, start: start, end: end}`
const PRUNE: Prune = object(&[
    ("id", field("id")),
    ("status", field("status")),
    ("patient", field("patient_name")),
    ("with", field("practitioner_name")),
    ("room", field("room")),
    ("start", field("start")),
    ("end", field("end")),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("id", nullable(&text())),
    required(
        "status",
        nullable(&one_of(&["booked", "completed", "cancelled", "missed"])),
    ),
    required("patient", nullable(&text())),
    required("with", nullable(&text())),
    required("room", nullable(&text())),
    required("start", nullable(&text())),
    required("end", nullable(&text())),
]);
