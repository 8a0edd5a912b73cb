use airlock_contract::request::{Body, Method, Request, body, path, query};
use airlock_contract::shape::{
    Named, Shape, any, any_of, boolean, file, integer, list_of, literals, named, nullable, number, object_of, one_of,
    optional, required, text,
};

use serde_json::{Value, json};

use super::{misfit, of_arguments, of_output};

static TREE: Named = Named {
    name: "Tree",
    shape: object_of(&[required("label", text()), optional("children", list_of(&TREE_SHAPE)).about("Below it.")]),
};
static TREE_SHAPE: Shape = named(&TREE);
const TEXT: Shape = text();

fn written(arguments: &'static [airlock_contract::Argument]) -> String {
    of_arguments(&Request {
        method: Method::Get,
        path: "/",
        accept: "",
        body: Body::Json("application/json"),
        arguments,
    })
    .to_string()
}

#[test]
fn keys_stand_in_declared_order_and_fixed_arguments_are_hidden() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[
        path("zone", text().chars_min(1).chars_max(8).pattern("^[A-Z]+$")).about("Where."),
        query("state", text()).fixed("\"open\""),
        query("limit", integer().min(1).max(50)).default("20").about("How many."),
        query("kind", one_of(&["a", "b"])).optional(),
        query("ratio", number().above(0.0).at_most(1.5)).optional(),
    ];
    assert_eq!(
        written(ARGUMENTS),
        "{\"type\":\"object\",\"properties\":{\
         \"zone\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":8,\"pattern\":\"^[A-Z]+$\",\"description\":\"Where.\"},\
         \"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50,\"description\":\"How many.\",\"default\":20},\
         \"kind\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},\
         \"ratio\":{\"type\":\"number\",\"maximum\":1.5,\"exclusiveMinimum\":0.0}},\
         \"required\":[\"zone\"],\"additionalProperties\":false}"
    );
}

#[test]
fn a_recursive_shape_is_cut_by_a_described_object() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[body(named(&TREE))];
    assert_eq!(
        written(ARGUMENTS),
        "{\"type\":\"object\",\"properties\":{\"body\":{\"type\":\"object\",\"properties\":{\
         \"label\":{\"type\":\"string\"},\"children\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\
         \"description\":\"A nested Tree, of the same form.\"},\"description\":\"Below it.\"}},\
         \"required\":[\"label\"],\"additionalProperties\":false}},\"required\":[\"body\"],\
         \"additionalProperties\":false}"
    );
}

#[test]
fn null_is_announced_only_where_it_is_admitted() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[
        query("name", nullable(&TEXT)).optional(),
        query("flag", boolean()).optional(),
        body(any_of(&[TEXT, any()])).optional(),
    ];
    assert_eq!(
        written(ARGUMENTS),
        "{\"type\":\"object\",\"properties\":{\
         \"name\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},\"flag\":{\"type\":\"boolean\"},\
         \"body\":{\"anyOf\":[{\"type\":\"string\"},{\"description\":\"Any JSON value.\"}]}},\
         \"additionalProperties\":false}"
    );
}

#[test]
fn wide_integers_files_and_numbers_of_properties_are_announced_as_they_are_admitted() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[
        query("id", integer().min(0).max(u64::MAX as i128)).about("Which."),
        body(object_of(&[required("scan", file())]).rest(&TEXT).properties_max(3)),
    ];
    const UPLOAD: &[airlock_contract::Argument] = &[body(file())];
    let of_file = "{\"type\":\"object\",\"properties\":{\
         \"base64\":{\"type\":\"string\",\"description\":\"The file's bytes in base64 (RFC 4648, section 4) with padding; at most 8388608.\"},\
         \"filename\":{\"type\":\"string\",\"description\":\"Its name, without a path.\"},\
         \"media_type\":{\"type\":\"string\",\"description\":\"Its media type, such as image/png.\"}},\
         \"required\":[\"base64\"],\"additionalProperties\":false,\"description\":\"A file.\"}";
    assert_eq!(
        written(ARGUMENTS),
        format!(
            "{{\"type\":\"object\",\"properties\":{{\
             \"id\":{{\"anyOf\":[{{\"type\":\"integer\",\"minimum\":0,\"maximum\":18446744073709551615}},\
             {{\"type\":\"string\",\"pattern\":\"^-?(0|[1-9][0-9]*)$\"}}],\
             \"description\":\"Which.\"}},\
             \"body\":{{\"type\":\"object\",\"properties\":{{\"scan\":{of_file}}},\"required\":[\"scan\"],\
             \"additionalProperties\":{{\"type\":\"string\"}},\"maxProperties\":3}}}},\
             \"required\":[\"id\",\"body\"],\"additionalProperties\":false}}"
        )
    );
    let bytes = Request { method: Method::Put, path: "/", accept: "", body: Body::Bytes("*/*"), arguments: UPLOAD };
    let properties = &of_arguments(&bytes)["properties"]["body"]["properties"];
    assert!(properties.get("base64").is_some() && properties.get("filename").is_none(), "{properties}");
}

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
        let schema = of_output(shape).expect("known");
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
    assert_eq!(of_output(&any()), None);
}

const ALL: Shape = object_of(&[required("all", list_of(&TEXT))]);
const RESULT: Shape = object_of(&[required("result", text())]);

#[test]
fn the_schema_of_answers_says_no_more_than_types() {
    assert_eq!(
        of_output(&list_of(&PATIENT)).expect("known").to_string(),
        "{\"type\":\"object\",\"properties\":{\"result\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\
         \"id\":{\"type\":\"integer\"},\"name\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},\
         \"state\":{\"anyOf\":[{\"type\":\"string\",\"description\":\"Declared: in, out.\"},{\"type\":\"null\"}]},\
         \"tags\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"string\"}},{\"type\":\"null\"}]}},\
         \"required\":[\"id\",\"name\"]}},{\"type\":\"null\"}]}},\"required\":[\"result\"]}"
    );
    let maybe = of_output(&MAYBE).expect("known");
    assert!(maybe.get("required").is_none() && maybe["properties"].get("id").is_some(), "{maybe}");
}

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

#[test]
fn a_vast_shape_is_told_in_few_words() {
    static WIDE: Shape = object_of(&[required("a", DEEP), required("b", DEEP), required("c", DEEP)]);
    const DEEP: Shape = object_of(&[required("a", DEEPER), required("b", DEEPER), required("c", DEEPER)]);
    const DEEPER: Shape = object_of(&[required("a", DEEPEST), required("b", DEEPEST), required("c", DEEPEST)]);
    const DEEPEST: Shape = object_of(&[required("a", LAST), required("b", LAST), required("c", LAST)]);
    const LAST: Shape = object_of(&[required("a", PATIENT), required("b", PATIENT), required("c", PATIENT)]);
    let schema = of_output(&WIDE).expect("known").to_string();
    assert!(schema.len() < 32_000, "{}", schema.len());
}
