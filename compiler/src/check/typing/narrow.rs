//! What a filter says of the values that pass it: `f == 'c'` picks the branches of a union, a bare `f` excludes null.

use jmespath::ast::{Ast, Comparator};

use super::expression::{Typer, cost};
use super::heads::{Head, Member, Names, View, asked, heads, type_of, with_member, without_null};
use super::types::Type;

/// Alternatives that are looked at in the filters of one rule. What passes after that is not typed.
const STEPS_MAX: usize = 50_000;

impl<'s> Typer<'s, '_> {
    /// The values of `of` for which `condition` counts as true, or as false; `None` if there are none.
    pub(super) fn narrow(&mut self, of: &Type<'s>, condition: &Ast, is_true: bool) -> Option<Type<'s>> {
        let mut narrower = Narrower { names: self.names, doubts: self.doubts, steps: self.narrow_steps };
        let narrowed = narrower.by(of, condition, is_true);
        self.narrow_steps = narrower.steps;
        if self.narrow_steps > STEPS_MAX { Some(Type::Any) } else { narrowed }
    }
}

/// Functions that fail where one of their arguments is null, and take no expression.
const FAIL_ON_NULL: &[&str] = &["abs", "avg", "ceil", "floor", "join", "length", "max", "min", "sum"];

struct Narrower<'s> {
    names: &'s Names,
    /// Whether a required member is taken for one that may be missing.
    doubts: bool,
    steps: usize,
}

/// What is asked of the value at a path.
enum Test<'a> {
    /// Not null.
    Given,
    /// Null, or what counts as false.
    Falsy,
    /// This JSON value.
    Is(&'a serde_json::Value),
    IsNot(&'a serde_json::Value),
    /// Of this type, in the words of `type()`.
    OfType(&'a str),
    NotOfType(&'a str),
    /// Something that no type tells.
    Else,
}

impl<'s> Narrower<'s> {
    fn by(&mut self, of: &Type<'s>, condition: &Ast, is_true: bool) -> Option<Type<'s>> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Some(of.clone());
        }
        match condition {
            Ast::Not { node, .. } => self.by(of, node, !is_true),
            Ast::And { lhs, rhs, .. } if is_true => {
                let left = self.by(of, lhs, true)?;
                self.by(&left, rhs, true)
            }
            Ast::Or { lhs, rhs, .. } if !is_true => {
                let left = self.by(of, lhs, false)?;
                self.by(&left, rhs, false)
            }
            Ast::Or { lhs, rhs, .. } | Ast::And { lhs, rhs, .. } => {
                match (self.by(of, lhs, is_true), self.by(of, rhs, is_true)) {
                    (Some(left), Some(right)) => Some(Type::union([left, right])),
                    (one, other) => one.or(other),
                }
            }
            Ast::Comparison { comparator, lhs, rhs, .. } => self.by_comparison(of, comparator, lhs, rhs, is_true),
            Ast::Function { name, args, .. } => self.by_call(of, name, args, is_true),
            condition => match path(condition) {
                Some(path) => self.at(of, &path, if is_true { &Test::Given } else { &Test::Falsy }),
                None => Some(of.clone()),
            },
        }
    }

    fn by_comparison(
        &mut self,
        of: &Type<'s>,
        comparator: &Comparator,
        lhs: &Ast,
        rhs: &Ast,
        is_true: bool,
    ) -> Option<Type<'s>> {
        let is_equal = match comparator {
            Comparator::Equal => is_true,
            Comparator::NotEqual => !is_true,
            // An order is only found among numbers, so none of the two is null.
            _ if is_true => {
                let left = self.given(of, lhs)?;
                return self.given(&left, rhs);
            }
            _ => return Some(of.clone()),
        };
        let (side, value) = match (literal(lhs), literal(rhs)) {
            (None, Some(value)) => (lhs, value),
            (Some(value), None) => (rhs, value),
            _ => return Some(asked(of, self.names)),
        };
        if let Ast::Function { name, args, .. } = side
            && name == "type"
            && let (Some(path), Some(word)) = (args.first().and_then(path), value.as_str())
        {
            return self.at(of, &path, &if is_equal { Test::OfType(word) } else { Test::NotOfType(word) });
        }
        match path(side) {
            Some(path) => self.at(of, &path, &if is_equal { Test::Is(&value) } else { Test::IsNot(&value) }),
            None => self.mentioned(of, side),
        }
    }

    /// Functions that fail on null, or that find something in it, show that it is none.
    fn by_call(&mut self, of: &Type<'s>, name: &str, args: &[Ast], is_true: bool) -> Option<Type<'s>> {
        if !is_true {
            return Some(asked(of, self.names));
        }
        match (name, args) {
            ("starts_with" | "ends_with", [first, second]) => {
                let first = self.given(of, first)?;
                self.given(&first, second)
            }
            ("contains", [first, second]) => {
                let of = self.given(of, first)?;
                self.mentioned(&of, second)
            }
            ("length" | "sum" | "abs" | "ceil" | "floor" | "join" | "avg", args) => {
                args.iter().try_fold(of.clone(), |of, argument| self.given(&of, argument))
            }
            _ => Some(asked(of, self.names)),
        }
    }

    /// The values for which a node is not null. Most functions fail on null, so where they give something, there was none.
    fn given(&mut self, of: &Type<'s>, node: &Ast) -> Option<Type<'s>> {
        match node {
            Ast::Function { name, args, .. } if FAIL_ON_NULL.contains(&name.as_str()) => {
                args.iter().try_fold(of.clone(), |of, argument| self.given(&of, argument))
            }
            node => match path(node) {
                Some(path) => self.at(of, &path, &Test::Given),
                None => Some(of.clone()),
            },
        }
    }

    fn mentioned(&mut self, of: &Type<'s>, node: &Ast) -> Option<Type<'s>> {
        match path(node) {
            Some(path) => self.at(of, &path, &Test::Else),
            None => Some(asked(of, self.names)),
        }
    }

    /// The values of `of` whose value at `path` passes a test.
    fn at(&mut self, of: &Type<'s>, path: &[&str], test: &Test<'_>) -> Option<Type<'s>> {
        let Some((name, rest)) = path.split_first() else { return self.passing(of, test) };
        let found = heads(of, self.names);
        self.steps += cost(found.len());
        let mut kept = Vec::new();
        for head in &found {
            if self.steps > STEPS_MAX {
                return Some(of.clone());
            }
            kept.extend(self.alternative(head, name, rest, test));
        }
        let is_asked = !matches!(test, Test::Given | Test::Falsy) || super::heads::is_asked(of);
        if kept.is_empty() {
            return None;
        }
        if kept.len() == found.len() && kept.iter().zip(&found).all(|(kept, head)| kept.same(&head.of)) {
            // As it was: where the document has a name for all of it, the name stays.
            let several = found.len() > 1 && is_asked;
            return Some(if several { Type::union_of(kept, true) } else { of.clone() });
        }
        Some(Type::union_of(kept, is_asked))
    }

    fn alternative(&mut self, head: &Head<'s>, name: &str, rest: &[&str], test: &Test<'_>) -> Option<Type<'s>> {
        let member = match head.view.member(name, self.doubts) {
            None if matches!(head.view, View::Any) => return Some(head.of.clone()),
            None | Some(Member::Missing | Member::WriteOnly) => Type::Null,
            Some(Member::Known(member) | Member::Rest(member)) => member,
            Some(Member::Open(_) | Member::Unsaid(_)) => return Some(head.of.clone()),
        };
        let narrowed = self.at(&member, rest, test)?;
        Some(if narrowed.same(&member) { head.of.clone() } else { with_member(head, name, narrowed) })
    }

    fn passing(&mut self, of: &Type<'s>, test: &Test<'_>) -> Option<Type<'s>> {
        if matches!(test, Test::Else) {
            return Some(asked(of, self.names));
        }
        if matches!(test, Test::Given) {
            let rest = without_null(of, self.names);
            return (!rest.is_never()).then_some(rest);
        }
        let found = heads(of, self.names);
        self.steps += cost(found.len());
        let kept: Vec<Head<'s>> = found.iter().filter_map(|head| passes(head, test)).collect();
        if kept.is_empty() {
            return None;
        }
        let as_before = kept.len() == found.len() && kept.iter().zip(&found).all(|(kept, head)| kept.of.same(&head.of));
        Some(if as_before { of.clone() } else { type_of(&kept) })
    }
}

/// The alternative as far as it passes a test.
fn passes<'s>(head: &Head<'s>, test: &Test<'_>) -> Option<Head<'s>> {
    let passes = match (test, &head.view) {
        (_, View::Any) | (Test::Given | Test::Else, _) => true,
        (Test::Falsy, view) => super::expression::can_be_false(view),
        (Test::Is(value), View::Words(words)) => {
            let word = words.iter().find(|word| value.as_str() == Some(word))?;
            let only = Type::words(&[word]);
            let of = if words.len() == 1 { head.of.clone() } else { only.computed(std::slice::from_ref(&head.of)) };
            return Some(Head { of, view: View::Words([word.clone()].into()) });
        }
        (Test::IsNot(value), View::Words(words)) => words.iter().any(|word| value.as_str() != Some(word)),
        (Test::Is(value), view) => kind(view) == value_kind(value),
        (Test::IsNot(value), view) => !(value.is_null() && view.is_null()),
        (Test::OfType(word), view) => kind(view) == *word,
        (Test::NotOfType(word), view) => kind(view) != *word,
    };
    passes.then(|| head.clone())
}

/// The word of `type()` for values of this kind.
pub(super) fn kind(view: &View<'_>) -> &'static str {
    match view {
        View::Any => "any",
        View::Null | View::Perhaps => "null",
        View::Bool => "boolean",
        View::Int | View::Num => "number",
        View::Str | View::Words(_) => "string",
        View::List(_) => "array",
        View::Object(..) | View::Made(_) => "object",
    }
}

fn value_kind(value: &serde_json::Value) -> &'static str {
    use serde_json::Value;
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The names of `a.b.c`; none for `@`.
fn path(node: &Ast) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut node = node;
    loop {
        match node {
            Ast::Subexpr { lhs, rhs, .. } => {
                let Ast::Field { name, .. } = &**rhs else { return None };
                names.push(name.as_str());
                node = lhs;
            }
            Ast::Field { name, .. } => {
                names.push(name);
                break;
            }
            Ast::Identity { .. } => break,
            _ => return None,
        }
    }
    names.reverse();
    Some(names)
}

fn literal(node: &Ast) -> Option<serde_json::Value> {
    match node {
        Ast::Literal { value, .. } => serde_json::from_str(&value.to_string()).ok(),
        _ => None,
    }
}
