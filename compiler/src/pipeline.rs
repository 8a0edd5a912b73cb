//! The line of steps.

use std::collections::BTreeMap;
use std::path::Path;

use crate::ir::Catalog;
use crate::load::{Loaded, Sources};
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

/// Runs every step but the last. `None` after an error: then `report` says what is wrong, and nothing may be written.
pub fn compile(catalogs: &Path, sources: &mut Sources, report: &mut Report) -> Option<Compiled> {
    let mut loaded = load::load(catalogs, sources, report);
    let workspace = std::mem::take(&mut loaded.workspace);
    let catalogs = finish(loaded, sources, report)?;
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
/// one run shows the mistakes of all tools.
pub fn read(catalogs: &Path, sources: &mut Sources, report: &mut Report) -> Option<Vec<Catalog>> {
    let loaded = load::load(catalogs, sources, report);
    finish(loaded, sources, report)
}

/// Runs the steps after `load`, up to plain data. `None` after an error, also after one of `load`.
pub fn finish(loaded: Loaded, sources: &Sources, report: &mut Report) -> Option<Vec<Catalog>> {
    if report.has_errors() {
        return None;
    }
    let normalised = normalise::normalise(loaded, report);
    if report.has_errors() {
        return None;
    }
    let resolved = resolve::resolve(normalised, report);
    let checked = check::check(resolved, sources, report);
    (!report.has_errors()).then(|| lower::lower(checked))
}
