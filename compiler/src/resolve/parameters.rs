//! Parameter Objects (OpenAPI 3.0.4, section 4.7.12): where each goes and how it is written there.

use std::collections::{BTreeMap, BTreeSet};

use airlock_contract::request::{HOST_HEADER_PREFIXES, HOST_HEADERS, is_token};
use serde_json::Value;

use super::found::Found;
use super::frame::{self, Kind};
use super::shape::{Note, ShapeReader, with_default};
use super::style::{Carried, Location, carried, is_ambiguous, style};
use super::{Choices, Refusal, names, security};
use crate::ir::{Place, Shape, Style};
use crate::load::percent_decode;
use crate::media::is_json;
use crate::normalise::{Document, escape};

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The model's name for it.
    pub argument: String,
    /// The name on the wire.
    pub name: String,
    /// Where it goes, and how it is written there.
    pub place: Place,
    /// What it may be.
    pub shape: Shape,
    /// Whether it must be sent.
    pub required: bool,
    /// Whether reserved characters stay as they are (`allowReserved`).
    pub reserved: bool,
    /// One line; may be empty.
    pub description: String,
}

/// A parameter as it is listed, before anything of it is settled.
struct Listed<'d> {
    name: String,
    location: Location,
    value: &'d Value,
    pointer: String,
}

/// The operation's parameters. One of the operation goes before one of its path item with the same name and place.
pub(super) fn read(
    document: &Document,
    found: &Found,
    operation: &Value,
    has_body: bool,
    shapes: &mut ShapeReader<'_>,
    choices: &Choices,
    notes: &mut Vec<Note>,
) -> Result<Vec<Parameter>, Refusal> {
    let mut listed = list(document, found, operation, notes)?;
    listed.retain(|one| {
        let is_key = is_credential(one, document);
        if is_key {
            let text = format!("parameter `{}` is left out: a credential is sent under this name", one.name);
            notes.push(Note { pointer: one.pointer.clone(), text });
        }
        !is_key && (one.location != Location::Header || !is_host_header(&one.name))
    });
    let places = listed.iter().map(|one| (one.name.as_str(), place(one.location, Style::Simple)));
    let arguments = names::argument_names(places, has_body);
    let mut parameters = Vec::new();
    for (one, argument) in listed.iter().zip(arguments) {
        let pointer = &one.pointer;
        match read_one(document, one, argument, shapes, choices) {
            Ok((parameter, why)) => {
                notes.extend(why.map(|text| Note { pointer: pointer.clone(), text }));
                parameters.push(parameter);
            }
            Err(Problem::Refused(refusal)) => return Err(refusal),
            Err(Problem::Unsendable(reason)) if one.location == Location::Path || is_true(one.value, "required") => {
                return Err(Refusal::new("E0212", pointer, format!("parameter `{}`: {reason}", one.name)));
            }
            // Whatever it is, the operation can be called without it.
            Err(Problem::Unsendable(reason)) => {
                let text = format!("parameter `{}` is left out: {reason}", one.name);
                notes.push(Note { pointer: pointer.clone(), text });
            }
        }
    }
    check_overlap(&parameters, found)?;
    Ok(parameters)
}

enum Problem {
    /// The document is at fault, or one of its schemas is refused.
    Refused(Refusal),
    /// No value of it could be written without loss.
    Unsendable(String),
}

fn list<'d>(
    document: &'d Document,
    found: &Found,
    operation: &'d Value,
    notes: &mut Vec<Note>,
) -> Result<Vec<Listed<'d>>, Refusal> {
    let item = document.value.pointer(&found.item_pointer).unwrap_or(&Value::Null);
    let mut listed: Vec<Listed<'d>> = Vec::new();
    let mut known: BTreeMap<(Location, String), usize> = BTreeMap::new();
    for (around, pointer) in [(item, &found.item_pointer), (operation, &found.pointer)] {
        let parameters = match around.get("parameters") {
            None | Some(Value::Null) => continue,
            Some(Value::Array(parameters)) => parameters,
            Some(_) => {
                return Err(Refusal::new("E0219", format!("{pointer}/parameters"), "`parameters` is not a list"));
            }
        };
        for (position, value) in parameters.iter().enumerate() {
            let pointer = format!("{pointer}/parameters/{position}");
            let (value, pointer) = frame::part(document, value, pointer, Kind::Parameter, notes)?;
            let name = value["name"].as_str().unwrap_or_default().to_owned();
            let location = match value["in"].as_str() {
                Some("path") => Location::Path,
                Some("query") => Location::Query,
                Some("header") => Location::Header,
                Some("cookie") => Location::Cookie,
                other => {
                    let reason = format!("parameter `{name}`: `in: {}` is not supported", other.unwrap_or("nothing"));
                    return Err(Refusal::new("E0212", pointer, reason));
                }
            };
            let position = *known.entry((location, name.clone())).or_insert(listed.len());
            let one = Listed { name, location, value, pointer };
            match listed.get_mut(position) {
                Some(known) => *known = one,
                None => listed.push(one),
            }
        }
    }
    Ok(listed)
}

/// Headers that are the host's own are never arguments: a model must not frame requests, nor send a credential of its
/// choice. OpenAPI itself ignores three of them as parameters (OpenAPI 3.0.4, section 4.7.12.1).
fn is_host_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HOST_HEADERS.contains(&name.as_str()) || HOST_HEADER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a security scheme of the document sends its key under this name: then the host does, and nobody else.
fn is_credential(one: &Listed<'_>, document: &Document) -> bool {
    let is = |place, same: fn(&str, &str) -> bool| security::key_names(document, place).any(|key| same(key, &one.name));
    match one.location {
        Location::Path => false,
        Location::Query => is("query", |key, name| key == name),
        Location::Header => is("header", str::eq_ignore_ascii_case),
        Location::Cookie => is("cookie", |key, name| key == name),
    }
}

fn read_one(
    document: &Document,
    one: &Listed<'_>,
    argument: String,
    shapes: &mut ShapeReader<'_>,
    choices: &Choices,
) -> Result<(Parameter, Option<String>), Problem> {
    let Listed { name, location, value, .. } = one;
    let unsendable = |reason: &str| Problem::Unsendable(reason.to_owned());
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(unsendable("the name cannot be sent"));
    }
    // A header's name is a token (RFC 9110, section 5.6.2), and so is a cookie's (RFC 6265, section 4.1.1).
    if matches!(location, Location::Header | Location::Cookie) && !is_token(name) {
        return Err(unsendable("the name is none that a header can have"));
    }
    let (schema, schema_pointer, media_type) = schema_of(one);
    let shape = match schema {
        Some(schema) => shapes.read(schema, &schema_pointer).map_err(Problem::Refused)?,
        None => Shape::Any,
    };
    let choice = choices.arguments.get(&argument);
    let written = match (media_type, choice.and_then(|choice| choice.style.as_deref())) {
        (Some(media_type), None) if is_json(media_type) => Style::Json,
        (Some(media_type), None) if !media_type.starts_with("text/") => {
            return Err(Problem::Unsendable(format!("a value as {media_type} cannot be written here")));
        }
        (_, chosen) => {
            let explode = choice.and_then(|choice| choice.explode).or(value.get("explode").and_then(Value::as_bool));
            let declared = if is_true(value, "x-multi-segment") && *location == Location::Path {
                Some("segments")
            } else {
                value["style"].as_str()
            };
            style(*location, chosen.or(declared), explode).map_err(Problem::Unsendable)?
        }
    };
    let is_chosen = choice.is_some_and(|choice| choice.style.is_some() || choice.explode.is_some());
    let (shape, note) = match carried(shapes, written, *location, &shape) {
        Carried::All => (shape, None),
        Carried::Some(some, why) => (some, Some(format!("parameter `{name}`: {why}"))),
        Carried::None(reason) => return Err(Problem::Unsendable(reason)),
    };
    if !is_chosen && is_ambiguous(shapes, written, &shape, document.version) {
        return Err(unsendable(
            "what `style: label` without `explode` means for a list was changed in OpenAPI 3.0.4 and 3.1.1; say which in \
             the catalog, with `style` and `explode` of this argument",
        ));
    }
    let description = super::description(value).or_else(|| schema.and_then(super::description)).unwrap_or_default();
    Ok((
        Parameter {
            argument,
            name: name.clone(),
            required: *location == Location::Path || is_true(value, "required"),
            place: place(*location, written),
            shape,
            // It goes with `style`, which JSON text does not have.
            reserved: *location == Location::Query && written != Style::Json && is_true(value, "allowReserved"),
            description: with_default(description, schema.and_then(|schema| schema.get("default"))),
        },
        note,
    ))
}

/// The schema, where it stands, and the media type of a parameter with `content` (OpenAPI 3.0.4, section 4.7.12.2.2).
fn schema_of<'v>(one: &Listed<'v>) -> (Option<&'v Value>, String, Option<&'v str>) {
    let Listed { value, pointer, .. } = one;
    if let Some(schema) = value.get("schema") {
        return (Some(schema), format!("{pointer}/schema"), None);
    }
    let content = value.get("content").and_then(Value::as_object).and_then(|content| content.iter().next());
    let Some((media_type, media)) = content else { return (None, String::new(), None) };
    (media.get("schema"), format!("{pointer}/content/{}/schema", escape(media_type)), Some(media_type))
}

fn place(location: Location, style: Style) -> Place {
    match location {
        Location::Path => Place::Path(style),
        Location::Query => Place::Query(style),
        Location::Header => Place::Header(style),
        // A single value, and only that is carried, is written alike.
        Location::Cookie if style == Style::FormExploded => Place::Cookie(Style::Form),
        Location::Cookie => Place::Cookie(style),
    }
}

fn is_true(value: &Value, key: &str) -> bool {
    value.get(key) == Some(&Value::Bool(true))
}

/// No two parameters may be sent under one name. The members of an exploded object stand in the query under their own names,
/// a fixed query of the path has names as well, and headers are compared without case (RFC 9110, section 5.1).
fn check_overlap(parameters: &[Parameter], found: &Found) -> Result<(), Refusal> {
    let refuse = |name: &str| {
        let reason = format!("two parameters would both be sent as `{}`", super::one_line(name));
        Err(Refusal::new("E0212", &found.pointer, reason))
    };
    let fixed = found.path.split_once('?').map_or("", |(_, query)| query);
    let fixed = fixed.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    let mut queries: BTreeSet<String> = fixed.filter(|name| !name.is_empty()).filter_map(percent_decode).collect();
    let mut headers: BTreeSet<String> = BTreeSet::new();
    for parameter in parameters {
        match (&parameter.shape, parameter.place) {
            (Shape::Object(object), Place::Query(Style::FormExploded)) => {
                for property in &object.properties {
                    if !queries.insert(property.name.clone()) {
                        return refuse(&property.name);
                    }
                }
            }
            (_, Place::Query(_)) if !queries.insert(parameter.name.clone()) => return refuse(&parameter.name),
            (_, Place::Header(_)) if !headers.insert(parameter.name.to_ascii_lowercase()) => {
                return refuse(&parameter.name);
            }
            _ => {}
        }
    }
    Ok(())
}
