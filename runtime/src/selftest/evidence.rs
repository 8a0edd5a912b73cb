//! What came of the attempts, for people and as a file that belongs to a bundle. The same machine gives the same bytes: no time, no
//! process number, no path.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::attempts::{Attempt, MATRIX};
use super::runner::{Outcome, Verdict};
use super::{CONTROL_OPEN_MIN, Part, Settings, kernel};
use crate::isolation::Layer;

/// Attempts that a process which may read some files can make, and why that does no harm. All else must be closed.
const KNOWN: &[(&str, &str)] = &[
    (
        "stat-any-path",
        "neither Landlock nor a filter sees whose size is asked for; sizes, owners and times can be told, no content. Closed in a \
         process that opens no file, and by a mount namespace (RootDirectory= of the unit)",
    ),
    ("access-any-path", "the same question as `stat-any-path` in other words"),
    ("readlink-any-path", "the same as `stat-any-path`: where a link leads to can be told, not what is there"),
];

/// An attempt, and what came of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which one.
    pub attempt: &'static Attempt,
    /// With nothing in force.
    pub control: Option<Outcome>,
    /// Confined.
    pub isolated: Option<Outcome>,
    /// Confined so that no file can be opened, where it is one of the known ones.
    pub reading_nothing: Option<Outcome>,
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
        Self { attempt, control: None, isolated: None, reading_nothing: None, closed_by: None }
    }

    /// Why it may be open, if that is known.
    pub fn known(&self) -> Option<&'static str> {
        KNOWN.iter().find(|(name, _)| *name == self.attempt.name).map(|(_, reason)| *reason)
    }

    /// Whether it was done in spite of the layers.
    pub fn is_open(&self) -> bool {
        self.isolated.is_some_and(|outcome| outcome.verdict == Verdict::Open)
    }

    pub(super) fn is_closed_by_layers(&self) -> bool {
        let is = |outcome: Option<Outcome>, verdict| outcome.is_some_and(|outcome| outcome.verdict == verdict);
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
    /// With nothing in force, of those attempts of which there are numbers below `below`.
    pub fn control(&self, below: usize) -> Counts {
        self.count(below, |row| row.control)
    }

    /// Confined.
    pub fn isolated(&self, below: usize) -> Counts {
        self.count(below, |row| row.isolated)
    }

    fn count(&self, below: usize, part: impl Fn(&Row) -> Option<Outcome>) -> Counts {
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
        self.rows.iter().filter(|row| row.is_open() && row.known().is_none())
    }

    /// Why this run proves nothing, if it does not.
    pub fn proves_nothing(&self) -> Option<String> {
        let is_whole = self.settings.attempts.is_empty() && self.settings.only.is_none();
        let open = self.control(MATRIX).open;
        (is_whole && open < CONTROL_OPEN_MIN).then(|| {
            format!(
                "with nothing in force only {open} of {MATRIX} attempts are open here, and at least {CONTROL_OPEN_MIN} must be: what \
                 closes them is around this program, so the run says nothing of it; run it outside of the container or unit"
            )
        })
    }

    /// The file.
    pub fn to_json(&self, program: &Value) -> Value {
        let known: Map<String, Value> = KNOWN.iter().map(|(name, why)| ((*name).to_owned(), json!(why))).collect();
        let words: Vec<&str> = self.settings.without.iter().map(|layer| layer.word()).collect();
        let counted = |below| {
            json!({
                "control": counts_in_json(self.control(below)),
                "isolated": counts_in_json(self.isolated(below)),
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
            "known": known,
            "attempts": self.rows.iter().map(in_json).collect::<Vec<_>>(),
        })
    }
}

fn counts_in_json(counts: Counts) -> Value {
    json!({ "open": counts.open, "closed": counts.closed, "absent": counts.absent })
}

fn in_json(row: &Row) -> Value {
    let word = |outcome: Option<Outcome>| outcome.map(|outcome| outcome.verdict.word());
    let mut object = json!({
        "number": row.attempt.number(),
        "name": row.attempt.name,
        "what": row.attempt.what,
        "control": word(row.control),
        "isolated": word(row.isolated),
        "layer": row.layer(),
        "errno": row.isolated.and_then(|outcome| outcome.errno),
        "signal": row.isolated.and_then(|outcome| outcome.signal),
        "receipts": {
            "control": row.control.map(|outcome| outcome.receipts),
            "isolated": row.isolated.map(|outcome| outcome.receipts),
        },
    });
    if let Some(outcome) = row.reading_nothing {
        object["reading_nothing"] = json!(outcome.verdict.word());
    }
    object
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
