//! Keys from one seed, so that every run builds the same bundles.

use airlock_seal::der;
use airlock_seal::mldsa;
use airlock_seal::sshsig::{PrivateKey, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

const SEED: &str = "bundles of the corpus";

fn bytes(kind: &str, name: &str) -> [u8; 64] {
    Sha512::digest(format!("{SEED}/{kind}/{name}")).into()
}

pub(crate) fn ed25519(name: &str) -> PrivateKey {
    let seed = bytes("ed25519", name)[..32].try_into().expect("32 bytes");
    PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed)), name.to_owned())
}

fn scalar(name: &str) -> p384::ecdsa::SigningKey {
    p384::ecdsa::SigningKey::from_slice(&bytes("p384", name)[..48]).expect("is below the order but by chance")
}

pub(crate) fn p384(name: &str) -> PrivateKey {
    PrivateKey::P384(Box::new(scalar(name)), name.to_owned())
}

/// A signature in DER, and the key in PEM.
pub(crate) fn der_signature(name: &str, message: &[u8]) -> Vec<u8> {
    der::sign(&scalar(name), message)
}

pub(crate) fn der_pem(name: &str) -> String {
    der::PublicKey::from(*scalar(name).verifying_key()).pem()
}

pub(crate) fn mldsa_signature(name: &str, namespace: &str, message: &[u8]) -> Vec<u8> {
    mldsa::sign(&mldsa_seed(name), namespace, message).expect("a short namespace")
}

pub(crate) fn mldsa_pem(name: &str) -> String {
    mldsa::PublicKey::of_seed(&mldsa_seed(name)).pem()
}

fn mldsa_seed(name: &str) -> [u8; 32] {
    bytes("mldsa", name)[..32].try_into().expect("32 bytes")
}

/// A string of the wire format.
pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("is short");
    [&length.to_be_bytes(), bytes].concat()
}

/// `KIND BASE64`, as in a `.pub` file.
pub(crate) fn line(key: &PublicKey) -> String {
    let blob = match key {
        PublicKey::Ed25519(key) => [string(b"ssh-ed25519"), string(key.as_bytes())].concat(),
        PublicKey::P384(key) => {
            let point = key.to_sec1_point(false);
            [string(b"ecdsa-sha2-nistp384"), string(b"nistp384"), string(point.as_bytes())].concat()
        }
    };
    let kind = if matches!(key, PublicKey::Ed25519(_)) { "ssh-ed25519" } else { "ecdsa-sha2-nistp384" };
    format!("{kind} {}", STANDARD.encode(blob))
}

/// What an armored signature holds.
pub(crate) fn unarmored(armor: &str) -> Vec<u8> {
    let encoded: String = armor.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(encoded).expect("is base64")
}

pub(crate) fn armored(blob: &[u8]) -> String {
    let encoded = STANDARD.encode(blob);
    let lines: Vec<String> =
        encoded.as_bytes().chunks(70).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}
