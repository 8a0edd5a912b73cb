//! The chain: each line holds the digest of the line before, and of itself.
//!
//! `{"v":1,"seq":N,"time":"…","kind":"…",…,"prev":"…","h":"…"}` and a line feed. `h` is SHA-384 of `airlock-audit-v1`, a zero
//! byte, `prev` as it stands there, and the bytes before `,"h":`. What comes behind has one length, so that a line is checked
//! without reading JSON: `printf 'airlock-audit-v1\0%s%s' PREV BYTES | sha384sum` gives `h`.

use airlock_offer::hex;
use sha2::{Digest as _, Sha384};

use super::time;

/// What every digest begins with, and the namespace of signatures.
pub(crate) const NAMESPACE: &str = "airlock-audit-v1";

/// Characters of a digest in hexadecimal.
const HASH_CHARS: usize = 96;

/// `,"h":"`, the digest, `"}`.
const TAIL_BYTES: usize = 6 + HASH_CHARS + 2;

/// Lines longer than this are none of ours, in bytes without the line feed.
pub(super) const LINE_BYTES_MAX: usize = super::RECORD_BYTES_MAX + 1024;

/// Where a chain stands: the number and the digest of its last record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) seq: u64,
    pub(crate) h: String,
}

impl Link {
    /// Before the first record there is.
    pub(crate) fn start() -> Self {
        Self { seq: 0, h: "0".repeat(HASH_CHARS) }
    }
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first of a file.
    Genesis,
    /// A program goes on with a file.
    Start,
    /// A call is about to be made.
    Call,
    /// What a call came to.
    Outcome,
    /// So far all is signed.
    Checkpoint,
    /// The last of a file, where another one follows.
    Rotate,
    /// A release is approved, installed or rolled back to: before it is, and when it was or failed.
    Release,
    /// What was found broken at the end of a file, and set aside.
    Recovered,
    /// A program ends in order.
    Stop,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Genesis,
        Self::Start,
        Self::Call,
        Self::Outcome,
        Self::Checkpoint,
        Self::Rotate,
        Self::Release,
        Self::Recovered,
        Self::Stop,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Start => "start",
            Self::Call => "call",
            Self::Outcome => "outcome",
            Self::Checkpoint => "checkpoint",
            Self::Rotate => "rotate",
            Self::Release => "release",
            Self::Recovered => "recovered",
            Self::Stop => "stop",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A line with its line feed, and where the chain stands behind it. `members` is what stands between the braces of an object, or
/// nothing.
pub(super) fn line(before: &Link, time: &str, kind: Kind, members: &str) -> (Vec<u8>, Link) {
    let (seq, prev) = (before.seq + 1, &before.h);
    let comma = if members.is_empty() { "" } else { "," };
    let word = kind.word();
    let mut text =
        format!("{{\"v\":1,\"seq\":{seq},\"time\":\"{time}\",\"kind\":\"{word}\"{comma}{members},\"prev\":\"{prev}\"");
    let h = digest(prev, text.as_bytes());
    text.push_str(",\"h\":\"");
    text.push_str(&h);
    text.push_str("\"}\n");
    (text.into_bytes(), Link { seq, h })
}

fn digest(prev: &str, body: &[u8]) -> String {
    let mut digest = Sha384::new();
    digest.update(NAMESPACE.as_bytes());
    digest.update([0]);
    digest.update(prev.as_bytes());
    digest.update(body);
    hex(&digest.finalize())
}

/// A line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) seq: u64,
    pub(crate) time: &'a str,
    pub(crate) kind: Kind,
    /// What stands between the kind and `prev`: members of a JSON object.
    pub(crate) members: &'a str,
    pub(crate) prev: &'a str,
    pub(crate) h: &'a str,
}

impl Head<'_> {
    /// Where the chain stands behind this line.
    pub(super) fn link(&self) -> Link {
        Link { seq: self.seq, h: self.h.to_owned() }
    }

    /// The number behind a member that stands first, such as `call` or `file`.
    pub(crate) fn first_number(&self, name: &str) -> Option<u64> {
        self.split_number(name).map(|(number, _)| number)
    }

    /// The same, and the members behind it.
    pub(super) fn split_number(&self, name: &str) -> Option<(u64, &str)> {
        let (number, rest) = digits(self.members.strip_prefix('"')?.strip_prefix(name)?.strip_prefix("\":")?)?;
        Some((number, rest.strip_prefix(',').unwrap_or(rest)))
    }
}

impl Head<'_> {
    /// The calls that were open when a file was begun, from its first record.
    pub(super) fn open_before(&self) -> Vec<u64> {
        let list = self.split_number("file").and_then(|(_, rest)| rest.strip_prefix("\"open\":[")?.split_once(']'));
        let numbers = list.map(|(list, _)| list).unwrap_or_default();
        numbers
            .split(',')
            .filter_map(|number| digits(number).filter(|(_, rest)| rest.is_empty()))
            .map(|(call, _)| call)
            .collect()
    }
}

/// Reads a line without its line feed, and checks that it is as it was written. Says what is wrong with it.
pub(super) fn read(line: &[u8]) -> Result<Head<'_>, &'static str> {
    let text = str::from_utf8(line).map_err(|_| "is not UTF-8")?;
    let head = parse(text).ok_or("is no record")?;
    let body = line.get(..line.len() - TAIL_BYTES).unwrap_or_default();
    if digest(head.prev, body) != head.h {
        return Err("was changed: its digest is another one");
    }
    Ok(head)
}

/// Reads a line that was checked before.
pub(super) fn reread(line: &[u8]) -> Option<Head<'_>> {
    parse(str::from_utf8(line).ok()?)
}

/// Whether a line follows what was before it.
pub(super) fn follows(head: &Head<'_>, before: &Link) -> Result<(), String> {
    if head.prev == before.h && before.seq.checked_add(1) == Some(head.seq) {
        return Ok(());
    }
    Err(format!(
        "does not follow the record before it: it is record {} behind record {}, so records are missing, doubled or moved",
        head.seq, before.seq
    ))
}

fn parse(text: &str) -> Option<Head<'_>> {
    let (body, tail) = text.split_at_checked(text.len().checked_sub(TAIL_BYTES)?)?;
    let h = hash(tail.strip_prefix(",\"h\":\"")?.strip_suffix("\"}")?)?;
    let (rest, prev) = body.strip_suffix('"')?.split_at_checked(body.len().checked_sub(HASH_CHARS + 1)?)?;
    let (rest, prev) = (rest.strip_suffix(",\"prev\":\"")?, hash(prev)?);
    let (seq, rest) = digits(rest.strip_prefix("{\"v\":1,\"seq\":")?)?;
    let (time, rest) = rest.strip_prefix(",\"time\":\"")?.split_at_checked(time::CHARS)?;
    time::milliseconds(time)?;
    let (word, members) = rest.strip_prefix("\",\"kind\":\"")?.split_once('"')?;
    let members = if members.is_empty() { members } else { members.strip_prefix(',')? };
    Some(Head { seq, time, kind: Kind::of(word)?, members, prev, h })
}

/// A number in one spelling, and what is behind it.
fn digits(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits == "0" || !digits.starts_with('0')).then_some(())?;
    digits.parse().ok().map(|number| (number, rest))
}

fn hash(text: &str) -> Option<&str> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (text.len() == HASH_CHARS && is_hex).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Link, follows, line, read};

    const TIME: &str = "2026-07-28T00:00:00.000000Z";

    #[test]
    fn a_line_is_read_back_and_any_change_of_a_byte_is_seen() {
        let (bytes, link) = line(&Link::start(), TIME, Kind::Call, "\"call\":1,\"tool\":\"a\"");
        let text = bytes.strip_suffix(b"\n").expect("ends a line");
        let head = read(text).expect("is whole");
        assert_eq!((head.seq, head.kind, head.members), (1, Kind::Call, "\"call\":1,\"tool\":\"a\""));
        assert_eq!((head.first_number("call"), head.first_number("file")), (Some(1), None));
        assert_eq!(head.link(), link);
        follows(&head, &Link::start()).expect("is the first");
        follows(&head, &link).expect_err("it does not follow itself");
        for at in 0..text.len() {
            for change in [1, 0x20, 0x80] {
                let mut changed = text.to_vec();
                changed[at] ^= change;
                let still = read(&changed).ok().filter(|head| follows(head, &Link::start()).is_ok());
                assert_eq!(still, None, "byte {at} of {}", String::from_utf8_lossy(&changed));
            }
        }
    }

    /// The digest by other means: `printf 'airlock-audit-v1\0%s%s' … | sha384sum`.
    #[test]
    fn the_digest_is_the_one_that_stock_tools_make() {
        let (bytes, link) = line(&Link::start(), TIME, Kind::Stop, "");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let body = text.split(",\"h\":").next().expect("is there");
        let script = "printf 'airlock-audit-v1\\0%s%s' \"$1\" \"$2\" | sha384sum";
        let made = std::process::Command::new("sh").args(["-c", script, "sh", &"0".repeat(96), body]).output();
        let made = String::from_utf8(made.expect("there is sh").stdout).expect("UTF-8");
        assert_eq!(made.split(' ').next(), Some(link.h.as_str()));
    }
}
