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
    /// How the body is written.
    pub body: Body,
    /// Arguments in the order in which they are sent. What is not in this table is never sent.
    pub arguments: &'static [Argument],
}

/// Longest body, in bytes, and so the longest file: in base64 it fits into a line of the protocol.
pub const BODY_BYTES_MAX: usize = 8 << 20;

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
    /// What the embedded model may write into it.
    pub grounding: Grounding,
    /// Whether reserved characters that mean nothing in a query stay as they are (`allowReserved`).
    pub reserved: bool,
    /// What the model is told; may be empty.
    pub description: &'static str,
}

/// Where a value goes, and how it is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A variable of the path template. Never empty, never a dot segment.
    Path(Style),
    /// The query.
    Query(Style),
    /// A header.
    Header(Style),
    /// The `Cookie` header.
    Cookie(Style),
    /// The whole body.
    Body,
    /// One property of the body, which is an object.
    BodyProperty,
}

/// How a value is written (OpenAPI 3.0.4, section 4.7.12.3, "Style Values"; the examples are its own: an array of
/// `blue`, `black`, `brown`; an object of `R`, `G`, `B`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Path and header: `blue,black,brown`; `R,100,G,200,B,150`.
    Simple,
    /// Path and header: `blue,black,brown`; `R=100,G=200,B=150`.
    SimpleExploded,
    /// Path: `.blue,black,brown`; `.R,100,G,200,B,150`.
    Label,
    /// Path: `.blue.black.brown`; `.R=100.G=200.B=150`.
    LabelExploded,
    /// Path: `;color=blue,black,brown`; `;color=R,100,G,200,B,150`.
    Matrix,
    /// Path: `;color=blue;color=black;color=brown`; `;R=100;G=200;B=150`.
    MatrixExploded,
    /// Query and cookie: `color=blue,black,brown`; `color=R,100,G,200,B,150`.
    Form,
    /// Query: `color=blue&color=black&color=brown`; `R=100&G=200&B=150`.
    FormExploded,
    /// Query: `color=blue%20black%20brown`; `color=R%20100%20G%20200%20B%20150`.
    SpaceDelimited,
    /// Query: `color=blue%7Cblack%7Cbrown`; `color=R%7C100%7CG%7C200%7CB%7C150`.
    PipeDelimited,
    /// Query: no arrays; `color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150`.
    DeepObject,
    /// Everywhere: the value as JSON text (`content` in place of `schema`; OpenAPI 3.0.4, section 4.7.12.2.2).
    Json,
    /// Path: a text with `/` between segments, each of which is encoded. No segment is empty or a dot segment.
    Segments,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// The value as JSON, under this media type.
    Json(&'static str),
    /// The object's members as `application/x-www-form-urlencoded` (WHATWG URL, section 5).
    Form(&'static [Field]),
    /// The object's members as `multipart/form-data` (RFC 7578).
    Multipart(&'static [Part]),
    /// A file's bytes, under its own media type or else this one. Its name has no place there and is refused.
    Bytes(&'static str),
    /// A string's UTF-8 bytes, under this media type.
    Text(&'static str),
}

/// How one member of a form is written. A member without a row is written [`Style::FormExploded`], unless it is an object:
/// then it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// How its value is written.
    pub style: Style,
    /// Whether reserved characters that mean nothing to a form stay as they are.
    pub reserved: bool,
}

/// How one member of a multipart body is written. A member without a row is refused. A file without a name is sent as
/// `file`, since receivers take a part without a file name for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The member's name.
    pub name: &'static str,
    /// How its value is written.
    pub content: PartContent,
    /// The part's `Content-Type`; of a file, where it has none of its own. Empty for a text part without one.
    pub media_type: &'static str,
    /// Whether the value is an array, each item of which is a part of this name.
    pub repeated: bool,
}

/// How the value of a part is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartContent {
    /// A scalar as text.
    Text,
    /// The value as JSON.
    Json,
    /// A file's bytes.
    Bytes,
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
    /// The model neither sees nor sends it; it asks for a page, for the first one with this JSON text, or not at all if it
    /// is empty.
    Page(&'static str),
}

impl Source {
    /// Whether the model may choose the value.
    pub const fn is_offered(self) -> bool {
        !matches!(self, Self::Fixed(_) | Self::Page(_))
    }
}

/// What the embedded model may write into an argument, all that is inside of it included. The field calls it grounding:
/// whether a value can be traced to something that was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grounding {
    /// What a person or a result has said.
    #[default]
    Conversation,
    /// Whatever the shape admits.
    Any,
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

/// Whether a text is a token: a header's name, a cookie's, a half of a media type (RFC 9110, section 5.6.2).
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text is a media type with parameters, fit for a header (RFC 9110, section 8.3.1). A range such as `image/*` is
/// none.
pub fn is_media_type(text: &str) -> bool {
    let mut pieces = text.split(';');
    let essence = pieces.next().and_then(|essence| essence.trim_end_matches(' ').split_once('/'));
    essence.is_some_and(|(kind, subkind)| [kind, subkind].iter().all(|word| is_token(word) && !word.contains('*')))
        && pieces.all(|parameter| {
            parameter
                .trim_matches(' ')
                .split_once('=')
                .is_some_and(|(name, value)| is_token(name) && (is_token(value) || is_quoted(value)))
        })
}

/// A text in quotes that has nothing to escape (RFC 9110, section 5.6.4).
fn is_quoted(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| {
        inner.bytes().all(|byte| (byte.is_ascii_graphic() || byte == b' ') && !matches!(byte, b'"' | b'\\'))
    })
}

/// A variable of the path template, style `simple`.
pub const fn path(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Path(Style::Simple), shape)
}

/// A query parameter, style `form`, exploded: a list repeats the name.
pub const fn query(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Query(Style::FormExploded), shape)
}

/// A header, style `simple`: a list is joined with commas.
pub const fn header(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Header(Style::Simple), shape)
}

/// A cookie, style `form`.
pub const fn cookie(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::Cookie(Style::Form), shape)
}

/// The whole body, as one argument named `body`.
pub const fn body(shape: Shape) -> Argument {
    Argument::new("body", Place::Body, shape)
}

/// One property of the body.
pub const fn body_property(name: &'static str, shape: Shape) -> Argument {
    Argument::new(name, Place::BodyProperty, shape)
}

/// A member of a form.
pub const fn field(name: &'static str, style: Style) -> Field {
    Field { name, style, reserved: false }
}

impl Field {
    /// Reserved characters that mean nothing to a form stay as they are.
    pub const fn reserved(mut self) -> Self {
        self.reserved = true;
        self
    }
}

/// A part that holds a scalar as text; without a media type it has no `Content-Type`.
pub const fn text_part(name: &'static str, media_type: &'static str) -> Part {
    Part { name, content: PartContent::Text, media_type, repeated: false }
}

/// A part that holds JSON.
pub const fn json_part(name: &'static str, media_type: &'static str) -> Part {
    Part { name, content: PartContent::Json, media_type, repeated: false }
}

/// A part that holds a file.
pub const fn file_part(name: &'static str, media_type: &'static str) -> Part {
    Part { name, content: PartContent::Bytes, media_type, repeated: false }
}

impl Part {
    /// The value is an array: each item is a part.
    pub const fn repeated(mut self) -> Self {
        self.repeated = true;
        self
    }
}

impl Argument {
    const fn new(name: &'static str, place: Place, shape: Shape) -> Self {
        Self {
            name,
            wire: name,
            place,
            shape,
            source: Source::Required,
            grounding: Grounding::Conversation,
            reserved: false,
            description: "",
        }
    }

    /// How the value is written, where that is not the place's default.
    pub const fn style(mut self, style: Style) -> Self {
        self.place = match self.place {
            Place::Path(_) => Place::Path(style),
            Place::Query(_) => Place::Query(style),
            Place::Header(_) => Place::Header(style),
            Place::Cookie(_) => Place::Cookie(style),
            Place::Body | Place::BodyProperty => panic!("a body has no style"),
        };
        self
    }

    /// Reserved characters that mean nothing in a query stay as they are.
    pub const fn reserved(mut self) -> Self {
        self.reserved = true;
        self
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

    /// It asks for a page: the first one with this JSON text, or by its absence.
    pub const fn page(mut self, json: &'static str) -> Self {
        self.source = Source::Page(json);
        self
    }

    /// What the embedded model may write into it, where that is more than what was said.
    pub const fn grounding(mut self, grounding: Grounding) -> Self {
        self.grounding = grounding;
        self
    }

    /// What the model is told about it.
    pub const fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }
}
