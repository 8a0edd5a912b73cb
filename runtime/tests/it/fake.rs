//! An upstream that answers, breaks off, hangs or lies, by the path that is asked for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::catalog::CANARY;

/// A listening upstream. Its tasks end with the test's runtime.
pub(crate) struct Fake {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: watch::Receiver<usize>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (count, connections) = watch::channel(0);
        let count = Arc::new(count);
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, count) = (Arc::clone(&seen), Arc::clone(&count));
                tokio::spawn(async move {
                    count.send_modify(|open| *open += 1);
                    serve(stream, &seen).await;
                    count.send_modify(|open| *open -= 1);
                });
            }
        });
        Self { port, requests, connections }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests so far, whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }

    /// Waits until this many requests have come.
    pub(crate) async fn wait_for_requests(&self, count: usize) {
        for _ in 0..500 {
            if self.requests().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the upstream was not asked {count} times");
    }

    /// Waits until no connection is open.
    pub(crate) async fn wait_until_left(&self) {
        let mut connections = self.connections.clone();
        let left = connections.wait_for(|open| *open == 0);
        tokio::time::timeout(Duration::from_secs(5), left).await.expect("the connection stays open").expect("alive");
    }
}

async fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    while let Some(request) = read_request(&mut stream).await {
        seen.lock().expect("no panic").push(request.clone());
        let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let path = target.split('?').next().unwrap_or_default();
        let what = path.strip_prefix("/v1/probe/").unwrap_or_default();
        let json = "content-type: application/json\r\n";
        match what {
            "hang" => {
                // Until the other side leaves.
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
            "slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                answer(&mut stream, 200, json, "{\"kept\":\"late\"}").await;
            }
            "cut" => {
                let _ = stream
                    .write_all(
                        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"kept\"",
                    )
                    .await;
                return;
            }
            "drop" => return,
            "busy" | "busy-for-long" => {
                let count = seen.lock().expect("no panic").iter().filter(|one| one.contains("/probe/busy")).count();
                let wait = if what == "busy" { 0 } else { 600 };
                if count < 3 {
                    let headers = format!("content-type: text/plain\r\nretry-after: {wait}\r\n");
                    answer(&mut stream, if count == 1 { 503 } else { 429 }, &headers, "").await;
                } else {
                    answer(&mut stream, 200, json, "{\"kept\":1}").await;
                }
            }
            "large" => answer(&mut stream, 200, json, &format!("{{\"kept\":\"{}\"}}", "x".repeat(20_000))).await,
            "endless" => {
                let _ = stream
                    .write_all(
                        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
                    )
                    .await;
                while stream.write_all(b"400\r\n").await.is_ok()
                    && stream.write_all(&[b' '; 1024]).await.is_ok()
                    && stream.write_all(b"\r\n").await.is_ok()
                {}
                return;
            }
            "wide" => answer(&mut stream, 200, json, &format!("{{\"kept\":\"{}\"}}", "x".repeat(3000))).await,
            "redirect" => answer(&mut stream, 302, "location: http://127.0.0.1:1/steal\r\n", "").await,
            "html" => answer(&mut stream, 200, "content-type: text/html\r\n", "<html>").await,
            "broken" => answer(&mut stream, 200, json, "{\"kept\":1,}").await,
            "gzip" => answer(&mut stream, 200, &format!("{json}content-encoding: gzip\r\n"), "x").await,
            "undeclared" => answer(&mut stream, 203, json, "{\"kept\":1}").await,
            "missing" => {
                let detail = "{\"detail\":\"no such\\nthing\",\"trace\":\"dropped-661166\"}";
                answer(&mut stream, 404, "content-type: application/problem+json\r\n", detail).await;
            }
            "echo-in-failure" => {
                answer(&mut stream, 400, "content-type: text/plain\r\n", &format!("bad key {CANARY}")).await;
            }
            "echo" => answer(&mut stream, 200, json, &format!("{{\"kept\":[\"key is {CANARY}\"]}}")).await,
            "text" => answer(&mut stream, 200, json, "{\"kept\":[\"dropped-661166\"]}").await,
            "then-dies" => {
                answer(&mut stream, 200, json, "{\"kept\":1}").await;
                // Takes one more request and dies over it, so that nobody can tell whether it acted.
                if let Some(request) = read_request(&mut stream).await {
                    seen.lock().expect("no panic").push(request);
                }
                return;
            }
            "once" => {
                // Closes without saying so, as servers do with connections that have been idle for long.
                answer(&mut stream, 200, json, "{\"kept\":1}").await;
                return;
            }
            _ if target.starts_with("/v1/patients") => {
                let items = "{\"items\":[{\"name\":\"Li\",\"ssn\":\"dropped-661166\",\"id\":1},{\"id\":2,\"name\":null}],\"total\":2}";
                answer(&mut stream, 200, json, items).await;
            }
            _ if target == "/v1/notes" && request.contains("\"busy\"") => {
                answer(&mut stream, 503, "retry-after: 0\r\n", "").await;
            }
            _ if target == "/v1/notes" => answer(&mut stream, 201, json, "{\"id\":\"n1\"}").await,
            _ if target.starts_with("/v1/notes/") => answer(&mut stream, 204, "", "").await,
            _ => answer(&mut stream, 200, json, "{\"kept\":{\"ok\":true}}").await,
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let text = format!("HTTP/1.1 {status} x\r\n{headers}{length}\r\n{body}");
    let _ = stream.write_all(text.as_bytes()).await;
}

/// One request with its body, or none if the other side has left.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Some(text);
        }
    }
}
