//! The table of arguments as a constant.

use proc_macro2::TokenStream;
use quote::quote;

use super::shape::{Names, Writer};
use super::text::{json, string};
use super::vocabulary::{Vocabulary, ident};
use crate::ir::{Argument, Method, Place, Source, Tool};

/// `Request { … }`.
pub(super) fn emit(tool: &Tool, names: &Names<'_>, vocabulary: &mut Vocabulary) -> TokenStream {
    let request = vocabulary.root("Request");
    let method = emit_method(tool.method, vocabulary);
    let path = &tool.path;
    let accept = &tool.accept;
    let arguments: Vec<TokenStream> =
        tool.arguments.iter().map(|argument| emit_argument(argument, names, vocabulary)).collect();
    quote!(#request { method: #method, path: #path, accept: #accept, arguments: &[#(#arguments),*] })
}

fn emit_method(method: Method, vocabulary: &mut Vocabulary) -> TokenStream {
    let kind = vocabulary.root("Method");
    let name = ident(match method {
        Method::Get => "Get",
        Method::Head => "Head",
        Method::Options => "Options",
        Method::Post => "Post",
        Method::Put => "Put",
        Method::Patch => "Patch",
        Method::Delete => "Delete",
    });
    quote!(#kind::#name)
}

fn emit_argument(argument: &Argument, names: &Names<'_>, vocabulary: &mut Vocabulary) -> TokenStream {
    let shape = Writer { names, vocabulary, at_home: false, indent: 12 }.emit(&argument.shape);
    let name = &argument.name;
    let mut row = match &argument.place {
        Place::JsonBody(media_type) => {
            let function = vocabulary.request("json_body");
            quote!(#function(#media_type, #shape))
        }
        place => {
            let function = vocabulary.request(match place {
                Place::Path => "path",
                Place::QueryJoined => "query_joined",
                Place::Header => "header",
                _ => "query",
            });
            quote!(#function(#name, #shape))
        }
    };
    if argument.wire != argument.name {
        let wire = &argument.wire;
        row = quote!(#row.sent_as(#wire));
    }
    match &argument.source {
        Source::Required => {}
        Source::Optional => row = quote!(#row.optional()),
        Source::Default(value) => {
            let value = json(value);
            row = quote!(#row.default(#value));
        }
        Source::Fixed(value) => {
            let value = json(value);
            row = quote!(#row.fixed(#value));
        }
    }
    // What nobody sees needs no description.
    if !argument.description.is_empty() && !matches!(argument.source, Source::Fixed(_)) {
        let text = string(&argument.description, 12);
        row = quote!(#row.about(#text));
    }
    row
}
