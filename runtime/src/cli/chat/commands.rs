//! What a person can say in a conversation that is not for the model.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value};

/// A line that begins with a slash.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    Help,
    Tools,
    Call {
        tool: String,
        arguments: Map<String, Value>,
    },
    /// The tool that may change data from now on; none to see which ones may.
    Approve(Option<String>),
    /// No tool may change data without being asked for.
    ApproveNone,
    Context,
    Save(PathBuf),
    Load(PathBuf),
    Clear,
    Quit,
}

/// Each command, and what it does.
pub(super) const COMMANDS: [(&str, &str); 10] = [
    ("/help", "this list"),
    ("/tools", "list the tools on offer"),
    ("/call TOOL {ARGUMENTS}", "call a tool yourself; the model can be asked about the answer"),
    ("/approve", "list the tools that may change data without being asked for each time"),
    ("/approve TOOL", "let this tool change data for the rest of the session; `/approve none` takes it all back"),
    ("/context", "how much of the model's context is used"),
    ("/save FILE", "write the conversation to a new file in the directory of `--saves`"),
    ("/load FILE", "go on with a conversation that was saved there"),
    ("/clear", "start afresh"),
    ("/quit", "leave"),
];

/// All of them, a line each.
pub(super) fn list() -> String {
    let mut text = String::new();
    for (shown, does) in COMMANDS {
        // A growing text takes whatever is written.
        let _ = writeln!(text, "{shown:<24} {does}");
    }
    text
}

impl Command {
    /// Reads a line; none if it is a question.
    pub(super) fn read(line: &str) -> Option<Result<Self, String>> {
        let line = line.trim();
        if !line.starts_with('/') {
            return None;
        }
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Some(Self::of(name, rest.trim()))
    }

    fn of(name: &str, rest: &str) -> Result<Self, String> {
        let file = |command: fn(PathBuf) -> Self| match rest {
            "" => Err(format!("{name} needs a file's name")),
            rest => Ok(command(PathBuf::from(rest))),
        };
        match name {
            "/call" => call(rest),
            "/approve" if rest == "none" => Ok(Self::ApproveNone),
            "/approve" => Ok(Self::Approve((!rest.is_empty()).then(|| rest.to_owned()))),
            "/save" => file(Self::Save),
            "/load" => file(Self::Load),
            "/help" | "/tools" | "/context" | "/clear" | "/quit" if !rest.is_empty() => {
                Err(format!("{name} takes nothing behind it"))
            }
            "/help" => Ok(Self::Help),
            "/tools" => Ok(Self::Tools),
            "/context" => Ok(Self::Context),
            "/clear" => Ok(Self::Clear),
            "/quit" => Ok(Self::Quit),
            _ => Err(format!("there is no command {}; /help lists them", crate::untrusted::quoted(name))),
        }
    }
}

fn call(rest: &str) -> Result<Command, String> {
    const HOW: &str = "say it like /call find_patients {\"name\": \"Li\"}";
    let (tool, json) = rest.split_once(char::is_whitespace).unwrap_or((rest, "{}"));
    if tool.is_empty() {
        return Err(HOW.to_owned());
    }
    match serde_json::from_str(json) {
        Ok(Value::Object(arguments)) => Ok(Command::Call { tool: tool.to_owned(), arguments }),
        Ok(_) => Err(format!("the arguments are no JSON object; {HOW}")),
        Err(fault) => Err(format!("the arguments are not JSON: {fault}; {HOW}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_commands_questions_or_mistakes_that_are_told() {
        let command = |line: &str| Command::read(line).expect("a command");
        assert_eq!(Command::read("Which beds are free? /tools"), None);
        assert_eq!(command(" /tools "), Ok(Command::Tools));
        let arguments = json!({ "a": 1 }).as_object().expect("an object").clone();
        assert_eq!(command("/call t {\"a\": 1}"), Ok(Command::Call { tool: "t".to_owned(), arguments }));
        assert_eq!(command("/call t"), Ok(Command::Call { tool: "t".to_owned(), arguments: Map::new() }));
        assert_eq!(command("/approve"), Ok(Command::Approve(None)));
        assert_eq!(command("/approve none"), Ok(Command::ApproveNone));
        assert_eq!(command("/save a b.json"), Ok(Command::Save("a b.json".into())));
        for (line, told) in [
            ("/call", "say it like"),
            ("/call t [1]", "no JSON object"),
            ("/call t {a}", "not JSON"),
            ("/save", "needs a file's name"),
            ("/quit now", "takes nothing"),
            ("/exit", "/help lists them"),
        ] {
            assert!(command(line).is_err_and(|fault| fault.contains(told)), "{line}");
        }
        for (shown, _) in COMMANDS {
            let name = shown.split(' ').next().expect("a name");
            assert!(command(name).is_ok() || command(&format!("{name} x")).is_ok(), "{name}");
        }
    }
}
