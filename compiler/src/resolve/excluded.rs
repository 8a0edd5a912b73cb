//! The operations of a document that are no tool: what an auditor is told of what was left out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::found::Found;
use super::operation::{self, Choices};
use super::shape::{Purpose, ShapeReader};
use super::{Refusal, ResolvedTool, one_line};
use crate::normalise::Document;

/// An operation that is no tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it stands.
    pub found: Found,
    /// The summary, one line; may be empty.
    pub summary: String,
    /// Why it could not be a tool; none where nobody has asked for it.
    pub refusal: Option<Refusal>,
}

/// Those of `found` that no tool has. Each is read as `inspect` reads it, with readers of its own: what a tool's shapes are
/// called must not depend on what else the document has.
pub(super) fn left(document: &Document, found: Vec<Found>, tools: &[ResolvedTool]) -> Vec<Left> {
    let taken: BTreeSet<&str> = tools.iter().map(|tool| tool.operation.found.pointer.as_str()).collect();
    let mut shapes = ShapeReader::new(document, Purpose::Sent);
    let choices = Choices::default();
    let is_left = |found: &Found| !taken.contains(found.pointer.as_str());
    let read = |found: Found| {
        let refusal = operation::read(&found, &mut shapes, &choices).err();
        let summary = document.value.pointer(&found.pointer).and_then(|value| value.get("summary"));
        let summary = summary.and_then(Value::as_str).map(one_line).unwrap_or_default();
        Left { found, summary, refusal }
    };
    found.into_iter().filter(is_left).map(read).collect()
}
