//! What a function takes.

use std::ops::Range;

use jmespath::ast::Ast;

use super::super::expression::Typer;
use super::super::heads::{Head, View};
use super::super::remark::{Remark, kinds, member_of};
use super::super::types::Type;

/// What an argument, an item or a key has to be.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// In words.
    pub(super) words: &'static str,
    fits: fn(&View<'_>) -> bool,
    /// What stands in for null without changing what the function gives.
    instead: &'static str,
}

pub(super) const NUMBER: Wanted =
    Wanted { words: "a number", fits: |view| matches!(view, View::Int | View::Num), instead: "`0`" };
pub(super) const TEXT: Wanted =
    Wanted { words: "a text", fits: |view| matches!(view, View::Str | View::Words(_)), instead: "''" };
pub(super) const LIST: Wanted = Wanted { words: "a list", fits: |view| matches!(view, View::List(_)), instead: "`[]`" };
pub(super) const OBJECT: Wanted =
    Wanted { words: "an object", fits: |view| matches!(view, View::Object(..) | View::Made(_)), instead: "`{}`" };
pub(super) const SEQUENCE: Wanted = Wanted {
    words: "a list or a text",
    fits: |view| matches!(view, View::List(_) | View::Str | View::Words(_)),
    instead: "`[]`",
};
pub(super) const SIZED: Wanted = Wanted {
    words: "a list, an object or a text",
    fits: |view| !matches!(view, View::Null | View::Perhaps | View::Bool | View::Int | View::Num),
    instead: "`[]`",
};
pub(super) const SORTABLE: Wanted = Wanted {
    words: "a number or a text",
    fits: |view| matches!(view, View::Int | View::Num | View::Str | View::Words(_)),
    instead: "''",
};

/// What is wrong with a value.
enum Fault {
    Null,
    Kind(String),
}

fn fault(heads: &[Head<'_>], wanted: Wanted) -> Option<Fault> {
    let is_null = |head: &Head<'_>| matches!(head.view, View::Null);
    let is_wrong = |head: &Head<'_>| !matches!(head.view, View::Any | View::Perhaps) && !(wanted.fits)(&head.view);
    if heads.iter().any(|head| is_wrong(head) && !is_null(head)) || !heads.is_empty() && heads.iter().all(is_null) {
        return Some(Fault::Kind(kinds(heads)));
    }
    heads.iter().any(is_null).then_some(Fault::Null)
}

impl<'s> Typer<'s, '_> {
    /// The alternatives of an argument that the function takes; `None` after a remark.
    pub(super) fn argument(
        &mut self,
        call: &Ast,
        position: usize,
        of: &Type<'s>,
        wanted: Wanted,
    ) -> Option<Vec<Head<'s>>> {
        let found = self.heads(of);
        let name = function_name(call);
        let mark = self.argument_mark(call, position);
        match fault(&found, wanted) {
            None => Some(found.into_iter().filter(|head| !head.view.is_null()).collect()),
            Some(Fault::Kind(kinds)) => {
                self.say(Remark::wrong_argument(mark, name, wanted.words, &kinds));
                None
            }
            Some(Fault::Null) => {
                let is_text = found.iter().any(|head| matches!(head.view, View::Str | View::Words(_)));
                let is_object = found.iter().any(|head| matches!(head.view, View::Object(..) | View::Made(_)));
                let instead = match wanted.instead {
                    "`[]`" if is_text => "''",
                    "`[]`" if is_object => "`{}`",
                    instead => instead,
                };
                self.say(Remark::nullable_argument(mark, self.text, name, instead).about(member_of(&found)));
                // The outcome is that of the sound ones: a rule that is mended gives just that.
                Some(found.into_iter().filter(|head| !head.view.is_null()).collect())
            }
        }
    }

    /// The type of the items of an argument that is a list of such; `None` after a remark.
    pub(super) fn items_of(&mut self, call: &Ast, position: usize, of: &Type<'s>, wanted: Wanted) -> Option<Type<'s>> {
        let lists = self.argument(call, position, of, LIST)?;
        let of_items = item(&lists);
        let found = self.heads(&of_items);
        let name = function_name(call);
        let mark = self.argument_mark(call, position);
        match fault(&found, wanted) {
            None => Some(self.without_null(&of_items)),
            Some(Fault::Kind(kinds)) => {
                self.say(Remark::wrong_item(mark, name, wanted.words, &kinds));
                None
            }
            Some(Fault::Null) => {
                self.say(Remark::nullable_item(mark, self.text, name));
                Some(self.without_null(&of_items))
            }
        }
    }

    /// Whether the values are numbers alone or texts alone, so that they have an order; says so if not.
    pub(super) fn is_sortable(&mut self, found: &[Head<'s>], say: impl FnOnce(&str) -> Remark) -> bool {
        let is_number = |head: &Head<'_>| matches!(head.view, View::Int | View::Num);
        let is_any = |head: &Head<'_>| matches!(head.view, View::Any | View::Perhaps);
        let numbers = found.iter().filter(|head| is_number(head)).count();
        let unknown = found.iter().filter(|head| is_any(head)).count();
        if numbers == 0 || numbers + unknown == found.len() {
            return true;
        }
        let remark = say(&kinds(found));
        self.say(remark);
        false
    }

    /// Checks the key of `sort_by` and its kin.
    pub(super) fn key(&mut self, call: &Ast, args: &[Ast], key: &Type<'s>) -> bool {
        let found = self.heads(key);
        let name = function_name(call);
        let mark = self.argument_mark(call, 1);
        match fault(&found, SORTABLE) {
            None => self.is_sortable(&found, |kinds| Remark::mixed(mark, name, "keys", kinds)),
            Some(Fault::Kind(kinds)) => {
                self.say(Remark::wrong_key(mark, name, &kinds));
                false
            }
            Some(Fault::Null) => {
                let list = self.argument_mark(call, 0);
                let is_path = matches!(args.get(1), Some(Ast::Expref { ast, .. }) if is_path(ast));
                let key = self.text[mark.clone()].trim_start_matches('&').trim_start();
                let remark = Remark::nullable_key(mark.clone(), self.text, list, name, is_path.then_some(key));
                self.say(remark.about(member_of(&found)));
                true
            }
        }
    }

    fn argument_mark(&self, call: &Ast, position: usize) -> Range<usize> {
        self.spans.argument(call, position).unwrap_or_else(|| self.spans.mark(call))
    }
}

/// The type of the items of these lists.
pub(super) fn item<'s>(lists: &[Head<'s>]) -> Type<'s> {
    Type::union(lists.iter().map(|head| match &head.view {
        View::List(item) => item.clone(),
        _ => head.of.clone(),
    }))
}

fn is_path(node: &Ast) -> bool {
    match node {
        Ast::Field { .. } => true,
        Ast::Subexpr { lhs, rhs, .. } => matches!(**rhs, Ast::Field { .. }) && is_path(lhs),
        _ => false,
    }
}

fn function_name(call: &Ast) -> &str {
    match call {
        Ast::Function { name, .. } => name,
        _ => "",
    }
}
