//! The real program with a model server: a question, a call through the gate, an answer.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::model_server::{Said, Scripted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");
const KEY: &str = "canary-clinic-key";
const QUESTION: &str = "What are the names of the free beds on ward W3?";

/// A clinic with two free beds, and a site file for it.
struct Place {
    directory: tempfile::TempDir,
    clinic: Scripted,
}

impl Place {
    fn new() -> Self {
        let bed = |id: &str| {
            json!({ "id": id, "room": "3.12", "kind": "standard", "monitored": false, "isolation_capable": false,
                "asset_number": "dropped-661166" })
        };
        let body = json!({ "items": [bed("W3-04"), bed("W3-06")], "total": 2, "next_page_token": null }).to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        let clinic = Scripted::over_tcp(vec![Said::Stall(format!("{head}{body}").into_bytes())]);
        let directory = tempfile::tempdir().expect("a directory");
        write_private(&directory.path().join("clinic.key"), KEY);
        let site = json!({
            "upstreams": { "clinic": { "address": clinic.address, "credentials": { "api_key": { "file": "clinic.key" } } } },
            "audit": { "file": "audit.jsonl" },
        });
        fs::write(directory.path().join("site.json"), site.to_string()).expect("written");
        Self { directory, clinic }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--site").arg(self.directory.path().join("site.json")).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("it runs");
        let all = [&output.stdout[..], &output.stderr].concat();
        let all = String::from_utf8(all).expect("UTF-8");
        assert!(!all.contains(KEY) && !all.contains("dropped-661166"), "{all}");
        output
    }

    /// How calls have ended, one record each.
    fn records(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.directory.path().join("audit.jsonl")).unwrap_or_default();
        let records = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        records.filter(|record: &Value| record["kind"] == "outcome").collect()
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, format!("{text}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("changed");
}

fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn a_question_becomes_a_call_through_the_gate_and_an_answer() {
    let answers = || vec![Said::File("models"), Said::File("call"), Said::File("text")];
    for server in [Scripted::over_tcp(answers()), Scripted::at_a_socket(answers())] {
        let place = Place::new();
        let offer = ["--tools", "find_free_beds,list_allergies"];
        let output = place.run(&[&["ask", "--endpoint", &server.address, "--json", QUESTION], &offer[..]].concat());
        let events = events(&output);
        assert_eq!(output.status.code(), Some(0), "{events:#?} {}", told(&output));
        let event = |name: &str| events.iter().find(|event| event["event"] == name).unwrap_or(&Value::Null).clone();
        assert_eq!(event("call")["arguments"], json!({ "ward_id": "W3" }));
        assert_eq!(event("call")["from"]["ward_id"], "question 1, byte 44");
        assert_eq!(event("result")["request"], "GET /v1/wards/W3/beds?status=free&limit=100");
        assert_eq!(event("answer")["text"], "The names of the free beds on ward W3 are W3-04 and W3-06.");
        let counts = event("end");
        assert_eq!((&counts["prompt_tokens"], &counts["written_tokens"]), (&json!(218 + 329), &json!(25 + 24)));
        let records = place.records();
        assert_eq!(records.len(), 1);
        assert_eq!((&records[0]["caller"], &records[0]["verdict"]), (&json!("model"), &json!("answered")));
        // The model reads what the rule has kept, and nothing else.
        let messages = server.body(2)["messages"].clone();
        assert_eq!((&messages[3]["role"], &messages[3]["tool_call_id"]), (&json!("tool"), &json!("call00001")));
        assert!(messages[3]["content"].as_str().is_some_and(|text| text.contains("W3-06")), "{messages:#}");
        assert!(!messages.to_string().contains("dropped-661166"));
        assert_eq!(place.clinic.requests().len(), 1);
    }
}

#[test]
fn calls_that_nobody_asked_for_reach_no_upstream() {
    // The server calls for ward W3, which the question does not name, and then for something that is no JSON.
    let said = vec![Said::File("models"), Said::File("call"), Said::File("broken_arguments"), Said::File("text")];
    let server = Scripted::over_tcp(said);
    let place = Place::new();
    let question = "What are the names of the free beds on ward W1?";
    let output = place.run(&["ask", "--endpoint", &server.address, "--tools", "find_free_beds", question]);
    let shown = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "words about a call that failed: {shown} {}", told(&output));
    assert!(shown.contains("its arguments are not what the question or a result says"), "{shown}");
    assert!(shown.contains("its arguments are not one JSON object"), "{shown}");
    assert!(place.clinic.requests().is_empty() && place.records().is_empty());
}

#[test]
fn the_command_line_says_what_it_takes() {
    let place = Place::new();
    let ask = |arguments: &[&str]| {
        let output = place.run(&[&["ask", QUESTION], arguments].concat());
        (output.status.code(), told(&output))
    };
    let (code, text) = ask(&["--endpoint", "http://gpu.internal/v1"]);
    assert!(code == Some(2) && text.contains("give its IP address with `--endpoint-pin IP:80`"), "{text}");
    let named = ["--endpoint", "https://gpu.internal/v1", "--endpoint-pin", "127.0.0.1:1"];
    let (code, text) = ask(&named);
    assert!(code == Some(2) && text.contains("`--endpoint-ca FILE`"), "{text}");
    let (code, text) = ask(&[&named[..], &["--endpoint-ca", "/nowhere/ca.pem"]].concat());
    assert!(code == Some(2) && text.contains("`/nowhere/ca.pem`"), "{text}");
    let (code, text) = ask(&[]);
    assert!(code == Some(2) && text.contains("--"), "{text}");
    if cfg!(feature = "llama") {
        assert!(text.contains("--model <FILE.gguf>|--endpoint <URL|unix:PATH>"), "{text}");
        for of_the_embedded in [["--model", "x.gguf"], ["--threads", "2"], ["--state", "none"]] {
            let (code, text) = ask(&[&["--endpoint", "http://127.0.0.1:1"], &of_the_embedded[..]].concat());
            assert!(code == Some(2) && text.contains("cannot be used with"), "{text}");
        }
    }
    let (code, text) = ask(&["--endpoint-model", "x"]);
    assert!(code == Some(2) && text.contains("--endpoint"), "{text}");
    let key = place.directory.path().join("model.key");
    write_private(&key, "canary-771177-canary");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("changed");
    let key = key.to_string_lossy().into_owned();
    let (code, text) = ask(&["--endpoint", "unix:/nowhere.sock", "--endpoint-key-file", &key]);
    assert!(code == Some(2) && text.contains("chmod 600"), "{text}");
    let (code, text) = ask(&["--endpoint", "unix:/nowhere.sock"]);
    assert!(code == Some(1) && text.contains("unix:/nowhere.sock cannot be reached"), "{text}");
}

#[test]
fn a_chat_begins_with_the_model_and_where_it_is() {
    let server = Scripted::at_a_socket(vec![Said::File("models")]);
    let output = Place::new().run(&["chat", "--endpoint", &server.address]);
    let expected = format!("`demo` at {} with 18 tools.", server.address);
    assert!(told(&output).contains(&expected), "{}", told(&output));
    assert_eq!(output.status.code(), Some(0));
}

/// The line editor works within what confines the program: it sets the terminal, and watches its width.
#[cfg(target_os = "linux")]
#[test]
fn a_person_edits_lines_at_a_terminal() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let server = Scripted::at_a_socket(vec![Said::File("models")]);
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&near).and_then(|()| unlockpt(&near)).expect("it is ours");
    let name = ptsname(&near, Vec::new()).expect("it has a name").into_string().expect("text");
    let far = || File::options().read(true).write(true).open(&name).expect("it opens");
    let place = Place::new();
    let mut command = place.command(&["chat", "--endpoint", &server.address]);
    command.env("TERM", "xterm").stdin(far()).stdout(far()).stderr(far());
    let mut child = command.spawn().expect("it runs");
    drop(command);
    let mut terminal = File::from(near);
    let mut shown = String::new();
    let mut until = |text: &str, terminal: &mut File| {
        let mut bytes = [0; 4096];
        let found = loop {
            if let Some(found) = shown.find(text) {
                break found;
            }
            let read = terminal.read(&mut bytes).unwrap_or(0);
            assert!(read > 0, "it has ended: {shown}");
            shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
        };
        shown.drain(..found + text.len());
    };
    until("/quit leaves.", &mut terminal);
    until("> ", &mut terminal);
    // Tab completes it.
    terminal.write_all(b"/cont\t\r").expect("typed");
    until("conversation 0", &mut terminal);
    until("> ", &mut terminal);
    terminal.write_all(b"/quit\r").expect("typed");
    assert!(child.wait().expect("it ends").success());
}

/// llama-server, as `tests/all.sh` unpacks it, with the demo model.
struct LlamaServer {
    child: Child,
    address: String,
    _directory: tempfile::TempDir,
}

impl LlamaServer {
    fn start(template: &[&str]) -> Self {
        let needed = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run tests/all.sh"));
        let program = PathBuf::from(needed("AIRLOCK_LLAMA_SERVER"));
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("llama.sock");
        let mut command = Command::new(&program);
        command.env("LD_LIBRARY_PATH", program.parent().expect("a directory"));
        command.args(["--model", &needed("AIRLOCK_MODEL"), "--alias", "demo", "--host"]).arg(&socket);
        command.args(["--jinja", "--ctx-size", "8192", "--parallel", "1", "--no-webui"]).args(template);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let address = format!("unix:{}", socket.display());
        let mut server = Self { child: child.expect("it starts"), address, _directory: directory };
        let started = Instant::now();
        // It answers 503 while it loads.
        while started.elapsed() < Duration::from_mins(2) {
            let output = Place::new().run(&["chat", "--endpoint", &server.address]);
            if output.status.code() == Some(0) {
                return server;
            }
            assert!(
                server.child.try_wait().expect("it can be asked").is_none(),
                "llama-server ended: {}",
                told(&output)
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("llama-server does not load the model");
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs llama-server and the demo model; run tests/all.sh"]
fn with_endpoint_a_real_server_calls_a_tool_and_answers_from_its_result() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/endpoint/fenced.jinja");
    let server = LlamaServer::start(&["--chat-template-file", &template.to_string_lossy()]);
    let place = Place::new();
    let output = place.run(&[
        "ask",
        "--endpoint",
        &server.address,
        "--tools",
        "find_free_beds,list_allergies",
        "--json",
        QUESTION,
    ]);
    let events = events(&output);
    assert_eq!(output.status.code(), Some(0), "{events:#?} {}", told(&output));
    let answer = events.iter().find(|event| event["event"] == "answer").expect("an answer");
    let text = answer["text"].as_str().unwrap_or_default();
    assert!(text.contains("W3-04") && text.contains("W3-06"), "{text}");
    assert_eq!(place.clinic.requests().len(), 1);
    let end = events.last().expect("an end");
    assert!(end["prompt_tokens"].as_u64() > Some(400) && end["written_tokens"].as_u64() > Some(20), "{end}");
}

/// llama.cpp knows its plain template by name. It has no place for tools, so that the server leaves them out in silence.
#[test]
#[ignore = "needs llama-server and the demo model; run tests/all.sh"]
fn with_endpoint_a_real_server_that_leaves_the_tools_out_is_found_out() {
    let server = LlamaServer::start(&["--chat-template", "chatml"]);
    let place = Place::new();
    let offer = ["--tools", "find_free_beds", "--tokens-max", "40"];
    let output = place.run(&[&["ask", "--endpoint", &server.address, QUESTION], &offer[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("its chat template leaves the tools out"), "{}", told(&output));
    assert!(place.clinic.requests().is_empty());
}

/// For any other server: start it, and name it.
#[test]
#[ignore = "needs a model server whose address stands in AIRLOCK_ENDPOINT"]
fn at_an_endpoint_a_call_reaches_the_clinic() {
    let address = std::env::var("AIRLOCK_ENDPOINT").expect("AIRLOCK_ENDPOINT is set");
    let place = Place::new();
    let output = place.run(&["ask", "--endpoint", &address, "--tools", "find_free_beds,list_allergies", QUESTION]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert_eq!(place.clinic.requests().len(), 1);
}
