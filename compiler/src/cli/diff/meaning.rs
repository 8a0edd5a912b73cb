//! What a document says, as a digest: the same for two files that say the same in another layout.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::load::{Format, LoadedDocument, hex};

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
