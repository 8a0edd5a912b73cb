//! What a place or a style cannot say is refused, and an array or object of nothing is left out.

use airlock_contract::Style::{
    DeepObject, Form, FormExploded, Json, Label, LabelExploded, Matrix, MatrixExploded, PipeDelimited, Segments,
    Simple, SimpleExploded, SpaceDelimited,
};
use airlock_contract::{Argument, Body, Place};
use serde_json::{Value, json};

use super::support::{encode, row};

const STYLES: &[Place] = &[
    Place::Path(Simple),
    Place::Path(SimpleExploded),
    Place::Path(Label),
    Place::Path(LabelExploded),
    Place::Path(Matrix),
    Place::Path(MatrixExploded),
    Place::Query(Form),
    Place::Query(FormExploded),
    Place::Query(SpaceDelimited),
    Place::Query(PipeDelimited),
    Place::Query(DeepObject),
    Place::Header(Simple),
    Place::Header(SimpleExploded),
    Place::Cookie(Form),
];

fn one(argument: Argument, value: Value) -> Result<String, String> {
    let path = if matches!(argument.place, Place::Path(_)) { "/items/{color}" } else { "/items" };
    let encoded = encode(path, &[argument], Body::None, vec![Some(value)])?;
    Ok(format!("{}{}{}", encoded.target, encoded.headers.len(), encoded.cookie))
}

#[test]
fn no_style_says_null_or_nesting() {
    for place in STYLES {
        for value in [
            json!(null),
            json!([null]),
            json!([["a"]]),
            json!([{"a": 1}]),
            json!({"a": null}),
            json!({"a": ["b"]}),
            json!({"a": {"b": 1}}),
            json!({"": "a"}),
        ] {
            let shown = value.to_string();
            let fault = one(row("color", *place), value).expect_err(&shown);
            assert!(fault.starts_with("`color` ") && fault.contains(';'), "no way out: {fault}");
        }
    }
}

#[test]
fn nothing_is_left_out_or_refused() {
    for place in STYLES {
        for value in [json!([]), json!({})] {
            assert!(one(row("color", *place), value.clone()).is_err(), "required, {place:?}");
            let optional = one(row("color", *place).optional(), value.clone());
            let in_path = matches!(place, Place::Path(_));
            let other_kind = *place == Place::Query(DeepObject) && value.is_array();
            if in_path || other_kind {
                assert!(optional.is_err(), "{place:?}");
            } else {
                assert_eq!(optional.as_deref(), Ok("/v1/items0"), "{place:?}");
            }
        }
    }
}

#[test]
fn a_joined_list_has_no_empty_item() {
    for place in STYLES {
        for value in [json!([""]), json!(["a", ""]), json!(["", "a"]), json!({"a": ""})] {
            let exploded = matches!(place, Place::Query(FormExploded | DeepObject));
            let passes = exploded && !(matches!(place, Place::Query(DeepObject)) && value.is_array());
            assert_eq!(one(row("color", *place), value.clone()).is_ok(), passes, "{place:?} {value}");
        }
    }
    assert_eq!(
        one(row("color", Place::Query(FormExploded)), json!(["a", ""])).as_deref(),
        Ok("/v1/items?color=a&color=0")
    );
}

#[test]
fn a_delimiter_that_no_encoding_takes_away_is_refused_inside_items() {
    for (place, values) in [
        (Place::Path(LabelExploded), vec![json!(["a.b"]), json!([1.5]), json!({"a.b": 1}), json!({"a": 1.5})]),
        (Place::Query(SpaceDelimited), vec![json!("a b"), json!(["a b"]), json!({"a b": 1}), json!({"a": " "})]),
        (Place::Query(PipeDelimited), vec![json!("a|b"), json!(["a|b"]), json!({"a|b": 1}), json!({"a": "|"})]),
        (Place::Query(DeepObject), vec![json!({"a[b]": 1}), json!({"a]": 1}), json!({"[": 1})]),
        (
            Place::Header(Simple),
            vec![json!(["a,b"]), json!(["a "]), json!(["\"a"]), json!({"a,b": 1}), json!({"a": ","})],
        ),
        (Place::Header(SimpleExploded), vec![json!({"a=b": 1}), json!({"a": "b,c"})]),
        (
            Place::Cookie(Form),
            vec![json!("a,b"), json!(["a,b"]), json!("a%41"), json!("a;b"), json!("a b"), json!("\"a\"")],
        ),
    ] {
        for value in values {
            assert!(one(row("color", place), value.clone()).is_err(), "{place:?} {value}");
        }
    }
    assert!(one(row("color", Place::Header(Simple)), json!(["W/\"1\"", "\"2\""])).is_ok(), "entity tags are whole");
    assert!(one(row("color", Place::Header(Simple)), json!("a, b")).is_ok(), "a single value is not cut");
}

#[test]
fn no_value_makes_a_step() {
    for (path, style, value) in [
        ("/x/{color}", Simple, json!(".")),
        ("/x/{color}", Simple, json!("..")),
        ("/x/{color}", Simple, json!(["."])),
        ("/x{color}/y", Label, json!("")),
        ("/x/{color}", Label, json!(".")),
        ("/x/.{color}", Simple, json!(".")),
        ("/x/%2e{color}", Simple, json!(".")),
        ("/x/%2E{color}", Simple, json!(".")),
        ("/x/{color};v=1", Simple, json!("..")),
        ("/x/..{color}", Matrix, json!("1")),
        ("/x/{color}", Segments, json!("a/../b")),
        ("/x/{color}", Segments, json!("./a")),
        ("/x/{color}", Segments, json!("/a")),
        ("/x/{color}", Segments, json!("a/")),
        ("/x/{color}", Segments, json!("a//b")),
        ("/x/{color}", Segments, json!("..")),
        ("/x/.{color}", Segments, json!("./a")),
    ] {
        let encoded = encode(path, &[row("color", Place::Path(style))], Body::None, vec![Some(value.clone())]);
        assert!(encoded.is_err(), "{path} {style:?} {value}: {encoded:?}");
    }
    let pair = [row("a", Place::Path(Simple)), row("b", Place::Path(Simple))];
    let dots = |path, a: &str, b: &str| encode(path, &pair, Body::None, vec![Some(json!(a)), Some(json!(b))]);
    assert!(dots("/x/{a}{b}", ".", ".").is_err());
    assert!(dots("/x/{a}.{b}", "..", "..").is_ok(), "five dots are a name");
    assert_eq!(dots("/x/{a}/{b}", "%2e%2e", "..;").expect("sent").target, "/v1/x/%252e%252e/..%3B");
}

#[test]
fn a_member_never_takes_the_name_of_another_parameter() {
    let rows = [
        row("filter", Place::Query(FormExploded)).optional(),
        row("admin", Place::Query(Form)).optional(),
        row("tag[]", Place::Query(FormExploded)).optional(),
        row("deep", Place::Query(DeepObject)).optional(),
        row("more", Place::Query(FormExploded)).optional(),
    ];
    let send = |value: Value, more: Option<Value>| {
        encode("/x?alt=media", &rows, Body::None, vec![Some(value), None, None, None, more])
    };
    for name in ["admin", "ADMIN", "admin[]", "tag", "tag[]", "tag[0]", "deep[a]", "deep", "alt", "token", "more"] {
        let fault = send(json!({"a": 1, name: 1}), None).expect_err(name);
        assert!(fault.contains("`filter` has a member with the name of another parameter"), "{fault}");
    }
    assert!(send(json!({"filter": 1, "b": 2}), Some(json!({"c": 1}))).is_ok(), "its own name is not on the wire");
    assert!(send(json!({"b": 2}), Some(json!({"B": 1}))).is_err(), "two objects at once");

    let rows = [row("m", Place::Path(MatrixExploded)), row("n", Place::Path(Matrix)), row("id", Place::Path(Simple))];
    let send = |m: Value| encode("/x/{id}{m}{n}", &rows, Body::None, vec![Some(m), Some(json!(1)), Some(json!(2))]);
    assert_eq!(send(json!({"id": 1})).expect("sent").target, "/v1/x/2;id=1;n=1");
    assert!(send(json!({"n": 1})).is_err());
}

#[test]
fn what_servers_would_refuse_for_its_length_is_refused_here() {
    let long = Value::from("x".repeat(1 << 20));
    for place in
        STYLES.iter().chain(&[Place::Path(Segments), Place::Query(Json), Place::Header(Json), Place::Cookie(Json)])
    {
        let value = if *place == Place::Query(DeepObject) { json!({"a": long}) } else { long.clone() };
        let fault = one(row("color", *place), value).expect_err("a megabyte");
        assert!(fault.contains("bytes long, at most") && fault.len() < 200, "{fault}");
    }
    let fault = one(row("color", Place::Path(Simple)), "x".repeat(9000).into()).expect_err("too long");
    assert!(fault.contains("9010 bytes"), "{fault}");
}
