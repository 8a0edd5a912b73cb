//! The command line, in process.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use airlock_contract::Program;
use airlock_runtime::cli::{self, ExitCode};
use serde_json::Value;

use crate::catalog::{CANARY, CATALOGS, program};
use crate::fake::Fake;

/// Exit code, standard output, standard error. Neither may hold the credential.
fn run(arguments: &[&str]) -> (ExitCode, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock-host").chain(arguments.iter().copied()).map(Into::into);
    let code = cli::run(program(CATALOGS), arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (out, err) = (text(out), text(err));
    assert!(!out.contains(CANARY) && !err.contains(CANARY), "{out}{err}");
    (code, out, err)
}

fn write_site(directory: &Path, address: &str) -> String {
    let key = directory.join("clinic.key");
    fs::write(&key, format!("{CANARY}\n")).expect("written");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("changed");
    let site = directory.join("site.json");
    let text = format!(
        "{{\"upstreams\": {{\"clinic\": {{\"address\": \"{address}\", \"credentials\": {{\"key\": {{\"file\": \"clinic.key\"}}}}}}}},\n\
         \"audit\": {{\"file\": \"calls.jsonl\"}}}}"
    );
    fs::write(&site, text).expect("written");
    site.to_str().expect("UTF-8").to_owned()
}

/// The address of an upstream on a thread of its own, because a command blocks this one.
fn upstream() -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let fake = Fake::start().await;
            send.send(fake.address()).expect("the test waits");
            std::future::pending::<()>().await;
        });
    });
    receive.recv().expect("an address")
}

#[test]
fn a_call_prints_its_answer_and_a_summary() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = write_site(directory.path(), &upstream());

    let (code, out, err) = run(&["--site", &site, "call", "find_patients", "{\"name\":\"Li\"}"]);
    assert_eq!(code, ExitCode::Done, "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON")[0]["name"], "Li");
    assert!(err.starts_with("GET /v1/patients?name=Li&limit=20&status=active: 86 -> 43 bytes, "), "{err}");

    let (code, out, err) = run(&["call", "add_note", "{\"body\":{\"text\":\"x\"}}", "--site", &site]);
    assert_eq!((code, out.as_str()), (ExitCode::Failed, ""));
    assert!(err.contains("--approve"), "{err}");
    let (code, out, _) = run(&["--site", &site, "call", "add_note", "{\"body\":{\"text\":\"x\"}}", "--approve"]);
    assert_eq!((code, out.as_str()), (ExitCode::Done, "\"n1\"\n"));
    let (code, _, err) = run(&["--site", &site, "call", "find_patients", "{\"nmae\":\"Li\"}"]);
    assert_eq!(code, ExitCode::Usage);
    assert!(err.contains("did you mean `name`?"), "{err}");
    let (code, _, err) = run(&["--site", &site, "call", "find_patients", "[]"]);
    assert_eq!(code, ExitCode::Usage);
    assert!(err.contains("not a JSON object"), "{err}");

    let audit = fs::read_to_string(directory.path().join("calls.jsonl")).expect("the audit file");
    assert_eq!(audit.matches("\"kind\":\"outcome\"").count(), 4);
    assert!(!audit.contains(CANARY));
}

#[test]
fn a_system_may_listen_at_a_unix_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let listener = std::os::unix::net::UnixListener::bind(directory.path().join("clinic.sock")).expect("a socket");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            head.extend(byte);
        }
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).expect("written");
        String::from_utf8(head).expect("ASCII")
    });
    let site = write_site(directory.path(), "unix:clinic.sock");
    let (code, out, err) = run(&["--site", &site, "call", "find_patients", "{\"name\":\"Li\"}"]);
    assert_eq!((code, out.as_str()), (ExitCode::Done, "null\n"), "{err}");
    let head = server.join().expect("it answered").to_ascii_lowercase();
    assert!(head.starts_with("get /v1/patients?") && head.contains("\r\nhost: localhost\r\n"), "{head}");
}

#[test]
fn a_site_that_does_not_fit_is_refused_with_the_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = directory.path().join("site.json");
    let file = site.to_str().expect("UTF-8");
    let (code, _, err) = run(&["--site", file, "call", "probe", "{}"]);
    assert_eq!(code, ExitCode::Usage);
    assert!(err.contains("`airlock-host site` prints one"), "{err}");
    for (text, part) in [
        ("{\"upstreams\": {}}", "the upstream `clinic` has no address; add \"clinic\""),
        (
            "{\"upstreams\": {\"clinc\": {\"address\": \"http://10.0.0.1\"}}}",
            "no catalog has an upstream `clinc`; did you mean `clinic`?",
        ),
        ("{\"upstreams\": {\"clinic\": {\"address\": \"http://10.0.0.1\"}}}", "needs the credential `key`"),
        ("{\"upstreams\": {\"clinic\": {\"address\": \"http://clinic.internal\"}}}", "`airlock-host site pin`"),
        (
            "{\"upstreams\": {\"clinic\": {\"address\": \"https://10.0.0.1\"}}}",
            "add \"ca\": {\"file\": \"ca.pem\"} beside the address",
        ),
    ] {
        fs::write(&site, text).expect("written");
        let (code, _, err) = run(&["--site", file, "call", "probe", "{}"]);
        assert_eq!(code, ExitCode::Usage);
        assert!(err.contains(part), "{err}");
    }
}

#[test]
fn tools_and_site_need_no_site_file() {
    let (code, out, _) = run(&["--site", "/nonexistent", "tools"]);
    assert_eq!(code, ExitCode::Done);
    assert!(out.contains("find_patients  read     GET /v1/patients\n"), "{out}");
    let (_, out, _) = run(&["tools", "--format", "json", "--schema"]);
    let tools: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(tools.as_array().expect("a list").len(), 6);
    assert_eq!(tools[1]["effect"], "destroy");
    assert_eq!(tools[2]["input_schema"]["required"][0], "name");
    assert_eq!(tools[2]["output_schema"]["required"][0], "result");
    let (code, out, _) = run(&["site"]);
    assert_eq!(code, ExitCode::Done);
    let site: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(site["upstreams"]["clinic"]["credentials"]["key"]["file"], "clinic.key");
}

#[test]
fn the_list_and_its_digest_can_be_compared_with_the_review() {
    let (code, digest, _) = run(&["tools", "--digest"]);
    assert_eq!((code, digest.trim_end()), (ExitCode::Done, program(CATALOGS).tools_sha256));
    let (code, sent, _) = run(&["tools", "--sent"]);
    assert_eq!((code, airlock_offer::sha256(sent.as_bytes()).as_str()), (ExitCode::Done, digest.trim_end()));
    let (code, _, err) = run(&["tools", "--sent", "--digest"]);
    assert_eq!(code, ExitCode::Usage, "{err}");
    for profile in program(CATALOGS).profiles {
        let (code, digest, _) = run(&["tools", "--profile", profile.name, "--digest"]);
        assert_eq!((code, digest.trim_end()), (ExitCode::Done, profile.tools_sha256));
        let (code, sent, _) = run(&["tools", "--profile", profile.name, "--sent"]);
        assert_eq!((code, airlock_offer::sha256(sent.as_bytes()).as_str()), (ExitCode::Done, digest.trim_end()));
    }
}

#[test]
fn a_profile_holds_for_every_command() {
    let (code, out, _) = run(&["tools", "--profile", "probing"]);
    assert_eq!((code, out.as_str()), (ExitCode::Done, "probe  read     GET /v1/probe/{what}\n"));
    let directory = tempfile::tempdir().expect("a directory");
    let site = write_site(directory.path(), "http://127.0.0.1:1");
    let (code, _, err) = run(&["--site", &site, "call", "total", "--profile", "probing"]);
    assert_eq!(code, ExitCode::Usage);
    assert!(err.contains("Unknown tool: `total`; known: `probe`"), "{err}");
    let (code, out, err) =
        run(&["--site", &site, "call", "search_tools", r#"{"query":"total"}"#, "--profile", "finding"]);
    assert_eq!(code, ExitCode::Done, "{err}");
    assert!(out.contains("\"name\": \"total\""), "{out}");
    let (_, out, _) = run(&["--site", &site, "config", "--for", "claude", "--profile", "probing", "--allow-writes"]);
    let config: Value = serde_json::from_str(&out).expect("JSON");
    let args = serde_json::json!(["--site", site, "serve", "--profile", "probing", "--allow-writes"]);
    assert_eq!(config["mcpServers"]["airlock"]["args"], args);
    for arguments in [
        &["tools", "--profile", "prob"][..],
        &["--site", &site, "call", "probe", "--profile", "prob"],
        &["config", "--for", "claude", "--profile", "prob"],
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (ExitCode::Usage, ""));
        assert!(err.contains("no profile is named `prob`"), "{err}");
    }
}

/// A program whose parts do not belong together tells no client anything.
#[test]
fn a_list_that_was_not_reviewed_is_never_offered() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = write_site(directory.path(), "http://127.0.0.1:1");
    let other = Program { tools_sha256: "0", ..program(CATALOGS) };
    for (arguments, code) in [(&["tools", "--digest"][..], ExitCode::Failed), (&["call", "probe"], ExitCode::Usage)] {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments: Vec<&str> =
            ["airlock-host", "--site", &site].into_iter().chain(arguments.iter().copied()).collect();
        let arguments = arguments.into_iter().map(Into::into);
        assert_eq!(cli::run(other, arguments, &mut out, &mut err), code);
        let err = String::from_utf8(err).expect("UTF-8");
        assert!(err.contains("compiled in"), "{err}");
    }
}

#[test]
fn hosts_are_told_how_to_start_this_program() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = directory.path().join("a \"site\".json");
    let site = site.to_str().expect("UTF-8");
    for host in ["claude", "vscode", "cursor", "lmstudio", "llama-server"] {
        let (code, out, err) = run(&["--site", site, "config", "--for", host, "--name", "ward3"]);
        assert_eq!(code, ExitCode::Done, "{err}");
        assert!(err.contains("is not there yet") && err.contains("put this into"), "{err}");
        let config: Value = serde_json::from_str(&out).expect("JSON");
        let server = &config[if host == "vscode" { "servers" } else { "mcpServers" }]["ward3"];
        assert!(Path::new(server["command"].as_str().expect("a path")).is_absolute());
        assert_eq!(server["args"], serde_json::json!(["--site", site, "serve"]));
    }
    let (_, out, _) = run(&["--site", site, "config", "--for", "goose", "--allow-writes"]);
    let quoted = Value::from(site);
    assert!(out.contains(&format!("    args: [\"--site\",{quoted},\"serve\",\"--allow-writes\"]\n")), "{out}");
    for name in ["", "Ward", "ward 3", "a_b", "a234567890123456x"] {
        assert_eq!(run(&["config", "--for", "claude", "--name", name]).0, ExitCode::Usage, "{name}");
    }
}

#[test]
fn a_rule_is_tried_on_an_answer_at_hand() {
    let directory = tempfile::tempdir().expect("a directory");
    let body = directory.path().join("answer.json");
    let path = body.to_str().expect("UTF-8");
    fs::write(&body, r#"{"items": [{"id": 1, "name": "Li", "more": "x"}, {"id": 2.50, "name": "a,b"}]}"#)
        .expect("written");
    let (code, out, err) = run(&["prune", "find_patients", path]);
    assert_eq!((code, out.as_str()), (ExitCode::Done, "id,name\n1,Li\n2.50,\"a,b\"\n"));
    assert_eq!(err, "78 -> 23 bytes; plan stream\n");
    let (code, out, _) = run(&["prune", "find_patients", path, "--format", "json"]);
    assert_eq!(code, ExitCode::Done);
    assert!(out.starts_with(r#"{"result":[{"id":1,"name":"Li"},{"id":2.50,"name":"a,b"}],"class":"stream","#), "{out}");
    let (code, out, _) = run(&["prune", "drop_note", path]);
    assert!(code == ExitCode::Done && out.contains("\"more\": \"x\""), "{out}");
    let (code, out, err) = run(&["prune", "find_patient", path]);
    assert_eq!((code, out.as_str()), (ExitCode::Usage, ""));
    assert!(err.contains("did you mean `find_patients`?"), "{err}");
    fs::write(&body, "[1,]").expect("written");
    let (code, out, err) = run(&["prune", "find_patients", path]);
    assert_eq!((code, out.as_str()), (ExitCode::Usage, ""));
    assert!(err.contains("broken at byte 3"), "{err}");
}

#[test]
fn help_is_a_result_and_a_slip_is_not() {
    let (code, out, err) = run(&["--help"]);
    assert_eq!((code, err.as_str()), (ExitCode::Done, ""));
    assert!(out.contains("Examples:") && out.contains("airlock-host call find_patients"), "{out}");
    let (code, out, err) = run(&["tols"]);
    assert_eq!((code, out.as_str()), (ExitCode::Usage, ""));
    assert!(err.contains("tools"), "{err}");
    let (code, out, _) = run(&["completions", "bash"]);
    assert_eq!(code, ExitCode::Done);
    assert!(out.contains("airlock-host"), "{out}");
}
