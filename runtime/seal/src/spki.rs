//! Public keys as OpenSSL keeps them: `SubjectPublicKeyInfo` (RFC 5280, section 4.1) in PEM (RFC 7468).
//!
//! Each kind of key has one form that is taken: what stands before the key in DER is the same bytes for all of them.

use crate::pem;

const LABEL: &str = "PUBLIC KEY";

/// The key behind `prefix`. None where the text is anything but one such key.
pub(crate) fn read(text: &str, prefix: &[u8]) -> Option<Vec<u8>> {
    pem::read_alone(text, LABEL)?.strip_prefix(prefix).map(<[u8]>::to_vec)
}

/// The same back.
pub(crate) fn text(prefix: &[u8], key: &[u8]) -> String {
    pem::text(LABEL, &[prefix, key].concat()).to_string()
}
