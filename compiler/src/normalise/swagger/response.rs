//! Responses (Swagger 2.0) -> Response Objects (OpenAPI 3.0.4, section 4.8.17).

use serde_json::{Map, Value};

use super::ledger::{Ledger, Spot};
use super::media::{Media, content};
use super::{ABSOLUTE, meant, parameter, reference, refuse};
use crate::normalise::{Files, escape};

/// A reference to a response, and what the operation around it produces.
#[derive(Debug)]
pub(super) struct Site {
    /// Where the reference stands.
    pub pointer: String,
    /// Where it leads, if only to another reference.
    pub target: String,
    /// Of the operation.
    pub produces: Media,
}

/// Converts an operation's responses in place. `sites` gets those that are references.
pub(super) fn convert_all(
    operation: &mut Map<String, Value>,
    produces: &Media,
    spot: &Spot,
    files: &Files,
    ledger: &mut Ledger<'_>,
    sites: &mut Vec<Site>,
) {
    let responses = operation.entry("responses").or_insert_with(|| Map::new().into());
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        let Value::Object(response) = response else { continue };
        if status.starts_with("x-") {
            continue;
        }
        let before = spot.below(&format!("/responses/{}", escape(status)));
        if let Some(Value::String(reference)) = response.get("$ref") {
            if let Ok(target) = files.resolve(&before.pointer, reference) {
                sites.push(Site { pointer: before.pointer, target, produces: produces.clone() });
            }
        } else {
            convert(response, produces, &before, ledger);
        }
    }
}

/// Whether what a reference leads to can be a response: the reference may be a mistake.
pub(super) fn is_response(members: &Map<String, Value>) -> bool {
    members.get("description").is_some_and(Value::is_string) || members.contains_key("schema")
}

/// Converts a response in place. Returns whether it got a content: a second conversion changes nothing.
pub(super) fn convert(
    response: &mut Map<String, Value>,
    produces: &Media,
    before: &Spot,
    ledger: &mut Ledger<'_>,
) -> bool {
    if response.get("description").is_none_or(Value::is_null) {
        response.insert("description".to_owned(), "".into());
    }
    // Data by media type, which OpenAPI 3.0 has elsewhere.
    response.shift_remove("examples");
    for (name, header) in response.get_mut("headers").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Value::Object(header) = header
            && !header.contains_key("$ref")
        {
            let before = before.below(&format!("/headers/{}", escape(name)));
            parameter::convert(header, &before, &before.pointer, ledger);
        }
    }
    let Some(mut schema) = response.shift_remove("schema") else { return false };
    let is_file = schema.as_object_mut().is_some_and(parameter::mend_items);
    let (content, pointer) = content(&produces.types(is_file), Some(schema), &format!("{}/content", before.pointer));
    ledger.moves(&before.below("/schema"), pointer);
    response.insert("content".to_owned(), content.into());
    if produces.is_cut {
        refuse(response, "E0215", "the answer has more media types than are read here".to_owned());
    }
    true
}

/// Where an operation produces other types than the shared response at `pointer` was converted with, it gets one of its
/// own, whose parts refer to the shared one.
pub(super) fn copy_where_types_differ(
    root: &mut Value,
    pointer: &str,
    files: &Files,
    site: &Site,
    ledger: &mut Ledger<'_>,
) {
    let Some(Value::Object(shared)) = root.pointer(pointer) else { return };
    let Some(shared_content) = shared.get("content").and_then(Value::as_object) else { return };
    // The one of its types that has the schema itself.
    let again = format!("{ABSOLUTE}{pointer}/content/");
    let schema = shared_content.iter().find_map(|(media_type, media)| Some((media_type, schema_of(media, &again)?)));
    let Some((media_type, schema)) = schema else { return };
    let types = site.produces.types(schema.get("format").is_some_and(|format| format == "binary"));
    if shared_content.keys().map(String::as_str).eq(types.iter().copied()) {
        return;
    }
    let schema_pointer = format!("{pointer}/content/{}/schema", escape(media_type));
    let schema = meant(root, files, &schema_pointer, schema).unwrap_or(schema_pointer);
    let description = shared.get("description").and_then(Value::as_str).unwrap_or_default();
    let headers = shared.get("headers").and_then(Value::as_object);
    let headers_bytes: usize = headers.into_iter().flatten().map(|(name, _)| name.len() + pointer.len() + 100).sum();
    let mut copy = Map::new();
    if ledger.may_copy(description.len() + headers_bytes) {
        copy.insert("description".to_owned(), description.into());
        let headers = headers.into_iter().flat_map(Map::keys);
        let headers: Map<String, Value> =
            headers.map(|name| (name.clone(), reference(&format!("{pointer}/headers/{}", escape(name))))).collect();
        if !headers.is_empty() {
            copy.insert("headers".to_owned(), headers.into());
        }
        let (content, _) = content(&types, Some(reference(&schema)), &format!("{}/content", site.pointer));
        copy.insert("content".to_owned(), content.into());
    } else {
        copy.insert("description".to_owned(), "".into());
        refuse(&mut copy, "E0215", "the document has too many kinds of one long answer".to_owned());
    }
    if site.produces.is_cut {
        refuse(&mut copy, "E0215", "the answer has more media types than are read here".to_owned());
    }
    if let Some(place) = root.pointer_mut(&site.pointer) {
        *place = copy.into();
    }
}

/// The schema of a media type, if it is not a reference to something below `again`.
fn schema_of<'v>(media: &'v Value, again: &str) -> Option<&'v Map<String, Value>> {
    let schema = media.get("schema")?.as_object()?;
    let is_again = schema.get("$ref").and_then(Value::as_str).is_some_and(|text| text.starts_with(again));
    (!is_again).then_some(schema)
}
