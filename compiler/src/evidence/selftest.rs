//! What `airlock-host selftest --json` found on one machine: which attempts to get out succeed with no layer of isolation,
//! and which with all of them.

use std::collections::BTreeMap;

use airlock_offer::hex;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::facts::one_line;
use crate::markup;
use crate::wording::listed;

/// More attempts than this are none of ours.
const ATTEMPTS_MAX: usize = 10_000;

/// Characters of a text that is repeated from the file.
const TEXT_CHARS_MAX: usize = 200;

/// A self-test, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfTest {
    /// Of the file's bytes.
    pub sha256: String,
    /// Of the program that ran it.
    pub program_sha256: String,
    /// The list of tools of that program, if the file says so.
    pub tools_sha256: Option<String>,
    /// The kernel that it ran on.
    pub kernel: String,
    /// The layers that were in force.
    pub layers: Vec<String>,
    /// Attempts in all.
    pub attempts: usize,
    /// Those that succeed with no layer: without any, the run proves nothing.
    pub open_without_layers: usize,
    /// Those that succeed with all layers, in a process that reads files, one that reads none, or one that was given more:
    /// each with the reason, if one is known.
    pub open: Vec<(String, String)>,
    /// How many are closed by which layer, by its name.
    pub closed_by: BTreeMap<String, usize>,
}

/// What is read of the file; the rest is for others.
#[derive(Deserialize)]
struct Written {
    attempts: Vec<Attempt>,
    #[serde(default)]
    machine: Machine,
    #[serde(default)]
    program: Program,
    #[serde(default)]
    layers: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    known: BTreeMap<String, String>,
    #[serde(default)]
    given: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Machine {
    #[serde(default)]
    kernel: String,
}

#[derive(Default, Deserialize)]
struct Program {
    #[serde(default)]
    sha256: String,
    tools_sha256: Option<String>,
}

/// What is null was not tried.
#[derive(Deserialize)]
struct Attempt {
    name: String,
    control: Option<Found>,
    isolated: Option<Found>,
    isolated_reading_nothing: Option<Found>,
    isolated_with_most: Option<Found>,
    layer: Option<Layers>,
}

impl Attempt {
    fn is_open(&self) -> bool {
        let found = [self.isolated, self.isolated_reading_nothing, self.isolated_with_most];
        found.contains(&Some(Found::Open))
    }
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Found {
    Open,
    Closed,
    Absent,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Layers {
    /// This one, or these together.
    One(String),
    /// Each of these.
    Several(Vec<String>),
}

/// What to do about a file that is none.
const WAY_OUT: &str = "write it anew with `airlock-host selftest --json`";

impl SelfTest {
    /// Reads the file's bytes.
    ///
    /// # Errors
    /// It is no such file, one of a part of the attempts or layers, or proves nothing. The text says what to do.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(bytes).map_err(|fault| format!("{fault}; {WAY_OUT}"))?;
        let Written { attempts, machine, program, layers, without, known, given } = written;
        if attempts.len() > ATTEMPTS_MAX {
            return Err(format!("it holds more than {ATTEMPTS_MAX} attempts; {WAY_OUT}"));
        }
        if !without.is_empty() || attempts.iter().any(|one| one.control.is_none() || one.isolated.is_none()) {
            return Err(format!("layers or attempts were left out, so it says too little; {WAY_OUT} and nothing else"));
        }
        let open_without_layers = attempts.iter().filter(|one| one.control == Some(Found::Open)).count();
        if open_without_layers == 0 {
            return Err(format!(
                "no attempt succeeds with no layer either, so it proves nothing; find out what stops them there, and {WAY_OUT}"
            ));
        }
        let open = attempts.iter().filter(|one| one.is_open()).map(|one| {
            let reason = known.get(&one.name).or(given.get(&one.name));
            (short(&one.name), reason.map_or_else(|| "nobody has said why".to_owned(), |reason| short(reason)))
        });
        Ok(Self {
            sha256: hex(&Sha256::digest(bytes)),
            program_sha256: short(&program.sha256),
            tools_sha256: program.tools_sha256,
            kernel: short(&machine.kernel),
            layers: layers.iter().map(|layer| short(layer)).collect(),
            attempts: attempts.len(),
            open_without_layers,
            open: open.collect(),
            closed_by: closed_by(&attempts),
        })
    }

    /// What was found, name and text.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("self-test-sha256", self.sha256.clone()),
            ("self-test-program-sha256", self.program_sha256.clone()),
            ("self-test-kernel", self.kernel.clone()),
            ("self-test-layers", self.layers.join(", ")),
            ("self-test-attempts", self.attempts.to_string()),
            ("self-test-open-without-layers", self.open_without_layers.to_string()),
            ("self-test-open-in-isolation", self.open.len().to_string()),
        ];
        facts.extend(self.open.iter().map(|(name, reason)| ("self-test-stays-open", format!("{name}: {reason}"))));
        facts.extend(self.closed_by.iter().map(|(layer, count)| ("self-test-closed-by", format!("{layer}: {count}"))));
        facts
    }

    /// What stays open, as a sentence. None if nothing does.
    pub(super) fn open_in_words(&self) -> Option<String> {
        let names: Vec<String> = self.open.iter().map(|(name, _)| markup::code(name)).collect();
        let (open, all) = (names.len(), self.attempts);
        (open > 0).then(|| format!("{open} of {all} attempts of the self-test stay open: {}.", listed(&names)))
    }
}

/// How many attempts each layer closes.
fn closed_by(attempts: &[Attempt]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for attempt in attempts {
        if attempt.control == Some(Found::Open) && !attempt.is_open() {
            let layer = match &attempt.layer {
                Some(Layers::One(layer)) => layer.clone(),
                Some(Layers::Several(layers)) if layers.len() == 1 => layers.concat(),
                Some(Layers::Several(_)) => "each of several layers".to_owned(),
                None => "a layer that was not looked for".to_owned(),
            };
            *counts.entry(short(&layer)).or_default() += 1;
        }
    }
    counts
}

/// A text of the file, as far as it is repeated.
fn short(text: &str) -> String {
    one_line(&text.chars().take(TEXT_CHARS_MAX).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::SelfTest;

    fn read(attempts: &str) -> Result<SelfTest, String> {
        let rest = r#""machine": {"kernel": "6.1.0"}, "known": {"stat": "sizes can be told"}, "part": null"#;
        SelfTest::read(format!("{{\"attempts\": [{attempts}], {rest}}}").as_bytes())
    }

    #[test]
    fn attempts_are_counted_by_what_they_came_to() {
        let found = read(
            r#"{"name": "udp", "control": "open", "isolated": "closed", "layer": "seccomp-tight"},
               {"name": "tcp", "control": "open", "isolated": "closed", "layer": ["landlock", "seccomp-tight"]},
               {"name": "exec", "control": "open", "isolated": "closed"},
               {"name": "x32", "control": "absent", "isolated": "absent", "layer": "absent"},
               {"name": "stat", "control": "open", "isolated": "open", "layer": null},
               {"name": "cut", "control": "open", "isolated": "closed", "isolated_with_most": "open", "layer": null}"#,
        )
        .expect("is one");
        assert_eq!((found.attempts, found.open_without_layers, found.kernel.as_str()), (6, 5, "6.1.0"));
        let open: Vec<_> = found.open.iter().map(|(name, reason)| (name.as_str(), reason.as_str())).collect();
        assert_eq!(open, [("stat", "sizes can be told"), ("cut", "nobody has said why")]);
        let closed: Vec<_> = found.closed_by.iter().map(|(layer, count)| (layer.as_str(), *count)).collect();
        assert_eq!(
            closed,
            [("a layer that was not looked for", 1), ("each of several layers", 1), ("seccomp-tight", 1)]
        );
        let said = found.open_in_words().expect("two");
        assert_eq!(said, "2 of 6 attempts of the self-test stay open: `stat`, `cut`.");
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        for attempts in ["", r#"{"name": "udp", "control": "closed", "isolated": "closed"}"#] {
            assert!(read(attempts).expect_err(attempts).contains("proves nothing"));
        }
        for attempts in [r#"{"control": "open"}"#, r#"{"name": "udp", "control": "PASS", "isolated": "closed"}"#] {
            assert!(read(attempts).expect_err(attempts).contains("selftest --json"));
        }
        for attempts in
            [r#"{"name": "udp", "control": "open"}"#, r#"{"name": "udp", "control": null, "isolated": "open"}"#]
        {
            assert!(read(attempts).expect_err(attempts).contains("left out"));
        }
        let without =
            r#"{"attempts": [{"name": "udp", "control": "open", "isolated": "open"}], "without": ["landlock"]}"#;
        assert!(SelfTest::read(without.as_bytes()).expect_err("a sabotaged run").contains("left out"));
        assert!(SelfTest::read(b"\xff").is_err());
    }

    #[test]
    fn names_are_shown_as_text_of_one_line() {
        let found =
            read("{\"name\": \"a\\nb\\u001b|[0m\", \"control\": \"open\", \"isolated\": \"open\"}").expect("is one");
        assert_eq!(found.open[0].0, "a\\u{a}b\\u{1b}|[0m");
        assert!(!found.open_in_words().expect("one").contains('|'), "no cell of a table ends");
    }
}
