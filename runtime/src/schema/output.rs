//! The schema of answers, and the check that makes it true.
//!
//! Clients check every answer against it, and one keyword that they read otherwise takes the whole list of tools down.
//! So it says types, members and items, and no more: no patterns, formats, bounds or closed objects, and what a document
//! lists as allowed words stands in the description, since upstreams add to those. Null is admitted for a member that may
//! be missing and for any array: many upstreams write it there, whatever their document says. An answer is checked against
//! the same before it goes out. The root is an object: an answer that is none stands in `{"result": …}`, as `mcp` sends it.

use airlock_contract::shape::{Named, Object, Shape};
use serde_json::{Map, Value, json};

use super::{describe, object};
use crate::arguments::object_of;
use crate::untrusted::one_line;

/// Comparisons for one answer. A recursive choice can ask for more than any honest answer needs.
const STEPS_MAX: u32 = 1_000_000;

/// Shapes inside of shapes. Values are less deep, so only a shape that stands for itself gets there.
const DEPTH_MAX: u32 = 1000;

/// An answer's schema has no more subschemas than this, and of those beyond only the type is told. A list of some hundred
/// tools has to stay well below the ten megabytes that clients read as one message.
const NODES_MAX: usize = 200;

/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 160;

/// Words that a description lists.
const LISTED_MAX: usize = 40;

/// The schema of a tool's answer; none where nothing is known of it.
pub fn of_output(shape: &Shape) -> Option<Value> {
    if matches!(shape, Shape::Any) {
        return None;
    }
    let mut writer = Writer { open: Vec::new(), nodes: 0 };
    let schema = match kinds(shape, &mut Vec::new()) {
        Kinds::Objects => with_type(writer.shape(shape)),
        Kinds::NoObjects => wrapped(&writer.shape(shape)),
        Kinds::Both => match object_of(shape) {
            Some(members) => or_result(writer.object(&members)),
            None => object(json!({"type": "object"})),
        },
    };
    Some(schema.into())
}

/// Which values a shape admits, seen as the root of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinds {
    Objects,
    NoObjects,
    Both,
}

fn kinds(shape: &Shape, open: &mut Vec<*const Named>) -> Kinds {
    match shape {
        Shape::Object(_) | Shape::File => Kinds::Objects,
        Shape::Any => Kinds::Both,
        Shape::Nullable(inner) => match kinds(inner, open) {
            Kinds::NoObjects => Kinds::NoObjects,
            _ => Kinds::Both,
        },
        Shape::Named(named) if open.contains(&std::ptr::from_ref(*named)) => Kinds::Both,
        Shape::Named(named) => {
            open.push(*named);
            let kinds = kinds(&named.shape, open);
            open.pop();
            kinds
        }
        Shape::AnyOf(shapes) => {
            let all: Vec<Kinds> = shapes.iter().map(|shape| kinds(shape, open)).collect();
            match all.first() {
                Some(first) if all.iter().all(|one| one == first) => *first,
                _ => Kinds::Both,
            }
        }
        Shape::Literals(literals) if literals.iter().any(|json| json.trim_start().starts_with('{')) => Kinds::Both,
        _ => Kinds::NoObjects,
    }
}

/// The schema of an object, made true of `{"result": null}` as well: no member is there for sure.
fn or_result(mut schema: Map<String, Value>) -> Map<String, Value> {
    schema.remove("required");
    schema.remove("additionalProperties");
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.shift_remove("result");
    }
    schema
}

fn wrapped(schema: &Map<String, Value>) -> Map<String, Value> {
    object(json!({"type": "object", "properties": {"result": schema}, "required": ["result"]}))
}

/// Clients want the type at the root, also beside a choice.
fn with_type(schema: Map<String, Value>) -> Map<String, Value> {
    let mut root = object(json!({"type": "object"}));
    root.extend(schema);
    root
}

/// A schema, or null beside it; as it is where null is in already.
fn or_null(schema: &Map<String, Value>) -> Map<String, Value> {
    let nothing = json!({"type": "null"});
    let known = schema.get("anyOf").and_then(Value::as_array).is_some_and(|any| any.contains(&nothing));
    if known || !schema.contains_key("type") && !schema.contains_key("anyOf") {
        return schema.clone();
    }
    object(json!({"anyOf": [schema, nothing]}))
}

struct Writer {
    /// Named shapes that are being written: one of them again is a cycle.
    open: Vec<&'static Named>,
    nodes: usize,
}

impl Writer {
    fn shape(&mut self, shape: &Shape) -> Map<String, Value> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return bare(shape);
        }
        match shape {
            Shape::Any => object(json!({"description": "Any JSON value."})),
            Shape::Boolean => object(json!({"type": "boolean"})),
            Shape::Integer(_) => object(json!({"type": "integer"})),
            Shape::Number(_) => object(json!({"type": "number"})),
            Shape::Text(_) => object(json!({"type": "string"})),
            Shape::List(list) => or_null(&object(json!({"type": "array", "items": self.shape(list.items)}))),
            Shape::Object(shape) => self.object(shape),
            Shape::Words(words) => {
                let mut schema = object(json!({"type": "string"}));
                describe(&mut schema, &listed(words.iter().copied()));
                schema
            }
            Shape::Literals(literals) => literal(literals),
            Shape::AnyOf(shapes) => {
                let any: Vec<Value> = shapes.iter().map(|shape| self.shape(shape).into()).collect();
                object(json!({"anyOf": any}))
            }
            Shape::Nullable(inner) => or_null(&self.shape(inner)),
            Shape::File => object(json!({"type": "object"})),
            Shape::Named(named) => self.named(named),
        }
    }

    fn named(&mut self, named: &'static Named) -> Map<String, Value> {
        let open = self.open.iter().any(|other| std::ptr::eq(*other, named));
        if open {
            return super::cut(named);
        }
        self.open.push(named);
        let schema = self.shape(&named.shape);
        self.open.pop();
        schema
    }

    fn object(&mut self, shape: &Object) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for property in shape.properties {
            let mut schema = self.shape(&property.shape);
            if !property.required {
                schema = or_null(&schema);
            }
            describe(&mut schema, &one_line(property.description, DESCRIPTION_CHARS_MAX));
            properties.insert(property.name.to_owned(), schema.into());
            if property.required {
                required.push(Value::from(property.name));
            }
        }
        let mut schema = object(json!({"type": "object", "properties": properties}));
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        if let Some(rest) = shape.rest
            && !matches!(rest, Shape::Any)
        {
            schema.insert("additionalProperties".to_owned(), self.shape(rest).into());
        }
        schema
    }
}

/// The type of a shape and nothing else; nothing at all of a choice.
fn bare(shape: &Shape) -> Map<String, Value> {
    let kind = match shape {
        Shape::Boolean => "boolean",
        Shape::Integer(_) => "integer",
        Shape::Number(_) => "number",
        Shape::Text(_) | Shape::Words(_) => "string",
        Shape::List(_) => "array",
        Shape::Object(_) | Shape::File => "object",
        _ => return object(json!({"description": "Not described further."})),
    };
    object(json!({"type": kind}))
}

/// The type that all literals have, if it is one, and the literals in words.
fn literal(literals: &[&str]) -> Map<String, Value> {
    let mut schema = Map::new();
    if let Some(kind) = literal_type(literals) {
        schema.insert("type".to_owned(), kind.into());
    }
    describe(&mut schema, &listed(literals.iter().copied()));
    schema
}

/// The type that all literals have, if it is one.
fn literal_type(literals: &[&str]) -> Option<&'static str> {
    let mut kinds = literals.iter().map(|json| serde_json::from_str::<Value>(json).ok().map(|value| kind(&value)));
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if is_integer(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn listed<'a>(words: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: Vec<&str> = words.clone().take(LISTED_MAX).collect();
    let more = if words.count() > LISTED_MAX { " and others" } else { "" };
    one_line(&format!("Declared: {}{more}.", shown.join(", ")), DESCRIPTION_CHARS_MAX)
}

/// Where an answer is not what [`of_output`] says of it, in words; none if it is.
pub(crate) fn misfit(shape: &Shape, value: &Value) -> Option<String> {
    let mut walker = Walker { steps: 0, depth: 0, path: Vec::new() };
    match walker.fits(shape, value) {
        true => None,
        false if walker.steps > STEPS_MAX => Some("it is too large to be checked".to_owned()),
        false => {
            let path = walker.path.iter().rev().map(String::as_str).collect::<String>();
            let place =
                if path.is_empty() { "the whole".to_owned() } else { format!("`{}`", path.trim_start_matches('.')) };
            Some(format!("{place} is of another type, or missing"))
        }
    }
}

struct Walker {
    steps: u32,
    depth: u32,
    /// Where the last misfit is, innermost step first.
    path: Vec<String>,
}

impl Walker {
    fn fits(&mut self, shape: &Shape, value: &Value) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > STEPS_MAX || self.depth > DEPTH_MAX {
            return false;
        }
        self.depth += 1;
        let fits = self.inner(shape, value);
        self.depth -= 1;
        fits
    }

    fn inner(&mut self, shape: &Shape, value: &Value) -> bool {
        match (shape, value) {
            (Shape::Any, _)
            | (Shape::Boolean, Value::Bool(_))
            | (Shape::Number(_), Value::Number(_))
            | (Shape::Text(_) | Shape::Words(_), Value::String(_))
            | (Shape::File, Value::Object(_))
            | (Shape::Nullable(_) | Shape::List(_), Value::Null) => true,
            (Shape::Integer(_), Value::Number(number)) => is_integer(number),
            (Shape::List(list), Value::Array(items)) => items
                .iter()
                .enumerate()
                .all(|(position, item)| self.fits(list.items, item) || self.note(format!("[{position}]"))),
            (Shape::Object(object), Value::Object(map)) => self.members(object, map),
            (Shape::Literals(literals), value) => literals
                .iter()
                .filter_map(|json| serde_json::from_str::<Value>(json).ok())
                .any(|literal| kind(&literal) == kind(value) || kind(&literal) == "number" && value.is_number()),
            (Shape::AnyOf(shapes), value) => {
                let any = shapes.iter().any(|shape| self.fits(shape, value));
                // Which choice was meant is not known, so the misfit is the choice's.
                self.path.clear();
                any
            }
            (Shape::Nullable(inner), value) => self.fits(inner, value),
            (Shape::Named(named), value) => self.fits(&named.shape, value),
            _ => false,
        }
    }

    fn members(&mut self, object: &Object, map: &Map<String, Value>) -> bool {
        for property in object.properties {
            let fits = match map.get(property.name) {
                Some(Value::Null) if !property.required => true,
                Some(value) => self.fits(&property.shape, value),
                None => !property.required,
            };
            if !fits {
                return self.note(format!(".{}", property.name));
            }
        }
        let Some(rest) = object.rest else { return true };
        // The names of other members are the upstream's words, so they are not repeated.
        map.iter()
            .filter(|(key, _)| !object.properties.iter().any(|property| property.name == key.as_str()))
            .all(|(_, value)| self.fits(rest, value) || self.note(".*".to_owned()))
    }

    /// Remembers a step to a misfit. Always false.
    fn note(&mut self, step: String) -> bool {
        self.path.push(step);
        false
    }
}

/// `3` and `3.0` are integers (JSON Schema 2020-12, section 4.2.3).
fn is_integer(number: &serde_json::Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}
