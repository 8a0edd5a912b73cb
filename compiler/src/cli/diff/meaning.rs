//! What a document says, as a digest: the same for two files that say the same in another layout.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::diff::Servers;
use crate::load::{Format, LoadedCatalog, LoadedDocument, hex};

/// The digest of all values of a document. Keys have one order, and no white space, comment or notation counts.
pub(super) fn digest(document: &LoadedDocument) -> String {
    let mut text = String::new();
    write(&mut text, &document.file.value);
    for (name, file) in &document.others {
        // The ending says how a file is written.
        let is_text = Format::of(std::path::Path::new(name)).is_none();
        let _ = write!(text, "\n{}{name}\n", if is_text { "text " } else { "" });
        write(&mut text, &file.value);
    }
    for (url, name) in &document.vendored {
        let _ = write!(text, "\n{url:?} {name:?}");
    }
    hex(&Sha256::digest(text))
}

/// The hosts that a catalog's document names: its own, and those of further upstreams, as the manifest repeats them.
pub(super) fn servers(catalog: &LoadedCatalog) -> Servers {
    let document = &catalog.document.file.value;
    let own = match &document["servers"][0] {
        // Swagger 2.0.
        Value::Null => document["host"].as_str().map(str::to_owned).unwrap_or_default(),
        server => host(server["url"].as_str().unwrap_or_default(), &server["variables"]),
    };
    let mut servers = Servers::from([((catalog.name.clone(), String::new()), own)]);
    for (name, upstream) in catalog.manifest.value["upstreams"].as_object().into_iter().flatten() {
        let host = host(upstream["server"].as_str().unwrap_or_default(), &Value::Null);
        servers.insert((catalog.name.clone(), name.clone()), host);
    }
    servers
}

/// Scheme and host of a URL; of one with variables, they as well. What comes behind is the base path, which is compared
/// as such.
fn host(url: &str, variables: &Value) -> String {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let host_end = url[host_at..].find('/').map_or(url.len(), |at| host_at + at);
    let host = &url[..host_end];
    if host.contains('{') { format!("{host} with {variables}") } else { host.to_owned() }
}

/// Gives the keys of a document's objects the order of their names, so that nothing depends on the order they stand in.
pub(super) fn sort_keys(document: &mut LoadedDocument) {
    sort(&mut document.file.value);
    document.others.values_mut().for_each(|file| sort(&mut file.value));
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.sort_keys();
            members.values_mut().for_each(sort);
        }
        Value::Array(values) => values.iter_mut().for_each(sort),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in members {
                let _ = write!(text, "{},", Value::from(key.as_str()));
                write(text, value);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write(text, value);
                text.push(',');
            }
            text.push(']');
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}
