//! `consumes` and `produces` (Swagger 2.0), and the `content` that is made of them (OpenAPI 3.0.4, section 4.8.14).

use std::rc::Rc;

use serde_json::{Map, Value};

use super::reference;
use crate::media::essence;
use crate::normalise::escape;

/// A list with more media types is refused: each type is an entry in every body and answer of the document.
pub(super) const TYPES_MAX: usize = 64;

const JSON: &str = "application/json";

/// A list of media types.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Media {
    /// Each once, in their order, at most [`TYPES_MAX`]. Empty where nothing is said.
    types: Rc<[String]>,
    /// Whether there were more.
    pub is_cut: bool,
}

impl Media {
    /// Reads a list, or one type that stands alone. Anything else says nothing.
    pub(super) fn read(value: Option<&Value>) -> Self {
        let listed = match value {
            Some(Value::Array(listed)) => listed.as_slice(),
            Some(alone @ Value::String(_)) => std::slice::from_ref(alone),
            _ => &[],
        };
        let mut types: Vec<String> = Vec::new();
        let mut is_cut = false;
        for media_type in listed.iter().filter_map(Value::as_str) {
            if types.iter().any(|known| known == media_type) {
                continue;
            }
            is_cut = types.len() == TYPES_MAX;
            if is_cut {
                break;
            }
            types.push(media_type.to_owned());
        }
        Self { types: types.into(), is_cut }
    }

    /// The list of an operation: its own, which may be empty, or else the document's.
    pub(super) fn of(operation: &Map<String, Value>, key: &str, document: &Self) -> Self {
        match operation.get(key) {
            own @ Some(Value::Array(_) | Value::String(_)) => Self::read(own),
            _ => document.clone(),
        }
    }

    /// The types of a body or an answer. Where nothing is said, it is JSON, or bytes for a file.
    pub(super) fn types(&self, is_file: bool) -> Vec<&str> {
        match (self.types.is_empty(), is_file) {
            (true, true) => vec!["application/octet-stream"],
            (true, false) => vec![JSON],
            (false, _) => self.types.iter().map(String::as_str).collect(),
        }
    }

    /// The types of a form (Swagger 2.0, section "Parameter Object": `formData` is for these two alone).
    pub(super) fn form_types(&self, has_file: bool) -> Vec<&str> {
        if has_file {
            return vec![MULTIPART];
        }
        let is_form = |name: &&str| matches!(essence(name).as_str(), FORM | MULTIPART);
        let types: Vec<&str> = self.types.iter().map(String::as_str).filter(is_form).collect();
        if types.is_empty() { vec![FORM] } else { types }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// Whether it is a form of parts.
pub(super) fn is_multipart(media_type: &str) -> bool {
    essence(media_type) == MULTIPART
}

/// The `content` that stands at `pointer`, and the pointer of its schema.
///
/// The schema stands once, with the first JSON type, or else the first; the other types refer to it there.
pub(super) fn content(types: &[&str], schema: Option<Value>, pointer: &str) -> (Map<String, Value>, String) {
    let holder = types.iter().position(|name| essence(name).ends_with("json")).unwrap_or_default();
    let holder_pointer = format!("{pointer}/{}/schema", escape(types.get(holder).copied().unwrap_or_default()));
    let is_reference = schema
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|schema| schema.len() == 1 && schema.contains_key("$ref"));
    let again = match &schema {
        Some(schema) if is_reference => Some(schema.clone()),
        Some(_) => Some(reference(&holder_pointer)),
        None => None,
    };
    let mut schema = schema;
    let mut content = Map::new();
    for (at, media_type) in types.iter().enumerate() {
        let schema = if at == holder { schema.take() } else { again.clone() };
        let media = schema.map(|schema| ("schema".to_owned(), schema));
        content.insert((*media_type).to_owned(), media.into_iter().collect::<Map<_, _>>().into());
    }
    (content, holder_pointer)
}
