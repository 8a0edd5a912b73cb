//! The schema of arguments.
//!
//! It admits exactly what the runtime admits, but where a recursive shape is cut: there any such value is announced, and the
//! runtime still checks it. Fixed arguments are not in it.

use airlock_contract::request::BODY_BYTES_MAX;
use airlock_contract::shape::{Integer, Number};
use serde_json::{Number as JsonNumber, Value};

use crate::tree::{Members, Tree, members};
use crate::view::{List, Object, Text};
use crate::{Argument, Source, View, Viewed, cut, describe, of_type};

/// A tool's schema has no more subschemas than this; what is beyond is cut as a recursive shape is. Shapes that are
/// shared are written out at each place, so their number can grow fast.
const NODES_MAX: usize = 4000;

/// The schema of a tool's arguments: `type: object`, and nothing but what is declared. See [`Tool::takes_bytes`].
///
/// [`Tool::takes_bytes`]: crate::Tool::takes_bytes
pub fn input_schema<'a, S: Viewed<'a>>(arguments: &[Argument<'a, S>], takes_bytes: bool) -> Value {
    input_tree(arguments, takes_bytes).into()
}

/// The same, to be written.
pub(crate) fn input_tree<'a, S: Viewed<'a>>(arguments: &[Argument<'a, S>], takes_bytes: bool) -> Tree<'a> {
    let mut writer = Writer { open: Vec::new(), nodes: 0, named_files: !takes_bytes };
    let mut properties = Members::default();
    let mut required = Vec::new();
    for argument in arguments {
        if argument.source == Source::Required {
            required.push(Tree::Text(argument.name.into()));
        }
        properties.push(argument.name, writer.argument(argument));
    }
    let mut schema = of_type("object");
    schema.insert("properties", properties);
    if !required.is_empty() {
        schema.insert("required", required);
    }
    schema.insert("additionalProperties", Value::Bool(false));
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
    fn argument<S: Viewed<'a>>(&mut self, argument: &Argument<'a, S>) -> Tree<'a> {
        let mut schema = self.shape(argument.shape);
        describe(&mut schema, argument.description);
        if let Source::Default(json) = argument.source
            && let Ok(value) = serde_json::from_str::<Value>(json)
        {
            schema.insert("default", value);
        }
        schema.into()
    }

    fn shape<S: Viewed<'a>>(&mut self, shape: S) -> Members<'a> {
        self.nodes += 1;
        match shape.view() {
            View::Any => members([("description", "Any JSON value.".into())]),
            View::Boolean => of_type("boolean"),
            View::Integer(bounds) => integer(&bounds),
            View::Number(bounds) => number(&bounds),
            View::Text(bounds) => text(&bounds),
            View::List(list) => self.list(&list),
            View::Object(properties) => self.object(&properties),
            View::Words(words) => {
                let words: Vec<Tree<'a>> = words.into_iter().map(|word| Tree::Text(word.into())).collect();
                members([("type", "string".into()), ("enum", words.into())])
            }
            View::Literals(literals) => enumeration(&literals),
            View::AnyOf(shapes) => {
                let any: Vec<Tree<'a>> = shapes.into_iter().map(|shape| self.shape(shape).into()).collect();
                members([("anyOf", any.into())])
            }
            View::Nullable(inner) => {
                let inner = self.shape(inner);
                members([("anyOf", vec![inner.into(), of_type("null").into()].into())])
            }
            View::File => self.file(),
            View::Named(name, shape) => self.named(name, shape),
        }
    }

    fn named<S: Viewed<'a>>(&mut self, name: &'a str, shape: S) -> Members<'a> {
        if self.open.contains(&name) || self.nodes > NODES_MAX {
            return cut(name, shape);
        }
        self.open.push(name);
        let schema = self.shape(shape);
        self.open.pop();
        schema
    }

    /// Without a keyword for the length or the encoding: hosts build grammars from schemas, and refuse or ignore these.
    fn file(&self) -> Members<'a> {
        let told =
            |description: String| members([("type", "string".into()), ("description", description.into())]).into();
        let bytes = format!("The file's bytes in base64 (RFC 4648, section 4) with padding; at most {BODY_BYTES_MAX}.");
        let mut properties = members([("base64", told(bytes))]);
        if self.named_files {
            properties.insert("filename", told("Its name, without a path.".to_owned()));
        }
        properties.insert("media_type", told("Its media type, such as image/png.".to_owned()));
        members([
            ("type", "object".into()),
            ("properties", properties.into()),
            ("required", vec!["base64".into()].into()),
            ("additionalProperties", Value::Bool(false).into()),
            ("description", "A file.".into()),
        ])
    }

    fn list<S: Viewed<'a>>(&mut self, list: &List<S>) -> Members<'a> {
        let items = self.shape(list.items).into();
        let mut schema = members([("type", "array".into()), ("items", items)]);
        if list.items_min > 0 {
            schema.insert("minItems", Value::from(list.items_min));
        }
        if let Some(max) = list.items_max {
            schema.insert("maxItems", Value::from(max));
        }
        if list.unique {
            schema.insert("uniqueItems", Value::Bool(true));
        }
        schema
    }

    fn object<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>) -> Members<'a> {
        let mut properties = Members::default();
        let mut required = Vec::new();
        for property in &shape.properties {
            let mut schema = self.shape(property.shape);
            describe(&mut schema, property.description);
            properties.push(property.name, schema);
            if property.required {
                required.push(Tree::Text(property.name.into()));
            }
        }
        let mut schema = members([("type", "object".into()), ("properties", properties.into())]);
        if !required.is_empty() {
            schema.insert("required", required);
        }
        let rest = match shape.rest {
            Some(rest) => self.shape(rest).into(),
            None => Tree::Value(Value::Bool(false)),
        };
        schema.insert("additionalProperties", rest);
        if shape.properties_min > 0 {
            schema.insert("minProperties", Value::from(shape.properties_min));
        }
        if let Some(max) = shape.properties_max {
            schema.insert("maxProperties", Value::from(max));
        }
        schema
    }
}

fn integer<'a>(bounds: &Integer) -> Members<'a> {
    let mut schema = of_type("integer");
    for (keyword, bound) in [("minimum", bounds.min), ("maximum", bounds.max), ("multipleOf", bounds.multiple_of)] {
        if let Some(number) = bound.and_then(JsonNumber::from_i128) {
            schema.insert(keyword, Value::Number(number));
        } else if let Some(bound) = bound {
            // Beyond 64 bits a JSON number is a float in every peer that we know, and here too.
            #[expect(clippy::cast_precision_loss, reason = "the value is compared as a float as well")]
            schema.insert(keyword, Value::from(bound as f64));
        }
    }
    if bounds.is_wide() {
        // Hosts that hold numbers as floats would lose digits.
        let digits = members([("type", "string".into()), ("pattern", "^-?(0|[1-9][0-9]*)$".into())]);
        return members([("anyOf", vec![schema.into(), digits.into()].into())]);
    }
    schema
}

fn number<'a>(bounds: &Number) -> Members<'a> {
    let mut schema = of_type("number");
    let keywords = [
        ("minimum", bounds.min),
        ("maximum", bounds.max),
        ("exclusiveMinimum", bounds.above),
        ("exclusiveMaximum", bounds.below),
    ];
    for (keyword, bound) in keywords {
        if let Some(bound) = bound {
            schema.insert(keyword, Value::from(bound));
        }
    }
    schema
}

fn text<'a>(bounds: &Text<'a>) -> Members<'a> {
    let mut schema = of_type("string");
    if bounds.chars_min > 0 {
        schema.insert("minLength", Value::from(bounds.chars_min));
    }
    if let Some(max) = bounds.chars_max {
        schema.insert("maxLength", Value::from(max));
    }
    if !bounds.pattern.is_empty() {
        schema.insert("pattern", Tree::Text(bounds.pattern.into()));
    }
    if !bounds.format.is_empty() {
        schema.insert("format", Tree::Text(bounds.format.into()));
    }
    schema
}

fn enumeration<'a>(literals: &[&str]) -> Members<'a> {
    let values: Vec<Value> = literals.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
    let mut schema = Members::default();
    // Some hosts want a type beside `enum`.
    if values.iter().all(Value::is_string) {
        schema.insert("type", "string");
    } else if values.iter().all(|value| value.is_i64() || value.is_u64()) {
        schema.insert("type", "integer");
    }
    schema.insert("enum", Value::Array(values));
    schema
}
