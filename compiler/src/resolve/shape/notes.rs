//! Notes in the order in which they came, each once.

use std::collections::BTreeSet;

use super::Note;

/// What was noted. A schema that is opened again notes the same again, and a document decides how often that is: kept
/// twice, notes would double with each schema around.
#[derive(Clone, Debug, Default)]
pub(in crate::resolve) struct Notes {
    in_order: Vec<Note>,
    known: BTreeSet<Note>,
}

impl Notes {
    /// Adds a note that is not there yet.
    pub(super) fn push(&mut self, note: Note) {
        if self.known.insert(note.clone()) {
            self.in_order.push(note);
        }
    }

    /// The notes.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Note> {
        self.in_order.iter()
    }

    /// The notes, and none is left.
    pub(in crate::resolve) fn take(&mut self) -> Vec<Note> {
        std::mem::take(self).in_order
    }
}

impl FromIterator<Note> for Notes {
    fn from_iter<I: IntoIterator<Item = Note>>(all: I) -> Self {
        let mut notes = Self::default();
        all.into_iter().for_each(|note| notes.push(note));
        notes
    }
}
