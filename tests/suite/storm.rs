//! Thousands of malformed frames to the real program: it neither falls over nor hangs, says nothing but JSON-RPC, and
//! answers each request whose id can be read exactly once.

mod frames;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use airlock_tests::Dice;
use airlock_tests::clinic::{Options, serve};
use airlock_tests::host::{Client, KEY, Place, modern};
use serde_json::{Value, json};

use frames::{LINE_BYTES_MAX, frame};

const SESSIONS: usize = 20;
const FRAMES: usize = 250;

/// Far longer than anything here takes.
const TIME_MAX: Duration = Duration::from_secs(20);

#[test]
fn malformed_frames_over_pipes_break_nothing() {
    let clinic = serve(Options::new(KEY)).expect("a free port");
    let place = Place::new(&clinic.origin(), &Value::Null);
    for seed in 0..SESSIONS as u64 {
        let (mut server, client) = place.serve(&[]);
        storm(seed, client);
        assert_eq!(server.ended(TIME_MAX), Some(0), "seed {seed}: the end of the input is a clean end");
    }
}

#[test]
fn malformed_frames_over_a_unix_socket_break_nothing() {
    let clinic = serve(Options::new(KEY)).expect("a free port");
    let place = Place::new(&clinic.origin(), &Value::Null);
    let (mut server, socket) = place.listen();
    for seed in 0..SESSIONS as u64 {
        storm(1000 + seed, Client::connect(&socket));
    }
    assert!(server.is_running(), "the server stays for its next client");
}

/// How often an id may be answered, at least and at most.
#[derive(Clone, Copy, Debug, Default)]
struct Due {
    least: usize,
    most: usize,
    answered: usize,
}

/// What a session owes its client, by the JSON text of the id.
#[derive(Debug, Default)]
struct Ledger {
    due: BTreeMap<String, Due>,
}

impl Ledger {
    /// Notes what a line asks for.
    fn sent(&mut self, line: &[u8]) {
        let Some(value) = parsed(line) else {
            // Whatever stands for an id in it may be answered, and nothing need be.
            return named(line).for_each(|id| self.due.entry(id).or_default().most += 1);
        };
        if let Some(target) = cancelled(&value) {
            self.due.entry(target).and_modify(|due| due.least = due.least.min(due.answered));
        }
        let Some(id) = value.get("id").and_then(usable) else { return };
        let due = self.due.entry(id).or_default();
        due.most += 1;
        due.least += usize::from(is_request(&value, line));
    }

    /// Notes what the server has said; a question of its own is returned.
    fn told(&mut self, message: &Value, seed: u64) -> Option<Value> {
        if let Some(method) = message["method"].as_str() {
            assert!(matches!(method, "notifications/progress" | "elicitation/create"), "{message}");
            return message.get("id").cloned();
        }
        if message["id"].is_null() {
            // To what has no id that can be told.
            return None;
        }
        let id = message["id"].to_string();
        let due = self.due.get_mut(&id).unwrap_or_else(|| panic!("seed {seed}: nobody asked for this: {message}"));
        due.answered += 1;
        assert!(due.answered <= due.most, "seed {seed}: answered {} times: {message}", due.answered);
        None
    }

    fn owed(&self) -> Vec<&String> {
        self.due.iter().filter(|(_, due)| due.answered < due.least).map(|(id, _)| id).collect()
    }
}

/// A line as JSON, a byte order mark before it or not.
fn parsed(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).ok()
}

/// Whatever could be an id in a line that is no JSON as a whole: its texts and its numbers.
fn named(line: &[u8]) -> impl Iterator<Item = String> {
    let begins = |byte: &u8| matches!(byte, b'"' | b'-' | b'0'..=b'9');
    let starts = line.iter().enumerate().filter(move |(_, byte)| begins(byte)).map(|(at, _)| at);
    // The beginning of what is left is read; a text of megabytes is no id.
    let beginning = |at: usize| &line[at..line.len().min(at + 10_000)];
    starts.filter_map(move |at| {
        serde_json::Deserializer::from_slice(beginning(at)).into_iter().next()?.ok().as_ref().and_then(usable)
    })
}

/// An id as the JSON text that an answer has: a text, or a whole number, however it was written.
fn usable(id: &Value) -> Option<String> {
    let whole = id.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    match id {
        Value::String(_) => Some(id.to_string()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(id.to_string()),
        _ => whole.map(|number| format!("{}", number.abs().copysign(if number == 0.0 { 1.0 } else { number }))),
    }
}

/// Whether a line has to be answered: a request with an id that can be told from its text, whatever else is wrong with it.
fn is_request(value: &Value, line: &[u8]) -> bool {
    let id = &value["id"];
    let is_found = line.len() <= LINE_BYTES_MAX || id.to_string().len() <= 200;
    value["jsonrpc"] == "2.0" && value["method"].is_string() && (id.is_string() || id.is_i64()) && is_found
}

/// What a notification cancels, as JSON text.
fn cancelled(value: &Value) -> Option<String> {
    let is_notice = value["method"] == "notifications/cancelled";
    is_notice.then(|| value["params"].get("requestId")).flatten().map(Value::to_string)
}

/// One session: the frames, then a call as any client makes it, then half a line and the end.
fn storm(seed: u64, client: Client) {
    let dice = &mut Dice::new(seed);
    let mut ledger = Ledger::default();
    for number in 0..FRAMES {
        let bytes = frame(dice, number);
        bytes.split(|byte| *byte == b'\n').for_each(|line| ledger.sent(line));
        client.send(bytes);
    }
    let call = modern("after", "tools/call", json!({"name": "list_allergies", "arguments": {"patient_id": "P0007"}}));
    ledger.sent(call.to_string().as_bytes());
    client.say(&call);
    let deadline = Instant::now() + TIME_MAX;
    let mut answer = Value::Null;
    while !ledger.owed().is_empty() {
        let Some(message) = client.receive(deadline.saturating_duration_since(Instant::now())) else {
            panic!("seed {seed}: no answer to {:?}", ledger.owed());
        };
        if let Some(question) = ledger.told(&message, seed) {
            client.say(&json!({"jsonrpc": "2.0", "id": question, "result": {"action": "decline"}}));
        }
        if message["id"] == "after" {
            answer = message;
        }
    }
    assert!(answer["result"]["structuredContent"].to_string().contains("Penicillin"), "seed {seed}: {answer}");
    let half = modern("half", "tools/list", json!({})).to_string();
    let half = &half.as_bytes()[..=dice.below(half.len() - 1)];
    ledger.sent(half);
    client.send(half);
    for message in client.end(TIME_MAX) {
        ledger.told(&message, seed);
    }
}
