//! Looks through a program for what it must not know of the machine that it was built on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A path that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it begins, in bytes.
    pub offset: usize,
    /// What stands there, to the end of the text, at most 200 bytes.
    pub text: String,
}

/// What a path of the house begins with, that is no path of a machine: the names that directories are given for compilers,
/// those of Rust's and the C library's own sources, and the system's headers.
const NEUTRAL: [&str; 7] =
    ["/source/", "/target/", "/cargo/", "/rustc/", "/rust/deps/", "/usr/include/", "/usr/lib/gcc/"];

/// The longest text that is shown, in bytes.
const SHOWN_BYTES: usize = 200;

/// The directories that no program built below `work` may name: that one, and where Cargo of this user keeps its crates.
pub fn needles(work: &Path) -> Vec<String> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let directories = [Some(work.to_owned()), home, cargo];
    let texts: BTreeSet<String> =
        directories.into_iter().flatten().filter_map(|path| path.to_str().map(str::to_owned)).collect();
    texts.into_iter().filter(|text| text.len() > 1).collect()
}

/// The first place where one of `needles` stands, or the path of a source file that is under no neutral name.
pub fn find(program: &[u8], needles: &[String]) -> Option<Found> {
    let named = needles.iter().filter_map(|needle| position(program, needle.as_bytes()));
    named.chain(source_path(program)).min().map(|offset| {
        let text = program.get(offset..).unwrap_or_default();
        let end = text.iter().position(|byte| !(b' '..=b'~').contains(byte)).unwrap_or(text.len()).min(SHOWN_BYTES);
        Found { offset, text: String::from_utf8_lossy(text.get(..end).unwrap_or_default()).into_owned() }
    })
}

fn position(program: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let starts = program.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(at, _)| at);
    starts.into_iter().find(|at| program.get(*at..).is_some_and(|rest| rest.starts_with(needle)))
}

/// Where an absolute path begins that ends like a file of Rust, C or C++.
fn source_path(program: &[u8]) -> Option<usize> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-@".contains(&byte);
    let mut at = 0;
    while let Some(rest) = program.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        // Texts stand side by side without an end, so a word may hold several paths.
        let ends = [".rs", ".c", ".cpp", ".cc", ".h", ".hpp"].iter().flat_map(|end| ends_of(word, end.as_bytes()));
        let mut last = 0;
        for end in ends.collect::<BTreeSet<usize>>() {
            if let Some(begin) = foreign(word.get(last..end).unwrap_or_default()) {
                return Some(at + last + begin);
            }
            last = end;
        }
        at += length.max(1);
    }
    None
}

/// Where in `word` a name ends in `end`, and nothing of a name follows.
fn ends_of<'w>(word: &'w [u8], end: &'w [u8]) -> impl Iterator<Item = usize> + 'w {
    let follows = |at: usize| word.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (0..word.len()).filter_map(move |at| {
        let behind = at + end.len();
        (word.get(at..behind) == Some(end) && follows(behind)).then_some(behind)
    })
}

/// Where the path that `word` ends in begins, if it is one of a machine.
fn foreign(word: &[u8]) -> Option<usize> {
    let text = str::from_utf8(word).ok()?;
    let roots =
        ["/home/", "/root/", "/tmp/", "/var/", "/build/", "/builds/", "/opt/", "/work/", "/mnt/", "/srv/", "/Users/"];
    let begin = roots.iter().filter_map(|root| text.rfind(root)).max()?;
    let before = NEUTRAL.iter().filter_map(|root| text.find(root)).min();
    // `/source/vendor/a/tmp/x.rs` is below a neutral name.
    before.is_none_or(|neutral| neutral > begin).then_some(begin)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_path_of_the_machine_is_found_and_neutral_ones_are_not() {
        let clean =
            b"\x7fELF\0/source/runtime/src/main.rs\0/rustc/ab/library/core/src/a.rs/cargo/x/tmp/y.rs\0/tmp/file\0";
        assert_eq!(find(clean, &["/w/build".to_owned()]), None);
        for (leak, offset, text) in [
            (&b"ab\0/w/build/source/a\0"[..], 3, "/w/build/source/a"),
            (b"\0\0x/home/u/ggml.c\0", 3, "/home/u/ggml.c"),
            (b"msg/root/.cargo/registry/src/a/lib.rs:12\0", 3, "/root/.cargo/registry/src/a/lib.rs:12"),
            (b"/source/a.rs\0/tmp/x/b.cpp\0", 13, "/tmp/x/b.cpp"),
            (b"/source/a.rs/home/u/b.rs/rustc/c.rs\0", 12, "/home/u/b.rs/rustc/c.rs"),
        ] {
            let found = find(leak, &["/w/build".to_owned()]).expect(text);
            assert_eq!((found.offset, found.text.as_str()), (offset, text));
        }
    }
}
