//! What one conversation has read so far: its high-water mark.
//!
//! A session grows and never shrinks: what a model has read once may stand in anything that it writes later. Only a new
//! conversation, whose context and cache are empty, begins with a new session.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::rand::{GetRandomFlags, getrandom};

/// Bytes of a session's name.
const ID_BYTES: usize = 16;

/// One conversation: a connection of an MCP client, a chat until it is cleared, one question, one call by hand.
#[derive(Debug)]
pub struct Session {
    id: String,
    read: Mutex<Read>,
}

/// Whose answers were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The names of the tools. What each of them gives has one label, so their names are enough.
    pub tools: BTreeSet<String>,
    /// Whether more was read, and nobody knows what: it is taken for the most confidential there is.
    pub is_unknown: bool,
}

impl Read {
    /// Of a conversation of which nothing is known.
    pub fn unknown() -> Self {
        Self { tools: BTreeSet::new(), is_unknown: true }
    }
}

impl Session {
    /// A conversation that has read nothing. Fails if the system has no random numbers for its name.
    pub fn begin() -> io::Result<Arc<Self>> {
        Self::resume(Read::default())
    }

    /// A conversation that goes on, under a name of its own. Fails as [`Session::begin`] does.
    pub fn resume(read: Read) -> io::Result<Arc<Self>> {
        let mut bytes = [0; ID_BYTES];
        let mut filled = 0;
        while filled < ID_BYTES {
            filled += getrandom(&mut bytes[filled..], GetRandomFlags::empty())?;
        }
        let id = format!("{:032x}", u128::from_be_bytes(bytes));
        Ok(Arc::new(Self { id, read: Mutex::new(read) }))
    }

    /// Its name in audit records: 32 hexadecimal digits that nobody can guess, and that tell nothing.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What was read so far.
    pub fn read(&self) -> Read {
        self.lock().clone()
    }

    /// What was read, for as long as a decision about it takes: of two calls at once, the second sees what the first adds.
    pub(super) fn lock(&self) -> MutexGuard<'_, Read> {
        // Names are added in one step, so a panic of another thread leaves nothing half done.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Read, Session};

    #[test]
    fn each_session_has_a_name_of_its_own_and_begins_with_what_it_is_given() {
        let (first, second) = (Session::begin().expect("begins"), Session::begin().expect("begins"));
        assert_ne!(first.id(), second.id());
        for id in [first.id(), second.id()] {
            assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
        }
        assert_eq!(first.read(), Read::default());
        assert!(Session::resume(Read::unknown()).expect("begins").read().is_unknown);
    }
}
