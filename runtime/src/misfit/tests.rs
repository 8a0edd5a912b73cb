use airlock_contract::shape::{
    Named, Shape, any, any_of, boolean, integer, list_of, literals, named, nullable, number, object_of, one_of,
    optional, required, text,
};
use airlock_offer::output_schema;
use serde_json::{Map, Value, json};

use super::misfit;

static TREE: Named = Named {
    name: "Tree",
    shape: object_of(&[required("label", text()), optional("children", list_of(&TREE_SHAPE)).about("Below it.")]),
};
static TREE_SHAPE: Shape = named(&TREE);
const TEXT: Shape = text();

const PATIENT: Shape = object_of(&[
    required("id", integer().min(1)),
    required("name", nullable(&TEXT)),
    optional("state", one_of(&["in", "out"])),
    optional("tags", list_of(&TEXT).items_max(1)),
]);
const MAYBE: Shape = nullable(&PATIENT);
const NAMES: Shape = object_of(&[required("a", text())]);

/// Whether a value is what a schema of this small vocabulary says, judged without the shape.
fn conforms(schema: &Value, value: &Value) -> bool {
    assert!(schema.is_object(), "{schema}");
    let kind = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Some("number") => value.is_number(),
        Some(other) => panic!("{other}"),
    };
    let each = |key: &str| schema[key].as_object().into_iter().flatten();
    kind && schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .all(|name| value.get(name.as_str().expect("a name")).is_some())
        && each("properties").all(|(name, schema)| value.get(name).is_none_or(|value| conforms(schema, value)))
        && schema["anyOf"].as_array().is_none_or(|any| any.iter().any(|schema| conforms(schema, value)))
        && (schema["items"].is_null()
            || value.as_array().expect("an array").iter().all(|item| conforms(&schema["items"], item)))
        && (schema["additionalProperties"].is_null()
            || value.as_object().expect("an object").iter().all(|(key, value)| {
                schema["properties"].get(key).is_some() || conforms(&schema["additionalProperties"], value)
            }))
}

#[test]
fn null_stands_for_any_array_also_where_only_the_type_is_told() {
    static FOREST: Named = Named { name: "Forest", shape: list_of(&FOREST_SHAPE) };
    static FOREST_SHAPE: Shape = named(&FOREST);
    let names: Vec<String> = (0..300).map(|number| format!("list_{number}")).collect();
    let properties = names.iter().map(|name| required(name.clone().leak(), list_of(&TEXT))).collect::<Vec<_>>();
    let wide = object_of(properties.leak());
    let empty: Value = names.iter().map(|name| (name.clone(), Value::Null)).collect::<Map<_, _>>().into();
    for (shape, value) in [(wide, empty), (named(&FOREST), json!([null, [null]]))] {
        let schema = output_schema(&shape).expect("known");
        let sent = if value.is_object() { value.clone() } else { json!({"result": value}) };
        assert_eq!(misfit(&shape, &value), None);
        assert!(conforms(&schema, &sent), "{:.80} {:.80}", sent.to_string(), schema.to_string());
    }
}

/// Shapes, and values that may or may not be theirs.
#[test]
fn what_fits_a_shape_conforms_to_its_schema() {
    static SHAPES: &[Shape] = &[
        PATIENT,
        MAYBE,
        list_of(&PATIENT),
        nullable(&TEXT),
        any_of(&[PATIENT, NAMES]),
        any_of(&[PATIENT, text()]),
        any_of(&[boolean(), number()]),
        literals(&["null"]),
        literals(&["1", "\"a\""]),
        object_of(&[]).rest(&TEXT),
        nullable(&RESULT),
        named(&TREE),
        boolean(),
        number(),
    ];
    let values = [
        json!(null),
        json!(1),
        json!(1.5),
        json!("a"),
        json!(true),
        json!([]),
        json!({}),
        json!({"id": 1, "name": null}),
        json!({"id": 1, "name": null, "state": null, "tags": null}),
        json!({"label": "l", "children": null}),
        json!({"id": 1.0, "name": "x", "state": "new", "tags": ["a", "b"], "more": 1}),
        json!({"id": "1", "name": "x"}),
        json!({"id": 1}),
        json!({"id": 1, "name": "x", "tags": [1]}),
        json!({"a": "b"}),
        json!({"a": 1}),
        json!([{"id": 1, "name": "x"}]),
        json!([{"id": 1}]),
        json!({"result": null}),
        json!({"result": "x"}),
        json!({"label": "l", "children": [{"label": "m", "children": []}]}),
    ];
    let (mut fitted, mut not) = (0, 0);
    for shape in SHAPES {
        let schema = output_schema(shape).expect("known");
        assert_eq!(schema["type"], "object", "{schema}");
        for value in &values {
            let sent = if value.is_object() { value.clone() } else { json!({"result": value}) };
            if misfit(shape, value).is_none() {
                fitted += 1;
                assert!(conforms(&schema, &sent), "{shape:?} {sent} {schema}");
            } else {
                not += 1;
            }
        }
    }
    assert!(fitted > 25 && not > 100, "{fitted} {not}");
    assert_eq!(output_schema(&any()), None);
}

const ALL: Shape = object_of(&[required("all", list_of(&TEXT))]);
const RESULT: Shape = object_of(&[required("result", text())]);

#[test]
fn null_stands_for_what_upstreams_leave_empty_and_for_nothing_else() {
    let of = |json: &str| serde_json::from_str::<Value>(json).expect("JSON");
    for (shape, value) in [
        (PATIENT, r#"{"id": 1, "name": "x", "state": null, "tags": null}"#),
        (list_of(&PATIENT), "null"),
        (ALL, r#"{"all": null}"#),
    ] {
        assert_eq!(misfit(&shape, &of(value)), None, "{value}");
    }
    for (shape, value) in
        [(PATIENT, r#"{"id": null, "name": "x"}"#), (PATIENT, "null"), (list_of(&PATIENT), "[null]"), (TEXT, "null")]
    {
        assert!(misfit(&shape, &of(value)).is_some(), "{value}");
    }
}

#[test]
fn a_misfit_is_told_with_its_place_and_without_its_value() {
    for (shape, value, place) in [
        (list_of(&PATIENT), json!([{"id": 1, "name": "x"}, {"id": "secret", "name": "x"}]), "`[1].id`"),
        (PATIENT, json!({"name": "x"}), "`id`"),
        (PATIENT, json!({"id": 1, "name": "x", "tags": ["a", 7]}), "`tags[1]`"),
        (object_of(&[]).rest(&TEXT), json!({"a": "b", "secret": 1}), "`*`"),
        (TEXT, json!(["secret"]), "the whole"),
    ] {
        let told = misfit(&shape, &value).expect("a misfit");
        assert!(told.starts_with(place) && !told.contains("secret"), "{told}");
    }
}
