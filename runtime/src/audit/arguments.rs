//! What a record says of a call's arguments.
//!
//! A bare digest tells that two calls had the same arguments, and lets whoever has the file try values that he guesses: there are
//! not many wards. With a key that others do not have it tells the former alone.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha384;

use airlock_offer::{hex, sha256};

use super::record::ArgumentsTold;
use crate::site::Secret;

/// Longer arguments are told by their length, in bytes: files go through them.
const VALUES_BYTES_MAX: usize = 64 * 1024;

/// What of arguments stands in records.
#[derive(Clone, Debug, Default)]
pub struct ArgumentsPolicy {
    /// Whether their values do.
    pub values: bool,
    /// What digests are made with.
    pub digest_key: Option<Secret>,
}

impl ArgumentsPolicy {
    /// `canonical` is all of them as one text.
    pub(crate) fn told(&self, canonical: String) -> ArgumentsTold {
        let mut told = ArgumentsTold::default();
        // A key of any length is one of HMAC's (RFC 2104, section 2).
        match self.digest_key.as_ref().and_then(|key| Hmac::<Sha384>::new_from_slice(key.expose().as_bytes()).ok()) {
            Some(mut mac) => {
                mac.update(canonical.as_bytes());
                told.hmac_sha384 = Some(hex(&mac.finalize().into_bytes()));
            }
            None => told.sha256 = Some(sha256(canonical.as_bytes())),
        }
        match canonical.len() {
            _ if !self.values => {}
            0..=VALUES_BYTES_MAX => told.values = Some(canonical),
            bytes => told.values_bytes = Some(bytes),
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::{ArgumentsPolicy, VALUES_BYTES_MAX};
    use crate::site::Secret;

    #[test]
    fn a_digest_has_the_sites_key_and_values_need_a_word() {
        let told = ArgumentsPolicy::default().told("{}".to_owned());
        let bare = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!((told.sha256.as_deref(), told.hmac_sha384, told.values), (Some(bare), None, None));
        // RFC 4231, test case 2: the key "Jefe".
        let digest_key = Some(Secret::new("Jefe".to_owned()).expect("visible"));
        let keyed = ArgumentsPolicy { values: true, digest_key };
        let told = keyed.told("what do ya want for nothing?".to_owned());
        let mac = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649";
        assert_eq!((told.sha256, told.hmac_sha384.as_deref()), (None, Some(mac)));
        assert_eq!(told.values.as_deref(), Some("what do ya want for nothing?"));
        let told = keyed.told("x".repeat(VALUES_BYTES_MAX + 1));
        assert_eq!((told.values, told.values_bytes), (None, Some(VALUES_BYTES_MAX + 1)));
    }
}
