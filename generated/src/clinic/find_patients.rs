// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1patients/get
// rule       catalog.yaml#/tools/find_patients/prune
// keeps      7 of 43 fields: items[].bed_id, items[].birth_date, items[].full_name, items[].id, …
// drops      36 of 43 fields: items[].address.city, items[].address.country, …
// plan       stream: holds one item at a time
// effect     read

//! `find_patients` reads `GET /patients`.

use airlock_contract::prune::{field, object, Prune};
use airlock_contract::request::query;
use airlock_contract::shape::{
    integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "find_patients",
    title: "Find patients",
    description: "Finds patients by name, ward or status. Gives each one's patient id, birth date, \
        ward and bed. Use it when the patient id is not known, or to see who lies on a ward.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1patients/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].bed_id",
        "items[].birth_date",
        "items[].full_name",
        "items[].id",
        "items[].status",
        "items[].ward_id",
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
    path: "/patients",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        query("name", text().chars_min(2).chars_max(40))
            .optional()
            .about("The patient's name or a part of it."),
        query("ward_id", text().pattern("^W[0-9]$"))
            .optional()
            .about("Only patients who lie on this ward."),
        query("status", one_of(&["admitted", "outpatient", "discharged"]))
            .optional()
            .about("Only patients with this status."),
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
/// {
///   total: total,
///   patients: items[*].{
///     id: id, name: full_name, born: birth_date, status: status, ward: ward_id, bed: bed_id
///   }
/// }
/// ```
const PRUNE: Prune = object(&[
    ("total", field("total")),
    (
        "patients",
        field("items")
            .each(&object(&[
                ("id", field("id")),
                ("name", field("full_name")),
                ("born", field("birth_date")),
                ("status", field("status")),
                ("ward", field("ward_id")),
                ("bed", field("bed_id")),
            ])),
    ),
]);

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = object_of(&[
    required("total", nullable(&integer())),
    required(
        "patients",
        nullable(&list_of(&object_of(&[
            required("id", nullable(&text())),
            required("name", nullable(&text())),
            required("born", nullable(&text())),
            required(
                "status",
                nullable(&one_of(&["admitted", "outpatient", "discharged"])),
            ),
            required("ward", nullable(&text())),
            required("bed", nullable(&text())),
        ]))),
    ),
]);
