//! Checks on a tool's table before anything is sent with it.
//!
//! The compiler lets none of this through; a table that was written or changed by hand may hold it, and then the program
//! does not start.

use std::collections::BTreeSet;

use airlock_contract::request::{
    Argument, HOST_HEADER_PREFIXES, HOST_HEADERS, Part, PartContent, is_media_type, is_path_byte, is_token,
};
use airlock_contract::shape::{Named, Shape};
use airlock_contract::{Body, CredentialPlace, Place, Request, Style, Upstream};
use hyper::header::HeaderName;
use percent_encoding::percent_decode_str;

use super::{cookie, header, path, query};
use crate::arguments::object_of;

/// A piece of the path template.
#[derive(Debug)]
pub(super) enum Piece {
    /// Sent as it stands.
    Literal(&'static str),
    /// The value of that row.
    Row(usize),
}

/// A base path is empty, or starts with `/` and does not end with one.
pub(super) fn check_base_path(base_path: &str) -> Result<(), String> {
    let bounded = base_path.is_empty() || base_path.starts_with('/') && !base_path.ends_with('/');
    if !bounded || !is_path(base_path) || base_path.split('/').any(path::is_step) {
        return Err(format!("the base path `{base_path}` is not one"));
    }
    Ok(())
}

/// Path and query of a template: the path is cut at its variables, the query is fixed.
pub(super) fn cut(
    base_path: &str,
    template: &'static str,
    rows: &'static [Argument],
) -> Result<(Vec<Piece>, &'static str), String> {
    let (path_template, query) = template.split_once('?').unwrap_or((template, ""));
    if !path_template.starts_with('/') {
        return Err(format!("the path `{template}` does not start with `/`"));
    }
    if base_path.is_empty() && path_template.starts_with("//") {
        return Err(format!("the path `{template}` would be taken for a host"));
    }
    if path_template.split('/').any(path::is_step) {
        return Err(format!("a segment of the path `{template}` is a step"));
    }
    if !query.bytes().all(|byte| is_path_byte(byte) || byte == b'?') || template.ends_with('?') {
        return Err(format!("the query of `{template}` holds a character that no query has"));
    }
    let pieces = pieces(path_template, rows)?;
    let literal =
        |piece: &Piece| matches!(piece, Piece::Row(_)) || matches!(piece, Piece::Literal(text) if is_path(text));
    if !pieces.iter().all(literal) {
        return Err(format!("the path `{template}` holds a character that no path has"));
    }
    Ok((pieces, query))
}

fn pieces(template: &'static str, rows: &'static [Argument]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut used = vec![false; rows.len()];
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err(format!("a brace of the path `{template}` is not closed"));
        };
        let row = rows.iter().position(|row| matches!(row.place, Place::Path(_)) && row.wire == name);
        let row = row.ok_or_else(|| format!("no argument fills `{{{name}}}` of the path `{template}`"))?;
        used[row] = true;
        pieces.extend([Piece::Literal(literal), Piece::Row(row)]);
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    for (row, used) in rows.iter().zip(used) {
        if matches!(row.place, Place::Path(_)) && !used {
            return Err(format!("the path `{template}` has no place for the argument `{}`", row.name));
        }
    }
    Ok(pieces)
}

fn is_path(text: &str) -> bool {
    text.bytes().all(is_path_byte)
}

/// Names of the pairs of a fixed query, decoded.
pub(super) fn fixed_names(query: &'static str) -> impl Iterator<Item = String> {
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned())
}

/// Checks every row: its style, its name, and that nothing else has that name in that place.
pub(super) fn check_rows(upstream: &Upstream, request: &Request, fixed_query: &'static str) -> Result<(), String> {
    for (position, row) in request.arguments.iter().enumerate() {
        let (fits, named) = match row.place {
            Place::Path(style) => (path::has(style), true),
            Place::Query(style) => (query::has(style), !row.wire.is_empty()),
            Place::Header(style) => (header::has(style), is_header(row.wire)),
            Place::Cookie(style) => (cookie::has(style), is_token(row.wire)),
            Place::Body | Place::BodyProperty => (true, true),
        };
        if !fits {
            return Err(format!("`{}` has a style that its place does not have", row.name));
        }
        if !named || is_credential(upstream, row) {
            return Err(format!("no argument may set the {} `{}`", place(row.place), row.wire.escape_debug()));
        }
        if row.reserved && !matches!(row.place, Place::Query(style) if style != Style::Json) {
            return Err(format!("reserved characters of `{}` cannot stay as they are in its place", row.name));
        }
        let fixed = matches!(row.place, Place::Query(_)) && fixed_names(fixed_query).any(|name| name == row.wire);
        let before = request.arguments.iter().take(position);
        if fixed || before.into_iter().any(|other| same(other, row)) {
            return Err(format!("two arguments are the {} `{}`", place(row.place), row.wire.escape_debug()));
        }
        let in_body = matches!(row.place, Place::Body | Place::BodyProperty);
        let as_bytes = in_body && matches!(request.body, Body::Bytes(_) | Body::Multipart(_));
        if !as_bytes && holds_file(&row.shape, &mut Vec::new()) {
            return Err(format!("`{}` holds a file where no bytes are sent", row.name));
        }
    }
    Ok(())
}

/// Whether two rows write to one place under one name.
fn same(left: &Argument, right: &Argument) -> bool {
    match (left.place, right.place) {
        (Place::Header(_), Place::Header(_)) => left.wire.eq_ignore_ascii_case(right.wire),
        (Place::Body, Place::Body | Place::BodyProperty) | (Place::BodyProperty, Place::Body) => true,
        (Place::Path(_), Place::Path(_))
        | (Place::Query(_), Place::Query(_))
        | (Place::Cookie(_), Place::Cookie(_))
        | (Place::BodyProperty, Place::BodyProperty) => left.wire == right.wire,
        _ => false,
    }
}

const fn place(place: Place) -> &'static str {
    match place {
        Place::Path(_) => "path variable",
        Place::Query(_) => "query parameter",
        Place::Header(_) => "header",
        Place::Cookie(_) => "cookie",
        Place::Body => "body",
        Place::BodyProperty => "body property",
    }
}

fn is_header(wire: &str) -> bool {
    HeaderName::from_bytes(wire.as_bytes()).is_ok_and(|name| {
        !HOST_HEADERS.contains(&name.as_str())
            && !HOST_HEADER_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
    })
}

/// Whether a credential of the upstream goes there, whether or not this tool sends it.
fn is_credential(upstream: &Upstream, row: &Argument) -> bool {
    upstream.credentials.iter().any(|credential| match (credential.place, row.place) {
        (CredentialPlace::Header(name), Place::Header(_)) => name.eq_ignore_ascii_case(row.wire),
        (CredentialPlace::Query(name), Place::Query(_)) | (CredentialPlace::Cookie(name), Place::Cookie(_)) => {
            name == row.wire
        }
        _ => false,
    })
}

pub(super) fn holds_file(shape: &Shape, seen: &mut Vec<*const Named>) -> bool {
    match shape {
        Shape::File => true,
        Shape::List(list) => holds_file(list.items, seen),
        Shape::Object(object) => {
            object.properties.iter().any(|property| holds_file(&property.shape, seen))
                || object.rest.is_some_and(|rest| holds_file(rest, seen))
        }
        Shape::AnyOf(shapes) => shapes.iter().any(|shape| holds_file(shape, seen)),
        Shape::Nullable(inner) => holds_file(inner, seen),
        Shape::Named(named) if !seen.contains(&std::ptr::from_ref(*named)) => {
            seen.push(*named);
            holds_file(&named.shape, seen)
        }
        _ => false,
    }
}

/// Checks how a body is written, and that the table fills it.
pub(super) fn check_body(request: &Request) -> Result<(), String> {
    let whole = request.arguments.iter().any(|row| row.place == Place::Body);
    let properties = request.arguments.iter().any(|row| row.place == Place::BodyProperty);
    let type_fits = |media_type: &str, range: bool| {
        is_media_type(media_type) || range && is_media_type(&media_type.replace('*', "x"))
    };
    let sound = match request.body {
        Body::None => !whole && !properties,
        Body::Json(media_type) => type_fits(media_type, false),
        Body::Form(fields) => {
            fields.iter().all(|field| query::has(field.style)) && unique(fields.iter().map(|field| field.name))
        }
        Body::Multipart(parts) => {
            let has_part = |name: &str| parts.iter().any(|part| part.name == name);
            parts.iter().all(part_fits)
                && unique(parts.iter().map(|part| part.name))
                && request.arguments.iter().all(|row| members(row).iter().all(|name| has_part(name)))
        }
        Body::Bytes(media_type) => !properties && type_fits(media_type, true),
        Body::Text(media_type) => !properties && type_fits(media_type, false),
    };
    if sound { Ok(()) } else { Err("its body cannot be written as it is declared".to_owned()) }
}

/// Names of the body's members that a row declares.
fn members(row: &Argument) -> Vec<&'static str> {
    match (row.place, object_of(&row.shape)) {
        (Place::BodyProperty, _) => vec![row.wire],
        (Place::Body, Some(object)) => object.properties.iter().map(|property| property.name).collect(),
        _ => Vec::new(),
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    names.into_iter().all(|name| seen.insert(name))
}

/// A name that stands in quotes, and a type that stands in a header.
fn part_fits(part: &Part) -> bool {
    let named = !part.name.is_empty() && !part.name.contains(['"', '\\']) && !part.name.chars().any(char::is_control);
    let declared = part.media_type;
    let typed = match part.content {
        PartContent::Text => declared.is_empty() || is_media_type(declared),
        PartContent::Json => is_media_type(declared),
        PartContent::Bytes => declared.is_empty() || is_media_type(&declared.replace('*', "x")),
    };
    named && typed
}
