//! From the schema of a tool's arguments to the grammar of a call, for `llguidance`.
//!
//! The grammar of one call is a JSON Schema: `{"name": <the tool's name>, "arguments": <its schema>}`, in the spelling of chat
//! templates. What the engine would pass over in silence is taken out here on purpose or refused here by name: a constraint
//! that is announced is one that holds. Four keywords are left to the gate, which checks every argument: `uniqueItems`,
//! `minProperties`, `maxProperties`, and each `format` but three. The compiler proves every tool with the same code and the
//! same release of the engine that the host runs.

use std::collections::HashSet;
use std::fmt;
use std::sync::Mutex;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Map, Value, json};

/// Why calls of a tool cannot be constrained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconstrained {
    /// Where it is in the schema of the arguments, as in `/tags/items`; empty for the whole.
    pub property: String,
    /// The keyword of JSON Schema that stands in the way, if it is one.
    pub keyword: Option<String>,
    /// What the engine says of it.
    pub reason: String,
}

impl fmt::Display for Unconstrained {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.property.as_str() {
            "" => write!(formatter, "the arguments as a whole")?,
            property => write!(formatter, "the argument at `{property}`")?,
        }
        if let Some(keyword) = &self.keyword {
            write!(formatter, " has `{keyword}`, for which there is no grammar")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// Makes grammars for one vocabulary.
pub struct Engine {
    factory: ParserFactory,
    /// Schemas that were proven, as text: those of many tools are the same but for their descriptions.
    proven: Mutex<HashSet<String>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// For a model's vocabulary.
    ///
    /// # Errors
    /// The engine does not take the vocabulary.
    pub fn new(vocabulary: &TokEnv) -> Result<Self, String> {
        let mut factory = ParserFactory::new_simple(vocabulary).map_err(|error| one_line(&error.to_string()))?;
        factory.quiet();
        // A parser's state repeats the prompt's text: errors must not.
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory, proven: Mutex::default() })
    }

    /// For proofs without a model: every byte is a token.
    ///
    /// # Errors
    /// As for [`Engine::new`].
    pub fn of_bytes() -> Result<Self, String> {
        Self::new(&ApproximateTokEnv::single_byte_env())
    }

    /// A matcher at the beginning of a text that this schema admits.
    ///
    /// # Errors
    /// The engine cannot make a grammar of it, in its own words.
    pub fn matcher(&self, schema: &Value) -> Result<Matcher, String> {
        let grammar = TopLevelGrammar::from_json_schema(schema.clone());
        let parser = self.factory.create_parser(grammar).map_err(|error| one_line(&error.to_string()))?;
        let matcher = Matcher::new(Ok(parser));
        match matcher.get_error() {
            None => Ok(matcher),
            Some(error) => Err(one_line(&error)),
        }
    }

    /// Proves that calls of a tool can be constrained. Gives the schema of such a call, for [`any_of`].
    ///
    /// # Errors
    /// They cannot, and which part of the schema is why.
    pub fn prove(&self, name: &str, input_schema: &Value) -> Result<Value, Unconstrained> {
        let arguments = constraints(input_schema, "")?;
        let call = call_of(name, &arguments);
        if self.is_proven(&arguments) {
            return Ok(call);
        }
        if let Err(reason) = self.matcher(&any_of(std::slice::from_ref(&call))) {
            return Err(self.blame(&arguments, String::new(), reason));
        }
        // The engine leaves out, without a word, what need not be there and has no value.
        self.prove_bounds(&arguments, "")?;
        self.remember(&arguments);
        Ok(call)
    }

    fn is_proven(&self, schema: &Value) -> bool {
        self.proven.lock().is_ok_and(|proven| proven.contains(&schema.to_string()))
    }

    fn remember(&self, schema: &Value) {
        if let Ok(mut proven) = self.proven.lock() {
            proven.insert(schema.to_string());
        }
    }

    /// Proves every schema in a schema whose bounds may exclude each other.
    fn prove_bounds(&self, schema: &Value, property: &str) -> Result<(), Unconstrained> {
        const BOUNDS: [&str; 10] = [
            "minLength",
            "maxLength",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minItems",
            "maxItems",
        ];
        let members = schema.as_object();
        let bounds = members.into_iter().flatten().filter(|(keyword, _)| BOUNDS.contains(&keyword.as_str())).count();
        if (bounds > 1 || schema.get("pattern").is_some()) && !self.is_proven(schema) {
            self.matcher(schema).map_err(|reason| self.blame(schema, property.to_owned(), reason))?;
            self.remember(schema);
        }
        parts(schema).into_iter().try_for_each(|(step, part)| self.prove_bounds(part, &inner(property, step)))
    }

    /// The innermost part of a schema for which there is no grammar, and its keyword without which there is one.
    fn blame(&self, schema: &Value, property: String, reason: String) -> Unconstrained {
        for (step, part) in parts(schema) {
            if let Err(reason) = self.matcher(part) {
                return self.blame(part, inner(&property, step), reason);
            }
        }
        // Without its type, a schema admits what the other keywords do not speak of.
        let mut keywords =
            schema.as_object().into_iter().flatten().map(|(keyword, _)| keyword).filter(|one| *one != "type");
        let without = |keyword: &str| {
            let mut rest = schema.clone();
            rest.as_object_mut().and_then(|rest| rest.shift_remove(keyword));
            rest
        };
        let keyword = keywords.find(|keyword| self.matcher(&without(keyword)).is_ok()).cloned();
        Unconstrained { property, keyword, reason }
    }
}

/// One step further.
fn inner(property: &str, step: &str) -> String {
    if step.is_empty() { property.to_owned() } else { format!("{property}/{step}") }
}

/// The schemas that stand directly in a schema, each with the step to it.
fn parts(schema: &Value) -> Vec<(&str, &Value)> {
    let named = schema["properties"].as_object().into_iter().flatten().map(|(name, part)| (name.as_str(), part));
    let mut parts: Vec<(&str, &Value)> = named.collect();
    parts.extend(schema.get("items").map(|part| ("items", part)));
    parts.extend(schema.get("additionalProperties").filter(|part| part.is_object()).map(|part| ("*", part)));
    parts.extend(schema["anyOf"].as_array().into_iter().flatten().map(|part| ("", part)));
    parts
}

/// The schema of a call, for [`any_of`], of a tool whose arguments are a part of what was proven.
///
/// # Errors
/// There is a keyword in it that the engine does not enforce.
pub fn call(name: &str, input_schema: &Value) -> Result<Value, Unconstrained> {
    constraints(input_schema, "").map(|arguments| call_of(name, &arguments))
}

fn call_of(name: &str, arguments: &Value) -> Value {
    json!({
        "type": "object",
        "properties": { "name": { "const": name }, "arguments": arguments },
        "required": ["name", "arguments"],
        "additionalProperties": false,
    })
}

/// The grammar of one call out of several.
pub fn any_of(calls: &[Value]) -> Value {
    json!({
        // Separators as the template's `tojson` prints them. Free whitespace would let a small model loop in it.
        "x-guidance": { "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": " },
        "anyOf": calls,
    })
}

/// The schema with nothing in it but what the engine enforces.
fn constraints(schema: &Value, property: &str) -> Result<Value, Unconstrained> {
    let members = match schema {
        Value::Object(members) => members,
        Value::Bool(_) => return Ok(schema.clone()),
        _ => return Err(refused(property, None, "it is no schema")),
    };
    let is_integer = members.get("type") == Some(&Value::from("integer"));
    let mut kept = Map::new();
    for (keyword, value) in members {
        let constraint = match keyword.as_str() {
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => bound(value, is_integer),
            keyword => constraint(keyword, value, property)?,
        };
        if let Some(value) = constraint {
            kept.insert(keyword.clone(), value);
        }
    }
    Ok(Value::Object(kept))
}

/// A bound that the engine can count with: it holds bounds as floats and makes 64-bit integers of them, and negates the
/// least of those. The gate knows the true bound.
#[expect(
    clippy::cast_precision_loss,
    reason = "both ends are floats: the least is a multiple of 1024, the other rounds up"
)]
fn bound(value: &Value, is_integer: bool) -> Option<Value> {
    /// The least float above -2^63.
    const LEAST: i64 = i64::MIN + 1024;
    let float = value.as_f64()?;
    match float {
        _ if float > LEAST as f64 && float < i64::MAX as f64 => Some(value.clone()),
        _ if !is_integer => None,
        _ if float < 0.0 => Some(LEAST.into()),
        _ => Some(i64::MAX.into()),
    }
}

fn constraint(keyword: &str, value: &Value, property: &str) -> Result<Option<Value>, Unconstrained> {
    Ok(match (keyword, value) {
        // Words for the reader; and items that the gate compares, and properties that it counts, since the engine cannot, or
        // only where each property is required.
        ("title" | "description" | "default" | "examples" | "$comment", _)
        | ("uniqueItems", Value::Bool(_))
        | ("minProperties" | "maxProperties", Value::Number(_)) => None,
        ("properties", Value::Object(properties)) => {
            let mut kept = Map::new();
            for (name, shape) in properties {
                kept.insert(name.clone(), constraints(shape, &format!("{property}/{name}"))?);
            }
            Some(Value::Object(kept))
        }
        ("items", shape) => Some(constraints(shape, &format!("{property}/items"))?),
        ("additionalProperties", Value::Object(_)) => Some(constraints(value, &format!("{property}/*"))?),
        ("anyOf", Value::Array(shapes)) => {
            let kept: Result<Vec<Value>, _> = shapes.iter().map(|shape| constraints(shape, property)).collect();
            Some(Value::Array(kept?))
        }
        // The gate enforces these three. Other formats are words for the reader; the engine knows some and fails on
        // the rest.
        ("format", Value::String(format)) => {
            matches!(format.as_str(), "date" | "date-time" | "uuid").then(|| value.clone())
        }
        (
            "type"
            | "const"
            | "enum"
            | "required"
            | "additionalProperties"
            | "minItems"
            | "maxItems"
            | "minLength"
            | "maxLength"
            | "pattern"
            | "multipleOf",
            _,
        ) => Some(value.clone()),
        _ => return Err(refused(property, Some(keyword), "it is not one of those that are enforced")),
    })
}

fn refused(property: &str, keyword: Option<&str>, reason: &str) -> Unconstrained {
    Unconstrained { property: property.to_owned(), keyword: keyword.map(str::to_owned), reason: reason.to_owned() }
}

/// The engine's reasons run over several lines; the first says what is wrong.
fn one_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Engine, any_of};

    fn engine() -> Engine {
        Engine::of_bytes().expect("bytes are a vocabulary")
    }

    fn closed(properties: &Value, required: &Value) -> Value {
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    /// The grammar of these tools.
    fn grammar(tools: &[(&str, Value)]) -> Value {
        let engine = engine();
        let prove = |(name, schema): &(&str, Value)| engine.prove(name, schema).expect("it can be constrained");
        any_of(&tools.iter().map(prove).collect::<Vec<_>>())
    }

    fn two_tools() -> Value {
        let patient = json!({ "type": "string", "pattern": "^P[0-9]{4}$" });
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
        let from = json!({ "type": "string", "format": "date" });
        grammar(&[
            ("get_patient", closed(&json!({ "patient": patient }), &json!(["patient"]))),
            ("list_visits", closed(&json!({ "from": from, "limit": limit }), &json!([]))),
        ])
    }

    /// Whether the whole text is a call, and how many of its bytes fit.
    fn accepts(grammar: &Value, text: &str) -> (bool, usize) {
        let mut matcher = engine().matcher(grammar).expect("it was proven");
        let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
        let fitting = matcher.try_consume_tokens(&tokens).expect("no engine error");
        (fitting == tokens.len() && matcher.is_accepting().expect("no engine error"), fitting)
    }

    #[test]
    fn calls_in_the_templates_spelling_are_accepted() {
        let grammar = two_tools();
        for text in [
            r#"{"name": "get_patient", "arguments": {"patient": "P0004"}}"#,
            r#"{"name": "list_visits", "arguments": {}}"#,
            r#"{"name": "list_visits", "arguments": {"from": "2026-02-28", "limit": 100}}"#,
        ] {
            assert_eq!(accepts(&grammar, text), (true, text.len()), "{text}");
        }
    }

    #[test]
    fn a_wrong_call_is_refused_at_the_byte_that_is_wrong() {
        let grammar = two_tools();
        for (fits, rest) in [
            (r#"{"name": ""#, "drop_table"),
            (r#"{"name": "get_patient", "arguments": {"#, "}"),
            (r#"{"name": "get_patient", "arguments": {"patient": "P"#, "x"),
            (r#"{"name": "get_patient", "arguments": {"patient": "P0004""#, r#", "limit": 1}"#),
            (r#"{"name": "list_visits", "arguments": {"from": "2026-02-"#, "31"),
            (r#"{"name": "list_visits", "arguments": {"limit": 10"#, "1}"),
            ("{", "\n"),
        ] {
            let text = format!("{fits}{rest}");
            assert_eq!(accepts(&grammar, &text), (false, fits.len()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_constrained_is_named_with_its_property_and_keyword() {
        let wrong = |schema: &Value| engine().prove("t", schema).expect_err("cannot be constrained");
        let list = json!({ "type": "array", "items": { "type": "string", "contentEncoding": "base64" } });
        let fault = wrong(&closed(&json!({ "tags": list }), &json!([])));
        assert_eq!((fault.property.as_str(), fault.keyword.as_deref()), ("/tags/items", Some("contentEncoding")));

        let ahead = json!({ "anyOf": [{ "type": "null" }, { "type": "string", "pattern": "^(?=a)b" }] });
        let inner = closed(&json!({ "fine": { "type": "integer" }, "text": ahead }), &json!([]));
        let fault = wrong(&closed(&json!({ "body": inner }), &json!(["body"])));
        assert_eq!((fault.property.as_str(), fault.keyword.as_deref()), ("/body/text", Some("pattern")), "{fault}");

        let never = json!({ "type": "integer", "minimum": 5, "maximum": 1 });
        for required in [json!(["count"]), json!([])] {
            let fault = wrong(&closed(&json!({ "count": never }), &required));
            assert_eq!((fault.property.as_str(), fault.keyword.as_deref()), ("/count", Some("minimum")), "{fault}");
        }
        let code = json!({ "type": "string", "pattern": "^[A-Z]{3}$", "maxLength": 2 });
        let fault = wrong(&closed(&json!({ "codes": { "type": "array", "items": code } }), &json!([])));
        assert_eq!((fault.property.as_str(), fault.keyword.as_deref()), ("/codes/items", Some("pattern")), "{fault}");
    }

    #[test]
    fn integers_of_64_bits_are_constrained_to_their_ends() {
        let id = json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX });
        let wide = json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX });
        let far = json!({ "type": "number", "minimum": -1e300, "maximum": 1e300 });
        let grammar = grammar(&[("t", closed(&json!({ "id": id, "wide": wide, "far": far }), &json!([])))]);
        for (name, value, fits) in [
            ("id", "-5", true),
            ("id", "9223372036854775807", true),
            ("id", "9223372036854775808", false),
            ("id", "-9223372036854774784", true),
            ("id", "-9223372036854775809", false),
            ("wide", "9223372036854775807", true),
            ("wide", "-1", false),
            ("far", "-1e299", true),
        ] {
            let text = format!("{{\"name\": \"t\", \"arguments\": {{\"{name}\": {value}}}}}");
            assert_eq!(accepts(&grammar, &text).0, fits, "{text}");
        }
    }

    #[test]
    fn what_the_gate_checks_does_not_stand_in_the_way() {
        let id = json!({ "type": "integer", "format": "int64" });
        let tags = json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true });
        let map = json!({ "type": "object", "additionalProperties": { "type": "boolean" }, "minProperties": 1 });
        let schema = closed(&json!({ "id": id, "tags": tags, "map": map }), &json!(["id"]));
        let grammar = grammar(&[("t", schema)]);
        assert!(accepts(&grammar, r#"{"name": "t", "arguments": {"id": 9007199254740993, "map": {"a": true}}}"#).0);
    }
}
