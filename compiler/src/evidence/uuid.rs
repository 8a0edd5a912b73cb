//! UUIDs of version 5 (RFC 9562, section 5.5): the same name has the same one. OSCAL takes no others but random ones.

use airlock_offer::hex;
use sha1::{Digest as _, Sha1};

/// For names that are URLs (RFC 9562, section 6.6).
const URL: [u8; 16] = [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

/// What is ours in evidence: the namespace of names and of properties.
pub(super) const NAMESPACE: &str = "urn:x-airlock:evidence";

/// The UUID of a thing of this name.
pub(crate) fn of(name: &str) -> String {
    let bytes = version_5(version_5(URL, NAMESPACE), name);
    let digits = hex(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    parts.join("-")
}

/// SHA-1 is what the standard says; it tells names apart here and protects nothing.
fn version_5(namespace: [u8; 16], name: &str) -> [u8; 16] {
    let digest = Sha1::new().chain_update(namespace).chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

#[cfg(test)]
mod tests {
    use super::{of, version_5};

    /// RFC 9562, appendix A.4.
    #[test]
    fn the_example_of_the_standard() {
        let dns = [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
        let uuid = version_5(dns, "www.example.com");
        assert_eq!(u128::from_be_bytes(uuid), 0x2ed6_657d_e927_568b_95e1_2665_a8ae_a6a2);
    }

    #[test]
    fn other_names_are_others_and_the_same_name_is_the_same() {
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert_eq!(of("a").len(), 36);
    }
}
