//! How a receiver reads a request back, written from the specification (OpenAPI 3.0.4, section 4.7.12.3; RFC 2046; RFC
//! 6265; WHATWG URL) and from nothing of the encoder.

use airlock_contract::request::Style;
use serde_json::Value;

/// What a receiver has read where a value was sent.
#[derive(Debug)]
pub(crate) enum Read {
    /// A single text.
    One(String),
    /// The items of an array.
    Items(Vec<String>),
    /// The members of an object.
    Members(Vec<(String, String)>),
    /// A JSON value.
    Json(Value),
}

impl Read {
    /// Whether it is the value that was sent.
    pub(crate) fn is(&self, sent: &Value) -> bool {
        match (self, sent) {
            (Self::Json(read), sent) => same(read, sent),
            (Self::Items(read), Value::Array(sent)) => {
                read.len() == sent.len() && read.iter().zip(sent).all(|(read, sent)| is_text_of(read, sent))
            }
            (Self::Members(read), Value::Object(sent)) => {
                read.len() == sent.len()
                    && read.iter().zip(sent).all(|((name, read), (key, sent))| name == key && is_text_of(read, sent))
            }
            (Self::One(read), sent) => is_text_of(read, sent),
            _ => false,
        }
    }
}

/// Whether a text says a scalar. Numbers are compared as numbers; no text has an exponent.
pub(crate) fn is_text_of(read: &str, sent: &Value) -> bool {
    match sent {
        Value::String(text) => read == text,
        Value::Bool(flag) => read == if *flag { "true" } else { "false" },
        Value::Number(number) if number.is_f64() => {
            !read.contains(['e', 'E', '+']) && read.parse::<f64>().ok() == number.as_f64()
        }
        Value::Number(number) => read == number.to_string(),
        _ => false,
    }
}

/// Whether two JSON values are the same; `0` and `-0.0` are.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        (a, b) => a == b,
    }
}

/// Percent-decoding. Anything but two digits behind `%` is a finding.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: String = rest.by_ref().take(2).map(char::from).collect();
            assert!(digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
            bytes.extend(u8::from_str_radix(&digits, 16));
        } else {
            assert!(byte.is_ascii_graphic(), "{text}");
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("what was sent is UTF-8")
}

fn json(text: &str) -> Read {
    Read::Json(serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn items<'a>(items: impl Iterator<Item = &'a str>) -> Read {
    Read::Items(items.map(decoded).collect())
}

/// `R,100,G,200`.
fn flat<'a>(items: impl Iterator<Item = &'a str>) -> Read {
    let items: Vec<String> = items.map(decoded).collect();
    assert!(items.len().is_multiple_of(2), "{items:?}");
    Read::Members(items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
}

/// `R=100`, cut.
fn equals<'a>(items: impl Iterator<Item = &'a str>) -> Read {
    Read::Members(items.map(pair).map(|(name, value)| (decoded(name), decoded(value))).collect())
}

fn pair(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or_else(|| panic!("{text} is no pair"))
}

fn after<'a>(text: &'a str, prefix: &str) -> &'a str {
    text.strip_prefix(prefix).unwrap_or_else(|| panic!("{prefix} does not stand before {text}"))
}

/// Reads a whole segment (of [`Style::Segments`] several) of the path. The receiver knows what kind of value it is for.
pub(crate) fn path(style: Style, wire: &str, sent: &Value, text: &str) -> Read {
    let matrix = |text: &str| -> String { decoded(pair(after(text, ";")).0) };
    match style {
        Style::Json => return json(&decoded(text)),
        Style::Segments => return Read::One(text.split('/').map(decoded).collect::<Vec<_>>().join("/")),
        Style::Matrix => assert_eq!(matrix(text), wire),
        Style::MatrixExploded if !sent.is_object() => {
            assert!(after(text, ";").split(';').all(|item| decoded(pair(item).0) == wire), "{text}");
        }
        _ => {}
    }
    let own = |text: &str| -> String { pair(after(text, ";")).1.to_owned() };
    match (style, sent) {
        (Style::Label, Value::Array(_)) => items(after(text, ".").split(',')),
        (Style::Label, Value::Object(_)) => flat(after(text, ".").split(',')),
        (Style::LabelExploded, Value::Array(_)) => items(after(text, ".").split('.')),
        (Style::LabelExploded, Value::Object(_)) => equals(after(text, ".").split('.')),
        (Style::Label | Style::LabelExploded, _) => Read::One(decoded(after(text, "."))),
        (Style::Matrix, Value::Array(_)) => items(own(text).split(',')),
        (Style::Matrix, Value::Object(_)) => flat(own(text).split(',')),
        (Style::MatrixExploded, Value::Array(_)) => items(after(text, ";").split(';').map(|item| pair(item).1)),
        (Style::MatrixExploded, Value::Object(_)) => equals(after(text, ";").split(';')),
        (Style::Matrix | Style::MatrixExploded, _) => Read::One(decoded(&own(text))),
        (_, Value::Array(_)) => items(text.split(',')),
        (Style::SimpleExploded, Value::Object(_)) => equals(text.split(',')),
        (_, Value::Object(_)) => flat(text.split(',')),
        _ => Read::One(decoded(text)),
    }
}

/// A header's value, in which nothing is encoded.
pub(crate) fn header(style: Style, sent: &Value, text: &str) -> Read {
    let texts = || text.split(',').map(str::to_owned);
    match (style, sent) {
        (Style::Json, _) => json(text),
        (_, Value::Array(_)) => Read::Items(texts().collect()),
        (Style::SimpleExploded, Value::Object(_)) => {
            Read::Members(text.split(',').map(pair).map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        }
        (_, Value::Object(_)) => {
            let texts: Vec<String> = texts().collect();
            assert!(texts.len().is_multiple_of(2), "{text}");
            Read::Members(texts.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
        }
        _ => Read::One(text.to_owned()),
    }
}

/// A cookie's value, which reads the same with percent-decoding and without.
pub(crate) fn cookie(style: Style, sent: &Value, text: &str) -> Read {
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b';' | b'\\')), "{text}");
    if style == Style::Json {
        return json(&decoded(text));
    }
    assert!(!text.contains('%'), "{text}");
    header(Style::Simple, sent, text)
}

/// The pairs of a query or a form, still encoded. Each is taken by one reader.
#[derive(Debug)]
pub(crate) struct Pairs<'t>(Vec<(&'t str, &'t str)>);

impl<'t> Pairs<'t> {
    /// Cuts a text at `&`.
    pub(crate) fn of(text: &'t str) -> Self {
        assert!(!text.contains(['+', '#', ' ']), "{text}");
        Self(if text.is_empty() { Vec::new() } else { text.split('&').map(pair).collect() })
    }

    fn take(&mut self, fits: impl Fn(&str) -> bool) -> Vec<(String, &'t str)> {
        let mut taken = Vec::new();
        self.0.retain(|(name, value)| {
            let name = decoded(name);
            let fits = fits(&name);
            if fits {
                taken.push((name, *value));
            }
            !fits
        });
        taken
    }

    /// Takes what stands for one value. `None` for an object that is spread: its members are what is left.
    pub(crate) fn read(&mut self, style: Style, wire: &str, sent: &Value) -> Option<Read> {
        match (style, sent) {
            (Style::FormExploded, Value::Object(_)) => return None,
            (Style::FormExploded, Value::Array(_)) => {
                let own = self.take(|name| name == wire);
                return Some(items(own.iter().map(|(_, value)| *value)));
            }
            (Style::DeepObject, _) => {
                let member = |name: &str| -> Option<String> {
                    Some(name.strip_prefix(wire)?.strip_prefix('[')?.strip_suffix(']')?.to_owned())
                };
                let own = self.take(|name| member(name).is_some());
                let read = own.into_iter().map(|(name, value)| {
                    let name = member(&name).unwrap_or_default();
                    assert!(!name.contains(['[', ']']), "{name} nests");
                    (name, decoded(value))
                });
                return Some(Read::Members(read.collect()));
            }
            _ => {}
        }
        if matches!(sent, Value::Array(items) if items.is_empty()) && style != Style::Json {
            return Some(Read::Items(Vec::new()));
        }
        if matches!(sent, Value::Object(members) if members.is_empty()) && style != Style::Json {
            return Some(Read::Members(Vec::new()));
        }
        let own = self.take(|name| name == wire);
        assert_eq!(own.len(), 1, "`{wire}` stands there once");
        let text = own[0].1;
        let between = match style {
            Style::SpaceDelimited => "%20",
            Style::PipeDelimited => "%7C",
            _ => ",",
        };
        Some(match (style, sent) {
            (Style::Json, _) => json(&decoded(text)),
            (_, Value::Array(_)) => items(text.split(between)),
            (_, Value::Object(_)) => flat(text.split(between)),
            _ => Read::One(decoded(text)),
        })
    }

    /// What no other reader has taken: the members of objects that are spread, in their order.
    pub(crate) fn rest(self) -> Vec<(String, String)> {
        self.0.into_iter().map(|(name, value)| (decoded(name), decoded(value))).collect()
    }
}

/// A part of a body, as it arrives.
#[derive(Debug)]
pub(crate) struct Part<'b> {
    pub(crate) disposition: String,
    pub(crate) media_type: Option<String>,
    pub(crate) content: &'b [u8],
}

/// Reads parts as RFC 2046, section 5.1.1, says: by the boundary of the media type and nothing else.
pub(crate) fn parts<'b>(media_type: &str, body: &'b [u8]) -> Vec<Part<'b>> {
    let boundary = after(media_type, "multipart/form-data; boundary=");
    assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&delimiter.as_bytes()[2..]).expect("it begins with the boundary");
    let mut parts = Vec::new();
    loop {
        if rest == b"--\r\n" {
            return parts;
        }
        rest = rest.strip_prefix(b"\r\n").expect("a line break behind the boundary");
        let end = find(rest, delimiter.as_bytes()).expect("a boundary behind the part");
        parts.push(part(&rest[..end]));
        rest = &rest[end + delimiter.len()..];
    }
}

fn part(bytes: &[u8]) -> Part<'_> {
    let end = find(bytes, b"\r\n\r\n").expect("an empty line behind the headers");
    let head = std::str::from_utf8(&bytes[..end]).expect("headers are UTF-8");
    let mut part = Part { disposition: String::new(), media_type: None, content: &bytes[end + 4..] };
    for line in head.split("\r\n") {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        match line.split_once(": ") {
            Some(("Content-Disposition", value)) => value.clone_into(&mut part.disposition),
            Some(("Content-Type", value)) if part.media_type.is_none() => part.media_type = Some(value.to_owned()),
            _ => panic!("no header of a part: {line:?}"),
        }
    }
    part
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}
