//! Types: lists of them, null among them, and single values.

use serde_json::{Map, Value};

use super::note;
use super::rewrite::{Members, Site};
use crate::normalise::Version;

/// What says "null, and nothing else" in the shape of OpenAPI 3.0.
fn null_only(members: &mut Members) {
    members.shift_remove("type");
    members.insert("enum".to_owned(), Value::Array(vec![Value::Null]));
    members.insert("nullable".to_owned(), true.into());
}

/// `const` -> `enum` of one, and its type where none is given (JSON Schema 2020-12, validation, section 6.1.3).
pub(super) fn constant(members: &mut Members) {
    let Some(value) = members.shift_remove("const") else { return };
    if !members.contains_key("type")
        && let Some(kind) = kind_of(&value)
    {
        members.insert("type".to_owned(), kind.into());
    }
    members.insert("enum".to_owned(), Value::Array(vec![value]));
}

/// The type of a value; `None` for null, which is no type of OpenAPI 3.0.
fn kind_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(members) if members.contains_key("x-airlock-integer") => "integer",
        Value::Object(_) => "object",
    })
}

/// An empty `enum` allows nothing, which nobody means; one of nulls alone allows null.
pub(super) fn values(members: &mut Members) {
    match members.get("enum") {
        Some(Value::Array(values)) if values.is_empty() => {
            members.shift_remove("enum");
            note(members, "`enum` is empty; it is read as if it were not there");
        }
        Some(values) if is_nulls(values) => null_only(members),
        _ => {}
    }
}

/// Lists of types, `null` as a type, and 2.0's `file`.
pub(super) fn types(members: &mut Members, site: &mut Site<'_>) {
    match members.get("type") {
        Some(Value::String(kind)) if kind == "null" => null_only(members),
        Some(Value::String(kind)) if kind == "file" => file(members, site.version),
        Some(Value::Array(kinds)) => {
            // YAML reads an unquoted `null` as the value; the word is plainly meant.
            let words = kinds.iter().map(|kind| if kind.is_null() { Some("null") } else { kind.as_str() });
            let Some(words) = words.collect::<Option<Vec<&str>>>() else { return };
            let has_number = words.contains(&"number");
            let mut kinds: Vec<String> = Vec::new();
            for word in &words {
                let is_known = kinds.iter().any(|kind| kind == word) || kinds.len() >= KINDS_MAX;
                let is_number = *word == "integer" && has_number;
                if *word != "null" && !is_known && !is_number {
                    kinds.push((*word).to_owned());
                }
            }
            let nullable = words.contains(&"null");
            listed(members, kinds, nullable, site);
        }
        _ => {}
    }
}

/// The type `file` of 2.0; in later versions it is no type.
fn file(members: &mut Members, version: Version) {
    if version == Version::Swagger2 && members.get("type").is_some_and(|kind| kind == "file") {
        members.insert("type".to_owned(), "string".into());
        members.insert("format".to_owned(), "binary".into());
    }
}

/// There are six types beside null; the rest of a longer list of words cannot be types.
const KINDS_MAX: usize = 16;

fn listed(members: &mut Members, mut kinds: Vec<String>, nullable: bool, site: &mut Site<'_>) {
    if nullable {
        if kinds.is_empty() {
            return null_only(members);
        }
        members.insert("nullable".to_owned(), true.into());
    }
    if let Some(Value::Array(values)) = members.get_mut("enum")
        && kinds.len() > 1
    {
        // The values say it all: those of the types, and no type beside them unless it is the only one.
        values.retain(|value| value.is_null() || kinds.iter().any(|kind| admits(kind, value)));
        kinds.retain(|kind| values.iter().any(|value| admits(kind, value)));
        if values.is_empty() {
            members.shift_remove("enum");
            members.insert("not".to_owned(), Map::new().into());
        }
        if kinds.len() != 1 {
            members.shift_remove("type");
            return;
        }
    }
    match kinds.as_slice() {
        [] => {
            members.shift_remove("type");
            note(members, "`type` is an empty list; it is read as if it were not there");
        }
        [kind] => {
            members.insert("type".to_owned(), kind.as_str().into());
            file(members, site.version);
        }
        _ => split(members, &kinds, site),
    }
}

/// Whether a value is of a type. A word that is no type admits all.
fn admits(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0) || kind_of(value) == Some("integer"),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// The types that a keyword says something about; none for those that hold for every type, and for `unevaluated…`, which
/// look at what stands beside them.
fn subjects(keyword: &str, value: &Value) -> &'static [&'static str] {
    match keyword {
        "minLength" | "maxLength" | "pattern" | "contentEncoding" | "contentMediaType" | "contentSchema" => &["string"],
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => &["number", "integer"],
        "items" | "prefixItems" | "additionalItems" | "minItems" | "maxItems" | "uniqueItems" | "contains"
        | "minContains" | "maxContains" => &["array"],
        "properties"
        | "required"
        | "additionalProperties"
        | "patternProperties"
        | "propertyNames"
        | "minProperties"
        | "maxProperties"
        | "dependentRequired"
        | "dependentSchemas"
        | "dependencies"
        | "discriminator" => &["object"],
        "format" => match value.as_str().unwrap_or_default() {
            "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" | "uint" | "int" => {
                &["integer", "number"]
            }
            "float" | "double" | "decimal" | "double-int" => &["number", "integer"],
            _ => &["string"],
        },
        _ => &[],
    }
}

/// `type: [x, y]` -> `anyOf`, a branch for each type, with the keywords that say something about it.
fn split(members: &mut Members, kinds: &[String], site: &mut Site<'_>) {
    let is_plain = members.iter().all(|(keyword, value)| subjects(keyword, value).is_empty());
    let has_choice = members.contains_key("anyOf") || members.contains_key("oneOf");
    if is_plain && kinds.len() >= 5 && members.get("nullable") == Some(&Value::Bool(true)) {
        // Every type there is, and null.
        if ["string", "number", "boolean", "object", "array"].iter().all(|kind| kinds.iter().any(|own| own == kind)) {
            members.shift_remove("type");
            return;
        }
    }
    if is_plain && has_choice && distribute(members) {
        return;
    }
    let mut branches: Vec<(&str, Members)> =
        kinds.iter().map(|kind| (kind.as_str(), Map::from_iter([("type".to_owned(), kind.as_str().into())]))).collect();
    // Another choice between types stands beside that one, so it goes where several can stand.
    let (at, first) = match members.get("allOf") {
        _ if !has_choice => ("/anyOf".to_owned(), "anyOf"),
        None => ("/allOf/0/anyOf".to_owned(), "allOf"),
        Some(Value::Array(all)) => (format!("/allOf/{}/anyOf", all.len()), "allOf"),
        Some(_) => return,
    };
    let mut outer = Map::new();
    for (keyword, value) in std::mem::take(members) {
        let subjects = subjects(&keyword, &value);
        let owner = subjects.iter().find_map(|subject| branches.iter().position(|(kind, _)| kind == subject));
        match owner {
            _ if keyword == "type" => {}
            Some(owner) => {
                let (from, to) = (format!("/{keyword}"), format!("{at}/{owner}/{keyword}"));
                site.moved.place(from, to);
                branches[owner].1.insert(keyword, value);
            }
            None if subjects.is_empty() => {
                outer.insert(keyword, value);
            }
            // It says nothing about any type that is allowed.
            None => {}
        }
    }
    for position in 0..branches.len() {
        site.moved.made(format!("{at}/{position}"), "");
    }
    let choice = Value::Array(branches.into_iter().map(|(_, branch)| branch.into()).collect());
    if first == "anyOf" {
        outer.insert("anyOf".to_owned(), choice);
    } else if let Value::Array(all) = outer.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        all.push(Value::Object(Map::from_iter([("anyOf".to_owned(), choice)])));
    }
    *members = outer;
}

/// A list of types beside a choice goes into the branches of the choice that name no type; the walk splits it there.
/// Answers whether it could: a branch that is a reference cannot take it.
fn distribute(members: &mut Members) -> bool {
    let types = members.get("type").and_then(Value::as_array).filter(|types| types.len() <= KINDS_MAX).cloned();
    let Some(types) = types.map(Value::Array) else { return false };
    let keyword = if members.contains_key("anyOf") { "anyOf" } else { "oneOf" };
    let Some(Value::Array(branches)) = members.get_mut(keyword) else { return false };
    let fits = |branch: &Value| branch.as_object().is_some_and(|branch| !branch.contains_key("$ref"));
    if branches.is_empty() || branches.len() > BRANCHES_MAX || !branches.iter().all(fits) {
        return false;
    }
    for branch in branches.iter_mut().filter_map(Value::as_object_mut) {
        branch.entry("type").or_insert_with(|| types.clone());
    }
    members.shift_remove("type");
    true
}

/// A choice of more is left alone rather than given a copy of the types for each.
const BRANCHES_MAX: usize = 1000;

/// Whether a schema, in any version's words, allows null and nothing else.
pub(super) fn is_null(schema: &Value) -> bool {
    schema.as_object().is_some_and(is_null_only)
}

/// The same of a schema's keywords.
pub(super) fn is_null_only(members: &Members) -> bool {
    let by_type = match members.get("type") {
        Some(Value::Array(kinds)) => !kinds.is_empty() && kinds.iter().all(|kind| kind.is_null() || kind == "null"),
        // Left empty in YAML it is no type; alone in a branch it is plainly the word.
        Some(Value::Null) => members.len() == 1,
        kind => kind.is_some_and(|kind| kind == "null"),
    };
    by_type || members.get("const").is_some_and(Value::is_null) || members.get("enum").is_some_and(is_nulls)
}

fn is_nulls(values: &Value) -> bool {
    values.as_array().is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
}

/// A branch of `anyOf` or `oneOf` that allows null alone becomes one that allows nothing, and the whole nullable. The
/// branch stays, for references to those behind it count from the front.
pub(super) fn null_branches(members: &mut Members, is_null: &mut dyn FnMut(&Value) -> bool) {
    let admitted = admits_null(members);
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = members.get_mut(keyword) else { continue };
        let nulls: Vec<bool> = branches.iter().map(&mut *is_null).collect();
        let is_real = |(branch, null): (&Value, &bool)| !*null && !is_nothing(branch);
        if !nulls.contains(&true) || !branches.iter().zip(&nulls).any(is_real) {
            continue;
        }
        for (branch, _) in branches.iter_mut().zip(nulls).filter(|(_, null)| *null) {
            *branch = nothing();
        }
        if admitted {
            members.insert("nullable".to_owned(), true.into());
        }
    }
}

/// Whether the keywords beside a choice let null through.
fn admits_null(members: &Members) -> bool {
    let by_type = members.get("type").is_none_or(|_| members.get("nullable") == Some(&Value::Bool(true)));
    let by_value = members.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(&Value::Null));
    by_type && by_value
}

/// The schema that allows nothing.
pub(super) fn nothing() -> Value {
    Map::from_iter([("not".to_owned(), Map::new().into())]).into()
}

fn is_nothing(schema: &Value) -> bool {
    *schema == false || *schema == nothing()
}
