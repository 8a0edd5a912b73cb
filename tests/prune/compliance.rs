//! The standard's own cases, read from the published `jmespath` crate, which ships them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{all_ways, rule, same};

/// Where the crate keeps them, by way of `cargo metadata`.
fn folder() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == "jmespath").expect("the crate is a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").join("tests/compliance")
}

#[test]
fn every_official_case_holds_in_every_way() {
    let mut files: Vec<PathBuf> =
        folder().read_dir().expect("the cases are there").map(|entry| entry.expect("can be read").path()).collect();
    files.sort();
    let (mut cases, mut wrong) = (0, Vec::new());
    for file in &files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let suites: Value = serde_json::from_slice(&std::fs::read(file).expect("can be read")).expect("it is JSON");
        for suite in suites.as_array().expect("a list") {
            let body = suite["given"].to_string();
            for case in suite["cases"].as_array().expect("a list") {
                let text = case["expression"].as_str().expect("a text");
                if case.get("result").is_none() && case.get("error").is_none() {
                    continue;
                }
                cases += 1;
                wrong.extend(
                    mistakes(case, text, &body).into_iter().map(|mistake| format!("{name}: {text}: {mistake}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 850, "{cases} cases only: has the crate another layout?");
}

/// In which ways a case does not hold.
pub(super) fn mistakes(case: &Value, text: &str, body: &str) -> Vec<String> {
    let is_error = case.get("error").is_some();
    let Some(rule) = rule(text) else {
        return if is_error { Vec::new() } else { vec!["is not taken".to_owned()] };
    };
    let mut mistakes = Vec::new();
    for (way, result) in all_ways(&rule, body) {
        match result {
            Err(_) if is_error => {}
            Err(fault) => mistakes.push(format!("{way}: {fault}")),
            Ok(json) if is_error => mistakes.push(format!("{way}: gives {json}")),
            Ok(json) => {
                let value: Value = serde_json::from_str(&json).expect("what is given is JSON");
                if !same(&value, &case["result"]) {
                    mistakes.push(format!("{way}: gives {json}, not {}", case["result"]));
                }
            }
        }
    }
    mistakes
}
