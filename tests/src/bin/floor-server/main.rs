//! `floor-server`: the least that a server of tools over standard input and output has to do, as the floor of benchmarks.
//!
//! It reads lines, answers `initialize`, `tools/list` and `tools/call`, and makes every call a request over one connection
//! that is kept. It checks no argument, prunes nothing, records nothing, knows one era, one call at a time, and no trouble.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(list), Some(authority)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: floor-server TOOLS-FILE HOST:PORT"));
    };
    let tools = std::fs::read_to_string(list)?;
    let mut upstream = None;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let request: Value = serde_json::from_str(&line)?;
        let id = &request["id"];
        let result = match request["method"].as_str().unwrap_or_default() {
            "initialize" => json!({
                "protocolVersion": request["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "floor", "version": "1"},
            })
            .to_string(),
            "tools/list" => format!("{{\"tools\":{}}}", tools.trim_end()),
            "tools/call" => call(&request["params"]["arguments"], &authority, &mut upstream)?,
            _ => String::new(),
        };
        if !result.is_empty() {
            writeln!(output, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}")?;
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}

/// Reads the user that the arguments name.
fn call(arguments: &Value, authority: &str, kept: &mut Option<BufReader<TcpStream>>) -> io::Result<String> {
    if kept.is_none() {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        *kept = Some(BufReader::new(stream));
    }
    let Some(upstream) = kept else { return Err(io::Error::other("not connected")) };
    let mut request = format!("GET /users/{} HTTP/1.1\r\n", arguments["username"].as_str().unwrap_or_default());
    let _ = write!(request, "Host: {authority}\r\nAccept: application/json\r\n\r\n");
    upstream.get_mut().write_all(request.as_bytes())?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        upstream.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    upstream.read_exact(&mut body)?;
    let value: Value = serde_json::from_slice(&body)?;
    let text = value.to_string();
    let result = json!({"content": [{"type": "text", "text": text}], "structuredContent": value, "isError": false});
    Ok(result.to_string())
}
