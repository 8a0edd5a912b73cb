//! A person is asked before a tool writes.

use airlock_runtime::gate::Approval;
use serde_json::{Value, json};

use crate::catalog::Bench;
use crate::client::{Client, legacy, modern};

/// A request of 2026-07-28 whose client can put a form before a person.
fn asking(id: u32, params: Value) -> Value {
    let mut request = modern(id, "tools/call", params);
    request["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
    request
}

#[tokio::test]
async fn a_person_allows_one_call_and_no_other() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let call = |more: Value| {
        let mut params = json!({"name": "add_note", "arguments": {"body": {"text": "x"}}});
        params.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        params
    };
    let asked = client.ask(asking(1, call(json!({})))).await["result"].clone();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let form = &asked["inputRequests"]["confirm"];
    assert_eq!((&form["method"], &form["params"]["mode"]), (&json!("elicitation/create"), &json!("form")));
    let message = form["params"]["message"].as_str().expect("a text");
    assert!(message.contains("POST /v1/notes") && message.contains("{\"body\":{\"text\":\"x\"}}"), "{message}");
    assert_eq!(form["params"]["requestedSchema"]["required"], json!(["confirm"]));
    let state = asked["requestState"].as_str().expect("a state").to_owned();
    assert_eq!(bench.fake.requests().len(), 0, "nothing was sent yet");

    let answer = |said: Value| json!({"requestState": state, "inputResponses": {"confirm": said, "more": {}}});
    let yes = json!({"action": "accept", "content": {"confirm": true}});
    // Neither a no, nor silence, nor another call.
    let said_no = client.ask(asking(2, call(answer(json!({"action": "accept", "content": {"confirm": false}}))))).await;
    assert_eq!(said_no["result"]["isError"], true);
    assert!(said_no["result"]["content"][0]["text"].as_str().expect("text").contains("declined"), "{said_no}");
    let silent = client.ask(asking(3, call(json!({"requestState": state})))).await;
    assert_eq!(silent["result"]["resultType"], "input_required", "asked again");
    let mut other = call(answer(yes.clone()));
    other["arguments"]["body"]["text"] = json!("y");
    assert_eq!(client.ask(asking(4, other)).await["error"]["code"], -32602);
    let mut forged = call(answer(yes.clone()));
    forged["requestState"] = json!(format!("{state}A"));
    assert_eq!(client.ask(asking(5, forged)).await["error"]["code"], -32602);
    assert_eq!(bench.fake.requests().len(), 0);

    let done = client.ask(asking(6, call(answer(yes.clone())))).await["result"].clone();
    assert_eq!(done["structuredContent"], json!({"result": "n1"}), "{done}");
    // A state is no licence: the same words again do nothing.
    assert_eq!(client.ask(asking(7, call(answer(yes)))).await["error"]["code"], -32602);
    assert_eq!(bench.fake.requests().len(), 1);
    let approvals: Vec<Value> = bench.records().iter().map(|record| record["approval"].clone()).collect();
    assert_eq!(approvals, ["none", "declined", "none", "person"]);
    client.end().await;
}

#[tokio::test]
async fn a_server_that_reads_alone_has_no_other_tool() {
    let bench = Bench::read_only().await;
    let mut client = Client::connect(&bench, Approval::None);
    let discovered = client.ask(modern(0, "server/discover", json!({}))).await;
    let instructions = discovered["result"]["instructions"].as_str().expect("a text");
    assert!(instructions.contains("(4 tools)"), "those that are offered are counted: {instructions}");
    let listed = client.ask(modern(1, "tools/list", json!({}))).await;
    let tools = listed["result"]["tools"].as_array().expect("a list");
    assert!(tools.len() == 4 && tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true), "{listed}");
    let called = client.ask(asking(2, json!({"name": "drop_note", "arguments": {"id": "n1"}}))).await;
    assert_eq!(called["error"]["code"], -32602, "{called}");
}

#[tokio::test]
async fn an_older_clients_person_is_asked_while_the_call_waits() {
    let bench = Bench::new().await;
    for (response, approval) in [
        (json!({"result": {"action": "accept", "content": {"confirm": true}}}), "person"),
        (json!({"result": {"action": "decline"}}), "declined"),
        (json!({"error": {"code": -32601, "message": "no"}}), "none"),
    ] {
        let before = bench.fake.requests().len();
        let mut client = Client::connect(&bench, Approval::None);
        let opening = json!({"protocolVersion": "2025-06-18", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "t", "version": "1"}});
        client.ask(legacy(0, "initialize", &opening)).await;
        client.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        client.send(legacy(1, "tools/call", &json!({"name": "drop_note", "arguments": {"id": "n1"}}))).await;
        let question = client.receive().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        assert!(question["params"]["message"].as_str().expect("text").contains("DELETE /v1/notes/n1"), "{question}");
        let mut answer = response.clone();
        answer["jsonrpc"] = json!("2.0");
        answer["id"] = question["id"].clone();
        client.send(answer).await;
        let done = client.receive().await;
        assert_eq!(done["result"]["isError"] == true, approval != "person", "{done}");
        assert_eq!(bench.fake.requests().len() - before, usize::from(approval == "person"));
        let last = bench.records().last().expect("a record").clone();
        assert_eq!(last["approval"], approval);
        client.end().await;
    }
}
