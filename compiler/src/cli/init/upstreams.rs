//! The systems that a catalog that is begun reaches.

use std::fmt::Write as _;

use super::{quoted, snake};
use crate::check::{is_base_path, is_tool_name};
use crate::normalise::Document;
use crate::resolve::{Operation, Server, document_server};

pub(super) struct Upstreams<'a> {
    catalog: &'a str,
    own: Option<Server>,
    /// Servers of single operations, in the order in which they were met, each with the name that it gets.
    further: Vec<(String, Server)>,
    needs_credential: bool,
}

impl<'a> Upstreams<'a> {
    pub(super) fn new(catalog: &'a str, document: &Document) -> Self {
        Self { catalog, own: document_server(document), further: Vec::new(), needs_credential: false }
    }

    /// Notes what a tool needs.
    pub(super) fn add(&mut self, operation: &Operation, needs_credential: bool) {
        self.needs_credential |= needs_credential;
        let Some(server) = &operation.server else { return };
        if !self.further.iter().any(|(_, known)| known == server) {
            let name = self.name(server);
            self.further.push((name, server.clone()));
        }
    }

    /// The first label of the host, or the catalog's name with a number.
    fn name(&self, server: &Server) -> String {
        let host = server.written.split_once("://").map_or("", |(_, rest)| rest);
        let label = snake(host.split(['.', '/', ':']).next().unwrap_or_default());
        let is_free = |name: &String| {
            is_tool_name(name) && name != self.catalog && !self.further.iter().any(|(known, _)| known == name)
        };
        Some(label)
            .filter(is_free)
            .or_else(|| (2..=self.further.len() + 3).map(|number| format!("{}_{number}", self.catalog)).find(is_free))
            .unwrap_or_default()
    }

    /// The manifest's lines about them; empty where the defaults do.
    pub(super) fn text(&self, of_catalog: &str) -> String {
        let mut text = String::new();
        let base_path = self.own.as_ref().and_then(mended);
        if self.needs_credential || base_path.is_some() {
            text.push_str("upstream:\n");
        }
        if let Some(base_path) = base_path {
            let _ = writeln!(
                text,
                "  # The document's server is a template: check this.\n  base_path: {}",
                quoted(&base_path)
            );
        }
        if self.needs_credential {
            let _ = writeln!(text, "  credential: {}", quoted(of_catalog));
        }
        if !self.further.is_empty() {
            text.push_str("upstreams:\n");
        }
        for (name, server) in &self.further {
            let _ = writeln!(text, "  {name}:\n    server: {}", quoted(&server.written));
            if let Some(base_path) = mended(server) {
                let _ = writeln!(
                    text,
                    "    # The server is a template: check this.\n    base_path: {}",
                    quoted(&base_path)
                );
            }
        }
        text
    }
}

/// The segments of a base path that can be sent; `None` if all can.
fn mended(server: &Server) -> Option<String> {
    if is_base_path(&server.base_path) {
        return None;
    }
    let segments = server.base_path.split('/').map(|segment| format!("/{segment}")).filter(|one| is_base_path(one));
    Some(segments.collect())
}
