//! The real program against the clinic: by hand, as an MCP server with the official client, and with the embedded model.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use airlock_tests::clinic::{Fault, Options, Running, serve};
use airlock_tests::host::{self, KEY, program};
use serde_json::{Value, json};

/// A clinic and the program beside it.
struct Place {
    clinic: Running,
    host: host::Place,
}

impl Place {
    fn new(options: Options) -> Self {
        let clinic = serve(options).expect("a free port");
        let host = host::Place::new(&clinic.origin(), &Value::Null);
        Self { clinic, host }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.host.command(arguments)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the program starts")
    }

    /// What the official client sees of one call; its user says `yes` or `no`, if there is one.
    fn call_with_python(&self, mode: &str, tool: &str, arguments: &str, says: Option<&str>) -> Value {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", needed("AIRLOCK_PYTHONPATH")).envs(says.map(|says| ("SAYS", says)));
        let serve = self.command(&["serve"]);
        command
            .args(["clients/list_and_call.py", mode, tool, arguments])
            .arg(serve.get_program())
            .args(serve.get_args());
        let output = command.output().expect("python3 starts");
        assert!(output.status.success(), "{mode}: {}", text(&output.stderr));
        serde_json::from_str(&text(&output.stdout)).expect("is JSON")
    }

    fn audit(&self) -> Vec<Value> {
        self.host.audit()
    }
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    assert!(!text.contains(KEY), "the credential came out: {text}");
    text
}

#[test]
fn a_call_by_hand_prints_the_pruned_answer_and_leaves_one_record() {
    let place = Place::new(Options::new(KEY));
    let output = place.run(&["call", "find_free_beds", r#"{"ward_id":"W3"}"#]);
    let answer: Value = serde_json::from_str(&text(&output.stdout)).expect("is JSON");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(answer["free"], 2);
    assert_eq!(answer["beds"][0]["bed"], "W3-04");
    let records = place.audit();
    assert_eq!(records.len(), 1);
    assert_eq!((&records[0]["tool"], &records[0]["verdict"]), (&json!("find_free_beds"), &json!("answered")));
    let (before, after) = (records[0]["bytes_before"].as_u64(), records[0]["bytes_after"].as_u64());
    assert!(before > after.map(|bytes| bytes * 5), "{before:?} -> {after:?}");
    assert!(!records[0].to_string().contains("W3-04"), "the record holds no part of an answer");
}

#[test]
fn a_write_needs_approval_and_is_refused_before_anything_is_sent() {
    let place = Place::new(Options::new(KEY));
    let arguments = r#"{"appointment_id":"A0003","body":{"reason":"patient_ill"}}"#;
    let refused = place.run(&["call", "cancel_appointment", arguments]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(place.clinic.received().is_empty());
    assert!(text(&refused.stderr).contains("approv"), "{}", text(&refused.stderr));
    let records = place.audit();
    assert_eq!(records.len(), 1, "a refused call leaves its record too");
    assert_ne!(records[0]["verdict"], "answered");
}

#[test]
fn standard_output_of_serve_is_json_rpc_alone() {
    let place = Place::new(Options::new(KEY));
    let mut child = place
        .command(&["serve"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("is piped");
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let mut output = BufReader::new(child.stdout.take().expect("is piped"));
    let requests = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "list_allergies", "arguments": {"patient_id": "P0007"}, "_meta": meta}}),
        json!({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "list_allergies", "arguments": {"patient": "P0007"}, "_meta": meta}}),
    ];
    let mut answers = Vec::new();
    for request in requests {
        writeln!(input, "{request}").expect("is read");
        let mut line = String::new();
        output.read_line(&mut line).expect("can be read");
        let answer: Value = serde_json::from_str(&line).expect("every line is JSON");
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &request["id"]));
        answers.push(answer["result"].clone());
    }
    drop(input);
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut output, &mut rest).expect("can be read");
    assert_eq!(rest, "");
    assert_eq!(child.wait().expect("ends").code(), Some(0), "the end of the input is a clean end");
    assert_eq!(answers[1]["tools"].as_array().map(Vec::len), Some(18));
    assert!(answers[2].to_string().contains("Penicillin"), "{}", answers[2]);
    assert_eq!(answers[3]["isError"], true);
    assert!(answers[3].to_string().contains("patient_id"), "says the way out: {}", answers[3]);
}

#[test]
fn an_upstream_that_dies_in_mid_call_is_an_error_with_a_text_and_no_hang() {
    for fault in [Fault::Close, Fault::Cut, Fault::Garbage] {
        let place = Place::new(Options::new(KEY).with_fault("/v1/patients", fault));
        let started = Instant::now();
        let output = place.run(&["call", "find_patients", "{}"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stdout).is_empty(), "nothing of a broken answer is released");
        let told = text(&output.stderr);
        assert!(told.contains("`clinic`") || told.contains("The upstream's answer"), "{told}");
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(place.audit().len(), 1);
    }
}

#[test]
fn an_upstream_that_is_killed_while_a_call_waits_ends_the_call() {
    let place = Place::new(Options::new(KEY).with_fault("/v1/patients", Fault::Hang));
    let child = place
        .command(&["call", "find_patients", "{}"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let Place { clinic, host } = place;
    let started = Instant::now();
    while clinic.received().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20), "the request never arrived");
        std::thread::sleep(Duration::from_millis(10));
    }
    clinic.stop();
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("clinic"), "{}", text(&output.stderr));
    assert!(started.elapsed() < Duration::from_secs(25), "before the call's own time limit");
    drop(host);
}

#[test]
#[ignore = "needs the Python package mcp; run tests/all.sh"]
fn with_python_the_official_client_lists_and_calls_in_both_eras() {
    let place = Place::new(Options::new(KEY));
    for (mode, protocol) in [("auto", "2026-07-28"), ("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")] {
        let call = |tool: &str, arguments: &str| place.call_with_python(mode, tool, arguments, None);
        let seen = call("list_allergies", r#"{"patient_id":"P0007"}"#);
        assert_eq!(seen["protocol"], protocol, "{mode}");
        assert_eq!(seen["tools"].as_array().map(Vec::len), Some(18));
        assert_eq!(seen["is_error"], false, "{seen}");
        assert!(seen["text"].as_str().is_some_and(|text| text.contains("Penicillin")));
        let told: Value = serde_json::from_str(seen["text"].as_str().expect("is text")).expect("is JSON");
        assert_eq!(told, seen["structured"], "both forms hold the same facts");
        let refused = call("list_allergies", r#"{"patient_id":"../P0007"}"#);
        assert_eq!(refused["is_error"], true, "{refused}");
    }
    assert_eq!(place.audit().len(), 6);
    assert_eq!(place.clinic.received().len(), 3, "a refused call sends nothing");
}

/// The official client asks its user, in both eras, and a write happens once for each yes.
#[test]
#[ignore = "needs the Python package mcp; run tests/all.sh"]
fn with_python_the_official_client_asks_its_user_before_a_write() {
    for mode in ["auto", "legacy"] {
        let place = Place::new(Options::new(KEY));
        for (says, text_part) in [("no", "declined"), ("yes", "cancelled")] {
            let arguments = r#"{"appointment_id":"A0002","body":{"reason":"patient_request"}}"#;
            let seen = place.call_with_python(mode, "cancel_appointment", arguments, Some(says));
            let asked = seen["asked"][0].as_str().expect("the user was asked");
            assert!(
                asked.contains("POST /v1/appointments/A0002/cancel") && asked.contains("patient_request"),
                "{asked}"
            );
            assert_eq!((seen["asked"].as_array().map(Vec::len), &seen["is_error"]), (Some(1), &json!(says == "no")));
            assert!(seen["text"].as_str().is_some_and(|text| text.contains(text_part)), "{seen}");
            assert_eq!(place.clinic.received().len(), usize::from(says == "yes"));
        }
    }
}

/// The demo's questions, and what a right answer must hold.
const FACTS: [(&str, &[&str]); 3] = [
    ("list_allergies", &["enicillin"]),
    ("find_free_beds", &["W3-04", "W3-06"]),
    ("list_appointments", &["13", "10:30"]),
];

#[test]
#[ignore = "needs the demo model; run tests/all.sh"]
fn with_model_the_demos_questions_are_answered_with_the_upstreams_facts() {
    let model = needed("AIRLOCK_MODEL");
    let place = Place::new(Options::new(KEY));
    let questions = std::fs::read_to_string("demo-questions.txt").expect("is there");
    assert_eq!(questions.lines().count(), FACTS.len());
    for (question, (tool, facts)) in questions.lines().zip(FACTS) {
        let output = place.run(&["ask", "--model", &model, "--format", "json", question]);
        assert_eq!(output.status.code(), Some(0), "{question}: {}", text(&output.stderr));
        let events: Vec<Value> =
            text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
        let event = |name: &str| events.iter().filter(|event| event["event"] == name).collect::<Vec<_>>();
        assert_eq!(event("call").len(), 1, "{events:#?}");
        assert_eq!(event("call")[0]["tool"], tool, "{question}");
        let answer = event("answer")[0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(facts.iter().all(|fact| answer.contains(fact)), "{question}: {answer}");
    }
    assert_eq!(place.audit().len(), FACTS.len());
    assert!(place.audit().iter().all(|record| record["caller"] == "model"));
}

/// Counted from the program, and from a list as the compiler prints it: the same, and as it was committed.
#[test]
#[ignore = "needs the demo model; run tests/all.sh"]
fn with_model_tokens_are_counted_as_they_were_reviewed() {
    let model = needed("AIRLOCK_MODEL");
    let directory = tempfile::tempdir().expect("a directory");
    let list = directory.path().join("tools.json");
    let sent = crate::command::airlock(["tools", "--sent", "--catalogs", "../catalogs"]).out;
    std::fs::write(&list, &sent).expect("can be written");
    let list = list.to_string_lossy().into_owned();
    let budget = |more: &[&str]| {
        let mut command = Command::new(program());
        command.args(["budget", "--model", &model, "--format", "json"]).args(more).stdin(Stdio::null());
        command.output().expect("the program starts")
    };
    for more in [&[][..], &["--tools", &list]] {
        let output = budget(&[&["--check", "--lock", "../catalogs/budget.lock"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let told: Value = serde_json::from_str(&text(&output.stdout)).expect("is JSON");
        assert!(told["tokens"].as_u64().is_some_and(|tokens| tokens > 1000), "{told}");
        assert_eq!(told["tools"].as_array().map(Vec::len), Some(18));
    }
    // Of another text the counts are others, and `--check` writes nothing.
    std::fs::write(&list, sent.replace("Tells which beds", "Tells you which beds")).expect("can be written");
    let lock = directory.path().join("budget.lock");
    std::fs::copy("../catalogs/budget.lock", &lock).expect("can be copied");
    let before = std::fs::read(&lock).expect("is there");
    let lock = lock.to_string_lossy().into_owned();
    let output = budget(&["--check", "--tools", &list, "--lock", &lock]);
    assert_eq!((output.status.code(), std::fs::read(&lock).expect("is there")), (Some(1), before));
    assert_eq!(budget(&["--tools", &list, "--lock", &lock]).status.code(), Some(0));
    assert_eq!(budget(&["--tools", &list, "--lock", &lock, "--check"]).status.code(), Some(0));
    std::fs::write(&list, "{}").expect("can be written");
    assert_eq!(budget(&["--tools", &list, "--lock", &lock]).status.code(), Some(2));
}

/// What `tests/all.sh` sets up.
fn needed(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; run tests/all.sh"))
}
