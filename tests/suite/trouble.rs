//! An upstream in every kind of trouble, as an MCP client sees it through the real program: a text that says what failed and
//! whether a retry can help, in time, with little memory; and the next call works.

use std::time::Duration;

use airlock_tests::faulty::{Trouble, serve};
use airlock_tests::host::{Client, KEY, Place, modern};
use serde_json::{Value, json};

/// What the site file gives a call.
const SECONDS_MAX: u64 = 2;

/// On top of it, on a busy machine.
const GRACE: Duration = Duration::from_secs(3);

/// More than the program may hold after all of them than it held after a plain call, in bytes.
const GROWTH_MAX: u64 = 6 << 20;

const BROKE_OFF: &str = "`clinic` broke the connection off";
const OTHER: &str = "The upstream's answer is not what its document declares";
const TOO_LONG: &str = "longer than the 131072 bytes that this tool may read";
const TOO_SLOW: &str = "`clinic` did not answer within 2 s";

/// What a text has to say: what failed, and whether a retry can help.
const TEXTS: &[(Trouble, &[&str])] = &[
    (Trouble::ResetBeforeHead, &[BROKE_OFF, "reset", "A retry may help once."]),
    (Trouble::ResetInHead, &[BROKE_OFF, "A retry may help once."]),
    (Trouble::ResetInBody, &[BROKE_OFF, "A retry may help once."]),
    (Trouble::Drip, &[TOO_SLOW, "A retry may help once"]),
    (Trouble::Never, &[TOO_SLOW, "A retry may help once"]),
    (Trouble::LengthTooShort, &[OTHER, "its JSON is broken", "A retry will hardly help."]),
    (Trouble::LengthTooLong, &[BROKE_OFF, "before message length reached", "A retry may help once."]),
    (Trouble::TwoLengths, &[BROKE_OFF, "invalid content-length", "A retry may help once."]),
    (Trouble::ChunksWithoutEnd, &[TOO_LONG, "Ask for less"]),
    (Trouble::BadChunk, &[BROKE_OFF, "Invalid chunk size", "A retry may help once."]),
    (Trouble::Gigabyte, &[TOO_LONG, "Ask for less"]),
    (Trouble::BadGzip, &["compressed in a way that was not offered", "A retry will hardly help"]),
    (Trouble::Html, &[OTHER, "it came as `text/html`", "A retry will hardly help."]),
    (Trouble::BrokenJson, &[OTHER, "its JSON is broken at line 1", "A retry will hardly help."]),
    (Trouble::OtherCharset, &[OTHER, "this is not UTF-8", "A retry will hardly help."]),
    (Trouble::LongHeader, &[BROKE_OFF, "the head of the answer is longer than 262144 bytes", "A retry may help once."]),
    (Trouble::ManyHeaders, &[BROKE_OFF, "head is too large", "A retry may help once."]),
    (
        Trouble::Informational,
        &[BROKE_OFF, "the head of the answer is longer than 262144 bytes", "A retry may help once."],
    ),
    (Trouble::Redirect, &["answered with a redirect (302)", "A retry will not help"]),
    (Trouble::NoContentWithBody, &["status 204, which its document does not declare", "a retry will not help"]),
    (Trouble::Overloaded, &["status 503", "A retry after a while may help. It asks to wait 60 s."]),
    (Trouble::NoHttp, &[BROKE_OFF, "A retry may help once."]),
];

fn has_all(text: &str, parts: &[&str]) -> bool {
    parts.iter().all(|part| text.contains(part)) && !text.contains(KEY)
}

fn is_well(result: &Value) -> bool {
    result["isError"] == false && result["structuredContent"].to_string().contains("Penicillin")
}

fn call(client: &Client, trouble: Trouble) -> Value {
    let params = json!({"name": "list_allergies", "arguments": {"patient_id": trouble.patient()}});
    let answer = client.ask(&modern(trouble.patient(), "tools/call", params), Duration::from_secs(SECONDS_MAX) + GRACE);
    answer["result"].clone()
}

#[test]
fn every_trouble_is_told_in_time_and_the_next_call_works() {
    let upstream = serve().expect("a free port");
    let place = Place::new(&format!("http://{upstream}"), &json!({"seconds_max": SECONDS_MAX}));
    let (server, client) = place.serve(&[]);
    assert!(is_well(&call(&client, Trouble::None)));
    let before = server.memory_bytes("VmHWM");
    for (trouble, parts) in TEXTS {
        let result = call(&client, *trouble);
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        assert!(result["isError"] == true && has_all(text, parts), "{trouble:?}: {result}");
        assert!(is_well(&call(&client, Trouble::None)), "after {trouble:?}");
    }
    // What only reads is sent again where a kept connection turns out dead.
    for _ in 0..3 {
        assert!(is_well(&call(&client, Trouble::DiesAfterwards)));
    }
    assert_eq!(TEXTS.len() + 2, Trouble::ALL.len(), "every other trouble stands in the table");
    let grown = server.memory_bytes("VmHWM") - before;
    assert!(grown <= GROWTH_MAX, "{grown} bytes more");
    assert_eq!(place.audit().len(), 1 + 2 * TEXTS.len() + 3);
}

#[test]
fn an_upstream_that_is_not_there_is_told_in_time_and_found_again() {
    let upstream = serve().expect("a free port");
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let place = Place::new(&format!("http://{closed}"), &json!({"seconds_max": SECONDS_MAX}));
    let (_server, client) = place.serve(&[]);
    let result = call(&client, Trouble::None);
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let parts = ["`clinic` cannot be reached (Connection refused", "nothing was sent. A retry after a while may help."];
    assert!(result["isError"] == true && has_all(text, &parts), "{result}");
    // Somebody starts it: here, what passes bytes on to the other one.
    let listener = std::net::TcpListener::bind(closed).expect("still free");
    std::thread::spawn(move || {
        let (near, _) = listener.accept().expect("a connection");
        let far = std::net::TcpStream::connect(upstream).expect("it listens");
        let (mut from, mut to) = (near.try_clone().expect("a copy"), far.try_clone().expect("a copy"));
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        std::io::copy(&mut &far, &mut &near)
    });
    assert!(is_well(&call(&client, Trouble::None)));
}
