//! Independent implementations on the recorded requests of the table (`clients/wire_peers.py`).

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use serde_json::{Value, json};

use super::{exchanged, table};

/// What each peer must at least agree on, so that none of them falls silent unnoticed.
const AGREED_MIN: [(&str, u64); 6] =
    [("uritemplate", 170), ("query", 110), ("form", 20), ("parts", 20), ("cookies", 20), ("openapi_core", 240)];

#[test]
#[ignore = "needs Python packages; run tests/all.sh"]
fn with_python_other_implementations_read_the_same() {
    let packages =
        std::env::var("AIRLOCK_PEERS").unwrap_or_else(|_| panic!("AIRLOCK_PEERS is not set; run tests/all.sh"));
    let cases = table::read();
    let (_bench, exchanged) = exchanged(&cases);
    let mut sent = Vec::new();
    for one in &exchanged {
        let Ok(recorded) = &one.outcome else { continue };
        let case = one.case;
        let method = case.method();
        sent.push(json!({
            "case": case.name, "path": case.path(), "method": method, "document": case.document(method),
            "base_path": case.base_path, "arguments": one.row.arguments(),
            // Whether the catalog changes nothing about how arguments are written.
            "is_plain": case.tool.get("arguments").is_none(), "flat": case.tool.contains_key("flat"),
            "line": recorded.line, "headers": recorded.headers,
            "body": base64::engine::general_purpose::STANDARD.encode(&recorded.body),
        }));
    }
    let directory = tempfile::tempdir().expect("a directory");
    let exchanges = directory.path().join("exchanges.json");
    std::fs::write(&exchanges, Value::from(sent).to_string()).expect("can be written");
    let output = Command::new("python3")
        .env("PYTHONPATH", &packages)
        .arg("clients/wire_peers.py")
        .arg(&exchanges)
        .arg(Path::new(table::DIRECTORY).join("peers.json"))
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let faults: Vec<&str> = told
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, outcome)| outcome["faults"].as_array().into_iter().flatten().filter_map(Value::as_str))
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    for (peer, least) in AGREED_MIN {
        let agreed = told[peer]["agreed"].as_u64();
        assert!(agreed >= Some(least), "{peer} agreed on {agreed:?} requests, not on {least}");
    }
}
