//! Values that are listed one by one.

use serde_json::Value;

use super::{Kind, Walk};
use crate::ir::Shape;
use crate::wording::listed;

impl Walk<'_> {
    /// Compares two shapes of which one at least lists its values.
    pub(super) fn values(&mut self, at: &str, old: &Shape, new: &Shape) {
        match (listing(old), listing(new)) {
            (Some(before), Some(after)) => {
                let only = |these: &[String], those: &[String]| -> Vec<String> {
                    these.iter().filter(|value| !those.contains(value)).cloned().collect()
                };
                let (come, gone) = (only(&after, &before), only(&before, &after));
                if !come.is_empty() {
                    self.add(Kind::EnumGrown, at, format!("may be {}", listed(&come)));
                }
                if !gone.is_empty() {
                    self.add(Kind::EnumShrunk, at, format!("may no longer be {}", listed(&gone)));
                }
            }
            (Some(before), None) if before.iter().all(|value| is_of(value, new)) => {
                self.add(Kind::EnumDropped, at, format!("{} instead of {}", super::told(new), listed(&before)));
            }
            (None, Some(after)) if after.iter().all(|value| is_of(value, old)) => {
                let is_within = after.iter().all(|value| is_within(value, old));
                let kind = if is_within { Kind::TypeNarrowed } else { Kind::BoundWidened };
                self.add(kind, at, format!("{} instead of {}", listed(&after), super::told(old)));
            }
            _ => self.other_type(at, old, new),
        }
    }
}

/// The values of a shape that lists them, as JSON texts.
fn listing(shape: &Shape) -> Option<Vec<String>> {
    match shape {
        Shape::Words(words) => Some(words.iter().map(|word| Value::from(word.as_str()).to_string()).collect()),
        Shape::Literals(literals) => Some(literals.clone()),
        _ => None,
    }
}

/// Whether a value is of a shape's kind, without regard to bounds.
fn is_of(json: &str, shape: &Shape) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(json) else { return false };
    match shape {
        Shape::Text(_) => value.is_string(),
        Shape::Boolean => value.is_boolean(),
        Shape::Integer(_) => value.is_i64() || value.is_u64(),
        Shape::Number(_) => value.is_number(),
        _ => false,
    }
}

/// Whether a value of a shape's kind keeps to its bounds; of what takes more to decide, no.
fn is_within(json: &str, shape: &Shape) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(json) else { return false };
    match shape {
        Shape::Boolean => true,
        Shape::Text(text) => value.as_str().is_some_and(|value| {
            let chars = value.chars().count() as u64;
            let is_plain = text.pattern.is_empty() && text.format.is_empty();
            is_plain && chars >= text.chars_min && text.chars_max.is_none_or(|max| chars <= max)
        }),
        Shape::Integer(integer) => value.as_i64().map(i128::from).is_some_and(|value| {
            integer.min.is_none_or(|min| value >= min)
                && integer.max.is_none_or(|max| value <= max)
                && integer.multiple_of.is_none_or(|of| value.checked_rem(of) == Some(0))
        }),
        Shape::Number(number) => value.as_f64().is_some_and(|value| {
            number.min.is_none_or(|min| value >= min)
                && number.max.is_none_or(|max| value <= max)
                && number.above.is_none_or(|above| value > above)
                && number.below.is_none_or(|below| value < below)
        }),
        _ => false,
    }
}
