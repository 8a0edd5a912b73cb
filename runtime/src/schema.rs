//! Shapes as JSON Schema (2020-12), for MCP clients and for the model.
//!
//! What comes in: a tool's table of arguments. What goes out: one object without `$ref`, keys in declared order. It
//! admits exactly what `arguments` admits, but where a recursive shape is cut: there any such value is announced, and
//! `arguments` still checks it. Fixed arguments are not in it.

use airlock_contract::request::{Argument, Request, Source};
use airlock_contract::shape::{Integer, List, Named, Number, Object, Shape, Text};
use serde_json::{Map, Value, json};

/// A tool's schema has no more subschemas than this; what is beyond is cut as a recursive shape is. Shapes that are
/// shared are written out at each place, so their number can grow fast.
const NODES_MAX: usize = 4000;

/// The schema of a tool's arguments: `type: object`, and nothing but what is declared.
pub fn of_arguments(request: &Request) -> Value {
    let mut writer = Writer { open: Vec::new(), nodes: 0 };
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
            Shape::Named(named) => self.named(named),
        }
    }

    fn named(&mut self, named: &'static Named) -> Map<String, Value> {
        let open = self.open.iter().any(|other| std::ptr::eq(*other, named));
        if open || self.nodes > NODES_MAX {
            let mut cut = Map::new();
            match named.shape {
                Shape::Object(_) => drop(cut.insert("type".to_owned(), "object".into())),
                Shape::List(_) => drop(cut.insert("type".to_owned(), "array".into())),
                _ => {}
            }
            cut.insert("description".to_owned(), format!("A nested {}, of the same form.", named.name).into());
            return cut;
        }
        self.open.push(named);
        let schema = self.shape(&named.shape);
        self.open.pop();
        schema
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
        schema
    }
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
mod tests {
    use airlock_contract::request::{Method, Request, json_body, path, query};
    use airlock_contract::shape::{
        Named, Shape, any, any_of, boolean, integer, list_of, named, nullable, number, object_of, one_of, optional,
        required, text,
    };

    use super::of_arguments;

    static TREE: Named = Named {
        name: "Tree",
        shape: object_of(&[required("label", text()), optional("children", list_of(&TREE_SHAPE)).about("Below it.")]),
    };
    static TREE_SHAPE: Shape = named(&TREE);
    const TEXT: Shape = text();

    fn written(arguments: &'static [airlock_contract::Argument]) -> String {
        of_arguments(&Request { method: Method::Get, path: "/", accept: "", arguments }).to_string()
    }

    #[test]
    fn keys_stand_in_declared_order_and_fixed_arguments_are_hidden() {
        const ARGUMENTS: &[airlock_contract::Argument] = &[
            path("zone", text().chars_min(1).chars_max(8).pattern("^[A-Z]+$")).about("Where."),
            query("state", text()).fixed("\"open\""),
            query("limit", integer().min(1).max(50)).default("20").about("How many."),
            query("kind", one_of(&["a", "b"])).optional(),
            query("ratio", number().above(0.0).at_most(1.5)).optional(),
        ];
        assert_eq!(
            written(ARGUMENTS),
            "{\"type\":\"object\",\"properties\":{\
             \"zone\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":8,\"pattern\":\"^[A-Z]+$\",\"description\":\"Where.\"},\
             \"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50,\"description\":\"How many.\",\"default\":20},\
             \"kind\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},\
             \"ratio\":{\"type\":\"number\",\"maximum\":1.5,\"exclusiveMinimum\":0.0}},\
             \"required\":[\"zone\"],\"additionalProperties\":false}"
        );
    }

    #[test]
    fn a_recursive_shape_is_cut_by_a_described_object() {
        const ARGUMENTS: &[airlock_contract::Argument] = &[json_body("application/json", named(&TREE))];
        assert_eq!(
            written(ARGUMENTS),
            "{\"type\":\"object\",\"properties\":{\"body\":{\"type\":\"object\",\"properties\":{\
             \"label\":{\"type\":\"string\"},\"children\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\
             \"description\":\"A nested Tree, of the same form.\"},\"description\":\"Below it.\"}},\
             \"required\":[\"label\"],\"additionalProperties\":false}},\"required\":[\"body\"],\
             \"additionalProperties\":false}"
        );
    }

    #[test]
    fn null_is_announced_only_where_it_is_admitted() {
        const ARGUMENTS: &[airlock_contract::Argument] = &[
            query("name", nullable(&TEXT)).optional(),
            query("flag", boolean()).optional(),
            json_body("application/json", any_of(&[TEXT, any()])).optional(),
        ];
        assert_eq!(
            written(ARGUMENTS),
            "{\"type\":\"object\",\"properties\":{\
             \"name\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},\"flag\":{\"type\":\"boolean\"},\
             \"body\":{\"anyOf\":[{\"type\":\"string\"},{\"description\":\"Any JSON value.\"}]}},\
             \"additionalProperties\":false}"
        );
    }
}
