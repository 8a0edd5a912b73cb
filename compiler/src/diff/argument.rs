//! What the model may send, and where it goes.

use std::collections::BTreeMap;

use super::catalog::pairs;
use super::{Changes, Kind, shape};
use crate::ir::{Argument, Grounding, Shape, Source};
use crate::wording::{contrast, place, source, style};

pub(super) fn compare_all(
    old: &[Argument],
    new: &[Argument],
    old_shapes: &BTreeMap<String, Shape>,
    new_shapes: &BTreeMap<String, Shape>,
    changes: &mut Changes,
) {
    pairs(
        old,
        new,
        |argument| &argument.name,
        |name, old, new| match (old, new) {
            (Some(old), Some(new)) => {
                compare(old, new, changes);
                for (kind, detail) in shape::compare(name, &old.shape, &new.shape, old_shapes, new_shapes) {
                    changes.add(kind, detail);
                }
            }
            (None, Some(new)) => {
                let kind = if is_fixed(new) { Kind::FixedAdded } else { Kind::ArgumentAdded };
                changes.add(kind, told(new));
            }
            (Some(old), None) => {
                let kind = if is_fixed(old) { Kind::FixedRemoved } else { Kind::ArgumentRemoved };
                changes.add(kind, told(old));
            }
            (None, None) => {}
        },
    );
}

fn is_fixed(argument: &Argument) -> bool {
    !argument.source.is_offered()
}

fn told(argument: &Argument) -> String {
    let Argument { name, wire, place: to, source: from, grounding, .. } = argument;
    let unsaid = if *grounding == Grounding::Any { "; the embedded model may write what nobody has said" } else { "" };
    format!("`{name}`, {}, as `{wire}` in {}{unsaid}", source(from), place(*to))
}

fn compare(old: &Argument, new: &Argument, changes: &mut Changes) {
    // The shape is compared beside it, where the named ones are known.
    let Argument { name, wire, place: to, shape: _, source: from, grounding, reserved, description } = old;
    changes.part("the place of an argument", to, &new.place, |changes| {
        let (before, after) = (place(*to), place(new.place));
        if before == after {
            let style = |of| style(of).map_or("none".to_owned(), |style| format!("{style:?}"));
            let detail = format!("`{name}` in the style {} instead of {}", style(new.place), style(*to));
            changes.add(Kind::StyleChanged, detail);
        } else {
            changes.add(Kind::ArgumentMoved, format!("`{name}` goes to {after} instead of {before}"));
        }
    });
    changes.part("the name of an argument on the wire", wire, &new.wire, |changes| {
        changes.add(Kind::WireNameChanged, format!("`{name}` is sent as `{}` instead of `{wire}`", new.wire));
    });
    changes.part("how reserved characters are written", reserved, &new.reserved, |changes| {
        let now = if new.reserved { "stay as they are" } else { "are escaped" };
        changes.add(Kind::StyleChanged, format!("`{name}`: reserved characters {now}"));
    });
    changes.part("what the embedded model may write into an argument", grounding, &new.grounding, |changes| {
        let (kind, now) = match new.grounding {
            Grounding::Any => (Kind::GroundingWidened, "whatever is accepted, instead of what was said"),
            Grounding::Conversation => (Kind::GroundingNarrowed, "only what was said"),
        };
        changes.add(kind, format!("`{name}`: the embedded model may write {now}"));
    });
    changes.part("the description of an argument", description, &new.description, |changes| {
        let detail = format!("`{name}`: {}", contrast(description, &new.description));
        changes.add(Kind::ArgumentDescriptionChanged, detail);
    });
    changes.part("who chooses an argument", from, &new.source, |changes| {
        let kind = match (from, &new.source) {
            (Source::Fixed(_) | Source::Page(_), Source::Fixed(_) | Source::Page(_)) => Kind::FixedChanged,
            (Source::Fixed(_) | Source::Page(_), _) => Kind::ArgumentFreed,
            (_, Source::Fixed(_) | Source::Page(_)) => Kind::ArgumentFixed,
            (_, Source::Required) => Kind::ArgumentRequired,
            (Source::Required, _) => Kind::ArgumentOptional,
            (Source::Optional | Source::Default(_), _) => Kind::DefaultChanged,
        };
        changes.add(kind, format!("`{name}`: {}; before, {}", source(&new.source), source(from)));
    });
}
