//! What catalogs say of labels, taken from the checked catalogs before their places end.

use airlock_prune::Plan;

use super::fields::{Answer, Found};
use crate::check::{CheckedCatalog, ToolFacts};
use crate::ir::Content;
use crate::lower::lower_rule;
use crate::manifest::Above;
use crate::resolve::ResolvedTool;

/// What a catalog says of labels. Whether a word is a label is not asked here.
#[derive(Debug)]
pub struct Written {
    pub(super) label: Option<String>,
    pub(super) clearance: Option<String>,
    /// Its tools, in their order.
    pub(super) tools: Vec<WrittenTool>,
}

#[derive(Debug)]
pub(super) struct WrittenTool {
    pub(super) label: Option<String>,
    pub(super) clearance: Option<String>,
    pub(super) above: Option<Above>,
    /// Fields by path, in order.
    pub(super) fields: Vec<WrittenField>,
    /// Whether the bytes of a file are handed on, which no rule has looked at.
    pub(super) gives_files: bool,
}

#[derive(Debug)]
pub(super) struct WrittenField {
    pub(super) path: String,
    pub(super) label: String,
    pub(super) found: Found,
}

impl Written {
    /// What a catalog says that is about to lose its places.
    pub fn of(catalog: &CheckedCatalog) -> Self {
        let manifest = &catalog.resolved.manifest;
        let tools = catalog.resolved.tools.iter().zip(&catalog.facts);
        Self {
            label: manifest.label.clone(),
            clearance: manifest.clearance.clone(),
            tools: tools.map(|(tool, facts)| written(catalog, tool, facts)).collect(),
        }
    }
}

fn written(catalog: &CheckedCatalog, tool: &ResolvedTool, facts: &ToolFacts) -> WrittenTool {
    let manifest = &tool.manifest;
    let has_body = tool.operation.answers.iter().any(|declared| declared.answer.content != Content::Empty);
    let answer = Answer { shape: &tool.answer, names: &catalog.resolved.answers, is_open: manifest.open == Some(true) };
    let plan = Plan::new(&lower_rule(&facts.rule));
    let field = |(path, label): (&String, &String)| WrittenField {
        path: path.clone(),
        label: label.clone(),
        found: match &plan {
            _ if !has_body => Found::Missing,
            Ok(plan) => answer.find(path, plan.looked_at()),
            // `check` has let no rule pass that has no plan.
            Err(_) => Found::Read,
        },
    };
    WrittenTool {
        label: manifest.label.clone(),
        clearance: manifest.clearance.clone(),
        above: manifest.above_clearance,
        fields: manifest.field_labels.iter().flatten().map(field).collect(),
        gives_files: manifest.response.file_bytes_max.is_some_and(|bytes_max| bytes_max > 0),
    }
}
