//! Beside the line, behind `lower`: the profiles of `workspace.yaml`, from names to tools.

use std::collections::BTreeSet;

use airlock_offer::SEARCH_NAMES;

use crate::check::{check_description, check_name};
use crate::ir::{Catalog, Profile};
use crate::load::{LoadedWorkspace, escape_token};
use crate::lock::Places;
use crate::manifest::{self, Workspace};
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};
use crate::resolve::one_line;

/// Beyond so many tools in one list, models choose badly and some hosts warn.
const TOOLS_ADVISED: usize = 40;

/// Beyond so many tools in one list, some hosts refuse it.
const TOOLS_MAX: usize = 128;

/// Stands behind a catalog's name for all of its tools.
const ALL: &str = ".*";

/// The profiles of a workspace manifest in the order of their names, each tool proven to be there. Errors are E04 and E08
/// codes.
pub fn choose(
    catalogs: &[Catalog],
    places: &[Places],
    workspace: &Workspace,
    file: FileId,
    report: &mut Report,
) -> Vec<Profile> {
    let mut profiles = Vec::new();
    for (name, written) in workspace.profiles.iter().flatten() {
        let pointer = format!("/profiles/{}", escape_token(name));
        check_name(name, "a profile", At::key(file, pointer.clone()), report);
        check_description(&written.description, file, &pointer, report);
        let tools = tools(catalogs, written, file, &pointer, report);
        profiles.push(Profile {
            name: name.clone(),
            description: one_line(&written.description),
            tools: tools.into_iter().map(str::to_owned).collect(),
            search: written.search.unwrap_or(false),
        });
    }
    check_search(catalogs, places, &profiles, file, report);
    profiles
}

/// The names of a profile's tools, in order.
fn tools<'c>(
    catalogs: &'c [Catalog],
    written: &manifest::Profile,
    file: FileId,
    pointer: &str,
    report: &mut Report,
) -> BTreeSet<&'c str> {
    let mut chosen = BTreeSet::new();
    let named = |catalog: &'c Catalog| catalog.tools.iter().map(|tool| tool.name.as_str());
    for (position, name) in written.tools.iter().enumerate() {
        let at = At::value(file, format!("{pointer}/tools/{position}"));
        if let Some(wanted) = name.strip_suffix(ALL) {
            let known = catalogs.iter().map(|catalog| catalog.name.as_str());
            match catalogs.iter().find(|catalog| catalog.name == wanted) {
                Some(catalog) => chosen.extend(named(catalog)),
                None => report.push(unknown("catalog", wanted, ALL, at, known)),
            }
        } else {
            match catalogs.iter().flat_map(named).find(|tool| tool == name) {
                Some(tool) => drop(chosen.insert(tool)),
                None => report.push(unknown("tool", name, "", at, catalogs.iter().flat_map(named))),
            }
        }
    }
    if written.tools.is_empty() {
        report.push(
            Diagnostic::error("E0805", "the profile has no tool, so nothing could be called under it")
                .at(At::value(file, format!("{pointer}/tools")), "")
                .help("name the tools that it has, or all of a catalog as in `[clinic.*]`"),
        );
    }
    chosen
}

fn unknown<'k>(what: &str, name: &str, suffix: &str, at: At, known: impl Iterator<Item = &'k str>) -> Diagnostic {
    let wrong = Diagnostic::error("E0805", format!("there is no {what} `{name}`")).at(at.clone(), "of this profile");
    match did_you_mean(name, known) {
        Some(meant) => wrong.patch("did you mean this one?", at, format!("{meant}{suffix}")),
        None => wrong.help("name tools as `catalog.yaml` does; `airlock tools` lists them"),
    }
}

/// A tool of a catalog that is called as one of those that search would be shadowed by it.
fn check_search(catalogs: &[Catalog], places: &[Places], profiles: &[Profile], file: FileId, report: &mut Report) {
    let Some(profile) = profiles.iter().find(|profile| profile.search) else { return };
    for (catalog, places) in catalogs.iter().zip(places) {
        for tool in catalog.tools.iter().filter(|tool| SEARCH_NAMES.contains(&tool.name.as_str())) {
            let search = format!("/profiles/{}/search", escape_token(&profile.name));
            report.push(
                Diagnostic::error("E0808", format!("`{}` is the name of a tool that `search` adds", tool.name))
                    .at(At::key(places.manifest, format!("/tools/{}", escape_token(&tool.name))), "this tool")
                    .at(At::value(file, search), "adds one of that name")
                    .help("rename the tool, or leave `search` out"),
            );
        }
    }
}

/// Checks how many tools there are in one list: in each profile, or in all where there are no profiles. Errors and
/// warnings are E08 codes.
pub fn check_sizes(
    catalogs: &[Catalog],
    places: &[Places],
    profiles: &[Profile],
    workspace: &Workspace,
    beside: &LoadedWorkspace,
    report: &mut Report,
) {
    let all: usize = catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    let Some(file) = beside.manifest.as_ref().map(|file| file.id).filter(|_| !profiles.is_empty()) else {
        if let Some(first) = places.first().filter(|_| all > TOOLS_ADVISED) {
            report.push(
                too_many_for_models("the catalogs have", all)
                    .at(At::key(first.manifest, "/tools"), "these, and those of other catalogs")
                    .help("name subsets as `profiles` of workspace.yaml, and serve one with `--profile NAME`"),
            );
        }
        return;
    };
    for profile in profiles {
        let written = workspace.profiles.as_ref().and_then(|written| written.get(&profile.name));
        let Some(written) = written else { continue };
        let at = At::value(file, format!("/profiles/{}/tools", escape_token(&profile.name)));
        let (name, count) = (&profile.name, profile.tools.len());
        let tools_max = written.tools_max.map_or(TOOLS_MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        if count > tools_max && (written.tools_max.is_some() || !profile.search) {
            report.push(
                Diagnostic::error("E0806", format!("the profile `{name}` has {count} tools, more than {tools_max}"))
                    .at(at, "these")
                    .help("leave tools out, add `search: true`, or raise `tools_max` for hosts that take as many"),
            );
        } else if count > TOOLS_ADVISED && !profile.search && written.tools_max.is_none() {
            report.push(
                too_many_for_models(&format!("the profile `{name}` has"), count)
                    .at(at, "these")
                    .help("leave tools out, add `search: true`, or say with `tools_max` that it is meant so"),
            );
        }
    }
}

fn too_many_for_models(whose: &str, count: usize) -> Diagnostic {
    let title =
        format!("{whose} {count} tools in one list, more than the {TOOLS_ADVISED} that models choose well from");
    Diagnostic::warning("E0807", title)
}
