//! `airlock new`: a workspace of one's own, with the real cargo on the other side.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use airlock_compiler::bundle::{Program, source};
use airlock_compiler::cli::Exit;
use tempfile::TempDir;

use crate::command::{Ran, airlock};
use crate::freshness::tree;

/// Runs `airlock new` on a directory below `root`.
fn new(root: &TempDir, name: &str, more: &[&str]) -> Ran {
    let path = root.path().join(name).to_string_lossy().into_owned();
    airlock(["new", &path].into_iter().chain(more.iter().copied()))
}

/// Runs cargo in a workspace, without the network and with its lock as it is.
fn cargo(workspace: &Path, arguments: &[&str], target: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace).args(arguments).args(["--offline", "--locked"]);
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    command.output().expect("cargo runs")
}

fn assert_done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_new_workspace_is_compiled_and_the_same_every_time() {
    let root = tempfile::tempdir().expect("a directory");
    for (directory, more) in [("wards", &[][..]), ("deep/er", &["--name", "wards"])] {
        let ran = new(&root, directory, more);
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
        assert!(ran.out.contains("2 tools") && ran.out.contains("`wards`"), "{}", ran.out);
    }
    let files = tree(&root.path().join("wards"));
    assert!(files == tree(&root.path().join("deep/er")));
    for path in ["server/src/main.rs", "generated/src/parts/find_parts.rs", "airlock/LICENSE-MIT", ".cargo/config.toml"]
    {
        assert!(files.contains_key(path), "{path}");
    }
    let path = |name: &str| root.path().join("wards").join(name).to_string_lossy().into_owned();
    let ran = airlock(["compile", "--check", "--catalogs", &path("catalogs"), "--out", &path("generated")]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out);
    for (path, bytes) in &files {
        assert!(!String::from_utf8_lossy(bytes).contains(&*root.path().to_string_lossy()), "{path}");
    }
}

#[test]
fn one_can_begin_without_a_catalog() {
    let root = tempfile::tempdir().expect("a directory");
    let ran = new(&root, "bare", &["--empty"]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
    assert!(!root.path().join("bare/catalogs/parts").exists());
    assert!(root.path().join("bare/generated/src/lib.rs").is_file());
}

#[test]
fn what_cannot_begin_is_refused_with_a_way_out_and_writes_nothing() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join("full")).expect("can be made");
    fs::write(root.path().join("full/notes.txt"), "mine").expect("can be written");
    for (directory, more, wrong) in [
        ("full", &[][..], "full is not empty; name another directory, or `airlock new --refresh "),
        ("Wards", &[], "choose one with `--name`"),
        ("wards", &["--name", "serde"], "a package that it is built from has this name"),
        ("wards", &["--name", "a/../b"], "small letters, digits and `-`"),
        ("wards", &["--refresh"], "is no workspace that `airlock new` made"),
        ("wards", &["--force"], "--refresh"),
    ] {
        let ran = new(&root, directory, more);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""), "{directory} {more:?}");
        assert!(ran.err.contains(wrong), "{}", ran.err);
    }
    assert_eq!(tree(root.path()).into_keys().collect::<Vec<_>>(), ["full/notes.txt"]);
}

/// What a member takes by default is less than what a release of it is built with.
#[test]
fn the_crates_of_a_release_are_told_whatever_is_built_by_default() {
    let root = tempfile::tempdir().expect("a directory");
    assert_eq!(new(&root, "wards", &[]).exit, Exit::Done);
    let features = vec!["http".to_owned()];
    let program =
        Program { package: "wards".to_owned(), bin: "wards".to_owned(), features, ..Program::of_this_workspace(0) };
    let gathered = source::gather(&root.path().join("wards"), &root.path().join("source"), &program).expect("is one");
    assert!(gathered.crates.packages.iter().any(|one| one.name == "async-trait" && one.role.is_built()));
}

/// Cargo itself says whether the lock is complete, and no more than that.
#[test]
fn the_lock_is_the_one_that_cargo_would_write() {
    let root = tempfile::tempdir().expect("a directory");
    for (name, more) in [("wards", &[][..]), ("bare", &["--empty"])] {
        assert_eq!(new(&root, name, more).exit, Exit::Done);
        let metadata = assert_done(&cargo(&root.path().join(name), &["metadata", "--format-version", "1"], None));
        let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("is JSON");
        let members = metadata["workspace_members"].as_array().expect("is a list").len();
        // The program, the generated crate, and Airlock's.
        assert_eq!(
            members,
            2 + tree(&root.path().join(name).join("airlock"))
                .keys()
                .filter(|path| path.ends_with("/Cargo.toml"))
                .count()
        );
    }
    let versions = |text: &str| -> Vec<String> {
        let entries = text.split("[[package]]\n").skip(1).filter(|entry| entry.contains("\nchecksum = "));
        entries.map(|entry| entry.split("dependencies").next().unwrap_or_default().trim().to_owned()).collect()
    };
    let ours = versions(&fs::read_to_string("../Cargo.lock").expect("is there"));
    let theirs = versions(&fs::read_to_string(root.path().join("wards/Cargo.lock")).expect("is there"));
    assert!(theirs.len() > 100);
    for version in theirs {
        assert!(ours.contains(&version), "{version}");
    }
}

#[test]
fn a_refresh_replaces_airlocks_sources_and_nothing_else() {
    let root = tempfile::tempdir().expect("a directory");
    assert_eq!(new(&root, "wards", &[]).exit, Exit::Done);
    let (workspace, wanted) = (root.path().join("wards"), tree(&root.path().join("wards")));
    let ran = new(&root, "wards", &["--refresh"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    assert!(ran.out.contains("is up to date"), "{}", ran.out);

    let edited = workspace.join("airlock/runtime/src/main.rs");
    fs::write(&edited, "// mine\n").expect("can be written");
    let own = workspace.join("server/src/main.rs");
    fs::write(&own, "// mine as well\n").expect("can be written");
    let ran = new(&root, "wards", &["--refresh"]);
    assert_eq!(ran.exit, Exit::Invalid);
    assert!(ran.err.contains("somebody has edited it") && ran.err.contains("--refresh --force"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&edited).expect("is there"), "// mine\n");
    assert_eq!(new(&root, "wards", &["--refresh", "--force"]).exit, Exit::Done);
    let after = tree(&workspace);
    let differing: Vec<&String> = after.keys().filter(|path| after.get(*path) != wanted.get(*path)).collect();
    assert_eq!(differing, ["server/src/main.rs"]);
    assert_eq!(after.len(), wanted.len());
}

/// An older release: another VERSION, a file that is no more, other versions, and a dependency of the program's own.
#[test]
fn a_refresh_takes_over_from_an_older_release_and_mends_the_lock() {
    let root = tempfile::tempdir().expect("a directory");
    assert_eq!(new(&root, "wards", &[]).exit, Exit::Done);
    let workspace = root.path().join("wards");
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).expect("is there");
    let version =
        lock.split("name = \"bytes\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("is there");
    let older = |text: &str| {
        text.replace(&format!("name = \"bytes\"\nversion = \"{version}\""), "name = \"bytes\"\nversion = \"1.0.0\"")
    };
    let of_airlock = workspace.join("airlock/workspace.lock");
    fs::write(&of_airlock, older(&fs::read_to_string(&of_airlock).expect("is there"))).expect("can be written");
    fs::write(workspace.join("airlock/runtime/src/gone.rs"), "").expect("can be written");
    let own = "\n[[package]]\nname = \"bytelike\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.org\"\nchecksum = \"00\"\n\
               dependencies = [\n \"bytes\",\n]\n";
    fs::write(
        workspace.join("Cargo.lock"),
        older(&lock).replacen("\n[[package]]\nname = \"bytes\"", &format!("{own}\n[[package]]\nname = \"bytes\""), 1),
    )
    .expect("can be written");
    // `--force`, because VERSION still has the digest of the newer files.
    let ran = new(&root, "wards", &["--refresh", "--force"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    assert!(ran.out.contains("packages of your own"), "{}", ran.out);
    assert!(!workspace.join("airlock/runtime/src/gone.rs").exists());
    let mended = fs::read_to_string(workspace.join("Cargo.lock")).expect("is there");
    assert_eq!(mended.replacen(own, "", 1), lock);
    assert!(mended.contains(own));
}

/// Help, usage and completions name the program of a workspace, and not the one of this repository.
#[test]
fn a_program_calls_itself_by_its_own_name() {
    let run = |arguments: &[&str]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = arguments.iter().map(std::ffi::OsString::from);
        airlock_runtime::cli::run(airlock_generated::PROGRAM, arguments, &mut out, &mut err);
        String::from_utf8(out).expect("is UTF-8") + &String::from_utf8(err).expect("is UTF-8")
    };
    for arguments in [&["--help"][..], &["call", "--help"], &["nonsense"], &["completions", "bash"]] {
        let called = |program: &str| run(&[&[program], arguments].concat());
        let own = called("/opt/wards/bin/wards");
        assert!(own.contains("wards") && !own.contains("airlock-host"), "{own}");
        assert_eq!(called("an odd name"), called("airlock-host"));
    }
}

/// Builds everything there is but the embedded model. Takes minutes, most of them third-party crates.
#[test]
#[ignore = "builds a workspace with cargo, offline: tests/all.sh runs it"]
fn with_cargo_a_new_workspace_builds_serves_and_makes_another() {
    let root = tempfile::tempdir().expect("a directory");
    assert_eq!(new(&root, "wards", &[]).exit, Exit::Done);
    let (workspace, target) = (root.path().join("wards"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("new"));
    assert_done(&cargo(&workspace, &["build", "--no-default-features"], Some(&target)));
    let program = target.join("debug/wards");
    let listed = Command::new(&program).arg("tools").output().expect("runs");
    assert!(assert_done(&listed).contains("find_parts"));
    let help = Command::new(&program).arg("--help").output().expect("runs");
    assert!(assert_done(&help).contains("Usage: wards"));
    assert_done(&cargo(&workspace, &["build", "-q", "-p", "airlock-compiler", "--bin", "airlock"], Some(&target)));
    let second = root.path().join("second");
    let compiler = |arguments: &[&str]| {
        let output = Command::new(target.join("debug/airlock")).current_dir(&workspace).args(arguments).output();
        assert_done(&output.expect("runs"))
    };
    assert!(compiler(&["compile", "--check"]).contains("up to date"));
    compiler(&["new", &second.to_string_lossy(), "--name", "wards"]);
    assert!(tree(&second) == tree(&workspace), "a workspace's own compiler makes another workspace");
    // Everything is a member, so the whole must build and test as one.
    assert_done(&cargo(&workspace, &["test", "--no-default-features"], Some(&target)));
}
