//! Keys as OpenSSH keeps them: private ones in a file of one user, public ones on one line.
//!
//! Private: PROTOCOL.key of OpenSSH, without a passphrase, since nobody is there to type one. Public: `KIND BASE64 COMMENT`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ed25519_dalek as ed25519;
use p384::ecdsa;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{number, put, string, take};

pub(super) const ED25519: &[u8] = b"ssh-ed25519";
pub(super) const P384: &[u8] = b"ecdsa-sha2-nistp384";

/// The curve's name in keys.
const CURVE: &[u8] = b"nistp384";

/// Bytes of a number of this curve.
const SCALAR_BYTES: usize = 48;

const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// What the secret half of a file is filled up to, in bytes, where nothing encrypts it.
const BLOCK_BYTES: usize = 8;

/// At least as long as a secret half with a short comment: a buffer that grows leaves its contents behind.
const SECRET_BYTES: usize = 1024;

/// A key that signs, with its comment. `Debug` does not show it.
pub enum PrivateKey {
    Ed25519(Box<ed25519::SigningKey>, String),
    P384(Box<ecdsa::SigningKey>, String),
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PrivateKey({})", self.public().fingerprint())
    }
}

/// A key that says who signed.
#[derive(Clone, Debug, PartialEq)]
pub enum PublicKey {
    Ed25519(ed25519::VerifyingKey),
    P384(Box<ecdsa::VerifyingKey>),
}

impl PrivateKey {
    /// Reads what a key file holds. Faults name the way out and go behind the file's name.
    pub fn read(text: &str) -> Result<Self, String> {
        let inner = text.trim().strip_prefix(BEGIN).and_then(|inner| inner.strip_suffix(END));
        let inner = inner.ok_or("is no private key of OpenSSH; `ssh-keygen -t ed25519 -N '' -f FILE` makes one")?;
        let encoded: String = inner.split_ascii_whitespace().collect();
        let blob = STANDARD.decode(encoded).map_err(|_| "holds no base64 where the key should be".to_owned())?;
        let mut rest = blob.as_slice();
        let broken = || "is broken: it is no key as `ssh-keygen` writes it".to_owned();
        if take(&mut rest, MAGIC.len()) != Some(MAGIC) {
            return Err(broken());
        }
        let (cipher, _, _) = (string(&mut rest), string(&mut rest), string(&mut rest));
        if cipher.ok_or_else(broken)? != b"none" {
            return Err("has a passphrase, and nobody is there to type it; `ssh-keygen -p -N '' -f FILE` takes it off"
                .to_owned());
        }
        let (count, _public, mut secret) =
            (number(&mut rest), string(&mut rest), string(&mut rest).unwrap_or_default());
        let (one, other) = (number(&mut secret), number(&mut secret));
        if count != Some(1) || one.is_none() || one != other {
            return Err(broken());
        }
        match string(&mut secret).ok_or_else(broken)? {
            ED25519 => Self::ed25519(&mut secret).ok_or_else(broken),
            P384 => Self::p384(&mut secret).ok_or_else(broken),
            other => {
                let kind: String = String::from_utf8_lossy(other).escape_debug().take(40).collect();
                Err(format!("is a key of the kind `{kind}`; `ssh-ed25519` and `ecdsa-sha2-nistp384` can sign here"))
            }
        }
    }

    /// Whose key it is that has a passphrase: the public half stands there in clear. None for a key without one, and for what is
    /// no key of OpenSSH, or of a kind that cannot sign here.
    pub fn locked(text: &str) -> Option<PublicKey> {
        let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let encoded: String = inner.split_ascii_whitespace().collect();
        let blob = STANDARD.decode(encoded).ok()?;
        let mut rest = blob.as_slice();
        let is_locked = take(&mut rest, MAGIC.len())? == MAGIC && string(&mut rest)? != b"none";
        let (_, _, count) = (string(&mut rest)?, string(&mut rest)?, number(&mut rest)?);
        (is_locked && count == 1).then_some(())?;
        PublicKey::read(string(&mut rest)?)
    }

    /// The key file as `ssh-keygen` writes it without a passphrase (PROTOCOL.key). `check` is any number: it stands there twice.
    pub fn text(&self, check: u32) -> Zeroizing<String> {
        let public = self.public().blob();
        let mut secret = Zeroizing::new(Vec::with_capacity(SECRET_BYTES));
        secret.extend_from_slice(&check.to_be_bytes());
        secret.extend_from_slice(&check.to_be_bytes());
        // The public half in the wire's form is what both kinds begin with.
        secret.extend_from_slice(&public);
        match self {
            Self::Ed25519(key, _) => put(&mut secret, Zeroizing::new(key.to_keypair_bytes()).as_slice()),
            Self::P384(key, _) => put(&mut secret, &Zeroizing::new(integer(&key.to_bytes()))),
        }
        put(&mut secret, self.comment().as_bytes());
        for padding in 1..=u8::try_from(secret.len().next_multiple_of(BLOCK_BYTES) - secret.len()).unwrap_or(0) {
            secret.push(padding);
        }
        let mut blob = Zeroizing::new(MAGIC.to_vec());
        blob.reserve_exact(SECRET_BYTES * 2);
        for nothing in [&b"none"[..], b"none", b""] {
            put(&mut blob, nothing);
        }
        blob.extend_from_slice(&1_u32.to_be_bytes());
        put(&mut blob, &public);
        put(&mut blob, &secret);
        let encoded = Zeroizing::new(STANDARD.encode(blob.as_slice()));
        let mut text = Zeroizing::new(String::with_capacity(encoded.len() * 2));
        text.push_str(BEGIN);
        for (at, letter) in encoded.chars().enumerate() {
            if at % super::ARMOR_COLUMNS == 0 {
                text.push('\n');
            }
            text.push(letter);
        }
        text.push('\n');
        text.push_str(END);
        text.push('\n');
        text
    }

    fn ed25519(secret: &mut &[u8]) -> Option<Self> {
        let (public, pair) = (string(secret)?, string(secret)?);
        let key = ed25519::SigningKey::from_keypair_bytes(pair.try_into().ok()?).ok()?;
        (public == key.verifying_key().as_bytes()).then_some(())?;
        Some(Self::Ed25519(Box::new(key), comment(secret)?))
    }

    fn p384(secret: &mut &[u8]) -> Option<Self> {
        let (curve, point, number) = (string(secret)?, string(secret)?, string(secret)?);
        let key = ecdsa::SigningKey::from_slice(&scalar(number)?).ok()?;
        (curve == CURVE && point == key.verifying_key().to_sec1_point(false).as_bytes()).then_some(())?;
        Some(Self::P384(Box::new(key), comment(secret)?))
    }

    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ed25519(key, _) => PublicKey::Ed25519(key.verifying_key()),
            Self::P384(key, _) => PublicKey::P384(Box::new(*key.verifying_key())),
        }
    }

    /// The name that its owner gave it, as it stands there; empty where it has none.
    pub fn comment(&self) -> &str {
        match self {
            Self::Ed25519(_, comment) | Self::P384(_, comment) => comment,
        }
    }
}

fn comment(secret: &mut &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(string(secret)?).into_owned())
}

impl PublicKey {
    /// Reads a key as it stands in a signature or behind its kind (RFC 8709, section 4; RFC 5656, section 3.1).
    pub(crate) fn read(blob: &[u8]) -> Option<Self> {
        let mut rest = blob;
        let key = match string(&mut rest)? {
            ED25519 => {
                let bytes = string(&mut rest)?.try_into().ok()?;
                Self::Ed25519(ed25519::VerifyingKey::from_bytes(&bytes).ok()?)
            }
            P384 => {
                (string(&mut rest)? == CURVE).then_some(())?;
                Self::P384(Box::new(ecdsa::VerifyingKey::from_sec1_bytes(string(&mut rest)?).ok()?))
            }
            _ => return None,
        };
        // One key has one form: OpenSSH takes no compressed points, and a list of keys is compared byte by byte.
        (rest.is_empty() && key.blob() == blob).then_some(key)
    }

    /// Reads the line of a `.pub` file.
    pub fn read_line(line: &str) -> Result<Self, String> {
        let mut words = line.split_ascii_whitespace();
        let (kind, encoded) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let blob = STANDARD.decode(encoded).ok();
        let key = blob.and_then(|blob| Self::read(&blob));
        key.filter(|key| key.kind() == kind.as_bytes())
            .ok_or_else(|| "is no public key `ssh-ed25519 …` or `ecdsa-sha2-nistp384 …`".to_owned())
    }

    /// The line of a `.pub` file, without its end: what stands in `allowed_signers` behind a name.
    pub fn line(&self) -> String {
        format!("{} {}", String::from_utf8_lossy(self.kind()), STANDARD.encode(self.blob()))
    }

    fn kind(&self) -> &'static [u8] {
        match self {
            Self::Ed25519(_) => ED25519,
            Self::P384(_) => P384,
        }
    }

    pub(crate) fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        put(&mut blob, self.kind());
        match self {
            Self::Ed25519(key) => put(&mut blob, key.as_bytes()),
            Self::P384(key) => {
                put(&mut blob, CURVE);
                put(&mut blob, key.to_sec1_point(false).as_bytes());
            }
        }
        blob
    }

    /// As `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(self.blob())))
    }
}

/// A big-endian number as the wire format has it (`mpint` of RFC 4251, section 5): no zeros before it but the one that keeps it
/// from being negative.
pub(crate) fn integer(scalar: &[u8]) -> Vec<u8> {
    let start = scalar.iter().position(|byte| *byte != 0).unwrap_or(scalar.len());
    let digits = &scalar[start..];
    let is_high = digits.first().is_some_and(|byte| byte & 0x80 != 0);
    if is_high { [&[0], digits].concat() } else { digits.to_vec() }
}

/// The same back, filled up to the curve's length. None for what `integer` would write otherwise.
pub(crate) fn scalar(integer: &[u8]) -> Option<p384::FieldBytes> {
    let digits = match integer {
        [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => rest,
        [0, ..] => return None,
        [first, ..] if first & 0x80 != 0 => return None,
        digits => digits,
    };
    let mut filled = [0; SCALAR_BYTES];
    filled.get_mut(SCALAR_BYTES.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some(filled.into())
}
