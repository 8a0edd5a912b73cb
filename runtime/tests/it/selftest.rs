//! The self-test, as an operator runs it: on this machine, without a namespace. `tests/egress.sh` looks at it from outside.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use airlock_runtime::selftest::{ATTEMPTS, Attempt, MATRIX};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");

/// What takes rights that a common user does not have, whatever else is in force.
const TAKES_ROOT: &[&str] = &[
    "raw-icmp",
    "packet-socket",
    "read-etc-shadow",
    "bpf",
    "mount",
    "setns-victim",
    "mq-open",
    "mark-passed-socket",
    "open-by-handle",
    "tiocsti",
    "setuid-program",
    "chroot",
    "madvise-victim",
    "clone3",
    "setgroups",
    "attach-filter-passed",
    "xdp-socket",
    "tun-device",
    "chown-outside",
    "fanotify",
    "fsopen",
    "open-tree",
    "sethostname",
    "syslog",
    "read-dev-kmsg",
    "clock-adjtime",
];

/// What a kernel may have been built or set up without, or what is closed to everybody.
const NOT_EVERYWHERE: &[&str] = &[
    "tcp-ipv6",
    "mptcp-socket",
    "alg-or-vsock-socket",
    "io-uring-setup",
    "unshare-user-net",
    "bpf",
    "add-key",
    "mq-open",
    "userfaultfd-or-perf",
    "x32-socket",
    "tiocsti",
    "sctp-socket",
    "affinity-victim",
    "smc-protocol",
    "smc-family",
    "udp-lite",
    "modify-ldt",
    "vfork",
    "seccomp-off",
    "tioclinux",
    "int-0x80",
    "migrate-victim",
    "ping-socket",
    "xdp-socket",
    "tipc-socket",
    "kcm-or-rxrpc-socket",
    "tun-device",
    "getxattr-any-path",
    "setxattr-outside",
    "memfd-execveat",
    "memfd-secret",
    "ioperm",
    "quotactl",
];

fn selftest(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).arg("selftest").args(arguments).output().expect("the program runs")
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (text(&output.stdout), text(&output.stderr))
}

fn evidence(output: &Output) -> Value {
    let (out, err) = texts(output);
    serde_json::from_str(&out).unwrap_or_else(|fault| panic!("{fault}: {out}{err}"))
}

#[test]
fn the_matrix_is_whole_and_its_names_stay() {
    assert!(ATTEMPTS.len() > MATRIX);
    let names: BTreeSet<&str> = ATTEMPTS.iter().map(|attempt| attempt.name).collect();
    assert_eq!(names.len(), ATTEMPTS.len(), "two attempts have one name");
    for (number, attempt) in ATTEMPTS.iter().enumerate() {
        assert_eq!(attempt.number(), number);
        let fits = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
        assert!(attempt.name.chars().all(fits) && !attempt.what.is_empty(), "{}", attempt.name);
    }
    // Evidence of another day is compared by these.
    for (number, name) in [
        (0, "tcp-declared"),
        (6, "dns-query"),
        (9, "raw-icmp"),
        (16, "ptrace-victim"),
        (23, "io-uring-setup"),
        (32, "leaked-tcp"),
        (45, "tcp-fastopen-connect"),
        (46, "prlimit-victim"),
        (52, "stat-any-path"),
        (78, "int-0x80"),
        (79, "process-vm-writev"),
    ] {
        assert_eq!(Attempt::find(name).map(Attempt::number), Some(number), "{name}");
    }
}

#[test]
fn nothing_is_open_but_what_is_known_and_the_control_is_open_or_explained() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new(PROGRAM).args(["selftest", "--json"]).env("TMPDIR", directory.path()).output();
    let output = output.expect("the program runs");
    let evidence = evidence(&output);
    assert_eq!(output.status.code(), Some(0), "{}", texts(&output).1);
    assert_eq!(fs::read_dir(directory.path()).expect("can be listed").count(), 0, "something was left behind");
    let attempts = evidence["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), ATTEMPTS.len());
    let is_root = evidence["machine"]["uid"] == 0;
    for attempt in attempts {
        let name = attempt["name"].as_str().expect("a name");
        let is_explained = NOT_EVERYWHERE.contains(&name) || (!is_root && TAKES_ROOT.contains(&name));
        assert!(attempt["control"] == "open" || is_explained, "{attempt}");
        let is_known = evidence["known"][name].is_string();
        assert!(attempt["isolated"] != "open" || is_known, "{attempt}");
        // Where no file is read, nothing at all is open; where more is left, that and no more is.
        assert_ne!(attempt["isolated_reading_nothing"], "open", "{attempt}");
        let is_given = evidence["given"][name].is_string();
        assert!(attempt["isolated_with_most"] != "open" || is_known || is_given, "{attempt}");
        // A layer is named exactly where one closes something.
        let is_layer = match &attempt["layer"] {
            Value::Array(layers) => layers.len() > 1,
            Value::String(layer) => !["control closed", "absent"].contains(&layer.as_str()) && !layer.is_empty(),
            _ => false,
        };
        assert_eq!(is_layer, attempt["control"] == "open" && attempt["isolated"] == "closed", "{attempt}");
        assert_eq!(attempt["receipts"]["isolated"], 0, "{attempt}");
    }
    for part in ["control", "isolated", "isolated_reading_nothing", "isolated_with_most"] {
        let counts = &evidence["counts"]["all"][part];
        let sum: u64 = ["open", "closed", "absent"].iter().filter_map(|word| counts[word].as_u64()).sum();
        assert_eq!(sum, ATTEMPTS.len() as u64, "{part}");
    }
    assert_eq!(evidence["counts"]["unexpected"], 0);
    assert_eq!(evidence["program"]["sha256"].as_str().map(str::len), Some(64));
    assert!(evidence["layers"].as_array().is_some_and(|layers| layers.contains(&json!("seccomp-tight"))));
}

#[test]
fn the_layer_that_closes_an_attempt_is_found() {
    let names = ["udp-sendto-53", "read-outside", "leaked-pipe-read", "kill-victim", "seccomp-off"];
    let output = selftest(&[&["--json"], &names[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", texts(&output).1);
    let evidence = evidence(&output);
    let layers: Vec<&Value> =
        evidence["attempts"].as_array().expect("a list").iter().map(|attempt| &attempt["layer"]).collect();
    let wanted = [
        json!("seccomp-tight"),
        json!("landlock"),
        json!("fds-closed"),
        json!(["landlock", "seccomp-tight"]),
        json!("control closed"),
    ];
    assert_eq!(layers, wanted.iter().collect::<Vec<_>>());
}

#[test]
fn a_layer_that_is_gone_is_noticed() {
    for (without, name) in [
        (&["seccomp-tight"][..], "udp-sendto-53"),
        (&["landlock"], "read-outside"),
        (&["fds-closed"], "leaked-tcp"),
        (&["seccomp-tight", "mdwe"], "mmap-write-exec"),
    ] {
        let mut arguments = vec!["--quick", name];
        arguments.extend(without.iter().flat_map(|layer| ["--without", layer]));
        let output = selftest(&arguments);
        let (out, err) = texts(&output);
        assert_eq!(output.status.code(), Some(1), "{out}");
        assert!(out.contains("NOT CLOSED"), "{out}");
        assert_eq!(err, format!("error: open in spite of the layers: {name}\n"));
    }
}

#[test]
fn evidence_is_the_same_on_paper_and_on_screen_and_twice() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("evidence.json");
    let path = file.to_str().expect("UTF-8");
    let run = || {
        let output = selftest(&["--quick", "--json", "--out", path, "read-outside", "tcp-declared", "prlimit-victim"]);
        assert_eq!(output.status.code(), Some(0), "{}", texts(&output).1);
        let (out, err) = texts(&output);
        assert_eq!((err.as_str(), fs::read_to_string(&file).expect("the file")), ("", out.clone()));
        out
    };
    let text = run();
    assert_eq!(text, run());
    assert!(!text.contains(path) && !text.contains("/proc"), "{text}");
    let output = selftest(&["--quick", "--out", "/nonexistent/evidence.json", "read-outside"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(texts(&output).1.contains("/nonexistent/evidence.json"), "{}", texts(&output).1);
}

#[test]
fn people_get_a_table_without_colours_and_a_summary_with_numbers() {
    let output = selftest(&["--quick", "read-outside", "exec"]);
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    assert!(out.contains("\n 80  read-outside               open     closed\n"), "{out}");
    assert!(out.contains("nothing in force (control)       2            0       0       1\n"), "{out}");
    assert!(out.contains("isolated, reading some files     0            2       0       0\n"), "{out}");
    assert!(out.ends_with("open without a known reason: 0\n"), "{out}");
    assert!(!out.contains('\u{1b}') && !out.contains("PASS"), "{out}");
    let (out, _) = texts(&selftest(&["--list"]));
    assert_eq!(out.lines().count(), ATTEMPTS.len());
    assert!(out.starts_with("  0  tcp-declared  "), "{out}");
}

#[test]
fn a_slip_is_told_with_the_way_out() {
    for (arguments, part) in [
        (&["udp-sendto-54"][..], "`airlock-host selftest --list` has them"),
        (&["--without", "apparmor"], "the layers are fds-closed, no-new-privs, mdwe, landlock, seccomp-tight"),
        (&["--only", "layers"], "isolated"),
        (&["--list", "--egress"], "cannot be used with"),
    ] {
        let output = selftest(arguments);
        let (out, err) = texts(&output);
        assert_eq!((output.status.code(), out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains(part), "{err}");
    }
}

/// The other processes of a self-test are this program, too. Whoever starts one by hand gets nothing out of it.
#[test]
fn hidden_commands_end_in_order_whatever_they_are_given() {
    let scene = "{}";
    for arguments in [
        &["attempt"][..],
        &["attempt", "tcp-declared"],
        &["attempt", "no-such-attempt", scene, "reading:"],
        &["attempt", "tcp-declared", scene, "reading:"],
        &["attempt", "tcp-declared", "[[[", "reading:landlock"],
        &["attempt", "tcp-declared", scene, "reading:", "more"],
        &["victim", "more"],
        &["landed", "more"],
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().expect("the program runs");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{arguments:?}");
    }
}
