//! Very many calls through one server: callers that do not wait for each other, an upstream in all kinds of trouble, calls
//! that are cancelled and calls that are refused. None may be lost, none may leave anything behind.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Dice;
use crate::faulty::{self, Trouble};
use crate::host::{Client, Place, Server, modern};

/// Calls that are open at once.
const CALLERS: usize = 64;

/// Longer than any call may take.
const TIME_MAX: Duration = Duration::from_secs(30);

/// What a server holds after its last call beyond what it held after a tenth of them: allocators keep a little.
const GROWTH_BYTES_MAX: u64 = 2 << 20;

/// Troubles that end by themselves at once. One that never does is only cancelled.
const TROUBLES: [Trouble; 14] = [
    Trouble::ResetBeforeHead,
    Trouble::ResetInHead,
    Trouble::ResetInBody,
    Trouble::LengthTooShort,
    Trouble::LengthTooLong,
    Trouble::ChunksWithoutEnd,
    Trouble::BadChunk,
    Trouble::BadGzip,
    Trouble::Html,
    Trouble::BrokenJson,
    Trouble::Redirect,
    Trouble::Overloaded,
    Trouble::NoHttp,
    Trouble::DiesAfterwards,
];

/// What became of the calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// All of them.
    pub calls: usize,
    /// Those with an answer of the upstream.
    pub answered: usize,
    /// Those with a text that says why there is none.
    pub refused: usize,
    /// Those that were cancelled and had no answer.
    pub cancelled: usize,
    /// From the first request to the last answer.
    pub taken: Duration,
    /// What the server held after a tenth of the calls, and after all, in bytes.
    pub memory_bytes: [u64; 2],
    /// What it had open then.
    pub descriptors: [usize; 2],
}

/// What a call is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It has an answer of the upstream.
    Answer,
    /// It has a text.
    Text,
    /// It is an answer, a text or nothing.
    Cancelled,
}

/// Makes so many calls.
///
/// # Panics
/// A call is lost, answered twice or otherwise than it must be, or has not exactly one record; or the server holds more in
/// the end than after a tenth.
pub fn run(calls: usize, seed: u64) -> Report {
    let upstream = faulty::serve().expect("a free port");
    let place = Place::new(&format!("http://{upstream}"), &json!({"calls_at_once_max": 16}));
    let (mut server, client) = place.serve(&[]);
    let mut soak = Soak { client, dice: Dice::new(seed), open: BTreeMap::new(), report: Report::default() };
    let began = Instant::now();
    for (position, until) in [calls / 10, calls].into_iter().enumerate() {
        soak.calls_until(until);
        soak.report.memory_bytes[position] = server.memory_bytes("VmRSS");
        soak.report.descriptors[position] = server.descriptors();
    }
    soak.report.taken = began.elapsed();
    let Soak { client, mut report, open, .. } = soak;
    assert!(client.end(TIME_MAX).is_empty(), "nothing is owed any more");
    assert_eq!(server.ended(TIME_MAX), Some(0));
    report.cancelled = open.len();
    check(&report, &place, &server);
    report
}

fn check(report: &Report, place: &Place, server: &Server) {
    assert_eq!(report.answered + report.refused + report.cancelled, report.calls, "{report:?} of {}", server.id());
    let records = place.audit();
    assert_eq!(records.len(), report.calls, "one record a call");
    let trail = place.trail();
    let sequence = trail.iter().map(|record| record["seq"].as_u64()).enumerate();
    assert!(sequence.into_iter().all(|(at, number)| number == Some(at as u64 + 1)), "no record is missing or doubled");
    let of = |verdict: &str| records.iter().filter(|record| record["verdict"] == verdict).count();
    // A call may end while it is being cancelled: then it has an answer in its record, and nobody who reads it.
    assert!(of("answered") >= report.answered && of("cancelled") <= report.cancelled, "{report:?}");
    let [early, late] = report.memory_bytes;
    assert!(late <= early + GROWTH_BYTES_MAX, "{report:?}");
    let [early, late] = report.descriptors;
    // A few connections are kept, more or fewer of them.
    assert!(late <= early + 8, "{report:?}");
}

struct Soak {
    client: Client,
    dice: Dice,
    open: BTreeMap<u64, Fate>,
    report: Report,
}

impl Soak {
    /// Goes on until so many calls have been made and nothing is open.
    fn calls_until(&mut self, calls: usize) {
        let is_owed = |fate: &&Fate| **fate != Fate::Cancelled;
        while self.report.calls < calls || self.open.values().filter(is_owed).count() > 0 {
            while self.report.calls < calls && self.open.values().filter(is_owed).count() < CALLERS {
                self.call();
            }
            let answer = self.client.receive(TIME_MAX).unwrap_or_else(|| panic!("lost: {:?}", self.open));
            self.close(&answer);
        }
        // Whoever was cancelled leaves the server in its own time.
        let marker = self.client.ask(&modern("marker", "tools/list", json!({})), TIME_MAX);
        assert!(marker["result"]["tools"].is_array());
    }

    fn call(&mut self) {
        let id = self.report.calls as u64;
        self.report.calls += 1;
        let chance = self.dice.below(100);
        let (fate, trouble) = match chance {
            0..75 => (Fate::Answer, Trouble::None),
            75..90 => (Fate::Text, self.dice.of(&TROUBLES)),
            90..95 => (Fate::Text, Trouble::None),
            _ => (Fate::Cancelled, self.dice.of(&[Trouble::Never, Trouble::None, Trouble::ResetInBody])),
        };
        let fate = if trouble == Trouble::DiesAfterwards { Fate::Answer } else { fate };
        // These are refused before anything is sent.
        let name = if (90..95).contains(&chance) { "patient" } else { "patient_id" };
        let params = json!({"name": "list_allergies", "arguments": {name: trouble.patient()}});
        self.client.say(&modern(id, "tools/call", params));
        if fate == Fate::Cancelled {
            let params = json!({"requestId": id});
            self.client.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}));
        }
        self.open.insert(id, fate);
    }

    fn close(&mut self, answer: &Value) {
        let id = answer["id"].as_u64().unwrap_or_else(|| panic!("an answer to nothing: {answer}"));
        let fate = self.open.remove(&id).unwrap_or_else(|| panic!("answered twice: {answer}"));
        let is_error = answer["result"]["isError"].as_bool().unwrap_or_else(|| panic!("no result: {answer}"));
        let is_meant = fate == Fate::Cancelled || (fate == Fate::Text) == is_error;
        assert!(is_meant, "{fate:?}: {answer}");
        if is_error {
            self.report.refused += 1;
        } else {
            self.report.answered += 1;
        }
    }
}
