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
    /// Why it cannot be looked at, where the reference to its path item leads nowhere.
    pub lost: Option<String>,
}

/// The methods that a path item can have (OpenAPI 3.2.0, section 4.9), in the order of that section.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// Every operation of the document, in its order.
pub fn operations(document: &Document) -> Vec<Found> {
    let mut found = Vec::new();
    let paths = document.value.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten().filter(|(path, _)| !path.starts_with("x-")) {
        let pointer = format!("/paths/{}", escape(path));
        match document.follow(item, pointer.clone()) {
            Ok((target, target_pointer)) => {
                // What stands beside a reference adds to what it means (OpenAPI 3.1.1, section 4.8.9.1).
                if target_pointer != pointer {
                    add(path, item, &pointer, &mut found);
                }
                add(path, target, &target_pointer, &mut found);
            }
            Err(reason) => found.push(Found {
                path: path.clone(),
                method: "-".into(),
                item_pointer: pointer.clone(),
                pointer,
                id: None,
                lost: Some(reason),
            }),
        }
    }
    found
}

fn add(path: &str, item: &Value, item_pointer: &str, found: &mut Vec<Found>) {
    let mut push = |method: &str, pointer: String, operation: &Value| {
        found.push(Found {
            path: path.to_owned(),
            method: method.to_ascii_uppercase(),
            pointer,
            item_pointer: item_pointer.to_owned(),
            id: operation.get("operationId").and_then(Value::as_str).map(str::to_owned),
            lost: None,
        });
    };
    for (key, operation) in item.as_object().into_iter().flatten() {
        if METHODS.contains(&key.as_str()) {
            push(key, format!("{item_pointer}/{key}"), operation);
        }
    }
    for (key, operation) in item.get("additionalOperations").and_then(Value::as_object).into_iter().flatten() {
        push(key, format!("{item_pointer}/additionalOperations/{}", escape(key)), operation);
    }
}
/// The operations that a person means: by operationId, or by method and path as in `GET /patients`.
pub fn named<'f>(found: &'f [Found], wanted: &str) -> Vec<&'f Found> {
    let by_path = wanted.split_once(' ').map(|(method, path)| (method.to_ascii_uppercase(), path.trim()));
    let fits = |found: &&Found| match &by_path {
        Some((method, path)) => found.method == *method && found.path == *path,
        None => found.id.as_deref() == Some(wanted),
    };
    found.iter().filter(fits).collect()
}

/// The names of all operations, of the kind that a person has used.
pub fn names_like(found: &[Found], wanted: &str) -> Vec<String> {
    if wanted.contains(' ') {
        found.iter().map(|found| format!("{} {}", found.method, found.path)).collect()
    } else {
        found.iter().filter_map(|found| found.id.clone()).collect()
    }
}
