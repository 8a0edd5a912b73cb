//! Requests that are broken anywhere: each is answered or cut off, and the server goes on.

use std::time::Duration;

use airlock_runtime::site::Serve;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::catalog::Bench;
use crate::http_client::{Server, asking, post};

/// Numbers that look random and are the same in every run (G. Marsaglia, "Xorshift RNGs").
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("is below a usize")
    }
}

/// A request with some bytes changed, doubled, cut out, or put where they do not belong.
fn broken(request: &str, numbers: &mut Numbers) -> Vec<u8> {
    const WORDS: [&str; 9] =
        ["\r\n", "\r\n\r\n", "\0", "{", "\"", "\\ud800", ": ", "Transfer-Encoding: chunked\r\n", "99999999999"];
    let mut bytes = request.as_bytes().to_vec();
    for _ in 0..=numbers.below(2) {
        let at = numbers.below(bytes.len());
        match numbers.below(4) {
            0 => bytes[at] = u8::try_from(numbers.below(256)).expect("is a byte"),
            1 => drop(bytes.drain(at..(at + 1 + numbers.below(20)).min(bytes.len()))),
            2 => drop(bytes.splice(at..at, WORDS[numbers.below(WORDS.len())].bytes())),
            _ => {
                let to = (at + numbers.below(40)).min(bytes.len());
                let part = bytes[at..to].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

#[tokio::test]
async fn a_server_outlives_noise() {
    let bench = Bench::new().await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let whole = post(&asking(json!({"name": "find_patients", "arguments": {"name": "Li"}})), "");
    let (mut numbers, mut answered, mut refused) = (Numbers(20_260_728), 0, 0);
    for _ in 0..1000 {
        let bytes = broken(&whole, &mut numbers);
        let mut stream = server.connect().await;
        // The server may have hung up already.
        let _ = stream.write_all(&bytes).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        // A request whose rest is waited for is given up on later than this.
        let _ = tokio::time::timeout(Duration::from_millis(20), read).await;
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        assert!(status != 500 && head.starts_with("HTTP/1.1 "), "{text}\n{}", String::from_utf8_lossy(&bytes));
        if head.contains("application/json") {
            // What comes behind the first answer is one to what the noise made a second request.
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            let body = body.get(..length.expect("a length")).expect("it is whole");
            let message: Value = serde_json::from_str(body).expect("a whole message");
            assert!(
                message["jsonrpc"] == "2.0" && message["result"].is_object() != message["error"].is_object(),
                "{text}"
            );
        }
        if status == 200 { answered += 1 } else { refused += 1 }
    }
    assert!(answered > 10 && refused > 300, "{answered} and {refused}: the noise is too loud or too soft");
    assert_eq!(server.send(&whole).await.status, 200);
}
