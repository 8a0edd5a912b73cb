//! Beside the line, behind `lower`: labels of confidentiality, and where what a tool gives may go (after FIDES, arXiv
//! 2505.23643).
//!
//! A model mixes its context, so any result that it can read may reach any later argument. [`choose`] gives each tool its
//! label and its clearance; [`check`] holds every list of tools that can be served to them.

mod declassify;
mod fields;
mod join;
mod lattice;
mod written;

#[cfg(test)]
mod tests;

pub use join::check;
pub use written::Written;

use crate::ir::{Above, Catalog, Effect, Flow, LabelledField, Tool};
use crate::load::escape_token;
use crate::lock::Places;
use crate::manifest::Workspace;
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};
use fields::Found;
use lattice::Lattice;
use written::{WrittenField, WrittenTool};

/// Gives every tool its labels, where the workspace declares labels. `written` and `places` are in the order of `catalogs`;
/// `file` is the workspace manifest. Errors are E08 codes.
pub fn choose(
    catalogs: &mut [Catalog],
    written: &[Written],
    places: &[Places],
    workspace: &Workspace,
    file: Option<FileId>,
    report: &mut Report,
) {
    // Without the file the workspace says nothing.
    let lattice = match (&workspace.labels, file) {
        (Some(labels), Some(file)) => match lattice::read(labels, file, report) {
            Some(lattice) => lattice,
            // What else is wrong with labels follows from that.
            None => return,
        },
        _ => Lattice::default(),
    };
    for ((catalog, written), places) in catalogs.iter_mut().zip(written).zip(places) {
        let mut chooser = Chooser { lattice: &lattice, manifest: places.manifest, report };
        chooser.catalog(catalog, written);
    }
    if let Some(file) = file {
        declassify::apply(catalogs, workspace, &lattice, file, report);
    }
}

/// Chooses for one catalog.
struct Chooser<'a> {
    lattice: &'a Lattice,
    manifest: FileId,
    report: &'a mut Report,
}

/// What holds for a tool that says nothing of its own. Both are places in the chain.
struct Defaults {
    label: usize,
    clearance: usize,
}

impl Chooser<'_> {
    fn catalog(&mut self, catalog: &mut Catalog, written: &Written) {
        let label = self.rank(written.label.as_deref(), "/label");
        let clearance = self.rank(written.clearance.as_deref(), "/clearance");
        // What nobody has labelled is the most confidential, and is told nothing of the rest.
        let defaults =
            Defaults { label: label.unwrap_or(self.lattice.top()), clearance: clearance.or(label).unwrap_or(0) };
        catalog.labels = self.lattice.labels().to_vec();
        for (tool, written) in catalog.tools.iter_mut().zip(&written.tools) {
            let flow = self.tool(tool, written, &defaults);
            tool.flow = flow.filter(|_| !self.lattice.labels().is_empty());
        }
    }

    fn tool(&mut self, tool: &Tool, written: &WrittenTool, defaults: &Defaults) -> Option<Flow> {
        let pointer = format!("/tools/{}", escape_token(&tool.name));
        let label = self.rank(written.label.as_deref(), &format!("{pointer}/label")).unwrap_or(defaults.label);
        let clearance = self.rank(written.clearance.as_deref(), &format!("{pointer}/clearance"));
        let (mut pruned, mut unpruned) = (label, label);
        let mut fields = Vec::new();
        for field in &written.fields {
            let at = format!("{pointer}/field_labels/{}", escape_token(&field.path));
            let Some(rank) = self.rank(Some(&field.label), &at) else { continue };
            if field.found == Found::Missing {
                self.report.push(missing(tool, field, At::key(self.manifest, at)));
                continue;
            }
            let is_read = field.found == Found::Read;
            unpruned = unpruned.max(rank);
            if is_read || written.gives_files {
                pruned = pruned.max(rank);
            }
            fields.push(LabelledField { path: field.path.clone(), label: field.label.clone(), is_read });
        }
        let implied = if tool.effect == Effect::Read { Above::Refused } else { Above::Asked };
        let word = |rank: usize| self.lattice.label(rank);
        Some(Flow {
            label: word(pruned)?,
            unpruned: word(unpruned)?,
            clearance: word(clearance.unwrap_or(defaults.clearance))?,
            above: written.above.map_or(implied, Above::from),
            fields,
            declassified: Vec::new(),
        })
    }

    /// The place of a label in the chain; none if there is none, or no such label, which is reported.
    fn rank(&mut self, label: Option<&str>, pointer: &str) -> Option<usize> {
        let label = label?;
        let rank = self.lattice.rank(label);
        if rank.is_none() {
            let at = At::value(self.manifest, pointer);
            self.report.push(unknown(label, self.lattice, at));
        }
        rank
    }
}

fn unknown(label: &str, lattice: &Lattice, at: At) -> Diagnostic {
    let labels = lattice.labels();
    if labels.is_empty() {
        return Diagnostic::error("E0813", "the workspace declares no labels")
            .at(at, "names one")
            .help("add `labels:` to workspace.yaml, the lowest first, as in `labels: [public, internal, patient]`");
    }
    let wrong =
        Diagnostic::error("E0813", format!("there is no label `{label}`")).at(at.clone(), "is none of the workspace's");
    match did_you_mean(label, labels.iter().map(String::as_str)) {
        Some(meant) => wrong.patch("did you mean this one?", at, meant),
        None => wrong.help(format!("the labels are, the lowest first: {}", labels.join(", "))),
    }
}

fn missing(tool: &Tool, field: &WrittenField, at: At) -> Diagnostic {
    let wrong = Diagnostic::error("E0814", format!("the answer of `{}` has no field `{}`", tool.name, field.path))
        .at(at.clone(), "would label nothing");
    let known = tool.fields.kept().iter().chain(tool.fields.dropped()).map(String::as_str);
    match did_you_mean(&field.path, known) {
        Some(meant) => wrong.patch("did you mean this one?", at, meant),
        None => wrong.help("write a field as REVIEW.md does, such as `items[].id`; `label` is for all of the answer"),
    }
}
