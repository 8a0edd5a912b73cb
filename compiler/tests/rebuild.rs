//! The whole program, built twice: by the recipe, and by `airlock bundle rebuild` as somebody else, elsewhere, on another day.
//!
//! It takes minutes, so it is ignored unless it is asked for (`tests/all.sh` does):
//! `cargo test -p airlock-compiler --test rebuild -- --ignored with_rebuild`. `AIRLOCK_REBUILD_FEATURES=http,llama,tls` builds the embedded
//! model as well, and `AIRLOCK_REBUILD_WORK` names the directory that is worked in, and kept.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use airlock_compiler::bundle::recipe::{self, Built};
use airlock_compiler::bundle::{Program, Role, source, vendor};
use airlock_seal::sums::Sums;
use serde_json::json;
use sha2::{Digest as _, Sha512};

/// Another user than whoever runs the tests.
const NOBODY: u32 = 65_534;

/// For whoever measures: `--nocapture`.
#[expect(clippy::print_stdout, reason = "a test's output is for whoever runs it")]
fn told(text: &str) {
    println!("{text}");
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("is below it")
}

/// Gathers and vendors the workspace below `bundle/source`.
fn gathered(bundle: &Path, features: &[&str]) -> source::Source {
    let features = features.iter().map(|&feature| feature.to_owned()).collect();
    let program = Program { features, ..Program::of_this_workspace(1_767_225_600) };
    let source = source::gather(workspace(), &bundle.join("source"), &program).expect("is gathered");
    let vendored = vendor::write(&source).expect("is vendored");
    assert!(vendored.packages.iter().any(|package| package.role == Role::Unused), "nothing is left out");
    let serde = vendored.packages.iter().find(|package| package.name == "serde_json").expect("is of the lock");
    assert_eq!((serde.role, serde.license.as_deref()), (Role::Program, Some("MIT OR Apache-2.0")));
    assert!(serde.license_files.iter().any(|(name, _)| name == "LICENSE-MIT"));
    source
}

/// Writes the least that a bundle is: program, manifest, sums.
fn sealed(bundle: &Path, built: &Built) {
    fs::create_dir_all(bundle.join("bin")).expect("can be made");
    fs::copy(&built.binary, bundle.join("bin/airlock-host")).expect("can be copied");
    let none: [u8; 0] = [];
    let manifest = json!({
        "binary": {
            "cpu": built.cpu, "features": built.features, "linkage": built.linkage.word(), "package": "airlock-runtime",
            "path": "bin/airlock-host", "sha512": built.sha512,
        },
        "catalogs": none, "compiler": {"rustc": built.rustc_version, "version": "0"}, "created": 0, "egress": none,
        "format": 1, "isolation": {"minimum": none}, "labels": none, "models": none, "name": "a", "previous": null,
        "profiles": none, "secrets": none, "sequence": 1, "target": "t", "tools": {"count": 0, "sha256": ""}, "version": "1",
    });
    fs::write(bundle.join("manifest.json"), manifest.to_string()).expect("can be written");
    summed(bundle);
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("can be read").map(|entry| entry.expect("can be read").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn summed(bundle: &Path) {
    let mut sums = Sums::default();
    for path in files(bundle) {
        let name = path.strip_prefix(bundle).expect("is below").to_str().expect("is UTF-8").to_owned();
        if name != "SHA512SUMS" {
            let digest = Sha512::digest(fs::read(&path).expect("can be read"));
            sums.insert(name, hex(&digest));
        }
    }
    fs::write(bundle.join("SHA512SUMS"), sums.text()).expect("can be written");
}

/// Programs that tell a compiler of C and C++ another day than it is.
fn other_day(directory: &Path) {
    fs::create_dir_all(directory).expect("can be made");
    for name in ["cc", "c++"] {
        let script = format!("#!/bin/sh\nexec faketime '2031-05-06 07:08:09' /usr/bin/{name} \"$@\"\n");
        let path = directory.join(name);
        fs::write(&path, script).expect("can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("can be set");
    }
}

/// A second installation of Rust, and of `airlock`, that another user may read: those of whoever runs the tests can lie in a home.
fn installed(source: &source::Source, root: &Path) -> PathBuf {
    let directory = root.join("rust");
    let sysroot = source.toolchain.cargo.parent().and_then(Path::parent).expect("has one");
    if !directory.exists() {
        fs::create_dir(&directory).expect("can be made");
        for part in ["bin", "lib"] {
            let copied = ["-al", "-a"].iter().any(|how| {
                let status =
                    Command::new("cp").arg(how).arg(sysroot.join(part)).arg(&directory).status().expect("runs");
                status.success()
            });
            assert!(copied, "{part} cannot be copied");
        }
    }
    let bin = directory.join("bin");
    fs::copy(env!("CARGO_BIN_EXE_airlock"), bin.join("airlock")).expect("can be copied");
    bin
}

/// Runs `airlock bundle rebuild` without network, with another umask, home and language, and as another user where that can be.
fn rebuilt(bundle: &Path, work: &Path, bin: &Path, days: &Path) -> Output {
    let is_root = fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0);
    let path = format!("{}:{}:/usr/bin:/bin", days.display(), bin.display());
    let mut command = Command::new("unshare");
    if is_root {
        chown(work, Some(NOBODY), Some(NOBODY)).expect("can be given away");
        command.args(["-n", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    } else {
        command.arg("-rn");
    }
    command
        .args(["sh", "-c", "umask 077 && exec \"$@\"", "sh", "airlock", "bundle", "rebuild"])
        .arg(bundle)
        .arg("--work")
        .arg(work)
        .env("PATH", path)
        .env("LANG", "tr_TR.UTF-8")
        .env("TZ", "Pacific/Chatham")
        .env("CFLAGS", "-O0 -g")
        .env("RUSTFLAGS", "-Cdebuginfo=2")
        .env("GGML_AVX512", "ON");
    command.output().expect("runs")
}

#[test]
#[ignore = "builds the program twice: minutes"]
fn with_rebuild_another_user_elsewhere_on_another_day_gives_the_same_program() {
    let temporary = tempfile::tempdir().expect("can be made");
    let kept = std::env::var_os("AIRLOCK_REBUILD_WORK").map(PathBuf::from);
    let root = kept.unwrap_or_else(|| temporary.path().to_owned());
    let features = std::env::var("AIRLOCK_REBUILD_FEATURES").unwrap_or_else(|_| "http,tls".to_owned());
    let features: Vec<&str> = features.split(',').collect();
    let bundle = root.join("bundle");
    fs::create_dir_all(&bundle).expect("can be made");
    // Nobody has to be able to come here, and to read what is Rust's.
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).expect("can be set");
    let source = gathered(&bundle, &features);
    let bin = installed(&source, &root);

    let begin = Instant::now();
    let built = recipe::build(&bundle.join("source"), &root.join("a"), &mut |_| ()).expect("is built");
    told(&format!("built in {:?}: {} {}", begin.elapsed(), built.linkage.word(), built.sha512));
    let started = Command::new(&built.binary).arg("--version").output().expect("runs");
    assert!(started.status.success());
    sealed(&bundle, &built);

    let work = root.join("another/directory/that/lies/deeper/b");
    fs::create_dir_all(&work).expect("can be made");
    other_day(&root.join("days"));
    let begin = Instant::now();
    let output = rebuilt(&bundle, &work, &bin, &root.join("days"));
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    told(&format!("rebuilt in {:?}: {out}{err}", begin.elapsed()));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.starts_with("same: ") && out.contains(&built.sha512), "{out}");
    assert!(err.starts_with("needs rustc: rustc "), "{err}");

    // One byte of the program, and one of the generated source, which is noticed before it is compiled.
    let program = bundle.join("bin/airlock-host");
    let mut bytes = fs::read(&program).expect("can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&program, &bytes).expect("can be written");
    summed(&bundle);
    let output = rebuilt(&bundle, &work, &bin, &root.join("days"));
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.starts_with(&format!("differs: bin/airlock-host differs from byte {middle} (.")), "{out}");

    let vendored = bundle.join("source/vendor.tar");
    let mut bytes = fs::read(&vendored).expect("can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&vendored, &bytes).expect("can be written");
    let output = rebuilt(&bundle, &work, &bin, &root.join("days"));
    assert_eq!(output.status.code(), Some(14), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `airlock` itself, by the lines of `BUILD.txt`, with a cache of crates that is empty and without network.
#[test]
#[ignore = "builds the compiler: minutes"]
fn with_rebuild_the_compiler_is_built_from_the_source_alone() {
    let root = tempfile::tempdir().expect("can be made");
    let source = gathered(root.path(), &["tls"]);
    let directory = &source.directory;
    let text = fs::read_to_string(directory.join("BUILD.txt")).expect("is there");
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    let script = lines.join(" && ").replace("cargo build --release", "cargo build");
    let toolchain = source.toolchain.cargo.parent().expect("has one").to_str().expect("is UTF-8").to_owned();
    let output = Command::new("unshare")
        .args(["-rn", "sh", "-c", &script])
        .current_dir(directory)
        .env("CARGO_HOME", root.path().join("empty"))
        .env("CARGO_TARGET_DIR", root.path().join("target"))
        .env("PATH", format!("{toolchain}:/usr/bin:/bin"))
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let compiler = root.path().join("target/debug/airlock");
    let check = Command::new(compiler).args(["compile", "--check"]).current_dir(directory).output().expect("runs");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn what_is_gathered_is_the_same_each_time_and_holds_no_tests() {
    let root = tempfile::tempdir().expect("can be made");
    let [first, second] = ["a", "a/b/c"].map(|name| root.path().join(name).join("source"));
    let program = Program::of_this_workspace(1);
    let source = source::gather(workspace(), &first, &program).expect("is gathered");
    source::gather(workspace(), &second, &program).expect("is gathered");
    let names: Vec<&str> = source.files.iter().map(String::as_str).collect();
    for name in [
        "Cargo.lock",
        "rust-toolchain.toml",
        ".cargo/config.toml",
        "recipe.json",
        "generated/src/lib.rs",
        "generated/.gitattributes",
        "catalogs/workspace.yaml",
        "runtime/seal/src/lib.rs",
        "compiler/src/main.rs",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    for start in ["tests/", "runtime/tests/", "runtime/benches/", "fuzz/", "target/"] {
        assert!(!names.iter().any(|name| name.starts_with(start)), "{start}");
    }
    for name in &names {
        let [left, right] = [&first, &second].map(|root| fs::read(root.join(name)).expect("can be read"));
        assert_eq!(left, right, "{name}");
    }
    assert_eq!((source.recipe.cpu.as_str(), source.recipe.linkage.word()), ("x86-64-v3", "static-pie"));

    let mut check = Command::new(env!("CARGO_BIN_EXE_airlock"));
    let checked = check.args(["compile", "--check"]).current_dir(&first).output().expect("runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    // Written again it is not touched, and what is not of it goes.
    fs::write(first.join("runtime/src/more.rs"), "").expect("can be written");
    let before = fs::metadata(first.join("Cargo.lock")).and_then(|about| about.modified()).expect("is there");
    source::gather(workspace(), &first, &program).expect("is gathered");
    let after = fs::metadata(first.join("Cargo.lock")).and_then(|about| about.modified()).expect("is there");
    assert!(before == after && !first.join("runtime/src/more.rs").exists());
}
