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
pub(crate) fn read(text: &str, label: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(
            "is encrypted; `openssl pkey -in FILE -out PLAIN` takes that off, where the file is safe without it"
                .to_owned(),
        );
    }
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some((_, rest)) = text.split_once(&begin) else { return Ok(None) };
    let (inner, _) = rest.split_once(&end).ok_or_else(|| format!("is broken: `{end}` is missing"))?;
    decode(inner).map(Some).ok_or_else(|| "holds no base64 where the key should be".to_owned())
}

/// The bytes of a block with this label that is all there is.
pub(crate) fn read_alone(text: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let after = text.trim().strip_prefix("-----BEGIN ")?.strip_prefix(label)?.strip_prefix("-----")?;
    decode(after.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?)
}

fn decode(inner: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut encoded = Zeroizing::new(String::with_capacity(inner.len()));
    encoded.extend(inner.split_ascii_whitespace());
    STANDARD.decode(encoded.as_bytes()).ok().map(Zeroizing::new)
}

/// A block.
pub(crate) fn text(label: &str, bytes: &[u8]) -> Zeroizing<String> {
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
