//! Catalogs and the systems that they reach.

use std::collections::{BTreeMap, BTreeSet};

use super::{Changes, Kind, flow, prompt, tool};
use crate::ir::{Catalog, Credential, Effect, Excluded, Shape, Tool, Transport, Upstream};
use crate::wording::{self, contrast, credential, or_nothing, tool as told};

/// Values by name.
fn by_name<'v, T>(values: &'v [T], name: impl Fn(&'v T) -> &'v str) -> BTreeMap<&'v str, &'v T> {
    values.iter().map(|value| (name(value), value)).collect()
}

/// Calls `compare` with what each name means on either side, in the order of the names.
pub(super) fn pairs<'v, T>(
    old: &'v [T],
    new: &'v [T],
    name: impl Fn(&'v T) -> &'v str,
    mut compare: impl FnMut(&'v str, Option<&'v T>, Option<&'v T>),
) {
    let (old, new) = (by_name(old, &name), by_name(new, &name));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for name in names {
        compare(name, old.get(name).copied(), new.get(name).copied());
    }
}

pub(super) fn compare_all(old: &[Catalog], new: &[Catalog], changes: &mut Changes) {
    pairs(
        old,
        new,
        |catalog| &catalog.name,
        |name, old, new| {
            name.clone_into(&mut changes.catalog);
            changes.tool = None;
            match (old, new) {
                (Some(old), Some(new)) => compare(old, new, changes),
                (None, Some(new)) => added(new, changes),
                (Some(old), None) => removed(old, changes),
                (None, None) => {}
            }
            changes.tool = None;
        },
    );
}

fn added(new: &Catalog, changes: &mut Changes) {
    changes.add(Kind::CatalogAdded, format!("\"{}\", {} tools", new.title, new.tools.len()));
    compare_upstreams(&[], &new.upstreams, changes);
    prompt::compare_all(&[], &new.prompts, changes);
    compare_tools(None, Some(new), changes);
}

fn removed(old: &Catalog, changes: &mut Changes) {
    changes.add(Kind::CatalogRemoved, format!("\"{}\", {} tools", old.title, old.tools.len()));
    compare_upstreams(&old.upstreams, &[], changes);
    prompt::compare_all(&old.prompts, &[], changes);
    compare_tools(Some(old), None, changes);
}

fn compare(old: &Catalog, new: &Catalog, changes: &mut Changes) {
    let Catalog {
        name: _,
        title,
        document,
        document_sha256,
        upstreams,
        shapes,
        answers,
        tools: _,
        prompts,
        excluded,
        labels,
    } = old;
    changes.part("the title", title, &new.title, |changes| {
        changes.add(Kind::CatalogTitleChanged, contrast(title, &new.title));
    });
    changes.part("the document's name", document, &new.document, |changes| {
        changes.add(Kind::DocumentRenamed, format!("`{document}` is now `{}`", new.document));
    });
    changes.part("the document", document_sha256, &new.document_sha256, |changes| {
        changes.add(Kind::DocumentChanged, "the document is not the same; what it changes for tools is told beside");
    });
    changes.part("the list of systems", upstreams, &new.upstreams, |changes| {
        compare_upstreams(upstreams, &new.upstreams, changes);
    });
    changes.part("the chain of labels", labels, &new.labels, |changes| {
        let words = |labels: &[String]| or_nothing(&labels.join(" < "));
        changes.add(Kind::LabelsChanged, format!("{} instead of {}", words(&new.labels), words(labels)));
    });
    changes.part("the list of prompts", prompts, &new.prompts, |changes| {
        prompt::compare_all(prompts, &new.prompts, changes);
    });
    compare_tools(Some(old), Some(new), changes);
    changes.tool = None;
    changes.part("the operations that are no tool", excluded, &new.excluded, |changes| {
        compare_excluded(excluded, &new.excluded, changes);
    });
    unused("sent", shapes, &new.shapes, &reached(old, new, Reach::Sent), changes);
    unused("given", answers, &new.answers, &reached(old, new, Reach::Given), changes);
}

fn compare_upstreams(old: &[Upstream], new: &[Upstream], changes: &mut Changes) {
    pairs(
        old,
        new,
        |upstream| &upstream.name,
        |name, old, new| match (old, new) {
            (Some(old), Some(new)) => {
                let Upstream { name: _, base_path, transport, credentials } = old;
                changes.part("the base path", base_path, &new.base_path, |changes| {
                    let (before, after) = (or_nothing(base_path), or_nothing(&new.base_path));
                    changes.add(Kind::BasePathChanged, format!("`{name}`: {after} instead of {before}"));
                });
                changes.part("how requests are carried", transport, &new.transport, |changes| {
                    let (kind, verb) = match new.transport {
                        Transport::Any => (Kind::TransportLowered, "no longer says"),
                        Transport::Tls => (Kind::TransportRaised, "newly says"),
                    };
                    changes.add(kind, format!("`{name}`: the document {verb} that it is reached by https"));
                });
                changes.part("the list of secrets", credentials, &new.credentials, |changes| {
                    compare_credentials(name, credentials, &new.credentials, changes);
                });
            }
            (None, Some(new)) => {
                let below = or_nothing(&new.base_path);
                let carried = wording::transport(new.transport);
                changes.add(
                    Kind::UpstreamAdded,
                    format!("`{name}` is newly reached, with the base path {below}, {carried}"),
                );
                compare_credentials(name, &[], &new.credentials, changes);
            }
            (Some(old), None) => {
                changes.add(Kind::UpstreamRemoved, format!("`{name}` is no longer reached"));
                compare_credentials(name, &old.credentials, &[], changes);
            }
            (None, None) => {}
        },
    );
}

fn compare_credentials(upstream: &str, old: &[Credential], new: &[Credential], changes: &mut Changes) {
    pairs(
        old,
        new,
        |one| &one.name,
        |name, old, new| match (old, new) {
            (Some(old), Some(new)) => {
                let Credential { name: _, place } = old;
                changes.part("the place of a secret", place, &new.place, |changes| {
                    let (before, after) = (credential(old), credential(new));
                    let detail = format!("`{upstream}`: the secret `{name}` goes to {after} instead of {before}");
                    changes.add(Kind::CredentialMoved, detail);
                });
            }
            (None, Some(new)) => {
                let place = credential(new);
                changes.add(Kind::CredentialAdded, format!("`{upstream}` is sent the secret `{name}` in {place}"));
            }
            (Some(_), None) => {
                changes.add(Kind::CredentialRemoved, format!("`{upstream}` is no longer sent the secret `{name}`"));
            }
            (None, None) => {}
        },
    );
}

fn compare_tools(old: Option<&Catalog>, new: Option<&Catalog>, changes: &mut Changes) {
    let tools = |catalog: Option<&'_ Catalog>| -> Vec<Tool> { catalog.map_or(Vec::new(), |one| one.tools.clone()) };
    let (mut old_tools, new_tools) = (tools(old), tools(new));
    rename(&mut old_tools, &new_tools, changes);
    pairs(
        &old_tools,
        &new_tools,
        |tool| &tool.name,
        |name, before, after| {
            changes.tool = Some(name.to_owned());
            match (before, after, old, new) {
                (Some(before), Some(after), Some(old), Some(new)) => tool::compare(before, after, old, new, changes),
                (None, Some(after), ..) => {
                    let reads = after.effect == Effect::Read;
                    changes.add(if reads { Kind::ToolAdded } else { Kind::WritingToolAdded }, told(after));
                    flow::added(after, changes);
                }
                (Some(before), ..) => changes.add(Kind::ToolRemoved, told(before)),
                (None, None, ..) => {}
            }
        },
    );
}

/// Gives a tool of the old side the name that it has on the new one, where it is the same in all else and no other is.
fn rename(old: &mut [Tool], new: &[Tool], changes: &mut Changes) {
    let is_in = |tools: &[Tool], name: &str| tools.iter().any(|tool| tool.name == name);
    let gone: Vec<Tool> = old.iter().filter(|tool| !is_in(new, &tool.name)).cloned().collect();
    let added: Vec<&Tool> = new.iter().filter(|tool| !is_in(old, &tool.name)).collect();
    let alike = |before: &Tool, after: &Tool| Tool { name: after.name.clone(), ..before.clone() } == *after;
    for before in &gone {
        let mut candidates = added.iter().filter(|after| alike(before, after));
        let (Some(after), None) = (candidates.next(), candidates.next()) else { continue };
        let is_only = gone.iter().filter(|other| alike(other, after)).count() == 1;
        if let Some(tool) = old.iter_mut().find(|tool| is_only && tool.name == before.name) {
            tool.name.clone_from(&after.name);
            changes.tool = Some(after.name.clone());
            changes.add(Kind::ToolRenamed, format!("`{}` is called `{}`", before.name, after.name));
        }
    }
}

/// Several operations can stand at one place of a broken document, so all that a place has are compared.
fn compare_excluded(old: &[Excluded], new: &[Excluded], changes: &mut Changes) {
    let at = |all: &'_ [Excluded]| -> BTreeMap<String, Vec<Excluded>> {
        all.iter().fold(BTreeMap::new(), |mut places, one| {
            places.entry(format!("{} {}", one.method, one.path)).or_default().push(one.clone());
            places
        })
    };
    let (old, new) = (at(old), at(new));
    let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for place in places {
        let (before, after) = (old.get(place), new.get(place));
        match (before, after) {
            (None, Some(after)) => changes.add(Kind::OperationAdded, format!("`{place}`{}", why(after))),
            (Some(_), None) => changes.add(Kind::OperationRemoved, format!("`{place}`")),
            (Some(before), Some(after)) if before != after => {
                let what = if why(before) == why(after) { ", in its title or place".to_owned() } else { why(after) };
                changes.add(Kind::OperationChanged, format!("`{place}`{what}"));
            }
            _ => {}
        }
    }
}

/// Whether these operations can be tools, in words.
fn why(operations: &[Excluded]) -> String {
    match operations.iter().find_map(|one| one.refusal.as_ref()) {
        Some(refused) => format!(", which cannot be compiled: {} {}", refused.code, refused.reason),
        None => ", which could be a tool".to_owned(),
    }
}

/// Which of a catalog's named shapes are meant.
#[derive(Clone, Copy)]
enum Reach {
    /// Those that tools send.
    Sent,
    /// Those that results are made of.
    Given,
}

/// The names of all shapes that a tool of either side uses. What differs in those is told with the tools.
fn reached(old: &Catalog, new: &Catalog, reach: Reach) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    for catalog in [old, new] {
        let mut open: Vec<String> = Vec::new();
        let mut collect = |name: &str| open.push(name.to_owned());
        for tool in &catalog.tools {
            match reach {
                Reach::Sent => tool.arguments.iter().for_each(|argument| argument.shape.names(&mut collect)),
                Reach::Given => tool.output.names(&mut collect),
            }
        }
        let shapes = match reach {
            Reach::Sent => &catalog.shapes,
            Reach::Given => &catalog.answers,
        };
        let mut here = BTreeSet::new();
        while let Some(name) = open.pop() {
            if let Some(shape) = shapes.get(&name)
                && here.insert(name)
            {
                shape.names(&mut |name| open.push(name.to_owned()));
            }
        }
        reached.extend(here);
    }
    reached
}

/// Tells of named shapes that differ and that no tool uses.
fn unused(
    use_: &str,
    old: &BTreeMap<String, Shape>,
    new: &BTreeMap<String, Shape>,
    reached: &BTreeSet<String>,
    changes: &mut Changes,
) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        if !reached.contains(name) && old.get(name) != new.get(name) {
            changes.add(Kind::Other, format!("the shape `{name}`, {use_} by no tool, is not the same"));
        }
    }
}
