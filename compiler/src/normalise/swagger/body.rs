//! `in: body` and `in: formData` parameters (Swagger 2.0) -> Request Body Objects (OpenAPI 3.0.4, section 4.8.13).

use serde_json::{Map, Value};

use super::ledger::{Ledger, Spot};
use super::media::{Media, content, is_multipart};
use super::parameter::{self, Joined, Place};
use super::{meant, reference, refuse};
use crate::normalise::{Files, escape};

/// A parameter that becomes the body, or a property of it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// [`Place::Body`] or [`Place::Form`].
    pub place: Place,
    /// The name of a form's property.
    pub name: String,
    /// Where it stands in the operation's list, or in that of its path item.
    pub before: Spot,
    required: Option<Value>,
    description: Option<Value>,
    /// Its `x-*` keys and the like.
    others: Map<String, Value>,
    schema: Option<Value>,
    joined: Joined,
    is_file: bool,
    /// Whether its schema moves into the body.
    is_own: bool,
}

impl Part {
    /// A parameter that stands in the operation's own list, at `before`.
    pub(super) fn own(mut parameter: Map<String, Value>, before: Spot) -> Self {
        let place = parameter::place(&parameter);
        let split = if place == Place::Form { parameter::split(&mut parameter) } else { None };
        let mut take = |key: &str| parameter.shift_remove(key);
        let name = text(take("name").as_ref());
        let (required, description, schema) = (take("required"), take("description"), take("schema"));
        for key in ["in", "allowEmptyValue", "collectionFormat"] {
            take(key);
        }
        let (schema, joined, is_file) = match split {
            Some(split) => (Some(split.schema.into()), split.joined, split.is_file),
            None => (schema, Joined::Single, false),
        };
        Self { place, name, before, required, description, others: parameter, schema, joined, is_file, is_own: true }
    }

    /// A parameter that stands, or will stand, at `pointer`, and is listed at `before`.
    pub(super) fn shared(
        parameter: &Map<String, Value>,
        pointer: &str,
        before: Spot,
        (root, files): (&Value, &Files),
        ledger: &mut Ledger<'_>,
    ) -> Self {
        let place = parameter::place(parameter);
        let schema = match (place, parameter.get("schema").and_then(Value::as_object)) {
            (Place::Form, _) => Some(format!("{pointer}/schema")),
            (_, Some(schema)) if schema.len() == 1 => {
                let here = format!("{pointer}/schema");
                Some(meant(root, files, &here, schema).unwrap_or(here))
            }
            _ => parameter.contains_key("schema").then(|| format!("{pointer}/schema")),
        };
        // A form's property has its description from the schema that it refers to.
        let description = parameter
            .get("description")
            .filter(|description| place == Place::Body && ledger.may_copy(description.as_str().map_or(0, str::len)));
        let (joined, is_file) = parameter::form(parameter);
        Self {
            place,
            name: text(parameter.get("name")),
            before,
            required: parameter.get("required").filter(|required| required.is_boolean()).cloned(),
            description: description.cloned(),
            others: Map::new(),
            schema: schema.map(|pointer| reference(&pointer)),
            joined,
            is_file,
            is_own: false,
        }
    }

    fn is_required(&self) -> bool {
        self.required == Some(Value::Bool(true))
    }

    /// Says that the part's schema stands at `now`.
    fn stands(&self, now: &str, ledger: &mut Ledger<'_>) {
        if self.place == Place::Form {
            ledger.came(&self.before, now.to_owned());
        } else {
            ledger.came(&self.before.below("/schema"), now.to_owned());
        }
        if self.is_own {
            ledger.leads(&self.before.below("/schema"), now.to_owned());
            if self.place == Place::Form {
                ledger.leads(&self.before, now.to_owned());
            }
        }
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The request body that `parts` say, for the operation at `operation`; `None` if there are none.
///
/// One body, or any number of form parameters (Swagger 2.0, section "Parameter Object").
pub(super) fn request_body(
    mut parts: Vec<Part>,
    consumes: &Media,
    operation: &Spot,
    ledger: &mut Ledger<'_>,
) -> Option<Value> {
    let pointer = format!("{}/requestBody", operation.pointer);
    ledger.came(&parts.first()?.before, pointer.clone());
    let bodies = parts.iter().filter(|part| part.place == Place::Body).count();
    let body = match (bodies, parts.len()) {
        (0, _) => form(parts, consumes, &pointer, ledger),
        (1, 1) => whole(parts.pop()?, consumes, &pointer, ledger),
        (1, _) => refused("the operation has both `in: body` and `in: formData` parameters; a request has one body"),
        _ => refused("the operation has two `in: body` parameters; a request has one body"),
    };
    let mut body = body;
    if consumes.is_cut {
        refuse(&mut body, "E0213", "the operation takes more media types than are read here".to_owned());
    }
    Some(body.into())
}

fn refused(reason: &str) -> Map<String, Value> {
    let mut body = Map::from_iter([("content".to_owned(), Map::new().into())]);
    refuse(&mut body, "E0213", reason.to_owned());
    body
}

/// The body of an `in: body` parameter.
fn whole(mut part: Part, consumes: &Media, pointer: &str, ledger: &mut Ledger<'_>) -> Map<String, Value> {
    let types = consumes.types(false);
    let (content, schema_pointer) = content(&types, part.schema.take(), &format!("{pointer}/content"));
    part.stands(&schema_pointer, ledger);
    let mut body = Map::new();
    body.extend(part.description.map(|description| ("description".to_owned(), description)));
    body.insert("content".to_owned(), content.into());
    body.extend(part.required.map(|required| ("required".to_owned(), required)));
    body.extend(part.others);
    body
}

/// The body of `in: formData` parameters: an object with a property for each.
fn form(parts: Vec<Part>, consumes: &Media, pointer: &str, ledger: &mut Ledger<'_>) -> Map<String, Value> {
    let types = consumes.form_types(parts.iter().any(|part| part.is_file));
    let (mut properties, mut required, mut encoding) = (Map::new(), Vec::new(), Map::new());
    let mut reason = None;
    let schema_pointer = content(&types, None, &format!("{pointer}/content")).1;
    for mut part in parts {
        part.stands(&format!("{schema_pointer}/properties/{}", escape(&part.name)), ledger);
        if part.is_required() {
            required.push(Value::String(part.name.clone()));
        }
        match &part.joined {
            Joined::Single => {}
            // A list of files is repeated parts, whatever it says.
            Joined::As(..) if part.is_file => {}
            Joined::As(style, explode) => {
                let written = [("style".to_owned(), (*style).into()), ("explode".to_owned(), (*explode).into())];
                encoding.insert(part.name.clone(), Map::from_iter(written).into());
            }
            Joined::Unknown(said) => {
                reason.get_or_insert(format!("the form's parameter `{}` is a list {said}", part.name));
            }
        }
        properties.insert(part.name.clone(), property(&mut part));
    }
    let is_required = !required.is_empty();
    let mut schema =
        Map::from_iter([("type".to_owned(), "object".into()), ("properties".to_owned(), properties.into())]);
    if is_required {
        schema.insert("required".to_owned(), required.into());
    }
    let (mut content, _) = content(&types, Some(schema.into()), &format!("{pointer}/content"));
    for (media_type, media) in &mut content {
        encode(media, &encoding, is_multipart(media_type));
    }
    let mut body = Map::from_iter([("content".to_owned(), content.into())]);
    if is_required {
        body.insert("required".to_owned(), true.into());
    }
    if let Some(reason) = reason {
        refuse(&mut body, "E0213", reason);
    }
    body
}

/// The schema of a form's parameter, with what stood beside its type.
fn property(part: &mut Part) -> Value {
    let mut schema = part.schema.take().unwrap_or_else(|| Map::new().into());
    if let Value::Object(members) = &mut schema
        && part.is_own
    {
        members.extend(part.description.take().map(|description| ("description".to_owned(), description)));
        members.extend(std::mem::take(&mut part.others));
    }
    schema
}

/// Gives a media type its `encoding`. In multipart, a list is repeated parts by itself.
fn encode(media: &mut Value, encoding: &Map<String, Value>, is_multipart: bool) {
    let is_said =
        |(_, written): &(&String, &Value)| !is_multipart || written.get("explode") != Some(&Value::Bool(true));
    let encoding: Map<String, Value> =
        encoding.iter().filter(is_said).map(|(name, written)| (name.clone(), written.clone())).collect();
    if let Value::Object(media) = media
        && !encoding.is_empty()
    {
        media.insert("encoding".to_owned(), encoding.into());
    }
}
