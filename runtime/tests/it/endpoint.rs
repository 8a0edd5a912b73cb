//! A model server: what it is asked, what its answers come to, and what it cannot do to this program.
//!
//! `endpoint/*.answer` are answers as servers send them. Those of llama-server (build 10434) were recorded; those of vLLM and
//! Ollama are written as their sources write them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use airlock_contract::Effect;
use airlock_runtime::model::endpoint::{CONTEXT_TOKENS_UNTOLD, Endpoint, Settings, Waits};
use airlock_runtime::model::offer::{Offer, OfferedTool};
use airlock_runtime::model::{
    Flow, Message, Model, ModelError, Outcome, Piece, Prompt, Sampling, ToolCall, Turn, Want,
};
use airlock_runtime::site::Secret;
use serde_json::{Value, json};

use crate::model_server::{Said, Scripted, file, left_after};

const EITHER: Want = Want::Either { log_odds_min: 0.0 };
const SSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

fn prompt(messages: Vec<Message>) -> Prompt {
    let schema = json!({ "type": "object", "additionalProperties": false, "required": ["ward_id"], "properties": {
        "ward_id": { "type": "string", "description": "Identifier of the ward." } } });
    let tool = OfferedTool {
        name: "find_free_beds".to_owned(),
        description: "Tells which beds of one ward are free now.".to_owned(),
        schema,
        effect: Effect::Read,
        ungrounded: std::collections::BTreeSet::new(),
    };
    let offer = Offer::new(vec![tool]).expect("it can be constrained");
    Prompt { offer: Some(Arc::new(offer)), calls: None, messages, is_shared: true }
}

fn question() -> Prompt {
    prompt(vec![
        Message::System("You look things up.".to_owned()),
        Message::User("Which beds are free on ward W3?".to_owned()),
    ])
}

fn settings(server: &Scripted) -> Settings {
    let waits = Waits {
        connect: Duration::from_secs(2),
        begin: Duration::from_secs(2),
        next: Duration::from_millis(400),
        counts: Duration::from_millis(200),
    };
    Settings { waits, ..Settings::of(server.address.parse().expect("an address")) }
}

/// Opens a server whose first answer is its list of models.
fn open(server: &Scripted) -> Endpoint {
    Endpoint::open(&settings(server), &mut |_| Flow::Continue).expect("it lists a model")
}

fn call(ward: &str) -> ToolCall {
    let arguments = json!({ "ward_id": ward }).as_object().expect("an object").clone();
    ToolCall { tool: "find_free_beds".to_owned(), arguments }
}

/// A turn of a server with one recorded answer, and the words that were shown meanwhile.
fn turn_of(name: &'static str, want: Want) -> (Result<Turn, ModelError>, String) {
    let server = Scripted::over_tcp(vec![Said::File("models"), Said::File(name)]);
    let mut shown = String::new();
    let turn = open(&server).turn(&question(), want, 100, &mut |piece| {
        if let Piece::Text(text) = piece {
            shown.push_str(text);
        }
        Flow::Continue
    });
    (turn, shown)
}

#[test]
fn what_is_asked_is_the_conversation_in_the_words_of_the_chat_api() {
    let messages = vec![
        Message::System("You look things up.".to_owned()),
        Message::User("Beds on W3 and W4?".to_owned()),
        Message::Call(call("W3")),
        Message::Result("{\"free\": 2}".to_owned()),
        Message::Call(call("W4")),
        Message::Result("{\"free\": 0}".to_owned()),
        Message::Reminder("Answer.".to_owned()),
        Message::Assistant("Two.".to_owned()),
        Message::User("Thanks.".to_owned()),
    ];
    for (server, path) in [
        (Scripted::over_tcp(vec![Said::File("models"), Said::File("text")]), "/v1"),
        (Scripted::at_a_socket(vec![Said::File("models"), Said::File("text")]), "/v1"),
    ] {
        let sampling = Sampling { temperature: 0.7, seed: 3 };
        let key = Some(Secret::new("canary-771177-canary".to_owned()).expect("visible"));
        let settings = Settings { sampling, key, ..settings(&server) };
        let mut model = Endpoint::open(&settings, &mut |_| Flow::Continue).expect("it lists a model");
        let identity = model.identity();
        assert_eq!((identity.name.as_str(), identity.context_tokens, identity.is_constrained), ("demo", 8192, false));
        assert!(identity.address.as_ref().is_some_and(|address| address.starts_with(&server.address)), "{identity:?}");
        model.turn(&prompt(messages.clone()), EITHER, 100, &mut |_| Flow::Continue).expect("an answer");
        let requests = server.requests();
        assert!(requests[0].starts_with(&format!("GET {path}/models HTTP/1.1\r\n")), "{}", requests[0]);
        assert!(requests[1].starts_with(&format!("POST {path}/chat/completions HTTP/1.1\r\n")), "{}", requests[1]);
        assert!(requests.iter().all(|request| request.contains("authorization: Bearer canary-771177-canary\r\n")));
        let expected: Value = serde_json::from_slice(&file("conversation.request.json")).expect("JSON");
        assert_eq!(server.body(1), expected);
    }
}

#[test]
fn each_want_has_its_word() {
    for (want, word) in [(Want::Text, "none"), (Want::Call, "required"), (EITHER, "auto")] {
        let server = Scripted::over_tcp(vec![Said::File("models"), Said::File("text")]);
        open(&server).turn(&question(), want, 100, &mut |_| Flow::Continue).expect("an answer");
        assert_eq!(server.body(1)["tool_choice"], word);
    }
    let server = Scripted::over_tcp(vec![Said::File("models"), Said::File("text")]);
    let plain = Prompt { offer: None, ..question() };
    open(&server).turn(&plain, Want::Text, 100, &mut |_| Flow::Continue).expect("an answer");
    assert!(server.body(1).get("tools").is_none() && server.body(1).get("tool_choice").is_none());
}

#[test]
fn calls_and_words_come_whole_however_they_are_cut() {
    let outcome = |name| turn_of(name, EITHER).0.expect("an answer").outcome;
    assert_eq!(outcome("call"), Outcome::Calls(vec![call("W3")]));
    assert_eq!(outcome("two_calls"), Outcome::Calls(vec![call("W3"), call("W4")]));
    assert_eq!(outcome("whole_calls"), Outcome::Calls(vec![call("W3"), call("W4")]));
    let Outcome::Calls(calls) = outcome("broken_arguments") else { panic!("no call") };
    assert!(calls.len() == 1 && calls[0].is_unreadable(), "{calls:?}");

    let sentence = "The names of the free beds on ward W3 are W3-04 and W3-06.";
    let (turn, shown) = turn_of("text", EITHER);
    let turn = turn.expect("an answer");
    assert_eq!((turn.outcome, shown.as_str()), (Outcome::Text(sentence.to_owned()), sentence));
    assert_eq!((turn.usage.prompt_tokens, turn.usage.reused_tokens, turn.usage.written_tokens), (329, 129, 24));
    assert_eq!(turn_of("plain", EITHER).1, sentence, "an answer in one piece, though a stream was asked for");
    assert_eq!(outcome("length"), Outcome::LengthLimit("The names of the".to_owned()));
    let (turn, shown) = turn_of("control", EITHER);
    assert_eq!(
        (turn.expect("an answer").outcome, shown.as_str()),
        (Outcome::Text("a[31mbc\n".to_owned()), "a[31mbc\n")
    );
}

#[test]
fn what_goes_wrong_is_told_in_one_line_with_the_way_out() {
    for (name, told) in [
        ("no_jinja", "start llama-server with `--jinja`"),
        ("vllm_auto", "start vLLM with `--enable-auto-tool-choice --tool-call-parser NAME`"),
        ("no_key", "name the file of its key with `--endpoint-key-file`"),
        ("too_long", "raise the server's context"),
        ("redirect", "redirects are not followed"),
        ("html", "answers with `text/html`, which is no chat API"),
        ("garbage", "sent something that is not JSON: \"<<< [2J not json\""),
        ("in_the_middle", "ended its answer in the middle"),
        ("error_event", "broke the answer off: CUDA out of memory [2J"),
    ] {
        let fault = turn_of(name, EITHER).0.expect_err(name).to_string();
        assert!(fault.starts_with("the model server at http://127.0.0.1:") && fault.contains(told), "{name}: {fault}");
        assert!(!fault.contains(char::is_control), "{fault:?}");
    }
}

#[test]
fn an_answer_from_a_cut_prompt_is_none() {
    let fault = turn_of("cut_prompt", EITHER).0.expect_err("nine tokens are fewer than the words");
    let ModelError::PromptCut { read: 9, least } = fault else { panic!("{fault}") };
    assert!(least > 20, "{least}");
    assert!(fault.to_string().contains("num_ctx"), "{fault}");
    // Where no call is wanted the tools may be left out: eleven words are left.
    let fault = turn_of("cut_prompt", Want::Text).0.expect_err("nine tokens are fewer than the words");
    assert_eq!(fault, ModelError::PromptCut { read: 9, least: 11 });
}

#[test]
fn a_server_that_is_not_there_or_has_no_model_is_told_at_once() {
    let fault = |server: &Scripted, model: Option<&str>| {
        let settings = Settings { model: model.map(str::to_owned), ..settings(server) };
        Endpoint::open(&settings, &mut |_| Flow::Continue).map(|_| ()).expect_err("no model").to_string()
    };
    let mut gone = Scripted::at_a_socket(Vec::new());
    gone.address.push_str("-gone");
    assert!(fault(&gone, None).contains("cannot be reached"), "{}", fault(&gone, None));
    assert!(fault(&Scripted::over_tcp(vec![Said::File("no_key")]), Some("x")).contains("--endpoint-key-file"));
    assert!(fault(&Scripted::over_tcp(vec![Said::File("html")]), None).contains("no chat API"));
    let nothing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
    assert!(fault(&Scripted::over_tcp(vec![Said::Stall(nothing.clone())]), None).contains("the chat API is elsewhere"));
    // One that lists none may have the one that is named.
    let server = Scripted::over_tcp(vec![Said::Stall(nothing)]);
    let settings = Settings { model: Some("demo\u{7}".to_owned()), ..settings(&server) };
    let model = Endpoint::open(&settings, &mut |_| Flow::Continue).expect("it may be there");
    assert_eq!((model.identity().name.as_str(), model.identity().context_tokens), ("demo", CONTEXT_TOKENS_UNTOLD));
}

#[test]
fn a_server_that_keeps_its_list_to_itself_is_given_up() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
    let late = |said: Said| {
        let server = Scripted::over_tcp(vec![said]);
        let fault = Endpoint::open(&settings(&server), &mut |_| Flow::Continue).map(|_| ()).expect_err("no list");
        left_after(&server, Instant::now());
        fault.to_string()
    };
    assert!(late(Said::Stall(head.clone())).contains("took too long to say which models"));
    assert!(late(Said::Stall(Vec::new())).starts_with("the model server at "));
    assert!(late(Said::Endless(head, vec![b' '; 65_536])).contains("without an end"));
}

#[test]
fn a_key_that_comes_back_is_not_shown() {
    let body = "{\"error\":{\"message\":\"bad key canary-771177-canary\"}}";
    let said = format!("HTTP/1.1 401 x\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes();
    let server = Scripted::over_tcp(vec![Said::Stall(said)]);
    let key = Some(Secret::new("canary-771177-canary".to_owned()).expect("visible"));
    let settings = Settings { key, ..settings(&server) };
    assert!(!format!("{settings:?}").contains("canary"));
    let fault = Endpoint::open(&settings, &mut |_| Flow::Continue).map(|_| ()).expect_err("refused").to_string();
    assert!(!fault.contains("canary"), "{fault}");
}

#[test]
fn a_stop_closes_the_connection_at_once() {
    let begun = [SSE, b"data: {\"choices\":[{\"delta\":{\"content\":\"The\"}}]}\n\n"].concat();
    // Before the head of the answer, and in the middle of it.
    for (bytes, server) in [(Vec::new(), 0), (begun.clone(), 0), (begun, 1)] {
        let said = vec![Said::File("models"), Said::Stall(bytes)];
        let server = if server == 0 { Scripted::over_tcp(said) } else { Scripted::at_a_socket(said) };
        let mut model = open(&server);
        let (mut ticks, mut stopped) = (0, Instant::now());
        let turn = model.turn(&question(), EITHER, 100, &mut |piece| {
            ticks += usize::from(piece == Piece::Tick);
            stopped = Instant::now();
            if ticks == 8 { Flow::Stop } else { Flow::Continue }
        });
        assert_eq!(turn.expect("an end").outcome, Outcome::Cancelled);
        assert!(left_after(&server, stopped) < Duration::from_millis(200));
    }
}

#[test]
fn nothing_that_a_server_does_holds_this_program_or_fills_its_memory() {
    let fault = |said: Said| {
        let server = Scripted::over_tcp(vec![Said::File("models"), said]);
        let mut model = open(&server);
        let started = Instant::now();
        let fault = model.turn(&question(), EITHER, 100, &mut |_| Flow::Continue).expect_err("a fault").to_string();
        assert!(started.elapsed() < Duration::from_secs(20), "{fault}");
        left_after(&server, started);
        fault
    };
    let event = b"data: {\"choices\":[{\"delta\":{\"content\":\"The\"}}]}\n\n";
    let told = fault(Said::Stall(Vec::new()));
    assert!(told.contains("did not begin to answer within 2s"), "{told}");
    let told = fault(Said::Stall([SSE, event].concat()));
    assert!(told.contains("fell silent for 400ms"), "{told}");
    let told = fault(Said::Endless(SSE.to_vec(), vec![b'x'; 65_536]));
    assert!(told.contains("a line without an end"), "{told}");
    let pings = b": ping\n".repeat(9000);
    let told = fault(Said::Endless(SSE.to_vec(), pings));
    assert!(told.contains("more than 32 MB"), "{told}");
    let json = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
    let told = fault(Said::Endless(json, vec![b' '; 65_536]));
    assert!(told.contains("more than 32 MB"), "{told}");
    let told = fault(Said::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(1000)));
    assert!(told.contains("broke the connection"), "{told}");
    let told = fault(Said::Endless(Vec::new(), b"HTTP/1.1 102 Processing\r\n\r\n".to_vec()));
    assert!(told.contains("broke the connection"), "{told}");
}

#[test]
fn an_answer_is_an_answer_without_its_counts() {
    let over = b"data: {\"choices\":[{\"delta\":{\"content\":\"Two.\"},\"finish_reason\":\"stop\"}]}\n\n";
    let server = Scripted::over_tcp(vec![Said::File("models"), Said::Stall([SSE, over].concat())]);
    let turn = open(&server).turn(&question(), EITHER, 100, &mut |_| Flow::Continue).expect("an answer");
    assert_eq!(turn.outcome, Outcome::Text("Two.".to_owned()));
    assert_eq!((turn.usage.prompt_tokens, turn.usage.written_tokens), (0, 1));
}
