//! Names of schemas: which name a pointer has, and where a name is worth having.

use serde_json::Value;

use super::ShapeReader;
use crate::ir::{Number, Shape, Text};
use crate::normalise::{FILES, file_of, unescape};

impl ShapeReader<'_> {
    /// The name of the schema at `pointer`: that of the document's schema or of its file. Where another schema has that
    /// name already, the whole way to it.
    pub(super) fn name_of(&mut self, pointer: &str) -> String {
        if let Some(name) = self.names.get(pointer) {
            return name.clone();
        }
        let whole = match file_of(pointer) {
            Some(file) => {
                let rest = pointer.splitn(4, '/').nth(3).map_or_else(String::new, |rest| format!("#/{rest}"));
                format!("{file}{rest}")
            }
            None => pointer.trim_start_matches('/').to_owned(),
        };
        let short = short_name(pointer).filter(|name| !name.is_empty());
        let free = |name: &String| !self.named.contains_key(name);
        let name = short.filter(free).unwrap_or(whole);
        self.names.insert(pointer.to_owned(), name.clone());
        name
    }
}

/// What people call the schema: its key among the document's schemas, or the name of its file.
fn short_name(pointer: &str) -> Option<String> {
    let within = match pointer.strip_prefix(&format!("/{FILES}/")) {
        Some(rest) => {
            let Some((_, within)) = rest.split_once('/') else {
                let path = unescape(rest);
                let file = path.rsplit('/').next()?;
                return Some(file.split('.').next().unwrap_or(file).to_owned());
            };
            within
        }
        None => pointer.strip_prefix('/')?,
    };
    let tokens: Vec<&str> = within.split('/').collect();
    match tokens.as_slice() {
        ["components", "schemas", name] | ["definitions" | "schemas" | "$defs", name] | [name] => Some(unescape(name)),
        _ => None,
    }
}

/// A use of a named shape: scalars are said on the spot, since a name would only hide them.
pub(super) fn shared(name: &str, shape: &Shape) -> Shape {
    match shape {
        Shape::Any | Shape::Boolean | Shape::Integer(_) | Shape::Number(_) | Shape::Text(_) | Shape::File => {
            shape.clone()
        }
        Shape::Words(values) | Shape::Literals(values) if values.len() <= 8 => shape.clone(),
        Shape::Nullable(inner) => match shared(name, inner) {
            Shape::Named(_) => Shape::Named(name.to_owned()),
            inner => Shape::Nullable(Box::new(inner)),
        },
        _ => Shape::Named(name.to_owned()),
    }
}

/// Whether the schema is an object and nothing else, so that a reference to it can stand for it unread.
pub(super) fn is_plain_object(schema: &Value) -> bool {
    let is_object = schema.get("type").is_some_and(|kind| kind == "object") || schema.get("properties").is_some();
    is_object && ["allOf", "oneOf", "anyOf", "enum", "$ref"].iter().all(|keyword| schema.get(keyword).is_none())
}

/// The shape without bounds: what came in is not judged by them.
pub(super) fn without_bounds(shape: Shape) -> Shape {
    match shape {
        Shape::Integer(_) => Shape::Integer(Box::default()),
        Shape::Number(_) => Shape::Number(Number::default()),
        Shape::Text(text) => Shape::Text(Text { format: text.format, ..Text::default() }),
        Shape::List(mut list) => {
            (list.items_min, list.items_max, list.unique) = (0, None, false);
            Shape::List(list)
        }
        Shape::Object(mut object) => {
            (object.properties_min, object.properties_max) = (0, None);
            Shape::Object(object)
        }
        shape => shape,
    }
}
