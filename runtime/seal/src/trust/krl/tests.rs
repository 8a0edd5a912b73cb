//! With the real `ssh-keygen` on the other side.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::MAGIC;
use crate::sshsig::PublicKey;
use crate::trust::Revoked;

fn ssh_keygen(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.current_dir(directory).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("ssh-keygen is installed (Debian: openssh-client)").success(), "{arguments:?}");
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("is short");
    [&length.to_be_bytes(), bytes].concat()
}

/// A list with one section.
fn list(kind: u8, section: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend([0; 24]);
    bytes.extend([string(b""), string(b"a comment")].concat());
    bytes.push(kind);
    bytes.extend(string(section));
    bytes
}

#[test]
fn every_form_that_ssh_keygen_writes_is_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    for name in ["one", "other"] {
        ssh_keygen(path, &["-q", "-t", "ed25519", "-N", "", "-f", name]);
    }
    let line = fs::read_to_string(path.join("one.pub")).expect("is there");
    let key = |name: &str| {
        let line = fs::read_to_string(path.join(name).with_extension("pub")).expect("is there");
        PublicKey::read_line(&line).expect("is a key")
    };
    let fingerprint = key("one").fingerprint();
    for (name, specification) in [
        ("key", format!("key: {line}")),
        ("sha1", format!("sha1: {line}")),
        ("sha256", format!("sha256: {line}")),
        ("hash", format!("hash: {fingerprint}")),
        ("serials", format!("serial: 1-7\nserial: 9\nid: somebody\nkey: {line}")),
    ] {
        fs::write(path.join("specification"), specification).expect("written");
        ssh_keygen(path, &["-k", "-f", name, "-s", "other.pub", "specification"]);
        let bytes = fs::read(path.join(name)).expect("is there");
        let revoked = Revoked::read(&bytes).unwrap_or_else(|fault| panic!("{name} {fault}"));
        assert!(revoked.contains(&key("one")) && !revoked.contains(&key("other")), "{name}");
        for cut in MAGIC.len()..bytes.len() {
            // A list may end between two sections; then it revokes less, which is why it comes signed or by hand.
            if let Ok(revoked) = Revoked::read(&bytes[..cut]) {
                assert!(!revoked.contains(&key("one")), "{name}, cut at {cut}");
            }
        }
    }
}

#[test]
fn what_is_not_known_is_an_error() {
    let extension = |critical: u8| [string(b"x@y"), vec![critical], string(b"")].concat();
    let certificates = |kind: u8, inner: &[u8]| [string(b""), string(b""), vec![kind], string(inner)].concat();
    for (bytes, part) in [
        (list(2, &[0, 0, 0, 9, 1]), "is broken"),
        (list(3, &string(&[1; 32])), "is broken"),
        (list(5, &string(&[1; 20])), "is broken"),
        (list(4, b""), "is signed"),
        (list(6, b""), "a section of kind 6"),
        (list(255, &extension(1)), "`x@y`, which has to be understood"),
        (list(255, b""), "is broken"),
        (list(1, &certificates(0x39, &extension(1))), "has to be understood"),
        (list(1, &certificates(0x24, b"")), "a section of kind 36 on certificates"),
    ] {
        let fault = Revoked::read(&bytes).expect_err(part);
        assert!(fault.contains(part), "{fault}");
    }
    let mut newer = list(2, b"");
    newer[11] = 2;
    assert!(Revoked::read(&newer).expect_err("is of another version").contains("a version that is not known"));
    for known in
        [list(255, &extension(0)), list(1, &certificates(0x39, &extension(0))), list(1, &certificates(0x20, b""))]
    {
        Revoked::read(&known).expect("decides nothing");
    }
}
