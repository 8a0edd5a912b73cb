//! What was approved of a catalog, and what of it is no longer so.
//!
//! A catalog that has a `catalog.lock` has been reviewed: each of its tools and prompts must be what the lock says, by a
//! digest of all that can reach a model or the wire ([`digest`](digests)). Between `lower` and `emit`, [`check()`] compares the two and reports;
//! nothing after it knows of it. `airlock approve` writes what [`approve`] makes. A catalog without the file is not asked.

mod affected;
mod canonical;
mod check;
mod digest;
mod shape;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use affected::{Affected, Change, Subject, affected};
pub use check::{check, read};
pub use digest::{digests, prompt_digest};
pub use text::{Fault, Included, Lock, Operation};

use crate::check::CheckedCatalog;
use crate::ir::{Catalog, Tool};
use crate::report::{At, FileId};

/// Where the parts of a catalog stand: plain data has no places, and what is not approved is shown at its own.
#[derive(Clone, Debug)]
pub struct Places {
    /// `catalog.yaml`.
    pub manifest: FileId,
    /// `catalog.lock`, if there is one.
    pub lock: Option<FileId>,
    /// The operation of each tool.
    pub operations: BTreeMap<String, At>,
}

impl Places {
    /// Those of a catalog that is about to lose them.
    pub fn of(catalog: &CheckedCatalog) -> Self {
        let resolved = &catalog.resolved;
        let place = |pointer: &str| resolved.document.at_key(pointer);
        let operations = resolved.tools.iter().map(|tool| (tool.name.clone(), place(&tool.operation.found.pointer)));
        Self { manifest: resolved.manifest_file, lock: resolved.lock, operations: operations.collect() }
    }
}

/// What a lock says after the tools and prompts that `is_chosen` names were approved as they are `now`. Of the others it says what it
/// said before; of operations that are no tool, what is so now.
pub fn approve(before: &Lock, now: &Lock, is_chosen: impl Fn(&str) -> bool) -> Lock {
    let kept = before.included.iter().filter(|(tool, _)| !is_chosen(tool));
    let chosen = now.included.iter().filter(|(tool, _)| is_chosen(tool));
    let included = kept.chain(chosen).map(|(tool, one)| (tool.clone(), one.clone()));
    let kept = before.prompts.iter().filter(|(prompt, _)| !is_chosen(prompt));
    let chosen = now.prompts.iter().filter(|(prompt, _)| is_chosen(prompt));
    let prompts = kept.chain(chosen).map(|(prompt, sha256)| (prompt.clone(), sha256.clone()));
    Lock { included: included.collect(), prompts: prompts.collect(), left: now.left.clone() }
}

/// The lock of a catalog all of whose tools and prompts are approved.
pub fn of(catalog: &Catalog) -> Lock {
    let included = catalog
        .tools
        .iter()
        .zip(digests(catalog))
        .map(|(tool, sha256)| (tool.name.clone(), Included { operation: operation(tool), sha256 }));
    let prompts = catalog.prompts.iter().map(|prompt| (prompt.name.clone(), prompt_digest(prompt)));
    Lock { included: included.collect(), prompts: prompts.collect(), left: left(catalog) }
}

fn operation(tool: &Tool) -> Operation {
    Operation { path: tool.path.clone(), method: tool.method.word().to_owned() }
}

/// The operations that are no tool. Where a document defines one twice, it cannot be one.
fn left(catalog: &Catalog) -> BTreeMap<Operation, Option<String>> {
    let mut left: BTreeMap<Operation, Option<String>> = BTreeMap::new();
    for one in &catalog.excluded {
        let operation = Operation { path: one.path.clone(), method: one.method.clone() };
        let code = one.refusal.as_ref().map(|refusal| refusal.code.to_owned());
        let known = left.entry(operation).or_default();
        *known = known.take().max(code);
    }
    left
}
