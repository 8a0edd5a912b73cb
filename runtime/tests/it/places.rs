//! Requests as they stand on the wire: several upstreams, every place of a credential, cookies, forms and files.

use std::sync::Arc;

use airlock_contract::catalog::{Catalog, Credential, CredentialPlace, Transport, Upstream};
use airlock_contract::prune::{current, field};
use airlock_contract::request::{
    Body, Method, Request, Style, body, body_property, cookie, file_part, header, path, query, text_part,
};
use airlock_contract::response::{Response, Status, json};
use airlock_contract::shape::{Shape, any, boolean, file, list_of, nullable, object_of, optional, required, text};
use airlock_contract::tool::{Effect, Form, Tool};
use airlock_runtime::audit::Audit;
use airlock_runtime::gate::{Approval, Call, Caller, Gate, Outcome, RefusalKind};
use airlock_runtime::site::{Pin, Secret, Site, SiteUpstream};
use serde_json::{Value, json as value_of};
use tempfile::TempDir;

use crate::catalog::{CANARY, program};
use crate::fake::Fake;

const TEXT: Shape = text();
const ANY: Shape = any();
const FILE: Shape = file();
const FLAG: Shape = object_of(&[required("ok", boolean())]);

const JSON_200: &[airlock_contract::Answer] = &[json(Status::Code(200), "application/json")];

const fn tool(name: &'static str, upstream: &'static str, request: &'static Request) -> Tool {
    Tool {
        name,
        title: "",
        description: "Does what its name says.",
        effect: Effect::Read,
        operation: "/paths",
        upstream,
        credentials: &[],
        request,
        response: Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN },
        prune: current(),
        keeps: &[],
        form: Form::Json,
        output: &Shape::Any,
        flow: None,
    }
}

const fn with(mut tool: Tool, credentials: &'static [&'static str]) -> Tool {
    tool.credentials = credentials;
    tool
}

const fn answering(mut tool: Tool, output: &'static Shape) -> Tool {
    tool.prune = field("kept");
    tool.output = output;
    tool
}

const PROBE: Request = Request {
    method: Method::Get,
    path: "/probe/{what}",
    accept: "application/json",
    body: Body::None,
    arguments: &[path("what", text())],
};

const TOOLS: &[Tool] = &[
    answering(tool("is_flag", "files", &PROBE), &FLAG),
    answering(tool("is_maybe", "files", &PROBE), &nullable(&FLAG)),
    answering(tool("is_text", "files", &PROBE), &TEXT),
    with(tool("probe_lab", "lab", &PROBE), &["token", "session"]),
    with(
        tool(
            "search",
            "lab",
            &Request {
                method: Method::Get,
                path: "/x/{ids}?alt=json",
                accept: "application/json",
                body: Body::None,
                arguments: &[
                    path("ids", list_of(&TEXT)).style(Style::Matrix),
                    query("filter", object_of(&[]).rest(&TEXT)).style(Style::DeepObject).optional(),
                    header("X_Parts", list_of(&TEXT)).sent_as("X-Parts").optional(),
                    cookie("theme", text()).optional(),
                    cookie("more", list_of(&TEXT)).optional(),
                ],
            },
        ),
        &["token", "session"],
    ),
    tool(
        "send_form",
        "files",
        &Request {
            method: Method::Post,
            path: "/forms",
            accept: "application/json",
            body: Body::Form(&[]),
            arguments: &[body_property("name", text()), body_property("tags", list_of(&TEXT)).optional()],
        },
    ),
    with(
        tool(
            "upload",
            "files",
            &Request {
                method: Method::Post,
                path: "/files",
                accept: "application/json",
                body: Body::Multipart(&[text_part("note", ""), file_part("scan", "image/png")]),
                arguments: &[body(object_of(&[optional("note", text()), required("scan", FILE)]).rest(&ANY))],
            },
        ),
        &["key"],
    ),
];

static CATALOGS: &[&Catalog] = &[&Catalog {
    name: "lab",
    title: "Laboratory",
    document: "openapi.yaml",
    document_sha256: "",
    upstreams: &[
        Upstream {
            name: "lab",
            base_path: "/v1",
            transport: Transport::Any,
            credentials: &[
                Credential { name: "session", place: CredentialPlace::Cookie("sid") },
                Credential { name: "token", place: CredentialPlace::Query("access key") },
            ],
        },
        Upstream {
            name: "files",
            base_path: "/v1",
            transport: Transport::Any,
            credentials: &[Credential { name: "key", place: CredentialPlace::Bearer }],
        },
    ],
    tools: TOOLS,
    prompts: &[],
}];

pub(crate) struct Bench {
    pub(crate) gate: Arc<Gate>,
    lab: Fake,
    pub(crate) files: Fake,
    directory: TempDir,
}

fn site(lab: &str, files: &str) -> Site {
    let secret = || Secret::new(CANARY.to_owned()).expect("visible");
    let at = |text: &str| SiteUpstream::at(text).expect("an address");
    let mut site = Site::default();
    let credentials = [("session".to_owned(), secret()), ("token".to_owned(), secret())].into();
    site.upstreams.insert("lab".to_owned(), SiteUpstream { credentials, ..at(lab) });
    let credentials = [("key".to_owned(), secret())].into();
    site.upstreams.insert("files".to_owned(), SiteUpstream { credentials, ..at(files) });
    site
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let (lab, files) = (Fake::start().await, Fake::start().await);
        let directory = tempfile::tempdir().expect("a directory");
        let audit = Audit::open(Some(&directory.path().join("audit.jsonl"))).expect("a file");
        let gate = Gate::new(program(CATALOGS), &site(&lab.address(), &files.address()), audit).expect("the site fits");
        Self { gate: Arc::new(gate), lab, files, directory }
    }

    /// Calls a tool. The credential may reach the upstream and is in nothing that is left here.
    async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let call = Call::new(tool, arguments, Caller::Command, Approval::None);
        let outcome = self.gate.call(call).await;
        let audit = std::fs::read_to_string(self.directory.path().join("audit.jsonl")).expect("the audit file");
        for shown in [format!("{outcome:?}"), format!("{:?}", self.gate), audit] {
            assert!(!shown.contains(CANARY), "the credential is in {shown}");
        }
        outcome
    }
}

#[tokio::test]
async fn each_upstream_gets_its_own_requests_with_its_own_credentials() {
    let bench = Bench::new().await;
    let arguments = value_of!({
        "ids": ["a/b", "c"], "filter": {"R&": "100"}, "X_Parts": ["1", "2"], "theme": "dark", "more": ["x", "y"],
    });
    let outcome = bench.call("search", arguments).await;
    assert_eq!(outcome.answer.map(|pruned| pruned.value), Ok(value_of!({"kept": {"ok": true}})));
    let line = "GET /v1/x/;ids=a%2Fb,c?alt=json&filter%5BR%26%5D=100";
    assert_eq!(outcome.request.as_deref(), Some(line), "without the credential");
    let request = bench.lab.requests().remove(0);
    assert!(request.starts_with(&format!("{line}&access%20key={CANARY} HTTP/1.1\r\n")), "{request}");
    let head = request.to_ascii_lowercase();
    assert!(head.contains(&format!("\r\ncookie: theme=dark; more=x,y; sid={CANARY}\r\n")), "{request}");
    assert!(head.contains("\r\nx-parts: 1,2\r\n") && head.matches("cookie:").count() == 1, "{request}");
    assert!(bench.files.requests().is_empty());

    bench.call("upload", value_of!({"body": {"scan": {"base64": "YWJj", "filename": "a.png"}, "note": "ü"}})).await;
    let request = bench.files.requests().remove(0);
    assert!(request.starts_with("POST /v1/files HTTP/1.1\r\n"), "{request}");
    assert!(request.to_ascii_lowercase().contains(&format!("\r\nauthorization: bearer {CANARY}\r\n")), "{request}");
    assert!(!request.contains("access%20key") && !request.to_ascii_lowercase().contains("cookie"), "{request}");
    let (_, boundary) = request.split_once("multipart/form-data; boundary=").expect("its type");
    let boundary = boundary.split("\r\n").next().expect("a line");
    let body = format!(
        "\r\n\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"a.png\"\r\n\
         Content-Type: image/png\r\n\r\nabc\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nü\r\n\
         --{boundary}--\r\n"
    );
    assert!(request.ends_with(&body), "{request}");
    assert_eq!(bench.lab.requests().len(), 1);
}

#[tokio::test]
async fn a_form_and_nothing_else_goes_out() {
    let bench = Bench::new().await;
    bench.call("send_form", value_of!({"name": "a b&c", "tags": ["x", "y"]})).await;
    let request = bench.files.requests().remove(0);
    assert!(
        request.to_ascii_lowercase().contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\nname=a%20b%26c&tags=x&tags=y"), "{request}");
}

#[tokio::test]
async fn what_cannot_be_sent_never_reaches_a_socket() {
    let bench = Bench::new().await;
    for (tool, arguments) in [
        ("search", value_of!({"ids": ["a"], "theme": "a;b"})),
        ("search", value_of!({"ids": ["a"], "X_Parts": ["a\r\nX: y"]})),
        ("search", value_of!({"ids": []})),
        ("search", value_of!({"ids": ["a"], "filter": {"a[b]": "c"}})),
        ("upload", value_of!({"body": {"scan": {"base64": "YWJ"}}})),
        ("upload", value_of!({"body": {"scan": {"base64": "YWJj"}, "other": "x"}})),
        ("upload", value_of!({"body": {"scan": {"base64": "YWJj", "filename": "a\"b"}}})),
    ] {
        let outcome = bench.call(tool, arguments.clone()).await;
        assert_eq!(outcome.answer.expect_err("refused").kind, RefusalKind::Arguments, "{arguments}");
        assert_eq!(outcome.request, None);
    }
    assert!(bench.lab.requests().is_empty() && bench.files.requests().is_empty());
}

#[tokio::test]
async fn a_credential_of_the_query_does_not_come_back() {
    let bench = Bench::new().await;
    for what in ["echo", "echo-in-failure", "cut", "drop", "redirect"] {
        let outcome = bench.call("probe_lab", value_of!({"what": what})).await;
        outcome.answer.expect_err(what);
    }
    let gate = {
        let audit = Audit::open(Some(&bench.directory.path().join("other.jsonl"))).expect("a file");
        Gate::new(program(CATALOGS), &site("http://127.0.0.1:1", "http://127.0.0.1:1"), audit).expect("fits")
    };
    let arguments = serde_json::Map::from_iter([("what".to_owned(), Value::from("x"))]);
    let call = Call::new("probe_lab", arguments, Caller::Command, Approval::None);
    let outcome = gate.call(call).await;
    assert!(!format!("{outcome:?}").contains(CANARY), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_of_another_shape_says_where_it_is() {
    let bench = Bench::new().await;
    assert_eq!(
        bench.call("is_flag", value_of!({"what": "x"})).await.answer.map(|pruned| pruned.value),
        Ok(value_of!({"ok": true}))
    );
    assert_eq!(
        bench.call("is_maybe", value_of!({"what": "x"})).await.answer.map(|pruned| pruned.value),
        Ok(value_of!({"ok": true}))
    );
    // Documents say less than the truth: what the rule gave is not lost.
    let pruned = bench.call("is_text", value_of!({"what": "x"})).await.answer.expect("another shape");
    assert_eq!(pruned.misfit.as_deref(), Some("the whole is of another type, or missing"));
    assert_eq!(pruned.json, r#"{"ok":true}"#);
    let schemas: Vec<Value> =
        bench.gate.tools().iter().take(4).map(|entry| entry.listed.output_schema().unwrap_or_default()).collect();
    assert_eq!(
        schemas,
        [
            value_of!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}),
            value_of!({"type": "object", "properties": {"ok": {"type": "boolean"}}}),
            value_of!({"type": "object", "properties": {"result": {"type": "string"}}, "required": ["result"]}),
            Value::Null,
        ]
    );
}

/// A gate on these catalogs with one thing changed.
fn refused(catalogs: &'static [&'static Catalog], change: impl FnOnce(&mut Site)) -> String {
    let mut site = site("http://127.0.0.1:1", "http://127.0.0.1:1");
    change(&mut site);
    let fault = Gate::new(program(catalogs), &site, Audit::open(None).expect("standard error"))
        .expect_err("refused")
        .to_string();
    assert!(!fault.contains(CANARY), "{fault}");
    fault
}

#[test]
fn every_upstream_is_bound_by_name() {
    static STRAY: &[&Catalog] = &[&Catalog { tools: &[tool("x", "elsewhere", &PROBE)], ..*CATALOGS[0] }];
    static FOREIGN: &[&Catalog] =
        &[&Catalog { tools: &[with(tool("x", "files", &PROBE), &["token"])], ..*CATALOGS[0] }];
    let fault = refused(CATALOGS, |site| drop(site.upstreams.remove("files")));
    assert!(fault.contains("the upstream `files` has no address"), "{fault}");
    let fault = refused(CATALOGS, |site| {
        let lab = site.upstreams["lab"].clone();
        site.upstreams.insert("labs".to_owned(), lab);
    });
    assert!(fault.contains("no catalog has an upstream `labs`; did you mean `lab`?"), "{fault}");
    let fault = refused(CATALOGS, |site| {
        let lab = site.upstreams["lab"].clone();
        site.upstreams.get_mut("files").expect("there").credentials = lab.credentials;
    });
    assert!(fault.contains("upstream `files` has no credential `session`"), "{fault}");
    let fault = refused(CATALOGS, |site| {
        let secret = Secret::new(format!("{CANARY};x=y")).expect("visible");
        site.upstreams.get_mut("lab").expect("there").credentials.insert("session".to_owned(), secret);
    });
    assert!(fault.contains("credential `session` of upstream `lab`: its value holds a character"), "{fault}");

    let fault = refused(STRAY, |_| {});
    assert!(fault.contains("its upstream `elsewhere` is not one of the catalog's"), "{fault}");
    let fault = refused(FOREIGN, |_| {});
    assert!(fault.contains("its credential `token` is not declared"), "{fault}");
}

/// The same catalog, whose document says https of `lab`.
static SEALED: &[&Catalog] = &[&Catalog {
    upstreams: &[Upstream { transport: Transport::Tls, ..CATALOGS[0].upstreams[0] }, CATALOGS[0].upstreams[1]],
    ..*CATALOGS[0]
}];

/// A gate on that catalog, with `lab` reached so.
fn sealed(reach: impl FnOnce(&mut SiteUpstream)) -> Result<Gate, String> {
    let mut site = site("http://10.0.0.1:81", "http://10.0.0.2:81");
    site.file = "site.json".into();
    reach(site.upstreams.get_mut("lab").expect("there"));
    let opened = Gate::new(program(SEALED), &site, Audit::open(None).expect("standard error"));
    opened.map_err(|fault| fault.to_string())
}

#[test]
fn what_a_document_says_goes_over_tls_is_not_sent_as_plain_http_to_another_machine() {
    assert_eq!(
        sealed(|_| {}).expect_err("plain HTTP"),
        "site.json: upstream `lab`: its document says https, and `http://10.0.0.1:81` is plain HTTP to another machine; write \
         `https://…` with \"ca\": {\"file\": \"ca.pem\"} beside it, or say why that need not be: \"plain_http\": \"…\""
    );
    let pinned = |pins: &[&str]| {
        let pins = pins.iter().map(|pin| Pin::Tcp(pin.parse().expect("an address"))).collect();
        sealed(|lab| lab.pins = pins)
    };
    assert!(pinned(&["127.0.0.1:81", "10.0.0.1:81"]).is_err(), "one pin beyond this machine is enough");
    assert!(pinned(&["0.0.0.0:81"]).is_err(), "no loopback address");
    for local in [&["127.0.0.1:81", "[::1]:81"][..], &["127.9.9.9:81"], &["[::ffff:127.0.0.1]:81"]] {
        pinned(local).expect("of this machine");
    }
    sealed(|lab| lab.pins = vec![Pin::Unix("/run/lab.sock".into())]).expect("of this machine");
    sealed(|lab| lab.plain_http = Some("A wire of our own.".to_owned())).expect("somebody says why");
}

#[test]
fn a_site_file_to_start_from_has_every_upstream() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["airlock-host", "site"].map(Into::into);
    airlock_runtime::cli::run(program(CATALOGS), arguments, &mut out, &mut err);
    let site: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(site["upstreams"]["files"]["credentials"], value_of!({"key": {"file": "files.key"}}));
    let lab = value_of!({"session": {"file": "lab-session.key"}, "token": {"file": "lab-token.key"}});
    assert_eq!(site["upstreams"]["lab"]["credentials"], lab);
    assert!(site["upstreams"]["lab"].get("ca").is_none(), "{site}");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["airlock-host", "site"].map(Into::into);
    airlock_runtime::cli::run(program(SEALED), arguments, &mut out, &mut err);
    let site: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(site["upstreams"]["lab"]["ca"], value_of!({"file": "lab-ca.pem"}));
    assert_eq!(site["upstreams"]["lab"]["address"], "https://127.0.0.1:8443");
    assert_eq!(site["upstreams"]["files"]["address"], "http://127.0.0.1:8080");
}
