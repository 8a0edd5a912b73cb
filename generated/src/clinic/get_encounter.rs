// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1encounters~1{encounter_id}/get
// rule       catalog.yaml#/tools/get_encounter/prune
// keeps      14 of 48 fields: class, complaint, diagnoses[].condition.coding[].code, …
// drops      34 of 48 fields: account_number, admission_source, arrival_mode, attending_id, …
// plan       stream: holds one item at a time
// effect     read

//! `get_encounter` reads `GET /encounters/{encounter_id}`.

use airlock_contract::prune::{field, index, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{
    list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "get_encounter",
    title: "Read one stay or visit",
    description: "Reads one hospital stay or visit by its encounter id: complaint, all diagnoses \
        with their codes, staff, plan and discharge.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1encounters~1{encounter_id}/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "class",
        "complaint",
        "diagnoses[].condition.coding[].code",
        "diagnoses[].condition.text",
        "diagnoses[].use",
        "discharge_disposition",
        "discharge_document_id",
        "ended_at",
        "participants[].name",
        "participants[].role",
        "patient_name",
        "plan",
        "started_at",
        "status",
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
    path: "/encounters/{encounter_id}",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("encounter_id", text().pattern("^E[0-9]{4}$"))
            .about("Identifier of the encounter."),
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
///   patient: patient_name, class: class, status: status, from: started_at, to: ended_at, complaint: complaint,
///   diagnoses: diagnoses[*].{
///     use: use, code: condition.coding[0].code, meaning: condition.text
///   },
///   staff: participants[*].{name: name, role: role},
///   plan: plan, discharged_to: discharge_disposition, letter: discharge_document_id
/// }
/// ```
const PRUNE: Prune = object(&[
    ("patient", field("patient_name")),
    ("class", field("class")),
    ("status", field("status")),
    ("from", field("started_at")),
    ("to", field("ended_at")),
    ("complaint", field("complaint")),
    (
        "diagnoses",
        field("diagnoses")
            .each(&object(&[
                ("use", field("use")),
                (
                    "code",
                    field("condition")
                        .then(&field("coding").then(&index(0)))
                        .then(&field("code")),
                ),
                ("meaning", field("condition").then(&field("text"))),
            ])),
    ),
    (
        "staff",
        field("participants")
            .each(&object(&[("name", field("name")), ("role", field("role"))])),
    ),
    ("plan", field("plan")),
    ("discharged_to", field("discharge_disposition")),
    ("letter", field("discharge_document_id")),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("patient", nullable(&text())),
    required("class", nullable(&one_of(&["inpatient", "outpatient", "emergency"]))),
    required(
        "status",
        nullable(&one_of(&["planned", "in_progress", "finished", "cancelled"])),
    ),
    required("from", nullable(&text())),
    required("to", nullable(&text())),
    required("complaint", nullable(&text())),
    required(
        "diagnoses",
        nullable(&list_of(&object_of(&[
            required(
                "use",
                nullable(&one_of(&["principal", "secondary"])),
            ),
            required("code", nullable(&text())),
            required("meaning", nullable(&text())),
        ]))),
    ),
    required(
        "staff",
        nullable(&list_of(&object_of(&[
            required("name", nullable(&text())),
            required(
                "role",
                nullable(&one_of(&["attending", "consultant", "nurse"])),
            ),
        ]))),
    ),
    required("plan", nullable(&text())),
    required("discharged_to", nullable(&text())),
    required("letter", nullable(&text())),
]);
