//! Files of a release that are compared by their digests: the program, models, source, and what sets it up.

use std::collections::{BTreeMap, BTreeSet};

use super::packages::VENDOR;
use super::{Difference, File, PartKind, Release};
use crate::wording::{contrast, grouped};

/// The site template, which is compared by what it says.
pub const SITE: &str = "deploy/site.example.json";

/// Of so many files that changed in one directory the names are told.
const NAMES_MAX: usize = 6;

/// What is made of other parts, told elsewhere, or compared by what it says.
fn is_told_elsewhere(path: &str) -> bool {
    const FILES: [&str; 8] = [
        "SHA512SUMS",
        "manifest.json",
        "VERIFY.txt",
        SITE,
        VENDOR,
        "source/Cargo.lock",
        "source/rust-toolchain.toml",
        "source/compiler-version.txt",
    ];
    const DIRECTORIES: [&str; 5] = ["signatures/", "review/", "evidence/", "source/catalogs/", "source/generated/"];
    FILES.contains(&path) || DIRECTORIES.iter().any(|directory| path.starts_with(directory))
}

pub(super) fn compare(old: &Release, new: &Release, is_meaning_same: bool, found: &mut Vec<Difference>) {
    generated(old, new, found);
    templates(old, new, found);
    program_facts(old, new, found);
    let is_source_same = below(old, "source/").all(|(path, file)| path == VENDOR || new.files.get(path) == Some(file))
        && below(new, "source/").all(|(path, _)| path == VENDOR || old.files.contains_key(path));
    let is_told_same = is_meaning_same
        && old.templates == new.templates
        && below(old, "models/")
            .filter(|(path, _)| !["kv", "json"].contains(&ending(path)))
            .all(|(path, file)| new.files.get(path) == Some(file));
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let paths: BTreeSet<&String> = old.files.keys().chain(new.files.keys()).collect();
    for path in paths.into_iter().filter(|path| !is_told_elsewhere(path)) {
        let (before, after) = (old.files.get(path), new.files.get(path));
        if before == after {
            continue;
        }
        if let Some(rest) = path.strip_prefix("source/") {
            let group = rest.split_once('/').map_or("source", |(first, _)| &path[..7 + first.len()]);
            groups.entry(group).or_default().push(format!("{}{}", mark(before, after), &path[group.len() + 1..]));
            continue;
        }
        let is_built_alike = is_source_same && old.features == new.features && old.cpu == new.cpu;
        let kind = kind(path, before, after, is_built_alike, is_told_same);
        // Whatever a model is called beside its file, its text is looked at by itself.
        if let Some(kind) = kind {
            found.push(Difference::new(kind, path, told(before, after)));
        }
    }
    for (group, names) in groups {
        let more = names.len().saturating_sub(NAMES_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let shown: Vec<&str> = names.iter().take(NAMES_MAX).map(String::as_str).collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        let detail = format!("{} file{plural}: {}{more}", names.len(), shown.join(", "));
        found.push(Difference::new(PartKind::SourceChanged, group, detail));
    }
}

fn below<'r>(release: &'r Release, prefix: &'r str) -> impl Iterator<Item = (&'r str, &'r File)> {
    release.files.iter().filter(move |(path, _)| path.starts_with(prefix)).map(|(path, file)| (path.as_str(), file))
}

/// What stands behind the last dot of a name.
fn ending(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// `+` for a new file, `-` for one that is gone.
fn mark(before: Option<&File>, after: Option<&File>) -> &'static str {
    match (before, after) {
        (None, _) => "+",
        (_, None) => "-",
        _ => "",
    }
}

/// What a change of the file at this place is; none of what is said beside a model, since its parts are told by themselves.
fn kind(
    path: &str,
    before: Option<&File>,
    after: Option<&File>,
    is_built_alike: bool,
    is_told_same: bool,
) -> Option<PartKind> {
    let of = |added, removed, changed| match (before, after) {
        (None, _) => added,
        (_, None) => removed,
        _ => changed,
    };
    let ending = ending(path);
    Some(match path.split('/').next() {
        Some("bin") => {
            let changed = if is_built_alike { PartKind::ProgramUnexplained } else { PartKind::ProgramChanged };
            of(PartKind::ProgramAdded, PartKind::ProgramRemoved, changed)
        }
        Some("models") if ending == "kv" => {
            if is_told_same {
                PartKind::PrefixUnexplained
            } else {
                PartKind::PrefixChanged
            }
        }
        Some("models") if ending == "json" => return None,
        Some("models") => of(PartKind::ModelFileAdded, PartKind::ModelFileRemoved, PartKind::ModelBytesChanged),
        Some("deploy") if ["pem", "crt", "cer"].contains(&ending) => PartKind::CaChanged,
        Some("deploy") => PartKind::DeployChanged,
        _ => PartKind::FileChanged,
    })
}

/// `12,345 bytes, SHA-512 0123456789abcdef instead of …`: so much of a digest tells two files apart for people.
fn told(before: Option<&File>, after: Option<&File>) -> String {
    let one = |file: &File| {
        format!("{} bytes, SHA-512 {}…", grouped(file.bytes, ','), file.sha512.get(..16).unwrap_or_default())
    };
    match (before, after) {
        (Some(before), Some(after)) => format!("{} instead of {}", one(after), one(before)),
        (None, Some(after)) => format!("new: {}", one(after)),
        (Some(before), None) => format!("gone: {}", one(before)),
        (None, None) => String::new(),
    }
}

/// The generated source, where it is not what its catalogs give and was before, or is another one now.
fn generated(old: &Release, new: &Release, found: &mut Vec<Difference>) {
    let files = |release: &Release, prefix: &'static str| -> Vec<(String, String)> {
        below(release, prefix).map(|(path, file)| (path.to_owned(), file.sha512.clone())).collect()
    };
    let is_other = files(old, "source/generated/") != files(new, "source/generated/");
    let is_stale = new.is_generated_fresh == Some(false) && (is_other || old.is_generated_fresh == Some(true));
    // Where this compiler cannot say what another one makes, the same catalogs and compiler give the same.
    let is_same_input = ["source/catalogs/", "source/compiler/", "source/runtime/", "source/airlock/"]
        .into_iter()
        .all(|prefix| files(old, prefix) == files(new, prefix));
    if is_stale || (is_other && is_same_input && new.is_generated_fresh.is_none()) {
        let detail = "the generated source is not what source/catalogs gives; `airlock compile --check` shows where";
        found.push(Difference::new(PartKind::GeneratedUnexplained, "source/generated", detail));
    }
}

fn templates(old: &Release, new: &Release, found: &mut Vec<Difference>) {
    for (of, kind, what) in [
        ((&old.templates, &new.templates), PartKind::TemplateChanged, "chat template"),
        ((&old.licences, &new.licences), PartKind::ModelLicenceChanged, "licence"),
    ] {
        let (before, after) = of;
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let text = |of: &BTreeMap<String, String>| of.get(name).cloned().unwrap_or_default();
            // A model that one side alone has is told as such.
            if before.contains_key(name) && after.contains_key(name) && text(before) != text(after) {
                let detail = format!("{what}: {}", contrast(&text(before), &text(after)));
                found.push(Difference::new(kind, name, detail));
            }
        }
    }
}

fn program_facts(old: &Release, new: &Release, found: &mut Vec<Difference>) {
    for (path, linkage) in &new.linkage {
        if let Some(before) = old.linkage.get(path).filter(|before| *before != linkage) {
            found.push(Difference::new(PartKind::LinkageChanged, path, format!("{linkage} instead of {before}")));
        }
    }
    if old.features != new.features {
        let list = |of: &[String]| if of.is_empty() { "none".to_owned() } else { of.join(", ") };
        let detail = format!("{} instead of {}, as the manifests say", list(&new.features), list(&old.features));
        found.push(Difference::new(PartKind::FeaturesChanged, "bin", detail));
    }
    if old.cpu != new.cpu {
        let detail = format!("{} instead of {}, as the manifests say", new.cpu, old.cpu);
        found.push(Difference::new(PartKind::CpuChanged, "bin", detail));
    }
}
