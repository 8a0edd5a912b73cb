//! What a release is built from and with: packages, toolchain, compiler.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, PartKind, Release};
use crate::cargo::lock::{Id, Lock};

/// The packed crates.
pub(super) const VENDOR: &str = "source/vendor.tar";

pub(super) fn compare(old: &Release, new: &Release, found: &mut Vec<Difference>) {
    if old.toolchain != new.toolchain {
        let detail = format!("{} instead of {}", named(&new.toolchain), named(&old.toolchain));
        found.push(Difference::new(PartKind::ToolchainChanged, "rust", detail));
    }
    let vendored = |release: &Release| release.files.get(VENDOR).map(|file| file.sha512.clone());
    if old.lock == new.lock && vendored(old) != vendored(new) {
        let detail = "the packed crates have other bytes, and the lock names the same packages";
        found.push(Difference::new(PartKind::VendorUnexplained, VENDOR, detail));
    }
    members(&old.lock, &new.lock, found);
    let (before, after) = (by_name(&old.lock), by_name(&new.lock));
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for name in names {
        match (before.get(name), after.get(name)) {
            (None, Some(ids)) => found.push(Difference::new(PartKind::DependencyAdded, name, versions(ids))),
            (Some(ids), None) => found.push(Difference::new(PartKind::DependencyRemoved, name, versions(ids))),
            (Some(was), Some(is)) => package(name, was, is, old, new, found),
            (None, None) => {}
        }
    }
}

fn named(toolchain: &str) -> &str {
    if toolchain.is_empty() { "no pinned toolchain" } else { toolchain }
}

/// Packages from elsewhere.
fn by_name(lock: &Lock) -> BTreeMap<&str, Vec<&Id>> {
    let mut by_name: BTreeMap<&str, Vec<&Id>> = BTreeMap::new();
    for id in lock.packages.keys().filter(|id| !id.source.is_empty()) {
        by_name.entry(&id.name).or_default().push(id);
    }
    by_name
}

fn versions(ids: &[&Id]) -> String {
    ids.iter().map(|id| id.version.as_str()).collect::<Vec<_>>().join(", ")
}

fn package(name: &str, was: &[&Id], is: &[&Id], old: &Release, new: &Release, found: &mut Vec<Difference>) {
    if versions(was) != versions(is) {
        let detail = format!("{} instead of {}", versions(is), versions(was));
        found.push(Difference::new(PartKind::DependencyChanged, name, detail));
    }
    for id in is {
        let checksum = |release: &Release| release.lock.packages.get(*id).and_then(|one| one.checksum.clone());
        let other = was.iter().find(|before| before.version == id.version && before.source != id.source);
        if let Some(other) = other {
            let detail = format!("{} from {} instead of {}", id.version, id.source, other.source);
            found.push(Difference::new(PartKind::DependencyReplaced, name, detail));
        } else if was.contains(id) && checksum(old) != checksum(new) {
            let detail = format!("{} has another checksum under the same version", id.version);
            found.push(Difference::new(PartKind::DependencyReplaced, name, detail));
        }
    }
}

/// Packages of the workspace, in one line: they have one version, or few.
fn members(old: &Lock, new: &Lock, found: &mut Vec<Difference>) {
    let of = |lock: &Lock| -> BTreeMap<String, String> {
        let members = lock.packages.keys().filter(|id| id.source.is_empty());
        members.map(|id| (id.name.clone(), id.version.clone())).collect()
    };
    let (before, after) = (of(old), of(new));
    let mut by_step: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let version = |of: &BTreeMap<String, String>| of.get(name).cloned().unwrap_or_else(|| "none".to_owned());
        let step = (version(&before), version(&after));
        if step.0 != step.1 {
            by_step.entry(step).or_default().push(name);
        }
    }
    for ((was, is), names) in by_step {
        let has_compiler = names.contains(&"airlock-compiler");
        let (kind, subject) = if has_compiler {
            (PartKind::CompilerChanged, "airlock")
        } else {
            (PartKind::DependencyChanged, "workspace")
        };
        found.push(Difference::new(kind, subject, format!("{is} instead of {was}: {}", names.join(", "))));
    }
}
