//! What clients are told besides the list of all tools: profiles, search, pages, prompts, completions.

use airlock_contract::catalog::Profile;
use airlock_runtime::gate::{Approval, find_profile};
use serde_json::{Value, json};

use crate::catalog::{Bench, CANARY, CATALOGS, program};
use crate::client::{Client, initialize, legacy, modern};

/// Asks in the newest revision; gives result or error.
async fn ask(client: &mut Client, method: &str, params: Value) -> Value {
    let answer = client.ask(modern(1, method, params)).await;
    assert!(!answer.to_string().contains(CANARY), "{answer}");
    let part = if answer.get("error").is_some() { "error" } else { "result" };
    answer[part].clone()
}

fn names(result: &Value, list: &str) -> Vec<String> {
    let entries = result[list].as_array().unwrap_or_else(|| panic!("{result}"));
    entries.iter().map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn under_a_profile_nothing_else_is_listed_callable_or_told_of() {
    let bench = Bench::under("probing").await;
    let mut client = Client::connect(&bench, Approval::Operator);
    let listed = ask(&mut client, "tools/list", json!({})).await;
    assert_eq!(names(&listed, "tools"), ["probe"]);
    let reviewed = find_profile(&program(CATALOGS), "probing").expect("there is one").tools_sha256;
    assert_eq!(airlock_offer::sha256(listed["tools"].to_string().as_bytes()), reviewed);
    let refused = ask(&mut client, "tools/call", json!({"name": "total"})).await;
    assert_eq!(refused["message"], "Unknown tool: `total`; known: `probe`");
    let called = ask(&mut client, "tools/call", json!({"name": "probe", "arguments": {"what": "x"}})).await;
    assert_eq!(called["structuredContent"], json!({"ok": true}));
    let pages = ask(&mut client, "resources/list", json!({})).await;
    assert_eq!(names(&pages, "resources"), ["index", "clinic/provenance", "clinic/probe", "clinic/probe/rule"]);
    let hidden = ask(&mut client, "resources/read", json!({"uri": "catalog://clinic/total"})).await;
    assert_eq!(hidden["code"], -32602, "{hidden}");
    let search = ask(&mut client, "tools/call", json!({"name": "search_tools", "arguments": {"query": "x"}})).await;
    assert_eq!(search["code"], -32602, "the profile is not searched: {search}");
    assert_eq!(bench.fake.requests().len(), 1);
}

#[tokio::test]
async fn a_list_under_a_profile_that_was_not_reviewed_is_never_offered() {
    for (name, tools) in [("finding", &["probe"][..]), ("probing", &["probe", "total"])] {
        let reviewed = *find_profile(&program(CATALOGS), name).expect("there is one");
        let other: &'static Profile = Box::leak(Box::new(Profile { tools, ..reviewed }));
        let bench = Bench::new().await;
        let gate = std::sync::Arc::into_inner(bench.gate).expect("nobody else has it");
        let fault = gate.under(other).expect_err("another list");
        assert!(fault.0.contains("compiled in"), "{fault}");
    }
    let fault = find_profile(&program(CATALOGS), "probin").expect_err("there is none");
    assert_eq!(fault.0, "no profile is named `probin`; did you mean `probing`?");
}

#[tokio::test]
async fn a_profile_can_be_searched_and_each_search_leaves_one_record() {
    let bench = Bench::under("finding").await;
    let mut client = Client::connect(&bench, Approval::None);
    let listed = ask(&mut client, "tools/list", json!({})).await;
    let expected =
        ["search_tools", "describe_tool", "add_note", "drop_note", "find_patients", "probe", "tell", "total"];
    assert_eq!(names(&listed, "tools"), expected);
    assert!(
        listed["tools"].as_array().expect("a list")[..2].iter().all(|tool| tool["annotations"]["readOnlyHint"] == true)
    );
    let mut call = async |name: &str, arguments: Value| {
        ask(&mut client, "tools/call", json!({"name": name, "arguments": arguments})).await
    };
    let found = call("search_tools", json!({"query": "Which patients?", "limit": 2})).await;
    let expected = json!({"tools": [{"name": "find_patients", "title": "", "effect": "read"}]});
    assert_eq!(found["structuredContent"], expected);
    assert_eq!(found["content"][0]["text"], expected.to_string());
    let found = call("search_tools", json!({"query": "notes"})).await;
    assert_eq!(names(&found["structuredContent"], "tools"), ["drop_note", "add_note"]);
    let none = call("search_tools", json!({"query": "Guten Morgen"})).await;
    assert_eq!(none["structuredContent"], json!({"tools": []}));

    let told = call("describe_tool", json!({"name": "find_patients"})).await["structuredContent"].clone();
    let entry = &listed["tools"][4];
    assert_eq!((&told["input_schema"], &told["output_schema"]), (&entry["inputSchema"], &entry["outputSchema"]));
    assert_eq!(told["description"], entry["description"]);

    for (name, arguments, part) in [
        ("search_tools", json!({"qery": "x", "limit": 0}), "did you mean `query`?"),
        ("describe_tool", json!({"name": "find_patient"}), "did you mean `find_patients`?"),
    ] {
        let refused = call(name, arguments).await;
        assert_eq!(refused["isError"], true);
        let text = refused["content"][0]["text"].as_str().expect("text");
        assert!(text.contains(part), "{text}");
    }
    let records = bench.records();
    assert_eq!(records.len(), 6);
    assert_eq!((&records[0]["tool"], &records[0]["effect"]), (&json!("search_tools"), &json!("read")));
    assert_eq!((&records[0]["verdict"], &records[0]["attempts"]), (&json!("answered"), &json!(0)));
    assert_eq!((&records[0]["arguments"], &records[0]["upstream"]), (&json!(["query", "limit"]), &Value::Null));
    assert_eq!((&records[4]["verdict"], &records[4]["arguments_unknown"]), (&json!("arguments"), &json!(1)));
    assert!(bench.fake.requests().is_empty(), "nobody was called");
}

#[tokio::test]
async fn a_search_finds_what_is_offered_and_nothing_else() {
    let bench = Bench::under("finding").await.without_writes();
    let mut client = Client::connect(&bench, Approval::Operator);
    let found = ask(&mut client, "tools/call", json!({"name": "search_tools", "arguments": {"query": "notes"}})).await;
    assert_eq!(found["structuredContent"], json!({"tools": []}));
    let told =
        ask(&mut client, "tools/call", json!({"name": "describe_tool", "arguments": {"name": "add_note"}})).await;
    assert_eq!(told["isError"], true, "{told}");
}

#[tokio::test]
async fn every_page_that_is_listed_can_be_read_and_tells_nothing_of_the_place() {
    let bench = Bench::new().await;
    let address = bench.fake.address();
    let mut client = Client::connect(&bench, Approval::None);
    let listed = ask(&mut client, "resources/list", json!({})).await;
    assert_eq!((&listed["ttlMs"], &listed["cacheScope"]), (&json!(86_400_000), &json!("public")));
    assert_eq!(listed["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "airlock");
    let resources = listed["resources"].as_array().expect("a list").clone();
    assert_eq!(resources.len(), 2 + 2 * 6);
    for resource in &resources {
        let uri = &resource["uri"];
        let read = ask(&mut client, "resources/read", json!({"uri": uri})).await;
        let content = &read["contents"][0];
        assert_eq!((&content["uri"], &content["mimeType"]), (uri, &resource["mimeType"]));
        assert_eq!((&read["ttlMs"], &read["cacheScope"]), (&json!(86_400_000), &json!("public")), "{read}");
        let text = content["text"].as_str().expect("text");
        let authority = address.trim_start_matches("http://");
        assert!(!text.is_empty() && !text.contains(authority) && !text.contains("127.0.0.1"), "{text}");
        assert!(!text.contains("\"active\""), "what is fixed is the model's to know: {text}");
    }
    let text = async |client: &mut Client, uri: &str| {
        let read = ask(client, "resources/read", json!({"uri": uri})).await;
        read["contents"][0]["text"].as_str().expect("text").to_owned()
    };
    let index = text(&mut client, "catalog://index").await;
    assert!(index.contains("- [`drop_note`](catalog://clinic/drop_note) (destroy): drop_note\n"), "{index}");
    let tool = text(&mut client, "catalog://clinic/find_patients").await;
    assert!(tool.contains("- request: `GET /v1/patients` of `clinic`\n"), "{tool}");
    assert!(tool.contains("\"minLength\": 2"), "{tool}");
    let rule = text(&mut client, "catalog://clinic/find_patients/rule").await;
    assert!(
        rule.contains(
            "```jmespath\nitems[*].{id: id, name: name}\n```\n\n## Kept\n\n- `items[].id`\n- `items[].name`\n"
        ),
        "{rule}"
    );
    let everything = text(&mut client, "catalog://clinic/drop_note/rule").await;
    assert!(everything.contains("```jmespath\n@\n```") && everything.ends_with("Everything.\n"), "{everything}");
    let provenance: Value =
        serde_json::from_str(&text(&mut client, "catalog://clinic/provenance").await).expect("JSON");
    assert_eq!(provenance["upstreams"], json!(["clinic"]));
    assert_eq!(provenance["tools_sha256"], bench.gate.tools_sha256());
    assert_eq!(provenance["compiler_version"], "1.2.3");
    assert!(bench.records().is_empty(), "nothing was called");
}

#[tokio::test]
async fn what_is_no_page_is_told_by_the_code_of_the_revision() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    for uri in [
        "catalog://nowhere",
        "catalog://",
        "catalog://clinic",
        "catalog://clinic/",
        "catalog://clinic/probe/",
        "catalog://clinic/probe/rule/x",
        "catalog://index/",
        "catalog://CLINIC/probe",
        "file:///etc/passwd",
        "",
        "catalog://clinic/../clinic/probe",
    ] {
        let error = ask(&mut client, "resources/read", json!({"uri": uri})).await;
        assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(-32602), &json!(uri)));
    }
    for (method, params) in [
        ("resources/list", json!({"cursor": "x"})),
        ("resources/templates/list", json!({"cursor": "x"})),
        ("prompts/list", json!({"cursor": "x"})),
        ("resources/read", json!({})),
        ("resources/read", json!({"uri": 1})),
        ("prompts/get", json!({"arguments": {}})),
        ("completion/complete", json!({"ref": {"type": "ref/none"}, "argument": {"name": "a", "value": ""}})),
    ] {
        let error = ask(&mut client, method, params).await;
        assert_eq!(error["code"], -32602, "{method}: {error}");
    }
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let error = ask(&mut client, method, json!({"uri": "catalog://index"})).await;
        assert_eq!(error["code"], -32601, "{method}: {error}");
    }
    let mut client = Client::connect(&bench, Approval::None);
    let opened = initialize(&mut client, "2025-11-25").await;
    assert_eq!(
        opened["result"]["capabilities"],
        json!({"completions": {}, "prompts": {}, "resources": {}, "tools": {}})
    );
    let error = client.ask(legacy(1, "resources/read", &json!({"uri": "catalog://nowhere"}))).await["error"].clone();
    assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(-32002), &json!("catalog://nowhere")));
    for (method, params, keys) in [
        ("resources/list", json!({}), &["resources"][..]),
        ("resources/templates/list", json!({}), &["resourceTemplates"]),
        ("resources/read", json!({"uri": "catalog://index"}), &["contents"]),
        ("prompts/list", json!({}), &["prompts"]),
        ("prompts/get", json!({"name": "greet"}), &["description", "messages"]),
    ] {
        let result = client.ask(legacy(2, method, &params)).await["result"].clone();
        let mut found: Vec<&String> =
            result.as_object().unwrap_or_else(|| panic!("{method}: {result}")).keys().collect();
        found.sort();
        assert_eq!(found, keys, "{method}");
    }
}

#[tokio::test]
async fn prompts_are_filled_in_once_and_refused_with_what_is_wrong() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let listed = ask(&mut client, "prompts/list", json!({})).await;
    assert_eq!(names(&listed, "prompts"), ["greet", "hand_over"]);
    assert_eq!(listed["ttlMs"], 86_400_000);
    let expected =
        json!([{"name": "ward", "description": "The ward.", "required": true}, {"name": "focus", "required": false}]);
    assert_eq!(listed["prompts"][1]["arguments"], expected);

    let greeting = ask(&mut client, "prompts/get", json!({"name": "greet"})).await;
    let roles: Vec<&Value> =
        greeting["messages"].as_array().expect("a list").iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
    assert!(greeting["_meta"].is_object());
    let text = async |client: &mut Client, arguments: Value| {
        let got = ask(client, "prompts/get", json!({"name": "hand_over", "arguments": arguments})).await;
        got["messages"][0]["content"]["text"].as_str().map_or_else(|| got["message"].clone(), Value::from)
    };
    assert_eq!(
        text(&mut client, json!({"ward": "W1", "focus": "{ward} {"})).await,
        "Hand over {W1}, above all {ward} {."
    );
    assert_eq!(text(&mut client, json!({"ward": "W2"})).await, "Hand over {W2}, above all .");
    let refused = "The arguments of the prompt `hand_over` were refused: ";
    for (arguments, fault) in [
        (json!({}), "`ward` is missing"),
        (json!({"ward": "W9"}), "`ward` must be one of W1, W2, X-W3, and is `W9`"),
        (json!({"ward": 1}), "`ward` must be a text"),
        (json!({"ward": " "}), "`ward` is empty"),
        (json!({"wrad": "W1"}), "there is no `wrad`; did you mean `ward`?; `ward` is missing"),
        (json!({"ward": "W1", "focus": "x".repeat(4001)}), "`focus` has more than 4000 characters"),
    ] {
        assert_eq!(text(&mut client, arguments).await, format!("{refused}{fault}"));
    }
    let error = ask(&mut client, "prompts/get", json!({"name": "hand_ovr"})).await;
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!(-32602), &json!("Unknown prompt: `hand_ovr`; did you mean `hand_over`?"))
    );
}

#[tokio::test]
async fn values_are_completed() {
    let bench = Bench::new().await;
    let mut client = Client::connect(&bench, Approval::None);
    let mut complete = async |reference: Value, name: &str, value: &str| {
        let params = json!({"ref": reference, "argument": {"name": name, "value": value}});
        ask(&mut client, "completion/complete", params).await
    };
    let hand_over = json!({"type": "ref/prompt", "name": "hand_over"});
    let found = complete(hand_over.clone(), "ward", "w").await;
    assert_eq!(found["completion"], json!({"values": ["W1", "W2", "X-W3"], "total": 3, "hasMore": false}));
    assert_eq!(found["resultType"], "complete");
    assert_eq!(complete(hand_over.clone(), "ward", "W2").await["completion"]["values"], json!(["W2"]));
    assert_eq!(complete(hand_over.clone(), "focus", "").await["completion"]["values"], json!([]));
    let rule = json!({"type": "ref/resource", "uri": "catalog://{catalog}/{tool}/rule"});
    assert_eq!(complete(rule.clone(), "tool", "pro").await["completion"]["values"], json!(["probe"]));
    assert_eq!(complete(rule, "catalog", "").await["completion"]["values"], json!(["clinic"]));
    for (reference, name) in [
        (json!({"type": "ref/prompt", "name": "nobody"}), "ward"),
        (hand_over, "wrad"),
        (json!({"type": "ref/resource", "uri": "catalog://index"}), "tool"),
    ] {
        assert_eq!(complete(reference, name, "").await["code"], -32602);
    }
}

#[tokio::test]
async fn a_program_without_prompts_has_none() {
    let bench = crate::places::Bench::new().await;
    let mut client = Client::connect_to(&bench.gate, Approval::None);
    let discovered = ask(&mut client, "server/discover", json!({})).await;
    assert_eq!(discovered["capabilities"], json!({"completions": {}, "resources": {}, "tools": {}}));
    for (method, params) in [("prompts/list", json!({})), ("prompts/get", json!({"name": "greet"}))] {
        assert_eq!(ask(&mut client, method, params).await["code"], -32601, "{method}");
    }
}

/// The demo's model is offered five tools for a question; the one that it needs must be among them.
#[test]
fn the_tools_for_the_demos_questions_are_among_the_first_five() {
    let list = airlock_offer::ToolList::of(airlock_generated::PROGRAM.catalogs);
    let ranking = airlock_offer::Ranking::new(list.entries().iter().map(|listed| airlock_offer::Ranked {
        name: listed.name,
        title: "",
        description: listed.description,
        input_schema: std::borrow::Cow::Owned(listed.input_schema()),
    }));
    let questions = include_str!("../../../tests/demo-questions.txt");
    let needed = ["list_allergies", "find_free_beds", "list_appointments"];
    assert_eq!(questions.lines().count(), needed.len());
    for (question, tool) in questions.lines().zip(needed) {
        let best: Vec<&str> = ranking.best(question, 5).into_iter().map(|place| list.entries()[place].name).collect();
        assert!(best.contains(&tool), "{question} {best:?}");
    }
}
