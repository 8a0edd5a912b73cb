// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1appointments~1{appointment_id}~1cancel/post
// rule       catalog.yaml#/tools/cancel_appointment/prune
// keeps      5 of 32 fields: cancel_reason, id, patient_name, start, status
// drops      27 of 32 fields: cancelled_at, channel, checked_in_at, created_at, created_by, end, …
// plan       stream: holds one item at a time
// effect     destroy, as declared in the catalog, approved in the catalog

//! `cancel_appointment` destroys with `POST /appointments/{appointment_id}/cancel`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::{body, path};
use airlock_contract::shape::{named, nullable, object_of, one_of, required, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};
use super::shapes;

pub(super) const TOOL: Tool = Tool {
    name: "cancel_appointment",
    title: "Cancel an appointment",
    description: "Cancels one booked appointment by its appointment id. It cannot be booked again \
        afterwards.",
    effect: Effect::Destroy,
    operation: "openapi.yaml#/paths/~1appointments~1{appointment_id}~1cancel/post",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &["cancel_reason", "id", "patient_name", "start", "status"],
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
    path: "/appointments/{appointment_id}/cancel",
    accept: "application/json",
    body: Body::Json("application/json"),
    arguments: &[
        path("appointment_id", text().pattern("^A[0-9]{4}$"))
            .about("Identifier of the appointment."),
        body(named(&shapes::CANCELLATION)).about("Why it is cancelled."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 65_536,
    ..Response::PLAIN
};

/// `{id: id, status: status, patient: patient_name, start: start, cancel_reason: cancel_reason}`
const PRUNE: Prune = object(&[
    ("id", field("id")),
    ("status", field("status")),
    ("patient", field("patient_name")),
    ("start", field("start")),
    ("cancel_reason", field("cancel_reason")),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("id", nullable(&text())),
    required(
        "status",
        nullable(&one_of(&["booked", "completed", "cancelled", "missed"])),
    ),
    required("patient", nullable(&text())),
    required("start", nullable(&text())),
    required("cancel_reason", nullable(&text())),
]);
