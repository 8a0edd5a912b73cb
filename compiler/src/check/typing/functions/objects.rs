//! Functions that take objects apart, or make one of several.

use std::rc::Rc;

use jmespath::ast::Ast;

use super::super::expression::Typer;
use super::super::heads::{Head, Member, View};
use super::super::remark::Remark;
use super::super::types::{Object, Rest, Type};
use super::UNKNOWN;

impl<'s> Typer<'s, '_> {
    pub(super) fn keys(&mut self, node: &Ast, only: &Type<'s>) -> Type<'s> {
        if self.object(node, 0, only).is_none() {
            return UNKNOWN;
        }
        self.say(Remark::unordered(self.spans.mark(node), "`keys` gives the names"));
        Type::list(Type::Str)
    }

    pub(super) fn values_of(&mut self, node: &Ast, only: &Type<'s>) -> Type<'s> {
        let Some(found) = self.object(node, 0, only) else { return UNKNOWN };
        self.say(Remark::unordered(self.spans.mark(node), "`values` gives the values"));
        let mut items = Vec::new();
        for head in &found {
            match self.members_of(head) {
                Some(members) => items.extend(members),
                None => items.push(head.of.clone()),
            }
        }
        Type::list(Type::union(items))
    }

    /// The members of all objects; of those that several have, the last one's.
    pub(super) fn merge(&mut self, node: &Ast, all: &[Type<'s>]) -> Type<'s> {
        let mut fields: Vec<(String, Type<'s>)> = Vec::new();
        let mut sources: Vec<Type<'s>> = Vec::new();
        let mut is_whole = true;
        for (position, one) in all.iter().enumerate() {
            let Some(found) = self.object(node, position, one) else {
                is_whole = false;
                continue;
            };
            sources.push(one.clone());
            match found.as_slice() {
                [head] if is_closed(head) => self.merge_one(&mut fields, head),
                _ => is_whole = false,
            }
        }
        if is_whole {
            return Type::object(fields);
        }
        // What comes from an object that is not known in full may take the place of anything before it.
        Type::Object(Rc::new(Object { fields: Vec::new(), rest: Rest::Any })).computed(&sources)
    }

    fn merge_one(&mut self, fields: &mut Vec<(String, Type<'s>)>, head: &Head<'s>) {
        for name in head.view.listed() {
            let Some(Member::Known(member)) = head.view.member(name, self.doubts) else { continue };
            let may_be_missing = self.has_null(&member);
            match fields.iter_mut().find(|(known, _)| known == name) {
                // Whether a null is there or not decides whether it takes the other's place.
                Some((_, known)) if may_be_missing => *known = Type::union([known.clone(), member]),
                Some((_, known)) => *known = member,
                None => fields.push((name.to_owned(), member)),
            }
        }
    }
}

/// Whether all members of an object are known.
fn is_closed(head: &Head<'_>) -> bool {
    match &head.view {
        View::Made(object) => matches!(object.rest, Rest::None),
        View::Object(object, _) => {
            let is_any = object.rest.as_deref().is_none_or(|rest| *rest == crate::ir::Shape::Any);
            is_any && object.others == crate::ir::Others::None && !object.properties.is_empty()
        }
        _ => false,
    }
}
