//! How a receiver reads each style, written from the table of the specification and from nothing else.

use airlock_contract::Style;
use serde_json::{Map, Value};

use super::support::decoded;

/// The kind of value that the receiver's own declaration names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Array,
    Object,
}

fn array<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    items.map(|item| Value::from(decoded(item))).collect()
}

/// `R,100,G,200`.
fn flat<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    let items: Vec<&str> = items.collect();
    assert!(items.len().is_multiple_of(2), "{items:?}");
    pairs(items.chunks(2).map(|pair| (pair[0], pair[1])))
}

/// `R=100`, cut.
fn equals<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    pairs(items.map(|item| item.split_once('=').expect("a pair")))
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        assert!(map.insert(decoded(name), decoded(value).into()).is_none(), "{name} is there twice");
    }
    map.into()
}

/// The part of a path that stands for `{color}`.
pub(super) fn path(style: Style, kind: Kind, text: &str) -> Value {
    let after = |prefix: &str| text.strip_prefix(prefix).unwrap_or_else(|| panic!("{prefix} is not before {text}"));
    match (style, kind) {
        (Style::Json, _) => serde_json::from_str(&decoded(text)).expect("JSON"),
        (Style::Segments, _) => text.split('/').map(decoded).collect::<Vec<_>>().join("/").into(),
        (Style::Label | Style::LabelExploded, Kind::Text) => decoded(after(".")).into(),
        (Style::Matrix | Style::MatrixExploded, Kind::Text) => decoded(after(";color=")).into(),
        (Style::Label, Kind::Array) => array(after(".").split(',')),
        (Style::LabelExploded, Kind::Array) => array(after(".").split('.')),
        (Style::Matrix, Kind::Array) => array(after(";color=").split(',')),
        (Style::MatrixExploded, Kind::Array) => {
            array(after(";").split(';').map(|item| item.strip_prefix("color=").expect("its name")))
        }
        (Style::Label, Kind::Object) => flat(after(".").split(',')),
        (Style::LabelExploded, Kind::Object) => equals(after(".").split('.')),
        (Style::Matrix, Kind::Object) => flat(after(";color=").split(',')),
        (Style::MatrixExploded, Kind::Object) => equals(after(";").split(';')),
        (_, Kind::Text) => decoded(text).into(),
        (_, Kind::Array) => array(text.split(',')),
        (Style::SimpleExploded, Kind::Object) => equals(text.split(',')),
        (_, Kind::Object) => flat(text.split(',')),
    }
}

/// The pairs of a query or a form that stand for `color`.
pub(super) fn query(style: Style, kind: Kind, text: &str) -> Value {
    let own = || -> Vec<&str> {
        text.split('&')
            .map(|pair| pair.split_once('=').expect("a pair"))
            .map(|(name, value)| {
                assert_eq!(decoded(name), "color");
                value
            })
            .collect()
    };
    let one = || {
        let own = own();
        assert_eq!(own.len(), 1, "{text}");
        own[0]
    };
    let between = match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    match (style, kind) {
        (Style::Json, _) => serde_json::from_str(&decoded(one())).expect("JSON"),
        (_, Kind::Text) => decoded(one()).into(),
        (Style::FormExploded, Kind::Array) => array(own().into_iter()),
        (Style::FormExploded, Kind::Object) => equals(text.split('&')),
        (Style::DeepObject, _) => {
            let mut map = Map::new();
            for (name, value) in text.split('&').map(|pair| pair.split_once('=').expect("a pair")) {
                let name = decoded(name);
                let name = name.strip_prefix("color[").and_then(|rest| rest.strip_suffix(']')).expect("brackets");
                assert!(!name.contains(['[', ']']), "{name} nests");
                map.insert(name.to_owned(), decoded(value).into());
            }
            map.into()
        }
        (_, Kind::Array) => array(one().split(between)),
        (_, Kind::Object) => flat(one().split(between)),
    }
}

/// The value of a header. Nothing in it is encoded.
pub(super) fn header(style: Style, kind: Kind, text: &str) -> Value {
    let items = || text.split(',').map(Value::from);
    match (style, kind) {
        (Style::Json, _) => serde_json::from_str(text).expect("JSON"),
        (_, Kind::Text) => text.into(),
        (_, Kind::Array) => items().collect(),
        (Style::SimpleExploded, Kind::Object) => text
            .split(',')
            .map(|pair| pair.split_once('=').expect("a pair"))
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect::<Map<_, _>>()
            .into(),
        (_, Kind::Object) => {
            let items: Vec<&str> = text.split(',').collect();
            items.chunks(2).map(|pair| (pair[0].to_owned(), Value::from(pair[1]))).collect::<Map<_, _>>().into()
        }
    }
}

/// The value of the one cookie `color`. It reads the same with and without percent-decoding.
pub(super) fn cookie(style: Style, kind: Kind, text: &str) -> Value {
    let text = text.strip_prefix("color=").expect("its name");
    assert!(!text.contains([';', ' ']), "{text}");
    if style == Style::Json {
        return serde_json::from_str(&decoded(text)).expect("JSON");
    }
    assert_eq!(decoded(text), text);
    header(Style::Simple, kind, text)
}
