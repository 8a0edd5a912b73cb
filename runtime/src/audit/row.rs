//! The row of files that one trail is: `FILE.000001`, `FILE.000002` and so on, and last `FILE`, which is being written.
//!
//! What comes in: the name of the last one. What goes out: record after record, each checked; or the place where the chain is
//! broken. Nothing is kept but the line that is being read, so a trail may be of any length.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::chain::{self, Head, Kind, LINE_BYTES_MAX, Link};

/// Digits behind the name of a file that is full.
const NUMBER_DIGITS: usize = 6;

/// Why a trail cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A file cannot be read.
    Unreadable(String),
    /// What stands at a place is not what was written. `FILE:LINE: …`.
    Broken(String),
    /// The last line is not whole: `FILE:LINE`, and how many bytes there are.
    Torn(String, u64),
}

/// A record, and where it stands.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) head: Head<'a>,
    /// The line, without its line feed.
    pub(crate) text: &'a str,
    /// Where the chain stood before it.
    pub(crate) before: Link,
    /// `FILE:LINE`.
    pub(crate) place: String,
}

/// A trail that is being read.
#[derive(Debug)]
pub(crate) struct Row {
    /// Those that are still to be read, the last of them first.
    files: Vec<Opened>,
    now: Option<Opened>,
    /// Lines of this file so far.
    lines: u64,
    line: Vec<u8>,
    /// None before the first line of a trail whose first files are not here.
    at: Option<Link>,
    last: Option<Kind>,
    /// How many files there are.
    pub(crate) count: usize,
    /// Whether a program is writing to the last one.
    pub(crate) is_live: bool,
}

#[derive(Debug)]
struct Opened {
    shown: String,
    /// That of its name; none for the one that is being written.
    number: Option<u64>,
    input: BufReader<File>,
}

impl Row {
    /// Opens every file of a trail. With `partial` the first files may have been moved away.
    pub(crate) fn open(path: &Path, partial: bool) -> Result<Self, Fault> {
        let unreadable = |path: &Path, fault: io::Error| Fault::Unreadable(format!("`{}`: {fault}", path.display()));
        // The last one first: if it becomes full now, it is found under both names, and read once.
        let last = match File::open(path) {
            Ok(file) => Some(file),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => None,
            Err(fault) => return Err(unreadable(path, fault)),
        };
        let inode = |file: &File| file.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok();
        let mut files = Vec::new();
        for (number, path) in full(path).map_err(|fault| unreadable(path, fault))? {
            let file = File::open(&path).map_err(|fault| unreadable(&path, fault))?;
            if last.as_ref().is_none_or(|last| inode(last) != inode(&file)) {
                files.push(Opened::new(&path, Some(number), file));
            }
        }
        let is_live = last.as_ref().is_some_and(is_locked);
        files.extend(last.map(|file| Opened::new(path, None, file)));
        let Some(first) = files.first() else {
            return Err(unreadable(path, io::ErrorKind::NotFound.into()));
        };
        let number = first.number.filter(|number| *number > 1);
        if let (Some(number), false) = (number, partial) {
            let shown = &first.shown;
            return Err(Fault::Broken(format!(
                "{shown}:1: the trail begins with file {number}; the ones before are not here (`--partial` takes what is)"
            )));
        }
        let at = (!partial).then(Link::start);
        let count = files.len();
        files.reverse();
        Ok(Self { files, now: None, lines: 0, line: Vec::new(), at, last: None, count, is_live })
    }

    /// The next record. None at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, Fault> {
        loop {
            let Some(now) = &mut self.now else {
                self.now = self.files.pop();
                self.lines = 0;
                match self.now {
                    Some(_) => continue,
                    None => return Ok(None),
                }
            };
            read_line(&mut now.input, &mut self.line, LINE_BYTES_MAX)
                .map_err(|fault| Fault::Unreadable(format!("{}:{}: {fault}", now.shown, self.lines + 1)))?;
            if !self.line.is_empty() {
                break;
            }
            if !self.files.is_empty() && self.last != Some(Kind::Rotate) {
                let place = format!("{}:{}", now.shown, self.lines);
                return Err(Fault::Broken(format!("{place}: another file follows, and this is not the end of one")));
            }
            self.now = None;
        }
        self.lines += 1;
        let Some(now) = &self.now else { return Ok(None) };
        let place = format!("{}:{}", now.shown, self.lines);
        let Some(text) = self.line.strip_suffix(b"\n") else {
            if self.files.is_empty() && self.is_live {
                self.now = None;
                return Ok(None);
            }
            return Err(Fault::Torn(place, self.line.len() as u64));
        };
        let (link, kind, before) = checked(text, self.at.as_ref(), self.last, self.lines, now.number)
            .map_err(|fault| Fault::Broken(format!("{place}: the record {fault}")))?;
        (self.at, self.last) = (Some(link), Some(kind));
        let entry = chain::reread(text).zip(str::from_utf8(text).ok());
        Ok(entry.map(|(head, text)| Entry { head, text, before, place }))
    }
}

/// A line as a part of its trail: where the chain stands behind it, what it is, and where it stood before.
fn checked(
    text: &[u8],
    at: Option<&Link>,
    last: Option<Kind>,
    line: u64,
    number: Option<u64>,
) -> Result<(Link, Kind, Link), String> {
    let head = chain::read(text)?;
    let claimed = || Link { seq: head.seq.saturating_sub(1), h: head.prev.to_owned() };
    let before = at.cloned().unwrap_or_else(claimed);
    chain::follows(&head, &before)?;
    if (head.kind == Kind::Genesis) != (line == 1) || line > 1 && last == Some(Kind::Rotate) {
        return Err("does not belong there".to_owned());
    }
    if let (Kind::Genesis, Some(number)) = (head.kind, number)
        && head.first_number("file") != Some(number)
    {
        return Err(format!("is not the first of file {number}, as its name says"));
    }
    Ok((head.link(), head.kind, before))
}

impl Opened {
    fn new(path: &Path, number: Option<u64>, file: File) -> Self {
        Self { shown: path.display().to_string(), number, input: BufReader::with_capacity(1 << 16, file) }
    }
}

/// Whether a program has this file as its own.
fn is_locked(file: &File) -> bool {
    let is_locked = flock(file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK);
    let _ = flock(file, FlockOperation::Unlock);
    is_locked
}

/// The name of a file that is full.
pub(super) fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number:0NUMBER_DIGITS$}"));
    name.into()
}

/// The files of a trail that are full, with their numbers, in order.
pub(super) fn full(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let mut full = Vec::new();
    for entry in fs::read_dir(directory)? {
        let found = entry?.file_name();
        if let Some(number) = number_behind(&found, name) {
            full.push((number, numbered(path, number)));
        }
    }
    full.sort();
    Ok(full)
}

fn number_behind(found: &OsStr, name: &[u8]) -> Option<u64> {
    let digits = found.as_encoded_bytes().strip_prefix(name)?.strip_prefix(b".")?;
    let are_digits = digits.iter().all(u8::is_ascii_digit);
    // Behind the millionth file there are more digits.
    let is_written_so = digits.len() == NUMBER_DIGITS || digits.len() > NUMBER_DIGITS && digits.first() != Some(&b'0');
    (are_digits && is_written_so).then(|| str::from_utf8(digits).ok()?.parse().ok())?
}

/// Where the chain stands at the end of a file that is full.
pub(super) fn last_link(path: &Path) -> io::Result<Link> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LINE_BYTES_MAX as u64 + 2)))?;
    let mut end = Vec::new();
    file.take(LINE_BYTES_MAX as u64 + 2).read_to_end(&mut end)?;
    let last = end.strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
    let broken = |fault| io::Error::other(format!("its last record {fault}; `airlock-host audit verify` tells more"));
    chain::read(last.unwrap_or_default()).map(|head| head.link()).map_err(broken)
}

/// Reads a line with its line feed. Empty at the end of the file; without a line feed where the file ends before one.
pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>, bytes_max: usize) -> io::Result<()> {
    line.clear();
    input.take(bytes_max as u64 + 1).read_until(b'\n', line)?;
    if line.len() > bytes_max && !line.ends_with(b"\n") {
        return Err(io::Error::other(format!("the line is longer than {bytes_max} bytes, so it is no record")));
    }
    Ok(())
}
