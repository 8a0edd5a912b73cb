//! What of a tool is approved, and its digest.
//!
//! Whatever can reach the model or the wire is part of it, and nothing else: not what a rule drops, nor the white space of a
//! rule, notes, samples, plans, the order in which things are listed, the format and the digest of the document, or the place
//! of the operation in it. The digest is SHA-256 of this value as [`super::canonical`] JSON; `{…}?` may be missing, and
//! `set` is a list without order:
//!
//! ```text
//! name, title, description, effect       as generated source says them
//! effect_declared                        true where the catalog states another effect than the method implies
//! method, path, body                     what is called
//! accept, answers                        sets: media types; {status, content, media_type}
//! upstream                               {name, base_path, transport?, credentials: set of {name, type, of}}, those that the
//!                                        tool sends; transport is `tls` where the document says https
//! arguments                              by name: {wire, place, style, reserved, source, from, value?, shape, description};
//!                                        of a fixed one that is not the body neither shape nor description: nobody is told;
//!                                        from is `any` where the embedded model may write what nobody has said
//! sent_shapes, given_shapes              sets of [name, digest of the shape]: those that the arguments and the result reach
//! bytes_max, form, rule                  what comes back; the rule as a tree: [node, …]
//! encodings, redirects                   sets: words; {name, base_path, transport?} of the systems that redirects lead to
//! file_bytes_max                         the most bytes of a file that is handed on
//! pages                                  {type, argument?, size?, at?: rule, items: [name, …], items_max}
//! kept, fields_known, fields_cut         the fields of the answer that the rule keeps: a set; what is known of them
//! output                                 the shape of the result
//! flow                                   {labels: list, label, unpruned, clearance, above, fields: set of {path, label, is_read},
//!                                        declassified: set of {from, reason}}
//! ```
//!
//! Of a prompt it is {name, title, description, arguments: list of {name, description, required, values}, messages: list of
//! {role, text}}, the text as `catalog.yaml` writes it.

use serde_json::{Value, json};

use super::canonical::{Members, digest, set};
use super::shape::{Named, Reading, canonical, reading};
use crate::ir::{
    Answer, Argument, Body, Catalog, Comparator, Content, Credential, CredentialPlace, Cursor, Declassified, Field,
    Fields, Flow, Grounding, LabelledField, Message, Next, Pages, Part, PartContent, Place, Prompt, PromptArgument,
    Rule, Shape, Source, Status, Style, Tool, Transport, Upstream,
};

/// The digests of a catalog's tools, in their order: 64 hexadecimal digits each.
pub fn digests(catalog: &Catalog) -> Vec<String> {
    let (sent, given) = (Named::new(&catalog.shapes), Named::new(&catalog.answers));
    catalog.tools.iter().map(|tool| digest(&approved(tool, catalog, &sent, &given))).collect()
}

/// The digest of a prompt: all of it reaches a model, or the person who starts it.
pub fn prompt_digest(prompt: &Prompt) -> String {
    // Named one by one: a field that is added to a prompt must be thought of here.
    let Prompt { name, title, description, arguments, messages } = prompt;
    let argument = |argument: &PromptArgument| {
        let PromptArgument { name, description, required, values } = argument;
        Members::default()
            .with("name", name.as_str())
            .with("description", description.as_str())
            .with("required", *required)
            .with("values", values.as_slice())
            .object()
    };
    let message = |message: &Message| {
        Members::default().with("role", message.role.word()).with("text", message.template()).object()
    };
    let members = Members::default()
        .with("name", name.as_str())
        .with("title", title.as_str())
        .with("description", description.as_str())
        .with("arguments", arguments.iter().map(argument).collect::<Value>())
        .with("messages", messages.iter().map(message).collect::<Value>());
    digest(&members.object())
}

/// What of a tool is approved.
fn approved(tool: &Tool, catalog: &Catalog, sent: &Named<'_>, given: &Named<'_>) -> Value {
    // Named one by one: a field that is added to a tool must be thought of here.
    let Tool {
        name,
        title,
        description,
        effect,
        effect_declared,
        operation: _,
        upstream,
        credentials,
        method,
        path,
        accept,
        body,
        arguments,
        notes: _,
        answers,
        bytes_max,
        encodings,
        redirects,
        file_bytes_max,
        pages,
        rule: _,
        prune,
        class: _,
        sample: _,
        form,
        output,
        fields,
        flow,
    } = tool;
    let of_arguments = sent.reach(arguments.iter().filter_map(told_shape));
    let of_output = given.reach([output]);
    let reading = reading(*prune == Rule::Current, &of_output);
    let arguments = arguments.iter().map(|one| (one.name.clone(), argument(one))).collect::<Members>();
    Members::default()
        .with("name", name.as_str())
        .with("title", title.as_str())
        .with("description", description.as_str())
        .with("effect", effect.word())
        .with("effect_declared", *effect_declared)
        .with("method", method.word())
        .with("path", path.as_str())
        .with("body", write_body(body))
        .with("accept", set(accept.split(", ").filter(|media_type| !media_type.is_empty()).map(Value::from)))
        .with("answers", set(answers.iter().map(answer)))
        .with("upstream", reached(upstream, credentials, &catalog.upstreams))
        .with("arguments", arguments.object())
        .with("sent_shapes", sent.listed(&of_arguments, Reading::Whole))
        .with("given_shapes", given.listed(&of_output, reading))
        .with("bytes_max", *bytes_max)
        .with("encodings", set(encodings.iter().map(|encoding| encoding.word().into())))
        .with("redirects", set(redirects.iter().map(|name| reached(name, &[], &catalog.upstreams))))
        .with("file_bytes_max", *file_bytes_max)
        .with("pages", pages.as_ref().map_or(Value::Null, write_pages))
        .with("form", form.word())
        .with("rule", write_rule(prune))
        .with("output", canonical(output, reading))
        .with("fields_known", matches!(fields, Fields::Known { .. } | Fields::None))
        .with("fields_cut", matches!(fields, Fields::Known { is_cut: true, .. }))
        .with("kept", kept(fields))
        .with("flow", flow.as_ref().map_or(Value::Null, |flow| write_flow(flow, &catalog.labels)))
        .object()
}

/// What a label means hangs on the chain, so that is part of it.
fn write_flow(flow: &Flow, labels: &[String]) -> Value {
    let Flow { label, unpruned, clearance, above, fields, declassified } = flow;
    let field = |LabelledField { path, label, is_read }: &LabelledField| {
        let members = Members::default().with("path", path.as_str()).with("label", label.as_str());
        members.with("is_read", *is_read).object()
    };
    let flow = |Declassified { from, reason }: &Declassified| {
        Members::default().with("from", from.as_str()).with("reason", reason.as_str()).object()
    };
    Members::default()
        .with("labels", labels)
        .with("label", label.as_str())
        .with("unpruned", unpruned.as_str())
        .with("clearance", clearance.as_str())
        .with("above", above.word())
        .with("fields", set(fields.iter().map(field)))
        .with("declassified", set(declassified.iter().map(flow)))
        .object()
}

fn write_pages(pages: &Pages) -> Value {
    let Pages { next, items, items_max } = pages;
    let counted = |kind, argument: &str, size: &Option<String>| {
        Members::of_type(kind).with("argument", argument).with_some("size", size.as_deref())
    };
    let members = match next {
        Next::Link => Members::of_type("link"),
        Next::Cursor(argument, Cursor { rule: _, prune }) => {
            Members::of_type("cursor").with("argument", argument.as_str()).with("at", write_rule(prune))
        }
        Next::Offset(argument, size) => counted("offset", argument, size),
        Next::Number(argument, size) => counted("number", argument, size),
    };
    members.with("items", items.as_slice()).with("items_max", *items_max).object()
}

fn kept(fields: &Fields) -> Value {
    match fields {
        Fields::Unknown | Fields::None => Value::Null,
        Fields::Known { kept, dropped: _, kinds: _, is_cut: _ } => set(kept.iter().map(|path| path.as_str().into())),
    }
}

/// The system that a tool reaches, and the secrets that it sends there.
fn reached(name: &str, credentials: &[String], upstreams: &[Upstream]) -> Value {
    let upstream = upstreams.iter().find(|upstream| upstream.name == name);
    let (base_path, transport) = match upstream {
        Some(Upstream { name: _, base_path, transport, credentials: _ }) => (base_path.as_str(), *transport),
        None => ("", Transport::Any),
    };
    let secret = |name: &String| {
        let known = upstream.and_then(|upstream| upstream.credentials.iter().find(|one| one.name == *name));
        let members = Members::default().with("name", name.as_str());
        known.map_or(members, credential).object()
    };
    Members::default()
        .with("name", name)
        .with("base_path", base_path)
        .with_some("transport", (transport != Transport::Any).then(|| transport.word()))
        .with("credentials", set(credentials.iter().map(secret)))
        .object()
}

fn credential(credential: &Credential) -> Members {
    let Credential { name, place } = credential;
    let (kind, of) = match place {
        CredentialPlace::Header(name) => ("header", name.as_str()),
        CredentialPlace::Query(name) => ("query", name.as_str()),
        CredentialPlace::Cookie(name) => ("cookie", name.as_str()),
        CredentialPlace::Bearer => ("bearer", ""),
        CredentialPlace::Basic => ("basic", ""),
    };
    Members::of_type(kind).with("name", name.as_str()).with("of", of)
}

/// The shape of an argument, where a model is told it or the body is written by it.
fn told_shape(argument: &Argument) -> Option<&Shape> {
    let is_told = argument.source.is_offered() || argument.place == Place::Body;
    is_told.then_some(&argument.shape)
}

fn argument(argument: &Argument) -> Value {
    let Argument { name: _, wire, place, shape: _, source, grounding, reserved, description } = argument;
    let (place, style) = match place {
        Place::Path(style) => ("path", Some(*style)),
        Place::Query(style) => ("query", Some(*style)),
        Place::Header(style) => ("header", Some(*style)),
        Place::Cookie(style) => ("cookie", Some(*style)),
        Place::Body => ("body", None),
        Place::BodyProperty => ("body_property", None),
    };
    // The default says nothing, so that what was approved before there was a choice is what it was.
    let from = match grounding {
        Grounding::Conversation => "",
        Grounding::Any => "any",
    };
    let (source, value, description) = match source {
        Source::Required => ("required", None, description.as_str()),
        Source::Optional => ("optional", None, description.as_str()),
        Source::Default(json) => ("default", Some(json.as_str()), description.as_str()),
        Source::Fixed(json) => ("fixed", Some(json.as_str()), ""),
        Source::Page(json) => ("page", Some(json.as_str()), ""),
    };
    Members::default()
        .with("wire", wire.as_str())
        .with("place", place)
        .with_some("style", style.map(style_word))
        .with("reserved", *reserved)
        .with("source", source)
        .with("from", from)
        .with_some("value", value)
        .with_some("shape", told_shape(argument).map(|shape| canonical(shape, Reading::Whole)))
        .with("description", description)
        .object()
}

/// Words of our own: those of the contract may be renamed.
fn style_word(style: Style) -> &'static str {
    match style {
        Style::Simple => "simple",
        Style::SimpleExploded => "simple_exploded",
        Style::Label => "label",
        Style::LabelExploded => "label_exploded",
        Style::Matrix => "matrix",
        Style::MatrixExploded => "matrix_exploded",
        Style::Form => "form",
        Style::FormExploded => "form_exploded",
        Style::SpaceDelimited => "space_delimited",
        Style::PipeDelimited => "pipe_delimited",
        Style::DeepObject => "deep_object",
        Style::Json => "json",
        Style::Segments => "segments",
    }
}

fn write_body(body: &Body) -> Value {
    let field = |field: &Field| {
        let Field { name, style, reserved } = field;
        Members::default()
            .with("name", name.as_str())
            .with("style", style_word(*style))
            .with("reserved", *reserved)
            .object()
    };
    let part = |part: &Part| {
        let Part { name, content, media_type, repeated } = part;
        let content = match content {
            PartContent::Text => "text",
            PartContent::Json => "json",
            PartContent::Bytes => "bytes",
        };
        Members::default()
            .with("name", name.as_str())
            .with("content", content)
            .with("media_type", media_type.as_str())
            .with("repeated", *repeated)
            .object()
    };
    let members = match body {
        Body::None => return Value::Null,
        Body::Json(media_type) => Members::of_type("json").with("media_type", media_type.as_str()),
        Body::Bytes(media_type) => Members::of_type("bytes").with("media_type", media_type.as_str()),
        Body::Text(media_type) => Members::of_type("text").with("media_type", media_type.as_str()),
        Body::Form(fields) => Members::of_type("form").with("fields", set(fields.iter().map(field))),
        Body::Multipart(parts) => Members::of_type("multipart").with("parts", set(parts.iter().map(part))),
    };
    members.object()
}

fn answer(answer: &Answer) -> Value {
    let Answer { status, content, media_type } = answer;
    let status = match status {
        Status::Code(code) => code.to_string(),
        Status::Range(digit) => format!("{digit}xx"),
        Status::AnySuccess => "success".to_owned(),
    };
    let content = match content {
        Content::Empty => "empty",
        Content::Json => "json",
        Content::Text => "text",
        Content::Lines => "lines",
        Content::Location => "location",
        Content::Binary => "binary",
    };
    Members::default().with("status", status).with("content", content).with("media_type", media_type.as_str()).object()
}

/// A node of a rule as a list: what it is, and what it is made of.
fn write_rule(rule: &Rule) -> Value {
    let all = |rules: &[Rule]| rules.iter().map(write_rule).collect::<Value>();
    match rule {
        Rule::Current => json!(["current"]),
        Rule::Field(name) => json!(["field", name]),
        Rule::Index(position) => json!(["index", position]),
        Rule::Slice(start, stop, step) => json!(["slice", start, stop, step]),
        Rule::Then(first, next) => json!(["then", write_rule(first), write_rule(next)]),
        Rule::Each(list, item) => json!(["each", write_rule(list), write_rule(item)]),
        Rule::Flatten(list) => json!(["flatten", write_rule(list)]),
        Rule::Values(object) => json!(["values", write_rule(object)]),
        Rule::When(condition, then) => json!(["when", write_rule(condition), write_rule(then)]),
        Rule::Object(members) => {
            let members: Value = members.iter().map(|(name, rule)| json!([name, write_rule(rule)])).collect();
            json!(["object", members])
        }
        Rule::List(items) => json!(["list", all(items)]),
        Rule::Literal(text) => json!(["literal", text]),
        Rule::Compare(left, comparator, right) => {
            json!(["compare", write_rule(left), comparator_word(*comparator), write_rule(right)])
        }
        Rule::And(left, right) => json!(["and", write_rule(left), write_rule(right)]),
        Rule::Or(left, right) => json!(["or", write_rule(left), write_rule(right)]),
        Rule::Not(inner) => json!(["not", write_rule(inner)]),
        Rule::Call(function, arguments) => json!(["call", function, all(arguments)]),
        Rule::Expression(inner) => json!(["expression", write_rule(inner)]),
    }
}

fn comparator_word(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Equal => "==",
        Comparator::NotEqual => "!=",
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
        Comparator::Greater => ">",
        Comparator::GreaterOrEqual => ">=",
    }
}
