//! The strict check of everything but schemas: `openapiv3`'s types, and that nothing is lost in them.
//!
//! A part of the document (an operation, a parameter, a body, an answer) is copied without its schemas, which are read
//! elsewhere, and without examples; the copy is read as `openapiv3` has it, written again and compared. What is gone then
//! is an error, but for what is known to be harmless; what no version of OpenAPI defines is told.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::shape::Note;
use super::{Refusal, refusal_in};
use crate::normalise::{Document, escape};

/// Which part of a document is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An Operation Object, without what stands behind references.
    Operation,
    /// A Parameter Object.
    Parameter,
    /// A Request Body Object.
    Body,
    /// A Response Object.
    Response,
    /// A Security Scheme Object.
    Scheme,
}

/// The part that `value` at `pointer` is or refers to, with its own pointer, checked.
///
/// # Errors
/// E0211 where a reference leads nowhere, what a conversion has left, or E0219.
pub(super) fn part<'d>(
    document: &'d Document,
    value: &'d Value,
    pointer: String,
    kind: Kind,
    notes: &mut Vec<Note>,
) -> Result<(&'d Value, String), Refusal> {
    let (value, pointer) =
        document.follow(value, pointer.clone()).map_err(|reason| Refusal::new("E0211", pointer, reason))?;
    if let Some(refusal) = refusal_in(value, &pointer) {
        return Err(refusal);
    }
    check(value, kind, &pointer, notes)?;
    Ok((value, pointer))
}

/// Checks the part that stands at `pointer`.
///
/// # Errors
/// E0219, with the pointer of what is not as the standard has it.
pub(super) fn check(value: &Value, kind: Kind, pointer: &str, notes: &mut Vec<Note>) -> Result<(), Refusal> {
    let mut frame = copy(value, kind);
    note_unknown(value, kind, pointer, notes);
    match kind {
        Kind::Operation => compare::<openapiv3::Operation>(&frame, pointer),
        Kind::Parameter => {
            // Styles that are no parameter's at that place are judged with the catalog's choice in hand.
            if let Value::Object(members) = &mut frame {
                members.remove("style");
                members.remove("explode");
                if !members.contains_key("schema") && !members.contains_key("content") {
                    members.insert("schema".into(), json!({}));
                }
            }
            compare::<openapiv3::Parameter>(&frame, pointer)
        }
        Kind::Body => compare::<openapiv3::RequestBody>(&frame, pointer),
        Kind::Response => compare::<openapiv3::Response>(&frame, pointer),
        Kind::Scheme => compare::<openapiv3::SecurityScheme>(&frame, pointer),
    }
}

fn compare<T: DeserializeOwned + Serialize>(frame: &Value, pointer: &str) -> Result<(), Refusal> {
    let refuse = |pointer: String, reason: String| Err(Refusal::new("E0219", pointer, reason));
    let typed = match T::deserialize(frame) {
        Ok(typed) => typed,
        Err(error) => {
            let reason = format!("this is not what OpenAPI says it is: {}", super::one_line(&error.to_string()));
            return refuse(pointer.to_owned(), reason);
        }
    };
    let Ok(written) = serde_json::to_value(typed) else {
        return refuse(pointer.to_owned(), "this cannot be read without loss".into());
    };
    match lost(frame, &written, &mut String::new()) {
        None => Ok(()),
        Some(at) => refuse(format!("{pointer}{at}"), "this would be lost when the document is read".into()),
    }
}

/// Keys whose absence loses nothing: decoration, or read elsewhere.
const DECORATION: &[&str] = &["externalDocs", "summary", "description", "deprecated", "tags"];

/// The pointer of the first thing of `before` that `after` does not have.
fn lost(before: &Value, after: &Value, at: &mut String) -> Option<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let length = at.len();
                at.push('/');
                at.push_str(&escape(key));
                let found = match after.get(key).or_else(|| after.get(&key.to_ascii_uppercase())) {
                    Some(other) => lost(value, other, at),
                    None if is_harmless(key, value) => None,
                    None => Some(at.clone()),
                };
                if found.is_some() {
                    return found;
                }
                at.truncate(length);
            }
            None
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).enumerate().find_map(|(position, (before, after))| {
                let length = at.len();
                at.push('/');
                at.push_str(&position.to_string());
                let found = lost(before, after, at);
                at.truncate(length);
                found
            })
        }
        (Value::Number(before), Value::Number(after)) if before.as_f64() == after.as_f64() => None,
        (before, after) if before == after => None,
        _ => Some(at.clone()),
    }
}

/// The reviewed list of losses that lose nothing: what the standard reads as absent.
fn is_harmless(key: &str, value: &Value) -> bool {
    let is_empty = match value {
        Value::Bool(false) | Value::Null => true,
        Value::Array(items) => items.is_empty() && key != "security",
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    is_empty || key.starts_with("x-") || DECORATION.contains(&key)
}

/// A copy without schemas, examples and extensions.
fn copy(value: &Value, kind: Kind) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    if members.contains_key("$ref") {
        return json!({"$ref": members["$ref"]});
    }
    let mut frame = Map::new();
    for (key, value) in members.iter().filter(|(key, _)| is_defined(kind, key)) {
        let copied = match (kind, key.as_str()) {
            // Parameters and bodies are checked where they are read: a reference leads to the same place.
            (Kind::Operation, "callbacks" | "servers" | "externalDocs" | "parameters" | "requestBody")
            | (Kind::Response, "headers")
            | (_, "example" | "examples" | "links") => {
                continue;
            }
            (Kind::Operation, "responses") => statuses(value),
            (_, "schema") => json!({}),
            (Kind::Parameter | Kind::Body | Kind::Response, "content") => each(value, media),
            _ => value.clone(),
        };
        frame.insert(key.clone(), copied);
    }
    if kind == Kind::Operation && !frame.contains_key("responses") {
        frame.insert("responses".into(), json!({}));
    }
    if kind == Kind::Response && !frame.get("description").is_some_and(Value::is_string) {
        frame.insert("description".into(), "".into());
    }
    if matches!(frame.get("description"), Some(Value::Null)) {
        frame.remove("description");
    }
    frame.into()
}

/// Which statuses there are, each as an empty answer: the answers themselves are checked when they are read.
fn statuses(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let is_status = |key: &String| !key.starts_with("x-");
    members
        .keys()
        .filter(|key| is_status(key))
        .map(|key| (key.clone(), json!({"description": ""})))
        .collect::<Map<_, _>>()
        .into()
}

fn each(value: &Value, of: fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), of(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn media(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let mut frame = Map::new();
    if members.contains_key("schema") {
        frame.insert("schema".into(), json!({}));
    }
    if let Some(encoding) = members.get("encoding") {
        frame.insert("encoding".into(), each(encoding, encoding_of));
    }
    frame.into()
}

fn encoding_of(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    members
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), "contentType" | "style" | "explode" | "allowReserved"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// Whether some version of OpenAPI defines the key for this part.
fn is_defined(kind: Kind, key: &str) -> bool {
    let keys: &[&str] = match kind {
        Kind::Operation => &[
            "tags",
            "summary",
            "description",
            "externalDocs",
            "operationId",
            "parameters",
            "requestBody",
            "responses",
            "callbacks",
            "deprecated",
            "security",
            "servers",
        ],
        Kind::Parameter => &[
            "name",
            "in",
            "description",
            "required",
            "deprecated",
            "allowEmptyValue",
            "style",
            "explode",
            "allowReserved",
            "schema",
            "example",
            "examples",
            "content",
        ],
        Kind::Body => &["description", "content", "required"],
        Kind::Response => &["description", "summary", "headers", "content", "links"],
        Kind::Scheme => &[
            "type",
            "description",
            "name",
            "in",
            "scheme",
            "bearerFormat",
            "flows",
            "openIdConnectUrl",
            "oauth2MetadataUrl",
            "deprecated",
        ],
    };
    keys.contains(&key)
}

/// Keys of 2.0 that a conversion may leave beside what it made of them.
const CONVERTED: &[&str] = &["consumes", "produces", "schemes", "schema", "type", "flow", "scopes"];

fn note_unknown(value: &Value, kind: Kind, pointer: &str, notes: &mut Vec<Note>) {
    for key in value.as_object().into_iter().flat_map(Map::keys) {
        let known = key.starts_with("x-") || key == "$ref" || is_defined(kind, key);
        if !known && !CONVERTED.contains(&key.as_str()) {
            let text = format!("`{}` means nothing to OpenAPI here, and is passed over", super::one_line(key));
            notes.push(Note { pointer: format!("{pointer}/{}", escape(key)), text });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Kind, check};

    #[test]
    fn what_would_be_lost_is_an_error_at_its_place() {
        let mut notes = Vec::new();
        let operation = json!({"operationId": "a", "responses": {"2000": {}, "200": {}}});
        let refusal = check(&operation, Kind::Operation, "/o", &mut notes).expect_err("a lost status");
        assert_eq!((refusal.code, refusal.pointer.as_str()), ("E0219", "/o/responses/2000"));
        let parameter = json!({"name": "a", "in": "query", "required": "yes", "schema": {"type": ["x"]}});
        assert!(check(&parameter, Kind::Parameter, "/p", &mut notes).is_err_and(|refusal| refusal.pointer == "/p"));
        assert_eq!(notes, []);
    }

    #[test]
    fn what_says_nothing_is_no_loss() {
        let mut notes = Vec::new();
        for (value, kind) in [
            (
                json!({"responses": {"2xx": {"$ref": "#/x"}}, "tags": [], "parameters": [], "deprecated": false}),
                Kind::Operation,
            ),
            (
                json!({"name": "a", "in": "query", "required": false, "schema": {"const": 1}, "example": {"$ref": 1}}),
                Kind::Parameter,
            ),
            (json!({"content": {"a/b": {"schema": {"prefixItems": []}, "example": 1}}}), Kind::Body),
            (json!({"content": {"a/b": {}}, "headers": {"a": {"type": "string"}}}), Kind::Response),
        ] {
            assert_eq!(check(&value, kind, "", &mut notes), Ok(()), "{value}");
        }
        assert_eq!(notes, []);
        let parameter = json!({"name": "a", "in": "query", "schema": {}, "optional": true});
        assert_eq!(check(&parameter, Kind::Parameter, "/p", &mut notes), Ok(()));
        assert_eq!(notes.iter().map(|note| note.pointer.as_str()).collect::<Vec<_>>(), ["/p/optional"]);
    }
}
