//! Tools made for a test, and values that mean harm.

use airlock_contract::request::{Argument, Body, Place, Request};
use airlock_contract::shape::{Shape, any};
use airlock_contract::{Credential, CredentialPlace, Effect, Form, Method, Response, Tool, Transport, Upstream, prune};
use serde_json::Value;

use super::super::{Encoded, Plan};
use crate::arguments::Checked;

pub(super) const UPSTREAM: Upstream = Upstream {
    name: "shop",
    base_path: "/v1",
    transport: Transport::Any,
    credentials: &[
        Credential { name: "key", place: CredentialPlace::Header("X-Api-Key") },
        Credential { name: "token", place: CredentialPlace::Query("token") },
        Credential { name: "session", place: CredentialPlace::Cookie("session") },
    ],
};

/// An argument of this wire name whose value may be anything.
pub(super) fn row(wire: &'static str, place: Place) -> Argument {
    let mut row = airlock_contract::request::body(any());
    row.name = wire;
    row.wire = wire;
    row.place = place;
    row
}

pub(super) fn shaped(mut row: Argument, shape: Shape) -> Argument {
    row.shape = shape;
    row
}

pub(super) fn plan(path: &'static str, rows: &[Argument], body: Body) -> Result<Plan, String> {
    let arguments: &'static [Argument] = Box::leak(rows.to_vec().into_boxed_slice());
    let request = Box::leak(Box::new(Request { method: Method::Post, path, accept: "", body, arguments }));
    let tool = Tool {
        name: "t",
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
    Plan::new(&UPSTREAM, &tool)
}

/// One request. The plan must be sound.
pub(super) fn encode(
    path: &'static str,
    rows: &[Argument],
    body: Body,
    values: Vec<Option<Value>>,
) -> Result<Encoded, String> {
    plan(path, rows, body).expect("the plan is sound").encode(&Checked(values))
}

/// Texts that mean something to URLs, headers, forms, shells, databases, terminals or readers.
const HOSTILE: &[&str] = &[
    ".",
    "..",
    "...",
    "./",
    "../",
    "../../etc/passwd",
    "..\\",
    "..;",
    "..;/",
    ".;x=1",
    "%2e",
    "%2E%2e",
    "%2e%2e%2f",
    "..%2f",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "..%00",
    "a/b",
    "/a",
    "a/",
    "//",
    "//host",
    "///",
    "\\",
    "\\\\host\\x",
    "a\\b",
    ";v=1",
    "a;b",
    ";",
    "?",
    "?x=1",
    "a?b#c",
    "#",
    "#f",
    "&",
    "&a=b",
    "a&b=c",
    "=",
    "a=b",
    "a==b",
    "+",
    "a+b",
    " ",
    "a b",
    " a",
    "a ",
    "  ",
    "%",
    "%%",
    "%2",
    "%zz",
    "%25",
    "%20",
    "%u0041",
    "ä",
    "日本",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{1f600}",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{10ffff}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{202e}abc",
    "\u{200f}",
    "\u{2066}x\u{2069}",
    "\u{200b}",
    "\u{feff}",
    "\u{ad}",
    "\u{2028}",
    "\u{85}",
    "\u{a0}",
    "\u{2044}",
    "\u{ff0e}\u{ff0e}\u{ff0f}",
    "\u{ff0c}",
    "\u{0}",
    "a\u{0}b",
    "\r",
    "\n",
    "\r\n",
    "a\r\nX: y",
    "a\r\n\r\nGET / HTTP/1.1",
    "\u{b}",
    "\t",
    "a\tb",
    "\u{1b}[31m",
    "\u{7f}",
    "'",
    "\"",
    "\"a\"",
    "\"a",
    "a\"b\\",
    "`id`",
    "$(id)",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "' OR 1=1 --",
    "{\"$ne\":1}",
    "*)(uid=*",
    "<script>",
    "<|im_start|>",
    "<!--",
    "]]>",
    "{id}",
    "{color}",
    "{",
    "}",
    "[",
    "]",
    "[]",
    "a[]",
    "a[b]",
    "color[R]",
    "[0]",
    "color",
    "R",
    "token",
    "session",
    "a,b",
    ",",
    ",,",
    "a,",
    ",a",
    "a|b",
    "|",
    "||",
    "a.b",
    ".a",
    "a.",
    "~",
    "-",
    "_",
    "!",
    "*",
    "^",
    "@",
    ":",
    "a:b",
    "user@host",
    "user:pw@host",
    "http://x/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "[::1]",
    "127.0.0.1:80",
    "localhost",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e9",
    "NaN",
    "undefined",
    "[object Object]",
    "__proto__",
    "constructor",
    "--",
    "--boundary",
    "a; b=c",
    "a=b; Path=/",
    "$Version=1",
    "\u{130}",
    "ß",
    "ﬁ",
    "Å",
    "\u{1d7d8}",
    "con",
    "aux.txt",
];

/// All of them, every character of ASCII, and long ones.
pub(super) fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
    texts.extend((0..128_u8).map(|byte| char::from(byte).to_string()));
    texts.extend((0..128_u8).map(|byte| format!("a{}b", char::from(byte))));
    texts.extend([".".repeat(7000), "ä".repeat(400), "../".repeat(300)]);
    assert!(HOSTILE.len() >= 150, "{}", HOSTILE.len());
    texts
}

/// Percent-decoding, written anew: what encodes must not judge itself.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().expect("two digits"), rest.next().expect("two digits")];
            let digits = std::str::from_utf8(&digits).expect("ASCII");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
