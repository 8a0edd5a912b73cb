//! What a type is on the outside: its alternatives, each with its kind. Names are looked up here, one at a time.

use airlock_contract::text::is_invisible;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::types::{Around, Object, Place, Rest, Type};
use crate::ir::{self, Others, Shape};

/// Named shapes nest no deeper than this around a place, and a shape has no more alternatives; what is beyond is not typed.
const DEPTH_MAX: usize = 64;
const ALTERNATIVES_MAX: usize = 256;

/// Named shapes of a catalog's answers.
pub(super) type Names = BTreeMap<String, Shape>;

/// One alternative of a type.
#[derive(Clone, Debug)]
pub(super) struct Head<'s> {
    /// The alternative as a type of its own.
    pub(super) of: Type<'s>,
    pub(super) view: View<'s>,
}

/// What an alternative is.
#[derive(Clone, Debug)]
pub(super) enum View<'s> {
    Any,
    Null,
    Perhaps,
    Bool,
    Int,
    Num,
    Str,
    Words(Rc<[String]>),
    /// With the type of its items.
    List(Type<'s>),
    /// An object of the document, and the place whose members it has.
    Object(&'s ir::Object, Place<'s>),
    /// An object that the rule made.
    Made(Rc<Object<'s>>),
}

/// What an object has under a name.
#[derive(Clone, Debug)]
pub(super) enum Member<'s> {
    /// This; null where it may be missing.
    Known(Type<'s>),
    /// It is not listed, and others like it are of this type.
    Rest(Type<'s>),
    /// It is not listed, and the document admits what it does not list.
    Open(Type<'s>),
    /// The object's schema says nothing at all.
    Unsaid(Type<'s>),
    /// Sent, and never received.
    WriteOnly,
    Missing,
}

impl<'s> Place<'s> {
    /// The whole answer.
    pub(super) fn answer(shape: &'s Shape) -> Self {
        Self { shape, path: Rc::from(""), around: None }
    }

    /// A place inside this one.
    pub(super) fn inside(&self, shape: &'s Shape, step: &str) -> Self {
        Self { shape, path: Rc::from(format!("{}{step}", self.path)), around: self.around.clone() }
    }

    /// The member of this name.
    pub(super) fn member(&self, shape: &'s Shape, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.inside(shape, &format!("{dot}{}", identifier(name)))
    }

    /// Members without a name of their own.
    pub(super) fn rest(&self, shape: &'s Shape) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.inside(shape, &format!("{dot}*"))
    }

    /// What a name stands for. A shape inside of itself is where it was met first.
    pub(super) fn named(&self, name: &'s str, names: &'s Names) -> Option<Self> {
        let shape = names.get(name)?;
        if let Some(known) = self.met(name) {
            return Some(Self { shape, path: known.path.clone(), around: Some(known) });
        }
        let depth = self.around.as_ref().map_or(0, |around| around.depth) + 1;
        if depth > DEPTH_MAX {
            return None;
        }
        let around = Around { name, path: self.path.clone(), outer: self.around.clone(), depth };
        Some(Self { shape, path: self.path.clone(), around: Some(Rc::new(around)) })
    }

    /// Where a name was met on the way here.
    pub(super) fn met(&self, name: &str) -> Option<Rc<Around<'s>>> {
        let mut around = self.around.as_ref();
        while let Some(one) = around {
            if one.name == name {
                return Some(one.clone());
            }
            around = one.outer.as_ref();
        }
        None
    }
}

/// A name as JMESPath writes it.
pub(super) fn identifier(name: &str) -> String {
    let is_plain = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if is_plain {
        return name.to_owned();
    }
    let safe: String = name.chars().map(|char| if is_invisible(char) { '\u{fffd}' } else { char }).collect();
    serde_json::Value::from(safe).to_string()
}

/// The alternatives of a type.
pub(super) fn heads<'s>(of: &Type<'s>, names: &'s Names) -> Vec<Head<'s>> {
    let simple = |view| vec![Head { of: of.clone(), view }];
    match of {
        Type::Any => simple(View::Any),
        Type::Null => simple(View::Null),
        Type::Perhaps => simple(View::Perhaps),
        Type::Bool => simple(View::Bool),
        Type::Int => simple(View::Int),
        Type::Num => simple(View::Num),
        Type::Str => simple(View::Str),
        Type::Words(words) => simple(View::Words(words.clone())),
        Type::List(item) => simple(View::List((**item).clone())),
        Type::Row(items) => simple(View::List(Type::union(items.iter().cloned()))),
        Type::Object(object) => simple(View::Made(object.clone())),
        Type::Union(union) => union.of.iter().flat_map(|one| heads(one, names)).collect(),
        Type::From(value, from) => heads(value, names)
            .into_iter()
            .map(|head| Head { of: Type::From(Rc::new(head.of), from.clone()), view: head.view })
            .collect(),
        Type::Document(place) => heads_of_place(place, names),
    }
}

fn heads_of_place<'s>(place: &Place<'s>, names: &'s Names) -> Vec<Head<'s>> {
    let mut found: Vec<Head<'s>> = Vec::new();
    // What is left to look at: as it is to be called, and where it leads.
    let mut open: Vec<(Place<'s>, Place<'s>)> = vec![(place.clone(), place.clone())];
    let mut steps = 0;
    while let Some((of, at)) = open.pop() {
        steps += 1;
        if steps > ALTERNATIVES_MAX {
            return vec![Head { of: Type::Document(place.clone()), view: View::Any }];
        }
        let mut push = |view| found.push(Head { of: Type::Document(of.clone()), view });
        match at.shape {
            Shape::Any | Shape::File => push(View::Any),
            Shape::Boolean => push(View::Bool),
            Shape::Integer(_) => push(View::Int),
            Shape::Number(_) => push(View::Num),
            Shape::Text(_) => push(View::Str),
            Shape::Words(words) => push(View::Words(words.iter().cloned().collect())),
            Shape::List(list) => push(View::List(Type::Document(at.inside(&list.items, "[]")))),
            Shape::Object(object) => push(View::Object(object, at)),
            Shape::Literals(literals) => {
                found.extend(literals.iter().flat_map(|literal| of_literal(literal, &of, names)));
            }
            Shape::AnyOf(shapes) => {
                let branch = |shape| Place { shape, ..at.clone() };
                open.extend(shapes.iter().rev().map(|shape| (branch(shape), branch(shape))));
            }
            Shape::Nullable(inner) => {
                found.push(Head { of: Type::Null, view: View::Null });
                let inner = Place { shape: inner, ..at };
                open.push((inner.clone(), inner));
            }
            Shape::Named(name) => match at.named(name, names) {
                Some(target) => open.push((of, target)),
                None => push(View::Any),
            },
        }
    }
    found
}

/// An alternative of an `enum` of several kinds.
fn of_literal<'s>(literal: &str, of: &Place<'s>, names: &'s Names) -> Vec<Head<'s>> {
    match serde_json::from_str::<serde_json::Value>(literal) {
        Ok(serde_json::Value::Null) => vec![Head { of: Type::Null, view: View::Null }],
        Ok(value) => heads(&Type::of_value(&value).computed(&[Type::Document(of.clone())]), names),
        Err(_) => vec![Head { of: Type::Any, view: View::Any }],
    }
}

impl<'s> View<'s> {
    /// Whether it is null, for sure or perhaps.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Perhaps)
    }

    /// The member of an object. A required one may be missing all the same where `doubts` is set: documents lie.
    pub(super) fn member(&self, name: &str, doubts: bool) -> Option<Member<'s>> {
        match self {
            Self::Object(object, place) => Some(of_document(object, place, name, doubts)),
            Self::Made(object) => {
                if let Some((_, known)) = object.fields.iter().find(|(known, _)| known == name) {
                    return Some(Member::Known(known.clone()));
                }
                Some(match &object.rest {
                    Rest::None => Member::Missing,
                    Rest::Any => Member::Rest(Type::Any),
                    Rest::Document(place) => match place.shape {
                        Shape::Object(object) => of_document(object, place, name, doubts),
                        _ => Member::Rest(Type::Any),
                    },
                })
            }
            _ => None,
        }
    }

    /// The names that an object lists.
    pub(super) fn listed(&self) -> Vec<&str> {
        let document = |object: &'s ir::Object| object.properties.iter().map(|property| property.name.as_str());
        match self {
            Self::Object(object, _) => document(object).collect(),
            Self::Made(made) => {
                let mut names: Vec<&str> = made.fields.iter().map(|(name, _)| name.as_str()).collect();
                if let Rest::Document(Place { shape: Shape::Object(object), .. }) = &made.rest {
                    names.extend(document(object));
                }
                names
            }
            _ => Vec::new(),
        }
    }

    /// Whether nothing is known of an object but that it is one.
    pub(super) fn is_unsaid(&self) -> bool {
        matches!(self, Self::Object(object, _) if is_unsaid(object))
    }
}

fn is_unsaid(object: &ir::Object) -> bool {
    object.properties.is_empty() && object.rest.as_deref().is_none_or(|rest| *rest == Shape::Any)
}

fn of_document<'s>(object: &'s ir::Object, place: &Place<'s>, name: &str, doubts: bool) -> Member<'s> {
    if let Some(property) = object.properties.iter().find(|property| property.name == name) {
        let known = Type::Document(place.member(&property.shape, name));
        return Member::Known(if property.required && !doubts { known } else { known.or_null() });
    }
    if object.write_only.iter().any(|known| known == name) {
        return Member::WriteOnly;
    }
    if is_unsaid(object) {
        return Member::Unsaid(Type::Document(Place { shape: &Shape::Any, ..place.clone() }));
    }
    match object.rest.as_deref() {
        Some(rest) if *rest != Shape::Any => Member::Rest(Type::Document(place.rest(rest)).or_null()),
        _ if object.others != Others::None => Member::Open(Type::Document(place.rest(&Shape::Any))),
        _ => Member::Missing,
    }
}

/// An alternative of which more is known now: `name` is of this type.
pub(super) fn with_member<'s>(head: &Head<'s>, name: &str, member: Type<'s>) -> Type<'s> {
    let (mut fields, rest) = match &head.view {
        View::Object(_, place) => (Vec::new(), Rest::Document(place.clone())),
        View::Made(object) => (object.fields.clone(), object.rest.clone()),
        _ => return head.of.clone(),
    };
    match fields.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = member,
        None => fields.push((name.to_owned(), member)),
    }
    Type::Object(Rc::new(Object { fields, rest }))
}

/// The type of these alternatives.
pub(super) fn type_of<'s>(found: &[Head<'s>]) -> Type<'s> {
    Type::union(found.iter().map(|head| head.of.clone()))
}

/// The type without null; the type itself where it has none.
pub(super) fn without_null<'s>(of: &Type<'s>, names: &'s Names) -> Type<'s> {
    let found = heads(of, names);
    if !found.iter().any(|head| head.view.is_null()) {
        return of.clone();
    }
    let is_asked = matches!(of, Type::Union(union) if union.is_asked);
    let rest = found.into_iter().filter(|head| !head.view.is_null()).map(|head| head.of);
    Type::union_of(rest, is_asked)
}

/// Whether a filter has asked which alternative of the type it is.
pub(super) fn is_asked(of: &Type<'_>) -> bool {
    matches!(of, Type::Union(union) if union.is_asked)
}

/// The same alternatives, of which a filter has asked which it is.
pub(super) fn asked<'s>(of: &Type<'s>, names: &'s Names) -> Type<'s> {
    let found = heads(of, names);
    if found.len() > 1 { Type::union_of(found.into_iter().map(|head| head.of), true) } else { of.clone() }
}
