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

use crate::json::Json;
use crate::schema::{LEVELS_MAX, Unfinished, any, bare, cut, kind_of, null, of_type, typed};
use crate::view::Object;
use crate::{View, Viewed};

/// An answer's schema has no more subschemas than this, and of those beyond only the type is told. A list of some hundred
/// tools has to stay well below the ten megabytes that clients read as one message.
const NODES_MAX: usize = 200;

/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 160;

/// Words that a description lists.
const LISTED_MAX: usize = 40;

/// The member that holds an answer which is no object.
const RESULT: &str = "result";

/// The schema of a tool's answer; none where nothing is known of it.
pub fn output_schema<'a, S: Viewed<'a>>(shape: S) -> Option<Value> {
    is_known(shape).then(|| {
        let mut json = Json::default();
        write(shape, &mut json);
        json.into_value()
    })
}

/// Whether anything is known of an answer.
pub(crate) fn is_known<'a, S: Viewed<'a>>(shape: S) -> bool {
    !matches!(shape.view(), View::Any)
}

/// Writes the schema of a tool's answer.
pub(crate) fn write<'a, S: Viewed<'a>>(shape: S, json: &mut Json) {
    let levels_max = json.levels() + LEVELS_MAX;
    let mut writer = Writer { json, open: Vec::new(), nodes: 0, levels_max };
    let schema = match kinds(shape, &mut Vec::new()) {
        Kinds::Objects => writer.root(shape),
        Kinds::NoObjects => writer.wrapped(shape),
        Kinds::Both => match object_of(shape) {
            Some(object) => writer.object_or_result(&object),
            None => writer.of_type("object"),
        },
    };
    schema.finish("", json);
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

struct Writer<'a, 'j> {
    json: &'j mut Json,
    /// Names of the shapes that are being written: one of them again is a cycle.
    open: Vec<&'a str>,
    nodes: usize,
    levels_max: usize,
}

impl<'a> Writer<'a, '_> {
    /// Clients want the type at the root, also beside a choice.
    fn root<S: Viewed<'a>>(&mut self, shape: S) -> Unfinished {
        let start = self.json.end();
        let schema = self.shape(shape, false);
        self.json.lead("type", "object", start);
        schema
    }

    fn wrapped<S: Viewed<'a>>(&mut self, shape: S) -> Unfinished {
        let schema = self.of_type("object");
        self.json.open("properties", '{');
        self.json.key(RESULT);
        self.described(shape, false, "");
        self.json.bracket('}');
        self.json.required([RESULT]);
        schema
    }

    /// The schema of an object that is true of `{"result": null}` as well: no member is there for sure, and one of that name
    /// may be anything.
    fn object_or_result<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>) -> Unfinished {
        let schema = self.of_type("object");
        self.properties(shape, Some(RESULT));
        schema
    }

    /// Writes a schema and what describes it.
    fn described<S: Viewed<'a>>(&mut self, shape: S, nullable: bool, description: &str) {
        self.shape(shape, nullable).finish(description, self.json);
    }

    /// Begins the schema of a shape, or of null beside it.
    fn shape<S: Viewed<'a>>(&mut self, shape: S, nullable: bool) -> Unfinished {
        self.nodes += 1;
        let view = shape.view();
        if self.nodes > NODES_MAX || self.json.levels() > self.levels_max {
            let kind = kind_of(&view);
            return self.of_kind(kind, nullable, |json| bare(kind, json));
        }
        match view {
            View::Any => any(self.json),
            View::Boolean => self.typed("boolean", nullable),
            View::Integer(_) => self.typed("integer", nullable),
            View::Number(_) => self.typed("number", nullable),
            View::Text(_) => self.typed("string", nullable),
            View::List(list) => self.or_null(true, |writer| {
                let schema = writer.of_type("array");
                writer.json.key("items");
                writer.described(list.items, false, "");
                schema
            }),
            View::Object(shape) => self.or_null(nullable, |writer| writer.object(&shape)),
            View::Words(words) => self.or_null(nullable, |writer| writer.of_type("string").saying(listed(&words))),
            View::Literals(literals) => self.literals(&literals, nullable),
            View::AnyOf(shapes) => self.or_null(nullable, |writer| writer.any_of(shapes)),
            View::Nullable(inner) => self.shape(inner, true),
            View::File => self.typed("object", nullable),
            View::Named(name, shape) => self.named(name, shape, nullable),
        }
    }

    fn of_type(&mut self, kind: &'static str) -> Unfinished {
        of_type(kind, self.json)
    }

    fn typed(&mut self, kind: &'static str, nullable: bool) -> Unfinished {
        self.or_null(nullable, |writer| writer.of_type(kind))
    }

    /// Begins a schema, or a choice of it and null.
    fn or_null(&mut self, nullable: bool, schema: impl FnOnce(&mut Self) -> Unfinished) -> Unfinished {
        if !nullable {
            return schema(self);
        }
        self.json.bracket('{');
        self.json.open("anyOf", '[');
        self.json.item();
        schema(self).finish("", self.json);
        self.json.item();
        null(self.json);
        self.json.bracket(']');
        Unfinished::SILENT
    }

    fn any_of<S: Viewed<'a>>(&mut self, shapes: Vec<S>) -> Unfinished {
        self.json.bracket('{');
        self.json.open("anyOf", '[');
        for shape in shapes {
            self.json.item();
            self.described(shape, false, "");
        }
        self.json.bracket(']');
        Unfinished::SILENT
    }

    fn named<S: Viewed<'a>>(&mut self, name: &'a str, shape: S, nullable: bool) -> Unfinished {
        if self.open.contains(&name) {
            let kind = kind_of(&shape.view());
            return self.of_kind(kind, nullable, |json| cut(name, kind, json));
        }
        self.open.push(name);
        let schema = self.shape(shape, nullable);
        self.open.pop();
        schema
    }

    fn object<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>) -> Unfinished {
        let schema = self.of_type("object");
        self.properties(shape, None);
        let required = shape.properties.iter().filter(|property| property.required);
        self.json.required(required.map(|property| property.name));
        if let Some(rest) = shape.rest
            && !matches!(rest.view(), View::Any)
        {
            self.json.key("additionalProperties");
            self.described(rest, false, "");
        }
        schema
    }

    /// Writes what an object's members are, but for one.
    fn properties<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>, but: Option<&str>) {
        self.json.open("properties", '{');
        for property in &shape.properties {
            let start = self.json.end();
            self.json.name(property.name);
            self.described(property.shape, !property.required, &one_line(property.description));
            if but == Some(property.name) {
                self.json.take_back(start);
            }
        }
        self.json.bracket('}');
    }

    /// The type that all literals have, if it is one, and the literals in words.
    fn literals(&mut self, literals: &[&str], nullable: bool) -> Unfinished {
        let kind = literal_type(literals);
        self.or_null(nullable && kind.is_some(), |writer| typed(kind, writer.json).saying(listed(literals)))
    }

    /// Begins what stands for a shape of which the type is known at most. Null is an array everywhere.
    fn of_kind(
        &mut self,
        kind: Option<&'static str>,
        nullable: bool,
        schema: impl FnOnce(&mut Json) -> Unfinished,
    ) -> Unfinished {
        let nullable = kind.is_some_and(|kind| nullable || kind == "array");
        self.or_null(nullable, |writer| schema(writer.json))
    }
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
