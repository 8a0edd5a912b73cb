//! Every node of a rule, typed (JMESPath 1.0, <https://jmespath.org/specification.html>).

use jmespath::ast::Ast;

use super::heads::{Head, Names, View, heads, type_of, without_null};
use super::remark::Remark;
use super::spans::Spans;
use super::types::Type;

/// Alternatives that are looked at for one rule. What comes after is not typed: a document decides how many there are.
const STEPS_MAX: usize = 200_000;

/// Types one rule.
pub(super) struct Typer<'s, 'r> {
    pub(super) names: &'s Names,
    pub(super) spans: &'r Spans,
    pub(super) text: &'r str,
    /// Whether fields that are not listed are admitted.
    pub(super) is_open: bool,
    /// Whether a required member is taken for one that may be missing.
    pub(super) doubts: bool,
    pub(super) remarks: Vec<Remark>,
    pub(super) narrow_steps: usize,
    steps: usize,
}

impl<'s, 'r> Typer<'s, 'r> {
    pub(super) fn new(names: &'s Names, spans: &'r Spans, text: &'r str, is_open: bool) -> Self {
        Self { names, spans, text, is_open, doubts: false, remarks: Vec::new(), narrow_steps: 0, steps: 0 }
    }

    /// The alternatives of a type, within the limits of one rule.
    pub(super) fn heads(&mut self, of: &Type<'s>) -> Vec<Head<'s>> {
        if self.steps > STEPS_MAX {
            return vec![Head { of: Type::Any, view: View::Any }];
        }
        let found = heads(of, self.names);
        self.steps += cost(found.len());
        found
    }

    pub(super) fn without_null(&mut self, of: &Type<'s>) -> Type<'s> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Type::Any } else { without_null(of, self.names) }
    }

    pub(super) fn has_null(&mut self, of: &Type<'s>) -> bool {
        self.heads(of).iter().any(|head| head.view.is_null())
    }

    pub(super) fn say(&mut self, remark: Remark) {
        let stays = |known: &Remark| !known.is_same(&remark);
        if !self.doubts && self.remarks.iter().all(stays) {
            self.remarks.push(remark);
        }
    }

    /// The type of what a node makes of a value of the type `current`.
    pub(super) fn infer(&mut self, node: &Ast, current: &Type<'s>) -> Type<'s> {
        match node {
            Ast::Identity { .. } => current.clone(),
            Ast::Field { name, .. } => self.field(node, None, name, current),
            Ast::Index { idx, .. } => self.index(node, *idx, current),
            Ast::Slice { .. } => self.slice(node, current),
            Ast::Subexpr { lhs, rhs, offset } => self.then(lhs, rhs, *offset, current),
            Ast::Projection { lhs, rhs, .. } => self.projection(node, lhs, rhs, current),
            Ast::Flatten { node: inner, .. } => {
                let inner = self.infer(inner, current);
                self.flatten(node, &inner)
            }
            Ast::ObjectValues { node: inner, .. } => {
                let inner = self.infer(inner, current);
                self.values(node, &inner)
            }
            Ast::Condition { predicate, then, .. } => self.condition(predicate, then, current),
            Ast::MultiList { elements, .. } => self.hash_or_list(current, |typer, item| {
                let elements: Vec<_> = elements.iter().map(|element| typer.infer(element, item)).collect();
                Type::Row(elements.into())
            }),
            Ast::MultiHash { elements, .. } => self.hash_or_list(current, |typer, item| {
                Type::object(
                    elements.iter().map(|element| (element.key.clone(), typer.infer(&element.value, item))).collect(),
                )
            }),
            Ast::Literal { value, .. } => self.literal(node, &value.to_string()),
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                let (left, right) = (self.infer(lhs, current), self.infer(rhs, current));
                self.comparison(node, comparator, (lhs, &left), (rhs, &right))
            }
            Ast::And { lhs, rhs, .. } => self.and(lhs, rhs, current),
            Ast::Or { lhs, rhs, .. } => self.or(lhs, rhs, current),
            Ast::Not { node, .. } => {
                self.infer(node, current);
                Type::Bool
            }
            Ast::Function { name, args, .. } => self.call(node, name, args, current),
            // Elsewhere than as an argument it has been refused.
            Ast::Expref { ast, .. } => self.infer(ast, current),
        }
    }

    fn then(&mut self, lhs: &Ast, rhs: &Ast, offset: usize, current: &Type<'s>) -> Type<'s> {
        let left = self.infer(lhs, current);
        match rhs {
            Ast::Field { name, .. } => self.field(rhs, Some((lhs, offset)), name, &left),
            rhs => self.infer(rhs, &left),
        }
    }

    /// Null stays null; anything else becomes an object or a list, whatever it is.
    fn hash_or_list(&mut self, current: &Type<'s>, make: impl FnOnce(&mut Self, &Type<'s>) -> Type<'s>) -> Type<'s> {
        let found = self.heads(current);
        if !found.is_empty() && found.iter().all(|head| head.view.is_null()) {
            return current.clone();
        }
        let is_nullable = found.iter().any(|head| matches!(head.view, View::Null));
        let is_unknown = found.iter().any(|head| matches!(head.view, View::Perhaps | View::Any));
        let item = self.without_null(current);
        let made = make(self, &item);
        with_null(made, is_nullable, is_unknown)
    }

    fn literal(&mut self, node: &Ast, json: &str) -> Type<'s> {
        let value = serde_json::from_str(json).unwrap_or(serde_json::Value::Null);
        if let Some(number) = large_integer(&value, 0) {
            self.say(Remark::large_integer(self.spans.mark(node), &number));
        }
        Type::of_value(&value)
    }

    /// The right side sees what the left one has found to be true.
    fn and(&mut self, lhs: &Ast, rhs: &Ast, current: &Type<'s>) -> Type<'s> {
        let left = self.infer(lhs, current);
        let narrowed = self.narrow(current, lhs, true).unwrap_or_else(|| current.clone());
        let right = self.infer(rhs, &narrowed);
        let found = self.heads(&left);
        let falsy = falsy(&found);
        if falsy.is_empty() {
            return right;
        }
        if !found.iter().any(|head| can_be_true(&head.view)) {
            return left;
        }
        Type::union([type_of(&falsy), right])
    }

    fn or(&mut self, lhs: &Ast, rhs: &Ast, current: &Type<'s>) -> Type<'s> {
        let left = self.infer(lhs, current);
        let narrowed = self.narrow(current, lhs, false).unwrap_or_else(|| current.clone());
        let right = self.infer(rhs, &narrowed);
        let found = self.heads(&left);
        let truthy: Vec<Head<'s>> = found.iter().filter(|head| can_be_true(&head.view)).cloned().collect();
        if falsy(&found).is_empty() {
            return left;
        }
        if truthy.is_empty() {
            return right;
        }
        Type::union([type_of(&truthy), right])
    }
}

/// A type with null, if it is there for sure, or perhaps.
pub(super) fn with_null(of: Type<'_>, is_nullable: bool, is_unknown: bool) -> Type<'_> {
    match (is_nullable, is_unknown) {
        (true, _) => of.or_null(),
        (false, true) => of.perhaps(),
        (false, false) => of,
    }
}

/// What so many alternatives count for: those of a union are compared with one another.
pub(super) fn cost(alternatives: usize) -> usize {
    1 + alternatives + alternatives * alternatives / 8
}

/// Whether a value of this kind counts as true: all do but null, false, and what is empty.
pub(super) fn can_be_true(view: &View<'_>) -> bool {
    !view.is_null()
}

/// Whether a value of this kind can count as false. Numbers never do, 0 included.
pub(super) fn can_be_false(view: &View<'_>) -> bool {
    match view {
        View::Int | View::Num => false,
        View::Words(words) => words.iter().any(String::is_empty),
        View::Made(object) => !matches!(object.rest, super::types::Rest::None) || object.fields.is_empty(),
        _ => true,
    }
}

/// What of these alternatives can count as false, as that.
fn falsy<'s>(found: &[Head<'s>]) -> Vec<Head<'s>> {
    found.iter().filter(|head| can_be_false(&head.view)).cloned().collect()
}

/// The first integer in a value that the engine, which compares as doubles do, cannot tell from its neighbour.
fn large_integer(value: &serde_json::Value, depth: usize) -> Option<String> {
    use serde_json::Value;
    const EXACT_MAX: u64 = 1 << 53;
    match value {
        Value::Number(number) => {
            let is_large = number.as_u64().map_or_else(
                || number.as_i64().is_some_and(|integer| integer.unsigned_abs() > EXACT_MAX),
                |integer| integer > EXACT_MAX,
            );
            is_large.then(|| number.to_string())
        }
        Value::Array(items) if depth < 64 => items.iter().find_map(|item| large_integer(item, depth + 1)),
        Value::Object(members) if depth < 64 => members.values().find_map(|member| large_integer(member, depth + 1)),
        _ => None,
    }
}
