//! What `airlock-host selftest --json` found on one machine: which attempts to get out succeed with no layer of isolation,
//! and which with all of them.

use std::collections::BTreeMap;

use airlock_offer::hex;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::facts::one_line;
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
    /// The kernel that it ran on.
    pub kernel: String,
    /// The list of tools of the program that ran it, if the file says so.
    pub tools_sha256: Option<String>,
    /// Attempts in all.
    pub attempts: usize,
    /// Those that succeed with no layer: without any, the run proves nothing.
    pub open_without_layers: usize,
    /// Names of those that succeed with all layers.
    pub open: Vec<String>,
    /// How many are closed by which layer alone, by its name.
    pub closed_by: BTreeMap<String, usize>,
}

/// What is read of the file; the rest is for others.
#[derive(Deserialize)]
struct Written {
    attempts: Vec<Attempt>,
    #[serde(default)]
    kernel: String,
    tools_sha256: Option<String>,
}

#[derive(Deserialize)]
struct Attempt {
    name: String,
    control: Found,
    isolated: Found,
    layer: Option<Layers>,
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
    One(String),
    Several(Vec<String>),
}

impl SelfTest {
    /// Reads the file's bytes.
    ///
    /// # Errors
    /// It is no such file, or proves nothing. The text says what to do.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let way_out = "write it anew with `airlock-host selftest --json`";
        let written: Written = serde_json::from_slice(bytes).map_err(|fault| format!("{fault}; {way_out}"))?;
        let Written { attempts, kernel, tools_sha256 } = written;
        if attempts.len() > ATTEMPTS_MAX {
            return Err(format!("it holds more than {ATTEMPTS_MAX} attempts; {way_out}"));
        }
        let open_without_layers = attempts.iter().filter(|attempt| attempt.control == Found::Open).count();
        if open_without_layers == 0 {
            return Err(format!(
                "no attempt succeeds with no layer either, so it proves nothing; find out what stops them there, and {way_out}"
            ));
        }
        let mut closed_by = BTreeMap::new();
        for attempt in &attempts {
            if attempt.control == Found::Open && attempt.isolated == Found::Closed {
                let layer = match &attempt.layer {
                    Some(Layers::One(layer)) => layer.clone(),
                    Some(Layers::Several(layers)) if layers.len() == 1 => layers.concat(),
                    Some(Layers::Several(_)) => "several layers".to_owned(),
                    None => "a layer that was not looked for".to_owned(),
                };
                *closed_by.entry(short(&layer)).or_default() += 1;
            }
        }
        let open =
            attempts.iter().filter(|attempt| attempt.isolated == Found::Open).map(|attempt| short(&attempt.name));
        Ok(Self {
            sha256: hex(&Sha256::digest(bytes)),
            kernel: short(&kernel),
            tools_sha256,
            attempts: attempts.len(),
            open_without_layers,
            open: open.collect(),
            closed_by,
        })
    }

    /// What was found, name and text.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("self-test-sha256", self.sha256.clone()),
            ("self-test-kernel", self.kernel.clone()),
            ("self-test-attempts", self.attempts.to_string()),
            ("self-test-open-without-layers", self.open_without_layers.to_string()),
            ("self-test-open-in-isolation", self.open.len().to_string()),
        ];
        facts.extend(self.closed_by.iter().map(|(layer, count)| ("self-test-closed-by", format!("{layer}: {count}"))));
        facts
    }

    /// What stays open, as a sentence. None if nothing does.
    pub(super) fn open_in_words(&self) -> Option<String> {
        let names: Vec<String> = self.open.iter().map(|name| format!("`{name}`")).collect();
        let (open, all) = (names.len(), self.attempts);
        (open > 0).then(|| format!("{open} of {all} attempts of the self-test stay open: {}.", listed(&names)))
    }
}

/// A text of the file, as far as it is repeated.
fn short(text: &str) -> String {
    one_line(&text.chars().take(TEXT_CHARS_MAX).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::SelfTest;

    fn read(attempts: &str) -> Result<SelfTest, String> {
        SelfTest::read(format!("{{\"attempts\": [{attempts}], \"kernel\": \"6.1.0\", \"uid\": 0}}").as_bytes())
    }

    #[test]
    fn attempts_are_counted_by_what_they_came_to() {
        let found = read(
            r#"{"name": "udp", "control": "open", "isolated": "closed", "layer": "seccomp-tight"},
               {"name": "tcp", "control": "open", "isolated": "closed", "layer": ["landlock", "seccomp-tight"]},
               {"name": "exec", "control": "open", "isolated": "closed"},
               {"name": "x32", "control": "absent", "isolated": "absent", "layer": "absent"},
               {"name": "stat", "control": "open", "isolated": "open", "layer": null}"#,
        )
        .expect("is one");
        assert_eq!((found.attempts, found.open_without_layers), (5, 4));
        assert_eq!(found.open, ["stat"]);
        let closed: Vec<_> = found.closed_by.iter().map(|(layer, count)| (layer.as_str(), *count)).collect();
        assert_eq!(closed, [("a layer that was not looked for", 1), ("seccomp-tight", 1), ("several layers", 1)]);
        assert_eq!(found.open_in_words().expect("one"), "1 of 5 attempts of the self-test stay open: `stat`.");
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        for attempts in ["", r#"{"name": "udp", "control": "closed", "isolated": "closed"}"#] {
            assert!(read(attempts).expect_err(attempts).contains("proves nothing"));
        }
        for attempts in [r#"{"name": "udp"}"#, r#"{"name": "udp", "control": "PASS", "isolated": "closed"}"#] {
            assert!(read(attempts).expect_err(attempts).contains("selftest --json"));
        }
        assert!(SelfTest::read(b"\xff").is_err());
    }

    #[test]
    fn names_are_shown_as_text_of_one_line() {
        let found =
            read("{\"name\": \"a\\nb\\u001b[0m\", \"control\": \"open\", \"isolated\": \"open\"}").expect("is one");
        assert_eq!(found.open, ["a\\u{a}b\\u{1b}[0m"]);
    }
}
