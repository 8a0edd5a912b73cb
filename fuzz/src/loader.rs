//! Target 1: text to value, and every place in it.

use airlock_compiler::load::{Format, Sources, escape_token, parse};
use airlock_compiler::report::{At, Diagnostic, Report};
use serde_json::Value;

use crate::show;

/// How many places of a value are looked up.
const PLACES_MAX: usize = 200;

/// Parses `data`: the first byte says as what (`j` JSON, `t` text, any other YAML), the rest is the file.
pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    // The load step refuses what is no UTF-8 before it parses.
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (name, format) = match kind {
        b'j' => ("openapi.json", Format::Json),
        b't' => ("note.txt", Format::Text),
        _ => ("openapi.yaml", Format::Yaml),
    };
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add(name.to_owned(), text.to_owned(), format);
    assert_eq!(sources.bytes(id), rest, "the copy that is hashed is the file");
    let value = parse(id, &sources, &mut report);
    assert_eq!(value.is_none(), report.has_errors(), "an error, or a value");
    show::all(&report, &sources);
    let Some(value) = value else { return };
    if format == Format::Json {
        assert_same(&value, text);
    }
    let mut places = Report::default();
    for pointer in pointers(&value) {
        for at in [
            At::value(id, pointer.clone()),
            At::key(id, pointer.clone()),
            At::value(id, format!("{pointer}/gone")),
            At::within(id, pointer.clone(), 1..3),
        ] {
            places.push(Diagnostic::error("E0101", "a place").at(at.clone(), "here").patch(
                "or",
                at,
                "a\u{1b}\"'\n: #&*",
            ));
        }
    }
    show::all(&places, &sources);
    for diagnostic in places.diagnostics() {
        for mark in &diagnostic.marks {
            let range = sources.range(&mark.at);
            assert!(text.trim_start_matches('\u{feff}').get(range).is_some(), "{:?}", mark.at);
        }
    }
}

/// What a second reader makes of the same JSON. Integers beyond 64 bits are read otherwise here, by intent.
fn assert_same(value: &Value, text: &str) {
    let other: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("it was read once");
    assert!(same(value, &other), "{value} is not {other}");
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|((a, left), (b, right))| a == b && same(left, right))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (left, Value::Number(number)) if number.is_f64() => {
            left == right || number.as_f64().is_some_and(|float| float.abs() >= 1e18)
        }
        (left, right) => left == right,
    }
}

/// The pointers of a value's first parts, breadth first.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = vec![(String::new(), value)];
    let mut next = 0;
    while next < all.len() && all.len() < PLACES_MAX {
        let (pointer, value) = all[next].clone();
        match value {
            Value::Object(members) => {
                all.extend(members.iter().map(|(key, value)| (format!("{pointer}/{}", escape_token(key)), value)));
            }
            Value::Array(items) => {
                all.extend(items.iter().enumerate().map(|(at, value)| (format!("{pointer}/{at}"), value)));
            }
            _ => {}
        }
        next += 1;
    }
    all.truncate(PLACES_MAX);
    all.into_iter().map(|(pointer, _)| pointer).collect()
}
