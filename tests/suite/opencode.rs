//! A host of MCP servers that people use, opencode, with a model that is a script: it starts the program by its own
//! configuration, hands the tools to its model, and calls what the model asks for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use airlock_tests::clinic::Options;
use airlock_tests::host::{KEY, program};
use serde_json::{Value, json};

use crate::host::{Place, needed};

/// A model server as OpenAI's chat API has it, which calls one tool and then says that it has.
struct Scripted {
    port: u16,
    /// What it was asked, in order.
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Scripted {
    /// Calls the tool whose name ends so.
    fn start(tool: &'static str, arguments: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        // Ends with the process: nobody waits for it.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(question) = read(&stream) else { continue };
                let said = answer(&question, tool, arguments);
                seen.lock().expect("no panic").push(question);
                write(stream, &said);
            }
        });
        Self { port, asked }
    }

    /// What the host has handed its model as the result of the call.
    fn result(&self) -> String {
        let asked = self.asked.lock().expect("no panic");
        let mut messages = asked.iter().rev().filter_map(|question| question["messages"].as_array()).flatten();
        let result = messages.find(|message| message["role"] == "tool").expect("the host has called a tool");
        result["content"].to_string()
    }
}

/// What the model says: the delta of its message, and why it ends.
fn answer(question: &Value, tool: &str, arguments: &str) -> [Value; 2] {
    let names = question["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["function"]["name"].as_str());
    let wanted = names.into_iter().find(|name| name.ends_with(tool));
    let is_called = question["messages"].as_array().is_some_and(|all| all.iter().any(|one| one["role"] == "tool"));
    let choice = |delta: Value, end: Option<&str>| {
        json!({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "script",
               "choices": [{"index": 0, "delta": delta, "finish_reason": end}]})
    };
    match wanted {
        Some(name) if !is_called => {
            let function = json!({"name": name, "arguments": arguments});
            let call = json!([{"index": 0, "id": "c1", "type": "function", "function": function}]);
            [choice(json!({"role": "assistant", "tool_calls": call}), None), choice(json!({}), Some("tool_calls"))]
        }
        _ => [choice(json!({"role": "assistant", "content": "Done."}), None), choice(json!({}), Some("stop"))],
    }
}

fn read(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn write(mut stream: TcpStream, said: &[Value]) {
    let mut text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_owned();
    for event in said.iter().map(Value::to_string).chain(["[DONE]".to_owned()]) {
        text.extend(["data: ", &event, "\n\n"]);
    }
    // A host that was stopped does not listen.
    let _ = stream.write_all(text.as_bytes());
}

/// Asks the host a question in a home of its own, where it finds the server and the model.
fn ask(place: &Place, model: &Scripted, home: &Path) -> String {
    let site = place.path().join("site.json");
    let config = json!({
        "autoupdate": false, "share": "disabled", "model": "script/script", "small_model": "script/script",
        "provider": {"script": {
            "npm": "@ai-sdk/openai-compatible", "name": "script",
            "options": {"baseURL": format!("http://127.0.0.1:{}/v1", model.port), "apiKey": "none"},
            "models": {"script": {"name": "script", "tool_call": true}},
        }},
        "mcp": {"airlock": {"type": "local", "command": [program(), "--site", site, "serve"], "enabled": true}},
    });
    std::fs::write(home.join("opencode.json"), config.to_string()).expect("can be written");
    let packages = Path::new(&needed("AIRLOCK_OPENCODE_PACKAGES")).join("node_modules");
    let mut command = Command::new(packages.join("opencode-linux-x64-baseline/bin/opencode"));
    command.args(["run", "Go on."]).current_dir(home).stdin(Stdio::null()).env_clear();
    command.env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("it starts");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !told.contains(KEY), "{told}");
    told
}

#[test]
#[ignore = "needs opencode; run tests/all.sh"]
fn with_opencode_tools_are_offered_called_and_their_answers_handed_to_the_model() {
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let place = Place::new(Options::new(KEY));
    let home = tempfile::tempdir().expect("a directory");
    let model = Scripted::start("find_free_beds", r#"{"ward_id":"W3"}"#);
    let told = ask(&place, &model, home.path());
    assert!(told.contains("airlock_find_free_beds") && told.contains("Done."), "{told}");
    let result = model.result();
    assert!(result.contains("W3-04") && result.contains("W3-06"), "{result}");
    let records = place.audit();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!((&records[0]["caller"], &records[0]["verdict"]), (&json!("mcp"), &json!("answered")));
}

#[test]
#[ignore = "needs opencode; run tests/all.sh"]
fn with_opencode_a_write_that_nobody_was_asked_about_is_refused_in_words() {
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let place = Place::new(Options::new(KEY));
    let home = tempfile::tempdir().expect("a directory");
    let arguments = r#"{"appointment_id":"A0002","body":{"reason":"patient_request"}}"#;
    let model = Scripted::start("cancel_appointment", arguments);
    ask(&place, &model, home.path());
    let result = model.result();
    assert!(result.contains("was not approved") && result.contains("--allow-writes"), "{result}");
    assert!(place.clinic.received().is_empty(), "nothing was sent");
    assert_eq!(place.audit()[0]["verdict"], "approval");
}
