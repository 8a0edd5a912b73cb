//! Swagger 2.0 (<https://swagger.io/specification/v2/>) -> the shape of OpenAPI 3.0, in place: structure alone.
//!
//! Comes in: a document whose `swagger` is 2.0, with its other files below [`FILES`](super::FILES). Goes out: the same
//! value with `servers`, `requestBody`, `content`, `schema` and `components.securitySchemes` where 3.0 has them. What is
//! below a schema stays as it was written; the walk over schemas comes later. `definitions`, `parameters` and `responses`
//! stay where they are, since references may point anywhere.
//!
//! Nothing is copied that can be moved. What has to be said twice is a reference `airlock:/pointer` the second time, so
//! that a document never grows by more than a small factor. What moved keeps its references: [`ledger`] knows where it
//! went, and the last step rewrites those `$ref`s that would now lead to nothing.

mod body;
mod frame;
mod ledger;
mod media;
mod operation;
mod parameter;
mod response;
mod survey;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::references::ABSOLUTE;
use super::{Files, Origins, REFERENCES_MAX, escape};
use crate::report::FileId;
use ledger::Ledger;
use media::Media;
use response::Site;

/// The methods of a path item; `trace` is none of Swagger 2.0, but would be one after the conversion.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The key of a path item below which its body and form parameters stand that its operations share.
const SHARED_PARAMETERS: &str = "x-airlock-parameters";

/// Converts a document in place. `file` is its own file; its other files are known to `origins`.
pub(super) fn convert(value: &mut Value, files: &Files, file: FileId, origins: &mut Origins) {
    let Value::Object(root) = &*value else { return };
    let consumes = Media::read(root.get("consumes"));
    let produces = Media::read(root.get("produces"));
    let mut ledger = Ledger::new(origins, file, value, files);

    let survey = survey::survey(value, files, &mut ledger);
    let mut sites = Vec::new();
    for item in &survey.items {
        if let Some(Value::Object(members)) = value.pointer_mut(&item.pointer) {
            operation::convert_item(members, item, &consumes, &produces, files, &mut ledger, &mut sites);
        }
    }
    convert_parameters(value, &survey, &mut ledger);
    convert_responses(value, files, &produces, &sites, &mut ledger);
    ledger.redirect(value, files);
    if let Value::Object(root) = value {
        frame::convert(root, &mut ledger);
    }
}

/// Converts the parameters below `/parameters`, and those elsewhere that are referred to.
fn convert_parameters(value: &mut Value, survey: &survey::Survey, ledger: &mut Ledger<'_>) {
    let mut pointers: BTreeSet<String> = names(value, "parameters");
    pointers.extend(survey.shared.iter().filter(|pointer| !survey.is_listed(pointer)).cloned());
    for pointer in pointers {
        let before = ledger.spot(&pointer);
        if let Some(Value::Object(parameter)) = value.pointer_mut(&pointer)
            && !parameter.contains_key("$ref")
            && parameter::place(parameter) != parameter::Place::Body
            // A reference by mistake may lead to anything; what is no parameter stays as it is.
            && parameter.get("in").is_some_and(Value::is_string)
        {
            parameter::convert(parameter, &before, &pointer, ledger);
        }
    }
}

/// Converts the responses below `/responses`, and those elsewhere that are referred to, with the document's `produces`;
/// then gives those operations a copy that produce something else.
fn convert_responses(value: &mut Value, files: &Files, produces: &Media, sites: &[Site], ledger: &mut Ledger<'_>) {
    let mut targets: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for site in sites {
        let follow = || Some(follow_from(value, files, &site.target)?.0);
        targets.entry(&site.target).or_insert_with(follow);
    }
    let mut pointers = names(value, "responses");
    pointers.extend(targets.values().flatten().cloned());
    // Those that stand in operations are converted already, with what these produce, and stay as they are.
    pointers.retain(|pointer| {
        let before = ledger.spot(pointer);
        match value.pointer_mut(pointer) {
            Some(Value::Object(response))
                if !response.contains_key("$ref")
                    && (pointer.starts_with("/responses/") || response::is_response(response)) =>
            {
                response::convert(response, produces, &before, ledger)
            }
            _ => false,
        }
    });
    for site in sites {
        let Some(Some(pointer)) = targets.get(site.target.as_str()) else { continue };
        if site.target != *pointer
            && let Some(place) = value.pointer_mut(&site.pointer)
        {
            // A reference on the way may be one that becomes a copy.
            *place = reference(pointer);
        }
        if site.produces != *produces || !pointers.contains(pointer) {
            response::copy_where_types_differ(value, pointer, files, site, ledger);
        }
    }
}

/// The pointers of what stands below a key of the root.
fn names(value: &Value, key: &str) -> BTreeSet<String> {
    let members = value.get(key).and_then(Value::as_object);
    members.into_iter().flat_map(Map::keys).map(|name| format!("/{key}/{}", escape(name))).collect()
}

/// Follows `$ref`s from what stands at `pointer`, to what they mean and where that stands; `None` if they lead nowhere.
fn follow_from<'v>(root: &'v Value, files: &Files, pointer: &str) -> Option<(String, &'v Value)> {
    let mut pointer = pointer.to_owned();
    for _ in 0..REFERENCES_MAX {
        let value = root.pointer(&pointer)?;
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => pointer = files.resolve(&pointer, reference).ok()?,
            None => return Some((pointer, value)),
        }
    }
    None
}

/// The pointer of what a schema at `pointer` means, if it is a reference and nothing else, and leads somewhere: that has
/// a better name than the place of the reference.
fn meant(root: &Value, files: &Files, pointer: &str, schema: &Map<String, Value>) -> Option<String> {
    let text = schema.get("$ref").filter(|_| schema.len() == 1)?.as_str()?;
    files.resolve(pointer, text).ok().filter(|target| root.pointer(target).is_some())
}

/// A reference to what stands at `pointer` of the document.
fn reference(pointer: &str) -> Value {
    let text = Value::String(format!("{ABSOLUTE}{pointer}"));
    Value::Object(Map::from_iter([("$ref".to_owned(), text)]))
}

/// Says that an object cannot be converted. The first reason stays.
fn refuse(members: &mut Map<String, Value>, code: &str, reason: String) {
    let said = Map::from_iter([("code".to_owned(), code.into()), ("reason".to_owned(), reason.into())]);
    members.entry("x-airlock-refuse").or_insert(said.into());
}
