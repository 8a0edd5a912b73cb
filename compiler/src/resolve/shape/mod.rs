//! Schema Objects of the document -> [`Shape`]s, for what is sent.
//!
//! Bodies of schemas are read from the loaded value, not from `openapiv3`'s types: those change numbers, and their errors
//! have no place. What cannot be said in the contract's vocabulary refuses the operation that needs it, never silently.

mod scalars;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use scalars::{ANNOTATIONS, count, only, read_integer, read_number, read_text};

use super::Refusal;
use crate::ir::{List, Object, Property, Shape};
use crate::normalise::{Document, escape};

/// Reads schemas of one document, each named one once.
#[derive(Debug)]
pub struct ShapeReader<'d> {
    document: &'d Document,
    named: BTreeMap<String, Entry>,
    /// Names in the order in which they were read to the end.
    done: Vec<String>,
    /// Schemas around the one that is being read, within one named schema.
    depth: usize,
    /// Named schemas around the one that is being read.
    named_depth: usize,
}

#[derive(Clone, Debug)]
enum Entry {
    /// Being read: whoever meets it now is inside it.
    Open,
    Done(Shape),
    Refused(Refusal),
}

/// Schemas nest no deeper than this outside references.
const DEPTH_MAX: usize = 64;

/// Named schemas lead to each other over no more than so many steps. Reading recurses, and a document must not decide how
/// far.
const NAMED_DEPTH_MAX: usize = 100;

type Members = Map<String, Value>;

impl<'d> ShapeReader<'d> {
    /// A reader of the document's schemas.
    pub fn new(document: &'d Document) -> Self {
        Self { document, named: BTreeMap::new(), done: Vec::new(), depth: 0, named_depth: 0 }
    }

    /// The named shapes that `shapes` reach, themselves read in full.
    pub fn reachable<'s>(&self, shapes: impl IntoIterator<Item = &'s Shape>) -> BTreeMap<String, Shape> {
        let mut found = BTreeMap::new();
        let mut open: Vec<String> = Vec::new();
        shapes.into_iter().for_each(|shape| shape.names(&mut |name| open.push(name.to_owned())));
        while let Some(name) = open.pop() {
            if let Some(Entry::Done(shape)) = self.named.get(&name)
                && found.insert(name, shape.clone()).is_none()
            {
                shape.names(&mut |name| {
                    if !found.contains_key(name) {
                        open.push(name.to_owned());
                    }
                });
            }
        }
        found
    }

    /// The shape of this name; `None` while it is being read.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        match self.named.get(name) {
            Some(Entry::Done(shape)) => Some(shape),
            _ => None,
        }
    }

    /// Reads the schema at `pointer`.
    pub fn read(&mut self, schema: &Value, pointer: &str) -> Result<Shape, Refusal> {
        if self.depth >= DEPTH_MAX {
            return Err(refuse(pointer, format!("schemas nest deeper than {DEPTH_MAX}")));
        }
        self.depth += 1;
        let shape = match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.read_reference(schema, reference, pointer),
            None => self.read_body(schema, pointer),
        };
        self.depth -= 1;
        shape
    }

    fn read_reference(&mut self, schema: &Value, reference: &str, pointer: &str) -> Result<Shape, Refusal> {
        let (target, target_pointer) = self
            .document
            .follow(schema, pointer.to_owned())
            .map_err(|reason| Refusal::new("E0211", pointer, reason))?;
        let name = match target_pointer.strip_prefix("/components/schemas/") {
            Some(name) if !name.contains('/') => name.replace("~1", "/").replace("~0", "~"),
            // A reference into the middle of something has no name of its own.
            _ => reference.trim_start_matches("#/").to_owned(),
        };
        match self.named.get(&name) {
            Some(Entry::Open) => return Ok(Shape::Named(name)),
            Some(Entry::Done(shape)) => return Ok(shared(&name, shape)),
            Some(Entry::Refused(refusal)) => return Err(refusal.clone()),
            None => {}
        }
        if self.named_depth >= NAMED_DEPTH_MAX {
            return Err(refuse(pointer, format!("schemas refer to each other over more than {NAMED_DEPTH_MAX} steps")));
        }
        self.named.insert(name.clone(), Entry::Open);
        let done_before = self.done.len();
        let depth = std::mem::take(&mut self.depth);
        self.named_depth += 1;
        let result = self.read(target, &target_pointer);
        self.named_depth -= 1;
        self.depth = depth;
        let result = result.and_then(|shape| {
            if self.is_itself(&shape, &name) {
                return Err(refuse(pointer, format!("`{name}` is defined as itself")));
            }
            Ok(shape)
        });
        match result {
            Ok(shape) => {
                let use_of_it = shared(&name, &shape);
                self.named.insert(name.clone(), Entry::Done(shape));
                self.done.push(name);
                Ok(use_of_it)
            }
            Err(refusal) => {
                // What was read inside of it may refer to it, and so fails with it: it is read again when it is asked for.
                for inner in self.done.drain(done_before..) {
                    self.named.remove(&inner);
                }
                self.named.insert(name, Entry::Refused(refusal.clone()));
                Err(refusal)
            }
        }
    }

    /// Whether a shape is a name for `name` again, with no object or array between: no value could ever be checked.
    fn is_itself(&self, shape: &Shape, name: &str) -> bool {
        let mut is_itself = false;
        self.visit_alternatives(shape, &mut BTreeSet::new(), &mut |shape| {
            is_itself |= matches!(shape, Shape::Named(inner) if inner == name);
        });
        is_itself
    }

    /// Whether values of the shape are scalars, or lists of scalars, so that OpenAPI's parameter styles say how to write
    /// them. Not both at once: a server could not tell a list of one from the one.
    pub fn is_flat(&self, shape: &Shape) -> bool {
        self.consists_of(shape, &is_scalar)
            || match self.expand(shape.clone()) {
                Some(Shape::List(list)) => self.consists_of(&list.items, &is_scalar),
                _ => false,
            }
    }

    fn consists_of(&self, shape: &Shape, admitted: &dyn Fn(&Shape) -> bool) -> bool {
        let mut all = true;
        self.visit_alternatives(shape, &mut BTreeSet::new(), &mut |shape| {
            all &= match shape {
                Shape::AnyOf(_) | Shape::Nullable(_) => true,
                Shape::Named(name) => self.shape(name).is_some(),
                shape => admitted(shape),
            };
        });
        all
    }

    /// Calls `visit` with the shape and with every shape that a value of it may have instead, each named one once.
    fn visit_alternatives(&self, shape: &Shape, seen: &mut BTreeSet<String>, visit: &mut dyn FnMut(&Shape)) {
        visit(shape);
        match shape {
            Shape::Named(name) => {
                if let Some(shape) = self.shape(name)
                    && seen.insert(name.clone())
                {
                    self.visit_alternatives(shape, seen, visit);
                }
            }
            Shape::Nullable(inner) => self.visit_alternatives(inner, seen, visit),
            Shape::AnyOf(shapes) => shapes.iter().for_each(|shape| self.visit_alternatives(shape, seen, visit)),
            _ => {}
        }
    }

    fn read_body(&mut self, schema: &Value, pointer: &str) -> Result<Shape, Refusal> {
        let Value::Object(members) = schema else { return Err(refuse(pointer, "a schema is an object")) };
        let shape = if ["allOf", "oneOf", "anyOf"].iter().any(|keyword| members.contains_key(*keyword)) {
            self.read_composed(members, pointer)?
        } else {
            self.read_plain(members, pointer)?
        };
        let nulls = members.get("enum").and_then(Value::as_array).is_some_and(|values| values.contains(&Value::Null));
        let nullable = nulls || members.get("nullable") == Some(&Value::Bool(true));
        Ok(if nullable { make_nullable(shape) } else { shape })
    }

    /// `allOf` merges objects; `oneOf` and `anyOf` are unions, narrowed by nothing: `oneOf` admits a value that fits
    /// several branches, which the upstream may still refuse.
    fn read_composed(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        let mut parts = Vec::new();
        let own: Members = members
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "allOf" | "oneOf" | "anyOf" | "nullable"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let says_nothing = own.keys().all(|key| {
            key.starts_with("x-") || (ANNOTATIONS.contains(&key.as_str()) && !matches!(key.as_str(), "enum" | "format"))
        });
        if !says_nothing {
            parts.push(self.read_plain(&own, pointer)?);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(branches) = branches(members, keyword, pointer)? {
                let mut shapes = Vec::new();
                for (position, branch) in branches.iter().enumerate() {
                    let branch_pointer = format!("{pointer}/{keyword}/{position}");
                    let shape = self.read(branch, &branch_pointer)?;
                    if !shapes.contains(&shape) {
                        shapes.push(shape);
                    }
                }
                parts.push(if shapes.len() == 1 { shapes.remove(0) } else { Shape::AnyOf(shapes) });
            }
        }
        for (position, branch) in branches(members, "allOf", pointer)?.into_iter().flatten().enumerate() {
            parts.push(self.read(branch, &format!("{pointer}/allOf/{position}"))?);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        self.merge(parts, pointer)
    }

    /// All of several shapes at once. Only objects can be merged.
    fn merge(&self, parts: Vec<Shape>, pointer: &str) -> Result<Shape, Refusal> {
        let mut merged = Object::default();
        let mut all_open = true;
        for part in parts {
            let object = match self.expand(part) {
                Some(Shape::Object(object)) => object,
                Some(Shape::Any) => continue,
                Some(_) => return Err(refuse(pointer, "only objects can be combined (`allOf`) with something else")),
                None => return Err(refuse(pointer, "`allOf` goes in a circle")),
            };
            all_open &= object.rest.is_some();
            for property in object.properties {
                match merged.properties.iter_mut().find(|known| known.name == property.name) {
                    None => merged.properties.push(property),
                    Some(known) if known.shape == property.shape || property.shape == Shape::Any => {
                        known.required |= property.required;
                    }
                    Some(known) if known.shape == Shape::Any => {
                        let required = known.required || property.required;
                        *known = Property { required, ..property };
                    }
                    Some(_) => {
                        let name = property.name;
                        return Err(refuse(pointer, format!("`allOf` gives `{name}` two different schemas")));
                    }
                }
            }
            if let Some(rest) = object.rest {
                merged.rest = Some(rest);
            }
        }
        // A part that lists its properties was read as closed, but closed to what its siblings list it is not.
        if !all_open {
            merged.rest = None;
        }
        Ok(Shape::Object(merged))
    }

    /// The shape behind a name; `None` inside that very name.
    fn expand(&self, shape: Shape) -> Option<Shape> {
        match shape {
            Shape::Named(name) => self.shape(&name).and_then(|shape| self.expand(shape.clone())),
            Shape::Nullable(inner) => self.expand(*inner),
            shape => Some(shape),
        }
    }

    fn read_plain(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        if let Some(Value::Array(values)) = members.get("enum")
            && !values.is_empty()
        {
            return Ok(one_of(values));
        }
        let kind = match members.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(_) => return Err(refuse(&format!("{pointer}/type"), "`type` is one word in OpenAPI 3.0")),
            None if ["properties", "additionalProperties", "required"].iter().any(|key| members.contains_key(*key)) => {
                "object"
            }
            None if members.contains_key("items") => "array",
            None => "",
        };
        match kind {
            "" => only(members, &[], pointer).map(|()| Shape::Any),
            "boolean" => only(members, &[], pointer).map(|()| Shape::Boolean),
            "integer" => read_integer(members, pointer),
            "number" => read_number(members, pointer),
            "string" => read_text(members, pointer),
            "array" => self.read_list(members, pointer),
            "object" => self.read_object(members, pointer),
            other => Err(refuse(&format!("{pointer}/type"), format!("`{other}` is no type of OpenAPI 3.0"))),
        }
    }

    fn read_list(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        only(members, &["items", "minItems", "maxItems", "uniqueItems"], pointer)?;
        let items = match members.get("items") {
            Some(items) => self.read(items, &format!("{pointer}/items"))?,
            None => Shape::Any,
        };
        Ok(Shape::List(Box::new(List {
            items,
            items_min: count(members, "minItems", pointer)?.unwrap_or(0),
            items_max: count(members, "maxItems", pointer)?,
            unique: members.get("uniqueItems") == Some(&Value::Bool(true)),
        })))
    }

    fn read_object(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        only(members, &["properties", "required", "additionalProperties"], pointer)?;
        let mut required: Vec<&str> =
            members.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let empty = Map::new();
        let properties = members.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let mut object = Object::default();
        for (name, schema) in properties {
            let property_pointer = format!("{pointer}/properties/{}", escape(name));
            let is_required = required.iter().position(|wanted| wanted == name).map(|at| required.remove(at)).is_some();
            let target = self.document.follow(schema, property_pointer.clone());
            let (target, _) = target.map_err(|reason| Refusal::new("E0211", &property_pointer, reason))?;
            if schema.get("readOnly").or(target.get("readOnly")) == Some(&Value::Bool(true)) {
                continue;
            }
            let description = super::description(schema).or_else(|| super::description(target)).unwrap_or_default();
            let shape = self.read(schema, &property_pointer)?;
            object.properties.push(Property { name: name.clone(), shape, required: is_required, description });
        }
        // What is required but not declared may be anything.
        for name in required {
            let (name, description) = (name.to_owned(), String::new());
            object.properties.push(Property { name, shape: Shape::Any, required: true, description });
        }
        object.rest = match members.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(Value::Bool(true)) => Some(Box::new(Shape::Any)),
            Some(schema) => Some(Box::new(self.read(schema, &format!("{pointer}/additionalProperties"))?)),
            // The standard reads silence as "anything goes". Where properties are listed that is an oversight, and a
            // model's typo must not pass for a property.
            None if object.properties.is_empty() => Some(Box::new(Shape::Any)),
            None => None,
        };
        Ok(Shape::Object(object))
    }
}

/// Null leaves a parameter out, which loses nothing.
fn is_scalar(shape: &Shape) -> bool {
    match shape {
        Shape::Boolean | Shape::Integer(_) | Shape::Number(_) | Shape::Text(_) | Shape::Words(_) => true,
        Shape::Literals(literals) => literals.iter().all(|literal| !literal.starts_with(['{', '['])),
        _ => false,
    }
}

/// A use of a named shape: scalars are said on the spot, since a name would only hide them.
fn shared(name: &str, shape: &Shape) -> Shape {
    match shape {
        Shape::Any | Shape::Boolean | Shape::Integer(_) | Shape::Number(_) | Shape::Text(_) => shape.clone(),
        Shape::Words(values) | Shape::Literals(values) if values.len() <= 8 => shape.clone(),
        Shape::Nullable(inner) => match shared(name, inner) {
            Shape::Named(_) => Shape::Named(name.to_owned()),
            inner => Shape::Nullable(Box::new(inner)),
        },
        _ => Shape::Named(name.to_owned()),
    }
}

/// The shape of an `enum`. Null in it makes the shape nullable, which is said elsewhere.
pub(crate) fn one_of(values: &[Value]) -> Shape {
    let words: Option<Vec<String>> =
        values.iter().filter(|value| !value.is_null()).map(|value| value.as_str().map(str::to_owned)).collect();
    match words {
        Some(words) => Shape::Words(words),
        None => Shape::Literals(values.iter().filter(|value| !value.is_null()).map(Value::to_string).collect()),
    }
}

fn make_nullable(shape: Shape) -> Shape {
    match shape {
        Shape::Any | Shape::Nullable(_) => shape,
        shape => Shape::Nullable(Box::new(shape)),
    }
}

fn refuse(pointer: &str, reason: impl Into<String>) -> Refusal {
    Refusal::new("E0214", pointer, reason)
}

fn branches<'a>(members: &'a Members, keyword: &str, pointer: &str) -> Result<Option<&'a Vec<Value>>, Refusal> {
    match members.get(keyword) {
        None => Ok(None),
        Some(Value::Array(branches)) if !branches.is_empty() => Ok(Some(branches)),
        Some(_) => Err(refuse(&format!("{pointer}/{keyword}"), format!("`{keyword}` is a list of schemas"))),
    }
}

#[cfg(test)]
mod tests;
