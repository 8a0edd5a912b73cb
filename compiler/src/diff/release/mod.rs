//! What a release changes: two bundles, read from their files -> [`Difference`]s, the worst first.
//!
//! Nothing here is taken from what a manifest claims, but for the few lines that say so: digests are those of the bytes, catalogs
//! are compiled, and the site template is read. What is made of the rest (sums, review, evidence) is not compared.

mod files;
mod kind;
mod packages;
mod site;
mod text;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use files::SITE;
pub use kind::{Part, PartKind};
pub use site::ISOLATION_DEFAULT;
pub use text::{count, human, json, markdown};

use super::{Change, Class, Risk, class};
use crate::cargo::lock::Lock;
use crate::ir::Catalog;
use crate::report::visible;

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub bytes: u64,
    pub sha512: String,
}

/// What is read of a bundle.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// Every file by its path, but the signatures.
    pub files: BTreeMap<String, File>,
    pub catalogs: Vec<Catalog>,
    /// Characters that nobody sees, by the document's path: how many there are, and the line of the first.
    pub invisible: BTreeMap<String, (usize, usize)>,
    /// Names of tools by catalog, in the order in which they are written: what is compiled has one of its own.
    pub written: BTreeMap<String, Vec<String>>,
    /// Whether `source/generated` is what the catalogs give. None where another version of the compiler has to say so.
    pub is_generated_fresh: Option<bool>,
    /// `deploy/site.example.json`; null where there is none.
    pub site: Value,
    pub lock: Lock,
    /// The channel that `source/rust-toolchain.toml` names.
    pub toolchain: String,
    /// Chat templates by model: text where it is there for review, a digest otherwise.
    pub templates: BTreeMap<String, String>,
    /// Licences by model, as they are told beside the file.
    pub licences: BTreeMap<String, String>,
    /// How each program is linked, as its own header says.
    pub linkage: BTreeMap<String, &'static str>,
    /// What the manifest says the program was built with, which its bytes do not tell.
    pub features: Vec<String>,
    /// What the manifest says the processor must have.
    pub cpu: String,
    /// Who has signed, by the name of the file: the key's fingerprint, or what there is instead.
    pub signers: BTreeMap<String, String>,
}

/// One change of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub class: Class,
    pub risk: Risk,
    pub part: Part,
    pub kind: &'static str,
    /// Whose it is: `catalog/tool`, an upstream, a path, a package.
    pub subject: String,
    /// One sentence, without invisible characters.
    pub detail: String,
}

impl Difference {
    fn new(kind: PartKind, subject: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        Self {
            class: kind.class(),
            risk: kind.risk(),
            part: kind.part(),
            kind: kind.word(),
            subject: visible(subject.as_ref()),
            detail: visible(detail.as_ref()),
        }
    }
}

/// All changes from `old` to `new`; `changes` are those of their catalogs. By class, risk, part, subject, kind and detail. Empty
/// where both are the same.
pub fn compare_releases(old: &Release, new: &Release, changes: &[Change]) -> Vec<Difference> {
    let mut found: Vec<Difference> = changes
        .iter()
        .map(|change| Difference {
            class: class(change.kind),
            risk: change.kind.risk(),
            part: Part::Catalogs,
            kind: change.kind.word(),
            subject: super::text::subject(change),
            detail: change.detail.clone(),
        })
        .collect();
    compare_order(old, new, &mut found);
    compare_bytes(old, new, &mut found);
    for (path, (count, line)) in &new.invisible {
        let before = old.invisible.get(path).map_or(0, |(count, _)| *count);
        if *count > before {
            let detail = format!("characters that nobody sees: {count} instead of {before}, the first on line {line}");
            found.push(Difference::new(PartKind::InvisibleAdded, path, detail));
        }
    }
    site::compare(&old.site, &new.site, &mut found);
    packages::compare(old, new, &mut found);
    files::compare(old, new, changes.is_empty(), &mut found);
    compare_signers(&old.signers, &new.signers, &mut found);
    found.sort_by(|a, b| {
        let key = |one: &Difference| (Reverse(one.class), Reverse(one.risk), one.part);
        let rest = |one: &Difference| (one.subject.clone(), one.kind, one.detail.clone());
        key(a).cmp(&key(b)).then_with(|| rest(a).cmp(&rest(b)))
    });
    found.dedup();
    found
}

/// What stands in another order and is the same otherwise: the meaning of a catalog does not depend on it, and a reader may.
fn compare_order(old: &Release, new: &Release, found: &mut Vec<Difference>) {
    let mut told = |subject: String, what: &str, old: &[&str], new: &[&str]| {
        let before: Vec<&str> = old.iter().filter(|name| new.contains(name)).copied().collect();
        let after: Vec<&str> = new.iter().filter(|name| old.contains(name)).copied().collect();
        if before != after {
            let detail = format!("{what}: {} instead of {}", after.join(", "), before.join(", "));
            found.push(Difference::new(PartKind::OrderChanged, subject, detail));
        }
    };
    for (name, after) in &new.written {
        if let Some(before) = old.written.get(name) {
            told(name.clone(), "tools", &names(before, |name| name), &names(after, |name| name));
        }
    }
    for after in &new.catalogs {
        let Some(before) = old.catalogs.iter().find(|catalog| catalog.name == after.name) else { continue };
        for tool in &after.tools {
            let Some(was) = before.tools.iter().find(|other| other.name == tool.name) else { continue };
            let subject = format!("{}/{}", after.name, tool.name);
            let (was, is) = (&was.arguments, &tool.arguments);
            told(subject, "arguments", &names(was, |one| &one.name), &names(is, |one| &one.name));
        }
    }
}

/// A file of the catalogs that differs, where nothing is told of its catalog: order, layout, comments, or what was approved.
fn compare_bytes(old: &Release, new: &Release, found: &mut Vec<Difference>) {
    const CATALOGS: &str = "source/catalogs/";
    let paths: BTreeSet<&String> = old.files.keys().chain(new.files.keys()).collect();
    let of_catalogs = paths.into_iter().filter_map(|path| Some((path, path.strip_prefix(CATALOGS)?)));
    for (path, name) in of_catalogs.filter(|(path, _)| old.files.get(*path) != new.files.get(*path)) {
        let catalog = name.split('/').next().unwrap_or(name);
        let is_told =
            found.iter().any(|one| one.subject.split('/').next() == Some(catalog) && one.part == Part::Catalogs);
        // Counts of tokens follow the tools.
        if !is_told && name != "budget.lock" {
            let detail = match (old.files.get(path), new.files.get(path)) {
                (None, _) => "is newly there",
                (_, None) => "is gone",
                _ => "is written otherwise; no tool is another one",
            };
            found.push(Difference::new(PartKind::CatalogRewritten, path, detail));
        }
    }
}

fn names<T>(of: &[T], name: impl Fn(&T) -> &String) -> Vec<&str> {
    of.iter().map(|one| name(one).as_str()).collect()
}

fn compare_signers(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>, found: &mut Vec<Difference>) {
    for (name, key) in new {
        match old.get(name) {
            None => found.push(Difference::new(PartKind::SignerAdded, name, format!("{key}; not verified"))),
            Some(before) if before != key => {
                let detail = format!("{key} instead of {before}; neither is verified");
                found.push(Difference::new(PartKind::SignerChanged, name, detail));
            }
            Some(_) => {}
        }
    }
    for (name, key) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
        found.push(Difference::new(
            PartKind::SignerRemoved,
            name,
            format!("{key} has signed the old one alone; not verified"),
        ));
    }
}
