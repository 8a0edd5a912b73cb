//! Whether an answer is what its tool's schema says of it (`airlock_offer::output_schema`).

use airlock_contract::shape::{Object, Shape};
use airlock_offer::{is_integer, kind};
use serde_json::{Map, Value};

/// Comparisons for one answer. A recursive choice can ask for more than any honest answer needs.
const STEPS_MAX: u32 = 1_000_000;

/// Shapes inside of shapes. Values are less deep, so only a shape that stands for itself gets there.
const DEPTH_MAX: u32 = 1000;

/// Where an answer is not what the schema says of it, in words; none if it is.
pub(crate) fn misfit(shape: &Shape, value: &Value) -> Option<String> {
    let mut walker = Walker { steps: 0, depth: 0, path: Vec::new() };
    match walker.fits(shape, value) {
        true => None,
        false if walker.steps > STEPS_MAX => Some("it is too large to be checked".to_owned()),
        false => {
            let path = walker.path.iter().rev().map(String::as_str).collect::<String>();
            let place =
                if path.is_empty() { "the whole".to_owned() } else { format!("`{}`", path.trim_start_matches('.')) };
            Some(format!("{place} is of another type, or missing"))
        }
    }
}

struct Walker {
    steps: u32,
    depth: u32,
    /// Where the last misfit is, innermost step first.
    path: Vec<String>,
}

impl Walker {
    fn fits(&mut self, shape: &Shape, value: &Value) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > STEPS_MAX || self.depth > DEPTH_MAX {
            return false;
        }
        self.depth += 1;
        let fits = self.inner(shape, value);
        self.depth -= 1;
        fits
    }

    fn inner(&mut self, shape: &Shape, value: &Value) -> bool {
        match (shape, value) {
            (Shape::Any, _)
            | (Shape::Boolean, Value::Bool(_))
            | (Shape::Number(_), Value::Number(_))
            | (Shape::Text(_) | Shape::Words(_), Value::String(_))
            | (Shape::File, Value::Object(_))
            | (Shape::Nullable(_) | Shape::List(_), Value::Null) => true,
            (Shape::Integer(_), Value::Number(number)) => is_integer(number),
            (Shape::List(list), Value::Array(items)) => items
                .iter()
                .enumerate()
                .all(|(position, item)| self.fits(list.items, item) || self.note(format!("[{position}]"))),
            (Shape::Object(object), Value::Object(map)) => self.members(object, map),
            (Shape::Literals(literals), value) => literals
                .iter()
                .filter_map(|json| serde_json::from_str::<Value>(json).ok())
                .any(|literal| kind(&literal) == kind(value) || kind(&literal) == "number" && value.is_number()),
            (Shape::AnyOf(shapes), value) => {
                let any = shapes.iter().any(|shape| self.fits(shape, value));
                // Which choice was meant is not known, so the misfit is the choice's.
                self.path.clear();
                any
            }
            (Shape::Nullable(inner), value) => self.fits(inner, value),
            (Shape::Named(named), value) => self.fits(&named.shape, value),
            _ => false,
        }
    }

    fn members(&mut self, object: &Object, map: &Map<String, Value>) -> bool {
        for property in object.properties {
            let fits = match map.get(property.name) {
                Some(Value::Null) if !property.required => true,
                Some(value) => self.fits(&property.shape, value),
                None => !property.required,
            };
            if !fits {
                return self.note(format!(".{}", property.name));
            }
        }
        let Some(rest) = object.rest else { return true };
        // The names of other members are the upstream's words, so they are not repeated.
        map.iter()
            .filter(|(key, _)| !object.properties.iter().any(|property| property.name == key.as_str()))
            .all(|(_, value)| self.fits(rest, value) || self.note(".*".to_owned()))
    }

    /// Remembers a step to a misfit. Always false.
    fn note(&mut self, step: String) -> bool {
        self.path.push(step);
        false
    }
}

#[cfg(test)]
mod tests;
