//! Names: what hosts, models and Rust accept.

use std::collections::BTreeMap;

use crate::normalise::escape;
use crate::report::{At, Diagnostic, FileId, Report};
use crate::resolve::ResolvedCatalog;

/// Hosts put a server's name before a tool's and cut at 60 to 64 characters.
pub const TOOL_NAME_CHARS_MAX: usize = 40;

/// Whether `name` matches `^[a-z][a-z0-9_]{0,39}$`, which every model provider accepts.
pub fn is_tool_name(name: &str) -> bool {
    name.len() <= TOOL_NAME_CHARS_MAX
        && name.starts_with(|char: char| char.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a generated file, or a sheet for clients, of this name would be another one's.
pub fn is_reserved(name: &str) -> bool {
    // `parse_str` knows the strict and reserved keywords of every edition that syn knows.
    matches!(
        name,
        "mod"
            | "shapes"
            | "answers"
            | "prompts"
            | "provenance"
            | "lib"
            | "main"
            | "union"
            | "auto"
            | "macro_rules"
            | "raw"
            | "safe"
            | "gen"
    ) || syn::parse_str::<syn::Ident>(name).is_err()
}

/// Names of what is no tool: prompts, their arguments, profiles.
pub(crate) fn check_name(name: &str, what: &str, at: At, report: &mut Report) {
    if !is_tool_name(name) {
        report.push(
            Diagnostic::error("E0402", format!("`{name}` cannot name {what}"))
                .at(at, "")
                .help("use small letters, digits and `_`, a letter first, at most 40 characters"),
        );
    }
}

pub(super) fn check_catalog(catalog: &ResolvedCatalog, report: &mut Report) {
    let name = &catalog.name;
    if !is_tool_name(name) || is_reserved(name) {
        report.push(
            Diagnostic::error("E0401", format!("`{name}` cannot name a catalog"))
                .at(At::bytes(catalog.manifest_file, 0..1), "the name of this file's directory")
                .help("rename the directory: small letters, digits and `_`, a letter first, no word of Rust's"),
        );
    }
    let own = catalog.manifest.upstream.as_ref().and_then(|upstream| upstream.name.as_deref());
    let own = own.map(|name| (name, At::value(catalog.manifest_file, "/upstream/name")));
    let further = catalog
        .manifest
        .upstreams
        .iter()
        .flatten()
        .map(|(name, _)| (name.as_str(), At::key(catalog.manifest_file, format!("/upstreams/{}", escape(name)))));
    for (name, at) in own.clone().into_iter().chain(further) {
        if !is_tool_name(name) {
            report.push(
                Diagnostic::error("E0401", format!("`{name}` cannot name an upstream"))
                    .at(at, "")
                    .help("use small letters, digits and `_`, a letter first"),
            );
        } else if own.as_ref().map_or(catalog.name.as_str(), |(own, _)| own) == name
            && at.pointer.starts_with("/upstreams/")
        {
            report.push(
                Diagnostic::error("E0407", format!("two upstreams of this catalog are called `{name}`"))
                    .at(at, "this one, and the catalog's own")
                    .help("rename one of them: the site file gives each its own address"),
            );
        }
    }
}

pub(super) fn check_tool(name: &str, file: FileId, pointer: &str, report: &mut Report) {
    let problem = if !is_tool_name(name) {
        "has small letters, digits and `_` only, begins with a letter, and has at most 40 characters"
    } else if is_reserved(name) {
        "becomes a file name in Rust, so it is no word of Rust's, nor `mod`, `lib`, `main`, `shapes`, `answers` or \
         `prompts`; and `provenance` is what clients read about the catalog"
    } else {
        return;
    };
    report.push(
        Diagnostic::error("E0402", format!("`{name}` cannot name a tool"))
            .at(At::key(file, pointer), "")
            .help(format!("a tool's name {problem}")),
    );
}

/// Tools of all catalogs share one list, and so do prompts.
pub(super) fn check_across(catalogs: &[ResolvedCatalog], report: &mut Report) {
    let tools = |catalog: &ResolvedCatalog| catalog.tools.iter().map(|tool| tool.name.clone()).collect();
    let prompts =
        |catalog: &ResolvedCatalog| catalog.manifest.prompts.iter().flat_map(BTreeMap::keys).cloned().collect();
    check_once("tool", "a model sees one list", catalogs, tools, report);
    check_once("prompt", "people see one list", catalogs, prompts, report);
}

fn check_once(
    what: &str,
    why: &str,
    catalogs: &[ResolvedCatalog],
    names: impl Fn(&ResolvedCatalog) -> Vec<String>,
    report: &mut Report,
) {
    let mut seen: BTreeMap<String, (FileId, String)> = BTreeMap::new();
    for catalog in catalogs {
        for name in names(catalog) {
            let pointer = format!("/{what}s/{}", escape(&name));
            let Some((file, first)) = seen.get(&name) else {
                seen.insert(name, (catalog.manifest_file, pointer));
                continue;
            };
            report.push(
                Diagnostic::error("E0403", format!("two catalogs have a {what} `{name}`"))
                    .at(At::key(catalog.manifest_file, pointer), "this one")
                    .at(At::key(*file, first.clone()), "and this one")
                    .help(format!("rename one of them: {why}")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_reserved, is_tool_name};

    #[test]
    fn tool_names_are_what_hosts_and_rust_accept() {
        assert!(is_tool_name("find_patients") && is_tool_name("a") && is_tool_name(&"a".repeat(40)));
        assert!(
            !is_tool_name("")
                && !is_tool_name("1a")
                && !is_tool_name("A")
                && !is_tool_name("a-b")
                && !is_tool_name(&"a".repeat(41))
        );
        assert!(
            is_reserved("type")
                && is_reserved("mod")
                && is_reserved("async")
                && is_reserved("self")
                && !is_reserved("find")
        );
    }
}
