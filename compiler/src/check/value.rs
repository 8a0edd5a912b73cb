//! Whether a value that the manifest gives (`fixed`, `default`) fits the argument's shape.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use crate::ir::{Integer, Number, Shape, Text};
use crate::normalise::escape;

/// Shapes that are looked at for one value. A document can make the ways through them very many.
const STEPS_MAX: usize = 100_000;

/// Why a value does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The part that does not, as a JSON pointer from the value.
    pub(super) pointer: String,
    /// The end of a sentence: "is …".
    pub(super) complaint: String,
}

impl From<String> for Misfit {
    fn from(complaint: String) -> Self {
        Self { pointer: String::new(), complaint }
    }
}

/// Says why `value` does not fit `shape`, and which part of it.
pub(super) fn fits(value: &Value, shape: &Shape, shapes: &BTreeMap<String, Shape>) -> Result<(), Misfit> {
    Fit { shapes, steps: Cell::new(0) }.check(value, shape)
}

struct Fit<'a> {
    shapes: &'a BTreeMap<String, Shape>,
    steps: Cell<usize>,
}

impl Fit<'_> {
    /// What [`Self::check`] finds, as seen from around `value`, where `token` leads to it.
    fn check_part(&self, token: &str, value: &Value, shape: &Shape) -> Result<(), Misfit> {
        self.check(value, shape).map_err(|Misfit { pointer, complaint }| {
            let pointer = format!("/{}{pointer}", escape(token));
            Misfit { pointer, complaint }
        })
    }

    fn check(&self, value: &Value, shape: &Shape) -> Result<(), Misfit> {
        self.steps.set(self.steps.get() + 1);
        // An error each time from here on, so that no alternative passes for want of looking.
        must(self.steps.get() <= STEPS_MAX, "is too large to be checked")?;
        match shape {
            Shape::Any => Ok(()),
            Shape::File => {
                must(value.get("base64").is_some_and(Value::is_string), "is not a file: an object with `base64`")
            }
            Shape::Boolean => must(value.is_boolean(), "is not true or false"),
            Shape::Integer(bounds) => integer(value, bounds),
            Shape::Number(bounds) => number(value, bounds),
            Shape::Text(bounds) => text(value, bounds),
            Shape::Words(words) => {
                let listed = value.as_str().is_some_and(|text| words.iter().any(|word| word == text));
                must(listed, &format!("is none of {}", first_of(words)))
            }
            Shape::Literals(literals) => {
                must(literals.contains(&value.to_string()), &format!("is none of {}", first_of(literals)))
            }
            Shape::Nullable(_) if value.is_null() => Ok(()),
            Shape::Nullable(inner) => self.check(value, inner),
            Shape::Named(name) => self.shapes.get(name).map_or(Ok(()), |shape| self.check(value, shape)),
            Shape::AnyOf(branches) => {
                must(branches.iter().any(|branch| self.check(value, branch).is_ok()), "fits none of the allowed shapes")
            }
            Shape::List(list) => {
                let Value::Array(items) = value else { return must(false, "is not a list") };
                let count = items.len() as u64;
                must(count >= list.items_min, &format!("has fewer than {} items", list.items_min))?;
                let max = list.items_max.unwrap_or(u64::MAX);
                must(count <= max, &format!("has more than {max} items"))?;
                must(
                    !list.unique || (1..items.len()).all(|at| !items[..at].contains(&items[at])),
                    "has an item twice",
                )?;
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(position, item)| self.check_part(&position.to_string(), item, &list.items))
            }
            Shape::Object(object) => {
                let Value::Object(members) = value else { return must(false, "is not an object") };
                for property in &object.properties {
                    match members.get(&property.name) {
                        Some(member) => self.check_part(&property.name, member, &property.shape)?,
                        None => must(!property.required, &format!("has no `{}`", property.name))?,
                    }
                }
                for (name, member) in members {
                    if !object.properties.iter().any(|property| property.name == *name) {
                        let rest = object.rest.as_deref().ok_or_else(|| format!("has an unknown property `{name}`"))?;
                        self.check_part(name, member, rest)?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Words with commas between; of very many the first ones.
fn first_of(words: &[String]) -> String {
    const SHOWN_MAX: usize = 12;
    let shown = words[..words.len().min(SHOWN_MAX)].join(", ");
    if words.len() > SHOWN_MAX { format!("{shown}, … ({} in all)", words.len()) } else { shown }
}

fn must(holds: bool, complaint: &str) -> Result<(), Misfit> {
    if holds { Ok(()) } else { Err(complaint.to_owned().into()) }
}

fn integer(value: &Value, bounds: &Integer) -> Result<(), Misfit> {
    let number = value.as_number().and_then(serde_json::Number::as_i128).ok_or("is not an integer".to_owned())?;
    at_least(number, bounds.min)?;
    at_most(number, bounds.max)?;
    let step = bounds.multiple_of.unwrap_or(1);
    must(number % step == 0, &format!("is not a multiple of {step}"))
}

fn number(value: &Value, bounds: &Number) -> Result<(), Misfit> {
    let number = value.as_f64().ok_or("is not a number".to_owned())?;
    at_least(number, bounds.min)?;
    at_most(number, bounds.max)?;
    match (bounds.above, bounds.below) {
        (Some(min), _) if number <= min => must(false, &format!("is not above {min}")),
        (_, Some(max)) if number >= max => must(false, &format!("is not below {max}")),
        _ => Ok(()),
    }
}

fn at_least<T: Copy + PartialOrd + Display>(number: T, min: Option<T>) -> Result<(), Misfit> {
    min.map_or(Ok(()), |min| must(number >= min, &format!("is below the least value, {min}")))
}

fn at_most<T: Copy + PartialOrd + Display>(number: T, max: Option<T>) -> Result<(), Misfit> {
    max.map_or(Ok(()), |max| must(number <= max, &format!("is above the greatest value, {max}")))
}

fn text(value: &Value, bounds: &Text) -> Result<(), Misfit> {
    let text = value.as_str().ok_or("is not a text".to_owned())?;
    let count = text.chars().count() as u64;
    must(count >= bounds.chars_min, &format!("has fewer than {} characters", bounds.chars_min))?;
    let max = bounds.chars_max.unwrap_or(u64::MAX);
    must(count <= max, &format!("has more than {max} characters"))?;
    // What is checked here was written by hand beside the pattern; the runtime enforces it with the contract's rules.
    let matches =
        bounds.pattern.is_empty() || regex::Regex::new(&bounds.pattern).is_ok_and(|regex| regex.is_match(text));
    must(matches, &format!("does not match the pattern `{}`", bounds.pattern))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::fits;
    use crate::ir::{Shape, Text};

    /// Each shape names the next one twice; the last admits nothing that is asked for, so every way is tried.
    #[test]
    fn very_many_ways_end_in_an_error_and_not_in_a_hang() {
        let link = |at: usize| {
            let next = || Shape::Named(format!("S{}", at + 1));
            (format!("S{at}"), Shape::AnyOf(vec![next(), Shape::Nullable(Box::new(next()))]))
        };
        let mut shapes: BTreeMap<String, Shape> = (0..60).map(link).collect();
        shapes.insert("S60".into(), Shape::Text(Text::default()));
        assert!(fits(&json!(1), &Shape::Named("S0".into()), &shapes).is_err());
        assert_eq!(fits(&json!("text"), &Shape::Named("S0".into()), &shapes), Ok(()));
    }
}
