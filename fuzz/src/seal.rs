//! Target 5: what a bundle and its anchors are read from: sums, manifest, a signature's armour, a revocation list, and who may
//! sign. What is accepted has to be what it says, and to be read the same way when it is written again.

use airlock_seal::manifest::Manifest;
use airlock_seal::sshsig::{self, PrivateKey};
use airlock_seal::sums::Sums;
use airlock_seal::trust::{Revoked, Signers};
use airlock_seal::{NAMESPACE_RELEASE, mldsa, path};

/// A key of nobody: ssh-keygen made it for this file.
const KEY: &str = include_str!("../corpus/seal.key");

const MESSAGE: &[u8] = b"a list of files\n";

/// Runs `data`: a letter for the reader, then the bytes of a file.
pub fn run(data: &[u8]) {
    let Some((kind, file)) = data.split_first() else { return };
    match kind {
        b's' => sums(file),
        b'm' => manifest(file),
        b'a' => armour(file),
        b'k' => revoked(file),
        b'w' => signers(file),
        b'p' => keys(file),
        _ => {}
    }
}

fn sums(file: &[u8]) {
    let Ok(sums) = Sums::read(file) else { return };
    assert_eq!(sums.text().as_bytes(), file, "one list has one form");
    let paths: Vec<&str> = sums.iter().map(|(path, _)| path).collect();
    assert!(paths.is_sorted() && !paths.is_empty());
    for path in paths {
        path::check(path).expect("is a name");
        assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."));
    }
}

fn manifest(file: &[u8]) {
    let Ok(manifest) = Manifest::read(file) else { return };
    let text = serde_json::to_string(&manifest).expect("JSON");
    assert_eq!(Manifest::read(text.as_bytes()), Ok(manifest.clone()), "it is read again");
    // What another reader makes of it is the same.
    let other: serde_json::Value = serde_json::from_slice(file).expect("is JSON");
    assert_eq!(other["sequence"].as_u64(), Some(manifest.sequence));
    assert_eq!(other["name"].as_str(), Some(manifest.name.as_str()));
}

fn armour(file: &[u8]) {
    let Ok(text) = std::str::from_utf8(file) else { return };
    let key = PrivateKey::read(KEY).expect("is a key");
    // Others may have signed the same.
    if sshsig::signer(text, NAMESPACE_RELEASE, MESSAGE) == Some(key.public()) {
        let ours = sshsig::sign(&key, NAMESPACE_RELEASE, MESSAGE);
        let plain = |armor: &str| armor.split_ascii_whitespace().collect::<String>();
        assert_eq!(plain(text), plain(&ours), "one signature has one form but for its lines");
    }
    assert_eq!(sshsig::signer(text, NAMESPACE_RELEASE, b"another list\n"), None);
}

fn revoked(file: &[u8]) {
    let Ok(revoked) = Revoked::read(file) else { return };
    let key = PrivateKey::read(KEY).expect("is a key").public();
    let _ = revoked.contains(&key);
}

fn signers(file: &[u8]) {
    let Ok(text) = std::str::from_utf8(file) else { return };
    let Ok(signers) = Signers::read(text) else { return };
    for principal in signers.principals(NAMESPACE_RELEASE) {
        assert!(text.contains(principal) && !principal.contains(['*', '?', '!', '"', ',', ' ']));
        let admitted = signers.keys(NAMESPACE_RELEASE);
        assert!(admitted.iter().any(|key| signers.admits(principal, NAMESPACE_RELEASE, key)));
    }
}

/// Keys of OpenSSL, and whatever is said to be a signature by them.
fn keys(file: &[u8]) {
    let Ok(text) = std::str::from_utf8(file) else { return };
    if let Ok(key) = airlock_seal::der::PublicKey::read_pem(text) {
        assert_eq!(airlock_seal::der::PublicKey::read_pem(&key.pem()), Ok(key.clone()));
        assert!(!airlock_seal::der::verify(&key, MESSAGE, file));
    }
    if let Ok(key) = mldsa::PublicKey::read_pem(text) {
        assert_eq!(mldsa::PublicKey::read_pem(&key.pem()), Ok(key.clone()));
        assert!(!mldsa::verify(&key, NAMESPACE_RELEASE, MESSAGE, file));
    }
}
