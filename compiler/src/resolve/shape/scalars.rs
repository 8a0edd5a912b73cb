//! Schemas of texts and numbers, and the keywords that every schema may have.

use serde_json::{Map, Value};

use super::super::Refusal;
use super::refuse;
use crate::ir::{Integer, Number, Shape, Text};
use crate::normalise::escape;

type Members = Map<String, Value>;

/// Keywords that say nothing about which values are allowed, or that are read elsewhere.
pub(super) const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "xml",
    "externalDocs",
    "discriminator",
    "nullable",
    "type",
    "format",
    "enum",
];

/// Refuses keywords that would narrow the shape but are not understood here.
pub(super) fn only(members: &Members, understood: &[&str], pointer: &str) -> Result<(), Refusal> {
    for (key, value) in members {
        let says_nothing = key.starts_with("x-") || ANNOTATIONS.contains(&key.as_str()) || *value == Value::Bool(false);
        if !says_nothing && !understood.contains(&key.as_str()) {
            return Err(refuse(&format!("{pointer}/{}", escape(key)), format!("`{key}` cannot be enforced here")));
        }
    }
    Ok(())
}

pub(super) fn count(members: &Members, keyword: &str, pointer: &str) -> Result<Option<u64>, Refusal> {
    match members.get(keyword) {
        None => Ok(None),
        Some(value) => whole(value).and_then(|number| u64::try_from(number).ok()).map(Some).ok_or_else(|| {
            refuse(&format!("{pointer}/{keyword}"), format!("`{keyword}` is a whole number, 0 or more"))
        }),
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

pub(super) fn read_integer(members: &Members, pointer: &str) -> Result<Shape, Refusal> {
    only(members, &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"], pointer)?;
    let mut bounds = Integer::default();
    if members.get("format").and_then(Value::as_str) == Some("int32") {
        (bounds.min, bounds.max) = (Some(i32::MIN.into()), Some(i32::MAX.into()));
    }
    let bound = |keyword: &str| -> Result<Option<i128>, Refusal> {
        let Some(value) = members.get(keyword) else { return Ok(None) };
        match (whole(value), value.as_f64()) {
            (Some(bound), _) => Ok(Some(bound)),
            // A bound beyond 64 bits bounds nothing that JSON numbers here can reach.
            (None, Some(float)) if float.abs() >= 1e18 => Ok(None),
            _ => Err(refuse(&format!("{pointer}/{keyword}"), format!("`{keyword}` of an integer is a whole number"))),
        }
    };
    if let Some(min) = bound("minimum")? {
        bounds.min = bounds.min.max(Some(min + i128::from(is_true(members, "exclusiveMinimum"))));
    }
    if let Some(max) = bound("maximum")? {
        let max = max - i128::from(is_true(members, "exclusiveMaximum"));
        bounds.max = Some(bounds.max.map_or(max, |known| known.min(max)));
    }
    bounds.multiple_of = bound("multipleOf")?.filter(|step| *step > 1);
    Ok(Shape::Integer(bounds))
}

pub(super) fn read_number(members: &Members, pointer: &str) -> Result<Shape, Refusal> {
    only(members, &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], pointer)?;
    let bound = |keyword: &str| match members.get(keyword) {
        None => Ok(None),
        Some(value) => value
            .as_f64()
            .map(Some)
            .ok_or_else(|| refuse(&format!("{pointer}/{keyword}"), format!("`{keyword}` is a number"))),
    };
    let mut bounds = Number { min: bound("minimum")?, max: bound("maximum")?, ..Number::default() };
    if is_true(members, "exclusiveMinimum") {
        bounds.above = bounds.min.take();
    }
    if is_true(members, "exclusiveMaximum") {
        bounds.below = bounds.max.take();
    }
    Ok(Shape::Number(bounds))
}

pub(super) fn read_text(members: &Members, pointer: &str) -> Result<Shape, Refusal> {
    only(members, &["minLength", "maxLength", "pattern"], pointer)?;
    let pattern = members.get("pattern").and_then(Value::as_str).unwrap_or_default();
    if let Err(reason) = super::super::pattern::check(pattern) {
        return Err(refuse(&format!("{pointer}/pattern"), reason));
    }
    let format = members.get("format").and_then(Value::as_str).unwrap_or_default();
    if format == "binary" {
        return Err(refuse(&format!("{pointer}/format"), "binary data cannot be sent here"));
    }
    Ok(Shape::Text(Text {
        chars_min: count(members, "minLength", pointer)?.unwrap_or(0),
        chars_max: count(members, "maxLength", pointer)?,
        pattern: pattern.to_owned(),
        format: super::super::one_line(format),
    }))
}

fn is_true(members: &Members, keyword: &str) -> bool {
    members.get(keyword) == Some(&Value::Bool(true))
}
