//! Each rewriting by its table; walks, names and moves by small documents; all of it under mutation.

use serde_json::{Value, json};

use super::super::{FILES, Files, Origins, Version, escape};
use super::convert;
use crate::report::FileId;

const VERSIONS: [(&str, Version); 4] =
    [("2.0", Version::Swagger2), ("3.0", Version::V3_0(4)), ("3.1", Version::V3_1(0)), ("3.2", Version::V3_2(0))];

fn converted(mut document: Value, version: Version) -> (Value, Origins) {
    let mut origins = Origins::default();
    let files = Files { root: "openapi.yaml".into(), ..Files::default() };
    convert(&mut document, version, &files, &mut origins, FileId(7));
    (document, origins)
}

fn modern(document: Value) -> Value {
    converted(document, Version::V3_1(0)).0
}

fn cases() -> Vec<Value> {
    serde_yaml::from_str(include_str!("cases.yaml")).expect("is a list")
}

/// A document around the schema of a case.
fn around(schema: &Value) -> Value {
    let text = schema.to_string().replace("$at", "/components/schemas/it");
    let schema: Value = serde_json::from_str(&text).expect("is JSON");
    json!({"components": {"schemas": {
        "it": schema, "text": {"type": "string"},
        "nothing": {"type": "null"}, "to_nothing": {"$ref": "#/components/schemas/nothing"},
    }}})
}

#[test]
fn each_rewriting_does_what_its_case_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let versions = case.get("in").and_then(Value::as_array);
        for (name, version) in VERSIONS {
            if versions.is_some_and(|versions| !versions.contains(&json!(name))) {
                continue;
            }
            let (document, _) = converted(around(&case["before"]), version);
            let (again, _) = converted(document.clone(), version);
            let (is, wanted) =
                (&document["components"]["schemas"]["it"], &around(&case["after"])["components"]["schemas"]["it"]);
            if is != wanted {
                wrong.push(format!("{} ({name}):\n  is     {is}\n  wanted {wanted}", case["name"]));
            }
            if document != again {
                wrong.push(format!("{} ({name}), once more: {again}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The pointers below which a schema `{const: 1}` was converted.
fn walked(document: &Value, pointer: &mut String, found: &mut Vec<String>) {
    if document.get("enum") == Some(&json!([1])) {
        found.push(pointer.clone());
    }
    let members = document.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value));
    let items = document.as_array().into_iter().flatten().enumerate();
    for (token, value) in members.chain(items.map(|(at, value)| (at.to_string(), value))) {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&escape(&token));
        walked(value, pointer, found);
        pointer.truncate(length);
    }
}

fn walked_in(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walked(document, &mut String::new(), &mut found);
    found
}

#[test]
fn schemas_are_found_wherever_they_can_stand() {
    let one = json!({"const": 1});
    let media = json!({"content": {"a/b": {"schema": one, "encoding": {"p": {"headers": {"h": {"schema": one}}}}}}});
    let operation = json!({
        "parameters": [{"schema": one}, {"content": {"a/b": {"schema": one}}}],
        "requestBody": media,
        "responses": {"200": {"headers": {"h": {"schema": one}}, "content": {"a/b": {"itemSchema": one}}}, "x-a": {"schema": one}},
        "callbacks": {"c": {"{$url}": {"post": {"requestBody": media}}}},
        "x-a": one, "example": one,
    });
    let document = modern(json!({
        "paths": {"/a": {"get": operation, "query": operation, "additionalOperations": {"COPY": operation},
            "parameters": [{"schema": one}]}, "x-b": {"get": operation}},
        "components": {"parameters": {"p": {"schema": one}}, "headers": {"h": {"schema": one}}, "requestBodies": {"r": media},
            "responses": {"r": media}, "pathItems": {"p": {"get": operation}}, "mediaTypes": {"m": {"schema": one}},
            "examples": {"e": {"value": one}}, "schemas": {"x-s": one}},
        "webhooks": {"w": {"post": operation}}, "x-c": one, "info": {"schema": one},
    }));
    let found = walked_in(&document);
    let in_operation = 2 + 2 + 2 + 2;
    assert_eq!(found.len(), 4 * in_operation + 1 + 2 + 2 + 2 + 1 + 1, "{found:#?}");
    assert!(
        found.contains(&"/paths/~1a/get/responses/200/content/a~1b/x-airlock-item-schema".to_owned()),
        "{found:#?}"
    );
    assert!(found.iter().all(|pointer| !pointer.contains("webhooks") && !pointer.contains("example")), "{found:#?}");
}

#[test]
fn schemas_are_found_where_only_references_lead() {
    let one = json!({"const": 1});
    let document = modern(json!({
        "paths": {
            "/a": {"$ref": "paths/a.yaml"},
            "/b": {"get": {"parameters": [{"$ref": "#/x-p/1"}], "responses": {"200": {"$ref": "#/webhooks/w/post/responses/200"}}}},
            "/c": {"get": {"requestBody": {"$ref": "#/x-chain"}}},
        },
        "components": {"schemas": {
            "deep": {"$ref": "#/x-s/properties/a"},
            "mapped": {"discriminator": {"propertyName": "p", "mapping": {"a": "schemas/Mapped.yaml"}}},
            "same": {"$ref": "schemas/Both.yaml"}, "gone": {"$ref": "#/x-nowhere"}, "text": {"$ref": "about.md"},
        }},
        "definitions": {"own": {"$ref": "#/parameters/p/schema"}},
        "parameters": {"p": {"schema": one}},
        "webhooks": {"w": {"post": {"responses": {"200": {"content": {"a/b": {"schema": one}}}}, "x-not": one}}},
        "x-p": [one, {"schema": {"items": one}}], "x-s": {"properties": {"a": {"not": one}, "b": one}},
        "x-chain": {"$ref": "#/x-link"}, "x-link": {"content": {"a/b": {"schema": {"$ref": "#/x-circle"}}}},
        "x-circle": {"properties": {"a": {"$ref": "#/x-circle"}, "b": one}},
        FILES: {
            "paths/a.yaml": {"get": {"parameters": [{"$ref": "../schemas/Both.yaml"}]}},
            "schemas/Mapped.yaml": {"properties": {"a": {"$ref": "../schemas/Far.yaml#/defs/x"}}},
            "schemas/Far.yaml": {"defs": {"x": one, "y": one}},
            "schemas/Both.yaml": {"name": "b", "in": "query", "required": true, "schema": one, "properties": {"a": one}},
            "schemas/Unused.yaml": one, "about.md": "text",
        },
    }));
    let mut found = walked_in(&document);
    found.sort();
    assert_eq!(
        found,
        [
            "/parameters/p/schema",
            "/webhooks/w/post/responses/200/content/a~1b/schema",
            "/x-airlock-files/schemas~1Both.yaml/properties/a",
            "/x-airlock-files/schemas~1Both.yaml/schema",
            "/x-airlock-files/schemas~1Far.yaml/defs/x",
            "/x-circle/properties/b",
            "/x-p/1/schema/items",
            "/x-s/properties/a/not",
        ]
    );
    assert_eq!(document[FILES]["schemas/Both.yaml"]["required"], json!(true), "a parameter stays one");
}

#[test]
fn what_later_versions_leave_out_is_filled_in() {
    let document = modern(json!({"components": {"responses": {"r": {}, "s": {"$ref": "#/components/responses/r"}}}}));
    assert_eq!(document["paths"], json!({}));
    assert_eq!(
        document["components"]["responses"],
        json!({"r": {"description": ""}, "s": {"$ref": "#/components/responses/r"}})
    );
    assert_eq!(modern(json!({"paths": {"/a": {"get": {}}}}))["paths"]["/a"]["get"], json!({"responses": {}}));
    assert_eq!(modern(json!({"paths": null}))["paths"], Value::Null);
}

#[test]
fn references_follow_what_moved() {
    let (document, origins) = converted(
        json!({"components": {"schemas": {
            "a": {"type": ["array", "object"], "items": [{"type": "string"}, {"type": "object", "properties": {"p": {"const": 1}}}], "properties": {"q": {}}},
            "b": {"$ref": "#/components/schemas/a/items/1/properties/p"},
            "c": {"properties": {"x": {"$ref": "#/components/schemas/a/properties/q"}, "y": {"$ref": "#/components/schemas/a"}}},
            "d": {"$ref": "#/paths/~1s/get/responses/200/content/m/itemSchema/items"},
            "e": {"prefixItems": [{"type": "string"}], "items": {"type": "object"}}, "f": {"$ref": "#/components/schemas/e/items"},
        }},
        "paths": {"/s": {"get": {"responses": {"200": {"content": {"m": {"itemSchema": {"items": {"const": 1}}}}}}}}}}),
        Version::V3_2(0),
    );
    let schemas = &document["components"]["schemas"];
    let leads = |reference: &Value| {
        let reference = reference.as_str().expect("is text");
        document.pointer(reference.strip_prefix("airlock:").unwrap_or(&reference[1..])).cloned()
    };
    assert_eq!(leads(&schemas["b"]["$ref"]), Some(json!({"type": "integer", "enum": [1]})));
    assert_eq!(leads(&schemas["c"]["properties"]["x"]["$ref"]), Some(json!({})));
    assert_eq!(schemas["c"]["properties"]["y"]["$ref"], "#/components/schemas/a");
    assert_eq!(leads(&schemas["d"]["$ref"]), Some(json!({"type": "integer", "enum": [1]})));
    assert_eq!(leads(&schemas["f"]["$ref"]), Some(json!({"type": "object"})));
    for (now, old) in [
        ("/components/schemas/a/anyOf/0/items/anyOf/1/properties/p", "/components/schemas/a/items/1/properties/p"),
        ("/components/schemas/a/anyOf/1/properties/q", "/components/schemas/a/properties/q"),
        ("/components/schemas/e/items/anyOf/1/type", "/components/schemas/e/items/type"),
    ] {
        assert_eq!(origins.of(now), Some((FileId(7), old.to_owned())));
        assert!(document.pointer(now).is_some(), "{now}");
    }
}

#[test]
fn what_is_around_is_converted_first_however_references_lead_there() {
    let document = modern(json!({
        "components": {"schemas": {"a": {"$ref": "s.yaml#/not/items/1"}, "b": {"$ref": "s.yaml#/not/items/1/properties/p"}}},
        FILES: {"s.yaml": {"not": {"type": ["string", "array"], "items": [{}, {"properties": {
            "p": {"type": ["object", "string"], "properties": {"q": {"const": 1}}},
            "r": {"$ref": "#/not/items/1/properties/p/properties/q"}, "up": {"$ref": "#"},
        }}]}}},
    }));
    let place = "/x-airlock-files/s.yaml/not/anyOf/1/items/anyOf/1";
    assert_eq!(document["components"]["schemas"]["a"]["$ref"], format!("airlock:{place}"));
    assert_eq!(document["components"]["schemas"]["b"]["$ref"], format!("airlock:{place}/properties/p"));
    let inner = document.pointer(place).map(|schema| &schema["properties"]["r"]["$ref"]);
    assert_eq!(inner, Some(&json!(format!("airlock:{place}/properties/p/anyOf/0/properties/q"))));
    assert_eq!(walked_in(&document), [format!("{place}/properties/p/anyOf/0/properties/q")]);
}

/// The references of a document of schemas, after conversion, by the schema that has one as `of`.
fn settled(schemas: &Value) -> Value {
    modern(json!({"components": {"schemas": schemas}}))["components"]["schemas"].clone()
}

#[test]
fn references_by_name_become_references_to_places() {
    let schemas = settled(&json!({
        "anchor": {"$ref": "#spot", "description": "D"},
        "unknown": {"$ref": "#nowhere"},
        "by_id": {"$ref": "https://example.org/s/tree"},
        "by_relative_id": {"$ref": "leaf.json#/not"},
        "into_id": {"$ref": "https://example.org/s/tree#/$defs/n%20n"},
        "tree": {"$id": "https://example.org/s/tree", "properties": {
            "self": {"$ref": "#"}, "own": {"$ref": "#/$defs/n%20n"}, "document": {"$ref": "#/components/schemas/anchor"},
            "spot": {"$ref": "#spot", "minLength": 1}, "leaf": {"$ref": "leaf.json"}, "gone": {"$ref": "#/$defs/gone"},
        }, "$defs": {"n n": {"$anchor": "spot"}}},
        "behind": {"not": {"$anchor": "spot"}},
        "leaf": {"$id": "leaf.json", "not": {}}, "far_leaf": {"$id": "https://example.org/s/leaf.json"},
        "dynamic": {"$dynamicRef": "#node"}, "beside": {"$dynamicRef": "#node", "minItems": 1},
        "pointer": {"$dynamicRef": "#/components/schemas/leaf"},
        "node": {"properties": {"$dynamicRef": {"$dynamicAnchor": "node"}}},
        "two": [{"$dynamicAnchor": "many"}],
        "many": {"allOf": [{"$dynamicAnchor": "many"}, {"$dynamicAnchor": "many"}, {"$dynamicRef": "#many"}]},
        "recursive": {"$recursiveRef": "#"},
    }));
    let at = |name: &str| format!("airlock:/components/schemas/{name}");
    assert_eq!(schemas["anchor"], json!({"$ref": at("tree/$defs/n n"), "description": "D"}));
    assert_eq!(schemas["unknown"]["$ref"], "#nowhere");
    assert_eq!(schemas["by_id"]["$ref"], at("tree"));
    assert_eq!(schemas["by_relative_id"]["$ref"], at("leaf/not"));
    assert_eq!(schemas["into_id"]["$ref"], at("tree/$defs/n n"));
    let tree = &schemas["tree"]["properties"];
    assert_eq!(tree["self"]["$ref"], at("tree"));
    assert_eq!(tree["own"]["$ref"], at("tree/$defs/n n"));
    assert_eq!(tree["document"]["$ref"], "#/components/schemas/anchor");
    assert_eq!(tree["spot"], json!({"minLength": 1, "allOf": [{"$ref": at("tree/$defs/n n")}]}));
    assert_eq!(tree["leaf"]["$ref"], at("leaf"));
    assert_eq!(tree["gone"]["$ref"], "#/$defs/gone");
    assert_eq!(schemas["dynamic"], json!({"$ref": at("node/properties/$dynamicRef")}));
    assert_eq!(schemas["beside"], json!({"minItems": 1, "allOf": [{"$ref": at("node/properties/$dynamicRef")}]}));
    assert_eq!(schemas["pointer"], json!({"$ref": at("leaf")}));
    assert_eq!(schemas["many"]["allOf"][2]["x-airlock-refuse"]["code"], "E0214");
    assert_eq!(schemas["recursive"]["x-airlock-refuse"]["code"], "E0214");
}

#[test]
fn anchors_of_other_files_are_found() {
    let document = modern(json!({
        "components": {"schemas": {"a": {"$ref": "schemas/all.yaml#pet"}, "b": {"$ref": "schemas/all.yaml#none"}}},
        FILES: {"schemas/all.yaml": {"$defs": {"Pet": {"$anchor": "pet", "const": 1, "not": {"$ref": "#pet"}}}}},
    }));
    let place = "/x-airlock-files/schemas~1all.yaml/$defs/Pet";
    assert_eq!(document["components"]["schemas"]["a"]["$ref"], format!("airlock:{place}"));
    assert_eq!(document["components"]["schemas"]["b"]["$ref"], "schemas/all.yaml#none");
    assert_eq!(document.pointer(place).map(|schema| &schema["not"]["$ref"]), Some(&json!(format!("airlock:{place}"))));
    assert_eq!(document.pointer(place).map(|schema| &schema["enum"]), Some(&json!([1])));
}

#[test]
fn a_document_may_refer_to_itself_by_its_own_name() {
    let document = json!({"$self": "https://example.org/api", "components": {"schemas": {
        "a": {"$ref": "https://example.org/api#/components/schemas/b"}, "b": {},
    }}});
    for (version, wanted) in [
        (Version::V3_2(0), "airlock:/components/schemas/b"),
        (Version::V3_1(0), "https://example.org/api#/components/schemas/b"),
    ] {
        assert_eq!(converted(document.clone(), version).0["components"]["schemas"]["a"]["$ref"], wanted);
    }
}

#[test]
fn schemas_of_a_foreign_dialect_are_refused_where_they_begin() {
    let document = modern(json!({"jsonSchemaDialect": "urn:mine", "components": {"schemas": {
        "a": {"properties": {"p": {"const": 1}}}, "b": {"$schema": "https://json-schema.org/draft/2020-12/schema", "const": 1},
    }}}));
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["a"]["x-airlock-refuse"]["code"], "E0214");
    assert_eq!(schemas["a"]["properties"]["p"].get("x-airlock-refuse"), None);
    assert_eq!(schemas["b"]["enum"], json!([1]));
}

/// Every pointer of a document.
fn pointers(document: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match document {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| pointers(value, &format!("{pointer}/{}", escape(key)), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| pointers(value, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

/// A document for each case, and one of references by name and into odd places.
fn documents() -> Vec<Value> {
    let mut documents: Vec<Value> = cases().iter().map(|case| around(&case["before"])).collect();
    documents.push(json!({
        "paths": {"/a": {"get": {"parameters": [{"schema": {"$ref": "f.yaml#/x"}}],
            "responses": {"200": {"content": {"m": {"itemSchema": {"$ref": "#/x-odd/items/0"}}}}}}}},
        "components": {"schemas": {
            "text": {"$id": "a/text", "$anchor": "t", "items": [{"$ref": "#t"}, {"$dynamicRef": "#t"}]},
            "leads": {"properties": {"a": {"$ref": "a/text#/items"}, "b": {"$dynamicRef": "#t"}, "c": {"$ref": "#"}}},
        }},
        "x-odd": {"items": [{"const": 1}, {"type": ["string", "integer"], "minLength": 1.0}]},
        FILES: {"f.yaml": {"x": {"$ref": "#anchor"}, "y": {"$anchor": "anchor", "anyOf": [{"type": "null"}, {"$ref": "#/x"}]}}},
    }));
    documents
}

#[test]
fn any_document_is_converted_once_and_for_all() {
    let replacements = [
        None,
        Some(json!(null)),
        Some(json!(true)),
        Some(json!(false)),
        Some(json!(7.0)),
        Some(json!("null")),
        Some(json!([])),
        Some(json!({})),
        Some(json!(["string", "null", "object"])),
        Some(json!({"$ref": "#/components/schemas/it/items"})),
        Some(json!([{"type": "null"}, {"const": null}])),
        Some(
            json!({"type": ["array", "object"], "items": [{}, false], "properties": {"a": false}, "prefixItems": [true]}),
        ),
    ];
    let mut turn = 0;
    for document in documents() {
        let mut places = Vec::new();
        pointers(&document, "", &mut places);
        for place in &places {
            for with in &replacements {
                turn += 1;
                let (_, version) = VERSIONS[turn % VERSIONS.len()];
                let (once, _) = converted(mutated(&document, place, with.as_ref()), version);
                let (twice, _) = converted(once.clone(), version);
                assert!(once == twice, "{place} as {with:?}, {version:?}\n{}", difference(&once, &twice, ""));
            }
        }
        turn += 1;
    }
}

/// The document with another value at a place, or without it.
fn mutated(document: &Value, place: &str, with: Option<&Value>) -> Value {
    let mut document = document.clone();
    let (around, token) = place.rsplit_once('/').unwrap_or(("", ""));
    match (with, document.pointer_mut(around)) {
        (None, Some(Value::Object(members))) => drop(members.shift_remove(&super::super::unescape(token))),
        (None, Some(Value::Array(items))) => drop(token.parse().map(|at: usize| items.remove(at))),
        (Some(with), _) => *document.pointer_mut(place).expect("is there") = with.clone(),
        _ => {}
    }
    document
}

/// The first place at which two documents differ.
fn difference(left: &Value, right: &Value, pointer: &str) -> String {
    if let (Value::Object(a), Value::Object(b)) = (left, right)
        && a.keys().eq(b.keys())
    {
        let key = a.keys().find(|key| a[*key] != b[*key]).expect("they differ");
        return difference(&a[key], &b[key], &format!("{pointer}/{}", escape(key)));
    }
    if let (Value::Array(a), Value::Array(b)) = (left, right)
        && a.len() == b.len()
    {
        let at = (0..a.len()).find(|at| a[*at] != b[*at]).expect("they differ");
        return difference(&a[at], &b[at], &format!("{pointer}/{at}"));
    }
    format!("{pointer}: {left}\n    {right}")
}
