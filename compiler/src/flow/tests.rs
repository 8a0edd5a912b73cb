//! Flow policies as data: small workspaces, each legal or with one flow that is not; and chains at random beside an oracle.

mod random;

use std::path::Path;

use serde::Deserialize;

use crate::load::Sources;
use crate::pipeline::{self, Placed};
use crate::report::{Report, Severity};

/// The cases: `cases.yaml` says what they are made of.
const CASES: &str = include_str!("tests/cases.yaml");

/// The one document of all cases.
const DOCUMENT: &str = include_str!("tests/openapi.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `legal`, or the code of the one error.
    verdict: String,
    /// Of E0816, the source and the sink that the error names.
    #[serde(default)]
    names: Vec<String>,
    /// Warnings that are meant.
    #[serde(default)]
    warns: Vec<String>,
    /// `workspace.yaml`.
    #[serde(default)]
    workspace: serde_json::Value,
    /// The `catalog.yaml` of each catalog by name, in short: `tools` are completed from what the document has.
    catalogs: serde_json::Map<String, serde_json::Value>,
}

/// What a tool needs and no case is about.
fn completed(mut catalog: serde_json::Value) -> serde_json::Value {
    let members = catalog.as_object_mut().expect("a mapping");
    for (key, value) in [("title", "A system"), ("document", "openapi.yaml")] {
        members.entry(key).or_insert(value.into());
    }
    for tool in
        members["tools"].as_object_mut().expect("a mapping").values_mut().filter_map(|tool| tool.as_object_mut())
    {
        tool.entry("description").or_insert("Does what its name says.".into());
        tool.entry("response").or_insert(serde_json::json!({ "bytes_max": 65536 }));
        tool.entry("prune").or_insert("@".into());
    }
    catalog
}

/// Everything up to plain data, with all that was reported.
fn placed(
    workspace: &serde_json::Value,
    catalogs: impl IntoIterator<Item = (String, serde_json::Value)>,
) -> (Option<Placed>, Report) {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |path: &Path, text: &str| std::fs::write(path, text).expect("is written");
    if !workspace.is_null() {
        // JSON is YAML.
        write(&directory.path().join("workspace.yaml"), &workspace.to_string());
    }
    for (name, catalog) in catalogs {
        let at = directory.path().join(name);
        std::fs::create_dir(&at).expect("a directory");
        write(&at.join("openapi.yaml"), DOCUMENT);
        write(&at.join("catalog.yaml"), &catalog.to_string());
    }
    let mut report = Report::default();
    let placed = pipeline::place(directory.path(), &mut Sources::default(), &mut report);
    (placed, report)
}

fn reported(report: &Report, severity: Severity) -> Vec<(&'static str, &str)> {
    let of = report.diagnostics().iter().filter(|diagnostic| diagnostic.severity == severity);
    of.map(|diagnostic| (diagnostic.code, diagnostic.title.as_str())).collect()
}

#[test]
fn every_flow_policy_is_judged_as_it_says() {
    let cases: Vec<Case> = serde_yaml::from_str(CASES).expect("cases");
    let (mut legal, mut illegal) = (0, 0);
    let mut misjudged = Vec::new();
    for case in cases {
        let catalogs = case.catalogs.into_iter().map(|(name, catalog)| (name, completed(catalog)));
        let (placed, report) = placed(&case.workspace, catalogs);
        let errors = reported(&report, Severity::Error);
        let codes: Vec<&str> = errors.iter().map(|(code, _)| *code).collect();
        let warned: Vec<&str> = reported(&report, Severity::Warning).into_iter().map(|(code, _)| code).collect();
        let is_right = if case.verdict == "legal" {
            legal += 1;
            placed.is_some() && codes.is_empty()
        } else {
            illegal += 1;
            let names_all = |title: &str| case.names.iter().all(|name| title.contains(&format!("`{name}`")));
            placed.is_none() && codes == [case.verdict.as_str()] && errors.iter().all(|(_, title)| names_all(title))
        };
        if !is_right || warned != case.warns {
            misjudged.push(format!("{}, {}: {errors:?}, warned of {warned:?}", case.name, case.verdict));
        }
    }
    assert!(misjudged.is_empty(), "{misjudged:#?}");
    assert!(legal >= 25 && illegal >= 40, "{legal} legal, {illegal} not");
}

/// An error names both sides, shows both places, and has the ways out.
#[test]
fn an_illegal_flow_shows_both_places_and_the_ways_out() {
    let workspace = serde_json::json!({
        "labels": ["public", "internal", "patient"],
        "profiles": { "desk": { "description": "All.", "tools": ["find_patients", "send_mail"] } },
    });
    let clinic = serde_json::json!({ "label": "internal", "clearance": "patient", "tools": { "find_patients": {
        "operation": "findPatients", "prune": "items[?ssn == '1'].id", "field_labels": { "items[].ssn": "patient" } } } });
    let mail = serde_json::json!({ "label": "internal", "tools": { "send_mail": { "operation": "sendMail",
        "effect": "read" } } });
    let catalogs = [("clinic", clinic), ("mail", mail)].map(|(name, one)| (name.to_owned(), completed(one)));
    let (_, report) = placed(&workspace, catalogs);
    let [wrong] = report.diagnostics() else { panic!("one error: {:?}", report.diagnostics()) };
    let places: Vec<&str> = wrong.marks.iter().map(|mark| mark.at.pointer.as_str()).collect();
    assert_eq!(places, ["/label", "/tools/find_patients/field_labels/items[].ssn", "/profiles/desk/tools"]);
    let helps: Vec<&str> = wrong.helps.iter().map(|help| help.text.as_str()).collect();
    assert_eq!(helps.len(), 3);
    for (help, word) in helps.iter().zip(["split the profile `desk`", "not look at `items[].ssn`", "declassify"]) {
        assert!(help.contains(word), "{help}");
    }
}
