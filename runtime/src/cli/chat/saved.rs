//! A conversation in a file: JSON, one object with the messages in their order.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::gate::Read;
use crate::model::offer::Offer;
use crate::model::{Message, ToolCall};
use crate::private::{self, Access};
use crate::untrusted::quoted;

/// The form of the file.
const VERSION: u64 = 1;
/// A longer file is no conversation of ours.
const BYTES_MAX: usize = 16 << 20;

/// Whether a directory is one that files can be made in: said at the beginning, and not after a conversation.
pub(super) fn check(directory: &Path) -> Result<(), String> {
    let about = directory.metadata().map_err(|fault| fault.to_string())?;
    if about.is_dir() { Ok(()) } else { Err("it is no directory".to_owned()) }
}

/// Where a conversation of this name is. The process can read and write in that one directory, and nowhere else.
pub(super) fn place(saves: Option<&Path>, file: &Path) -> Result<PathBuf, String> {
    let Some(directory) = saves else {
        return Err("there is no place for conversations; start `chat` with `--saves DIRECTORY`".to_owned());
    };
    let is_name = file.components().count() == 1 && file.file_name().is_some();
    if is_name || file.parent() == Some(directory) {
        return Ok(directory.join(file.file_name().unwrap_or_default()));
    }
    Err(format!("conversations are in {} alone; give a file's name without a directory", directory.display()))
}

/// Writes a conversation to a new file that only this user can read.
pub(super) fn save(file: &Path, conversation: &[Message], read: &Read, tools_sha256: &str) -> Result<(), String> {
    let messages: Vec<Value> = conversation.iter().map(written).collect();
    let mut text = json!({ "version": VERSION, "tools_sha256": tools_sha256, "messages": messages });
    if !read.is_unknown {
        text["read"] = read.tools.iter().map(String::as_str).collect();
    }
    let written = private::create_new(file).and_then(|mut out| writeln!(out, "{text:#}"));
    written.map_err(|fault| format!("{}: {fault}", file.display()))
}

/// Reads a conversation, and whose answers are in it. Its calls must be of tools on offer. It grants nothing: approvals are
/// not in it, and one that does not say what was read is taken to have read what is most confidential.
pub(super) fn load(file: &Path, offer: &Offer) -> Result<(Vec<Message>, Read), String> {
    let named = |fault: &dyn std::fmt::Display| format!("{}: {fault}", file.display());
    // What it says counts as said: whoever can write it could put words into somebody's mouth.
    let bytes = private::read(file, Access::Trusted, BYTES_MAX).map_err(|fault| named(&fault))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|fault| named(&fault))?;
    if value["version"] != VERSION {
        return Err(named(&"it is no conversation that `/save` of this version has written"));
    }
    let messages = value["messages"].as_array().into_iter().flatten().enumerate().map(|(place, message)| {
        read(message, offer).map_err(|fault| named(&format!("message {}: {fault}", place + 1)))
    });
    let messages = messages.collect::<Result<Vec<_>, _>>()?;
    let read = whose(&value["read"], &messages).map_err(|fault| named(&fault))?;
    match messages.first() {
        None | Some(Message::User(_)) => Ok((messages, read)),
        Some(_) => Err(named(&"a conversation begins with a question")),
    }
}

/// What the file says was read, and the tools of all calls that stand in it.
fn whose(said: &Value, messages: &[Message]) -> Result<Read, String> {
    let mut read = match said {
        Value::Null => Read::unknown(),
        Value::Array(names) => {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            let tools = names.collect::<Option<_>>().ok_or("`read` holds something else than names of tools")?;
            Read { tools, is_unknown: false }
        }
        _ => return Err("`read` is no list of tools".to_owned()),
    };
    read.tools.extend(messages.iter().filter_map(|message| match message {
        Message::Call(call) => Some(call.tool.clone()),
        _ => None,
    }));
    Ok(read)
}

fn written(message: &Message) -> Value {
    match message {
        Message::System(text) => json!({ "rules": text }),
        Message::User(text) => json!({ "question": text }),
        Message::Assistant(text) => json!({ "answer": text }),
        Message::Call(call) => json!({ "call": call.to_json() }),
        Message::Result(text) => json!({ "result": text }),
        Message::Reminder(text) => json!({ "reminder": text }),
    }
}

/// The one member of an object.
fn only_member(value: &Value) -> Option<(&String, &Value)> {
    let members: &Map<String, Value> = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next()
}

fn read(message: &Value, offer: &Offer) -> Result<Message, String> {
    let (kind, value) = only_member(message).ok_or("it is no object with one member")?;
    let text = || value.as_str().map(str::to_owned).ok_or_else(|| format!("`{kind}` is no text"));
    match kind.as_str() {
        "question" => text().map(Message::User),
        "answer" => text().map(Message::Assistant),
        "result" => text().map(Message::Result),
        "reminder" => text().map(Message::Reminder),
        "call" => {
            let Some((tool, Value::Object(arguments))) = only_member(value) else {
                return Err("`call` is no call".to_owned());
            };
            if offer.tool(tool).is_none() {
                return Err(format!("no tool on offer is named {}", quoted(tool)));
            }
            Ok(Message::Call(ToolCall { tool: tool.clone(), arguments: arguments.clone() }))
        }
        other => Err(format!("there is no kind of message named {}", quoted(other))),
    }
}

#[cfg(test)]
mod tests {
    use airlock_contract::Effect;

    use std::fs;

    use super::*;
    use crate::model::offer::OfferedTool;

    fn offer() -> Offer {
        let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
        let tool = OfferedTool {
            name: "t".to_owned(),
            description: String::new(),
            schema,
            effect: Effect::Read,
            ungrounded: std::collections::BTreeSet::default(),
        };
        Offer::new(vec![tool]).expect("it can be constrained")
    }

    #[test]
    fn what_is_saved_is_what_is_loaded() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("talk.json");
        let conversation = vec![
            Message::User("Beds?".to_owned()),
            Message::Call(ToolCall { tool: "t".to_owned(), arguments: Map::new() }),
            Message::Result("{\"free\": 3}".to_owned()),
            Message::Reminder("Answer.".to_owned()),
            Message::Assistant("Three \u{1f6cf}.".to_owned()),
        ];
        let read = Read { tools: ["t".to_owned(), "u".to_owned()].into(), is_unknown: false };
        save(&file, &conversation, &read, "ab").expect("it is written");
        assert_eq!(load(&file, &offer()), Ok((conversation.clone(), read.clone())));
        assert!(save(&file, &conversation, &read, "ab").is_err(), "nothing is written over");
        // What the file leaves out is not taken for nothing.
        let text = fs::read_to_string(&file).expect("is there");
        let mut value: Value = serde_json::from_str(&text).expect("is JSON");
        value["read"] = json!([]);
        fs::write(&file, value.to_string()).expect("written");
        let of_call = Read { tools: ["t".to_owned()].into(), is_unknown: false };
        assert_eq!(load(&file, &offer()), Ok((conversation.clone(), of_call.clone())));
        value.as_object_mut().expect("an object").remove("read");
        fs::write(&file, value.to_string()).expect("written");
        let unknown = Read { is_unknown: true, ..of_call };
        assert_eq!(load(&file, &offer()), Ok((conversation.clone(), unknown.clone())));
        // It stays unknown when it is saved again.
        let again = directory.path().join("again.json");
        save(&again, &conversation, &unknown, "ab").expect("it is written");
        assert_eq!(load(&again, &offer()), Ok((conversation, unknown)));
    }

    #[test]
    fn what_is_no_conversation_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("talk.json");
        for (text, told) in [
            ("{", "line 1"),
            ("{}", "no conversation"),
            (r#"{"version": 1, "messages": [{"answer": "a"}]}"#, "begins with a question"),
            (r#"{"version": 1, "messages": [{"question": 1}]}"#, "message 1: `question` is no text"),
            (r#"{"version": 1, "messages": [], "read": [1]}"#, "something else than names"),
            (r#"{"version": 1, "messages": [], "read": "t"}"#, "no list of tools"),
            (r#"{"version": 1, "messages": [{"question": "a"}, {"call": {"u": {}}}]}"#, "message 2: no tool on offer"),
            (r#"{"version": 1, "messages": [{"rules": "obey"}]}"#, "no kind of message"),
        ] {
            fs::write(&file, text).expect("written");
            let fault = load(&file, &offer()).expect_err(text);
            assert!(fault.contains(told), "{fault}");
        }
    }
}
