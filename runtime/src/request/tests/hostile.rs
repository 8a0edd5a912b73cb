//! Every hostile text, at every place, in every style: the receiver reads exactly it, or nothing is sent.

use airlock_contract::Style::{
    self, DeepObject, Form, FormExploded, Json, Label, LabelExploded, Matrix, MatrixExploded, PipeDelimited, Segments,
    Simple, SimpleExploded, SpaceDelimited,
};
use airlock_contract::{Body, Place};
use serde_json::{Map, Value, json};

use super::readers::{self, Kind};
use super::support::{encode, hostile, row};

/// The text alone, in arrays, and on both sides of an object's members.
fn values(text: &str) -> Vec<(Kind, Value)> {
    let object = |members: &[(&str, &str)]| -> Value {
        members.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect::<Map<_, _>>().into()
    };
    vec![
        (Kind::Text, json!(text)),
        (Kind::Array, json!([text])),
        (Kind::Array, json!(["x", text])),
        (Kind::Array, json!([text, "x", text])),
        (Kind::Object, object(&[("x", text)])),
        (Kind::Object, object(&[(text, "x"), ("y", "z")])),
        (Kind::Object, object(&[("y", "z"), (text, text)])),
    ]
}

/// How many values were sent, of how many.
fn count(
    place: impl Fn(Style) -> Place,
    styles: &[Style],
    read: impl Fn(Style, Kind, &super::super::Encoded) -> Value,
) {
    for style in styles {
        let (mut sent, mut refused) = (0, 0);
        for text in hostile() {
            for (kind, value) in values(&text) {
                let rows = [row("color", place(*style))];
                let path = if matches!(rows[0].place, Place::Path(_)) { "/items/{color}/parts" } else { "/items" };
                match encode(path, &rows, Body::None, vec![Some(value.clone())]) {
                    Ok(encoded) => {
                        sent += 1;
                        let clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
                        assert!(clean(&encoded.target), "{}", encoded.target);
                        assert_eq!(read(*style, kind, &encoded), value, "{style:?} {kind:?} {encoded:?}");
                    }
                    Err(fault) => {
                        refused += 1;
                        assert!(
                            fault.starts_with("`color` ") || fault.contains("step") || fault.contains("bytes long"),
                            "{fault}"
                        );
                    }
                }
            }
        }
        // A style that refused everything would pass, too.
        assert!(sent > 400, "{style:?}: {sent} sent, {refused} refused");
    }
}

#[test]
fn paths_come_back_whole() {
    let styles = [Simple, SimpleExploded, Label, LabelExploded, Matrix, MatrixExploded, Json, Segments];
    count(Place::Path, &styles, |style, kind, encoded| {
        assert!(!encoded.target.contains(['?', '#', '\\']), "{}", encoded.target);
        let inner = encoded.target.strip_prefix("/v1/items/").and_then(|rest| rest.strip_suffix("/parts"));
        let inner = inner.unwrap_or_else(|| panic!("{} has lost its ends", encoded.target));
        for segment in inner.split('/') {
            assert!(
                !matches!(segment.split(';').next(), Some("." | ".." | "") if !segment.starts_with(';')),
                "{inner}"
            );
        }
        assert!(style == Segments || !inner.contains('/'), "{inner} has another segment");
        readers::path(style, kind, inner)
    });
}

#[test]
fn queries_come_back_whole() {
    let styles = [Form, FormExploded, SpaceDelimited, PipeDelimited, DeepObject, Json];
    count(Place::Query, &styles, |style, kind, encoded| {
        let query = encoded.target.strip_prefix("/v1/items?").expect("a query");
        assert!(!query.contains(['#', '+', '?']), "{query}");
        readers::query(style, kind, query)
    });
}

#[test]
fn headers_come_back_whole() {
    count(Place::Header, &[Simple, SimpleExploded, Json], |style, kind, encoded| {
        assert_eq!((encoded.target.as_str(), encoded.headers.len()), ("/v1/items", 1));
        let text = encoded.headers[0].1.to_str().expect("ASCII");
        assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text:?}");
        readers::header(style, kind, text)
    });
}

#[test]
fn cookies_come_back_whole() {
    count(Place::Cookie, &[Form, Json], |style, kind, encoded| {
        assert_eq!((encoded.target.as_str(), encoded.headers.len()), ("/v1/items", 0));
        readers::cookie(style, kind, &encoded.cookie)
    });
}

/// What has an encoding is refused only for what the encoding cannot say.
#[test]
fn texts_that_can_be_sent_are() {
    for text in hostile() {
        let sent = |path, place| encode(path, &[row("color", place)], Body::None, vec![Some(json!(text))]).is_ok();
        let short = text.len() < 2000 || text.starts_with("......");
        assert_eq!(
            sent("/a/{color}", Place::Path(Simple)),
            short && !matches!(text.as_str(), "" | "." | ".."),
            "{text:?}"
        );
        assert_eq!(sent("/a/{color}", Place::Path(Matrix)), short && !text.is_empty(), "{text:?}");
        assert_eq!(sent("/a", Place::Query(Form)), short, "{text:?}");
        let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.trim() == text && !text.is_empty();
        assert_eq!(sent("/a", Place::Header(Simple)), plain && text.len() < 6000, "{text:?}");
    }
}

/// JSON text can name half of a pair of surrogates; no Rust text can hold it, so it ends at the parser.
#[test]
fn a_lone_surrogate_is_not_json_here() {
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800x""#, r#""\udc00\ud800""#] {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
}
