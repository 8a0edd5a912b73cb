//! The table of arguments as a constant.

use proc_macro2::TokenStream;
use quote::quote;

use super::shape::{Names, Writer};
use super::text::{json, string};
use super::vocabulary::{Vocabulary, ident};
use crate::ir::{Argument, Body, Field, Grounding, Method, Part, PartContent, Place, Source, Style, Tool};

/// `Request { … }`.
pub(super) fn emit(tool: &Tool, names: &Names<'_>, vocabulary: &mut Vocabulary) -> TokenStream {
    let request = vocabulary.root("Request");
    let method = emit_method(tool.method, vocabulary);
    let (path, accept) = (&tool.path, &tool.accept);
    let body = emit_body(&tool.body, vocabulary);
    let arguments: Vec<TokenStream> =
        tool.arguments.iter().map(|argument| emit_argument(argument, names, vocabulary)).collect();
    quote!(#request { method: #method, path: #path, accept: #accept, body: #body, arguments: &[#(#arguments),*] })
}

fn emit_body(body: &Body, vocabulary: &mut Vocabulary) -> TokenStream {
    let kind = vocabulary.root("Body");
    match body {
        Body::None => quote!(#kind::None),
        Body::Json(media_type) => quote!(#kind::Json(#media_type)),
        Body::Bytes(media_type) => quote!(#kind::Bytes(#media_type)),
        Body::Text(media_type) => quote!(#kind::Text(#media_type)),
        Body::Form(fields) => {
            let fields: Vec<TokenStream> = fields.iter().map(|field| emit_field(field, vocabulary)).collect();
            quote!(#kind::Form(&[#(#fields),*]))
        }
        Body::Multipart(parts) => {
            let parts: Vec<TokenStream> = parts.iter().map(|part| emit_part(part, vocabulary)).collect();
            quote!(#kind::Multipart(&[#(#parts),*]))
        }
    }
}

fn emit_field(field: &Field, vocabulary: &mut Vocabulary) -> TokenStream {
    let function = vocabulary.request("field");
    let (name, style) = (&field.name, emit_style(field.style, vocabulary));
    let reserved = field.reserved.then(|| quote!(.reserved()));
    quote!(#function(#name, #style)#reserved)
}

fn emit_part(part: &Part, vocabulary: &mut Vocabulary) -> TokenStream {
    let function = vocabulary.request(match part.content {
        PartContent::Text => "text_part",
        PartContent::Json => "json_part",
        PartContent::Bytes => "file_part",
    });
    let (name, media_type) = (&part.name, &part.media_type);
    let repeated = part.repeated.then(|| quote!(.repeated()));
    quote!(#function(#name, #media_type)#repeated)
}

fn emit_style(style: Style, vocabulary: &mut Vocabulary) -> TokenStream {
    let kind = vocabulary.root("Style");
    // The derived `Debug` of a variant without fields is its name.
    let name = ident(&format!("{style:?}"));
    quote!(#kind::#name)
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
    let (function, default) = match argument.place {
        Place::Path(_) => ("path", Some(Place::Path(Style::Simple))),
        Place::Query(_) => ("query", Some(Place::Query(Style::FormExploded))),
        Place::Header(_) => ("header", Some(Place::Header(Style::Simple))),
        Place::Cookie(_) => ("cookie", Some(Place::Cookie(Style::Form))),
        Place::Body => ("body", None),
        Place::BodyProperty => ("body_property", None),
    };
    let function = vocabulary.request(function);
    let mut row =
        if argument.place == Place::Body { quote!(#function(#shape)) } else { quote!(#function(#name, #shape)) };
    if let Place::Path(style) | Place::Query(style) | Place::Header(style) | Place::Cookie(style) = argument.place
        && default != Some(argument.place)
    {
        let style = emit_style(style, vocabulary);
        row = quote!(#row.style(#style));
    }
    if argument.reserved {
        row = quote!(#row.reserved());
    }
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
        Source::Page(value) => {
            let value = if value.is_empty() { quote!("") } else { json(value) };
            row = quote!(#row.page(#value));
        }
    }
    if argument.grounding != Grounding::Conversation {
        let kind = vocabulary.root("Grounding");
        // The derived `Debug` of a variant without fields is its name.
        let grounding = ident(&format!("{:?}", argument.grounding));
        row = quote!(#row.grounding(#kind::#grounding));
    }
    // What nobody sees needs no description.
    if !argument.description.is_empty() && argument.source.is_offered() {
        let text = string(&argument.description, 12);
        row = quote!(#row.about(#text));
    }
    row
}
