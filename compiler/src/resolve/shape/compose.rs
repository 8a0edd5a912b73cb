//! Schemas that are made of schemas: `allOf`, `anyOf`, `oneOf` (OpenAPI 3.0.4, section 4.7.24.2) and `discriminator`
//! (section 4.7.25).

use std::collections::BTreeSet;

use serde_json::Value;

use super::intersect::{Conflict, Conjunction};
use super::object::has_more;
use super::scalars::SAYS_NOTHING;
use super::{COMPOSING, Members, Purpose, ShapeReader, is_never, refuse};
use crate::ir::{Object, Others, Property, Shape, Text};
use crate::resolve::Refusal;

impl ShapeReader<'_> {
    /// `allOf` is a conjunction. `oneOf` and `anyOf` are unions, narrowed by nothing: `oneOf` admits a value that fits
    /// several branches, which the upstream may still refuse.
    pub(super) fn read_composed(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        let mut parts = Vec::new();
        let says_something =
            |key: &str| !COMPOSING.contains(&key) && !key.starts_with("x-") && !SAYS_NOTHING.contains(&key);
        if members.keys().any(|key| says_something(key)) {
            parts.push(self.read_plain(members, pointer)?);
        }
        for (position, branch) in branches(members, "allOf", pointer)?.into_iter().flatten().enumerate() {
            parts.push(self.read_branch(branch, &format!("{pointer}/allOf/{position}"))?);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(union) = self.read_union(members, keyword, pointer)? {
                parts.push(union);
            }
        }
        let shape = if parts.len() == 1 { parts.remove(0) } else { self.conjunction(parts, pointer)? };
        let mut hidden = BTreeSet::new();
        self.hidden_names(members, pointer, &mut hidden);
        let is_received = self.purpose == Purpose::Received;
        let shape = if is_received && has_more(members) { open(shape) } else { shape };
        Ok(if hidden.is_empty() { shape } else { without(shape, &hidden, is_received) })
    }

    /// A branch that refers to what is being read, with nothing between, can mean nothing.
    fn read_branch(&mut self, branch: &Value, pointer: &str) -> Result<Shape, Refusal> {
        let shape = self.read_schema(branch, pointer)?;
        match &shape {
            Shape::Named(name) if self.is_directly_open(name) => {
                Err(refuse(pointer, format!("`allOf` goes in a circle: `{name}` is made of itself")))
            }
            _ => Ok(shape),
        }
    }

    fn read_union(&mut self, members: &Members, keyword: &str, pointer: &str) -> Result<Option<Shape>, Refusal> {
        let Some(branches) = branches(members, keyword, pointer)? else { return Ok(None) };
        let mut shapes = Vec::new();
        let mut is_nullable = false;
        for (position, branch) in branches.iter().enumerate() {
            if branch.as_object().is_some_and(is_never) {
                continue;
            }
            let branch_pointer = format!("{pointer}/{keyword}/{position}");
            let mut shape = self.read_schema(branch, &branch_pointer)?;
            if let Some((property, value)) = self.discriminated(members, branch, &branch_pointer) {
                shape = self.tag(shape, &property, value);
            }
            // Null is said once, of the union.
            if let Shape::Nullable(inner) = shape {
                is_nullable = true;
                shape = *inner;
            }
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
        let union = match shapes.len() {
            0 => return Ok(Some(Shape::Any)),
            1 => shapes.remove(0),
            // Whoever takes anything takes the others.
            _ if shapes.contains(&Shape::Any) => Shape::Any,
            _ => Shape::AnyOf(shapes),
        };
        Ok(Some(if is_nullable { super::make_nullable(union) } else { union }))
    }

    /// Which property tells the branches apart, and the values that mean this one.
    fn discriminated(&self, members: &Members, branch: &Value, pointer: &str) -> Option<(String, Vec<String>)> {
        let discriminator = members.get("discriminator")?;
        let property = discriminator.get("propertyName")?.as_str()?;
        let reference = branch.get("$ref")?.as_str()?;
        let target = self.document.resolve(pointer, reference).ok()?;
        let is_it = |value: &str| {
            let by_reference = self.document.resolve(pointer, value).is_ok_and(|meant| meant == target);
            by_reference
                || target.strip_prefix("/components/schemas/").or(target.strip_prefix("/definitions/")) == Some(value)
        };
        let mapping = discriminator.get("mapping").and_then(Value::as_object)?;
        let values: Vec<String> = mapping
            .iter()
            .filter(|(_, meant)| meant.as_str().is_some_and(is_it))
            .map(|(value, _)| value.clone())
            .collect();
        (!values.is_empty()).then(|| (property.to_owned(), values))
    }

    /// The branch with its telling property narrowed, where the branch itself leaves it open.
    fn tag(&mut self, shape: Shape, property: &str, values: Vec<String>) -> Shape {
        let opened = match &shape {
            Shape::Named(name) => self.open_name(name),
            shape => Some(shape.clone()),
        };
        let Some(Shape::Object(mut object)) = opened else { return shape };
        match object.properties.iter_mut().find(|known| known.name == property) {
            Some(Property { shape: known @ (Shape::Any | Shape::Text(Text { .. })), .. }) => {
                *known = Shape::Words(values);
            }
            Some(_) => return shape,
            None => object.properties.insert(
                0,
                Property {
                    name: property.to_owned(),
                    shape: Shape::Words(values),
                    required: true,
                    description: String::new(),
                },
            ),
        }
        Shape::Object(object)
    }

    fn conjunction(&mut self, parts: Vec<Shape>, pointer: &str) -> Result<Shape, Refusal> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next().unwrap_or(Shape::Any);
        for part in parts {
            let name = if let Shape::Named(name) = &whole { Some(name.clone()) } else { None };
            whole = match Conjunction::new(self).of(whole, part) {
                Ok(shape) => shape,
                Err(Conflict::Circle) if self.purpose == Purpose::Received => Shape::Any,
                Err(Conflict::Never) => {
                    self.note_here("its parts exclude each other; the value is not checked");
                    return Ok(Shape::Any);
                }
                Err(Conflict::Circle) => {
                    if let Some(name) = name
                        && self.is_directly_open(&name)
                    {
                        return Err(refuse(pointer, format!("`allOf` goes in a circle: `{name}` is made of itself")));
                    }
                    self.note_here("it is made of what it stands in; the value is not checked");
                    return Ok(Shape::Any);
                }
                Err(Conflict::TooLarge) => {
                    self.note_here("its parts have too many combinations; the value is not checked");
                    return Ok(Shape::Any);
                }
            };
        }
        Ok(whole)
    }
}

/// The shape with objects that may have more than is listed.
fn open(shape: Shape) -> Shape {
    match shape {
        Shape::Object(object) => Shape::Object(Object { others: Others::Any, ..object }),
        Shape::AnyOf(shapes) => Shape::AnyOf(shapes.into_iter().map(open).collect()),
        Shape::Nullable(inner) => Shape::Nullable(Box::new(open(*inner))),
        shape => shape,
    }
}

/// The shape without these properties. They go the other way, whatever a branch requires. Of what is received it is kept
/// that they exist: a rule that names one is told so.
fn without(shape: Shape, hidden: &BTreeSet<String>, is_received: bool) -> Shape {
    match shape {
        Shape::Object(mut object) => {
            object.properties.retain(|property| !hidden.contains(&property.name));
            if is_received {
                let more: Vec<String> =
                    hidden.iter().filter(|name| !object.write_only.contains(name)).cloned().collect();
                object.write_only.extend(more);
            }
            Shape::Object(object)
        }
        Shape::AnyOf(shapes) => {
            Shape::AnyOf(shapes.into_iter().map(|shape| without(shape, hidden, is_received)).collect())
        }
        Shape::Nullable(inner) => Shape::Nullable(Box::new(without(*inner, hidden, is_received))),
        shape => shape,
    }
}

fn branches<'a>(members: &'a Members, keyword: &str, pointer: &str) -> Result<Option<&'a Vec<Value>>, Refusal> {
    match members.get(keyword) {
        None => Ok(None),
        Some(Value::Array(branches)) if branches.is_empty() => Ok(None),
        Some(Value::Array(branches)) => Ok(Some(branches)),
        Some(_) => Err(refuse(&format!("{pointer}/{keyword}"), format!("`{keyword}` is a list of schemas"))),
    }
}
