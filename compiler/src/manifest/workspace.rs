//! The workspace manifest, `workspace.yaml` beside the catalogs: what holds for all of them together.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::read::conforming;
use crate::load::LoadedFile;
use crate::report::Report;

/// What holds for all catalogs of one program together. Every key may be left out, and so may the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Airlock workspace")]
pub struct Workspace {
    /// The most tokens that all tools together may take of a model's context, as `airlock-host budget` has counted them.
    pub budget_tokens: Option<u64>,
    /// The most bytes that hosts may be handed to tell a model of all tools.
    pub budget_bytes: Option<u64>,
}

/// Reads the workspace manifest. Every fault is reported, and what is wrong is left out.
pub fn read_workspace(file: &LoadedFile, report: &mut Report) -> Workspace {
    conforming(file, &workspace_schema(), report)
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default()
}

/// The JSON Schema of `workspace.yaml`, for editors (JSON Schema 2020-12).
pub fn workspace_schema() -> Value {
    schemars::schema_for!(Workspace).to_value()
}
