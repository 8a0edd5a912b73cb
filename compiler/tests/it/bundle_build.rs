//! `airlock bundle build`: what is in a bundle, that it is the same everywhere, and what is refused.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_compiler::cli::Exit;
use airlock_seal::Code;
use airlock_seal::manifest::Manifest;
use serde_json::Value;

use crate::workspace::{Ran, SITE, Workspace, digest};

/// The bundle's directory, from what `--format json` says.
fn built(ran: &Ran) -> PathBuf {
    assert_eq!(ran.exit, Exit::Bundle(Code::Good), "{}{}", ran.out, ran.err);
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    PathBuf::from(told["bundle"].as_str().expect("a path"))
}

/// Paths and modes, with what depends on the versions of crates put together.
fn listing(bundle: &Path) -> String {
    let sums = fs::read_to_string(bundle.join("SHA512SUMS")).expect("there");
    let mut lines = BTreeSet::new();
    for path in sums.lines().map(|line| &line[130..]).chain(["SHA512SUMS"]) {
        let mode = fs::metadata(bundle.join(path)).expect("listed files are there").permissions().mode() & 0o7777;
        let parts: Vec<&str> = path.split('/').collect();
        let shown = match parts[..] {
            ["source", first, ..] if parts.len() > 2 => format!("source/{first}/…"),
            ["evidence", "licences", file] if file != "licences.json" => "evidence/licences/….txt".to_owned(),
            _ => path.to_owned(),
        };
        lines.insert(format!("{mode:04o} {shown}\n"));
    }
    lines.into_iter().collect()
}

fn assert_is_file(text: &str, file: &Path) {
    if std::env::var_os("AIRLOCK_BLESS").is_some() {
        assert!(std::env::var_os("CI").is_none(), "CI does not rewrite what it should check");
        fs::write(file, text).expect("written");
    }
    let wanted = fs::read_to_string(file).unwrap_or_default();
    assert!(text == wanted, "{} is not what came out:\n{text}\nAIRLOCK_BLESS=1 accepts it", file.display());
}

fn json(bundle: &Path, path: &str) -> Value {
    serde_json::from_slice(&fs::read(bundle.join(path)).expect("there")).expect("JSON")
}

#[test]
fn a_bundle_is_what_was_reviewed_and_the_same_from_two_directories() {
    let (one, other) = (Workspace::new("a"), Workspace::new("deeper/and b"));
    let tests = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n";
    let bundles = [&one, &other].map(|workspace| {
        fs::write(workspace.path("tests.txt"), tests).expect("written");
        let options = ["--format", "json", "--warm", "--warm-threads", "4", "--tests", &workspace.text("tests.txt")];
        built(&workspace.build(&options))
    });
    assert_is_file(&listing(&bundles[0]), Path::new("tests/cases/bundle.txt"));
    let sums = bundles.each_ref().map(|bundle| fs::read_to_string(bundle.join("SHA512SUMS")).expect("there"));
    let differing: Vec<_> = sums[0].lines().filter(|line| !sums[1].contains(line)).collect();
    assert!(sums[0] == sums[1], "{differing:#?}");

    // By the tools that a site has.
    let bundle = &bundles[0];
    let checked =
        Command::new("sha512sum").args(["-c", "--strict", "--quiet", "SHA512SUMS"]).current_dir(bundle).status();
    assert!(checked.expect("sha512sum is installed").success());
    let find = "find . ! -type d ! -path ./SHA512SUMS -printf '%P\\n' | LC_ALL=C sort | diff - /dev/fd/3 3<<END\n$(cut -c131- SHA512SUMS)\nEND";
    let listed = Command::new("sh").args(["-c", find]).current_dir(bundle).output().expect("sh is installed");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stdout));

    // Nothing of the machine.
    let root = one.root.to_string_lossy().into_owned();
    for path in sums[0].lines().map(|line| &line[130..]) {
        let bytes = fs::read(bundle.join(path)).expect("there");
        assert!(!String::from_utf8_lossy(&bytes).contains(&root), "{path} holds the path of the workspace");
    }
    check_contents(bundle, &one);
}

fn check_contents(bundle: &Path, workspace: &Workspace) {
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(bundle.join("manifest.json")).expect("there")).expect("one");
    assert_eq!(
        (&*manifest.name, &*manifest.version, manifest.sequence, manifest.created),
        ("clinic", "1.4.0", 7, 1_785_196_800)
    );
    assert_eq!(manifest.secrets, ["clinic/api_key"]);
    assert_eq!((manifest.models.len(), &*manifest.models[0].path), (1, "models/small-1.gguf"));
    assert_eq!(manifest.binary.features, ["http", "llama", "tls"]);
    // The list is the one whose digest stands in the reviewed source.
    let list = fs::read(bundle.join("review/tools-list.json")).expect("there");
    let library = fs::read_to_string(workspace.path("generated/src/lib.rs")).expect("there");
    assert_eq!(digest(&list), manifest.tools.sha256);
    assert!(library.contains(&manifest.tools.sha256));
    // What one file says of another is so.
    let sums = fs::read_to_string(bundle.join("SHA512SUMS")).expect("there");
    let statement = json(bundle, "evidence/provenance.intoto.json");
    let subject = &statement["subject"][0];
    assert!(sums.contains(&format!("{}  bin/airlock-host\n", subject["digest"]["sha512"].as_str().expect("a digest"))));
    let server = json(bundle, "deploy/server.json");
    let package = fs::read(bundle.join("deploy/clinic.mcpb")).expect("there");
    assert_eq!(server["packages"][0]["fileSha256"], digest(&package));
    assert_eq!(json(bundle, "evidence/tests.json")["passed"], 3);
    assert_eq!(fs::read_to_string(bundle.join("review/chat-template-small-1.txt")).expect("there"), "{{ messages }}");
    assert_eq!(fs::read_to_string(bundle.join("deploy/airlock.service")).expect("there"), "unit --bin /etc/airlock\n");
    let model = json(bundle, "models/small-1.json");
    assert_eq!(model["prefixes"][0]["file"], "models/prefix-0a.kv");
    assert_eq!(model["prefixes"][0]["threads"], 4);
    let line = fs::read_to_string(bundle.join("models/prefix-0a.kv.sha256")).expect("there");
    assert_eq!(line, format!("{}  prefix-0a.kv\n", digest(b"kept\n")));
}

#[test]
fn a_release_follows_on_another_and_says_what_has_changed() {
    let workspace = Workspace::new("a");
    let first = built(&workspace.build(&["--format", "json"]));
    let document = workspace.path("catalogs/workspace.yaml");
    let text = fs::read_to_string(&document).expect("there").replace("      - list_medications\n", "");
    fs::write(&document, text).expect("written");
    workspace.compile();
    let previous = first.to_string_lossy();
    let ran = workspace.build(&["--version", "1.5.0", "--previous", &previous]);
    assert!(ran.err.contains("`--sequence 7` is not higher than that of the previous release 1.4.0, 7"), "{}", ran.err);
    let next = ["--format", "json", "--version", "1.5.0", "--sequence", "8", "--previous", &previous];
    let second = built(&workspace.build(&next));
    let changes = fs::read_to_string(second.join("review/CHANGES.md")).expect("there");
    assert!(changes.contains("list_medications"), "{changes}");
    let manifest = json(&second, "manifest.json");
    assert_eq!(manifest["previous"]["version"], "1.4.0");
    assert_eq!(manifest["previous"]["sums_sha512"].as_str().map(str::len), Some(128));
}

#[test]
fn what_is_wrong_is_refused_with_a_way_out_and_nothing_is_left() {
    let workspace = Workspace::new("a");
    let write = |name: &str, text: &str| {
        fs::write(workspace.path(name), text).expect("written");
        workspace.text(name)
    };
    let secret = write("secret.json", &SITE.replace(r#"{"file": "clinic.key"}"#, r#""hunter2""#));
    let other = write("other.json", &SITE.replace("\"clinic\"", "\"lab\""));
    let failed = write("failed.txt", "test result: FAILED. 2 passed; 1 failed; 0 ignored\n");
    let unlisted = write("unlisted.gguf", "GGUF");
    for (options, part) in [
        (vec!["--site-template", &*secret], "holds no secret"),
        (vec!["--site-template", &*other], "has no upstream `clinic`"),
        (vec!["--tests", &*failed], "1 tests failed"),
        (vec!["--model", &*unlisted], "ends inside of its header"),
        (vec!["--name", "Clinic"], "`--name Clinic`"),
        (vec!["--name", "../x"], "`--name ../x`"),
        (vec!["--version", "1 0"], "`--version 1 0`"),
        (vec!["--sequence", "0"], "the first release of a name is 1"),
        (vec!["--previous", "."], "name the directory of an unpacked bundle"),
    ] {
        let ran = workspace.build(&options);
        assert_eq!(ran.exit, Exit::Bundle(Code::Usage), "{options:?}: {}", ran.err);
        assert!(ran.err.starts_with("usage: ") && ran.err.contains(part), "{options:?}: {}", ran.err);
    }
    workspace.write_program(" ");
    assert!(workspace.build(&[]).err.contains("offers other tools than the catalogs have"));
    workspace.write_program("");
    let library = workspace.path("generated/src/lib.rs");
    let text = fs::read_to_string(&library).expect("there");
    fs::write(&library, format!("{text}\n")).expect("written");
    let ran = workspace.build(&[]);
    assert!(
        ran.err.contains("src/lib.rs is not what the catalogs say, and 0 more; run `airlock compile`"),
        "{}",
        ran.err
    );
    fs::write(&library, text).expect("written");
    let lock = workspace.path("catalogs/clinic/catalog.lock");
    let text = fs::read(&lock).expect("there");
    fs::remove_file(&lock).expect("there");
    let ran = workspace.build(&[]);
    assert!(ran.err.contains("nobody has approved the catalog `clinic`"), "{}", ran.err);
    fs::write(&lock, text).expect("written");
    assert!(!workspace.path("dist").exists() || fs::read_dir(workspace.path("dist")).expect("there").count() == 0);

    built(&workspace.build(&["--format", "json"]));
    let ran = workspace.build(&["--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((told["exit"].as_u64(), told["code"].as_str()), (Some(2), Some("usage")));
    assert!(told["text"].as_str().is_some_and(|text| text.contains("is there already")), "{told}");
}
