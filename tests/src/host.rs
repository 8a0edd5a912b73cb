//! The real program, `airlock-host`: started with a site file of its own, and spoken to in lines.
//!
//! What comes in: an upstream's address. What goes out: commands that are ready to run, and clients of a running server
//! that take nothing but JSON-RPC from it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The credential. It may reach the upstream, and nothing else.
pub const KEY: &str = "canary-clinic-key";

/// The newest revision, in which every request stands for itself.
const MODERN: &str = "2026-07-28";

/// `airlock-host`, which `cargo test --workspace` builds beside the tests.
///
/// # Panics
/// It is not there.
pub fn program() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().expect("has a path");
        test.parent().and_then(Path::parent).expect("is in target/PROFILE/deps").join("airlock-host")
    };
    let path = std::env::var_os("AIRLOCK_HOST").map_or_else(beside, PathBuf::from);
    assert!(path.is_file(), "{} is not there; run `cargo build --workspace --bins` first", path.display());
    path
}

/// A directory with a site file for the clinic's tools, its key, and the audit records.
#[derive(Debug)]
pub struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    /// The clinic's tools reach this address. `limits` are those of the site file; null for the usual ones.
    ///
    /// # Panics
    /// The temporary directory cannot be written.
    pub fn new(origin: &str, limits: &Value) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let key = directory.path().join("clinic.key");
        std::fs::write(&key, format!("{KEY}\n")).expect("can be written");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("can be set");
        let mut site = json!({
            "upstreams": {"clinic": {"address": origin, "credentials": {"api_key": {"file": "clinic.key"}}}},
            "audit": {"file": "audit.jsonl"},
        });
        if !limits.is_null() {
            site["limits"] = limits.clone();
        }
        std::fs::write(directory.path().join("site.json"), site.to_string()).expect("can be written");
        Self { directory }
    }

    /// Where everything of this place is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program with its site file and these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("--site").arg(self.path().join("site.json")).args(arguments);
        command
    }

    /// Starts `serve` over pipes, with a client.
    ///
    /// # Panics
    /// The program does not start.
    pub fn serve(&self, arguments: &[&str]) -> (Server, Client) {
        let mut command = self.command(&["serve"]);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let (input, output) = (child.stdin.take().expect("is piped"), child.stdout.take().expect("is piped"));
        (Server(child), Client::new(output, input))
    }

    /// Starts `serve` at a unix socket, whose path is returned once it listens.
    ///
    /// # Panics
    /// The program does not start.
    pub fn listen(&self) -> (Server, PathBuf) {
        let socket = self.path().join("airlock.sock");
        let mut command = self.command(&["serve", "--socket"]);
        let mut child =
            command.arg(&socket).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let mut errors = BufReader::new(child.stderr.take().expect("is piped"));
        errors.read_line(&mut line).expect("can be read");
        assert!(line.starts_with("listening at "), "{line}");
        // A pipe that nobody reads would stop the program once it is full.
        thread::spawn(move || errors.read_to_end(&mut Vec::new()));
        (Server(child), socket)
    }

    /// How calls have ended so far: their audit records.
    ///
    /// # Panics
    /// A line is no JSON, or holds the credential.
    pub fn audit(&self) -> Vec<Value> {
        self.trail().into_iter().filter(|record| record["kind"] == "outcome").collect()
    }

    /// Every audit record so far, of files that are full, too.
    ///
    /// # Panics
    /// A line is no JSON, or holds the credential.
    pub fn trail(&self) -> Vec<Value> {
        let names = std::fs::read_dir(self.path()).expect("can be read").flatten().map(|entry| entry.path());
        let is_of_trail = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("audit.jsonl") && path.extension().is_none_or(|end| end != "torn")
        };
        let mut files: Vec<PathBuf> = names.filter(is_of_trail).collect();
        // The one without a number is the last one.
        files.sort_by_key(|path| (path.extension().is_some_and(|end| end == "jsonl"), path.clone()));
        let text: String = files.iter().map(|path| std::fs::read_to_string(path).expect("can be read")).collect();
        assert!(!text.contains(KEY));
        text.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect()
    }
}

/// A running server. It is ended when this is dropped.
#[derive(Debug)]
pub struct Server(Child);

impl Server {
    /// The process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// What the process holds of memory in bytes: `VmRSS` now, `VmHWM` at most so far (proc(5)).
    ///
    /// # Panics
    /// There is no such process, or this is no Linux.
    pub fn memory_bytes(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let kilobytes: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("a number");
        kilobytes * 1024
    }

    /// How many files and sockets the process has open.
    ///
    /// # Panics
    /// There is no such process, or this is no Linux.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).expect("it runs").count()
    }

    /// The exit code, once the program has ended by itself.
    ///
    /// # Panics
    /// It has not within this time.
    pub fn ended(&mut self, time_max: Duration) -> Option<i32> {
        let deadline = Instant::now() + time_max;
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait().expect("is ours") {
                return status.code();
            }
            thread::sleep(Duration::from_millis(2));
        }
        panic!("the program does not end within {time_max:?}");
    }

    /// Whether the program is still there.
    ///
    /// # Panics
    /// Its state cannot be asked for.
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().expect("is ours").is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A client of a running server. Its two threads end with the streams.
#[derive(Debug)]
pub struct Client {
    input: mpsc::Sender<Vec<u8>>,
    output: mpsc::Receiver<String>,
}

impl Client {
    /// A client over what the server writes and what it reads.
    pub fn new(output: impl Read + Send + 'static, mut input: impl Write + Send + 'static) -> Self {
        let (line, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut bytes = Vec::new();
            while output.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
                // What is no text shows as text that is no JSON.
                if line.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
        // A server that does not read must not stop whoever waits for its answers.
        let (sender, messages) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || messages.iter().try_for_each(|bytes| input.write_all(&bytes)));
        Self { input: sender, output: lines }
    }

    /// A client of the server at a unix socket.
    ///
    /// # Panics
    /// Nobody listens there.
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("it listens");
        let output = stream.try_clone().expect("a second handle");
        Self::new(output, HalfOpen(stream))
    }

    /// Sends bytes as they are.
    pub fn send(&self, bytes: impl Into<Vec<u8>>) {
        // A server that has gone shows in what it does not answer.
        let _ = self.input.send(bytes.into());
    }

    /// Sends one message as a line.
    pub fn say(&self, message: &Value) {
        self.send(format!("{message}\n"));
    }

    /// The next message; none if there is none within this time, or the server has closed its end.
    ///
    /// # Panics
    /// The line is no message of JSON-RPC 2.0.
    pub fn receive(&self, time_max: Duration) -> Option<Value> {
        self.output.recv_timeout(time_max).ok().map(|line| message(&line).unwrap_or_else(|fault| panic!("{fault}")))
    }

    /// The answer to one request; other messages are passed over.
    ///
    /// # Panics
    /// There is none within this time.
    pub fn ask(&self, request: &Value, time_max: Duration) -> Value {
        self.say(request);
        let deadline = Instant::now() + time_max;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let told = self.receive(left).unwrap_or_else(|| panic!("no answer within {time_max:?}: {request}"));
            if told["id"] == request["id"] {
                return told;
            }
        }
    }

    /// Ends the input, and returns whatever still comes until the server closes its end.
    ///
    /// # Panics
    /// It does not within this time.
    pub fn end(self, time_max: Duration) -> Vec<Value> {
        drop(self.input);
        let deadline = Instant::now() + time_max;
        let mut rest = Vec::new();
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => rest.push(message(&line).unwrap_or_else(|fault| panic!("{fault}"))),
                Err(mpsc::RecvTimeoutError::Disconnected) => return rest,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the server does not end within {time_max:?}"),
            }
        }
    }
}

/// A stream whose other direction stays open when this one is dropped.
struct HalfOpen(UnixStream);

impl Write for HalfOpen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Drop for HalfOpen {
    fn drop(&mut self) {
        // The server may have gone already.
        let _ = self.0.shutdown(std::net::Shutdown::Write);
    }
}

/// A line as a message that a server may send (JSON-RPC 2.0, sections 4 and 5; MCP leaves out the id of an answer to what
/// has none).
fn message(line: &str) -> Result<Value, String> {
    let shown: String = line.chars().take(300).collect();
    let wrong = |why: &str| Err(format!("{why}: {shown}"));
    if !line.ends_with('\n') {
        return wrong("a line without an end");
    }
    let Ok(value) = serde_json::from_str::<Value>(line) else { return wrong("no JSON") };
    if value["jsonrpc"] != "2.0" {
        return wrong("no JSON-RPC 2.0");
    }
    let has = |name: &str| value.get(name).is_some();
    let id_fits = match &value["id"] {
        Value::Null => has("error") || has("method"),
        Value::String(_) => true,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    if !id_fits {
        return wrong("an id that is none");
    }
    match (has("method"), has("result"), has("error")) {
        (true, false, false) if value["method"].is_string() => Ok(value),
        (false, true, false) if value["result"].is_object() => Ok(value),
        (false, false, true) if value["error"]["code"].is_i64() && value["error"]["message"].is_string() => Ok(value),
        _ => wrong("neither a request nor an answer"),
    }
}

/// A request of the newest revision, whose client can ask its user nothing.
pub fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    legacy(id, method, params)
}

/// A request of an older revision.
pub fn legacy(id: impl Into<Value>, method: &str, params: Value) -> Value {
    let mut request = json!({"jsonrpc": "2.0", "id": id.into(), "method": method});
    request["params"] = params;
    request
}
