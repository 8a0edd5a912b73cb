//! The manifest's tools, each with its operation.

use std::collections::BTreeMap;

use super::found::Found;
use super::operation::{self, Operation};
use super::security::{self, Choice};
use super::shape::ShapeReader;
use super::{Refusal, operations};
use crate::ir::{Credential, Shape};
use crate::manifest::{self, Manifest};
use crate::normalise::{Document, NormalisedCatalog, escape};
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};

/// A catalog whose tools know their operations.
#[derive(Debug)]
pub struct ResolvedCatalog {
    /// The directory's name.
    pub name: String,
    /// For places in the manifest.
    pub manifest_file: FileId,
    /// What the manifest says.
    pub manifest: Manifest,
    /// The document.
    pub document: Document,
    /// The document's file name.
    pub document_name: String,
    /// The document's digest.
    pub document_sha256: String,
    /// The credentials that tools name, by name.
    pub credentials: BTreeMap<String, Credential>,
    /// Named shapes that tools reach.
    pub shapes: BTreeMap<String, Shape>,
    /// The tools that could be resolved, in the order of their names.
    pub tools: Vec<ResolvedTool>,
}

/// A tool and its operation.
#[derive(Debug)]
pub struct ResolvedTool {
    /// The tool's name.
    pub name: String,
    /// What the manifest says.
    pub manifest: manifest::Tool,
    /// What the document says.
    pub operation: Operation,
    /// Names of the credentials that are sent.
    pub credentials: Vec<String>,
}

/// Resolves every catalog.
pub fn resolve(catalogs: Vec<NormalisedCatalog>, report: &mut Report) -> Vec<ResolvedCatalog> {
    catalogs.into_iter().filter_map(|catalog| resolve_catalog(catalog, report)).collect()
}

fn resolve_catalog(catalog: NormalisedCatalog, report: &mut Report) -> Option<ResolvedCatalog> {
    let manifest = manifest::read(&catalog.manifest, report)?;
    let mut resolver = Resolver {
        manifest_file: catalog.manifest.id,
        document: &catalog.document,
        found: operations(&catalog.document),
        shapes: ShapeReader::new(&catalog.document),
        credentials: BTreeMap::new(),
        wanted: manifest.upstream.as_ref().and_then(|upstream| upstream.credential.clone()),
        report,
    };
    let tools: Vec<ResolvedTool> =
        manifest.tools.iter().filter_map(|(name, tool)| resolver.resolve_tool(name, tool)).collect();
    let used = tools.iter().flat_map(|tool| {
        let parameters = tool.operation.parameters.iter().map(|parameter| &parameter.shape);
        parameters.chain(tool.operation.body.iter().map(|body| &body.shape))
    });
    let shapes = resolver.shapes.reachable(used);
    let credentials = resolver.credentials;
    Some(ResolvedCatalog {
        name: catalog.name,
        manifest_file: catalog.manifest.id,
        manifest,
        document: catalog.document,
        document_name: catalog.document_name,
        document_sha256: catalog.document_sha256,
        credentials,
        shapes,
        tools,
    })
}

struct Resolver<'a> {
    manifest_file: FileId,
    document: &'a Document,
    found: Vec<Found>,
    shapes: ShapeReader<'a>,
    credentials: BTreeMap<String, Credential>,
    wanted: Option<String>,
    report: &'a mut Report,
}

impl Resolver<'_> {
    fn resolve_tool(&mut self, name: &str, tool: &manifest::Tool) -> Option<ResolvedTool> {
        let pointer = format!("/tools/{}/operation", escape(name));
        let found = self.find(&tool.operation, &pointer)?;
        let operation = match operation::read(self.document, &found, &mut self.shapes) {
            Ok(operation) => operation,
            Err(refusal) => {
                self.refused(&tool.operation, &refusal, &pointer);
                return None;
            }
        };
        let credentials = self.credentials(&operation, &pointer)?;
        Some(ResolvedTool { name: name.to_owned(), manifest: tool.clone(), operation, credentials })
    }

    /// Finds an operation by its operationId, or by method and path.
    fn find(&mut self, wanted: &str, pointer: &str) -> Option<Found> {
        let by_path = wanted.split_once(' ').map(|(method, path)| (method.to_ascii_uppercase(), path.trim()));
        let fits = |found: &&Found| match &by_path {
            Some((method, path)) => found.method == *method && found.path == *path,
            None => found.id.as_deref() == Some(wanted),
        };
        let matches: Vec<&Found> = self.found.iter().filter(fits).collect();
        let at = At::value(self.manifest_file, pointer);
        match matches.as_slice() {
            [only] => Some((*only).clone()),
            [] => {
                let diagnostic = Diagnostic::error("E0221", format!("the document has no operation `{wanted}`"))
                    .at(at.clone(), "no such operation");
                let names: Vec<String> = match by_path {
                    Some(_) => self.found.iter().map(|found| format!("{} {}", found.method, found.path)).collect(),
                    None => self.found.iter().filter_map(|found| found.id.clone()).collect(),
                };
                self.report.push(match did_you_mean(wanted, names.iter().map(String::as_str)) {
                    Some(name) => diagnostic.patch("did you mean this one?", at, name),
                    None => diagnostic.help(
                        "`airlock inspect DOCUMENT` lists the operations; name one by operationId or as `GET /path`",
                    ),
                });
                None
            }
            [first, second, ..] => {
                self.report.push(
                    Diagnostic::error("E0222", format!("the document has more than one operation `{wanted}`"))
                        .at(at, "which one?")
                        .at(self.document.at_key(&first.pointer), "this one")
                        .at(self.document.at_key(&second.pointer), "or this one")
                        .help(format!("name it by method and path: `{} {}`", first.method, first.path)),
                );
                None
            }
        }
    }

    fn refused(&mut self, wanted: &str, refusal: &Refusal, pointer: &str) {
        self.report.push(
            Diagnostic::error(refusal.code, format!("`{wanted}` cannot be compiled: {}", refusal.reason))
                .at(At::value(self.manifest_file, pointer), "this tool needs it")
                .at(self.document.at_key(&refusal.pointer), "because of this")
                .help("change the document, or remove the tool"),
        );
    }

    /// The credentials of a tool, which are then known to the catalog.
    fn credentials(&mut self, operation: &Operation, pointer: &str) -> Option<Vec<String>> {
        let names = match operation.security.choose(self.wanted.as_deref()) {
            Choice::Credentials(names) => names,
            Choice::Open(alternatives) => {
                let says = match alternatives.as_slice() {
                    [] => "does not say who may call it".to_owned(),
                    some => format!("can be called with one of: {}", some.join(", ")),
                };
                self.report.push(
                    Diagnostic::error("E0223", format!("the operation {says}; the catalog must choose"))
                        .at(At::key(self.manifest_file, "/upstream"), "no fitting `credential` here")
                        .at(At::value(self.manifest_file, pointer), "needed by this tool")
                        .help("add `upstream: { credential: NAME }` with a security scheme of the document, or `none`"),
                );
                return None;
            }
        };
        for name in &names {
            match security::scheme(self.document, name) {
                Ok(credential) => {
                    self.credentials.insert(name.clone(), credential);
                }
                Err(refusal) => {
                    self.report.push(
                        Diagnostic::error(refusal.code, refusal.reason)
                            .at(At::value(self.manifest_file, pointer), "needed by this tool")
                            .at(self.document.at_key(&refusal.pointer), "from here"),
                    );
                    return None;
                }
            }
        }
        Some(names)
    }
}
