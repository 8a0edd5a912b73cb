//! The body: one argument, or an object of several, written as the document says.
//!
//! JSON goes out as it came, explicit nulls and order of keys included. Forms and parts have their own files.

use std::borrow::Cow;

use airlock_contract::request::{Argument, BODY_BYTES_MAX, Source, is_media_type};
use airlock_contract::shape::Shape;
use airlock_contract::{Body, Place};
use serde_json::{Map, Value};

use super::value::Subject;
use super::{form, multipart, row_value};
use crate::arguments::{Checked, object_of};
use crate::file::{self, FileFault};

/// A type that says nothing (RFC 2046, section 4.5.1): for files of which neither caller nor document tells more.
const OCTETS: &str = "application/octet-stream";

/// The body that arguments make.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// One argument is the body.
    Whole(&'static Argument, &'a Value),
    /// Each argument is a property, in the order of the table.
    Properties(Vec<(&'static Argument, &'a Value)>),
}

/// A member of a form, or of a body in parts.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// What the caller calls it, for messages.
    pub(super) shown: Cow<'a, str>,
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    pub(super) required: bool,
}

impl Member<'_> {
    pub(super) fn subject(&self, reserved: bool) -> Subject<'_> {
        Subject { name: &self.shown, wire: self.name, required: self.required, reserved }
    }
}

impl<'a> Content<'a> {
    /// What of the arguments belongs into the body; none if there is nothing.
    pub(super) fn collect(rows: &'static [Argument], values: &'a Checked) -> Option<Self> {
        let mut properties = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            let Some(value) = row_value(values, position) else { continue };
            match row.place {
                Place::Body => return Some(Self::Whole(row, value)),
                Place::BodyProperty => properties.push((row, value)),
                _ => {}
            }
        }
        (!properties.is_empty()).then_some(Self::Properties(properties))
    }

    fn value(&self) -> Cow<'a, Value> {
        match self {
            Self::Whole(_, value) => Cow::Borrowed(value),
            Self::Properties(properties) => {
                let member = |(row, value): &(&'static Argument, &'a Value)| (row.wire.to_owned(), (*value).clone());
                Cow::Owned(properties.iter().map(member).collect::<Map<_, _>>().into())
            }
        }
    }

    /// The members of an object, in the order in which they came.
    fn members(&self) -> Result<Vec<Member<'a>>, String> {
        match self {
            Self::Properties(properties) => Ok(properties
                .iter()
                .map(|(row, value)| Member {
                    shown: Cow::Borrowed(row.name),
                    name: row.wire,
                    value,
                    required: row.source == Source::Required,
                })
                .collect()),
            Self::Whole(row, Value::Object(map)) => Ok(map
                .iter()
                .map(|(name, value)| Member {
                    shown: Cow::Owned(format!(
                        "{}.{}",
                        row.name,
                        crate::untrusted::one_line(name, 64).replace('`', "'")
                    )),
                    name,
                    value,
                    required: is_required(&row.shape, name),
                })
                .collect()),
            Self::Whole(row, _) => Err(format!("`{}` is sent member by member; send an object", row.name)),
        }
    }

    /// The argument and value of a body that is a single value.
    fn single(&self) -> Result<(&'static Argument, &'a Value), String> {
        match self {
            Self::Whole(row, value) => Ok((row, value)),
            Self::Properties(_) => Err("the body is a single value and has no properties".to_owned()),
        }
    }

    /// Media type and bytes.
    pub(super) fn write(&self, body: Body) -> Result<(String, Vec<u8>), String> {
        let (media_type, bytes) = match body {
            Body::None => return Err("this request has no body".to_owned()),
            Body::Json(media_type) => (media_type.to_owned(), self.value().to_string().into_bytes()),
            Body::Form(fields) => (form::MEDIA_TYPE.to_owned(), form::text(&self.members()?, fields)?.into_bytes()),
            Body::Multipart(parts) => multipart::bytes(&self.members()?, parts)?,
            Body::Bytes(declared) => {
                let (row, value) = self.single()?;
                let file = file::read(value).map_err(|fault| refused_file(row.name, &fault))?;
                if file.filename.is_some() {
                    // It would be lost: there is no place for it beside the bytes.
                    return Err(format!("`{}.filename` cannot be sent with these bytes; leave it out", row.name));
                }
                (file_type(file.media_type, declared), file.bytes)
            }
            Body::Text(media_type) => {
                let (row, value) = self.single()?;
                let subject = Subject { name: row.name, wire: row.wire, required: true, reserved: false };
                let text = subject.scalar(value)?;
                (text_type(subject, media_type, &text)?, text.into_bytes())
            }
        };
        if bytes.len() > BODY_BYTES_MAX {
            return Err(format!(
                "the body would be {} bytes long, at most {BODY_BYTES_MAX} are sent; send less",
                bytes.len()
            ));
        }
        Ok((media_type, bytes))
    }
}

fn is_required(shape: &Shape, name: &str) -> bool {
    object_of(shape).is_some_and(|object| object.properties.iter().any(|one| one.name == name && one.required))
}

/// A file's own type, else the declared one. A range such as `image/*` declares none.
pub(super) fn file_type(own: Option<String>, declared: &str) -> String {
    own.unwrap_or_else(|| if is_media_type(declared) { declared } else { OCTETS }.to_owned())
}

pub(super) fn refused_file(name: &str, fault: &FileFault) -> String {
    let dot = if fault.member.is_empty() { "" } else { "." };
    format!("`{name}{dot}{}` is not what a file has there; send {}", fault.member, fault.expected)
}

/// The type of a text, with the charset wherever a reader could take another (RFC 2046, section 4.1.2).
pub(super) fn text_type(subject: Subject<'_>, declared: &str, text: &str) -> Result<String, String> {
    let charset = declared.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("charset").then_some(value)
    });
    match charset {
        _ if text.is_ascii() => Ok(declared.to_owned()),
        Some(charset) if charset.eq_ignore_ascii_case("utf-8") => Ok(declared.to_owned()),
        Some(charset) => Err(subject.refused(&format!("is sent as {charset} text"), "send ASCII characters alone")),
        None if declared.starts_with("text/") => Ok(format!("{declared}; charset=utf-8")),
        None => Ok(declared.to_owned()),
    }
}
