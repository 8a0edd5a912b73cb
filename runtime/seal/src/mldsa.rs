//! ML-DSA-87 (FIPS 204), the leg that does not fall with elliptic curves: what OpenSSL checks from 3.5 on.
//!
//! Pure, over the message itself; the namespace is the context, so that one kind of signature never counts as another. Keys are
//! of RFC 9881. The crate says that it was never audited, which is why nothing rests on this signature alone.

use ml_dsa::{EncodedVerifyingKey, MlDsa87, Signature, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::spki;

/// What stands before a key: a sequence of the algorithm (id-ml-dsa-87, without parameters) and a bit string.
const PREFIX: &[u8] = b"\x30\x82\x0a\x32\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13\x03\x82\x0a\x21\x00";

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 4627;

/// A key that says who signed.
#[derive(Clone, PartialEq)]
pub struct PublicKey(Box<VerifyingKey<MlDsa87>>);

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PublicKey({})", self.fingerprint())
    }
}

impl PublicKey {
    /// Reads a file of OpenSSL. Faults go behind the file's name.
    pub fn read_pem(text: &str) -> Result<Self, String> {
        let bytes = spki::read(text, PREFIX);
        let encoded = bytes.and_then(|bytes| EncodedVerifyingKey::<MlDsa87>::try_from(bytes.as_slice()).ok());
        let encoded =
            encoded.ok_or("is no public key ML-DSA-87 in PEM; `openssl pkey -in KEY -pubout` (3.5) writes one")?;
        Ok(Self(Box::new(VerifyingKey::decode(&encoded))))
    }

    /// Of the seed that a private key is made from (FIPS 204, section 6.1).
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(Box::new(SigningKey::<MlDsa87>::from_seed(&(*seed).into()).expanded_key().verifying_key()))
    }

    pub fn pem(&self) -> String {
        spki::text(PREFIX, &self.0.encode())
    }

    /// Of the key in DER: what `openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64` prints.
    pub fn fingerprint(&self) -> String {
        let der = [PREFIX, self.0.encode().as_slice()].concat();
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(der)))
    }
}

impl From<VerifyingKey<MlDsa87>> for PublicKey {
    fn from(key: VerifyingKey<MlDsa87>) -> Self {
        // As others have it: an expanded private key may not fit its own public half.
        Self(Box::new(VerifyingKey::decode(&key.encode())))
    }
}

/// Whether a signature is one of this message in this namespace by this key.
pub fn verify(key: &PublicKey, namespace: &str, message: &[u8], signature: &[u8]) -> bool {
    let signature = Signature::<MlDsa87>::try_from(signature);
    signature.is_ok_and(|signature| key.0.verify_with_context(message, namespace.as_bytes(), &signature))
}

/// Signs a message by the seed of a key. The same bytes each time (FIPS 204, section 3.4). None where the namespace has more than
/// 255 bytes.
pub fn sign(seed: &[u8; 32], namespace: &str, message: &[u8]) -> Option<Vec<u8>> {
    let key = SigningKey::<MlDsa87>::from_seed(&(*seed).into());
    let made = key.expanded_key().sign_deterministic(message, namespace.as_bytes()).ok()?;
    Some(made.encode().to_vec())
}
