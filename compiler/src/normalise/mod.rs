//! Step 2: a loaded document -> [`Document`], in the shape of OpenAPI 3.0.
//!
//! Knowledge of versions lives here alone. What comes in says which version it is; what goes out is 3.0, so that no later
//! step asks. The frame of the document (info, servers, security schemes) is checked by `openapiv3`'s strict types here;
//! each operation is checked by them when it is resolved, so that one bad operation does not refuse its document.

mod modern;
mod references;
mod schemas;
mod swagger;

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::{Map, Value};

pub use crate::load::escape_token as escape;
use crate::load::{Loaded, LoadedDocument, LoadedFile, Sample};
use crate::report::{At, Diagnostic, FileId, Report};

pub use crate::load::{is_remote, join};
pub use references::{FILES, Files, file_of, unescape};

/// The key of the root, or of an operation, below which a conversion leaves the word of a [`Transport`](crate::ir::Transport)
/// where the document says it in another place than its servers.
pub const TRANSPORT: &str = "x-airlock-transport";

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
    /// Answers that rules are tried on.
    pub samples: Vec<Sample>,
    /// What was approved.
    pub lock: Option<FileId>,
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
                samples: catalog.samples,
                lock: catalog.lock,
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
    if version == Version::Swagger2 {
        swagger::convert(&mut value, &files, file, &mut origins);
    }
    schemas::convert(&mut value, version, &files, &mut origins, file);
    let mut document = Document { file, value, version, files, origins };
    check_frame(&mut document, report);
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
    let known = match key {
        "openapi" => modern::version(&text),
        _ => (text == "2.0" || text == "2").then_some(Version::Swagger2),
    };
    if known.is_some() {
        return known;
    }
    report.push(
        Diagnostic::error("E0205", format!("the document is written in {} {text}, which is not read here", name(key)))
            .at(At::value(file, format!("/{key}")), "not read by this version")
            .help("Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are; export the document as one of them"),
    );
    None
}

fn name(key: &str) -> &'static str {
    if key == "swagger" { "Swagger" } else { "OpenAPI" }
}

/// Checks what is not an operation. None of it keeps an operation from being compiled, so it is told and no more.
fn check_frame(document: &mut Document, report: &mut Report) {
    let whole = At::bytes(document.file, 0..1);
    let tell = |title: String, at: At| Diagnostic::warning("E0206", title).at(at, "");
    match document.value.get("info") {
        None => report.push(tell("the document has no `info`".into(), whole.clone())),
        Some(info) => {
            if let Err(error) = openapiv3::Info::deserialize(info) {
                report.push(tell(format!("`info` is not what OpenAPI says it is: {error}"), document.at_key("/info")));
            }
        }
    }
    if !document.value.get("paths").is_some_and(Value::is_object) {
        let (title, at) = match document.value.get("paths") {
            Some(_) => ("`paths` is not an object, so the document has no operations", document.at_key("/paths")),
            None => ("the document has no `paths`, and so no operations", whole),
        };
        report.push(tell(title.into(), at));
        if let Value::Object(members) = &mut document.value {
            members.insert("paths".into(), Map::new().into());
        }
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
}
