//! Functions that order lists, or look at every item.

use jmespath::ast::Ast;

use super::super::expression::Typer;
use super::super::heads::{View, type_of};
use super::super::remark::Remark;
use super::super::types::Type;
use super::UNKNOWN;
use super::arguments::{SORTABLE, item};

impl<'s> Typer<'s, '_> {
    /// `max`, `min` and `sort`.
    pub(super) fn ordered(&mut self, node: &Ast, name: &str, only: &Type<'s>) -> Type<'s> {
        let Some(item) = self.items_of(node, 0, only, SORTABLE) else { return UNKNOWN };
        let found = self.heads(&item);
        let mark = self.spans.argument(node, 0).unwrap_or_else(|| self.spans.mark(node));
        if !self.is_sortable(&found, |kinds| Remark::mixed(mark, name, "items", kinds)) {
            return UNKNOWN;
        }
        if name == "sort" {
            return Type::list(item);
        }
        // The greatest of nothing is null.
        item.or_null()
    }

    /// `max_by`, `min_by` and `sort_by`.
    pub(super) fn ordered_by(&mut self, node: &Ast, name: &str, args: &[Ast], list: &Type<'s>) -> Type<'s> {
        let lists = self.list(node, 0, list);
        let each = match &lists {
            Some(lists) => item(lists),
            None => Type::Any,
        };
        let key = self.expression(args.get(1), &each);
        if !each.is_never() && !self.key(node, args, &key) {
            return UNKNOWN;
        }
        match lists {
            None => UNKNOWN,
            Some(lists) if name == "sort_by" => {
                let is_unknown = lists.iter().any(|head| matches!(head.view, View::Any));
                if is_unknown { Type::list(each) } else { type_of(&lists) }
            }
            Some(_) => each.or_null(),
        }
    }

    /// Unlike a projection it keeps null.
    pub(super) fn map(&mut self, node: &Ast, args: &[Ast], list: &Type<'s>) -> Type<'s> {
        let lists = self.list(node, 1, list);
        let each = match &lists {
            Some(lists) => item(lists),
            None => Type::Any,
        };
        let made = self.expression(args.first(), &each);
        if lists.is_some() { Type::list(made) } else { UNKNOWN }
    }

    /// What an argument with `&` makes of an item.
    fn expression(&mut self, argument: Option<&Ast>, item: &Type<'s>) -> Type<'s> {
        match argument {
            _ if item.is_never() => Type::never(),
            Some(Ast::Expref { ast, .. }) => self.infer(ast, item),
            _ => UNKNOWN,
        }
    }
}
