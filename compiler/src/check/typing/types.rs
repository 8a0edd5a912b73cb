//! Types of what a rule makes, at any point of it.
//!
//! What comes from the answer is a place in it, and its shape is looked at when somebody asks: schemas refer to themselves,
//! and most of an answer is dropped unseen. "Optional" and "nullable" are one thing here, as they are to a rule.

use std::rc::Rc;

use crate::ir::Shape;

/// A place in the answer.
#[derive(Clone, Debug)]
pub(super) struct Place<'s> {
    /// What stands there.
    pub(super) shape: &'s Shape,
    /// The way there, as in `items[].id`; empty for the answer itself.
    pub(super) path: Rc<str>,
    /// The named shapes around it, the innermost first.
    pub(super) around: Option<Rc<Around<'s>>>,
}

/// A named shape, and where it stands.
#[derive(Debug)]
pub(super) struct Around<'s> {
    pub(super) name: &'s str,
    pub(super) path: Rc<str>,
    pub(super) outer: Option<Rc<Around<'s>>>,
    pub(super) depth: usize,
}

/// A set of JSON values.
#[derive(Clone, Debug)]
pub(super) enum Type<'s> {
    /// Anything, or nobody knows: nothing is said about it.
    Any,
    Null,
    /// Null, where a value that nobody knows may be of the wrong kind: it is in what comes out, and no mistake.
    Perhaps,
    Bool,
    Int,
    Num,
    Str,
    /// These strings.
    Words(Rc<[String]>),
    List(Rc<Type<'s>>),
    /// A list of so many items, each with its own type, as `[a, b]` makes it.
    Row(Rc<[Type<'s>]>),
    Object(Rc<Object<'s>>),
    /// Any of these; none of them is a union. Of nothing, it is the type of the items of `[]`.
    Union(Rc<Union<'s>>),
    /// What stands at a place of the answer.
    Document(Place<'s>),
    /// A value that was computed from others, such as a sum.
    From(Rc<Type<'s>>, Rc<[Type<'s>]>),
}

/// Alternatives.
#[derive(Debug)]
pub(super) struct Union<'s> {
    pub(super) of: Vec<Type<'s>>,
    /// Whether a filter has asked which of them it is, in a way that does not tell them apart here.
    pub(super) is_asked: bool,
}

/// An object that a rule has made, or of which it knows more than the document says.
#[derive(Debug)]
pub(super) struct Object<'s> {
    pub(super) fields: Vec<(String, Type<'s>)>,
    pub(super) rest: Rest<'s>,
}

/// What an object has besides its fields.
#[derive(Clone, Debug)]
pub(super) enum Rest<'s> {
    None,
    Any,
    /// What the object at this place has. Such an object is that of the answer.
    Document(Place<'s>),
}

/// Alternatives are not told apart beyond this many.
const ALTERNATIVES_MAX: usize = 64;

/// Types are compared this far. Those that are equal and not found to be so stand twice in a union, which is no mistake.
const COMPARED_MAX: usize = 32;

impl Type<'_> {
    pub(super) fn list(item: Self) -> Self {
        Self::List(Rc::new(item))
    }

    pub(super) fn words(words: &[&str]) -> Self {
        Self::Words(words.iter().map(|word| (*word).to_owned()).collect())
    }

    /// Objects with these fields and no others.
    pub(super) fn object(fields: Vec<(String, Self)>) -> Self {
        Self::Object(Rc::new(Object { fields, rest: Rest::None }))
    }

    /// The type that has no value.
    pub(super) fn never() -> Self {
        Self::Union(Rc::new(Union { of: Vec::new(), is_asked: false }))
    }

    /// The type of a value that is computed from others.
    pub(super) fn computed(self, from: &[Self]) -> Self {
        Self::From(Rc::new(self), from.iter().cloned().collect())
    }

    pub(super) fn is_never(&self) -> bool {
        matches!(self, Self::Union(union) if union.of.is_empty())
    }

    /// Any of these.
    pub(super) fn union(types: impl IntoIterator<Item = Self>) -> Self {
        Self::union_of(types, false)
    }

    pub(super) fn union_of(types: impl IntoIterator<Item = Self>, mut is_asked: bool) -> Self {
        let mut of: Vec<Self> = Vec::new();
        for one in types {
            match &one {
                Self::Union(union) => {
                    is_asked |= union.is_asked;
                    union.of.iter().for_each(|inner| add(&mut of, inner));
                }
                one => add(&mut of, one),
            }
            if of.len() > ALTERNATIVES_MAX {
                return Self::Any.computed(&of);
            }
        }
        if of.len() == 1 { of.remove(0) } else { Self::Union(Rc::new(Union { of, is_asked })) }
    }

    /// This or null.
    pub(super) fn or_null(self) -> Self {
        Self::union([self, Self::Null])
    }

    /// This, or null in the case that something unknown is.
    pub(super) fn perhaps(self) -> Self {
        Self::union([self, Self::Perhaps])
    }

    /// The type of a JSON value.
    pub(super) fn of_value(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_f64() => Self::Num,
            Value::Number(_) => Self::Int,
            Value::String(text) => Self::words(&[text]),
            Value::Array(items) => Self::list(Self::union(items.iter().map(Self::of_value))),
            Value::Object(members) => {
                Self::object(members.iter().map(|(name, value)| (name.clone(), Self::of_value(value))).collect())
            }
        }
    }

    /// Whether two types are known to be one.
    pub(super) fn same(&self, other: &Self) -> bool {
        same(self, other, &mut 0)
    }
}

fn add<'s>(of: &mut Vec<Type<'s>>, one: &Type<'s>) {
    if !of.iter().any(|known| known.same(one)) {
        of.push(one.clone());
    }
}

fn same(left: &Type<'_>, right: &Type<'_>, steps: &mut usize) -> bool {
    *steps += 1;
    if *steps > COMPARED_MAX {
        return false;
    }
    match (left, right) {
        (Type::Any, Type::Any)
        | (Type::Null, Type::Null)
        | (Type::Perhaps, Type::Perhaps)
        | (Type::Bool, Type::Bool)
        | (Type::Int, Type::Int)
        | (Type::Num, Type::Num)
        | (Type::Str, Type::Str) => true,
        (Type::Words(left), Type::Words(right)) => left == right,
        (Type::List(left), Type::List(right)) => Rc::ptr_eq(left, right) || same(left, right, steps),
        (Type::Row(left), Type::Row(right)) => {
            Rc::ptr_eq(left, right)
                || left.len() == right.len()
                    && left.iter().zip(right.iter()).all(|(left, right)| same(left, right, steps))
        }
        (Type::Object(left), Type::Object(right)) => {
            Rc::ptr_eq(left, right)
                || left.fields.len() == right.fields.len()
                    && same_rest(&left.rest, &right.rest)
                    && left
                        .fields
                        .iter()
                        .zip(&right.fields)
                        .all(|(left, right)| left.0 == right.0 && same(&left.1, &right.1, steps))
        }
        (Type::Union(left), Type::Union(right)) => {
            Rc::ptr_eq(left, right)
                || left.of.len() == right.of.len()
                    && left.of.iter().zip(&right.of).all(|(left, right)| same(left, right, steps))
        }
        (Type::Document(left), Type::Document(right)) => same_place(left, right),
        (Type::From(left, one), Type::From(right, other)) => {
            same(left, right, steps)
                && one.len() == other.len()
                && one.iter().zip(other.iter()).all(|(left, right)| same(left, right, steps))
        }
        _ => false,
    }
}

fn same_rest(left: &Rest<'_>, right: &Rest<'_>) -> bool {
    match (left, right) {
        (Rest::None, Rest::None) | (Rest::Any, Rest::Any) => true,
        (Rest::Document(left), Rest::Document(right)) => same_place(left, right),
        _ => false,
    }
}

fn same_place(left: &Place<'_>, right: &Place<'_>) -> bool {
    (std::ptr::eq(left.shape, right.shape) || is_flat(left.shape) && left.shape == right.shape)
        && left.path == right.path
}

/// Of shapes without parts the shape itself is compared: two branches that say the same are one.
fn is_flat(shape: &Shape) -> bool {
    match shape {
        Shape::Nullable(inner) => is_flat(inner),
        Shape::Object(_) | Shape::List(_) | Shape::AnyOf(_) => false,
        _ => true,
    }
}
