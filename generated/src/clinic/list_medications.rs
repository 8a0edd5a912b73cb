// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients~1{patient_id}~1prescriptions/get
// rule       catalog.yaml#/tools/list_medications/prune
// keeps      7 of 52 fields: items[].as_needed_for, items[].dose.unit, items[].dose.value, …
// drops      45 of 52 fields: items[].as_needed, items[].created_at, items[].dose.code, …
// plan       stream: holds one item at a time
// effect     read

//! `list_medications` reads `GET /patients/{patient_id}/prescriptions`.

use airlock_contract::prune::{field, not, object, when, Prune};
use airlock_contract::request::{path, query};
use airlock_contract::shape::{
    integer, list_of, nullable, number, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Next, Pages, Request, Response,
    Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_medications",
    title: "List medications",
    description: "Lists the medicines that one patient takes now: name, dose and how often, apart \
        for regular and for on-demand medicines, with warnings about interactions.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients~1{patient_id}~1prescriptions/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].as_needed_for",
        "items[].dose.unit",
        "items[].dose.value",
        "items[].frequency",
        "items[].interactions[].advice",
        "items[].medication.text",
        "items[].route.text",
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
    path: "/patients/{patient_id}/prescriptions",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("patient_id", text().pattern("^P[0-9]{4}$"))
            .about("Identifier of the patient."),
        query("status", one_of(&["active", "on_hold", "stopped", "completed"]))
            .fixed(r#""active""#),
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
/// {
///   regular: items[?!as_needed].{
///     medicine: medication.text, dose: dose.value, unit: dose.unit, route: route.text, how_often: frequency
///   },
///   on_demand: items[?as_needed].{
///     medicine: medication.text, dose: dose.value, unit: dose.unit, route: route.text, for: as_needed_for
///   },
///   warnings: items[].interactions[].advice
/// }
/// ```
const PRUNE: Prune = object(&[
    (
        "regular",
        field("items")
            .each(&when(
                &not(&field("as_needed")),
                &object(&[
                    ("medicine", field("medication").then(&field("text"))),
                    ("dose", field("dose").then(&field("value"))),
                    ("unit", field("dose").then(&field("unit"))),
                    ("route", field("route").then(&field("text"))),
                    ("how_often", field("frequency")),
                ]),
            )),
    ),
    (
        "on_demand",
        field("items")
            .each(&when(
                &field("as_needed"),
                &object(&[
                    ("medicine", field("medication").then(&field("text"))),
                    ("dose", field("dose").then(&field("value"))),
                    ("unit", field("dose").then(&field("unit"))),
                    ("route", field("route").then(&field("text"))),
                    ("for", field("as_needed_for")),
                ]),
            )),
    ),
    (
        "warnings",
        field("items")
            .flatten()
            .each(&field("interactions"))
            .flatten()
            .each(&field("advice")),
    ),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required(
        "regular",
        nullable(&list_of(&object_of(&[
            required("medicine", nullable(&text())),
            required("dose", nullable(&number())),
            required("unit", nullable(&text())),
            required("route", nullable(&text())),
            required("how_often", nullable(&text())),
        ]))),
    ),
    required(
        "on_demand",
        nullable(&list_of(&object_of(&[
            required("medicine", nullable(&text())),
            required("dose", nullable(&number())),
            required("unit", nullable(&text())),
            required("route", nullable(&text())),
            required("for", nullable(&text())),
        ]))),
    ),
    required("warnings", nullable(&list_of(&text()))),
]);
