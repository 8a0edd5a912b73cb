//! What a conversion moved: references must still lead there, and diagnostics must still show the author's line.

use std::collections::BTreeMap;

use super::tree::prefix_ends;
use crate::normalise::Origins;
use crate::report::FileId;

/// What changed its place within one schema. Pointers are relative to the schema.
#[derive(Debug, Default)]
pub(in crate::normalise) struct Moved {
    /// From where to where; references follow.
    pub places: Vec<(String, String)>,
    /// What is new, and the place whose author's text it comes from.
    pub made: Vec<(String, String)>,
}

impl Moved {
    /// Says that what stood at `from` stands at `to` now.
    pub(in crate::normalise) fn place(&mut self, from: impl Into<String>, to: impl Into<String>) {
        self.places.push((from.into(), to.into()));
    }

    /// Whether nothing was moved or made.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.made.is_empty()
    }

    /// Says that `made` was written in place of what stands, or stood, at `from`.
    pub(super) fn made(&mut self, made: impl Into<String>, from: impl Into<String>) {
        self.made.push((made.into(), from.into()));
    }
}

/// Everything that was moved, in the pointers of the whole document.
///
/// Parents are converted before what they hold, so a move is keyed by where its place stood after the moves around it.
#[derive(Debug, Default)]
pub(super) struct Moves(BTreeMap<String, String>);

impl Moves {
    /// Takes over what was moved within the schema at `pointer`, in the file `file` unless its origin says otherwise.
    pub(super) fn add(&mut self, pointer: &str, moved: Moved, origins: &mut Origins, file: FileId) {
        // All are looked up before one is changed: a new place may be another's old one.
        let mut old = Vec::new();
        let made = moved.made.iter().map(|(made, from)| (from, made));
        for (from, to) in moved.places.iter().map(|(from, to)| (from, to)).chain(made) {
            let from = format!("{pointer}{from}");
            let (file, place) = origins.of(&from).unwrap_or((file, from));
            old.push((format!("{pointer}{to}"), file, place));
        }
        for (to, file, place) in old {
            origins.insert(to, file, place);
        }
        for (from, to) in moved.places {
            self.0.insert(format!("{pointer}{from}"), format!("{pointer}{to}"));
        }
    }

    /// Whether nothing was moved.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where what stood at `pointer` stands now; `None` where it always did.
    pub(super) fn redirect(&self, pointer: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut now: Option<String> = None;
        let mut settled = 0;
        loop {
            let current = now.as_deref().unwrap_or(pointer);
            let step = prefix_ends(current)
                .filter(|end| *end > settled)
                .find_map(|end| self.0.get(&current[..end]).map(|to| (to, end)));
            let Some((to, end)) = step else { return now };
            // Only what lies below the new place can have been moved again, so this ends: the rest grows shorter.
            settled = to.len();
            now = Some(format!("{to}{}", &current[end..]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Moved, Moves};
    use crate::normalise::Origins;
    use crate::report::FileId;

    #[test]
    fn references_and_origins_follow_moves_within_moves() {
        let (mut moves, mut origins) = (Moves::default(), Origins::default());
        let mut outer = Moved::default();
        outer.place("/items", "/anyOf/1/items");
        outer.made("/anyOf/1", "");
        moves.add("/s", outer, &mut origins, FileId(3));
        let mut inner = Moved::default();
        inner.place("/items/0", "/items/anyOf/0");
        moves.add("/s/anyOf/1", inner, &mut origins, FileId(3));

        assert_eq!(moves.redirect("/s/items/0/not").as_deref(), Some("/s/anyOf/1/items/anyOf/0/not"));
        assert_eq!(moves.redirect("/s/items").as_deref(), Some("/s/anyOf/1/items"));
        assert_eq!(moves.redirect("/s/itemsX"), None);
        assert_eq!(origins.of("/s/anyOf/1/items/anyOf/0/not"), Some((FileId(3), "/s/items/0/not".into())));
        assert_eq!(origins.of("/s/anyOf/1/maxItems"), Some((FileId(3), "/s/maxItems".into())));
        assert_eq!(origins.of("/s"), None);
    }

    #[test]
    fn two_places_can_change_with_each_other() {
        let (mut moves, mut origins) = (Moves::default(), Origins::default());
        let mut moved = Moved::default();
        moved.place("/items", "/items/anyOf/1");
        moved.place("/prefixItems/0", "/items/anyOf/0");
        moved.made("/items", "/prefixItems");
        moves.add("/s", moved, &mut origins, FileId(0));
        assert_eq!(moves.redirect("/s/items/type").as_deref(), Some("/s/items/anyOf/1/type"));
        assert_eq!(moves.redirect("/s/prefixItems/0").as_deref(), Some("/s/items/anyOf/0"));
        assert_eq!(origins.of("/s/items/anyOf/1/type"), Some((FileId(0), "/s/items/type".into())));
        assert_eq!(origins.of("/s/items/anyOf/0/type"), Some((FileId(0), "/s/prefixItems/0/type".into())));
    }
}
