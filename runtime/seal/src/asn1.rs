//! As much of DER (X.690) as keys and signatures need: lengths are definite and as short as they can be.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// `id-ecPublicKey` (RFC 5480).
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `secp384r1` (RFC 5480).
pub(crate) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// `id-ml-dsa-87` (RFC 9881).
const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];

/// Takes a value of a kind off. None where another stands there.
pub(crate) fn take<'a>(rest: &mut &'a [u8], kind: u8) -> Option<&'a [u8]> {
    let (first, after) = rest.split_first()?;
    (*first == kind).then_some(())?;
    let (length, after) = after.split_first()?;
    let (length, after) = match *length {
        short @ 0..0x80 => (usize::from(short), after),
        long => {
            let (digits, after) = after.split_at_checked(usize::from(long & 0x7f))?;
            let is_shortest = digits.first().is_some_and(|digit| *digit != 0) && digits.len() <= 4;
            let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
            (is_shortest && length >= 0x80).then_some((length, after))?
        }
    };
    let (value, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(value)
}

/// A value with its kind and length.
pub(crate) fn put(kind: u8, value: &[&[u8]]) -> Vec<u8> {
    let length: usize = value.iter().map(|part| part.len()).sum();
    let mut bytes = vec![kind];
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        bytes.push(short);
    } else {
        let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
        bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
        bytes.extend_from_slice(&digits);
    }
    bytes.reserve_exact(length);
    for part in value {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// What stands in a key of PKCS #8.
pub(crate) enum Secret<'a> {
    /// A key of SEC 1.
    P384(&'a [u8]),
    /// `ML-DSA-87-PrivateKey` (RFC 9881, section 6).
    MlDsa87(&'a [u8]),
    Other,
}

/// Reads `PrivateKeyInfo` (RFC 5958). What may stand behind the key, attributes and a public half, is passed over.
pub(crate) fn private_key(der: &[u8]) -> Option<Secret<'_>> {
    let mut rest = der;
    let mut inner = take(&mut rest, SEQUENCE)?;
    let is_known = matches!(take(&mut inner, INTEGER)?, [0 | 1]) && rest.is_empty();
    is_known.then_some(())?;
    let mut algorithm = take(&mut inner, SEQUENCE)?;
    let object = take(&mut algorithm, OBJECT)?;
    let secret = take(&mut inner, OCTET_STRING)?;
    if object == ML_DSA_87 && algorithm.is_empty() {
        return Some(Secret::MlDsa87(secret));
    }
    let is_p384 = object == EC && take(&mut algorithm, OBJECT) == Some(P384) && algorithm.is_empty();
    Some(if is_p384 { Secret::P384(secret) } else { Secret::Other })
}

/// Writes `PrivateKeyInfo` for a key of ML-DSA-87.
pub(crate) fn put_ml_dsa(secret: &[u8]) -> Vec<u8> {
    let algorithm = put(SEQUENCE, &[&put(OBJECT, &[ML_DSA_87])]);
    put(SEQUENCE, &[&put(INTEGER, &[&[0]]), &algorithm, &put(OCTET_STRING, &[secret])])
}

#[cfg(test)]
mod tests {
    use super::{OCTET_STRING, put, take};

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000] {
            let value = vec![7; length];
            let written = put(OCTET_STRING, &[&value]);
            let mut rest = written.as_slice();
            assert_eq!(take(&mut rest, OCTET_STRING), Some(value.as_slice()), "{length}");
            assert!(rest.is_empty());
        }
        for bad in [
            &[4][..],
            &[4, 1],
            &[4, 0x80],
            &[4, 0x81, 1, 7],
            &[4, 0x82, 0, 0x80],
            &[4, 0x81],
            &[4, 0x85, 1, 1, 1, 1, 1],
            &[3, 1, 7],
            &[4, 0x84, 0xff, 0xff, 0xff, 0xff, 7],
        ] {
            assert_eq!(take(&mut { bad }, OCTET_STRING), None, "{bad:?}");
        }
    }
}
