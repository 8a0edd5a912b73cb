//! What is announced and what is admitted are the same: a small validator, written from JSON Schema 2020-12 and from
//! nothing else, agrees with `arguments` on every pair of a shape and a value.

use airlock_contract::request::{Argument, body};
use airlock_contract::shape::{
    Shape, any, any_of, boolean, file, int32, integer, list_of, literals, nullable, number, object_of, one_of,
    optional, required, text,
};
use serde_json::{Map, Value, json};

use super::{Table, canonical};

/// Whether a schema admits a value. A keyword that is not known here fails the test.
fn admits(schema: &Value, value: &Value) -> bool {
    let schema = schema.as_object().expect("an object");
    schema.iter().all(|(keyword, bound)| {
        let float = || bound.as_f64().expect("a number");
        let count = || bound.as_u64().expect("a count");
        let (text, number) = (value.as_str(), value.as_f64());
        let (items, members) = (value.as_array(), value.as_object());
        match keyword.as_str() {
            "description" | "default" | "format" => true,
            "type" => is(bound.as_str().expect("one type"), value),
            "enum" => bound.as_array().expect("a list").iter().any(|one| canonical(one) == canonical(value)),
            "anyOf" => bound.as_array().expect("a list").iter().any(|schema| admits(schema, value)),
            "minimum" => number.is_none_or(|number| number >= float()),
            "maximum" => number.is_none_or(|number| number <= float()),
            "exclusiveMinimum" => number.is_none_or(|number| number > float()),
            "exclusiveMaximum" => number.is_none_or(|number| number < float()),
            "multipleOf" => number.is_none_or(|number| (number / float()).fract() == 0.0),
            "minLength" => text.is_none_or(|text| text.chars().count() as u64 >= count()),
            "maxLength" => text.is_none_or(|text| text.chars().count() as u64 <= count()),
            "pattern" => text.is_none_or(|text| {
                regex::Regex::new(bound.as_str().expect("a pattern")).expect("it builds").is_match(text)
            }),
            "items" => items.is_none_or(|items| items.iter().all(|item| admits(bound, item))),
            "minItems" => items.is_none_or(|items| items.len() as u64 >= count()),
            "maxItems" => items.is_none_or(|items| items.len() as u64 <= count()),
            "uniqueItems" => items.is_none_or(|items| {
                (1..items.len()).all(|end| !items[..end].iter().any(|one| canonical(one) == canonical(&items[end])))
            }),
            "properties" => members.is_none_or(|members| {
                bound
                    .as_object()
                    .expect("a map")
                    .iter()
                    .all(|(name, schema)| members.get(name).is_none_or(|value| admits(schema, value)))
            }),
            "required" => members.is_none_or(|members| {
                bound
                    .as_array()
                    .expect("a list")
                    .iter()
                    .all(|name| members.contains_key(name.as_str().expect("a name")))
            }),
            "additionalProperties" => members.is_none_or(|members| rest(schema, bound, members)),
            "minProperties" => members.is_none_or(|members| members.len() as u64 >= count()),
            "maxProperties" => members.is_none_or(|members| members.len() as u64 <= count()),
            other => panic!("`{other}` is not known here"),
        }
    })
}

fn rest(schema: &Map<String, Value>, bound: &Value, members: &Map<String, Value>) -> bool {
    members
        .iter()
        .filter(|(name, _)| schema.get("properties").is_none_or(|known| known.get(name.as_str()).is_none()))
        .all(|(_, value)| if bound == &Value::Bool(false) { false } else { admits(bound, value) })
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("{other}"),
    }
}

const TEXT: Shape = text();
const CODE: Shape = text().chars_min(2).chars_max(3).pattern("^[a-z]+$");
const LONG: Shape = integer().min(i64::MIN as i128).max(i64::MAX as i128);
const CLOSED: Shape = object_of(&[required("a", TEXT), optional("b", int32())]);
const FLAG: Shape = boolean();

static SHAPES: &[Shape] = &[
    any(),
    FLAG,
    TEXT,
    CODE,
    int32(),
    LONG,
    integer().min(2).max(10).multiple_of(2),
    number().at_least(0.0).below(2.0),
    number().above(0.0).at_most(2.0),
    one_of(&["ab", "x"]),
    literals(&["1", "\"x\"", "null", "[1]"]),
    list_of(&CODE).items_min(1).items_max(2).unique(),
    list_of(&LONG),
    CLOSED,
    object_of(&[optional("a", TEXT)]).rest(&FLAG).properties_min(1).properties_max(2),
    object_of(&[]).rest(&CLOSED),
    any_of(&[CODE, LONG, CLOSED]),
    nullable(&CLOSED),
    file(),
];

fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(2.0),
        json!(1.5),
        json!(10),
        json!(11),
        json!(-1),
        json!(2_147_483_648_i64),
        json!(i64::MIN),
        json!(i64::MAX),
        json!("9007199254740993"),
        json!("-7"),
        json!("007"),
        json!(""),
        json!("ab"),
        json!("abc"),
        json!("abcd"),
        json!("AB"),
        json!("x"),
        json!("äö"),
        json!([]),
        json!([1]),
        json!(["ab"]),
        json!(["ab", "ab"]),
        json!(["ab", "cd"]),
        json!(["ab", "cd", "ef"]),
        json!(["1", 2]),
        json!({}),
        json!({"a": "x"}),
        json!({"a": "x", "b": 1}),
        json!({"a": "x", "b": "1"}),
        json!({"b": 1}),
        json!({"a": 1}),
        json!({"a": "x", "c": true}),
        json!({"c": true, "d": false}),
        json!({"c": true, "d": false, "e": true}),
        json!({"a": "x", "c": 1}),
        json!({"x": {"a": "y"}}),
        json!({"base64": "YQ=="}),
        json!({"base64": "YQ==", "filename": "a", "media_type": "a/b"}),
        json!({"base64": "YQ==", "name": "a"}),
        json!({"filename": "a"}),
        json!({"base64": 1}),
    ];
    let nested: Vec<Value> = values.iter().map(|value| json!([value, 2])).collect();
    values.extend(nested);
    values
}

#[test]
fn what_is_announced_is_what_is_admitted() {
    let (mut admitted, mut refused) = (0, 0);
    for shape in SHAPES {
        let arguments: &'static [Argument] = Box::leak(Box::new([body(*shape)]));
        let told: Vec<_> = arguments.iter().filter_map(airlock_offer::Argument::of).collect();
        let schema = airlock_offer::input_schema(&told, false);
        let table = Table::new(arguments).expect("sound");
        for value in values() {
            let sent = json!({ "body": value });
            let here = table.check(sent.as_object().expect("an object").clone()).is_ok();
            assert_eq!(here, admits(&schema, &sent), "{value} for {}", schema["properties"]["body"]);
            if here { admitted += 1 } else { refused += 1 }
        }
    }
    assert!(admitted > 150 && refused > 150, "{admitted} {refused}");
}
