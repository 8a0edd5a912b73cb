//! Arguments to bytes: the target, the headers and the body of one request.
//!
//! What comes in: arguments that passed `arguments`. What goes out: [`Encoded`], without address and credentials. A value
//! is encoded so that the receiver can get exactly it back, or refused before anything is sent; it is never altered, and
//! it never adds a path segment, a parameter or a header.

use std::fmt::Write as _;

use airlock_contract::request::{Argument, HOST_HEADER_PREFIXES, HOST_HEADERS, Method, Place, Source, is_path_byte};
use airlock_contract::{Catalog, CredentialPlace, Tool};
use hyper::header::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::arguments::{Checked, plain};

/// Everything but the unreserved characters (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest target, in bytes. Common servers refuse more than 8 KiB, and say so less clearly.
const TARGET_BYTES_MAX: usize = 8000;

/// A request, but for address and credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The method.
    pub method: Method,
    /// Path and query (RFC 9112, section 3.2.1).
    pub target: String,
    /// Headers that arguments set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Media type and bytes of the body.
    pub body: Option<(&'static str, Vec<u8>)>,
}

impl Encoded {
    /// Method and target, for people.
    pub fn line(&self) -> String {
        format!("{} {}", self.method.word(), self.target)
    }
}

/// How a tool's arguments are written, prepared once.
#[derive(Debug)]
pub struct Plan {
    method: Method,
    rows: &'static [Argument],
    base_path: &'static str,
    path: Vec<Piece>,
    /// By row; none for rows that are no header.
    headers: Vec<Option<HeaderName>>,
}

/// A piece of the path template.
#[derive(Debug)]
enum Piece {
    /// Sent as it stands.
    Literal(&'static str),
    /// The value of that row.
    Row(usize),
}

impl Plan {
    /// Prepares a tool. The error says what the compiler should not have let through.
    pub fn new(catalog: &Catalog, tool: &Tool) -> Result<Self, String> {
        let rows = tool.request.arguments;
        let base_path = catalog.upstream.base_path;
        if !(base_path.is_empty() || base_path.starts_with('/') && !base_path.ends_with('/')) || !is_path(base_path) {
            return Err(format!("the base path `{base_path}` is not one"));
        }
        let path = pieces(tool.request.path, rows)?;
        let mut headers = Vec::with_capacity(rows.len());
        for row in rows {
            headers.push(match row.place {
                Place::Header => Some(header_name(row.wire, catalog)?),
                _ => None,
            });
        }
        if rows.iter().filter(|row| matches!(row.place, Place::JsonBody(_))).count() > 1 {
            return Err("two arguments are the body".to_owned());
        }
        Ok(Self { method: tool.request.method, rows, base_path, path, headers })
    }

    /// Writes one request. The error names the argument and the way out.
    pub fn encode(&self, values: &Checked) -> Result<Encoded, String> {
        let mut target = self.base_path.to_owned();
        for piece in &self.path {
            match piece {
                Piece::Literal(text) => target.push_str(text),
                Piece::Row(row) => target.push_str(&path_value(&self.rows[*row], value(values, *row))?),
            }
        }
        // Servers and proxies resolve these, so a value could otherwise climb out of its segment (RFC 3986, 5.2.4).
        if target.split('/').any(|segment| segment == "." || segment == "..") {
            return Err("a value makes a whole path segment `.` or `..`, which servers take as a step; \
                        send another value"
                .to_owned());
        }
        let mut headers = Vec::new();
        let mut body = None;
        let mut separator = '?';
        for (position, row) in self.rows.iter().enumerate() {
            let Some(value) = value(values, position) else { continue };
            match row.place {
                Place::Path => {}
                Place::Query | Place::QueryJoined => {
                    for value in query_values(row, value)? {
                        let name = utf8_percent_encode(row.wire, RESERVED);
                        // Writing into a string cannot fail.
                        let _ = write!(target, "{separator}{name}={value}");
                        separator = '&';
                    }
                }
                Place::Header => {
                    if let Some(Some(name)) = self.headers.get(position)
                        && let Some(value) = header_value(row, value)?
                    {
                        headers.push((name.clone(), value));
                    }
                }
                Place::JsonBody(media_type) => body = Some((media_type, value.to_string().into_bytes())),
            }
        }
        if target.len() > TARGET_BYTES_MAX {
            return Err(format!(
                "path and query would be {} bytes long, at most {TARGET_BYTES_MAX} are sent; send less",
                target.len()
            ));
        }
        Ok(Encoded { method: self.method, target, headers, body })
    }
}

fn value(values: &Checked, row: usize) -> Option<&Value> {
    values.0.get(row).and_then(Option::as_ref)
}

/// Cuts a path template at its variables.
fn pieces(template: &'static str, rows: &'static [Argument]) -> Result<Vec<Piece>, String> {
    if !template.starts_with('/') {
        return Err(format!("the path `{template}` does not start with `/`"));
    }
    let mut pieces = Vec::new();
    let mut used = vec![false; rows.len()];
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err(format!("a brace of the path `{template}` is not closed"));
        };
        let row = rows.iter().position(|row| row.place == Place::Path && row.wire == name);
        let row = row.ok_or_else(|| format!("no argument fills `{{{name}}}` of the path `{template}`"))?;
        used[row] = true;
        pieces.extend([Piece::Literal(literal), Piece::Row(row)]);
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    for (row, used) in rows.iter().zip(used) {
        if row.place == Place::Path && !used {
            return Err(format!("the path `{template}` has no place for the argument `{}`", row.name));
        }
    }
    let sound = pieces
        .iter()
        .all(|piece| matches!(piece, Piece::Row(_)) || matches!(piece, Piece::Literal(text) if is_path(text)));
    if !sound {
        return Err(format!("the path `{template}` holds a character that no path has"));
    }
    Ok(pieces)
}

fn is_path(text: &str) -> bool {
    text.bytes().all(is_path_byte)
}

fn header_name(wire: &str, catalog: &Catalog) -> Result<HeaderName, String> {
    let name = HeaderName::from_bytes(wire.as_bytes()).map_err(|_| format!("`{wire}` is not a header name"))?;
    let own = HOST_HEADERS.contains(&name.as_str())
        || HOST_HEADER_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
        || catalog.upstream.credentials.iter().any(
            |credential| matches!(credential.place, CredentialPlace::Header(header) if header.eq_ignore_ascii_case(wire)),
        );
    if own { Err(format!("no argument may set the header `{wire}`")) } else { Ok(name) }
}

/// Style `simple`: a list is joined with commas, which stay raw; those inside items are encoded.
fn path_value(row: &Argument, value: Option<&Value>) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("`{}` is part of the path and cannot be left out", row.name))?;
    let text = joined(row, value)?;
    if text.is_empty() {
        return Err(format!("`{}` is part of the path and cannot be empty", row.name));
    }
    Ok(text)
}

/// Style `form`: one encoded value, or one for each item.
fn query_values(row: &Argument, value: &Value) -> Result<Vec<String>, String> {
    let encoded = |value: &Value| Ok(utf8_percent_encode(&scalar(row, value)?, RESERVED).to_string());
    match value {
        // There is no text for a list of nothing, and none means left out.
        Value::Array(items) if items.is_empty() => left_out(row, Vec::new()),
        Value::Array(items) if row.place == Place::Query => items.iter().map(encoded).collect(),
        Value::Array(_) => Ok(vec![joined(row, value)?]),
        value => Ok(vec![encoded(value)?]),
    }
}

/// Items are encoded, the commas between them are not.
fn joined(row: &Argument, value: &Value) -> Result<String, String> {
    let Value::Array(items) = value else {
        return Ok(utf8_percent_encode(&scalar(row, value)?, RESERVED).to_string());
    };
    let mut text = String::new();
    for (position, item) in items.iter().enumerate() {
        let item = scalar(row, item)?;
        if item.is_empty() {
            return Err(format!("an item of `{}` is empty, which a joined list cannot say", row.name));
        }
        if position > 0 {
            text.push(',');
        }
        text.extend(utf8_percent_encode(&item, RESERVED));
    }
    Ok(text)
}

/// Style `simple` without encoding: headers have none, so what would need it is refused (RFC 9110, section 5.5).
fn header_value(row: &Argument, value: &Value) -> Result<Option<HeaderValue>, String> {
    let text = match value {
        Value::Array(items) if items.is_empty() => return left_out(row, None),
        Value::Array(items) => {
            let items: Result<Vec<String>, String> = items.iter().map(|item| scalar(row, item)).collect();
            let items = items?;
            if items.iter().any(|item| item.is_empty() || item.contains(',') || item != item.trim()) {
                return Err(format!("an item of `{}` is empty, holds a comma or ends in a blank", row.name));
            }
            items.join(",")
        }
        value => scalar(row, value)?,
    };
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if text.is_empty() || !visible || text.starts_with(' ') || text.ends_with(' ') {
        return Err(format!(
            "`{}` is sent as a header, which takes visible ASCII characters and blanks between them",
            row.name
        ));
    }
    HeaderValue::from_str(&text).map(Some).map_err(|_| format!("`{}` cannot be sent as a header", row.name))
}

/// What stands for "not sent", unless the argument is required.
fn left_out<T>(row: &Argument, nothing: T) -> Result<T, String> {
    if row.source == Source::Required {
        return Err(format!("`{}` is required and an empty list cannot be sent", row.name));
    }
    Ok(nothing)
}

/// The text of a single value.
fn scalar(row: &Argument, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(plain(number)),
        Value::Null => Err(format!("`{}` holds null, which can only be sent in a body; leave it out", row.name)),
        Value::Array(_) | Value::Object(_) => {
            Err(format!("`{}` holds an array or object where a single value is sent", row.name))
        }
    }
}

#[cfg(test)]
mod tests;
