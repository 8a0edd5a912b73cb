//! What a person does with a conversation, beside asking.

use serde_json::Value;

use super::super::template::spaced;
use super::super::{Message, Model, ModelError, ToolCall};
use super::Agent;
use super::prompts::{shown, told, with_tools};
use crate::gate;

/// How much of the context is in use, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextUse {
    /// Rules and tools.
    pub offer: usize,
    /// What was said since, with calls and results.
    pub conversation: usize,
    /// All that there is.
    pub available: usize,
}

impl Agent {
    /// What was said since the rules, oldest first.
    pub fn conversation(&self) -> &[Message] {
        self.messages.get(1..).unwrap_or_default()
    }

    /// Goes on with a conversation that was held before, in place of this one.
    pub fn resume(&mut self, conversation: Vec<Message>) {
        self.clear();
        self.messages.extend(conversation.into_iter().filter(|message| !matches!(message, Message::System(_))));
    }

    /// How much of the context is in use.
    ///
    /// # Errors
    /// The model cannot count.
    pub fn context_use(&self, model: &mut dyn Model) -> Result<ContextUse, ModelError> {
        let offer = model.count(&with_tools(self.messages.get(..1).unwrap_or_default(), &self.offered))?;
        let all = model.count(&with_tools(&self.messages, &self.offered))?;
        let available = model.identity().context_tokens;
        Ok(ContextUse { offer, conversation: all.saturating_sub(offer), available })
    }

    /// Puts a call that a person made into the conversation, with what it came to, so that the model can be asked about it.
    pub fn called_by_hand(&mut self, call: ToolCall, outcome: &gate::Outcome) {
        let said = format!("Call {}: {}", call.tool, spaced(&Value::Object(call.arguments.clone())));
        let result = match &outcome.answer {
            Ok(pruned) => shown(pruned),
            Err(refusal) => told(refusal),
        };
        self.messages.extend([Message::User(said), Message::Call(call), Message::Result(result)]);
    }
}
