//! Public keys as OpenSSL keeps them: `SubjectPublicKeyInfo` (RFC 5280, section 4.1) in PEM (RFC 7468).
//!
//! Each kind of key has one form that is taken: what stands before the key in DER is the same bytes for all of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Characters of base64 on a line (RFC 7468, section 2).
const COLUMNS: usize = 64;

/// The key behind `prefix`. None where the text is anything but one such key.
pub(crate) fn read(text: &str, prefix: &[u8]) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let encoded: String = inner.split_ascii_whitespace().collect();
    let der = STANDARD.decode(encoded).ok()?;
    der.strip_prefix(prefix).map(<[u8]>::to_vec)
}

/// The same back.
pub(crate) fn text(prefix: &[u8], key: &[u8]) -> String {
    let encoded = STANDARD.encode([prefix, key].concat());
    let mut text = format!("{BEGIN}\n");
    for line in encoded.as_bytes().chunks(COLUMNS) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + END + "\n"
}
