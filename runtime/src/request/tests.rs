use airlock_contract::request::{Request, header, json_body, path, query, query_joined};
use airlock_contract::shape::{any, integer, list_of, text};
use airlock_contract::{
    Argument, Catalog, Credential, CredentialPlace, Effect, Method, Response, Tool, Upstream, prune,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Plan;
use crate::arguments::Checked;

const CATALOG: Catalog = Catalog {
    name: "shop",
    title: "",
    document: "",
    document_sha256: "",
    upstream: Upstream {
        name: "shop",
        base_path: "/v1",
        credentials: &[Credential { name: "key", place: CredentialPlace::Header("X-Api-Key") }],
    },
    tools: &[],
};

fn tool(path: &'static str, arguments: &'static [Argument]) -> Tool {
    Tool {
        name: "t",
        title: "",
        description: "",
        effect: Effect::Read,
        operation: "",
        credentials: &[],
        request: Box::leak(Box::new(Request { method: Method::Get, path, accept: "", arguments })),
        response: Response { answers: &[], bytes_max: 0 },
        prune: prune::current(),
    }
}

fn encode(
    path: &'static str,
    arguments: &'static [Argument],
    values: Vec<Option<Value>>,
) -> Result<super::Encoded, String> {
    Plan::new(&CATALOG, &tool(path, arguments)).expect("the plan is sound").encode(&Checked(values))
}

const ONE: &[Argument] = &[path("id", text()), query("q", text()).optional(), header("X-Note", text()).optional()];
const PAIR: &[Argument] = &[path("a", text()), path("b", text())];
const TEXT: airlock_contract::shape::Shape = text();
const LISTS: &[Argument] = &[
    path("ids", list_of(&TEXT)),
    query("tag[]", list_of(&TEXT)).optional(),
    query_joined("fields", list_of(&TEXT)).optional(),
    header("X-Parts", list_of(&TEXT)).optional(),
];

/// Texts that mean something to URLs, headers, shells, databases or terminals.
const HOSTILE: &[&str] = &[
    "a/b",
    "..%2f",
    "%2e%2e",
    "%2e%2e%2f",
    "\\",
    ";v=1",
    "?x=1",
    "#f",
    "\u{0}",
    "a\u{0}b",
    "&a=b",
    "a=b",
    "a+b",
    " ",
    "a b",
    "%",
    "%zz",
    "%25",
    "ä",
    "日本",
    "\u{202e}",
    "\u{1f600}",
    "//host",
    "user@host",
    "http://x/",
    "[::1]",
    "\r\nX: y",
    "\n",
    "\t",
    "' OR 1=1 --",
    "{\"$ne\":1}",
    "*)(uid=*",
    "<|im_start|>",
    "{id}",
    "{",
    "a,b",
    "...",
    ".a",
    "a.",
    "~",
    "-",
    "\u{7f}",
    "\u{feff}",
    "a;b",
    "$(id)",
    "`id`",
    "|",
    "\"",
    "<",
    ">",
    "^",
];

#[test]
fn every_hostile_text_comes_back_whole_from_path_and_query() {
    for text in HOSTILE {
        let encoded = encode("/items/{id}/parts", ONE, vec![Some(json!(text)), Some(json!(text)), None]);
        let target = encoded.unwrap_or_else(|fault| panic!("{text:?}: {fault}")).target;
        assert!(target.bytes().all(|byte| byte.is_ascii_graphic()), "{target}");
        let (path, query) = target.split_once('?').expect("a query");
        let segments: Vec<&str> = path.split('/').collect();
        assert_eq!(segments.len(), 5, "{text:?} changed the number of segments: {path}");
        assert_eq!(percent_decode_str(segments[3]).decode_utf8().expect("UTF-8"), *text);
        let value = query.strip_prefix("q=").expect("one parameter");
        assert!(!value.contains(['&', '=', '+', '#', ';']), "{value}");
        assert_eq!(percent_decode_str(value).decode_utf8().expect("UTF-8"), *text);
    }
}

#[test]
fn every_hostile_text_is_the_header_or_refused() {
    for text in HOSTILE {
        match encode("/items/{id}", ONE, vec![Some(json!("1")), None, Some(json!(text))]) {
            Ok(encoded) => assert_eq!(encoded.headers[0].1.to_str().expect("ASCII"), *text),
            Err(fault) => {
                let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.trim() == *text;
                assert!(!plain, "{text:?} was refused: {fault}");
            }
        }
    }
}

#[test]
fn dot_segments_and_empty_path_values_are_refused() {
    for text in ["", ".", ".."] {
        let encoded = encode("/items/{id}", ONE, vec![Some(json!(text)), None, None]);
        assert!(encoded.is_err(), "{text:?}: {encoded:?}");
    }
    assert!(encode("/x/{a}{b}", PAIR, vec![Some(json!(".")), Some(json!("."))]).is_err());
    assert!(encode("/x/{a}.{b}", PAIR, vec![Some(json!("..")), Some(json!(".."))]).is_ok(), "five dots are a name");
}

#[test]
fn lists_are_repeated_or_joined() {
    let encoded = encode(
        "/items/{ids}",
        LISTS,
        vec![Some(json!(["a", "b,c"])), Some(json!(["x", "y z"])), Some(json!(["p", "q,r"])), Some(json!(["1", "2"]))],
    );
    let encoded = encoded.expect("lists can be sent");
    assert_eq!(encoded.target, "/v1/items/a,b%2Cc?tag%5B%5D=x&tag%5B%5D=y%20z&fields=p,q%2Cr");
    assert_eq!(encoded.headers[0].1, "1,2");
}

#[test]
fn what_a_list_cannot_say_is_refused() {
    let id = Some(json!(["a"]));
    let refused = [
        vec![Some(json!([])), None, None, None],
        vec![Some(json!([""])), None, None, None],
        vec![id.clone(), Some(json!([["nested"]])), None, None],
        vec![id.clone(), Some(json!([null])), None, None],
        vec![id.clone(), None, Some(json!(["a", ""])), None],
        vec![id.clone(), None, None, Some(json!(["a,b"]))],
        vec![id.clone(), None, None, Some(json!(["a\r\nX: y"]))],
    ];
    for values in refused {
        let shown = format!("{values:?}");
        assert!(encode("/items/{ids}", LISTS, values).is_err(), "{shown}");
    }
    let empty = encode("/items/{ids}", LISTS, vec![id, Some(json!([])), Some(json!([])), Some(json!([]))]);
    assert_eq!(empty.expect("empty lists are left out").target, "/v1/items/a");
}

#[test]
fn numbers_have_no_exponent_and_no_needless_fraction() {
    const ROWS: &[Argument] = &[query("n", integer())];
    for (number, text) in [
        (json!(3.0), "3"),
        (json!(1e20), "100000000000000000000"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(-0.0), "0"),
        (json!(0.1), "0.1"),
    ] {
        assert_eq!(encode("/", ROWS, vec![Some(number)]).expect("sent").target, format!("/v1/?n={text}"));
    }
}

#[test]
fn a_body_is_written_as_it_came() {
    const ROWS: &[Argument] = &[json_body("application/merge-patch+json", any())];
    let body: Value = serde_json::from_str(r#"{"z":null,"a":[1.50,{"é":true}]}"#).expect("JSON");
    let encoded = encode("/", ROWS, vec![Some(body)]).expect("sent");
    let text = r#"{"z":null,"a":[1.5,{"é":true}]}"#;
    assert_eq!(encoded.body, Some(("application/merge-patch+json", text.as_bytes().to_vec())));
}

#[test]
fn plans_that_could_harm_are_refused_at_start() {
    const HOST: &[Argument] = &[header("Host", text())];
    const LENGTH: &[Argument] = &[header("content-length", text())];
    const KEY: &[Argument] = &[header("x-api-key", text())];
    const BROKEN: &[Argument] = &[header("a b", text())];
    const UNUSED: &[Argument] = &[path("id", text())];
    for (path, rows) in [
        ("/a", HOST),
        ("/a", LENGTH),
        ("/a", KEY),
        ("/a", BROKEN),
        ("/a", UNUSED),
        ("/a/{b}", UNUSED),
        ("/a/{id", UNUSED),
        ("a/{id}", UNUSED),
        ("/a?b={id}", UNUSED),
        ("/a#{id}", UNUSED),
        ("/a b/{id}", UNUSED),
    ] {
        assert!(Plan::new(&CATALOG, &tool(path, rows)).is_err(), "{path} {rows:?}");
    }
}

#[test]
fn a_target_that_servers_would_refuse_is_refused_here() {
    let fault = encode("/items/{id}", ONE, vec![Some(json!("x".repeat(9000))), None, None]).expect_err("too long");
    assert!(fault.contains("9010 bytes"), "{fault}");
}
