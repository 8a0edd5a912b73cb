//! From a list of tools to the grammar of one call to one of them.

use std::sync::Arc;

pub use airlock_offer::grammar::Engine;
use airlock_offer::grammar::{any_of, call};
use llguidance::Matcher;
use serde_json::{Map, Value, json};

use super::offer::{OfferError, OfferedTool};
use super::template::spaced;
use super::{ModelError, ToolCall};

/// The grammar of one call to one of some tools.
#[derive(Clone, Debug)]
pub struct CallGrammar {
    schema: Arc<Value>,
}

/// The grammar of calls to these tools, with schemas that admit a part of what was proven.
pub fn narrowed<'t>(tools: impl IntoIterator<Item = (&'t str, Value)>) -> Result<CallGrammar, ModelError> {
    let call = |(name, schema): (&str, Value)| {
        call(name, &schema).map_err(|fault| ModelError::Grammar(format!("`{name}`: {fault}")))
    };
    let calls = tools.into_iter().map(call).collect::<Result<Vec<_>, _>>()?;
    Ok(CallGrammar { schema: Arc::new(any_of(&calls)) })
}

/// Proves that calls to each of these tools can be constrained, and joins them to one grammar.
pub fn prove(tools: &[OfferedTool]) -> Result<CallGrammar, OfferError> {
    let refused = |tool: &str, reason: String| OfferError { tool: tool.to_owned(), reason };
    let engine = Engine::of_bytes().map_err(|reason| refused("", reason))?;
    let prove = |tool: &OfferedTool| {
        engine.prove(&tool.name, &tool.schema).map_err(|fault| refused(&tool.name, fault.to_string()))
    };
    let all = any_of(&tools.iter().map(prove).collect::<Result<Vec<_>, _>>()?);
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

    /// Whether a call could have been written under this grammar, with its members in the grammar's order.
    ///
    /// # Errors
    /// The engine does not take the grammar.
    pub fn admits(&self, call: &ToolCall) -> Result<bool, ModelError> {
        let failed = |error: &dyn std::fmt::Display| ModelError::Grammar(error.to_string());
        let text = spaced(&in_order(&json!({ "name": call.tool, "arguments": call.arguments }), &self.schema));
        let bytes: Vec<u32> = text.bytes().map(u32::from).collect();
        let engine = Engine::of_bytes().map_err(ModelError::Grammar)?;
        let mut matcher = self.matcher(&engine)?;
        let fitting = matcher.try_consume_tokens(&bytes).map_err(|error| failed(&error))?;
        Ok(fitting == bytes.len() && matcher.is_accepting().map_err(|error| failed(&error))?)
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

/// A value with the members of its objects in the order in which a schema names them. Of several schemas it is the first one
/// whose constants are the value's.
fn in_order(value: &Value, schema: &Value) -> Value {
    if let Some(branches) = schema["anyOf"].as_array() {
        let branch = branches.iter().find(|branch| is_like(value, branch));
        return branch.map_or_else(|| value.clone(), |branch| in_order(value, branch));
    }
    match value {
        Value::Array(items) => items.iter().map(|item| in_order(item, &schema["items"])).collect(),
        Value::Object(members) => {
            let named = schema["properties"].as_object();
            let first = named
                .into_iter()
                .flatten()
                .filter_map(|(name, part)| members.get(name).map(|member| (name.clone(), in_order(member, part))));
            let is_named = |name: &String| named.is_some_and(|named| named.contains_key(name));
            let rest = members.iter().filter(|(name, _)| !is_named(name));
            let rest = rest.map(|(name, member)| (name.clone(), in_order(member, &schema["additionalProperties"])));
            Value::Object(first.chain(rest).collect())
        }
        other => other.clone(),
    }
}

/// Whether a value is of a schema's kind, as far as constants and kinds tell.
fn is_like(value: &Value, schema: &Value) -> bool {
    let is_constant = |(name, part): (&String, &Value)| {
        let constants = part.get("const").into_iter().chain(part["enum"].as_array().into_iter().flatten());
        let mut constants = constants.peekable();
        constants.peek().is_none() || value.get(name).is_none_or(|member| constants.any(|one| one == member))
    };
    match (schema["type"].as_str(), value) {
        (Some("object"), Value::Object(_)) => schema["properties"].as_object().into_iter().flatten().all(is_constant),
        (Some("object"), _) | (Some("array"), Value::Object(_)) => false,
        (Some("array"), _) => value.is_array(),
        _ => !value.is_object() && !value.is_array(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use airlock_contract::Effect;

    #[test]
    fn a_tool_that_cannot_be_constrained_is_named() {
        let look = json!({ "type": "string", "pattern": "^(?=a)b" });
        let schema = json!({ "type": "object", "properties": { "look": look }, "additionalProperties": false });
        let tool = OfferedTool {
            name: "look".into(),
            description: String::new(),
            schema,
            effect: Effect::Read,
            ungrounded: std::collections::BTreeSet::default(),
        };
        let error = prove(&[tool]).expect_err("look-ahead");
        assert_eq!(error.tool, "look");
        assert!(error.reason.contains("`/look`") && error.reason.contains("`pattern`"), "{error}");
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
