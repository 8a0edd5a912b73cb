//! A conversation in the words of the chat API.

use serde_json::{Map, Value, json};

use super::super::template::spaced;
use super::super::{Message, Prompt, Sampling, ToolCall, Want};

/// The body of a request for the next message.
pub(super) fn body(model: &str, prompt: &Prompt, want: Want, tokens_max: usize, sampling: Sampling) -> Value {
    let mut body = json!({
        "model": model,
        "messages": messages(&prompt.messages),
        "temperature": decimal(sampling.temperature),
        "seed": sampling.seed,
        "max_tokens": tokens_max,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if let Some(offer) = &prompt.offer {
        body["tools"] = offer.for_template();
        body["tool_choice"] = match want {
            Want::Text => "none",
            Want::Call => "required",
            Want::Either { .. } | Want::CallIfLikely { .. } => "auto",
        }
        .into();
    }
    body
}

/// As it was written: 0.7, and not what is next to it in twice the bits.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

fn messages(messages: &[Message]) -> Vec<Value> {
    let mut calls = 0;
    let mut open = None;
    let mut told = Vec::with_capacity(messages.len());
    for message in messages {
        let of = |role: &str, text: &str| json!({ "role": role, "content": text });
        told.push(match message {
            Message::System(text) => of("system", text),
            Message::User(text) | Message::Reminder(text) => of("user", text),
            Message::Assistant(text) => of("assistant", text),
            Message::Call(made) => {
                calls += 1;
                // Nine letters and digits: Mistral's templates take no other.
                let id = format!("call{calls:05}");
                let told = call(&id, made);
                open = Some(id);
                told
            }
            Message::Result(text) => match open.take() {
                Some(id) => json!({ "role": "tool", "tool_call_id": id, "content": text }),
                // The result of no call can only be told.
                None => of("user", text),
            },
        });
    }
    told
}

fn call(id: &str, made: &ToolCall) -> Value {
    let mut function = Map::new();
    function.insert("name".to_owned(), made.tool.as_str().into());
    function.insert("arguments".to_owned(), spaced(&Value::Object(made.arguments.clone())).into());
    json!({
        "role": "assistant",
        "content": null,
        "tool_calls": [{ "id": id, "type": "function", "function": function }],
    })
}
