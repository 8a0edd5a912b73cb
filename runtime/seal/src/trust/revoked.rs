//! `revoked`: who was trusted once. As `ssh-keygen -Y verify -r` takes it: a key revocation list, or public keys, one a line.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::krl;
use crate::sshsig::{PublicKey, string};

/// The kinds of plain keys that OpenSSH knows. A certificate's kind is none of them: what it revokes is another matter there.
const KINDS: [&str; 8] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "ssh-dss",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// Keys that are trusted no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// As they stand in signatures (RFC 4253, section 6.6).
    pub(super) keys: BTreeSet<Vec<u8>>,
    /// SHA-1 of those.
    pub(super) sha1: BTreeSet<Vec<u8>>,
    /// SHA-256 of those.
    pub(super) sha256: BTreeSet<Vec<u8>>,
}

impl Revoked {
    /// Reads either form. Faults go behind the file's name.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(krl::MAGIC) {
            return krl::read(bytes);
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| "is neither a key revocation list nor a list of public keys")?;
        let mut revoked = Self::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let blob = plain(line).ok_or_else(|| format!("line {}: is no public key `KIND BASE64`", at + 1))?;
            revoked.keys.insert(blob);
        }
        Ok(revoked)
    }

    pub fn contains(&self, key: &PublicKey) -> bool {
        let blob = key.blob();
        self.keys.contains(&blob)
            || self.sha1.contains(Sha1::digest(&blob).as_slice())
            || self.sha256.contains(Sha256::digest(&blob).as_slice())
    }
}

/// A key of any kind: those that cannot sign here cannot do harm either, and may stand in the list.
fn plain(line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_ascii_whitespace();
    let kind = words.next().filter(|kind| KINDS.contains(kind))?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    (string(&mut blob.as_slice())? == kind.as_bytes()).then_some(())?;
    // Keys that can sign here have to be whole, so that a slip of the pen does not leave one trusted.
    let signs = ["ssh-ed25519", "ecdsa-sha2-nistp384"].contains(&kind);
    (!signs || PublicKey::read(&blob).is_some()).then_some(blob)
}

#[cfg(test)]
mod tests {
    use super::Revoked;
    use crate::sshsig::PublicKey;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

    #[test]
    fn a_list_of_keys_is_read_line_by_line() {
        let key = PublicKey::read_line(KEY).expect("is a key");
        assert!(!Revoked::read(b"# nobody yet\n").expect("is well formed").contains(&key));
        assert!(Revoked::read(format!("\n{KEY} of May\n").as_bytes()).expect("is well formed").contains(&key));
        for bad in [
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            "ssh-ed25519-cert-v01@openssh.com AAAA",
            "one ssh-ed25519 AAAA",
            "\u{fffd}",
        ] {
            Revoked::read(bad.as_bytes()).expect_err(bad);
        }
        Revoked::read(&KEY.as_bytes()[..KEY.len() - 4]).expect_err("is cut");
        Revoked::read(b"\xff\xfe").expect_err("is no text");
    }
}
