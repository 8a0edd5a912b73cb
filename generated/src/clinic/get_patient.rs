// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients~1{patient_id}/get
// rule       catalog.yaml#/tools/get_patient/prune
// keeps      16 of 41 fields: bed_id, birth_date, blood_group, diet, emergency_contact.name, …
// drops      25 of 41 fields: address.city, address.country, address.postal_code, address.street, …
// plan       stream: holds one item at a time
// effect     read

//! `get_patient` reads `GET /patients/{patient_id}`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{nullable, object_of, one_of, required, text, Shape};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "get_patient",
    title: "Read one patient",
    description: "Reads one patient's own data: birth date, language, blood group, ward, bed, \
        responsible doctor, planned discharge, diet, mobility, isolation and whom to call in an \
        emergency. Not for allergies, medicines or test results.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients~1{patient_id}/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "bed_id",
        "birth_date",
        "blood_group",
        "diet",
        "emergency_contact.name",
        "emergency_contact.phone",
        "emergency_contact.relationship",
        "expected_discharge",
        "full_name",
        "isolation",
        "language",
        "mobility",
        "primary_practitioner_name",
        "sex",
        "status",
        "ward_id",
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
    path: "/patients/{patient_id}",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("patient_id", text().pattern("^P[0-9]{4}$"))
            .about("Identifier of the patient."),
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
///   name: full_name, born: birth_date, sex: sex, language: language, blood_group: blood_group, status: status,
///   ward: ward_id, bed: bed_id, doctor: primary_practitioner_name, planned_discharge: expected_discharge,
///   isolation: isolation, mobility: mobility, diet: diet,
///   emergency_contact: emergency_contact.{name: name, relationship: relationship, phone: phone}
/// }
/// ```
const PRUNE: Prune = object(&[
    ("name", field("full_name")),
    ("born", field("birth_date")),
    ("sex", field("sex")),
    ("language", field("language")),
    ("blood_group", field("blood_group")),
    ("status", field("status")),
    ("ward", field("ward_id")),
    ("bed", field("bed_id")),
    ("doctor", field("primary_practitioner_name")),
    ("planned_discharge", field("expected_discharge")),
    ("isolation", field("isolation")),
    ("mobility", field("mobility")),
    ("diet", field("diet")),
    (
        "emergency_contact",
        field("emergency_contact")
            .then(&object(&[
                ("name", field("name")),
                ("relationship", field("relationship")),
                ("phone", field("phone")),
            ])),
    ),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("name", nullable(&text())),
    required("born", nullable(&text())),
    required("sex", nullable(&one_of(&["female", "male", "other", "unknown"]))),
    required("language", nullable(&text())),
    required("blood_group", nullable(&text())),
    required("status", nullable(&one_of(&["admitted", "outpatient", "discharged"]))),
    required("ward", nullable(&text())),
    required("bed", nullable(&text())),
    required("doctor", nullable(&text())),
    required("planned_discharge", nullable(&text())),
    required(
        "isolation",
        nullable(&one_of(&["none", "contact", "droplet", "airborne"])),
    ),
    required(
        "mobility",
        nullable(&one_of(&["independent", "assisted", "bedridden"])),
    ),
    required("diet", nullable(&text())),
    required(
        "emergency_contact",
        nullable(&object_of(&[
            required("name", nullable(&text())),
            required("relationship", nullable(&text())),
            required("phone", nullable(&text())),
        ])),
    ),
]);
