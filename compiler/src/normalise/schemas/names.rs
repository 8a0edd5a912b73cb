//! References by name: `$id`, `$anchor`, `$dynamicAnchor` (JSON Schema 2020-12, core, section 8.2).
//!
//! A name may stand behind its use, so uses are collected on the walk and settled after it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::beside;
use super::moves::Moved;
use super::rewrite::{Members, Site};
use super::tree::Kind;
use crate::load::escape_token;
use crate::normalise::references::ABSOLUTE;
use crate::normalise::{FILES, Files, Version, file_of};

/// The names of a document's schemas, and the references that may mean them.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The schemas with an `$id` around the walk, the outermost first: pointer and identifier.
    around: Vec<(String, String)>,
    /// Pointers by identifier.
    ids: BTreeMap<String, String>,
    /// Pointers by the pointer of the resource around them and their name. The first of a name counts.
    anchors: BTreeMap<(String, String), String>,
    /// Pointers by name.
    dynamic: BTreeMap<String, BTreeSet<String>>,
    pending: Vec<Pending>,
    /// Pointers of files that were walked in search of an anchor.
    searched: BTreeSet<String>,
}

/// A schema with a reference that may be one by name.
#[derive(Debug)]
struct Pending {
    pointer: String,
    /// The schema with an `$id` that is around it: its pointer and identifier.
    resource: Option<(String, String)>,
}

/// What a settled reference means.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// A place in the document.
    Place(String),
    /// What it says, or nothing.
    AsWritten,
    /// The file at this pointer has to be searched first.
    Search(String),
}

impl Names {
    /// The names of `document`. From 3.2 on it may have an identifier of its own (OpenAPI 3.2.0, section 4.1.2.2.1).
    pub(super) fn of(document: &Value, version: Version) -> Self {
        let own = document.get("$self").and_then(Value::as_str).filter(|_| version >= Version::V3_2(0));
        Self { ids: own.map(|own| (own.to_owned(), String::new())).into_iter().collect(), ..Self::default() }
    }

    /// Takes down the names of a schema, and its reference if that may be one by name. Answers whether it may.
    pub(super) fn enter(&mut self, members: &Members, pointer: &str) -> bool {
        while self.around.last().is_some_and(|(around, _)| !is_within(pointer, around)) {
            self.around.pop();
        }
        let text = |keyword: &str| members.get(keyword).and_then(Value::as_str);
        if let Some(id) = text("$id").filter(|id| !id.is_empty() && !id.contains('#')) {
            let id = self.around.last().map_or_else(|| id.to_owned(), |(_, base)| absolute(base, id));
            self.ids.entry(id.clone()).or_insert_with(|| pointer.to_owned());
            self.around.push((pointer.to_owned(), id));
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            let Some(name) = text(keyword) else { continue };
            let scopes = self.around.last().map(|(around, _)| around.clone()).into_iter().chain([mount(pointer)]);
            for scope in scopes {
                self.anchors.entry((scope, name.to_owned())).or_insert_with(|| pointer.to_owned());
            }
            if keyword == "$dynamicAnchor" {
                self.dynamic.entry(name.to_owned()).or_default().insert(pointer.to_owned());
            }
        }
        let by_name = |reference: &str| !self.around.is_empty() || !reference.starts_with("#/");
        let is_pending = text("$dynamicRef").is_some() || text("$ref").is_some_and(by_name);
        if is_pending {
            self.pending.push(Pending { pointer: pointer.to_owned(), resource: self.around.last().cloned() });
        }
        is_pending
    }

    /// Writes the references that mean a name as references to places. Answers what has to be walked for it.
    ///
    /// `written` collects the texts of these references: they are right as they stand, whatever moved.
    pub(super) fn settle(
        &mut self,
        document: &mut Value,
        files: &Files,
        written: &mut BTreeSet<String>,
    ) -> Vec<(String, Kind)> {
        self.around.clear();
        let mut targets = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            let Some(members) = document.pointer(&pending.pointer).and_then(Value::as_object) else { continue };
            let keyword = if members.contains_key("$dynamicRef") { "$dynamicRef" } else { "$ref" };
            let Some(reference) = members.get(keyword).and_then(Value::as_str) else { continue };
            let meaning = match self.dynamic_meaning(keyword, reference) {
                Some(meaning) => meaning,
                None => self.meaning(document, reference, &pending, files),
            };
            match meaning {
                Meaning::Place(place) => {
                    let text = format!("{ABSOLUTE}{place}");
                    written.insert(text.clone());
                    targets.push((place, Kind::Schema));
                    write(document, &pending.pointer, keyword, text);
                }
                Meaning::Search(file) => {
                    self.searched.insert(file.clone());
                    targets.push((file, Kind::Schema));
                    self.pending.push(pending);
                }
                Meaning::AsWritten if keyword == "$dynamicRef" => refuse(document, &pending.pointer),
                Meaning::AsWritten => {
                    targets.extend(files.resolve(&pending.pointer, reference).map(|place| (place, Kind::Schema)));
                }
            }
        }
        targets
    }

    /// A dynamic reference means the only dynamic anchor of its name; with several it depends on the way to it.
    fn dynamic_meaning(&self, keyword: &str, reference: &str) -> Option<Meaning> {
        let name = reference.strip_prefix('#').filter(|_| keyword == "$dynamicRef")?;
        let mut places = self.dynamic.get(name)?.iter();
        Some(match (places.next(), places.next()) {
            (Some(place), None) => Meaning::Place(place.clone()),
            _ => Meaning::AsWritten,
        })
    }

    fn meaning(&self, document: &Value, reference: &str, pending: &Pending, files: &Files) -> Meaning {
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let is_anchor = !fragment.is_empty() && !fragment.starts_with('/');
        let Ok(place) = files.resolve("", if is_anchor { "#" } else { &reference[file.len()..] }) else {
            return Meaning::AsWritten;
        };
        let below = |root: &str| {
            if is_anchor {
                return self.anchors.get(&(root.to_owned(), fragment.to_owned())).cloned();
            }
            let place = format!("{root}{place}");
            document.pointer(&place).is_some().then_some(place)
        };
        let is_dynamic =
            || document.pointer(&pending.pointer).is_some_and(|schema| schema.get("$dynamicRef").is_some());
        if file.is_empty() {
            let own = pending.resource.as_ref().and_then(|(resource, _)| below(resource));
            let by_file = || below(&mount(&pending.pointer)).filter(|_| is_anchor || is_dynamic());
            return own.or_else(by_file).filter(|place| !place.is_empty()).map_or(Meaning::AsWritten, Meaning::Place);
        }
        if let Ok(root) = files.resolve(&pending.pointer, file)
            && document.pointer(&root).is_some()
        {
            return match below(&root).filter(|_| is_anchor || is_dynamic()) {
                Some(place) => Meaning::Place(place),
                None if is_anchor && !self.searched.contains(&root) => Meaning::Search(root),
                None => Meaning::AsWritten,
            };
        }
        let by_base = || self.ids.get(&absolute(&pending.resource.as_ref()?.1, file));
        let root = self.ids.get(file).or_else(by_base);
        root.and_then(|root| below(root)).map_or(Meaning::AsWritten, Meaning::Place)
    }
}

/// Whether `pointer` stands at or below `around`.
fn is_within(pointer: &str, around: &str) -> bool {
    pointer.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pointer of the root of the file that holds `pointer`.
fn mount(pointer: &str) -> String {
    file_of(pointer).map_or_else(String::new, |path| format!("/{FILES}/{}", escape_token(&path)))
}

/// An identifier against the one around it: what follows the last `/` of that is replaced (RFC 3986, section 5.2.3, of
/// which dot segments are left out: they do not occur in identifiers).
fn absolute(base: &str, id: &str) -> String {
    match base.rfind('/') {
        Some(at) if !crate::normalise::is_remote(id) && !id.starts_with("urn:") => format!("{}/{id}", &base[..at]),
        _ => id.to_owned(),
    }
}

fn write(document: &mut Value, pointer: &str, keyword: &str, reference: String) {
    let Some(members) = document.pointer_mut(pointer).and_then(Value::as_object_mut) else { return };
    if keyword == "$ref" {
        members.insert(keyword.to_owned(), reference.into());
        return;
    }
    members.shift_remove(keyword);
    if !members.contains_key("$ref") {
        members.insert("$ref".to_owned(), reference.into());
        let mut site = Site { pointer, version: Version::V3_1(0), moved: Moved::default() };
        beside::reference(members, &mut site);
        return;
    }
    let branch = Map::from_iter([("$ref".to_owned(), Value::from(reference))]);
    if let Value::Array(all) = members.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        all.push(branch.into());
    }
}

fn refuse(document: &mut Value, pointer: &str) {
    if let Some(members) = document.pointer_mut(pointer).and_then(Value::as_object_mut) {
        super::refuse(members, "`$dynamicRef` means different schemas on different ways to it");
    }
}
