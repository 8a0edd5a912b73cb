//! Which fields of an answer reach the model.

use super::wording::listed;
use super::{Changes, Kind};
use crate::ir::Fields;

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
            if (is_cut(old) || is_cut(new)) && (is_other || old != new) {
                changes.add(Kind::FieldsUnknown, "the answer has more fields than are counted");
            }
        }
    }
}

fn compare_known(old: &Fields, new: &Fields, changes: &mut Changes) {
    for path in missing(kept(new), kept(old)) {
        let before = if dropped(old).contains(path) { "the rule dropped it" } else { "the answer did not have it" };
        changes.add(Kind::FieldAdded, format!("`{path}` newly reaches the model; before, {before}"));
    }
    for path in missing(kept(old), kept(new)) {
        let now = if dropped(new).contains(path) { "the rule drops it" } else { "the answer does not have it" };
        changes.add(Kind::FieldDropped, format!("`{path}` no longer reaches the model: {now}"));
    }
    // A field that the rule has begun to drop, or dropped and now keeps, is told above.
    let more: Vec<&String> = missing(dropped(new), dropped(old)).filter(|path| !kept(old).contains(path)).collect();
    let less: Vec<&String> = missing(dropped(old), dropped(new)).filter(|path| !kept(new).contains(path)).collect();
    if !more.is_empty() {
        changes.add(Kind::FieldsWithheld, format!("the answer newly has, and the rule drops: {}", listed(&more)));
    }
    if !less.is_empty() {
        changes
            .add(Kind::FieldsWithheld, format!("the answer no longer has, what the rule dropped: {}", listed(&less)));
    }
}

/// Whether all that is kept now was kept before, and not all of that is.
pub(super) fn is_less(old: &Fields, new: &Fields) -> bool {
    let is_known = |fields: &Fields| !matches!(fields, Fields::Unknown) && !is_cut(fields);
    is_known(old)
        && is_known(new)
        && missing(kept(new), kept(old)).next().is_none()
        && missing(kept(old), kept(new)).next().is_some()
}

fn kept(fields: &Fields) -> &[String] {
    match fields {
        Fields::Known { kept, .. } => kept,
        Fields::Unknown | Fields::None => &[],
    }
}

fn dropped(fields: &Fields) -> &[String] {
    match fields {
        Fields::Known { dropped, .. } => dropped,
        Fields::Unknown | Fields::None => &[],
    }
}

fn is_cut(fields: &Fields) -> bool {
    matches!(fields, Fields::Known { is_cut: true, .. })
}

/// What stands in `these` and not in `those`, which are sorted.
fn missing<'f>(these: &'f [String], those: &'f [String]) -> impl Iterator<Item = &'f String> {
    these.iter().filter(|path| those.binary_search(path).is_err())
}
