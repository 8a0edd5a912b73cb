//! Schemas of objects and arrays.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Members, Purpose, ShapeReader, is_composed, is_never};
use crate::ir::{List, Object, Others, Property, Shape};
use crate::normalise::escape;
use crate::resolve::{Refusal, description, one_line};

/// How far `allOf` is followed for properties that are not offered.
const HIDDEN_DEPTH_MAX: usize = 8;

impl ShapeReader<'_> {
    pub(super) fn read_list(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        let items = match members.get("items") {
            Some(items @ (Value::Object(_) | Value::Bool(true))) => {
                self.read_within(items, &format!("{pointer}/items"))?
            }
            Some(_) => {
                self.note_here("`items` is not one schema, and is not checked");
                Shape::Any
            }
            None => Shape::Any,
        };
        Ok(Shape::List(Box::new(List {
            items,
            items_min: self.count(members, "minItems").unwrap_or(0),
            items_max: self.count(members, "maxItems"),
            unique: members.get("uniqueItems") == Some(&Value::Bool(true)),
        })))
    }

    pub(super) fn read_object(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        let listed = members.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut required: BTreeSet<&str> = listed.clone().filter_map(Value::as_str).collect();
        let empty = Map::new();
        let properties = members.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let mut object = Object::default();
        for (name, schema) in properties {
            let is_required = required.remove(name.as_str());
            if self.is_hidden(schema, pointer) {
                if self.purpose == Purpose::Received {
                    object.write_only.push(name.clone());
                }
                continue;
            }
            let property_pointer = format!("{pointer}/properties/{}", escape(name));
            let shape = self.read_within(schema, &property_pointer)?;
            if schema.as_object().is_some_and(is_never) && !is_required {
                continue;
            }
            let description = self.property_description(schema, &property_pointer);
            object.properties.push(Property { name: name.clone(), shape, required: is_required, description });
        }
        object.rest = self.read_rest(members, pointer, object.properties.is_empty())?;
        if self.purpose == Purpose::Received {
            object.others = others(members, object.rest.as_deref());
        }
        // What is required but not declared may be anything; where nothing is declared at all, a sibling may do so.
        for name in listed.filter_map(Value::as_str).filter(|name| required.remove(name)) {
            let (name, description) = (name.to_owned(), String::new());
            object.properties.push(Property { name, shape: Shape::Any, required: true, description });
        }
        object.properties_min = self.count(members, "minProperties").unwrap_or(0);
        object.properties_max = self.count(members, "maxProperties");
        Ok(Shape::Object(object))
    }

    fn read_rest(&mut self, members: &Members, pointer: &str, is_bare: bool) -> Result<Option<Box<Shape>>, Refusal> {
        let any = || Some(Box::new(Shape::Any));
        Ok(match members.get("additionalProperties") {
            Some(Value::Bool(false)) if self.purpose == Purpose::Sent => None,
            Some(Value::Bool(_)) => any(),
            Some(schema @ Value::Object(_)) => {
                Some(Box::new(self.read_within(schema, &format!("{pointer}/additionalProperties"))?))
            }
            Some(_) => {
                self.note_here("`additionalProperties` is no schema, and is not checked");
                any()
            }
            _ if self.purpose == Purpose::Received => any(),
            // The keys that a pattern admits are not known here.
            None if members.contains_key("patternProperties") => any(),
            // A schema that says by which property its kinds differ is met in all of them, and each has its own others.
            // Of one that is made of others, those others say so.
            None if members.contains_key("discriminator") && !is_composed(members) => {
                self.note_here("which further properties each kind has is not checked");
                any()
            }
            // The standard reads silence as "anything goes". Where properties are listed that is an oversight, and a
            // model's typo must not pass for a property.
            None if is_bare => any(),
            None => None,
        })
    }

    /// Whether the property goes the other way only.
    fn is_hidden(&self, schema: &Value, pointer: &str) -> bool {
        let keyword = if self.purpose == Purpose::Sent { "readOnly" } else { "writeOnly" };
        let own = schema.get(keyword);
        let target = || match schema.get("$ref") {
            Some(_) => {
                self.document.follow(schema, pointer.to_owned()).ok().and_then(|(target, _)| target.get(keyword))
            }
            None => None,
        };
        own.or_else(target) == Some(&Value::Bool(true))
    }

    /// The names of properties that go the other way only, of the schema and of what it is composed of.
    pub(super) fn hidden_names(&self, members: &Members, pointer: &str, names: &mut BTreeSet<String>) {
        // Each schema once: where all are made of all, there are more ways than anybody could go.
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![(members, pointer.to_owned())];
        for _ in 0..=HIDDEN_DEPTH_MAX {
            let mut further = Vec::new();
            for (members, pointer) in open {
                let properties = members.get("properties").and_then(Value::as_object);
                for (name, schema) in properties.into_iter().flatten() {
                    if self.is_hidden(schema, &pointer) {
                        names.insert(name.clone());
                    }
                }
                let branches = members.get("allOf").and_then(Value::as_array);
                for (position, branch) in branches.into_iter().flatten().enumerate() {
                    let branch_pointer = format!("{pointer}/allOf/{position}");
                    if let Ok((Value::Object(members), pointer)) = self.document.follow(branch, branch_pointer)
                        && seen.insert(pointer.clone())
                    {
                        further.push((members, pointer));
                    }
                }
            }
            open = further;
        }
    }

    /// What a model is told about a property: its own description or that of what it refers to, and its default.
    fn property_description(&self, schema: &Value, pointer: &str) -> String {
        if self.purpose == Purpose::Received {
            return String::new();
        }
        let target = self.document.follow(schema, pointer.to_owned()).map_or(schema, |(target, _)| target);
        let text = description(schema).or_else(|| description(target)).unwrap_or_default();
        with_default(text, schema.get("default").or_else(|| target.get("default")))
    }
}

/// What a rule may find in an object of an answer besides what is listed. The standard reads silence as "anything goes",
/// but then no typo in a rule would ever be found.
fn others(members: &Members, rest: Option<&Shape>) -> Others {
    let is_open = |keyword: &str| members.get(keyword).is_some_and(|value| *value != Value::Bool(false));
    if is_open("additionalProperties") {
        return if rest == Some(&Shape::Any) { Others::Any } else { Others::None };
    }
    if has_more(members) {
        return Others::Any;
    }
    if members.contains_key("discriminator") && !is_composed(members) { Others::OfKinds } else { Others::None }
}

/// Whether a schema has keywords that may bring in properties which are not read: those of names that are not known, and
/// those of schemas that hold under a condition.
pub(super) fn has_more(members: &Members) -> bool {
    let is_open = |keyword: &str| members.get(keyword).is_some_and(|value| *value != Value::Bool(false));
    ["patternProperties", "unevaluatedProperties", "then", "else", "dependentSchemas"].into_iter().any(is_open)
}

/// A description that says what the upstream takes for a value that is left out. Defaults are never sent.
pub(in crate::resolve) fn with_default(text: String, default: Option<&Value>) -> String {
    let value = match default {
        None | Some(Value::Null) => return text,
        Some(value) => one_line(&value.to_string()),
    };
    // Whoever has described the default does so in words.
    if value.len() > 100 || text.to_ascii_lowercase().contains("default") {
        return text;
    }
    let end = if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    let blank = if text.is_empty() { "" } else { " " };
    format!("{text}{end}{blank}Default: {value}.")
}
