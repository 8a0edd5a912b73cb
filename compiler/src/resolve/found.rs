//! The operations of a document, and where each stands.

use std::collections::BTreeMap;

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
    /// Why it cannot be looked at: the reference to its path item leads nowhere, or it stands there more than once.
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
        let first = found.len();
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
        refuse_doubles(&mut found[first..]);
    }
    found
}

/// Of one method of one path there is one operation: a field of the path item, where what stands among the additional ones
/// has its name (OpenAPI 3.2.0, section 4.9); else none, since nothing says which is meant.
fn refuse_doubles(found: &mut [Found]) {
    let additional = |found: &Found| found.pointer.contains("/additionalOperations/");
    // How many there are of a method, and how many of them are fields.
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for one in &*found {
        let (all, fields) = counts.entry(one.method.clone()).or_default();
        *all += 1;
        *fields += usize::from(!additional(one));
    }
    for one in found {
        let (all, fields) = counts.get(&one.method).copied().unwrap_or_default();
        if all > 1 && (fields != 1 || additional(one)) {
            one.lost = Some(format!("`{} {}` stands there more than once", one.method, one.path));
        }
    }
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
    let matches: Vec<&Found> = found.iter().filter(fits).collect();
    let usable: Vec<&Found> = matches.iter().copied().filter(|found| found.lost.is_none()).collect();
    if usable.is_empty() { matches } else { usable }
}

/// The names of all operations, of the kind that a person has used.
pub fn names_like(found: &[Found], wanted: &str) -> Vec<String> {
    if wanted.contains(' ') {
        found.iter().map(|found| format!("{} {}", found.method, found.path)).collect()
    } else {
        found.iter().filter_map(|found| found.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::operations;
    use crate::normalise::Document;

    #[test]
    fn an_operation_that_stands_twice_is_one_or_none() {
        let get = || json!({"responses": {"200": {"description": "x"}}});
        let document = Document::plain(json!({"openapi": "3.2.0", "info": {"title": "D", "version": "1"}, "paths": {
            "/a": {"get": get(), "additionalOperations": {"GET": get(), "copy": get(), "COPY": get(), "LINK": get()}},
            "/b": {"$ref": "#/components/pathItems/b", "get": get()},
        }, "components": {"pathItems": {"b": {"get": get(), "put": get()}}}}));
        let told: Vec<(String, bool)> = operations(&document)
            .into_iter()
            .map(|found| (format!("{} {}", found.pointer, found.method), found.lost.is_none()))
            .collect();
        let is = |pointer: &str, usable: bool| (pointer.to_owned(), usable);
        assert_eq!(
            told,
            [
                is("/paths/~1a/get GET", true),
                // The names of methods are fields of a path item, and not additional (OpenAPI 3.2.0, section 4.9).
                is("/paths/~1a/additionalOperations/GET GET", false),
                is("/paths/~1a/additionalOperations/copy COPY", false),
                is("/paths/~1a/additionalOperations/COPY COPY", false),
                is("/paths/~1a/additionalOperations/LINK LINK", true),
                // What it means to define one beside a reference and behind it is left open there.
                is("/paths/~1b/get GET", false),
                is("/components/pathItems/b/get GET", false),
                is("/components/pathItems/b/put PUT", true),
            ]
        );
    }
}
