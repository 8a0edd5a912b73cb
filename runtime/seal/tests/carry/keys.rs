//! Keys that are made here, in the hands of the real tools.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use airlock_seal::Code;

use super::made::{bundle, shown, tool, written};

#[test]
fn the_stock_tools_read_the_keys_that_are_made() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| shown(&directory.path().join(name)).to_owned();
    for (kind, role, suffixes) in
        [("ed25519", "site:ward-3", &["", ".pub"][..]), ("p384", "release", &["", ".pub", ".pem"])]
    {
        let key = at(kind);
        let said = bundle(&["key", "--kind", kind, "--out", &key, "--as", role]).good();
        let principal = role.replace(':', "-");
        let line = said.lines().find(|line| line.starts_with(&principal)).expect("a line for allowed_signers");
        for suffix in suffixes {
            let mode = fs::metadata(format!("{key}{suffix}")).expect("is there").mode() & 0o777;
            assert_eq!(mode & 0o177, if suffix.is_empty() { 0 } else { mode & 0o044 }, "{suffix}");
        }
        // What the tool derives from the private half is what was written and printed.
        let (read, public) = tool(directory.path(), "ssh-keygen", &["-y", "-P", "", "-f", &key], None);
        assert!(read, "{public}");
        let written = fs::read_to_string(format!("{key}.pub")).expect("is there");
        assert_eq!((public.trim(), written.trim_end()), (written.trim_end(), public.trim()));
        assert!(line.contains(public.rsplit_once(' ').expect("a comment").0), "{line}");
        let (read, fingerprint) = tool(directory.path(), "ssh-keygen", &["-l", "-f", &key], None);
        assert!(read && said.contains(fingerprint.split(' ').nth(1).expect("a fingerprint")), "{said}");
        let again = bundle(&["key", "--kind", kind, "--out", &key]).refused(Code::Usage);
        assert!(again.contains("no key is written over"), "{again}");
        fs::remove_file(&key).expect("is there");
        let again = bundle(&["key", "--kind", kind, "--out", &key]).refused(Code::Usage);
        assert!(again.contains(".pub is there already"), "{again}");
    }
    let (read, said) =
        tool(directory.path(), "openssl", &["pkey", "-pubin", "-in", "p384.pem", "-noout", "-text"], None);
    assert!(read && said.contains("P-384"), "{said}");
    let printed = bundle(&["key", "--public", &at("p384.pub")]).good();
    assert_eq!(printed, fs::read_to_string(at("p384.pem")).expect("is there"));
    let refused = bundle(&["key", "--public", &at("ed25519.pub")]).refused(Code::Usage);
    assert!(refused.contains("only P-384 signs for OpenSSL"), "{refused}");
}

#[test]
fn each_key_is_another_and_signs() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = written(directory.path());
    let mut seen = Vec::new();
    for kind in ["ed25519", "p384", "mldsa87"] {
        for number in 0..2 {
            let key = shown(&directory.path().join(format!("{kind}-{number}"))).to_owned();
            bundle(&["key", "--kind", kind, "--out", &key]).good();
            bundle(&["sign", shown(&root), "--key", &key, "--replace"]).good();
            seen.push(fs::read_to_string(&key).expect("is there"));
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
    assert_eq!(fs::metadata(root.join("signatures/release.mldsa87")).expect("is there").len(), 4627);
    let key = shown(&directory.path().join("r")).to_owned();
    let refused = bundle(&["key", "--kind", "mldsa87", "--out", &key, "--as", "site:a"]).refused(Code::Usage);
    assert!(refused.contains("`site-a` signs with a key of OpenSSH"), "{refused}");
}

/// By OpenSSL 3.5 or later, as the Python package brings it: keys and signatures in both directions, in each form of a key.
#[test]
#[ignore = "needs Python packages; tests/all.sh installs them"]
fn with_python_openssl_reads_the_keys_and_signatures_of_ml_dsa() {
    let packages = std::env::var("AIRLOCK_CRYPTOGRAPHY")
        .unwrap_or_else(|_| panic!("AIRLOCK_CRYPTOGRAPHY is not set; run tests/all.sh"));
    let directory = tempfile::tempdir().expect("a directory");
    let root = written(directory.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/carry/mldsa.py");
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        let ran = command.arg(script).args(arguments).current_dir(directory.path()).env("PYTHONPATH", &packages);
        let ran = ran.output().expect("it runs");
        (ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
    };
    let key = |name: &str| shown(&directory.path().join(name)).to_owned();
    bundle(&["key", "--kind", "mldsa87", "--out", &key("ours")]).good();
    let (made, said) = python(&["keys", &key("ours")]);
    assert!(made, "{said}");
    // Seed, expanded and both, of one key; and a key of OpenSSL's own.
    for name in ["ours", "ours.expanded", "ours.both", "theirs"] {
        bundle(&["sign", shown(&root), "--key", &key(name), "--replace"]).good();
        let public = if name == "theirs" { "theirs.pem" } else { "ours.pem" };
        let (verified, said) = python(&["verify", public, shown(&root)]);
        assert!(verified, "{name}: {said}");
        let mut bytes = fs::read(root.join("signatures/release.mldsa87")).expect("is there");
        bytes[100] ^= 1;
        fs::write(root.join("signatures/release.mldsa87"), &bytes).expect("written");
        assert!(!python(&["verify", public, shown(&root)]).0, "{name}");
    }
}
