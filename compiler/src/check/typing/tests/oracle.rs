//! What the types say, and what JMESPath gives: sound rules, and rules at random, over answers that the document admits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::output::{Outcome, named_shapes};
use super::super::type_rule;
use super::{SOUND, schemas, short};
use crate::ir::Shape;
use crate::normalise::Document;
use crate::resolve::{Purpose, ShapeReader};

/// The shape of the answer, and the shapes that it names.
fn answer() -> (Shape, BTreeMap<String, Shape>) {
    let document = Document::plain(json!({"components": {"schemas": schemas()}}));
    let mut reader = ShapeReader::new(&document, Purpose::Received);
    let answer = reader.read(&json!({"$ref": "#/components/schemas/Answer"}), "").expect("can be read");
    let names = reader.reachable([&answer]);
    (answer, names)
}

/// Members whose schema does not say what they are.
const UNKNOWN: &[&str] = &["anything", "kinds", "open", "bare"];

/// Answers that are checked for each rule.
const ANSWERS: u64 = 30;

/// Runs a rule over answers. Says where it fails, or where its outcome is not of the shape that was said.
fn wrong(rule: &str, answer: &Shape, names: &BTreeMap<String, Shape>) -> Option<String> {
    let parsed = crate::check::parse_rule(rule).ok()?;
    let (typed, remarks) = type_rule(&parsed, rule, answer, names, false);
    if remarks.iter().any(super::super::remark::Remark::is_error) {
        return None;
    }
    let compiled = jmespath::compile(rule).expect("is a rule");
    let mut lenient = typed.output.clone();
    let lenient_names = named_shapes(&mut [Outcome { shape: &mut lenient, is_whole: false }], names);
    for seed in 0..ANSWERS {
        let value = Maker { names, state: seed * 7919 + 1, depth: 0, lies: false }.make(answer);
        match compiled.search(&value) {
            // Of what is not known nothing is said, so it may fail.
            Err(_) if UNKNOWN.iter().any(|name| rule.contains(name)) => {}
            Err(error) => return Some(format!("{rule}: {error}\n  {value}")),
            Ok(result) => {
                let result: Value = serde_json::to_value(&result).expect("is JSON");
                if !fits(&typed.output, &result, names) {
                    return Some(format!("{rule}: {result} is not {}", short(&typed.output)));
                }
            }
        }
        // Documents lie, most often about what is there.
        let value = Maker { names, state: seed * 7919 + 2, depth: 0, lies: true }.make(answer);
        if let Ok(result) = compiled.search(&value) {
            let result: Value = serde_json::to_value(&result).expect("is JSON");
            if rule.trim() != "@" && !fits(&lenient, &result, &lenient_names) {
                return Some(format!("{rule}: {result} of a lie is not {}", short(&lenient)));
            }
        }
    }
    None
}

#[test]
fn sound_rules_never_fail_and_give_what_was_said() {
    let (answer, names) = answer();
    // The crate fails on `avg` of nothing, which is null by the standard.
    let rules = SOUND.iter().filter(|rule| !rule.contains("avg"));
    let wrong: Vec<String> = rules.filter_map(|rule| wrong(rule, &answer, &names)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules at random: what is not told an error is none.
#[test]
fn rules_at_random_never_fail_and_give_what_was_said() {
    let (answer, names) = answer();
    let count = std::env::var("AIRLOCK_RULES").ok().and_then(|count| count.parse().ok()).unwrap_or(1500);
    let (mut found, mut sound) = (Vec::new(), 0_u64);
    for seed in 0..count {
        let mut writer =
            RuleWriter { source: Maker { names: &names, state: seed * 104_729 + 3, depth: 0, lies: false }, depth: 0 };
        let rule = writer.expression();
        let parsed = crate::check::parse_rule(&rule);
        let is_sound = parsed.is_ok_and(|parsed| {
            let (_, remarks) = type_rule(&parsed, &rule, &answer, &names, false);
            !remarks.iter().any(super::super::remark::Remark::is_error)
        });
        sound += u64::from(is_sound);
        found.extend(wrong(&rule, &answer, &names));
        if found.len() > 5 {
            break;
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(sound > count / 20, "only {sound} of {count} rules are sound");
}

/// Writes rules in the words of `cases.yaml`.
struct RuleWriter<'s> {
    source: Maker<'s>,
    depth: usize,
}

/// Names, those that are met most first.
const NAMES: &[&str] = &[
    "items",
    "name",
    "id",
    "count",
    "tags",
    "owner",
    "grade",
    "pets",
    "kind",
    "lives",
    "total",
    "tree",
    "children",
    "label",
    "labels",
    "matrix",
    "mixed",
    "number",
    "flag",
    "price",
    "amount",
    "address",
    "city",
    "notes",
    "anything",
    "maybe_null_list",
    "x",
    "dog",
    "good_boy",
    "untold",
    "sort",
    "nothing",
    "kinds",
    "open",
    "bare",
];

impl RuleWriter<'_> {
    fn pick(&mut self, count: usize) -> usize {
        self.source.pick(count)
    }

    fn name(&mut self) -> &'static str {
        let count = if self.pick(2) == 0 { 12 } else { NAMES.len() };
        NAMES[self.pick(count)]
    }

    fn literal(&mut self) -> &'static str {
        ["'good'", "'cat'", "'a'", "`1`", "`2.5`", "`null`", "`true`", "`[]`", "`{}`", "''", "'bad'"][self.pick(11)]
    }

    fn expression(&mut self) -> String {
        self.depth += 1;
        let text = if self.depth > 4 { self.step() } else { self.compound() };
        self.depth -= 1;
        text
    }

    fn step(&mut self) -> String {
        let name = self.name();
        match self.pick(8) {
            0 => format!("{name}.{}", self.name()),
            1 => format!("{name}[*].{}", self.name()),
            2 => format!("{name}[].{}", self.name()),
            3 => format!("{name}[0]"),
            4 => "@".to_owned(),
            _ => name.to_owned(),
        }
    }

    fn compound(&mut self) -> String {
        let one = |writer: &mut Self| writer.expression();
        match self.pick(22) {
            0 => format!("{}.{}", self.step(), self.step().replace('@', "x")),
            1 => format!("items[?{}].{}", self.condition(), self.step().replace('@', "id")),
            2 => format!("pets[?{}] | [*].{}", self.condition(), self.name()),
            3 => format!("{} | {}", one(self), one(self)),
            4 => format!("({}) || ({})", one(self), one(self)),
            5 => format!("({}) && ({})", one(self), one(self)),
            6 => format!("items[*].{{a: {}, b: {}}}", one(self), one(self)),
            7 => format!("{{a: {}, b: {}}}", one(self), one(self)),
            8 => format!("[{}, {}]", one(self), one(self)),
            9 => format!("length({})", one(self)),
            10 => format!("sort_by({}, &{})", ["items", "pets", "@"][self.pick(3)], one(self)),
            11 => format!("max_by({}, &{})", ["items", "pets", "@"][self.pick(3)], one(self)),
            12 => format!("map(&{}, {})", one(self), ["items", "pets", "matrix"][self.pick(3)]),
            13 => format!("not_null({}, {})", one(self), self.literal()),
            14 => format!("{}({})", ["sum", "max", "min", "sort", "abs", "ceil"][self.pick(6)], one(self)),
            15 => format!(
                "{}({})",
                ["to_string", "to_number", "to_array", "type", "keys", "values", "reverse"][self.pick(7)],
                one(self)
            ),
            16 => format!("join(', ', {})", one(self)),
            17 => format!("merge({}, {})", one(self), one(self)),
            18 => format!("({})[{}]", one(self), ["0", "-1", "1:3", "*", "", "::-1"][self.pick(6)]),
            19 => self.condition(),
            20 => format!("{}.*", self.step()),
            _ => self.step(),
        }
    }

    fn condition(&mut self) -> String {
        self.depth += 1;
        let text = match if self.depth > 5 { 0 } else { self.pick(9) } {
            0 | 1 => format!("{} == {}", self.step(), self.literal()),
            2 => format!("{} != {}", self.step(), self.literal()),
            3 => format!("{} > `1`", self.step()),
            4 => format!("!({})", self.condition()),
            5 => format!("({}) && ({})", self.condition(), self.condition()),
            6 => format!("({}) || ({})", self.condition(), self.condition()),
            7 => {
                format!("type({}) == '{}'", self.step(), ["string", "number", "object", "array", "null"][self.pick(5)])
            }
            _ => self.step(),
        };
        self.depth -= 1;
        text
    }
}

/// Makes values of shapes, each as likely with what may be missing as without.
struct Maker<'s> {
    names: &'s BTreeMap<String, Shape>,
    state: u64,
    depth: usize,
    /// Whether members that are required may be missing, or null.
    lies: bool,
}

impl Maker<'_> {
    fn pick(&mut self, count: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).expect("fits") % count.max(1)
    }

    fn make(&mut self, shape: &Shape) -> Value {
        self.depth += 1;
        let value = self.value(shape);
        self.depth -= 1;
        value
    }

    fn value(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Any | Shape::File => {
                let any = [json!(null), json!("x"), json!({"x": [1, {"a": "b"}]}), json!([]), json!(7)];
                any[self.pick(any.len())].clone()
            }
            Shape::Boolean => json!(self.pick(2) == 0),
            Shape::Integer(_) => json!(self.pick(9)),
            Shape::Number(_) => json!([0.0, 1.5, 4.0, -2.25][self.pick(4)]),
            Shape::Text(_) => json!(["", "a", "abc", "12"][self.pick(4)]),
            Shape::Words(words) => json!(words[self.pick(words.len())]),
            Shape::Literals(all) => serde_json::from_str(&all[self.pick(all.len())]).expect("is JSON"),
            Shape::Named(name) => self.make(&self.names[name].clone()),
            Shape::Nullable(_) if self.pick(2) == 0 || self.depth > 12 => Value::Null,
            Shape::Nullable(inner) => self.make(inner),
            Shape::AnyOf(shapes) => {
                let position = self.pick(shapes.len());
                self.make(&shapes[position])
            }
            Shape::List(list) => {
                let count = if self.depth > 12 { 0 } else { self.pick(4) };
                (0..count).map(|_| self.make(&list.items)).collect()
            }
            Shape::Object(object) => {
                let mut members = serde_json::Map::new();
                for property in &object.properties {
                    let is_there = property.required || self.depth < 12 && self.pick(2) == 0;
                    let is_lost = self.lies && self.pick(4) == 0;
                    if is_lost && self.pick(2) == 0 {
                        members.insert(property.name.clone(), Value::Null);
                    } else if is_there && !is_lost {
                        let value = self.make(&property.shape);
                        members.insert(property.name.clone(), value);
                    }
                }
                if let Some(rest) = object.rest.as_deref().filter(|rest| **rest != Shape::Any) {
                    for name in ["anything", "other"] {
                        if self.pick(2) == 0 {
                            let value = self.make(rest);
                            members.insert(name.to_owned(), value);
                        }
                    }
                }
                members.into()
            }
        }
    }
}

/// Whether a value is of a shape, to the letter.
fn fits(shape: &Shape, value: &Value, names: &BTreeMap<String, Shape>) -> bool {
    match (shape, value) {
        (Shape::Any | Shape::File, _)
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Number(_), Value::Number(_))
        | (Shape::Text(_), Value::String(_))
        | (Shape::Nullable(_), Value::Null) => true,
        (Shape::Integer(_), Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        (Shape::Words(words), Value::String(text)) => words.contains(text),
        (Shape::Literals(all), value) => all.contains(&value.to_string()),
        (Shape::Nullable(inner), value) => fits(inner, value, names),
        (Shape::Named(name), value) => fits(&names[name], value, names),
        (Shape::AnyOf(shapes), value) => shapes.iter().any(|shape| fits(shape, value, names)),
        (Shape::List(list), Value::Array(items)) => items.iter().all(|item| fits(&list.items, item, names)),
        (Shape::Object(object), Value::Object(members)) => {
            let listed = object.properties.iter().all(|property| match members.get(&property.name) {
                // Null is how many upstreams write that a member is missing, and the host takes it for that.
                Some(Value::Null) if !property.required => true,
                Some(value) => fits(&property.shape, value, names),
                None => !property.required,
            });
            listed
                && members
                    .iter()
                    .filter(|(name, _)| !object.properties.iter().any(|known| known.name == **name))
                    .all(|(_, value)| object.rest.as_deref().is_some_and(|rest| fits(rest, value, names)))
        }
        _ => false,
    }
}
