//! What may happen with answers where a catalog says so: pages are gathered, redirects followed, bodies decompressed, files
//! handed on.

use std::io::Write as _;
use std::sync::Arc;

use airlock_contract::catalog::{Catalog, Credential, CredentialPlace, Upstream};
use airlock_contract::prune::{Prune, current, field, object};
use airlock_contract::request::{Body, Method, Request, query};
use airlock_contract::response::{Encoding, Response, Status, binary, json as json_answer};
use airlock_contract::shape::{Shape, integer, text};
use airlock_contract::tool::{Effect, Form, Tool};
use airlock_contract::{Next, Pages, Size};
use airlock_runtime::audit::Audit;
use airlock_runtime::gate::{Approval, Call, Caller, Gate, Outcome, RefusalKind};
use airlock_runtime::site::{Address, Secret, Site, SiteUpstream, UpstreamLimits};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json as value_of};
use tempfile::TempDir;

use crate::catalog::{CANARY, program};
use crate::client::{Client, modern};
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
            credentials: &[Credential { name: "key", place: CredentialPlace::Query("api_key") }],
        },
        Upstream { name: "other", base_path: "/files", credentials: &[] },
    ],
    tools: TOOLS,
    prompts: &[],
}];

struct Place {
    gate: Arc<Gate>,
    main: Scripted,
    other: Scripted,
    directory: TempDir,
}

impl Place {
    /// The script of the main upstream; it is told the port of the other one.
    async fn new(script: impl Fn(&str, u16) -> Vec<u8> + Send + 'static) -> Self {
        let other = Scripted::start(|target| match target {
            "/files/picture" => answer(200, "content-type: image/png\r\n", b"\x89PNG\0\xff"),
            _ => json("", "{\"other\":true}"),
        })
        .await;
        let port = other.port;
        let main = Scripted::start(move |target| script(target, port)).await;
        let mut site = Site::default();
        for (name, port) in [("main", main.port), ("other", other.port)] {
            let address = Address::try_from(format!("http://127.0.0.1:{port}")).expect("an origin");
            let secret = || ("key".to_owned(), Secret::new(CANARY.to_owned()).expect("visible"));
            let credentials = if name == "main" { [secret()].into() } else { [].into() };
            let limits = UpstreamLimits::default();
            site.upstreams.insert(name.to_owned(), SiteUpstream { address, credentials, limits });
        }
        let directory = tempfile::tempdir().expect("a directory");
        let audit = Audit::open(Some(&directory.path().join("audit.jsonl"))).expect("a file");
        let gate = Gate::new(program(CATALOGS), &site, audit).expect("the site fits");
        Self { gate: Arc::new(gate), main, other, directory }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = Call { tool: tool.to_owned(), arguments, caller: Caller::Command, approval: Approval::None };
        self.gate.call(call).await
    }

    /// The value and the note of an answer.
    async fn answer(&self, tool: &str, arguments: Value) -> (Value, Option<String>) {
        let pruned = self.call(tool, arguments).await.answer.expect("an answer");
        (pruned.value, pruned.note)
    }

    async fn refusal(&self, tool: &str) -> (RefusalKind, String) {
        let refusal = self.call(tool, value_of!({})).await.answer.expect_err("a refusal");
        assert!(!refusal.text.contains(CANARY), "{}", refusal.text);
        (refusal.kind, refusal.text)
    }
}

/// What stands behind a `?`, without the credential, which every request of the main upstream has.
fn queries(upstream: &Scripted) -> Vec<String> {
    let cut = |target: &String| {
        let query = target.split_once('?').expect("a query").1;
        assert_eq!(query.matches(CANARY).count(), 1, "{target}");
        query.replace(&format!("api_key={CANARY}"), "").trim_end_matches('&').to_owned()
    };
    upstream.targets().iter().map(cut).collect()
}

#[tokio::test]
async fn a_cursor_is_followed_until_there_is_none() {
    let place = Place::new(|target, _| {
        json(
            "",
            match target {
                _ if target.contains("at=a%26b") => r#"{"data":{"items":[3]},"next":42,"left":1}"#,
                _ if target.contains("at=42") => r#"{"data":{"items":[4.50]},"left":0,"next":""}"#,
                _ => r#"{"data":{"items":[1, 2]},"next":"a&b","left":2}"#,
            },
        )
    })
    .await;
    let pruned = place.call("by_cursor", value_of!({})).await.answer.expect("an answer");
    assert_eq!(pruned.json, r#"{"ids":[1,2,3,4.50],"left":0}"#, "the last page, with all items as they are written");
    assert_eq!(pruned.note, None);
    assert_eq!(queries(&place.main), ["offset=0", "at=a%26b&offset=0", "at=42&offset=0"]);
}

#[tokio::test]
async fn no_more_items_are_gathered_than_the_catalog_allows_and_that_is_told() {
    let place = Place::new(|target, _| {
        let items = if target.contains("at=") { "[4,5,6]" } else { "[1,2,3]" };
        json("", &format!(r#"{{"data":{{"items":{items}}},"next":"n","left":9}}"#))
    })
    .await;
    let (value, note) = place.answer("by_cursor", value_of!({})).await;
    assert_eq!(value["ids"], value_of!([1, 2, 3, 4, 5]));
    assert!(note.expect("a note").starts_with("These are the first 5 items, of 2 pages; there are more."));
    assert_eq!(place.main.targets().len(), 2);
}

#[tokio::test]
async fn exactly_as_many_items_as_allowed_are_all() {
    let place = Place::new(|_, _| json("", r#"{"data":{"items":[1,2,3,4,5]},"next":null,"left":0}"#)).await;
    assert_eq!(place.answer("by_cursor", value_of!({})).await.1, None);
    let place = Place::new(|_, _| json("", r#"{"data":{"items":[1,2,3,4,5]},"next":"x","left":1}"#)).await;
    assert!(place.answer("by_cursor", value_of!({})).await.1.is_some(), "there is a further page");
    assert_eq!(place.main.targets().len(), 1, "which is not asked for");
}

#[tokio::test]
async fn pages_that_do_not_fit_the_cap_are_left_out_and_that_is_told() {
    let place = Place::new(|target, _| {
        let long = if target.contains("at=") { "x".repeat(3500) } else { "x".repeat(900) };
        json("", &format!(r#"{{"data":{{"items":["{long}"]}},"next":"n","left":9}}"#))
    })
    .await;
    let (value, note) = place.answer("by_cursor", value_of!({})).await;
    assert_eq!(value["ids"].as_array().map(Vec::len), Some(1));
    assert!(note.expect("a note").starts_with("These are the first 1 items; there are more."));
}

#[tokio::test]
async fn offsets_count_items_and_an_empty_page_ends_the_list() {
    let place = Place::new(|target, _| {
        let items = if target.contains("offset=0") {
            "[1,2]"
        } else if target.contains("offset=2") {
            "[3]"
        } else {
            "[]"
        };
        json("", items)
    })
    .await;
    let (value, note) = place.answer("by_offset", value_of!({"limit": 2})).await;
    assert_eq!((value, note), (value_of!([1, 2, 3]), None));
    assert_eq!(queries(&place.main), ["offset=0&limit=2", "offset=2&limit=2", "offset=3&limit=2"]);
}

#[tokio::test]
async fn numbers_count_pages_and_a_short_page_ends_the_list() {
    let place = Place::new(|target, _| json("", if target.contains("offset=1") { "[3]" } else { "[1,2]" })).await;
    assert_eq!(place.answer("by_number", value_of!({"limit": 2})).await, (value_of!([1, 2, 3]), None));
    assert_eq!(queries(&place.main), ["offset=0&limit=2", "offset=1&limit=2"]);
}

#[tokio::test]
async fn links_are_followed_within_the_upstream() {
    let place = Place::new(|target, _| match target {
        _ if target.contains("page=2") => json("link: <next?page=3>; rel=next\r\n", "[2]"),
        _ if target.contains("page=3") => json("link: </v1/list?page=1>; rel=first\r\n", "[3]"),
        // As it was sent, the credential included.
        _ => json(&format!("link: </v1/list?page=2&api_key={CANARY}>; rel=\"next\"\r\n"), "[1]"),
    })
    .await;
    assert_eq!(place.answer("by_link", value_of!({})).await, (value_of!([1, 2, 3]), None));
    let key = format!("api_key={CANARY}");
    let targets = ["/v1/list?offset=0", "/v1/list?page=2", "/v1/next?page=3"].map(|target| format!("{target}&{key}"));
    assert_eq!(place.main.targets(), targets);
}

#[tokio::test]
async fn pages_that_lead_astray_or_in_circles_are_refused() {
    for (tool, headers, body) in [
        ("by_link", "link: <http://127.0.0.1:1/v1/list>; rel=next\r\n", "[1]"),
        ("by_link", "link: </admin?x>; rel=next\r\n", "[1]"),
        ("by_link", "link: </v1/../admin>; rel=next\r\n", "[1]"),
        ("by_link", "link: </v1/list?again>; rel=next\r\n", "[1]"),
        ("by_cursor", "", r#"{"data":{"items":[]},"next":"same"}"#),
        ("by_cursor", "", r#"{"data":{"items":[1]},"next":["x"]}"#),
        ("by_cursor", "", r#"{"data":{"items":{}},"next":null}"#),
        ("by_cursor", "", r#"{"items":[1]}"#),
        ("by_offset", "", "{}"),
    ] {
        let place = Place::new(move |_, _| json(headers, body)).await;
        let (kind, text) = place.refusal(tool).await;
        assert_eq!(kind, RefusalKind::Answer, "{headers}{body}: {text}");
        assert!(text.contains("cannot be gathered"), "{text}");
        assert!(place.main.targets().len() <= 2, "{:?}", place.main.targets());
    }
}

#[tokio::test]
async fn a_list_without_an_end_has_one() {
    let place = Place::new(|target, _| {
        let at: u64 = target.split("at=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok()).unwrap_or(0);
        json("", &format!(r#"{{"data":{{"items":[]}},"next":{}}}"#, at + 1))
    })
    .await;
    let (_, note) = place.answer("by_cursor", value_of!({})).await;
    assert!(note.expect("a note").contains("first 0 items, of 100 pages"));
}

#[tokio::test]
async fn redirects_lead_to_systems_that_the_catalog_names_and_no_secret_goes_along() {
    let place = Place::new(|target, port| match target {
        _ if target.starts_with("/v1/list") => answer(302, "location: /v1/moved\r\n", b""),
        _ => answer(307, &format!("location: http://127.0.0.1:{port}/files/a?b=c#d\r\n"), b""),
    })
    .await;
    assert_eq!(place.answer("led", value_of!({})).await.0, value_of!({"other": true}));
    assert_eq!(place.other.targets(), ["/files/a?b=c"]);
    assert!(!place.other.heads()[0].contains(CANARY));
    assert!(place.main.targets()[1].contains(CANARY), "the same system gets it again");
}

#[tokio::test]
async fn redirects_to_other_places_are_refused() {
    for location in [
        "http://127.0.0.1:1/files/a",
        "https://127.0.0.1/files/a",
        "/admin",
        "/v1/%2e%2e/admin",
        "http://127.0.0.1:OTHER/secret",
        "http://127.0.0.1:OTHER@evil.test/files/",
        "",
    ] {
        let place = Place::new(move |_, port| {
            let location = location.replace("OTHER", &port.to_string());
            answer(302, &format!("location: {location}\r\n"), b"")
        })
        .await;
        let (kind, text) = place.refusal("led").await;
        assert_eq!(kind, RefusalKind::Upstream, "{location}: {text}");
        assert!(text.contains("does not name"), "{location}: {text}");
        assert!(place.other.targets().is_empty(), "{location}");
        assert_eq!(place.main.targets().len(), 1, "{location}");
    }
    let place = Place::new(|_, _| answer(302, "location: /v1/list?again\r\n", b"")).await;
    assert!(place.refusal("led").await.1.contains("led on more than 3 times"));
    let place = Place::new(|_, _| answer(302, "location: /v1/list?again\r\n", b"")).await;
    assert!(place.refusal("compressed").await.1.contains("redirects are never followed"), "none is named");
}

fn packed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    let body = if encoding == "deflate" {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).and_then(|()| encoder.finish())
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).and_then(|()| encoder.finish())
    };
    let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
    answer(200, &headers, &body.expect("can be written"))
}

#[tokio::test]
async fn what_is_declared_is_decompressed() {
    for encoding in ["gzip", "GZIP", "deflate"] {
        let place = Place::new(move |_, _| packed(encoding, b"{\"kept\":[1,2,3]}")).await;
        assert_eq!(place.answer("compressed", value_of!({})).await.0, value_of!({"kept": [1, 2, 3]}), "{encoding}");
        assert!(place.main.heads()[0].contains("accept-encoding: gzip, deflate\r\n"));
    }
    let place = Place::new(|_, _| json("", "{}")).await;
    assert_eq!(place.answer("compressed", value_of!({})).await.0, value_of!({}), "it need not be");
}

#[tokio::test]
async fn what_is_broken_bomb_or_not_declared_is_withheld() {
    let bomb = || packed("gzip", &vec![b' '; 30_000_000]);
    let place = Place::new(move |_, _| bomb()).await;
    assert_eq!(place.refusal("compressed").await.0, RefusalKind::TooLarge);
    for (tool, headers) in [
        ("compressed", "content-encoding: br\r\n"),
        ("compressed", "content-encoding: gzip, gzip\r\n"),
        ("compressed", "content-encoding: gzip\r\ncontent-encoding: gzip\r\n"),
        ("compressed", "content-encoding: gzip\r\n"),
        ("led", "content-encoding: gzip\r\n"),
    ] {
        let place = Place::new(move |_, _| json(headers, "{\"kept\":1}")).await;
        let (kind, text) = place.refusal(tool).await;
        assert_eq!(kind, RefusalKind::Answer, "{headers}");
        assert!(text.contains("withheld"), "{text}");
    }
}

#[tokio::test]
async fn a_failure_is_read_as_it_was_compressed() {
    let place = Place::new(|_, _| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let body = encoder.write_all(b"the shelf is empty").and_then(|()| encoder.finish()).expect("can be written");
        answer(404, "content-type: text/plain\r\ncontent-encoding: gzip\r\n", &body)
    })
    .await;
    assert!(place.refusal("compressed").await.1.contains("the shelf is empty"));
    assert!(!place.refusal("led").await.1.contains("said"), "what was not offered is not read");
}

#[tokio::test]
async fn a_file_goes_along_as_a_resource_up_to_its_cap() {
    let place = Place::new(|target, port| {
        let location = format!("location: http://127.0.0.1:{port}/files/picture\r\n");
        match target {
            _ if target.contains("limit=1") => answer(200, "content-type: image/png\r\n", &[7; 101]),
            _ if target.contains("limit=2") => answer(200, "content-type: image/png\r\n", CANARY.as_bytes()),
            _ => answer(302, &location, b""),
        }
    })
    .await;
    let pruned = place.call("fetched", value_of!({})).await.answer.expect("an answer");
    let file = pruned.file.expect("a file");
    assert_eq!((file.media_type.as_str(), &file.bytes[..]), ("image/png", &b"\x89PNG\0\xff"[..]));
    assert_eq!(pruned.value["bytes"], 6);

    let mut client = Client::connect_to(&place.gate, Approval::None);
    let call = |id, arguments| modern(id, "tools/call", value_of!({"name": "fetched", "arguments": arguments}));
    let result = client.ask(call(1, value_of!({}))).await["result"].take();
    let resource = &result["content"][1];
    assert_eq!(
        (&resource["type"], &resource["resource"]["mimeType"]),
        (&value_of!("resource"), &value_of!("image/png"))
    );
    assert_eq!(resource["resource"]["blob"], "iVBORwD/");
    let sha256 = result["structuredContent"]["sha256"].as_str().expect("a digest");
    assert_eq!(resource["resource"]["uri"], format!("catalog://shop/fetched/{sha256}"));

    let result = client.ask(call(2, value_of!({"limit": 1}))).await["result"].take();
    let note = "The file has 101 bytes, more than the 100 that are handed on, so it stays here.";
    assert_eq!(result["structuredContent"]["_note"], note, "{result}");
    assert_eq!(result["content"].as_array().map(Vec::len), Some(1));
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text, result["structuredContent"]);

    let result = client.ask(call(3, value_of!({"limit": 2}))).await["result"].take();
    assert_eq!(result["isError"], true);
    assert!(!result.to_string().contains(CANARY) && !result.to_string().contains("blob"), "{result}");
    client.end().await;
    assert!(!std::fs::read_to_string(place.directory.path().join("audit.jsonl")).expect("a file").contains(CANARY));
}

#[tokio::test]
async fn that_there_is_more_stands_in_both_forms_of_an_answer() {
    let place = Place::new(|_, _| json("link: <?next>; rel=next\r\n", "[1,2,3,4,5,6]")).await;
    let mut client = Client::connect_to(&place.gate, Approval::None);
    let call = modern(1, "tools/call", value_of!({"name": "by_link", "arguments": {}}));
    let result = client.ask(call).await["result"].take();
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text, result["structuredContent"]);
    assert_eq!(text["result"], value_of!([1, 2, 3, 4, 5]));
    assert!(text["_note"].as_str().is_some_and(|note| note.contains("there are more")));
    client.end().await;
}
