//! `SHA512SUMS`: what is signed. Stricter than the tool that reads it.
//!
//! One line `<128 lower-case hex><two spaces><path>` for each file of the bundle but this one and those below `signatures/`,
//! sorted by bytes, no two paths equal when lower-cased, LF, the last line ended. `sha512sum -c` takes most of what is refused here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::{Code, Refusal, SIGNATURES, SUMS, path};

/// Sums longer than this are not looked at, in bytes: more than 200,000 files.
pub const BYTES_MAX: u64 = 64 << 20;

/// Hexadecimal digits of a digest.
const DIGITS: usize = 128;

/// The digest of each file, by its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, String>);

impl Sums {
    /// Reads the exact bytes of the file. Refused as [`Code::Format`], with the line's number.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let refused = |text: String| Refusal::new(Code::Format, format!("{SUMS}{text}"));
        if bytes.len() as u64 > BYTES_MAX {
            return Err(refused(format!(" is longer than {BYTES_MAX} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| refused(" is not ASCII".to_owned()))?;
        if text.is_empty() {
            return Err(refused(" lists no file".to_owned()));
        }
        let text = text.strip_suffix('\n').ok_or_else(|| refused(": the last line is not ended".to_owned()))?;
        let mut files = BTreeMap::new();
        let (mut lower, mut directories) = (BTreeSet::new(), BTreeMap::new());
        let mut last = "";
        for (at, line) in text.split('\n').enumerate() {
            let told = |fault: &str| refused(format!(", line {}: {fault}", at + 1));
            let (digest, path) = line
                .split_at_checked(DIGITS)
                .and_then(|(digest, rest)| Some((digest, rest.strip_prefix("  ")?)))
                .ok_or_else(|| told("is not `<128 hexadecimal digits><two spaces><path>`"))?;
            if !digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
                return Err(told("the digest has other characters than 0-9 and a-f"));
            }
            path::check(path).map_err(|fault| told(&format!("`{}` {fault}", path.escape_debug())))?;
            if path == SUMS || path == SIGNATURES || path.starts_with("signatures/") {
                return Err(told("neither the sums nor signatures are listed in the sums"));
            }
            if at > 0 && path <= last {
                return Err(told("is not sorted behind the line before it"));
            }
            if !lower.insert(path.to_ascii_lowercase()) {
                return Err(told("differs from another path in upper and lower case alone"));
            }
            twins(path, &mut directories).map_err(|fault| told(&fault))?;
            last = path;
            files.insert(path.to_owned(), digest.to_owned());
        }
        Ok(Self(files))
    }

    /// Adds a file, whose path and digest are already what they should be.
    pub fn insert(&mut self, path: String, sha512: String) {
        self.0.insert(path, sha512);
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (path, digest) in &self.0 {
            let _ = writeln!(text, "{digest}  {path}");
        }
        text
    }

    /// The digest of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether a file is listed that lies below this path.
    pub fn has_below(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.0.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// Paths and digests, sorted by bytes of the path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, digest)| (path.as_str(), digest.as_str()))
    }
}

/// Whether a directory above a file is another one than before and the same in lower case: on some media both are one.
fn twins<'a>(path: &'a str, directories: &mut BTreeMap<String, &'a str>) -> Result<(), String> {
    for (at, _) in path.match_indices('/') {
        let directory = &path[..at];
        if *directories.entry(directory.to_ascii_lowercase()).or_insert(directory) != directory {
            return Err(format!("the directory `{directory}` differs from another in upper and lower case alone"));
        }
    }
    Ok(())
}
