//! The process itself: nobody dumps its memory, looks into it, or reads the files that it makes.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");

/// A user who owns nothing. Tests of root are run as this one, too: root may do what others may not.
const NOBODY: u32 = 65534;

/// A directory of a user with the program in it, a site file, and keys.
struct Place {
    directory: tempfile::TempDir,
    uid: Option<u32>,
}

impl Place {
    fn new(uid: Option<u32>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::copy(PROGRAM, directory.path().join("airlock-host")).expect("copied");
        let output = Command::new(PROGRAM).arg("site").output().expect("the program runs");
        let mut site: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        for (_, upstream) in site["upstreams"].as_object_mut().expect("an object") {
            // Nobody listens at a port below 1024 that no protocol has.
            upstream["address"] = "http://127.0.0.1:1".into();
            upstream.as_object_mut().expect("an object").remove("ca");
            for (_, credential) in upstream["credentials"].as_object().into_iter().flatten() {
                let key = directory.path().join(credential["file"].as_str().expect("a file name"));
                fs::write(&key, "user:key\n").expect("written");
                fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("changed");
            }
        }
        fs::write(directory.path().join("site.json"), site.to_string()).expect("written");
        if uid.is_some() {
            for entry in fs::read_dir(directory.path()).expect("a directory").flatten() {
                std::os::unix::fs::chown(entry.path(), uid, uid).expect("given away");
            }
            std::os::unix::fs::chown(directory.path(), uid, uid).expect("given away");
        }
        Self { directory, uid }
    }

    /// Runs the program in its directory, with every limit on core files lifted that can be.
    fn start(&self, arguments: &str) -> Child {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("ulimit -c unlimited 2>/dev/null; exec ./airlock-host {arguments}"));
        command.current_dir(self.directory.path());
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it runs")
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.directory.path()).expect("a directory");
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        files
    }
}

/// This user, and nobody in particular where this one is root.
fn users() -> Vec<Option<u32>> {
    let is_root = Path::new("/proc/self").metadata().is_ok_and(|metadata| metadata.uid() == 0);
    if is_root { vec![None, Some(NOBODY)] } else { vec![None] }
}

fn list() -> String {
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}).to_string()
}

/// Reads one line of a child's output.
fn line(child: &mut Child) -> String {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("readable");
    line
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_not_dumped_and_files_are_private() {
    for uid in users() {
        let place = Place::new(uid);
        let before = place.files();
        let mut child = place.start("serve");
        writeln!(child.stdin.as_mut().expect("a pipe"), "{}", list()).expect("written");
        assert!(line(&mut child).contains("\"tools\""), "pipes carry the protocol, also where nobody may look into it");
        let proc = PathBuf::from(format!("/proc/{}", child.id()));
        let read = |name: &str| fs::read_to_string(proc.join(name)).expect("it runs");
        let limits = read("limits");
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
        assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
        assert!(read("status").contains("\nUmask:\t0077\n"), "{}", read("status"));
        // What is not dumpable belongs to root there, whoever runs it (proc(5)).
        assert_eq!(proc.join("mem").metadata().expect("there").uid(), 0);
        let killed = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().expect("there is kill");
        assert!(killed.success());
        let status = child.wait().expect("it ends");
        assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
        let mut after = place.files();
        after.retain(|file| !before.contains(file) && file.file_name() != Some("audit".as_ref()));
        assert!(after.is_empty(), "{after:?}");
    }
}

#[test]
fn missing_descriptors_are_nobodys() {
    let place = Place::new(None);
    // Nobody listens at the site's address, so the call fails, and is recorded.
    let mut child = place.start("call find_patients '{\"name\":\"Li\"}' <&- >&- 2>&-");
    let _ = child.wait().expect("it ends");
    let audit = fs::read_to_string(place.directory.path().join("audit/audit.jsonl")).expect("the audit file");
    let mut lines = audit.lines().map(|line| serde_json::from_str::<Value>(line).expect("records alone"));
    assert!(lines.any(|line| line["kind"] == "outcome"), "{audit}");
}

#[test]
fn a_program_that_nobody_looks_into_finds_its_own_place() {
    for uid in users() {
        let output = Place::new(uid).start("config --for claude").wait_with_output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && text.contains("airlock-host\""), "{text}");
    }
}

/// What a call says whose credential systemd has put into a directory, with these modes and owners.
fn with_credential(directory_mode: u32, mode: u32, group: Option<u32>) -> (Option<i32>, String) {
    let place = Place::new(None);
    let site = place.directory.path().join("site.json");
    let text = fs::read_to_string(&site).expect("a file");
    let mut json: Value = serde_json::from_str(&text).expect("JSON");
    for (_, upstream) in json["upstreams"].as_object_mut().expect("an object") {
        for (name, credential) in upstream["credentials"].as_object_mut().into_iter().flatten() {
            *credential = json!({"credential": name});
            let path = place.directory.path().join("credentials");
            fs::create_dir_all(&path).expect("made");
            fs::write(path.join(name), "canary-of-systemd").expect("written");
            fs::set_permissions(path.join(name), Permissions::from_mode(mode)).expect("changed");
            if group.is_some() {
                std::os::unix::fs::chown(path.join(name), None, group).expect("given away");
            }
            fs::set_permissions(&path, Permissions::from_mode(directory_mode)).expect("changed");
        }
    }
    fs::write(&site, json.to_string()).expect("written");
    let mut command = Command::new(PROGRAM);
    command.args(["call", "find_patients", "{\"name\":\"Li\"}"]).current_dir(place.directory.path());
    let output = command.env("CREDENTIALS_DIRECTORY", place.directory.path().join("credentials")).output();
    let output = output.expect("it runs");
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!told.contains("canary"), "{told}");
    (output.status.code(), told)
}

#[test]
fn credentials_of_systemd_are_read_as_it_leaves_them() {
    let (code, told) = with_credential(0o700, 0o400, None);
    assert!(code == Some(1) && told.contains("cannot be reached"), "it was read: {told}");
    let (code, told) = with_credential(0o700, 0o404, None);
    assert!(code == Some(2) && told.contains("can be read by other users"), "{told}");
    let (code, told) = with_credential(0o770, 0o400, None);
    assert!(code == Some(2) && told.contains("other users can write"), "{told}");
    if users().len() > 1 {
        // With an access list, root's file has the bits of the list's mask; another group's bits are the group's.
        let (code, told) = with_credential(0o700, 0o440, Some(0));
        assert!(code == Some(1) && told.contains("cannot be reached"), "{told}");
        let (code, told) = with_credential(0o700, 0o440, Some(NOBODY));
        assert!(code == Some(2) && told.contains("can be read by other users"), "{told}");
    }
}
