//! Keys of ML-DSA-87 (FIPS 204) as OpenSSL 3.5 and later keep them, and signatures: pure, with the namespace as context.

use ml_dsa::{ExpandedSigningKey, ExpandedSigningKeyBytes, MlDsa87, Seed};
use zeroize::Zeroizing;

use crate::mldsa::{self, PublicKey};
use crate::{Refusal, asn1, pem};

/// Bytes of a seed.
pub const SEED_BYTES: usize = 32;

/// Bytes of a key that was expanded from one (FIPS 204, table 2).
const EXPANDED_BYTES: usize = 4896;

/// Where the small polynomials lie in it: 15 of 96 bytes, three bits for each number. 5, 6 and 7 stand for nothing.
const SMALL: std::ops::Range<usize> = 128..128 + 15 * 96;
const SMALL_MAX: u32 = 4;

/// The tag of a seed (RFC 9881, section 6).
const SEED: u8 = 0x80;

/// A key that signs. `Debug` does not show it.
pub struct PrivateKey(ExpandedSigningKey<MlDsa87>);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PrivateKey({})", self.public().fingerprint())
    }
}

impl PrivateKey {
    pub fn of_seed(seed: &[u8; SEED_BYTES]) -> Self {
        Self(ExpandedSigningKey::from_seed(&Seed::from(*seed)))
    }

    /// Reads a seed, an expanded key, or both, which must be the same key then.
    pub(super) fn read(secret: &[u8]) -> Result<Self, String> {
        let broken = || "is broken: it is no key of ML-DSA-87".to_owned();
        let mut rest = secret;
        if let Some(seed) = asn1::take(&mut rest, SEED).filter(|_| rest.is_empty()) {
            return Ok(Self::of_seed(seed.try_into().map_err(|_| broken())?));
        }
        let mut rest = secret;
        if let Some(expanded) = asn1::take(&mut rest, asn1::OCTET_STRING).filter(|_| rest.is_empty()) {
            return Self::of_expanded(expanded).ok_or_else(broken);
        }
        let mut rest = secret;
        let mut both = asn1::take(&mut rest, asn1::SEQUENCE).filter(|_| rest.is_empty()).ok_or_else(broken)?;
        let seed = asn1::take(&mut both, asn1::OCTET_STRING).ok_or_else(broken)?;
        let expanded = asn1::take(&mut both, asn1::OCTET_STRING).filter(|_| both.is_empty()).ok_or_else(broken)?;
        let key = Self::of_seed(seed.try_into().map_err(|_| broken())?);
        if key.expanded().as_slice() != expanded {
            return Err("is broken: its seed and its expanded key are two keys".to_owned());
        }
        Ok(key)
    }

    /// Only what an expansion may have written goes to the crate, which does not look.
    fn of_expanded(expanded: &[u8]) -> Option<Self> {
        (expanded.len() == EXPANDED_BYTES).then_some(())?;
        for three in expanded[SMALL].as_chunks::<3>().0 {
            let bits = u32::from_le_bytes([three[0], three[1], three[2], 0]);
            (0..8).all(|at| bits >> (3 * at) & 7 <= SMALL_MAX).then_some(())?;
        }
        let bytes = ExpandedSigningKeyBytes::<MlDsa87>::try_from(expanded).ok()?;
        #[expect(deprecated, reason = "RFC 9881 allows keys without their seed; malformed ones were refused above")]
        let key = Self(ExpandedSigningKey::from_expanded(&bytes));
        (key.expanded().as_slice() == expanded).then_some(key)
    }

    fn expanded(&self) -> Zeroizing<Vec<u8>> {
        #[expect(deprecated, reason = "RFC 9881 allows keys with both forms, which are compared")]
        let bytes = self.0.to_expanded();
        Zeroizing::new(bytes.to_vec())
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::from(self.0.verifying_key())
    }

    /// Signs, and checks it.
    pub(super) fn sign(&self, context: &str, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let failed = |fault: &str| Refusal::internal("release.mldsa87", fault);
        let signature = self.0.sign_deterministic(message, context.as_bytes());
        let signature = signature.map_err(|_| failed("the key cannot sign"))?;
        // The key that others have of it: an expanded key may not fit its own public half.
        let signature = signature.encode().to_vec();
        let holds = mldsa::verify(&self.public(), context, message, &signature);
        if holds { Ok(signature) } else { Err(failed("the signature does not hold")) }
    }
}

/// A key file with a seed.
pub fn private_pem(seed: &[u8; SEED_BYTES]) -> Zeroizing<String> {
    let secret = Zeroizing::new(asn1::put(SEED, &[seed]));
    pem::text("PRIVATE KEY", &Zeroizing::new(asn1::put_ml_dsa(&secret)))
}

#[cfg(test)]
mod tests {
    use super::{PrivateKey, SEED};
    use crate::asn1::{self, OCTET_STRING, SEQUENCE};

    #[test]
    fn each_form_of_a_key_is_the_same_key_and_broken_ones_are_refused() {
        let seed = [7; 32];
        let key = PrivateKey::of_seed(&seed);
        let expanded = key.expanded().to_vec();
        let both = |seed: &[u8], expanded: &[u8]| {
            asn1::put(SEQUENCE, &[&asn1::put(OCTET_STRING, &[seed]), &asn1::put(OCTET_STRING, &[expanded])])
        };
        let forms = [asn1::put(SEED, &[&seed]), asn1::put(OCTET_STRING, &[&expanded]), both(&seed, &expanded)];
        for form in &forms {
            let read = PrivateKey::read(form).expect("a key");
            assert_eq!(read.public(), key.public());
            let signature = read.sign("a", b"message").expect("signs");
            assert_eq!(signature.len(), 4627);
            PrivateKey::read(&form[..form.len() - 1]).expect_err("cut");
            PrivateKey::read(&[form.as_slice(), &[0]].concat()).expect_err("longer");
        }
        PrivateKey::read(&both(&[8; 32], &expanded)).expect_err("another seed");
        for (from, to) in [(0, expanded.len()), (128, 1568)] {
            let mut broken = expanded.clone();
            broken[from..to].fill(0xff);
            PrivateKey::read(&asn1::put(OCTET_STRING, &[&broken])).expect_err("out of range");
        }
        // Any byte of the rest makes another key, or one that cannot sign; nothing panics.
        for at in (0..expanded.len()).step_by(97) {
            let mut changed = expanded.clone();
            changed[at] ^= 1;
            if let Ok(key) = PrivateKey::read(&asn1::put(OCTET_STRING, &[&changed])) {
                let _ = key.sign("a", b"message");
            }
        }
    }
}
