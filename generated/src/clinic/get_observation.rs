// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1observations~1{observation_id}/get
// rule       catalog.yaml#/tools/get_observation/prune
// keeps      18 of 66 fields: code.coding[].code, components[].code.text, …
// drops      48 of 66 fields: body_site, category, code.coding[].display, code.coding[].system, …
// plan       stream: holds one item at a time
// effect     read

//! `get_observation` reads `GET /observations/{observation_id}`.

use airlock_contract::prune::{field, index, literal, object, when, Comparator, Prune};
use airlock_contract::request::path;
use airlock_contract::shape::{
    list_of, named, nullable, number, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};
use super::answers;

pub(super) const TOOL: Tool = Tool {
    name: "get_observation",
    title: "Read one measurement",
    description: "Reads one single measurement by its observation id: value, usual range, parts, \
        method, specimen and who checked it.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1observations~1{observation_id}/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "code.coding[].code",
        "components[].code.text",
        "components[].reference_ranges[].text",
        "components[].value_quantity.unit",
        "components[].value_quantity.value",
        "effective_at",
        "method",
        "patient_name",
        "performer_name",
        "reference_ranges[].high.value",
        "reference_ranges[].low.value",
        "reference_ranges[].text",
        "specimen",
        "status",
        "test",
        "value_quantity.unit",
        "value_quantity.value",
        "verified_at",
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
    path: "/observations/{observation_id}",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("observation_id", text().pattern("^OBS[0-9]{4}$"))
            .about("Identifier of the measurement."),
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
///   patient: patient_name, test: test, loinc: code.coding[?system == 'http://loinc.org'].code | [0],
///   status: status, at: effective_at, value: value_quantity.{value: value, unit: unit},
///   usual: reference_ranges[*].{low: low.value, high: high.value, text: text},
///   parts: components[*].{
///     name: code.text, value: value_quantity.value, unit: value_quantity.unit, usual: reference_ranges[0].text
///   },
///   method: method, specimen: specimen, measured_by: performer_name, checked_at: verified_at
/// }
/// ```
const PRUNE: Prune = object(&[
    ("patient", field("patient_name")),
    ("test", field("test")),
    (
        "loinc",
        field("code")
            .then(&field("coding"))
            .each(&when(
                &field("system")
                    .compare(
                        Comparator::Equal,
                        &literal(r#""http://loinc.org""#),
                    ),
                &field("code"),
            ))
            .then(&index(0)),
    ),
    ("status", field("status")),
    ("at", field("effective_at")),
    (
        "value",
        field("value_quantity")
            .then(&object(&[("value", field("value")), ("unit", field("unit"))])),
    ),
    (
        "usual",
        field("reference_ranges")
            .each(&object(&[
                ("low", field("low").then(&field("value"))),
                ("high", field("high").then(&field("value"))),
                ("text", field("text")),
            ])),
    ),
    (
        "parts",
        field("components")
            .each(&object(&[
                ("name", field("code").then(&field("text"))),
                ("value", field("value_quantity").then(&field("value"))),
                ("unit", field("value_quantity").then(&field("unit"))),
                (
                    "usual",
                    field("reference_ranges")
                        .then(&index(0))
                        .then(&field("text")),
                ),
            ])),
    ),
    ("method", field("method")),
    ("specimen", field("specimen")),
    ("measured_by", field("performer_name")),
    ("checked_at", field("verified_at")),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("patient", nullable(&text())),
    required("test", nullable(&named(&answers::TEST))),
    required("loinc", nullable(&text())),
    required("status", nullable(&one_of(&["preliminary", "final", "amended"]))),
    required("at", nullable(&text())),
    required(
        "value",
        nullable(&object_of(&[
            required("value", nullable(&number())),
            required("unit", nullable(&text())),
        ])),
    ),
    required(
        "usual",
        nullable(&list_of(&object_of(&[
            required("low", nullable(&number())),
            required("high", nullable(&number())),
            required("text", nullable(&text())),
        ]))),
    ),
    required(
        "parts",
        nullable(&list_of(&object_of(&[
            required("name", nullable(&text())),
            required("value", nullable(&number())),
            required("unit", nullable(&text())),
            required("usual", nullable(&text())),
        ]))),
    ),
    required("method", nullable(&text())),
    required("specimen", nullable(&text())),
    required("measured_by", nullable(&text())),
    required("checked_at", nullable(&text())),
]);
