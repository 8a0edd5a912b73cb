//! What leaves the machine: a method, a path, and a table of arguments that says where each one goes.

use crate::shape::Shape;

/// A request, but for the upstream's address and credentials, which the host adds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// The method (RFC 9110, section 9).
    pub method: Method,
    /// The path template below the upstream's base path. Each `{name}` is the argument of that wire name.
    pub path: &'static str,
    /// The value of the `Accept` header; empty where no answer has a body.
    pub accept: &'static str,
    /// Arguments in the order in which they are sent. What is not in this table is never sent.
    pub arguments: &'static [Argument],
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the method that it is named after")]
pub enum Method {
    Get,
    Head,
    Options,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The method as it stands on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One row of the table: what it is called, what it may be, where it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Argument {
    /// The name that the model uses. Matches `^[A-Za-z_][A-Za-z0-9_]{0,63}$`.
    pub name: &'static str,
    /// The name on the wire.
    pub wire: &'static str,
    /// Where the value goes.
    pub place: Place,
    /// What the value may be. Checked before anything is sent.
    pub shape: Shape,
    /// Who chooses the value.
    pub source: Source,
    /// What the model is told; may be empty.
    pub description: &'static str,
}

/// Where a value goes, and how it is written there (OpenAPI 3.0, section 4.7.12, "Style Values").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A variable of the path template, style `simple`. Never empty, never a dot segment.
    Path,
    /// The query, style `form` exploded: a list repeats the name.
    Query,
    /// The query, style `form` not exploded: a list is joined with commas.
    QueryJoined,
    /// A header, style `simple`: a list is joined with commas.
    Header,
    /// The body, as JSON of this media type.
    JsonBody(&'static str),
}

/// Who chooses an argument's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The model must send it.
    Required,
    /// The model may send it; left out, nothing is sent.
    Optional,
    /// The model may send it; left out, this JSON text is sent.
    Default(&'static str),
    /// The model neither sees nor sends it; always this JSON text.
    Fixed(&'static str),
}

/// Headers that no argument may set, in small letters: they frame the message, carry credentials, or are the host's own.
pub const HOST_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "max-forwards",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// Beginnings of further names of headers that no argument may set, in small letters.
pub const HOST_HEADER_PREFIXES: &[&str] = &["content-", "proxy-", "x-forwarded-"];

/// Whether a byte may stand in a path as it is, `/` and `%` included (RFC 3986, section 3.3).
pub const fn is_path_byte(byte: u8) -> bool {
    matches!(byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')'
        | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'%' | b'/')
}

/// A variable of the path template.
pub const fn path(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Path, shape)
}

/// A query parameter; a list repeats the name.
pub const fn query(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Query, shape)
}

/// A query parameter; a list is joined with commas.
pub const fn query_joined(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::QueryJoined, shape)
}

/// A header.
pub const fn header(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Header, shape)
}

/// The JSON body, as one argument named `body`.
pub const fn json_body(media_type: &'static str, shape: Shape) -> Argument {
    Argument::new("body", Place::JsonBody(media_type), shape)
}

impl Argument {
    const fn new(name: &'static str, place: Place, shape: Shape) -> Self {
        Self { name, wire: name, place, shape, source: Source::Required, description: "" }
    }

    /// The name on the wire, where it differs from the model's.
    pub const fn sent_as(mut self, wire: &'static str) -> Self {
        self.wire = wire;
        self
    }

    /// The model may leave it out.
    pub const fn optional(mut self) -> Self {
        self.source = Source::Optional;
        self
    }

    /// The JSON text that is sent when the model leaves it out.
    pub const fn default(mut self, json: &'static str) -> Self {
        self.source = Source::Default(json);
        self
    }

    /// The JSON text that is always sent; the model does not see the argument.
    pub const fn fixed(mut self, json: &'static str) -> Self {
        self.source = Source::Fixed(json);
        self
    }

    /// What the model is told about it.
    pub const fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }
}
