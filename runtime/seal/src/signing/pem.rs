//! Text around a key (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Characters on a line.
const COLUMNS: usize = 64;

/// The bytes of the block with this label. None where there is none; other blocks, as the parameters that `openssl ecparam` writes,
/// are passed over.
///
/// # Errors
/// The block is not whole, or encrypted. The text goes on from the file's name.
pub(super) fn read(text: &str, label: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(
            "is encrypted; `openssl pkey -in FILE -out PLAIN` takes that off, where the file is safe without it"
                .to_owned(),
        );
    }
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some((_, rest)) = text.split_once(&begin) else { return Ok(None) };
    let (inner, _) = rest.split_once(&end).ok_or_else(|| format!("is broken: `{end}` is missing"))?;
    let mut encoded = Zeroizing::new(String::with_capacity(inner.len()));
    encoded.extend(inner.split_ascii_whitespace());
    let bytes =
        STANDARD.decode(encoded.as_bytes()).map_err(|_| "holds no base64 where the key should be".to_owned())?;
    Ok(Some(Zeroizing::new(bytes)))
}

/// A block.
pub(super) fn text(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(bytes));
    let mut text = Zeroizing::new(String::with_capacity(encoded.len() * 2 + 128));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----");
    for (at, letter) in encoded.chars().enumerate() {
        if at % COLUMNS == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
