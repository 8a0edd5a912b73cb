//! A model's own chat template, rendered so that data stays apart from it.
//!
//! What comes in: a prompt. What goes out: segments, each either the template's text or data. Every text that a person,
//! a tool or the model wrote is replaced with a marker before the template runs, and put back as data afterwards; what
//! `tojson` prints is data too. The template is code from the model file: it gets no clock, no files and little fuel.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, State, Value as Cell};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::leave::leave_behind;
use super::{Message, ModelError, Prompt, ToolCall};

/// What one rendering may cost: an instruction each, and one for each 64 bytes that it makes or looks through, so that this
/// bounds memory as well as time (`Environment::set_fuel` of minijinja 3.1).
const FUEL: u64 = 4_000_000;
/// A template writes a prompt in a few milliseconds, or it is none that anybody wants.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Around a number: the place of a text. A template that holds these characters itself is refused.
const MARK: (char, char) = ('\u{e000}', '\u{e001}');
const TEMPLATE: &str = "chat";

/// Part of a rendered prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The template's text; control literals in it count.
    Template(String),
    /// Text of a person, a tool or the model; nothing in it counts.
    Data(String),
}

/// A chat template that is known to render.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    spelling: Option<Spelling>,
    /// Whether rules may stand in a message of their own.
    takes_rules: bool,
}

/// What the template writes around a call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spelling {
    open: String,
}

/// How calls are opened where the template knows no tools.
const PLAIN_OPEN: &str = "<tool_call>\n";

impl ChatTemplate {
    /// Compiles the template's source and finds out how it spells a call. `bos` and `eos` are the texts of those tokens.
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self, ModelError> {
        if source.contains(MARK.0) || source.contains(MARK.1) {
            return Err(ModelError::Template("it holds private-use characters that mark data".to_owned()));
        }
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| refused(&error))?);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function("raise_exception", |text: String| -> Result<Cell, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, text))
        });
        // A clock would make every day's prompt another one.
        environment.add_function("strftime_now", |_: String| "1 January 2026".to_owned());
        environment.add_template_owned(TEMPLATE, source.to_owned()).map_err(|error| refused(&error))?;
        let (bos, eos) = (bos.to_owned(), eos.to_owned());
        let mut template = Self { environment, bos, eos, spelling: None, takes_rules: true };
        // Some refuse rules of their own; what renders no talk at all is refused here, and not at the first question.
        if let Err(fault) = template.try_talk(&["system", "user"]) {
            template.takes_rules = false;
            template.try_talk(&["user"]).map_err(|_| fault)?;
        }
        template.spelling = template.find_spelling();
        Ok(template)
    }

    fn try_talk(&self, roles: &[&str]) -> Result<(), ModelError> {
        let messages = roles.iter().map(|role| json!({ "role": role, "content": "text" })).collect();
        self.run(&messages, None, true, &Texts::default()).map(drop)
    }

    /// Whether the template itself shows tools and calls.
    pub fn knows_tools(&self) -> bool {
        self.spelling.is_some()
    }

    /// What stands between the beginning of a message and the call in it.
    pub fn call_opener(&self) -> &str {
        self.spelling.as_ref().map_or(PLAIN_OPEN, |spelling| &spelling.open)
    }

    /// The prompt, up to where the model's next message begins.
    pub fn render(&self, prompt: &Prompt) -> Result<Vec<Segment>, ModelError> {
        let texts = Texts::default();
        let native = self.knows_tools();
        let tools = prompt.offer.as_ref().filter(|_| native).map(|offer| offer.for_template());
        let mut messages = if native { native_messages(prompt, &texts) } else { plain_messages(prompt, &texts) };
        if !self.takes_rules {
            join_rules(&mut messages);
        }
        self.run(&Value::Array(messages), tools.as_ref(), true, &texts)
    }

    fn run(
        &self,
        messages: &Value,
        tools: Option<&Value>,
        continued: bool,
        texts: &Texts,
    ) -> Result<Vec<Segment>, ModelError> {
        let mut environment = self.environment.clone();
        let printed = texts.clone();
        environment.add_filter("tojson", move |_: &State, value: &Cell, options: Kwargs| -> Result<Cell, Error> {
            let pretty = options.get::<Option<usize>>("indent")?;
            let value = serde_json::to_value(value)
                .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
            let text = pretty.map_or_else(|| spaced(&value), |width| indented(&value, width));
            Ok(Cell::from(printed.mark(restore_text(&text, &printed))))
        });
        let context = json!({
            "messages": messages,
            "tools": tools,
            "add_generation_prompt": continued,
            "bos_token": self.bos,
            "eos_token": self.eos,
        });
        let rendered = in_time(TIME_MAX, move || {
            let template = environment.get_template(TEMPLATE).map_err(|error| refused(&error))?;
            template.render(Cell::from(Serde(&context))).map_err(|error| refused(&error))
        })?;
        Ok(split(&rendered, texts))
    }

    /// Renders a call between two marks and looks at what stands before it.
    fn find_spelling(&self) -> Option<Spelling> {
        let name = "spelling_of_a_call";
        let user = json!({ "role": "user", "content": "question" });
        let call = json!({
            "role": "assistant", "content": "",
            "tool_calls": [{ "id": "1", "type": "function", "function": { "name": name, "arguments": {} } }],
        });
        let tool = json!([{ "type": "function", "function": { "name": "tool_of_the_list", "parameters": {} } }]);
        let text = |messages: Value, continued| {
            let texts = Texts::default();
            self.run(&messages, Some(&tool), continued, &texts).ok().map(|segments| joined(&segments))
        };
        let before = text(json!([user]), true)?;
        let after = text(json!([user, call]), false)?;
        let written = after.strip_prefix(&before)?;
        let (open, _) = written.split_once(&format!(r#"{{"name": "{name}", "arguments": {{}}}}"#))?;
        before.contains("tool_of_the_list").then(|| Spelling { open: open.to_owned() })
    }
}

/// Renders in a thread that is given up when it takes too long: lists that double themselves cost little fuel and much time.
fn in_time(
    time_max: Duration,
    render: impl FnOnce() -> Result<String, ModelError> + Send + 'static,
) -> Result<String, ModelError> {
    let (done, rendered) = mpsc::channel();
    let thread = std::thread::Builder::new().name("template".to_owned()).spawn(move || done.send(render()));
    thread.map_err(|error| ModelError::Template(format!("no thread for it: {error}")))?;
    rendered.recv_timeout(time_max).unwrap_or_else(|_| {
        leave_behind();
        let seconds = time_max.as_secs_f32();
        Err(ModelError::Template(format!("it takes more than {seconds} s to write a prompt; use another model file")))
    })
}

/// Texts that are kept out of the template, by their number.
#[derive(Clone, Default)]
struct Texts(Arc<Mutex<Vec<String>>>);

impl Texts {
    fn mark(&self, text: String) -> String {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.push(text);
        format!("{}{}{}", MARK.0, texts.len() - 1, MARK.1)
    }

    fn get(&self, number: &str) -> Option<String> {
        let texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(number.parse::<usize>().ok()?).cloned()
    }
}

/// Cuts the rendered text at its marks.
fn split(rendered: &str, texts: &Texts) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = rendered;
    while let Some((before, marked)) = rest.split_once(MARK.0) {
        if !before.is_empty() {
            segments.push(Segment::Template(before.to_owned()));
        }
        let (number, after) = marked.split_once(MARK.1).unwrap_or((marked, ""));
        // A template may cut a mark in two (a slice of a text). What is left of it is nobody's text.
        segments.push(Segment::Data(texts.get(number).unwrap_or_default()));
        rest = after;
    }
    if !rest.is_empty() {
        segments.push(Segment::Template(rest.to_owned()));
    }
    segments
}

/// Marks inside printed JSON (a message's content in a dump) become their text again: all of it is data by then.
fn restore_text(text: &str, texts: &Texts) -> String {
    if text.contains(MARK.0) { joined(&split(text, texts)) } else { text.to_owned() }
}

fn joined(segments: &[Segment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Template(text) | Segment::Data(text) => text.as_str(),
        })
        .collect()
}

/// Messages for a template that knows tools (the form of OpenAI's chat API).
fn native_messages(prompt: &Prompt, texts: &Texts) -> Vec<Value> {
    let say = |role: &str, text: &str| json!({ "role": role, "content": texts.mark(text.to_owned()) });
    let message = |message: &Message| match message {
        Message::System(text) => say("system", text),
        Message::User(text) | Message::Reminder(text) => say("user", text),
        Message::Assistant(text) => say("assistant", text),
        Message::Result(text) => say("tool", text),
        Message::Call(call) => json!({
            "role": "assistant", "content": "",
            "tool_calls": [{ "type": "function", "function": { "name": call.tool, "arguments": call.arguments } }],
        }),
    };
    prompt.messages.iter().map(message).collect()
}

/// Messages for a template without tools: the list joins the rules, calls and results are ordinary words in the
/// spelling that most models have seen.
fn plain_messages(prompt: &Prompt, texts: &Texts) -> Vec<Value> {
    let say = |role: &str, text: String| json!({ "role": role, "content": texts.mark(text) });
    let mut list = String::new();
    if let Some(offer) = &prompt.offer {
        list.push_str("\n\n# Tools\n\nYou may call one of these functions:\n<tools>");
        for tool in offer.for_template().as_array().into_iter().flatten() {
            let _ = write!(list, "\n{}", spaced(tool));
        }
        list.push_str(
            "\n</tools>\n\nA call is written like this:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": \
             <args-json-object>}\n</tool_call>",
        );
    }
    let message = |message: &Message| match message {
        Message::System(text) => say("system", format!("{text}{list}")),
        Message::User(text) | Message::Reminder(text) => say("user", text.clone()),
        Message::Assistant(text) => say("assistant", text.clone()),
        Message::Call(call) => say("assistant", plain_call(call)),
        Message::Result(text) => say("user", format!("<tool_response>\n{text}\n</tool_response>")),
    };
    prompt.messages.iter().map(message).collect()
}

/// Puts rules at the beginning of the first question.
fn join_rules(messages: &mut Vec<Value>) {
    let is_rules = messages.first().is_some_and(|message| message["role"] == "system");
    if is_rules && messages.get(1).is_some_and(|message| message["role"] == "user") {
        let rules = messages.remove(0);
        let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
        if let Some(question) = messages.first_mut() {
            question["content"] = Value::from(format!("{}\n\n{}", text(&rules), text(question)));
        }
    }
}

fn plain_call(call: &ToolCall) -> String {
    let mut members = Map::new();
    members.insert("name".to_owned(), Value::from(call.tool.as_str()));
    members.insert("arguments".to_owned(), Value::Object(call.arguments.clone()));
    format!("{PLAIN_OPEN}{}\n</tool_call>", spaced(&Value::Object(members)))
}

/// JSON as Python's `json.dumps` prints it: one space after comma and colon, keys in their order.
pub fn spaced(value: &Value) -> String {
    write_json(value, Spaced)
}

fn indented(value: &Value, width: usize) -> String {
    let indent = " ".repeat(width.min(16));
    write_json(value, serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes()))
}

fn write_json(value: &Value, formatter: impl serde_json::ser::Formatter) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    // Neither a `Value` nor a growing vector can fail.
    let written = value.serialize(&mut serializer).is_ok();
    debug_assert!(written, "a JSON value has a text");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// See [`spaced`].
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: std::io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: std::io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: std::io::Write + ?Sized>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

fn refused(error: &Error) -> ModelError {
    let place = error.line().map_or_else(String::new, |line| format!(" (line {line} of the template)"));
    ModelError::Template(format!("{error}{place}"))
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
