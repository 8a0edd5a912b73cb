//! The schema of answers.
//!
//! Clients check every answer against it, and one keyword that they read otherwise takes the whole list of tools down.
//! So it says types, members and items, and no more: no patterns, formats, bounds or closed objects, and what a document
//! lists as allowed words stands in the description, since upstreams add to those. Null is admitted for a member that may
//! be missing and for any array: many upstreams write it there, whatever their document says. The runtime checks an answer
//! against the same before it goes out. The root is an object: an answer that is none stands in `{"result": …}`.

use std::borrow::Cow;

use airlock_contract::text::is_invisible;
use serde_json::Value;

use crate::tree::{Members, Tree, members};
use crate::view::Object;
use crate::{View, Viewed, cut, describe, of_type};

/// An answer's schema has no more subschemas than this, and of those beyond only the type is told. A list of some hundred
/// tools has to stay well below the ten megabytes that clients read as one message.
const NODES_MAX: usize = 200;

/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 160;

/// Words that a description lists.
const LISTED_MAX: usize = 40;

/// The schema of a tool's answer; none where nothing is known of it.
pub fn output_schema<'a, S: Viewed<'a>>(shape: S) -> Option<Value> {
    output_tree(shape).map(Value::from)
}

/// The same, to be written.
pub(crate) fn output_tree<'a, S: Viewed<'a>>(shape: S) -> Option<Tree<'a>> {
    if matches!(shape.view(), View::Any) {
        return None;
    }
    let mut writer = Writer { open: Vec::new(), nodes: 0 };
    let schema = match kinds(shape, &mut Vec::new()) {
        Kinds::Objects => with_type(writer.shape(shape)),
        Kinds::NoObjects => wrapped(writer.shape(shape)),
        Kinds::Both => match object_of(shape) {
            Some(members) => or_result(writer.object(&members)),
            None => of_type("object"),
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

fn kinds<'a, S: Viewed<'a>>(shape: S, open: &mut Vec<&'a str>) -> Kinds {
    match shape.view() {
        View::Object(_) | View::File => Kinds::Objects,
        View::Any => Kinds::Both,
        View::Nullable(inner) => match kinds(inner, open) {
            Kinds::NoObjects => Kinds::NoObjects,
            _ => Kinds::Both,
        },
        View::Named(name, _) if open.contains(&name) => Kinds::Both,
        View::Named(name, shape) => {
            open.push(name);
            let kinds = kinds(shape, open);
            open.pop();
            kinds
        }
        View::AnyOf(shapes) => {
            let all: Vec<Kinds> = shapes.into_iter().map(|shape| kinds(shape, open)).collect();
            match all.first() {
                Some(first) if all.iter().all(|one| one == first) => *first,
                _ => Kinds::Both,
            }
        }
        View::Literals(literals) if literals.iter().any(|json| json.trim_start().starts_with('{')) => Kinds::Both,
        _ => Kinds::NoObjects,
    }
}

/// The one object that a shape stands for, if it is one, or null beside it.
fn object_of<'a, S: Viewed<'a>>(shape: S) -> Option<Object<'a, S>> {
    let mut shape = shape;
    // A shape that only names itself has no end.
    for _ in 0..64 {
        match shape.view() {
            View::Object(object) => return Some(object),
            View::Nullable(inner) | View::Named(_, inner) => shape = inner,
            _ => return None,
        }
    }
    None
}

/// The schema of an object, made true of `{"result": null}` as well: no member is there for sure.
fn or_result(mut schema: Members<'_>) -> Members<'_> {
    schema.remove("required");
    schema.remove("additionalProperties");
    if let Some(Tree::Object(properties)) = schema.get_mut("properties") {
        properties.remove("result");
    }
    schema
}

fn wrapped(schema: Members<'_>) -> Members<'_> {
    let properties = members([("result", schema.into())]);
    members([("type", "object".into()), ("properties", properties.into()), ("required", vec!["result".into()].into())])
}

/// Clients want the type at the root, also beside a choice.
fn with_type(schema: Members<'_>) -> Members<'_> {
    let mut root = of_type("object");
    root.extend(schema);
    root
}

/// A schema, or null beside it; as it is where null is in already.
fn or_null(schema: Members<'_>) -> Members<'_> {
    let nothing = Tree::Object(of_type("null"));
    let any = schema.get("anyOf");
    let is_known = matches!(any, Some(Tree::List(any)) if any.contains(&nothing));
    if is_known || schema.get("type").is_none() && any.is_none() {
        return schema;
    }
    members([("anyOf", vec![schema.into(), nothing].into())])
}

struct Writer<'a> {
    /// Names of the shapes that are being written: one of them again is a cycle.
    open: Vec<&'a str>,
    nodes: usize,
}

impl<'a> Writer<'a> {
    fn shape<S: Viewed<'a>>(&mut self, shape: S) -> Members<'a> {
        self.nodes += 1;
        let view = shape.view();
        if self.nodes > NODES_MAX {
            return bare(&view);
        }
        match view {
            View::Any => members([("description", "Any JSON value.".into())]),
            View::Boolean => of_type("boolean"),
            View::Integer(_) => of_type("integer"),
            View::Number(_) => of_type("number"),
            View::Text(_) => of_type("string"),
            View::List(list) => {
                let items = self.shape(list.items).into();
                or_null(members([("type", "array".into()), ("items", items)]))
            }
            View::Object(shape) => self.object(&shape),
            View::Words(words) => {
                let mut schema = of_type("string");
                describe(&mut schema, listed(&words));
                schema
            }
            View::Literals(literals) => literal(&literals),
            View::AnyOf(shapes) => {
                let any: Vec<Tree<'a>> = shapes.into_iter().map(|shape| self.shape(shape).into()).collect();
                members([("anyOf", any.into())])
            }
            View::Nullable(inner) => or_null(self.shape(inner)),
            View::File => of_type("object"),
            View::Named(name, shape) => self.named(name, shape),
        }
    }

    fn named<S: Viewed<'a>>(&mut self, name: &'a str, shape: S) -> Members<'a> {
        if self.open.contains(&name) {
            return cut(name, shape);
        }
        self.open.push(name);
        let schema = self.shape(shape);
        self.open.pop();
        schema
    }

    fn object<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>) -> Members<'a> {
        let mut properties = Members::with_capacity(shape.properties.len());
        let mut required = Vec::new();
        for property in &shape.properties {
            let mut schema = self.shape(property.shape);
            if !property.required {
                schema = or_null(schema);
            }
            describe(&mut schema, one_line(property.description));
            properties.push(property.name, schema);
            if property.required {
                required.push(Tree::Text(property.name.into()));
            }
        }
        let mut schema = members([("type", "object".into()), ("properties", properties.into())]);
        if !required.is_empty() {
            schema.insert("required", required);
        }
        if let Some(rest) = shape.rest
            && !matches!(rest.view(), View::Any)
        {
            schema.insert("additionalProperties", self.shape(rest));
        }
        schema
    }
}

/// The type of a shape and nothing else; nothing at all of a choice.
fn bare<'a, S>(shape: &View<'_, S>) -> Members<'a> {
    let kind = match shape {
        View::Boolean => "boolean",
        View::Integer(_) => "integer",
        View::Number(_) => "number",
        View::Text(_) | View::Words(_) => "string",
        View::List(_) => "array",
        View::Object(_) | View::File => "object",
        _ => return members([("description", "Not described further.".into())]),
    };
    of_type(kind)
}

/// The type that all literals have, if it is one, and the literals in words.
fn literal<'a>(literals: &[&str]) -> Members<'a> {
    let mut schema = Members::default();
    if let Some(kind) = literal_type(literals) {
        schema.insert("type", kind);
    }
    describe(&mut schema, listed(literals));
    schema
}

/// The type that all literals have, if it is one.
fn literal_type(literals: &[&str]) -> Option<&'static str> {
    let mut kinds = literals.iter().map(|json| serde_json::from_str::<Value>(json).ok().map(|value| kind(&value)));
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

/// The type of a value (JSON Schema 2020-12, section 4.2.1); a number without a fraction is an integer.
pub fn kind(value: &Value) -> &'static str {
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

/// `3` and `3.0` are integers (JSON Schema 2020-12, section 4.2.3).
pub fn is_integer(number: &serde_json::Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn listed(words: &[&str]) -> String {
    let shown = words[..words.len().min(LISTED_MAX)].join(", ");
    let more = if words.len() > LISTED_MAX { " and others" } else { "" };
    one_line(&format!("Declared: {shown}{more}.")).into_owned()
}

/// A document's text as a short line that shows all of itself.
fn one_line(text: &str) -> Cow<'_, str> {
    // Most are short lines as they are.
    let is_plain = text.len() <= DESCRIPTION_CHARS_MAX
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !text.contains("  ")
        && text.trim_ascii().len() == text.len();
    if is_plain {
        return Cow::Borrowed(text);
    }
    let words = text.split(|char: char| char.is_whitespace() || is_invisible(char)).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(DESCRIPTION_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None => Cow::Owned(line),
    }
}
