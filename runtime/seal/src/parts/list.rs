//! `NAME.parts`: what parts there are, as `sha512sum` writes it, below one line about the whole.
//!
//! ```text
//! # whole <sha512> <bytes> NAME
//! <sha512>  NAME.000
//! <sha512>  NAME.001
//! ```

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{PARTS_MAX, numbered, shown};
use crate::{Code, Refusal, path};

/// Longer lists are not looked at, in bytes: a thousand lines of the longest names.
const BYTES_MAX: u64 = 1 << 20;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub sha512: String,
}

/// What is in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Of the whole file.
    pub name: String,
    pub bytes: u64,
    pub sha512: String,
    pub parts: Vec<Listed>,
}

fn is_digest(text: &str) -> bool {
    text.len() == 128 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl List {
    pub(super) fn read_file(path: &Path) -> Result<Self, Refusal> {
        let failed = |fault: std::io::Error| Refusal::internal(shown(path), fault);
        let mut text = String::new();
        let read = File::open(path).map_err(failed)?.take(BYTES_MAX + 1).read_to_string(&mut text);
        let refused = |fault: &str| Refusal::new(Code::Format, format!("{}{fault}", shown(path)));
        match read {
            Err(fault) if fault.kind() == std::io::ErrorKind::InvalidData => return Err(refused(" is not ASCII")),
            read => read.map_err(failed)?,
        };
        if text.len() as u64 > BYTES_MAX {
            return Err(refused(" is longer than 1 MiB"));
        }
        Self::read(&text).map_err(|fault| refused(&fault))
    }

    /// Reads a list. Faults go on from the file's name.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.strip_suffix('\n').ok_or(": the last line is not ended")?.split('\n');
        let first = lines.next().unwrap_or_default();
        let about = first.strip_prefix("# whole ").and_then(|rest| {
            let (sha512, rest) = rest.split_once(' ')?;
            let (bytes, name) = rest.split_once(' ')?;
            let is_plain = is_digest(sha512) && path::check(name).is_ok() && !name.contains('/');
            Some((sha512, bytes.parse::<u64>().ok()?, name)).filter(|_| is_plain)
        });
        let (sha512, bytes, name) = about.ok_or(", line 1: is not `# whole SHA512 BYTES NAME`")?;
        let mut parts = Vec::new();
        for line in lines {
            let told = |fault: &str| format!(", line {}: {fault}", parts.len() + 2);
            let (digest, part) = line.split_once("  ").ok_or_else(|| told("is not `SHA512  NAME.NNN`"))?;
            if !is_digest(digest) || numbered(part) != Some((name, parts.len() as u64)) {
                return Err(told(&format!("is not `SHA512  {name}.{:03}`", parts.len())));
            }
            parts.push(Listed { sha512: digest.to_owned() });
        }
        if parts.is_empty() || parts.len() as u64 > PARTS_MAX {
            return Err(" lists no part, or more than 1,000".to_owned());
        }
        Ok(Self { name: name.to_owned(), bytes, sha512: sha512.to_owned(), parts })
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = format!("# whole {} {} {}\n", self.sha512, self.bytes, self.name);
        for (at, part) in self.parts.iter().enumerate() {
            let _ = writeln!(text, "{}  {}.{at:03}", part.sha512, self.name);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{List, Listed};

    #[test]
    fn a_list_is_read_as_it_is_written_and_not_otherwise() {
        let digest = |digit: &str| digit.repeat(128);
        let parts = ["1", "2"].map(|digit| Listed { sha512: digest(digit) }).to_vec();
        let list = List { name: "a.tar.zst".to_owned(), bytes: 7, sha512: digest("a"), parts };
        let text = list.text();
        assert_eq!(List::read(&text), Ok(list));
        for (from, to) in [
            ("# whole ", "# "),
            (" 7 ", " -7 "),
            (" 7 a.tar.zst", " 7 ../a.tar.zst"),
            (" 7 a.tar.zst", " 7 d/a.tar.zst"),
            ("a.tar.zst.001", "a.tar.zst.002"),
            ("a.tar.zst.001", "b.tar.zst.001"),
            ("  a.tar.zst.000", " *a.tar.zst.000"),
            ("111", "11g"),
            ("222", "22"),
            ("001\n", "001"),
            ("\n", "\r\n"),
        ] {
            assert!(text.contains(from), "{from}");
            List::read(&text.replacen(from, to, if from == "\n" { 9 } else { 1 })).expect_err(to);
        }
        List::read(text.lines().next().expect("a line")).expect_err("no part");
    }
}
