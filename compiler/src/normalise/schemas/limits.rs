//! Bounds: of numbers, and of counts.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::rewrite::Members;

/// Keywords that count something.
pub(super) const COUNTS: &[&str] =
    &["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"];

/// Whole counts written as `1.0` become `1`; exclusive bounds that are numbers become those of OpenAPI 3.0.
pub(super) fn limits(members: &mut Members) {
    for keyword in COUNTS {
        if let Some(value) = members.get_mut(*keyword)
            && let Some(count) = count(value)
        {
            *value = count.into();
        }
    }
    exclusive(members, "exclusiveMinimum", "minimum", Ordering::Less);
    exclusive(members, "exclusiveMaximum", "maximum", Ordering::Greater);
}

/// A count, also one that is written `1.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "guarded by the comparison")]
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|float| float.fract() == 0.0 && (0.0..=9e15).contains(float))?;
        Some(float as u64)
    })
}

/// `exclusiveMinimum: n` -> `minimum: n, exclusiveMinimum: true`. The stricter bound counts where there are two; it is the
/// inclusive one if the exclusive one lies on its `weaker` side.
fn exclusive(members: &mut Members, keyword: &str, inclusive: &str, weaker: Ordering) {
    let Some(limit) = members.get(keyword).filter(|limit| number(limit).is_some()).cloned() else { return };
    match members.get(inclusive) {
        None => {}
        Some(bound) => match compare(&limit, bound) {
            None => return,
            Some(side) if side == weaker => {
                members.shift_remove(keyword);
                return;
            }
            Some(_) => {}
        },
    }
    members.insert(inclusive.to_owned(), limit);
    members.insert(keyword.to_owned(), true.into());
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let integer = |value: &Value| value.as_number().and_then(Number::as_i128);
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// The value of a number, also of an integer beyond 64 bits, which is loaded as its digits below this key.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.get("x-airlock-integer")?.as_str()?.parse().ok())
}
