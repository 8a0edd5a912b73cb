//! The real program in a release: what it refuses to start from, and how releases come, go back and are told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use airlock_generated::PROGRAM as COMPILED;
use airlock_seal::manifest::{Binary, Compiler, FORMAT, Isolation, Manifest, Profile, Tools};
use airlock_seal::sshsig::{PrivateKey, sign};
use airlock_seal::sums::Sums;
use airlock_seal::{MANIFEST, NAMESPACE_RELEASE, SUMS};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

const PROGRAM: &str = env!("CARGO_BIN_EXE_airlock-host");

fn sha512(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A place with keys, anchors, a site file and bundles. It lies beside the program, so that a bundle has the program's file itself.
struct Place {
    directory: tempfile::TempDir,
    program_sha512: String,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let place = Self { directory, program_sha512: sha512(&fs::read(PROGRAM).expect("there")) };
        fs::create_dir(place.at("anchors")).expect("made");
        let mut signers = String::new();
        for (name, namespace) in [("release", NAMESPACE_RELEASE), ("site-ward", airlock_seal::NAMESPACE_APPROVAL)] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(place.at(name));
            assert!(command.status().expect("ssh-keygen runs").success());
            let public = fs::read_to_string(place.at(&format!("{name}.pub"))).expect("there");
            write!(signers, "{name} namespaces=\"{namespace}\" {public}").expect("written");
        }
        fs::write(place.at("anchors/allowed_signers"), signers).expect("written");
        place.site(&json!({}));
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a site file with these members beside its upstreams, which none of these tests reaches.
    fn site(&self, members: &Value) {
        let output = Command::new(PROGRAM).arg("site").output().expect("it runs");
        let mut site: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        for (_, upstream) in site["upstreams"].as_object_mut().expect("an object") {
            upstream["address"] = "http://127.0.0.1:9".into();
            upstream.as_object_mut().expect("an object").remove("ca");
            for (_, credential) in upstream["credentials"].as_object().cloned().unwrap_or_default() {
                let key = self.at(credential["file"].as_str().expect("a file name"));
                fs::write(&key, "user:key\n").expect("written");
                fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("changed");
            }
        }
        site.as_object_mut().expect("an object").remove("audit");
        for (name, value) in members.as_object().expect("an object") {
            site[name] = value.clone();
        }
        fs::write(self.at("site.json"), site.to_string()).expect("written");
    }

    fn bundle(&self, sequence: u64) -> PathBuf {
        let directory = self.at(&format!("clinic-1.{sequence}.0"));
        fs::create_dir_all(directory.join("bin")).expect("made");
        fs::create_dir_all(directory.join("signatures")).expect("made");
        fs::copy(PROGRAM, directory.join("bin/airlock-host")).expect("copied");
        let manifest = serde_json::to_vec_pretty(&self.manifest(sequence)).expect("JSON");
        fs::write(directory.join(MANIFEST), &manifest).expect("written");
        let mut sums = Sums::default();
        sums.insert("bin/airlock-host".to_owned(), self.program_sha512.clone());
        sums.insert(MANIFEST.to_owned(), sha512(&manifest));
        fs::write(directory.join(SUMS), sums.text()).expect("written");
        let key = PrivateKey::read(&fs::read_to_string(self.at("release")).expect("there")).expect("a key");
        let armor = sign(&key, NAMESPACE_RELEASE, sums.text().as_bytes());
        fs::write(directory.join("signatures/release.sshsig"), armor).expect("written");
        for path in [SUMS, MANIFEST, "signatures/release.sshsig"] {
            fs::set_permissions(directory.join(path), Permissions::from_mode(0o644)).expect("changed");
        }
        directory
    }

    fn manifest(&self, sequence: u64) -> Manifest {
        let profile = |profile: &airlock_contract::Profile| Profile {
            name: profile.name.to_owned(),
            tools_sha256: profile.tools_sha256.to_owned(),
        };
        Manifest {
            binary: Binary {
                cpu: String::new(),
                features: Vec::new(),
                linkage: "dynamic".to_owned(),
                package: "airlock-runtime".to_owned(),
                path: "bin/airlock-host".to_owned(),
                sha512: self.program_sha512.clone(),
            },
            catalogs: Vec::new(),
            compiler: Compiler { rustc: String::new(), version: String::new() },
            created: 0,
            egress: Vec::new(),
            format: FORMAT,
            isolation: Isolation { minimum: Vec::new() },
            labels: Vec::new(),
            models: Vec::new(),
            name: "clinic".to_owned(),
            previous: None,
            profiles: COMPILED.profiles.iter().map(profile).collect(),
            secrets: Vec::new(),
            sequence,
            target: "x86_64-unknown-linux-gnu".to_owned(),
            tools: Tools { count: 0, sha256: COMPILED.tools_sha256.to_owned() },
            version: format!("1.{sequence}.0"),
            x: BTreeMap::new(),
        }
    }

    /// Runs a program of this place with its site file; its standard input ends at once.
    fn run(&self, program: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(program);
        command.arg("--site").arg(self.at("site.json")).args(arguments).stdin(Stdio::null());
        told(&command.output().expect("it runs"))
    }

    /// The same by the program that is not in a release, about the root.
    fn bundle_command(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let root = self.at("root");
        let root = root.to_str().expect("UTF-8");
        self.run(Path::new(PROGRAM), &[&["bundle"], arguments, &["--root", root]].concat())
    }

    fn install(&self, bundle: &Path) -> (Option<i32>, String, String) {
        let (bundle, anchors) = (bundle.to_str().expect("UTF-8"), self.at("anchors"));
        self.bundle_command(&["install", bundle, "--anchors", anchors.to_str().expect("UTF-8")])
    }

    fn rollback(&self, to: &str) -> (Option<i32>, String, String) {
        let anchors = self.at("anchors");
        let anchors = anchors.to_str().expect("UTF-8");
        self.bundle_command(&["rollback", "--anchors", anchors, "--to", to, "--reason", "find_patients was better"])
    }

    /// The program that is in force.
    fn current(&self) -> PathBuf {
        self.at("root/current/bin/airlock-host")
    }

    /// Where what is in force lies.
    fn in_force(&self) -> PathBuf {
        self.at("root").join(fs::read_link(self.at("root/current")).expect("a link"))
    }
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_modified_release_does_not_start_and_a_whole_one_says_what_it_is() {
    let place = Place::new();
    place.site(&json!({ "audit": { "file": "audit.jsonl" } }));
    let bundle = place.bundle(1);
    let (code, out, err) = place.install(&bundle);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("installed: clinic 1.1.0, release 1 (") && out.ends_with("), in force\n"), "{out}");
    // Through the link, and through one more.
    let by_name = place.at("airlock-host");
    symlink(place.current(), &by_name).expect("made");
    for program in [&place.current(), &by_name] {
        let (code, _, err) = place.run(program, &["serve", "--report"]);
        assert!(code == Some(0) && err.contains("\nrelease: clinic 1.1.0, release 1 ("), "{err}");
    }
    let trail = fs::read_to_string(place.at("audit.jsonl")).expect("there");
    let digest = sha512(&fs::read(bundle.join(SUMS)).expect("there"));
    let started = format!("\"release_sums_sha512\":\"{digest}\"");
    assert_eq!(trail.matches(&started).count(), 2, "{trail}");

    let there = place.in_force();
    let refused = |code: i32, part: &str| {
        for command in [&["serve"][..], &["tools"], &["call", "x"]] {
            let (found, out, err) = place.run(&place.current(), command);
            assert!(found == Some(code) && out.is_empty() && err.contains(part), "{command:?}: {found:?} {err}");
            assert_eq!(err.lines().count(), 1, "{err}");
        }
        // What mends it is not refused.
        assert_eq!(
            place.run(&place.current(), &["bundle", "list", "--root", place.at("root").to_str().expect("UTF-8")]).0,
            Some(0)
        );
    };
    let changed = |path: &str, code: i32, part: &str| {
        let (file, before) = (there.join(path), fs::read(there.join(path)).expect("there"));
        fs::write(&file, [&before[..], b"\n"].concat()).expect("written");
        refused(code, part);
        fs::write(&file, before).expect("written");
    };
    changed("bin/airlock-host", 14, "content: `");
    changed(MANIFEST, 14, "manifest.json` is not what the sums say");
    // A manifest of other tools, with sums to match, in a directory of that name.
    let mut manifest = place.manifest(1);
    manifest.tools.sha256 = "0".repeat(64);
    let other = place.at("other");
    fs::create_dir_all(other.join("bin")).expect("made");
    fs::copy(PROGRAM, other.join("bin/airlock-host")).expect("copied");
    let text = serde_json::to_vec(&manifest).expect("JSON");
    let mut sums = Sums::default();
    sums.insert("bin/airlock-host".to_owned(), place.program_sha512.clone());
    sums.insert(MANIFEST.to_owned(), sha512(&text));
    fs::write(other.join(MANIFEST), text).expect("written");
    fs::write(other.join(SUMS), sums.text()).expect("written");
    let (code, _, err) = place.run(&other.join("bin/airlock-host"), &["tools"]);
    assert!(code == Some(14) && err.contains("not the one of the release's manifest"), "{err}");
    // Under another name it is another release.
    let renamed = place.at("root/releases/0123456789abcdef");
    fs::rename(&there, &renamed).expect("renamed");
    let (code, _, err) = place.run(&renamed.join("bin/airlock-host"), &["tools"]);
    assert!(code == Some(14) && err.contains("belongs into a directory `"), "{err}");
    fs::rename(&renamed, &there).expect("renamed");
    assert_eq!(place.run(&place.current(), &["tools"]).0, Some(0));
}

#[test]
fn a_site_that_asks_for_a_signed_release_is_served_by_no_other_program() {
    let place = Place::new();
    let (code, _, err) = place.install(&place.bundle(1));
    assert_eq!(code, Some(0), "{err}");
    place.site(&json!({ "release": { "anchors": "anchors" } }));
    let (code, _, err) = place.run(Path::new(PROGRAM), &["serve"]);
    assert!(code == Some(10) && err.contains("this program lies in none"), "{err}");
    let (code, _, err) = place.run(&place.current(), &["serve"]);
    assert_eq!(code, Some(0), "{err}");
    let file = place.in_force().join("signatures/release.sshsig");
    let signature = fs::read_to_string(&file).expect("there");
    let refused = |code: i32, word: &str| {
        let (found, out, err) = place.run(&place.current(), &["serve"]);
        assert!(found == Some(code) && out.is_empty() && err.starts_with(word) && err.lines().count() == 1, "{err}");
    };
    let key = PrivateKey::read(&fs::read_to_string(place.at("site-ward")).expect("there")).expect("a key");
    let sums = fs::read(place.in_force().join(SUMS)).expect("there");
    for (text, code, word) in [
        (sign(&key, NAMESPACE_RELEASE, &sums), 12, "untrusted: "),
        (sign(&key, NAMESPACE_RELEASE, b"other sums"), 11, "invalid: "),
    ] {
        fs::write(&file, text).expect("written");
        refused(code, word);
    }
    fs::remove_file(&file).expect("removed");
    refused(10, "unsigned: ");
    fs::write(&file, signature).expect("written");
    assert_eq!(place.run(&place.current(), &["serve"]).0, Some(0));
    for bad in [json!({}), json!({ "anchors": "a", "policy": "any" }), json!({ "anchors": "a", "more": 1 })] {
        place.site(&json!({ "release": bad }));
        assert_eq!(place.run(&place.current(), &["serve"]).0, Some(2), "{bad}");
    }
}

#[test]
fn releases_come_and_go_back_and_the_trail_says_so() {
    let place = Place::new();
    let (one, two) = (place.bundle(1), place.bundle(2));
    place.site(&json!({ "audit": { "directory": "audit" } }));
    assert_eq!(place.install(&one).0, Some(0));
    let first = place.in_force();
    let ward = ["--key", place.at("site-ward").to_str().expect("UTF-8"), "--as", "ward"].map(str::to_owned);
    let approve = |bundle: &Path| {
        let arguments =
            [&["bundle".to_owned(), "approve".to_owned(), bundle.display().to_string()], &ward[..]].concat();
        place.run(Path::new(PROGRAM), &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(place.install(&two).0, Some(0));
    let second = place.in_force();
    assert_ne!(first, second);
    let (code, _, err) = place.install(&one);
    assert!(code == Some(16) && err.starts_with("sequence: ") && err.contains("run `rollback --to "), "{err}");
    let (code, out, _) = place.install(&two);
    assert!(code == Some(0) && out.starts_with("nothing to do: clinic 1.2.0"), "{out}");
    // Without an approval, without a trail, and with a broken one nothing happens.
    let (code, _, err) = place.rollback("1.1.0");
    assert!(code == Some(18) && err.starts_with("policy: "), "{err}");
    let (code, out, err) = approve(&first);
    assert!(code == Some(0) && out.starts_with("approved: clinic 1.1.0, release 1, by SHA256:"), "{err}");
    place.site(&json!({}));
    let (code, _, err) = place.rollback("1.1.0");
    assert!(code == Some(2) && err.contains("names none"), "{err}");
    fs::write(place.at("file"), "").expect("written");
    place.site(&json!({ "audit": { "directory": "file/audit" } }));
    let (code, _, err) = place.rollback("1.1.0");
    assert!(code == Some(20) && err.starts_with("internal: the audit record cannot be written"), "{err}");
    assert_eq!(place.in_force(), second);
    place.site(&json!({ "audit": { "directory": "audit" } }));
    let (code, out, err) = place.rollback("1.1.0");
    assert!(code == Some(0) && out.starts_with("rolled back: clinic 1.1.0, release 1 ("), "{err}");
    assert_eq!(place.in_force(), first);
    let (_, listed, _) = place.bundle_command(&["list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!((&listed["releases"][0]["approved"], &listed["releases"][1]["approved"]), (&json!(true), &json!(false)));
    assert_eq!(listed["history"][2]["reason"], "find_patients was better");
    let (_, human, _) = place.bundle_command(&["list"]);
    assert!(human.starts_with("* ") && human.contains("release 1 of clinic, 1.1.0, approved\n  "), "{human}");

    let trail = place.at("audit/audit.jsonl");
    let audit = |command: &str, more: &[&str]| {
        told(&Command::new(PROGRAM).args(["audit", command]).arg(&trail).args(more).output().expect("it runs"))
    };
    let (code, shown, err) = audit("show", &["--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let records: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of_releases = records.iter().filter(|record| record["kind"] == "release");
    let told: Vec<String> = of_releases
        .map(|record| ["action", "stage", "version"].map(|name| record[name].as_str().unwrap_or("-")).join(" "))
        .collect();
    let expected = [
        "install begun 1.1.0",
        "install done 1.1.0",
        "install begun 1.2.0",
        "install done 1.2.0",
        "approve begun 1.1.0",
        "approve done 1.1.0",
        "rollback begun 1.1.0",
        "rollback done 1.1.0",
    ];
    assert_eq!(told, expected);
    let rolled = records.iter().rfind(|record| record["kind"] == "release").expect("one");
    assert_eq!(rolled["reason"], "find_patients was better");
    assert_eq!(rolled["before_sha512"], sha512(&fs::read(two.join(SUMS)).expect("there")));
    let (code, found, _) = audit("verify", &[]);
    assert!(code == Some(0) && found.contains("\nreleases     4 approved, installed or rolled back to\n"), "{found}");
    let (_, page, _) = audit("report", &[]);
    assert!(
        page.contains("<td>rollback</td><td>clinic 1.1.0, release 1</td><td>find_patients was better</td>"),
        "{page}"
    );
    let (_, human, _) = audit("show", &[]);
    assert!(human.contains("rollback done: clinic 1.1.0, release 1: find_patients was better"), "{human}");
    let (_, exported, _) = audit("export", &["--format", "cef"]);
    assert!(exported.contains("|release:done|release rolled back|7|"), "{exported}");
}

#[test]
fn units_and_configurations_name_the_link_so_that_an_update_needs_none() {
    let place = Place::new();
    let (one, two) = (place.bundle(1), place.bundle(2));
    assert_eq!(place.install(&one).0, Some(0));
    let first = place.in_force().join("bin/airlock-host");
    let config = |program: &Path| {
        let (code, out, err) = place.run(program, &["config", "--for", "claude"]);
        assert_eq!(code, Some(0), "{err}");
        let config: Value = serde_json::from_str(&out).expect("JSON");
        config["mcpServers"]["airlock"]["command"].as_str().expect("a text").to_owned()
    };
    let root = fs::canonicalize(place.at("root")).expect("there");
    assert_eq!(Path::new(&config(&place.current())), root.join("current/bin/airlock-host"));
    assert_eq!(place.install(&two).0, Some(0));
    assert_eq!(Path::new(&config(&first)), fs::canonicalize(&first).expect("there"));
    let arguments = ["unit", "--socket", "/run/airlock/mcp.sock", "--user", "airlock"];
    let (code, unit, err) = place.run(&place.current(), &arguments);
    let shown = root.join("current/bin/airlock-host").display().to_string();
    // A place that a unit hides is refused, by that name.
    assert!(if code == Some(0) { unit.contains(&shown) } else { err.contains(&shown) }, "{err}");
    // Anchors that the service would not find are told when the unit is made.
    let there = "/opt/airlock/current/bin/airlock-host";
    for (anchors, expected) in [("anchors", 2), ("/home/x/anchors", 2), ("/etc/airlock/anchors", 0)] {
        place.site(&json!({ "release": { "anchors": anchors } }));
        let (code, _, err) = place.run(Path::new(PROGRAM), &[&arguments[..], &["--bin", there]].concat());
        assert!(code == Some(expected) && (expected == 0 || err.contains("trust anchors")), "{anchors}: {err}");
    }
}
