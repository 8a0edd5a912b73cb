//! The server as a caller sees it: over a socket, with each fault.

use super::{Fault, Options, Running, serve};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const PATH: &str = "/v1/units/H1";

fn started(options: Options) -> Running {
    serve(options).expect("a free port")
}

/// Everything that the server sends on one connection before it closes it.
fn exchange(running: &Running, path: &str, key: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(running.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: clinic\r\nX-Api-Key: {key}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn an_answer_comes_over_the_socket_and_is_remembered() {
    let running = started(Options::new("secret"));
    let answer = exchange(&running, "/v1/units/H1", "secret").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    assert!(answer.contains("Harbour Hospital"), "{answer}");
    let refused = exchange(&running, "/v1/units/H1?x=%41", "wrong").expect("an answer");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    assert!(!refused.contains("secret") && !refused.contains("wrong"), "{refused}");
    let received = running.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].target, "/v1/units/H1?x=%41");
    assert!(received[1].headers.contains(&("x-api-key".to_owned(), "wrong".to_owned())));
}

#[test]
fn faults_that_end() {
    let answer =
        |fault| exchange(&started(Options::new("key").with_fault(PATH, fault)), PATH, "key").unwrap_or_default();
    assert_eq!(answer(Fault::Close), "");
    let cut = answer(Fault::Cut);
    assert!(cut.contains("Rosa Keller") || cut.contains("full_name"), "{cut}");
    assert!(!cut.ends_with("0\r\n\r\n"), "a cut answer has no end");
    let garbage = answer(Fault::Garbage);
    let body = garbage.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    assert!(body.starts_with('{') && serde_json::from_str::<serde_json::Value>(body).is_err(), "{garbage}");
    assert!(answer(Fault::Status(503)).starts_with("HTTP/1.1 503 "));
    assert!(answer(Fault::Status(302)).contains("location: /v1/elsewhere\r\n"));
    let huge = answer(Fault::Huge);
    assert!(huge.len() > 64 * 1024 * 1024 && !huge.contains("content-length"));
}

#[test]
fn a_hanging_answer_ends_with_the_server() {
    let running = started(Options::new("key").with_fault(PATH, Fault::Hang));
    let mut stream = TcpStream::connect(running.address()).expect("a connection");
    stream.write_all(format!("GET {PATH} HTTP/1.1\r\nHost: clinic\r\n\r\n").as_bytes()).expect("a request");
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let mut byte = [0];
    assert!(stream.read(&mut byte).is_err(), "nothing may come");
    assert!(exchange(&running, "/v1/units/D1", "key").is_ok_and(|answer| answer.contains("Internal Medicine")));
    running.stop();
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    assert_eq!(stream.read(&mut byte).unwrap_or_default(), 0);
}

#[test]
fn answers_are_held_back() {
    let mut options = Options::new("key");
    options.delay = Duration::from_millis(60);
    let running = started(options);
    let begin = Instant::now();
    assert!(exchange(&running, PATH, "key").is_ok_and(|answer| answer.contains("Harbour Hospital")));
    assert!(begin.elapsed() >= Duration::from_millis(60));
}
