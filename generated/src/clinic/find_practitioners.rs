// @generated from catalogs/clinic. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1practitioners/get
// rule       catalog.yaml#/tools/find_practitioners/prune
// keeps      8 of 36 fields: items[].full_name, items[].id, items[].languages[], items[].office, …
// drops      28 of 36 fields: items[].accepts_patients, items[].created_at, items[].email, …
// plan       stream: holds one item at a time
// effect     read

//! `find_practitioners` reads `GET /practitioners`.

use airlock_contract::prune::{call, field, literal, object, Prune};
use airlock_contract::request::query;
use airlock_contract::shape::{
    boolean, integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "find_practitioners",
    title: "List practitioners",
    description: "Finds doctors, nurses and therapists by specialty. Gives each one's practitioner \
        id, telephone, office, languages and whether they are on duty.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1practitioners/get",
    upstream: "clinic",
    credentials: &["api_key"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[
        "items[].full_name",
        "items[].id",
        "items[].languages[]",
        "items[].office",
        "items[].on_duty",
        "items[].phone",
        "items[].role",
        "items[].specialty",
    ],
    form: Form::Csv,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "internal",
        unpruned: "internal",
        clearance: "patient",
        above: Above::Refused,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/practitioners",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        query(
                "specialty",
                one_of(&[
                    "cardiology",
                    "nephrology",
                    "surgery",
                    "orthopaedics",
                    "nursing",
                    "physiotherapy",
                ]),
            )
            .optional()
            .about("Only practitioners of this specialty."),
        query("on_duty", boolean())
            .optional()
            .about("Only practitioners who are, or are not, on duty now."),
        query("limit", integer().min(1).max(50))
            .default("25")
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
/// items[*].{
///   id: id, name: full_name, role: role, specialty: specialty, phone: phone, office: office, on_duty: on_duty,
///   languages: join(', ', languages)
/// }
/// ```
const PRUNE: Prune = field("items")
    .each(&object(&[
        ("id", field("id")),
        ("name", field("full_name")),
        ("role", field("role")),
        ("specialty", field("specialty")),
        ("phone", field("phone")),
        ("office", field("office")),
        ("on_duty", field("on_duty")),
        ("languages", call("join", &[literal(r#"", ""#), field("languages")])),
    ]));

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = nullable(&list_of(&object_of(&[
    required("id", nullable(&text())),
    required("name", nullable(&text())),
    required(
        "role",
        nullable(&one_of(&["consultant", "resident", "nurse", "therapist"])),
    ),
    required(
        "specialty",
        nullable(&one_of(&[
            "cardiology",
            "nephrology",
            "surgery",
            "orthopaedics",
            "nursing",
            "physiotherapy",
        ])),
    ),
    required("phone", nullable(&text())),
    required("office", nullable(&text())),
    required("on_duty", nullable(&boolean())),
    required("languages", text()),
])));
