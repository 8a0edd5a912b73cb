//! Whether a value that the manifest gives (`fixed`, `default`) fits the argument's shape.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ir::{Integer, Number, Shape, Text};

/// Says why `value` does not fit `shape`, in one sentence's end: "is …".
pub(super) fn fits(value: &Value, shape: &Shape, shapes: &BTreeMap<String, Shape>) -> Result<(), String> {
    match shape {
        Shape::Any => Ok(()),
        Shape::Boolean => must(value.is_boolean(), "is not true or false"),
        Shape::Integer(bounds) => integer(value, bounds),
        Shape::Number(bounds) => number(value, bounds),
        Shape::Text(bounds) => text(value, bounds),
        Shape::Words(words) => {
            let listed = value.as_str().is_some_and(|text| words.iter().any(|word| word == text));
            must(listed, &format!("is none of {}", words.join(", ")))
        }
        Shape::Literals(literals) => {
            must(literals.contains(&value.to_string()), &format!("is none of {}", literals.join(", ")))
        }
        Shape::Nullable(inner) if value.is_null() || fits(value, inner, shapes).is_ok() => Ok(()),
        Shape::Nullable(inner) => fits(value, inner, shapes),
        Shape::Named(name) => shapes.get(name).map_or(Ok(()), |shape| fits(value, shape, shapes)),
        Shape::AnyOf(branches) => {
            must(branches.iter().any(|branch| fits(value, branch, shapes).is_ok()), "fits none of the allowed shapes")
        }
        Shape::List(list) => {
            let Value::Array(items) = value else { return Err("is not a list".into()) };
            let count = items.len() as u64;
            must(
                count >= list.items_min && list.items_max.is_none_or(|max| count <= max),
                "has too few or too many items",
            )?;
            must(!list.unique || (1..items.len()).all(|at| !items[..at].contains(&items[at])), "has an item twice")?;
            items.iter().try_for_each(|item| fits(item, &list.items, shapes))
        }
        Shape::Object(object) => {
            let Value::Object(members) = value else { return Err("is not an object".into()) };
            for property in &object.properties {
                match members.get(&property.name) {
                    Some(member) => fits(member, &property.shape, shapes)?,
                    None => must(!property.required, &format!("has no `{}`", property.name))?,
                }
            }
            for (name, member) in members {
                if !object.properties.iter().any(|property| property.name == *name) {
                    let rest = object.rest.as_deref().ok_or_else(|| format!("has an unknown property `{name}`"))?;
                    fits(member, rest, shapes)?;
                }
            }
            Ok(())
        }
    }
}

fn must(holds: bool, complaint: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint.to_owned()) }
}

fn integer(value: &Value, bounds: &Integer) -> Result<(), String> {
    let number = value.as_number().and_then(serde_json::Number::as_i128).ok_or("is not an integer")?;
    must(bounds.min.is_none_or(|min| number >= min), "is below the least value")?;
    must(bounds.max.is_none_or(|max| number <= max), "is above the greatest value")?;
    must(bounds.multiple_of.is_none_or(|step| number % step == 0), "is not a multiple of the step")
}

fn number(value: &Value, bounds: &Number) -> Result<(), String> {
    let number = value.as_f64().ok_or("is not a number")?;
    must(
        bounds.min.is_none_or(|min| number >= min) && bounds.above.is_none_or(|min| number > min),
        "is below the least value",
    )?;
    must(
        bounds.max.is_none_or(|max| number <= max) && bounds.below.is_none_or(|max| number < max),
        "is above the greatest value",
    )
}

fn text(value: &Value, bounds: &Text) -> Result<(), String> {
    let text = value.as_str().ok_or("is not a text")?;
    let count = text.chars().count() as u64;
    must(count >= bounds.chars_min, "is too short")?;
    must(bounds.chars_max.is_none_or(|max| count <= max), "is too long")?;
    // What is checked here was written by hand beside the pattern; the runtime enforces it with the contract's rules.
    let matches =
        bounds.pattern.is_empty() || regex::Regex::new(&bounds.pattern).is_ok_and(|regex| regex.is_match(text));
    must(matches, "does not match the pattern")
}
