//! The real program: its standard output belongs to the protocol, whatever it is connected to.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");

/// A site file for whatever catalogs are linked, as the program itself writes it, with a key in each file.
fn site(directory: &Path) -> PathBuf {
    let output = Command::new(PROGRAM).arg("site").output().expect("the program runs");
    assert!(output.status.success());
    let mut site: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for (_, upstream) in site["upstreams"].as_object_mut().expect("an object") {
        // Whatever the document says: of this machine, and so without certificates.
        upstream["address"] = "http://127.0.0.1:8080".into();
        upstream.as_object_mut().expect("an object").remove("ca");
        let credentials = upstream["credentials"].as_object().cloned().unwrap_or_default();
        for (_, credential) in credentials {
            let key = directory.join(credential["file"].as_str().expect("a file name"));
            fs::write(&key, "user:key\n").expect("written");
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("changed");
        }
    }
    let file = directory.join("site.json");
    fs::write(&file, site.to_string()).expect("written");
    file
}

fn serve(directory: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--site").arg(site(directory)).arg("serve").stderr(Stdio::null());
    command
}

fn conversation() -> String {
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let discover = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}});
    format!("{discover}\n{list}")
}

/// Two answers, a line each, and nothing else.
fn check(output: &str) {
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect("JSON-RPC alone")).collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&json!(1), &json!(2)));
    assert!(lines[1]["result"]["tools"].is_array(), "{output}");
}

/// What the program asks the dynamic linker for. The names of `nm -D`; the test needs binutils, as building the program does.
#[test]
fn no_resolver_is_linked_in() {
    let output = Command::new("nm").args(["-D", "--undefined-only", PROGRAM]).output().expect("nm runs");
    let text = String::from_utf8(output.stdout).expect("ASCII");
    let imports: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().last()).collect();
    // It can tell: what opens connections is there.
    assert!(imports.iter().any(|import| import.split('@').next() == Some("connect")), "{text}");
    for import in imports {
        let name = import.split('@').next().unwrap_or_default();
        assert!(!name.contains("addrinfo") && !name.contains("gethost") && !name.contains("res_"), "{name}");
    }
}

#[test]
fn names_are_pinned_when_a_place_is_set_up() {
    let directory = tempfile::tempdir().expect("a directory");
    // In place of the system's own: it knows one name.
    let getent = directory.path().join("getent");
    let script = "#!/bin/sh\n[ \"$1 $2\" = 'ahosts --' ] || exit 3\ncase \"$3\" in\nclinic.internal) \
                  printf '10.1.2.4 STREAM clinic.internal\\n10.1.2.4 DGRAM\\n10.1.2.3 STREAM\\n' ;;\n\
                  odd.internal) printf 'fe80::1%%eth0 STREAM\\n' ;;\n*) exit 2 ;;\nesac\n";
    fs::write(&getent, script).expect("written");
    fs::set_permissions(&getent, fs::Permissions::from_mode(0o700)).expect("changed");
    let file = directory.path().join("site.json");
    let run = |address: &str, arguments: &[&str]| {
        fs::write(&file, address).expect("written");
        let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(PROGRAM);
        command.env("PATH", path).arg("--site").arg(&file).args(["site", "pin"]).args(arguments);
        let output = command.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let site = |host: &str| format!("{{\"upstreams\": {{\"clinic\": {{\"address\": \"http://{host}:81\"}}}}}}");
    let (code, pinned, told) = run(&site("clinic.internal"), &[]);
    assert_eq!(code, Some(0), "{told}");
    let json: Value = serde_json::from_str(&pinned).expect("JSON");
    assert_eq!(json["upstreams"]["clinic"]["pins"], json!(["10.1.2.3:81", "10.1.2.4:81"]));
    let (code, out, told) = run(&pinned, &["--check"]);
    assert_eq!((code, out.as_str(), told.as_str()), (Some(0), "", "1 names, all pinned as they are known here now\n"));
    let (code, out, told) = run(&site("clinic.internal"), &["--check"]);
    assert!(code == Some(1) && out.is_empty() && told.contains("`clinic.internal` has no pins"), "{told}");
    for (host, expected) in
        [("nowhere.internal", "is not known here"), ("odd.internal", "`fe80::1%eth0`, which cannot be pinned")]
    {
        let (code, out, told) = run(&site(host), &[]);
        assert!(code == Some(2) && out.is_empty() && told.contains(expected), "{told}");
    }
}

#[test]
fn pipes_sockets_and_files_carry_the_protocol() {
    let directory = tempfile::tempdir().expect("a directory");
    let conversation = conversation();

    let mut child = serve(directory.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(conversation.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "pipes: {output:?}");
    check(&String::from_utf8(output.stdout).expect("UTF-8"));

    let (mut near, far) = UnixStream::pair().expect("a pair");
    let ends = (OwnedFd::from(far.try_clone().expect("a copy")), OwnedFd::from(far));
    // The command is dropped with this statement, and its copies of the socket with it.
    let mut child = serve(directory.path()).stdin(ends.0).stdout(ends.1).spawn().expect("it runs");
    near.write_all(conversation.as_bytes()).expect("written");
    near.shutdown(std::net::Shutdown::Write).expect("shut down");
    let mut text = String::new();
    near.read_to_string(&mut text).expect("UTF-8");
    assert!(child.wait().expect("it ends").success(), "sockets");
    check(&text);

    let (input, output) = (directory.path().join("in"), directory.path().join("out"));
    fs::write(&input, conversation).expect("written");
    let (read, write) = (File::open(&input).expect("there"), File::create(&output).expect("created"));
    let status = serve(directory.path()).stdin(read).stdout(write).status().expect("it runs");
    assert!(status.success(), "files");
    check(&fs::read_to_string(&output).expect("UTF-8"));
}

/// Starts a server that clients connect to, waits until it listens, and says where.
fn listening(site: &Path, at: [&OsStr; 2]) -> (std::process::Child, String) {
    let mut command = Command::new(PROGRAM);
    command.arg("--site").arg(site).arg("serve").args(at).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut line = String::new();
    let errors = child.stderr.as_mut().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(errors), &mut line).expect("readable");
    let place = line.trim().strip_prefix("listening at ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, place)
}

#[test]
fn a_unix_socket_carries_the_protocol_to_clients_of_this_user() {
    use std::os::unix::fs::FileTypeExt;
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("airlock.sock");
    // What a program that was killed has left behind.
    drop(std::os::unix::net::UnixListener::bind(&socket).expect("can be bound"));
    let (mut child, _) = listening(&site(directory.path()), ["--socket".as_ref(), socket.as_ref()]);
    let about = fs::metadata(&socket).expect("is there");
    assert!(about.file_type().is_socket());
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let mut clients = [(); 2].map(|()| UnixStream::connect(&socket).expect("it listens"));
    for client in clients.iter_mut().rev() {
        client.write_all(conversation().as_bytes()).expect("written");
        client.shutdown(std::net::Shutdown::Write).expect("shut down");
        let mut text = String::new();
        client.read_to_string(&mut text).expect("UTF-8");
        check(&text);
    }
    // Each program has an audit file of its own.
    let other = tempfile::tempdir().expect("a directory");
    let mut second = Command::new(PROGRAM);
    second.arg("--site").arg(site(other.path())).args(["serve", "--socket"]).arg(&socket);
    let output = second.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another program listens there"), "{output:?}");
    let ended = Command::new("kill").arg(child.id().to_string()).status().expect("there is kill");
    assert!(ended.success() && child.wait().expect("it ends").success());
    // A confined process removes nothing, so the file stays; the next server takes its place.
    let (mut next, _) = listening(&site(directory.path()), ["--socket".as_ref(), socket.as_ref()]);
    UnixStream::connect(&socket).expect("it listens");
    next.kill().and_then(|()| next.wait()).expect("it ends");
    let file = directory.path().join("file");
    fs::write(&file, "x").expect("written");
    let mut third = Command::new(PROGRAM);
    third.arg("--site").arg(site(directory.path())).args(["serve", "--socket"]).arg(&file);
    assert_eq!(third.output().expect("it runs").status.code(), Some(1), "what is no socket stays");
}

/// A request for a page, and what comes until the server closes the connection.
#[cfg(feature = "http")]
fn page(mut stream: impl Read + Write, request: &str) -> String {
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("written");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("UTF-8");
    text
}

#[cfg(feature = "http")]
#[test]
fn http_is_served_on_loopback_and_at_a_socket_until_a_signal() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = site(directory.path());
    let socket = directory.path().join("http.sock");
    let path = format!("unix:{}", socket.display());
    for at in ["127.0.0.1:0", &path] {
        let (mut child, place) = listening(&site, ["--http".as_ref(), at.as_ref()]);
        let ask = |request: &str| match place.strip_prefix("http://") {
            Some(rest) => {
                page(std::net::TcpStream::connect(rest.trim_end_matches("/mcp")).expect("it listens"), request)
            }
            None => page(UnixStream::connect(&socket).expect("it listens"), request),
        };
        assert!(ask("GET /healthz").starts_with("HTTP/1.1 200 OK"));
        assert!(ask("GET /metrics").contains("airlock_calls_open 0\n"));
        assert!(ask("GET /mcp").starts_with("HTTP/1.1 405 "));
        if at == path {
            assert_eq!(fs::metadata(&socket).expect("is there").permissions().mode() & 0o777, 0o600);
        }
        let ended = Command::new("kill").arg(child.id().to_string()).status().expect("there is kill");
        assert!(ended.success() && child.wait().expect("it ends").success());
    }
    assert!(UnixStream::connect(&socket).is_err(), "nobody listens there any more");
}

#[cfg(feature = "http")]
#[test]
fn an_address_that_others_reach_stands_in_the_site_file_with_a_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = site(directory.path());
    let serve = |at: &str| {
        let output =
            Command::new(PROGRAM).arg("--site").arg(&site).args(["serve", "--http", at]).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let (code, told) = serve("0.0.0.0:0");
    assert!(code == Some(2) && told.contains("can be reached from other machines"), "{told}");
    assert_eq!(serve("localhost:80").0, Some(2));
    let token = directory.path().join("http.token");
    fs::write(&token, "canary-0123456789abcdef0123456789\n").expect("written");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).expect("changed");
    let mut text: Value = serde_json::from_slice(&fs::read(&site).expect("is there")).expect("JSON");
    text["serve"] = json!({"http": {"addresses": ["0.0.0.0:0"], "token": {"file": "http.token"}}});
    fs::write(&site, text.to_string()).expect("written");
    let (mut child, place) = listening(&site, ["--http".as_ref(), "0.0.0.0:0".as_ref()]);
    let port = place.trim_end_matches("/mcp").rsplit(':').next().expect("a port").parse::<u16>().expect("a port");
    let ask = |request| page(std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens"), request);
    assert!(ask("GET /metrics").starts_with("HTTP/1.1 401 "));
    assert!(ask("GET /healthz").starts_with("HTTP/1.1 200 "));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_printed_while_serving_goes_to_standard_error() {
    use std::io::{BufRead, BufReader};
    let directory = tempfile::tempdir().expect("a directory");
    let errors = File::create(directory.path().join("err")).expect("created");
    let mut command = serve(directory.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn().expect("it runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(format!("{}\n", conversation()).as_bytes()).expect("written");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("an answer");
    let descriptor = |number: u8| fs::read_link(format!("/proc/{}/fd/{number}", child.id())).expect("open");
    assert_eq!(descriptor(0), Path::new("/dev/null"));
    assert_eq!(descriptor(1), descriptor(2), "descriptor 1 is not standard error");
    assert_eq!(descriptor(2), directory.path().join("err"));
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

/// A line of a command has no room for a file; standard input has.
#[test]
fn the_arguments_of_a_call_may_come_from_standard_input() {
    let directory = tempfile::tempdir().expect("a directory");
    let run = |input: &str| {
        let mut command = Command::new(PROGRAM);
        command.arg("--site").arg(site(directory.path())).args(["call", "no_such_tool", "-"]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(run("[]").contains("not a JSON object"));
    assert!(run("{").contains("not JSON"));
    assert!(run("{\"id\": \"\\ud800\"}").contains("not JSON"), "half of a pair of surrogates is no text");
    let long = format!("{{\"base64\": \"{}\"}}", "A".repeat(300_000));
    assert!(run(&long).contains("Unknown tool"), "a long object is taken");
}
