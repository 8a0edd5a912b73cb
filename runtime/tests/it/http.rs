//! MCP over HTTP, as bytes on a connection.

use std::time::Duration;

use airlock_runtime::site::{Secret, Serve};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::catalog::Bench;
use crate::client::{legacy, modern};
use crate::http_client::{Server, asking, legacy_post, post, raw_post, read, with_key};

const TOKEN: &str = "canary-token-0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn each_revision_is_served_without_a_session() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let discovered = server.ask(&modern(1, "server/discover", json!({}))).await;
    assert_eq!((discovered.status, discovered.header("mcp-protocol-version")), (200, Some("2026-07-28")));
    assert_eq!((discovered.header("mcp-session-id"), discovered.header("cache-control")), (None, Some("no-store")));
    let result = server.call(json!({"name": "find_patients", "arguments": {"name": "Li"}})).await["result"].clone();
    assert_eq!(result["structuredContent"]["result"][0]["name"], "Li", "{result}");
    assert_eq!((&result["resultType"], &result["isError"]), (&json!("complete"), &json!(false)));

    let opening =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let opened = server.send(&raw_post("", &legacy(0, "initialize", &opening).to_string())).await;
    assert_eq!((opened.status, opened.header("mcp-session-id")), (200, None));
    assert_eq!(opened.json()["result"]["protocolVersion"], "2025-11-25");
    let told = server.send(&legacy_post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))).await;
    assert_eq!((told.status, told.body.as_str()), (202, ""));
    let listed = server.send(&legacy_post(&legacy(1, "tools/list", &json!({})))).await;
    assert_eq!(listed.header("mcp-protocol-version"), Some("2025-11-25"));
    let result = listed.json()["result"].clone();
    let keys: Vec<_> = result.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["tools"], "an older client gets no newer field");
    let called = legacy(2, "tools/call", &json!({"name": "probe", "arguments": {"what": "x"}}));
    assert_eq!(server.send(&legacy_post(&called)).await.json()["result"]["structuredContent"], json!({"ok": true}));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_has_its_status_and_code() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let list = modern(1, "tools/list", json!({}));
    let bare = legacy(1, "tools/list", &json!({}));
    let mut foreign = list.clone();
    foreign["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("1999-01-01");
    let mut incapable = list.clone();
    incapable["params"]["_meta"]
        .as_object_mut()
        .expect("an object")
        .remove("io.modelcontextprotocol/clientCapabilities");
    let newest = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n";
    let cases = [
        ("an unknown method", post(&modern(1, "no/such", json!({})), ""), 404, -32601),
        ("a method of older revisions", post(&modern(1, "ping", json!({})), ""), 404, -32601),
        (
            "params that do not fit",
            post(&modern(1, "tools/call", json!({"name": "probe", "arguments": [1]})), ""),
            200,
            -32602,
        ),
        ("a tool that is not there", post(&modern(1, "tools/call", json!({"name": "nothing"})), ""), 200, -32602),
        ("no revision at all", raw_post("", &bare.to_string()), 400, -32602),
        ("the newest in the header alone", raw_post(newest, &bare.to_string()), 400, -32602),
        ("no capabilities", raw_post(newest, &incapable.to_string()), 400, -32602),
        ("the newest in the body alone", raw_post("", &list.to_string()), 400, -32020),
        (
            "another one in the header",
            raw_post(&newest.replace("2026-07-28", "2025-11-25"), &list.to_string()),
            400,
            -32020,
        ),
        (
            "another method in the header",
            raw_post(&newest.replace("tools/list", "ping"), &list.to_string()),
            400,
            -32020,
        ),
        (
            "a revision that is not",
            raw_post(&newest.replace("2026-07-28", "1999-01-01"), &foreign.to_string()),
            400,
            -32022,
        ),
        ("a revision that was", raw_post("MCP-Protocol-Version: 2025-03-26\r\n", &bare.to_string()), 400, -32022),
        ("text that is no JSON", raw_post(newest, "{\"jsonrpc\": "), 400, -32700),
        ("half of a pair of surrogates", raw_post(newest, "{\"id\":1,\"method\":\"\\ud800\"}"), 400, -32700),
        ("several messages at once", raw_post(newest, &json!([list, list]).to_string()), 400, -32600),
        ("an id twice", raw_post(newest, "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}"), 400, -32600),
        ("no message", raw_post(newest, "{\"id\":1}"), 400, -32600),
    ];
    for (what, request, status, code) in cases {
        let answer = server.send(&request).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_i64()),
            (status, Some(code)),
            "{what}: {answer:?}"
        );
    }
    let unsupported = server.send(&raw_post("MCP-Protocol-Version: 2025-03-26\r\n", &bare.to_string())).await.json();
    assert_eq!(unsupported["error"]["data"]["supported"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]));
    assert_eq!(unsupported["id"], 1);
}

#[tokio::test]
async fn what_is_no_request_to_the_protocol_has_its_status() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let list = post(&modern(1, "tools/list", json!({})), "");
    let long = "x".repeat((1 << 20) + 1);
    for (what, request, status) in [
        ("another path", list.replace("POST /mcp", "POST /mcp/x"), 404),
        ("the root", list.replace("POST /mcp", "POST /"), 404),
        ("a stream of an older revision", list.replace("POST /mcp", "GET /mcp"), 405),
        ("the end of a session", list.replace("POST /mcp", "DELETE /mcp"), 405),
        ("a page's question whether it may", list.replace("POST /mcp", "OPTIONS /mcp"), 405),
        ("a form", list.replace("Content-Type: application/json", "Content-Type: text/plain"), 415),
        ("a client that takes no JSON", list.replace("Accept: application/json, ", "Accept: "), 406),
        ("a proxy's target", list.replace("POST /mcp", "POST http://localhost/mcp"), 400),
        ("no host", list.replace("Host: localhost\r\n", ""), 400),
        ("another host", list.replace("Host: localhost", "Host: evil.example"), 403),
        ("another origin", list.replace("Host: localhost", "Host: localhost\r\nOrigin: http://evil.example"), 403),
        ("a message that is too long", raw_post("", &long), 413),
        ("a long head", list.replace("Host: localhost", &format!("Host: localhost\r\nX: {}", &long[..20_000])), 431),
        ("a write to a page", "POST /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), 405),
    ] {
        let answer = server.send(&request).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
    }
    // Refused at its head: the body is not waited for.
    let head = raw_post("", "").replace("Content-Length: 0", "Content-Length: 99999999");
    assert_eq!(server.send(&head).await.status, 413);
    assert_eq!(bench.records().len(), 0, "no call was made");
}

#[tokio::test]
async fn the_token_guards_everything_but_the_sign_of_life() {
    let bench = Bench::new().await;
    let token = Secret::new(TOKEN.to_owned()).expect("visible");
    let server = Server::start(&bench.gate, &Serve { token: Some(token), ..Serve::default() }).await;
    let call = asking(json!({"name": "find_patients", "arguments": {"name": "Li"}}));
    for more in ["", "Authorization: Bearer canary\r\n", "Authorization: Bearer \r\n"] {
        let refused = server.send(&post(&call, more)).await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")), "{refused:?}");
        assert!(!refused.body.contains("canary"));
    }
    assert_eq!(server.get("/metrics").await.status, 401);
    assert_eq!(server.get("/nothing").await.status, 401, "not even what there is");
    assert_eq!(bench.records().len(), 0);
    let answered = server.send(&post(&call, &format!("Authorization: Bearer {TOKEN}\r\n"))).await;
    assert_eq!(answered.status, 200);
    for name in ["localhost", "10.1.2.3:99", "any.name"] {
        let asked = format!("GET /healthz HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        let alive = server.send(&asked).await;
        assert_eq!((alive.status, alive.body.as_str()), (200, "ok\n"));
    }
    assert!(!format!("{:?}", bench.records()).contains("canary-token"));
}

#[tokio::test]
async fn an_older_clients_write_is_refused_with_what_the_operator_can_do() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let mut call = legacy(1, "tools/call", &json!({"name": "drop_note", "arguments": {"id": "n1"}}));
    for meta in [json!({}), json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}})] {
        call["params"]["_meta"] = meta;
        let result = server.send(&legacy_post(&call)).await.json()["result"].clone();
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert!(result["isError"] == true && text.contains("--allow-writes"), "{result}");
    }
    assert!(bench.fake.requests().is_empty());
}

/// The state that a client sends along is good at each process that has the key, and at no other; each takes it once.
#[tokio::test]
async fn a_person_may_answer_to_another_process_than_the_one_that_asked() {
    let bench = Bench::new().await;
    let key = "0123456789abcdef0123456789abcdef";
    let [first, second, other] = [
        Server::start(&bench.gate, &with_key(key)).await,
        Server::start(&bench.gate, &with_key(key)).await,
        Server::start(&bench.gate, &with_key(&key.replace('0', "1"))).await,
    ];
    let asked = first.call(json!({"name": "drop_note", "arguments": {"id": "n1"}})).await["result"].clone();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let yes = json!({
        "name": "drop_note", "arguments": {"id": "n1"}, "requestState": asked["requestState"],
        "inputResponses": {"confirm": {"action": "accept", "content": {"confirm": true}}},
    });
    assert_eq!(other.call(yes.clone()).await["error"]["code"], -32602);
    assert_eq!(bench.fake.requests().len(), 0);
    let done = second.call(yes.clone()).await;
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(second.call(yes).await["error"]["code"], -32602, "a yes is good once");
    assert_eq!(bench.fake.requests().len(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_call() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let mut stream = server.connect().await;
    let call = asking(json!({"name": "probe", "arguments": {"what": "hang"}}));
    stream.write_all(post(&call, "").as_bytes()).await.expect("written");
    bench.fake.wait_for_requests(1).await;
    drop(stream);
    bench.fake.wait_until_left().await;
    for _ in 0..500 {
        if !bench.records().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let records = bench.records();
    assert_eq!((records.len(), &records[0]["verdict"]), (1, &json!("cancelled")));
}

#[tokio::test]
async fn a_long_call_gives_signs_of_life_on_its_own_connection() {
    let bench = Bench::with(|limits, _| limits.time_max = Duration::from_secs(3)).await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let mut call = asking(json!({"name": "probe", "arguments": {"what": "hang"}}));
    call["params"]["_meta"]["progressToken"] = json!("p1");
    let events = server.ask(&call).await.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!((&events[0]["method"], &events[1]["id"]), (&json!("notifications/progress"), &json!(1)));
    assert_eq!(events[1]["result"]["isError"], true);
}

#[tokio::test]
async fn at_the_end_calls_are_finished_and_idle_clients_let_go() {
    let bench = Bench::new().await;
    let mut server = Server::start(&bench.gate, &Serve::default()).await;
    let mut idle = server.connect().await;
    let asked = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    idle.write_all(asked.as_bytes()).await.expect("written");
    let mut bytes = [0; 1000];
    assert!(idle.read(&mut bytes).await.expect("an answer") > 0);
    let mut calling = server.connect().await;
    let call = asking(json!({"name": "probe", "arguments": {"what": "slow"}}));
    calling.write_all(post(&call, "").replace("Connection: close\r\n", "").as_bytes()).await.expect("written");
    bench.fake.wait_for_requests(1).await;
    server.stop();
    assert_eq!(idle.read(&mut bytes).await.expect("a clean end"), 0, "the idle one is let go at once");
    let answer = read(&mut calling).await;
    assert_eq!(answer.json()["result"]["structuredContent"], json!({"result": "late"}), "{answer:?}");
    let address = server.address;
    server.ended().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert_eq!(bench.records()[0]["verdict"], "answered");
}

/// Real connections, and a clock that jumps to whatever is waited for.
#[tokio::test(start_paused = true)]
async fn slow_clients_are_given_up_on() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let head = raw_post("", "").replace("Content-Length: 0", "Content-Length: 10");
    let late = "HTTP/1.1 408 ";
    for (what, bytes, told) in [("silent", "", ""), ("half a head", &head[..40], ""), ("no body", &head[..], late)] {
        let started = tokio::time::Instant::now();
        let mut stream = server.connect().await;
        stream.write_all(bytes.as_bytes()).await.expect("written");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("an end");
        let seconds = started.elapsed().as_secs();
        assert!((30..40).contains(&seconds), "{what}: {seconds} s");
        assert!(text.starts_with(told) && text.is_empty() == told.is_empty(), "{what}: {text}");
    }
}

#[tokio::test]
async fn more_clients_than_are_served_wait_until_one_leaves() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let mut idle = Vec::new();
    for _ in 0..256 {
        idle.push(server.connect().await);
    }
    let mut late = server.connect().await;
    let asked = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    late.write_all(asked.as_bytes()).await.expect("written");
    let mut byte = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(200), late.read(&mut byte)).await;
    assert!(early.is_err(), "there is no room yet: {early:?}");
    drop(idle.pop());
    assert_eq!(read(&mut late).await.status, 200);
}
