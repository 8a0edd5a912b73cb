//! Prune rules as constants.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::vocabulary::{Vocabulary, ident};
use crate::ir::{Comparator, Rule};

/// The expression that stands for a rule.
pub(super) fn emit(rule: &Rule, vocabulary: &mut Vocabulary) -> TokenStream {
    match rule {
        Rule::Current => call("current", &[], vocabulary),
        Rule::Field(name) => call("field", &[quote!(#name)], vocabulary),
        Rule::Index(position) => call("index", &[integer(*position)], vocabulary),
        Rule::Slice(start, stop, step) => call("slice", &[bound(*start), bound(*stop), integer(*step)], vocabulary),
        Rule::Then(first, next) => method(first, "then", Some(next), vocabulary),
        Rule::Each(list, item) => method(list, "each", Some(item), vocabulary),
        Rule::Flatten(list) => method(list, "flatten", None, vocabulary),
        Rule::Values(object) => method(object, "values", None, vocabulary),
        Rule::And(left, right) => method(left, "and", Some(right), vocabulary),
        Rule::Or(left, right) => method(left, "or", Some(right), vocabulary),
        Rule::When(condition, then) => {
            let arguments = [borrowed(condition, vocabulary), borrowed(then, vocabulary)];
            call("when", &arguments, vocabulary)
        }
        Rule::Not(rule) => {
            let argument = borrowed(rule, vocabulary);
            call("not", &[argument], vocabulary)
        }
        Rule::Expression(rule) => {
            let argument = borrowed(rule, vocabulary);
            call("expression", &[argument], vocabulary)
        }
        Rule::Object(members) => {
            let members: Vec<TokenStream> = members
                .iter()
                .map(|(name, rule)| {
                    let rule = emit(rule, vocabulary);
                    quote!((#name, #rule))
                })
                .collect();
            call("object", &[quote!(&[#(#members),*])], vocabulary)
        }
        Rule::List(items) => {
            let items: Vec<TokenStream> = items.iter().map(|item| emit(item, vocabulary)).collect();
            call("list", &[quote!(&[#(#items),*])], vocabulary)
        }
        Rule::Literal(json) => {
            let json = super::text::json(json);
            call("literal", &[json], vocabulary)
        }
        Rule::Compare(left, comparator, right) => {
            let left = emit(left, vocabulary);
            let right = borrowed(right, vocabulary);
            let comparator = ident(comparator_name(*comparator));
            let kind = vocabulary.prune("Comparator");
            quote!(#left.compare(#kind::#comparator, #right))
        }
        Rule::Call(function, arguments) => {
            let arguments: Vec<TokenStream> = arguments.iter().map(|argument| emit(argument, vocabulary)).collect();
            call("call", &[quote!(#function), quote!(&[#(#arguments),*])], vocabulary)
        }
    }
}

fn call(name: &str, arguments: &[TokenStream], vocabulary: &mut Vocabulary) -> TokenStream {
    let name = vocabulary.prune(name);
    quote!(#name(#(#arguments),*))
}

fn method(receiver: &Rule, name: &str, argument: Option<&Rule>, vocabulary: &mut Vocabulary) -> TokenStream {
    let receiver = emit(receiver, vocabulary);
    let name = ident(name);
    let argument = argument.map(|argument| borrowed(argument, vocabulary));
    quote!(#receiver.#name(#argument))
}

fn borrowed(rule: &Rule, vocabulary: &mut Vocabulary) -> TokenStream {
    let rule = emit(rule, vocabulary);
    quote!(&#rule)
}

fn integer(value: i32) -> TokenStream {
    let digits = Literal::u32_unsuffixed(value.unsigned_abs());
    if value < 0 { quote!(-#digits) } else { quote!(#digits) }
}

fn bound(value: Option<i32>) -> TokenStream {
    let Some(value) = value.map(integer) else { return quote!(None) };
    quote!(Some(#value))
}

fn comparator_name(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Equal => "Equal",
        Comparator::NotEqual => "NotEqual",
        Comparator::Less => "Less",
        Comparator::LessOrEqual => "LessOrEqual",
        Comparator::Greater => "Greater",
        Comparator::GreaterOrEqual => "GreaterOrEqual",
    }
}
