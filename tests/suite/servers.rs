//! Real servers: catalogs of ours for documents of theirs, called by hand; what comes is what curl and the rule give.
//!
//! `tests/setup/lib.sh` unpacks the servers without installing them. Prometheus's document is one of the given ones;
//! PowerDNS serves its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use airlock_compiler::cli::Exit;
use airlock_tests::linked::Linked;
use serde_json::{Value, json};

use crate::command::{airlock, real_document};

/// The key of PowerDNS.
const KEY: &str = "canary-pdns-key";

/// Until a server answers.
const START_MAX: Duration = Duration::from_secs(30);

/// A call: tool, arguments, and what curl asks for instead, below the upstream's base path. Where the call writes, that is what
/// has to be there afterwards.
type Row = (&'static str, &'static str, &'static str);

const PROMETHEUS: &[Row] = &[
    ("query", r#"{"query":"up"}"#, "/query?query=up"),
    ("label_names", "{}", "/labels"),
    ("label_values", r#"{"name":"job"}"#, "/label/job/values"),
    ("series", r#"{"match":["up{job=\"prometheus\"}"]}"#, "/series?match[]=up%7Bjob%3D%22prometheus%22%7D"),
    ("metadata", r#"{"metric":"up"}"#, "/metadata?metric=up"),
    ("targets", "{}", "/targets"),
    ("build", "{}", "/status/buildinfo"),
    ("flags", "{}", "/status/flags"),
    ("rules", "{}", "/rules"),
    ("alerts", "{}", "/alerts"),
];

const ZONE: &str = r#"{"server_id":"localhost","zone_id":"example.org."}"#;
const ZONE_AT: &str = "/servers/localhost/zones/example.org.";
const CREATE: &str =
    r#"{"server_id":"localhost","body":{"name":"example.org.","kind":"Native","nameservers":["ns1.example.org."]}}"#;
const CHANGE: &str = r#"{"server_id":"localhost","zone_id":"example.org.","body":{"rrsets":[{"name":"www.example.org.","type":"A","ttl":60,"changetype":"REPLACE","records":[{"content":"192.0.2.7","disabled":false}]}]}}"#;

const PDNS: &[Row] = &[
    ("list_servers", "{}", "/servers"),
    ("list_zones", r#"{"server_id":"localhost"}"#, "/servers/localhost/zones"),
    ("config", r#"{"server_id":"localhost"}"#, "/servers/localhost/config"),
    ("create_zone", CREATE, ZONE_AT),
    ("read_zone", ZONE, ZONE_AT),
    ("list_zones", r#"{"server_id":"localhost"}"#, "/servers/localhost/zones"),
    ("list_metadata", ZONE, "/servers/localhost/zones/example.org./metadata"),
    ("change_zone", CHANGE, ""),
    ("read_zone", ZONE, ZONE_AT),
    ("delete_zone", ZONE, ""),
];

/// A process that is ended when this is dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command) -> Started {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Started(command.spawn().expect("the server starts"))
}

/// A port that is free for now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// The body that curl gets.
fn curl(address: &str) -> Option<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--globoff", "--max-time", "5", "--header"]).arg(format!("X-API-Key: {KEY}"));
    let output = command.args(["--header", "Accept: application/json"]).arg(address).output().expect("curl runs");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("is text"))
}

/// Asks until there is an answer that holds a part.
fn wait_for(address: &str, part: &str) -> String {
    let deadline = Instant::now() + START_MAX;
    while Instant::now() < deadline {
        if let Some(body) = curl(address).filter(|body| body.contains(part)) {
            return body;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{address} does not answer with `{part}`");
}

/// Where the servers were unpacked to.
fn unpacked() -> PathBuf {
    let root = std::env::var_os("AIRLOCK_SERVERS").expect("AIRLOCK_SERVERS is not set; run tests/all.sh");
    PathBuf::from(root)
}

/// Prometheus, which watches itself: its origin.
fn prometheus(directory: &Path) -> (Started, String) {
    let authority = format!("127.0.0.1:{}", free_port());
    let config = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: prometheus\n  static_configs: [{{ targets: [\"{authority}\"] }}]\n"
    );
    let file = directory.join("prometheus.yml");
    std::fs::write(&file, config).expect("can be written");
    let mut command = Command::new(unpacked().join("usr/bin/prometheus"));
    command.arg(format!("--config.file={}", file.display()));
    command.arg(format!("--storage.tsdb.path={}", directory.join("tsdb").display()));
    command.arg(format!("--web.listen-address={authority}"));
    let server = start(&mut command);
    let origin = format!("http://{authority}");
    wait_for(&format!("{origin}/api/v1/query?query=up"), "127.0.0.1");
    (server, origin)
}

/// PowerDNS with an empty database: its origin.
fn pdns(directory: &Path) -> (Started, String) {
    let (root, port) = (unpacked(), free_port());
    let libraries = root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    let database = directory.join("pdns.sqlite3");
    let schema = root.join("usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql");
    let make = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())";
    let made = Command::new("python3").args(["-c", make]).args([&database, &schema]).status().expect("python3 runs");
    assert!(made.success());
    let settings = [
        "launch=gsqlite3".to_owned(),
        format!("gsqlite3-database={}", database.display()),
        format!("module-dir={}", libraries.join("pdns").display()),
        format!("socket-dir={}", directory.display()),
        format!("local-address=127.0.0.1\nlocal-port={}", free_port()),
        format!("api=yes\napi-key={KEY}\nwebserver=yes\nwebserver-address=127.0.0.1\nwebserver-port={port}"),
        "webserver-allow-from=127.0.0.1\ndaemon=no\nguardian=no\n".to_owned(),
    ];
    std::fs::write(directory.join("pdns.conf"), settings.join("\n")).expect("can be written");
    let mut command = Command::new(root.join("usr/sbin/pdns_server"));
    command.env("LD_LIBRARY_PATH", libraries).arg(format!("--config-dir={}", directory.display()));
    let server = start(&mut command);
    let origin = format!("http://127.0.0.1:{port}");
    wait_for(&format!("{origin}/api/docs"), "PowerDNS");
    (server, origin)
}

/// Begins a catalog with `init`, and puts the manifest of ours into it.
fn begin(catalogs: &Path, name: &str, document: &Path) -> Value {
    let arguments =
        ["init", name, "--document", &document.to_string_lossy(), "--catalogs", &catalogs.to_string_lossy()];
    let begun = airlock(arguments);
    assert_eq!(begun.exit, Exit::Done, "{}", begun.err);
    let manifest = std::fs::read_to_string(format!("servers/{name}.yaml")).expect("is there");
    std::fs::write(catalogs.join(name).join("catalog.yaml"), &manifest).expect("can be written");
    serde_yaml::from_str(&manifest).expect("is YAML")
}

/// What a rule gives, by the interpreter of the `jmespath` crate.
fn pruned(rule: &str, body: &str) -> Value {
    let body = jmespath::Variable::from_json(body).expect("is JSON");
    let value = jmespath::compile(rule).and_then(|rule| rule.search(&body)).expect("the rule runs");
    serde_json::to_value(&*value).expect("is JSON")
}

/// The program with both catalogs, and its site file.
struct Host {
    program: PathBuf,
    directory: PathBuf,
}

impl Host {
    fn call(&self, tool: &str, arguments: &str, more: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(&self.program);
        command.arg("--site").arg(self.directory.join("site.json")).args(["call", tool, arguments]).args(more);
        let output = command.stdin(Stdio::null()).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// Makes the calls of a table, and compares each with what curl and the rule give.
    fn check(&self, rows: &[Row], manifest: &Value, base: &str) {
        for (tool, arguments, target) in rows {
            let declared = &manifest["tools"][tool];
            let writes = !declared["approve"].is_null();
            if writes {
                let (code, out, err) = self.call(tool, arguments, &[]);
                assert_eq!((code, out.as_str()), (Some(1), ""), "{tool} was not approved: {err}");
            }
            let (code, out, err) = self.call(tool, arguments, if writes { &["--approve"] } else { &[] });
            assert_eq!(code, Some(0), "{tool} {arguments}: {err}");
            let answer: Value = serde_json::from_str(&out).expect("is JSON");
            let rule = declared["prune"].as_str().expect("a rule");
            let expected = if target.is_empty() {
                Value::Null
            } else {
                pruned(rule, &curl(&format!("{base}{target}")).unwrap_or_else(|| panic!("curl gets no {target}")))
            };
            assert_eq!(answer, expected, "{tool} {arguments}");
        }
    }
}

#[test]
#[ignore = "needs Prometheus, PowerDNS and the real documents; run tests/all.sh"]
fn with_servers_calls_give_what_curl_and_the_rule_give() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_prometheus, prometheus) = prometheus(directory.path());
    let (_pdns, pdns) = pdns(directory.path());
    let document = directory.path().join("pdns.json");
    std::fs::write(&document, curl(&format!("{pdns}/api/docs")).expect("its document")).expect("can be written");

    let linked = Linked::new("host-servers");
    let catalogs = directory.path().join("catalogs");
    let manifests =
        [begin(&catalogs, "prometheus", &real_document("prometheus-3.2.yaml")), begin(&catalogs, "pdns", &document)];
    let (catalogs, generated) = (catalogs.to_string_lossy().into_owned(), linked.generated());
    let compiled = airlock(["compile", "--catalogs", &catalogs, "--out", &generated.to_string_lossy()]);
    assert_eq!(compiled.exit, Exit::Done, "{}", compiled.err);
    let host = Host { program: linked.build(false), directory: directory.path().to_owned() };

    let key = directory.path().join("pdns.key");
    std::fs::write(&key, KEY).expect("can be written");
    let owner = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
    std::fs::set_permissions(&key, owner).expect("can be set");
    let site = json!({
        "upstreams": {
            "prometheus": {"address": prometheus},
            "pdns": {"address": pdns, "credentials": {"APIKeyHeader": {"file": "pdns.key"}}},
        },
        "audit": {"file": "audit.jsonl"},
    });
    std::fs::write(directory.path().join("site.json"), site.to_string()).expect("can be written");
    host.check(PROMETHEUS, &manifests[0], &format!("{prometheus}/api/v1"));
    host.check(PDNS, &manifests[1], &format!("{pdns}/api/v1"));

    // The change was made while the zone was there, and the zone is gone.
    let (code, out, err) = host.call("read_zone", ZONE, &[]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("404"), "{err}");
    let audit = std::fs::read_to_string(directory.path().join("audit.jsonl")).expect("is there");
    let refused = PDNS.iter().filter(|(tool, ..)| !manifests[1]["tools"][tool]["approve"].is_null()).count();
    let ended = audit.matches("\"kind\":\"outcome\"").count();
    assert_eq!(ended, PROMETHEUS.len() + PDNS.len() + refused + 1);
    assert!(!audit.contains(KEY));
}
