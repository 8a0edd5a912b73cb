//! Every schema of a document, of whatever version -> the shape of OpenAPI 3.0, in place.
//!
//! One walk from the root reaches nearly all schemas; what only a reference leads to (other files, odd places) is walked
//! as what the reference takes it for. The structure around schemas is brought into shape on the same walk.
//!
//! What 3.0 cannot say stands beside it:
//! - `x-airlock-note`: sentences on what of a schema is not as it was meant;
//! - `x-airlock-refuse`: a code and a reason to refuse what needs the schema;
//! - `x-airlock-prefix-items`: for lists with schemas by position, a reference for each to what became of it in `items`;
//! - `x-airlock-item-schema`: the schema of the items of a media type that is a sequence.
//!
//! A branch of `anyOf` or `oneOf` that is `{"not": {}}` was one for null (the whole is nullable then) or for nothing.

mod beside;
mod content;
mod limits;
mod moves;
mod names;
mod rewrite;
mod tree;
mod tuples;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub(super) use moves::Moved;
use moves::Moves;
use names::Names;
use rewrite::{Members, Site};
pub(super) use tree::Kind;
use tree::Visitor;

use super::references::ABSOLUTE;
use super::{Files, Origins, Version, modern};
use crate::report::FileId;

/// The keys of what a conversion has to say about a schema, or about something around one.
const NOTE: &str = "x-airlock-note";
const REFUSE: &str = "x-airlock-refuse";

/// Longer chains of references are circles.
const REFERENCES_MAX: usize = 64;

/// Converts all schemas of `document`, whose own file is `file`.
pub(super) fn convert(document: &mut Value, version: Version, files: &Files, origins: &mut Origins, file: FileId) {
    let dialect = document.get("jsonSchemaDialect").and_then(Value::as_str).filter(|_| version >= Version::V3_1(0));
    let mut walk = Walk {
        version,
        files,
        origins,
        file,
        foreign: dialect.filter(|dialect| !is_known_dialect(dialect)).map(str::to_owned),
        moves: Moves::default(),
        names: Names::of(document, version),
        choices: Vec::new(),
        nulls: false,
        targets: BTreeSet::new(),
        known: BTreeSet::new(),
        walked: BTreeSet::new(),
    };
    walk.run(document, String::new(), Kind::Document);
    let mut written = BTreeSet::new();
    loop {
        walk.run_targets(document);
        let found = walk.names.settle(document, files, &mut written);
        if found.is_empty() {
            break;
        }
        walk.targets.extend(found);
    }
    walk.follow_moves(document, &written);
    walk.settle_choices(document);
}

struct Walk<'a> {
    version: Version,
    files: &'a Files,
    origins: &'a mut Origins,
    file: FileId,
    /// The dialect of schemas that name none, if it is none that is read here.
    foreign: Option<String>,
    moves: Moves,
    names: Names,
    /// Schemas with a choice that has references among its branches.
    choices: Vec<String>,
    /// Whether any schema that a reference may lead to allows null alone.
    nulls: bool,
    /// What references lead to, and what they take it for.
    targets: BTreeSet<(String, Kind)>,
    /// All that ever stood in `targets`.
    known: BTreeSet<(String, Kind)>,
    /// Where walks began.
    walked: BTreeSet<(String, Kind)>,
}

impl Walk<'_> {
    fn run(&mut self, document: &mut Value, pointer: String, kind: Kind) {
        if let Some(value) = document.pointer_mut(&pointer) {
            tree::walk(value, kind, &pointer, self);
            self.walked.insert((pointer, kind));
        }
    }

    /// Walks what references lead to.
    ///
    /// First all of it is found, then it is converted in the order of pointers: what is around comes before what it holds,
    /// as on any walk, so that moves are keyed by where things stood after the moves around them.
    fn run_targets(&mut self, document: &mut Value) {
        while !self.targets.is_empty() {
            let mut found = BTreeSet::new();
            while let Some((pointer, kind)) = self.targets.pop_first() {
                let pointer = self.moves.redirect(&pointer).unwrap_or(pointer);
                let is_known = is_passed(&self.walked, &pointer, kind) || is_passed(&found, &pointer, kind);
                if !is_known && let Some(value) = document.pointer_mut(&pointer) {
                    tree::walk(value, kind, &pointer, &mut Discovery(self));
                    found.insert((pointer, kind));
                }
            }
            for (pointer, kind) in found {
                if !is_passed(&self.walked, &pointer, kind) {
                    self.run(document, pointer, kind);
                }
            }
        }
    }

    /// Takes down where a reference leads.
    fn refer(&mut self, reference: &str, pointer: &str, kind: Kind) {
        // Most references lead to what the walk from the root passes anyway.
        let known = match kind {
            Kind::Schema | Kind::SchemaOrFlag => {
                reference.strip_prefix("#/components/schemas/").or_else(|| reference.strip_prefix("#/definitions/"))
            }
            Kind::Parameter => reference.strip_prefix("#/components/parameters/"),
            Kind::Response => reference.strip_prefix("#/components/responses/"),
            _ => None,
        };
        let in_root = || !pointer.strip_prefix('/').is_some_and(|rest| rest.starts_with(super::FILES));
        if known.is_some_and(|name| !name.contains('/')) && in_root() {
            return;
        }
        if let Ok(target) = self.files.resolve(pointer, reference) {
            let target = (target, kind);
            if !self.known.contains(&target) {
                self.known.insert(target.clone());
                self.targets.insert(target);
            }
        }
    }

    /// The mapping of a discriminator has names, or references (OpenAPI 3.0.4, section 4.7.25).
    fn refer_mapping(&mut self, members: &Members, pointer: &str) {
        let mapping = members.get("discriminator").and_then(|object| object.get("mapping")).and_then(Value::as_object);
        for reference in mapping.into_iter().flat_map(Map::values).filter_map(Value::as_str) {
            if reference.contains(['/', '#']) {
                self.refer(reference, pointer, Kind::Schema);
            }
        }
    }

    fn enter_schema(&mut self, members: &mut Members, within: Kind, pointer: &str) {
        match members.get("$schema").and_then(Value::as_str) {
            Some(dialect) if !is_known_dialect(dialect) => {
                let reason = format!("its dialect `{dialect}` is none that is read here");
                return refuse(members, &reason);
            }
            None if !matches!(within, Kind::Schema | Kind::SchemaOrFlag) => {
                if let Some(dialect) = &self.foreign {
                    return refuse(members, &format!("its dialect `{dialect}` is none that is read here"));
                }
            }
            _ => {}
        }
        let mut site = Site { pointer, version: self.version, moved: Moved::default() };
        rewrite::rewrite(members, &mut site);
        let moved = site.moved;
        if !moved.is_empty() {
            self.moves.add(pointer, moved, self.origins, self.file);
        }
        let is_by_name = self.version >= Version::V3_1(0) && self.names.enter(members, pointer);
        if members.contains_key("$recursiveRef") {
            refuse(members, "`$recursiveRef` means different schemas on different ways to it");
        }
        if let Some(Value::String(reference)) = members.get("$ref") {
            if !is_by_name || !reference.starts_with('#') {
                self.refer(reference, pointer, Kind::Schema);
            }
        } else {
            self.nulls |= types::is_null_only(members);
        }
        self.refer_mapping(members, pointer);
        let branches = ["anyOf", "oneOf"].iter().filter_map(|keyword| members.get(*keyword)?.as_array()).flatten();
        if branches.into_iter().any(|branch| branch.get("$ref").is_some()) {
            self.choices.push(pointer.to_owned());
        }
    }

    /// References to what was moved are written as references to where it is.
    fn follow_moves(&self, document: &mut Value, written: &BTreeSet<String>) {
        if self.moves.is_empty() {
            return;
        }
        let mut pass = FollowMoves { moves: &self.moves, files: self.files, written };
        for (pointer, kind) in &self.walked {
            if let Some(value) = document.pointer_mut(pointer) {
                tree::walk(value, *kind, pointer, &mut pass);
            }
        }
    }

    /// Branches that refer to a schema that allows null alone.
    fn settle_choices(&self, document: &mut Value) {
        if !self.nulls {
            return;
        }
        let mut verdicts: BTreeMap<String, bool> = BTreeMap::new();
        for pointer in &self.choices {
            let Some(members) = document.pointer(pointer).and_then(Value::as_object) else { continue };
            let references =
                ["anyOf", "oneOf"].iter().filter_map(|keyword| members.get(*keyword)?.as_array()).flatten();
            let references: Vec<&str> = references.filter_map(|branch| branch.get("$ref")?.as_str()).collect();
            let mut is_due = false;
            for reference in references {
                let Ok(target) = self.files.resolve(pointer, reference) else { continue };
                is_due |= self.leads_to_null(document, target, &mut verdicts);
            }
            if is_due && let Some(members) = document.pointer_mut(pointer).and_then(Value::as_object_mut) {
                types::null_branches(members, &mut |branch| {
                    let reference = branch.get("$ref").and_then(Value::as_str);
                    let target = reference.and_then(|reference| self.files.resolve(pointer, reference).ok());
                    types::is_null(branch) || target.is_some_and(|target| verdicts.get(&target) == Some(&true))
                });
            }
        }
    }

    /// Whether `target`, or what it refers to, allows null alone. `verdicts` knows that of all that was asked before.
    fn leads_to_null(&self, document: &Value, target: String, verdicts: &mut BTreeMap<String, bool>) -> bool {
        let mut chain = vec![target];
        let verdict = loop {
            let Some(pointer) = chain.last() else { break false };
            if let Some(verdict) = verdicts.get(pointer) {
                break *verdict;
            }
            let Some(schema) = document.pointer(pointer) else { break false };
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break types::is_null(schema) };
            match self.files.resolve(pointer, reference) {
                Ok(next) if chain.len() < REFERENCES_MAX => chain.push(next),
                _ => break false,
            }
        };
        verdicts.extend(chain.into_iter().map(|pointer| (pointer, verdict)));
        verdict
    }
}

impl Visitor for Walk<'_> {
    fn enter(&mut self, kind: Kind, within: Kind, value: &mut Value, pointer: &str) {
        if kind == Kind::Schema
            && let Value::Bool(flag) = value
        {
            *value = if *flag { Map::new().into() } else { types::nothing() };
        }
        let Value::Object(members) = value else { return };
        if matches!(kind, Kind::Schema | Kind::SchemaOrFlag) {
            return self.enter_schema(members, within, pointer);
        }
        if let Some(moved) = modern::structure(kind, members, self.version) {
            self.moves.add(pointer, moved, self.origins, self.file);
        }
        if let Some(Value::String(reference)) = members.get("$ref") {
            self.refer(reference, pointer, kind);
        }
    }
}

/// Finds what references lead to, and changes nothing.
struct Discovery<'w, 'a>(&'w mut Walk<'a>);

impl Visitor for Discovery<'_, '_> {
    fn enter(&mut self, kind: Kind, _: Kind, value: &mut Value, pointer: &str) {
        let Value::Object(members) = value else { return };
        if let Some(Value::String(reference)) = members.get("$ref") {
            let kind = if kind == Kind::SchemaOrFlag { Kind::Schema } else { kind };
            self.0.refer(reference, pointer, kind);
        }
        if matches!(kind, Kind::Schema | Kind::SchemaOrFlag) {
            self.0.refer_mapping(members, pointer);
        }
    }
}

struct FollowMoves<'a> {
    moves: &'a Moves,
    files: &'a Files,
    written: &'a BTreeSet<String>,
}

impl Visitor for FollowMoves<'_> {
    fn enter(&mut self, _: Kind, _: Kind, value: &mut Value, pointer: &str) {
        let Some(Value::String(reference)) = value.get_mut("$ref") else { return };
        if let Ok(target) = self.files.resolve(pointer, reference)
            && !self.written.contains(reference)
            && let Some(target) = self.moves.redirect(&target)
        {
            *reference = format!("{ABSOLUTE}{target}");
        }
    }
}

/// Whether a walk from one of `roots` passes `pointer` as `kind`.
fn is_passed(roots: &BTreeSet<(String, Kind)>, pointer: &str, kind: Kind) -> bool {
    tree::prefix_ends(pointer).any(|end| {
        let (root, below) = pointer.split_at(end);
        let mut roots = roots.range((root.to_owned(), Kind::Document)..=(root.to_owned(), Kind::SchemaOrFlag));
        roots.any(|(_, root)| tree::passes(*root, below, kind))
    })
}

/// Says, once, what about a schema is not as it was meant.
fn note(members: &mut Members, text: &str) {
    if let Value::Array(notes) = members.entry(NOTE).or_insert_with(|| Value::Array(Vec::new()))
        && !notes.iter().any(|known| known == text)
    {
        notes.push(text.into());
    }
}

/// Says that what needs this schema has to be refused.
fn refuse(members: &mut Members, reason: &str) {
    let refusal = Map::from_iter([("code".to_owned(), "E0214".into()), ("reason".to_owned(), reason.into())]);
    members.insert(REFUSE.to_owned(), refusal.into());
}

/// Whether schemas of a dialect are read here: those of OpenAPI, and JSON Schema from draft 4 on.
fn is_known_dialect(dialect: &str) -> bool {
    let dialect = dialect.trim_end_matches('#').trim_end_matches('/');
    let address = dialect.strip_prefix("https://").or_else(|| dialect.strip_prefix("http://")).unwrap_or(dialect);
    match address.strip_prefix("json-schema.org/") {
        Some(draft) => matches!(
            draft,
            "schema"
                | "draft/2020-12/schema"
                | "draft/2019-09/schema"
                | "draft-07/schema"
                | "draft-06/schema"
                | "draft-04/schema"
        ),
        None => address.starts_with("spec.openapis.org/oas/3."),
    }
}

#[cfg(test)]
mod tests;
