//! Arguments to bytes: the target, the headers and the body of one request.
//!
//! What comes in: arguments that passed `arguments`. What goes out: [`Encoded`], without address and credentials. A value
//! is encoded so that the receiver can get exactly it back, or refused before anything is sent; it is never altered, and
//! it never adds a path segment, a parameter, a header, a cookie or a part.
//!
//! `plan` checks a table once; `value` takes a value apart; `path`, `query`, `header`, `cookie` write it to their place;
//! `body` writes bodies, with `form` and `multipart`; `escape` knows which bytes stand for themselves.

mod body;
mod cookie;
mod escape;
mod form;
mod header;
mod multipart;
mod path;
mod plan;
mod query;
mod value;

use airlock_contract::request::{Argument, Body, Method, Place, Source};
use airlock_contract::{CredentialPlace, Style, Tool, Upstream};
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::arguments::Checked;
pub(crate) use escape::{encoded, is_cookie_octet};
pub(crate) use path::is_step;
use plan::Piece;
use query::{Naming, Taken};
use value::Subject;

/// Longest target, in bytes, credentials not counted. Common servers refuse more than 8 KiB, and say so less clearly.
pub(crate) const TARGET_BYTES_MAX: usize = 8000;

/// Longest headers and cookies that arguments set, in bytes of names and values. Servers take 8 KiB of all headers.
const HEADER_BYTES_MAX: usize = 6000;

/// A request, but for address and credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The method.
    pub method: Method,
    /// Path and query (RFC 9112, section 3.2.1).
    pub target: String,
    /// Headers that arguments set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Cookies that arguments set, as they stand in the one `Cookie` header; empty if there are none.
    pub cookie: String,
    /// Media type and bytes of the body.
    pub body: Option<(String, Vec<u8>)>,
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
    /// Pairs that the path template itself has behind `?`.
    fixed_query: &'static str,
    /// Names of the query that arguments, the template or credentials have, with the argument's row.
    query_names: Vec<(Option<usize>, String)>,
    body: Body,
}

impl Plan {
    /// Prepares a tool. The error says what the compiler should not have let through.
    pub fn new(upstream: &'static Upstream, tool: &Tool) -> Result<Self, String> {
        let request = tool.request;
        let rows = request.arguments;
        plan::check_base_path(upstream.base_path)?;
        let (path, fixed_query) = plan::cut(upstream.base_path, request.path, rows)?;
        plan::check_rows(upstream, request, fixed_query)?;
        plan::check_body(request)?;
        let mut query_names = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            if matches!(row.place, Place::Query(_)) {
                query_names.push((Some(position), row.wire.to_owned()));
            }
        }
        query_names.extend(plan::fixed_names(fixed_query).map(|name| (None, name)));
        query_names.extend(upstream.credentials.iter().filter_map(|credential| match credential.place {
            CredentialPlace::Query(name) => Some((None, name.to_owned())),
            _ => None,
        }));
        let (method, base_path, body) = (request.method, upstream.base_path, request.body);
        Ok(Self { method, rows, base_path, path, fixed_query, query_names, body })
    }

    /// Whether an argument is a file or holds one. Messages with such calls are long.
    pub(crate) fn takes_files(&self) -> bool {
        self.rows.iter().any(|row| plan::holds_file(&row.shape, &mut Vec::new()))
    }

    /// Writes one request. The error names the argument and the way out.
    pub fn encode(&self, values: &Checked) -> Result<Encoded, String> {
        let mut target = self.path(values)?;
        self.query(values, &mut target)?;
        if target.len() > TARGET_BYTES_MAX {
            return Err(format!(
                "path and query would be {} bytes long, at most {TARGET_BYTES_MAX} are sent; send less",
                target.len()
            ));
        }
        let (headers, cookie) = self.headers(values)?;
        let body = match body::Content::collect(self.rows, values) {
            Some(content) => Some(content.write(self.body)?),
            None => None,
        };
        Ok(Encoded { method: self.method, target, headers, cookie, body })
    }

    fn path(&self, values: &Checked) -> Result<String, String> {
        let mut path = self.base_path.to_owned();
        // Counted, so that nothing but the template and texts of several segments can add one.
        let mut slashes = path.matches('/').count();
        let mut taken = Vec::new();
        for piece in &self.path {
            let row = match piece {
                Piece::Literal(text) => {
                    slashes += text.matches('/').count();
                    path.push_str(text);
                    continue;
                }
                Piece::Row(row) => *row,
            };
            let Some((argument, style)) = self.rows.get(row).and_then(|row| match row.place {
                Place::Path(style) => Some((row, style)),
                _ => None,
            }) else {
                continue;
            };
            let value = row_value(values, row)
                .ok_or_else(|| format!("`{}` is part of the path and cannot be left out", argument.name))?;
            let written = path::piece(subject(argument), style, value)?;
            if style == Style::Segments {
                slashes += written.text.matches('/').count();
            }
            path.push_str(&written.text);
            let member = |name| Taken { row, name, naming: Naming::Spread, subject: subject(argument) };
            taken.extend(written.spread.into_iter().map(member));
        }
        let matrix = |row: &Argument| matches!(row.place, Place::Path(Style::Matrix | Style::MatrixExploded));
        let owned = self.rows.iter().enumerate().filter(|(_, row)| matrix(row));
        query::check_taken(&taken, owned.map(|(position, row)| (Some(position), row.wire)))?;
        // Servers and proxies resolve these, so a value could otherwise climb out of its segment (RFC 3986, 5.2.4).
        if path.split('/').any(is_step) || path.matches('/').count() != slashes {
            return Err("a value makes a whole path segment `.` or `..`, which servers take as a step; \
                        send another value"
                .to_owned());
        }
        Ok(path)
    }

    fn query(&self, values: &Checked, target: &mut String) -> Result<(), String> {
        let mut texts = Vec::new();
        if !self.fixed_query.is_empty() {
            texts.push(self.fixed_query.to_owned());
        }
        let mut taken = Vec::new();
        for (position, row) in self.rows.iter().enumerate() {
            let Place::Query(style) = row.place else { continue };
            let Some(value) = row_value(values, position) else { continue };
            for pair in query::pairs(subject(row), style, value)? {
                texts.push(pair.text);
                if pair.naming != Naming::Own {
                    taken.push(Taken { row: position, name: pair.name, naming: pair.naming, subject: subject(row) });
                }
            }
        }
        query::check_taken(&taken, self.query_names.iter().map(|(row, name)| (*row, name.as_str())))?;
        if !texts.is_empty() {
            target.push('?');
            target.push_str(&texts.join("&"));
        }
        Ok(())
    }

    fn headers(&self, values: &Checked) -> Result<(Vec<(HeaderName, HeaderValue)>, String), String> {
        let (mut headers, mut cookies) = (Vec::new(), Vec::new());
        let mut length = 0;
        for (position, row) in self.rows.iter().enumerate() {
            let Some(value) = row_value(values, position) else { continue };
            match row.place {
                Place::Header(style) => {
                    let Some(text) = header::text(subject(row), style, value)? else { continue };
                    length += row.wire.len() + text.len();
                    let unsendable = || format!("`{}` cannot be sent as a header", row.name);
                    let name = HeaderName::from_bytes(row.wire.as_bytes()).map_err(|_| unsendable())?;
                    headers.push((name, HeaderValue::from_str(&text).map_err(|_| unsendable())?));
                }
                Place::Cookie(style) => {
                    let Some(text) = cookie::text(subject(row), style, value)? else { continue };
                    length += text.len();
                    cookies.push(text);
                }
                _ => {}
            }
        }
        if length > HEADER_BYTES_MAX {
            return Err(format!(
                "headers and cookies would be {length} bytes long, at most {HEADER_BYTES_MAX} are sent; send less"
            ));
        }
        Ok((headers, cookies.join("; ")))
    }
}

fn subject(row: &'static Argument) -> Subject<'static> {
    let required = row.source == Source::Required;
    Subject { name: row.name, wire: row.wire, required, reserved: row.reserved }
}

fn row_value(values: &Checked, row: usize) -> Option<&Value> {
    values.0.get(row).and_then(Option::as_ref)
}

#[cfg(test)]
mod tests;
