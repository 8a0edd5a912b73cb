//! Shapes as JSON Schema (2020-12), for MCP clients and for the model.
//!
//! What comes in: a tool's table of arguments, or the shape of its answer. What goes out: one object without `$ref`, keys
//! in declared order. That of arguments admits exactly what `arguments` admits, but where a recursive shape is cut: there
//! any such value is announced, and `arguments` still checks it. Fixed arguments are not in it. That of answers (`output`)
//! says less than the shape, and all of it is true of every answer.

mod output;

use airlock_contract::Body;
use airlock_contract::request::{Argument, Request, Source};
use airlock_contract::shape::{Integer, List, Named, Number, Object, Shape, Text};
use serde_json::{Map, Value, json};

pub(crate) use output::misfit;
pub use output::of_output;

use crate::arguments::is_wide;
use crate::request::BODY_BYTES_MAX;

/// A tool's schema has no more subschemas than this; what is beyond is cut as a recursive shape is. Shapes that are
/// shared are written out at each place, so their number can grow fast.
const NODES_MAX: usize = 4000;

/// The schema of a tool's arguments: `type: object`, and nothing but what is declared.
pub fn of_arguments(request: &Request) -> Value {
    let named_files = !matches!(request.body, Body::Bytes(_));
    let mut writer = Writer { open: Vec::new(), nodes: 0, named_files };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for argument in request.arguments {
        match argument.source {
            Source::Fixed(_) => continue,
            Source::Required => required.push(Value::from(argument.name)),
            Source::Optional | Source::Default(_) => {}
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

struct Writer {
    /// Named shapes that are being written: one of them again is a cycle.
    open: Vec<&'static Named>,
    nodes: usize,
    /// Whether a file's name goes along. A body that is the file's bytes has no place for it.
    named_files: bool,
}

impl Writer {
    fn argument(&mut self, argument: &Argument) -> Value {
        let mut schema = self.shape(&argument.shape);
        describe(&mut schema, argument.description);
        if let Source::Default(json) = argument.source
            && let Ok(value) = serde_json::from_str(json)
        {
            schema.insert("default".to_owned(), value);
        }
        schema.into()
    }

    fn shape(&mut self, shape: &Shape) -> Map<String, Value> {
        self.nodes += 1;
        match shape {
            Shape::Any => object(json!({"description": "Any JSON value."})),
            Shape::Boolean => object(json!({"type": "boolean"})),
            Shape::Integer(bounds) => integer(bounds),
            Shape::Number(bounds) => number(bounds),
            Shape::Text(bounds) => text(bounds),
            Shape::List(list) => self.list(list),
            Shape::Object(properties) => self.object(properties),
            Shape::Words(words) => object(json!({"type": "string", "enum": words})),
            Shape::Literals(literals) => enumeration(literals),
            Shape::AnyOf(shapes) => {
                let any: Vec<Value> = shapes.iter().map(|shape| self.shape(shape).into()).collect();
                object(json!({"anyOf": any}))
            }
            Shape::Nullable(inner) => {
                let inner = self.shape(inner);
                object(json!({"anyOf": [inner, {"type": "null"}]}))
            }
            Shape::File => self.file(),
            Shape::Named(named) => self.named(named),
        }
    }

    fn named(&mut self, named: &'static Named) -> Map<String, Value> {
        let open = self.open.iter().any(|other| std::ptr::eq(*other, named));
        if open || self.nodes > NODES_MAX {
            return cut(named);
        }
        self.open.push(named);
        let schema = self.shape(&named.shape);
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

    fn list(&mut self, list: &List) -> Map<String, Value> {
        let mut schema = object(json!({"type": "array", "items": self.shape(list.items)}));
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

    fn object(&mut self, shape: &Object) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for property in shape.properties {
            let mut schema = self.shape(&property.shape);
            describe(&mut schema, property.description);
            properties.insert(property.name.to_owned(), schema.into());
            if property.required {
                required.push(Value::from(property.name));
            }
        }
        let mut schema = object(json!({"type": "object", "properties": properties}));
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

/// What stands for a shape that is not written out again.
fn cut(named: &Named) -> Map<String, Value> {
    let mut cut = Map::new();
    match named.shape {
        Shape::Object(_) => drop(cut.insert("type".to_owned(), "object".into())),
        Shape::List(_) => drop(cut.insert("type".to_owned(), "array".into())),
        _ => {}
    }
    cut.insert("description".to_owned(), format!("A nested {}, of the same form.", named.name).into());
    cut
}

/// Puts a description in; one that a cut left there stays behind it.
fn describe(schema: &mut Map<String, Value>, description: &str) {
    if description.is_empty() {
        return;
    }
    let text = match schema.get("description") {
        Some(Value::String(own)) => format!("{description} {own}"),
        _ => description.to_owned(),
    };
    schema.insert("description".to_owned(), text.into());
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
    if is_wide(bounds) {
        // Hosts that hold numbers as floats would lose digits.
        let digits = json!({"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"});
        return object(json!({"anyOf": [schema, digits]}));
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

fn text(bounds: &Text) -> Map<String, Value> {
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

/// The map of a `json!` object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
