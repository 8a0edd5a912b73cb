//! The official conformance suite, over HTTP: against the program with the clinic's catalog, and against a server that has
//! everything that the suite asks for, on the same transport.

mod fixture;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use airlock_runtime::mcp::http::{At, Http, Listener, Visitors, config, endpoint};
use airlock_runtime::site::Serve;
use airlock_tests::clinic::Options;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde_json::Value;

use airlock_tests::host::KEY;

use crate::host::{Place, needed};
use crate::served::Served;

/// The revisions that the suite knows, and that clients speak.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// The Node that `tests/all.sh` installs, with a program of the packages beside it.
pub(crate) fn node(script: Option<&str>) -> Command {
    let packages = PathBuf::from(needed("AIRLOCK_PROTOCOL_PACKAGES")).join("node_modules");
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let mut command = Command::new(packages.join(format!("node-linux-{machine}/bin/node")));
    command.args(script.map(|script| packages.join(script)));
    command
}

/// Runs the suite against a server. What it says stands in the failure.
fn run(url: &str, revision: &str, expected_failures: Option<&str>) {
    let out = tempfile::tempdir().expect("a directory");
    let mut command = node(Some("@modelcontextprotocol/conformance/dist/index.js"));
    command.args(["server", "--url", url, "--requirements", revision, "-o"]).arg(out.path());
    command.args(expected_failures.into_iter().flat_map(|file| ["--expected-failures", file]));
    let ran = command.output().expect("node starts");
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let summary = told.split("=== SUMMARY ===").nth(1).unwrap_or(&told);
    assert!(ran.status.success(), "{revision}: {summary}\n{}", failures(out.path()));
    assert!(told.contains("dns-rebinding-protection: 2 passed, 0 failed"), "{revision} was not run: {told}");
}

/// Each check that failed, with what the suite has against it.
fn failures(out: &Path) -> String {
    let mut lines = BTreeSet::new();
    for scenario in std::fs::read_dir(out).expect("is there") {
        let path = scenario.expect("can be read").path().join("checks.json");
        let checks = std::fs::read_to_string(path).unwrap_or_default();
        let checks: Vec<Value> = serde_json::from_str(&checks).unwrap_or_default();
        let failed = checks.iter().filter(|check| check["status"] == "FAILURE");
        lines.extend(failed.map(|check| format!("{}: {}", check["id"], check["errorMessage"])));
    }
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "needs Node 22 and packages of npm; tests/all.sh installs them"]
fn with_node_the_official_suite_passes_on_a_server_that_has_what_it_asks_for() {
    let (told, address) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let at: At = "127.0.0.1:0".parse().expect("an address");
            let listener = Listener::bind(&at).await.expect("a free port");
            told.send(listener.shown()).expect("somebody waits");
            let fixture = fixture::Fixture::new();
            // Older clients are asked in mid-call, which takes a session.
            let config = config(1 << 20).with_legacy_session_mode(true);
            let sessions = Arc::new(LocalSessionManager::default());
            let service = StreamableHttpService::new(move || Ok(fixture.clone()), sessions, config);
            let http = Http::of(endpoint(service), Visitors::new(&Serve::default(), &at));
            let stopped = async {
                let _ = stopped.await;
                Ok(())
            };
            http.serve(listener, stopped, |fault| panic!("{fault}")).await.expect("it serves");
        });
    });
    let url = address.recv().expect("it listens");
    for revision in REVISIONS {
        run(&url, revision, None);
    }
    drop(stop);
    server.join().expect("a clean end");
}

#[test]
#[ignore = "needs Node 22 and packages of npm; tests/all.sh installs them"]
fn with_node_the_official_suite_finds_nothing_but_what_is_not_offered() {
    let place = Place::new(Options::new(KEY));
    let server = Served::start(&place, &[]);
    for revision in REVISIONS {
        run(&server.url, revision, Some(&format!("conformance/not-offered-{revision}.yml")));
    }
}
