//! Values in the path: the styles `simple`, `label` and `matrix`, JSON text, and texts of several segments.
//!
//! Every byte of a value outside the unreserved ones is encoded, so a value adds no segment, no query and no fragment. An
//! empty value, and a value that makes a whole segment `.` or `..`, is refused.

use airlock_contract::Style;
use serde_json::Value;

use super::escape::encoded;
use super::value::{Parts, Subject, flat};

/// A value as it stands in the path.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Names of members that stand as parameters of their own (`matrix`, exploded).
    pub(super) spread: Vec<String>,
}

pub(super) const fn has(style: Style) -> bool {
    matches!(
        style,
        Style::Simple
            | Style::SimpleExploded
            | Style::Label
            | Style::LabelExploded
            | Style::Matrix
            | Style::MatrixExploded
            | Style::Json
            | Style::Segments
    )
}

/// Writes one value.
pub(super) fn piece(subject: Subject<'_>, style: Style, value: &Value) -> Result<Piece, String> {
    let alone = |text| Ok(Piece { text, spread: Vec::new() });
    match style {
        Style::Json => return alone(encoded(&value.to_string())),
        Style::Segments => return alone(segments(subject, value)?),
        _ => {}
    }
    match subject.parts(value)? {
        Parts::One(text) => {
            let text = encoded(filled(subject, &text)?);
            alone(match style {
                Style::Label | Style::LabelExploded => format!(".{text}"),
                Style::Matrix | Style::MatrixExploded => format!(";{}={text}", encoded(subject.wire)),
                _ => text,
            })
        }
        Parts::Items(items) => {
            let items = checked(subject, style, items.iter().map(String::as_str))?;
            alone(list(subject, style, &items))
        }
        Parts::Members(members) => {
            let flat = checked(subject, style, flat(&members))?;
            let exploded = |before: &str, between: &str| -> String {
                let texts: Vec<String> = flat.chunks(2).map(|pair| pair.join("=")).collect();
                format!("{before}{}", texts.join(between))
            };
            let text = match style {
                Style::SimpleExploded => exploded("", ","),
                Style::LabelExploded => exploded(".", "."),
                Style::MatrixExploded => exploded(";", ";"),
                _ => list(subject, style, &flat),
            };
            let spread = if style == Style::MatrixExploded {
                members.into_iter().map(|(name, _)| name).collect()
            } else {
                Vec::new()
            };
            Ok(Piece { text, spread })
        }
    }
}

/// Encoded items with what stands before and between them. Of an object, names and values are the items.
fn list(subject: Subject<'_>, style: Style, items: &[String]) -> String {
    let name = encoded(subject.wire);
    match style {
        Style::Label => format!(".{}", items.join(",")),
        Style::LabelExploded => format!(".{}", items.join(".")),
        Style::Matrix => format!(";{name}={}", items.join(",")),
        Style::MatrixExploded => items.iter().flat_map(|item| [";", &name, "=", item]).collect(),
        _ => items.join(","),
    }
}

/// Items, encoded. Refused: none, an empty one, and one that holds a delimiter that no encoding takes away.
fn checked<'a>(
    subject: Subject<'_>,
    style: Style,
    items: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, String> {
    let items = subject.joinable(items)?;
    if items.is_empty() {
        return Err(subject.refused("is part of the path and cannot be empty", "send at least one"));
    }
    // A dot is unreserved: `%2E` means the same as the dot itself, to any reader (RFC 3986, section 6.2.2.2).
    if style == Style::LabelExploded && items.iter().any(|item| item.contains('.')) {
        return Err(subject.refused("is joined with dots, so nothing in it may hold one", "send it without dots"));
    }
    Ok(items.into_iter().map(encoded).collect())
}

fn filled<'a>(subject: Subject<'_>, text: &'a str) -> Result<&'a str, String> {
    if text.is_empty() {
        return Err(subject.refused("is part of the path and cannot be empty", "send a value"));
    }
    Ok(text)
}

/// A text with `/` between segments, each encoded on its own.
fn segments(subject: Subject<'_>, value: &Value) -> Result<String, String> {
    let text = subject.scalar(value)?;
    let mut encoded_segments = Vec::new();
    for segment in filled(subject, &text)?.split('/') {
        if matches!(segment, "" | "." | "..") {
            return Err(subject.refused(
                "holds an empty, `.` or `..` segment, which servers take as a step",
                "send names with single `/` between them, and none in front or behind",
            ));
        }
        encoded_segments.push(encoded(segment));
    }
    Ok(encoded_segments.join("/"))
}

/// Whether some reader takes a segment for a step: dots alone, also encoded (WHATWG URL, section 4.1), and also before a
/// `;` with parameters, which Java servers cut off first.
pub(crate) fn is_step(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or_default();
    let name = name.to_ascii_lowercase().replace("%2e", ".");
    matches!(name.as_str(), "." | "..")
}
