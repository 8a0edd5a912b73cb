//! A server under measurement: one thread writes and reads, so that no other one's turn is measured with it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// How a server is started.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// A server that runs. It is ended when this is dropped.
pub(crate) struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next_id: u64,
    line: String,
}

impl Running {
    pub(crate) fn spawn(command: &Command) -> io::Result<Self> {
        let mut child = std::process::Command::new(&command.program)
            .args(&command.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err(io::Error::other("no pipes")) };
        // As large as the longest list, or reading it is measured, too.
        Ok(Self { child, input, output: BufReader::with_capacity(1 << 16, output), next_id: 0, line: String::new() })
    }

    /// Opens a conversation and asks for the tools; their list is there when this returns, and has not been looked at.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        let client = json!({"name": "bench", "version": "1"});
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        self.ask("initialize", &params)?;
        writeln!(self.input, "{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}}")?;
        self.say("tools/list", &json!({}))?;
        self.read()
    }

    /// The name of the tool that is called, in the list that was read last.
    pub(crate) fn tool(&self, tools: usize) -> io::Result<String> {
        let answer: Value = serde_json::from_str(&self.line)?;
        let listed = &answer["result"];
        let names: Vec<&str> =
            listed["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str()).collect();
        // Some add tools of their own, some leave operations out.
        if names.len() * 10 < tools * 9 {
            return Err(io::Error::other(format!("{} tools", names.len())));
        }
        let plain = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let wanted = names.iter().find(|name| plain(name) == "usersgetbyusername");
        wanted.map(|name| (*name).to_owned()).ok_or_else(|| io::Error::other("no tool reads a user"))
    }

    /// Calls the tool once.
    pub(crate) fn call(&mut self, tool: &str) -> io::Result<()> {
        let answer = self.ask("tools/call", &params(tool))?;
        check(&answer)
    }

    /// Calls it `calls` times, with up to `open` calls open.
    pub(crate) fn pipeline(&mut self, tool: &str, calls: usize, open: usize) -> io::Result<()> {
        let params = params(tool);
        let mut sent = 0;
        for read in 0..calls {
            while sent < calls && sent - read < open {
                self.say("tools/call", &params)?;
                sent += 1;
            }
            self.read()?;
            if !self.line.contains("octocat") {
                return Err(io::Error::other(self.line.clone()));
            }
        }
        Ok(())
    }

    fn say(&mut self, method: &str, params: &Value) -> io::Result<()> {
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params});
        self.input.write_all(format!("{request}\n").as_bytes())
    }

    /// Reads one answer; other messages are passed over.
    fn read(&mut self) -> io::Result<()> {
        loop {
            self.line.clear();
            if self.output.read_line(&mut self.line)? == 0 {
                return Err(io::Error::other("the server has ended"));
            }
            if self.line.contains("\"result\"") || self.line.contains("\"error\"") {
                return Ok(());
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> io::Result<Value> {
        self.say(method, params)?;
        self.read()?;
        let mut answer: Value = serde_json::from_str(&self.line)?;
        Ok(answer["result"].take())
    }

    /// CPU time of all threads so far (proc(5), `schedstat`: nanoseconds).
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The most memory that the process has held, in bytes.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| io::Error::other("no VmHWM"))
    }
}

fn params(tool: &str) -> Value {
    json!({"name": tool, "arguments": {"username": "octocat"}})
}

/// An answer that is an error would be fast for nothing.
fn check(result: &Value) -> io::Result<()> {
    let is_meant = result["isError"] != true && result["content"].to_string().contains("octocat");
    if is_meant { Ok(()) } else { Err(io::Error::other(result.to_string())) }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
