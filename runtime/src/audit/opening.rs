//! How a file is found: locked, checked line by line, its torn end set aside.
//!
//! A line that a program did not finish, because it or its machine died, has no line feed. It was never told to anybody, so it
//! is moved to `FILE.torn`, and a record says so. Anything else that is wrong was done by somebody.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::chain::{self, Kind, LINE_BYTES_MAX, Link};
use super::private::{self, Opened, named};
use super::row;

/// How long a program waits for the one before it to end its log.
const LOCK_TIME_MAX: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// Programs that write trails beside each other.
const TRAILS_MAX: u32 = 64;

const LOCK_AGAIN: Duration = Duration::from_millis(10);

/// What is in a file.
pub(super) struct Found {
    /// Where its chain stands.
    pub(super) at: Link,
    /// Its length, without what was torn.
    pub(super) bytes: u64,
    /// Which of the row it is, from 1.
    pub(super) number: u64,
    /// Calls without an outcome, with what their record says.
    pub(super) open: BTreeMap<u64, String>,
    /// Records since the last checkpoint.
    pub(super) unsigned: u64,
    /// Bytes that were torn off.
    pub(super) torn: u64,
    /// What its last record is; none if it has none.
    pub(super) last: Option<Kind>,
    /// Whether the program that wrote it last has ended in order.
    pub(super) is_stopped: bool,
}

/// The first of the trails beside this one that no other program has.
///
/// # Errors
/// All are taken; one cannot be opened, or others could get at it.
pub(super) fn free(first: &Path) -> io::Result<(File, PathBuf)> {
    for number in 1..=TRAILS_MAX {
        let path = beside(first, number);
        let file = match private::open_append(&path) {
            Ok(Opened::File(file)) => file,
            Ok(Opened::Device(_)) => return Err(named(&path, &"is a device")),
            Err(fault) => return Err(named(&path, &fault)),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok((file, path)),
            Err(rustix::io::Errno::WOULDBLOCK) => {}
            Err(fault) => return Err(named(&path, &io::Error::from(fault))),
        }
    }
    Err(named(first, &format!("{TRAILS_MAX} programs write trails there, and that is all that there may be")))
}

/// `audit.jsonl`, `audit-2.jsonl`, …
fn beside(first: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return first.to_owned();
    }
    let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    first.with_file_name(format!("{}-{number}.{}", part(first.file_stem()), part(first.extension())))
}

/// Takes a file for this program alone, and gives the one that has the name by then: the one before may have begun another.
pub(super) fn locked(mut file: File, path: &Path) -> io::Result<File> {
    let until = Instant::now() + LOCK_TIME_MAX;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) if is_named(&file, path) => return Ok(file),
            // Whoever moved it away has died before there was another.
            Ok(()) => file = named_now(path)?,
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < until => {
                thread::sleep(LOCK_AGAIN);
                if !is_named(&file, path) && path.exists() {
                    file = named_now(path)?;
                }
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let way_out = "another program writes to it, and two would break its chain; end that one, or name a directory \
                               instead (`\"audit\": {\"directory\": …}`), in which each has its own";
                return Err(named(path, &way_out));
            }
            Err(fault) => return Err(named(path, &io::Error::from(fault))),
        }
    }
}

fn named_now(path: &Path) -> io::Result<File> {
    match private::open_append(path) {
        Ok(Opened::File(file)) => Ok(file),
        Ok(Opened::Device(_)) => Err(named(path, &"was a file and is a device now")),
        Err(fault) => Err(named(path, &fault)),
    }
}

fn is_named(file: &File, path: &Path) -> bool {
    let (here, there) = (file.metadata(), fs::symlink_metadata(path));
    here.is_ok_and(|here| there.is_ok_and(|there| (here.dev(), here.ino()) == (there.dev(), there.ino())))
}

/// A new file in place of one that was moved away, locked.
pub(super) fn begun(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Reads a file from its beginning, and sets a torn end aside.
pub(super) fn found(file: &File, path: &Path) -> io::Result<Found> {
    let mut found = Found::nothing();
    let full = row::full(path).map_err(|fault| named(path, &fault))?.pop();
    if let Some((number, last)) = &full {
        found.at = row::last_link(last).map_err(|fault| named(last, &fault))?;
        found.number = number + 1;
    }
    let unfinished = found.read(file, path, full.is_some())?;
    if let (None, Some((_, last))) = (found.last, &full) {
        // It was moved away, and whoever did that died before there was another.
        let mut ended = Found::nothing();
        ended.read(&File::open(last).map_err(|fault| named(last, &fault))?, last, false)?;
        found.open = ended.open;
    }
    if found.open.values().any(String::is_empty) {
        remember(&mut found.open, path).map_err(|fault| named(path, &fault))?;
    }
    if unfinished {
        let length = file.metadata().map_err(|fault| named(path, &fault))?.len();
        found.torn = length - found.bytes;
        set_aside(file, path, found.bytes).map_err(|fault| named(path, &fault))?;
    }
    Ok(found)
}

/// Finds what the records of calls say that were let out in files before this one, the last of them first.
fn remember(open: &mut BTreeMap<u64, String>, path: &Path) -> io::Result<()> {
    for (_, full) in row::full(path)?.into_iter().rev() {
        let (mut input, mut line) = (BufReader::with_capacity(1 << 16, File::open(full)?), Vec::new());
        loop {
            row::read_line(&mut input, &mut line, LINE_BYTES_MAX)?;
            let Some(text) = line.strip_suffix(b"\n") else { break };
            let call = chain::reread(text).filter(|head| head.kind == Kind::Call);
            if let Some((call, members)) = call.as_ref().and_then(|head| head.split_number("call"))
                && let Some(said) = open.get_mut(&call).filter(|said| said.is_empty())
            {
                members.clone_into(said);
            }
        }
        if !open.values().any(String::is_empty) {
            return Ok(());
        }
    }
    // Those files were moved away. That the call was lost is told without what it was.
    open.values_mut().filter(|said| said.is_empty()).for_each(|said| "\"tool\":null".clone_into(said));
    Ok(())
}

impl Found {
    fn nothing() -> Self {
        let open = BTreeMap::new();
        Self { at: Link::start(), bytes: 0, number: 1, open, unsigned: 0, torn: 0, last: None, is_stopped: false }
    }

    /// Reads a file to its end, and says whether that is in the middle of a line. With `follows` its first record has to follow
    /// what was before; else those may have been moved away, and what it says of them is in the chain of whoever has them.
    fn read(&mut self, file: &File, path: &Path, follows: bool) -> io::Result<bool> {
        let (mut input, mut line) = (BufReader::with_capacity(1 << 16, file), Vec::new());
        input.seek(SeekFrom::Start(0)).map_err(|fault| named(path, &fault))?;
        for at in 1_u64.. {
            row::read_line(&mut input, &mut line, LINE_BYTES_MAX).map_err(|fault| named(path, &fault))?;
            let Some(text) = line.strip_suffix(b"\n") else { break };
            let told = |fault: &dyn std::fmt::Display| {
                let shown = path.display();
                let way_out =
                    "`airlock-host audit verify` tells more; keep the file as evidence, move it away, and start again";
                io::Error::other(format!("{shown}:{at}: the record {fault}; {way_out}"))
            };
            let head = chain::read(text).map_err(|fault| told(&fault))?;
            let is_first = self.last.is_none();
            if !is_first || follows {
                chain::follows(&head, &self.at).map_err(|fault| told(&fault))?;
            }
            if is_first != (head.kind == Kind::Genesis) || self.last == Some(Kind::Rotate) {
                return Err(told(&"does not belong there"));
            }
            self.add(&head, line.len() as u64);
        }
        Ok(!line.is_empty())
    }

    fn add(&mut self, head: &chain::Head<'_>, bytes: u64) {
        match head.kind {
            Kind::Genesis => {
                self.number = head.first_number("file").unwrap_or(self.number);
                self.open.extend(head.open_before().into_iter().map(|call| (call, String::new())));
            }
            Kind::Call => {
                drop(head.split_number("call").and_then(|(call, rest)| self.open.insert(call, rest.to_owned())));
            }
            Kind::Outcome => drop(head.first_number("call").and_then(|call| self.open.remove(&call))),
            _ => {}
        }
        self.is_stopped = head.kind == Kind::Stop || self.is_stopped && head.kind == Kind::Checkpoint;
        self.unsigned = if head.kind == Kind::Checkpoint { 0 } else { self.unsigned + 1 };
        (self.at, self.last) = (head.link(), Some(head.kind));
        self.bytes += bytes;
    }
}

/// Beside a file: what was torn off its end.
pub(super) fn torn_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".torn");
    name.into()
}

/// Moves what is behind this byte to a file of its own. It is there before it is gone here.
fn set_aside(file: &File, path: &Path, from: u64) -> io::Result<()> {
    let aside = torn_name(path);
    let Opened::File(mut target) = private::open_append(&aside)? else {
        return Err(io::Error::other(format!("`{}` is no file; move it away", aside.display())));
    };
    let mut source = file;
    source.seek(SeekFrom::Start(from))?;
    io::copy(&mut source.take(u64::MAX), &mut target)?;
    target.write_all(b"\n")?;
    target.sync_all()?;
    private::sync_directory(&aside)?;
    file.set_len(from)?;
    file.sync_data()
}
