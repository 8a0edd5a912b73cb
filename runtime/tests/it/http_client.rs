//! A client of HTTP that writes bytes and reads bytes, so that it can be as wrong as it likes.

use std::net::SocketAddr;
use std::sync::Arc;

use airlock_runtime::gate::{Approval, Gate};
use airlock_runtime::mcp;
use airlock_runtime::mcp::http::{At, Http, Listener, Visitors};
use airlock_runtime::site::{Secret, Serve};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::modern;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    /// Of an answer of several messages.
    pub(crate) fn events(&self) -> Vec<Value> {
        assert_eq!(self.header("content-type"), Some("text/event-stream"), "{self:?}");
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
        data.map(|data| serde_json::from_str(data).expect("is JSON")).collect()
    }
}

/// A server, for as long as the test runs or until it is told to end.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(gate: &Arc<Gate>, serve: &Serve) -> Self {
        let at: At = "127.0.0.1:0".parse().expect("an address");
        let listener = Listener::bind(&at).await.expect("a free port");
        let shown = listener.shown();
        let address = shown.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/mcp")).expect("an address");
        let mut server = mcp::Server::new(Arc::clone(gate), Approval::None).expect("the kernel has random numbers");
        if let Some(key) = &serve.state_key {
            server = server.with_state_key(key).expect("is long enough");
        }
        let http = Http::new(&server, Visitors::new(serve, &at));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
            Ok(())
        };
        let task = tokio::spawn(http.serve(listener, stopped, |fault| panic!("{fault}")));
        Self { address: address.parse().expect("an address"), stop: Some(stop), task }
    }

    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn ended(self) {
        self.task.await.expect("no panic").expect("a clean end");
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Sends a request as it stands, on a connection of its own.
    pub(crate) async fn send(&self, request: &str) -> Answer {
        send(&mut self.connect().await, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await
    }

    /// Posts a message as a client of the newest revision does.
    pub(crate) async fn ask(&self, message: &Value) -> Answer {
        self.send(&post(message, "")).await
    }

    /// Calls a tool, as a client of the newest revision that can show forms.
    pub(crate) async fn call(&self, params: Value) -> Value {
        self.ask(&asking(params)).await.json()
    }
}

/// A call by a client that can put a form before a person.
pub(crate) fn asking(params: Value) -> Value {
    let mut call = modern(1, "tools/call", params);
    let able = serde_json::json!({"elicitation": {"form": {}}});
    call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = able;
    call
}

/// A request with the headers that the newest revision wants, and more.
pub(crate) fn post(message: &Value, more: &str) -> String {
    let method = message["method"].as_str().unwrap_or_default();
    let name = message["params"]["name"].as_str().map(|name| format!("Mcp-Name: {name}\r\n")).unwrap_or_default();
    let headers = format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}{more}");
    raw_post(&headers, &message.to_string())
}

/// A request of an older revision.
pub(crate) fn legacy_post(message: &Value) -> String {
    raw_post("MCP-Protocol-Version: 2025-11-25\r\n", &message.to_string())
}

/// A request with a body, and no header of the protocol.
pub(crate) fn raw_post(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Sends a request, and reads to the end of the connection.
pub(crate) async fn send<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &str) -> Answer {
    // A server that has refused a body does not read the rest of it.
    let _ = stream.write_all(request.as_bytes()).await;
    read(stream).await
}

pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(body);
    }
    answer
}

fn unchunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        text.push_str(&rest[..size]);
        body = rest[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    text
}

/// What a site says of a key that several processes have.
pub(crate) fn with_key(key: &str) -> Serve {
    Serve { state_key: Some(Secret::new(key.to_owned()).expect("visible")), ..Serve::default() }
}
