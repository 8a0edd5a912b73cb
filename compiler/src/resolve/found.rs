//! The operations of a document, and where each stands.

use serde_json::Value;

use crate::normalise::{Document, escape};

/// Where an operation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The key below `paths`.
    pub path: String,
    /// The key below the path, upper case.
    pub method: String,
    /// The JSON pointer of the operation.
    pub pointer: String,
    /// The JSON pointer of the path item around it.
    pub item_pointer: String,
    /// The operationId, if it has one.
    pub id: Option<String>,
}

/// The methods that a path item can have (OpenAPI 3.0.3, section 4.7.9), in the order of that section.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Every operation of the document, in its order.
pub fn operations(document: &Document) -> Vec<Found> {
    let mut found = Vec::new();
    let paths = document.value.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten().filter(|(path, _)| !path.starts_with("x-")) {
        let pointer = format!("/paths/{}", escape(path));
        let (item, item_pointer) = document.follow(item, pointer.clone()).unwrap_or((item, pointer));
        for (key, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&key.as_str()) {
                found.push(Found {
                    path: path.clone(),
                    method: key.to_ascii_uppercase(),
                    pointer: format!("{item_pointer}/{key}"),
                    item_pointer: item_pointer.clone(),
                    id: operation.get("operationId").and_then(Value::as_str).map(str::to_owned),
                });
            }
        }
    }
    found
}
