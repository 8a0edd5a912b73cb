//! Shapes in canonical JSON, and the named ones that a shape reaches.
//!
//! A member with `?` may be missing; bounds of numbers are decimal texts without exponent; `[…]` are sets.
//!
//! ```text
//! {type: any | boolean | file}
//! {type: integer, max?, min?, multiple_of?}
//! {type: number, above?, below?, max?, min?}
//! {type: text, chars_max?, chars_min?, format?, pattern?}
//! {type: list, items, items_max?, items_min?, unique?}
//! {type: object, properties?: {NAME: {shape, description?, required?}}, properties_max?, properties_min?, rest?}
//! {type: words | literals, values?: [TEXT]}      literals as JSON texts
//! {type: any_of, shapes?: [shape]}
//! {type: nullable, shape}
//! {type: named, name}
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::canonical::{Members, digest, set};
use crate::ir::{Integer, LENIENT, List, Number, Object, Property, Shape, Text};

/// How shapes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// As they stand.
    Whole,
    /// As what a rule has made. Which of two names it has, and whether texts have bounds, hangs on whether another tool
    /// gives the same shape whole; so both are left out.
    Made,
}

/// The named shapes of a catalog. Each is written once, whoever reaches it.
pub(super) struct Named<'c> {
    shapes: &'c BTreeMap<String, Shape>,
    /// The names that stand directly in each.
    parts: BTreeMap<&'c str, Vec<&'c str>>,
    digests: RefCell<BTreeMap<(Reading, &'c str), String>>,
}

impl<'c> Named<'c> {
    pub(super) fn new(shapes: &'c BTreeMap<String, Shape>) -> Self {
        let named = Self { shapes, parts: BTreeMap::new(), digests: RefCell::default() };
        let parts = shapes.iter().map(|(name, shape)| (name.as_str(), named.parts_of(shape))).collect();
        Self { parts, ..named }
    }

    /// The names that stand directly in a shape, as far as there is a shape of that name.
    fn parts_of(&self, shape: &Shape) -> Vec<&'c str> {
        let mut parts = Vec::new();
        shape.names(&mut |name| parts.extend(self.shapes.get_key_value(name).map(|(name, _)| name.as_str())));
        parts
    }

    /// The names that these shapes reach.
    pub(super) fn reach<'s>(&self, shapes: impl IntoIterator<Item = &'s Shape>) -> BTreeSet<&'c str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = shapes.into_iter().flat_map(|shape| self.parts_of(shape)).collect();
        while let Some(name) = open.pop() {
            if found.insert(name) {
                open.extend(self.parts.get(name).into_iter().flatten());
            }
        }
        found
    }

    /// `[[name, digest of the shape]]`, sorted.
    pub(super) fn listed(&self, names: &BTreeSet<&'c str>, reading: Reading) -> Value {
        set(names.iter().map(|name| json!([canonical_name(name, reading), self.digest(name, reading)])))
    }

    fn digest(&self, name: &'c str, reading: Reading) -> String {
        let write = || self.shapes.get(name).map(|shape| digest(&canonical(shape, reading))).unwrap_or_default();
        self.digests.borrow_mut().entry((reading, name)).or_insert_with(write).clone()
    }
}

/// How a result is read, whose rule gives the whole answer or not, and which reaches these names. A document can have both
/// names of its own; then neither may stand for the other.
pub(super) fn reading(is_whole: bool, names: &BTreeSet<&str>) -> Reading {
    let is_two = |name: &&str| {
        let one = canonical_name(name, Reading::Made);
        one != *name && names.contains(one)
    };
    if is_whole || names.iter().any(is_two) { Reading::Whole } else { Reading::Made }
}

fn canonical_name(name: &str, reading: Reading) -> &str {
    match reading {
        Reading::Whole => name,
        Reading::Made => name.strip_suffix(LENIENT).unwrap_or(name),
    }
}

/// One shape. What an object says of properties that it does not list, and which of its properties are never given, is for
/// the types of rules alone: neither stands in generated source, and neither is part.
pub(super) fn canonical(shape: &Shape, reading: Reading) -> Value {
    let members = match shape {
        Shape::Text(_) if reading == Reading::Made => Members::of_type("text"),
        Shape::File if reading == Reading::Made => Members::of_type("any"),
        Shape::Any => Members::of_type("any"),
        Shape::Boolean => Members::of_type("boolean"),
        Shape::File => Members::of_type("file"),
        Shape::Integer(bounds) => integer(bounds),
        Shape::Number(bounds) => number(bounds),
        Shape::Text(bounds) => text(bounds),
        Shape::List(list) => {
            let List { items, items_min, items_max, unique } = &**list;
            Members::of_type("list")
                .with("items", canonical(items, reading))
                .with("items_min", *items_min)
                .with_some("items_max", *items_max)
                .with("unique", *unique)
        }
        Shape::Object(one) => object(one, reading),
        Shape::Words(words) => {
            Members::of_type("words").with("values", set(words.iter().map(|word| word.as_str().into())))
        }
        Shape::Literals(literals) => {
            Members::of_type("literals").with("values", set(literals.iter().map(|json| json.as_str().into())))
        }
        Shape::AnyOf(shapes) => {
            Members::of_type("any_of").with("shapes", set(shapes.iter().map(|shape| canonical(shape, reading))))
        }
        Shape::Nullable(inner) => Members::of_type("nullable").with("shape", canonical(inner, reading)),
        Shape::Named(name) => Members::of_type("named").with("name", canonical_name(name, reading)),
    };
    members.object()
}

/// Bounds are texts: JSON's numbers end where those of integers do not, and have more than one form.
fn integer(bounds: &Integer) -> Members {
    let Integer { min, max, multiple_of } = bounds;
    let digits = |bound: Option<i128>| bound.map(|bound| bound.to_string());
    Members::of_type("integer")
        .with_some("max", digits(*max))
        .with_some("min", digits(*min))
        .with_some("multiple_of", digits(*multiple_of))
}

fn number(bounds: &Number) -> Members {
    let Number { min, max, above, below } = bounds;
    // Minus zero is zero. Without an exponent there is one form for each.
    let plain = |bound: Option<f64>| bound.map(|bound| format!("{}", bound + 0.0));
    Members::of_type("number")
        .with_some("above", plain(*above))
        .with_some("below", plain(*below))
        .with_some("max", plain(*max))
        .with_some("min", plain(*min))
}

fn text(bounds: &Text) -> Members {
    let Text { chars_min, chars_max, pattern, format } = bounds;
    Members::of_type("text")
        .with("chars_min", *chars_min)
        .with_some("chars_max", *chars_max)
        .with("pattern", pattern.as_str())
        .with("format", format.as_str())
}

fn object(object: &Object, reading: Reading) -> Members {
    let Object { properties, rest, properties_min, properties_max, others: _, write_only: _ } = object;
    let property = |property: &Property| {
        let Property { name, shape, required, description } = property;
        let members = Members::default()
            .with("shape", canonical(shape, reading))
            .with("required", *required)
            .with("description", description.as_str());
        (name.clone(), members.object())
    };
    Members::of_type("object")
        .with("properties", properties.iter().map(property).collect::<Members>().object())
        .with_some("rest", rest.as_deref().map(|rest| canonical(rest, reading)))
        .with("properties_min", *properties_min)
        .with_some("properties_max", *properties_max)
}
