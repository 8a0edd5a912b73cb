//! What the conversation says: spans of texts, numbers, dates, and where each stands.

use std::collections::BTreeSet;

use airlock_offer::stems;
use serde_json::{Map, Value};

use super::super::Message;
use super::spelled;
use crate::gate::{ArgumentSource, Origin};

/// A run of words is no longer than this.
const RUN_WORDS_MAX: usize = 32;

/// A run of words inside of a result's text is no longer than this; the whole text is a span however long.
const RESULT_RUN_WORDS_MAX: usize = 6;

/// Spans that are looked at; of many, those of the last messages.
const SPANS_MAX: usize = 6000;

/// Words of one text that are looked at.
const WORDS_MAX: usize = 4000;

/// A longer text is no span, in bytes.
const SPAN_BYTES_MAX: usize = 400;

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) origin: Origin,
    /// Bytes before it in its message; none inside of a result's value.
    pub(super) offset: Option<usize>,
}

/// What a conversation says.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(super) spans: Vec<Span>,
    pub(super) numbers: Vec<Span>,
    pub(super) dates: Vec<Span>,
    pub(super) times: Vec<String>,
    /// The words of the last question that say something.
    pub asked: BTreeSet<String>,
    pub(super) last_question: Option<Origin>,
}

impl Sources {
    /// Reads a conversation.
    pub fn of(messages: &[Message]) -> Self {
        let mut sources = Self::default();
        let (mut questions, mut results) = (0, 0);
        for message in messages {
            match message {
                Message::User(text) => {
                    questions += 1;
                    sources.asked = stems(text).collect();
                    sources.last_question = Some(Origin::Question(questions));
                    sources.question(text, Origin::Question(questions));
                }
                Message::Result(text) => {
                    results += 1;
                    sources.result(text, Origin::Result(results));
                }
                Message::System(_) | Message::Assistant(_) | Message::Call(_) | Message::Reminder(_) => {}
            }
        }
        let surplus = sources.spans.len().saturating_sub(SPANS_MAX);
        sources.spans.drain(..surplus);
        sources
    }

    /// Whether something was said in the last question.
    pub(super) fn is_last(&self, span: &Span) -> bool {
        Some(span.origin) == self.last_question
    }

    /// Where the texts and numbers of arguments were said: in the last question if it was there, else where it was said last.
    /// What was chosen from a tool's own words was said nowhere.
    pub fn trace(&self, arguments: &Map<String, Value>) -> Vec<ArgumentSource> {
        let mut found = Vec::new();
        for (name, value) in arguments {
            self.trace_value(name, value, &mut found);
        }
        found
    }

    fn trace_value(&self, path: &str, value: &Value, found: &mut Vec<ArgumentSource>) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) => return items.iter().for_each(|item| self.trace_value(path, item, found)),
            Value::Object(members) => {
                return members.iter().for_each(|(name, value)| {
                    self.trace_value(&format!("{path}.{name}"), value, found);
                });
            }
            Value::Null | Value::Bool(_) => return,
        };
        // A moment is known by its day.
        let is_it = |span: &&Span| {
            span.text.eq_ignore_ascii_case(&text) || text.split_once('T').is_some_and(|(day, _)| day == span.text)
        };
        let said = || self.spans.iter().chain(&self.numbers).chain(&self.dates).filter(is_it);
        if let Some(span) = said().find(|span| self.is_last(span)).or_else(|| said().next_back()) {
            found.push(ArgumentSource { argument: path.to_owned(), origin: span.origin, offset: span.offset });
        }
    }

    fn question(&mut self, text: &str, origin: Origin) {
        self.runs(text, RUN_WORDS_MAX, origin);
        self.spelled(text, origin);
    }

    /// A result is JSON, or rows, with a note behind it perhaps.
    fn result(&mut self, text: &str, origin: Origin) {
        let spans_max = self.spans.len() + SPANS_MAX;
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.leaves(&value, spans_max, origin),
            Err(_) => {
                for cell in text.split(['\n', ',', '|', '\t', '"']) {
                    self.leaf(cell.trim(), spans_max, origin);
                }
            }
        }
        self.spelled(text, origin);
    }

    fn leaves(&mut self, value: &Value, spans_max: usize, origin: Origin) {
        match value {
            Value::String(text) => self.leaf(text, spans_max, origin),
            Value::Number(number) => {
                self.numbers.push(Span { text: number.to_string(), origin, offset: None });
                self.leaf(&number.to_string(), spans_max, origin);
            }
            Value::Array(items) => items.iter().for_each(|item| self.leaves(item, spans_max, origin)),
            Value::Object(members) => members.values().for_each(|member| self.leaves(member, spans_max, origin)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn leaf(&mut self, text: &str, spans_max: usize, origin: Origin) {
        // A long result is read from its beginning, as the model reads it.
        if self.spans.len() >= spans_max {
            return;
        }
        if !text.is_empty() && text.len() <= SPAN_BYTES_MAX {
            self.spans.push(Span { text: text.to_owned(), origin, offset: None });
        }
        self.runs(text, RESULT_RUN_WORDS_MAX, origin);
    }

    /// Every run of words, without the marks around it.
    fn runs(&mut self, text: &str, words_max: usize, origin: Origin) {
        let words: Vec<(usize, &str)> = words(text).take(WORDS_MAX).collect();
        for (first, (start, _)) in words.iter().enumerate() {
            for (last, word) in words.iter().skip(first).take(words_max) {
                let Some(run) = text.get(*start..last + word.len()) else { continue };
                if run.len() <= SPAN_BYTES_MAX {
                    let offset = matches!(origin, Origin::Question(_)).then_some(*start);
                    self.spans.push(Span { text: run.to_owned(), origin, offset });
                }
            }
        }
    }

    fn spelled(&mut self, text: &str, origin: Origin) {
        let dates = spelled::dates(text).into_iter();
        self.dates.extend(dates.map(|(offset, text)| Span { text, origin, offset: Some(offset) }));
        self.times.extend(spelled::times(text));
        let number =
            |(offset, word): (usize, &str)| Some(Span { text: spelled::number(word)?, origin, offset: Some(offset) });
        self.numbers.extend(words(text).filter_map(number));
    }
}

/// The words of a text with their places, without the marks around them and without an English genitive's end.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start_of = |word: &str| word.as_ptr().addr() - text.as_ptr().addr();
    text.split_whitespace().filter_map(move |word| {
        let word =
            word.trim_matches(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '#' | '-' | '+' | '/'));
        let word = ["'s", "\u{2019}s"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        word.contains(char::is_alphanumeric).then(|| (start_of(word), word))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Message, Origin, Sources};

    #[test]
    fn runs_of_words_are_spans_and_the_models_words_are_none() {
        let sources = Sources::of(&[
            Message::System("rules R1".to_owned()),
            Message::User("Is P0007's bed (W3-04) free?".to_owned()),
            Message::Assistant("invented P9999".to_owned()),
            Message::Result(r#"{"name": "Li Wei", "beds": [{"id": "W3-06", "floor": 3}]}"#.to_owned()),
        ]);
        let has = |text: &str| sources.spans.iter().find(|span| span.text == text);
        for text in ["P0007", "W3-04", "P0007's bed (W3-04", "free", "Li Wei", "Wei", "W3-06"] {
            assert!(has(text).is_some(), "{text}");
        }
        for text in ["P9999", "rules", "R1", "P0007's", "(W3-04)"] {
            assert!(has(text).is_none(), "{text}");
        }
        let at = |text: &str| has(text).map(|span| (span.origin, span.offset));
        assert_eq!(at("W3-04"), Some((Origin::Question(1), Some(16))));
        assert_eq!(at("W3-06").map(|(origin, _)| origin), Some(Origin::Result(1)));
        assert_eq!(
            sources.numbers.iter().map(|span| span.text.as_str()).collect::<Vec<_>>(),
            ["3", "3"],
            "as a value, and as a word of the text"
        );
    }

    #[test]
    fn it_is_told_where_each_argument_was_said() {
        let messages = [
            Message::User("Who is P0007?".to_owned()),
            Message::Result(r#"{"doctor": "DR02", "ward": "W3"}"#.to_owned()),
            Message::User("Book dr02 for P0007 on 5 May 2026 at 14:30, 20 minutes, for him".to_owned()),
        ];
        let arguments = json!({
            "body": { "patient": "P0007", "doctor": "DR02", "start": "2026-05-05T14:30:00Z", "minutes": 20 },
            "ward": "W3", "kind": "check_up", "sure": true,
        });
        let traced = Sources::of(&messages).trace(arguments.as_object().expect("an object"));
        let told: Vec<String> = traced.iter().map(|from| format!("{}: {from}", from.argument)).collect();
        let expected = [
            "body.patient: question 2, byte 14",
            "body.doctor: question 2, byte 5",
            "body.start: question 2, byte 23",
            "body.minutes: question 2, byte 44",
            "ward: result 1",
        ];
        assert_eq!(told, expected);
    }
}
