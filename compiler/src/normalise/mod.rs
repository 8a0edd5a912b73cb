//! Step 2: a loaded document -> [`Document`], in the shape of OpenAPI 3.0.
//!
//! Knowledge of versions lives here alone. What comes in says which version it is; what goes out is 3.0, so that no later
//! step asks. The frame of the document (info, servers, security schemes) is checked by `openapiv3`'s strict types here;
//! each operation is checked by them when it is resolved, so that one bad operation does not refuse its document.

mod modern;
mod references;
mod schemas;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use crate::load::escape_token as escape;
use crate::load::{Loaded, LoadedDocument, LoadedFile};
use crate::report::{At, Diagnostic, FileId, Report};

pub use references::{FILES, Files, file_of, is_remote, join, unescape};

/// A document in the shape of OpenAPI 3.0 (<https://spec.openapis.org/oas/v3.0.4>), all its files in one value.
///
/// The document's own file is the root; its other files stand below the root's key [`FILES`], by their path.
/// References are as they were written; [`Document::follow`] knows where each leads.
#[derive(Debug)]
pub struct Document {
    /// The document's own file.
    pub file: FileId,
    /// The value. `paths` is an object.
    pub value: Value,
    /// Which version its author wrote.
    pub version: Version,
    /// Where references lead.
    files: Files,
    /// Where things stood in the files that no longer stand there.
    origins: Origins,
}

/// The version that a document says it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Swagger 2.0.
    Swagger2,
    /// OpenAPI 3.0, with its patch number.
    V3_0(u32),
    /// OpenAPI 3.1, with its patch number.
    V3_1(u32),
    /// OpenAPI 3.2, with its patch number.
    V3_2(u32),
}

/// Places in files, by the pointer of what stands in the document now. The longest pointer that fits counts.
#[derive(Debug, Default)]
pub struct Origins(BTreeMap<String, (FileId, String)>);

impl Origins {
    /// Says that what stands at `pointer` now came from `old` of that file.
    pub fn insert(&mut self, pointer: String, file: FileId, old: String) {
        self.0.insert(pointer, (file, old));
    }

    /// The file and the pointer in it that `pointer` stood at.
    pub fn of(&self, pointer: &str) -> Option<(FileId, String)> {
        let mut prefix = pointer;
        loop {
            if let Some((file, old)) = self.0.get(prefix) {
                return Some((*file, format!("{old}{}", &pointer[prefix.len()..])));
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }
}

/// A catalog whose document has been normalised.
#[derive(Debug)]
pub struct NormalisedCatalog {
    /// The directory's name.
    pub name: String,
    /// The manifest, as loaded.
    pub manifest: LoadedFile,
    /// The document.
    pub document: Document,
    /// The document's file name.
    pub document_name: String,
    /// The document's digest.
    pub document_sha256: String,
}

/// Normalises every catalog's document.
pub fn normalise(loaded: Loaded, report: &mut Report) -> Vec<NormalisedCatalog> {
    let mut catalogs = Vec::new();
    for catalog in loaded.catalogs {
        let document_sha256 = catalog.document.sha256.clone();
        let document_name = catalog.document.name.clone();
        if let Some(document) = normalise_document(catalog.document, report) {
            catalogs.push(NormalisedCatalog {
                name: catalog.name,
                manifest: catalog.manifest,
                document,
                document_name,
                document_sha256,
            });
        }
    }
    catalogs
}

/// Normalises one document. Errors are E020x codes.
pub fn normalise_document(loaded: LoadedDocument, report: &mut Report) -> Option<Document> {
    let LoadedDocument { name, file: LoadedFile { id: file, mut value, .. }, others, vendored, .. } = loaded;
    let Value::Object(members) = &mut value else {
        report.push(
            Diagnostic::error("E0204", "this is no OpenAPI document: it is not an object").at(At::value(file, ""), ""),
        );
        return None;
    };
    let version = check_version(members, file, report)?;
    let mut origins = Origins::default();
    if !others.is_empty() {
        let mut files = Map::new();
        for (path, other) in others {
            origins.insert(format!("/{FILES}/{}", escape(&path)), other.id, String::new());
            files.insert(path, other.value);
        }
        members.insert(FILES.to_owned(), files.into());
    }
    let files = Files { root: name, vendored };
    schemas::convert(&mut value, version, &files, &mut origins, file);
    let document = Document { file, value, version, files, origins };
    check_frame(&document, report);
    (!report.has_errors()).then_some(document)
}

fn check_version(members: &Map<String, Value>, file: FileId, report: &mut Report) -> Option<Version> {
    let (key, version) = match (members.get("openapi"), members.get("swagger")) {
        (Some(version), _) => ("openapi", version),
        (None, Some(version)) => ("swagger", version),
        (None, None) => {
            report.push(
                Diagnostic::error("E0204", "this is no OpenAPI document: it has no `openapi` key")
                    .at(At::bytes(file, 0..1), "expected `openapi: 3.…`"),
            );
            return None;
        }
    };
    let text = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
    if key == "openapi"
        && let Some(version) = modern::version(&text)
    {
        return Some(version);
    }
    report.push(
        Diagnostic::error(
            "E0205",
            format!("the document is written in {} {text}; OpenAPI 3.0 to 3.2 is what is read here", name(key)),
        )
        .at(At::value(file, format!("/{key}")), "not read by this version")
        .help("export the document as OpenAPI 3.0, or convert it, and review the result"),
    );
    None
}

fn name(key: &str) -> &'static str {
    if key == "swagger" { "Swagger" } else { "OpenAPI" }
}

/// Checks what is not an operation: each part on its own, so that the error has a place.
fn check_frame(document: &Document, report: &mut Report) {
    typed::<openapiv3::Info>(document, "/info", report);
    if document.value.get("info").is_none() {
        report.push(Diagnostic::error("E0206", "the document has no `info`").at(At::bytes(document.file, 0..1), ""));
    }
    match document.value.get("paths") {
        Some(Value::Object(_)) => {}
        Some(_) => {
            report
                .push(Diagnostic::error("E0206", "`paths` is not an object").at(At::key(document.file, "/paths"), ""));
        }
        None => report
            .push(Diagnostic::error("E0206", "the document has no `paths`").at(At::bytes(document.file, 0..1), "")),
    }
    typed::<Vec<openapiv3::Server>>(document, "/servers", report);
    typed::<Vec<openapiv3::SecurityRequirement>>(document, "/security", report);
    let schemes = document.value.pointer("/components/securitySchemes").and_then(Value::as_object);
    for name in schemes.into_iter().flat_map(Map::keys) {
        let pointer = format!("/components/securitySchemes/{}", escape(name));
        typed::<openapiv3::ReferenceOr<openapiv3::SecurityScheme>>(document, &pointer, report);
    }
}

fn typed<T: DeserializeOwned>(document: &Document, pointer: &str, report: &mut Report) {
    if let Some(value) = document.value.pointer(pointer)
        && let Err(error) = serde_json::from_value::<T>(value.clone())
    {
        report.push(
            Diagnostic::error("E0206", format!("`{pointer}` is not what OpenAPI 3.0 says it is: {error}"))
                .at(At::key(document.file, pointer), "here"),
        );
    }
}

impl Document {
    /// A document of one file that is in the shape of OpenAPI 3.0 already.
    #[cfg(test)]
    pub(crate) fn plain(value: Value) -> Self {
        let (files, origins) = (Files::default(), Origins::default());
        Self { file: FileId(0), value, version: Version::V3_0(4), files, origins }
    }

    /// The place of a value, for a diagnostic.
    pub fn at(&self, pointer: &str) -> At {
        let (file, pointer) = self.origin(pointer);
        At::value(file, pointer)
    }

    /// The place of a key, for a diagnostic.
    pub fn at_key(&self, pointer: &str) -> At {
        let (file, pointer) = self.origin(pointer);
        At::key(file, pointer)
    }

    /// The file and the pointer in it that `pointer` of the document came from.
    pub fn origin(&self, pointer: &str) -> (FileId, String) {
        self.origins.of(pointer).unwrap_or_else(|| (self.file, pointer.to_owned()))
    }

    /// The pointer that a reference means where it stands at `base`. Whether anything is there is not asked.
    ///
    /// # Errors
    /// Says in one sentence why it can mean nothing here, and what to do.
    pub fn resolve(&self, base: &str, reference: &str) -> Result<String, String> {
        self.files.resolve(base, reference)
    }

    /// Follows `$ref`s from `value`, which stands at `pointer`, to what they mean.
    ///
    /// # Errors
    /// Says why a reference leads nowhere: it leaves the catalog, dangles, or goes in a circle.
    pub fn follow<'d>(&'d self, mut value: &'d Value, mut pointer: String) -> Result<(&'d Value, String), String> {
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok((value, pointer)) };
            pointer = self.resolve(&pointer, reference)?;
            value = self
                .value
                .pointer(&pointer)
                .ok_or_else(|| format!("the reference `{reference}` leads to nothing in this document"))?;
        }
        Err(format!("the reference at {pointer} goes in a circle"))
    }

    /// The path of the first server's address, without a `/` at the end; empty where there is none.
    ///
    /// Server variables stand with their defaults.
    pub fn base_path(&self) -> String {
        let Some(server) = self.value.pointer("/servers/0") else { return String::new() };
        let mut url = server["url"].as_str().unwrap_or_default().to_owned();
        for (name, variable) in server["variables"].as_object().into_iter().flatten() {
            url = url.replace(&format!("{{{name}}}"), variable["default"].as_str().unwrap_or_default());
        }
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => url.as_str(),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        segments.iter().fold(String::new(), |path, segment| path + "/" + segment)
    }
}

/// A longer chain of references is a circle.
const REFERENCES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Document;

    fn document(value: Value) -> Document {
        Document::plain(value)
    }

    #[test]
    fn references_lead_somewhere_or_say_why_not() {
        let document = document(json!({
            "a~b": {"c/d": {"$ref": "#/x"}}, "x": {"$ref": "#/y%7Bid%7D"}, "y{id}": 1,
            "loop": {"$ref": "#/loop"}, "out": {"$ref": "other.yaml#/x"}, "gone": {"$ref": "#/nothing"},
        }));
        let follow = |pointer: &str| {
            let value = document.value.pointer(pointer).expect("is there");
            document.follow(value, pointer.to_owned()).map(|(value, pointer)| (value.clone(), pointer))
        };
        assert_eq!(follow("/a~0b/c~1d"), Ok((json!(1), "/y{id}".into())));
        assert!(follow("/loop").is_err_and(|reason| reason.contains("circle")));
        assert!(follow("/out").is_err_and(|reason| reason.contains("leads to nothing")));
        assert!(follow("/gone").is_err_and(|reason| reason.contains("leads to nothing")));
    }

    #[test]
    fn the_base_path_is_the_path_of_the_first_server() {
        let of = |server: Value| document(json!({"servers": [server]})).base_path();
        assert_eq!(of(json!({"url": "https://clinic.internal/v1/"})), "/v1");
        assert_eq!(of(json!({"url": "https://clinic.internal"})), "");
        assert_eq!(of(json!({"url": "/api/v1"})), "/api/v1");
        assert_eq!(
            of(json!({"url": "http://h:{p}/{base}/x", "variables": {"p": {"default": "80"}, "base": {"default": ""}}})),
            "/x"
        );
    }
}
