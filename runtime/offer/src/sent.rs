//! A list of tools as it is sent: texts that its entries are parts of. It has megabytes where tools are many, and a client
//! waits for it when a program starts, so nothing of it is copied.

use std::fmt;
use std::iter::once;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::{Listed, hex};

/// Parts of a list that are kept apart. What is in more of them is put together, since each is written by itself.
const PIECES_MAX: usize = 8;

/// What is shorter is digested sooner than a thread starts, in bytes.
const BESIDE_BYTES_MIN: usize = 256 * 1024;

/// A part of a text that others have parts of, too.
#[derive(Clone)]
pub(crate) struct Piece {
    whole: Arc<String>,
    range: Range<usize>,
}

impl Piece {
    /// That part of a text.
    pub(crate) fn new(whole: &Arc<String>, range: Range<usize>) -> Self {
        Self { whole: Arc::clone(whole), range }
    }

    pub(crate) fn text(&self) -> &str {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }

    /// Takes another part in, if it stands behind a comma behind this one.
    fn takes(&mut self, next: &Self) -> bool {
        let adjoins = Arc::ptr_eq(&self.whole, &next.whole) && self.range.end + 1 == next.range.start;
        if adjoins {
            self.range.end = next.range.end;
        }
        adjoins
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self { range: 0..text.len(), whole: Arc::new(text) }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(formatter)
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Piece {}

/// Entries as they are sent: a compact JSON array.
#[derive(Clone, Debug)]
pub struct Sent(Vec<Piece>);

impl Sent {
    /// Those, in this order.
    pub fn of<'l, 't: 'l>(entries: impl Iterator<Item = &'l Listed<'t>>) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        for entry in entries {
            if !pieces.last_mut().is_some_and(|last| last.takes(entry.piece())) {
                pieces.push(entry.piece().clone());
            }
        }
        if pieces.len() > PIECES_MAX {
            let texts: Vec<&str> = pieces.iter().map(Piece::text).collect();
            pieces = vec![texts.join(",").into()];
        }
        Self(pieces)
    }

    /// The texts that make it, one behind the other.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let behind_comma = self.0.iter().flat_map(|piece| [",", piece.text()]);
        once("[").chain(behind_comma.skip(1)).chain(once("]"))
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.parts().collect()
    }

    /// SHA-256 of it, in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        self.parts().for_each(|part| digest.update(part));
        hex(&digest.finalize())
    }

    /// [`Sent::sha256`], and what comes of other work that is done meanwhile.
    pub fn sha256_beside<T>(&self, work: impl FnOnce() -> T) -> (String, T) {
        if self.0.iter().map(|piece| piece.range.len()).sum::<usize>() < BESIDE_BYTES_MIN {
            return (self.sha256(), work());
        }
        thread::scope(|scope| {
            let digest = thread::Builder::new().spawn_scoped(scope, || self.sha256());
            let done = work();
            // Where there is no thread for it, it is made here.
            let digest = digest.ok().and_then(|thread| thread.join().ok());
            (digest.unwrap_or_else(|| self.sha256()), done)
        })
    }
}
