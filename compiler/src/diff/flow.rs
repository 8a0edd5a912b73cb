//! Where what a tool gives may go, beside where it went.

use super::catalog::pairs;
use super::{Changes, Kind};
use crate::ir::{Above, Declassified, Flow, LabelledField, Tool};
use crate::wording::contrast;

/// Both chains, to tell which of two labels is the higher one.
struct Chains<'c> {
    old: &'c [String],
    new: &'c [String],
}

impl Chains<'_> {
    /// Whether `after` is above `before`: by the new chain, or by the old one where the new one lacks a word. Of a word that
    /// neither tells from the other, the worse is said.
    fn is_raised(&self, before: &str, after: &str) -> Option<bool> {
        let by = |chain: &[String]| {
            let rank = |label: &str| chain.iter().position(|known| known == label);
            Some(rank(after)? > rank(before)?)
        };
        by(self.new).or_else(|| by(self.old))
    }
}

pub(super) fn compare(
    old: Option<&Flow>,
    new: Option<&Flow>,
    before: &[String],
    after: &[String],
    changes: &mut Changes,
) {
    let chains = Chains { old: before, new: after };
    match (old, new) {
        (Some(old), Some(new)) => compare_flows(old, new, &chains, changes),
        (None, Some(new)) => {
            let detail = format!("`{}`, cleared for `{}`; nothing was labelled", new.label, new.clearance);
            changes.add(Kind::LabelRaised, detail);
            compare_declassified(&[], &new.declassified, changes);
        }
        (Some(old), None) => {
            changes.add(Kind::LabelLowered, format!("nothing is labelled; what it gives was `{}`", old.label));
        }
        (None, None) => {}
    }
}

/// A tool that is new may send on what is declassified for it.
pub(super) fn added(new: &Tool, changes: &mut Changes) {
    compare_declassified(&[], new.flow.as_ref().map_or(&[], |flow| &flow.declassified), changes);
}

fn compare_flows(old: &Flow, new: &Flow, chains: &Chains<'_>, changes: &mut Changes) {
    // Named one by one: a field that is added to a flow must be thought of here.
    let Flow { label, unpruned, clearance, above, fields, declassified } = old;
    let mut labels = |what: &str, before: &str, after: &str| {
        if before != after {
            let is_raised = chains.is_raised(before, after) == Some(true);
            let kind = if is_raised { Kind::LabelRaised } else { Kind::LabelLowered };
            changes.add(kind, format!("{what}: `{after}` instead of `{before}`"));
        }
    };
    labels("what the rule gives", label, &new.label);
    labels("an answer before the rule", unpruned, &new.unpruned);
    if *clearance != new.clearance {
        let is_lowered = chains.is_raised(&new.clearance, clearance) == Some(true);
        let kind = if is_lowered { Kind::ClearanceLowered } else { Kind::ClearanceRaised };
        changes.add(kind, format!("`{}` instead of `{clearance}`", new.clearance));
    }
    if *above != new.above {
        let kind = if new.above == Above::Asked { Kind::FlowAsked } else { Kind::FlowRefused };
        changes.add(kind, format!("`{}` instead of `{}`", new.above.word(), above.word()));
    }
    compare_fields(fields, &new.fields, chains, changes);
    compare_declassified(declassified, &new.declassified, changes);
}

fn compare_fields(old: &[LabelledField], new: &[LabelledField], chains: &Chains<'_>, changes: &mut Changes) {
    pairs(
        old,
        new,
        |field| &field.path,
        |path, old, new| match (old, new) {
            (Some(old), Some(new)) => {
                let LabelledField { path: _, label, is_read } = old;
                if *label != new.label {
                    let is_raised = chains.is_raised(label, &new.label) == Some(true);
                    let kind = if is_raised { Kind::LabelRaised } else { Kind::LabelLowered };
                    changes.add(kind, format!("the field `{path}`: `{}` instead of `{label}`", new.label));
                }
                if *is_read != new.is_read {
                    let (kind, now) = if new.is_read {
                        (Kind::LabelRaised, "the rule looks at")
                    } else {
                        (Kind::LabelLowered, "the rule no longer looks at")
                    };
                    changes.add(kind, format!("{now} the field `{path}`, which is `{}`", new.label));
                }
            }
            (None, Some(new)) => changes.add(Kind::LabelRaised, format!("the field `{path}` is `{}`", new.label)),
            (Some(old), None) => {
                let detail = format!("the field `{path}` has no label of its own; it was `{}`", old.label);
                changes.add(Kind::LabelLowered, detail);
            }
            (None, None) => {}
        },
    );
}

fn compare_declassified(old: &[Declassified], new: &[Declassified], changes: &mut Changes) {
    pairs(
        old,
        new,
        |flow| &flow.from,
        |from, old, new| match (old, new) {
            (Some(old), Some(new)) => {
                let Declassified { from: _, reason } = old;
                if *reason != new.reason {
                    let detail = format!("from `{from}`: {}", contrast(reason, &new.reason));
                    changes.add(Kind::DeclassifiedOtherwise, detail);
                }
            }
            (None, Some(new)) => changes.add(Kind::Declassified, format!("from `{from}`: {}", new.reason)),
            (Some(_), None) => changes.add(Kind::DeclassifiedNoMore, format!("from `{from}`")),
            (None, None) => {}
        },
    );
}
