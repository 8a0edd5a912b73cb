//! How many tokens each tool costs, as one model's tokenizer counts them: a small file that is reviewed and committed.
//!
//! The host writes it, since it has the tokenizer; the compiler reads it, since it refuses what goes beyond a budget. A count
//! holds for one text alone, so its digest stands beside it.
//!
//! ```text
//! # How many tokens each tool costs. Written by `airlock-host budget`: read the diff, then commit it.
//! version 1
//! model sha256:<64 digits> name-of-the-file.gguf
//! find_free_beds 143 sha256:<64 digits>
//! total 143
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{Listed, sha256};

/// The file's name, beside the catalogs.
pub const COUNTS_FILE: &str = "budget.lock";

const COMMENT: &str =
    "# How many tokens each tool costs. Written by `airlock-host budget`: read the diff, then commit it.";

/// The counts of all tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The file name of the model that counted.
    pub model: String,
    /// The digest of that file.
    pub model_sha256: String,
    /// The tools by name.
    pub tools: BTreeMap<String, Count>,
}

/// The count of one tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Tokens of [`Listed::told`].
    pub tokens: u64,
    /// The digest of that text.
    pub told_sha256: String,
}

/// Why a text holds no counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountsFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl Counts {
    /// The tokens of all tools. Each is counted by itself, so that a change of one changes one line.
    pub fn total(&self) -> u64 {
        self.tools.values().map(|count| count.tokens).sum()
    }

    /// The names of tools whose count is missing, is of another text, or is of no tool; sorted.
    pub fn stale(&self, entries: &[Listed<'_>]) -> Vec<String> {
        let mut known: BTreeMap<&str, &Count> = self.tools.iter().map(|(name, count)| (name.as_str(), count)).collect();
        let mut stale: Vec<String> = Vec::new();
        for entry in entries {
            let counted = known.remove(entry.name);
            if counted.is_none_or(|count| count.told_sha256 != sha256(entry.told().as_bytes())) {
                stale.push(entry.name.to_owned());
            }
        }
        stale.extend(known.into_keys().map(str::to_owned));
        stale.sort();
        stale
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = format!("{COMMENT}\nversion 1\nmodel sha256:{} {}\n", self.model_sha256, self.model);
        for (name, Count { tokens, told_sha256 }) in &self.tools {
            let _ = writeln!(text, "{name} {tokens} sha256:{told_sha256}");
        }
        let _ = writeln!(text, "total {}", self.total());
        text
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// The first line that is not as this module writes it.
    pub fn read(text: &str) -> Result<Self, CountsFault> {
        let mut counts = Self::default();
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
            .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
        let fault = |line: usize, reason: &str| CountsFault { line, reason: reason.to_owned() };
        let end = text.lines().count().max(1);
        let (line, version) = lines.next().ok_or_else(|| fault(end, "`version 1` is missing"))?;
        if version != "version 1" {
            return Err(fault(line, "this is not `version 1`"));
        }
        let (line, model) = lines.next().ok_or_else(|| fault(end, "the line of the model is missing"))?;
        let model = model.strip_prefix("model ").and_then(|rest| rest.split_once(' '));
        let (sha256, name) = model.ok_or_else(|| fault(line, "this is not `model sha256:… NAME`"))?;
        counts.model_sha256 = digest(sha256).ok_or_else(|| fault(line, "the digest is not `sha256:` and 64 digits"))?;
        name.clone_into(&mut counts.model);
        for (line, text) in lines.by_ref() {
            if let Some(total) = text.strip_prefix("total ") {
                if total.parse() != Ok(counts.total()) {
                    return Err(fault(line, "the total is not that of the lines above it"));
                }
                return match lines.next() {
                    None => Ok(counts),
                    Some((line, _)) => Err(fault(line, "nothing stands behind the total")),
                };
            }
            let (name, count) = count(text).ok_or_else(|| fault(line, "this is not `TOOL TOKENS sha256:…`"))?;
            if counts.tools.insert(name, count).is_some() {
                return Err(fault(line, "this tool stands there twice"));
            }
        }
        Err(fault(end, "the total is missing"))
    }
}

fn count(line: &str) -> Option<(String, Count)> {
    let mut words = line.split(' ');
    let (name, tokens, sha256) = (words.next()?, words.next()?, words.next()?);
    let tokens = tokens.parse::<u32>().ok()?.into();
    let is_whole = words.next().is_none() && !name.is_empty();
    is_whole.then_some((name.to_owned(), Count { tokens, told_sha256: digest(sha256)? }))
}

/// The digits of `sha256:…`.
fn digest(word: &str) -> Option<String> {
    let digits = word.strip_prefix("sha256:")?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (digits.len() == 64 && digits.bytes().all(is_digit)).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Count, Counts};
    use crate::sha256;

    fn counts() -> Counts {
        let count = |tokens| Count { tokens, told_sha256: sha256(b"told") };
        let tools = BTreeMap::from([("a".to_owned(), count(3)), ("b_c".to_owned(), count(40))]);
        Counts { model: "a model.gguf".into(), model_sha256: sha256(b""), tools }
    }

    #[test]
    fn what_is_written_is_read() {
        let counts = counts();
        assert_eq!(Counts::read(&counts.text()), Ok(counts.clone()));
        assert_eq!(counts.total(), 43);
        let none = Counts { tools: BTreeMap::new(), ..counts };
        assert_eq!(Counts::read(&none.text()), Ok(none));
    }

    #[test]
    fn what_was_not_written_so_is_refused_at_its_line() {
        let text = counts().text();
        for (from, to, line) in [
            ("version 1", "version 2", 2),
            ("version 1\n", "", 2),
            ("model ", "modell ", 3),
            ("a 3 ", "a 4 ", 6),
            ("a 3 ", "a -3 ", 4),
            ("a 3 ", "<<<<<<< HEAD\na 3 ", 4),
            ("b_c 40", "a 40", 5),
            ("total 43", "", 6),
            ("total 43", "total 43\nd 1", 7),
            ("total 43", "total 9999999999999999999999", 6),
        ] {
            assert!(text.contains(from), "{from}");
            let fault = Counts::read(&text.replacen(from, to, 1)).expect_err(to);
            assert_eq!(fault.line, line, "{from} -> {to}: {fault:?}");
        }
        for hostile in ["", "\n", "version 1", "version 1\nmodel sha256:0 x\ntotal 0", "\u{feff}version 1\r\n"] {
            assert!(Counts::read(hostile).is_err(), "{hostile:?}");
        }
    }
}
