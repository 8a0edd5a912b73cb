//! A client of MCP that writes lines and reads lines.

use std::sync::Arc;
use std::time::Duration;

use airlock_runtime::gate::{Approval, Gate};
use airlock_runtime::mcp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

use crate::catalog::Bench;

/// A client that writes lines and reads lines.
pub(crate) struct Client {
    write: Option<WriteHalf<DuplexStream>>,
    lines: BufReader<ReadHalf<DuplexStream>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Client {
    pub(crate) fn connect(bench: &Bench, approval: Approval) -> Self {
        Self::connect_to(&bench.gate, approval)
    }

    pub(crate) fn connect_to(gate: &Arc<Gate>, approval: Approval) -> Self {
        let (near, far) = tokio::io::duplex(1 << 22);
        let (read, write) = tokio::io::split(far);
        let server = mcp::Server::new(Arc::clone(gate), approval).expect("the kernel has random numbers");
        let server = tokio::spawn(async move { server.serve(read, write).await });
        let (lines, write) = tokio::io::split(near);
        Self { write: Some(write), lines: BufReader::new(lines), server }
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        let write = self.write.as_mut().expect("still open");
        write.write_all(text.as_bytes()).await.expect("written");
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(&format!("{message}\n")).await;
    }

    pub(crate) async fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        tokio::time::timeout(Duration::from_secs(5), read).await.expect("no answer in time").expect("readable");
        serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{fault}: {line:?}"))
    }

    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        let id = message["id"].clone();
        self.send(message).await;
        let answer = self.receive().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// Ends the input, reads what is left, and waits for the server's own end.
    pub(crate) async fn end(mut self) -> Vec<Value> {
        self.write.as_mut().expect("still open").shutdown().await.expect("shut down");
        drop(self.write.take());
        let mut rest = Vec::new();
        let mut line = String::new();
        while self.lines.read_line(&mut line).await.expect("readable") > 0 {
            rest.push(serde_json::from_str(&line).expect("JSON"));
            line.clear();
        }
        self.server.await.expect("no panic").expect("a clean end");
        rest
    }
}

/// A request of the newest revision.
pub(crate) fn modern(id: u32, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

pub(crate) fn legacy(id: u32, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

pub(crate) async fn initialize(client: &mut Client, version: &str) -> Value {
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let answer = client.ask(legacy(0, "initialize", &params)).await;
    client.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    answer
}
