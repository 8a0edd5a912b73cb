//! What a document's path items hold, read before anything moves: where references to parameters lead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::body::Part;
use super::ledger::Ledger;
use super::parameter::{self, Place};
use super::{METHODS, SHARED_PARAMETERS, follow_from};
use crate::normalise::{Files, escape};

/// The parameters of a list that become part of a body, by their position.
pub(super) type Roles = BTreeMap<usize, Role>;

/// What becomes of such a parameter.
#[derive(Debug)]
pub(super) enum Role {
    /// It stands in the list of its operation, and moves.
    Own,
    /// It stands elsewhere, or is shared by a path item's operations.
    Shared(Box<Part>),
}

/// A path item.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it stands.
    pub pointer: String,
    /// Of its own list.
    pub roles: Roles,
    /// Of its operations' lists, by method.
    pub operations: Vec<(&'static str, Roles)>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Every path item once, in the document's order, those that are referred to after them.
    pub items: Vec<Item>,
    /// The parameters that are referred to and have a type of their own.
    pub shared: BTreeSet<String>,
    /// The path items and operations.
    owners: BTreeSet<String>,
}

impl Survey {
    /// Whether a parameter stands in the list of an operation or of a path item.
    pub(super) fn is_listed(&self, pointer: &str) -> bool {
        pointer
            .rsplit_once('/')
            .and_then(|(list, _)| list.strip_suffix("/parameters"))
            .is_some_and(|owner| self.owners.contains(owner))
    }
}

/// Looks at every path item of the document, and at those that they refer to.
pub(super) fn survey(root: &Value, files: &Files, ledger: &mut Ledger<'_>) -> Survey {
    let mut survey = Survey::default();
    let paths = root.get("paths").and_then(Value::as_object);
    let keys = paths.into_iter().flatten().map(|(key, _)| key).filter(|key| !key.starts_with("x-"));
    let mut pointers: Vec<String> = keys.map(|key| format!("/paths/{}", escape(key))).collect();
    let (mut next, mut followed) = (0, BTreeMap::new());
    while let Some(pointer) = pointers.get(next).cloned() {
        next += 1;
        let Some(item @ Value::Object(_)) = root.pointer(&pointer) else { continue };
        if !survey.owners.insert(pointer.clone()) {
            continue;
        }
        if let Some(reference) = item.get("$ref").and_then(Value::as_str)
            && let Ok(target) = files.resolve(&pointer, reference)
        {
            pointers.push(target);
        }
        let mut reader =
            Reader { root, files, ledger: &mut *ledger, shared: &mut survey.shared, followed: &mut followed };
        let roles = reader.list(item, &pointer, true);
        let mut operations = Vec::new();
        for method in METHODS {
            if let Some(operation @ Value::Object(_)) = item.get(method) {
                let pointer = format!("{pointer}/{method}");
                operations.push((method, reader.list(operation, &pointer, false)));
                survey.owners.insert(pointer);
            }
        }
        survey.items.push(Item { pointer, roles, operations });
    }
    survey
}

struct Reader<'a, 'l> {
    root: &'a Value,
    files: &'a Files,
    ledger: &'a mut Ledger<'l>,
    shared: &'a mut BTreeSet<String>,
    /// Where chains of references end, by where they begin.
    followed: &'a mut BTreeMap<String, Option<String>>,
}

impl Reader<'_, '_> {
    /// Where a reference to `target` leads in the end.
    fn follow(&mut self, target: &str) -> Option<String> {
        if !self.followed.contains_key(target) {
            let end = follow_from(self.root, self.files, target).map(|(end, _)| end);
            self.followed.insert(target.to_owned(), end);
        }
        self.followed.get(target).cloned().flatten()
    }

    /// The roles in the `parameters` of `owner`, which stands at `pointer`.
    fn list(&mut self, owner: &Value, pointer: &str, is_item: bool) -> Roles {
        let mut roles = Roles::new();
        let mut kept_apart = 0;
        let list = owner.get("parameters").and_then(Value::as_array);
        for (position, entry) in list.into_iter().flatten().enumerate() {
            let reference = entry.get("$ref").and_then(Value::as_str);
            let (target, value) = match reference.map(|text| self.files.resolve(pointer, text)) {
                None => (None, entry),
                Some(target) => {
                    let Some(target) = target.ok().and_then(|target| self.follow(&target)) else { continue };
                    let Some(value) = self.root.pointer(&target) else { continue };
                    (Some(target), value)
                }
            };
            let Value::Object(parameter) = value else { continue };
            let place = parameter::place(parameter);
            if place != Place::Body
                && let Some(target) = &target
            {
                self.shared.insert(target.clone());
            }
            if place == Place::Other {
                continue;
            }
            let stands = match (target, is_item) {
                (Some(target), _) => Some(target),
                (None, true) => {
                    kept_apart += 1;
                    Some(format!("{pointer}/{SHARED_PARAMETERS}/{}", kept_apart - 1))
                }
                (None, false) => None,
            };
            let role = stands.map_or(Role::Own, |stands| {
                let before = self.ledger.spot(&format!("{pointer}/parameters/{position}"));
                let part = Part::shared(parameter, &stands, before, (self.root, self.files), self.ledger);
                Role::Shared(Box::new(part))
            });
            roles.insert(position, role);
        }
        roles
    }
}
