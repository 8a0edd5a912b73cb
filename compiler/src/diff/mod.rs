//! What a change of catalogs means: two lists of [`Catalog`]s -> [`Change`]s, the worst first.
//!
//! Catalogs are compared by name, tools by name, arguments and properties by name. Order is form, not meaning, and so is the
//! white space of a rule (`settle`); all else that differs is told. Every comparison takes its values apart by naming all
//! their fields, so that a field that is added to the intermediate form must be thought of here; and a part that differs
//! without a word of its own is told as [`Kind::Other`].

mod argument;
mod catalog;
mod class;
mod fields;
mod flow;
mod kind;
mod models;
mod page;
mod profiles;
mod prompt;
pub mod release;
mod servers;
mod settle;
mod shape;
mod text;
mod tool;

#[cfg(test)]
pub(crate) mod tests;

use std::cmp::Reverse;

pub use class::{Class, class};
pub use kind::{Kind, Risk};
pub use models::compare_models;
pub use page::html;
pub use profiles::compare_profiles;
pub use servers::{Servers, compare_servers};
pub use text::{human, json, markdown};

use crate::ir::Catalog;
use crate::report::visible;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind it is, which says its risk.
    pub kind: Kind,
    /// The name of the catalog.
    pub catalog: String,
    /// The name of the tool; of what the whole catalog has, none.
    pub tool: Option<String>,
    /// One sentence, without invisible characters.
    pub detail: String,
}

/// All changes from `old` to `new`: by risk, the worst first, then by catalog, tool, kind and detail. Empty where both mean
/// the same.
pub fn compare(old: &[Catalog], new: &[Catalog]) -> Vec<Change> {
    let settled = |catalogs: &[Catalog]| catalogs.iter().map(settle::catalog).collect::<Vec<_>>();
    let mut changes = Changes::default();
    catalog::compare_all(&settled(old), &settled(new), &mut changes);
    let mut found = changes.found;
    found.sort_by(|a, b| order(a).cmp(&order(b)));
    found.dedup();
    found
}

/// The same catalogs under the names of `new`, where each side has one and they differ. Whether the name is another one.
pub fn name_alike(old: &mut [Catalog], new: &[Catalog]) -> Option<Change> {
    let ([old], [new]) = (old, new) else { return None };
    if old.name == new.name {
        return None;
    }
    let before = std::mem::replace(&mut old.name, new.name.clone());
    let detail = format!("`{}` is called `{}`", visible(&before), visible(&new.name));
    Some(Change { kind: Kind::CatalogRenamed, catalog: new.name.clone(), tool: None, detail })
}

/// What changes are sorted by.
pub fn order(change: &Change) -> (Reverse<Risk>, &str, Option<&str>, &'static str, &str) {
    let Change { kind, catalog, tool, detail } = change;
    (Reverse(kind.risk()), catalog, tool.as_deref(), kind.word(), detail)
}

/// The changes found so far, and whose they are.
#[derive(Debug, Default)]
struct Changes {
    found: Vec<Change>,
    catalog: String,
    tool: Option<String>,
}

impl Changes {
    /// Adds a change of the catalog and tool that are compared now.
    fn add(&mut self, kind: Kind, detail: impl AsRef<str>) {
        // Text of documents ends up in details; whatever shows them, nothing in them can hide.
        let detail = visible(detail.as_ref());
        self.found.push(Change { kind, catalog: self.catalog.clone(), tool: self.tool.clone(), detail });
    }

    /// Compares one part. If it differs and `compare` has nothing to say about it, that is told.
    fn part<T: PartialEq + ?Sized>(&mut self, what: &str, old: &T, new: &T, compare: impl FnOnce(&mut Self)) {
        if old == new {
            return;
        }
        let before = self.found.len();
        compare(self);
        if self.found.len() == before {
            self.add(Kind::Other, format!("{what} is not the same"));
        }
    }
}
