//! Path Item and Operation Objects (Swagger 2.0).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::SHARED_PARAMETERS;
use super::body::{self, Part};
use super::frame;
use super::ledger::{Ledger, Spot};
use super::media::Media;
use super::parameter::{self, Place};
use super::response::{self, Site};
use super::survey::{Item, Role, Roles};
use crate::normalise::{Files, TRANSPORT};

/// Converts a path item in place. `sites` gets the places of its references to responses.
pub(super) fn convert_item(
    members: &mut Map<String, Value>,
    item: &Item,
    consumes: &Media,
    produces: &Media,
    files: &Files,
    ledger: &mut Ledger<'_>,
    sites: &mut Vec<Site>,
) {
    let here = ledger.spot(&item.pointer);
    for (method, roles) in &item.operations {
        let Some(Value::Object(operation)) = members.get_mut(*method) else { continue };
        let spot = here.below(&format!("/{method}"));
        let consumes = Media::of(operation, "consumes", consumes);
        let produces = Media::of(operation, "produces", produces);
        let own = convert_list(operation, &spot, roles, ledger);
        let parts = with_shared(own, &item.roles);
        if let Some(body) = body::request_body(parts, &consumes, &spot, ledger) {
            operation.insert("requestBody".to_owned(), body);
        }
        if let Some(transport) = frame::transport(operation) {
            operation.insert(TRANSPORT.to_owned(), transport.word().into());
        }
        for key in ["consumes", "produces", "schemes"] {
            operation.shift_remove(key);
        }
        response::convert_all(operation, &produces, &spot, files, ledger, sites);
    }
    keep_apart(members, item, &here, ledger);
}

/// Converts an operation's own parameters, and takes those that become part of its body.
fn convert_list(operation: &mut Map<String, Value>, spot: &Spot, roles: &Roles, ledger: &mut Ledger<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (position, entry) in take_list(operation, spot, roles, ledger) {
        let before = spot.below(&format!("/parameters/{position}"));
        match (roles.get(&position), entry) {
            (Some(Role::Shared(part)), _) => parts.push(part.as_ref().clone()),
            (_, Value::Object(parameter)) => parts.push(Part::own(parameter, before)),
            _ => {}
        }
    }
    parts
}

/// Takes the parameters that have a role out of `owner`'s list, and converts the others.
fn take_list(
    owner: &mut Map<String, Value>,
    spot: &Spot,
    roles: &Roles,
    ledger: &mut Ledger<'_>,
) -> Vec<(usize, Value)> {
    let mut taken = Vec::new();
    let Some(Value::Array(list)) = owner.get_mut("parameters") else { return taken };
    for (position, mut entry) in std::mem::take(list).into_iter().enumerate() {
        if roles.contains_key(&position) {
            taken.push((position, entry));
            continue;
        }
        let before = spot.below(&format!("/parameters/{position}"));
        let now = format!("{}/parameters/{}", spot.pointer, list.len());
        if list.len() != position {
            ledger.moves(&before, now.clone());
        }
        if let Value::Object(parameter) = &mut entry
            && !parameter.contains_key("$ref")
        {
            parameter::convert(parameter, &before, &now, ledger);
        }
        list.push(entry);
    }
    if list.is_empty() && !taken.is_empty() {
        owner.shift_remove("parameters");
    }
    taken
}

/// An operation's parts and those of its path item, whose place is the same but that the operation does not override.
fn with_shared(own: Vec<Part>, shared: &Roles) -> Vec<Part> {
    if shared.is_empty() {
        return own;
    }
    // A body is overridden by a body of any name: there can be one only.
    let key = |part: &Part| (part.place == Place::Form).then(|| part.name.clone());
    let overridden: BTreeSet<Option<String>> = own.iter().map(key).collect();
    let mut parts = Vec::new();
    for role in shared.values() {
        if let Role::Shared(part) = role
            && !overridden.contains(&key(part))
        {
            parts.push(part.as_ref().clone());
        }
    }
    parts.extend(own);
    parts
}

/// Converts a path item's own parameters. Those of its operations' bodies are kept under a key of their own, since a
/// list of parameters cannot have them any more; the bodies refer to them there.
fn keep_apart(members: &mut Map<String, Value>, item: &Item, here: &Spot, ledger: &mut Ledger<'_>) {
    let mut apart: Vec<Value> = Vec::new();
    for (position, entry) in take_list(members, here, &item.roles, ledger) {
        let Value::Object(mut parameter) = entry else { continue };
        if parameter.get("$ref").is_some_and(Value::is_string) {
            continue;
        }
        let before = here.below(&format!("/parameters/{position}"));
        let now = format!("{}/{SHARED_PARAMETERS}/{}", here.pointer, apart.len());
        ledger.moves(&before, now.clone());
        if parameter::place(&parameter) == Place::Form {
            parameter::convert(&mut parameter, &before, &now, ledger);
        }
        apart.push(parameter.into());
    }
    if !apart.is_empty() {
        members.insert(SHARED_PARAMETERS.to_owned(), apart.into());
    }
}
