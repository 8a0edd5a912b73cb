//! What a rule makes of an answer that the catalog holds for it: so that a change of the rule shows in the diff as what it
//! changes for a model.

use std::fmt::Write as _;

use airlock_prune::indented;

use crate::ir::{Catalog, Sample, Tool};
use crate::markup::fenced;

pub(super) fn emit(catalog: &Catalog, tool: &Tool, sample: &Sample) -> String {
    let mut text = format!(
        "<!-- @generated from catalogs/{}/samples/{}.json. Do not edit: run `airlock compile`. -->\n\n# `{}`\n\n",
        catalog.name, tool.name, tool.name
    );
    let json = indented(&sample.json);
    let bytes_out = sample.rows.as_deref().unwrap_or(&sample.json).len();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{} bytes -> {bytes_out} bytes\n", sample.bytes_in);
    text.push_str(&fenced("json", &json));
    if let Some(rows) = &sample.rows {
        text.push_str("\nAs the model reads it:\n\n");
        text.push_str(&fenced("", rows));
    }
    text
}
