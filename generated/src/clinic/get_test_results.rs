// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients~1{patient_id}~1observations/get
// rule       catalog.yaml#/tools/get_test_results/prune
// keeps      11 of 68 fields: items[].components[].code.text, …
// drops      57 of 68 fields: items[].body_site, items[].category, items[].code.coding[].code, …
// plan       needset: holds the parts that the rule looks at
// effect     read

//! `get_test_results` reads `GET /patients/{patient_id}/observations`.

use airlock_contract::prune::{
    call, expression, field, index, literal, object, when, Comparator, Prune,
};
use airlock_contract::request::{path, query};
use airlock_contract::shape::{
    integer, list_of, named, nullable, number, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Next, Pages, Request, Response,
    Status, Tool,
};
use super::{answers, shapes};

pub(super) const TOOL: Tool = Tool {
    name: "get_test_results",
    title: "Read test results",
    description: "Gives one patient's measured values: laboratory values and vital signs such as \
        blood pressure and temperature. The latest value comes first, then all values that are not \
        normal.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients~1{patient_id}~1observations/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].components[].code.text",
        "items[].components[].value_quantity.unit",
        "items[].components[].value_quantity.value",
        "items[].effective_at",
        "items[].id",
        "items[].interpretation",
        "items[].reference_ranges[].text",
        "items[].test",
        "items[].value_quantity.unit",
        "items[].value_quantity.value",
        "total",
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
    path: "/patients/{patient_id}/observations",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("patient_id", text().pattern("^P[0-9]{4}$"))
            .about("Identifier of the patient."),
        query("test", named(&shapes::TEST)).optional().about("Which value to look up."),
        query("since", text().format("date"))
            .optional()
            .about("Only measurements taken on this day or later."),
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
///   latest: max_by(items, &effective_at).{
///     test: test, value: value_quantity.value, unit: value_quantity.unit, at: effective_at,
///     interpretation: interpretation, usual: reference_ranges[0].text,
///     parts: components[*].{name: code.text, value: value_quantity.value, unit: value_quantity.unit}
///   },
///   count: total,
///   not_normal: items[?interpretation && interpretation != 'normal'].{
///     id: id, test: test, value: value_quantity.value, at: effective_at, interpretation: interpretation
///   }
/// }
/// ```
const PRUNE: Prune = object(&[
    (
        "latest",
        call("max_by", &[field("items"), expression(&field("effective_at"))])
            .then(&object(&[
                ("test", field("test")),
                ("value", field("value_quantity").then(&field("value"))),
                ("unit", field("value_quantity").then(&field("unit"))),
                ("at", field("effective_at")),
                ("interpretation", field("interpretation")),
                (
                    "usual",
                    field("reference_ranges")
                        .then(&index(0))
                        .then(&field("text")),
                ),
                (
                    "parts",
                    field("components")
                        .each(&object(&[
                            ("name", field("code").then(&field("text"))),
                            ("value", field("value_quantity").then(&field("value"))),
                            ("unit", field("value_quantity").then(&field("unit"))),
                        ])),
                ),
            ])),
    ),
    ("count", field("total")),
    (
        "not_normal",
        field("items")
            .each(&when(
                &field("interpretation")
                    .and(
                        &field("interpretation")
                            .compare(Comparator::NotEqual, &literal(r#""normal""#)),
                    ),
                &object(&[
                    ("id", field("id")),
                    ("test", field("test")),
                    ("value", field("value_quantity").then(&field("value"))),
                    ("at", field("effective_at")),
                    ("interpretation", field("interpretation")),
                ]),
            )),
    ),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required(
        "latest",
        nullable(&object_of(&[
            required("test", nullable(&named(&answers::TEST))),
            required("value", nullable(&number())),
            required("unit", nullable(&text())),
            required("at", nullable(&text())),
            required(
                "interpretation",
                nullable(&one_of(&["low", "normal", "high", "critical"])),
            ),
            required("usual", nullable(&text())),
            required(
                "parts",
                nullable(&list_of(&object_of(&[
                    required("name", nullable(&text())),
                    required("value", nullable(&number())),
                    required("unit", nullable(&text())),
                ]))),
            ),
        ])),
    ),
    required("count", nullable(&integer())),
    required(
        "not_normal",
        nullable(&list_of(&object_of(&[
            required("id", nullable(&text())),
            required("test", nullable(&named(&answers::TEST))),
            required("value", nullable(&number())),
            required("at", nullable(&text())),
            required(
                "interpretation",
                one_of(&["low", "normal", "high", "critical"]),
            ),
        ]))),
    ),
]);
