//! The tools on offer: what the model reads of them, and the grammar of a call to one of them.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use airlock_contract::Effect;

use super::grammar::{self, CallGrammar};

/// One tool, as the model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedTool {
    /// The tool's name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON Schema of its arguments: an object, closed, without references.
    pub schema: Value,
    /// What a call does to the upstream's data. From the signed catalog.
    pub effect: Effect,
    /// Arguments that may hold what nobody has said. From the signed catalog.
    pub ungrounded: BTreeSet<String>,
}

impl OfferedTool {
    /// The tools of a list as clients are sent it (`airlock tools --sent`).
    ///
    /// # Errors
    /// The text is no such list.
    pub fn of_sent(text: &str) -> serde_json::Result<Vec<Self>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry {
            name: String,
            description: String,
            input_schema: Value,
            annotations: Annotations,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Annotations {
            read_only_hint: bool,
            destructive_hint: bool,
        }
        impl Default for Annotations {
            // What the protocol takes for granted.
            fn default() -> Self {
                Self { read_only_hint: false, destructive_hint: true }
            }
        }
        let entries: Vec<Entry> = serde_json::from_str(text)?;
        let tool = |entry: Entry| {
            let Annotations { read_only_hint, destructive_hint } = entry.annotations;
            let effect = match (read_only_hint, destructive_hint) {
                (true, _) => Effect::Read,
                (false, true) => Effect::Destroy,
                (false, false) => Effect::Write,
            };
            Self {
                name: entry.name,
                description: entry.description,
                schema: entry.input_schema,
                effect,
                ungrounded: BTreeSet::new(),
            }
        };
        Ok(entries.into_iter().map(tool).collect())
    }
}

/// A list of tools whose calls are all proven to be constrainable.
#[derive(Debug)]
pub struct Offer {
    tools: Vec<OfferedTool>,
    grammar: CallGrammar,
}

/// A tool whose calls cannot be constrained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferError {
    /// The tool; empty if the list as a whole is at fault.
    pub tool: String,
    /// What stands in the way.
    pub reason: String,
}

impl fmt::Display for OfferError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tool.is_empty() {
            return formatter.write_str(&self.reason);
        }
        write!(
            formatter,
            "calls of `{}` cannot be constrained: {}; leave the tool out with `--tools`, or change its catalog",
            self.tool, self.reason
        )
    }
}

impl std::error::Error for OfferError {}

impl Offer {
    /// Proves each tool by itself, then the list.
    pub fn new(tools: Vec<OfferedTool>) -> Result<Self, OfferError> {
        if tools.is_empty() {
            let reason = "no tool is on offer; name at least one with `--tools`".to_owned();
            return Err(OfferError { tool: String::new(), reason });
        }
        let grammar = grammar::prove(&tools)?;
        Ok(Self { tools, grammar })
    }

    /// The tools, in the order in which the model reads them.
    pub fn tools(&self) -> &[OfferedTool] {
        &self.tools
    }

    /// The tool of this name.
    pub fn tool(&self, name: &str) -> Option<&OfferedTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// The grammar of one call to one of the tools.
    pub fn grammar(&self) -> &CallGrammar {
        &self.grammar
    }

    /// The list as chat templates expect it (the form of OpenAI's chat API).
    pub fn for_template(&self) -> Value {
        self.tools
            .iter()
            .map(|tool| {
                json!({
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": told(&tool.schema),
                    }
                })
            })
            .collect()
    }
}

/// A schema without what a model gains nothing from: the grammar enforces bounds, so that only words, kinds, choices and
/// forms are left to read. Every token here is read again in every conversation.
fn told(schema: &Value) -> Value {
    const QUIET: [&str; 9] = [
        "additionalProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "title",
    ];
    match schema {
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, value)| !QUIET.contains(&key.as_str()) || is_named(value));
            Value::Object(kept.map(|(key, value)| (key.clone(), told_member(key, value))).collect())
        }
        other => other.clone(),
    }
}

/// Below `properties`, keys are names that the document chose: they stay, whatever they are.
fn told_member(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("properties", Value::Object(properties)) => {
            let told: Map<String, Value> = properties.iter().map(|(name, shape)| (name.clone(), told(shape))).collect();
            Value::Object(told)
        }
        ("items" | "additionalProperties", shape) => told(shape),
        ("anyOf", Value::Array(shapes)) => shapes.iter().map(told).collect(),
        _ => value.clone(),
    }
}

/// An open map's value shape is worth reading; `false` is not.
fn is_named(value: &Value) -> bool {
    value.is_object()
}
