//! Integers beyond 2^53, which may come as strings of digits.
//!
//! JavaScript hosts hold numbers as floats and lose the last digits of such integers, so where a shape's bounds reach that
//! far a string of digits is admitted too. What is sent is the number: this is the one conversion of an argument.

use airlock_contract::shape::{Named, Shape};
use serde_json::{Number, Value};

use super::check::Checker;

/// The integer of a string of digits in its one spelling: no sign but `-`, no leading zero, 64 bits at most.
pub(super) fn integer(text: &str) -> Option<Number> {
    let number = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()?;
    (number.to_string() == text).then_some(number)
}

/// Whether a shape admits such strings anywhere.
pub(super) fn occurs(shape: &Shape) -> bool {
    fn visit(shape: &Shape, seen: &mut Vec<*const Named>) -> bool {
        match shape {
            Shape::Integer(bounds) => bounds.is_wide(),
            Shape::List(list) => visit(list.items, seen),
            Shape::Object(object) => {
                object.properties.iter().any(|property| visit(&property.shape, seen))
                    || object.rest.is_some_and(|rest| visit(rest, seen))
            }
            Shape::AnyOf(shapes) => shapes.iter().any(|shape| visit(shape, seen)),
            Shape::Nullable(inner) => visit(inner, seen),
            Shape::Named(named) if !seen.contains(&std::ptr::from_ref(*named)) => {
                seen.push(*named);
                visit(&named.shape, seen)
            }
            _ => false,
        }
    }
    visit(shape, &mut Vec::new())
}

/// Puts the number in place of each such string in a value that the shape admits. A choice that admits the value as it is
/// goes before one that needs a number of it. False if there are more choices than can be looked at.
pub(super) fn settle(checker: &mut Checker<'_>, shape: &Shape, value: &mut Value) -> bool {
    match (shape, value) {
        (Shape::Integer(bounds), value @ Value::String(_)) if bounds.is_wide() => {
            if let Some(number) = value.as_str().and_then(integer) {
                *value = number.into();
            }
            true
        }
        (Shape::List(list), Value::Array(items)) => items.iter_mut().all(|item| settle(checker, list.items, item)),
        (Shape::Object(object), Value::Object(map)) => map.iter_mut().all(|(key, value)| {
            let known = object.properties.iter().find(|property| property.name == key);
            known.map(|property| &property.shape).or(object.rest).is_none_or(|shape| settle(checker, shape, value))
        }),
        (Shape::Nullable(inner), value) => value.is_null() || settle(checker, inner, value),
        (Shape::Named(named), value) => settle(checker, &named.shape, value),
        (Shape::AnyOf(shapes), value) => {
            if shapes.iter().any(|shape| checker.admits(shape, value, false)) {
                return true;
            }
            let choice = shapes.iter().find(|shape| checker.admits(shape, value, true));
            choice.is_some_and(|shape| settle(checker, shape, value))
        }
        _ => true,
    }
}
