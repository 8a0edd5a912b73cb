//! Which fields of an answer reach the model.

use super::{Changes, Kind};
use crate::ir::Fields;
use crate::wording::listed;

/// Compares them. `is_other` says that the rule, the answers or the result differ: where fields are not known, any may have
/// come with that.
pub(super) fn compare(old: &Fields, new: &Fields, is_other: bool, changes: &mut Changes) {
    let unknown = "the document has no schema for the answer, so any field may newly reach the model";
    match (old, new) {
        (Fields::Unknown, Fields::Unknown) if is_other => changes.add(Kind::FieldsUnknown, unknown),
        (Fields::Unknown, Fields::Unknown) | (Fields::None, Fields::None) => {}
        (_, Fields::Unknown) => changes.add(Kind::FieldsUnknown, unknown),
        (Fields::Unknown, Fields::Known { .. } | Fields::None) => changes.add(Kind::FieldsKnown, new.in_words()),
        (Fields::Known { .. } | Fields::None, Fields::Known { .. } | Fields::None) => {
            changes.part("what is known of the answer's fields", old, new, |changes| compare_known(old, new, changes));
            if (old.is_cut() || new.is_cut()) && (is_other || old != new) {
                changes.add(Kind::FieldsUnknown, "the answer has more fields than are counted");
            }
        }
    }
}

fn compare_known(old: &Fields, new: &Fields, changes: &mut Changes) {
    for path in missing(new.kept(), old.kept()) {
        let before = if old.dropped().contains(path) { "the rule dropped it" } else { "the answer did not have it" };
        changes.add(Kind::FieldAdded, format!("`{path}` newly reaches the model; before, {before}"));
    }
    for path in missing(old.kept(), new.kept()) {
        let now = if new.dropped().contains(path) { "the rule drops it" } else { "the answer does not have it" };
        changes.add(Kind::FieldDropped, format!("`{path}` no longer reaches the model: {now}"));
    }
    // A field that the rule has begun to drop, or dropped and now keeps, is told above.
    let more: Vec<&String> = missing(new.dropped(), old.dropped()).filter(|path| !old.kept().contains(path)).collect();
    let less: Vec<&String> = missing(old.dropped(), new.dropped()).filter(|path| !new.kept().contains(path)).collect();
    if !more.is_empty() {
        changes.add(Kind::FieldsWithheld, format!("the answer newly has, and the rule drops: {}", listed(&more)));
    }
    if !less.is_empty() {
        changes
            .add(Kind::FieldsWithheld, format!("the answer no longer has, what the rule dropped: {}", listed(&less)));
    }
    compare_kinds(old, new, changes);
}

/// What the fields are that both sides have, and where the answer holds itself.
fn compare_kinds(old: &Fields, new: &Fields, changes: &mut Changes) {
    let (Fields::Known { kinds: before, .. }, Fields::Known { kinds: after, .. }) = (old, new) else { return };
    let mut dropped = Vec::new();
    for (path, kind) in before {
        match after.get(path).filter(|now| *now != kind) {
            Some(now) if new.kept().contains(path) => {
                changes.add(Kind::FieldRetyped, format!("`{path}`: {now} instead of {kind}"));
            }
            Some(now) => dropped.push(format!("{path} ({now} instead of {kind})")),
            None => {}
        }
    }
    if !dropped.is_empty() {
        let dropped = listed(&dropped);
        changes.add(Kind::FieldsWithheld, format!("of what the rule drops, other types: {dropped}"));
    }
    let is_field = |fields: &Fields, path: &String| fields.kept().contains(path) || fields.dropped().contains(path);
    let more = after.keys().filter(|path| !before.contains_key(*path) && !is_field(new, path));
    let less = before.keys().filter(|path| !after.contains_key(*path) && !is_field(old, path));
    let again: Vec<&String> = more.chain(less).collect();
    if !again.is_empty() {
        let again = listed(&again);
        changes.add(Kind::FieldsWithheld, format!("the answer holds itself again, or no longer, at: {again}"));
    }
}

/// Whether all that is kept now was kept before, and not all of that is.
pub(super) fn is_less(old: &Fields, new: &Fields) -> bool {
    let is_known = |fields: &Fields| !matches!(fields, Fields::Unknown) && !fields.is_cut();
    is_known(old)
        && is_known(new)
        && missing(new.kept(), old.kept()).next().is_none()
        && missing(old.kept(), new.kept()).next().is_some()
}

/// What stands in `these` and not in `those`, which are sorted.
fn missing<'f>(these: &'f [String], those: &'f [String]) -> impl Iterator<Item = &'f String> {
    these.iter().filter(|path| those.binary_search(path).is_err())
}
