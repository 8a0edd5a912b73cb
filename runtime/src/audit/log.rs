//! The log: one program that appends records to one file, each chained to the one before.
//!
//! What comes in: records, and the time. What goes out: lines that are whole. A line that could not be written whole is taken
//! back; if that fails, or what was written cannot be brought to the disk, nothing is written any more.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::time::{Duration, Instant, SystemTime};

use super::chain::{self, Kind, Link};
use super::opening::{self, Found};
use super::policy::{Identity, KeyFile, Policy, SyncPolicy};
use super::private::{self, named};
use super::{checkpoint, row, time};
use crate::private::Access;
use airlock_seal::sshsig::PrivateKey;

/// A key file longer than this is refused, in bytes.
const KEY_BYTES_MAX: usize = 16 * 1024;

/// Records from one checkpoint to the next.
pub(crate) const CHECKPOINT_RECORDS: u64 = 1000;

/// The longest that records wait for a checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_mins(1);

/// Records that may wait to be brought to the disk.
const SYNC_RECORDS: u64 = 64;

/// The longest that they wait.
const SYNC_EVERY: Duration = Duration::from_millis(250);

/// Calls that may be open at once; a site allows a thousand.
const OPEN_MAX: usize = 4096;

/// One file that records are appended to.
pub(super) struct Log {
    policy: Policy,
    identity: Identity,
    key: Option<PrivateKey>,
    file: File,
    /// Which of the row this file is, from 1.
    number: u64,
    bytes: u64,
    at: Link,
    /// Calls that were let out and have not ended, with what their record says.
    open: BTreeMap<u64, String>,
    /// Records since the last checkpoint, and when the first of them was written.
    unsigned: (u64, Instant),
    /// Records that are not on the disk yet, and when the first of them was written.
    unsynced: (u64, Instant),
    /// Why nothing is written any more.
    closed: Option<String>,
}

impl Log {
    /// Opens a file, brings it in order, and says so in it. Fails if other users have access, if another program has it, or if
    /// it was changed.
    pub(super) fn open(file: File, policy: Policy, identity: Identity) -> io::Result<Self> {
        let key = policy.key.as_ref().map(read_key).transpose()?;
        let path = policy.file.clone();
        let file = opening::locked(file, &path)?;
        let Found { at, bytes, number, open, unsigned, torn, last, is_stopped } = opening::found(&file, &path)?;
        let now = Instant::now();
        let mut log = Self {
            file,
            key,
            number,
            bytes,
            at,
            open,
            identity,
            unsigned: (unsigned, now),
            unsynced: (0, now),
            closed: None,
            policy,
        };
        match last {
            None => log.begin_file()?,
            Some(Kind::Rotate) => log.follow_up()?,
            Some(_) => {}
        }
        if torn > 0 {
            let kept = opening::torn_name(&path);
            let name = serde_json::Value::from(kept.file_name().unwrap_or_default().to_string_lossy());
            log.put(Kind::Recovered, &format!("\"torn_bytes\":{torn},\"torn_file\":{name}"))?;
        }
        if last.is_some_and(|last| last != Kind::Rotate) {
            let members = format!("\"after_stop\":{is_stopped},{}", log.identity.members());
            log.put(Kind::Start, &members)?;
        }
        log.lose("the program before ended while it was open")?;
        log.sync()?;
        private::sync_directory(&path).map_err(|fault| named(&path, &fault))?;
        Ok(log)
    }

    /// Writes that a call is about to be made, and gives its number. With `durable` it is on the disk then.
    pub(super) fn call(&mut self, members: &str, durable: bool) -> io::Result<u64> {
        if self.open.len() >= OPEN_MAX {
            return Err(io::Error::other(format!("{OPEN_MAX} calls are open")));
        }
        self.prepare()?;
        let number = self.at.seq + 1;
        self.put(Kind::Call, &format!("\"call\":{number},{members}"))?;
        self.open.insert(number, members.to_owned());
        if self.policy.sync == SyncPolicy::Every || durable && self.policy.sync == SyncPolicy::Writes {
            self.sync()?;
        }
        Ok(number)
    }

    /// Writes what a call came to: one that was let out under this number, or one that never was.
    pub(super) fn outcome(&mut self, call: Option<u64>, members: &str) -> io::Result<()> {
        if let Some(number) = call.filter(|number| !self.open.contains_key(number)) {
            return Err(io::Error::other(format!("no call {number} is open")));
        }
        self.prepare()?;
        let number = call.map_or_else(|| "null".to_owned(), |number| number.to_string());
        self.put(Kind::Outcome, &format!("\"call\":{number},{members}"))?;
        call.map(|number| self.open.remove(&number));
        if self.policy.sync == SyncPolicy::Every { self.sync() } else { Ok(()) }
    }

    /// Writes what is about to be done with a release, or what came of it. It is on the disk then.
    pub(super) fn release(&mut self, members: &str) -> io::Result<()> {
        self.prepare()?;
        self.put(Kind::Release, members)?;
        if self.policy.sync == SyncPolicy::Never { Ok(()) } else { self.sync() }
    }

    /// Does what is due by now, and says when something will be. A fault is told by the next record that cannot be written.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Duration> {
        let (unsynced, since) = self.unsynced;
        let is_grouped = self.policy.sync != SyncPolicy::Never && unsynced > 0;
        if is_grouped && (unsynced >= SYNC_RECORDS || now >= since + SYNC_EVERY) {
            let _ = self.sync();
        }
        let (unsigned, since) = self.unsigned;
        if unsigned > 0 && now >= since + CHECKPOINT_EVERY && self.closed.is_none() && self.checkpoint().is_err() {
            // Tried again when as much time has gone by, or before the next record if there are too many.
            self.unsigned.1 = now;
        }
        let sync_at = (is_grouped && self.unsynced.0 > 0).then(|| self.unsynced.1 + SYNC_EVERY);
        let sign_at = (self.unsigned.0 > 0).then(|| self.unsigned.1 + CHECKPOINT_EVERY);
        let next = sync_at.into_iter().chain(sign_at).min().filter(|_| self.closed.is_none());
        next.map(|at| at.saturating_duration_since(now))
    }

    /// Ends the log in order: what is open is lost, and all of it is signed.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.lose("the program ended while it was open")?;
        self.put(Kind::Stop, "")?;
        self.checkpoint()?;
        self.sync()?;
        self.closed = Some("it was closed".to_owned());
        Ok(())
    }

    /// Says of every open call that nobody knows what it came to.
    fn lose(&mut self, reason: &str) -> io::Result<()> {
        while let Some((number, members)) = self.open.first_key_value() {
            let number = *number;
            let members = format!("\"call\":{number},{members},\"verdict\":\"lost\",\"reason\":\"{reason}\"");
            self.put(Kind::Outcome, &members)?;
            self.open.remove(&number);
        }
        Ok(())
    }

    /// What has to be there before a record of a call is.
    fn prepare(&mut self) -> io::Result<()> {
        if self.unsigned.0 >= CHECKPOINT_RECORDS {
            self.checkpoint()?;
        }
        if self.bytes >= self.policy.file_bytes_max {
            self.rotate()?;
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> io::Result<()> {
        let members = checkpoint::members(&self.at, self.key.as_ref());
        self.put(Kind::Checkpoint, &members)?;
        self.unsigned = (0, Instant::now());
        if self.policy.sync == SyncPolicy::Never { Ok(()) } else { self.sync() }
    }

    /// Ends this file and begins the next one.
    fn rotate(&mut self) -> io::Result<()> {
        self.checkpoint()?;
        self.put(Kind::Rotate, "")?;
        self.sync()?;
        let next = self.follow_up();
        if let Err(fault) = &next {
            // The file of this name may be another one by now.
            self.closed = Some(format!("the next file cannot be begun: {fault}"));
        }
        next
    }

    /// Moves a file that has ended out of the way, and begins the next one. What of that was done before is not done again.
    fn follow_up(&mut self) -> io::Result<()> {
        let path = &self.policy.file;
        let full = row::numbered(path, self.number);
        if fs::symlink_metadata(&full).is_ok() {
            return Err(named(path, &format!("`{}` is there already; move it away", full.display())));
        }
        fs::rename(path, &full).map_err(|fault| named(path, &fault))?;
        let begun = opening::begun(path).map_err(|fault| named(path, &fault))?;
        self.file = begun;
        (self.bytes, self.number) = (0, self.number + 1);
        self.begin_file()?;
        self.sync()?;
        private::sync_directory(&self.policy.file).map_err(|fault| named(&self.policy.file, &fault))
    }

    fn begin_file(&mut self) -> io::Result<()> {
        let open: Vec<String> = self.open.keys().map(u64::to_string).collect();
        let (number, open, identity) = (self.number, open.join(","), self.identity.members());
        let members = format!("\"file\":{number},\"open\":[{open}],{identity}");
        self.put(Kind::Genesis, &members)
    }

    fn put(&mut self, kind: Kind, members: &str) -> io::Result<()> {
        if let Some(why) = &self.closed {
            return Err(named(&self.policy.file, why));
        }
        let (line, link) = chain::line(&self.at, &time::timestamp(SystemTime::now()), kind, members);
        if let Err(fault) = self.file.write_all(&line) {
            // A part of the line may stand there.
            if let Err(fault) = self.file.set_len(self.bytes) {
                self.closed = Some(format!("a part of a record cannot be taken back: {fault}"));
            }
            return Err(named(&self.policy.file, &fault));
        }
        self.bytes += line.len() as u64;
        self.at = link;
        let now = Instant::now();
        for (records, since) in [&mut self.unsigned, &mut self.unsynced] {
            *since = if *records == 0 { now } else { *since };
            *records += 1;
        }
        Ok(())
    }

    /// Brings everything to the disk. After a fault nobody knows what of it is there: the kernel forgets what it could not write.
    fn sync(&mut self) -> io::Result<()> {
        if let Err(fault) = self.file.sync_data() {
            self.closed = Some(format!("records cannot be brought to the disk: {fault}"));
            return Err(named(&self.policy.file, &fault));
        }
        self.unsynced.0 = 0;
        Ok(())
    }
}

fn read_key(key: &KeyFile) -> io::Result<PrivateKey> {
    let access = if key.is_credential { Access::Credential } else { Access::Secret };
    let read = crate::private::read(&key.file, access, KEY_BYTES_MAX).and_then(|bytes| {
        let text = std::str::from_utf8(&bytes).map_err(|_| "is not text".to_owned())?;
        PrivateKey::read(text)
    });
    read.map_err(|fault| io::Error::other(format!("the key of the audit trail: `{}` {fault}", key.file.display())))
}

impl Drop for Log {
    fn drop(&mut self) {
        if self.closed.is_none() {
            // Nobody is left to be told.
            let _ = self.close();
        }
    }
}
