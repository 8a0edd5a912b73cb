//! Which bytes stand for themselves, by place.
//!
//! What is outside is percent-encoded where the place has an encoding (path, query, form), and refused where it has none
//! (headers, cookies).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters (RFC 3986, section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `allowReserved`: of the reserved characters (RFC 3986, section 2.2), those that mean nothing in a query. `#` would end
/// it, `&`, `=` and `+` mean something to its reader, `%` begins an encoding, brackets are no query characters.
const RESERVED: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';');

/// The same where commas stand between items.
const RESERVED_JOINED: &AsciiSet = &RESERVED.add(b',');

/// Percent-encoded, but for unreserved characters.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// Percent-encoded for a query. `joined`: commas stand between items here.
pub(super) fn encoded_in_query(text: &str, reserved: bool, joined: bool) -> String {
    let set = match (reserved, joined) {
        (false, _) => UNRESERVED,
        (true, false) => RESERVED,
        (true, true) => RESERVED_JOINED,
    };
    utf8_percent_encode(text, set).to_string()
}

/// A byte of a cookie's value (RFC 6265, section 4.1.1).
pub(crate) fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

#[cfg(test)]
mod tests {
    use airlock_contract::request::is_media_type;

    use super::{encoded, encoded_in_query};

    #[test]
    fn every_byte_of_ascii_is_in_its_set() {
        let ascii: String = (0..128_u8).map(char::from).collect();
        let plain = |text: String| -> String {
            let mut rest = text.as_str();
            let mut plain = String::new();
            while let Some(character) = rest.chars().next() {
                let encoded = character == '%';
                if !encoded {
                    plain.push(character);
                }
                rest = &rest[if encoded { 3 } else { 1 }..];
            }
            plain
        };
        let unreserved = "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
        assert_eq!(plain(encoded(&ascii)), unreserved);
        assert_eq!(plain(encoded_in_query(&ascii, false, false)), unreserved);
        let reserved = "!$'()*,-./0123456789:;?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
        assert_eq!(plain(encoded_in_query(&ascii, true, false)), reserved);
        assert_eq!(plain(encoded_in_query(&ascii, true, true)), reserved.replace(',', ""));
    }

    #[test]
    fn a_media_type_is_two_tokens_and_parameters() {
        for good in ["application/json", "text/plain; charset=utf-8", "application/vnd.a+b;v=1 ; q=2", "a/b; c=\"d e\""]
        {
            assert!(is_media_type(good), "{good}");
        }
        for bad in [
            "",
            "text",
            "text/",
            "/plain",
            "image/*",
            "*/*",
            "a/b;",
            "a/b; c",
            "a/b\r\nX: y",
            "a/b; c=\"d",
            "a/b; c=\"\"\"",
            "a/b; c=\"\\\"\"",
            "a /b",
            " a/b",
        ] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
