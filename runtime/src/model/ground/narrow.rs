//! A tool's schema, narrowed to what has been said.

use std::collections::BTreeSet;

use airlock_offer::stems;
use serde_json::{Map, Value, json};

use super::Ground;
use super::sources::Span;
use crate::arguments::Pattern;

/// Choices for one argument; of more, the last ones.
const CHOICES_MAX: usize = 2000;

/// The least number that names something.
const NAME_MIN: u64 = 100;

/// What can be written of a tool now.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrowed {
    /// The schema of its arguments, where each is something that the conversation says.
    pub schema: Value,
    /// What the last question names and the arguments have a place for: identifiers, dates, and words to choose from. The
    /// place for each has to be filled.
    pub claims: BTreeSet<String>,
}

/// See [`Ground::narrow`].
pub(super) fn narrow(ground: &Ground<'_>, place: usize) -> Option<Narrowed> {
    let mut narrowing = Narrowing { ground, place, claims: BTreeSet::new() };
    let tool = ground.tools.get(place)?;
    if tool.ungrounded.is_empty() {
        let schema = narrowing.of(&tool.schema, "", true)?;
        return Some(Narrowed { schema, claims: narrowing.claims });
    }
    let narrowed = narrowing.of(&without(&tool.schema, &tool.ungrounded), "", true)?;
    let schema = with_again(narrowed, &tool.schema, &tool.ungrounded);
    Some(Narrowed { schema, claims: narrowing.claims })
}

/// The schema of an object without some of its members.
fn without(schema: &Value, names: &BTreeSet<String>) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !names.contains(name));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name.as_str().is_none_or(|name| !names.contains(name)));
    }
    schema
}

/// A narrowed schema with those members as they were, each at its place.
fn with_again(mut narrowed: Value, whole: &Value, names: &BTreeSet<String>) -> Value {
    let kept = narrowed["properties"].as_object().cloned().unwrap_or_default();
    let properties = whole["properties"].as_object().into_iter().flatten().filter_map(|(name, shape)| {
        let shape = if names.contains(name) { Some(shape) } else { kept.get(name) };
        shape.map(|shape| (name.clone(), shape.clone()))
    });
    let properties: Map<String, Value> = properties.collect();
    let had = whole["required"].as_array().into_iter().flatten();
    let had = had.filter(|name| name.as_str().is_some_and(|name| names.contains(name)));
    let required: Vec<Value> = narrowed["required"].as_array().into_iter().flatten().chain(had).cloned().collect();
    narrowed["properties"] = properties.into();
    if !required.is_empty() {
        narrowed["required"] = required.into();
    }
    narrowed
}

struct Narrowing<'g> {
    ground: &'g Ground<'g>,
    place: usize,
    claims: BTreeSet<String>,
}

impl Narrowing<'_> {
    /// `name` is the argument's own, and `must` says whether it has to be there.
    fn of(&mut self, schema: &Value, name: &str, must: bool) -> Option<Value> {
        if let Some(choices) = schema["enum"].as_array() {
            return self.choice(choices, must);
        }
        if let Some(branches) = schema["anyOf"].as_array() {
            let branches: Vec<Value> = branches.iter().filter_map(|branch| self.of(branch, name, must)).collect();
            return (!branches.is_empty()).then(|| json!({ "anyOf": branches }));
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema),
            Some("array") => {
                let items = self.of(&schema["items"], name, true)?;
                let mut list = schema.as_object()?.clone();
                list.insert("items".to_owned(), items);
                Some(list.into())
            }
            Some("string") => self.text(schema, must),
            Some("integer" | "number") => self.number(schema, must),
            Some("boolean") => (must || self.is_asked_of(name)).then(|| schema.clone()),
            // Null for what may be left out would be one more way to say nothing.
            Some("null") => must.then(|| schema.clone()),
            // Anything at all: what was said, as a text or a number.
            _ => {
                let kinds = [self.text(&Value::Null, must), self.number(&json!({ "type": "number" }), false)];
                let kinds: Vec<Value> = kinds.into_iter().flatten().collect();
                (!kinds.is_empty()).then(|| json!({ "anyOf": kinds }))
            }
        }
    }

    fn object(&mut self, schema: &Value) -> Option<Value> {
        let mut required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object();
        let mut kept = Map::new();
        for (name, shape) in properties.into_iter().flatten() {
            let must = required.contains(&name.as_str());
            let claims = self.claims.len();
            match self.of(shape, name, must) {
                Some(shape) => drop(kept.insert(name.clone(), shape)),
                None if must => return None,
                None => continue,
            }
            // Where two arguments may be meant, the model says which.
            let alike = properties.into_iter().flat_map(Map::values).filter(|other| is_alike(shape, other)).count();
            if !must && self.claims.len() > claims && alike == 1 {
                required.push(name);
            }
        }
        let mut object = schema.as_object()?.clone();
        if !required.is_empty() {
            object.insert("required".to_owned(), required.into());
        }
        object.insert("properties".to_owned(), kept.into());
        if let Some(rest @ Value::Object(_)) = schema.get("additionalProperties") {
            let rest = self.of(rest, "", true).unwrap_or(Value::Bool(false));
            object.insert("additionalProperties".to_owned(), rest);
        }
        Some(object.into())
    }

    /// Of words, those that the question speaks of most. One that is not spoken of can be taken only if one has to be.
    fn choice(&mut self, choices: &[Value], must: bool) -> Option<Value> {
        let share = |choice: &Value| {
            let words: BTreeSet<String> = choice.as_str().map(|text| stems(text).collect()).unwrap_or_default();
            let said = words.iter().filter(|word| self.ground.sources.asked.contains(*word)).count();
            if words.is_empty() { (0, 1) } else { (said, words.len()) }
        };
        // Fractions, compared without rounding.
        let shares: Vec<(usize, usize)> = choices.iter().map(share).collect();
        let best = shares.iter().copied().reduce(|a, b| if b.0 * a.1 > a.0 * b.1 { b } else { a })?;
        if best.0 == 0 {
            return must.then(|| json!({ "enum": choices }));
        }
        let is_best = |share: &(usize, usize)| share.0 * best.1 == best.0 * share.1;
        let kept = choices.iter().zip(&shares).filter(|(_, share)| is_best(share)).map(|(choice, _)| choice);
        let kept: Vec<&Value> = kept.collect();
        // Words of another tool's description may be meant for that one.
        let is_said = |words: &BTreeSet<String>| !self.ground.is_told_elsewhere(self.place, words);
        let words = kept.iter().filter_map(|choice| choice.as_str()).flat_map(stems).collect();
        if best.0 == best.1 && is_said(&words) {
            self.claims.extend(kept.iter().filter_map(|choice| choice.as_str()).map(str::to_owned));
        }
        Some(json!({ "enum": kept }))
    }

    /// Whether the question has a word of an argument's name.
    fn is_asked_of(&self, name: &str) -> bool {
        stems(name).any(|word| self.ground.sources.asked.contains(&word))
    }

    fn text(&mut self, schema: &Value, must: bool) -> Option<Value> {
        match schema["format"].as_str() {
            Some("date") => {
                self.claim_days();
                return among(self.ground.sources.dates.iter().map(|date| date.text.clone()));
            }
            Some("date-time") => return self.moment(),
            Some("uuid") => {
                let spans = self.ground.sources.spans.iter().map(|span| span.text.to_lowercase());
                return among(spans.filter(|text| is_uuid(text)));
            }
            _ => {}
        }
        let bound = |keyword: &str| schema[keyword].as_u64();
        let fits = |text: &str| {
            let chars = text.chars().count() as u64;
            bound("minLength").is_none_or(|min| chars >= min) && bound("maxLength").is_none_or(|max| chars <= max)
        };
        let spans = self.ground.sources.spans.iter().filter(|span| fits(&span.text));
        let Some(pattern) = schema["pattern"].as_str() else {
            return among(spans.map(|span| &span.text).filter(|text| self.is_free(text, must)).cloned());
        };
        let pattern = Pattern::new(pattern)?;
        let mut texts = Vec::new();
        for span in spans {
            // Identifiers are often said in small letters.
            let spelled = [span.text.clone(), span.text.to_uppercase(), span.text.to_lowercase()];
            let Some(text) = spelled.into_iter().find(|text| pattern.is_match(text)) else { continue };
            if self.ground.sources.is_last(span) {
                self.claims.insert(text.clone());
            }
            texts.push(text);
        }
        among(texts.into_iter())
    }

    /// Whether a text says something, and is nothing else by its form. One that need not be there begins and ends with words
    /// that the tools are not told of with, and names nothing that has a place of its own.
    fn is_free(&self, text: &str, must: bool) -> bool {
        // What has to be there may have the form of another tool's identifier, such as a number plate that of a part.
        let is_identifier = |text: &str| self.ground.is_identifier(text, must.then_some(self.place));
        let is_new = |word: &str| {
            let mut stems = stems(word).peekable();
            stems.peek().is_some() && stems.all(|stem| !self.ground.known.contains(&stem))
        };
        let mut words = text.split_whitespace();
        let ends = [words.next(), words.next_back()];
        !is_identifier(text)
            && stems(text).next().is_some()
            && (must || ends.into_iter().flatten().all(is_new) && !text.split_whitespace().any(is_identifier))
    }

    /// A day that was said, with a time that was said, in any offset.
    fn moment(&mut self) -> Option<Value> {
        let days: BTreeSet<&str> = self.ground.sources.dates.iter().map(|date| date.text.as_str()).collect();
        let times: BTreeSet<&str> = self.ground.sources.times.iter().map(String::as_str).collect();
        if days.is_empty() || times.is_empty() {
            return None;
        }
        self.claim_days();
        let any = |texts: BTreeSet<&str>| texts.into_iter().collect::<Vec<_>>().join("|");
        let pattern = format!("^({})T({}):00(Z|[+-](0[0-9]|1[0-4]):(00|30|45))$", any(days), any(times));
        Some(json!({ "type": "string", "pattern": pattern }))
    }

    fn claim_days(&mut self) {
        let sources = &self.ground.sources;
        let days = sources.dates.iter().filter(|date| sources.is_last(date));
        self.claims.extend(days.map(|day| day.text.clone()));
    }

    fn number(&mut self, schema: &Value, must: bool) -> Option<Value> {
        let bound = |keyword: &str| schema[keyword].as_f64();
        let is_integer = schema["type"] == "integer";
        let fits = |span: &&Span| {
            let Ok(value) = span.text.parse::<f64>() else { return false };
            (!is_integer || !span.text.contains('.'))
                && bound("minimum").is_none_or(|min| value >= min)
                && bound("maximum").is_none_or(|max| value <= max)
                && bound("exclusiveMinimum").is_none_or(|min| value > min)
                && bound("exclusiveMaximum").is_none_or(|max| value < max)
        };
        let mut numbers: Vec<Value> = Vec::new();
        let sources = &self.ground.sources;
        for span in sources.numbers.iter().filter(fits) {
            let Ok(number) = serde_json::from_str::<Value>(&span.text) else { continue };
            // Small numbers are counts of anything.
            if must && sources.is_last(span) && number.as_u64().is_some_and(|number| number >= NAME_MIN) {
                self.claims.insert(number.to_string());
            }
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        (!numbers.is_empty()).then(|| json!({ "enum": numbers }))
    }
}

/// RFC 9562, section 4.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether two arguments take the same texts by their form.
fn is_alike(one: &Value, other: &Value) -> bool {
    ["pattern", "format", "enum"].iter().all(|keyword| one.get(keyword) == other.get(keyword))
}

/// A choice of texts, each once; none of none.
fn among(texts: impl Iterator<Item = String>) -> Option<Value> {
    let mut seen = BTreeSet::new();
    let mut texts: Vec<String> = texts.filter(|text| seen.insert(text.clone())).collect();
    texts.drain(..texts.len().saturating_sub(CHOICES_MAX));
    (!texts.is_empty()).then(|| json!({ "type": "string", "enum": texts }))
}
