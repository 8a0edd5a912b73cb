//! What the verifier and the stock tools ask of the kernel: no network.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_seal::manifest::CHUNK_BYTES;
use airlock_seal::policy::{Policy, Suite};

use crate::bundle::Bundle;
use crate::keys::p384;
use crate::stock;

/// The programs of openssh-client, coreutils, findutils and diffutils that the text names, and the shell that runs it.
const PROGRAMS: [&str; 7] = ["ssh-keygen", "sha512sum", "cut", "sort", "find", "diff", "mktemp"];

/// The bundle that the child of the next test verifies.
const CHILD: &str = "AIRLOCK_SEAL_TEST_BUNDLE";

#[test]
#[ignore = "needs strace; run tests/all.sh"]
fn with_strace_the_verifier_opens_no_socket() {
    let mut bundle = Bundle::released();
    bundle.der();
    bundle.mldsa();
    bundle.cnsa2();
    bundle.verify().expect("is good");
    let trace = bundle.directory.path().join("trace");
    let child = |calls: &str, name: &str| {
        let mut command = Command::new("strace");
        command.args(["-f", "-e", calls, "-o"]).arg(&trace);
        command.arg(std::env::current_exe().expect("a test")).args(["--exact", name, "--ignored", "--nocapture"]);
        let output =
            command.env(CHILD, bundle.directory.path()).output().expect("strace is installed (Debian: strace)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let traced = fs::read_to_string(&trace).expect("is written");
        traced.lines().filter(|line| line.contains('(')).map(str::to_owned).collect::<Vec<_>>()
    };
    let none = child("trace=network", "kernel::child_verifies");
    assert!(none.is_empty(), "{none:?}");
    // The counter counts.
    assert!(!child("trace=network", "kernel::child_opens_a_socket").is_empty());
    assert!(child("trace=openat", "kernel::child_verifies").iter().any(|line| line.contains("release.mldsa87")));
}

/// Run by the test above, in a process that is watched.
#[test]
#[ignore = "a part of with_strace_the_verifier_opens_no_socket"]
fn child_verifies() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let directory = PathBuf::from(directory);
    let anchors = airlock_seal::trust::Anchors::open(&directory.join("anchors")).expect("are well formed");
    let policy = Policy { suite: Suite::Cnsa2, ..Policy::default() };
    let bundle = directory.join(crate::bundle::NAME);
    airlock_seal::verify::verify(&bundle, &anchors, policy, None, &mut |_, _| {}).expect("is good");
}

#[test]
#[ignore = "a part of with_strace_the_verifier_opens_no_socket"]
fn child_opens_a_socket() {
    if std::env::var_os(CHILD).is_some() {
        drop(std::os::unix::net::UnixDatagram::unbound().expect("a socket"));
    }
}

/// Where a program lies in the `PATH`.
fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    let places = std::env::split_paths(&path).map(|directory| directory.join(program));
    places.into_iter().find(|place| place.is_file()).unwrap_or_else(|| panic!("{program} is not installed"))
}

#[test]
fn the_stock_tools_alone_verify_without_a_network() {
    let permitted = Command::new("unshare").args(["-rn", "true"]).output().is_ok_and(|output| output.status.success());
    if !permitted {
        let word = "skipped: this system permits no user namespaces (`unshare -rn true` fails)";
        writeln!(std::io::stderr(), "{word}").expect("is open");
        return;
    }
    let mut bundle = Bundle::released();
    bundle.review("alice", &p384("alice"));
    bundle.policy.reviewers = 1;
    let programs = bundle.directory.path().join("programs");
    fs::create_dir(&programs).expect("a directory");
    for program in PROGRAMS {
        symlink(found(program), programs.join(program)).expect("a link");
    }
    let outer = stock::shell(&bundle);
    let inner = |commands: &str| {
        let shell = outer(commands);
        let mut command = Command::new(found("unshare"));
        command.args(["-rn", "/bin/sh", "-c", commands]).current_dir(shell.get_current_dir().expect("is set"));
        command.env_clear().env("PATH", &programs);
        command.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    };
    let devices = inner("while read -r line; do echo \"$line\"; done < /proc/net/dev").output().expect("a shell");
    let devices = String::from_utf8_lossy(&devices.stdout).into_owned();
    let names: BTreeSet<&str> =
        devices.lines().skip(2).filter_map(|line| line.split(':').next()).map(str::trim).collect();
    assert!(names.iter().all(|name| ["lo", "sit0", "tunl0"].contains(name)), "{devices}");
    assert!(!inner("openssl version").output().expect("a shell").status.success(), "has no more than those programs");
    assert_eq!(stock::failing(&bundle, &inner), Vec::<&str>::new());
    bundle.verify().expect("so do we");
    bundle.flip("models/small.gguf", 3);
    assert_eq!(stock::failing(&bundle, &inner), ["sha512sum"]);
}

/// More than fits into 32 bits. Both read it, so it takes a minute.
#[test]
#[ignore = "reads 9 GiB twice; run it by name"]
fn large_a_model_of_nine_gib_is_verified_in_little_memory() {
    let bundle = with_model(9 << 30);
    measured(&bundle);
    assert_eq!(stock::failing(&bundle, &stock::shell(&bundle)), Vec::<&str>::new());
}

#[test]
fn a_model_of_a_quarter_of_a_gib_takes_little_memory() {
    measured(&with_model(256 << 20));
}

/// In a process of its own, since the peak of memory is one for a process.
fn measured(bundle: &Bundle) {
    let mut command = Command::new(std::env::current_exe().expect("a test"));
    command.args(["--exact", "kernel::child_measures_memory", "--ignored", "--nocapture"]);
    let output = command.env(CHILD, bundle.directory.path()).output().expect("ourselves");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "a part of the tests of memory"]
fn child_measures_memory() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let directory = PathBuf::from(directory);
    let anchors = airlock_seal::trust::Anchors::open(&directory.join("anchors")).expect("are well formed");
    let bundle = directory.join(crate::bundle::NAME);
    let mut told = Vec::new();
    let progress = &mut |done, all| told.push((done, all));
    let verified = airlock_seal::verify::verify(&bundle, &anchors, Policy::default(), None, progress).expect("is good");
    assert!(peak() <= 32 << 10, "{} KiB, with the test itself", peak());
    let model = &verified.manifest.models[0];
    assert_eq!(model.chunks.len() as u64, model.bytes / CHUNK_BYTES);
    let (done, all) = told.last().copied().expect("is told at the end");
    assert!(done == all && all > model.bytes && told.is_sorted(), "{told:?}");
}

fn with_model(bytes: u64) -> Bundle {
    let mut bundle = Bundle::new();
    sparse(&bundle.at("models/small.gguf"), bytes);
    bundle.seal();
    bundle.release(&p384("release"));
    bundle
}

fn sparse(path: &Path, bytes: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).expect("is there");
    file.set_len(bytes).expect("sparse");
}

/// The most memory that this process ever had, in KiB (proc(5), `VmHWM`).
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("is told");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
