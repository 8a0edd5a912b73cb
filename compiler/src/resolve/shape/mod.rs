//! Schema Objects of the document -> [`Shape`]s (OpenAPI 3.0.4, section 4.7.24).
//!
//! Bodies of schemas are read from the loaded value, not from `openapiv3`'s types: those change numbers, and their errors
//! have no place. What a schema says and no shape can hold is never dropped silently: where only less is enforced there is
//! a [`Note`], where a wrong value could be sent the schema is refused, and with it every operation that needs it.

mod compose;
mod intersect;
mod names;
mod notes;
mod object;
mod scalars;
mod sound;

pub(super) use notes::Notes;
pub(super) use object::with_default;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::Refusal;
use crate::ir::Shape;
use crate::load::big_integer;
use crate::normalise::Document;

/// Which way the values of a schema go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To the upstream: `readOnly` properties are left out, every bound counts.
    Sent,
    /// From the upstream: `writeOnly` properties are left out; bounds and descriptions, which nobody needs of what is
    /// there already, too. Objects may hold more than is listed.
    Received,
}

/// Something that the document says and that nothing enforces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The place in the document, as a JSON pointer.
    pub pointer: String,
    /// One sentence.
    pub text: String,
}

/// Reads schemas of one document, each named one once.
#[derive(Debug)]
pub struct ShapeReader<'d> {
    document: &'d Document,
    purpose: Purpose,
    /// What is known of each name.
    named: BTreeMap<String, Named>,
    /// The names of schemas, by their pointers.
    names: BTreeMap<String, String>,
    /// Names that were met and not read yet.
    pending: Vec<String>,
    /// Names that are sound, with all that they reach.
    sound: BTreeSet<String>,
    /// Notes on what is being read.
    notes: Notes,
    /// The pointer of the schema that is being read.
    place: String,
    /// Schemas around the one that is being read, names included.
    depth: usize,
    /// How many objects and arrays were entered: what is named again without entering one is itself.
    entered: usize,
}

#[derive(Debug)]
struct Named {
    pointer: String,
    state: State,
    notes: Notes,
}

#[derive(Clone, Debug)]
enum State {
    Pending,
    /// Being read; with the number of objects and arrays that were entered before.
    Open(usize),
    Done(Shape),
    Refused(Refusal),
}

/// Schemas nest no deeper than this, names included that have to be read on the spot. Reading recurses, and a document
/// must not decide how far.
const DEPTH_MAX: usize = 100;

type Members = Map<String, Value>;

impl<'d> ShapeReader<'d> {
    /// A reader of the document's schemas.
    pub fn new(document: &'d Document, purpose: Purpose) -> Self {
        Self {
            document,
            purpose,
            named: BTreeMap::new(),
            names: BTreeMap::new(),
            pending: Vec::new(),
            sound: BTreeSet::new(),
            notes: Notes::default(),
            place: String::new(),
            depth: 0,
            entered: 0,
        }
    }

    /// The document.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// Reads the schema at `pointer`, and every schema that it names.
    ///
    /// # Errors
    /// The refusal of the schema, or of one that it reaches.
    pub fn read(&mut self, schema: &Value, pointer: &str) -> Result<Shape, Refusal> {
        let shape = self.read_schema(schema, pointer)?;
        while let Some(name) = self.pending.pop() {
            self.read_named(&name);
        }
        self.verify(&shape)?;
        Ok(shape)
    }

    /// Takes the notes on everything that was read since the last time, but for what stands behind names.
    pub fn take_notes(&mut self) -> Vec<Note> {
        self.notes.take()
    }

    /// Notes on the named shapes that `shapes` reach.
    pub fn notes_of<'s>(&'s self, shapes: impl IntoIterator<Item = &'s Shape>) -> Vec<Note> {
        let reached = self.reach(shapes);
        reached.iter().filter_map(|name| self.named.get(*name)).flat_map(|named| named.notes.iter().cloned()).collect()
    }

    /// The named shapes that `shapes` reach, themselves read in full.
    pub fn reachable<'s>(&'s self, shapes: impl IntoIterator<Item = &'s Shape>) -> BTreeMap<String, Shape> {
        let reached = self.reach(shapes);
        reached.iter().filter_map(|name| Some(((*name).to_owned(), self.shape(name)?.clone()))).collect()
    }

    /// Where these named shapes stand in the document, as JSON pointers.
    pub fn pointers<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> BTreeMap<String, String> {
        let pointer = |name: &String| Some((name.clone(), self.named.get(name)?.pointer.clone()));
        names.into_iter().filter_map(pointer).collect()
    }

    fn reach<'r>(&'r self, shapes: impl IntoIterator<Item = &'r Shape>) -> BTreeSet<&'r str> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&Shape> = shapes.into_iter().collect();
        while let Some(shape) = open.pop() {
            shape.names(&mut |name| {
                if let Some((name, named)) = self.named.get_key_value(name)
                    && found.insert(name)
                    && let State::Done(shape) = &named.state
                {
                    open.push(shape);
                }
            });
        }
        found
    }

    /// The shape of this name; `None` while it is being read.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        match &self.named.get(name)?.state {
            State::Done(shape) => Some(shape),
            _ => None,
        }
    }

    /// The shape behind a name, or behind null; the shape itself otherwise.
    pub fn expand(&self, shape: &Shape) -> Shape {
        let mut shape = shape;
        for _ in 0..DEPTH_MAX {
            shape = match shape {
                Shape::Named(name) => match self.shape(name) {
                    Some(shape) => shape,
                    None => break,
                },
                Shape::Nullable(inner) => inner,
                shape => return shape.clone(),
            };
        }
        shape.clone()
    }

    /// Calls `visit` with the shape and with every shape that a value of it may have instead, each named one once.
    pub fn each_alternative(&self, shape: &Shape, seen: &mut BTreeSet<String>, visit: &mut dyn FnMut(&Shape)) {
        let mut open: Vec<&Shape> = vec![shape];
        while let Some(shape) = open.pop() {
            visit(shape);
            match shape {
                Shape::Named(name) => {
                    if let Some(shape) = self.shape(name)
                        && seen.insert(name.clone())
                    {
                        open.push(shape);
                    }
                }
                Shape::Nullable(inner) => open.push(inner),
                Shape::AnyOf(shapes) => open.extend(shapes),
                _ => {}
            }
        }
    }

    fn read_schema(&mut self, schema: &Value, pointer: &str) -> Result<Shape, Refusal> {
        if self.depth >= DEPTH_MAX {
            return Err(refuse(pointer, format!("schemas nest deeper than {DEPTH_MAX}")));
        }
        self.depth += 1;
        let around = std::mem::replace(&mut self.place, pointer.to_owned());
        let shape = match schema.get("$ref").and_then(Value::as_str) {
            Some(_) => Ok(self.read_reference(schema, pointer)),
            None => self.read_body(schema, pointer),
        };
        self.place = around;
        self.depth -= 1;
        shape
    }

    /// A schema inside an object or array.
    fn read_within(&mut self, schema: &Value, pointer: &str) -> Result<Shape, Refusal> {
        self.entered += 1;
        let shape = self.read_schema(schema, pointer);
        self.entered -= 1;
        shape
    }

    fn read_reference(&mut self, schema: &Value, pointer: &str) -> Shape {
        let (target, target_pointer) = match self.document.follow(schema, pointer.to_owned()) {
            Ok(found) => found,
            // An untyped value in an answer harms nobody; in a request it is passed on as the caller gives it.
            Err(reason) => {
                let text = super::one_line(&format!("{reason}; the value is not checked"));
                self.notes.push(Note { pointer: self.place.clone(), text });
                return Shape::Any;
            }
        };
        // Keywords beside a reference that narrow it are ignored by OpenAPI 3.0, and so they are here.
        if let Value::Object(members) = schema {
            self.note_left(members);
        }
        let name = self.name_of(&target_pointer);
        let state = self.named.get(&name).map(|named| named.state.clone());
        let shape = match state {
            Some(State::Done(shape)) => names::shared(&name, &shape),
            Some(_) => Shape::Named(name),
            None => {
                let named = Named { pointer: target_pointer, state: State::Pending, notes: Notes::default() };
                self.named.insert(name.clone(), named);
                if self.depth >= DEPTH_MAX / 2 || names::is_plain_object(target) {
                    self.pending.push(name.clone());
                    Shape::Named(name)
                } else {
                    self.read_named(&name);
                    match self.shape(&name) {
                        Some(shape) => names::shared(&name, shape),
                        None => Shape::Named(name),
                    }
                }
            }
        };
        let nullable = [schema.get("nullable"), schema.get("x-nullable")].contains(&Some(&Value::Bool(true)));
        if nullable { make_nullable(shape) } else { shape }
    }

    /// Reads what a name stands for, where that has not been done.
    fn read_named(&mut self, name: &str) {
        let Some(named) = self.named.get_mut(name) else { return };
        if !matches!(named.state, State::Pending) {
            return;
        }
        named.state = State::Open(self.entered);
        let pointer = named.pointer.clone();
        let target = self.document.value.pointer(&pointer).unwrap_or(&Value::Null);
        let around = std::mem::take(&mut self.notes);
        let result = self.read_schema(target, &pointer);
        let notes = std::mem::replace(&mut self.notes, around);
        if let Some(named) = self.named.get_mut(name) {
            named.state = result.map_or_else(State::Refused, State::Done);
            named.notes = notes;
        }
    }

    /// The shape of a name that a conjunction needs now; `None` if it is being read, or cannot be.
    fn open_name(&mut self, name: &str) -> Option<Shape> {
        if self.depth < DEPTH_MAX - 1 {
            self.read_named(name);
        }
        let named = self.named.get(name)?;
        let State::Done(shape) = &named.state else { return None };
        for note in named.notes.iter() {
            self.notes.push(note.clone());
        }
        Some(shape.clone())
    }

    /// Whether a name is being read and no object or array has been entered since.
    fn is_directly_open(&self, name: &str) -> bool {
        matches!(self.named.get(name).map(|named| &named.state), Some(State::Open(entered)) if *entered == self.entered)
    }

    fn read_body(&mut self, schema: &Value, pointer: &str) -> Result<Shape, Refusal> {
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(true) => return Ok(Shape::Any),
            _ => {
                self.note_here("this is no schema; the value is not checked");
                return Ok(Shape::Any);
            }
        };
        if let Some(refusal) = super::refusal_in(schema, pointer) {
            return Err(refusal);
        }
        for keyword in ["enum", "const", "default"] {
            if members.get(keyword).is_some_and(|value| holds_big_integer(value, 0)) {
                let reason = format!("`{keyword}` holds an integer beyond 64 bits, which cannot be sent as it is");
                return Err(refuse(&format!("{pointer}/{keyword}"), reason));
            }
        }
        self.note_keywords(members);
        let shape = if is_composed(members) {
            self.read_composed(members, pointer)?
        } else {
            self.read_plain(members, pointer)?
        };
        let nulls = members.get("enum").and_then(Value::as_array).is_some_and(|values| values.contains(&Value::Null));
        let nullable = nulls || members.get("nullable") == Some(&Value::Bool(true));
        Ok(if nullable { make_nullable(shape) } else { shape })
    }

    fn read_plain(&mut self, members: &Members, pointer: &str) -> Result<Shape, Refusal> {
        let kind = match members.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(_) => {
                self.note_here("`type` is not one word, and is not checked");
                ""
            }
            None if ["properties", "additionalProperties", "required", "minProperties", "maxProperties"]
                .iter()
                .any(|key| members.contains_key(*key)) =>
            {
                "object"
            }
            None if members.contains_key("items") => "array",
            None => "",
        };
        let shape = match kind {
            "" => Shape::Any,
            "boolean" => Shape::Boolean,
            "integer" => self.read_integer(members),
            "number" => self.read_number(members),
            "string" => self.read_text(members),
            "array" => self.read_list(members, pointer)?,
            "object" => self.read_object(members, pointer)?,
            other => {
                self.note_here(&format!("`{other}` is no type of a schema; the value is not checked"));
                Shape::Any
            }
        };
        let shape = if self.purpose == Purpose::Received { names::without_bounds(shape) } else { shape };
        match members.get("enum") {
            Some(Value::Array(values)) if !values.is_empty() => Ok(self.listed(values, shape)),
            _ => Ok(shape),
        }
    }

    /// An `enum`, beside what else the schema says.
    fn listed(&mut self, values: &[Value], shape: Shape) -> Shape {
        let listed = one_of(values);
        if let Ok(shape) = intersect::Conjunction::new(self).of(listed.clone(), shape) {
            return shape;
        }
        // Such as `type: string` over numbers: YAML has many ways to mean a text and write a number.
        self.note_here("the values of `enum` are not of the schema's type");
        listed
    }

    /// Adds a note on the schema that is being read.
    fn note_here(&mut self, text: &str) {
        if self.purpose == Purpose::Sent {
            self.notes.push(Note { pointer: self.place.clone(), text: super::one_line(text) });
        }
    }
}

/// Whether a big integer stands anywhere in a value.
fn holds_big_integer(value: &Value, depth: usize) -> bool {
    if big_integer(value).is_some() || depth > DEPTH_MAX {
        return true;
    }
    match value {
        Value::Array(items) => items.iter().any(|item| holds_big_integer(item, depth + 1)),
        Value::Object(members) => members.values().any(|member| holds_big_integer(member, depth + 1)),
        _ => false,
    }
}

/// Keywords that make a schema of schemas.
const COMPOSING: &[&str] = &["allOf", "oneOf", "anyOf"];

/// Whether a schema is made of schemas.
fn is_composed(members: &Members) -> bool {
    COMPOSING.iter().any(|keyword| members.contains_key(*keyword))
}

/// Whether a schema admits nothing: how a conversion marks a branch that it took out.
fn is_never(members: &Members) -> bool {
    members.get("not").is_some_and(|not| not.as_object().is_some_and(Map::is_empty))
}

/// The shape of an `enum`. Null in it makes the shape nullable, which is said elsewhere.
pub(crate) fn one_of(values: &[Value]) -> Shape {
    let mut known: HashSet<&Value> = HashSet::new();
    let listed: Vec<&Value> = values.iter().filter(|value| !value.is_null() && known.insert(value)).collect();
    if listed.is_empty() {
        return Shape::Literals(vec!["null".to_owned()]);
    }
    let words: Option<Vec<String>> = listed.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    words.map_or_else(|| Shape::Literals(listed.iter().map(ToString::to_string).collect()), Shape::Words)
}

fn make_nullable(shape: Shape) -> Shape {
    match shape {
        Shape::Any | Shape::Nullable(_) => shape,
        Shape::Literals(ref literals) if literals.iter().any(|literal| literal == "null") => shape,
        shape => Shape::Nullable(Box::new(shape)),
    }
}

fn refuse(pointer: &str, reason: impl Into<String>) -> Refusal {
    Refusal::new("E0214", pointer, reason)
}

#[cfg(test)]
mod tests;
