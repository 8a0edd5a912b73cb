//! No list of tools joins what one gives with what another may not be told.

use super::Written;
use super::fields::Found;
use crate::ir::{Above, Catalog, Flow, Profile, Tool};
use crate::load::escape_token;
use crate::lock::Places;
use crate::report::{At, Diagnostic, FileId, Report};

/// A tool, with what it and its catalog say of labels.
#[derive(Clone, Copy)]
struct Placed<'c> {
    tool: &'c Tool,
    flow: &'c Flow,
    catalog: &'c Written,
    /// Its place among the catalog's tools.
    position: usize,
    manifest: FileId,
    /// The places of its label and its clearance in the chain.
    label: usize,
    clearance: usize,
}

/// Checks every profile, and all tools together where there are no profiles: what is served without a profile, in a
/// program that has some, is checked when it starts. `file` is the workspace manifest. Errors are E0816.
pub fn check(
    catalogs: &[Catalog],
    written: &[Written],
    places: &[Places],
    profiles: &[Profile],
    file: Option<FileId>,
    report: &mut Report,
) {
    let Some(labels) = catalogs.first().map(|catalog| catalog.labels.as_slice()) else { return };
    let rank = |label: &String| labels.iter().position(|known| known == label).unwrap_or(0);
    let mut tools = Vec::new();
    for ((catalog, written), places) in catalogs.iter().zip(written).zip(places) {
        for (position, tool) in catalog.tools.iter().enumerate() {
            let Some(flow) = &tool.flow else { return };
            let (label, clearance) = (rank(&flow.label), rank(&flow.clearance));
            let manifest = places.manifest;
            tools.push(Placed { tool, flow, catalog: written, position, manifest, label, clearance });
        }
    }
    if profiles.is_empty() {
        check_list(&tools, None, report);
    }
    for profile in profiles {
        let of_profile: Vec<Placed<'_>> =
            tools.iter().filter(|placed| profile.tools.contains(&placed.tool.name)).copied().collect();
        check_list(&of_profile, file.map(|file| (profile, file)), report);
    }
}

/// One error for each tool that could be told more than it is cleared for.
fn check_list(tools: &[Placed<'_>], profile: Option<(&Profile, FileId)>, report: &mut Report) {
    for sink in tools.iter().filter(|placed| placed.tool.sends() && placed.flow.above == Above::Refused) {
        let may_not = |source: &&Placed<'_>| {
            source.label > sink.clearance && !sink.flow.declassified.iter().any(|known| known.from == source.tool.name)
        };
        let sources: Vec<&Placed<'_>> = tools.iter().filter(may_not).collect();
        // The worst of them; of several, the first one.
        let worst = sources.iter().rev().max_by_key(|source| source.label);
        if let Some(source) = worst {
            report.push(told(source, sink, sources.len() - 1, profile));
        }
    }
}

fn told(source: &Placed<'_>, sink: &Placed<'_>, others: usize, profile: Option<(&Profile, FileId)>) -> Diagnostic {
    let (from, to) = (&source.tool.name, &sink.tool.name);
    let (label, clearance) = (&source.flow.label, &sink.flow.clearance);
    let title = if from == to {
        format!("`{from}` gives what is `{label}`, and its own arguments are cleared for `{clearance}`")
    } else {
        format!("what `{from}` gives is `{label}`, and arguments of `{to}` are cleared for `{clearance}`")
    };
    let (at_source, field) = source.label_place();
    let more = match others {
        0 => String::new(),
        1 => "; one tool more gives what is too high".to_owned(),
        count => format!("; {count} tools more give what is too high"),
    };
    let mut wrong = Diagnostic::error("E0816", title)
        .at(sink.clearance_place(), format!("`{to}` sends arguments out, cleared for `{clearance}`"))
        .at(at_source, format!("what `{from}` gives is `{label}`{more}"));
    if let Some((profile, file)) = profile {
        let at = At::value(file, format!("/profiles/{}/tools", escape_token(&profile.name)));
        wrong = wrong.at(at, "a model that has both could send the one to the other");
    }
    wrong
        .help(match profile {
            Some((profile, _)) if from != to => {
                format!("split the profile `{}`, so that none offers both tools", profile.name)
            }
            _ if from != to => "name `profiles` in workspace.yaml, so that none offers both tools".to_owned(),
            _ => format!("raise `clearance` of `{to}`, if its system may be told what it gives"),
        })
        .help(match field {
            Some(path) => format!("have the rule of `{from}` not look at `{path}`"),
            None if source.says_nothing() => {
                format!("say the `label` of `{from}`, or of its catalog: without one it is the highest")
            }
            None => format!(
                "label the fields that make it so with `field_labels` of `{from}`, give the rest a lower `label`, and have \
                 the rule not look at them"
            ),
        })
        .help(format!(
            "have a person decide about each such call, with `above_clearance: ask` of `{to}`; or `declassify` the flow in \
             workspace.yaml, with a reason"
        ))
}

impl Placed<'_> {
    fn pointer(&self, rest: &str) -> String {
        format!("/tools/{}{rest}", escape_token(&self.tool.name))
    }

    /// Whether neither it nor its catalog has a label.
    fn says_nothing(&self) -> bool {
        let own = self.catalog.tools.get(self.position).and_then(|tool| tool.label.as_ref());
        own.or(self.catalog.label.as_ref()).is_none()
    }

    /// Where its label is from, and the field that it is from.
    fn label_place(&self) -> (At, Option<&str>) {
        let Some(written) = self.catalog.tools.get(self.position) else {
            return (At::key(self.manifest, self.pointer("")), None);
        };
        let is_own = |label: &Option<String>| label.as_deref() == Some(&self.flow.label);
        let counts = |found: Found| found == Found::Read || written.gives_files;
        let field = written.fields.iter().find(|field| field.label == self.flow.label && counts(field.found));
        if is_own(&written.label) {
            (At::value(self.manifest, self.pointer("/label")), None)
        } else if let Some(field) = field {
            let at = self.pointer(&format!("/field_labels/{}", escape_token(&field.path)));
            (At::value(self.manifest, at), Some(&field.path))
        } else if written.label.is_none() && is_own(&self.catalog.label) {
            (At::value(self.manifest, "/label"), None)
        } else {
            (At::key(self.manifest, self.pointer("")), None)
        }
    }

    /// Where its clearance is from.
    fn clearance_place(&self) -> At {
        let own = self.catalog.tools.get(self.position).is_some_and(|tool| tool.clearance.is_some());
        let catalog = self.catalog;
        match (own, &catalog.clearance, &catalog.label) {
            (true, ..) => At::value(self.manifest, self.pointer("/clearance")),
            (false, Some(_), _) => At::value(self.manifest, "/clearance"),
            (false, None, Some(_)) => At::value(self.manifest, "/label"),
            (false, None, None) => At::key(self.manifest, self.pointer("")),
        }
    }
}
