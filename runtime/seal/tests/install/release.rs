//! The release that a program lies in, as it is found when the program starts.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use airlock_seal::install::short as beginning;
use airlock_seal::manifest::{CHUNK_BYTES, Manifest, Model};
use airlock_seal::release::{Release, lasting};
use airlock_seal::sums::Sums;
use airlock_seal::{Code, MANIFEST, Refusal, SUMS};

use crate::tree::{bundle, files, install, sha512, short};

fn of(directory: &Path) -> Result<Option<Release>, Refusal> {
    let program = directory.join("bin/airlock-host");
    Release::of(&program, &mut File::open(&program).expect("there"))
}

fn refused(directory: &Path, code: Code, part: &str) {
    let refusal = of(directory).expect_err(part);
    assert!(refusal.code == code && refusal.text.contains(part), "{refusal}");
}

/// Makes sums anew, as whoever changed a file would.
fn summed(directory: &Path) {
    let mut sums = Sums::default();
    for path in files(directory).into_iter().filter(|path| path != SUMS && !path.starts_with("signatures/")) {
        let digest = sha512(&fs::read(directory.join(&path)).expect("there"));
        sums.insert(path, digest);
    }
    fs::write(directory.join(SUMS), sums.text()).expect("written");
}

#[test]
fn a_program_is_refused_if_its_release_is_not_what_the_sums_say() {
    let parent = tempfile::tempdir().expect("a directory");
    let root = parent.path().join("root");
    let one = bundle(parent.path(), 1, 1);
    install(&root, &one).expect("installed");
    let there = root.join("releases").join(short(&one));
    let release = of(&there).expect("is whole").expect("lies in one");
    assert_eq!(beginning(&release.sums_sha512), short(&one));
    assert_eq!(release.shown(), format!("clinic 1.1.0, release 1 ({})", short(&one)));
    // A bundle that was unpacked anywhere is one, too.
    assert!(of(&one).expect("is whole").is_some());
    let change = |path: &str, code, part: &str| {
        let (file, before) = (there.join(path), fs::read(there.join(path)).expect("there"));
        fs::write(&file, [&before[..], b" "].concat()).expect("written");
        refused(&there, code, part);
        fs::write(&file, before).expect("written");
    };
    change("bin/airlock-host", Code::Content, "bin/airlock-host` is not what the sums say");
    change(MANIFEST, Code::Content, "manifest.json` is not what the sums say");
    change(SUMS, Code::Format, "the last line is not ended");
    // Whoever makes sums anew has another digest.
    fs::write(there.join("bin/airlock-host"), "another program").expect("written");
    summed(&there);
    refused(&there, Code::Content, "belongs into a directory");
    fs::write(there.join("bin/airlock-host"), "program 1").expect("written");
    summed(&there);
    of(&there).expect("is whole again");
    let renamed = root.join("releases/0123456789abcdef");
    fs::rename(&there, &renamed).expect("renamed");
    refused(&renamed, Code::Content, &format!("belongs into a directory `{}`", short(&one)));
    fs::rename(&renamed, &there).expect("renamed");
    fs::remove_file(there.join(MANIFEST)).expect("removed");
    refused(&there, Code::Tree, MANIFEST);
    fs::remove_file(there.join(SUMS)).expect("removed");
    refused(&there, Code::Format, SUMS);
}

#[test]
fn a_program_that_lies_in_no_release_is_as_it_is() {
    let parent = tempfile::tempdir().expect("a directory");
    for place in ["debug", "usr/bin", "releases/tool/bin"] {
        let program = parent.path().join(place).join("airlock-host");
        fs::create_dir_all(program.parent().expect("has one")).expect("made");
        fs::write(&program, "program").expect("written");
        let found = Release::of(&program, &mut File::open(&program).expect("there")).expect("no fault");
        assert!(found.is_none());
        assert_eq!(lasting(&program), program);
    }
}

#[test]
fn models_and_kept_prefixes_of_a_release_are_those_of_its_manifest_and_sums() {
    let parent = tempfile::tempdir().expect("a directory");
    let one = bundle(parent.path(), 1, 1);
    fs::create_dir(one.join("models")).expect("made");
    for (name, text) in [("a.gguf", "GGUF"), ("p.kv", "prefix"), ("p.kv.sha256", "digest")] {
        fs::write(one.join("models").join(name), text).expect("written");
    }
    let mut manifest: Manifest =
        serde_json::from_slice(&fs::read(one.join(MANIFEST)).expect("there")).expect("a manifest");
    let path = "models/a.gguf".to_owned();
    let digest = sha512(&fs::read(one.join(&path)).expect("there"));
    let (name, sha256) = ("a".to_owned(), "ab".repeat(32));
    manifest.models.push(Model {
        bytes: 4,
        chunk_bytes: CHUNK_BYTES,
        chunks: vec![digest.clone()],
        licence: "MIT".to_owned(),
        name,
        path,
        sha256,
        sha512: digest,
    });
    fs::write(one.join(MANIFEST), serde_json::to_vec(&manifest).expect("JSON")).expect("written");
    summed(&one);
    let release = of(&one).expect("is whole").expect("lies in one");
    let link = parent.path().join("link.gguf");
    symlink(one.join("models/a.gguf"), &link).expect("made");
    assert_eq!(release.found(&link).as_deref(), Some("models/a.gguf"));
    assert_eq!(release.found(&parent.path().join("elsewhere.gguf")), None);
    release.check_model("models/a.gguf", &"ab".repeat(32)).expect("is the one");
    for (inside, sha256) in [("models/a.gguf", "cd"), ("models/p.kv", "ab")] {
        assert_eq!(release.check_model(inside, &sha256.repeat(32)).expect_err("another").code, Code::Content);
    }
    release.check_directory(&one.join("models")).expect("is whole");
    release.check_directory(parent.path()).expect("lies elsewhere");
    for (name, text) in [("p.kv", "prefiX"), ("q.kv", "one more")] {
        let file = one.join("models").join(name);
        let before = fs::read(&file).ok();
        fs::write(&file, text).expect("written");
        let refusal = release.check_directory(&one.join("models")).expect_err("was changed");
        assert!(refusal.code == Code::Content && refusal.text.contains(name), "{refusal}");
        before.map_or_else(|| fs::remove_file(&file), |before| fs::write(&file, before)).expect("as before");
    }
}

#[test]
fn a_program_in_force_is_named_by_way_of_the_link() {
    let parent = tempfile::tempdir().expect("a directory");
    let root = parent.path().join("root");
    let (one, two) = (bundle(parent.path(), 1, 1), bundle(parent.path(), 2, 1));
    install(&root, &one).expect("installed");
    install(&root, &two).expect("installed");
    let program = |bundle: &Path| root.join("releases").join(short(bundle)).join("bin/airlock-host");
    assert_eq!(lasting(&program(&two)), root.join("current/bin/airlock-host"));
    assert_eq!(lasting(&program(&one)), program(&one));
    assert_eq!(lasting(&one.join("bin/airlock-host")), one.join("bin/airlock-host"));
}
