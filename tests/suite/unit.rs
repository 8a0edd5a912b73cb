//! `airlock-host unit`: whole units as text, what makes none, and what systemd itself says of them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_runtime::cli::{ExitCode, run};
use serde_json::Value;

use crate::command::{assert_is_file, directories};

/// Where the cases are. Each is a directory with `site.json`, `options.txt` (one a line) and `airlock.service`.
const CASES: &str = "cases/unit";

/// A program that need not be there.
const PROGRAM: &str = "/usr/local/bin/airlock-host";

/// Runs `airlock-host unit` with these options.
fn unit(site: &Path, options: &[&str]) -> (ExitCode, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let fixed = ["airlock-host".into(), "--site".into(), site.as_os_str().to_owned(), "unit".into()];
    let arguments = fixed.into_iter().chain(options.iter().map(OsString::from));
    let code = run(airlock_generated::PROGRAM, arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("is UTF-8");
    (code, text(out), text(err))
}

/// The options of a case.
fn options(case: &Path) -> Vec<String> {
    let text = fs::read_to_string(case.join("options.txt")).expect("is there");
    text.lines().map(str::to_owned).collect()
}

/// The unit of a case, with the site file where an operator has it.
fn printed(case: &Path, more: &[&str]) -> String {
    let (site, options) = (case.join("site.json"), options(case));
    let options: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let (code, out, err) = unit(&site, &options);
    assert_eq!(code, ExitCode::Done, "{err}");
    let directory = std::path::absolute(case).expect("a path");
    out.replace(&*directory.to_string_lossy(), "/etc/airlock")
}

#[test]
fn units_are_what_was_reviewed() {
    for case in directories(Path::new(CASES)) {
        let text = printed(&case, &["--bin", PROGRAM]);
        assert_eq!(printed(&case, &["--bin", PROGRAM, "--site-at", "/etc/airlock/site.json"]), text);
        assert!(!text.contains("cases/unit"), "a path of this machine: {text}");
        assert_is_file(&text, &case.join("airlock.service"));
    }
}

#[test]
fn what_makes_no_unit_is_refused_with_a_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let site = directory.path().join("site.json");
    let plain = r#"{"upstreams": {}}"#;
    let key = |file: &str| {
        format!(
            r#"{{"upstreams": {{"clinic": {{"address": "http://10.1.2.3", "credentials": {{"key": {{"file": "{file}"}}}}}}}}}}"#
        )
    };
    let audit = |file: &str| format!(r#"{{"upstreams": {{}}, "audit": {{"file": "{file}"}}}}"#);
    let socket: &[&str] = &["--socket", "/run/airlock/mcp.sock", "--bin", PROGRAM];
    let with = |options: &[&'static str]| [socket, options].concat();
    for (text, options, told) in [
        (plain.to_owned(), vec!["--bin", PROGRAM], "config"),
        (plain.to_owned(), vec!["--socket", "/srv/mcp.sock", "--bin", PROGRAM], "/run/airlock/mcp.sock"),
        (plain.to_owned(), vec!["--socket", "/run/mcp.sock", "--bin", PROGRAM], "/run/airlock/mcp.sock"),
        (plain.to_owned(), vec!["--socket", "/run/../srv/mcp.sock", "--bin", PROGRAM], "below /run"),
        (plain.to_owned(), vec!["--http", "unix:/srv/mcp.sock", "--bin", PROGRAM], "--http unix:/run/"),
        (plain.to_owned(), vec!["--http", "10.0.0.7:8471", "--bin", PROGRAM], "\"addresses\""),
        (plain.to_owned(), with(&["--clients", "10.0.0.0/8"]), "over HTTP to an address"),
        (plain.to_owned(), with(&["--clients", "0.0.0.0/0"]), "keeps nobody out"),
        (plain.to_owned(), with(&["--user", "root;"]), "a lower-case letter"),
        (plain.to_owned(), with(&["--user", "a", "--dynamic-user"]), "cannot be used with"),
        (plain.to_owned(), with(&["--profile", "nobody"]), "nobody"),
        (plain.to_owned(), vec!["--socket", "/run/airlock/s", "--bin", "airlock-host"], "not an absolute path"),
        (plain.to_owned(), vec!["--socket", "/run/airlock/s", "--site-at", "site.json"], "not an absolute path"),
        (plain.to_owned(), vec!["--socket", "/run/airlock/s", "--bin", "/home/a/airlock-host"], "which the unit hides"),
        (plain.to_owned(), vec!["--socket", "/run/airlock/s", "--bin", "/opt/a\nUser=root"], "control character"),
        (plain.to_owned(), vec!["--socket", "/run/airlock/s\nUser=root", "--bin", PROGRAM], "control character"),
        ("{}".to_owned(), socket.to_vec(), "missing field"),
        (plain.replace("{}", r#"{"a": {"address": "http://clinic.example"}}"#), socket.to_vec(), "site pin"),
        (key("/srv/clinic.key"), socket.to_vec(), "--user"),
        (key("keys/clinic.key"), socket.to_vec(), "beside the site file"),
        (key("../clinic.key"), socket.to_vec(), "beside the site file"),
        (key("site.json"), socket.to_vec(), "other than `site.json`"),
        (key("/home/a/clinic.key"), with(&["--user", "a"]), "which the unit hides"),
        (audit("audit.jsonl"), socket.to_vec(), "/var/log/airlock/audit.jsonl"),
        (audit("/srv/audit/calls.jsonl"), socket.to_vec(), "--user"),
        (audit("/var/log/calls.jsonl"), socket.to_vec(), "/var/log/airlock/audit.jsonl"),
        (audit("/tmp/a/calls.jsonl"), with(&["--user", "a"]), "which the unit hides"),
    ] {
        fs::write(&site, &text).expect("written");
        let (code, out, err) = unit(&site, &options);
        assert_eq!((code, out.as_str()), (ExitCode::Usage, ""), "{text} {options:?}");
        assert!(err.contains(told), "{text} {options:?}: {err}");
    }
}

/// A case's unit in a directory, with a program that is there.
fn installed(case: &Path, directory: &Path) -> PathBuf {
    let path = directory.join("airlock.service");
    fs::write(&path, printed(case, &["--bin", "/usr/bin/true"])).expect("written");
    path
}

/// `systemd-analyze` with these arguments: whether it is content, and what it says.
fn analyze(arguments: &[&str], unit: &Path) -> (bool, String) {
    let ran = Command::new("systemd-analyze").args(arguments).arg(unit).env("SYSTEMD_COLORS", "0").output();
    let ran = ran.expect("systemd-analyze runs; tests/all.sh installs it");
    (ran.status.success(), format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr)))
}

#[test]
#[ignore = "needs systemd-analyze; tests/all.sh installs it"]
fn with_systemd_units_are_sound_and_as_closed_as_they_can_be() {
    let directory = tempfile::tempdir().expect("a directory");
    for case in directories(Path::new(CASES)) {
        let unit = installed(&case, directory.path());
        assert_eq!(analyze(&["verify"], &unit), (true, String::new()), "{}", case.display());
        let has_network = !fs::read_to_string(&unit).expect("is there").contains("PrivateNetwork=yes");
        // Tenths of the exposure that is told, from 0 to 100.
        let (threshold, most) = if has_network { ("12", 1.2) } else { ("4", 0.4) };
        let (is_below, said) = analyze(&["security", "--offline=true", "--threshold", threshold], &unit);
        let told = said.lines().find_map(|line| line.split_once("Overall exposure level for airlock.service: "));
        let told: f32 = told.expect(&said).1.split(' ').next().expect("a number").parse().expect(&said);
        assert!(is_below && told <= most, "{}: {said}", case.display());
        // Whatever is taken out of a unit is noticed: the check can fail.
        let weaker = fs::read_to_string(&unit).expect("is there").replace("SystemCallFilter=", "#");
        fs::write(&unit, weaker).expect("written");
        assert!(!analyze(&["security", "--offline=true", "--threshold", threshold], &unit).0, "{}", case.display());
    }
}

/// Makes a directory for `systemd/boot.sh`: the program and its unit, two units that try to get out, and what runs inside.
fn place(directory: &Path) {
    let root = directory.join("over");
    let (etc, units, bin) = (root.join("etc/airlock"), root.join("etc/systemd/system"), root.join("usr/local/bin"));
    for each in [&etc, &units, &bin] {
        fs::create_dir_all(each).expect("can be made");
    }
    fs::copy(airlock_tests::host::program(), bin.join("airlock-host")).expect("copied");
    fs::write(etc.join("clinic.key"), "canary-clinic-key\n").expect("written");
    fs::write(etc.join("http.token"), "0123456789abcdef0123456789abcdef\n").expect("written");
    let site = etc.join("site.json");
    let upstream = r#"{"clinic": {"address": "http://10.1.2.3:8080", "plain_http": "An address of this machine, which is not loopback.",
        "credentials": {"api_key": {"file": "clinic.key"}}}}"#;
    let written = |upstreams: &str| {
        format!(
            r#"{{"upstreams": {upstreams}, "audit": {{"file": "/var/log/airlock/audit.jsonl"}},
                "serve": {{"http": {{"token": {{"file": "http.token"}}}}}}}}"#
        )
    };
    let made = |upstreams: &str, options: &[&str]| {
        fs::write(&site, written(upstreams)).expect("written");
        let (code, out, err) = unit(&site, options);
        assert_eq!(code, ExitCode::Done, "{err}");
        out.replace(&*root.to_string_lossy(), "")
    };
    let python = ["/usr/bin/python3", "/usr/local/bin/python3"].into_iter().find(|path| Path::new(path).exists());
    let python = fs::canonicalize(python.expect("python3 of the system")).expect("is there");
    let python = python.to_str().expect("UTF-8");
    // The same unit, but for what it runs.
    let runs = |unit: &str, name: &str, command: &str, kind: &str| {
        let start = format!("ExecStart={python} -I /run/place/{command}\nStandardOutput=file:/run/place/{name}.json");
        let mut lines = Vec::new();
        for line in unit.lines() {
            lines.push(match line {
                "Type=exec" => kind,
                line if line.starts_with("ExecStart=") => &start,
                line => line,
            });
        }
        fs::write(units.join(format!("{name}-network.service")), lines.join("\n")).expect("written");
    };
    let tries = |unit: &str, tag: &str| runs(unit, tag, &format!("attempts.py {tag}"), "Type=oneshot");
    let socket = ["--socket", "/run/airlock/mcp.sock", "--bin", python];
    runs(&made("{}", &socket), "kept", "keeper.py /var/log/airlock/last.txt", "Type=exec");
    tries(&made("{}", &socket), "without");
    tries(&made(upstream, &["--http", "127.0.0.1:8471", "--bin", python]), "with");
    fs::write(units.join("airlock.service"), made(upstream, &["--http", "127.0.0.1:8471", "--bin", PROGRAM]))
        .expect("written");
    let more = units.join("airlock.service.d");
    fs::create_dir(&more).expect("can be made");
    fs::write(more.join("log.conf"), "[Service]\nStandardError=append:/run/place/out.log\n").expect("written");
    for file in ["run.sh", "attempts.py", "keeper.py", "upstreams.py", "client.py"] {
        fs::copy(Path::new("systemd").join(file), directory.join(file)).expect("copied");
    }
}

/// The real program under its unit, and attempts to get out of the same unit, under a systemd that is booted for this: in
/// namespaces, on a copy of the system that is thrown away. Whatever a unit closes has to be open without it.
#[test]
#[ignore = "needs root and systemd; tests/all.sh runs it where it may"]
fn with_booted_systemd_a_service_is_as_confined_as_its_unit_says() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    // A user that systemd makes up reads the attempts.
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("changed");
    place(path);
    let ran = Command::new("bash").arg("systemd/boot.sh").arg(path).output().expect("bash runs");
    let read = |name: &str| fs::read_to_string(path.join(name)).unwrap_or_else(|fault| format!("{name}: {fault}"));
    let logs = format!("{}{}{}", String::from_utf8_lossy(&ran.stderr), read("boot.log"), read("out.log"));
    assert!(ran.status.success(), "{logs}");
    let json = |name: &str| -> Value {
        serde_json::from_str(&read(name)).unwrap_or_else(|fault| panic!("{name}: {fault}\n{logs}"))
    };

    let open = |name: &str| -> Vec<String> {
        let outcomes = json(name);
        let outcomes = outcomes.as_object().expect("an object").iter();
        outcomes.filter(|(_, outcome)| *outcome == "open").map(|(attempt, _)| attempt.clone()).collect()
    };
    assert_eq!(
        open("plain.json").len(),
        json("plain.json").as_object().expect("an object").len(),
        "{}",
        read("plain.json")
    );
    assert_eq!(open("with.json"), ["declared-upstream", "write-records", "read-credential"], "{}", read("with.json"));
    assert_eq!(open("without.json"), ["write-records", "unix-socket"], "{}", read("without.json"));
    let received = read("received.txt");
    for place in ["other-tcp", "other-udp"] {
        let whose: Vec<&str> = received.lines().filter_map(|line| line.strip_prefix(place)).collect();
        assert_eq!(whose, [" plain"], "{received}");
    }
    // Systemd says so where it cannot filter addresses.
    assert!(!logs.contains("firewall"), "{logs}");

    assert_eq!(read("last.txt"), "last line\nlast line\n", "{logs}");

    let client = json("client.json");
    assert_eq!(client["health"][0], 200, "{client} {logs}");
    assert_eq!(client["without"][0], 401, "{client}");
    assert!(client["called"][0] == 200 && client["called"][1].to_string().contains("W3-04"), "{client}");
    assert!(received.contains("declared GET /"), "{received}");
    assert!(read("running.txt").contains("ActiveState=active"), "{}", read("running.txt"));
    let stopped = read("stopped.txt");
    assert!(stopped.contains("Result=success") && stopped.contains("ExecMainStatus=0"), "{stopped}");
    assert_eq!(read("modes.txt"), "700\n600\n");
    assert!(
        read("audit.jsonl").contains("\"find_free_beds\"") && !read("audit.jsonl").contains("canary"),
        "{}",
        read("audit.jsonl")
    );
}
