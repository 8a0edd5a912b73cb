//! From a list of tools to the grammar of one call, for `llguidance`.
//!
//! The grammar is a JSON Schema: `{"name": <one tool's name>, "arguments": <that tool's schema>}` for each tool, in the
//! template's spelling. What the engine would pass over in silence is taken out here on purpose or refused here by name:
//! a constraint that is announced is one that holds. Arguments are validated again by the gate.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Map, Value, json};

use super::offer::{OfferError, OfferedTool};
use super::{ModelError, ToolCall};

/// The grammar of one call to one of some tools.
#[derive(Clone, Debug)]
pub struct CallGrammar {
    schema: Arc<Value>,
}

/// Proves that calls to each of these tools can be constrained, and joins them to one grammar.
pub fn prove(tools: &[OfferedTool]) -> Result<CallGrammar, OfferError> {
    let refused = |tool: &str, reason: String| OfferError { tool: tool.to_owned(), reason };
    let engine = Engine::of_bytes().map_err(|reason| refused("", reason))?;
    let mut calls = Vec::with_capacity(tools.len());
    for tool in tools {
        let call = call_schema(tool).map_err(|reason| refused(&tool.name, reason))?;
        let alone = union(std::slice::from_ref(&call));
        engine.matcher(&alone).map_err(|reason| refused(&tool.name, reason))?;
        calls.push(call);
    }
    let all = union(&calls);
    engine
        .matcher(&all)
        .map_err(|reason| refused("", format!("the list of tools as a whole is too large: {reason}")))?;
    Ok(CallGrammar { schema: Arc::new(all) })
}

impl CallGrammar {
    /// A matcher at the beginning of a call.
    pub fn matcher(&self, engine: &Engine) -> Result<Matcher, ModelError> {
        engine.matcher(&self.schema).map_err(ModelError::Grammar)
    }

    /// Reads a call that was written under this grammar.
    pub fn read(text: &str) -> Result<ToolCall, ModelError> {
        let broken = || ModelError::Grammar("what was written is not a call".to_owned());
        let mut members: Map<String, Value> = serde_json::from_str(text).map_err(|_| broken())?;
        let name = members.remove("name").ok_or_else(broken)?;
        let arguments = members.remove("arguments").ok_or_else(broken)?;
        match (name, arguments) {
            (Value::String(tool), Value::Object(arguments)) => Ok(ToolCall { tool, arguments }),
            _ => Err(broken()),
        }
    }
}

/// The engine for one vocabulary.
pub struct Engine {
    factory: ParserFactory,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// For a model's vocabulary.
    pub fn new(vocabulary: &TokEnv) -> Result<Self, String> {
        let mut factory = ParserFactory::new_simple(vocabulary).map_err(|error| one_line(&error.to_string()))?;
        factory.quiet();
        // A parser's state repeats the prompt's text: errors must not.
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory })
    }

    /// For proofs without a model: every byte is a token.
    pub fn of_bytes() -> Result<Self, String> {
        Self::new(&ApproximateTokEnv::single_byte_env())
    }

    fn matcher(&self, schema: &Value) -> Result<Matcher, String> {
        let grammar = TopLevelGrammar::from_json_schema(schema.clone());
        let parser = self.factory.create_parser(grammar).map_err(|error| one_line(&error.to_string()))?;
        let matcher = Matcher::new(Ok(parser));
        match matcher.get_error() {
            None => Ok(matcher),
            Some(error) => Err(one_line(&error)),
        }
    }
}

fn union(calls: &[Value]) -> Value {
    json!({
        // Separators as the template's `tojson` prints them. Free whitespace would let a small model loop in it.
        "x-guidance": { "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": " },
        "anyOf": calls,
    })
}

fn call_schema(tool: &OfferedTool) -> Result<Value, String> {
    let arguments = constraints(&tool.schema, "")?;
    if arguments.get("type") != Some(&Value::from("object")) {
        return Err("the schema of its arguments is not that of an object".to_owned());
    }
    Ok(json!({
        "type": "object",
        "properties": { "name": { "const": tool.name }, "arguments": arguments },
        "required": ["name", "arguments"],
        "additionalProperties": false,
    }))
}

/// The schema with nothing in it but what the engine enforces.
fn constraints(schema: &Value, path: &str) -> Result<Value, String> {
    let members = match schema {
        Value::Object(members) => members,
        Value::Bool(_) => return Ok(schema.clone()),
        _ => return Err(format!("{} is not a schema", place(path))),
    };
    let mut kept = Map::new();
    for (keyword, value) in members {
        if let Some(value) = constraint(keyword, value, path)? {
            kept.insert(keyword.clone(), value);
        }
    }
    Ok(Value::Object(kept))
}

fn constraint(keyword: &str, value: &Value, path: &str) -> Result<Option<Value>, String> {
    Ok(match (keyword, value) {
        // Words for the reader.
        ("title" | "description" | "default" | "examples" | "$comment", _) | ("uniqueItems", Value::Bool(false)) => {
            None
        }
        // The gate counts properties. The engine can only where each of them is required.
        ("minProperties" | "maxProperties", Value::Number(_)) => None,
        ("properties", Value::Object(properties)) => {
            let mut kept = Map::new();
            for (name, shape) in properties {
                kept.insert(name.clone(), constraints(shape, &format!("{path}/{name}"))?);
            }
            Some(Value::Object(kept))
        }
        ("items", shape) => Some(constraints(shape, &format!("{path}/items"))?),
        ("additionalProperties", Value::Object(_)) => Some(constraints(value, &format!("{path}/*"))?),
        ("anyOf", Value::Array(shapes)) => {
            let kept: Result<Vec<Value>, String> = shapes.iter().map(|shape| constraints(shape, path)).collect();
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
            | "minimum"
            | "maximum"
            | "exclusiveMinimum"
            | "exclusiveMaximum"
            | "multipleOf",
            _,
        ) => Some(value.clone()),
        _ => return Err(format!("{} has `{keyword}`, which the grammar engine cannot enforce", place(path))),
    })
}

fn place(path: &str) -> String {
    if path.is_empty() { "the argument list".to_owned() } else { format!("the argument at `{path}`") }
}

/// The engine's reasons run over several lines; the first says what is wrong.
fn one_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use airlock_contract::Effect;

    use super::*;

    fn tool(name: &str, schema: Value) -> OfferedTool {
        OfferedTool { name: name.to_owned(), description: String::new(), schema, effect: Effect::Read }
    }

    fn closed(properties: &Value, required: &Value) -> Value {
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    fn two_tools() -> CallGrammar {
        let patient = json!({ "type": "string", "pattern": "^P[0-9]{4}$" });
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
        let from = json!({ "type": "string", "format": "date" });
        let tools = [
            tool("get_patient", closed(&json!({ "patient": patient }), &json!(["patient"]))),
            tool("list_visits", closed(&json!({ "from": from, "limit": limit }), &json!([]))),
        ];
        prove(&tools).expect("both can be constrained")
    }

    /// Whether the whole text is a call, and how many of its bytes fit.
    fn accepts(grammar: &CallGrammar, text: &str) -> (bool, usize) {
        let engine = Engine::of_bytes().expect("bytes are a vocabulary");
        let mut matcher = grammar.matcher(&engine).expect("it was proven");
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
    fn what_cannot_be_constrained_is_named_with_its_tool_and_keyword() {
        let list = json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true });
        let error = prove(&[tool("tag_all", closed(&json!({ "tags": list }), &json!([])))]).expect_err("uniqueItems");
        assert_eq!(error.tool, "tag_all");
        assert!(error.reason.contains("`/tags`") && error.reason.contains("`uniqueItems`"), "{error}");

        let ahead = json!({ "type": "string", "pattern": "^(?=a)b" });
        let error = prove(&[tool("look", closed(&json!({ "text": ahead }), &json!([])))]).expect_err("look-ahead");
        assert_eq!(error.tool, "look");
    }

    #[test]
    fn unknown_formats_do_not_stand_in_the_way() {
        let shape = json!({ "type": "integer", "format": "int64" });
        let grammar =
            prove(&[tool("t", closed(&json!({ "id": shape }), &json!(["id"])))]).expect("int64 is only words");
        assert!(accepts(&grammar, r#"{"name": "t", "arguments": {"id": 9007199254740993}}"#).0);
    }

    #[test]
    fn a_call_is_read_with_its_argument_order() {
        let call = CallGrammar::read(r#"{"name": "t", "arguments": {"b": 1, "a": null}}"#).expect("a call");
        assert_eq!(call.tool, "t");
        let keys: Vec<&str> = call.arguments.keys().map(String::as_str).collect();
        assert_eq!(keys, ["b", "a"]);
        assert!(CallGrammar::read(r#"{"name": "t", "arguments": []}"#).is_err());
        assert!(CallGrammar::read("{").is_err());
    }
}
