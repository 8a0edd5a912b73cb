//! Calls through the gate. Each leaves exactly one record of its end, whatever comes of it.

use std::time::{Duration, Instant};

use airlock_runtime::gate::{Approval, Call, Caller, Outcome, RefusalKind};
use airlock_runtime::site::SiteUpstream;
use serde_json::{Value, json};

use crate::catalog::{Bench, CANARY, CATALOGS, program};

fn call(tool: &str, arguments: Value) -> Call {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Call::new(tool, arguments, Caller::Command, Approval::None)
}

/// Probes the upstream. Checks that one record was left and that the credential is in nothing that comes back.
async fn probe(bench: &Bench, what: &str) -> Outcome {
    let before = bench.records().len();
    let outcome = bench.gate.call(call("probe", json!({"what": what}))).await;
    assert_eq!(bench.records().len(), before + 1, "exactly one record for {what}");
    assert!(!format!("{outcome:?}").contains(CANARY), "the credential came back: {outcome:?}");
    outcome
}

async fn refused(bench: &Bench, what: &str) -> (RefusalKind, String) {
    let outcome = probe(bench, what).await;
    let refusal = outcome.answer.expect_err(what);
    assert_eq!(bench.records().last().expect("a record")["verdict"], refusal.kind.word());
    (refusal.kind, refusal.text)
}

#[tokio::test]
async fn a_call_goes_out_as_declared_and_comes_back_pruned() {
    let bench = Bench::new().await;
    let outcome = bench.gate.call(call("find_patients", json!({"name": "Lí & co"}))).await;
    let answer = outcome.answer.expect("an answer");
    assert_eq!(answer.json, r#"[{"id":1,"name":"Li"},{"id":2,"name":null}]"#);
    let line = "GET /v1/patients?name=L%C3%AD%20%26%20co&limit=20&status=active";
    assert_eq!(outcome.request.as_deref(), Some(line));
    assert_eq!((outcome.upstream_bytes, outcome.answer_bytes), (86, 43));

    let request = bench.fake.requests().remove(0).to_ascii_lowercase();
    assert!(request.starts_with(&format!("{} http/1.1\r\n", line.to_ascii_lowercase())), "{request}");
    let agent = format!("user-agent: airlock/{}\r\n", env!("CARGO_PKG_VERSION"));
    for header in [&format!("x-api-key: {CANARY}\r\n"), "accept: application/json\r\n", &agent, "host: 127.0.0.1:"] {
        assert!(request.contains(header), "{header} is not in {request}");
    }
    assert!(!request.contains("accept-encoding"), "{request}");

    let record = bench.records().remove(0);
    for (key, value) in [
        ("seq", json!(3)),
        ("kind", json!("outcome")),
        ("call", json!(2)),
        ("principal", json!(Call::of_user(rustix::process::getuid().as_raw()))),
        ("caller", json!("command")),
        ("catalog", json!("clinic")),
        ("tool", json!("find_patients")),
        ("effect", json!("read")),
        ("arguments", json!(["name"])),
        ("arguments_unknown", json!(0)),
        ("upstream", json!("clinic")),
        ("method", json!("GET")),
        ("path", json!("/v1/patients")),
        ("status", json!(200)),
        ("bytes_before", json!(86)),
        ("bytes_after", json!(43)),
        ("verdict", json!("answered")),
    ] {
        assert_eq!(record[key], value, "{key} of {record}");
    }
    let text = record.to_string();
    assert!(
        !text.contains("661166") && !text.contains("Lí") && !text.contains("%C3"),
        "a value is in the record: {text}"
    );
}

#[tokio::test]
async fn faulty_arguments_and_names_are_refused_before_anything_is_sent() {
    let bench = Bench::new().await;
    let outcome = bench.gate.call(call("find_patients", json!({"nmae": "secret-words", "limit": 99}))).await;
    let refusal = outcome.answer.expect_err("refused");
    assert_eq!(refusal.kind, RefusalKind::Arguments);
    for part in ["`nmae`: unknown argument; did you mean `name`?", "`name`: missing", "from 1 to 50, got 99"] {
        assert!(refusal.text.contains(part), "{part} is not in {}", refusal.text);
    }
    assert_eq!(outcome.request, None);
    let refusal = bench.gate.call(call("find_patient", json!({}))).await.answer.expect_err("unknown");
    assert_eq!(refusal.kind, RefusalKind::UnknownTool);
    assert_eq!(refusal.text, "Unknown tool: `find_patient`; did you mean `find_patients`?");
    let refusal = bench.gate.call(call("probe", json!({"what": ".."}))).await.answer.expect_err("a dot segment");
    assert_eq!(refusal.kind, RefusalKind::Arguments);
    assert!(bench.fake.requests().is_empty());
    let records = bench.records();
    assert_eq!(records.len(), 3);
    assert_eq!((&records[0]["arguments"], &records[0]["arguments_unknown"]), (&json!(["limit"]), &json!(1)));
    assert_eq!((&records[1]["verdict"], &records[1]["catalog"]), (&json!("unknown_tool"), &json!(null)));
    assert!(!records[0].to_string().contains("secret-words"));
}

#[tokio::test]
async fn what_writes_needs_approval() {
    let bench = Bench::new().await;
    for (tool, arguments, verb) in [
        ("add_note", json!({"body": {"text": "hi"}}), "change data"),
        ("drop_note", json!({"id": "n/1"}), "destroy data"),
    ] {
        let refusal = bench.gate.call(call(tool, arguments.clone())).await.answer.expect_err("not approved");
        assert_eq!(refusal.kind, RefusalKind::Approval);
        assert!(refusal.text.contains(verb), "{}", refusal.text);
    }
    assert!(bench.fake.requests().is_empty());
    let approved = |tool, arguments| Call { approval: Approval::Operator, ..call(tool, arguments) };
    let outcome = bench.gate.call(approved("add_note", json!({"body": {"text": "hi"}}))).await;
    assert_eq!(outcome.answer.map(|pruned| pruned.value), Ok(json!("n1")));
    let outcome = bench.gate.call(approved("drop_note", json!({"id": "n/1"}))).await;
    assert_eq!(outcome.answer.map(|pruned| pruned.value), Ok(json!(null)));
    let requests = bench.fake.requests();
    assert!(requests[0].ends_with("\r\n\r\n{\"text\":\"hi\"}"), "{}", requests[0]);
    assert!(requests[1].starts_with("DELETE /v1/notes/n%2F1 "), "{}", requests[1]);
    let verdicts: Vec<Value> = bench.records().iter().map(|record| record["verdict"].clone()).collect();
    assert_eq!(verdicts, ["approval", "approval", "answered", "answered"]);
}

/// What only reads is asked again, as often and as late as the upstream says; what writes is not.
#[tokio::test]
async fn a_busy_upstream_is_asked_again() {
    let bench = Bench::new().await;
    let outcome = bench.gate.call(call("probe", json!({"what": "busy"}))).await;
    assert_eq!(outcome.answer.map(|pruned| pruned.value), Ok(json!(1)));
    assert_eq!((bench.fake.requests().len(), &bench.records()[0]["attempts"]), (3, &json!(3)));

    let other = Bench::new().await;
    let refusal = other.gate.call(call("probe", json!({"what": "busy-for-long"}))).await.answer.expect_err("busy");
    assert!(refusal.text.contains("503") && refusal.text.contains("wait 600 s"), "{}", refusal.text);
    let write = Call { approval: Approval::Operator, ..call("add_note", json!({"body": {"text": "busy"}})) };
    let refusal = other.gate.call(write).await.answer.expect_err("busy");
    assert!(refusal.text.contains("503"), "{}", refusal.text);
    assert_eq!(other.fake.requests().len(), 2, "one of each");
}

#[tokio::test]
async fn an_upstream_that_breaks_off_is_told_clearly() {
    let bench = Bench::new().await;
    for what in ["cut", "drop"] {
        let (kind, text) = refused(&bench, what).await;
        assert_eq!(kind, RefusalKind::Upstream);
        assert!(text.contains("`clinic` broke the connection off") && text.contains("retry"), "{text}");
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_told_clearly() {
    let bench = Bench::new().await;
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let mut site = airlock_runtime::site::Site::default();
    let here = SiteUpstream::at(&format!("http://127.0.0.1:{gone}")).expect("an address");
    let secret = airlock_runtime::site::Secret::new(CANARY.to_owned()).expect("visible");
    let upstream = SiteUpstream { credentials: [("key".to_owned(), secret)].into(), ..here };
    site.upstreams.insert("clinic".to_owned(), upstream);
    let audit = airlock_runtime::audit::Audit::open(Some(&bench.audit_file().with_extension("other"))).expect("a file");
    let gate = airlock_runtime::gate::Gate::new(program(CATALOGS), &site, audit).expect("fits");
    let refusal = gate.call(call("probe", json!({"what": "x"}))).await.answer.expect_err("nobody listens");
    assert_eq!(refusal.kind, RefusalKind::Upstream);
    assert!(
        refusal.text.contains("cannot be reached") && refusal.text.contains("nothing was sent"),
        "{}",
        refusal.text
    );
}

#[tokio::test]
async fn an_upstream_that_hangs_runs_into_the_time_limit_and_loses_its_connection() {
    let bench = Bench::with(|limits, _| limits.time_max = Duration::from_millis(200)).await;
    let started = Instant::now();
    let (kind, text) = refused(&bench, "hang").await;
    assert_eq!(kind, RefusalKind::Timeout);
    assert!(text.contains("did not answer within"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(3));
    bench.fake.wait_until_left().await;
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_and_recorded() {
    let bench = Bench::new().await;
    let gate = std::sync::Arc::clone(&bench.gate);
    let task = tokio::spawn(async move { gate.call(call("probe", json!({"what": "hang"}))).await });
    bench.fake.wait_for_requests(1).await;
    task.abort();
    assert!(task.await.expect_err("aborted").is_cancelled());
    bench.fake.wait_until_left().await;
    let records = bench.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["verdict"], "cancelled");
    let counted = bench.gate.measurements();
    assert!(counted.contains("airlock_calls_total{tool=\"probe\",verdict=\"cancelled\"} 1\n"), "{counted}");
    assert!(counted.contains("airlock_calls_open 0\n"), "{counted}");
}

#[tokio::test]
async fn bodies_and_answers_over_their_limit_are_refused() {
    let bench = Bench::with(|limits, _| limits.answer_bytes_max = 2000).await;
    for (what, limit) in [("large", "10000 bytes"), ("endless", "10000 bytes"), ("wide", "1002 more than the 2000")] {
        let (kind, text) = refused(&bench, what).await;
        assert_eq!(kind, RefusalKind::TooLarge);
        assert!(text.contains(limit) && text.contains("Ask for less"), "{text}");
    }
}

#[tokio::test]
async fn answers_that_are_not_declared_are_withheld() {
    let bench = Bench::new().await;
    for (what, kind, part) in [
        ("redirect", RefusalKind::Upstream, "redirect (302), and redirects are never followed"),
        ("html", RefusalKind::Answer, "it came as `text/html`, declared is `application/json`"),
        ("broken", RefusalKind::Answer, "JSON is broken at line 1, byte 1"),
        ("gzip", RefusalKind::Answer, "compressed"),
        ("undeclared", RefusalKind::Upstream, "status 203, which its document does not declare"),
        ("missing", RefusalKind::Upstream, "404 (Not Found) and said: no such thing."),
        ("echo-in-failure", RefusalKind::Upstream, "status 400 (Bad Request). Correct the arguments"),
        ("echo", RefusalKind::Answer, "held the credential"),
    ] {
        let (got, text) = refused(&bench, what).await;
        assert_eq!(got, kind, "{what}: {text}");
        assert!(text.contains(part), "{what}: {text}");
        assert!(!text.contains("661166"), "{what}: {text}");
    }
    assert_eq!(bench.fake.requests().len(), 8, "nothing is asked twice, and no redirect is followed");
    let refusal = bench.gate.call(call("total", json!({}))).await.answer.expect_err("text has no sum");
    assert_eq!(refusal.kind, RefusalKind::Prune);
    assert!(!refusal.text.contains("661166"), "{}", refusal.text);
}

#[tokio::test]
async fn a_kept_connection_is_used_again_and_a_stale_one_replaced() {
    let bench = Bench::new().await;
    for what in ["a", "b", "once", "c"] {
        probe(&bench, what).await.answer.expect("an answer");
    }
    assert_eq!(bench.fake.requests().len(), 4);
}

#[tokio::test]
async fn on_a_connection_that_dies_a_read_is_repeated_and_a_write_is_not() {
    let bench = Bench::new().await;
    probe(&bench, "then-dies").await.answer.expect("an answer");
    probe(&bench, "b").await.answer.expect("asked again on a new connection");
    assert_eq!(bench.fake.requests().len(), 3);

    let bench = Bench::new().await;
    probe(&bench, "then-dies").await.answer.expect("an answer");
    let write = call("add_note", json!({"body": {"text": "hi"}}));
    let outcome = bench.gate.call(Call { approval: Approval::Operator, ..write }).await;
    let refusal = outcome.answer.expect_err("the connection died");
    assert_eq!(refusal.kind, RefusalKind::Upstream);
    assert!(refusal.text.contains("not known whether it acted"), "{}", refusal.text);
    assert_eq!(bench.fake.requests().len(), 2, "the write went out once");
}

#[tokio::test]
async fn an_upstream_gets_no_more_than_it_can_bear() {
    let bench = Bench::with(|_, limits| limits.calls_at_once_max = Some(1)).await;
    let started = Instant::now();
    let slow = || bench.gate.call(call("probe", json!({"what": "slow"})));
    let (first, second) = tokio::join!(slow(), slow());
    assert!(first.answer.is_ok() && second.answer.is_ok());
    assert!(started.elapsed() >= Duration::from_millis(600), "one after the other: {:?}", started.elapsed());

    let bench = Bench::with(|_, limits| limits.calls_per_second_max = Some(10)).await;
    let started = Instant::now();
    for _ in 0..4 {
        probe(&bench, "a").await.answer.expect("an answer");
    }
    assert!(started.elapsed() >= Duration::from_millis(300), "a tenth of a second apart: {:?}", started.elapsed());
}

#[tokio::test]
async fn more_calls_than_may_run_wait_for_their_turn() {
    let bench = Bench::with(|limits, _| limits.calls_at_once_max = 1).await;
    let (first, second) = tokio::join!(
        bench.gate.call(call("probe", json!({"what": "slow"}))),
        bench.gate.call(call("probe", json!({"what": "b"}))),
    );
    assert!(first.answer.is_ok() && second.answer.is_ok());
    assert!(second.duration >= Duration::from_millis(250), "{:?}", second.duration);
}

#[tokio::test]
async fn a_call_without_a_record_has_no_answer() {
    let mut site = airlock_runtime::site::Site::default();
    let bench = Bench::new().await;
    let here = SiteUpstream::at(&bench.fake.address()).expect("an address");
    let secret = airlock_runtime::site::Secret::new(CANARY.to_owned()).expect("visible");
    let upstream = SiteUpstream { credentials: [("key".to_owned(), secret)].into(), ..here };
    site.upstreams.insert("clinic".to_owned(), upstream);
    // Every write to it fails, as on a full disk.
    let audit = airlock_runtime::audit::Audit::open(Some(std::path::Path::new("/dev/full"))).expect("a device");
    let gate = airlock_runtime::gate::Gate::new(program(CATALOGS), &site, audit).expect("fits");
    let outcome = gate.call(call("probe", json!({"what": "x"}))).await;
    assert_eq!(outcome.answer.expect_err("no record").kind, RefusalKind::Audit);
    assert_eq!(outcome.answer_bytes, 0);
    let counted = gate.measurements();
    assert!(counted.contains("airlock_calls_total{tool=\"probe\",verdict=\"audit\"} 1\n"), "{counted}");
}
