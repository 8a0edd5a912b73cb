// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients~1{patient_id}~1documents/get
// rule       catalog.yaml#/tools/list_documents/prune
// keeps      5 of 35 fields: items[].author_name, items[].id, items[].kind, items[].title, …
// drops      30 of 35 fields: items[].archive_number, items[].author_id, items[].bytes, …
// plan       needset: holds the parts that the rule looks at
// effect     read

//! `list_documents` reads `GET /patients/{patient_id}/documents`.

use airlock_contract::prune::{
    call, current, expression, field, literal, object, when, Comparator, Prune,
};
use airlock_contract::request::{path, query};
use airlock_contract::shape::{
    integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_documents",
    title: "List a patient's documents",
    description: "Lists the letters, reports and consent forms on file for one patient: document id, \
        title, date and author.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients~1{patient_id}~1documents/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].author_name",
        "items[].id",
        "items[].kind",
        "items[].title",
        "items[].written_on",
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
    path: "/patients/{patient_id}/documents",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        path("patient_id", text().pattern("^P[0-9]{4}$"))
            .about("Identifier of the patient."),
        query(
                "kind",
                one_of(&[
                    "discharge_letter",
                    "laboratory_report",
                    "imaging_report",
                    "consent_form",
                ]),
            )
            .optional()
            .about("Only documents of this kind."),
        query("limit", integer().min(1).max(50))
            .default("20")
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
/// items[?status != 'superseded'] | sort_by(@, &written_on) | reverse(@) | [*].{
///   id: id, kind: kind, title: title, date: written_on, author: author_name
/// }
/// ```
const PRUNE: Prune = field("items")
    .each(&when(
        &field("status").compare(Comparator::NotEqual, &literal(r#""superseded""#)),
        &current(),
    ))
    .then(&call("sort_by", &[current(), expression(&field("written_on"))]))
    .then(&call("reverse", &[current()]))
    .then(
        &current()
            .each(&object(&[
                ("id", field("id")),
                ("kind", field("kind")),
                ("title", field("title")),
                ("date", field("written_on")),
                ("author", field("author_name")),
            ])),
    );

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = list_of(&object_of(&[
    required("id", nullable(&text())),
    required(
        "kind",
        nullable(&one_of(&[
            "discharge_letter",
            "laboratory_report",
            "imaging_report",
            "consent_form",
        ])),
    ),
    required("title", nullable(&text())),
    required("date", nullable(&text())),
    required("author", nullable(&text())),
]));
