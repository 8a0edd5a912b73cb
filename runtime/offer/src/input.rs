//! The schema of arguments.
//!
//! It admits exactly what the runtime admits, but where a recursive or very deep shape is cut: there any such value is
//! announced, and the runtime still checks it. Fixed arguments are not in it.

use airlock_contract::request::BODY_BYTES_MAX;
use airlock_contract::shape::{Integer, Number};
use serde_json::{Number as JsonNumber, Value};

use crate::json::Json;
use crate::schema::{LEVELS_MAX, Unfinished, any, bare, cut, is_shallow, kind_of, null, of_type, typed};
use crate::view::{List, Object, Text};
use crate::{Argument, Source, View, Viewed};

/// A tool's schema has no more subschemas than this; what is beyond is cut as a recursive shape is. Shapes that are
/// shared are written out at each place, so their number can grow fast.
const NODES_MAX: usize = 4000;

/// The schema of a tool's arguments: `type: object`, and nothing but what is declared. See [`Tool::takes_bytes`].
///
/// [`Tool::takes_bytes`]: crate::Tool::takes_bytes
pub fn input_schema<'a, S: Viewed<'a>>(arguments: &[Argument<'a, S>], takes_bytes: bool) -> Value {
    let mut json = Json::default();
    write(arguments, takes_bytes, &mut json);
    json.into_value()
}

/// Writes the same.
pub(crate) fn write<'a, S: Viewed<'a>>(arguments: &[Argument<'a, S>], takes_bytes: bool, json: &mut Json) {
    let levels_max = json.levels() + LEVELS_MAX;
    let mut writer = Writer { json, open: Vec::new(), nodes: 0, levels_max, named_files: !takes_bytes };
    let schema = writer.of_type("object");
    writer.json.open("properties", '{');
    for argument in arguments {
        writer.argument(argument);
    }
    writer.json.bracket('}');
    let required = arguments.iter().filter(|argument| argument.source == Source::Required);
    writer.json.required(required.map(|argument| argument.name));
    writer.json.member("additionalProperties", false);
    schema.finish("", json);
}

struct Writer<'a, 'j> {
    json: &'j mut Json,
    /// Names of the shapes that are being written: one of them again is a cycle.
    open: Vec<&'a str>,
    nodes: usize,
    levels_max: usize,
    /// Whether a file's name goes along. A body that is the file's bytes has no place for it.
    named_files: bool,
}

impl<'a> Writer<'a, '_> {
    fn argument<S: Viewed<'a>>(&mut self, argument: &Argument<'a, S>) {
        self.json.name(argument.name);
        self.shape(argument.shape).describe(argument.description, self.json);
        if let Source::Default(json) = argument.source
            && let Ok(value) = serde_json::from_str(json)
            && is_shallow(&value)
        {
            self.json.member("default", value);
        }
        self.json.bracket('}');
    }

    /// Writes a schema and what describes it.
    fn described<S: Viewed<'a>>(&mut self, shape: S, description: &str) {
        self.shape(shape).finish(description, self.json);
    }

    fn shape<S: Viewed<'a>>(&mut self, shape: S) -> Unfinished {
        self.nodes += 1;
        let view = shape.view();
        if self.json.levels() > self.levels_max && view.is_nest() {
            return bare(kind_of(&view), self.json);
        }
        match view {
            View::Any => any(self.json),
            View::Boolean => self.of_type("boolean"),
            View::Integer(bounds) => self.integer(&bounds),
            View::Number(bounds) => self.number(&bounds),
            View::Text(bounds) => self.text(&bounds),
            View::List(list) => self.list(&list),
            View::Object(properties) => self.object(&properties),
            View::Words(words) => {
                let schema = self.of_type("string");
                self.json.key("enum");
                self.json.texts(words);
                schema
            }
            View::Literals(literals) => self.literals(&literals),
            View::AnyOf(shapes) => self.any_of(|writer| {
                for shape in shapes {
                    writer.json.item();
                    writer.described(shape, "");
                }
            }),
            View::Nullable(inner) => self.any_of(|writer| {
                writer.described(inner, "");
                writer.json.item();
                null(writer.json);
            }),
            View::File => self.file(),
            View::Named(name, shape) => self.named(name, shape),
        }
    }

    fn of_type(&mut self, kind: &'static str) -> Unfinished {
        of_type(kind, self.json)
    }

    fn any_of(&mut self, choices: impl FnOnce(&mut Self)) -> Unfinished {
        self.json.bracket('{');
        self.json.open("anyOf", '[');
        choices(self);
        self.json.bracket(']');
        Unfinished::SILENT
    }

    fn named<S: Viewed<'a>>(&mut self, name: &'a str, shape: S) -> Unfinished {
        if self.open.contains(&name) || self.nodes > NODES_MAX {
            return cut(name, kind_of(&shape.view()), self.json);
        }
        self.open.push(name);
        let schema = self.shape(shape);
        self.open.pop();
        schema
    }

    /// Without a keyword for the length or the encoding: hosts build grammars from schemas, and refuse or ignore these.
    fn file(&mut self) -> Unfinished {
        let schema = self.of_type("object");
        self.json.open("properties", '{');
        let bytes = format!("The file's bytes in base64 (RFC 4648, section 4) with padding; at most {BODY_BYTES_MAX}.");
        self.told_text("base64", &bytes);
        if self.named_files {
            self.told_text("filename", "Its name, without a path.");
        }
        self.told_text("media_type", "Its media type, such as image/png.");
        self.json.bracket('}');
        self.json.required(["base64"]);
        self.json.member("additionalProperties", false);
        schema.saying("A file.")
    }

    fn told_text(&mut self, name: &'static str, description: &str) {
        self.json.key(name);
        self.of_type("string").finish(description, self.json);
    }

    fn list<S: Viewed<'a>>(&mut self, list: &List<S>) -> Unfinished {
        let schema = self.of_type("array");
        self.json.key("items");
        self.described(list.items, "");
        if list.items_min > 0 {
            self.json.member("minItems", list.items_min);
        }
        if let Some(max) = list.items_max {
            self.json.member("maxItems", max);
        }
        if list.unique {
            self.json.member("uniqueItems", true);
        }
        schema
    }

    fn object<S: Viewed<'a>>(&mut self, shape: &Object<'a, S>) -> Unfinished {
        let schema = self.of_type("object");
        self.json.open("properties", '{');
        for property in &shape.properties {
            self.json.name(property.name);
            self.described(property.shape, property.description);
        }
        self.json.bracket('}');
        let required = shape.properties.iter().filter(|property| property.required);
        self.json.required(required.map(|property| property.name));
        self.json.key("additionalProperties");
        match shape.rest {
            Some(rest) => self.described(rest, ""),
            None => self.json.value(false),
        }
        if shape.properties_min > 0 {
            self.json.member("minProperties", shape.properties_min);
        }
        if let Some(max) = shape.properties_max {
            self.json.member("maxProperties", max);
        }
        schema
    }

    fn integer(&mut self, bounds: &Integer) -> Unfinished {
        if !bounds.is_wide() {
            return self.plain_integer(bounds);
        }
        // Hosts that hold numbers as floats would lose digits.
        self.any_of(|writer| {
            writer.plain_integer(bounds).finish("", writer.json);
            writer.json.item();
            let digits = writer.of_type("string");
            writer.json.text_member("pattern", "^-?(0|[1-9][0-9]*)$");
            digits.finish("", writer.json);
        })
    }

    fn plain_integer(&mut self, bounds: &Integer) -> Unfinished {
        let schema = self.of_type("integer");
        for (keyword, bound) in [("minimum", bounds.min), ("maximum", bounds.max), ("multipleOf", bounds.multiple_of)] {
            if let Some(number) = bound.and_then(JsonNumber::from_i128) {
                self.json.member(keyword, number);
            } else if let Some(bound) = bound {
                // Beyond 64 bits a JSON number is a float in every peer that we know, and here too.
                #[expect(clippy::cast_precision_loss, reason = "the value is compared as a float as well")]
                self.json.member(keyword, bound as f64);
            }
        }
        schema
    }

    fn number(&mut self, bounds: &Number) -> Unfinished {
        let schema = self.of_type("number");
        let keywords = [
            ("minimum", bounds.min),
            ("maximum", bounds.max),
            ("exclusiveMinimum", bounds.above),
            ("exclusiveMaximum", bounds.below),
        ];
        for (keyword, bound) in keywords {
            if let Some(bound) = bound {
                self.json.member(keyword, bound);
            }
        }
        schema
    }

    fn text(&mut self, bounds: &Text<'_>) -> Unfinished {
        let schema = self.of_type("string");
        if bounds.chars_min > 0 {
            self.json.member("minLength", bounds.chars_min);
        }
        if let Some(max) = bounds.chars_max {
            self.json.member("maxLength", max);
        }
        if !bounds.pattern.is_empty() {
            self.json.text_member("pattern", bounds.pattern);
        }
        if !bounds.format.is_empty() {
            self.json.text_member("format", bounds.format);
        }
        schema
    }

    fn literals(&mut self, literals: &[&str]) -> Unfinished {
        let values: Vec<Value> = literals.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
        if !values.iter().all(is_shallow) {
            return bare(None, self.json);
        }
        // Some hosts want a type beside `enum`.
        let kind = if values.iter().all(Value::is_string) {
            Some("string")
        } else {
            values.iter().all(|value| value.is_i64() || value.is_u64()).then_some("integer")
        };
        let schema = typed(kind, self.json);
        self.json.member("enum", values);
        schema
    }
}
