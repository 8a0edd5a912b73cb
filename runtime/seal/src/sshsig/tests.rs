//! With the real `ssh-keygen` on the other side.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::{PrivateKey, PublicKey, armored, key, put, sign, signer};
use crate::trust::Signers;

const NAMESPACE: &str = "airlock-audit-v1";
const MESSAGE: &[u8] = b"records 7\n";

fn ssh_keygen(arguments: &[&str], input: Option<&Path>) -> bool {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.stdin(input.map_or_else(Stdio::null, |path| File::open(path).expect("is there").into()));
    command.status().expect("ssh-keygen is installed (Debian: openssh-client)").success()
}

/// A new key of this kind, and where it is.
fn key_file(directory: &TempDir, name: &str, arguments: &[&str]) -> PathBuf {
    let path = directory.path().join(name);
    let shown = path.to_str().expect("UTF-8");
    assert!(ssh_keygen(&[arguments, &["-q", "-C", "audit of ward 3", "-f", shown]].concat(), None));
    path
}

fn read(path: &Path) -> Result<PrivateKey, String> {
    PrivateKey::read(&fs::read_to_string(path).expect("is there"))
}

fn public(path: &Path) -> PublicKey {
    PublicKey::read_line(&fs::read_to_string(path.with_extension("pub")).expect("is there")).expect("a key")
}

const KINDS: [(&str, &[&str]); 2] =
    [("ed25519", &["-t", "ed25519", "-N", ""]), ("p384", &["-t", "ecdsa", "-b", "384", "-N", ""])];

#[test]
fn ssh_keygen_takes_what_is_signed_here_and_the_other_way_round() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name).to_str().expect("UTF-8").to_owned();
    fs::write(at("message"), MESSAGE).expect("written");
    for (name, arguments) in KINDS {
        let path = key_file(&directory, name, arguments);
        let private = read(&path).expect("is a key");
        assert_eq!((private.public(), private.comment()), (public(&path), "audit of ward 3"));
        assert!(!format!("{private:?}").contains("audit of"), "{private:?}");
        let allowed = format!(
            "one namespaces=\"{NAMESPACE}\" {}",
            fs::read_to_string(path.with_extension("pub")).expect("is there")
        );
        fs::write(at("allowed"), &allowed).expect("written");
        let signers = Signers::read(&allowed).expect("is well formed");
        assert_eq!((signers.keys(NAMESPACE), signers.keys("other")), (vec![public(&path)], Vec::new()));
        fs::write(at("ours.sig"), sign(&private, NAMESPACE, MESSAGE)).expect("written");
        let (allowed, ours, message) = (at("allowed"), at("ours.sig"), at("message"));
        let verify = ["-Y", "verify", "-f", &allowed, "-I", "one", "-n", NAMESPACE, "-s", &ours];
        assert!(ssh_keygen(&verify, Some(Path::new(&message))), "{name}");
        assert!(ssh_keygen(
            &["-Y", "sign", "-q", "-f", path.to_str().expect("UTF-8"), "-n", NAMESPACE, &message],
            None
        ));
        let theirs = fs::read_to_string(at("message.sig")).expect("is there");
        assert_eq!(signer(&theirs, NAMESPACE, MESSAGE), Some(public(&path)), "{name}");
        fs::remove_file(at("message.sig")).expect("is there");
    }
}

#[test]
fn a_signature_with_any_bit_changed_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, arguments) in KINDS {
        let private = read(&key_file(&directory, name, arguments)).expect("is a key");
        let armor = sign(&private, NAMESPACE, MESSAGE);
        assert_eq!(signer(&armor, NAMESPACE, MESSAGE), Some(private.public()));
        assert_eq!(signer(&armor, "airlock-audit-v2", MESSAGE), None);
        assert_eq!(signer(&armor, NAMESPACE, b"records 8\n"), None);
        assert_eq!(signer(&format!("{armor}more"), NAMESPACE, MESSAGE), None);
        assert_eq!(signer(&format!(" {armor}"), NAMESPACE, MESSAGE), None);
        assert_eq!(signer(&armor.replace("\n-----END", "-----END"), NAMESPACE, MESSAGE), None);
        let encoded: String = armor.lines().filter(|line| !line.starts_with('-')).collect();
        let blob = STANDARD.decode(encoded).expect("is base64");
        for at in 0..blob.len() {
            let mut changed = blob.clone();
            changed[at] ^= 1 << (at % 8);
            assert_eq!(signer(&armored(&changed), NAMESPACE, MESSAGE), None, "{name}, byte {at}");
            assert_eq!(signer(&armored(&blob[..at]), NAMESPACE, MESSAGE), None, "{name}, cut at {at}");
        }
    }
}

#[test]
fn keys_that_cannot_sign_here_are_refused_with_the_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, arguments, part) in [
        ("locked", &["-t", "ed25519", "-N", "secret"][..], "has a passphrase"),
        ("p256", &["-t", "ecdsa", "-b", "256", "-N", ""], "of the kind `ecdsa-sha2-nistp256`"),
        ("rsa", &["-t", "rsa", "-b", "2048", "-N", ""], "of the kind `ssh-rsa`"),
        ("pem", &["-t", "ecdsa", "-b", "384", "-m", "PEM", "-N", ""], "is no private key of OpenSSH"),
    ] {
        let path = key_file(&directory, name, arguments);
        let fault = read(&path).expect_err(part);
        assert!(fault.contains(part), "{fault}");
    }
    let text = fs::read_to_string(key_file(&directory, "whole", KINDS[0].1)).expect("is there");
    for cut in (0..text.len()).step_by(7) {
        PrivateKey::read(&text[..cut]).expect_err("is cut");
    }
    for line in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA=="] {
        PublicKey::read_line(line).expect_err(line);
    }
}

#[test]
fn a_key_has_one_form() {
    let directory = tempfile::tempdir().expect("a directory");
    let PublicKey::P384(point) = public(&key_file(&directory, "p384", KINDS[1].1)) else {
        unreachable!("is asked for")
    };
    let blob = |compressed: bool| {
        let mut blob = Vec::new();
        for part in [key::P384, b"nistp384", point.to_sec1_point(compressed).as_bytes()] {
            put(&mut blob, part);
        }
        blob
    };
    assert_eq!(PublicKey::read(&blob(false)), Some(PublicKey::P384(point.clone())));
    assert_eq!(PublicKey::read(&blob(true)), None);
}
