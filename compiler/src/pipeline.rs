//! The line of steps.

use std::collections::BTreeMap;
use std::path::Path;

use crate::ir::Catalog;
use crate::load::{Loaded, Sources};
use crate::lock::{self, Places};
use crate::report::Report;
use crate::{budget, check, emit, load, lower, normalise, print, resolve};

/// What a run has made.
#[derive(Debug)]
pub struct Compiled {
    /// The catalogs.
    pub catalogs: Vec<Catalog>,
    /// The generated crate's files, by path.
    pub files: BTreeMap<String, String>,
}

/// Catalogs as plain data, and beside each where its parts stand.
#[derive(Debug)]
pub struct Placed {
    /// The catalogs.
    pub catalogs: Vec<Catalog>,
    /// Their places, in the same order.
    pub places: Vec<Places>,
}

/// Runs every step but the last. `None` after an error: then `report` says what is wrong, and nothing may be written.
pub fn compile(root: &Path, sources: &mut Sources, report: &mut Report) -> Option<Compiled> {
    let mut loaded = load::load(root, sources, report);
    let workspace = std::mem::take(&mut loaded.workspace);
    let Placed { catalogs, places } = finish(loaded, sources, report)?;
    lock::check(&catalogs, &places, root, sources, report);
    budget::check(&catalogs, &workspace, sources, report);
    if report.has_errors() {
        return None;
    }
    let tree = emit::emit(&catalogs);
    Some(Compiled { files: print::print(&tree), catalogs })
}

/// Runs the steps that know documents: what is left is plain data. `None` after an error.
///
/// The line stops after `load`, after `normalise`, and after `check`. `resolve` passes on what it could resolve, so that
/// one run shows the mistakes of all tools. Whether what it gives was approved is not asked.
pub fn read(catalogs: &Path, sources: &mut Sources, report: &mut Report) -> Option<Vec<Catalog>> {
    Some(place(catalogs, sources, report)?.catalogs)
}

/// The same, with the places that a lock is compared at.
pub fn place(catalogs: &Path, sources: &mut Sources, report: &mut Report) -> Option<Placed> {
    let loaded = load::load(catalogs, sources, report);
    finish(loaded, sources, report)
}

/// Runs the steps after `load`, up to plain data. `None` after an error, also after one of `load`.
pub fn finish(loaded: Loaded, sources: &Sources, report: &mut Report) -> Option<Placed> {
    if report.has_errors() {
        return None;
    }
    let normalised = normalise::normalise(loaded, report);
    if report.has_errors() {
        return None;
    }
    let resolved = resolve::resolve(normalised, report);
    let checked = check::check(resolved, sources, report);
    if report.has_errors() {
        return None;
    }
    let places = checked.iter().map(Places::of).collect();
    Some(Placed { catalogs: lower::lower(checked), places })
}
