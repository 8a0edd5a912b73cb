//! Values of headers: style `simple`, and JSON text.
//!
//! Headers have no encoding (OpenAPI 3.0.4, appendix D, leaves values as they are), so a value is visible ASCII with
//! blanks inside (RFC 9110, section 5.5), or refused.

use std::fmt::Write as _;

use airlock_contract::Style;
use serde_json::Value;

use super::value::{Parts, Subject, flat};

pub(super) const fn has(style: Style) -> bool {
    matches!(style, Style::Simple | Style::SimpleExploded | Style::Json)
}

/// Writes one value; none for an array or object of nothing.
pub(super) fn text(subject: Subject<'_>, style: Style, value: &Value) -> Result<Option<String>, String> {
    if style == Style::Json {
        return Ok(Some(ascii_json(value)));
    }
    let text = match subject.parts(value)? {
        Parts::One(text) => text,
        Parts::Items(items) if items.is_empty() => return subject.left_out(None),
        Parts::Members(members) if members.is_empty() => return subject.left_out(None),
        Parts::Items(items) => checked(subject, items.iter().map(String::as_str))?.join(","),
        Parts::Members(members) => {
            let items = checked(subject, flat(&members))?;
            if style == Style::SimpleExploded {
                if members.iter().any(|(name, _)| name.contains('=')) {
                    return Err(subject.refused("has a member with `=` in its name", "rename it"));
                }
                items.chunks(2).map(|pair| pair.join("=")).collect::<Vec<_>>().join(",")
            } else {
                items.join(",")
            }
        }
    };
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if text.is_empty() || !visible || text.starts_with(' ') || text.ends_with(' ') {
        return Err(subject.refused(
            "is sent as a header, which takes visible ASCII characters and blanks between them",
            "send those",
        ));
    }
    Ok(Some(text))
}

/// Items that a comma joins. A reader of lists also knows quoted texts (RFC 9110, section 5.6.4), so a quote that is not
/// closed would take the comma behind it along.
fn checked<'a>(subject: Subject<'_>, items: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, String> {
    let items = subject.joinable(items)?;
    for item in &items {
        let quotes = item.matches('"').count();
        if item.contains(',') || *item != item.trim() || quotes % 2 == 1 || quotes > 0 && item.contains('\\') {
            let what = "is joined with commas, so nothing in it may hold one, end in a blank, or leave a quote open";
            return Err(subject.refused(what, "send other values"));
        }
    }
    Ok(items)
}

/// JSON text with everything outside visible ASCII as `\uXXXX` (RFC 8259, section 7), which means the same.
fn ascii_json(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if matches!(character, ' '..='~') {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}
