//! One schema -> the shape of OpenAPI 3.0, in place. What it holds is rewritten when the walk comes to it.
//!
//! Only what the reader of shapes could not take is changed. Keywords that it can only note (`not`, `if`, `contains`,
//! `patternProperties`, …) stay as they are. Every rewriting is idempotent: what is in shape already stays as it is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::moves::Moved;
use super::{beside, content, limits, note, tuples, types};
use crate::normalise::Version;

pub(super) type Members = Map<String, Value>;

/// The schema that is being rewritten.
#[derive(Debug)]
pub(super) struct Site<'a> {
    /// Where it stands.
    pub pointer: &'a str,
    /// Which version its author wrote.
    pub version: Version,
    /// What changed its place in it.
    pub moved: Moved,
}

impl Site<'_> {
    /// Whether schemas are those of JSON Schema 2020-12 (OpenAPI 3.1 and later).
    pub(super) fn is_modern(&self) -> bool {
        self.version >= Version::V3_1(0)
    }
}

/// What has to be done, found in one pass over the keywords: most schemas need nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Due {
    nullable: bool,
    reference: bool,
    types: bool,
    values: bool,
    branches: bool,
    properties: bool,
    required: bool,
    items: bool,
    limits: bool,
    content: bool,
    unevaluated: bool,
    discriminator: bool,
}

impl Due {
    fn of(members: &Members) -> Self {
        let mut due = Self::default();
        for (key, value) in members {
            match key.as_str() {
                "x-nullable" => due.nullable = true,
                "$ref" => due.reference = value.is_string(),
                "type" => due.types = value.as_str().is_none_or(|kind| matches!(kind, "null" | "file")),
                "const" => due.values = true,
                "enum" => due.values |= value.as_array().is_some_and(|values| values.iter().all(Value::is_null)),
                "anyOf" | "oneOf" => due.branches = true,
                "properties" => {
                    due.properties =
                        value.as_object().is_some_and(|schemas| schemas.values().any(|schema| *schema == false));
                }
                "required" => due.required = value.is_boolean(),
                "prefixItems" => due.items = true,
                "items" => due.items |= value.is_array() || *value == false,
                "exclusiveMinimum" | "exclusiveMaximum" => due.limits |= !value.is_boolean(),
                key if limits::COUNTS.contains(&key) => due.limits |= value.is_f64(),
                "contentEncoding" | "contentMediaType" => due.content = true,
                "unevaluatedProperties" | "unevaluatedItems" => due.unevaluated = true,
                "discriminator" => due.discriminator = true,
                _ => {}
            }
        }
        due
    }
}

/// Rewrites one schema.
pub(super) fn rewrite(members: &mut Members, site: &mut Site<'_>) {
    let due = Due::of(members);
    if due.nullable && members.shift_remove("x-nullable") == Some(Value::Bool(true)) {
        members.insert("nullable".to_owned(), true.into());
    }
    if due.reference && !beside::reference(members, site) {
        // What stands beside a reference is not read.
        return;
    }
    // Before types are split: what it looks at must still stand beside it.
    if due.unevaluated {
        unevaluated(members);
    }
    if due.values {
        types::constant(members);
        types::values(members);
    }
    if due.types {
        types::types(members, site);
    }
    if due.branches {
        types::null_branches(members, &mut types::is_null);
    }
    if due.properties {
        drop_forbidden(members);
    }
    if due.required && !members.contains_key("in") {
        members.shift_remove("required");
        note(members, "`required` is a list of names; the word beside it is not read");
    }
    if due.items || due.unevaluated {
        tuples::items(members, site);
    }
    if due.limits {
        limits::limits(members);
    }
    if due.content {
        content::content(members);
    }
    if due.discriminator {
        discriminator(members);
    }
}

/// A property whose schema is `false` must not be there: it is taken out of the list, unless it must be there too.
fn drop_forbidden(members: &mut Members) {
    let required = members.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: BTreeSet<String> = required.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let Some(Value::Object(properties)) = members.get_mut("properties") else { return };
    let mut dropped = Vec::new();
    properties.retain(|name, schema| {
        let keep = *schema != false || required.contains(name);
        if !keep {
            dropped.push(format!("`{name}`"));
        }
        keep
    });
    let is_bare = properties.is_empty();
    // The reader lets pass what is not listed here, unless something else is listed.
    if !dropped.is_empty() && members.get("additionalProperties").map_or(is_bare, |rest| *rest != false) {
        note(members, &format!("forbidden properties are let pass: {}", dropped.join(", ")));
    }
}

/// Without other schemas beside it, what is unevaluated is what is additional (JSON Schema 2020-12, core, section 11).
fn unevaluated(members: &mut Members) {
    let beside = ["allOf", "anyOf", "oneOf", "$ref", "$dynamicRef", "if", "dependentSchemas", "contains"];
    let plain = !beside.iter().any(|keyword| members.contains_key(*keyword));
    for (keyword, additional) in [("unevaluatedProperties", "additionalProperties"), ("unevaluatedItems", "items")] {
        let Some(flag) = members.get(keyword).and_then(Value::as_bool) else { continue };
        if flag || members.get(additional).is_some_and(|rest| !rest.is_array()) {
            // Everything is evaluated, or may be there.
            members.shift_remove(keyword);
        } else if plain && !members.contains_key(additional) {
            members.shift_remove(keyword);
            members.insert(additional.to_owned(), false.into());
        }
    }
}

/// In 2.0 the name alone; from 3.0 on an object with it (OpenAPI 3.0.4, section 4.7.25).
fn discriminator(members: &mut Members) {
    match members.get_mut("discriminator") {
        Some(Value::Object(object)) if object.get("propertyName").is_some_and(Value::is_string) => {}
        Some(value @ Value::String(_)) => {
            let name = value.take();
            *value = Map::from_iter([("propertyName".to_owned(), name)]).into();
        }
        _ => {
            members.shift_remove("discriminator");
            note(members, "`discriminator` names no property");
        }
    }
}
