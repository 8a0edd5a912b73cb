//! Conversations as they stand on the wire, in both eras.

use std::time::Duration;

use airlock_runtime::gate::Approval;
use serde_json::{Value, json};

use crate::catalog::{Bench, CATALOGS, program};
use crate::client::{Client, initialize, legacy, modern};
use crate::places;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// What a list of patients is said to be: its root is an object in both eras.
const OUTPUT: &str = "{\"type\":\"object\",\"properties\":{\"result\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"object\",\
                      \"properties\":{\"id\":{\"type\":\"integer\"},\
                      \"name\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}},\
                      \"required\":[\"id\",\"name\"]}},{\"type\":\"null\"}]}},\"required\":[\"result\"]}";

#[tokio::test]
async fn a_conversation_of_the_newest_revision() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let discovered = client.ask(modern(1, "server/discover", json!({}))).await;
    let result = &discovered["result"];
    assert_eq!(result["supportedVersions"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]));
    assert_eq!(result["capabilities"], json!({"completions": {}, "prompts": {}, "resources": {}, "tools": {}}));
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(86_400_000), &json!("public")));
    assert_eq!(result["resultType"], "complete");

    let listed = client.ask(modern(2, "tools/list", json!({}))).await;
    let result = &listed["result"];
    assert_eq!(keys(result), ["_meta", "cacheScope", "resultType", "tools", "ttlMs"]);
    let identity = json!({"name": "airlock", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"], identity);
    let find = &result["tools"][2];
    assert_eq!(find["name"], "find_patients");
    let schema = "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":2},\
                  \"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50,\"default\":20}},\
                  \"required\":[\"name\"],\"additionalProperties\":false}";
    assert_eq!(find["inputSchema"].to_string(), schema, "keys keep their order");
    assert_eq!(find["outputSchema"].to_string(), OUTPUT);
    assert!(result["tools"][3].get("outputSchema").is_none(), "nothing is known of this one");

    let called =
        client.ask(modern(3, "tools/call", json!({"name": "find_patients", "arguments": {"name": "Li"}}))).await;
    let result = &called["result"];
    assert_eq!(keys(result), ["_meta", "content", "isError", "resultType", "structuredContent"]);
    let expected = json!({"result": [{"id": 1, "name": "Li"}, {"id": 2, "name": null}]});
    assert_eq!(result["structuredContent"], expected);
    assert_eq!(result["content"], json!([{"type": "text", "text": "id,name\n1,Li\n2,null"}]), "rows say the same");
    assert_eq!(result["isError"], false);
    assert_eq!(client.end().await, Vec::<Value>::new());
}

/// What a reviewer compares is what clients get, to the byte, whichever revision they speak.
#[tokio::test]
async fn the_list_that_is_sent_is_the_one_that_was_reviewed() {
    let list = airlock_offer::ToolList::of(CATALOGS);
    assert_eq!(list.sha256(), program(CATALOGS).tools_sha256);
    let bench = Bench::new().await;
    for version in ["2025-06-18", "2025-11-25"] {
        let mut client = Client::connect(&bench, Approval::None);
        initialize(&mut client, version).await;
        let listed = client.ask(legacy(2, "tools/list", &json!({}))).await;
        assert_eq!(listed["result"]["tools"].to_string(), list.text(), "{version}");
        client.end().await;
    }
    let mut client = Client::connect(&bench, Approval::Operator);
    let listed = client.ask(modern(1, "tools/list", json!({}))).await;
    assert_eq!(listed["result"]["tools"].to_string(), list.text());
    client.end().await;
}

#[tokio::test]
async fn a_conversation_of_an_older_revision_has_none_of_the_newer_fields() {
    let bench = Bench::new().await;
    for version in ["2025-11-25", "2025-06-18"] {
        let mut client = Client::connect(&bench, Approval::None);
        let opened = initialize(&mut client, version).await;
        assert_eq!(opened["result"]["protocolVersion"], version);
        assert_eq!(opened["result"]["serverInfo"]["name"], "airlock");
        assert!(opened["result"]["instructions"].as_str().expect("text").contains("Clinic department"));
        assert_eq!(client.ask(legacy(1, "ping", &json!({}))).await["result"], json!({}));
        let listed = client.ask(legacy(2, "tools/list", &json!({}))).await;
        assert_eq!(keys(&listed["result"]), ["tools"]);
        assert_eq!(listed["result"]["tools"][2]["outputSchema"].to_string(), OUTPUT);
        let called = client.ask(legacy(3, "tools/call", &json!({"name": "probe", "arguments": {"what": "x"}}))).await;
        assert_eq!(keys(&called["result"]), ["content", "isError", "structuredContent"]);
        assert_eq!(called["result"]["structuredContent"], json!({"ok": true}));
        assert_eq!(called["result"]["content"], json!([{"type": "text", "text": "{\"ok\":true}"}]));
        client.end().await;
    }
    let mut client = Client::connect(&bench, Approval::None);
    assert_eq!(initialize(&mut client, "1999-01-01").await["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn protocol_errors_have_their_codes() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    client.ask(modern(1, "server/discover", json!({}))).await;
    let unknown = client.ask(modern(2, "tools/call", json!({"name": "find_patient"}))).await;
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(unknown["error"]["message"], "Unknown tool: `find_patient`; did you mean `find_patients`?");
    for (id, message, code) in [
        (3, modern(3, "tools/call", json!({"nam": "probe"})), -32602),
        (4, modern(4, "tools/call", json!({"name": "probe", "arguments": [1]})), -32602),
        (5, modern(5, "tools/list", json!({"cursor": "x"})), -32602),
        (6, modern(6, "resources/subscribe", json!({"uri": "catalog://index"})), -32601),
        (7, modern(7, "logging/setLevel", json!({"level": "debug"})), -32601),
        (8, modern(8, "ping", json!({})), -32601),
        (9, modern(9, "no/such", json!({})), -32601),
        (10, legacy(10, "tools/list", &json!({})), -32602),
    ] {
        let answer = client.ask(message).await;
        assert_eq!(answer["error"]["code"], code, "{id}: {answer}");
    }
    let mut foreign = modern(11, "tools/list", json!({}));
    foreign["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2024-11-05");
    let answer = client.ask(foreign).await;
    assert_eq!(answer["error"]["code"], -32022, "{answer}");
    assert_eq!(answer["error"]["data"]["supported"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]));
    assert_eq!(bench.records().len(), 1, "the unknown tool alone reached the gate");
}

#[tokio::test]
async fn what_a_model_can_act_on_is_a_result() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    for (id, params, part) in [
        (1, json!({"name": "find_patients", "arguments": {"nmae": "x"}}), "did you mean `name`?"),
        (2, json!({"name": "find_patients"}), "`name`: missing"),
        (3, json!({"name": "add_note", "arguments": {"body": {"text": "x"}}}), "was not approved"),
        (4, json!({"name": "probe", "arguments": {"what": "cut"}}), "broke the connection off"),
    ] {
        let result = client.ask(modern(id, "tools/call", params)).await["result"].clone();
        assert_eq!(result["isError"], true, "{result}");
        assert!(result.get("structuredContent").is_none(), "{result}");
        let text = result["content"][0]["text"].as_str().expect("text");
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(bench.records().len(), 4);
    let mut client = Client::connect(&bench, Approval::Operator);
    let params = json!({"name": "add_note", "arguments": {"body": {"text": "x"}}});
    let result = client.ask(modern(1, "tools/call", params)).await["result"].clone();
    assert_eq!(result["structuredContent"], json!({"result": "n1"}));
}

#[tokio::test]
async fn a_long_call_gives_signs_of_life_to_a_client_that_wants_them() {
    let bench = Bench::with(|limits, _| limits.time_max = Duration::from_secs(5)).await;
    let mut client = Client::connect(&bench, Approval::None);
    initialize(&mut client, "2025-11-25").await;
    let call = json!({"name": "probe", "arguments": {"what": "hang"}, "_meta": {"progressToken": "p1"}});
    client.send(legacy(7, "tools/call", &call)).await;
    for seconds in [2.0, 4.0] {
        let told = client.receive().await;
        assert_eq!(told["method"], "notifications/progress", "{told}");
        assert_eq!((&told["params"]["progressToken"], &told["params"]["progress"]), (&json!("p1"), &json!(seconds)));
    }
    let answer = client.receive().await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(7), &json!(true)), "{answer}");
    client.end().await;
}

#[tokio::test]
async fn an_answer_that_its_document_lies_about_is_told_as_text() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let result = client.ask(modern(1, "tools/call", json!({"name": "tell"}))).await["result"].clone();
    // Clients throw away structured content that is not what the tool's schema says.
    assert_eq!((&result["isError"], result.get("structuredContent")), (&json!(true), None));
    let text = result["content"][0]["text"].as_str().expect("text");
    assert!(text.contains("not what its document declares") && text.ends_with("{\"ok\":true}"), "{text}");
}

#[tokio::test]
async fn annotations_follow_the_effect() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let listed = client.ask(modern(1, "tools/list", json!({}))).await;
    let of = |name: &str| {
        let tools = listed["result"]["tools"].as_array().expect("a list");
        tools.iter().find(|tool| tool["name"] == name).expect("listed")["annotations"].clone()
    };
    assert_eq!(of("probe"), json!({"readOnlyHint": true, "openWorldHint": false}));
    assert_eq!(
        of("add_note"),
        json!({"readOnlyHint": false, "destructiveHint": false, "idempotentHint": false, "openWorldHint": false})
    );
    assert_eq!(
        of("drop_note"),
        json!({"readOnlyHint": false, "destructiveHint": true, "idempotentHint": true, "openWorldHint": false})
    );
}

#[tokio::test]
async fn messages_before_the_opening_do_no_harm() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    client.send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    client.send(json!({"jsonrpc": "2.0", "id": 9, "result": {}})).await;
    client.send_text("not json\n\n").await;
    client.ask(modern(1, "server/discover", json!({}))).await;
    client.send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    let early = client.ask(legacy(2, "tools/list", &json!({}))).await;
    assert_eq!(early["error"]["code"], -32602);
    initialize(&mut client, "2025-11-25").await;
    assert!(client.ask(legacy(3, "tools/list", &json!({}))).await["result"]["tools"].is_array());
}

#[tokio::test]
async fn the_end_of_input_waits_for_calls_in_flight() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    initialize(&mut client, "2025-11-25").await;
    // The last line has no end.
    client
        .send_text(&legacy(1, "tools/call", &json!({"name": "probe", "arguments": {"what": "slow"}})).to_string())
        .await;
    let rest = client.end().await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["result"]["structuredContent"], json!({"result": "late"}));
    assert_eq!(bench.records()[0]["verdict"], "answered");

    let client = Client::connect(&bench, Approval::None);
    assert_eq!(client.end().await, Vec::<Value>::new(), "an empty conversation ends well");
    let mut client = Client::connect(&bench, Approval::None);
    client.ask(modern(1, "server/discover", json!({}))).await;
    assert_eq!(client.end().await, Vec::<Value>::new(), "so does one that only discovers");
}

#[tokio::test]
async fn a_cancelled_call_gets_no_answer_and_one_record() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    client.send(modern(1, "tools/call", json!({"name": "probe", "arguments": {"what": "hang"}}))).await;
    bench.fake.wait_for_requests(1).await;
    client.send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    bench.fake.wait_until_left().await;
    let listed = client.ask(modern(2, "tools/list", json!({}))).await;
    assert!(listed["result"]["tools"].is_array());
    // Well below the longest call, for which it would wait otherwise.
    let rest =
        tokio::time::timeout(Duration::from_secs(5), client.end()).await.expect("the end waits for a cancelled call");
    assert_eq!(rest, Vec::<Value>::new());
    assert_eq!(bench.records().len(), 1);
    assert_eq!(bench.records()[0]["verdict"], "cancelled");
}

/// Both lines are there before the call can begin.
#[tokio::test]
async fn a_call_that_is_cancelled_before_it_begins_leaves_its_record() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    for id in 0..20 {
        let call = modern(id, "tools/call", json!({"name": "probe", "arguments": {"what": "hang"}}));
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        client.send_text(&format!("{call}\n{cancel}\n")).await;
    }
    assert_eq!(client.end().await, Vec::<Value>::new());
    assert_eq!(bench.records().len(), 20);
    assert!(bench.records().iter().all(|record| record["verdict"] == "cancelled"));
}

#[tokio::test]
async fn a_line_that_is_too_long_gets_an_answer() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let long = "x".repeat(1 << 20);
    let answer = client.ask(modern(7, "tools/call", json!({"name": "probe", "arguments": {"what": long}}))).await;
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
    assert!(client.ask(modern(8, "tools/list", json!({}))).await["result"]["tools"].is_array());
}

#[tokio::test]
async fn half_a_pair_of_surrogates_gets_an_answer() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let call = modern(7, "tools/call", json!({"name": "probe", "arguments": {"what": "HALF"}})).to_string();
    client.send_text(&format!("{}\n", call.replace("HALF", "a\\ud83d"))).await;
    let answer = client.receive().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32600)), "{answer}");
    assert!(client.ask(modern(8, "tools/list", json!({}))).await["result"]["tools"].is_array());
    assert!(bench.fake.requests().is_empty());
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_answered_with_its_id() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (params, more, code) in [
        ("[]", "", -32602),
        (r#"{"_meta":7}"#, "", -32602),
        ("{}", r#","method":"tools/list""#, -32600),
        ("{}", r#","result":{}"#, -32600),
        (r#"{"x":1e999}"#, "", -32600),
        (&deep, "", -32600),
    ] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{params}{more}}}"#);
        client.send_text(&format!("{line}\n")).await;
        let answer = client.receive().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(code)), "{line}: {answer}");
    }
    assert!(client.ask(modern(8, "tools/list", json!({}))).await["result"]["tools"].is_array());
}

/// Else the call would be made, and its answer dropped.
#[tokio::test]
async fn a_request_whose_id_is_of_an_open_one_is_refused() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let call = |what: &str| modern(1, "tools/call", json!({"name": "probe", "arguments": {"what": what}}));
    client.send(call("slow")).await;
    client.send(call("x")).await;
    let (first, second) = (client.receive().await, client.receive().await);
    assert_eq!(first["error"]["code"], -32600, "{first}");
    assert_eq!(second["result"]["structuredContent"], json!({"result": "late"}), "{second}");
    assert_eq!(bench.fake.requests().len(), 1);
    assert_eq!(client.ask(call("x")).await["result"]["isError"], false, "an id that was answered is free again");
}

/// Without a tool that takes files such a line is refused (`a_line_that_is_too_long_gets_an_answer`).
#[tokio::test]
async fn a_file_of_two_megabytes_goes_through_whole() {
    let bench = places::Bench::new().await;
    let mut client = Client::connect_to(&bench.gate, Approval::None);
    let file = json!({"body": {"scan": {"base64": "QUJD".repeat(700_000), "filename": "scan.png"}}});
    let answer = client.ask(modern(1, "tools/call", json!({"name": "upload", "arguments": file}))).await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let request = bench.files.requests().remove(0);
    assert!(request.contains(&format!("\r\n\r\n{}\r\n--airlock-", "ABC".repeat(700_000))));
}
