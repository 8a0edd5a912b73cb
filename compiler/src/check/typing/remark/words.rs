//! How types are called.

use super::super::heads::{Head, View};
use super::super::narrow::kind;
use super::super::types::{Place, Type};
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

/// Who lacks a field, with the verb: `` `Part` has ``, ``none of `Cat`, `Dog` has``, `the object here has`.
pub(in crate::check::typing) fn owner(heads: &[&Head<'_>]) -> String {
    let mut names: Vec<String> = Vec::new();
    for head in heads {
        let name = match (&head.of, &head.view) {
            (Type::Document(Place { shape: Shape::Named(name), .. }), _) => Some(name.as_str()),
            (_, View::Object(_, place)) => {
                place.around.as_ref().filter(|around| around.path == place.path).map(|around| around.name)
            }
            _ => None,
        };
        let Some(name) = name else { return several(heads.len()) };
        let name = format!("`{name}`");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [only] => format!("{only} has"),
        names if names.len() <= 4 => format!("none of {} has", names.join(", ")),
        names => several(names.len()),
    }
}

fn several(count: usize) -> String {
    if count == 1 { "the object here has".into() } else { format!("none of the {count} kinds of object here has") }
}
