//! What moved, and where to: for diagnostics, which show the author's line, and for references to the old place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde_json::Value;

use crate::normalise::references::ABSOLUTE;
use crate::normalise::{FILES, Files, Origins, escape};
use crate::report::FileId;

/// Bytes of text that a conversion may copy, so that one long text with many references to it does not fill the memory.
const COPIED_BYTES_MAX: usize = 16 << 20;

/// Keys whose members are named by the author: below them no key has a meaning.
const NAMED: [&str; 8] =
    ["paths", "definitions", "parameters", "responses", "headers", "properties", "patternProperties", "schemas"];

/// Keys that hold data: a `$ref` in them is none.
const DATA: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// A place before the conversion.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// Its pointer in the document then.
    pub pointer: String,
    file: FileId,
    /// Its pointer in its file.
    was: String,
}

impl Spot {
    /// The place `rest` below this one; `rest` is a pointer.
    pub(super) fn below(&self, rest: &str) -> Self {
        Self { pointer: format!("{}{rest}", self.pointer), file: self.file, was: format!("{}{rest}", self.was) }
    }
}

/// The account of a conversion.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    origins: &'a mut Origins,
    /// The document's own file.
    file: FileId,
    /// Where references of the document lead, of those that may lead to something that moves.
    wanted: BTreeSet<String>,
    /// Pointers before, to pointers after.
    moved: BTreeMap<String, String>,
    copied_bytes: usize,
}

impl<'a> Ledger<'a> {
    /// The account of a document's conversion, before it begins.
    pub(super) fn new(origins: &'a mut Origins, file: FileId, root: &mut Value, files: &Files) -> Self {
        let mut wanted = BTreeSet::new();
        each_reference(root, "", false, &mut |base, text| wanted.extend(target(files, base, text)));
        Self { origins, file, wanted, moved: BTreeMap::new(), copied_bytes: 0 }
    }

    /// The place of what stands at `pointer` and has not moved.
    pub(super) fn spot(&self, pointer: &str) -> Spot {
        let (file, was) = self.origins.of(pointer).unwrap_or_else(|| (self.file, pointer.to_owned()));
        Spot { pointer: pointer.to_owned(), file, was }
    }

    /// What stands at `now` was made from what stood at `before`.
    pub(super) fn came(&mut self, before: &Spot, now: String) {
        self.origins.insert(now, before.file, before.was.clone());
    }

    /// References to `before` are to lead to `now`.
    pub(super) fn leads(&mut self, before: &Spot, now: String) {
        // Few documents have such references. One to a parameter may mean what stands in it, and so may one to its list.
        let around = before.pointer.rsplit_once('/').map_or("", |(around, _)| around);
        let next = self.wanted.range::<str, _>((Bound::Included(around), Bound::Unbounded)).next();
        if next.is_some_and(|target| target.starts_with(around)) {
            self.moved.insert(before.pointer.clone(), now);
        }
    }

    /// What stood at `before` stands at `now`.
    pub(super) fn moves(&mut self, before: &Spot, now: String) {
        self.came(before, now.clone());
        self.leads(before, now);
    }

    /// Whether this many bytes more may be copied; counts them.
    pub(super) fn may_copy(&mut self, bytes: usize) -> bool {
        self.copied_bytes = self.copied_bytes.saturating_add(bytes);
        self.copied_bytes <= COPIED_BYTES_MAX
    }

    /// Rewrites the references that lead to an old place.
    pub(super) fn redirect(&self, root: &mut Value, files: &Files) {
        if !self.moved.is_empty() {
            each_reference(root, "", false, &mut |base, text| {
                if let Some(now) = target(files, base, text).and_then(|target| self.now(&target)) {
                    *text = format!("{ABSOLUTE}{now}");
                }
            });
        }
    }

    /// Where a pointer leads now, if that is not where it led before.
    fn now(&self, pointer: &str) -> Option<String> {
        let mut prefix = pointer;
        loop {
            if let Some(now) = self.moved.get(prefix) {
                return Some(format!("{now}{}", &pointer[prefix.len()..]));
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }
}

/// Where a reference leads, if it may lead to something that moves.
fn target(files: &Files, base: &str, text: &str) -> Option<String> {
    // What moves lies three steps down or more; most references name a definition, two steps down.
    if text.starts_with('#') && text.bytes().filter(|byte| *byte == b'/' || *byte == b'%').count() < 3 {
        return None;
    }
    files.resolve(base, text).ok()
}

/// Shows every reference to `act`, with a pointer in the file that it stands in. What is data is passed over.
///
/// `base` is such a pointer for `value`; `is_named` says that its keys are the author's names. Recursion is bounded by
/// the depth that a document may have.
fn each_reference(value: &mut Value, base: &str, is_named: bool, act: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if !is_named && key == FILES {
                    for (path, file) in member.as_object_mut().into_iter().flatten() {
                        each_reference(file, &format!("/{FILES}/{}", escape(path)), false, act);
                    }
                } else if !is_named && key == "$ref" {
                    if let Value::String(text) = member {
                        act(base, text);
                    }
                } else if is_named || !(DATA.contains(&key.as_str()) || is_foreign(key)) {
                    let is_named = !is_named && member.is_object() && NAMED.contains(&key.as_str());
                    each_reference(member, base, is_named, act);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                each_reference(item, base, false, act);
            }
        }
        _ => {}
    }
}

/// An extension of the author's, which is data. Those of the conversion are not.
fn is_foreign(key: &str) -> bool {
    key.starts_with("x-") && !key.starts_with("x-airlock-")
}
