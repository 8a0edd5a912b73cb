//! The real program against the clinic: by hand, as an MCP server, and with the embedded model.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use airlock_tests::clinic::{Fault, Options, Running, serve};
use airlock_tests::host::{self, KEY, program};
use serde_json::{Value, json};

/// A clinic and the program beside it.
pub(crate) struct Place {
    pub(crate) clinic: Running,
    host: host::Place,
}

impl Place {
    pub(crate) fn new(options: Options) -> Self {
        let clinic = serve(options).expect("a free port");
        let host = host::Place::new(&clinic.origin(), &Value::Null);
        Self { clinic, host }
    }

    /// Where site file, key and audit records are.
    pub(crate) fn path(&self) -> &Path {
        self.host.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.host.command(arguments)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the program starts")
    }

    /// Writes a file that its owner alone can read.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::write(&path, format!("{text}\n")).expect("can be written");
        set_mode(&path, 0o600);
    }

    /// Changes the site file.
    pub(crate) fn change_site(&self, change: impl FnOnce(&mut Value)) {
        let path = self.path().join("site.json");
        let text = std::fs::read_to_string(&path).expect("is there");
        let mut site = serde_json::from_str(&text).expect("is JSON");
        change(&mut site);
        std::fs::write(&path, site.to_string()).expect("can be written");
    }

    /// A program that runs this one with an argument, for clients that start a program without arguments.
    pub(crate) fn script(&self, argument: &str) -> PathBuf {
        let (path, site) = (self.path().join("host.sh"), self.path().join("site.json"));
        let line = format!("#!/bin/sh\nexec '{}' --site '{}' {argument}\n", program().display(), site.display());
        std::fs::write(&path, line).expect("can be written");
        set_mode(&path, 0o700);
        path
    }

    pub(crate) fn audit(&self) -> Vec<Value> {
        self.host.audit()
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("can be set");
}

pub(crate) fn text(bytes: &[u8]) -> String {
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
    let counted = |record: &Value| record["tokens_after"].as_u64().is_some_and(|tokens| tokens > 10);
    assert!(place.audit().iter().all(|record| counted(record) && record["model_sha256"].is_string()));
    let from: Vec<Value> = place.audit().iter().map(|record| record["arguments_from"].clone()).collect();
    let said = |question: usize, word: &str, argument: &str| {
        let place = questions.lines().nth(question).and_then(|question| question.find(word)).expect("is in it");
        json!({ argument: format!("question 1, byte {place}") })
    };
    let expected = [said(0, "P0007", "patient_id"), said(1, "W3", "ward_id"), said(2, "P0004", "patient_id")];
    assert_eq!(from, expected, "where each argument was said");
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
pub(crate) fn needed(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; run tests/all.sh"))
}
