//! Keys of P-384 as OpenSSL keeps them.

use p384::ecdsa::SigningKey;

use crate::asn1::{self, BIT_STRING, INTEGER, OBJECT, OCTET_STRING, SEQUENCE};
use crate::der;
use crate::sshsig::PublicKey;

/// Where the curve and the public half stand in a key of SEC 1.
const CURVE: u8 = 0xa0;
const PUBLIC: u8 = 0xa1;

/// Reads `ECPrivateKey` (RFC 5915). A public half that stands there must be that of the key.
pub(super) fn of_sec1(der: &[u8]) -> Result<SigningKey, String> {
    let broken = || "is broken, or of another curve: P-384 can sign here".to_owned();
    let mut rest = der;
    let mut inner = asn1::take(&mut rest, SEQUENCE).filter(|_| rest.is_empty()).ok_or_else(broken)?;
    if asn1::take(&mut inner, INTEGER) != Some(&[1]) {
        return Err(broken());
    }
    let number = asn1::take(&mut inner, OCTET_STRING).ok_or_else(broken)?;
    let key = SigningKey::from_slice(number).ok().filter(|_| number.len() == 48).ok_or_else(broken)?;
    if let Some(mut curve) = asn1::take(&mut inner, CURVE)
        && asn1::take(&mut curve, OBJECT) != Some(asn1::P384)
    {
        return Err(broken());
    }
    if let Some(mut public) = asn1::take(&mut inner, PUBLIC) {
        let point = asn1::take(&mut public, BIT_STRING).and_then(|bits| bits.strip_prefix(&[0])).ok_or_else(broken)?;
        let own = key.verifying_key();
        if point != own.to_sec1_point(false).as_bytes() && point != own.to_sec1_point(true).as_bytes() {
            return Err("is broken: its public half is that of another key".to_owned());
        }
    }
    if inner.is_empty() { Ok(key) } else { Err(broken()) }
}

/// The public half of a key of OpenSSH as OpenSSL reads it (`release.pem`). None for Ed25519, which signs nothing for OpenSSL here.
pub fn public_pem(key: &PublicKey) -> Option<String> {
    let PublicKey::P384(key) = key else { return None };
    Some(der::PublicKey::from(**key).pem())
}
