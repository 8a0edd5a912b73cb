//! Parameter Objects (OpenAPI 3.0.3, section 4.7.12): where each goes and how it is written there.

use std::collections::BTreeSet;

use airlock_contract::request::{HOST_HEADER_PREFIXES, HOST_HEADERS, is_path_byte};
use serde_json::Value;

use super::Refusal;
use super::found::Found;
use super::security;
use super::shape::ShapeReader;
use crate::ir::{Place, Shape, Style};
use crate::normalise::Document;

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// What it may be.
    pub shape: Shape,
    /// Whether it must be sent.
    pub required: bool,
    /// One line; may be empty.
    pub description: String,
}

/// The operation's parameters. One of the operation goes before one of its path item with the same name and place.
pub(super) fn read(
    document: &Document,
    found: &Found,
    operation: &Value,
    shapes: &mut ShapeReader<'_>,
) -> Result<Vec<Parameter>, Refusal> {
    let item = document.value.pointer(&found.item_pointer).unwrap_or(&Value::Null);
    let mut listed: Vec<(String, String, &Value, String)> = Vec::new();
    for (around, pointer) in [(item, &found.item_pointer), (operation, &found.pointer)] {
        for (position, value) in around.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let pointer = format!("{pointer}/parameters/{position}");
            let (value, pointer) =
                document.follow(value, pointer.clone()).map_err(|reason| Refusal::new("E0211", pointer, reason))?;
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let (name, place) = (text("name"), text("in"));
            match listed.iter_mut().find(|known| known.0 == name && known.1 == place) {
                Some(known) => *known = (name, place, value, pointer),
                None => listed.push((name, place, value, pointer)),
            }
        }
    }
    let mut parameters = Vec::new();
    for (name, place, value, pointer) in listed {
        if place == "header" && is_host_header(&name, document) {
            continue;
        }
        parameters.push(read_one(&name, &place, value, &pointer, shapes)?);
    }
    Ok(parameters)
}

/// Headers that are the host's own are never arguments: a model must not frame requests, nor send a credential of its
/// choice. OpenAPI itself ignores three of them as parameters (OpenAPI 3.0.3, section 4.7.12.1).
fn is_host_header(name: &str, document: &Document) -> bool {
    let name = name.to_ascii_lowercase();
    HOST_HEADERS.contains(&name.as_str())
        || HOST_HEADER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || security::key_headers(document).any(|header| header.eq_ignore_ascii_case(&name))
}

fn read_one(
    name: &str,
    place: &str,
    value: &Value,
    pointer: &str,
    shapes: &mut ShapeReader<'_>,
) -> Result<Parameter, Refusal> {
    let refuse = |reason: String| Err(Refusal::new("E0212", pointer, format!("parameter `{name}`: {reason}")));
    if name.is_empty() || name.chars().any(char::is_control) {
        return refuse("the name cannot be sent".into());
    }
    let Some(schema) = value.get("schema") else {
        return refuse("only parameters with a `schema` can be written, not those with `content`".into());
    };
    if value.get("allowReserved") == Some(&Value::Bool(true)) {
        return refuse("`allowReserved` is not supported".into());
    }
    let shape = shapes.read(schema, &format!("{pointer}/schema"))?;
    let style = value.get("style").and_then(Value::as_str);
    let place = match (place, style) {
        ("path", None | Some("simple")) => Place::Path(Style::Simple),
        ("query", None | Some("form")) if value.get("explode") == Some(&Value::Bool(false)) => {
            Place::Query(Style::Form)
        }
        ("query", None | Some("form")) => Place::Query(Style::FormExploded),
        ("header", None | Some("simple")) if is_token(name) => Place::Header(Style::Simple),
        ("header", None | Some("simple")) => return refuse("the name is no header name".into()),
        ("cookie", _) => return refuse("cookies are not supported".into()),
        (_, style) => return refuse(format!("style `{}` is not supported here", style.unwrap_or("none"))),
    };
    if !shapes.is_flat(&shape) {
        return refuse("only texts, numbers, booleans and lists of them can be written here without loss".into());
    }
    Ok(Parameter {
        name: name.to_owned(),
        required: matches!(place, Place::Path(_)) || value.get("required") == Some(&Value::Bool(true)),
        place,
        shape,
        description: super::description(value).or_else(|| super::description(schema)).unwrap_or_default(),
    })
}

/// A header name is a token (RFC 9110, section 5.6.2).
fn is_token(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Every variable of the path template has its parameter, and the other way round.
pub(super) fn check_path(found: &Found, parameters: &[Parameter]) -> Result<(), Refusal> {
    let refuse = |reason: String| Err(Refusal::new("E0216", &found.pointer, reason));
    let variables = template_variables(&found.path);
    let Some(variables) = variables else { return refuse(format!("the braces of `{}` do not match", found.path)) };
    let literal = variables.iter().fold(found.path.clone(), |path, name| path.replace(&format!("{{{name}}}"), ""));
    if !literal.starts_with('/') || !literal.bytes().all(is_path_byte) {
        return refuse(format!("the path `{}` cannot be sent as it stands", found.path));
    }
    let declared: BTreeSet<&str> = parameters
        .iter()
        .filter(|parameter| matches!(parameter.place, Place::Path(_)))
        .map(|parameter| parameter.name.as_str())
        .collect();
    if let Some(missing) = variables.iter().find(|name| !declared.contains(*name)) {
        return refuse(format!("the path names `{{{missing}}}`, but there is no path parameter of that name"));
    }
    if let Some(unused) = declared.iter().find(|name| !variables.contains(*name)) {
        return refuse(format!("the path parameter `{unused}` does not stand in the path"));
    }
    if found.path.split('/').any(|segment| segment == "." || segment == "..") {
        return refuse("the path has a dot segment".to_owned());
    }
    Ok(())
}

/// The names between braces; `None` if braces do not match, or a name stands twice.
fn template_variables(path: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    let mut rest = path;
    while let Some(start) = rest.find(['{', '}']) {
        if rest[start..].starts_with('}') {
            return None;
        }
        let end = start + rest[start..].find('}')?;
        let name = &rest[start + 1..end];
        if name.is_empty() || name.contains(['{', '/']) || !names.insert(name) {
            return None;
        }
        rest = &rest[end + 1..];
    }
    Some(names)
}
