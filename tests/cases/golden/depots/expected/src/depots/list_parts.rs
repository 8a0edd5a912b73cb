// @generated from catalogs/depots. Do not edit: run `airlock compile`.
//
// operation  openapi.yaml#/paths/~1depots~1{depot}~1parts/get
// rule       catalog.yaml#/tools/list_parts/prune
// fields     unknown: the document has no schema for the answer
// plan       needset: holds the parts that the rule looks at
// effect     read
// label      items[].on_hand is secret: the rule looks at it

//! `list_parts` reads `GET /depots/{depot}/parts`.

use airlock_contract::prune::{
    call, current, expression, field, index, list, literal, object, slice, when,
    Comparator, Prune,
};
use airlock_contract::request::{header, path, query};
use airlock_contract::shape::{
    any, integer, list_of, nullable, object_of, one_of, required, text, Shape,
};
use airlock_contract::{
    response, Above, Body, Effect, Flow, Form, Method, Request, Response, Status, Style,
    Tool,
};

pub(super) const TOOL: Tool = Tool {
    name: "list_parts",
    title: "List parts",
    description: "Lists the parts that one depot holds.",
    effect: Effect::Read,
    operation: "openapi.yaml#/paths/~1depots~1{depot}~1parts/get",
    upstream: "depots",
    credentials: &["token"],
    request: &REQUEST,
    response: RESPONSE,
    prune: PRUNE,
    keeps: &[],
    form: Form::Json,
    output: &OUTPUT,
    flow: Some(Flow {
        label: "secret",
        unpruned: "secret",
        clearance: "secret",
        above: Above::Refused,
        declassified: &[],
    }),
};

/// What may be sent, and where it goes. The host adds address and credentials.
static REQUEST: Request = Request {
    method: Method::Get,
    path: "/depots/{depot}/parts",
    accept: "application/vnd.parts.v2+json, text/plain",
    body: Body::None,
    arguments: &[
        path("depot", text().chars_max(16)).about("Depot code."),
        query("limit", integer().min(1).max(50)).default("20"),
        query("tag", list_of(&text()).unique()).sent_as("tag[]").optional(),
        query("state", list_of(&nullable(&one_of(&["new", "used"]))))
            .style(Style::Form)
            .fixed(r#"["new"]"#),
        header("X_Trace", text().format("uuid")).sent_as("X-Trace").optional(),
    ],
};

/// Which answers are taken.
const RESPONSE: Response = Response {
    answers: &[
        response::json(Status::Code(200), "application/vnd.parts.v2+json"),
        response::text(Status::Range(2), "text/plain"),
    ],
    bytes_max: 1_048_576,
    ..Response::PLAIN
};

/// ```jmespath
/// items[?on_hand > `0` && state != 'used'] | sort_by(not_null(@, `[]`), &name)[:10].{
///   "the id": id, qty: not_null(on_hand, `0`), first: codes[0], rest: codes[1:], all: *.x[], tags: tags[][name, value]
/// }
/// ```
const PRUNE: Prune = field("items")
    .each(&when(
        &field("on_hand")
            .compare(Comparator::Greater, &literal("0"))
            .and(
                &field("state").compare(Comparator::NotEqual, &literal(r#""used""#)),
            ),
        &current(),
    ))
    .then(
        &call(
                "sort_by",
                &[
                    call("not_null", &[current(), literal("[]")]),
                    expression(&field("name")),
                ],
            )
            .then(
                &slice(None, Some(10), 1)
                    .each(&object(&[
                        ("the id", field("id")),
                        (
                            "qty",
                            call("not_null", &[field("on_hand"), literal("0")]),
                        ),
                        ("first", field("codes").then(&index(0))),
                        (
                            "rest",
                            field("codes")
                                .then(&slice(Some(1), None, 1).each(&current())),
                        ),
                        (
                            "all",
                            current()
                                .values()
                                .each(&field("x"))
                                .flatten()
                                .each(&current()),
                        ),
                        (
                            "tags",
                            field("tags")
                                .flatten()
                                .each(&list(&[field("name"), field("value")])),
                        ),
                    ])),
            ),
    );

/// What the rule makes of an answer, as far as the document says what it is made of.
static OUTPUT: Shape = list_of(&object_of(&[
    required("the id", any()),
    required("qty", any()),
    required("first", any()),
    required("rest", nullable(&list_of(&any()))),
    required("all", nullable(&list_of(&any()))),
    required("tags", nullable(&list_of(&list_of(&any())))),
]));
