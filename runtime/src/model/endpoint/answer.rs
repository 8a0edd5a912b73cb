//! An answer, joined from the pieces in which it comes.

use std::time::Instant;

use serde_json::{Map, Value};

use super::super::text::visible;
use super::super::{Outcome, ToolCall};
use crate::untrusted::one_line;

/// More calls in one message are no answer. Fewer than these are made anyway.
const CALLS_MAX: usize = 64;
/// Characters of a tool's name, and of arguments that cannot be read, that are kept.
const TOOL_CHARS_MAX: usize = 64;
const UNREADABLE_CHARS_MAX: usize = 300;

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: String,
    calls: Vec<Pieces>,
    finish: Option<String>,
    pub(super) prompt_tokens: Option<usize>,
    pub(super) reused_tokens: usize,
    written_tokens: Option<usize>,
    /// Pieces that held something: about a token each, for servers that do not count.
    pieces: usize,
    pub(super) began: Option<Instant>,
}

/// A call, as far as it has come.
#[derive(Debug, Default)]
struct Pieces {
    index: Option<u64>,
    id: String,
    tool: String,
    arguments: String,
}

impl Answer {
    /// Takes an event of a stream, or a whole answer. Gives the new words, fit to be shown.
    pub(super) fn take(&mut self, chunk: &Value) -> Result<String, String> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(format!("broke the answer off: {}", super::faults::said(error)));
        }
        let Some(choices) = chunk["choices"].as_array() else {
            return Err("sent something that is no chat completion".to_owned());
        };
        self.count(&chunk["usage"]);
        let Some(choice) = choices.first() else { return Ok(String::new()) };
        let message = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
        for piece in calls {
            self.call(piece)?;
        }
        let text = message["content"].as_str().unwrap_or_default();
        let is_thought = ["reasoning_content", "reasoning"].iter().any(|name| message[*name].is_string());
        if !text.is_empty() || !calls.is_empty() || is_thought {
            self.began.get_or_insert_with(Instant::now);
            self.pieces += 1;
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish = Some(reason.to_owned());
        }
        let shown = visible(text);
        self.text.push_str(&shown);
        Ok(shown)
    }

    /// Whether the model has ended its message. What may follow are counts.
    pub(super) fn is_over(&self) -> bool {
        self.finish.is_some()
    }

    /// Tokens that were written.
    pub(super) fn written_tokens(&self) -> usize {
        self.written_tokens.unwrap_or(self.pieces)
    }

    /// What it comes to.
    pub(super) fn outcome(self) -> Outcome {
        if self.finish.as_deref() == Some("length") {
            Outcome::LengthLimit(self.text)
        } else if self.calls.is_empty() {
            Outcome::Text(self.text)
        } else {
            Outcome::Calls(self.calls.into_iter().map(Pieces::call).collect())
        }
    }

    fn count(&mut self, usage: &Value) {
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        self.prompt_tokens = number(&usage["prompt_tokens"]).or(self.prompt_tokens);
        self.written_tokens = number(&usage["completion_tokens"]).or(self.written_tokens);
        let reused = number(&usage["prompt_tokens_details"]["cached_tokens"]);
        self.reused_tokens = reused.unwrap_or(self.reused_tokens);
    }

    fn call(&mut self, piece: &Value) -> Result<(), String> {
        let index = piece["index"].as_u64();
        let id = piece["id"].as_str().unwrap_or_default();
        let function = &piece["function"];
        let name = function["name"].as_str().unwrap_or_default();
        // Some servers send whole calls that are all number 0, or have no number; each has an id of its own.
        let is_of = |call: &Pieces| {
            let same_id = id.is_empty() || call.id.is_empty() || call.id == id;
            same_id && if index.is_some() { call.index == index } else { name.is_empty() || !id.is_empty() }
        };
        let place = match self.calls.iter().rposition(is_of) {
            Some(place) => place,
            None if self.calls.len() == CALLS_MAX => return Err(format!("sent more than {CALLS_MAX} calls at once")),
            None => {
                self.calls.push(Pieces { index, ..Pieces::default() });
                self.calls.len() - 1
            }
        };
        let Some(call) = self.calls.get_mut(place) else { return Ok(()) };
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        if call.tool.is_empty() {
            name.clone_into(&mut call.tool);
        }
        match &function["arguments"] {
            Value::String(text) => call.arguments.push_str(text),
            Value::Null => {}
            whole => call.arguments.push_str(&whole.to_string()),
        }
        Ok(())
    }
}

impl Pieces {
    fn call(self) -> ToolCall {
        let tool = match one_line(&self.tool, TOOL_CHARS_MAX) {
            name if name.is_empty() => "(unnamed)".to_owned(),
            name => name,
        };
        match self.arguments.trim() {
            "" => ToolCall { tool, arguments: Map::new() },
            written => match serde_json::from_str(written) {
                Ok(arguments) => ToolCall { tool, arguments },
                Err(_) => ToolCall::unreadable(tool, &one_line(written, UNREADABLE_CHARS_MAX)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(pieces: &[Value]) -> Outcome {
        let mut answer = Answer::default();
        for piece in pieces {
            let chunk = json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [piece] } }] });
            assert_eq!(answer.take(&chunk), Ok(String::new()));
        }
        answer.outcome()
    }

    fn piece(index: Option<u64>, id: &str, name: &str, arguments: &str) -> Value {
        let mut piece = json!({ "function": { "arguments": arguments } });
        if let Some(index) = index {
            piece["index"] = index.into();
        }
        if !id.is_empty() {
            piece["id"] = id.into();
        }
        if !name.is_empty() {
            piece["function"]["name"] = name.into();
        }
        piece
    }

    fn call(tool: &str, arguments: Value) -> ToolCall {
        ToolCall { tool: tool.to_owned(), arguments: serde_json::from_value(arguments).expect("an object") }
    }

    #[test]
    fn pieces_go_to_their_call_whatever_a_server_leaves_out() {
        let two = Outcome::Calls(vec![call("a", json!({ "x": 1 })), call("b", json!({ "y": [2] }))]);
        // Numbered and interleaved; the second has no id.
        let numbered = [
            piece(Some(0), "1", "a", "{\"x\""),
            piece(Some(1), "", "b", "{\"y\":"),
            piece(Some(0), "", "", ": 1}"),
            piece(Some(1), "", "", " [2]}"),
        ];
        assert_eq!(outcome(&numbered), two);
        // Whole, all number 0, each with an id; whole, without a number; in pieces without a number.
        assert_eq!(outcome(&[piece(Some(0), "1", "a", "{\"x\":1}"), piece(Some(0), "2", "b", "{\"y\":[2]}")]), two);
        assert_eq!(outcome(&[piece(None, "", "a", "{\"x\":1}"), piece(None, "", "b", "{\"y\":[2]}")]), two);
        let unnumbered =
            [piece(None, "1", "a", "{\"x\":"), piece(None, "", "", "1}"), piece(None, "2", "b", "{\"y\":[2]}")];
        assert_eq!(outcome(&unnumbered), two);
        // A name that is said again is not another one.
        assert_eq!(outcome(&[piece(Some(0), "1", "a", "{\"x\""), piece(Some(0), "1", "a", ":1}")]), {
            Outcome::Calls(vec![call("a", json!({ "x": 1 }))])
        });
    }

    #[test]
    fn what_is_no_object_becomes_a_call_that_cannot_be_made() {
        for (written, is_readable) in [("", true), (" {} ", true), ("{\"x\"", false), ("[1]", false), ("\"x\"", false)]
        {
            let Outcome::Calls(calls) = outcome(&[piece(Some(0), "1", "a\u{1b}[2J\n", written)]) else {
                panic!("no call");
            };
            assert_eq!((calls.len(), calls[0].is_unreadable(), calls[0].tool.as_str()), (1, !is_readable, "a [2J"));
        }
        let whole = json!({ "function": { "name": "a", "arguments": { "x": 1 } } });
        assert_eq!(outcome(&[whole]), Outcome::Calls(vec![call("a", json!({ "x": 1 }))]));
        assert_eq!(outcome(&[json!(7)]), Outcome::Calls(vec![call("(unnamed)", json!({}))]));
    }

    #[test]
    fn no_flood_of_calls_is_taken() {
        let mut answer = Answer::default();
        let calls: Vec<Value> = (0..100).map(|number| piece(Some(number), "", "a", "{}")).collect();
        let chunk = json!({ "choices": [{ "message": { "tool_calls": calls } }] });
        assert!(answer.take(&chunk).is_err_and(|fault| fault.contains("more than 64")));
    }
}
