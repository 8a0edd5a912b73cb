//! Whether a trail is whole, and what is in it.
//!
//! Every record is looked at once, in order. With keys that may sign, each checkpoint has to be signed by one of them, and no more
//! records may follow one than a program leaves: whoever made the chain anew without the key is found by that. What was cut off
//! behind the last checkpoint shows in nothing but a copy; that the trail then does not end with a stop is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::checkpoint;
use super::log::CHECKPOINT_RECORDS;
use super::row::{Entry, Fault, Row};
use super::{Head, Kind};
use airlock_seal::sshsig::PublicKey;

/// Unpaired calls that are told with their place; the others are counted.
const PLACES_MAX: usize = 20;

/// Records that a program may write behind its last checkpoint before the next one: those of a call that was being written when
/// it was due, of calls that it found open, and of its beginning and end.
const BEHIND_MAX: u64 = CHECKPOINT_RECORDS + 8;

/// What is in a trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) files: usize,
    pub(crate) records: u64,
    /// Times of the first and of the last record.
    pub(crate) first: Option<String>,
    pub(crate) last: Option<String>,
    /// Calls that were let out.
    pub(crate) calls: u64,
    /// Those of them of which nobody knows what they came to: a program ended.
    pub(crate) lost: u64,
    /// Those without an outcome.
    pub(crate) unpaired: u64,
    /// Where the first of them stand: number and `FILE:LINE`.
    pub(crate) unpaired_places: Vec<(u64, String)>,
    /// Outcomes of calls that were refused before anything was sent.
    pub(crate) refused: u64,
    /// Starts of a program.
    pub(crate) starts: u64,
    /// Those behind an end without a stop.
    pub(crate) starts_without_stop: u64,
    /// Torn ends that were set aside, and how many bytes in all.
    pub(crate) recovered: u64,
    pub(crate) recovered_bytes: u64,
    /// Approvals, installations and rollbacks of releases that were done.
    pub(crate) releases: u64,
    pub(crate) checkpoints: u64,
    /// Those that are signed.
    pub(crate) signed: u64,
    /// Who signed them: fingerprints.
    pub(crate) signers: BTreeSet<String>,
    /// Whether those were compared with keys.
    pub(crate) signers_known: bool,
    /// Records behind the last checkpoint.
    pub(crate) behind_checkpoint: u64,
    /// Whether the last program has ended in order.
    pub(crate) ends_with_stop: bool,
    /// Whether a program is writing.
    pub(crate) is_live: bool,
}

/// Reads a whole trail. `known` are the keys that may sign; without them any may, or none.
pub(crate) fn verify(path: &Path, partial: bool, known: Option<&[PublicKey]>) -> (Found, Result<(), Fault>) {
    let mut row = match Row::open(path, partial) {
        Ok(row) => row,
        Err(fault) => return (Found::default(), Err(fault)),
    };
    let mut counting = Counting { known, ..Counting::default() };
    counting.found =
        Found { files: row.count, is_live: row.is_live, signers_known: known.is_some(), ..Found::default() };
    let end = loop {
        match row.next() {
            Ok(Some(entry)) => {
                if let Err(fault) = counting.add(&entry) {
                    break Err(Fault::Broken(format!("{}: the record {fault}", entry.place)));
                }
            }
            Ok(None) => break counting.signed_at_all(path),
            Err(fault) => break Err(fault),
        }
    };
    (counting.done(), end)
}

#[derive(Default)]
struct Counting<'k> {
    found: Found,
    known: Option<&'k [PublicKey]>,
    /// Calls that are open, and where they stand.
    open: BTreeMap<u64, String>,
}

impl Counting<'_> {
    fn add(&mut self, entry: &Entry<'_>) -> Result<(), String> {
        let (head, found) = (&entry.head, &mut self.found);
        found.records += 1;
        found.first.get_or_insert_with(|| head.time.to_owned());
        found.last = Some(head.time.to_owned());
        found.behind_checkpoint += 1;
        found.ends_with_stop = head.kind == Kind::Stop || found.ends_with_stop && head.kind == Kind::Checkpoint;
        match head.kind {
            Kind::Genesis | Kind::Rotate | Kind::Stop => {}
            Kind::Release => found.releases += u64::from(head.members.starts_with("\"stage\":\"done\"")),
            Kind::Start => {
                found.starts += 1;
                found.starts_without_stop += u64::from(head.members.starts_with("\"after_stop\":false"));
            }
            Kind::Recovered => {
                found.recovered += 1;
                found.recovered_bytes += head.first_number("torn_bytes").unwrap_or_default();
            }
            Kind::Call => self.call(entry)?,
            Kind::Outcome => self.outcome(head)?,
            Kind::Checkpoint => self.checkpoint(entry)?,
        }
        if self.known.is_some() && self.found.behind_checkpoint > BEHIND_MAX {
            return Err(format!("is more than {BEHIND_MAX} behind a checkpoint, so checkpoints are missing"));
        }
        Ok(())
    }

    fn call(&mut self, entry: &Entry<'_>) -> Result<(), String> {
        let number = entry.head.first_number("call").filter(|number| *number == entry.head.seq);
        let number = number.ok_or("is a call of another number than its own")?;
        self.open.insert(number, entry.place.clone());
        self.found.calls += 1;
        Ok(())
    }

    fn outcome(&mut self, head: &Head<'_>) -> Result<(), String> {
        match head.first_number("call") {
            None => self.found.refused += 1,
            Some(number) => {
                // A trail that does not begin at its beginning may have the call in a file that is not here.
                let is_open = self.open.remove(&number).is_some();
                let is_before = self.found.records < head.seq && number < head.seq - (self.found.records - 1);
                if !is_open && !is_before {
                    return Err(format!("is the outcome of call {number}, which is not open"));
                }
                self.found.lost += u64::from(head.members.contains("\"verdict\":\"lost\""));
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self, entry: &Entry<'_>) -> Result<(), String> {
        let told: serde_json::Value = serde_json::from_str(entry.text).map_err(|_| "is no JSON".to_owned())?;
        let signer = checkpoint::signer(&told, &entry.before)?;
        match (signer, self.known) {
            (None, Some(_)) => return Err("is a checkpoint that nobody signed".to_owned()),
            (Some(signer), Some(known)) if !known.contains(&signer) => {
                return Err(format!("is signed by {}, which is none of the keys that may", signer.fingerprint()));
            }
            (Some(signer), _) => {
                self.found.signed += 1;
                self.found.signers.insert(signer.fingerprint());
            }
            (None, None) => {}
        }
        self.found.checkpoints += 1;
        self.found.behind_checkpoint = 0;
        Ok(())
    }

    /// Where keys are given, a trail without any checkpoint is not one of theirs.
    fn signed_at_all(&self, path: &Path) -> Result<(), Fault> {
        if self.known.is_some() && self.found.checkpoints == 0 && !self.found.is_live {
            let text = format!("{}: there is no checkpoint, so nothing here is signed", path.display());
            return Err(Fault::Broken(text));
        }
        Ok(())
    }

    fn done(self) -> Found {
        let Self { mut found, open, .. } = self;
        found.unpaired = open.len() as u64;
        found.unpaired_places = open.into_iter().take(PLACES_MAX).collect();
        found
    }
}
