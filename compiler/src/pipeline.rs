//! The line of steps.

use std::collections::BTreeMap;
use std::path::Path;

use crate::ir::{Catalog, ModelFile, Profile};
use crate::load::{Loaded, LoadedWorkspace, Sources};
use crate::lock::{self, Places};
use crate::manifest::{Workspace, read_workspace};
use crate::report::Report;
use crate::{budget, check, emit, flow, load, lower, model, normalise, print, profile, resolve};

/// What a run has made.
#[derive(Debug)]
pub struct Compiled {
    /// The catalogs.
    pub catalogs: Vec<Catalog>,
    /// Subsets of their tools.
    pub profiles: Vec<Profile>,
    /// Model files that may be loaded.
    pub models: Vec<ModelFile>,
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
    /// Subsets of their tools, in the order of their names.
    pub profiles: Vec<Profile>,
    /// Model files that may be loaded, in the order of their names.
    pub models: Vec<ModelFile>,
    /// What holds for all of them together, and the files that say so.
    pub workspace: Workspace,
    /// The files beside the catalogs.
    pub beside: LoadedWorkspace,
}

/// Runs every step but the last. `None` after an error: then `report` says what is wrong, and nothing may be written.
pub fn compile(root: &Path, sources: &mut Sources, report: &mut Report) -> Option<Compiled> {
    let Placed { catalogs, places, profiles, models, workspace, beside } = place(root, sources, report)?;
    lock::check(&catalogs, &places, root, sources, report);
    budget::check(&catalogs, &workspace, &beside, sources, report);
    profile::check_sizes(&catalogs, &places, &profiles, &workspace, &beside, report);
    if report.has_errors() {
        return None;
    }
    let tree = emit::emit(&catalogs, &profiles, &models);
    Some(Compiled { files: print::print(&tree), catalogs, profiles, models })
}

/// Runs the steps that know documents: what is left is plain data. `None` after an error.
///
/// The line stops after `load`, after `normalise`, and after `check`. `resolve` passes on what it could resolve, so that
/// one run shows the mistakes of all tools. Whether what it gives was approved is not asked.
pub fn place(catalogs: &Path, sources: &mut Sources, report: &mut Report) -> Option<Placed> {
    let loaded = load::load(catalogs, sources, report);
    finish(loaded, sources, report)
}

/// Runs the steps after `load`, up to plain data. `None` after an error, also after one of `load`.
pub fn finish(mut loaded: Loaded, sources: &Sources, report: &mut Report) -> Option<Placed> {
    if report.has_errors() {
        return None;
    }
    let beside = std::mem::take(&mut loaded.workspace);
    let normalised = normalise::normalise(loaded, report);
    if report.has_errors() {
        return None;
    }
    let resolved = resolve::resolve(normalised, report);
    let checked = check::check(resolved, sources, report);
    if report.has_errors() {
        return None;
    }
    let places: Vec<Places> = checked.iter().map(Places::of).collect();
    let written: Vec<flow::Written> = checked.iter().map(flow::Written::of).collect();
    let mut catalogs = lower::lower(checked);
    let workspace = beside.manifest.as_ref().map(|file| read_workspace(file, report)).unwrap_or_default();
    let of_workspace = beside.manifest.as_ref().map(|file| file.id);
    if !beside.is_unread {
        flow::choose(&mut catalogs, &written, &places, &workspace, of_workspace, report);
    }
    let (mut profiles, mut models) = (Vec::new(), Vec::new());
    if let Some(file) = &beside.manifest {
        profiles = profile::choose(&catalogs, &places, &workspace, file.id, report);
        models = model::choose(&workspace, file.id, report);
    }
    // What no label, or no tool, is meant by would be told twice.
    if !report.has_errors() {
        flow::check(&catalogs, &written, &places, &profiles, of_workspace, report);
    }
    (!report.has_errors()).then_some(Placed { catalogs, places, profiles, models, workspace, beside })
}
