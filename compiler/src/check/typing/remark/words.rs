//! How types are called.

use super::super::heads::{Head, View};
use super::super::narrow::kind;
use super::super::types::{Place, Rest, Type};
use super::Declared;
use crate::ir::Shape;

/// The kinds of these alternatives in words: `a text or a number`.
pub(in crate::check::typing) fn kinds(heads: &[Head<'_>]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for head in heads {
        let word = match kind(&head.view) {
            "null" => "null",
            "boolean" => "a boolean",
            "number" => "a number",
            "string" => "a text",
            "array" => "a list",
            "object" => "an object",
            _ => "a value that is not known",
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    // Null is no news where there is something else.
    if words.len() > 1 {
        words.retain(|word| *word != "null");
    }
    words.join(" or ")
}

/// The named shapes that these objects are of; none if one of them has no name.
pub(in crate::check::typing) fn owners(heads: &[&Head<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for head in heads {
        let name = match (&head.of, &head.view) {
            (Type::Document(Place { shape: Shape::Named(name), .. }), _) => Some(name.as_str()),
            (_, View::Object(_, place)) => name_of(place),
            (_, View::Made(object)) => match &object.rest {
                Rest::Document(place) => name_of(place),
                _ => None,
            },
            _ => None,
        };
        let Some(name) = name else { return Vec::new() };
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The name of the shape at a place, where it has one of its own.
fn name_of<'s>(place: &Place<'s>) -> Option<&'s str> {
    place.around.as_ref().filter(|around| around.path == place.path).map(|around| around.name)
}

/// Who lacks a field, with the verb: `` `Part` has ``, ``none of `Cat`, `Dog` has``, `the object here has`.
pub(in crate::check::typing) fn owner(names: &[String], count: usize) -> String {
    match names {
        [only] => format!("`{only}` has"),
        [] if count == 1 => "the object here has".into(),
        [_, ..] if names.len() <= 4 => {
            format!("none of {} has", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
        _ => format!("none of the {count} kinds of object here has"),
    }
}

/// The member of a named shape that these alternatives come from, if they are of one.
pub(in crate::check::typing) fn member_of(heads: &[Head<'_>]) -> Option<Declared> {
    let place = heads.iter().find_map(|head| match &head.of {
        Type::Document(place) => Some(place),
        _ => None,
    })?;
    let around = place.around.as_ref()?;
    let rest = place.path.strip_prefix(&*around.path)?;
    let name = rest.strip_prefix('.').unwrap_or(rest);
    let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    is_name.then(|| Declared { schema: around.name.to_owned(), member: Some(name.to_owned()) })
}
