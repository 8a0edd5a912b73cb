// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients~1{patient_id}~1encounters/get
// rule       catalog.yaml#/tools/list_encounters/prune
// keeps      8 of 50 fields: items[].attending_name, items[].class, …
// drops      42 of 50 fields: items[].account_number, items[].admission_source, …
// plan       buffer: holds as many items as the rule counts off
// effect     read

//! `list_encounters` reads `GET /patients/{patient_id}/encounters`.

use airlock_contract::prune::{
    call, expression, field, index, literal, object, slice, when, Comparator, Prune,
};
use airlock_contract::request::{path, query};
use airlock_contract::shape::{
    integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Next, Pages, Request, Response,
    Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_encounters",
    title: "List a patient's stays and visits",
    description: "Lists one patient's hospital stays and visits, the latest first: when, why, who \
        was responsible and the main diagnosis.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients~1{patient_id}~1encounters/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].attending_name",
        "items[].class",
        "items[].diagnoses[].condition.text",
        "items[].ended_at",
        "items[].id",
        "items[].reason.text",
        "items[].started_at",
        "items[].status",
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
    path: "/patients/{patient_id}/encounters",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("patient_id", text().pattern("^P[0-9]{4}$"))
            .about("Identifier of the patient."),
        query("class", one_of(&["inpatient", "outpatient", "emergency"]))
            .optional()
            .about("Only encounters of this class."),
        query("status", one_of(&["planned", "in_progress", "finished", "cancelled"]))
            .optional()
            .about("Only encounters with this status."),
        query("limit", integer().min(1).max(100)).fixed("50"),
        query("page_token", text().chars_min(1).chars_max(64).pattern("^[a-z0-9]+$"))
            .page(""),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 524_288,
    pages: Some(Pages {
        next: Next::Cursor("page_token", field("next_page_token")),
        items: &["items"],
        items_max: 500,
    }),
    ..Response::PLAIN
};

/// ```jmespath
/// reverse(sort_by(items, &started_at))[:10].{
///   id: id, class: class, status: status, from: started_at, to: ended_at, reason: reason.text, doctor: attending_name,
///   diagnosis: diagnoses[?use == 'principal'].condition.text | [0]
/// }
/// ```
const PRUNE: Prune = call(
        "reverse",
        &[call("sort_by", &[field("items"), expression(&field("started_at"))])],
    )
    .then(
        &slice(None, Some(10), 1)
            .each(&object(&[
                ("id", field("id")),
                ("class", field("class")),
                ("status", field("status")),
                ("from", field("started_at")),
                ("to", field("ended_at")),
                ("reason", field("reason").then(&field("text"))),
                ("doctor", field("attending_name")),
                (
                    "diagnosis",
                    field("diagnoses")
                        .each(&when(
                            &field("use")
                                .compare(Comparator::Equal, &literal(r#""principal""#)),
                            &field("condition").then(&field("text")),
                        ))
                        .then(&index(0)),
                ),
            ])),
    );

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = list_of(&object_of(&[
    required("id", nullable(&text())),
    required(
        "class",
        nullable(&one_of(&["inpatient", "outpatient", "emergency"])),
    ),
    required(
        "status",
        nullable(&one_of(&["planned", "in_progress", "finished", "cancelled"])),
    ),
    required("from", nullable(&text())),
    required("to", nullable(&text())),
    required("reason", nullable(&text())),
    required("doctor", nullable(&text())),
    required("diagnosis", nullable(&text())),
]));
