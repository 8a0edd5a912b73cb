//! From a list of tools to the grammar of one call to one of them.

use std::sync::Arc;

pub use airlock_offer::grammar::Engine;
use airlock_offer::grammar::{any_of, call};
use llguidance::Matcher;
use serde_json::{Map, Value};

use super::offer::{OfferError, OfferedTool};
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

    /// Whether a call can be written under this grammar; for tests, which have no model.
    #[cfg(test)]
    pub(crate) fn admits(&self, tool: &str, arguments: &Value) -> bool {
        let call = serde_json::json!({ "name": tool, "arguments": arguments });
        let bytes: Vec<u32> = super::template::spaced(&call).bytes().map(u32::from).collect();
        let mut matcher = self.matcher(&Engine::of_bytes().expect("bytes are a vocabulary")).expect("is a grammar");
        let fitting = matcher.try_consume_tokens(&bytes).expect("no engine error");
        fitting == bytes.len() && matcher.is_accepting().expect("no engine error")
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

#[cfg(test)]
mod tests {
    use airlock_contract::Effect;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tool_that_cannot_be_constrained_is_named() {
        let look = json!({ "type": "string", "pattern": "^(?=a)b" });
        let schema = json!({ "type": "object", "properties": { "look": look }, "additionalProperties": false });
        let tool = OfferedTool { name: "look".into(), description: String::new(), schema, effect: Effect::Read };
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
