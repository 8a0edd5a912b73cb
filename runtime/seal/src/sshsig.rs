//! Signatures that `ssh-keygen -Y verify` checks.
//!
//! What comes in: a message, a namespace, and a key of OpenSSH (Ed25519, or ECDSA with P-384). What goes out: an armored
//! signature (OpenSSH, PROTOCOL.sshsig), or who signed one. SHA-512 of the message is what is signed; a signature over
//! SHA-256, with text behind the armour, or of another version is refused, though `ssh-keygen` takes all three.
//! Who may sign is said elsewhere: [`crate::trust::Signers`].

pub(crate) mod key;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek as ed25519;
use ed25519_dalek::Signer as _;
use p384::ecdsa;
use p384::ecdsa::signature::Verifier as _;
use sha2::{Digest as _, Sha256, Sha512};

pub use key::{PrivateKey, PublicKey};

/// What every blob begins with.
const MAGIC: &[u8; 6] = b"SSHSIG";

/// The only version there is.
const VERSION: u32 = 1;

/// The digest that is taken of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha512,
    /// Nothing here signs with it or trusts it. It is read so that a refusal can say so.
    Sha256,
}

impl Hash {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Sha512 => b"sha512",
            Self::Sha256 => b"sha256",
        }
    }

    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha512 => Sha512::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
        }
    }
}

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// Characters of base64 on a line, as `ssh-keygen` writes them.
const ARMOR_COLUMNS: usize = 70;

/// An armored signature longer than this is not looked at, in bytes; ours have 501 at most.
const ARMOR_BYTES_MAX: usize = 4096;

/// Strings of the wire format (RFC 4251, section 5): a length of four bytes, then the bytes.
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Takes the next bytes off.
pub(crate) fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

pub(crate) fn number(rest: &mut &[u8]) -> Option<u32> {
    take(rest, 4)?.try_into().ok().map(u32::from_be_bytes)
}

pub(crate) fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    take(rest, length)
}

/// What is signed in place of a message.
fn signed_bytes(namespace: &str, hash: Hash, message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put(&mut bytes, namespace.as_bytes());
    put(&mut bytes, b"");
    put(&mut bytes, hash.name());
    put(&mut bytes, &hash.of(message));
    bytes
}

/// Signs a message.
pub fn sign(key: &PrivateKey, namespace: &str, message: &[u8]) -> String {
    let bytes = signed_bytes(namespace, Hash::Sha512, message);
    let mut signature = Vec::new();
    match key {
        PrivateKey::Ed25519(key, _) => {
            put(&mut signature, key::ED25519);
            put(&mut signature, &key.sign(&bytes).to_bytes());
        }
        PrivateKey::P384(key, _) => {
            let made: ecdsa::Signature = ecdsa::signature::Signer::sign(key.as_ref(), &bytes);
            let (r, s) = made.split_bytes();
            let mut pair = Vec::new();
            put(&mut pair, &key::integer(&r));
            put(&mut pair, &key::integer(&s));
            put(&mut signature, key::P384);
            put(&mut signature, &pair);
        }
    }
    let mut blob = MAGIC.to_vec();
    blob.extend_from_slice(&VERSION.to_be_bytes());
    put(&mut blob, &key.public().blob());
    put(&mut blob, namespace.as_bytes());
    put(&mut blob, b"");
    put(&mut blob, Hash::Sha512.name());
    put(&mut blob, &signature);
    armored(&blob)
}

fn armored(blob: &[u8]) -> String {
    let encoded = STANDARD.encode(blob);
    let mut text = format!("{BEGIN}\n");
    for line in encoded.as_bytes().chunks(ARMOR_COLUMNS) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + END + "\n"
}

/// Who signed a message. None where the signature is not one of this message in this namespace, or not well formed.
pub fn signer(armor: &str, namespace: &str, message: &[u8]) -> Option<PublicKey> {
    opened(armor, namespace, message).filter(|(_, hash)| *hash == Hash::Sha512).map(|(key, _)| key)
}

/// Who signed a message, and over which digest of it. None where the signature is not one of this message in this namespace, or
/// not well formed.
pub fn opened(armor: &str, namespace: &str, message: &[u8]) -> Option<(PublicKey, Hash)> {
    if armor.len() > ARMOR_BYTES_MAX {
        return None;
    }
    let inner = armor.strip_prefix(BEGIN)?.strip_prefix('\n')?;
    let inner = inner.strip_suffix('\n')?.strip_suffix(END)?.strip_suffix('\n')?;
    let encoded: String = inner.lines().collect();
    let blob = STANDARD.decode(encoded).ok()?;
    let mut rest = blob.as_slice();
    (take(&mut rest, MAGIC.len())? == MAGIC && number(&mut rest)? == VERSION).then_some(())?;
    let public = PublicKey::read(string(&mut rest)?)?;
    (string(&mut rest)? == namespace.as_bytes() && string(&mut rest)?.is_empty()).then_some(())?;
    let named = string(&mut rest)?;
    let hash = [Hash::Sha512, Hash::Sha256].into_iter().find(|hash| hash.name() == named)?;
    let mut signature = string(&mut rest)?;
    rest.is_empty().then_some(())?;
    let (kind, raw) = (string(&mut signature)?, string(&mut signature)?);
    signature.is_empty().then_some(())?;
    let bytes = signed_bytes(namespace, hash, message);
    match &public {
        PublicKey::Ed25519(key) => {
            let made = ed25519::Signature::from_bytes(raw.try_into().ok()?);
            (kind == key::ED25519 && key.verify_strict(&bytes, &made).is_ok()).then_some(())?;
        }
        PublicKey::P384(key) => {
            let mut pair = raw;
            let (r, s) = (key::scalar(string(&mut pair)?)?, key::scalar(string(&mut pair)?)?);
            let made = ecdsa::Signature::from_scalars(r, s).ok()?;
            (kind == key::P384 && pair.is_empty() && key.verify(&bytes, &made).is_ok()).then_some(())?;
        }
    }
    Some((public, hash))
}

#[cfg(test)]
mod tests;
