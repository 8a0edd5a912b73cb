//! Questions over the clinic, asked of the embedded model, from the question to the answer's facts.
//!
//!     cargo build --release --workspace --bins && AIRLOCK_MODEL=FILE.gguf cargo bench -p airlock-tests --bench answers
//!
//! Behind `--` stand arguments for `airlock-host ask`, or `--only WORDS` for the questions that hold these words. What misses is
//! printed to standard error. Nobody approves anything, so it ends with an error if a request that changes data arrives.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use airlock_tests::clinic::{Options, serve};
use airlock_tests::host::{KEY, Place};
use serde::Deserialize;
use serde_json::Value;

/// What is asked, and what is right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: String,
    /// All calls that have to be made, each `{TOOL: {ARGUMENTS}}`.
    calls: Vec<Value>,
    /// Each has to stand in the answer, in one of the spellings that `|` parts.
    facts: Vec<String>,
    /// Whether the calls have to be refused.
    #[serde(default)]
    refused: bool,
}

impl Question {
    fn kind(&self) -> &'static str {
        match (self.refused, self.calls.len()) {
            (true, _) => "refused write",
            (_, 0) => "no call",
            (_, 1) => "one call",
            _ => "several calls",
        }
    }
}

/// What one question came to.
#[derive(Default)]
struct Outcome {
    calls: Vec<Value>,
    /// Kinds of refusals.
    refusals: Vec<String>,
    answer: String,
    end: Value,
}

/// What was right of one kind of questions.
#[derive(Default)]
struct Score {
    asked: usize,
    valid: usize,
    tools: usize,
    arguments: usize,
    answers: usize,
    written_tokens: u64,
    write_ms: u64,
}

fn main() -> io::Result<()> {
    let model = std::env::var("AIRLOCK_MODEL").expect("AIRLOCK_MODEL names a model");
    let mut more: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let only = more.iter().position(|argument| argument == "--only").map(|at| more.drain(at..).nth(1));
    let only = only.flatten().unwrap_or_default();
    let clinic = serve(Options::new(KEY))?;
    let place = Place::new(&clinic.origin(), &Value::Null);
    let state = place.path().join("state").display().to_string();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/questions/clinic-answers.jsonl");
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let question: Question = serde_json::from_str(line).expect("a question");
        if !question.ask.contains(&only) {
            continue;
        }
        let mut command = place.command(&["ask", "--model", &model, "--threads", "1", "--state", &state, "--json"]);
        let outcome = run(command.args(&more).arg(&question.ask))?;
        judge(&question, &outcome, scores.entry(question.kind()).or_default());
        let changed = clinic.received().into_iter().find(|request| request.method != "GET");
        if let Some(request) = changed {
            return Err(io::Error::other(format!("nobody has approved anything: {request:?}")));
        }
    }
    print(&scores)
}

fn run(command: &mut Command) -> io::Result<Outcome> {
    let output = command.stdin(Stdio::null()).output()?;
    let mut outcome = Outcome::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let event: Value = serde_json::from_str(line)?;
        match event["event"].as_str() {
            Some("call") => {
                let named = [(event["tool"].as_str().unwrap_or_default().to_owned(), event["arguments"].clone())];
                outcome.calls.push(named.into_iter().collect());
            }
            Some("result") if event["error"].is_object() => {
                outcome.refusals.push(event["error"]["kind"].as_str().unwrap_or_default().to_owned());
            }
            Some("answer") => event["text"].as_str().unwrap_or_default().clone_into(&mut outcome.answer),
            Some("end") => outcome.end = event,
            _ => {}
        }
    }
    if outcome.end.is_null() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(outcome)
}

fn judge(question: &Question, outcome: &Outcome, score: &mut Score) {
    let tools = |calls: &[Value]| {
        let mut tools: Vec<String> = calls.iter().filter_map(|call| call.as_object()?.keys().next().cloned()).collect();
        tools.sort();
        tools
    };
    let is_same =
        outcome.calls.len() == question.calls.len() && question.calls.iter().all(|call| outcome.calls.contains(call));
    let has = |fact: &String| fact.split('|').any(|spelling| outcome.answer.contains(spelling));
    let is_refused = outcome.refusals.iter().any(|kind| kind == "approval");
    let is_answered = question.facts.iter().all(has) && (is_refused || !question.refused);
    let is_valid = !outcome.refusals.iter().any(|kind| kind == "arguments");
    let right_tools = tools(&outcome.calls) == tools(&question.calls);
    score.asked += 1;
    score.valid += usize::from(is_valid);
    score.tools += usize::from(right_tools);
    score.arguments += usize::from(is_same);
    score.answers += usize::from(is_answered);
    score.written_tokens += outcome.end["written_tokens"].as_u64().unwrap_or_default();
    score.write_ms += outcome.end["write_ms"].as_u64().unwrap_or_default();
    if !(is_same && is_answered && is_valid) {
        let calls = Value::from(outcome.calls.clone());
        let _ = writeln!(io::stderr(), "MISS {}\n     calls {calls}\n     answer {}", question.ask, outcome.answer);
    }
}

fn print(scores: &BTreeMap<&str, Score>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| questions | asked | valid | right tools | right arguments | facts in the answer | tokens a second |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for (kind, score) in scores {
        let Score { asked, valid, tools, arguments, answers, written_tokens, write_ms } = score;
        let rate = written_tokens * 1000 / write_ms.max(&1);
        writeln!(out, "| {kind} | {asked} | {valid} | {tools} | {arguments} | {answers} | {rate} |")?;
    }
    Ok(())
}
