//! Two shapes at once: what `allOf` means (JSON Schema 2020-12, section 10.2.1.1).
//!
//! The result admits no value that one of the two refuses, except where a note says so: a union that would grow too large,
//! two patterns of one text.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Purpose, ShapeReader};
use crate::ir::{Integer, List, Number, Object, Others, Shape, Text};

/// A union that is distributed over another has at most this many alternatives.
const ALTERNATIVES_MAX: usize = 64;

/// Shapes that are looked at for one conjunction. Names are opened on the way, and a document decides how many there are.
const STEPS_MAX: usize = 20_000;

/// Why two shapes have no shape in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// No value is of both.
    Never,
    /// A name stands for itself.
    Circle,
    /// The result would be too large.
    TooLarge,
}

/// One conjunction, with its bounds.
pub(super) struct Conjunction<'r, 'd> {
    pub(super) reader: &'r mut ShapeReader<'d>,
    steps: usize,
    /// Names that have been opened around this place.
    open: Vec<String>,
}

impl<'r, 'd> Conjunction<'r, 'd> {
    pub(super) fn new(reader: &'r mut ShapeReader<'d>) -> Self {
        Self { reader, steps: 0, open: Vec::new() }
    }

    /// The shape of the values that are of both shapes.
    pub(super) fn of(&mut self, left: Shape, right: Shape) -> Result<Shape, Conflict> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(Conflict::TooLarge);
        }
        match (left, right) {
            (left, right) if left == right => Ok(left),
            (Shape::Any, other) | (other, Shape::Any) => Ok(other),
            (Shape::Nullable(left), Shape::Nullable(right)) => match self.of(*left, *right) {
                Ok(shape) => Ok(Shape::Nullable(Box::new(shape))),
                Err(Conflict::Never) => Ok(Shape::Literals(vec!["null".into()])),
                Err(conflict) => Err(conflict),
            },
            (Shape::Nullable(inner), other) | (other, Shape::Nullable(inner)) if !is_null(&other) => {
                self.of(*inner, other)
            }
            (Shape::Named(name), other) | (other, Shape::Named(name)) => self.named(&name, other),
            (Shape::AnyOf(branches), other) | (other, Shape::AnyOf(branches)) => self.any_of(branches, &other),
            (Shape::Object(left), Shape::Object(right)) => self.objects(left, right),
            (Shape::List(left), Shape::List(right)) => self.lists(*left, *right),
            (left, right) => self.scalars(left, right),
        }
    }

    fn named(&mut self, name: &str, other: Shape) -> Result<Shape, Conflict> {
        if self.open.iter().any(|open| open == name) {
            return Err(Conflict::TooLarge);
        }
        let Some(shape) = self.reader.open_name(name) else { return Err(Conflict::Circle) };
        self.open.push(name.to_owned());
        let result = self.of(shape, other);
        self.open.pop();
        result
    }

    fn any_of(&mut self, branches: Vec<Shape>, other: &Shape) -> Result<Shape, Conflict> {
        let mut shapes: Vec<Shape> = Vec::new();
        for branch in branches {
            match self.of(branch, other.clone()) {
                Ok(Shape::AnyOf(inner)) => shapes.extend(inner),
                Ok(shape) if shapes.contains(&shape) => {}
                Ok(shape) => shapes.push(shape),
                Err(Conflict::Never) => {}
                Err(conflict) => return Err(conflict),
            }
            if shapes.len() > ALTERNATIVES_MAX {
                return Err(Conflict::TooLarge);
            }
        }
        match shapes.len() {
            0 => Err(Conflict::Never),
            1 => Ok(shapes.remove(0)),
            _ => Ok(Shape::AnyOf(shapes)),
        }
    }

    /// Properties of both. A side that lists its properties was read as closed, but closed to what its other side lists it
    /// is not.
    fn objects(&mut self, left: Object, right: Object) -> Result<Shape, Conflict> {
        let others = others(&left, &right);
        let mut merged = left;
        merged.others = others;
        for name in right.write_only {
            if !merged.write_only.contains(&name) {
                merged.write_only.push(name);
            }
        }
        for property in right.properties {
            let Some(known) = merged.properties.iter_mut().find(|known| known.name == property.name) else {
                merged.properties.push(property);
                continue;
            };
            known.required |= property.required;
            if known.description.is_empty() {
                known.description = property.description;
            }
            let shape = std::mem::replace(&mut known.shape, Shape::Any);
            known.shape = match self.of(shape.clone(), property.shape.clone()) {
                Ok(shape) => shape,
                // What came in is one of the two, whichever of them is right.
                Err(Conflict::Never) if self.reader.purpose == Purpose::Received => {
                    Shape::AnyOf(vec![shape, property.shape])
                }
                // A property that cannot be there does no harm where it need not be; that it does is for the upstream.
                Err(Conflict::Never) if !known.required => {
                    self.reader.note_here(&format!("two schemas of `{}` exclude each other", known.name));
                    shape
                }
                Err(conflict) => return Err(conflict),
            };
        }
        merged.rest = match (merged.rest, right.rest) {
            (Some(left), Some(right)) => match self.of(*left, *right) {
                Ok(rest) => Some(Box::new(rest)),
                Err(Conflict::Never) => None,
                Err(conflict) => return Err(conflict),
            },
            _ => None,
        };
        merged.properties_min = merged.properties_min.max(right.properties_min);
        merged.properties_max = least(merged.properties_max, right.properties_max);
        Ok(Shape::Object(merged))
    }

    fn lists(&mut self, left: List, right: List) -> Result<Shape, Conflict> {
        Ok(Shape::List(Box::new(List {
            items: self.of(left.items, right.items)?,
            items_min: left.items_min.max(right.items_min),
            items_max: least(left.items_max, right.items_max),
            unique: left.unique || right.unique,
        })))
    }

    fn scalars(&mut self, left: Shape, right: Shape) -> Result<Shape, Conflict> {
        match (left, right) {
            (Shape::Integer(left), Shape::Integer(right)) => Ok(Shape::Integer(Box::new(integers(&left, &right)))),
            (Shape::Integer(integer), Shape::Number(number)) | (Shape::Number(number), Shape::Integer(integer)) => {
                Ok(Shape::Integer(Box::new(integers(&integer, &whole(&number)))))
            }
            (Shape::Number(left), Shape::Number(right)) => Ok(Shape::Number(numbers(&left, &right))),
            (Shape::Text(left), Shape::Text(right)) => Ok(Shape::Text(self.texts(left, right))),
            (Shape::Words(left), Shape::Words(right)) => {
                let right: BTreeSet<String> = right.into_iter().collect();
                let kept: Vec<String> = left.into_iter().filter(|word| right.contains(word)).collect();
                if kept.is_empty() { Err(Conflict::Never) } else { Ok(Shape::Words(kept)) }
            }
            (Shape::Literals(left), Shape::Literals(right)) => {
                let right: BTreeSet<String> = right.into_iter().collect();
                let kept: Vec<String> = left.into_iter().filter(|literal| right.contains(literal)).collect();
                if kept.is_empty() { Err(Conflict::Never) } else { Ok(Shape::Literals(kept)) }
            }
            (Shape::Words(words), other) | (other, Shape::Words(words)) => {
                let kept: Vec<String> =
                    words.into_iter().filter(|word| admits(&other, &Value::from(word.as_str()))).collect();
                if kept.is_empty() { Err(Conflict::Never) } else { Ok(Shape::Words(kept)) }
            }
            (Shape::Literals(literals), other) | (other, Shape::Literals(literals)) => {
                let fits = |text: &String| serde_json::from_str(text).is_ok_and(|value| admits(&other, &value));
                let kept: Vec<String> = literals.into_iter().filter(fits).collect();
                if kept.is_empty() { Err(Conflict::Never) } else { Ok(Shape::Literals(kept)) }
            }
            _ => Err(Conflict::Never),
        }
    }

    fn texts(&mut self, left: Text, right: Text) -> Text {
        let both = !left.pattern.is_empty() && !right.pattern.is_empty() && left.pattern != right.pattern;
        if both {
            self.reader.note_here(&format!("a second pattern, `{}`, is not checked", right.pattern));
        }
        Text {
            chars_min: left.chars_min.max(right.chars_min),
            chars_max: least(left.chars_max, right.chars_max),
            pattern: if left.pattern.is_empty() { right.pattern } else { left.pattern },
            format: if left.format.is_empty() { right.format } else { left.format },
        }
    }
}

/// What two objects at once have besides what is listed. A base schema that is made one of its kinds by further properties
/// is that kind.
fn others(left: &Object, right: &Object) -> Others {
    let adds_nothing = |object: &Object, to: &Object| {
        object.properties.iter().all(|property| to.properties.iter().any(|known| known.name == property.name))
    };
    match (left.others, right.others) {
        (Others::Any, _) | (_, Others::Any) => Others::Any,
        (Others::OfKinds, _) if adds_nothing(right, left) => Others::OfKinds,
        (_, Others::OfKinds) if adds_nothing(left, right) => Others::OfKinds,
        (Others::OfKinds, Others::OfKinds) => Others::OfKinds,
        _ => Others::None,
    }
}

fn is_null(shape: &Shape) -> bool {
    matches!(shape, Shape::Literals(literals) if literals.iter().any(|literal| literal == "null"))
}

fn least(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (one, other) => one.or(other),
    }
}

fn integers(left: &Integer, right: &Integer) -> Integer {
    let max = match (left.max, right.max) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (one, other) => one.or(other),
    };
    let multiple_of = match (left.multiple_of, right.multiple_of) {
        // The least common multiple, where it is in reach.
        (Some(left), Some(right)) if left > 0 && right > 0 => (left / divisor(left, right)).checked_mul(right),
        (one, other) => one.or(other),
    };
    Integer { min: left.min.max(right.min), max, multiple_of }
}

fn divisor(mut left: i128, mut right: i128) -> i128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// The integers among the numbers.
#[expect(clippy::cast_possible_truncation, reason = "guarded by the comparison")]
fn whole(bounds: &Number) -> Integer {
    let within = |bound: f64| (bound.abs() < 1e18).then_some(bound);
    let least = bounds.min.map(f64::ceil).into_iter().chain(bounds.above.map(|above| above.floor() + 1.0));
    let greatest = bounds.max.map(f64::floor).into_iter().chain(bounds.below.map(|below| below.ceil() - 1.0));
    Integer {
        min: least.reduce(f64::max).and_then(within).map(|bound| bound as i128),
        max: greatest.reduce(f64::min).and_then(within).map(|bound| bound as i128),
        multiple_of: None,
    }
}

fn numbers(left: &Number, right: &Number) -> Number {
    let greater = |one: Option<f64>, other: Option<f64>| one.into_iter().chain(other).reduce(f64::max);
    let less = |one: Option<f64>, other: Option<f64>| one.into_iter().chain(other).reduce(f64::min);
    Number {
        min: greater(left.min, right.min),
        max: less(left.max, right.max),
        above: greater(left.above, right.above),
        below: less(left.below, right.below),
    }
}

/// Whether a scalar shape admits a listed value. A text's pattern is not asked: the list says more.
fn admits(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Boolean => value.is_boolean(),
        Shape::Integer(bounds) => value.as_number().and_then(serde_json::Number::as_i128).is_some_and(|number| {
            bounds.min.is_none_or(|min| number >= min) && bounds.max.is_none_or(|max| number <= max)
        }),
        Shape::Number(_) => value.is_number(),
        Shape::Text(bounds) => value.as_str().is_some_and(|text| {
            let count = text.chars().count() as u64;
            count >= bounds.chars_min && bounds.chars_max.is_none_or(|max| count <= max)
        }),
        Shape::Words(words) => value.as_str().is_some_and(|text| words.iter().any(|word| word == text)),
        Shape::Literals(literals) => literals.contains(&value.to_string()),
        Shape::List(_) => value.is_array(),
        Shape::Object(_) => value.is_object(),
        Shape::Nullable(inner) => value.is_null() || admits(inner, value),
        _ => false,
    }
}
