//! A catalog whose tools allow more of answers than others, and a gate before two upstreams that a test writes.

use std::sync::Arc;

use airlock_contract::catalog::{Catalog, Credential, CredentialPlace, Transport, Upstream};
use airlock_contract::prune::{Prune, current, field, object};
use airlock_contract::request::{Body, Method, Request, query};
use airlock_contract::response::{Encoding, Response, Status, binary, json as json_answer};
use airlock_contract::shape::{Shape, integer, text};
use airlock_contract::tool::{Effect, Form, Tool};
use airlock_contract::{Next, Pages, Size};
use airlock_runtime::audit::Audit;
use airlock_runtime::gate::{Approval, Call, Caller, Gate, Outcome, RefusalKind};
use airlock_runtime::site::{Secret, Site, SiteUpstream};
use serde_json::{Value, json as value_of};
use tempfile::TempDir;

use crate::catalog::{CANARY, program};
use crate::upstream::{Scripted, answer, json};

const LIST: Request = Request {
    method: Method::Get,
    path: "/list",
    accept: "application/json",
    body: Body::None,
    arguments: &[
        query("at", text()).page(""),
        query("offset", integer()).page("0"),
        query("limit", integer()).optional(),
    ],
};

const PLAIN: Response =
    Response { answers: &[json_answer(Status::Code(200), "application/json")], bytes_max: 4000, ..Response::PLAIN };

const fn gathering(name: &'static str, items: &'static [&'static str], next: Next) -> Tool {
    let pages = Some(Pages { next, items, items_max: 5 });
    tool(name, Response { pages, ..PLAIN })
}

const fn tool(name: &'static str, response: Response) -> Tool {
    Tool {
        name,
        title: "",
        description: "Does what its name says.",
        effect: Effect::Read,
        operation: "/paths",
        upstream: "main",
        credentials: &["key"],
        request: &LIST,
        response,
        prune: current(),
        keeps: &[],
        form: Form::Json,
        output: &Shape::Any,
        flow: None,
    }
}

const NARROW: Prune = object(&[("ids", field("data").then(&field("items"))), ("left", field("left"))]);

const fn narrowed(mut tool: Tool) -> Tool {
    tool.prune = NARROW;
    tool
}

const TOOLS: &[Tool] = &[
    narrowed(gathering("by_cursor", &["data", "items"], Next::Cursor("at", field("next")))),
    gathering("by_link", &[], Next::Link),
    gathering("by_number", &[], Next::Number("offset", Size::Argument("limit"))),
    gathering("by_offset", &[], Next::Offset("offset", Size::Unknown)),
    tool("compressed", Response { encodings: &[Encoding::Gzip, Encoding::Deflate], ..PLAIN }),
    tool(
        "fetched",
        Response {
            answers: &[binary(Status::Code(200), "image/png")],
            file_bytes_max: 100,
            redirects: &["main", "other"],
            ..PLAIN
        },
    ),
    tool("led", Response { redirects: &["main", "other"], ..PLAIN }),
];

static CATALOGS: &[&Catalog] = &[&Catalog {
    name: "shop",
    title: "Shop",
    document: "openapi.yaml",
    document_sha256: "",
    upstreams: &[
        Upstream {
            name: "main",
            base_path: "/v1",
            transport: Transport::Any,
            credentials: &[Credential { name: "key", place: CredentialPlace::Query("api_key") }],
        },
        Upstream { name: "other", base_path: "/files", transport: Transport::Any, credentials: &[] },
    ],
    tools: TOOLS,
    prompts: &[],
}];

/// The gate and its upstreams.
pub(crate) struct Place {
    pub(crate) gate: Arc<Gate>,
    pub(crate) main: Scripted,
    pub(crate) other: Scripted,
    pub(crate) directory: TempDir,
}

impl Place {
    /// The script of the main upstream; it is told the port of the other one.
    pub(crate) async fn new(script: impl Fn(&str, u16) -> Vec<u8> + Send + 'static) -> Self {
        let other = Scripted::start(|target| match target {
            "/files/picture" => answer(200, "content-type: image/png\r\n", b"\x89PNG\0\xff"),
            _ => json("", "{\"other\":true}"),
        })
        .await;
        let port = other.port;
        let main = Scripted::start(move |target| script(target, port)).await;
        let mut site = Site::default();
        for (name, port) in [("main", main.port), ("other", other.port)] {
            let here = SiteUpstream::at(&format!("http://127.0.0.1:{port}")).expect("an address");
            let secret = || ("key".to_owned(), Secret::new(CANARY.to_owned()).expect("visible"));
            let credentials = if name == "main" { [secret()].into() } else { [].into() };
            site.upstreams.insert(name.to_owned(), SiteUpstream { credentials, ..here });
        }
        let directory = tempfile::tempdir().expect("a directory");
        let audit = Audit::open(Some(&directory.path().join("audit.jsonl"))).expect("a file");
        let gate = Gate::new(program(CATALOGS), &site, audit).expect("the site fits");
        Self { gate: Arc::new(gate), main, other, directory }
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = Call::new(tool, arguments, Caller::Command, Approval::None);
        self.gate.call(call).await
    }

    /// The value and the note of an answer.
    pub(crate) async fn answer(&self, tool: &str, arguments: Value) -> (Value, Option<String>) {
        let pruned = self.call(tool, arguments).await.answer.expect("an answer");
        (pruned.value, pruned.note)
    }

    pub(crate) async fn refusal(&self, tool: &str) -> (RefusalKind, String) {
        let refusal = self.call(tool, value_of!({})).await.answer.expect_err("a refusal");
        assert!(!refusal.text.contains(CANARY), "{}", refusal.text);
        (refusal.kind, refusal.text)
    }
}

/// What stands behind a `?`, without the credential, which every request of the main upstream has.
pub(crate) fn queries(upstream: &Scripted) -> Vec<String> {
    let cut = |target: &String| {
        let query = target.split_once('?').expect("a query").1;
        assert_eq!(query.matches(CANARY).count(), 1, "{target}");
        query.replace(&format!("api_key={CANARY}"), "").trim_end_matches('&').to_owned()
    };
    upstream.targets().iter().map(cut).collect()
}
