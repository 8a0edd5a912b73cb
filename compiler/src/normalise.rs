//! Step 2: a loaded document -> [`Document`], in the shape of OpenAPI 3.0.
//!
//! Knowledge of versions lives here alone. What comes in says which version it is; what goes out is 3.0, so that no later
//! step asks. The frame of the document (info, servers, security schemes) is checked by `openapiv3`'s strict types here;
//! each operation is checked by them when it is resolved, so that one bad operation does not refuse its document.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use crate::load::escape_token as escape;
use crate::load::{Loaded, LoadedFile};
use crate::report::{At, Diagnostic, FileId, Report};

/// A document in the shape of OpenAPI 3.0 (<https://spec.openapis.org/oas/v3.0.3>).
#[derive(Debug)]
pub struct Document {
    /// For places in diagnostics.
    pub file: FileId,
    /// The document. `paths` is an object.
    pub value: Value,
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
        if let Some(document) = normalise_document(catalog.document, report) {
            catalogs.push(NormalisedCatalog {
                name: catalog.name,
                manifest: catalog.manifest,
                document,
                document_name: catalog.document_name,
                document_sha256,
            });
        }
    }
    catalogs
}

/// Normalises one document. Errors are E020x codes.
pub fn normalise_document(loaded: LoadedFile, report: &mut Report) -> Option<Document> {
    let LoadedFile { id: file, value, .. } = loaded;
    let Value::Object(members) = &value else {
        report.push(
            Diagnostic::error("E0204", "this is no OpenAPI document: it is not an object").at(At::value(file, ""), ""),
        );
        return None;
    };
    if !check_version(members, file, report) {
        return None;
    }
    let document = Document { file, value };
    check_frame(&document, report);
    (!report.has_errors()).then_some(document)
}

fn check_version(members: &Map<String, Value>, file: FileId, report: &mut Report) -> bool {
    let (key, version) = match (members.get("openapi"), members.get("swagger")) {
        (Some(version), _) => ("openapi", version),
        (None, Some(version)) => ("swagger", version),
        (None, None) => {
            report.push(
                Diagnostic::error("E0204", "this is no OpenAPI document: it has no `openapi` key")
                    .at(At::bytes(file, 0..1), "expected `openapi: 3.0.…`"),
            );
            return false;
        }
    };
    let text = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
    if key == "openapi" && (text == "3.0" || text.starts_with("3.0.")) {
        return true;
    }
    report.push(
        Diagnostic::error(
            "E0205",
            format!("the document is written in {} {text}; OpenAPI 3.0 is what is read here", name(key)),
        )
        .at(At::value(file, format!("/{key}")), "not read by this version")
        .help("export the document as OpenAPI 3.0, or convert it, and review the result"),
    );
    false
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
    /// Follows `$ref`s from `value`, which stands at `pointer`, to what they mean.
    ///
    /// # Errors
    /// Says why a reference leads nowhere: it points outside the document, dangles, or goes in a circle.
    pub fn follow<'d>(&'d self, mut value: &'d Value, mut pointer: String) -> Result<(&'d Value, String), String> {
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok((value, pointer)) };
            let Some(fragment) = reference.strip_prefix('#') else {
                return Err(format!(
                    "the reference `{reference}` leads out of the document; copy what it means into it"
                ));
            };
            pointer =
                percent_decode(fragment).ok_or_else(|| format!("the reference `{reference}` cannot be decoded"))?;
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

/// Percent-decodes a URI fragment (RFC 6901, section 6).
fn percent_decode(fragment: &str) -> Option<String> {
    if !fragment.contains('%') {
        return Some(fragment.to_owned());
    }
    let bytes = fragment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = fragment.get(at + 1..at + 3)?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Document;
    use crate::report::FileId;

    fn document(value: Value) -> Document {
        Document { file: FileId(0), value }
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
        assert!(follow("/out").is_err_and(|reason| reason.contains("out of the document")));
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
