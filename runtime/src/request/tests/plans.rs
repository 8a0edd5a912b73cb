//! Tables that could harm are refused at start.

use airlock_contract::Style::{DeepObject, Form, FormExploded, Json, Matrix, Segments, Simple};
use airlock_contract::request::{Field, Part, field, file_part, json_part, text_part};
use airlock_contract::shape::{file, list_of, object_of, required};
use airlock_contract::{Argument, Body, Place};

use super::support::{plan, row, shaped};

#[test]
fn paths_that_are_none() {
    let id = row("id", Place::Path(Simple));
    for (path, rows) in [
        ("/a", &[id][..]),
        ("/a/{b}", &[id]),
        ("/a/{id", &[id]),
        ("a/{id}", &[id]),
        ("/a?b={id}", &[id]),
        ("/a/{id}?b={id}", &[id]),
        ("/a/{id}?", &[id]),
        ("/a#{id}", &[id]),
        ("/a b/{id}", &[id]),
        ("/a/../b", &[]),
        ("/a/%2E%2e", &[]),
        ("/a/..;v=1/b", &[]),
        ("/a?b c", &[]),
        ("/a?b=#c", &[]),
    ] {
        assert!(plan(path, rows, Body::None).is_err(), "{path}");
    }
    assert!(plan("/a/{id}?b=c&d", &[id], Body::None).is_ok());
}

#[test]
fn rows_that_are_the_hosts_own_or_anothers() {
    let query = |wire| row(wire, Place::Query(Form));
    let header = |wire| row(wire, Place::Header(Simple));
    let cookie = |wire| row(wire, Place::Cookie(Form));
    let refused: &[&[Argument]] = &[
        &[header("Host")],
        &[header("content-length")],
        &[header("cookie")],
        &[header("x-api-key")],
        &[header("a b")],
        &[header("X-A"), header("x-a")],
        &[query("token")],
        &[query("")],
        &[query("a"), query("a")],
        &[query("fixed")],
        &[query("fixed[]")],
        &[cookie("session")],
        &[cookie("a;b")],
        &[cookie("a"), cookie("a")],
        &[row("a", Place::Query(Simple))],
        &[row("a", Place::Query(Matrix))],
        &[row("a", Place::Header(Form))],
        &[row("a", Place::Cookie(DeepObject))],
        &[header("X-A").reserved()],
        &[row("a", Place::Query(Json)).reserved()],
        &[shaped(query("a"), file())],
        &[row("body", Place::Body)],
    ];
    for rows in refused {
        assert!(plan("/a?fixed=1&fixed%5B%5D=2", rows, Body::None).is_err(), "{rows:?}");
    }
    assert!(
        plan("/a?fixed=1&fixed%5B%5D=2", &[query("a"), cookie("a"), header("a"), cookie("token")], Body::None).is_ok()
    );
    assert!(plan("/a/{a}", &[row("a", Place::Path(Form))], Body::None).is_err());
    assert!(plan("/a/{a}", &[row("a", Place::Path(Segments)).reserved()], Body::None).is_err());
}

#[test]
fn bodies_that_cannot_be_written() {
    const FILE: airlock_contract::shape::Shape = file();
    const FORM_OF_FILE: airlock_contract::shape::Shape = object_of(&[required("f", FILE)]);
    const TWICE: &[Field] = &[field("a", Form), field("a", FormExploded)];
    const MISFIT: &[Field] = &[field("a", Simple)];
    const QUOTE: &[Part] = &[text_part("a\"; filename=\"x", "")];
    const BREAK: &[Part] = &[file_part("a\r\nX: y", "")];
    const UNTYPED: &[Part] = &[json_part("a", "")];
    const RANGELESS: &[Part] = &[text_part("a", "")];
    const RANGE: &[Part] = &[text_part("a", "text/*")];
    let (whole, property) = (row("body", Place::Body), row("p", Place::BodyProperty));
    let holds_file = shaped(whole, list_of(&FILE));
    let form_of_file = shaped(whole, FORM_OF_FILE);
    for (rows, body) in [
        (&[whole][..], Body::None),
        (&[property], Body::None),
        (&[whole, whole], Body::Json("application/json")),
        (&[whole, property], Body::Json("application/json")),
        (&[property, whole], Body::Json("application/json")),
        (&[property, property], Body::Json("application/json")),
        (&[property], Body::Bytes("image/png")),
        (&[property], Body::Text("text/plain")),
        (&[whole], Body::Json("application/json\r\nX: y")),
        (&[whole], Body::Text("text/*")),
        (&[whole], Body::Form(TWICE)),
        (&[whole], Body::Form(MISFIT)),
        (&[whole], Body::Multipart(QUOTE)),
        (&[whole], Body::Multipart(BREAK)),
        (&[whole], Body::Multipart(UNTYPED)),
        (&[whole], Body::Multipart(RANGE)),
        (&[property], Body::Multipart(RANGELESS)),
        (&[form_of_file], Body::Multipart(RANGELESS)),
        (&[holds_file], Body::Json("application/json")),
        (&[form_of_file], Body::Form(&[])),
    ] {
        assert!(plan("/a", rows, body).is_err(), "{rows:?} {body:?}");
    }
    assert!(plan("/a", &[whole], Body::Bytes("*/*")).is_ok());
    assert!(plan("/a", &[], Body::Json("application/json")).is_ok(), "a body of which nothing is offered");
}
