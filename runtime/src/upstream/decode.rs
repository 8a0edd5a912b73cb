//! What a compressed body says (RFC 9110, section 8.4). A few bytes can stand for gigabytes, so both sides have a limit.

use std::io::Read as _;

use airlock_contract::Encoding;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

use super::UpstreamError;

/// Room that is made at a time, in bytes.
const STEP_BYTES: usize = 64 * 1024;

/// The body, as it was before it was compressed.
///
/// # Errors
/// [`UpstreamError::TooLarge`] beyond `bytes_max`; [`UpstreamError::Encoding`] if it is broken, cut off or followed by more.
pub(super) fn decoded(encoding: Encoding, body: &[u8], bytes_max: u64) -> Result<Bytes, UpstreamError> {
    match encoding {
        Encoding::Gzip => gunzipped(body, bytes_max),
        Encoding::Deflate => inflated(body, bytes_max),
    }
    .map(Bytes::from)
}

fn broken(what: &str) -> UpstreamError {
    UpstreamError::Encoding(what.to_owned())
}

fn gunzipped(body: &[u8], bytes_max: u64) -> Result<Vec<u8>, UpstreamError> {
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(body).take(bytes_max.saturating_add(1)).read_to_end(&mut plain);
    read.map_err(|_| broken("its gzip is broken or cut off"))?;
    if plain.len() as u64 > bytes_max { Err(UpstreamError::TooLarge(bytes_max)) } else { Ok(plain) }
}

/// By hand, since the reader of the library takes a text that is cut off for a whole one.
fn inflated(body: &[u8], bytes_max: u64) -> Result<Vec<u8>, UpstreamError> {
    let mut inflate = Decompress::new(true);
    let mut plain = Vec::new();
    loop {
        plain.reserve(STEP_BYTES);
        let before = (inflate.total_in(), inflate.total_out());
        let rest = usize::try_from(before.0).ok().and_then(|read| body.get(read..)).unwrap_or_default();
        let status = inflate.decompress_vec(rest, &mut plain, FlushDecompress::None);
        let status = status.map_err(|_| broken("its deflate is broken"))?;
        if inflate.total_out() > bytes_max {
            return Err(UpstreamError::TooLarge(bytes_max));
        }
        if status == Status::StreamEnd {
            let is_whole = inflate.total_in() == body.len() as u64;
            return if is_whole { Ok(plain) } else { Err(broken("its deflate is followed by something else")) };
        }
        if (inflate.total_in(), inflate.total_out()) == before {
            return Err(broken("its deflate is cut off"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use airlock_contract::Encoding;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::{UpstreamError, decoded};

    const ALL: [Encoding; 2] = [Encoding::Gzip, Encoding::Deflate];

    fn encoded(encoding: Encoding, plain: &[u8]) -> Vec<u8> {
        let written = match encoding {
            Encoding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(plain).and_then(|()| encoder.finish())
            }
            Encoding::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(plain).and_then(|()| encoder.finish())
            }
        };
        written.expect("can be written")
    }

    #[test]
    fn what_was_compressed_comes_back() {
        let long: Vec<u8> =
            (0..300_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for encoding in ALL {
            for plain in [&b""[..], b"{}", &long] {
                let body = encoded(encoding, plain);
                assert_eq!(decoded(encoding, &body, plain.len() as u64).expect("whole"), plain);
            }
        }
        // Several in a row are one (RFC 1952, section 2.2).
        let two = [encoded(Encoding::Gzip, b"[1,"), encoded(Encoding::Gzip, b"2]")].concat();
        assert_eq!(decoded(Encoding::Gzip, &two, 10).expect("whole"), &b"[1,2]"[..]);
    }

    #[test]
    fn little_that_stands_for_much_is_refused_early() {
        for encoding in ALL {
            let bomb = encoded(encoding, &vec![b' '; 50_000_000]);
            assert!(bomb.len() < 100_000);
            assert_eq!(decoded(encoding, &bomb, 1000), Err(UpstreamError::TooLarge(1000)));
        }
    }

    #[test]
    fn what_is_broken_cut_off_or_followed_by_more_is_refused() {
        for encoding in ALL {
            let body = encoded(encoding, b"[1,2,3,4,5,6,7,8,9]");
            for cut in 0..body.len() {
                let fault = decoded(encoding, &body[..cut], 1000);
                assert!(matches!(fault, Err(UpstreamError::Encoding(_))), "{encoding:?} cut at {cut}: {fault:?}");
            }
            let followed = [&body[..], b"x"].concat();
            assert!(matches!(decoded(encoding, &followed, 1000), Err(UpstreamError::Encoding(_))), "{encoding:?}");
            assert!(matches!(decoded(encoding, b"[1,2]", 1000), Err(UpstreamError::Encoding(_))), "{encoding:?}");
        }
    }
}
