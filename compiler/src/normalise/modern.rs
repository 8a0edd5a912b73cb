//! OpenAPI 3.1 and 3.2: the structure around schemas -> that of 3.0 (<https://spec.openapis.org/oas/v3.2.0>).
//!
//! Later versions require less and allow more. What they leave out is filled in; what only they have stays where it is,
//! for the steps that list or refuse it: webhooks, the method `query`, `additionalOperations`, `in: querystring`.

use serde_json::{Map, Value};

use super::Version;
use super::schemas::{Kind, Moved};

/// The key of a media type's `itemSchema`: 3.0 knows no sequences.
const ITEM_SCHEMA: &str = "x-airlock-item-schema";

/// The version that the text of `openapi` means; `None` if it is none that is read here.
pub(super) fn version(text: &str) -> Option<Version> {
    let (minor, patch) = match text.strip_prefix("3.")?.split_once('.') {
        Some((minor, patch)) => (minor, patch),
        None => (&text[2..], "0"),
    };
    let digits = patch.find(|char: char| !char.is_ascii_digit()).unwrap_or(patch.len());
    let patch = patch[..digits].parse().ok()?;
    match minor {
        "0" => Some(Version::V3_0(patch)),
        "1" => Some(Version::V3_1(patch)),
        "2" => Some(Version::V3_2(patch)),
        _ => None,
    }
}

/// Brings an object that is no schema into the shape of 3.0. Answers what it moved.
pub(super) fn structure(kind: Kind, members: &mut Map<String, Value>, version: Version) -> Option<Moved> {
    let is_modern = version >= Version::V3_1(0);
    match kind {
        Kind::Document if is_modern => fill(members, "paths", || Map::new().into()),
        // Required in every version, and left out in documents of every version: nothing depends on it.
        Kind::Operation => fill(members, "responses", || Map::new().into()),
        Kind::Response if !members.contains_key("$ref") => fill(members, "description", || "".into()),
        Kind::MediaType if is_modern => return item_schema(members),
        _ => {}
    }
    None
}

fn fill(members: &mut Map<String, Value>, key: &str, value: impl FnOnce() -> Value) {
    if !members.contains_key(key) {
        members.insert(key.to_owned(), value());
    }
}

/// A media type that is a sequence says what its items are (OpenAPI 3.2.0, section 4.14.3).
fn item_schema(members: &mut Map<String, Value>) -> Option<Moved> {
    let schema = members.shift_remove("itemSchema")?;
    members.insert(ITEM_SCHEMA.to_owned(), schema);
    let mut moved = Moved::default();
    moved.place("/itemSchema", format!("/{ITEM_SCHEMA}"));
    Some(moved)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Version, version};
    use crate::load::{LoadedDocument, LoadedFile};
    use crate::normalise::{Document, normalise_document};
    use crate::report::{FileId, Report};

    fn read(value: Value) -> Result<Document, Vec<&'static str>> {
        let mut report = Report::default();
        let document = normalise_document(
            LoadedDocument {
                name: "openapi.yaml".into(),
                file: LoadedFile { id: FileId(0), value, sha256: String::new() },
                others: [(
                    "s.yaml".to_owned(),
                    LoadedFile {
                        id: FileId(1),
                        value: json!({"not": {"type": ["string", "array"], "items": {}}}),
                        sha256: String::new(),
                    },
                )]
                .into(),
                vendored: std::collections::BTreeMap::new(),
                sha256: String::new(),
            },
            &mut report,
        );
        document.ok_or_else(|| report.diagnostics().iter().map(|diagnostic| diagnostic.code).collect())
    }

    #[test]
    fn documents_of_every_minor_version_are_taken() {
        for (written, wanted) in [
            (json!("3.1.0"), Ok(Version::V3_1(0))),
            (json!("3.2.0"), Ok(Version::V3_2(0))),
            (json!(3.1), Ok(Version::V3_1(0))),
            (json!(3.0), Ok(Version::V3_0(0))),
            (json!("3.0.3"), Ok(Version::V3_0(3))),
            (json!(3), Err(vec!["E0205"])),
            (json!("3.3.0"), Err(vec!["E0205"])),
            (json!(null), Err(vec!["E0205"])),
        ] {
            let document = json!({"openapi": written, "info": {"title": "t", "version": "1"}, "paths": {}});
            assert_eq!(read(document).map(|document| document.version), wanted, "{written}");
        }
        let bare = |version: &str| json!({"openapi": version, "info": {"title": "t", "version": "1", "summary": "s"}});
        // A document without `paths` has no operations, and that is told; it is no reason not to read it.
        assert!(read(bare("3.1.0")).is_ok() && read(bare("3.0.3")).is_ok());
    }

    #[test]
    fn places_are_those_of_the_author() {
        let document = read(json!({
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "components": {"schemas": {"a": {"$ref": "s.yaml#/not/items"}, "c": {"$ref": "s.yaml"}, "b": {"$ref": "a", "minLength": 1}}},
        }))
        .expect("is a document");
        let (_, place) = document
            .follow(&document.value["components"]["schemas"]["a"], "/components/schemas/a".into())
            .expect("leads somewhere");
        assert_eq!(place, "/x-airlock-files/s.yaml/not/anyOf/1/items");
        assert_eq!(document.origin(&place), (FileId(1), "/not/items".to_owned()));
        assert_eq!(
            document.origin("/components/schemas/b/allOf/0/$ref"),
            (FileId(0), "/components/schemas/b/$ref".to_owned())
        );
    }

    #[test]
    fn versions_are_read_with_their_patch_number() {
        for (text, wanted) in [
            ("3.0", Some(Version::V3_0(0))),
            ("3.0.4", Some(Version::V3_0(4))),
            ("3.1", Some(Version::V3_1(0))),
            ("3.1.1", Some(Version::V3_1(1))),
            ("3.1.0-rc1", Some(Version::V3_1(0))),
            ("3.2.12", Some(Version::V3_2(12))),
            ("3.3.0", None),
            ("3.10.0", None),
            ("3", None),
            ("3.", None),
            ("3.1.", None),
            ("3.1.x", None),
            ("2.0", None),
            ("4.0.0", None),
            ("13.0.0", None),
            ("", None),
        ] {
            assert_eq!(version(text), wanted, "{text}");
        }
    }
}
