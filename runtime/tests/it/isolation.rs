//! What confines the real program, seen from outside, and the process that opens connections for it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpListener as StdTcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use airlock_runtime::isolation::connector::Connector;
use airlock_runtime::site::Pin;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, SocketFlags, SocketType, recv,
    recvmsg, send, socketpair,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");

/// A child that does not outlive its test.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// A site of the linked catalogs with these members more, whose upstreams are at an address.
fn site(directory: &Path, address: &str, more: &Value) -> PathBuf {
    let printed = Command::new(PROGRAM).arg("site").output().expect("the program runs");
    let mut site: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    for (_, upstream) in site["upstreams"].as_object_mut().expect("an object") {
        upstream["address"] = json!(address);
        upstream.as_object_mut().expect("an object").remove("ca");
        for (_, credential) in upstream["credentials"].as_object().cloned().unwrap_or_default() {
            let key = directory.join(credential["file"].as_str().expect("a name"));
            fs::write(&key, "user:key\n").expect("written");
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("changed");
        }
    }
    for (key, value) in more.as_object().expect("an object") {
        site[key] = value.clone();
    }
    let file = directory.join("site.json");
    fs::write(&file, site.to_string()).expect("written");
    file
}

/// A server over standard input and output that has said which layers are in force.
fn serving(directory: &Path, address: &str) -> (Kept, String, BufReader<std::process::ChildStderr>) {
    let mut command = Command::new(PROGRAM);
    command.arg("--site").arg(site(directory, address, &json!({}))).args(["serve", "--report"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("readable");
    (Kept(child), line, errors)
}

/// The processes that a process has started, by their roles.
fn children(parent: u32) -> BTreeMap<String, u32> {
    let list = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("this kernel tells");
    let pids = list.split_whitespace().map(|pid| pid.parse().expect("a number"));
    pids.map(|pid: u32| {
        let words = fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("it lives");
        (words.split('\0').nth(1).unwrap_or_default().to_owned(), pid)
    })
    .collect()
}

fn status(pid: u32, key: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{key}: {text}"));
    line.trim_start_matches(':').trim().to_owned()
}

#[test]
fn every_process_of_a_server_is_confined_with_each_of_its_threads() {
    let directory = tempfile::tempdir().expect("a directory");
    let (server, line, _) = serving(directory.path(), "http://127.0.0.1:9");
    assert!(line.starts_with("isolation: fds-closed, no-new-privs, ") && line.contains("seccomp-tight"), "{line}");
    let of_server = children(server.0.id());
    assert_eq!(of_server.keys().collect::<Vec<_>>(), ["connector", "keeper"]);
    for pid in of_server.into_values().chain([server.0.id()]) {
        for thread in fs::read_dir(format!("/proc/{pid}/task")).expect("it lives") {
            let thread: u32 = thread.expect("it lives").file_name().to_string_lossy().parse().expect("a number");
            assert_eq!(
                (status(thread, "Seccomp"), status(thread, "NoNewPrivs")),
                ("2".into(), "1".into()),
                "{pid}/{thread}"
            );
        }
    }
}

#[test]
fn a_server_ends_with_every_process_that_it_started() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut server, ..) = serving(directory.path(), "http://127.0.0.1:9");
    let started = children(server.0.id());
    server.0.kill().and_then(|()| server.0.wait()).expect("it ends");
    let lives = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    for _ in 0..200 {
        if !started.values().any(lives) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{started:?} live on");
}

#[test]
fn less_isolation_than_the_site_asks_for_is_refused_with_the_layer_and_the_reason() {
    let directory = tempfile::tempdir().expect("a directory");
    let run = |minimum: Value| {
        let site = site(directory.path(), "http://127.0.0.1:9", &json!({"isolation": {"minimum": minimum}}));
        Command::new(PROGRAM).arg("--site").arg(site).arg("serve").stdin(Stdio::null()).output().expect("it runs")
    };
    let output = run(json!(["seccomp-tight", "landlock>=99"]));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("Missing: landlock>=99 (this kernel has landlock="), "{errors}");
    assert!(output.stdout.is_empty());
    let output = run(json!(["selinux"]));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("site.json:1:") && errors.contains("there is no layer `selinux`"), "{errors}");
    assert!(run(json!([])).status.success(), "a place may ask for nothing, and has what there is all the same");
}

#[test]
fn without_its_connector_a_server_calls_nobody_and_says_why() {
    let upstream = StdTcpListener::bind("127.0.0.1:0").expect("a port");
    let directory = tempfile::tempdir().expect("a directory");
    let address = format!("http://{}", upstream.local_addr().expect("bound"));
    let (mut server, ..) = serving(directory.path(), &address);
    let pid = children(server.0.id())["connector"].to_string();
    let killed = Command::new("kill").args(["-9", &pid]).status().expect("there is kill");
    assert!(killed.success());
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "find_free_beds", "arguments": {"ward_id": "W3"}, "_meta": meta}});
    let mut input = server.0.stdin.take().expect("a pipe");
    writeln!(input, "{call}").expect("written");
    drop(input);
    let mut answer = String::new();
    server.0.stdout.take().expect("a pipe").read_to_string(&mut answer).expect("UTF-8");
    assert!(answer.contains("the process that opens connections has ended"), "{answer}");
    upstream.set_nonblocking(true).expect("set");
    assert!(upstream.accept().is_err(), "nobody has come");
}

#[test]
fn a_socket_is_found_from_where_the_program_was_started() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = std::os::unix::net::UnixListener::bind(directory.path().join("clinic.sock")).expect("bound");
    site(directory.path(), "unix:clinic.sock", &json!({}));
    let mut command = Command::new(PROGRAM);
    command.current_dir(directory.path()).args(["call", "find_free_beds", "{\"ward_id\":\"W3\"}"]);
    let mut child = Kept(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs"));
    let (mut stream, _) = upstream.accept().expect("it comes");
    let mut head = [0; 14];
    stream.read_exact(&mut head).expect("a request");
    assert_eq!(&head, b"GET /v1/wards/");
    drop((stream, upstream));
    assert_eq!(child.0.wait().expect("it ends").code(), Some(1));
}

/// The connector as a process, and this end of its pair.
fn connector(list: &str) -> (Kept, OwnedFd, String) {
    let pair = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None);
    let (near, far) = pair.expect("a pair");
    let child = Command::new(PROGRAM).arg("connector").stdin(Stdio::from(far)).stderr(Stdio::null()).spawn();
    send(&near, list.as_bytes(), SendFlags::NOSIGNAL).expect("sent");
    let mut bytes = [0; 512];
    let (_, length) = recv(&near, &mut bytes, RecvFlags::empty()).expect("ready");
    (Kept(child.expect("it runs")), near, String::from_utf8_lossy(&bytes[..length]).into_owned())
}

/// One reply: the number, the status, and how many descriptors came along. None if the process has ended.
fn reply(near: &OwnedFd) -> Option<(u32, i32, usize)> {
    let mut bytes = [0; 16];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let read = recvmsg(near, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC).ok()?;
    let mut descriptors = 0;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(came) = message {
            descriptors += came.count();
        }
    }
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    (read.bytes == 8).then(|| (number(0), number(4).cast_signed(), descriptors))
}

#[test]
fn a_connector_gives_places_of_its_list_and_nothing_else() {
    let upstream = StdTcpListener::bind("127.0.0.1:0").expect("a port");
    let list = json!([upstream.local_addr().expect("bound").to_string()]).to_string();
    let (_process, near, level) = connector(&list);
    assert!(level.contains("seccomp-tight"), "{level}");
    let ask = |bytes: &[u8]| send(&near, bytes, SendFlags::NOSIGNAL).expect("sent");
    ask(&[1, 1, 0, 0, 7, 0, 0, 0]);
    assert_eq!(reply(&near), Some((7, 0, 1)), "the first place");
    // A place behind the end, and one that would be the first if it wrapped around.
    for place in [1_u16, 2, 255, 256, u16::MAX] {
        let [low, high] = place.to_le_bytes();
        ask(&[1, 1, low, high, 8, 0, 0, 0]);
        assert_eq!(reply(&near), Some((8, -libc::EACCES, 0)), "place {place}");
    }
    upstream.set_nonblocking(true).expect("set");
    assert!(upstream.accept().is_ok() && upstream.accept().is_err(), "one connection, and no second one");
    for wrong in [&[1_u8, 2, 0, 0, 9, 0, 0, 0][..], &[2, 1, 0, 0, 9, 0, 0, 0], &[1, 1, 0], &[0; 64]] {
        let (_process, near, _) = connector(&list);
        send(&near, wrong, SendFlags::NOSIGNAL).expect("sent");
        assert_eq!(reply(&near), None, "{wrong:?} ends it");
    }
}

#[tokio::test]
async fn connections_that_are_asked_for_at_once_each_go_to_whom_they_are_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    let at_socket = tokio::net::UnixListener::bind(&path).expect("bound");
    let mut pins = vec![Pin::Unix(path)];
    let mut listeners = Vec::new();
    for _ in 0..3 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        pins.push(Pin::Tcp(listener.local_addr().expect("bound")));
        listeners.push(listener);
    }
    // Nobody listens there any more.
    let gone = StdTcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    pins.push(Pin::Tcp(gone));
    let shared = Connector::start(Path::new(PROGRAM), pins.clone()).expect("it starts");
    shared.ready().expect("it is ready");
    let mut asked = tokio::task::JoinSet::new();
    for round in 0..50 {
        let (connector, pin) = (shared.clone(), pins[round % pins.len()].clone());
        asked.spawn(async move {
            let given = connector.connect(&pin).await;
            match pin {
                Pin::Tcp(to) if to == gone => assert!(given.is_err()),
                Pin::Tcp(to) => {
                    let stream = std::net::TcpStream::from(given.expect("a connection"));
                    assert_eq!(stream.peer_addr().expect("connected"), to);
                }
                Pin::Unix(path) => {
                    let stream = std::os::unix::net::UnixStream::from(given.expect("a connection"));
                    assert_eq!(stream.peer_addr().expect("connected").as_pathname(), Some(path.as_path()));
                }
            }
        });
        // Some are given up before their answer is there.
        if round % 7 == 0 {
            let (connector, pin) = (shared.clone(), pins[1].clone());
            asked.spawn(async move {
                let _ = tokio::time::timeout(Duration::from_micros(1), connector.connect(&pin)).await;
            });
        }
    }
    while let Some(done) = asked.join_next().await {
        done.expect("it went as it should");
    }
    let stranger = Pin::Tcp("127.0.0.1:1".parse().expect("an address"));
    assert!(shared.connect(&stranger).await.expect_err("not in the list").to_string().contains("not in the list"));
    drop((at_socket, listeners));
}
