//! What is told of a bundle before anybody trusts it.

use std::fs;

use airlock_seal::Code;

use super::made::{self, NAME, bundle, noise, shown, tool, written};

#[test]
fn what_is_in_a_bundle_is_told_and_that_nobody_has_verified_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = written(directory.path());
    let key = shown(&directory.path().join("key")).to_owned();
    bundle(&["key", "--kind", "p384", "--out", &key]).good();
    bundle(&["sign", shown(&root), "--key", &key]).good();
    bundle(&["sign", shown(&root), "--key", &key, "--as", "site:ward-3"]).good();
    fs::write(root.join("signatures/reviewer-x.sshsig"), b"nothing").expect("written");
    // A release's signature does not count as an approval.
    fs::copy(root.join("signatures/release.sshsig"), root.join("signatures/site-x.sshsig")).expect("copied");
    let said = bundle(&["inspect", shown(&root)]).good();
    let (_, fingerprint) = tool(directory.path(), "ssh-keygen", &["-l", "-f", &key], None);
    let fingerprint = fingerprint.split(' ').nth(1).expect("a fingerprint").to_owned();
    for part in [
        "NOT VERIFIED: ",
        "clinic 1.2.0 for x86_64-unknown-linux-musl\nSEQUENCE 7 OF 2026-07-28\n",
        "follows on  1.1.0, with the sums aaaaaaaaaaaaaaaa",
        "release.der  carries no key: only the anchors say whose it is\n",
        &format!("release.sshsig  by the key {fingerprint} (P-384)\n"),
        &format!("site-ward-3.sshsig  by the key {fingerprint} (P-384)\n"),
        "reviewer-x.sshsig  IS NO SIGNATURE OF THESE SUMS\n",
        "site-x.sshsig  IS NO SIGNATURE OF THESE SUMS\n",
        "tools       2: 1 read, 1 write\n            clinic_list  read\n            clinic_move  write\n",
        "reaches     ehr  https://ehr.example at 10.0.0.7:443\n",
        "secrets     ehr\n",
        "profiles    nurse\n",
        "labels      public, ward\n",
        "isolation   landlock, seccomp\n",
        "models      tiny  models/tiny.gguf, 600 kB, licence Apache-2.0\n",
        "licences       2  MIT\n               1  MIT OR Apache-2.0\n               1  not stated\n",
        "models  600 kB in 1 file\n",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!said.contains("VERIFY.txt"), "the list is not asked for");
    let archive = directory.path().join("a.tar.zst");
    bundle(&["pack", shown(&root), "--out", shown(&archive)]).good();
    assert_eq!(bundle(&["inspect", shown(&archive)]).good(), said);
    let json = |path| bundle(&["inspect", shown(path), "--format", "json", "--list"]).good();
    assert_eq!(json(&root), json(&archive));
    let object: serde_json::Value = serde_json::from_str(&json(&root)).expect("is JSON");
    assert_eq!(object["verified"], false);
    assert_eq!(object["manifest"]["sequence"], 7);
    assert_eq!(object["signatures"][1]["fingerprint"], fingerprint);
    assert_eq!(object["files"].as_array().expect("a list").len(), 9 + 1 + 5);
}

/// The list is one of what is there: its lines are those of `sha512sum` and of `stat`.
#[test]
fn the_approval_list_names_every_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = written(directory.path());
    fs::create_dir(root.join("signatures")).expect("made");
    fs::write(root.join("signatures/x.sshsig"), noise(100, 9)).expect("written");
    let list = directory.path().join("approval.txt");
    let said = bundle(&["inspect", shown(&root), "--list", "--approval", shown(&list)]).good();
    let text = fs::read_to_string(&list).expect("is there");
    assert!(said.ends_with(&text));
    let script = "find . -type f -printf '%P\\n' | LC_ALL=C sort | while read f; do \
                  printf '%14d  %s  %s\\n' $(stat -c %s $f) $(sha512sum < $f | cut -c1-128) $f; done";
    let (made, lines) = tool(&root, "bash", &["-c", script], None);
    let ours: String = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.to_owned() + "\n").collect();
    assert!(made && ours == lines, "{ours}\n{lines}");
    assert!(text.starts_with("# clinic 1.2.0 for ") && text.contains("# 11 files, "), "{text}");
}

#[test]
fn what_a_bundle_says_does_nothing_to_a_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut payload = made::payload();
    let mut manifest = made::manifest();
    let evil = "x\u{1b}[2J\u{202e}\n\u{200b}y";
    manifest["labels"] = serde_json::json!([evil]);
    manifest["secrets"] = serde_json::json!([evil]);
    manifest["egress"][0]["address"] = evil.into();
    manifest["models"][0]["licence"] = evil.into();
    payload.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    let tools = serde_json::json!({ "tools": [{ "name": evil, "effect": evil }, { "effect": 7 }] });
    payload.insert("review/tools.json".to_owned(), tools.to_string().into_bytes());
    let root = made::write(directory.path(), &payload);
    let said = bundle(&["inspect", shown(&root)]).good();
    assert!(said.contains("x\\u{1b}[2J\\u{202e}\\n\\u{200b}y"), "{said}");
    let is_plain = |letter: char| letter == '\n' || (!letter.is_control() && !"\u{202e}\u{200b}".contains(letter));
    assert!(said.chars().all(is_plain), "{said:?}");
    assert!(said.contains("not stated  not stated\n"), "{said}");
}

#[test]
fn what_is_torn_or_no_bundle_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = written(directory.path());
    bundle(&["inspect", shown(directory.path())]).refused(Code::Format);
    bundle(&["inspect", "/dev/null"]).refused(Code::Usage);
    fs::write(root.join("models/tiny.gguf"), noise(600_000, 3)).expect("written");
    let told = bundle(&["inspect", shown(&root)]).refused(Code::Content);
    assert!(told.contains("`models/tiny.gguf` is not what SHA512SUMS says"), "{told}");
    for (from, to) in [
        ("\"format\": 1", "\"format\": 2"),
        ("\"sequence\": 7", "\"sequence\": 7, \"sequence\": 8"),
        ("\"sequence\": 7", "\"sequence\": -7"),
        ("\"name\": \"clinic\"", "\"name\": \"../clinic\""),
        ("\"name\": \"clinic\"", "\"name\": \"a/clinic\""),
        ("\"secrets\"", "\"secret\\u001b\""),
    ] {
        let mut payload = made::payload();
        let text = format!("{:#}", made::manifest());
        assert!(text.contains(from), "{from}");
        payload.insert("manifest.json".to_owned(), text.replacen(from, to, 1).into_bytes());
        fs::remove_dir_all(directory.path().join(NAME)).expect("is there");
        let root = made::write(directory.path(), &payload);
        let told = bundle(&["inspect", shown(&root)]).refused(Code::Format);
        assert!(told.contains("manifest.json") && !told.contains('\u{1b}'), "{told}");
    }
}
