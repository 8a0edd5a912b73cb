//! The functions of JMESPath 1.0 (<https://jmespath.org/specification.html#built-in-functions>).
//!
//! Null for an argument fails in all but four of them, and so does an item or a key of another type: what the document
//! admits there is an error here, since the whole answer would be lost with it.

mod arguments;
mod objects;
mod sequences;

use jmespath::ast::Ast;

use self::arguments::{LIST, NUMBER, OBJECT, SEQUENCE, SIZED, TEXT};
use super::expression::{Typer, with_null};
use super::heads::{Head, View, type_of};
use super::remark::Remark;
use super::types::Type;

/// What a function gives where its argument is not what it takes, which has been told.
const UNKNOWN: Type<'static> = Type::Any;

/// Functions whose outcome does not depend on the order of what they are given.
const WITHOUT_ORDER: &[&str] = &["avg", "contains", "length", "max", "min", "sort", "sum"];

/// The words that `type` gives.
const KINDS: &[&str] = &["array", "boolean", "null", "number", "object", "string"];

impl<'s> Typer<'s, '_> {
    pub(super) fn call(&mut self, node: &Ast, name: &str, args: &[Ast], current: &Type<'s>) -> Type<'s> {
        let known = self.remarks.len();
        let types: Vec<Type<'s>> = args
            .iter()
            .map(|argument| match argument {
                // Its value is that of an item, which is not known yet.
                Ast::Expref { .. } => Type::never(),
                argument => self.infer(argument, current),
            })
            .collect();
        if WITHOUT_ORDER.contains(&name) {
            let mut position = 0;
            self.remarks.retain(|remark| {
                position += 1;
                position <= known || !remark.is_about_order()
            });
        }
        match (name, types.as_slice()) {
            ("abs" | "ceil" | "floor", [only]) => self.rounded(node, only),
            ("avg" | "sum", [only]) => self.total(node, name, only),
            ("contains", [first, second]) => self.contains(node, first, second),
            ("ends_with" | "starts_with", [first, second]) => {
                self.argument(node, 0, first, TEXT);
                self.argument(node, 1, second, TEXT);
                Type::Bool
            }
            ("join", [glue, texts]) => self.join(node, glue, texts),
            ("keys", [only]) => self.keys(node, only),
            ("values", [only]) => self.values_of(node, only),
            ("merge", all) => self.merge(node, all),
            ("length", [only]) => {
                self.argument(node, 0, only, SIZED);
                Type::Int
            }
            ("map", [_, list]) => self.map(node, args, list),
            ("max" | "min" | "sort", [only]) => self.ordered(node, name, only),
            ("max_by" | "min_by" | "sort_by", [list, _]) => self.ordered_by(node, name, args, list),
            ("not_null", all) => self.not_null(all),
            ("reverse", [only]) => match self.argument(node, 0, only, SEQUENCE) {
                Some(found) => type_of(&found),
                None => UNKNOWN,
            },
            ("to_array", [only]) => self.array_of(only),
            ("to_number", [only]) => self.number_of(node, only),
            ("to_string", [only]) => self.text_of(only),
            ("type", _) => Type::words(KINDS),
            // No other function or number of arguments passes the parser.
            _ => UNKNOWN,
        }
    }

    fn rounded(&mut self, node: &Ast, only: &Type<'s>) -> Type<'s> {
        let Some(found) = self.argument(node, 0, only, NUMBER) else { return UNKNOWN };
        let is_whole = found.iter().all(|head| matches!(head.view, View::Int));
        if is_whole { Type::Int } else { Type::Num }.computed(std::slice::from_ref(only))
    }

    fn total(&mut self, node: &Ast, name: &str, only: &Type<'s>) -> Type<'s> {
        let Some(item) = self.items_of(node, 0, only, NUMBER) else { return UNKNOWN };
        let heads = self.heads(&item);
        if name == "avg" {
            // The average of nothing is null.
            return Type::Num.computed(&[item]).or_null();
        }
        let is_whole = !heads.is_empty() && heads.iter().all(|head| matches!(head.view, View::Int));
        if is_whole { Type::Int } else { Type::Num }.computed(&[item])
    }

    fn contains(&mut self, node: &Ast, first: &Type<'s>, second: &Type<'s>) -> Type<'s> {
        let Some(found) = self.argument(node, 0, first, SEQUENCE) else { return UNKNOWN };
        let is_text = |head: &Head<'_>| matches!(head.view, View::Str | View::Words(_));
        let wanted = self.heads(second);
        let never = found.iter().all(is_text)
            && !wanted.is_empty()
            && !wanted.iter().any(|head| is_text(head) || matches!(head.view, View::Any) || head.view.is_null());
        if never {
            let mark = self.spans.argument(node, 1).unwrap_or_else(|| self.spans.mark(node));
            self.say(Remark::text_contains(mark, &super::remark::kinds(&wanted)));
        }
        Type::Bool
    }

    fn join(&mut self, node: &Ast, glue: &Type<'s>, texts: &Type<'s>) -> Type<'s> {
        self.argument(node, 0, glue, TEXT);
        match self.items_of(node, 1, texts, TEXT) {
            Some(item) => Type::Str.computed(&[item]),
            None => UNKNOWN,
        }
    }

    fn not_null(&mut self, all: &[Type<'s>]) -> Type<'s> {
        let mut of = Vec::new();
        let mut is_nullable = true;
        for one in all {
            of.push(self.without_null(one));
            let found = self.heads(one);
            is_nullable &= found.iter().any(|head| matches!(head.view, View::Null));
            if !found.iter().any(|head| head.view.is_null() || matches!(head.view, View::Any)) {
                return Type::union(of);
            }
        }
        with_null(Type::union(of), is_nullable, true)
    }

    fn array_of(&mut self, only: &Type<'s>) -> Type<'s> {
        let found = self.heads(only);
        Type::union(found.into_iter().map(|head| match head.view {
            View::List(_) => head.of,
            _ => Type::list(head.of),
        }))
    }

    fn number_of(&mut self, node: &Ast, only: &Type<'s>) -> Type<'s> {
        let found = self.heads(only);
        let mut of = Vec::new();
        for head in &found {
            match head.view {
                View::Int | View::Num => of.push(head.of.clone()),
                View::Any | View::Perhaps => of.push(Type::Num.computed(std::slice::from_ref(&head.of)).perhaps()),
                View::Str | View::Words(_) => {
                    of.push(Type::Num.computed(std::slice::from_ref(&head.of)).or_null());
                }
                _ => of.push(Type::Null),
            }
        }
        if !of.is_empty() && of.iter().all(|one| matches!(one, Type::Null)) {
            self.say(Remark::no_number(self.spans.mark(node), &super::remark::kinds(&found)));
        }
        Type::union(of)
    }

    fn text_of(&mut self, only: &Type<'s>) -> Type<'s> {
        let found = self.heads(only);
        if found.iter().all(|head| matches!(head.view, View::Str | View::Words(_))) {
            return only.clone();
        }
        Type::Str.computed(std::slice::from_ref(only))
    }

    /// An object as a function takes it.
    fn object(&mut self, node: &Ast, position: usize, of: &Type<'s>) -> Option<Vec<Head<'s>>> {
        self.argument(node, position, of, OBJECT)
    }

    /// A list as a function takes it.
    fn list(&mut self, node: &Ast, position: usize, of: &Type<'s>) -> Option<Vec<Head<'s>>> {
        self.argument(node, position, of, LIST)
    }
}
