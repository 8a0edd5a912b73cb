//! What hasmcp/mcp-spec-test looks for, as data (`spec_cases.json`, by its numbers), over lines and over HTTP.
//!
//! Not among them: 16, which 12 says already; 17, 22, 38 and 39, which test that suite itself; 34, 35 and 37 of subscriptions,
//! which are not offered; 40 to 43, which the official clients do (`tests/suite/clients.rs`).

use airlock_runtime::gate::Approval;
use airlock_runtime::site::Serve;
use serde_json::{Value, json};

use crate::catalog::Bench;
use crate::client::{Client, initialize, legacy, modern};
use crate::http_client::{Server, raw_post};

const CASES: &str = include_str!("spec_cases.json");

/// The message of a case, and the revision that it says.
fn message(case: &Value) -> (Value, Value) {
    let params = if case["params"].is_object() { case["params"].clone() } else { json!({}) };
    if let Some(method) = case["modern"].as_str() {
        let mut message = modern(7, method, params);
        if let Some(version) = case.get("version_sent") {
            let meta = message["params"]["_meta"].as_object_mut().expect("an object");
            meta.insert("io.modelcontextprotocol/protocolVersion".to_owned(), version.clone());
            if version.is_null() {
                message["params"].as_object_mut().expect("an object").remove("_meta");
            }
            return (message, version.clone());
        }
        return (message, json!("2026-07-28"));
    }
    if let Some(version) = case["opening"].as_str() {
        let about = json!({"name": "t", "version": "1"});
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": about});
        return (legacy(7, "initialize", &params), Value::Null);
    }
    (legacy(7, case["legacy"].as_str().expect("a method"), &params), json!("2025-11-25"))
}

fn check(case: &Value, answer: &Value) {
    assert_eq!(answer["id"], 7, "{case}: {answer}");
    assert_eq!(answer["error"]["code"], case["error"], "{case}: {answer}");
    for (pointer, expected) in case["holds"].as_object().into_iter().flatten() {
        let found = answer.pointer(pointer);
        match expected.as_str() {
            Some("*") => assert!(found.is_some_and(|found| !found.is_null()), "{case}: {answer}"),
            Some("-") => assert_eq!(found, None, "{case}: {answer}"),
            Some("names") => {
                let entries = found.and_then(Value::as_array).expect("a list");
                let mut names: Vec<_> = entries.iter().map(|entry| entry["name"].as_str().expect("a name")).collect();
                names.dedup();
                assert!(!names.is_empty() && names.len() == entries.len() && names.is_sorted(), "{case}: {answer}");
            }
            _ => assert_eq!(found, Some(expected), "{case}: {answer}"),
        }
    }
}

#[tokio::test]
async fn over_lines() {
    let bench = Bench::new().await;
    let cases: Vec<Value> = serde_json::from_str(CASES).expect("is JSON");
    for case in cases.iter().filter(|case| case["over"] != "http") {
        let mut client = Client::connect(&bench, Approval::None);
        if case["legacy"].is_string() {
            initialize(&mut client, "2025-11-25").await;
        } else if case["opening"].is_null() {
            client.ask(modern(1, "server/discover", json!({}))).await;
        }
        let (message, _) = message(case);
        let answer = client.ask(message.clone()).await;
        check(case, &answer);
        if case["again"] == true {
            assert_eq!(client.ask(message).await, answer, "{case}");
        }
        client.end().await;
    }
}

#[tokio::test]
async fn over_http() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let cases: Vec<Value> = serde_json::from_str(CASES).expect("is JSON");
    for case in &cases {
        let (message, version) = message(case);
        let mut head = json!({"Mcp-Method": message["method"], "Mcp-Name": message["params"]["name"], "MCP-Protocol-Version": version});
        if message["params"]["uri"].is_string() {
            head["Mcp-Name"] = message["params"]["uri"].clone();
        }
        for (name, value) in case["head"].as_object().into_iter().flatten() {
            head[name] = value.clone();
        }
        let lines = head.as_object().expect("an object").iter();
        let lines: String =
            lines.filter_map(|(name, value)| Some(format!("{name}: {}\r\n", value.as_str()?))).collect();
        let request = raw_post(&lines, &message.to_string());
        let answer = server.send(&request).await;
        assert_eq!(
            answer.status,
            case["status"].as_u64().map_or(200, |status| u16::try_from(status).expect("a status")),
            "{case}: {answer:?}"
        );
        if let Some(version) = case["version"].as_str() {
            assert_eq!(answer.header("mcp-protocol-version"), Some(version), "{case}");
        }
        check(case, &answer.json());
        if case["again"] == true {
            assert_eq!(server.send(&request).await.body, answer.body, "{case}");
        }
    }
}
