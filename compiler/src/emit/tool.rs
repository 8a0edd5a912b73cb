//! One file a tool, in the order in which an auditor asks: what is it, what may the model send, what leaves the machine,
//! what comes back.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::shape::{Names, Writer};
use super::text::{COLUMNS, Module, documentation, rule_documentation, string};
use super::vocabulary::{Vocabulary, ident};
use super::{prune, request};
use crate::ir::{
    Above, Answer, Catalog, Content, Declassified, Effect, Encoding, Fields, Flow, Form, LabelledField, Next, Pages,
    Rule, Shape, Status, Tool,
};
use crate::report::visible;
use crate::wording;

pub(super) fn emit(catalog: &Catalog, tool: &Tool, names: &Names<'_>, answers: &Names<'_>) -> Module {
    let mut module = Module::new(
        header(catalog, tool),
        vec![format!("`{}` {} `{} {}`.", tool.name, verb(tool.effect), tool.method.word(), tool.path)],
    );
    let mut vocabulary = Vocabulary::default();
    let mut items = vec![
        emit_tool(tool, &mut vocabulary),
        emit_request(tool, names, &mut vocabulary),
        emit_response(tool, &mut vocabulary),
        emit_prune(tool, &mut vocabulary),
    ];
    items.extend(emit_output(tool, answers, &mut vocabulary));
    vocabulary.imports().into_iter().chain(items).for_each(|item| module.push(item));
    module
}

fn header(catalog: &Catalog, tool: &Tool) -> Vec<String> {
    let declared = if tool.effect_declared { ", as declared in the catalog" } else { "" };
    let approved = if tool.effect == Effect::Read { "" } else { ", approved in the catalog" };
    let mut header = vec![
        super::catalog::generated_from(catalog),
        String::new(),
        format!("operation  {}", tool.operation),
        format!("rule       catalog.yaml#/tools/{}/prune", tool.name),
    ];
    header.extend(fields(&tool.fields));
    header.extend([
        format!("plan       {}: holds {}", tool.class.name(), tool.class.holds()),
        format!("effect     {}{declared}{approved}", tool.effect.word()),
    ]);
    header.extend(tool.flow.iter().flat_map(labels));
    header.extend(tool.notes.iter().map(|note| format!("unchecked  {note}")));
    header
}

/// Where the outcome may go, as far as the constant does not say why.
fn labels(flow: &Flow) -> Vec<String> {
    let field = |field: &LabelledField| {
        let read = if field.is_read { "the rule looks at it" } else { "the rule does not look at it" };
        format!("label      {} is {}: {read}", visible(&field.path), field.label)
    };
    flow.fields.iter().map(field).collect()
}

/// What of the answer leaves the machine, and what does not, as far as there is room for names.
fn fields(fields: &Fields) -> Vec<String> {
    let Fields::Known { kept, dropped, .. } = fields else { return vec![format!("fields     {}", fields.in_words())] };
    let mut lines = vec![cut(format!("keeps      {}", fields.in_words()), kept)];
    if !dropped.is_empty() {
        lines.push(cut(format!("drops      {}", fields.dropped_in_words()), dropped));
    }
    lines
}

/// Text and behind it the names that fit on the line.
fn cut(text: String, names: &[String]) -> String {
    const CUT: &str = ", …";
    // The line begins with `// `.
    let columns = COLUMNS - 3;
    let mut line = text;
    for (position, name) in names.iter().enumerate() {
        let separator = if position == 0 { ": " } else { ", " };
        let name = visible(name);
        let room = if position + 1 == names.len() { columns } else { columns - CUT.chars().count() };
        if line.chars().count() + separator.len() + name.chars().count() > room {
            return line + if position == 0 { ": …" } else { CUT };
        }
        line.push_str(separator);
        line.push_str(&name);
    }
    line
}

fn verb(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Write => "writes with",
        Effect::Destroy => "destroys with",
    }
}

fn emit_tool(tool: &Tool, vocabulary: &mut Vocabulary) -> TokenStream {
    let kind = vocabulary.root("Tool");
    let effect_kind = vocabulary.root("Effect");
    let effect = ident(match tool.effect {
        Effect::Read => "Read",
        Effect::Write => "Write",
        Effect::Destroy => "Destroy",
    });
    let (name, operation, upstream) = (&tool.name, &tool.operation, &tool.upstream);
    let credentials = &tool.credentials;
    let output = if tool.output == Shape::Any {
        let any = vocabulary.shape("any");
        quote!(&#any())
    } else {
        quote!(&OUTPUT)
    };
    let form_kind = vocabulary.root("Form");
    let form = ident(match tool.form {
        Form::Json => "Json",
        Form::Csv => "Csv",
        Form::Table => "Table",
    });
    let title = string(&tool.title, 8);
    let description = string(&tool.description, 8);
    let keeps = tool.keeps();
    let flow = emit_flow(tool, vocabulary);
    quote!(
        pub(super) const TOOL: #kind = #kind {
            name: #name,
            title: #title,
            description: #description,
            effect: #effect_kind::#effect,
            operation: #operation,
            upstream: #upstream,
            credentials: &[#(#credentials),*],
            request: &REQUEST,
            response: RESPONSE,
            prune: PRUNE,
            keeps: &[#(#keeps),*],
            form: #form_kind::#form,
            output: #output,
            flow: #flow,
        };
    )
}

fn emit_flow(tool: &Tool, vocabulary: &mut Vocabulary) -> TokenStream {
    let Some(Flow { label, unpruned, clearance, above, fields: _, declassified }) = &tool.flow else {
        return quote!(None);
    };
    let (kind, above_kind) = (vocabulary.root("Flow"), vocabulary.root("Above"));
    let above = ident(match above {
        Above::Refused => "Refused",
        Above::Asked => "Asked",
    });
    let declassified = declassified.iter().map(|Declassified { from, reason }| {
        let kind = vocabulary.root("Declassified");
        let reason = string(reason, 16);
        quote!(#kind { from: #from, reason: #reason })
    });
    let declassified: Vec<TokenStream> = declassified.collect();
    quote!(Some(#kind {
        label: #label,
        unpruned: #unpruned,
        clearance: #clearance,
        above: #above_kind::#above,
        declassified: &[#(#declassified),*],
    }))
}

fn emit_request(tool: &Tool, names: &Names<'_>, vocabulary: &mut Vocabulary) -> TokenStream {
    let documentation =
        documentation(&["What may be sent, and where it goes. The host adds address and credentials.".into()]);
    let request = request::emit(tool, names, vocabulary);
    let kind = vocabulary.root("Request");
    quote!(#documentation static REQUEST: #kind = #request;)
}

fn emit_response(tool: &Tool, vocabulary: &mut Vocabulary) -> TokenStream {
    let documentation = documentation(&["Which answers are taken.".into()]);
    let kind = vocabulary.root("Response");
    let answers: Vec<TokenStream> = tool.answers.iter().map(|answer| emit_answer(answer, vocabulary)).collect();
    let bytes_max = grouped(tool.bytes_max);
    let mut fields = vec![quote!(answers: &[#(#answers),*]), quote!(bytes_max: #bytes_max)];
    if !tool.encodings.is_empty() {
        let encoding = vocabulary.root("Encoding");
        let encodings = tool.encodings.iter().map(|one| match one {
            Encoding::Gzip => quote!(#encoding::Gzip),
            Encoding::Deflate => quote!(#encoding::Deflate),
        });
        fields.push(quote!(encodings: &[#(#encodings),*]));
    }
    if !tool.redirects.is_empty() {
        let redirects = &tool.redirects;
        fields.push(quote!(redirects: &[#(#redirects),*]));
    }
    if tool.file_bytes_max > 0 {
        let file_bytes_max = grouped(tool.file_bytes_max);
        fields.push(quote!(file_bytes_max: #file_bytes_max));
    }
    if let Some(pages) = &tool.pages {
        let pages = emit_pages(pages, vocabulary);
        fields.push(quote!(pages: Some(#pages)));
    }
    // What is not said here does not happen.
    let rest = (fields.len() < RESPONSE_FIELDS).then(|| quote!(..#kind::PLAIN));
    quote!(#documentation const RESPONSE: #kind = #kind { #(#fields,)* #rest };)
}

/// How many fields a response has: with all of them, nothing is left to say.
const RESPONSE_FIELDS: usize = 6;

fn emit_pages(pages: &Pages, vocabulary: &mut Vocabulary) -> TokenStream {
    let kind = vocabulary.root("Pages");
    let next_kind = vocabulary.root("Next");
    let mut size = |size: &Option<String>| {
        let kind = vocabulary.root("Size");
        size.as_ref().map_or_else(|| quote!(#kind::Unknown), |argument| quote!(#kind::Argument(#argument)))
    };
    let next = match &pages.next {
        Next::Link => quote!(#next_kind::Link),
        Next::Offset(argument, of) => {
            let size = size(of);
            quote!(#next_kind::Offset(#argument, #size))
        }
        Next::Number(argument, of) => {
            let size = size(of);
            quote!(#next_kind::Number(#argument, #size))
        }
        Next::Cursor(argument, at) => {
            let rule = prune::emit(&at.prune, vocabulary);
            quote!(#next_kind::Cursor(#argument, #rule))
        }
    };
    let items = &pages.items;
    let items_max = grouped(pages.items_max);
    quote!(#kind { next: #next, items: &[#(#items),*], items_max: #items_max })
}

fn emit_answer(answer: &Answer, vocabulary: &mut Vocabulary) -> TokenStream {
    let response = vocabulary.root("response");
    let kind = vocabulary.root("Status");
    let status = match answer.status {
        Status::Code(code) => {
            let code = Literal::u16_unsuffixed(code);
            quote!(#kind::Code(#code))
        }
        Status::Range(digit) => {
            let digit = Literal::u8_unsuffixed(digit);
            quote!(#kind::Range(#digit))
        }
        Status::AnySuccess => quote!(#kind::AnySuccess),
    };
    let media_type = &answer.media_type;
    match answer.content {
        Content::Empty => quote!(#response::empty(#status)),
        Content::Json => quote!(#response::json(#status, #media_type)),
        Content::Lines => quote!(#response::lines(#status, #media_type)),
        Content::Location => quote!(#response::location(#status)),
        Content::Text => quote!(#response::text(#status, #media_type)),
        Content::Binary => quote!(#response::binary(#status, #media_type)),
    }
}

fn emit_prune(tool: &Tool, vocabulary: &mut Vocabulary) -> TokenStream {
    let documentation = documentation(&rule_documentation(&tool.rule));
    let rule = prune::emit(&tool.prune, vocabulary);
    let kind = vocabulary.prune("Prune");
    quote!(#documentation const PRUNE: #kind = #rule;)
}

/// A static, since a constant cannot borrow what refers to a shared shape.
fn emit_output(tool: &Tool, answers: &Names<'_>, vocabulary: &mut Vocabulary) -> Option<TokenStream> {
    if tool.output == Shape::Any {
        return None;
    }
    let about = if tool.prune == Rule::Current {
        "What an answer is made of, as the document says."
    } else {
        "What the rule makes of an answer, as far as the document says what it is made of."
    };
    let documentation = documentation(&[about.into()]);
    let shape = Writer { names: answers, vocabulary, at_home: false, indent: 4 }.emit(&tool.output);
    let kind = vocabulary.shape("Shape");
    Some(quote!(#documentation static OUTPUT: #kind = #shape;))
}

/// A number with `_` between groups of three digits.
fn grouped(value: u64) -> TokenStream {
    wording::grouped(value, '_').parse().unwrap_or_else(|_| quote!(#value))
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, cut};

    #[test]
    fn names_are_cut_to_one_line() {
        let names: Vec<String> = (0..40).map(|number| format!("items[].name{number}")).collect();
        assert_eq!(
            cut("keeps      2 of 40 fields".into(), &names[..2]),
            "keeps      2 of 40 fields: items[].name0, items[].name1"
        );
        let line = cut("drops      40 of 40 fields".into(), &names);
        assert!(line.ends_with(", …") && line.chars().count() + 3 <= COLUMNS && line.chars().count() > 70, "{line}");
        assert_eq!(cut("keeps      1 of 1 field".into(), &["x".repeat(200)]), "keeps      1 of 1 field: …");
        assert_eq!(cut("keeps      0 of 1 field".into(), &[]), "keeps      0 of 1 field");
    }
}
