//! Bodies of members: `application/x-www-form-urlencoded` and `multipart/form-data` with Encoding Objects (OpenAPI 3.0.4,
//! section 4.7.15).

use std::collections::{BTreeMap, BTreeSet};

use airlock_contract::request::is_media_type;
use serde_json::Value;

use super::super::Refusal;
use super::super::shape::{Note, ShapeReader};
use super::super::style::{Carried, Location, carried, is_scalar, style};
use crate::ir::{Body, Field, Object, Part, PartContent, Shape, Style};
use crate::media::{essence, is_json};

type Read = Result<(Body, Shape), Refusal>;

/// A form. Members that no form can carry are left out, with a note; where they must be sent, the body is refused.
pub(super) fn form(
    shapes: &ShapeReader<'_>,
    shape: &Shape,
    media: &Value,
    pointer: &str,
    notes: &mut Vec<Note>,
) -> Read {
    let mut fields: BTreeMap<String, Field> = BTreeMap::new();
    // A member that nobody names is written as a single value or a list of them; others are refused when it is called.
    let open = Object { rest: Some(Box::new(Shape::Any)), ..Object::default() };
    if *shape == Shape::Any {
        return Ok((Body::Form(Vec::new()), Shape::Object(open)));
    }
    // Members of such an object stand in the form under names of their own.
    let mut is_spread = false;
    let shape = each_member(shapes, shape, pointer, true, notes, &mut |name, shape| {
        let encoding = &media["encoding"][name];
        let (field, shape, why) = field(shapes, name, shape, encoding)?;
        is_spread |= field.style == Style::DeepObject
            || field.style == Style::FormExploded && says_style(encoding) && may_be_object(shapes, &shape);
        fields.insert(name.to_owned(), field);
        Ok((shape, why))
    })?;
    // A row says what is not the default; or else which names are the form's own, and no spread member may take.
    fields.retain(|_, field| is_spread || field.style != Style::FormExploded || field.reserved);
    Ok((Body::Form(fields.into_values().collect()), shape))
}

/// Whether `encoding` says how a member is written.
fn says_style(encoding: &Value) -> bool {
    encoding.get("style").is_some() || encoding.get("explode").is_some()
}

fn may_be_object(shapes: &ShapeReader<'_>, shape: &Shape) -> bool {
    let mut may = false;
    shapes.each_alternative(shape, &mut BTreeSet::new(), &mut |shape| {
        may |= matches!(shape, Shape::Object(_) | Shape::Any | Shape::Literals(_));
    });
    may
}

type Member<T> = Result<T, String>;

fn field(
    shapes: &ShapeReader<'_>,
    name: &str,
    shape: &Shape,
    encoding: &Value,
) -> Member<(Field, Shape, Option<String>)> {
    let says_style = says_style(encoding);
    let is_json_text = encoding["contentType"].as_str().is_some_and(is_json);
    let reserved = encoding["allowReserved"] == Value::Bool(true);
    let written = if is_json_text && !says_style {
        Style::Json
    } else {
        style(Location::Query, encoding["style"].as_str(), encoding["explode"].as_bool())?
    };
    let expanded = shapes.expand(shape);
    if !says_style && !is_json_text && matches!(expanded, Shape::Object(_)) {
        return Err("how an object is written in a form is not declared (`encoding`)".into());
    }
    let (shape, why) = match carried(shapes, written, Location::Query, shape) {
        Carried::All => (shape.clone(), None),
        Carried::Some(some, why) => (some, Some(why)),
        Carried::None(reason) => return Err(reason),
    };
    Ok((Field { name: name.to_owned(), style: written, reserved }, shape, why))
}

/// Parts. Each property is one, or one for each item of a list.
pub(super) fn multipart(
    shapes: &ShapeReader<'_>,
    shape: &Shape,
    media: &Value,
    pointer: &str,
    notes: &mut Vec<Note>,
) -> Read {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let shape = each_member(shapes, shape, pointer, false, notes, &mut |name, shape| {
        // It stands in quotes, where receivers do not agree on what a backslash is.
        if name.is_empty() || name.chars().any(|char| char.is_control() || matches!(char, '"' | '\\')) {
            return Err("the name cannot be that of a part".into());
        }
        let (part, shape, why) = part(shapes, name, shape, &media["encoding"][name])?;
        match parts.get(name) {
            Some(known) if *known != part => return Err("its kinds are written differently".into()),
            Some(_) => {}
            None => {
                order.push(name.to_owned());
                parts.insert(name.to_owned(), part);
            }
        }
        Ok((shape, why))
    })?;
    let parts = order.iter().filter_map(|name| parts.remove(name)).collect();
    Ok((Body::Multipart(parts), shape))
}

fn part(
    shapes: &ShapeReader<'_>,
    name: &str,
    shape: &Shape,
    encoding: &Value,
) -> Member<(Part, Shape, Option<String>)> {
    let mut why = None;
    let mut shape = with_files(shape.clone());
    let mut repeated = false;
    if let Shape::List(list) = shapes.expand(&shape) {
        repeated = true;
        shape = Shape::List(Box::new(crate::ir::List { items: with_files(list.items.clone()), ..*list }));
    }
    let item = match &shape {
        Shape::List(list) => list.items.clone(),
        shape => shape.clone(),
    };
    let declared = encoding["contentType"].as_str().map(|types| types.split(',').next().unwrap_or_default().trim());
    let declared = declared.filter(|media_type| !media_type.is_empty() && !media_type.contains('*'));
    if declared.is_some_and(|media_type| !is_media_type(media_type)) {
        return Err("the media type cannot be sent".into());
    }
    if encoding["headers"].as_object().is_some_and(|headers| !headers.is_empty()) {
        why = Some("headers of a part are not sent".to_owned());
    }
    let mut kinds = Kinds::default();
    shapes.each_alternative(&item, &mut BTreeSet::new(), &mut |shape| kinds.add(shape));
    let is_json_part = declared.is_some_and(is_json);
    let (content, media_type) = if kinds.file {
        if kinds.scalar || kinds.structured {
            shape = if repeated { only_files(shape) } else { Shape::File };
            why = Some("only files are taken, not texts".to_owned());
        }
        (PartContent::Bytes, declared.unwrap_or("application/octet-stream"))
    } else if !kinds.scalar && (is_json_part || kinds.structured) {
        if declared.is_some_and(|media_type| !is_json(media_type) && essence(media_type) != "text/plain") {
            return Err(format!("a value as {} cannot be written in a part", declared.unwrap_or_default()));
        }
        (PartContent::Json, declared.filter(|media_type| is_json(media_type)).unwrap_or("application/json"))
    } else {
        if kinds.structured {
            why = Some("arrays and objects are refused when it is called".to_owned());
        }
        (PartContent::Text, declared.unwrap_or(""))
    };
    Ok((Part { name: name.to_owned(), content, media_type: media_type.to_owned(), repeated }, shape, why))
}

#[derive(Default)]
struct Kinds {
    file: bool,
    scalar: bool,
    structured: bool,
}

impl Kinds {
    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::File => self.file = true,
            Shape::Any => self.scalar = true,
            Shape::List(_) | Shape::Object(_) => self.structured = true,
            shape if is_scalar(shape) => self.scalar = true,
            _ => {}
        }
    }
}

/// Binary texts are files in parts.
fn with_files(shape: Shape) -> Shape {
    match shape {
        Shape::Text(text) if text.format == "binary" => Shape::File,
        Shape::Nullable(inner) => Shape::Nullable(Box::new(with_files(*inner))),
        Shape::AnyOf(shapes) => Shape::AnyOf(shapes.into_iter().map(with_files).collect()),
        shape => shape,
    }
}

fn only_files(shape: Shape) -> Shape {
    match shape {
        Shape::List(mut list) => {
            list.items = Shape::File;
            Shape::List(list)
        }
        _ => Shape::File,
    }
}

type Change<'c> = &'c mut dyn FnMut(&str, &Shape) -> Member<(Shape, Option<String>)>;

/// Applies `change` to the members of an object, or of each object that a union admits. Members that nobody names are kept
/// where the form is `open`.
fn each_member(
    shapes: &ShapeReader<'_>,
    shape: &Shape,
    pointer: &str,
    open: bool,
    notes: &mut Vec<Note>,
    change: Change<'_>,
) -> Result<Shape, Refusal> {
    // Each named shape once, and without recursion: a document decides how far they lead and how often they meet.
    let mut objects = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut pending = vec![shape];
    while let Some(shape) = pending.pop() {
        match (shape, shape_of(shapes, shape)) {
            (Shape::Named(name), Some(target)) => {
                if seen.insert(name) {
                    pending.push(target);
                }
            }
            (Shape::Nullable(inner), _) => pending.push(inner),
            (Shape::AnyOf(branches), _) => pending.extend(branches.iter().rev()),
            (Shape::Object(object), _) => {
                let rest = object.rest.clone().filter(|_| open);
                let mut object = members(object.clone(), pointer, notes, change)?;
                if rest.is_none() && object.properties.is_empty() {
                    return Err(unknown(pointer));
                }
                object.rest = rest;
                objects.push(Shape::Object(object));
            }
            _ => return Err(unknown(pointer)),
        }
    }
    Ok(if objects.len() == 1 { objects.remove(0) } else { Shape::AnyOf(objects) })
}

fn shape_of<'s>(shapes: &'s ShapeReader<'_>, shape: &Shape) -> Option<&'s Shape> {
    match shape {
        Shape::Named(name) => shapes.shape(name),
        _ => None,
    }
}

fn unknown(pointer: &str) -> Refusal {
    Refusal::new("E0213", pointer, "a form is an object, and this schema does not say which members it has")
}

fn members(object: Object, pointer: &str, notes: &mut Vec<Note>, change: Change<'_>) -> Result<Object, Refusal> {
    let mut kept = Object { properties: Vec::new(), ..object };
    for mut property in object.properties {
        match change(&property.name, &property.shape) {
            Ok((shape, why)) => {
                notes.extend(why.map(|why| note(pointer, &format!("`{}` of the body: {why}", property.name))));
                property.shape = shape;
                kept.properties.push(property);
            }
            Err(reason) if property.required => {
                let reason = format!("`{}` of the body: {reason}", property.name);
                return Err(Refusal::new("E0213", pointer, reason));
            }
            Err(reason) => notes.push(note(pointer, &format!("`{}` of the body is left out: {reason}", property.name))),
        }
    }
    Ok(kept)
}

fn note(pointer: &str, text: &str) -> Note {
    Note { pointer: pointer.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::each_member;
    use crate::ir::Shape;
    use crate::normalise::Document;
    use crate::resolve::{Purpose, ShapeReader};

    /// How many kinds of object the schema `A0` is as a form.
    fn kinds(schemas: &Map<String, Value>) -> usize {
        let document = Document::plain(json!({"components": {"schemas": schemas}}));
        let mut shapes = ShapeReader::new(&document, Purpose::Sent);
        let shape = shapes.read(&json!({"$ref": "#/components/schemas/A0"}), "").expect("is sound");
        let whole = each_member(&shapes, &shape, "", false, &mut Vec::new(), &mut |_, shape| Ok((shape.clone(), None)));
        match whole.expect("is a form") {
            Shape::AnyOf(kinds) => kinds.len(),
            _ => 1,
        }
    }

    fn choice(name: &str, at: usize, next: &[String]) -> (String, Value) {
        let mut branches: Vec<Value> =
            next.iter().map(|name| json!({"$ref": format!("#/components/schemas/{name}")})).collect();
        branches.push(json!({"type": "object", "properties": {format!("{name}{at}"): {"type": "string"}}}));
        (format!("{name}{at}"), json!({ "anyOf": branches }))
    }

    #[test]
    fn a_long_chain_of_choices_does_not_exhaust_the_stack() {
        let schemas = (0..5000).map(|at| choice("A", at, &[format!("A{}", at + 1)]));
        assert_eq!(kinds(&schemas.chain([choice("A", 5000, &[])]).collect()), 5001);
    }

    /// Two ways lead from each choice to the next one: 2^40 to the last.
    #[test]
    fn choices_that_meet_again_are_taken_once() {
        let schemas = (0..40).flat_map(|at| {
            let next = [format!("A{}", at + 1)];
            [choice("A", at, &[format!("B{at}"), format!("C{at}")]), choice("B", at, &next), choice("C", at, &next)]
        });
        assert_eq!(kinds(&schemas.chain([choice("A", 40, &[])]).collect()), 121);
    }
}
