//! A file as an argument: `{"base64": string, "filename"?: string, "media_type"?: string}`.
//!
//! What comes in: that object. What goes out: its bytes, and a name and type that fit into a header, or what is wrong.
//! Nothing is guessed from the bytes.

use airlock_contract::request::is_media_type;
use base64::Engine as _;
use serde_json::Value;

use airlock_contract::request::BODY_BYTES_MAX;

/// What a file's object may hold.
pub(crate) const MEMBERS: [&str; 3] = ["base64", "filename", "media_type"];

/// Longest file name, in bytes: that of common file systems.
pub(crate) const FILENAME_BYTES_MAX: usize = 255;

/// Longest media type, in bytes.
const MEDIA_TYPE_BYTES_MAX: usize = 200;

/// A file, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) filename: Option<String>,
    pub(crate) media_type: Option<String>,
}

/// What is wrong with a file: the member, and what may stand there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileFault {
    /// `base64`, `filename`, `media_type`, or empty for the whole.
    pub(crate) member: &'static str,
    pub(crate) expected: String,
}

/// Reads a file. Keys that it does not have are the shape's business.
pub(crate) fn read(value: &Value) -> Result<File, FileFault> {
    let fault = |member, expected: &str| FileFault { member, expected: expected.to_owned() };
    let Value::Object(map) = value else {
        return Err(fault("", "an object with the file's bytes in `base64`"));
    };
    let text = |member: &'static str| match map.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(fault(member, "a string")),
    };
    let bytes = decoded(text("base64")?).map_err(|expected| FileFault { member: "base64", expected })?;
    let filename = text("filename")?;
    if filename.is_some_and(|name| !is_filename(name)) {
        return Err(fault(
            "filename",
            &format!("a name of 1 to {FILENAME_BYTES_MAX} bytes without path, quotes or control characters"),
        ));
    }
    let media_type = text("media_type")?;
    if media_type.is_some_and(|text| text.len() > MEDIA_TYPE_BYTES_MAX || !is_media_type(text)) {
        return Err(fault("media_type", "a media type such as image/png"));
    }
    Ok(File { bytes, filename: filename.map(str::to_owned), media_type: media_type.map(str::to_owned) })
}

/// Standard alphabet, padded, no blanks (RFC 4648, section 4). Judged by its length before anything is decoded.
fn decoded(base64: Option<&str>) -> Result<Vec<u8>, String> {
    let base64 = base64.ok_or("the file's bytes in base64")?;
    if base64.len().div_ceil(4).saturating_mul(3) > BODY_BYTES_MAX + 2 {
        return Err(format!("base64 of at most {BODY_BYTES_MAX} bytes"));
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(base64);
    let bytes = decoded.map_err(|_| "base64 in the standard alphabet, with padding and without blanks".to_owned())?;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(format!("base64 of at most {BODY_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

/// A name that stands in quotes in a header and is no path: receivers unescape `\` and `"` differently.
pub(crate) fn is_filename(name: &str) -> bool {
    (1..=FILENAME_BYTES_MAX).contains(&name.len())
        && !name.contains(['"', '\\', '/'])
        && !name.chars().any(char::is_control)
        && !matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{File, read};
    use airlock_contract::request::BODY_BYTES_MAX;

    #[test]
    fn a_file_is_read_whole() {
        let file = read(&json!({"base64": "/+8=", "filename": "scan ä.png", "media_type": "image/png"}));
        let expected = File {
            bytes: vec![0xff, 0xef],
            filename: Some("scan ä.png".to_owned()),
            media_type: Some("image/png".to_owned()),
        };
        assert_eq!(file, Ok(expected));
        assert_eq!(read(&json!({"base64": ""})), Ok(File { bytes: vec![], filename: None, media_type: None }));
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for bad in ["/+8", "/+8==", "_-8=", "/+8=\n", " /+8=", "/+9=", "====", "ä", "/+8=/+8="] {
            assert_eq!(read(&json!({"base64": bad})).expect_err(bad).member, "base64", "{bad}");
        }
        for bad in [json!({}), json!({"base64": 1}), json!({"base64": null})] {
            assert_eq!(read(&bad).expect_err("no text").member, "base64");
        }
        assert_eq!(read(&json!("/+8=")).expect_err("no object").member, "");
    }

    #[test]
    fn the_limit_counts_decoded_bytes() {
        let text = |length: usize| {
            let whole = "A".repeat(length / 3 * 4);
            match length % 3 {
                0 => whole,
                1 => whole + "AA==",
                _ => whole + "AAA=",
            }
        };
        for length in BODY_BYTES_MAX - 2..=BODY_BYTES_MAX {
            assert_eq!(read(&json!({"base64": text(length)})).expect("within").bytes.len(), length);
        }
        for length in BODY_BYTES_MAX + 1..=BODY_BYTES_MAX + 4 {
            assert!(read(&json!({"base64": text(length)})).is_err(), "{length}");
        }
    }

    #[test]
    fn names_and_types_fit_into_a_header() {
        for bad in ["", ".", "..", "a/b", "..\\b", "a\"b", "a\r\nX: y", "a\0", "a\u{85}b", &"x".repeat(256)] {
            assert_eq!(read(&json!({"base64": "", "filename": bad})).expect_err(bad).member, "filename");
        }
        for bad in ["", "png", "image/*", "image/png\r\nX: y", "image/png; a=\"b"] {
            assert_eq!(read(&json!({"base64": "", "media_type": bad})).expect_err(bad).member, "media_type");
        }
    }
}
