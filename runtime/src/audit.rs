//! The audit trail: what was decided about each call, and what it came to, in lines of JSON that are chained to each other.
//!
//! What comes in: what the gate knows about a call. What goes out: two records a call. `call` is written before a request
//! leaves, and without it none does; `outcome` is written before the caller gets its answer, however the call ends. A call that
//! is refused before anything would be sent leaves its outcome alone. Each line holds the digest of the one before, checkpoints
//! are signed, and a process of its own writes them, so that whoever takes over the one that reads answers can add to the trail
//! and take nothing from it.
//!
//! Values of answers are never in it, and those of arguments only where the site file says so.

mod arguments;
mod chain;
mod checkpoint;
mod client;
pub(crate) mod export;
mod frame;
pub(crate) mod keeper;
mod log;
mod members;
mod opening;
mod policy;
mod private;
mod record;
pub(crate) mod report;
pub(crate) mod row;
pub(crate) mod time;
pub(crate) mod verify;

use std::fmt;
use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub use arguments::ArgumentsPolicy;
use chain::line;
pub(crate) use chain::{Head, Kind, Link, NAMESPACE};
pub(crate) use checkpoint::text as checkpoint_text;
use client::Keeper;
use frame::Order;
use log::Log;
pub use policy::{FILE_BYTES_MAX, Identity, KeyFile, Policy, SyncPolicy};
use private::{Opened, named};
pub use record::{ArgumentsTold, Ended, Record};
pub(crate) use record::{ReleaseRecord, Stage};

/// Longest record, in bytes: the arguments that a site may want in it take up to twice 64 KiB as a text in JSON.
const RECORD_BYTES_MAX: usize = 256 * 1024;

/// Where records go. Calls at once write one after another.
#[derive(Debug)]
pub struct Audit {
    way: Way,
    arguments: ArgumentsPolicy,
}

enum Way {
    /// Another process writes.
    Kept(Keeper),
    /// This one does.
    Here(Mutex<Sink>),
}

impl fmt::Debug for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(keeper) => keeper.fmt(formatter),
            Self::Here(_) => formatter.write_str("Here"),
        }
    }
}

/// Where this process writes to.
enum Sink {
    File(Box<Log>),
    Stream(Stream),
}

/// Something that is written to and never read: standard error, or a device. It has a chain and nothing else.
struct Stream {
    out: Box<dyn Write + Send>,
    identity: Identity,
    at: Link,
}

/// A call whose record is written, so that it may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallNumber(u64);

impl Audit {
    /// Appends to a file that only this user can read, made if it is not there; to standard error without one. This process
    /// writes it, by the usual policy.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        Self::here(path.map(|path| Policy::of_file(path.to_owned())), Identity::default())
    }

    /// This process writes.
    pub fn here(policy: Option<Policy>, identity: Identity) -> io::Result<Self> {
        let sink = match policy {
            Some(policy) => open_log(policy, identity)?,
            None => Sink::Stream(Stream::new(Box::new(io::stderr()), identity)),
        };
        Ok(Self { way: Way::Here(Mutex::new(sink)), arguments: ArgumentsPolicy::default() })
    }

    /// A process of its own writes: this program once more. Its `main` has to hand its arguments to [`crate::cli::run`].
    pub fn kept(policy: &Policy, identity: &Identity) -> io::Result<Self> {
        Ok(Self { way: Way::Kept(Keeper::start(policy, identity)?), arguments: ArgumentsPolicy::default() })
    }

    /// The same with another policy about arguments.
    pub fn with_arguments(self, arguments: ArgumentsPolicy) -> Self {
        Self { arguments, ..self }
    }

    /// What of arguments stands in records.
    pub(crate) fn arguments(&self) -> &ArgumentsPolicy {
        &self.arguments
    }

    /// Writes that a call is about to be made. With `durable` it is on the disk then, unless the policy says otherwise.
    pub fn call(&self, record: &Record, durable: bool) -> io::Result<CallNumber> {
        let members = serde_json::to_vec(record)?;
        let number = match &self.way {
            Way::Kept(keeper) => keeper.ask(Order::Call { durable }, &members)?,
            Way::Here(sink) => {
                let members = members::checked(&members).map_err(io::Error::other)?;
                let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                let number = sink.call(members, durable)?;
                sink.tick(Instant::now());
                number
            }
        };
        Ok(CallNumber(number))
    }

    /// Writes what a call came to; `call` is its number, if it was let out.
    pub fn outcome(&self, call: Option<CallNumber>, record: &Record) -> io::Result<()> {
        let (members, call) = (serde_json::to_vec(record)?, call.map(|call| call.0));
        match &self.way {
            Way::Kept(keeper) => keeper.ask(Order::Outcome { call }, &members).map(drop),
            Way::Here(sink) => {
                let members = members::checked(&members).map_err(io::Error::other)?;
                let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                sink.outcome(call, members)?;
                sink.tick(Instant::now());
                Ok(())
            }
        }
    }

    /// Writes what is about to be done with a release, or what came of it.
    pub(crate) fn release(&self, record: &ReleaseRecord<'_>) -> io::Result<()> {
        let members = serde_json::to_vec(record)?;
        match &self.way {
            Way::Kept(keeper) => keeper.ask(Order::Release, &members).map(drop),
            Way::Here(sink) => {
                let members = members::checked(&members).map_err(io::Error::other)?;
                sink.lock().unwrap_or_else(PoisonError::into_inner).release(members)
            }
        }
    }

    /// Ends when nothing can be written any more because whoever writes has ended. Only who asks first is told.
    pub(crate) async fn gone(&self) {
        match &self.way {
            Way::Kept(keeper) => keeper.gone().await,
            Way::Here(_) => std::future::pending().await,
        }
    }
}

/// Opens what a policy names.
fn open_log(mut policy: Policy, identity: Identity) -> io::Result<Sink> {
    if policy.is_shared {
        if let Some(directory) = policy.file.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(|fault| named(directory, &fault))?;
        }
        let (file, path) = opening::free(&policy.file)?;
        policy.file = path;
        return Ok(Sink::File(Box::new(Log::open(file, policy, identity)?)));
    }
    match private::open_append(&policy.file).map_err(|fault| named(&policy.file, &fault))? {
        Opened::File(file) => Ok(Sink::File(Box::new(Log::open(file, policy, identity)?))),
        Opened::Device(device) => Ok(Sink::Stream(Stream::new(Box::new(device), identity))),
    }
}

impl Sink {
    fn call(&mut self, members: &str, durable: bool) -> io::Result<u64> {
        match self {
            Self::File(log) => log.call(members, durable),
            Self::Stream(stream) => stream.call(members),
        }
    }

    fn outcome(&mut self, call: Option<u64>, members: &str) -> io::Result<()> {
        match self {
            Self::File(log) => log.outcome(call, members),
            Self::Stream(stream) => stream.outcome(call, members),
        }
    }

    fn release(&mut self, members: &str) -> io::Result<()> {
        match self {
            Self::File(log) => log.release(members),
            Self::Stream(stream) => stream.release(members),
        }
    }

    fn tick(&mut self, now: Instant) -> Option<Duration> {
        match self {
            Self::File(log) => log.tick(now),
            Self::Stream(_) => None,
        }
    }

    fn close(&mut self) -> io::Result<()> {
        match self {
            Self::File(log) => log.close(),
            Self::Stream(_) => Ok(()),
        }
    }
}

impl Stream {
    fn new(out: Box<dyn Write + Send>, identity: Identity) -> Self {
        Self { out, identity, at: Link::start() }
    }

    fn call(&mut self, members: &str) -> io::Result<u64> {
        self.begin()?;
        let number = self.at.seq + 1;
        self.put(Kind::Call, &format!("\"call\":{number},{members}"))?;
        Ok(number)
    }

    fn outcome(&mut self, call: Option<u64>, members: &str) -> io::Result<()> {
        self.begin()?;
        let number = call.map_or_else(|| "null".to_owned(), |number| number.to_string());
        self.put(Kind::Outcome, &format!("\"call\":{number},{members}"))
    }

    fn release(&mut self, members: &str) -> io::Result<()> {
        self.begin()?;
        self.put(Kind::Release, members)
    }

    /// What is printed by whoever calls nobody is not begun.
    fn begin(&mut self) -> io::Result<()> {
        if self.at.seq > 0 {
            return Ok(());
        }
        let members = format!("\"file\":1,\"open\":[],{}", self.identity.members());
        self.put(Kind::Genesis, &members)
    }

    fn put(&mut self, kind: Kind, members: &str) -> io::Result<()> {
        let (text, link) = line(&self.at, &time::timestamp(SystemTime::now()), kind, members);
        // In one piece: nothing that others print gets in between.
        self.out.write_all(&text)?;
        self.at = link;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
