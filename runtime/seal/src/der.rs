//! ECDSA with P-384 over SHA-384, in DER: what `openssl dgst -sha384 -verify` checks, on machines whose OpenSSH is too old.
//!
//! A signature is a sequence of two integers (RFC 3279, section 2.2.3), without anything behind it.

use p384::ecdsa;
use p384::ecdsa::signature::{Signer as _, Verifier as _};

use crate::asn1::{INTEGER, SEQUENCE, put, take};
use crate::spki;
use crate::sshsig::{self, key};

/// What stands before the point of a P-384 key: a sequence of the algorithm (id-ecPublicKey, secp384r1) and a bit string.
const PREFIX: &[u8] = b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";

/// Bytes of an uncompressed point.
const POINT_BYTES: usize = 97;

/// A key that says who signed.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKey(ecdsa::VerifyingKey);

impl PublicKey {
    /// Reads a file of OpenSSL. Faults go behind the file's name.
    pub fn read_pem(text: &str) -> Result<Self, String> {
        let point = spki::read(text, PREFIX).filter(|point| point.len() == POINT_BYTES);
        let key = point.and_then(|point| ecdsa::VerifyingKey::from_sec1_bytes(&point).ok());
        key.map(Self)
            .ok_or_else(|| "is no public key P-384 in PEM; `openssl pkey -in KEY -pubout` writes one".to_owned())
    }

    pub fn pem(&self) -> String {
        spki::text(PREFIX, self.0.to_sec1_point(false).as_bytes())
    }

    /// The same key as OpenSSH has it, by which it is revoked and compared.
    pub fn ssh(&self) -> sshsig::PublicKey {
        sshsig::PublicKey::P384(Box::new(self.0))
    }
}

impl From<ecdsa::VerifyingKey> for PublicKey {
    fn from(key: ecdsa::VerifyingKey) -> Self {
        Self(key)
    }
}

/// Whether a signature is one of this message by this key.
pub fn verify(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    read(signature).is_some_and(|signature| key.0.verify(message, &signature).is_ok())
}

/// Signs a message. The same bytes each time (RFC 6979).
pub fn sign(key: &ecdsa::SigningKey, message: &[u8]) -> Vec<u8> {
    let made: ecdsa::Signature = key.sign(message);
    let (r, s) = made.split_bytes();
    let [r, s] = [r, s].map(|number| put(INTEGER, &[&key::integer(&number)]));
    put(SEQUENCE, &[&r, &s])
}

fn read(signature: &[u8]) -> Option<ecdsa::Signature> {
    let mut rest = signature;
    let mut pair = take(&mut rest, SEQUENCE)?;
    let (r, s) = (take(&mut pair, INTEGER)?, take(&mut pair, INTEGER)?);
    (rest.is_empty() && pair.is_empty()).then_some(())?;
    ecdsa::Signature::from_scalars(key::scalar(r)?, key::scalar(s)?).ok()
}
