//! `declassify` of the workspace manifest: flows that somebody answers for, from names to tools.

use airlock_contract::text::is_invisible;

use super::lattice::Lattice;
use crate::ir::{Catalog, Declassified, Flow, Tool};
use crate::manifest::{Declassification, Workspace};
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};

/// Stands behind a catalog's name for all of its tools.
const ALL: &str = ".*";

/// Enters every declassified flow into the tool that may send it on.
pub(super) fn apply(
    catalogs: &mut [Catalog],
    workspace: &Workspace,
    lattice: &Lattice,
    file: FileId,
    report: &mut Report,
) {
    let flows = workspace.declassify.iter().flatten().collect::<Vec<_>>();
    if !flows.is_empty() && lattice.labels().is_empty() {
        let wrong = Diagnostic::error("E0815", "without labels there is nothing to declassify");
        report.push(wrong.at(At::key(file, "/declassify"), "").help("add `labels:`, or remove this list"));
        return;
    }
    for (position, flow) in flows.into_iter().enumerate() {
        let pointer = format!("/declassify/{position}");
        let sources = sources(catalogs, flow, &pointer, file, report);
        check_reason(&flow.reason, At::value(file, format!("{pointer}/reason")), report);
        let known: Vec<String> = names(catalogs).map(str::to_owned).collect();
        let Some(sink) = catalogs.iter_mut().flat_map(|catalog| &mut catalog.tools).find(|tool| tool.name == flow.to)
        else {
            report.push(unknown("tool", &flow.to, "", At::value(file, format!("{pointer}/to")), &known));
            continue;
        };
        // Others than those that need it would hide a flow that a later change makes possible.
        let needed: Vec<&Source> =
            sources.iter().filter(|source| sink.sends() && exceeds(source, sink, lattice)).collect();
        if needed.is_empty() && !sources.is_empty() {
            report.push(needless(flow, sink, At::value(file, format!("{pointer}/to"))));
        }
        enter(sink, &needed, flow, &At::value(file, format!("{pointer}/from")), report);
    }
}

fn names(catalogs: &[Catalog]) -> impl Iterator<Item = &str> {
    catalogs.iter().flat_map(|catalog| &catalog.tools).map(|tool| tool.name.as_str())
}

/// A tool whose results are meant, and their label.
struct Source {
    tool: String,
    label: Option<String>,
}

impl Source {
    fn of(tool: &Tool) -> Self {
        Self { tool: tool.name.clone(), label: tool.flow.as_ref().map(|flow| flow.label.clone()) }
    }
}

fn sources(
    catalogs: &[Catalog],
    flow: &Declassification,
    pointer: &str,
    file: FileId,
    report: &mut Report,
) -> Vec<Source> {
    let at = At::value(file, format!("{pointer}/from"));
    if let Some(wanted) = flow.from.strip_suffix(ALL) {
        if let Some(catalog) = catalogs.iter().find(|catalog| catalog.name == wanted) {
            return catalog.tools.iter().map(Source::of).collect();
        }
        let known: Vec<String> = catalogs.iter().map(|catalog| catalog.name.clone()).collect();
        report.push(unknown("catalog", wanted, ALL, at, &known));
        return Vec::new();
    }
    let named = catalogs.iter().flat_map(|catalog| &catalog.tools).find(|tool| tool.name == flow.from);
    if named.is_none() {
        let known: Vec<String> = names(catalogs).map(str::to_owned).collect();
        report.push(unknown("tool", &flow.from, "", at, &known));
    }
    named.into_iter().map(Source::of).collect()
}

fn unknown(what: &str, name: &str, suffix: &str, at: At, known: &[String]) -> Diagnostic {
    let wrong = Diagnostic::error("E0815", format!("there is no {what} `{name}`")).at(at.clone(), "");
    match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(meant) => wrong.patch("did you mean this one?", at, format!("{meant}{suffix}")),
        None => wrong.help("name tools as `catalog.yaml` does, or all of a catalog as in `clinic.*`"),
    }
}

fn check_reason(reason: &str, at: At, report: &mut Report) {
    if reason.trim().is_empty() || reason.trim().chars().any(is_invisible) {
        report.push(
            Diagnostic::error("E0815", "`reason` takes one line that a person can read")
                .at(at, "")
                .help("say why this may be sent on, and who has decided it: people review it"),
        );
    }
}

fn enter(sink: &mut Tool, sources: &[&Source], flow: &Declassification, at: &At, report: &mut Report) {
    let Some(of_sink) = &mut sink.flow else { return };
    for source in sources {
        if of_sink.declassified.iter().any(|known| known.from == source.tool) {
            report.push(
                Diagnostic::error("E0815", format!("`{}` to `{}` is declassified twice", source.tool, sink.name))
                    .at(at.clone(), "again")
                    .help("leave it once, with the reason that holds"),
            );
            continue;
        }
        of_sink.declassified.push(Declassified { from: source.tool.clone(), reason: flow.reason.trim().to_owned() });
    }
    of_sink.declassified.sort_by(|a, b| a.from.cmp(&b.from));
}

/// Whether what one tool gives is above what another is cleared for.
fn exceeds(source: &Source, sink: &Tool, lattice: &Lattice) -> bool {
    let clearance = sink.flow.as_ref().and_then(|Flow { clearance, .. }| lattice.rank(clearance));
    source.label.as_deref().and_then(|label| lattice.rank(label)) > clearance
}

fn needless(flow: &Declassification, sink: &Tool, at: At) -> Diagnostic {
    let why = if sink.sends() { "is cleared for it" } else { "sends nothing that a caller chooses" };
    Diagnostic::warning("E0817", format!("`{}` to `{}` needs no declassification", flow.from, flow.to))
        .at(at, why)
        .help("remove it: it would hide a flow that a later change makes possible")
}
