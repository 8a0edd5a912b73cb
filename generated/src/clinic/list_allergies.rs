// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients~1{patient_id}~1allergies/get
// rule       catalog.yaml#/tools/list_allergies/prune
// keeps      4 of 20 fields: items[].reactions[].text, items[].severity, items[].substance.text, …
// drops      16 of 20 fields: items[].category, items[].id, items[].last_reaction_on, …
// plan       stream: holds one item at a time
// effect     read

//! `list_allergies` reads `GET /patients/{patient_id}/allergies`.

use airlock_contract::prune::{field, literal, object, when, Comparator, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{
    list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_allergies",
    title: "List a patient's allergies",
    description: "Lists what one patient is allergic to: each substance, how severe it is and which \
        reactions it causes.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients~1{patient_id}~1allergies/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].reactions[].text",
        "items[].severity",
        "items[].substance.text",
        "items[].verification",
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
    path: "/patients/{patient_id}/allergies",
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
    bytes_max: 131_072,
    ..Response::PLAIN
};

/// ```jmespath
/// items[?status == 'active'].{
///   substance: substance.text, severity: severity, verification: verification, reactions: reactions[*].text
/// }
/// ```
const PRUNE: Prune = field("items")
    .each(&when(
        &field("status").compare(Comparator::Equal, &literal(r#""active""#)),
        &object(&[
            ("substance", field("substance").then(&field("text"))),
            ("severity", field("severity")),
            ("verification", field("verification")),
            ("reactions", field("reactions").each(&field("text"))),
        ]),
    ));

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = nullable(&list_of(&object_of(&[
    required("substance", nullable(&text())),
    required("severity", nullable(&one_of(&["mild", "moderate", "severe"]))),
    required("verification", nullable(&one_of(&["confirmed", "suspected"]))),
    required("reactions", nullable(&list_of(&text()))),
])));
