//! A person is asked before something above a clearance is sent on, and is told what.

use airlock_contract::Program;
use airlock_runtime::cli::{self, ExitCode};
use airlock_runtime::gate::Approval;
use serde_json::{Value, json};

use crate::client::{Client, initialize, legacy, modern};
use crate::flows::{bench, labelled_program};

fn asking(id: u32, tool: &str, more: &Value) -> Value {
    let arguments = if tool == "add_note" { json!({"body": {"text": "x"}}) } else { json!({"what": "text"}) };
    let mut params = json!({"name": tool, "arguments": arguments});
    params.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let mut request = modern(id, "tools/call", params);
    request["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
    request
}

/// What a client sends along that has asked its person.
fn yes(asked: &Value) -> Value {
    let said = json!({"confirm": {"action": "accept", "content": {"confirm": true}}});
    json!({"requestState": asked["requestState"], "inputResponses": said})
}

fn message(asked: &Value) -> &str {
    asked["inputRequests"]["confirm"]["params"]["message"].as_str().expect("a text")
}

#[tokio::test]
async fn a_person_is_told_what_would_be_sent_on() {
    let bench = bench().await;
    // The operator allows writes, and no flows.
    let mut client = Client::connect(&bench, Approval::Operator);
    for tool in ["ask_expert", "add_note"] {
        let free = client.ask(asking(1, tool, &json!({}))).await;
        assert_eq!(free["result"]["isError"], false, "nothing was read: {free}");
    }
    assert_eq!(client.ask(asking(2, "get_patient", &json!({}))).await["result"]["isError"], false);
    for (tool, does, clearance) in [("ask_expert", "reads", "public"), ("add_note", "changes", "internal")] {
        let asked = client.ask(asking(3, tool, &json!({}))).await["result"].clone();
        assert_eq!(asked["resultType"], "input_required", "{asked}");
        let cleared = format!("cleared for `{clearance}`");
        for part in ["What was read may go there", does, cleared.as_str(), "`patient` of `get_patient`", "/v1/"] {
            assert!(message(&asked).contains(part), "{part} is not in {}", message(&asked));
        }
        let sent = bench.fake.requests().len();
        let done = client.ask(asking(4, tool, &yes(&asked))).await;
        assert_eq!(done["result"]["isError"], false, "{done}");
        assert_eq!(bench.fake.requests().len(), sent + 1);
        assert_eq!(bench.records().pop().expect("a record")["approval"], "person");
        assert_eq!(client.ask(asking(5, tool, &yes(&asked))).await["error"]["code"], -32602, "it is used up");
    }
    // Nobody can be asked about what is refused.
    let refused = client.ask(asking(6, "get_weather", &json!({}))).await["result"].clone();
    assert_eq!((&refused["isError"], &refused["resultType"]), (&json!(true), &json!("complete")), "{refused}");
    client.end().await;
}

#[tokio::test]
async fn a_yes_is_for_no_more_than_was_told() {
    let bench = bench().await;
    let mut client = Client::connect(&bench, Approval::None);
    let before = client.ask(asking(1, "add_note", &json!({}))).await["result"].clone();
    assert!(before["resultType"] == "input_required" && !message(&before).contains("patient"), "{before}");
    assert_eq!(client.ask(asking(2, "list_wards", &json!({"arguments": {}}))).await["result"]["isError"], false);
    assert_eq!(client.ask(asking(3, "get_patient", &json!({}))).await["result"]["isError"], false);
    let sent = bench.fake.requests().len();
    assert_eq!(client.ask(asking(4, "add_note", &yes(&before))).await["error"]["code"], -32602);
    assert_eq!(bench.fake.requests().len(), sent, "the person did not know of what was read since");
    client.end().await;
    // What one connection has read, another has not.
    let mut other = Client::connect(&bench, Approval::None);
    assert_eq!(other.ask(asking(1, "get_weather", &json!({}))).await["result"]["isError"], false);
    other.end().await;
}

#[tokio::test]
async fn an_older_clients_person_is_told_as_well() {
    let bench = bench().await;
    for (action, allows) in [("accept", true), ("decline", false)] {
        let mut client = Client::connect(&bench, Approval::None);
        let opening = json!({"protocolVersion": "2025-06-18", "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "t", "version": "1"}});
        client.ask(legacy(0, "initialize", &opening)).await;
        client.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        let probe = |tool: &str| json!({"name": tool, "arguments": {"what": "text"}});
        client.ask(legacy(1, "tools/call", &probe("get_patient"))).await;
        client.send(legacy(2, "tools/call", &probe("ask_expert"))).await;
        let question = client.receive().await;
        let text = question["params"]["message"].as_str().expect("text");
        assert!(text.contains("What was read may go there") && text.contains("`patient`"), "{text}");
        let result = json!({"action": action, "content": {"confirm": true}});
        client.send(json!({"jsonrpc": "2.0", "id": question["id"], "result": result})).await;
        assert_eq!(client.receive().await["result"]["isError"] == true, !allows);
        client.end().await;
    }
    // One that cannot ask is refused, with what would help.
    let mut client = Client::connect(&bench, Approval::Operator);
    initialize(&mut client, "2025-06-18").await;
    client.ask(legacy(1, "tools/call", &json!({"name": "get_patient", "arguments": {"what": "text"}}))).await;
    let refused = client.ask(legacy(2, "tools/call", &json!({"name": "ask_expert", "arguments": {"what": "x"}}))).await;
    let text = refused["result"]["content"][0]["text"].as_str().expect("a text");
    assert!(text.contains("a person has to allow this very call"), "{text}");
    client.end().await;
}

#[cfg(feature = "http")]
#[tokio::test]
async fn over_http_all_that_is_offered_is_taken_to_have_been_read() {
    let bench = bench().await;
    let server = crate::http_client::Server::start(&bench.gate, &airlock_runtime::site::Serve::default()).await;
    let called = server.call(json!({"name": "get_weather", "arguments": {"what": "text"}})).await;
    let text = called["result"]["content"][0]["text"].as_str().expect("a text");
    assert!(text.contains("nothing is remembered"), "{called}");
    let called = server.call(json!({"name": "get_patient", "arguments": {"what": "text"}})).await;
    assert_eq!(called["result"]["isError"], false, "{called}");
    assert_eq!(bench.fake.requests().len(), 1);
}

fn run(program: Program, arguments: &[&str]) -> (ExitCode, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock-host").chain(arguments.iter().copied()).map(Into::into);
    let code = cli::run(program, arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (code, text(out), text(err))
}

#[test]
fn labels_are_shown_beside_the_tools() {
    let (code, out, _) = run(labelled_program(), &["tools"]);
    assert_eq!(code, ExitCode::Done);
    for line in [
        "gives patient, cleared for patient; above it: refuse",
        "gives public, cleared for public; above it: ask",
        "gives internal, and is told nothing",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    let (_, out, _) = run(labelled_program(), &["tools", "--format", "json"]);
    let tools: Value = serde_json::from_str(&out).expect("JSON");
    let weather =
        tools.as_array().expect("a list").iter().find(|tool| tool["name"] == "get_weather").expect("is there");
    let labels = ["label", "clearance", "above_clearance"].map(|key| weather[key].as_str().expect("a word"));
    assert_eq!(labels, ["public", "internal", "refuse"]);
    let (_, out, _) = run(Program { labels: &[], ..crate::catalog::program(crate::catalog::CATALOGS) }, &["tools"]);
    assert!(!out.contains("gives"), "{out}");
}

#[test]
fn tools_that_must_not_meet_are_not_served_together() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = directory.path().join("clinic.key");
    std::fs::write(&key, "a-key-of-some-length\n").expect("written");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("changed");
    let site = directory.path().join("site.json");
    let text = r#"{"upstreams": {"clinic": {"address": "http://127.0.0.1:1", "credentials": {"key": {"file": "clinic.key"}}}}}"#;
    std::fs::write(&site, text).expect("written");
    let (code, out, err) = run(labelled_program(), &["--site", &site.to_string_lossy(), "serve", "--socket", "unused"]);
    assert_eq!((code, out.as_str()), (ExitCode::Usage, ""));
    assert!(err.contains("--profile NAME") && err.contains("`get_weather`"), "{err}");
}

#[tokio::test]
async fn sheets_tell_labels() {
    let bench = bench().await;
    let mut client = Client::connect(&bench, Approval::None);
    let read = client.ask(modern(1, "resources/read", json!({"uri": "catalog://clinic/tell_kitchen"}))).await;
    let text = read["result"]["contents"][0]["text"].as_str().expect("a text");
    for line in [
        "- label of what it gives: `public`",
        "- cleared for: `public`; when more has been read: refuse",
        "- what `get_patient` gives may be sent on: Diets are no secret.",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    client.end().await;
}
