//! What a model reads: a conversation with tools, or a question beside what was found for it.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::offer::Offer;
use super::super::template::spaced;
use super::super::{Message, Prompt};
use crate::gate::{self, Refusal};

/// The rules of a conversation with tools.
pub const RULES: &str = "You answer questions from an organisation's own systems. You have no other knowledge of them: \
                         call a function to look things up. Use names, numbers and dates exactly as the question gives \
                         them. When a result is there, answer from it in one or two plain sentences, with its values.";

/// The rules for an answer beside what was found.
const ANSWER_RULES: &str = "You answer questions from the organisation's own data. Answer in plain words, with every value of \
                            the data that the question asks for.";

/// A conversation with tools, as it is.
pub(super) fn with_tools(messages: &[Message], offer: &Arc<Offer>) -> Prompt {
    Prompt { offer: Some(Arc::clone(offer)), calls: None, messages: messages.to_vec(), is_shared: false }
}

/// The questions and answers of a conversation, and the last question with what was found for it, without tools: a small model
/// that has tools in sight goes on to write calls, and answers worse.
pub(super) fn without_tools(messages: &[Message]) -> Prompt {
    let mut talk = vec![Message::System(ANSWER_RULES.to_owned())];
    let mut open: Option<Open<'_>> = None;
    for message in messages {
        match message {
            Message::System(_) | Message::Reminder(_) => {}
            Message::User(question) => {
                talk.extend(open.take().map(Open::asked));
                open = Some(Open { question, call: None, found: String::new(), is_refused: false });
            }
            Message::Assistant(text) => {
                // What it was answered from is in the answer.
                talk.extend(open.take().map(|open| Message::User(open.question.to_owned())));
                talk.push(Message::Assistant(text.clone()));
            }
            Message::Call(call) => {
                if let Some(open) = &mut open {
                    open.call = Some(spaced(&call.to_json()));
                }
            }
            Message::Result(text) => {
                if let Some(open) = &mut open {
                    open.is_refused = text.starts_with(REFUSED);
                    // A growing text takes whatever is written.
                    let _ = writeln!(open.found, "{}: {text}", open.call.take().unwrap_or_default());
                }
            }
        }
    }
    talk.extend(open.map(Open::asked));
    Prompt { offer: None, calls: None, messages: talk, is_shared: false }
}

/// How the text of a refused call begins.
const REFUSED: &str = "{\"error\": ";

/// A question that is not answered yet.
struct Open<'m> {
    question: &'m str,
    call: Option<String>,
    found: String,
    is_refused: bool,
}

impl Open<'_> {
    fn asked(self) -> Message {
        let Self { question, found, is_refused, .. } = self;
        Message::User(match (found.is_empty(), is_refused) {
            (true, _) => question.to_owned(),
            (false, false) => format!("{question}\n\nThis is what was found:\n{found}"),
            (false, true) => format!("{question}\n\nIt was not done:\n{found}Say so and why, in one sentence."),
        })
    }
}

/// An answer as the model reads it. Rows have no escape for `<`, so what holds one is shown as JSON.
pub(super) fn shown(pruned: &gate::Pruned) -> String {
    let mut text = match &pruned.rows {
        Some(rows) if !rows.contains('<') => rows.clone(),
        _ => for_model(&pruned.value),
    };
    if let Some(note) = &pruned.note {
        text = format!("{text}\n{note}");
    }
    text
}

/// A result as the model reads it: JSON on one line, in which no text can pass for the template's own marks.
pub(super) fn for_model(answer: &Value) -> String {
    // In JSON `<` stands in strings alone, so the escaped text means the same.
    spaced(answer).replace('<', "\\u003c")
}

/// A refusal as the model reads it.
pub(super) fn told(refusal: &Refusal) -> String {
    let text = for_model(&json!({ "error": refusal.text }));
    debug_assert!(text.starts_with(REFUSED), "whoever reads it knows a refusal by that");
    text
}
