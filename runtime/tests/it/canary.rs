//! A marked secret in each place that secrets go to, and everything that the program writes meanwhile: no secret is in it, in
//! no form. The upstream does its worst: it says back whatever it is sent.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use airlock_contract::catalog::{Catalog, Credential, CredentialPlace, Transport, Upstream};
use airlock_contract::prune::current;
use airlock_contract::request::{Body, Method, Request, path};
use airlock_contract::response::{Response, Status, json};
use airlock_contract::shape::{Shape, text};
use airlock_contract::tool::{Effect, Form, Tool};
use base64::Engine as _;
use serde_json::{Value, json as value_of};
use tempfile::TempDir;

use crate::catalog::program;

/// Fits each place, and is another text in base64 and percent-encoded.
const CREDENTIAL: &str = "user:canary+77/11=zebra";
const TOKEN: &str = "token-canary+88/22=zebra-0123456789";
const STATE_KEY: &str = "state-canary+99/33=zebra-0123456789";
const ENDPOINT_KEY: &str = "model-canary+66/44=zebra";

const PROBE: Request = Request {
    method: Method::Get,
    path: "/probe/{what}",
    accept: "application/json",
    body: Body::None,
    arguments: &[path("what", text())],
};

const JSON_200: &[airlock_contract::Answer] = &[json(Status::Code(200), "application/json")];

const fn tool(name: &'static str, upstream: &'static str, credentials: &'static [&'static str]) -> Tool {
    Tool {
        name,
        title: "",
        description: "Does what its name says.",
        effect: Effect::Read,
        operation: "/paths",
        upstream,
        credentials,
        request: &PROBE,
        response: Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN },
        prune: current(),
        keeps: &[],
        form: Form::Json,
        output: &Shape::Any,
        flow: None,
    }
}

const CREDENTIALS: &[Credential] = &[
    Credential { name: "header", place: CredentialPlace::Header("X-Key") },
    Credential { name: "query", place: CredentialPlace::Query("api key") },
    Credential { name: "cookie", place: CredentialPlace::Cookie("sid") },
    Credential { name: "bearer", place: CredentialPlace::Bearer },
    Credential { name: "basic", place: CredentialPlace::Basic },
];

static CATALOGS: &[&Catalog] = &[&Catalog {
    name: "vault",
    title: "Vault",
    document: "openapi.yaml",
    document_sha256: "",
    upstreams: &[
        Upstream { name: "open", base_path: "/v1", transport: Transport::Any, credentials: CREDENTIALS },
        Upstream { name: "sealed", base_path: "/v1", transport: Transport::Any, credentials: CREDENTIALS },
    ],
    tools: &[
        tool("by_basic", "open", &["basic"]),
        tool("by_bearer", "open", &["bearer"]),
        tool("by_cookie", "open", &["cookie"]),
        tool("by_header", "open", &["header"]),
        tool("by_query", "open", &["query"]),
        tool("sealed", "sealed", &["header", "query", "cookie", "bearer"]),
    ],
    prompts: &[],
}];

/// What the upstream does with what it is sent.
const TRICKS: &[&str] = &["ok", "echo", "fail", "refuse", "redirect", "type", "retry", "break", "../x"];

/// Not a test: the program with this file's catalog, in a process of its own.
#[test]
#[ignore = "the other tests of this file start it"]
fn the_program() {
    let Ok(arguments) = std::env::var("AIRLOCK_TEST_ARGUMENTS") else { return };
    airlock_runtime::hygiene::begin().expect("it can be kept private");
    let arguments = arguments.split('\n').map(std::ffi::OsString::from);
    let code = airlock_runtime::cli::run(program(CATALOGS), arguments, &mut std::io::stdout(), &mut std::io::stderr());
    // Without the words that the harness would put behind.
    let _ = code.leave();
}

struct Place {
    directory: TempDir,
    heads: Arc<Mutex<Vec<String>>>,
    #[cfg(feature = "model")]
    port: u16,
}

impl Place {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(head) = head(&mut stream) else { continue };
                let _ = stream.write_all(&worst(&head));
                seen.lock().expect("no panic").push(head);
            }
        });
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
        };
        write("credential.key", CREDENTIAL);
        write("token.key", TOKEN);
        write("state.key", STATE_KEY);
        write("endpoint.key", ENDPOINT_KEY);
        let names = CREDENTIALS.iter().map(|one| (one.name.to_owned(), value_of!({"file": "credential.key"})));
        let credentials: serde_json::Map<String, Value> = names.collect();
        let mut sealed = value_of!({"address": format!("http://127.0.0.1:{port}"), "credentials": credentials});
        let open = sealed.clone();
        if cfg!(feature = "tls") {
            // It does not speak TLS there.
            sealed["address"] = format!("https://127.0.0.1:{port}").into();
            sealed["ca"] = value_of!({"file": "ca.pem"});
            #[cfg(feature = "tls")]
            write("ca.pem", &crate::authority::Authority::new("Vault CA").pem());
        }
        let site = value_of!({
            "upstreams": {"open": open, "sealed": sealed},
            "audit": {"file": "audit.jsonl"},
            "limits": {"seconds_max": 3},
            "serve": {"http": {"token": {"file": "token.key"}}, "state_key": {"file": "state.key"}},
        });
        write("site.json", &site.to_string());
        Self {
            directory,
            heads,
            #[cfg(feature = "model")]
            port,
        }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let all = [&["airlock-host", "--site", "site.json"], arguments].concat();
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["canary::the_program", "--exact", "--ignored", "--nocapture"]);
        command.env("AIRLOCK_TEST_ARGUMENTS", all.join("\n")).current_dir(self.directory.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it runs")
    }

    /// No secret is in anything that was written: by the process, or to a file.
    fn check(&self, child: Child, mut written: Vec<u8>) -> String {
        let output = child.wait_with_output().expect("it ends");
        written.extend([&output.stdout[..], &output.stderr].concat());
        let shown = String::from_utf8_lossy(&written).into_owned();
        for entry in fs::read_dir(self.directory.path()).expect("a directory").flatten() {
            if entry.path().extension().is_none_or(|extension| extension != "key") {
                written.extend(fs::read(entry.path()).expect("a file"));
            }
        }
        for secret in [CREDENTIAL, TOKEN, STATE_KEY, ENDPOINT_KEY] {
            for form in forms(secret) {
                let at = written.windows(form.len()).position(|window| window == form.as_bytes());
                let around = at.map(|at| &written[at.saturating_sub(200)..written.len().min(at + 200)]);
                assert!(at.is_none(), "`{form}` was written: {}", String::from_utf8_lossy(around.unwrap_or_default()));
            }
        }
        shown
    }

    fn heads(&self) -> String {
        self.heads.lock().expect("no panic").concat()
    }
}

/// A text as it is, percent-encoded, and in base64 wherever it stands in what is encoded.
fn forms(secret: &str) -> Vec<String> {
    let percent = secret.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    let mut forms = vec![secret.to_owned(), percent.collect()];
    // Credentials of two parts are secret in each, and their beginning is no secret.
    forms.extend(secret.split_once(':').map(|(_, password)| password.to_owned()));
    for before in 0..3 {
        let text = base64::engine::general_purpose::STANDARD.encode([&vec![b' '; before], secret.as_bytes()].concat());
        // What depends on the bytes before and behind is left out.
        let whole = if before == 0 { 0 } else { 4 };
        forms.push(text[whole..text.len() - 4].to_owned());
    }
    forms
}

fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        // A handshake of TLS is no request.
        if stream.read(&mut byte).ok()? == 0 || (head.is_empty() && byte[0] == 22) {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Says what it was sent wherever it can.
fn worst(head: &str) -> Vec<u8> {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let secrets: String = head.lines().skip(1).collect::<Vec<_>>().join(" ").replace(['\r', '\n'], " ");
    let echo = value_of!({"said": head, "list": [head.lines().collect::<Vec<_>>()], head: 1}).to_string();
    let answer = |status: u16, headers: &str, body: &str| {
        let length = body.len();
        let rest = format!("x-echo: {secrets}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        format!("HTTP/1.1 {status} {CREDENTIAL}\r\n{headers}\r\n{rest}").into_bytes()
    };
    let path = target.split('?').next().unwrap_or_default();
    let json = "content-type: application/json";
    match path.rsplit('/').next().unwrap_or_default() {
        "ok" | "models" => answer(200, json, "{\"data\": [{\"id\": \"demo\"}]}"),
        "fail" => answer(500, "content-type: text/plain", head),
        "refuse" => answer(401, json, &value_of!({"detail": head, "title": secrets}).to_string()),
        "redirect" => answer(302, &format!("location: {target}&again={CREDENTIAL}"), head),
        "type" => answer(200, &format!("content-type: text/plain; key=\"{CREDENTIAL}\"; {secrets}"), head),
        "retry" => answer(503, &format!("retry-after: {CREDENTIAL}"), head),
        "break" => format!("HTTP/1.1 {CREDENTIAL}\r\n{head}").into_bytes(),
        "completions" => answer(401, json, &echo),
        _ => answer(200, json, &echo),
    }
}

fn request(id: usize, tool: &str, what: &str) -> String {
    let meta = value_of!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let params = value_of!({"_meta": meta, "name": tool, "arguments": {"what": what}});
    value_of!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
}

/// What the kernel tells others of a process.
fn told_by_the_kernel(child: &Child) -> Vec<u8> {
    let read = |name: &str| fs::read(format!("/proc/{}/{name}", child.id())).unwrap_or_default();
    ["cmdline", "environ", "comm", "status"].map(read).concat()
}

#[test]
fn no_secret_of_an_upstream_is_written_in_any_form() {
    let place = Place::new();
    let mut child = place.start(&["serve"]);
    let mut input = child.stdin.take().expect("a pipe");
    let mut count = 0;
    for tool in CATALOGS[0].tools {
        for trick in TRICKS {
            count += 1;
            writeln!(input, "{}", request(count, tool.name, trick)).expect("written");
        }
    }
    let kernel = told_by_the_kernel(&child);
    assert!(!cfg!(target_os = "linux") || !kernel.is_empty());
    drop(input);
    let shown = place.check(child, kernel);
    let ids = shown.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?["id"].as_u64()).count();
    assert_eq!(ids, count, "each call was answered: {shown}");
    assert!(
        shown.contains("\\\"data\\\"") || shown.contains("\"data\""),
        "and what holds no secret comes through: {shown}"
    );
    let audit = fs::read_to_string(place.directory.path().join("audit.jsonl")).expect("the audit file");
    assert_eq!(audit.lines().filter(|line| line.contains("\"kind\":\"outcome\"")).count(), count);
    // They were sent: in each form that a place has.
    let heads = place.heads();
    for form in [
        "x-key: user:canary+77",
        "%3Acanary%2B77%2F11%3Dzebra",
        "sid=user:canary",
        "Bearer user:canary",
        "Basic dXNlcjpj",
    ] {
        assert!(heads.to_ascii_lowercase().contains(&form.to_ascii_lowercase()), "{form} is not in {heads}");
    }
}

#[cfg(feature = "http")]
#[test]
fn no_secret_of_clients_over_http_is_written() {
    use std::io::{BufRead as _, BufReader};
    let place = Place::new();
    let mut child = place.start(&["serve", "--http", "127.0.0.1:0"]);
    let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("listening at ") {
        line.clear();
        assert!(errors.read_line(&mut line).expect("readable") > 0, "it listens");
    }
    let address = line.trim().rsplit("http://").next().unwrap_or_default().trim_end_matches("/mcp").to_owned();
    let mut written = told_by_the_kernel(&child);
    let body = request(1, "by_header", "echo");
    for (method, page, token) in [
        ("GET", "/metrics", ""),
        ("GET", "/metrics", "wrong"),
        ("POST", "/mcp", TOKEN),
        ("GET", "/nowhere", TOKEN),
        ("GET", "/metrics", TOKEN),
    ] {
        let mut stream = TcpStream::connect(&address).expect("it listens");
        let head = format!(
            "{method} {page} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\naccept: application/json, text/event-stream\r\n\
             mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: by_header\r\n"
        );
        let body = if method == "POST" { &body } else { "" };
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).expect("written");
        let _ = stream.read_to_end(&mut written);
    }
    let text = String::from_utf8_lossy(&written).into_owned();
    assert!(text.contains("airlock_calls_total{tool=\"by_header\""), "{text}");
    assert!(place.heads().to_ascii_lowercase().contains("x-key: user:canary"), "the call went out");
    let ended = Command::new("kill").arg(child.id().to_string()).status().expect("there is kill");
    assert!(ended.success());
    let _ = errors.read_to_end(&mut written);
    place.check(child, written);
}

#[cfg(feature = "model")]
#[test]
fn no_key_of_a_model_server_is_written() {
    let place = Place::new();
    let address = format!("http://127.0.0.1:{}", place.port);
    let mut child =
        place.start(&["chat", "--endpoint", &address, "--endpoint-key-file", "endpoint.key", "--saves", "."]);
    let mut input = child.stdin.take().expect("a pipe");
    writeln!(input, "What is new?\n/call by_query {{\"what\": \"ok\"}}\n/save saved.json\n/quit").expect("written");
    drop(input);
    let shown = place.check(child, Vec::new());
    assert!(shown.contains("demo"), "it was asked: {shown}");
    assert!(place.heads().contains(&format!("Bearer {ENDPOINT_KEY}")), "{}", place.heads());
    assert!(place.directory.path().join("saved.json").exists(), "{shown}");
}

#[test]
fn no_secret_can_be_in_reviewed_source() {
    let mut stack = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated")];
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            stack.extend(fs::read_dir(&path).expect("a directory").flatten().map(|entry| entry.path()));
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
            assert!(!text.contains("canary"), "{}", path.display());
        }
    }
}
