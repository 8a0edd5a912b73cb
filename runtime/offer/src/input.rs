//! The schema of arguments.
//!
//! It admits exactly what the runtime admits, but where a recursive shape is cut: there any such value is announced, and the
//! runtime still checks it. Fixed arguments are not in it.

use airlock_contract::request::BODY_BYTES_MAX;
use airlock_contract::shape::{Integer, Number};
use serde_json::{Map, Value, json};

use crate::view::{List, Object, Text};
use crate::{Argument, Source, View, Viewed, cut, describe, members, object};

/// A tool's schema has no more subschemas than this; what is beyond is cut as a recursive shape is. Shapes that are
/// shared are written out at each place, so their number can grow fast.
const NODES_MAX: usize = 4000;

/// The schema of a tool's arguments: `type: object`, and nothing but what is declared. See [`Tool::takes_bytes`].
///
/// [`Tool::takes_bytes`]: crate::Tool::takes_bytes
pub fn input_schema<'a, S: Viewed<'a>>(arguments: &[Argument<'a, S>], takes_bytes: bool) -> Value {
    let mut writer = Writer { open: Vec::new(), nodes: 0, named_files: !takes_bytes };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for argument in arguments {
        if argument.source == Source::Required {
            required.push(Value::from(argument.name));
        }
        properties.insert(argument.name.to_owned(), writer.argument(argument));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.into()
}

struct Writer<'a> {
    /// Names of the shapes that are being written: one of them again is a cycle.
    open: Vec<&'a str>,
    nodes: usize,
    /// Whether a file's name goes along. A body that is the file's bytes has no place for it.
    named_files: bool,
}

impl<'a> Writer<'a> {
    fn argument<S: Viewed<'a>>(&mut self, argument: &Argument<'a, S>) -> Value {
        let mut schema = self.shape(argument.shape);
        describe(&mut schema, argument.description);
        if let Source::Default(json) = argument.source
            && let Ok(value) = serde_json::from_str(json)
        {
            schema.insert("default".to_owned(), value);
        }
        schema.into()
    }

    fn shape<S: Viewed<'a>>(&mut self, shape: S) -> Map<String, Value> {
        self.nodes += 1;
        match shape.view() {
            View::Any => object(json!({"description": "Any JSON value."})),
            View::Boolean => object(json!({"type": "boolean"})),
            View::Integer(bounds) => integer(&bounds),
            View::Number(bounds) => number(&bounds),
            View::Text(bounds) => text(&bounds),
            View::List(list) => self.list(&list),
            View::Object(properties) => self.object(&properties),
            View::Words(words) => object(json!({"type": "string", "enum": words})),
            View::Literals(literals) => enumeration(&literals),
            View::AnyOf(shapes) => {
                let any: Vec<Value> = shapes.into_iter().map(|shape| self.shape(shape).into()).collect();
                members([("anyOf", any.into())])
            }
            View::Nullable(inner) => {
                let inner = self.shape(inner);
                members([("anyOf", vec![inner.into(), json!({"type": "null"})].into())])
            }
            View::File => self.file(),
            View::Named(name, shape) => self.named(name, shape),
        }
    }

    fn named<S: Viewed<'a>>(&mut self, name: &'a str, shape: S) -> Map<String, Value> {
        if self.open.contains(&name) || self.nodes > NODES_MAX {
            return cut(name, shape);
        }
        self.open.push(name);
        let schema = self.shape(shape);
        self.open.pop();
        schema
    }

    /// Without a keyword for the length or the encoding: hosts build grammars from schemas, and refuse or ignore these.
    fn file(&self) -> Map<String, Value> {
        let bytes = format!("The file's bytes in base64 (RFC 4648, section 4) with padding; at most {BODY_BYTES_MAX}.");
        let mut members = object(json!({"base64": {"type": "string", "description": bytes}}));
        if self.named_files {
            members
                .insert("filename".to_owned(), json!({"type": "string", "description": "Its name, without a path."}));
        }
        members.insert(
            "media_type".to_owned(),
            json!({"type": "string", "description": "Its media type, such as image/png."}),
        );
        object(json!({
            "type": "object", "properties": members, "required": ["base64"], "additionalProperties": false,
            "description": "A file.",
        }))
    }

    fn list<S: Viewed<'a>>(&mut self, list: &List<S>) -> Map<String, Value> {
        let items = self.shape(list.items).into();
        let mut schema = members([("type", "array".into()), ("items", items)]);
        if list.items_min > 0 {
            schema.insert("minItems".to_owned(), list.items_min.into());
        }
        if let Some(max) = list.items_max {
            schema.insert("maxItems".to_owned(), max.into());
        }
        if list.unique {
            schema.insert("uniqueItems".to_owned(), true.into());
        }
        schema
    }

    fn object<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for property in &shape.properties {
            let mut schema = self.shape(property.shape);
            describe(&mut schema, property.description);
            properties.insert(property.name.to_owned(), schema.into());
            if property.required {
                required.push(Value::from(property.name));
            }
        }
        let mut schema = members([("type", "object".into()), ("properties", properties.into())]);
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        let rest = match shape.rest {
            Some(rest) => self.shape(rest).into(),
            None => Value::Bool(false),
        };
        schema.insert("additionalProperties".to_owned(), rest);
        if shape.properties_min > 0 {
            schema.insert("minProperties".to_owned(), shape.properties_min.into());
        }
        if let Some(max) = shape.properties_max {
            schema.insert("maxProperties".to_owned(), max.into());
        }
        schema
    }
}

fn integer(bounds: &Integer) -> Map<String, Value> {
    let mut schema = object(json!({"type": "integer"}));
    for (keyword, bound) in [("minimum", bounds.min), ("maximum", bounds.max), ("multipleOf", bounds.multiple_of)] {
        if let Some(number) = bound.and_then(serde_json::Number::from_i128) {
            schema.insert(keyword.to_owned(), number.into());
        } else if let Some(bound) = bound {
            // Beyond 64 bits a JSON number is a float in every peer that we know, and here too.
            #[expect(clippy::cast_precision_loss, reason = "the value is compared as a float as well")]
            schema.insert(keyword.to_owned(), (bound as f64).into());
        }
    }
    if bounds.is_wide() {
        // Hosts that hold numbers as floats would lose digits.
        let digits = json!({"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"});
        return members([("anyOf", vec![schema.into(), digits].into())]);
    }
    schema
}

fn number(bounds: &Number) -> Map<String, Value> {
    let mut schema = object(json!({"type": "number"}));
    let keywords = [
        ("minimum", bounds.min),
        ("maximum", bounds.max),
        ("exclusiveMinimum", bounds.above),
        ("exclusiveMaximum", bounds.below),
    ];
    for (keyword, bound) in keywords {
        if let Some(bound) = bound {
            schema.insert(keyword.to_owned(), bound.into());
        }
    }
    schema
}

fn text(bounds: &Text<'_>) -> Map<String, Value> {
    let mut schema = object(json!({"type": "string"}));
    if bounds.chars_min > 0 {
        schema.insert("minLength".to_owned(), bounds.chars_min.into());
    }
    if let Some(max) = bounds.chars_max {
        schema.insert("maxLength".to_owned(), max.into());
    }
    if !bounds.pattern.is_empty() {
        schema.insert("pattern".to_owned(), bounds.pattern.into());
    }
    if !bounds.format.is_empty() {
        schema.insert("format".to_owned(), bounds.format.into());
    }
    schema
}

fn enumeration(literals: &[&str]) -> Map<String, Value> {
    let values: Vec<Value> = literals.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
    let mut schema = Map::new();
    // Some hosts want a type beside `enum`.
    if values.iter().all(Value::is_string) {
        schema.insert("type".to_owned(), "string".into());
    } else if values.iter().all(|value| value.is_i64() || value.is_u64()) {
        schema.insert("type".to_owned(), "integer".into());
    }
    schema.insert("enum".to_owned(), values.into());
    schema
}
