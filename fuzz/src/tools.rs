//! The tools that arguments are encoded for: every place, style and body, alone and together. Made once, never per run.

use std::sync::OnceLock;

use airlock_contract::request::{
    Argument, Body, Field, Part, Place, Request, Style, body, body_property, cookie, field, file_part, header,
    json_part, path, query, text_part,
};
use airlock_contract::shape::{
    Named, Property, Shape, any, any_of, boolean, file, int64, integer, list_of, literals, named, nullable, number,
    object_of, one_of, optional, required, text,
};
use airlock_contract::{Credential, CredentialPlace, Effect, Form, Method, Response, Tool, Transport, Upstream, prune};
use airlock_runtime::arguments::Table;
use airlock_runtime::request::Plan;

/// A tool, prepared as the runtime does it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) name: String,
    pub(crate) request: &'static Request,
    pub(crate) table: Table,
    pub(crate) plan: Plan,
}

/// What is put before every path.
pub(crate) const BASE_PATH: &str = "/v1";

/// Names that credentials have, by place.
pub(crate) const TAKEN: &str = "token";

static UPSTREAM: Upstream = Upstream {
    name: "shop",
    base_path: BASE_PATH,
    transport: Transport::Any,
    credentials: &[
        Credential { name: "key", place: CredentialPlace::Header("X-Api-Key") },
        Credential { name: "token", place: CredentialPlace::Query(TAKEN) },
        Credential { name: "session", place: CredentialPlace::Cookie("session") },
    ],
};

/// All tools, in one order.
pub(crate) fn all() -> &'static [Prepared] {
    static ALL: OnceLock<Vec<Prepared>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::new();
        paths(&mut all);
        queries(&mut all);
        heads(&mut all);
        bodies(&mut all);
        shapes(&mut all);
        together(&mut all);
        all
    })
}

fn add(all: &mut Vec<Prepared>, name: &str, template: &'static str, rows: Vec<Argument>, body: Body) {
    let request: &'static Request = Box::leak(Box::new(Request {
        method: Method::Post,
        path: template,
        accept: "application/json",
        body,
        arguments: rows.leak(),
    }));
    let tool = Tool {
        name: "tool",
        title: "",
        description: "",
        effect: Effect::Read,
        operation: "",
        upstream: "shop",
        credentials: &[],
        request,
        response: Response::PLAIN,
        prune: prune::current(),
        keeps: &[],
        form: Form::Json,
        output: &Shape::Any,
        flow: None,
    };
    let table = Table::new(request.arguments).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let plan = Plan::new(&UPSTREAM, &tool).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    all.push(Prepared { name: name.to_owned(), request, table, plan });
}

const PATHS: &[(&str, Style)] = &[
    ("simple", Style::Simple),
    ("simple_exploded", Style::SimpleExploded),
    ("label", Style::Label),
    ("label_exploded", Style::LabelExploded),
    ("matrix", Style::Matrix),
    ("matrix_exploded", Style::MatrixExploded),
    ("json", Style::Json),
    ("segments", Style::Segments),
];

const QUERIES: &[(&str, Style)] = &[
    ("form", Style::Form),
    ("form_exploded", Style::FormExploded),
    ("space", Style::SpaceDelimited),
    ("pipe", Style::PipeDelimited),
    ("deep", Style::DeepObject),
    ("json", Style::Json),
];

fn paths(all: &mut Vec<Prepared>) {
    for (word, style) in PATHS {
        let row = path("color", any()).style(*style);
        add(all, &format!("path_{word}"), "/items/{color}/parts", vec![row], Body::None);
        let rows = vec![row, path("id", text()), query("q", any()).optional()];
        add(all, &format!("path_{word}_first"), "/{color}/of/{id}?alt=media&x", rows, Body::None);
    }
    let matrix = path("m", any()).style(Style::MatrixExploded).sent_as("w ü");
    let rows = vec![path("sha", text()), path("type", any()), matrix];
    add(all, "path_pieces", "/c/{sha}.{type}{w ü}/x", rows, Body::None);
}

fn queries(all: &mut Vec<Prepared>) {
    for (word, style) in QUERIES {
        let row = query("color", any()).style(*style);
        add(all, &format!("query_{word}"), "/items", vec![row], Body::None);
        if *style != Style::Json {
            add(all, &format!("query_{word}_reserved"), "/items", vec![row.optional().reserved()], Body::None);
        }
        let rows = vec![
            row.sent_as("a[b] &=").optional(),
            query("page", integer()).default("1"),
            query("key", any()).fixed("\"k&\""),
        ];
        add(all, &format!("query_{word}_more"), "/items?fixed=1", rows, Body::None);
    }
}

fn heads(all: &mut Vec<Prepared>) {
    for (word, style) in [("simple", Style::Simple), ("exploded", Style::SimpleExploded), ("json", Style::Json)] {
        let rows = vec![header("X-Color", any()).style(style).optional(), header("If-Match", text()).optional()];
        add(all, &format!("header_{word}"), "/items", rows, Body::None);
    }
    for (word, style) in [("form", Style::Form), ("exploded", Style::FormExploded), ("json", Style::Json)] {
        let rows = vec![cookie("color", any()).style(style).optional(), cookie("b", text()).optional()];
        add(all, &format!("cookie_{word}"), "/items", rows, Body::None);
    }
}

const FIELDS: &[Field] = &[
    field("joined", Style::Form),
    field("space", Style::SpaceDelimited),
    field("pipes", Style::PipeDelimited),
    field("deep", Style::DeepObject),
    field("json", Style::Json),
    field("spread", Style::FormExploded),
    field("url", Style::FormExploded).reserved(),
];

const PARTS: &[Part] = &[
    text_part("note", ""),
    text_part("plain", "text/plain"),
    text_part("latin", "text/plain; charset=iso-8859-1"),
    text_part("tags", "").repeated(),
    json_part("meta", "application/json"),
    json_part("metas", "application/json").repeated(),
    file_part("scan", "image/png"),
    file_part("scans", "image/*").repeated(),
];

fn bodies(all: &mut Vec<Prepared>) {
    let whole = || vec![body(any())];
    add(all, "body_json", "/items", whole(), Body::Json("application/json"));
    add(all, "body_form", "/items", whole(), Body::Form(FIELDS));
    add(all, "body_form_plain", "/items", whole(), Body::Form(&[]));
    add(all, "body_parts", "/items", whole(), Body::Multipart(PARTS));
    add(all, "body_bytes", "/items", vec![body(file())], Body::Bytes("image/*"));
    add(all, "body_text", "/items", whole(), Body::Text("text/plain"));
    let properties = |names: &[&'static str]| -> Vec<Argument> {
        names.iter().map(|name| body_property(name, any()).optional()).collect()
    };
    add(
        all,
        "properties_json",
        "/items",
        properties(&["a", "b", "c d", "é\"\\"]),
        Body::Json("application/merge-patch+json"),
    );
    let fields = ["joined", "space", "pipes", "deep", "json", "spread", "url", "other"];
    add(all, "properties_form", "/items", properties(&fields), Body::Form(FIELDS));
    let parts = ["note", "plain", "latin", "tags", "meta", "metas", "scan", "scans"];
    add(all, "properties_parts", "/items", properties(&parts), Body::Multipart(PARTS));
}

static TREE: Named = Named {
    name: "Tree",
    shape: object_of(&[required("name", text()), optional("children", list_of(&Shape::Named(&TREE)))]),
};

static CHOICE: Named = Named {
    name: "Choice",
    shape: any_of(&[list_of(&Shape::Named(&CHOICE)), Shape::Boolean, list_of(&Shape::Boolean)]),
};

static MAYBE: Shape = Shape::Named(&TREE);

const MEMBERS: &[Property] = &[
    required("id", int64()),
    optional("born", text().format("date")),
    optional("at", text().format("date-time")),
    optional("uid", text().format("uuid")),
    optional("code", text().pattern("^[A-Z]{1,3}\\d+$").chars_max(8)),
    optional("level", one_of(&["low", "high", "a,b"])),
    optional("any_of", literals(&["1", "1.5", "null", "\"x\"", "{\"a\":[1]}"])),
    optional("ratio", number().above(0.0).below(1.0)),
    optional("even", integer().multiple_of(2).min(-4).max(1_000_000_000_000_000_000)),
    optional("flags", list_of(&Shape::Boolean).unique().items_max(2)),
    optional("maybe", nullable(&MAYBE)),
];

fn shapes(all: &mut Vec<Prepared>) {
    add(all, "tree", "/items", vec![body(named(&TREE))], Body::Json("application/json"));
    add(all, "choice", "/items", vec![body(named(&CHOICE))], Body::Json("application/json"));
    add(all, "members", "/items", vec![body(object_of(MEMBERS))], Body::Json("application/json"));
    let open = object_of(MEMBERS).rest(&Shape::Boolean).properties_min(2).properties_max(4);
    add(all, "members_open", "/items", vec![query("color", open).style(Style::DeepObject)], Body::None);
    let rows = vec![
        path("id", int64()),
        query("when", text().format("date-time")).optional(),
        query("flag", nullable(&Shape::Boolean)).default("true"),
        query("level", one_of(&["", "a b", "low"])).optional(),
        header("X-Ratio", number()).optional(),
    ];
    add(all, "scalars", "/items/{id}", rows, Body::None);
}

fn together(all: &mut Vec<Prepared>) {
    let rows = || {
        vec![
            path("a", any()).style(Style::MatrixExploded),
            path("b", any()).style(Style::Segments),
            query("spread", any()).optional(),
            query("deep", any()).style(Style::DeepObject).optional(),
            query("list", list_of(&Shape::Any)).style(Style::Form).optional(),
            header("X-One", any()).optional(),
            cookie("two", boolean()).optional(),
        ]
    };
    let mut with_body = rows();
    with_body.push(body(any()).optional());
    add(all, "all_json", "/x/{a}/y/{b}/z?fixed", with_body.clone(), Body::Json("application/json"));
    add(all, "all_form", "/x/{a}/y/{b}", with_body, Body::Form(FIELDS));
    let mut with_parts = rows();
    with_parts.push(body_property("note", any()).optional());
    with_parts.push(body_property("scans", list_of(&Shape::File)).optional());
    add(all, "all_parts", "/x/{a}/y/{b}", with_parts, Body::Multipart(PARTS));
}

/// The place of a row, as a word.
pub(crate) fn is_body(row: &Argument) -> bool {
    matches!(row.place, Place::Body | Place::BodyProperty)
}
