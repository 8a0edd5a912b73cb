//! Bodies of `multipart/form-data` (RFC 7578): a part for each member, in the order in which they came.
//!
//! Nothing is encoded: names and file names stand in quotes as they are, and what would end them is refused. The boundary
//! is made of the parts' digest, so one body has one spelling, and none of the parts holds it.

use airlock_contract::request::{Part, PartContent};
use serde_json::Value;

use super::body::{Member, file_type, refused_file, text_type};
use crate::file;
use airlock_contract::request::BODY_BYTES_MAX;
use airlock_offer::sha256;

/// How often another boundary is tried. The first one stands in a part only if somebody can foresee SHA-256.
const BOUNDARIES_MAX: u32 = 8;

/// Of the digest, digits that stand in the boundary. It has at most 70 characters (RFC 2046, section 5.1.1).
const DIGITS: usize = 40;

/// Receivers take a part without a file name for a field of text.
const NO_FILENAME: &str = "file";

/// Headers and content of a part.
struct Written {
    head: String,
    content: Vec<u8>,
}

/// Media type and bytes.
pub(super) fn bytes(members: &[Member<'_>], parts: &[Part]) -> Result<(String, Vec<u8>), String> {
    let mut written = Vec::with_capacity(members.len());
    for member in members {
        let Some(part) = parts.iter().find(|part| part.name == member.name) else {
            return Err(member.subject(false).refused("is no part of this body", "leave it out"));
        };
        match (part.repeated, member.value) {
            (true, Value::Array(items)) if items.is_empty() => member.subject(false).left_out(())?,
            (true, Value::Array(items)) => {
                for item in items {
                    written.push(one(member, part, item)?);
                }
            }
            (true, _) => return Err(member.subject(false).refused("has a part for each item", "send an array")),
            (false, value) => written.push(one(member, part, value)?),
        }
    }
    if written.is_empty() {
        return Err("the body would have no part; send at least one".to_owned());
    }
    let length: usize = written.iter().map(|part| part.head.len() + part.content.len()).sum();
    if length > BODY_BYTES_MAX {
        return Err(format!("the parts are {length} bytes long, at most {BODY_BYTES_MAX} are sent; send less"));
    }
    let boundary = boundary(&written).ok_or("no boundary can be found for these parts; send other content")?;
    let mut body = Vec::with_capacity(length + (written.len() + 1) * (boundary.len() + 8));
    for part in &written {
        body.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.head).as_bytes());
        body.extend_from_slice(&part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}

fn one(member: &Member<'_>, part: &Part, value: &Value) -> Result<Written, String> {
    let subject = member.subject(false);
    let name = part.name;
    let (filename, media_type, content) = match part.content {
        PartContent::Text => {
            let text = subject.scalar(value)?;
            let media_type =
                if part.media_type.is_empty() { String::new() } else { text_type(subject, part.media_type, &text)? };
            (None, media_type, text.into_bytes())
        }
        PartContent::Json => (None, part.media_type.to_owned(), value.to_string().into_bytes()),
        PartContent::Bytes => {
            let file = file::read(value).map_err(|fault| refused_file(subject.name, &fault))?;
            let filename = file.filename.unwrap_or_else(|| NO_FILENAME.to_owned());
            (Some(filename), file_type(file.media_type, part.media_type), file.bytes)
        }
    };
    let mut head = format!("Content-Disposition: form-data; name=\"{name}\"");
    if let Some(filename) = filename {
        head.extend(["; filename=\"", &filename, "\""]);
    }
    head.push_str("\r\n");
    if !media_type.is_empty() {
        head.extend(["Content-Type: ", &media_type, "\r\n"]);
    }
    Ok(Written { head, content })
}

/// A text that stands in none of the parts.
fn boundary(parts: &[Written]) -> Option<String> {
    let digests: String =
        parts.iter().map(|part| sha256(part.head.as_bytes()) + &sha256(&part.content)).collect::<Vec<_>>().concat();
    (0..BOUNDARIES_MAX).find_map(|attempt| {
        let digest = sha256(format!("{attempt} {digests}").as_bytes());
        let boundary = format!("airlock-{}", digest.get(..DIGITS)?);
        let absent =
            parts.iter().all(|part| !holds(&part.content, boundary.as_bytes()) && !part.head.contains(&boundary));
        absent.then_some(boundary)
    })
}

fn holds(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}
