//! Lists: indexes, slices, projections, filters, flattening, and the values of objects.

use jmespath::ast::Ast;

use super::expression::{Typer, can_be_false, can_be_true, with_null};
use super::heads::{Head, View};
use super::remark::{Remark, kinds};
use super::types::{Rest, Type};

/// What the alternatives of a type are to a node that wants lists.
struct Split<'s> {
    lists: Vec<(Head<'s>, Type<'s>)>,
    /// Values that nothing is known of.
    unknown: Vec<Type<'s>>,
    is_nullable: bool,
    /// Whether there may be something else, which is not known.
    is_unknown: bool,
}

impl<'s> Typer<'s, '_> {
    pub(super) fn index(&mut self, node: &Ast, index: i32, current: &Type<'s>) -> Type<'s> {
        let Some(split) = self.split(node, "an index", current) else { return Type::Any };
        let mut is_nullable = split.is_nullable;
        let mut items = split.unknown;
        for (head, item) in split.lists {
            let known = in_row(&head.of, index);
            is_nullable |= known.is_none();
            items.push(known.unwrap_or(item));
        }
        with_null(Type::union(items), is_nullable, split.is_unknown)
    }

    pub(super) fn slice(&mut self, node: &Ast, current: &Type<'s>) -> Type<'s> {
        let Some(split) = self.split(node, "a slice", current) else { return Type::Any };
        let (is_nullable, is_unknown) = (split.is_nullable, split.is_unknown);
        let lists = split.lists.into_iter().map(|(head, _)| head.of);
        let whole = Type::union(lists.chain(split.unknown.into_iter().map(Type::list)).collect::<Vec<_>>());
        with_null(whole, is_nullable, is_unknown)
    }

    /// The lists among the alternatives; `None` after a remark that there is none.
    fn split(&mut self, node: &Ast, what: &str, current: &Type<'s>) -> Option<Split<'s>> {
        let found = self.heads(current);
        let mut split = Split { lists: Vec::new(), unknown: Vec::new(), is_nullable: false, is_unknown: false };
        for head in &found {
            match &head.view {
                View::List(item) => split.lists.push((head.clone(), item.clone())),
                View::Any => {
                    split.is_unknown = true;
                    split.unknown.push(head.of.clone());
                }
                View::Perhaps => split.is_unknown = true,
                _ => split.is_nullable = true,
            }
        }
        if !found.is_empty() && split.lists.is_empty() && !split.is_unknown {
            let mark = self.spans.mark(node);
            self.say(if found.iter().all(|head| matches!(head.view, View::Null)) {
                Remark::of_null(mark, what)
            } else {
                Remark::no_list(mark, what, &kinds(&found))
            });
            return None;
        }
        if split.unknown.iter().any(|of| matches!(of, Type::Document(_))) {
            self.say(Remark::unsaid(self.spans.mark(node)));
        }
        Some(split)
    }

    /// Every item of the left side through the right one; what becomes null is dropped.
    pub(super) fn projection(&mut self, node: &Ast, lhs: &Ast, rhs: &Ast, current: &Type<'s>) -> Type<'s> {
        let left = self.infer(lhs, current);
        let what = if matches!(rhs, Ast::Condition { .. }) { "a filter" } else { "`[*]`" };
        let Some(split) = self.split(node, what, &left) else {
            // What stands behind is typed all the same: its own mistakes do not wait for this one.
            self.infer(rhs, &Type::Any);
            return Type::Any;
        };
        let (is_nullable, is_unknown) = (split.is_nullable, split.is_unknown);
        let items = split.lists.into_iter().map(|(_, item)| item);
        let item = Type::union(items.chain(split.unknown).collect::<Vec<_>>());
        let known = self.remarks.len();
        let each = if item.is_never() { Type::never() } else { self.infer(rhs, &item) };
        let kept = self.without_null(&each);
        if kept.is_never() && !each.is_never() && known == self.remarks.len() {
            self.say(Remark::nothing_left(self.spans.mark(node)));
        }
        let list = Type::list(kept);
        with_null(list, is_nullable, is_unknown)
    }

    pub(super) fn condition(&mut self, predicate: &Ast, then: &Ast, current: &Type<'s>) -> Type<'s> {
        let known = self.remarks.len();
        let verdict = self.infer(predicate, current);
        let narrowed = self.narrow(current, predicate, true);
        let found = self.heads(&verdict);
        let verdict_of_literal = literal_verdict(predicate);
        let always =
            verdict_of_literal == Some(true) || !found.is_empty() && !found.iter().any(|head| can_be_false(&head.view));
        let never = verdict_of_literal == Some(false)
            || narrowed.is_none()
            || !found.is_empty() && !found.iter().any(|head| can_be_true(&head.view));
        if (always || never) && known == self.remarks.len() {
            let is_number = found.iter().all(|head| matches!(head.view, View::Int | View::Num));
            self.say(Remark::constant(self.spans.extent(predicate), always, is_number));
        }
        // What the predicate turns down is null, which the projection around it drops.
        self.infer(then, &narrowed.unwrap_or_else(|| current.clone()))
    }

    /// One level of lists is taken out of a list.
    pub(super) fn flatten(&mut self, node: &Ast, inner: &Type<'s>) -> Type<'s> {
        let Some(split) = self.split(node, "`[]`", inner) else { return Type::Any };
        let (is_nullable, is_unknown) = (split.is_nullable, split.is_unknown);
        let mut items: Vec<Type<'s>> = split.unknown;
        for (_, item) in split.lists {
            for head in self.heads(&item) {
                items.push(match head.view {
                    View::List(item) => item,
                    _ => head.of,
                });
            }
        }
        let list = Type::list(Type::union(items));
        with_null(list, is_nullable, is_unknown)
    }

    /// The values of an object, as a list.
    pub(super) fn values(&mut self, node: &Ast, inner: &Type<'s>) -> Type<'s> {
        let found = self.heads(inner);
        let mark = self.spans.mark(node);
        let (mut items, mut is_nullable, mut has_any) = (Vec::new(), false, false);
        let (mut objects, mut unsaid) = (0, false);
        for head in &found {
            match self.members_of(head) {
                Some(members) => {
                    objects += 1;
                    unsaid |= head.view.is_unsaid();
                    items.extend(members);
                }
                None if matches!(head.view, View::Any) => {
                    has_any = true;
                    unsaid |= matches!(head.of, Type::Document(_));
                    items.push(head.of.clone());
                }
                None if matches!(head.view, View::Perhaps) => has_any = true,
                None => is_nullable = true,
            }
        }
        if !found.is_empty() && objects == 0 && !has_any {
            self.say(if found.iter().all(|head| matches!(head.view, View::Null)) {
                Remark::of_null(mark, "`*`")
            } else {
                let is_list = found.iter().any(|head| matches!(head.view, View::List(_)));
                Remark::no_values(mark, &kinds(&found), is_list)
            });
            return Type::Any;
        }
        if unsaid {
            self.say(Remark::unsaid(mark.clone()));
        }
        if objects > 0 {
            self.say(Remark::unordered(mark, "`*` gives the values"));
        }
        let list = Type::list(Type::union(items));
        with_null(list, is_nullable, has_any)
    }

    /// The types of all members of an object.
    pub(super) fn members_of(&mut self, head: &Head<'s>) -> Option<Vec<Type<'s>>> {
        use super::heads::Member;
        if !matches!(head.view, View::Object(..) | View::Made(_)) {
            return None;
        }
        let mut all: Vec<Type<'s>> = Vec::new();
        for name in head.view.listed() {
            if let Some(Member::Known(member)) = head.view.member(name, self.doubts) {
                all.push(member);
            }
        }
        let rest = match &head.view {
            View::Made(object) => match &object.rest {
                Rest::None => None,
                Rest::Any => Some(Type::Any),
                Rest::Document(place) => others(place),
            },
            View::Object(_, place) => others(place),
            _ => None,
        };
        all.extend(rest);
        // A member that is missing is no value.
        Some(all)
    }
}

/// What the members of an object are that have no name of their own.
fn others<'s>(place: &super::types::Place<'s>) -> Option<Type<'s>> {
    use crate::ir::{Others, Shape};
    let Shape::Object(object) = place.shape else { return Some(Type::Any) };
    match object.rest.as_deref() {
        Some(rest) if *rest != Shape::Any => Some(Type::Document(place.rest(rest))),
        _ if object.others != Others::None || object.properties.is_empty() => {
            Some(Type::Document(place.rest(&Shape::Any)))
        }
        _ => None,
    }
}

/// The item at an index of a row, if there is one. Negative ones count from the end.
fn in_row<'s>(of: &Type<'s>, index: i32) -> Option<Type<'s>> {
    let Type::Row(items) = of else { return None };
    let index = i64::from(index);
    let from_start = if index < 0 { i64::try_from(items.len()).ok()? + index } else { index };
    items.get(usize::try_from(from_start).ok()?).cloned()
}

/// Whether a literal counts as true; `None` for anything else.
fn literal_verdict(node: &Ast) -> Option<bool> {
    let Ast::Literal { value, .. } = node else { return None };
    Some(value.is_truthy())
}
