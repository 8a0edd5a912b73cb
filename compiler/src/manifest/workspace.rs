//! The workspace manifest, `workspace.yaml` beside the catalogs: what holds for all of them together.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{conforming, set_if_missing};
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
    /// Named subsets of the tools, for `airlock-host serve --profile NAME`. The key is the profile's name.
    pub profiles: Option<BTreeMap<String, Profile>>,
    /// The model files that the program may load, and no others. The key is the model's name.
    pub models: Option<BTreeMap<String, ModelFile>>,
    /// Labels of confidentiality, the lowest first, as in `[public, internal, patient]`. Catalogs and tools name them.
    pub labels: Option<Vec<String>>,
    /// Flows above a clearance that somebody answers for, one by one.
    pub declassify: Option<Vec<Declassification>>,
}

/// What one tool gives may be sent on by another, whatever their labels.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declassification {
    /// The tool whose results these are; `CATALOG.*` stands for all of one catalog.
    pub from: String,
    /// The tool that may send them on.
    pub to: String,
    /// Why that is so, one line for people who review it.
    pub reason: String,
}

/// A named subset of the tools: with it, nothing else is offered or callable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// For whom it is, one line.
    pub description: String,
    /// Names of tools, of any catalog; `CATALOG.*` stands for all of one catalog.
    pub tools: Vec<String>,
    /// The most tools that it may have. Default: 128, beyond which some hosts refuse the list.
    pub tools_max: Option<u64>,
    /// Offer two tools more: one that searches the tools by words, and one that describes one of them. Default: false.
    pub search: Option<bool>,
}

/// A model file, known by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// SHA-256 of the file, as `sha256sum` writes it: 64 hexadecimal digits, letters small.
    pub sha256: String,
    /// Its licence, one line: an SPDX identifier, or words.
    pub licence: String,
    /// Where its publisher offers it, one line. Nothing is fetched from there.
    pub source: String,
}

/// Reads the workspace manifest. Every fault is reported, and what is wrong is left out.
pub fn read_workspace(file: &LoadedFile, report: &mut Report) -> Workspace {
    let Some(mut value) = conforming(file, &workspace_schema(), report) else { return Workspace::default() };
    if let Some(Value::Object(profiles)) = value.get_mut("profiles") {
        // What is missing has been reported by now.
        profiles.retain(|_, profile| profile.is_object());
        for profile in profiles.values_mut().filter_map(Value::as_object_mut) {
            set_if_missing(profile, "description", json!("-"));
            set_if_missing(profile, "tools", json!([]));
        }
    }
    if let Some(Value::Object(models)) = value.get_mut("models") {
        // Of a file that is known in part, nothing more can be said.
        models.retain(|_, model| ["sha256", "licence", "source"].iter().all(|key| model[*key].is_string()));
    }
    if let Some(Value::Array(flows)) = value.get_mut("declassify") {
        flows.retain(|flow| ["from", "to", "reason"].iter().all(|key| flow[*key].is_string()));
    }
    serde_json::from_value(value).unwrap_or_default()
}

/// The JSON Schema of `workspace.yaml`, for editors (JSON Schema 2020-12).
pub fn workspace_schema() -> Value {
    schemars::schema_for!(Workspace).to_value()
}
