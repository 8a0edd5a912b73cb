//! Bodies: what is written, what is refused, and that hostile values come back whole.

use airlock_contract::Style::{DeepObject, Form, FormExploded, Json, PipeDelimited};
use airlock_contract::request::{Field, Part, field, file_part, json_part, text_part};
use airlock_contract::shape::{any, list_of, object_of, optional, required};
use airlock_contract::{Argument, Body, Place};
use serde_json::{Map, Value, json};

use super::readers::{self, Kind};
use super::support::{decoded, encode, hostile, row, shaped};
use airlock_contract::request::BODY_BYTES_MAX;

type Written = Result<Option<(String, Vec<u8>)>, String>;

fn whole(body: Body, value: Value) -> Written {
    encode("/", &[row("body", Place::Body)], body, vec![Some(value)]).map(|encoded| encoded.body)
}

fn text(body: Body, value: Value) -> Result<(String, String), String> {
    let (media_type, bytes) = whole(body, value)?.expect("a body");
    Ok((media_type, String::from_utf8(bytes).expect("UTF-8")))
}

/// One part, as a receiver reads it.
#[derive(Debug, PartialEq, Eq)]
struct Received {
    disposition: String,
    media_type: Option<String>,
    content: Vec<u8>,
}

/// Reads parts as RFC 2046, section 5.1.1 says, and from nothing else than type and bytes.
fn received(media_type: &str, body: &[u8]) -> Vec<Received> {
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").expect("its type");
    assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    let delimiter = format!("\r\n--{boundary}");
    // The delimiter's line break belongs to it; before the first part it may be missing.
    let whole = [b"\r\n", body].concat();
    let mut pieces = Vec::new();
    let mut start = 0;
    for position in 0..whole.len() {
        if whole[position..].starts_with(delimiter.as_bytes()) {
            pieces.push(&whole[start..position]);
            start = position + delimiter.len();
        }
    }
    assert_eq!(&whole[start..], b"--\r\n", "the last delimiter closes");
    assert_eq!(pieces.remove(0), b"", "nothing stands before the first part");
    pieces
        .into_iter()
        .map(|piece| {
            let piece = piece.strip_prefix(b"\r\n").expect("a line break behind the delimiter");
            let end = piece.windows(4).position(|window| window == b"\r\n\r\n").expect("an empty line");
            let head = std::str::from_utf8(&piece[..end]).expect("UTF-8");
            let mut received =
                Received { disposition: String::new(), media_type: None, content: piece[end + 4..].to_vec() };
            for line in head.split("\r\n") {
                match line.split_once(": ").expect("a header") {
                    ("Content-Disposition", value) => value.clone_into(&mut received.disposition),
                    ("Content-Type", value) => received.media_type = Some(value.to_owned()),
                    other => panic!("{other:?}"),
                }
            }
            received
        })
        .collect()
}

#[test]
fn json_is_written_as_it_came() {
    let body: Value =
        serde_json::from_str(r#"{"z":null,"a":[1.50,{"é":true}],"b":18446744073709551615}"#).expect("JSON");
    let written = text(Body::Json("application/merge-patch+json"), body).expect("sent");
    let expected = r#"{"z":null,"a":[1.5,{"é":true}],"b":18446744073709551615}"#;
    assert_eq!(written, ("application/merge-patch+json".to_owned(), expected.to_owned()));
    for value in [json!(null), json!([]), json!("x"), json!(false)] {
        assert_eq!(text(Body::Json("application/json"), value.clone()).expect("sent").1, value.to_string());
    }
    for text_of in hostile() {
        let value = json!({ text_of.clone(): [text_of] });
        let written = text(Body::Json("application/json"), value.clone()).expect("sent").1;
        assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), value);
    }
}

#[test]
fn properties_become_one_object_in_the_order_of_the_table() {
    let property = |name| row(name, Place::BodyProperty).optional();
    let rows: [Argument; 3] = [property("z"), property("a").sent_as("A b"), property("m")];
    let send = |values| encode("/", &rows, Body::Json("application/json"), values).expect("sent").body;
    let body = send(vec![Some(json!(1)), Some(json!(null)), None]).expect("a body");
    assert_eq!(String::from_utf8(body.1).expect("UTF-8"), r#"{"z":1,"A b":null}"#);
    assert_eq!(send(vec![None, None, None]), None, "nothing given, nothing sent");
    let body = encode("/", &rows, Body::Form(&[]), vec![Some(json!("x")), Some(json!(["y", "&"])), None]);
    let (media_type, bytes) = body.expect("sent").body.expect("a body");
    assert_eq!(media_type, "application/x-www-form-urlencoded");
    assert_eq!(String::from_utf8(bytes).expect("UTF-8"), "z=x&A%20b=y&A%20b=%26");
}

#[test]
fn a_form_repeats_names_and_follows_its_rows() {
    const FIELDS: &[Field] = &[
        field("joined", Form),
        field("pipes", PipeDelimited),
        field("deep", DeepObject),
        field("json", Json),
        field("spread", FormExploded),
        field("url", FormExploded).reserved(),
    ];
    let value = json!({
        "plain": "a b+c&d=é~*", "list": ["x", "", 1, true], "joined": ["a", "b,c"], "pipes": [1, 2],
        "deep": {"R": 1}, "json": {"a": [null]}, "spread": {"s": 1}, "url": "http://x/?a=b", "none": [],
    });
    let (media_type, written) = text(Body::Form(FIELDS), value).expect("sent");
    assert_eq!(media_type, "application/x-www-form-urlencoded");
    assert_eq!(
        written,
        "plain=a%20b%2Bc%26d%3D%C3%A9~%2A&list=x&list=&list=1&list=true&joined=a,b%2Cc&pipes=1%7C2&deep%5BR%5D=1\
         &json=%7B%22a%22%3A%5Bnull%5D%7D&s=1&url=http://x/?a%3Db"
    );
    for bad in [
        json!({"plain": {"a": 1}}),
        json!({"plain": null}),
        json!({"plain": [["a"]]}),
        json!({"deep": {"a": {"b": 1}}}),
        json!({"spread": {"plain": 1}, "plain": 2}),
        json!({"spread": {"url": 1}}),
        json!(["a"]),
        json!("a"),
    ] {
        assert!(whole(Body::Form(FIELDS), bad.clone()).is_err(), "{bad}");
    }
    let fault = whole(Body::Form(&[]), json!({"a": null})).expect_err("null");
    assert!(fault.starts_with("`body.a` holds null"), "{fault}");
}

#[test]
fn a_required_list_of_a_form_is_not_left_out() {
    const ANY: airlock_contract::shape::Shape = any();
    const SHAPE: airlock_contract::shape::Shape =
        object_of(&[required("must", list_of(&ANY)), optional("may", list_of(&ANY))]);
    let rows = [shaped(row("body", Place::Body), SHAPE)];
    let send = |value| encode("/", &rows, Body::Form(&[]), vec![Some(value)]);
    assert!(send(json!({"must": []})).is_err());
    let body = send(json!({"must": [1], "may": []})).expect("sent").body.expect("a body");
    assert_eq!(body.1, b"must=1");
}

#[test]
fn hostile_forms_come_back_whole() {
    const FIELDS: &[Field] = &[field("color", Form)];
    for text_of in hostile() {
        let value: Value =
            Map::from_iter([(text_of.clone(), json!([text_of, text_of])), ("x".to_owned(), json!(1))]).into();
        let Ok((_, written)) = text(Body::Form(&[]), value) else { panic!("{text_of:?} was refused") };
        assert!(written.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+'), "{written}");
        let pairs: Vec<(String, String)> = written
            .split('&')
            .map(|pair| pair.split_once('=').expect("a pair"))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let own = || (text_of.clone(), text_of.clone());
        let last = ("x".to_owned(), "1".to_owned());
        if text_of != "x" {
            assert_eq!(pairs, [own(), own(), last], "{text_of:?}");
        }
        let list = json!(["a", text_of]);
        if let Ok((_, written)) = text(Body::Form(FIELDS), json!({"color": list})) {
            assert_eq!(readers::query(Form, Kind::Array, &written), list);
        }
    }
}

const PARTS: &[Part] = &[
    text_part("note", ""),
    text_part("typed", "text/plain"),
    text_part("latin", "text/plain; charset=iso-8859-1"),
    json_part("meta", "application/json"),
    file_part("scan", "image/png"),
    file_part("any", "*/*"),
    file_part("files[0]", "").repeated(),
];

#[test]
fn parts_come_in_order_with_their_types() {
    let value = json!({
        "meta": {"a": null}, "note": "ä\r\n--x", "typed": 1.5,
        "scan": {"base64": "AP8=", "filename": "häuser (1).png"},
        "any": {"base64": "", "media_type": "text/csv; charset=utf-8"},
        "files[0]": [{"base64": "YQ=="}, {"base64": "Yg==", "filename": "b"}],
    });
    let (media_type, bytes) = whole(Body::Multipart(PARTS), value.clone()).expect("sent").expect("a body");
    let part = |disposition: &str, media_type: Option<&str>, content: &[u8]| Received {
        disposition: format!("form-data; {disposition}"),
        media_type: media_type.map(str::to_owned),
        content: content.to_vec(),
    };
    assert_eq!(
        received(&media_type, &bytes),
        [
            part("name=\"meta\"", Some("application/json"), b"{\"a\":null}"),
            part("name=\"note\"", None, "ä\r\n--x".as_bytes()),
            part("name=\"typed\"", Some("text/plain"), b"1.5"),
            part("name=\"scan\"; filename=\"häuser (1).png\"", Some("image/png"), b"\0\xff"),
            part("name=\"any\"; filename=\"file\"", Some("text/csv; charset=utf-8"), b""),
            part("name=\"files[0]\"; filename=\"file\"", Some("application/octet-stream"), b"a"),
            part("name=\"files[0]\"; filename=\"b\"", Some("application/octet-stream"), b"b"),
        ]
    );
    let again = whole(Body::Multipart(PARTS), value).expect("sent").expect("a body");
    assert_eq!(again, (media_type.clone(), bytes), "one body has one spelling");
    let other = whole(Body::Multipart(PARTS), json!({"note": "b"})).expect("sent").expect("a body").0;
    assert_ne!(other, media_type, "the boundary is made of the content");
}

#[test]
fn hostile_parts_come_back_whole() {
    for text_of in hostile() {
        let value = json!({"note": text_of, "meta": {text_of.clone(): text_of}});
        let (media_type, bytes) = whole(Body::Multipart(PARTS), value.clone()).expect("sent").expect("a body");
        let parts = received(&media_type, &bytes);
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].content, text_of.as_bytes());
        assert_eq!(parts[1].content, value["meta"].to_string().as_bytes());
        let file = json!({"scan": {"base64": "", "filename": text_of}});
        if let Ok(Some((media_type, bytes))) = whole(Body::Multipart(PARTS), file) {
            let parts = received(&media_type, &bytes);
            assert_eq!(parts[0].disposition, format!("form-data; name=\"scan\"; filename=\"{text_of}\""));
            assert!(!text_of.contains(['"', '\r', '\n', '\0', '/', '\\']), "{text_of:?}");
        }
        // Text that looks like this very body's own end.
        let inner = String::from_utf8(bytes).expect("UTF-8");
        let (media_type, bytes) = whole(Body::Multipart(PARTS), json!({"note": inner})).expect("sent").expect("a body");
        assert_eq!(received(&media_type, &bytes)[0].content, inner.as_bytes());
    }
}

#[test]
fn what_is_no_part_is_refused() {
    for bad in [
        json!({}),
        json!({"files[0]": []}),
        json!({"unknown": 1}),
        json!({"note": null}),
        json!({"note": ["a"]}),
        json!({"note": {"a": 1}}),
        json!({"latin": "ä"}),
        json!({"scan": "AP8="}),
        json!({"scan": {"base64": "AP8"}}),
        json!({"scan": {"base64": "AP8=", "filename": "a\r\nX: y"}}),
        json!({"scan": {"base64": "AP8=", "media_type": "a/b\r\nX: y"}}),
        json!({"files[0]": {"base64": ""}}),
        json!({"files[0]": ["x"]}),
        json!("a"),
    ] {
        assert!(whole(Body::Multipart(PARTS), bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_file_goes_out_as_its_bytes() {
    let send = |declared, value| whole(Body::Bytes(declared), value).map(|body| body.expect("a body"));
    let file = json!({"base64": "AP8="});
    let typed = json!({"base64": "AP8=", "media_type": "image/webp"});
    assert_eq!(send("image/png", file.clone()), Ok(("image/png".to_owned(), vec![0, 0xff])));
    assert_eq!(send("image/*", file.clone()), Ok(("application/octet-stream".to_owned(), vec![0, 0xff])));
    assert_eq!(send("*/*", file), Ok(("application/octet-stream".to_owned(), vec![0, 0xff])));
    assert_eq!(send("*/*", typed), Ok(("image/webp".to_owned(), vec![0, 0xff])));
    let fault = send("*/*", json!({"base64": "AP8=", "filename": "x"})).expect_err("a name would be lost");
    assert!(fault.contains("`body.filename`"), "{fault}");
    assert!(send("*/*", json!("AP8=")).is_err());
}

#[test]
fn a_text_goes_out_in_a_charset_that_its_reader_knows() {
    let send = |declared, value: &str| text(Body::Text(declared), json!(value)).map(|(media_type, _)| media_type);
    assert_eq!(send("text/plain", "a\r\nb").as_deref(), Ok("text/plain"));
    assert_eq!(send("text/plain", "ä").as_deref(), Ok("text/plain; charset=utf-8"));
    assert_eq!(send("text/plain; charset=UTF-8", "ä").as_deref(), Ok("text/plain; charset=UTF-8"));
    assert_eq!(send("application/sql", "ä").as_deref(), Ok("application/sql"));
    assert!(send("text/plain; charset=us-ascii", "ä").is_err());
    for text_of in hostile() {
        assert_eq!(text(Body::Text("text/plain"), json!(text_of)).expect("sent").1, text_of);
    }
    assert!(whole(Body::Text("text/plain"), json!(["a"])).is_err());
}

#[test]
fn no_body_is_longer_than_the_limit() {
    let long = Value::from("x".repeat(BODY_BYTES_MAX + 1));
    for (body, value) in [
        (Body::Json("application/json"), long.clone()),
        (Body::Text("text/plain"), long.clone()),
        (Body::Form(&[]), json!({"a": long})),
        (Body::Multipart(PARTS), json!({"note": long})),
    ] {
        let fault = whole(body, value).expect_err("too long");
        assert!(fault.contains("bytes long, at most 8388608"), "{fault}");
    }
}

/// Each member was compared with all others.
#[test]
fn very_many_members_take_no_time() {
    const FIELDS: &[Field] = &[field("spread", FormExploded)];
    let members: Map<String, Value> = (0..100_000).map(|at| (format!("m{at}"), json!(at))).collect();
    let (_, text) = text(Body::Form(FIELDS), json!({ "spread": members })).expect("sent");
    assert_eq!(text.split('&').count(), 100_000);
}
