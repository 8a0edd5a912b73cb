//! What was read is sent on to no tool that is not cleared for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use airlock_contract::catalog::{Catalog, Credential, CredentialPlace, Program, Transport, Upstream};
use airlock_contract::flow::{Above, Declassified, Flow};
use airlock_contract::prune::field;
use airlock_contract::request::{Body, Method, Request, body, path};
use airlock_contract::response::{Response, Status, json};
use airlock_contract::shape::{object_of, required, text};
use airlock_contract::tool::{Effect, Tool};
use airlock_runtime::gate::{Approval, Call, Caller, Outcome, Read, RefusalKind, Session};
use serde_json::{Value, json};

use crate::catalog::{Bench, JSON_200, program, tool};

const PROBE: Request = Request {
    method: Method::Get,
    path: "/probe/{what}",
    accept: "application/json",
    body: Body::None,
    arguments: &[path("what", text())],
};

const BARE: Request = Request { path: "/probe/text", arguments: &[], ..PROBE };

const NOTE: Request = Request {
    method: Method::Post,
    path: "/notes",
    accept: "application/json",
    body: Body::Json("application/json"),
    arguments: &[body(object_of(&[required("text", text())]))],
};

const ANSWERS: Response = Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN };
const CREATED: Response =
    Response { answers: &[json(Status::Code(201), "application/json")], bytes_max: 1000, ..Response::PLAIN };

const fn flow(label: &'static str, clearance: &'static str, above: Above) -> Flow {
    Flow { label, unpruned: label, clearance, above, declassified: &[] }
}

const fn labelled(name: &'static str, request: &'static Request, flow: Flow) -> Tool {
    let mut tool = tool(name, Effect::Read, request, ANSWERS, field("kept"));
    tool.flow = Some(flow);
    tool
}

const fn writing(name: &'static str, flow: Flow) -> Tool {
    let mut tool = tool(name, Effect::Write, &NOTE, CREATED, field("id"));
    tool.flow = Some(flow);
    tool
}

const FOR_THE_KITCHEN: &[Declassified] = &[Declassified { from: "get_patient", reason: "Diets are no secret." }];

const TOOLS: &[Tool] = &[
    writing("add_note", flow("internal", "internal", Above::Asked)),
    labelled("ask_expert", &PROBE, flow("public", "public", Above::Asked)),
    // Its rule drops what makes the operation's answers `patient`.
    labelled("find_beds", &PROBE, Flow { unpruned: "patient", ..flow("internal", "patient", Above::Refused) }),
    labelled("get_patient", &PROBE, flow("patient", "patient", Above::Refused)),
    labelled("get_weather", &PROBE, flow("public", "internal", Above::Refused)),
    labelled("list_wards", &BARE, flow("internal", "public", Above::Refused)),
    writing("publish", flow("public", "public", Above::Refused)),
    labelled(
        "tell_kitchen",
        &PROBE,
        Flow { declassified: FOR_THE_KITCHEN, ..flow("public", "public", Above::Refused) },
    ),
];

pub(crate) const LABELS: &[&str] = &["public", "internal", "patient"];

const fn catalog(tools: &'static [Tool]) -> Catalog {
    Catalog {
        name: "clinic",
        title: "Clinic department",
        document: "openapi.yaml",
        document_sha256: "",
        upstreams: &[Upstream {
            name: "clinic",
            base_path: "/v1",
            transport: Transport::Any,
            credentials: &[Credential { name: "key", place: CredentialPlace::Header("X-Api-Key") }],
        }],
        tools,
        prompts: &[],
    }
}

static CATALOGS: &[&Catalog] = &[&catalog(TOOLS)];

pub(crate) fn labelled_program() -> Program {
    Program { labels: LABELS, profiles: &[], ..program(CATALOGS) }
}

pub(crate) async fn bench() -> Bench {
    Bench::of(labelled_program()).await.expect("it opens")
}

fn call(tool: &str, what: &str, approval: Approval, session: Option<&Arc<Session>>) -> Call {
    let arguments = match tool {
        "list_wards" => json!({}),
        "add_note" | "publish" => json!({"body": {"text": what}}),
        _ => json!({"what": what}),
    };
    let Value::Object(arguments) = arguments else { panic!("an object") };
    Call::new(tool, arguments, Caller::Mcp, approval).within(session)
}

async fn called(bench: &Bench, tool: &str, approval: Approval, session: &Arc<Session>) -> Outcome {
    bench.gate.call(call(tool, "text", approval, Some(session))).await
}

fn begin() -> Arc<Session> {
    Session::begin().expect("the kernel has random numbers")
}

/// The verdict of a call, as its record says it.
async fn verdict(bench: &Bench, tool: &str, approval: Approval, session: &Arc<Session>) -> String {
    let sent = bench.fake.requests().len();
    let outcome = called(bench, tool, approval, session).await;
    let record = bench.records().pop().expect("a record");
    let verdict = record["verdict"].as_str().expect("a word").to_owned();
    assert_eq!(bench.fake.requests().len() - sent, usize::from(outcome.answer.is_ok()), "{tool}: {verdict}");
    verdict
}

#[tokio::test]
async fn what_was_read_is_not_sent_to_a_tool_below_it() {
    let bench = bench().await;
    let session = begin();
    assert_eq!(verdict(&bench, "get_weather", Approval::None, &session).await, "answered");
    assert_eq!(verdict(&bench, "find_beds", Approval::None, &session).await, "answered");
    assert_eq!(verdict(&bench, "get_weather", Approval::None, &session).await, "answered", "cleared for internal");
    assert_eq!(verdict(&bench, "get_patient", Approval::None, &session).await, "answered");
    let refusal = called(&bench, "get_weather", Approval::PersonTold("patient"), &session).await.answer;
    let refusal = refusal.expect_err("it is not cleared for it");
    assert_eq!(refusal.kind, RefusalKind::Flow);
    for part in ["`get_weather`", "cleared for `internal`", "`patient` of `get_patient`", "new conversation"] {
        assert!(refusal.text.contains(part), "{part} is not in {}", refusal.text);
    }
    assert_eq!(bench.fake.requests().len(), 4, "nothing was sent");
    // Another conversation has read nothing.
    assert_eq!(verdict(&bench, "get_weather", Approval::None, &begin()).await, "answered");
    let records = bench.records();
    let marks: Vec<[&str; 2]> =
        records.iter().map(|record| ["mark", "mark_after"].map(|key| record[key].as_str().expect("a label"))).collect();
    let expected = [
        ["public", "public"],
        ["public", "internal"],
        ["internal", "internal"],
        ["internal", "patient"],
        ["patient", "patient"],
        ["public", "public"],
    ];
    assert_eq!(marks, expected);
    assert!(records[..5].iter().all(|record| record["session"] == session.id()));
    assert_ne!(records[5]["session"], session.id());
}

#[tokio::test]
async fn a_declassified_flow_is_free_and_no_other_with_it() {
    let bench = bench().await;
    let session = begin();
    assert_eq!(verdict(&bench, "get_patient", Approval::None, &session).await, "answered");
    assert_eq!(verdict(&bench, "tell_kitchen", Approval::None, &session).await, "answered");
    // What it answers may hold what it was told: the mark is what it was.
    assert_eq!(verdict(&bench, "get_weather", Approval::None, &session).await, "flow");
    assert_eq!(verdict(&bench, "list_wards", Approval::None, &session).await, "answered");
    assert_eq!(verdict(&bench, "tell_kitchen", Approval::None, &session).await, "flow", "wards are not declassified");
}

#[tokio::test]
async fn only_a_person_who_was_told_lets_a_flow_pass() {
    let bench = bench().await;
    let session = begin();
    assert_eq!(verdict(&bench, "ask_expert", Approval::None, &session).await, "answered", "nothing was read");
    assert_eq!(verdict(&bench, "add_note", Approval::Operator, &session).await, "answered");
    assert_eq!(verdict(&bench, "get_patient", Approval::None, &session).await, "answered");
    for tool in ["ask_expert", "add_note"] {
        for (approval, expected) in [
            (Approval::Operator, "flow_approval"),
            (Approval::Person, "flow_approval"),
            (Approval::PersonTold("public"), "flow_approval"),
            (Approval::PersonTold("internal"), "flow_approval"),
            (Approval::Declined, "approval"),
            (Approval::PersonTold("patient"), "answered"),
        ] {
            assert_eq!(verdict(&bench, tool, approval, &session).await, expected, "{tool} {approval:?}");
        }
    }
    assert_eq!(
        verdict(&bench, "ask_expert", Approval::None, &session).await,
        "flow_approval",
        "one yes is for one call"
    );
    assert_eq!(verdict(&bench, "add_note", Approval::None, &session).await, "approval", "it writes in any case");
    assert_eq!(verdict(&bench, "publish", Approval::PersonTold("patient"), &session).await, "flow", "no yes helps");
    let asked = called(&bench, "ask_expert", Approval::Operator, &session).await.answer.expect_err("is asked");
    assert!(asked.text.contains("allow this very call") && asked.text.contains("`patient`"), "{}", asked.text);
}

#[tokio::test]
async fn what_sends_nothing_is_never_refused_and_what_is_not_sent_reads_nothing() {
    let bench = bench().await;
    let session = begin();
    for (tool, what, approval) in [
        ("get_patient", "..", Approval::None),
        ("add_note", "x", Approval::None),
        ("publish", "x", Approval::Declined),
        ("no_such_tool", "x", Approval::None),
    ] {
        let outcome = bench.gate.call(call(tool, what, approval, Some(&session))).await;
        assert!(outcome.answer.is_err(), "{tool}");
    }
    assert_eq!((session.read(), bench.fake.requests().len()), (Read::default(), 0));
    // A failure is read, too.
    let failed = bench.gate.call(call("get_patient", "missing", Approval::None, Some(&session))).await;
    assert!(failed.answer.expect_err("404").text.contains("and said: no such thing"));
    assert_eq!(bench.gate.mark(Some(&session)), Some("patient"));
    assert_eq!(verdict(&bench, "list_wards", Approval::None, &session).await, "answered");
    // Nobody knows what a conversation has read that does not say so.
    let unknown = Session::resume(Read::unknown()).expect("begins");
    assert_eq!(bench.gate.mark(Some(&unknown)), Some("patient"));
    assert_eq!(verdict(&bench, "get_weather", Approval::None, &unknown).await, "flow");
    let stranger = Read { tools: ["of_another_program".to_owned()].into(), is_unknown: false };
    let stranger = Session::resume(stranger).expect("begins");
    assert_eq!(verdict(&bench, "tell_kitchen", Approval::None, &stranger).await, "flow");
}

#[tokio::test]
async fn words_that_no_rule_has_looked_at_are_kept_back() {
    let bench = bench().await;
    for what in ["missing", "html", "broken", "echo-in-failure"] {
        let outcome = bench.gate.call(call("find_beds", what, Approval::None, Some(&begin()))).await;
        let text = outcome.answer.expect_err(what).text;
        for word in ["no such", "html", "line 1", "bad key"] {
            assert!(!text.contains(word), "{what}: {text}");
        }
    }
    let outcome = bench.gate.call(call("get_weather", "missing", Approval::None, Some(&begin()))).await;
    assert!(outcome.answer.expect_err("404").text.contains("no such thing"), "one label alone keeps nothing back");
}

/// Whoever reads an answer was admitted before, so of two calls at once the later one is judged by the earlier.
#[tokio::test]
async fn calls_at_once_are_judged_in_the_order_in_which_they_are_admitted() {
    let bench = bench().await;
    let session = begin();
    let source = bench.gate.call(call("get_patient", "slow", Approval::None, Some(&session)));
    let sink = async {
        bench.fake.wait_for_requests(1).await;
        called(&bench, "get_weather", Approval::None, &session).await
    };
    let (source, sink) = tokio::join!(source, sink);
    assert!(source.answer.is_ok() && sink.answer.expect_err("patient is on its way").kind == RefusalKind::Flow);

    let session = begin();
    let sink = bench.gate.call(call("get_weather", "slow", Approval::None, Some(&session)));
    let source = async {
        bench.fake.wait_for_requests(2).await;
        called(&bench, "get_patient", Approval::None, &session).await
    };
    let (sink, source) = tokio::join!(sink, source);
    assert!(sink.answer.is_ok() && source.answer.is_ok(), "its arguments were written before");

    // A call that is dropped has been admitted all the same.
    let session = begin();
    let hanging = bench.gate.call(call("get_patient", "hang", Approval::None, Some(&session)));
    assert!(tokio::time::timeout(Duration::from_millis(200), hanging).await.is_err());
    assert_eq!(verdict(&bench, "get_weather", Approval::None, &session).await, "flow");
}

#[tokio::test]
async fn without_a_conversation_all_that_is_offered_counts() {
    let bench = bench().await;
    for (tool, approval, expected) in [
        ("get_weather", Approval::None, "flow"),
        ("ask_expert", Approval::None, "flow_approval"),
        ("ask_expert", Approval::PersonTold("patient"), "answered"),
        ("get_patient", Approval::None, "answered"),
        ("list_wards", Approval::None, "answered"),
    ] {
        let outcome = bench.gate.call(call(tool, "text", approval, None)).await;
        let record = bench.records().pop().expect("a record");
        assert_eq!(record["verdict"], expected, "{tool}: {:?}", outcome.answer);
        assert_eq!((&record["session"], &record["mark"]), (&Value::Null, &json!("patient")));
    }
    let fault = bench.gate.check_flows().expect_err("they must not be offered together").to_string();
    assert!(fault.contains("`get_weather`") && fault.contains("--profile NAME"), "{fault}");
}

#[tokio::test]
async fn labels_that_do_not_belong_together_stop_the_program() {
    for (tool, labels, part) in [
        (labelled("probe", &PROBE, flow("secret", "public", Above::Refused)), LABELS, "names a label"),
        (labelled("probe", &PROBE, flow("public", "secret", Above::Refused)), LABELS, "names a label"),
        (tool("probe", Effect::Read, &PROBE, ANSWERS, field("kept")), LABELS, "has no label"),
        (labelled("probe", &PROBE, flow("public", "public", Above::Refused)), &[], "names a label"),
    ] {
        let catalogs = vec![&*Box::leak(Box::new(catalog(vec![tool].leak())))].leak();
        let opened = Bench::of(Program { labels, profiles: &[], ..program(catalogs) }).await;
        let fault = opened.err().expect("it does not start").to_string();
        assert!(fault.contains(part) && fault.contains("tool `probe`"), "{fault}");
    }
}

/// Calls at random beside an oracle that remembers what was read.
#[tokio::test]
async fn no_call_at_random_sends_on_what_its_tool_is_not_cleared_for() {
    let bench = bench().await;
    let rank = |label: &str| LABELS.iter().position(|known| *known == label);
    let mut state = 5_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % bound
    };
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..60 {
        let session = begin();
        let mut read: BTreeSet<&str> = BTreeSet::new();
        for _ in 0..6 {
            let tool = &TOOLS[below(TOOLS.len())];
            let approval =
                [Approval::None, Approval::Operator, Approval::Person, Approval::PersonTold(LABELS[below(3)])]
                    [below(4)];
            let flow = tool.flow.expect("is labelled");
            let is_free = |name: &str| flow.declassified.iter().any(|free| free.from == name);
            let of = |name: &str| {
                TOOLS.iter().find(|tool| tool.name == name).and_then(|tool| tool.flow).map(|flow| flow.label)
            };
            let carried = read.iter().filter(|name| !is_free(name)).filter_map(|name| rank(of(name)?)).max();
            let crosses = tool.name != "list_wards" && carried > rank(flow.clearance);
            let told = matches!(approval, Approval::PersonTold(label) if rank(label) >= carried);
            let is_right = match (crosses, flow.above, tool.effect) {
                (true, Above::Refused, _) => false,
                (true, Above::Asked, _) => told,
                (false, _, Effect::Read) => true,
                (false, ..) => approval.is_granted(),
            };
            let verdict = verdict(&bench, tool.name, approval, &session).await;
            assert_eq!(verdict == "answered", is_right, "{} after {read:?} with {approval:?}: {verdict}", tool.name);
            if is_right {
                read.insert(tool.name);
                answered += 1;
            } else {
                refused += 1;
            }
        }
    }
    assert!(answered > 100 && refused > 50, "{answered} answered, {refused} refused");
}
