//! The value of a credential: where it comes from, and how it is kept.
//!
//! What comes in: a file, or a credential of systemd. What goes out: [`Secret`], whose bytes stand in pages of their own,
//! which are not swapped, not dumped, and overwritten when the last one lets go. `Debug` does not show them.

mod locked;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::HeaderValue;
use zeroize::{Zeroize as _, Zeroizing};

use crate::private::{self, Access};
use locked::Locked;

/// A credential longer than this is refused, in bytes: it has to fit into one header.
const CREDENTIAL_BYTES_MAX: usize = 4096;

/// A credential's value. `Debug` and `Display` do not show it, and copies share its bytes.
#[derive(Clone)]
pub struct Secret(Arc<Locked>);

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes() == other.0.bytes()
    }
}

impl Eq for Secret {}

impl Secret {
    /// Takes visible ASCII with blanks inside (RFC 9110, section 5.5): some systems want `token KEY` as a header's whole
    /// value. Says what is wrong without showing the value. The text that was handed in is overwritten.
    pub fn new(mut value: String) -> Result<Self, String> {
        let secret = Self::checked(&value);
        value.zeroize();
        secret
    }

    fn checked(value: &str) -> Result<Self, String> {
        if value.is_empty() {
            return Err("is empty".to_owned());
        }
        let visible = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !visible || value.starts_with(' ') || value.ends_with(' ') {
            return Err("holds a control character, a character outside ASCII, or a blank at an end, which no header \
                        takes; it must be one line of visible ASCII"
                .to_owned());
        }
        Self::of(&[value])
    }

    /// The parts of a value, one behind the other.
    ///
    /// # Errors
    /// Together they are longer than a secret can be.
    pub(crate) fn of(parts: &[&str]) -> Result<Self, String> {
        let locked = Locked::new(parts).ok_or_else(|| "is too long".to_owned())?;
        Ok(Self(Arc::new(locked)))
    }

    /// Reads a credential, or says what is wrong with its file.
    pub(crate) fn read(path: &Path, access: Access) -> Result<Self, String> {
        let bytes = private::read(path, access, CREDENTIAL_BYTES_MAX)?;
        let line = bytes.strip_suffix(b"\n").map_or(&bytes[..], |line| line.strip_suffix(b"\r").unwrap_or(line));
        // What is no UTF-8 is no ASCII either; it is told in the same words.
        Self::checked(std::str::from_utf8(line).unwrap_or("\u{fffd}"))
    }

    /// The value, for the one place that it belongs in.
    pub(crate) fn expose(&self) -> &str {
        // Made of texts alone.
        std::str::from_utf8(self.0.bytes()).unwrap_or_default()
    }

    /// A header's value that shares these bytes, and that `Debug` of a request does not show.
    pub(crate) fn header_value(&self) -> Result<HeaderValue, String> {
        let shared = Bytes::from_owner(Shared(Arc::clone(&self.0)));
        let value = HeaderValue::from_maybe_shared(shared);
        let mut value = value.map_err(|_| "its value fits into no header".to_owned())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Whether a text holds the value. Values shorter than 8 bytes are not looked for: they occur by chance.
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.0.bytes().len() >= 8 && text.contains(self.expose())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The bytes, for whoever shares them.
struct Shared(Arc<Locked>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// Text that holds a secret for one request, as bytes that are overwritten when the request lets go.
pub(crate) fn fleeting(text: String) -> Bytes {
    Bytes::from_owner(Zeroizing::new(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_found_where_it_leaks() {
        let secret = Secret::new("canary-771177".to_owned()).expect("visible");
        assert!(secret.occurs_in("key canary-771177!"));
        assert!(!secret.occurs_in("canary"));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn a_header_shares_the_bytes() {
        let secret = Secret::of(&["Bearer ", "canary-771177"]).expect("it fits");
        let value = secret.header_value().expect("visible");
        assert_eq!(value.as_bytes().as_ptr(), secret.expose().as_ptr());
        assert_eq!((value.to_str().ok(), value.is_sensitive()), (Some("Bearer canary-771177"), true));
        drop(secret);
        assert_eq!(value.to_str().ok(), Some("Bearer canary-771177"));
    }

    #[test]
    fn what_is_too_long_for_its_pages_is_refused() {
        assert!(Secret::of(&["Bearer ", &"x".repeat(3 * 4096)]).is_ok());
        assert!(Secret::of(&[&"x".repeat(1 << 20)]).is_err());
    }
}
