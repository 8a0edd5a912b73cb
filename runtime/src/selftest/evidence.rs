//! What came of the attempts, for people and as a file that belongs to a bundle. The same machine gives the same bytes: no time, no
//! process number, no path.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::attempts::{Attempt, MATRIX};
use super::runner::{Outcome, Verdict};
use super::{CONTROL_OPEN_MIN, Part, Settings, kernel};
use crate::isolation::Layer;

/// Attempts that a process which reads some files can make, and why that does no harm: none. Whoever adds one says why.
const KNOWN: &[(&str, &str)] = &[];

/// Attempts that are what a process was given, where it was given more than to read.
const GIVEN: &[(&str, &str)] = &[
    ("accept-passed-listener", "given: it takes clients at its own socket"),
    ("terminal-settings", "given: it edits lines at its own terminal"),
    ("socketpair", "given: its line editor tells itself of another width of the terminal"),
    ("fchmod-passed", "given: it makes files, so it sets the modes of those that it holds open"),
];

/// An attempt, and what came of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which one.
    pub attempt: &'static Attempt,
    /// With nothing in force.
    pub control: Option<Outcome>,
    /// Confined, with some files to read.
    pub isolated: Option<Outcome>,
    /// Confined, with no file at all.
    pub nothing: Option<Outcome>,
    /// Confined, with more left to it than to any command.
    pub most: Option<Outcome>,
    /// What closed it.
    pub closed_by: Option<ClosedBy>,
}

/// The layers that close an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// Each of these would do.
    Each(Vec<Layer>),
    /// Only these together do.
    Together(Vec<Layer>),
}

impl Row {
    pub(super) fn new(attempt: &'static Attempt) -> Self {
        Self { attempt, control: None, isolated: None, nothing: None, most: None, closed_by: None }
    }

    /// Why it may be open in a process that reads files, if that is known.
    pub fn known(&self) -> Option<&'static str> {
        reason(KNOWN, self.attempt)
    }

    /// Whether it was done in spite of the layers, with some files to read.
    pub fn is_open(&self) -> bool {
        is(self.isolated, Verdict::Open)
    }

    /// Whether it was done where nobody has said why.
    pub fn is_unexpected(&self) -> bool {
        is(self.nothing, Verdict::Open)
            || (self.is_open() && self.known().is_none())
            || (is(self.most, Verdict::Open) && self.known().or(reason(GIVEN, self.attempt)).is_none())
    }

    pub(super) fn is_closed_by_layers(&self) -> bool {
        is(self.control, Verdict::Open) && is(self.isolated, Verdict::Closed)
    }

    /// The layer in evidence: its word, several words, or why there is none.
    fn layer(&self) -> Value {
        let words = |layers: &[Layer]| layers.iter().map(|layer| layer.word()).collect::<Vec<_>>();
        match (&self.closed_by, self.control) {
            (Some(ClosedBy::Each(layers)), _) if layers.len() == 1 => Value::from(words(layers)[0]),
            (Some(ClosedBy::Each(layers)), _) => Value::from(words(layers)),
            (Some(ClosedBy::Together(layers)), _) => Value::from(words(layers).join("+")),
            (None, Some(control)) if control.verdict == Verdict::Closed => Value::from("control closed"),
            (None, Some(control)) if control.verdict == Verdict::Absent => Value::from("absent"),
            (None, _) => Value::Null,
        }
    }

    /// The same for people.
    pub fn layer_in_words(&self) -> String {
        match self.layer() {
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            Value::String(word) => word,
            _ => String::new(),
        }
    }
}

fn is(outcome: Option<Outcome>, verdict: Verdict) -> bool {
    outcome.is_some_and(|outcome| outcome.verdict == verdict)
}

fn reason(reasons: &'static [(&str, &str)], attempt: &Attempt) -> Option<&'static str> {
    reasons.iter().find(|(name, _)| *name == attempt.name).map(|(_, reason)| *reason)
}

/// How many attempts came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub open: usize,
    pub closed: usize,
    pub absent: usize,
}

/// Everything that is known after a run.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// In the order of the matrix.
    pub rows: Vec<Row>,
    /// What was in force in the confined part.
    pub layers: Vec<String>,
    pub(super) settings: Settings,
}

impl Evidence {
    /// How many, of the attempts with numbers below `below`. `part` is one of a row's outcomes.
    pub fn count(&self, below: usize, part: impl Fn(&Row) -> Option<Outcome>) -> Counts {
        let mut counts = Counts::default();
        for outcome in self.rows.iter().filter(|row| row.attempt.number() < below).filter_map(part) {
            match outcome.verdict {
                Verdict::Open => counts.open += 1,
                Verdict::Closed => counts.closed += 1,
                Verdict::Absent => counts.absent += 1,
            }
        }
        counts
    }

    /// What is open, and nobody has said why.
    pub fn unexpected(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_unexpected())
    }

    /// Why this run proves nothing, if it does not.
    pub fn proves_nothing(&self) -> Option<String> {
        let is_whole = self.settings.attempts.is_empty() && self.settings.only.is_none();
        let open = self.count(MATRIX, |row| row.control).open;
        (is_whole && open < CONTROL_OPEN_MIN).then(|| {
            format!(
                "with nothing in force only {open} of {MATRIX} attempts are open here, and at least {CONTROL_OPEN_MIN} must be: what \
                 closes them is around this program, so the run says nothing of it; run it outside of the container or unit"
            )
        })
    }

    /// The file.
    pub fn to_json(&self, program: &Value) -> Value {
        let reasons = |reasons: &[(&str, &str)]| -> Map<String, Value> {
            reasons.iter().map(|(name, why)| ((*name).to_owned(), json!(why))).collect()
        };
        let words: Vec<&str> = self.settings.without.iter().map(|layer| layer.word()).collect();
        let counted = |below| {
            json!({
                "control": counts_in_json(self.count(below, |row| row.control)),
                "isolated": counts_in_json(self.count(below, |row| row.isolated)),
                "isolated_reading_nothing": counts_in_json(self.count(below, |row| row.nothing)),
                "isolated_with_most": counts_in_json(self.count(below, |row| row.most)),
            })
        };
        json!({
            "program": program,
            "machine": machine(),
            "layers": self.layers,
            "without": words,
            "beyond_loopback": self.settings.beyond,
            "part": self.settings.only.map(|part| if part == Part::Control { "control" } else { "isolated" }),
            "counts": {
                "attempts": self.rows.len(),
                "matrix": counted(MATRIX),
                "all": counted(usize::MAX),
                "unexpected": self.unexpected().count(),
            },
            "known": reasons(KNOWN),
            "given": reasons(GIVEN),
            "attempts": self.rows.iter().map(in_json).collect::<Vec<_>>(),
        })
    }
}

fn counts_in_json(counts: Counts) -> Value {
    json!({ "open": counts.open, "closed": counts.closed, "absent": counts.absent })
}

fn in_json(row: &Row) -> Value {
    let word = |outcome: Option<Outcome>| outcome.map(|outcome| outcome.verdict.word());
    let confined: usize = [row.nothing, row.isolated, row.most].iter().flatten().map(|outcome| outcome.receipts).sum();
    json!({
        "number": row.attempt.number(),
        "name": row.attempt.name,
        "what": row.attempt.what,
        "control": word(row.control),
        "isolated": word(row.isolated),
        "isolated_reading_nothing": word(row.nothing),
        "isolated_with_most": word(row.most),
        "layer": row.layer(),
        "errno": row.isolated.and_then(|outcome| outcome.errno),
        "signal": row.isolated.and_then(|outcome| outcome.signal),
        "receipts": {
            "control": row.control.map(|outcome| outcome.receipts),
            "isolated": confined,
        },
    })
}

/// What the kernel says of itself. What it does not say, or not to everybody, is null.
fn machine() -> Value {
    const LANDLOCK_VERSION: u64 = 1;
    const LANDLOCK_ERRATA: u64 = 2;
    let landlock = |what| kernel::call(libc::SYS_landlock_create_ruleset, &[0, 0, what]).ok();
    let uname = rustix::system::uname();
    let read = |path: &str| fs::read_to_string(Path::new(path)).ok().map(|text| text.trim().to_owned());
    let lsm = read("/sys/kernel/security/lsm").map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>());
    json!({
        "kernel": uname.release().to_string_lossy(),
        "architecture": std::env::consts::ARCH,
        "lsm": lsm,
        "landlock_abi": landlock(LANDLOCK_VERSION),
        "landlock_errata": landlock(LANDLOCK_ERRATA),
        "uid": rustix::process::geteuid().as_raw(),
    })
}
