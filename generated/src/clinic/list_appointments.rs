// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1appointments/get
// rule       catalog.yaml#/tools/list_appointments/prune
// keeps      8 of 34 fields: items[].id, items[].kind, items[].minutes, items[].patient_name, …
// drops      26 of 34 fields: items[].cancel_reason, items[].cancelled_at, items[].channel, …
// plan       needset: holds the parts that the rule looks at
// effect     read

//! `list_appointments` reads `GET /appointments`.

use airlock_contract::prune::{call, expression, field, object, Prune};
use airlock_contract::request::query;
use airlock_contract::shape::{
    integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Style,
    Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_appointments",
    title: "List appointments",
    description: "Lists the booked appointments of a patient or of a doctor, the next one first: \
        when, with whom, where and why.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1appointments/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].id",
        "items[].kind",
        "items[].minutes",
        "items[].patient_name",
        "items[].practitioner_name",
        "items[].reason",
        "items[].room",
        "items[].start",
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
    path: "/appointments",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        query("patient_id", text().pattern("^P[0-9]{4}$"))
            .optional()
            .about("The patient whose appointments are wanted."),
        query("practitioner_id", text().pattern("^DR[0-9]{2}$"))
            .optional()
            .about("The doctor whose appointments are wanted."),
        query(
                "status",
                list_of(&one_of(&["booked", "completed", "cancelled", "missed"]))
                    .items_min(1)
                    .items_max(4)
                    .unique(),
            )
            .style(Style::Form)
            .fixed(r#"["booked"]"#),
        query("from_date", text().format("date"))
            .optional()
            .about("Only appointments that begin on this day or later."),
        query("limit", integer().min(1).max(50))
            .default("10")
            .about("The most items that one page may hold. Default: 25."),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[response::json(Status::Code(200), "application/json")],
    bytes_max: 262_144,
    ..Response::PLAIN
};

/// ```jmespath
/// sort_by(items, &start)[*].{
///   id: id, start: start, minutes: minutes, kind: kind, patient: patient_name, with: practitioner_name, room: room,
///   reason: reason
/// }
/// ```
const PRUNE: Prune = call("sort_by", &[field("items"), expression(&field("start"))])
    .each(&object(&[
        ("id", field("id")),
        ("start", field("start")),
        ("minutes", field("minutes")),
        ("kind", field("kind")),
        ("patient", field("patient_name")),
        ("with", field("practitioner_name")),
        ("room", field("room")),
        ("reason", field("reason")),
    ]));

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = list_of(&object_of(&[
    required("id", nullable(&text())),
    required("start", nullable(&text())),
    required("minutes", nullable(&integer())),
    required(
        "kind",
        nullable(&one_of(
            &["check_up", "follow_up", "imaging", "therapy", "procedure"],
        )),
    ),
    required("patient", nullable(&text())),
    required("with", nullable(&text())),
    required("room", nullable(&text())),
    required("reason", nullable(&text())),
]));
