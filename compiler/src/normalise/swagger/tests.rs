//! The conversion by tables: `testdata/*.yaml`, each a list of cases with a part of a document before, and what stands
//! at some pointers after.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{METHODS, convert};
use crate::load::{LoadedDocument, LoadedFile};
use crate::normalise::{FILES, Files, Origins, Version, escape, normalise_document};
use crate::report::{FileId, Report};

/// The document's own file, as references name it.
const ROOT: &str = "api.yaml";

/// Converts `document` with other files, by path; also gives where things came from, as path and pointer.
fn converted(mut document: Value, others: &Map<String, Value>) -> (Value, impl Fn(&str) -> (String, String) + use<>) {
    let mut origins = Origins::default();
    let mut names = vec![ROOT.to_owned()];
    document["swagger"] = "2.0".into();
    for (path, other) in others {
        origins.insert(format!("/{FILES}/{}", escape(path)), FileId(names.len()), String::new());
        names.push(path.clone());
        document[FILES][path] = other.clone();
    }
    convert(&mut document, &files(), FileId(0), &mut origins);
    let origin = move |pointer: &str| {
        let (file, old) = origins.of(pointer).unwrap_or_else(|| (FileId(0), pointer.to_owned()));
        (names[file.0].clone(), old)
    };
    (document, origin)
}

fn files() -> Files {
    Files { root: ROOT.to_owned(), vendored: BTreeMap::new() }
}

fn cases() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/normalise/swagger/testdata");
    let mut paths: Vec<_> =
        directory.read_dir().expect("is there").map(|entry| entry.expect("is there").path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("is there");
        let listed: Vec<Value> = serde_yaml::from_str(&text).expect("is a list");
        let file = path.file_name().expect("has one").to_string_lossy().into_owned();
        cases.extend(
            listed.into_iter().map(|case| (format!("{file}: {}", case["name"].as_str().expect("a name")), case)),
        );
    }
    cases
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn every_row_of_the_tables_holds() {
    let mut failures = Vec::new();
    let cases = cases();
    for (name, case) in &cases {
        let (after, origin) = converted(case["before"].clone(), &object(&case["files"]));
        for (pointer, wanted) in object(&case["after"]) {
            let found = after.pointer(&pointer).cloned().unwrap_or_else(|| "absent".into());
            if found != wanted {
                failures.push(format!("{name}\n  {pointer}\n  is     {found}\n  wanted {wanted}"));
            }
        }
        for (pointer, wanted) in object(&case["origins"]) {
            let (file, old) = origin(&pointer);
            let wanted: Vec<String> = match wanted {
                Value::String(old) => vec![ROOT.to_owned(), old],
                wanted => serde_json::from_value(wanted).expect("a file and a pointer"),
            };
            if wanted != [file.clone(), old.clone()] {
                failures.push(format!("{name}\n  {pointer}\n  came from {file} {old}\n  wanted    {wanted:?}"));
            }
        }
    }
    assert!(cases.len() > 50, "the tables are read: {}", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_converted_is_an_operation_of_3_0_whose_references_lead_somewhere() {
    let mut operations = 0;
    for (name, case) in cases() {
        let (after, _) = converted(case["before"].clone(), &object(&case["files"]));
        each_reference(&after, &mut |text| {
            if let Some(pointer) = text.strip_prefix("airlock:") {
                assert!(after.pointer(pointer).is_some(), "{name}: {text}");
            }
        });
        let roots = [&after["paths"], &after[FILES]];
        let items = roots.iter().filter_map(|root| root.as_object()).flat_map(Map::values);
        for operation in items.flat_map(|item| METHODS.map(|method| &item[method])).filter(|value| value.is_object()) {
            operations += 1;
            if let Err(error) = serde_json::from_value::<openapiv3::Operation>(operation.clone()) {
                panic!("{name}: {error}: {operation}");
            }
        }
    }
    assert!(operations > 50, "{operations}");
}

fn each_reference(value: &Value, seen: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get("$ref") {
                seen(text);
            }
            members.values().for_each(|member| each_reference(member, seen));
        }
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, seen)),
        _ => {}
    }
}

#[test]
fn the_order_of_what_the_author_wrote_is_kept() {
    let before = json!({"paths": {"/a": {"post": {
        "parameters": [
            {"in": "formData", "name": "z", "type": "string", "maxLength": 1, "description": "D", "enum": ["a"]},
            {"in": "formData", "name": "a", "type": "string"},
            {"in": "query", "description": "Q", "type": "string", "name": "q", "required": true, "pattern": "a"},
        ],
        "responses": {"404": {"description": "D"}, "200": {"headers": {}, "schema": {}, "description": "D"}},
        "summary": "S",
    }}}});
    let (after, _) = converted(before, &Map::new());
    assert_eq!(
        after.pointer("/paths/~1a/post").expect("is there").to_string(),
        concat!(
            r#"{"parameters":[{"in":"query","description":"Q","name":"q","required":true,"#,
            r#""schema":{"type":"string","pattern":"a"}}],"#,
            r#""responses":{"404":{"description":"D"},"#,
            r#""200":{"headers":{},"description":"D","content":{"application/json":{"schema":{}}}}},"summary":"S","#,
            r#""requestBody":{"content":{"application/x-www-form-urlencoded":{"schema":{"type":"object","properties":{"#,
            r#""z":{"type":"string","maxLength":1,"enum":["a"],"description":"D"},"a":{"type":"string"}}}}}}}"#
        )
    );
}

#[test]
fn too_many_media_types_are_refused_not_cut_in_silence() {
    let types: Vec<String> = (0..100).map(|number| format!("a/{number}")).collect();
    let before = json!({"consumes": types, "produces": types, "responses": {"r": {"description": "", "schema": {}}},
        "paths": {"/a": {"post": {"parameters": [{"name": "b", "in": "body", "schema": {}}],
            "responses": {"200": {"description": "", "schema": {}}, "201": {"$ref": "#/responses/r"}}}}}});
    let (after, _) = converted(before, &Map::new());
    for (pointer, code) in [
        ("/paths/~1a/post/requestBody", "E0213"),
        ("/paths/~1a/post/responses/200", "E0215"),
        ("/responses/r", "E0215"),
    ] {
        let value = after.pointer(pointer).expect("is there");
        assert_eq!(value["content"].as_object().map(Map::len), Some(64), "{pointer}");
        assert_eq!(value["x-airlock-refuse"]["code"], code, "{pointer}");
    }
}

#[test]
fn one_long_answer_is_not_copied_without_end() {
    let responses: Map<String, Value> =
        (0..100).map(|status| ((200 + status).to_string(), json!({"$ref": "#/responses/r"}))).collect();
    let before = json!({"responses": {"r": {"description": "D".repeat(1 << 20), "schema": {}}},
        "paths": {"/a": {"get": {"produces": ["a/b"], "responses": responses}}}});
    let (after, _) = converted(before, &Map::new());
    let last = &after["paths"]["/a"]["get"]["responses"]["299"];
    assert_eq!(last["x-airlock-refuse"]["code"], "E0215");
    assert!(after.to_string().len() < 20 << 20);
}

/// Every pointer of a value.
fn pointers(value: &Value, pointer: &str, all: &mut Vec<String>) {
    all.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| pointers(member, &format!("{pointer}/{}", escape(key)), all));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| pointers(item, &format!("{pointer}/{at}"), all));
        }
        _ => {}
    }
}

/// Removes what stands at a pointer.
fn remove(document: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').unwrap_or_default();
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.shift_remove(&crate::normalise::unescape(last))),
        Some(Value::Array(items)) => drop(last.parse().map(|at: usize| items.remove(at))),
        _ => {}
    }
}

/// How many references of the root's file lead to nothing.
fn dangling(document: &Value, others: &Map<String, Value>) -> usize {
    let mut count = 0;
    each_reference(document, &mut |text| {
        let target = files().resolve("", text).unwrap_or_default();
        let (root, pointer) = match crate::normalise::file_of(&target) {
            Some(path) => {
                (others.get(&path), target.splitn(4, '/').nth(3).map_or(String::new(), |rest| format!("/{rest}")))
            }
            None => (Some(document), target),
        };
        count += usize::from(root.and_then(|root| root.pointer(&pointer)).is_none());
    });
    count
}

#[test]
fn no_mistake_in_a_document_panics_or_loses_the_rest_of_it() {
    let wrong = [
        json!(null),
        json!(true),
        json!(7),
        json!(""),
        json!("x"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"$ref": "#"}),
        json!({"$ref": "#/paths"}),
        json!({"$ref": 1}),
        json!({"a": {"type": "array"}}),
    ];
    let mut converted_documents = 0;
    for (_, case) in cases() {
        let others = object(&case["files"]);
        let mut places = Vec::new();
        pointers(&case["before"], "", &mut places);
        for place in places.iter().filter(|place| !place.is_empty()) {
            let mut removed = case["before"].clone();
            remove(&mut removed, place);
            let replaced = wrong.iter().map(|value| {
                let mut document = case["before"].clone();
                *document.pointer_mut(place).expect("is there") = value.clone();
                document
            });
            for document in std::iter::once(removed).chain(replaced) {
                converted_documents += 1;
                let paths = object(&document["paths"]);
                let is_whole = dangling(&document, &others) == dangling(&case["before"], &others);
                let (after, _) = converted(document, &others);
                assert!(paths.keys().eq(object(&after["paths"]).keys()), "{place}: a path is lost");
                each_reference(&after, &mut |text| {
                    if is_whole && let Some(pointer) = text.strip_prefix("airlock:") {
                        assert!(after.pointer(pointer).is_some(), "{place}: {text}");
                    }
                });
            }
        }
    }
    assert!(converted_documents > 10_000, "{converted_documents}");
}

#[test]
fn a_document_that_says_2_0_in_any_way_is_read_and_no_other() {
    let read = |version: Value| {
        let value = json!({"swagger": version, "info": {"title": "T", "version": "1"}, "basePath": "/v1"});
        let file = LoadedFile { id: FileId(0), value, sha256: String::new() };
        let name = ROOT.to_owned();
        let (others, vendored, sha256) = (BTreeMap::new(), BTreeMap::new(), String::new());
        let mut report = Report::default();
        let loaded = LoadedDocument { name, file, others, vendored, sha256 };
        normalise_document(loaded, &mut report)
            .map(|document| (document.version, document.value["servers"][0]["url"].clone()))
    };
    for version in [json!("2.0"), json!(2.0)] {
        assert_eq!(read(version), Some((Version::Swagger2, json!("/v1"))));
    }
    for version in [json!("1.2"), json!(1.2), json!(null), json!("3.0"), json!("2.0.1")] {
        assert_eq!(read(version.clone()), None, "{version}");
    }
}
