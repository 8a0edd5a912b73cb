//! How an upstream is reached: over TLS, with who must be there, or as plain HTTP, with why.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::address::{Address, Scheme};
use crate::upstream::Tls;

/// A reason longer than this is none that somebody reads, in bytes.
const REASON_BYTES_MAX: usize = 500;

/// Who must be at an address. `ca` is the file of certificates that prove it, relative to `directory`.
pub(super) fn tls(address: &Address, ca: Option<PathBuf>, directory: &Path) -> Result<Option<Tls>, String> {
    match (address.scheme, ca) {
        (Scheme::Http, None) => Ok(None),
        (Scheme::Http, Some(_)) => {
            Err("\"ca\" proves who is behind `https://`, and this address is `http://`; leave it out".to_owned())
        }
        (Scheme::Https, None) => Err(format!(
            "nothing proves who is behind `{address}`; add \"ca\": {{\"file\": \"ca.pem\"}} beside the address, with the \
             certificates (PEM) of whoever issues those here: the roots of this system are not used"
        )),
        (Scheme::Https, Some(file)) => {
            let file = directory.join(file);
            let tls = Tls::new(address, &file).map_err(|fault| format!("\"ca\": `{}` {fault}", file.display()))?;
            Ok(Some(tls))
        }
    }
}

/// Why an upstream is reached as plain HTTP though its document says https: a line for whoever reads the site file.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct WrittenReason(String);

impl TryFrom<String> for WrittenReason {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
        if is_line && text.len() <= REASON_BYTES_MAX {
            return Ok(Self(text));
        }
        Err(format!("\"plain_http\" is a line of at most {REASON_BYTES_MAX} bytes that says why no TLS is needed here"))
    }
}

/// The reason, where one has a meaning.
pub(super) fn plain_http(address: &Address, reason: Option<WrittenReason>) -> Result<Option<String>, String> {
    match (address.scheme, reason) {
        (Scheme::Https, Some(_)) => {
            Err("\"plain_http\" says why there is no TLS, and this address is `https://`; leave it out".to_owned())
        }
        (_, reason) => Ok(reason.map(|WrittenReason(text)| text)),
    }
}
