//! An upstream that a test writes as a function from requests to answers.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A listening upstream. Its task ends with the test's runtime.
pub(crate) struct Scripted {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers the target of each request, in the order in which they come, one request a connection.
    pub(crate) async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => break,
                    }
                }
                let head = String::from_utf8(head).expect("ASCII");
                let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                seen.lock().expect("no panic").push(head);
                // A caller that has seen enough may be gone.
                let _ = stream.write_all(&answer(&target)).await;
            }
        });
        Self { port, requests }
    }

    /// The targets that were asked for so far.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.heads().iter().map(|head| head.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
    }

    /// The requests so far, without bodies.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

/// A JSON answer with further header lines, each of which ends with a line break.
pub(crate) fn json(headers: &str, body: &str) -> Vec<u8> {
    answer(200, &format!("content-type: application/json\r\n{headers}"), body.as_bytes())
}

/// An answer, after which the connection is closed.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}
