//! Comparisons.

use jmespath::ast::{Ast, Comparator};

use super::expression::Typer;
use super::heads::{Head, View};
use super::narrow::kind;
use super::remark::{Remark, kinds};
use super::types::Type;
use crate::report::did_you_mean;

impl<'s> Typer<'s, '_> {
    pub(super) fn comparison(
        &mut self,
        node: &Ast,
        comparator: &Comparator,
        left: (&Ast, &Type<'s>),
        right: (&Ast, &Type<'s>),
    ) -> Type<'s> {
        let (left_heads, right_heads) = (self.heads(left.1), self.heads(right.1));
        match comparator {
            Comparator::Equal | Comparator::NotEqual => {
                let is_equal = *comparator == Comparator::Equal;
                let is_told = self.wrong_word(left.0, &left_heads, &right_heads)
                    || self.wrong_word(right.0, &right_heads, &left_heads);
                if is_told {
                    return Type::Any;
                }
                if are_disjoint(&left_heads, &right_heads) {
                    let sides = (kinds(&left_heads), kinds(&right_heads));
                    let literal = [left.0, right.0].into_iter().find(|side| matches!(side, Ast::Literal { .. }));
                    let literal = literal.map(|literal| self.spans.mark(literal));
                    self.say(Remark::disjoint(self.spans.mark(node), self.text, is_equal, &sides, literal));
                }
                Type::Bool
            }
            _ => {
                let sides = [(left.0, &left_heads), (right.0, &right_heads)];
                let wrong = sides.into_iter().find(|(_, heads)| {
                    !heads.is_empty()
                        && !heads.iter().any(|head| matches!(head.view, View::Any | View::Int | View::Num))
                });
                if let Some((side, heads)) = wrong {
                    let mark = self.spans.mark(node);
                    let side = (self.spans.extent(side), kinds(heads));
                    self.say(Remark::unordered_kind(mark, self.text, &side));
                    return Type::Any;
                }
                let is_number = |head: &Head<'_>| matches!(head.view, View::Int | View::Num);
                if left_heads.iter().chain(&right_heads).all(is_number) { Type::Bool } else { Type::Bool.or_null() }
            }
        }
    }

    /// Says so where `node` is a text that none of the words on the other side is.
    fn wrong_word(&mut self, node: &Ast, heads: &[Head<'s>], others: &[Head<'s>]) -> bool {
        let Ast::Literal { value, .. } = node else { return false };
        let (Some(text), [_]) = (value.as_string(), heads) else { return false };
        let mut words: Vec<&str> = Vec::new();
        for other in others {
            match &other.view {
                View::Any | View::Str => return false,
                // What a filter has left of the words is not what the document lists.
                _ if matches!(other.of, Type::From(..)) => return false,
                View::Words(known) => words.extend(known.iter().map(String::as_str)),
                _ => {}
            }
        }
        if words.is_empty() || words.contains(&text.as_str()) {
            return false;
        }
        let meant = did_you_mean(text, words.iter().copied());
        self.say(Remark::wrong_word(self.spans.mark(node), self.text, text, &words, meant));
        true
    }
}

/// Whether no value is of both. Null beside another kind says nothing: it is how a rule asks whether something is there.
fn are_disjoint(left: &[Head<'_>], right: &[Head<'_>]) -> bool {
    let only_null = |heads: &[Head<'_>]| heads.iter().all(|head| head.view.is_null());
    if only_null(left) || only_null(right) {
        return false;
    }
    let overlap = |one: &Head<'_>| {
        right.iter().any(|other| {
            let either_is_any = matches!(one.view, View::Any) || matches!(other.view, View::Any);
            either_is_any || !one.view.is_null() && kind(&one.view) == kind(&other.view)
        })
    };
    !left.iter().any(overlap)
}
