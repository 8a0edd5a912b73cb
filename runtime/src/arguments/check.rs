//! Walks a value along a shape and collects every fault.

use std::collections::BTreeSet;
use std::fmt;

use airlock_contract::shape::{EXACT_MAX, Integer, List, Number, Object, Shape, Text};
use serde_json::Value;

use super::canonical::canonical;
use super::digits::integer;
use super::format::{is_date, is_date_time, is_uuid};
use super::pattern::Patterns;
use super::words::{describe, show};
use super::{FAULTS_TOLD_MAX, suggestion};
use crate::file;
use crate::untrusted::one_line;

/// Comparisons for one call. A recursive choice can ask for more than any honest value needs.
const STEPS_MAX: u32 = 200_000;

/// Shapes inside of shapes. Values are less deep, so only a shape that stands for itself gets there.
const DEPTH_MAX: u32 = 1000;

/// Longest path that is told, in characters.
const PATH_CHARS_MAX: usize = 200;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, such as `body.lines[2].amount`.
    pub path: String,
    /// What may stand there.
    pub expected: String,
    /// What stands there; empty if nothing does.
    pub got: String,
    /// A hint, such as the nearest known name; may be empty.
    pub hint: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.path, self.expected)?;
        if !self.got.is_empty() {
            write!(formatter, ", got {}", self.got)?;
        }
        if !self.hint.is_empty() {
            write!(formatter, "; {}", self.hint)?;
        }
        Ok(())
    }
}

pub(super) struct Checker<'a> {
    patterns: &'a Patterns,
    faults: Vec<Fault>,
    path: String,
    steps: u32,
    depth: u32,
    /// Whether a string of digits passes for an integer beyond 2^53.
    digits: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn new(patterns: &'a Patterns) -> Self {
        Self { patterns, faults: Vec::new(), path: String::new(), steps: 0, depth: 0, digits: true }
    }

    pub(super) fn finish(self) -> Vec<Fault> {
        self.faults
    }

    /// A name that the table does not have.
    pub(super) fn unknown<'b>(&mut self, name: &str, known: impl Iterator<Item = &'b str> + Clone) {
        let hint = self.hint(name, known);
        self.at(name, |checker| checker.fault("unknown argument".to_owned(), String::new(), hint));
    }

    /// Hints cost time, and those of the first faults are read.
    fn hint<'b>(&self, name: &str, known: impl Iterator<Item = &'b str> + Clone) -> String {
        if self.faults.len() < FAULTS_TOLD_MAX { suggestion(name, known) } else { String::new() }
    }

    /// A required name that is not there.
    pub(super) fn missing(&mut self, name: &str, shape: &Shape) {
        let expected = format!("missing; expected {}", describe(shape));
        self.at(name, |checker| checker.fault(expected, String::new(), String::new()));
    }

    pub(super) fn argument(&mut self, name: &str, shape: &Shape, value: &Value) {
        self.at(name, |checker| checker.shape(shape, value));
    }

    /// Whether a shape admits a value. `digits`: also with strings of digits for integers beyond 2^53.
    pub(super) fn admits(&mut self, shape: &Shape, value: &Value, digits: bool) -> bool {
        let before = self.faults.len();
        self.digits = digits;
        self.shape(shape, value);
        self.digits = true;
        let admits = self.faults.len() == before;
        self.faults.truncate(before);
        admits
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_content(&self) -> bool {
        self.faults.is_empty()
    }

    /// An argument that asks for more looking than any honest one.
    pub(super) fn argument_too_large(&mut self, name: &str) {
        self.at(name, Self::too_large);
    }

    fn too_large(&mut self) {
        self.fault("too large to be checked; send less".to_owned(), String::new(), String::new());
    }

    /// Runs a check one step further down the path.
    fn at(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length < PATH_CHARS_MAX {
            if length > 0 && !step.starts_with('[') {
                self.path.push('.');
            }
            self.path.push_str(&one_line(step, 64).replace('`', "'"));
        }
        check(self);
        self.path.truncate(length);
    }

    fn fault(&mut self, expected: String, got: String, hint: String) {
        self.faults.push(Fault { path: self.path.clone(), expected, got, hint });
    }

    fn expected(&mut self, shape: &Shape, value: &Value) {
        self.fault(format!("expected {}", describe(shape)), show(value), String::new());
    }

    fn shape(&mut self, shape: &Shape, value: &Value) {
        self.steps = self.steps.saturating_add(1);
        if self.steps > STEPS_MAX || self.depth > DEPTH_MAX {
            // A fault each time, so that no choice passes for want of looking.
            return self.too_large();
        }
        self.depth += 1;
        self.known_shape(shape, value);
        self.depth -= 1;
    }

    fn known_shape(&mut self, shape: &Shape, value: &Value) {
        match shape {
            Shape::Any => {}
            Shape::Boolean if value.is_boolean() => {}
            Shape::Integer(bounds) if integer_in(bounds, value, self.digits) => {}
            Shape::Number(bounds) if number_in(bounds, value) => {}
            Shape::Text(bounds) => self.text(shape, bounds, value),
            Shape::List(list) => self.list(shape, list, value),
            Shape::Object(object) => self.object(shape, object, value),
            Shape::Words(words) if value.as_str().is_some_and(|text| words.contains(&text)) => {}
            Shape::Literals(literals) => self.literals(shape, literals, value),
            Shape::AnyOf(shapes) => self.any_of(shape, shapes, value),
            Shape::Nullable(inner) => {
                if !value.is_null() {
                    self.shape(inner, value);
                }
            }
            Shape::File => self.file(value),
            Shape::Named(named) => self.shape(&named.shape, value),
            Shape::Boolean | Shape::Integer(_) | Shape::Number(_) | Shape::Words(_) => self.expected(shape, value),
        }
    }

    fn text(&mut self, shape: &Shape, bounds: &Text, value: &Value) {
        let Value::String(text) = value else { return self.expected(shape, value) };
        let length = text.chars().count() as u64;
        let fits = length >= bounds.chars_min
            && bounds.chars_max.is_none_or(|max| length <= max)
            && (bounds.pattern.is_empty() || self.patterns.matches(bounds.pattern, text))
            && match bounds.format {
                "date" => is_date(text),
                "date-time" => is_date_time(text),
                "uuid" => is_uuid(text),
                _ => true,
            };
        if !fits {
            self.expected(shape, value);
        }
    }

    fn list(&mut self, shape: &Shape, list: &List, value: &Value) {
        let Value::Array(items) = value else { return self.expected(shape, value) };
        let length = items.len() as u64;
        if length < list.items_min || list.items_max.is_some_and(|max| length > max) {
            self.fault(format!("expected {}", describe(shape)), format!("{length} items"), String::new());
        }
        if list.unique {
            let mut seen = BTreeSet::new();
            if !items.iter().all(|item| seen.insert(canonical(item))) {
                self.fault("expected items that differ".to_owned(), "one twice".to_owned(), String::new());
            }
        }
        for (position, item) in items.iter().enumerate() {
            self.at(&format!("[{position}]"), |checker| checker.shape(list.items, item));
        }
    }

    fn object(&mut self, shape: &Shape, object: &Object, value: &Value) {
        let Value::Object(map) = value else { return self.expected(shape, value) };
        let length = map.len() as u64;
        if length < object.properties_min || object.properties_max.is_some_and(|max| length > max) {
            self.fault(format!("expected {}", describe(shape)), format!("{length} properties"), String::new());
        }
        for property in object.properties {
            match map.get(property.name) {
                Some(value) => self.at(property.name, |checker| checker.shape(&property.shape, value)),
                None if property.required => self.missing(property.name, &property.shape),
                None => {}
            }
        }
        for (key, value) in map {
            if object.properties.iter().any(|property| property.name == key) {
                continue;
            }
            if let Some(rest) = object.rest {
                self.at(key, |checker| checker.shape(rest, value));
            } else {
                let hint = self.hint(key, object.properties.iter().map(|property| property.name));
                self.at(key, |checker| checker.fault("unknown property".to_owned(), String::new(), hint));
            }
        }
    }

    fn file(&mut self, value: &Value) {
        if let Err(fault) = file::read(value) {
            let got = match value {
                Value::Object(map) => map.get(fault.member).map(show).unwrap_or_default(),
                value => show(value),
            };
            let expected = format!("expected {}", fault.expected);
            // An empty step would leave a dot behind.
            if fault.member.is_empty() {
                self.fault(expected, got, String::new());
            } else {
                self.at(fault.member, |checker| checker.fault(expected, got, String::new()));
            }
        }
        for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
            if !file::MEMBERS.contains(&key.as_str()) {
                let hint = self.hint(key, file::MEMBERS.into_iter());
                self.at(key, |checker| checker.fault("unknown property".to_owned(), String::new(), hint));
            }
        }
    }

    fn literals(&mut self, shape: &Shape, literals: &[&str], value: &Value) {
        let sent = canonical(value);
        let listed = |json: &&str| serde_json::from_str::<Value>(json).is_ok_and(|literal| canonical(&literal) == sent);
        if !literals.iter().any(listed) {
            self.expected(shape, value);
        }
    }

    fn any_of(&mut self, shape: &Shape, shapes: &[Shape], value: &Value) {
        let before = self.faults.len();
        let mut of_this_kind = Vec::new();
        for choice in shapes {
            self.shape(choice, value);
            if self.faults.len() == before {
                return;
            }
            let faults = self.faults.split_off(before);
            if may_be(choice, value) {
                of_this_kind.push(faults);
            }
        }
        // If only one choice can be meant, its own faults say more than the list of choices.
        match <[Vec<Fault>; 1]>::try_from(of_this_kind) {
            Ok([faults]) => self.faults.extend(faults),
            Err(_) => self.expected(shape, value),
        }
    }
}

/// Whether a shape admits a value of this JSON type at all, seen from outside.
fn may_be(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Object(_) | Shape::File => value.is_object(),
        Shape::List(_) => value.is_array(),
        Shape::Text(_) | Shape::Words(_) => value.is_string(),
        Shape::Integer(_) | Shape::Number(_) => value.is_number(),
        Shape::Boolean => value.is_boolean(),
        Shape::Nullable(inner) => may_be(inner, value),
        Shape::Named(named) => matches!(named.shape, Shape::Object(_)) && value.is_object(),
        Shape::Any | Shape::Literals(_) | Shape::AnyOf(_) => false,
    }
}

/// `3` and `3.0` are integers (JSON Schema 2020-12, section 4.2.3). A float beyond 2^53 may have lost digits while it was
/// read, so it is none: what would be sent is not what the caller wrote.
fn integer_in(bounds: &Integer, value: &Value, digits: bool) -> bool {
    let number = match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) if digits && bounds.is_wide() => integer(text),
        _ => None,
    };
    let Some(number) = number else { return false };
    let integer = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(integer), _, _) => i128::from(integer),
        (_, Some(integer), _) => i128::from(integer),
        #[expect(clippy::cast_possible_truncation, reason = "the guard leaves only values that fit")]
        (_, _, Some(float)) if float.fract() == 0.0 && float.abs() < 1e16 && (float as i128).abs() <= EXACT_MAX => {
            float as i128
        }
        _ => return false,
    };
    bounds.min.is_none_or(|min| integer >= min)
        && bounds.max.is_none_or(|max| integer <= max)
        && bounds.multiple_of.is_none_or(|step| step != 0 && integer % step == 0)
}

fn number_in(bounds: &Number, value: &Value) -> bool {
    value.as_f64().is_some_and(|number| {
        bounds.min.is_none_or(|min| number >= min)
            && bounds.max.is_none_or(|max| number <= max)
            && bounds.above.is_none_or(|limit| number > limit)
            && bounds.below.is_none_or(|limit| number < limit)
    })
}
