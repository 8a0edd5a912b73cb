//! Recursion, chains and circles.

use serde_json::{Value, json};

use super::{Purpose, ShapeReader};
use crate::ir::{Shape, Style};
use crate::normalise::Document;
use crate::resolve::style::{Carried, Location, carried};

fn document(schemas: &Value) -> Document {
    Document::plain(json!({"components": {"schemas": schemas}}))
}

fn reader(document: &Document) -> ShapeReader<'_> {
    ShapeReader::new(document, Purpose::Sent)
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn a_recursive_schema_is_a_name_that_stands_in_itself() {
    let document = document(&json!({"Unit": {"properties": {"parts": {"items": reference("Unit")}}}}));
    let mut reader = reader(&document);
    let shape = reader.read(&reference("Unit"), "").expect("is sound");
    assert_eq!(shape, Shape::Named("Unit".into()));
    assert_eq!(reader.reachable([&shape]).len(), 1);
}

#[test]
fn a_schema_that_is_nothing_but_itself_is_refused() {
    for schemas in [
        json!({"A": {"allOf": [reference("A")]}, "B": {}}),
        json!({"A": {"anyOf": [{"type": "string"}, reference("A")]}, "B": {}}),
        json!({"A": {"oneOf": [reference("B")]}, "B": {"nullable": true, "anyOf": [reference("A"), {"type": "string"}]}}),
    ] {
        let document = document(&schemas);
        let mut reader = reader(&document);
        assert!(reader.read(&reference("A"), "").is_err_and(|refusal| refusal.reason.contains("itself")), "{schemas}");
    }
}

/// `B` is read while `A` is open and seems sound; `A` then fails. Nothing may stand on `B` any more.
#[test]
fn what_refers_to_a_refused_schema_is_refused_too() {
    let document = document(&json!({
        "A": {"properties": {"b": reference("B"), "x": {"default": {"x-airlock-integer": "99999999999999999999"}}}},
        "B": {"properties": {"a": reference("A")}},
    }));
    let mut reader = reader(&document);
    assert!(reader.read(&reference("A"), "").is_err());
    let refusal = reader.read(&reference("B"), "").expect_err("refers to A");
    assert!(refusal.reason.contains("64 bits") && refusal.pointer.ends_with("/A/properties/x/default"), "{refusal:?}");
}

#[test]
fn a_long_chain_of_schemas_does_not_exhaust_the_stack() {
    let chain = |link: &dyn Fn(Value) -> Value| {
        let link = |at: usize| (format!("S{at}"), link(reference(&format!("S{}", at + 1))));
        let mut schemas: serde_json::Map<String, Value> = (0..50_000).map(link).collect();
        schemas.insert("S50000".into(), json!({"type": "string"}));
        document(&schemas.into())
    };
    for link in [
        &(|next| json!({"properties": {"next": next}})) as &dyn Fn(Value) -> Value,
        &|next| json!({"type": "array", "items": next}),
        &|next| json!({"allOf": [next]}),
        &|next| json!({"anyOf": [next, {"type": "integer"}]}),
        &|next| next,
    ] {
        let document = chain(link);
        let read = reader(&document).read(&reference("S0"), "");
        // A bare reference to a reference is a chain that the standard has no use for.
        let is_bare = document.value.pointer("/components/schemas/S0/$ref").is_some();
        assert_eq!(read.is_ok(), !is_bare || read == Ok(Shape::Any));
    }
    let mut nested = json!({});
    for _ in 0..120 {
        nested = json!({"items": nested});
    }
    let document = document(&json!({}));
    assert!(reader(&document).read(&nested, "").is_err_and(|refusal| refusal.reason.contains("deeper")));
}

/// Each schema names the next one twice: whoever follows every path follows 2^60 of them.
#[test]
fn a_schema_with_very_many_paths_takes_no_time() {
    let link = |at: usize| {
        (
            format!("S{at}"),
            json!({"anyOf": [reference(&format!("S{}", at + 1)), {"nullable": true, "allOf": [reference(&format!("S{}", at + 1))]}]}),
        )
    };
    let mut schemas: serde_json::Map<String, Value> = (0..60).map(link).collect();
    schemas.insert("S60".into(), json!({"type": "string", "enum": ["a", "b", "c", "d", "e", "f", "g", "h", "i"]}));
    let document = document(&schemas.into());
    let mut reader = reader(&document);
    let shape = reader.read(&reference("S0"), "").expect("is sound");
    assert_ne!(carried(&reader, Style::Form, Location::Query, &shape), Carried::None(String::new()));
    assert_eq!(reader.reachable([&shape]).len(), 61);
}

/// Every schema is made of all: more ways lead through them than could ever be gone.
#[test]
fn schemas_that_are_all_made_of_each_other_are_read_at_once() {
    let all = |made: &dyn Fn(Vec<Value>) -> Value| -> Value {
        let names = || (0..40).map(|at| reference(&format!("S{at}")));
        let schema = |at: usize| (format!("S{at}"), made(names().collect()));
        (0..40).map(schema).collect::<serde_json::Map<_, _>>().into()
    };
    let document = document(&all(&|all| json!({"allOf": all})));
    assert!(reader(&document).read(&reference("S0"), "").is_err_and(|refusal| refusal.reason.contains("itself")));
}

/// Each schema opens the next one several times, and each has something to note.
#[test]
fn notes_do_not_double_with_each_schema_around() {
    let link = |at: usize| {
        let next = reference(&format!("S{}", at + 1));
        let one = |name: &str| json!({"anyOf": [next, {"properties": {format!("{name}{at}"): {"pattern": "(?=a)", "type": "string"}}}]});
        (format!("S{at}"), json!({"allOf": [one("p"), one("q")]}))
    };
    let mut schemas: serde_json::Map<String, Value> = (0..40).map(link).collect();
    schemas.insert("S40".into(), json!({"type": "object"}));
    let document = document(&schemas.into());
    let mut reader = reader(&document);
    let shape = reader.read(&reference("S0"), "").expect("is sound");
    let mut notes = reader.take_notes();
    notes.extend(reader.notes_of([&shape]));
    assert!(notes.len() < 1000, "{}", notes.len());
}

/// Each value of a list was compared with all others.
#[test]
fn long_lists_of_values_take_no_time() {
    let words = |from: usize| -> Vec<String> { (from..from + 200_000).map(|at| format!("w{at}")).collect() };
    let document = document(&json!({}));
    let schema = json!({"allOf": [{"enum": words(0)}, {"enum": words(100_000)}]});
    let shape = reader(&document).read(&schema, "").expect("is sound");
    assert!(matches!(shape, Shape::Words(words) if words.len() == 100_000));
}

/// Each required name was looked for in all others, and each conjunction copied what there was so far.
#[test]
fn very_many_properties_take_no_time() {
    let names: Vec<String> = (0..100_000).map(|at| format!("p{at}")).rev().collect();
    let properties: serde_json::Map<String, Value> = names.iter().rev().map(|name| (name.clone(), json!({}))).collect();
    let document = document(&json!({}));
    let schema = json!({"type": "object", "properties": properties, "required": names});
    let shape = reader(&document).read(&schema, "").expect("is sound");
    assert!(matches!(shape, Shape::Object(object) if object.properties.iter().all(|property| property.required)));
    let parts: Vec<Value> = names.iter().take(3000).map(|name| json!({"properties": {name.as_str(): {}}})).collect();
    let shape = reader(&document).read(&json!({ "allOf": parts }), "").expect("is sound");
    assert!(matches!(shape, Shape::Object(object) if object.properties.len() == 3000));
}
