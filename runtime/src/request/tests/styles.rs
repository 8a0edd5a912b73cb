//! The table of OpenAPI 3.0.4, section 4.7.12.3, "Style Examples", line by line.

use airlock_contract::Style::{
    self, DeepObject, Form, FormExploded, Json, Label, LabelExploded, Matrix, MatrixExploded, PipeDelimited, Segments,
    Simple, SimpleExploded, SpaceDelimited,
};
use airlock_contract::{Body, Place};
use serde_json::{Value, json};

use super::support::{encode, row};

fn string() -> Value {
    json!("blue")
}

fn array() -> Value {
    json!(["blue", "black", "brown"])
}

fn object() -> Value {
    json!({"R": 100, "G": 200, "B": 150})
}

/// What stands for `color` at a place; none if it is refused.
fn sent(place: Place, value: Value) -> Option<String> {
    let rows = [row("color", place)];
    let path = if matches!(place, Place::Path(_)) { "/{color}" } else { "/" };
    let encoded = encode(path, &rows, Body::None, vec![Some(value)]).ok()?;
    Some(match place {
        Place::Path(_) => encoded.target.strip_prefix("/v1/").expect("the base path").to_owned(),
        Place::Query(_) => encoded.target.strip_prefix("/v1/?").expect("the base path").to_owned(),
        Place::Header(_) => encoded.headers[0].1.to_str().expect("ASCII").to_owned(),
        _ => encoded.cookie,
    })
}

fn check(place: impl Fn(Style) -> Place, lines: &[(Style, [Option<&str>; 4])]) {
    for (style, expected) in lines {
        for (value, expected) in [json!(""), string(), array(), object()].into_iter().zip(expected) {
            let shown = value.to_string();
            assert_eq!(sent(place(*style), value).as_deref(), *expected, "{:?} {shown}", place(*style));
        }
    }
}

#[test]
fn paths_are_those_of_the_table() {
    let json = [
        Some("%22%22"),
        Some("%22blue%22"),
        Some("%5B%22blue%22%2C%22black%22%2C%22brown%22%5D"),
        Some("%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D"),
    ];
    check(
        Place::Path,
        &[
            (Simple, [None, Some("blue"), Some("blue,black,brown"), Some("R,100,G,200,B,150")]),
            (SimpleExploded, [None, Some("blue"), Some("blue,black,brown"), Some("R=100,G=200,B=150")]),
            (Label, [None, Some(".blue"), Some(".blue,black,brown"), Some(".R,100,G,200,B,150")]),
            (LabelExploded, [None, Some(".blue"), Some(".blue.black.brown"), Some(".R=100.G=200.B=150")]),
            (Matrix, [None, Some(";color=blue"), Some(";color=blue,black,brown"), Some(";color=R,100,G,200,B,150")]),
            (
                MatrixExploded,
                [None, Some(";color=blue"), Some(";color=blue;color=black;color=brown"), Some(";R=100;G=200;B=150")],
            ),
            (Segments, [None, Some("blue"), None, None]),
            (Json, json),
        ],
    );
    assert_eq!(sent(Place::Path(Segments), json!("src/a b/ü.rs")).as_deref(), Some("src/a%20b/%C3%BC.rs"));
}

#[test]
fn queries_are_those_of_the_table() {
    check(
        Place::Query,
        &[
            (
                Form,
                [Some("color="), Some("color=blue"), Some("color=blue,black,brown"), Some("color=R,100,G,200,B,150")],
            ),
            (
                FormExploded,
                [
                    Some("color="),
                    Some("color=blue"),
                    Some("color=blue&color=black&color=brown"),
                    Some("R=100&G=200&B=150"),
                ],
            ),
            (
                SpaceDelimited,
                [
                    None,
                    Some("color=blue"),
                    Some("color=blue%20black%20brown"),
                    Some("color=R%20100%20G%20200%20B%20150"),
                ],
            ),
            (
                PipeDelimited,
                [
                    None,
                    Some("color=blue"),
                    Some("color=blue%7Cblack%7Cbrown"),
                    Some("color=R%7C100%7CG%7C200%7CB%7C150"),
                ],
            ),
            (DeepObject, [None, None, None, Some("color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150")]),
            (
                Json,
                [
                    Some("color=%22%22"),
                    Some("color=%22blue%22"),
                    Some("color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D"),
                    Some("color=%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D"),
                ],
            ),
        ],
    );
}

#[test]
fn headers_and_cookies_are_those_of_the_table() {
    let json =
        [Some(r#""""#), Some(r#""blue""#), Some(r#"["blue","black","brown"]"#), Some(r#"{"R":100,"G":200,"B":150}"#)];
    check(
        Place::Header,
        &[
            (Simple, [None, Some("blue"), Some("blue,black,brown"), Some("R,100,G,200,B,150")]),
            (SimpleExploded, [None, Some("blue"), Some("blue,black,brown"), Some("R=100,G=200,B=150")]),
            (Json, json),
        ],
    );
    check(
        Place::Cookie,
        &[
            (
                Form,
                [Some("color="), Some("color=blue"), Some("color=blue,black,brown"), Some("color=R,100,G,200,B,150")],
            ),
            (FormExploded, [Some("color="), Some("color=blue"), None, None]),
            (
                Json,
                [
                    Some("color=%22%22"),
                    Some("color=%22blue%22"),
                    Some("color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D"),
                    Some("color=%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D"),
                ],
            ),
        ],
    );
}

#[test]
fn json_in_a_header_is_visible_ascii() {
    let value = json!({"é": "\u{1f600}\u{7f}\n"});
    let text = sent(Place::Header(Json), value.clone()).expect("sent");
    assert_eq!(text, r#"{"\u00e9":"\ud83d\ude00\u007f\n"}"#);
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
}

#[test]
fn scalars_have_one_text_each() {
    for (value, text) in [
        (json!(true), "true"),
        (json!(false), "false"),
        (json!(3.0), "3"),
        (json!(-0.0), "0"),
        (json!(0.1), "0.1"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!(1e20), "100000000000000000000"),
    ] {
        assert_eq!(sent(Place::Query(Form), value).as_deref(), Some(format!("color={text}").as_str()));
    }
}

#[test]
fn a_reserved_value_keeps_what_means_nothing_in_a_query() {
    let all = "a:/?@!$'()*,;#&=+%[] |\"<b";
    let escaped = "%23%26%3D%2B%25%5B%5D%20%7C%22%3Cb";
    let reserved = |style, value: Value| {
        let rows = [row("color", Place::Query(style)).reserved()];
        encode("/", &rows, Body::None, vec![Some(value)]).map(|encoded| encoded.target)
    };
    assert_eq!(reserved(FormExploded, json!(all)), Ok(format!("/v1/?color=a:/?@!$'()*,;{escaped}")));
    assert_eq!(reserved(Form, json!([all, "b,c"])), Ok(format!("/v1/?color=a:/?@!$'()*%2C;{escaped},b%2Cc")));
    assert_eq!(reserved(DeepObject, json!({"a/b": "c/d"})), Ok("/v1/?color%5Ba%2Fb%5D=c/d".to_owned()));
    assert!(reserved(PipeDelimited, json!(["a|b"])).is_err());
}

#[test]
fn a_fixed_query_goes_before_arguments() {
    let rows = [row("id", Place::Path(Simple)), row("q", Place::Query(Form))];
    let values = vec![Some(json!("a?b")), Some(json!("x&alt=y"))];
    let encoded = encode("/files/{id}?alt=media&x", &rows, Body::None, values).expect("sent");
    assert_eq!(encoded.target, "/v1/files/a%3Fb?alt=media&x&q=x%26alt%3Dy");
    assert_eq!(encoded.line(), format!("POST {}", encoded.target));
}

#[test]
fn pieces_of_one_segment_stand_together() {
    let rows = [row("sha", Place::Path(Simple)), row("type", Place::Path(Simple)), row("m", Place::Path(Matrix))];
    let values = vec![Some(json!("a.b")), Some(json!("diff")), Some(json!(1))];
    assert_eq!(encode("/c/{sha}.{type}{m}/x", &rows, Body::None, values).expect("sent").target, "/v1/c/a.b.diff;m=1/x");
}

#[test]
fn cookies_share_one_header() {
    let rows = [row("a", Place::Cookie(Form)), row("b", Place::Cookie(Form)).optional(), row("c", Place::Cookie(Form))];
    let values = vec![Some(json!("1")), None, Some(json!(["x", "y"]))];
    assert_eq!(encode("/", &rows, Body::None, values).expect("sent").cookie, "a=1; c=x,y");
}
