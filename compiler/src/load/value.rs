//! Text to [`Value`], with everything refused that a parser would silently lose.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::RESERVED_PREFIX;
use super::fault::{Fault, Trail, syntax_error};
use super::large::{self, Integers};
use super::sources::{Format, Sources};
use super::yaml_spans;
use crate::report::{FileId, Report};

/// A file's value, and what of it the load step itself looks at.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The value.
    pub(super) value: Value,
    /// The files that its references name, as written, each with the pointer of the first reference that does.
    pub(super) files: Vec<(String, String)>,
}

/// Parses a file's text. Syntax errors and lost meaning (duplicate keys, tags, infinities) are E01 codes.
///
/// Duplicate keys are legal to both parsers, which keep the last and say nothing; here they are errors at the second key.
/// YAML merge keys (`<<`) are applied: own keys win, the first of a list wins. An integer beyond 64 bits becomes what
/// [`super::big_integer`] reads. A text that is neither JSON nor YAML is one string.
pub fn parse(id: FileId, sources: &Sources, report: &mut Report) -> Option<Value> {
    parse_file(id, sources, report).map(|parsed| parsed.value)
}

/// As [`parse`], and says which files the value refers to.
pub(super) fn parse_file(id: FileId, sources: &Sources, report: &mut Report) -> Option<Parsed> {
    let text = sources.text(id);
    let format = sources.format(id);
    let state = State::new(text, format);
    let result = match format {
        Format::Json => parse_json(text, &state).map_err(|error| (error.to_string(), Some(json_offset(text, &error)))),
        // An empty text is null to this parser; nobody means that.
        Format::Yaml if text.trim().is_empty() => Err((String::new(), None)),
        Format::Yaml => match yaml_spans::too_deep(text) {
            Some(offset) => Err((RECURSION.to_owned(), Some(offset))),
            None => Node(&state)
                .deserialize(serde_yaml::Deserializer::from_str(text))
                .map_err(|error| (error.to_string(), error.location().map(|place| place.index()))),
        },
        Format::Text => Ok(Value::String(text.to_owned())),
    };
    let result = result.map_err(|(message, offset)| {
        let message = if state.is_unfolded_too_far() { REPETITION.to_owned() } else { message };
        (message, offset)
    });
    let trail = state.trail.into_inner();
    let is_sound = trail.faults().is_empty();
    for (pointer, fault) in trail.faults() {
        report.push(fault.diagnostic(id, &pointer));
    }
    match result {
        Ok(value) => is_sound.then(|| Parsed { value, files: trail.into_files() }),
        Err((message, offset)) => {
            report.push(syntax_error(id, text, format, &message, offset));
            None
        }
    }
}

fn parse_json(text: &str, state: &State<'_>) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node(state).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The byte that a serde_json error's line and column mean. Its columns count bytes, from 1.
fn json_offset(text: &str, error: &serde_json::Error) -> usize {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    before + error.column().saturating_sub(1)
}

/// How the parsers begin the message that a text is nested too deep.
const RECURSION: &str = "recursion limit exceeded";

/// How the YAML parser begins the message that aliases repeat too much. It counts the aliases alone; what each of them
/// repeats is counted here.
const REPETITION: &str = "repetition limit exceeded";

/// What aliases may add to a file, in values and bytes of text.
const UNFOLDED_MAX: usize = 4 << 20;

/// What is collected while a value is built.
struct State<'t> {
    text: &'t str,
    format: Format,
    trail: RefCell<Trail>,
    /// The members and items of the collections that have begun and not ended. Kept here until their number is known: a
    /// map that grows takes twice the memory of one that is made to measure, and a document has a hundred thousand.
    members: RefCell<Vec<(String, Value)>>,
    items: RefCell<Vec<Value>>,
    /// The integers beyond 64 bits, found when the first number comes that may be one.
    integers: RefCell<Option<Integers>>,
    /// Values and bytes of text that may still come.
    left: Cell<usize>,
}

impl<'t> State<'t> {
    fn new(text: &'t str, format: Format) -> Self {
        Self {
            text,
            format,
            trail: RefCell::default(),
            members: RefCell::default(),
            items: RefCell::default(),
            integers: RefCell::default(),
            // Without aliases, no value has more than its text: an escape of two bytes stands for three at most.
            left: Cell::new(text.len().saturating_mul(2).saturating_add(UNFOLDED_MAX)),
        }
    }

    /// Counts a value and the bytes of its text. Only aliases ever use up what there is.
    fn count<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.left.get().saturating_sub(bytes + 1);
        self.left.set(left);
        if left == 0 { Err(E::custom(REPETITION)) } else { Ok(()) }
    }

    fn is_unfolded_too_far(&self) -> bool {
        self.left.get() == 0
    }

    fn fault(&self, fault: Fault) {
        self.trail.borrow_mut().fault(fault);
    }

    fn fault_at(&self, key: &str, fault: Fault) {
        let mut trail = self.trail.borrow_mut();
        let before = trail.len();
        trail.fault(fault);
        trail.below(before, || key.to_owned());
    }

    /// Runs `inner`, and puts `token` before the place of whatever it finds.
    fn within<T>(&self, token: impl FnOnce() -> String, inner: impl FnOnce() -> T) -> T {
        let before = self.trail.borrow().len();
        let result = inner();
        self.trail.borrow_mut().below(before, token);
        result
    }

    /// An integer that is written in full in the file although a double holds it only nearly.
    fn integer(&self, value: f64) -> Option<Value> {
        if !large::may_be_integer(value, self.format) {
            return None;
        }
        let mut integers = self.integers.borrow_mut();
        integers.get_or_insert_with(|| Integers::of(self.text, self.format)).take(value).map(large::value)
    }
}

#[derive(Clone, Copy)]
struct Node<'s>(&'s State<'s>);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.count(0)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(large::value(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(large::value(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        if let Some(integer) = self.0.integer(value) {
            return Ok(integer);
        }
        Ok(Number::from_f64(value).map_or_else(
            || {
                self.0.fault(Fault::NotFinite);
                Value::Null
            },
            Value::Number,
        ))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        self.0.count(value.len())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        self.0.count(value.len())?;
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        use serde::de::VariantAccess as _;
        let (_, variant) = data.variant::<String>()?;
        self.0.fault(Fault::Tag);
        variant.newtype_variant_seed(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let state = self.0;
        let start = state.items.borrow().len();
        let mut position = 0_usize;
        while let Some(item) = state.within(|| position.to_string(), || source.next_element_seed(self))? {
            state.items.borrow_mut().push(item);
            position += 1;
        }
        Ok(Value::Array(state.items.borrow_mut().drain(start..).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let state = self.0;
        let start = state.members.borrow().len();
        while let Some(key) = source.next_key_seed(Key)? {
            state.count(key.len())?;
            let value = state.within(|| key.clone(), || source.next_value_seed(self))?;
            self.look_at(&key, &value);
            state.members.borrow_mut().push((key, value));
        }
        let mut members = state.members.borrow_mut();
        Ok(Value::Object(self.object(members.drain(start..))))
    }
}

impl Node<'_> {
    /// Looks at one member as it comes: what it may not be called, and which files it names.
    fn look_at(self, key: &str, value: &Value) {
        if key.starts_with(RESERVED_PREFIX) {
            self.0.fault_at(key, Fault::Reserved);
        }
        if key.contains('\0') {
            self.0.fault_at(key, Fault::NulInKey);
        }
        match (key, value) {
            ("$ref", Value::String(reference)) => {
                self.0.within(|| key.to_owned(), || self.0.trail.borrow_mut().reference(reference));
            }
            // A mapping may be the only mention of a schema that extends the one that it stands in.
            ("discriminator", Value::Object(members)) => {
                let names = members.get("mapping").and_then(Value::as_object);
                for (name, reference) in names.into_iter().flatten() {
                    let Value::String(reference) = reference else { continue };
                    let mut trail = self.0.trail.borrow_mut();
                    let before = trail.len();
                    trail.reference(reference);
                    for token in [name.as_str(), "mapping", key] {
                        trail.below(before, || token.to_owned());
                    }
                }
            }
            _ => {}
        }
    }

    /// Makes an object of `members`, merge keys applied.
    fn object(self, members: impl ExactSizeIterator<Item = (String, Value)>) -> Map<String, Value> {
        let mut object = Map::with_capacity(members.len());
        let mut merged = Vec::new();
        for (key, value) in members {
            if key == "<<" && self.0.format == Format::Yaml {
                merged.push(value);
                continue;
            }
            match object.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert(value)),
                Entry::Occupied(entry) => self.0.fault_at(entry.key(), Fault::DuplicateKey(entry.key().clone())),
            }
        }
        for value in merged {
            self.merge(&mut object, value);
        }
        object
    }

    /// Applies a merge key (<https://yaml.org/type/merge.html>).
    fn merge(self, object: &mut Map<String, Value>, value: Value) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    object.entry(key).or_insert(member);
                }
            }
            Value::Array(items) => items.into_iter().for_each(|item| self.merge(object, item)),
            _ => self.0.fault_at("<<", Fault::Merge),
        }
    }
}

/// A key, as the text that stands in the file: `200:` and `"200":` are the same.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        de::Deserialize::deserialize(deserializer)
    }
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
