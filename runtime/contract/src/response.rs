//! What may come back: the answers that the document declares, and how many bytes are read at most.

use crate::pages::Pages;

/// The answers that are taken. Anything else is an error, also an undeclared status between 200 and 299.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response {
    /// An exact code goes before a range.
    pub answers: &'static [Answer],
    /// An answer with a longer body is refused while it is read. Counts what was decompressed, and all pages together.
    pub bytes_max: u64,
    /// Encodings that are offered. An answer in another one is refused.
    pub encodings: &'static [Encoding],
    /// Names of upstreams of the catalog that a redirect may lead to.
    pub redirects: &'static [&'static str],
    /// A file of at most so many bytes is handed on whole; 0 hands none on.
    pub file_bytes_max: u64,
    /// How one call gathers several pages.
    pub pages: Option<Pages>,
}

impl Response {
    /// No answer, and nothing that an answer may do besides: it is not decompressed, led elsewhere, handed on whole or
    /// gathered.
    pub const PLAIN: Self =
        Self { answers: &[], bytes_max: 0, encodings: &[], redirects: &[], file_bytes_max: 0, pages: None };
}

/// How an answer may be compressed (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip` (RFC 1952).
    Gzip,
    /// `deflate`, which is the zlib format (RFC 1950).
    Deflate,
}

impl Encoding {
    /// The word of `Accept-Encoding` and `Content-Encoding`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// One declared answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which statuses it stands for.
    pub status: Status,
    /// How the body is read.
    pub content: Content,
    /// The media type that the document declares; empty for [`Content::Empty`] and
    /// [`Content::Location`].
    pub media_type: &'static str,
}

/// A status code (RFC 9110, section 15), or a hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// This code alone.
    Code(u16),
    /// All codes with this first digit.
    Range(u8),
    /// Every status from 200 to 299 that no other answer names.
    AnySuccess,
}

/// How a body is read. The prune rule sees the value that is named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// No body is read; the value is null.
    Empty,
    /// The value is the JSON text's (RFC 8259).
    Json,
    /// The value is the text, as a string.
    Text,
    /// Many JSON texts, one a line; the value is the array of theirs.
    Lines,
    /// A redirect, which is told and not followed; the value is `{"location": string}`.
    Location,
    /// The value is `{"media_type": string, "bytes": integer, "sha256": string}`; the bytes stay here, unless
    /// [`Response::file_bytes_max`] lets them go along.
    Binary,
}

/// An answer without a body.
pub const fn empty(status: Status) -> Answer {
    Answer { status, content: Content::Empty, media_type: "" }
}

/// A JSON answer.
pub const fn json(status: Status, media_type: &'static str) -> Answer {
    Answer { status, content: Content::Json, media_type }
}

/// An answer of JSON texts, one a line.
pub const fn lines(status: Status, media_type: &'static str) -> Answer {
    Answer { status, content: Content::Lines, media_type }
}

/// An answer that says where something else is.
pub const fn location(status: Status) -> Answer {
    Answer { status, content: Content::Location, media_type: "" }
}

/// An answer in plain text.
pub const fn text(status: Status, media_type: &'static str) -> Answer {
    Answer { status, content: Content::Text, media_type }
}

/// An answer of which only type, size and digest are passed on.
pub const fn binary(status: Status, media_type: &'static str) -> Answer {
    Answer { status, content: Content::Binary, media_type }
}
