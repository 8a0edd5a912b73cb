//! Text to [`Value`], with everything refused that a parser would silently lose.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::sources::{Format, Sources};
use super::spans::escape_token;
use super::syntax_help;
use crate::report::{At, Diagnostic, FileId, Part, Report};

/// Parses a file's text. Syntax errors and lost meaning (duplicate keys, tags, infinities) are E01 codes.
///
/// Duplicate keys are legal to both parsers, which keep the last and say nothing; here they are errors at the second key.
/// YAML merge keys (`<<`) are applied: own keys win, the first of a list wins.
pub fn parse(id: FileId, sources: &Sources, report: &mut Report) -> Option<Value> {
    let text = sources.text(id);
    let state = State::default();
    let result = match sources.format(id) {
        Format::Json => parse_json(text, &state).map_err(|error| (error.to_string(), json_offset(text, &error))),
        Format::Yaml => Node(&state)
            .deserialize(serde_yaml::Deserializer::from_str(text))
            .map_err(|error| (error.to_string(), error.location().map_or(text.len(), |place| place.index()))),
    };
    let before = report.diagnostics().len();
    for (pointer, fault) in state.faults.into_inner() {
        report.push(fault.diagnostic(id, &pointer));
    }
    match result {
        Ok(value) if report.diagnostics().len() == before => Some(value),
        Ok(_) => None,
        Err((message, offset)) => {
            report.push(syntax_error(id, text, sources.format(id), &message, offset));
            None
        }
    }
}

fn parse_json(text: &str, state: &State) -> serde_json::Result<Value> {
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

fn syntax_error(id: FileId, text: &str, format: Format, message: &str, offset: usize) -> Diagnostic {
    let language = match format {
        Format::Json => "JSON",
        Format::Yaml => "YAML",
    };
    // The parsers put their own idea of the place behind the message; the caret says it better.
    let message = message.split(" at line ").next().unwrap_or(message);
    let mut start = offset.min(text.len().saturating_sub(1));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let end = text[start..].chars().next().map_or(start, |char| start + char.len_utf8());
    Diagnostic::error("E0106", format!("this is not {language}: {message}"))
        .at(At::bytes(id, start..end), "here")
        .help(syntax_help::way_out(message, text, start))
}

/// What is collected while a value is built.
#[derive(Default)]
struct State {
    pointer: RefCell<String>,
    faults: RefCell<Vec<(String, Fault)>>,
}

enum Fault {
    DuplicateKey(String),
    Tag,
    NotFinite,
    Merge,
}

impl Fault {
    fn diagnostic(self, id: FileId, pointer: &str) -> Diagnostic {
        match self {
            Self::DuplicateKey(key) => Diagnostic::error("E0107", format!("the key `{key}` stands here twice"))
                .at(At { file: id, pointer: pointer.to_owned(), part: Part::SecondKey }, "the second one")
                .at(At::key(id, pointer), "the first one")
                .help("remove one of them: a parser would keep the last and say nothing"),
            Self::Tag => Diagnostic::error("E0108", "YAML tags have no meaning here")
                .at(At::value(id, pointer), "has a tag")
                .help("remove the tag (the word that begins with `!`)"),
            Self::NotFinite => Diagnostic::error("E0109", "this number is not finite, so JSON cannot say it")
                .at(At::value(id, pointer), "")
                .help("remove it, or write the text in quotes"),
            Self::Merge => Diagnostic::error("E0110", "only a mapping, or a list of mappings, can be merged with `<<`")
                .at(At::value(id, pointer), "")
                .help("give the other mapping an anchor (`&name`) and merge its alias: `<<: *name`"),
        }
    }
}

impl State {
    fn fault(&self, fault: Fault) {
        self.faults.borrow_mut().push((self.pointer.borrow().clone(), fault));
    }

    /// Runs `inner` with the pointer one token longer.
    fn within<T>(&self, token: &str, inner: impl FnOnce() -> T) -> T {
        let length = self.pointer.borrow().len();
        {
            let mut pointer = self.pointer.borrow_mut();
            pointer.push('/');
            pointer.push_str(&escape_token(token));
        }
        let result = inner();
        self.pointer.borrow_mut().truncate(length);
        result
    }
}

#[derive(Clone, Copy)]
struct Node<'s>(&'s State);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
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

    // Only bounds are this large in practice, and a bound beyond 64 bits bounds nothing: near enough is exact enough.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "see above")]
    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or_else(
            || {
                self.0.fault(Fault::NotFinite);
                Value::Null
            },
            Value::Number,
        ))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = self.0.within(&array.len().to_string(), || items.next_element_seed(self))? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut merged = Vec::new();
        while let Some(key) = members.next_key_seed(Key)? {
            let value = self.0.within(&key, || members.next_value_seed(self))?;
            if key == "<<" {
                merged.push(value);
            } else if object.contains_key(&key) {
                self.0.within(&key.clone(), || self.0.fault(Fault::DuplicateKey(key)));
            } else {
                object.insert(key, value);
            }
        }
        for value in merged {
            self.merge(&mut object, value);
        }
        Ok(Value::Object(object))
    }
}

impl Node<'_> {
    /// Applies a merge key (<https://yaml.org/type/merge.html>).
    fn merge(self, object: &mut Map<String, Value>, value: Value) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    object.entry(key).or_insert(member);
                }
            }
            Value::Array(items) => items.into_iter().for_each(|item| self.merge(object, item)),
            _ => self.0.within("<<", || self.0.fault(Fault::Merge)),
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
mod tests {
    use super::parse;
    use crate::load::{Format, Sources};
    use crate::report::Report;

    fn check(text: &str, format: Format) -> Result<String, Vec<&'static str>> {
        let mut sources = Sources::default();
        let id = sources.add("file".into(), text.into(), format);
        let mut report = Report::default();
        let value = parse(id, &sources, &mut report);
        match value {
            Some(value) => Ok(value.to_string()),
            None => Err(report.diagnostics().iter().map(|diagnostic| diagnostic.code).collect()),
        }
    }

    #[test]
    fn keys_keep_their_text_and_order() {
        assert_eq!(check("200: b\n'1.10': a\nno: c\n", Format::Yaml), Ok(r#"{"200":"b","1.10":"a","no":"c"}"#.into()));
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(
            check("[0.9687100052833557, 18446744073709551615]", Format::Json).as_deref(),
            Ok("[0.9687100052833557,18446744073709551615]")
        );
        assert_eq!(
            check("[0.9687100052833557, 18446744073709551615]", Format::Yaml).as_deref(),
            Ok("[0.9687100052833557,18446744073709551615]")
        );
    }

    #[test]
    fn what_a_parser_would_lose_is_an_error() {
        assert_eq!(check(r#"{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}"#, Format::Json), Err(vec!["E0107", "E0107"]));
        assert_eq!(check("a: 1\n\"a\": 2\n", Format::Yaml), Err(vec!["E0107"]));
        assert_eq!(check("a: !secret x\n", Format::Yaml), Err(vec!["E0108"]));
        assert_eq!(check("a: .inf\n", Format::Yaml), Err(vec!["E0109"]));
        assert_eq!(check("a: [1\n", Format::Yaml), Err(vec!["E0106"]));
        assert_eq!(check("{\"a\": 1} x", Format::Json), Err(vec!["E0106"]));
    }

    #[test]
    fn merge_keys_are_applied() {
        let text = "base: &b {x: 1, y: 2}\nit:\n  <<: *b\n  y: 3\n";
        assert_eq!(check(text, Format::Yaml), Ok(r#"{"base":{"x":1,"y":2},"it":{"y":3,"x":1}}"#.into()));
    }
}
