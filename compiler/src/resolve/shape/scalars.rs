//! Schemas of texts and numbers, and what is said of keywords that no shape can hold.

use serde_json::{Map, Value};

use super::ShapeReader;
use crate::ir::{Integer, Number, Shape, Text};

type Members = Map<String, Value>;

/// Keywords that narrow a schema and that the contract has no word for (OpenAPI 3.0 and JSON Schema 2020-12).
const UNENFORCED: &[&str] = &[
    "not",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// Keywords that narrow nothing on their own beside others.
pub(super) const SAYS_NOTHING: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "xml",
    "externalDocs",
    "discriminator",
    "nullable",
    "format",
    "$defs",
    "definitions",
    "$comment",
    "$schema",
    "$id",
];

/// Further keywords, which are read elsewhere or name schemas.
const READ: &[&str] = &[
    "$ref",
    "id",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$vocabulary",
    "type",
    "enum",
    "const",
    "allOf",
    "anyOf",
    "oneOf",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "items",
    "additionalItems",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "contentEncoding",
    "contentMediaType",
    "collectionFormat",
    "allowEmptyValue",
];

impl ShapeReader<'_> {
    /// Notes keywords that narrow the schema and are not enforced, and those that nobody knows.
    pub(super) fn note_keywords(&mut self, members: &Members) {
        for (key, value) in members {
            if UNENFORCED.contains(&key.as_str()) {
                // `not: {}` is how a conversion marks what was taken out.
                if *value != Value::Bool(true) && !super::is_never(members) {
                    self.note_here(&format!("`{key}` is not checked"));
                }
            } else if !key.starts_with("x-") && !SAYS_NOTHING.contains(&key.as_str()) && !READ.contains(&key.as_str()) {
                self.note_here(&format!("`{key}` is no keyword of a schema"));
            }
        }
        self.note_left(members);
    }

    /// Passes on the notes that a conversion has left in the schema.
    pub(super) fn note_left(&mut self, members: &Members) {
        for text in
            members.get("x-airlock-note").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            self.note_here(text);
        }
    }

    /// A count, 0 or more; anything else is noted and counts for nothing.
    pub(super) fn count(&mut self, members: &Members, keyword: &str) -> Option<u64> {
        let value = members.get(keyword)?;
        let count = whole(value).and_then(|number| u64::try_from(number).ok());
        if count.is_none() {
            self.note_here(&format!("`{keyword}` is not a whole number, 0 or more, and is not checked"));
        }
        count
    }

    pub(super) fn read_integer(&mut self, members: &Members) -> Shape {
        let mut bounds = Integer::default();
        (bounds.min, bounds.max) = match members.get("format").and_then(Value::as_str) {
            Some("int8") => (Some(i8::MIN.into()), Some(i8::MAX.into())),
            Some("int16") => (Some(i16::MIN.into()), Some(i16::MAX.into())),
            Some("int32") => (Some(i32::MIN.into()), Some(i32::MAX.into())),
            Some("int64") => (Some(i64::MIN.into()), Some(i64::MAX.into())),
            Some("uint8") => (Some(0), Some(u8::MAX.into())),
            Some("uint16") => (Some(0), Some(u16::MAX.into())),
            Some("uint32") => (Some(0), Some(u32::MAX.into())),
            Some("uint64") => (Some(0), Some(u64::MAX.into())),
            _ => (None, None),
        };
        if let Some(min) = self.whole_bound(members, "minimum", f64::ceil) {
            bounds.min = bounds.min.max(Some(min + i128::from(excludes(members, "exclusiveMinimum", "minimum"))));
        }
        if let Some(max) = self.whole_bound(members, "maximum", f64::floor) {
            let max = max - i128::from(excludes(members, "exclusiveMaximum", "maximum"));
            bounds.max = Some(bounds.max.map_or(max, |known| known.min(max)));
        }
        if let Some(value) = members.get("multipleOf") {
            bounds.multiple_of = whole(value).filter(|step| *step > 1);
            if whole(value).is_none_or(|step| step < 1) {
                self.note_here("`multipleOf` is not a whole number, and is not checked");
            }
        }
        Shape::Integer(Box::new(bounds))
    }

    /// A bound of an integer: one with a fraction bounds the integers beside it.
    #[expect(clippy::cast_possible_truncation, reason = "guarded by the comparison")]
    fn whole_bound(&mut self, members: &Members, keyword: &str, round: fn(f64) -> f64) -> Option<i128> {
        let value = members.get(keyword)?;
        if let Some(bound) = whole(value) {
            return Some(bound);
        }
        match value.as_f64() {
            Some(float) if float.abs() < 1e18 => Some(round(float) as i128),
            // No number that JSON carries here is beyond such a bound.
            _ if crate::load::big_integer(value).is_some() || value.is_f64() => {
                self.note_here(&format!("`{keyword}` lies beyond 64 bits and bounds nothing"));
                None
            }
            _ => {
                self.note_here(&format!("`{keyword}` is not a number, and is not checked"));
                None
            }
        }
    }

    pub(super) fn read_number(&mut self, members: &Members) -> Shape {
        let mut bounds =
            Number { min: self.bound(members, "minimum"), max: self.bound(members, "maximum"), ..Number::default() };
        if members.get("exclusiveMinimum") == Some(&Value::Bool(true)) {
            bounds.above = bounds.min.take();
        }
        if members.get("exclusiveMaximum") == Some(&Value::Bool(true)) {
            bounds.below = bounds.max.take();
        }
        if members.contains_key("multipleOf") {
            self.note_here("`multipleOf` of a number is not checked");
        }
        Shape::Number(bounds)
    }

    fn bound(&mut self, members: &Members, keyword: &str) -> Option<f64> {
        let value = members.get(keyword)?;
        if value.as_f64().is_none() {
            self.note_here(&format!("`{keyword}` is not a number that can be compared, and is not checked"));
        }
        value.as_f64()
    }

    pub(super) fn read_text(&mut self, members: &Members) -> Shape {
        let mut pattern = members.get("pattern").and_then(Value::as_str).unwrap_or_default();
        if let Err(reason) = super::super::pattern::check(pattern) {
            self.note_here(&reason);
            pattern = "";
        }
        let format = members.get("format").and_then(Value::as_str).unwrap_or_default();
        Shape::Text(Text {
            chars_min: self.count(members, "minLength").unwrap_or(0),
            chars_max: self.count(members, "maxLength"),
            pattern: pattern.to_owned(),
            format: super::super::one_line(format),
        })
    }
}

/// The value of an integer, also of one that is written `1.0`.
#[expect(clippy::cast_possible_truncation, reason = "guarded by the comparison")]
fn whole(value: &Value) -> Option<i128> {
    let number = value.as_number()?;
    number.as_i128().or_else(|| {
        number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e18).map(|float| float as i128)
    })
}

/// Whether the bound itself is out. A bound with a fraction is never met by an integer.
fn excludes(members: &Members, keyword: &str, bound: &str) -> bool {
    members.get(keyword) == Some(&Value::Bool(true)) && members.get(bound).is_some_and(|bound| whole(bound).is_some())
}
