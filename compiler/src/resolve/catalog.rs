//! The manifest's tools, each with its operation.

use std::collections::BTreeMap;

use super::excluded::{Left, left};
use super::found::{Found, named, names_like};
use super::operation::{self, Choices, Operation, StyleChoice};
use super::security::{self, Choice};
use super::servers::{document_server, path_of, transport, transport_of};
use super::shape::{Purpose, ShapeReader};
use super::{Refusal, operations, responses};
use crate::ir::{Credential, Shape, Transport};
use crate::load::Sample;
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
    /// The systems that tools reach, by name.
    pub upstreams: BTreeMap<String, ResolvedUpstream>,
    /// Named shapes that tools send.
    pub shapes: BTreeMap<String, Shape>,
    /// Named shapes that answers are made of, before anything is pruned.
    pub answers: BTreeMap<String, Shape>,
    /// Where those stand in the document, as JSON pointers.
    pub answer_pointers: BTreeMap<String, String>,
    /// The tools that could be resolved, in the order of their names.
    pub tools: Vec<ResolvedTool>,
    /// The operations that are no tool.
    pub excluded: Vec<Left>,
    /// Answers that rules are tried on.
    pub samples: Vec<Sample>,
    /// What was approved.
    pub lock: Option<FileId>,
}

/// A system, and what tools send it along.
#[derive(Debug, Default)]
pub struct ResolvedUpstream {
    /// Put before every path.
    pub base_path: String,
    /// How requests are carried there: what the document says of every tool.
    pub transport: Transport,
    /// Where the manifest or the document says so.
    pub said_at: Vec<At>,
    /// The credentials that tools name, by name.
    pub credentials: BTreeMap<String, Credential>,
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
    /// The name of the system that it reaches.
    pub upstream: String,
    /// Names of the credentials that are sent.
    pub credentials: Vec<String>,
    /// What its answers are made of, before anything is pruned.
    pub answer: Shape,
}

/// Resolves every catalog.
pub fn resolve(catalogs: Vec<NormalisedCatalog>, report: &mut Report) -> Vec<ResolvedCatalog> {
    catalogs.into_iter().filter_map(|catalog| resolve_catalog(catalog, report)).collect()
}

fn resolve_catalog(catalog: NormalisedCatalog, report: &mut Report) -> Option<ResolvedCatalog> {
    let manifest = manifest::read(&catalog.manifest, report)?;
    let mut resolver = Resolver {
        catalog: &catalog,
        manifest: &manifest,
        found: operations(&catalog.document),
        sent: ShapeReader::new(&catalog.document, Purpose::Sent),
        received: ShapeReader::new(&catalog.document, Purpose::Received),
        upstreams: BTreeMap::new(),
        report,
    };
    let tools: Vec<ResolvedTool> =
        manifest.tools.iter().filter_map(|(name, tool)| resolver.resolve_tool(name, tool)).collect();
    // Behind them all: an operation that reaches such a system knows its base path better.
    manifest.tools.values().for_each(|tool| resolver.led_to(tool));
    let shapes = resolver.sent.reachable(tools.iter().flat_map(|tool| tool.operation.sent()));
    let answers = resolver.received.reachable(tools.iter().map(|tool| &tool.answer));
    let answer_pointers = resolver.received.pointers(answers.keys());
    let (upstreams, found) = (resolver.upstreams, resolver.found);
    let excluded = left(&catalog.document, found, &tools);
    Some(ResolvedCatalog {
        name: catalog.name,
        manifest_file: catalog.manifest.id,
        manifest,
        document: catalog.document,
        document_name: catalog.document_name,
        document_sha256: catalog.document_sha256,
        upstreams,
        shapes,
        answers,
        answer_pointers,
        tools,
        excluded,
        samples: catalog.samples,
        lock: catalog.lock,
    })
}

struct Resolver<'a> {
    catalog: &'a NormalisedCatalog,
    manifest: &'a Manifest,
    found: Vec<Found>,
    sent: ShapeReader<'a>,
    received: ShapeReader<'a>,
    upstreams: BTreeMap<String, ResolvedUpstream>,
    report: &'a mut Report,
}

impl Resolver<'_> {
    fn resolve_tool(&mut self, name: &str, tool: &manifest::Tool) -> Option<ResolvedTool> {
        let pointer = format!("/tools/{}/operation", escape(name));
        let found = self.find(&tool.operation, &pointer)?;
        let mut operation = match operation::read(&found, &mut self.sent, &choices(tool)) {
            Ok(operation) => operation,
            Err(refusal) => {
                self.refused(&tool.operation, &refusal, &pointer);
                return None;
            }
        };
        let (upstream, wanted) = self.upstream(&operation, &pointer)?;
        let wanted = tool.credential.clone().or(wanted);
        let credentials = self.credentials(&operation, &upstream, wanted.as_deref(), &pointer)?;
        // What is not known of an answer is noted where it is given whole; a rule is told what of it it uses.
        let answer = if tool.prune.trim() == "@" {
            let (answer, notes) = responses::output_with_notes(&operation.answers, &mut self.received);
            operation.notes.extend(notes);
            answer
        } else {
            responses::output(&operation.answers, &mut self.received)
        };
        Some(ResolvedTool { name: name.to_owned(), manifest: tool.clone(), operation, upstream, credentials, answer })
    }

    /// The system that the operation reaches, and the credential that the manifest gives for it.
    fn upstream(&mut self, operation: &Operation, pointer: &str) -> Option<(String, Option<String>)> {
        let file = self.catalog.manifest.id;
        let own = self.manifest.upstream.clone().unwrap_or_default();
        let found = &operation.found;
        let transport = transport(&self.catalog.document, &found.pointer, &found.item_pointer);
        let Some(server) = &operation.server else {
            let name = own.name.unwrap_or_else(|| self.catalog.name.clone());
            let server = document_server(&self.catalog.document);
            let base_path = own.base_path.or(server.map(|server| server.base_path)).unwrap_or_default();
            let said_at = vec![At::value(file, "/upstream/base_path"), self.catalog.document.at("/servers/0/url")];
            self.reached(&name, base_path, transport, said_at);
            return Some((name, own.credential));
        };
        let named =
            self.manifest.upstreams.iter().flatten().find(|(_, named)| named.server.as_ref() == Some(&server.written));
        let Some((name, named)) = named else {
            self.report.push(
                Diagnostic::error("E0224", format!("the operation has a server of its own, `{}`", server.written))
                    .at(At::value(file, pointer), "needed by this tool")
                    .at(self.catalog.document.at_key(&operation.found.pointer), "the operation")
                    .help(format!(
                        "give that system a name, for the site file: `upstreams: {{ NAME: {{ server: {} }} }}`",
                        serde_json::Value::from(server.written.as_str())
                    )),
            );
            return None;
        };
        let base_path = named.base_path.clone().unwrap_or_else(|| server.base_path.clone());
        let said_at = vec![At::value(file, format!("/upstreams/{}/base_path", escape(name)))];
        self.reached(name, base_path, transport, said_at);
        Some((name.clone(), named.credential.clone().or(own.credential)))
    }

    /// Makes a system known that a tool reaches. Of how requests are carried, the least that is said of any tool is promised.
    fn reached(&mut self, name: &str, base_path: String, transport: Transport, said_at: Vec<At>) {
        let first = || ResolvedUpstream { base_path, transport, said_at, credentials: BTreeMap::new() };
        let upstream = self.upstreams.entry(name.to_owned()).or_insert_with(first);
        upstream.transport = upstream.transport.min(transport);
    }

    /// Makes the systems known that redirects of a tool may lead to.
    fn led_to(&mut self, tool: &manifest::Tool) {
        for name in tool.response.redirects.iter().flatten() {
            let Some(named) = self.manifest.upstreams.as_ref().and_then(|upstreams| upstreams.get(name)) else {
                continue;
            };
            let of_server = || named.server.as_deref().map(path_of);
            let base_path = named.base_path.clone().or_else(of_server).unwrap_or_default();
            let transport = named.server.as_deref().map_or(Transport::Any, transport_of);
            let said_at = vec![At::value(self.catalog.manifest.id, format!("/upstreams/{}/base_path", escape(name)))];
            let known = ResolvedUpstream { base_path, transport, said_at, credentials: BTreeMap::new() };
            self.upstreams.entry(name.clone()).or_insert(known);
        }
    }

    /// Finds an operation by its operationId, or by method and path.
    fn find(&mut self, wanted: &str, pointer: &str) -> Option<Found> {
        let matches = named(&self.found, wanted);
        let at = At::value(self.catalog.manifest.id, pointer);
        match matches.as_slice() {
            [only] => Some((*only).clone()),
            [] => {
                let diagnostic = Diagnostic::error("E0221", format!("the document has no operation `{wanted}`"))
                    .at(at.clone(), "no such operation");
                let names = names_like(&self.found, wanted);
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
                        .at(self.catalog.document.at_key(&first.pointer), "this one")
                        .at(self.catalog.document.at_key(&second.pointer), "or this one")
                        .help(format!("name it by method and path: `{} {}`", first.method, first.path)),
                );
                None
            }
        }
    }

    fn refused(&mut self, wanted: &str, refusal: &Refusal, pointer: &str) {
        self.report.push(
            Diagnostic::error(refusal.code, format!("`{wanted}` cannot be compiled: {}", refusal.reason))
                .at(At::value(self.catalog.manifest.id, pointer), "this tool needs it")
                .at(self.catalog.document.at_key(&refusal.pointer), "because of this")
                .help("change the document, or remove the tool"),
        );
    }

    /// The credentials of a tool, which are then known to the catalog.
    fn credentials(
        &mut self,
        operation: &Operation,
        upstream: &str,
        wanted: Option<&str>,
        pointer: &str,
    ) -> Option<Vec<String>> {
        let names = match operation.security.choose(wanted) {
            Choice::Credentials(names) => names,
            Choice::Open(alternatives) => {
                let says = match alternatives.as_slice() {
                    [] => "does not say who may call it".to_owned(),
                    some => format!("can be called with one of: {}", some.join(", ")),
                };
                self.report.push(
                    Diagnostic::error("E0223", format!("the operation {says}; the catalog must choose"))
                        .at(At::key(self.catalog.manifest.id, "/upstream"), "no fitting `credential` here")
                        .at(At::value(self.catalog.manifest.id, pointer), "needed by this tool")
                        .help("add `upstream: { credential: NAME }` with a security scheme of the document, or `none`"),
                );
                return None;
            }
        };
        let credentials = match security::credentials(&self.catalog.document, &names) {
            Ok(credentials) => credentials,
            Err(refusal) => {
                self.report.push(
                    Diagnostic::error(refusal.code, refusal.reason)
                        .at(At::value(self.catalog.manifest.id, pointer), "needed by this tool")
                        .at(self.catalog.document.at_key(&refusal.pointer), "from here")
                        .help("choose another with `credential`, or remove the tool"),
                );
                return None;
            }
        };
        let names = credentials.iter().map(|credential| credential.name.clone()).collect();
        if let Some(upstream) = self.upstreams.get_mut(upstream) {
            let by_name = credentials.into_iter().map(|credential| (credential.name.clone(), credential));
            upstream.credentials.extend(by_name);
        }
        Some(names)
    }
}

/// What the manifest chooses before the operation is read.
fn choices(tool: &manifest::Tool) -> Choices {
    let style = |argument: &manifest::Argument| StyleChoice {
        style: argument.style.map(|style| style.word().to_owned()),
        explode: argument.explode,
    };
    let arguments = tool.arguments.iter().flatten().map(|(name, argument)| (name.clone(), style(argument))).collect();
    Choices { media_type: tool.media_type.clone(), arguments }
}
