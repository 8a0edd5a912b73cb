//! The real program and its audit trail: killed at any moment, out of room, tampered with, signed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");
const KEY: &str = "canary-clinic-key";

/// A clinic that answers every patient, and a site file for it.
struct Place {
    directory: tempfile::TempDir,
    /// The patients that were asked for.
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Place {
    /// With these members of `audit` besides its file.
    fn new(audit: &Value) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || answer(stream, &seen));
            }
        });
        write_private(&directory.path().join("clinic.key"), KEY);
        let mut audit = audit.clone();
        audit["file"] = "audit.jsonl".into();
        let site = json!({
            "upstreams": { "clinic": { "address": format!("http://{address}"), "credentials": { "api_key": { "file": "clinic.key" } } } },
            "audit": audit,
        });
        fs::write(directory.path().join("site.json"), site.to_string()).expect("written");
        Self { directory, asked }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn trail(&self) -> PathBuf {
        self.at("audit.jsonl")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--site").arg(self.at("site.json")).args(arguments);
        command
    }

    fn call(&self, patient: &str) -> Output {
        self.command(&["call", "get_patient", &json!({ "patient_id": patient }).to_string()]).output().expect("it runs")
    }

    /// `airlock-host audit` about this trail.
    fn audit(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(PROGRAM).args(["audit", command]).arg(self.trail()).args(arguments).output().expect("it runs")
    }

    /// What `verify` says, whether the trail is whole or not.
    fn verified(&self) -> Value {
        serde_json::from_slice(&self.audit("verify", &["--format", "json"]).stdout).expect("JSON")
    }

    /// Waits until nobody writes to the trail.
    fn settled(&self) -> Value {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let found = self.verified();
            if found["is_live"] == false {
                return found;
            }
            assert!(Instant::now() < until, "somebody still writes: {found}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn records(&self) -> Vec<Value> {
        let lines = self.audit("show", &["--format", "json"]).stdout;
        String::from_utf8(lines).expect("UTF-8").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, format!("{text}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("changed");
}

/// Answers requests on one connection until it ends.
fn answer(mut stream: TcpStream, seen: &Mutex<BTreeSet<String>>) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..count]);
        while let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            bytes.drain(..end + 4);
            let patient = head.split([' ', '/']).find(|word| word.starts_with('P') && word.len() == 5);
            seen.lock().expect("no panic").insert(patient.unwrap_or_default().to_owned());
            let body = json!({ "full_name": "Li" }).to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// A server, and a client that asks for one patient after another without waiting.
struct Load {
    child: Child,
    answered: thread::JoinHandle<BTreeSet<String>>,
}

impl Load {
    /// Patients from this number on.
    fn start(place: &Place, from: usize) -> Self {
        let mut command = place.command(&["serve"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let (input, output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        thread::spawn(move || ask(input, from));
        let answered = thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            let answers = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
            let good = answers.filter(|answer| answer["result"]["isError"] != true && answer["result"].is_object());
            good.filter_map(|answer| answer["id"].as_str().map(str::to_owned)).collect()
        });
        Self { child, answered }
    }

    /// The keeper, as its process is found.
    fn keeper(&self) -> Option<String> {
        let parent = format!(" {} ", self.child.id());
        fs::read_dir("/proc").expect("is there").flatten().find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // `PID (NAME) STATE PPID …` (proc(5)).
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let (_, rest) = stat.rsplit_once(')')?;
            let words = fs::read_to_string(entry.path().join("cmdline")).ok()?;
            (rest.get(2..)?.starts_with(&parent) && words.split('\0').nth(1) == Some("keeper")).then_some(name)
        })
    }

    /// Waits until the first answers are there.
    fn is_under_way(place: &Place, before: usize) {
        let until = Instant::now() + Duration::from_secs(20);
        while place.asked.lock().expect("no panic").len() <= before {
            assert!(Instant::now() < until, "nothing is asked");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn ask(mut input: ChildStdin, from: usize) {
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    for number in from..from + 400 {
        let patient = format!("P{number:04}");
        let params = json!({"name": "get_patient", "arguments": {"patient_id": patient}, "_meta": meta});
        let request = json!({"jsonrpc": "2.0", "id": patient, "method": "tools/call", "params": params});
        if writeln!(input, "{request}").is_err() {
            return;
        }
    }
    // What is asked is still answered while the input is open.
    thread::sleep(Duration::from_mins(1));
}

fn kill(process: &str) {
    assert!(Command::new("kill").args(["-9", process]).status().expect("there is kill").success());
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Caller,
    Keeper,
    Both,
}

/// How many moments; more by `AIRLOCK_AUDIT_KILLS`.
fn moments() -> usize {
    std::env::var("AIRLOCK_AUDIT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(MOMENTS)
}

/// Moments that one trail goes through.
const MOMENTS: usize = 20;

/// Whatever dies at whatever moment: what was sent has its record, and what was answered has the record of its answer.
#[test]
fn no_kill_loses_a_record_and_no_half_record_goes_unnoticed() {
    for first in (0..moments()).step_by(MOMENTS) {
        killed_at(first..(first + MOMENTS).min(moments()));
    }
}

fn killed_at(rounds: std::ops::Range<usize>) {
    let count = rounds.len();
    let place = Place::new(&json!({"arguments": "values", "file_bytes_max": 65_536}));
    let mut answered = BTreeSet::new();
    for round in rounds {
        let victim = [Victim::Caller, Victim::Keeper, Victim::Both][round % 3];
        let before = place.asked.lock().expect("no panic").len();
        let mut load = Load::start(&place, round * 400 % 9600);
        Load::is_under_way(&place, before);
        // Spread evenly over a tenth of a second, and not in step with anything.
        thread::sleep(Duration::from_micros((round as u64 * 61_803) % 100_000));
        let (caller, keeper) = (load.child.id().to_string(), load.keeper().expect("it has one"));
        if victim != Victim::Caller {
            kill(&keeper);
        }
        if victim != Victim::Keeper {
            kill(&caller);
        }
        let ended = load.child.wait().expect("it ends");
        if victim == Victim::Keeper {
            assert_eq!(ended.code(), Some(1), "without its keeper a program ends");
        }
        answered.extend(load.answered.join().expect("no panic"));
        let found = place.settled();
        if victim == Victim::Caller {
            assert_eq!((&found["whole"], &found["unpaired"]), (&json!(true), &json!(0)), "{found}");
            assert_eq!(found["ends_with_stop"], true, "the keeper ends the trail in order: {found}");
        }
        // The next start brings in order what two kills have left.
        assert_eq!(place.call("P9999").status.code(), Some(0));
        let found = place.settled();
        assert_eq!((&found["whole"], &found["unpaired"]), (&json!(true), &json!(0)), "{victim:?}: {found}");
    }
    let (mut let_out, mut ended) = (BTreeMap::new(), BTreeSet::new());
    for record in place.records() {
        let call = record["call"].as_u64();
        if let (Some(call), Some(values)) =
            (call.filter(|_| record["kind"] == "call"), record["arguments_values"].as_str())
        {
            let values: Value = serde_json::from_str(values).expect("JSON");
            let_out.insert(call, values["patient_id"].as_str().expect("a text").to_owned());
        }
        if record["verdict"] == "answered" {
            ended.extend(call.and_then(|call| let_out.get(&call)).cloned());
        }
    }
    let recorded: BTreeSet<String> = let_out.into_values().collect();
    let asked = place.asked.lock().expect("no panic");
    assert!(answered.len() > count && asked.len() >= answered.len(), "{} of {}", answered.len(), asked.len());
    assert_eq!(asked.difference(&recorded).collect::<Vec<_>>(), [""; 0], "sent without a record");
    assert_eq!(answered.difference(&ended).collect::<Vec<_>>(), [""; 0], "answered without a record");
}

/// A file that may not grow is a disk that is full.
#[test]
fn without_room_for_a_record_no_call_is_made() {
    let place = Place::new(&json!({}));
    // In blocks of 512 bytes (POSIX, `ulimit`).
    let script = "ulimit -f 24; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, PROGRAM, "--site"]).arg(place.at("site.json")).arg("serve");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let input = child.stdin.take().expect("a pipe");
    thread::spawn(move || ask(input, 0));
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let answers =
        output.lines().take(100).map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("JSON"));
    let refused = answers.filter(|answer| answer["result"]["isError"] == true).last().expect("the file is full");
    let told = refused["result"]["content"][0]["text"].as_str().expect("a text");
    assert!(told.contains("so it was not made") && told.contains("make room"), "{told}");
    kill(&child.id().to_string());
    child.wait().expect("it ends");
    let found = place.settled();
    assert_eq!(found["whole"], true, "what did not fit was taken back: {found}");
    let asked = place.asked.lock().expect("no panic").len() as u64;
    assert!(asked > 2 && asked <= found["calls"].as_u64().expect("a number"), "{asked}: {found}");
    assert!(fs::metadata(place.trail()).expect("is there").len() <= 24 * 512);
}

fn ssh_keygen(arguments: &[&str]) -> Command {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn checkpoints_are_signed_and_stock_tools_say_so() {
    let place = Place::new(&json!({"key": {"file": "audit.key"}, "sync": "every"}));
    for (name, kind) in [("audit.key", "ecdsa"), ("other.key", "ed25519")] {
        let made = ssh_keygen(&["-q", "-t", kind, "-N", "", "-C", "ward 3", "-f"]).arg(place.at(name)).status();
        assert!(made.expect("ssh-keygen is installed (Debian: openssh-client)").success(), "{name}");
    }
    let told = place.call("P0001");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.code() == Some(2) && text.contains("of the kind `ecdsa-sha2-nistp256`"), "{text}");
    fs::remove_file(place.at("audit.key")).expect("is there");
    assert!(
        ssh_keygen(&["-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f"])
            .arg(place.at("audit.key"))
            .status()
            .expect("runs")
            .success()
    );
    assert_eq!(place.call("P0001").status.code(), Some(0));

    let public = place.at("audit.key.pub");
    let allowed = format!("ward3 namespaces=\"airlock-audit-v1\" {}", fs::read_to_string(&public).expect("is there"));
    fs::write(place.at("allowed"), allowed).expect("written");
    let path = |name: &str| place.at(name).to_str().expect("UTF-8").to_owned();
    for arguments in [["--key", &path("audit.key.pub")], ["--allowed-signers", &path("allowed")]] {
        let output = place.audit("verify", &arguments);
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert!(told.contains("audit.jsonl: whole\n") && told.contains("1 signed by SHA256:"), "{told}");
        assert!(told.contains("0 records behind the last") && told.contains("ends         with a stop"), "{told}");
    }
    let output = place.audit("verify", &["--key", &path("other.key.pub")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).expect("UTF-8").contains("which is none of the keys that may"));

    let seq = place.records().last().expect("records")["seq"].to_string();
    let output = place.audit("show", &["--checkpoint", &seq, "--write", &path("")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (message, signature) = (path(&format!("checkpoint-{seq}")), path(&format!("checkpoint-{seq}.sig")));
    let verify = ["-Y", "verify", "-f", &path("allowed"), "-I", "ward3", "-n", "airlock-audit-v1", "-s", &signature];
    let mut stock = ssh_keygen(&verify);
    assert!(stock.stdin(fs::File::open(&message).expect("is there")).status().expect("it runs").success());
    assert_eq!(
        place.audit("show", &["--checkpoint", "1", "--write", &path("")]).status.code(),
        Some(2),
        "none is there"
    );

    fs::set_permissions(place.at("audit.key"), fs::Permissions::from_mode(0o644)).expect("changed");
    let told = place.call("P0002");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        told.status.code() == Some(2) && text.contains("audit.key` can be read by other users; run `chmod 600"),
        "{text}"
    );
}

#[test]
fn a_trail_is_checked_shown_handed_on_and_summed_up() {
    let place = Place::new(&json!({}));
    assert_eq!(place.call("P0001").status.code(), Some(0));
    assert_eq!(place.call("nobody").status.code(), Some(2));
    let text = fs::read_to_string(place.trail()).expect("is there");
    assert!(
        !text.contains(KEY) && !text.contains("P0001") && !text.contains("nobody") && !text.contains("Li"),
        "{text}"
    );
    let run = |command: &str, arguments: &[&str]| {
        let output = place.audit(command, arguments);
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8"))
    };
    let (code, shown) = run("show", &["--tool", "get_patient"]);
    assert_eq!((code, shown.lines().count()), (Some(0), 3), "{shown}");
    assert!(shown.contains("outcome    get_patient (call 2) answered 200: 18 -> "), "{shown}");
    assert_eq!(run("show", &["--verdict", "arguments", "--since", "2026"]).1.lines().count(), 1);
    assert_eq!(run("show", &["--since", "2999"]).1, "");
    assert_eq!(run("show", &["--since", "yesterday"]).0, Some(2));
    for (format, part) in [("rfc5424", "<110>1 2"), ("cef", "CEF:0|Airlock|"), ("ocsf", "{\"class_uid\":600")] {
        let (code, lines) = run("export", &["--format", format]);
        assert!(code == Some(0) && lines.lines().count() >= 7, "{lines}");
        assert!(lines.lines().all(|line| line.starts_with(part) || line.starts_with("<109>1 2")), "{lines}");
    }
    let (code, page) = run("report", &[]);
    assert!(
        code == Some(0) && page.contains("<code>get_patient</code>") && page.contains("<code>arguments</code>"),
        "{page}"
    );
    let (code, told) = run("verify", &[]);
    assert!(code == Some(0) && told.contains("refused      1 before anything was sent"), "{told}");

    fs::write(place.trail(), text.replacen("get_patient", "get_patents", 1)).expect("written");
    for command in ["verify", "show", "report"] {
        let (code, told) = run(command, &[]);
        assert!(code == Some(1) && told.contains("audit.jsonl:2: the record was changed"), "{told}");
    }
    let told = place.call("P0001");
    assert_eq!(told.status.code(), Some(2));
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("audit.jsonl:2: the record was changed") && told.contains("move it away"), "{told}");
    fs::remove_file(place.trail()).expect("is there");
    assert_eq!(run("verify", &[]).0, Some(2));
}

#[test]
fn nobody_but_the_program_starts_a_keeper() {
    let output = Command::new(PROGRAM).arg("keeper").stdin(Stdio::null()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.contains("the program starts this by itself"), "{told}");
    let help = Command::new(PROGRAM).arg("--help").output().expect("it runs").stdout;
    assert!(!String::from_utf8(help).expect("UTF-8").contains("keeper"));
}
