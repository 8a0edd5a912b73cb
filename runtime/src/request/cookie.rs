//! Values of cookies: style `form` without explode, and JSON text.
//!
//! Readers do not agree on an encoding of cookies: RFC 6265, section 4.1.1, has none, `form` by RFC 6570 is
//! percent-encoded. So a value is made of characters that both read alike: cookie octets but `%`. Anything else is
//! refused. Between items stand commas, as the style says; they are no cookie octets by that grammar, but every reader of
//! an array takes them, and no item holds one. JSON text would never pass, so it is percent-encoded.

use airlock_contract::Style;
use serde_json::Value;

use super::escape::{encoded, is_cookie_octet};
use super::value::{Parts, Subject, flat};

pub(super) const fn has(style: Style) -> bool {
    matches!(style, Style::Form | Style::FormExploded | Style::Json)
}

/// Writes `name=value`; none for an array or object of nothing.
pub(super) fn text(subject: Subject<'_>, style: Style, value: &Value) -> Result<Option<String>, String> {
    if style == Style::Json {
        return Ok(Some(format!("{}={}", subject.wire, encoded(&value.to_string()))));
    }
    let parts = subject.parts(value)?;
    if style == Style::FormExploded && !matches!(parts, Parts::One(_)) {
        // `&` between pairs is no separator of cookies.
        return Err(subject.refused("is a cookie that holds a single value", "send one"));
    }
    let items: Vec<&str> = match &parts {
        Parts::One(text) => vec![text],
        Parts::Items(items) => subject.joinable(items.iter().map(String::as_str))?,
        Parts::Members(members) => subject.joinable(flat(members))?,
    };
    if items.is_empty() {
        return subject.left_out(None);
    }
    if !items.iter().all(|item| item.bytes().all(|byte| is_cookie_octet(byte) && byte != b'%')) {
        return Err(subject.refused(
            "is sent as a cookie, which takes visible ASCII characters but `\"`, `,`, `;`, `\\` and `%`",
            "send those",
        ));
    }
    Ok(Some(format!("{}={}", subject.wire, items.join(","))))
}
