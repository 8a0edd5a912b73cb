//! The type of a rule's outcome as the shape of the tool's output.
//!
//! It says types alone. What the rule makes is as certain as the rule; what it takes from the answer is as certain as the
//! document, so bounds, formats and patterns are left out, and whatever may be missing may be null.

use std::collections::{BTreeMap, BTreeSet};

use super::heads::{Names, View, heads};
use super::types::{Rest, Type};
use crate::ir::{LENIENT, List, Number, Object, Property, Shape, Text};

/// A shape has no more parts, and they nest no deeper; what is beyond may be anything.
const PARTS_MAX: usize = 5_000;
const DEPTH_MAX: usize = 64;

/// The shape of the values of a type.
pub(super) fn shape<'s>(of: &Type<'s>, names: &'s Names) -> Shape {
    Writer { names, parts: 0, depth: 0 }.shape(of)
}

struct Writer<'s> {
    names: &'s Names,
    parts: usize,
    depth: usize,
}

impl<'s> Writer<'s> {
    fn shape(&mut self, of: &Type<'s>) -> Shape {
        self.parts += 1;
        if self.parts > PARTS_MAX || self.depth > DEPTH_MAX {
            return Shape::Any;
        }
        self.depth += 1;
        let shape = match of {
            Type::Any => Shape::Any,
            Type::Null | Type::Perhaps => Shape::Literals(vec!["null".into()]),
            Type::Bool => Shape::Boolean,
            Type::Int => Shape::Integer(Box::default()),
            Type::Num => Shape::Number(Number::default()),
            Type::Str => Shape::Text(Text::default()),
            Type::Words(words) => Shape::Words(words.to_vec()),
            Type::List(item) => list(if item.is_never() { Shape::Any } else { self.shape(item) }),
            Type::Row(items) => list(self.union(items)),
            Type::Object(object) => match &object.rest {
                // What the rule knows more of it is not said: the document's name for it is.
                Rest::Document(place) => match place.around.as_deref() {
                    Some(around) if around.path == place.path => Shape::Named(around.name.to_owned()),
                    _ => lenient(place.shape),
                },
                Rest::None => self.object(&object.fields, None),
                Rest::Any => self.object(&object.fields, Some(Box::new(Shape::Any))),
            },
            Type::Union(union) => self.union(&union.of),
            Type::From(value, _) => self.shape(value),
            Type::Document(place) => lenient(place.shape),
        };
        self.depth -= 1;
        shape
    }

    fn object(&mut self, fields: &[(String, Type<'s>)], rest: Option<Box<Shape>>) -> Shape {
        let properties = fields
            .iter()
            .map(|(name, member)| Property {
                name: name.clone(),
                shape: self.shape(member),
                required: true,
                description: String::new(),
            })
            .collect();
        Shape::Object(Object { properties, rest, ..Object::default() })
    }

    fn union(&mut self, of: &[Type<'s>]) -> Shape {
        let mut parts = Parts::default();
        for one in of {
            match one {
                // Of an empty list there is nothing to say beside another one.
                Type::List(item) if item.is_never() && of.iter().any(|other| self.is_list(other)) => {}
                one => parts.add(self.shape(one)),
            }
        }
        parts.shape()
    }

    fn is_list(&self, of: &Type<'s>) -> bool {
        heads(of, self.names).iter().any(|head| matches!(&head.view, View::List(item) if !item.is_never()))
    }
}

/// Alternatives, of which the wider takes in the narrower.
#[derive(Default)]
struct Parts {
    is_nullable: bool,
    is_any: bool,
    words: Vec<String>,
    others: Vec<Shape>,
}

impl Parts {
    fn add(&mut self, shape: Shape) {
        match shape {
            Shape::Any => self.is_any = true,
            Shape::Literals(literals) if literals.iter().all(|literal| literal == "null") => self.is_nullable = true,
            Shape::Nullable(inner) => {
                self.is_nullable = true;
                self.add(*inner);
            }
            Shape::AnyOf(shapes) => shapes.into_iter().for_each(|shape| self.add(shape)),
            Shape::Words(words) => {
                for word in words {
                    if !self.words.contains(&word) {
                        self.words.push(word);
                    }
                }
            }
            shape if self.others.contains(&shape) => {}
            shape => self.others.push(shape),
        }
    }

    fn shape(self) -> Shape {
        if self.is_any {
            return Shape::Any;
        }
        let has = |wanted: fn(&Shape) -> bool| self.others.iter().any(wanted);
        let (has_text, has_number) =
            (has(|shape| matches!(shape, Shape::Text(_))), has(|shape| matches!(shape, Shape::Number(_))));
        let mut all: Vec<Shape> = Vec::new();
        if !self.words.is_empty() && !has_text {
            all.push(Shape::Words(self.words));
        }
        all.extend(self.others.into_iter().filter(|shape| !(has_number && matches!(shape, Shape::Integer(_)))));
        let shape = match all.len() {
            0 if self.is_nullable => return Shape::Literals(vec!["null".into()]),
            0 => return Shape::Any,
            1 => all.remove(0),
            _ => Shape::AnyOf(all),
        };
        if self.is_nullable { Shape::Nullable(Box::new(shape)) } else { shape }
    }
}

fn list(items: Shape) -> Shape {
    Shape::List(Box::new(List { items, items_min: 0, items_max: None, unique: false }))
}

/// A shape of the document without formats, and with members that may be missing; what it names stays a name.
fn lenient(shape: &Shape) -> Shape {
    match shape {
        Shape::Text(_) => Shape::Text(Text::default()),
        Shape::File => Shape::Any,
        shape => with_parts(shape, lenient, false),
    }
}

/// A shape whose parts have been replaced. With `keeps`, its members stay required.
fn with_parts(shape: &Shape, part: impl Fn(&Shape) -> Shape, keeps: bool) -> Shape {
    match shape {
        Shape::List(inner) => list(part(&inner.items)),
        Shape::Nullable(inner) => Shape::Nullable(Box::new(part(inner))),
        Shape::AnyOf(shapes) => Shape::AnyOf(shapes.iter().map(part).collect()),
        Shape::Object(object) => Shape::Object(Object {
            properties: object
                .properties
                .iter()
                .map(|property| Property {
                    shape: part(&property.shape),
                    required: property.required && keeps,
                    ..property.clone()
                })
                .collect(),
            rest: object.rest.as_deref().map(|rest| Box::new(part(rest))),
            ..object.clone()
        }),
        shape => shape.clone(),
    }
}

/// The outcome of one tool's rule, and whether it is the whole answer.
pub(in crate::check) struct Outcome<'o> {
    pub(in crate::check) shape: &'o mut Shape,
    pub(in crate::check) is_whole: bool,
}

/// The named shapes that these outcomes are made of.
///
/// Of a whole answer they are as the document has them. Of what a rule has made they are lenient, as all of it is; a name
/// that means both is `NAME, lenient` there.
pub(in crate::check) fn named_shapes(outcomes: &mut [Outcome<'_>], names: &Names) -> BTreeMap<String, Shape> {
    let reached = |outcomes: &[Outcome<'_>], is_whole: bool| {
        let those = outcomes.iter().filter(|outcome| outcome.is_whole == is_whole);
        reachable(those.map(|outcome| &*outcome.shape), names)
    };
    let mut all = reached(outcomes, true);
    let made = reached(outcomes, false);
    // Where the document requires nothing, the two are one.
    let requiring = requiring(&made);
    let is_two = |name: &String| all.contains_key(name) && requiring.contains(name.as_str());
    let renamed: BTreeMap<String, String> =
        made.keys().filter(|name| is_two(name)).map(|name| (name.clone(), free_name(name, names))).collect();
    for (name, shape) in &made {
        let name = renamed.get(name).unwrap_or(name);
        all.entry(name.clone()).or_insert_with(|| rename(&lenient(shape), &renamed));
    }
    if !renamed.is_empty() {
        for outcome in outcomes.iter_mut().filter(|outcome| !outcome.is_whole) {
            *outcome.shape = rename(outcome.shape, &renamed);
        }
    }
    all
}

/// The names whose shape requires a member, or reaches one that does.
fn requiring(shapes: &BTreeMap<String, Shape>) -> BTreeSet<&str> {
    let mut named_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open: Vec<&str> = Vec::new();
    for (name, shape) in shapes {
        shape.names(&mut |part| {
            if let Some((part, _)) = shapes.get_key_value(part) {
                named_by.entry(part).or_default().push(name);
            }
        });
        if requires(shape) {
            open.push(name);
        }
    }
    let mut found: BTreeSet<&str> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(named_by.get(name).into_iter().flatten());
        }
    }
    found
}

/// Whether a shape requires a member of an object, names apart.
fn requires(shape: &Shape) -> bool {
    match shape {
        Shape::Object(object) => {
            object.properties.iter().any(|property| property.required || requires(&property.shape))
                || object.rest.as_deref().is_some_and(requires)
        }
        Shape::List(list) => requires(&list.items),
        Shape::AnyOf(shapes) => shapes.iter().any(requires),
        Shape::Nullable(inner) => requires(inner),
        _ => false,
    }
}

fn free_name(name: &str, names: &Names) -> String {
    let mut free = format!("{name}{LENIENT}");
    while names.contains_key(&free) {
        free.push('_');
    }
    free
}

fn rename(shape: &Shape, renamed: &BTreeMap<String, String>) -> Shape {
    match shape {
        Shape::Named(name) => Shape::Named(renamed.get(name).unwrap_or(name).clone()),
        shape => with_parts(shape, |part| rename(part, renamed), true),
    }
}

/// The named shapes that these shapes reach.
fn reachable<'s>(shapes: impl Iterator<Item = &'s Shape>, names: &'s Names) -> BTreeMap<String, Shape> {
    let mut found: BTreeMap<String, Shape> = BTreeMap::new();
    let mut open: Vec<&Shape> = shapes.collect();
    while let Some(shape) = open.pop() {
        shape.names(&mut |name| {
            if let Some((name, shape)) = names.get_key_value(name)
                && !found.contains_key(name)
            {
                found.insert(name.clone(), shape.clone());
                open.push(shape);
            }
        });
    }
    found
}
