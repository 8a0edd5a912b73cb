//! Compiled catalogs as the constants that the runtime takes, without rustc in between.
//!
//! What comes in: catalogs of the compiler's intermediate form. What goes out: the same as types of the contract, leaked,
//! since the runtime borrows constants for ever. The emitted source says the same (`emit` is held to it by its goldens).
//!
//! A shape that refers to itself is unrolled: no safe code can build a constant that holds its own address.

use std::collections::BTreeMap;

use airlock_compiler::ir;
use airlock_contract::prompt::{Message, Piece};
use airlock_contract::prune::Prune;
use airlock_contract::request::{Argument, Field, Part, Source};
use airlock_contract::shape::{Integer, List, Named, Number, Object, Property, Shape, Text};
use airlock_contract::{
    Answer, Body, Catalog, Credential, CredentialPlace, Declassified, Flow, Next, Pages, Profile, Prompt,
    PromptArgument, Request, Response, Size, Tool, Upstream,
};

/// How often a shape may stand within itself. Deeper values are refused, as by a shape that admits nothing: an enough that
/// was too little shows.
const UNROLLED_MAX: usize = 24;

/// A catalog as the constant that `emit` would write.
pub(crate) fn catalog(catalog: &ir::Catalog) -> &'static Catalog {
    let sent = Shapes::new(&catalog.shapes);
    let answered = Shapes::new(&catalog.answers);
    leak(Catalog {
        name: text(&catalog.name),
        title: text(&catalog.title),
        document: text(&catalog.document),
        document_sha256: text(&catalog.document_sha256),
        upstreams: list(&catalog.upstreams, upstream),
        tools: list(&catalog.tools, |one| tool(one, &sent, &answered)),
        prompts: list(&catalog.prompts, prompt),
    })
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn list<T, U>(items: &[T], item: impl Fn(&T) -> U) -> &'static [U] {
    Box::leak(items.iter().map(item).collect::<Vec<U>>().into_boxed_slice())
}

pub(crate) fn texts(items: &[String]) -> &'static [&'static str] {
    list(items, |item| text(item))
}

fn upstream(upstream: &ir::Upstream) -> Upstream {
    let credential = |one: &ir::Credential| Credential {
        name: text(&one.name),
        place: match &one.place {
            ir::CredentialPlace::Header(name) => CredentialPlace::Header(text(name)),
            ir::CredentialPlace::Query(name) => CredentialPlace::Query(text(name)),
            ir::CredentialPlace::Cookie(name) => CredentialPlace::Cookie(text(name)),
            ir::CredentialPlace::Bearer => CredentialPlace::Bearer,
            ir::CredentialPlace::Basic => CredentialPlace::Basic,
        },
    };
    Upstream {
        name: text(&upstream.name),
        base_path: text(&upstream.base_path),
        transport: upstream.transport,
        credentials: list(&upstream.credentials, credential),
    }
}

fn prompt(prompt: &ir::Prompt) -> Prompt {
    let argument = |one: &ir::PromptArgument| PromptArgument {
        name: text(&one.name),
        description: text(&one.description),
        required: one.required,
        values: texts(&one.values),
    };
    let piece = |one: &ir::Piece| match one {
        ir::Piece::Text(words) => Piece::Text(text(words)),
        ir::Piece::Argument(name) => Piece::Argument(text(name)),
    };
    Prompt {
        name: text(&prompt.name),
        title: text(&prompt.title),
        description: text(&prompt.description),
        arguments: list(&prompt.arguments, argument),
        messages: list(&prompt.messages, |one| Message { role: one.role, text: list(&one.text, piece) }),
    }
}

/// A profile, with the digest that the compiler gives its list.
pub(crate) fn profile((profile, sha256): &(&ir::Profile, String)) -> Profile {
    Profile {
        name: text(&profile.name),
        description: text(&profile.description),
        tools: texts(&profile.tools),
        search: profile.search,
        tools_sha256: text(sha256),
    }
}

fn flow(flow: &ir::Flow) -> Flow {
    Flow {
        label: text(&flow.label),
        unpruned: text(&flow.unpruned),
        clearance: text(&flow.clearance),
        above: flow.above,
        declassified: list(&flow.declassified, |one| Declassified { from: text(&one.from), reason: text(&one.reason) }),
    }
}

fn tool(tool: &ir::Tool, sent: &Shapes, answered: &Shapes) -> Tool {
    let answer =
        |one: &ir::Answer| Answer { status: one.status, content: one.content, media_type: text(&one.media_type) };
    Tool {
        name: text(&tool.name),
        title: text(&tool.title),
        description: text(&tool.description),
        effect: tool.effect,
        operation: text(&tool.operation),
        upstream: text(&tool.upstream),
        credentials: texts(&tool.credentials),
        request: leak(Request {
            method: tool.method,
            path: text(&tool.path),
            accept: text(&tool.accept),
            body: body(&tool.body),
            arguments: list(&tool.arguments, |one| argument(one, sent)),
        }),
        response: Response {
            answers: list(&tool.answers, answer),
            bytes_max: tool.bytes_max,
            encodings: list(&tool.encodings, |one| *one),
            redirects: texts(&tool.redirects),
            file_bytes_max: tool.file_bytes_max,
            pages: tool.pages.as_ref().map(pages),
        },
        prune: prune(&tool.prune),
        keeps: texts(tool.keeps()),
        form: tool.form,
        output: leak(answered.outermost(&tool.output)),
        flow: tool.flow.as_ref().map(flow),
    }
}

fn pages(pages: &ir::Pages) -> Pages {
    let size = |size: &Option<String>| match size {
        Some(argument) => Size::Argument(text(argument)),
        None => Size::Unknown,
    };
    let next = match &pages.next {
        ir::Next::Link => Next::Link,
        ir::Next::Cursor(argument, at) => Next::Cursor(text(argument), prune(&at.prune)),
        ir::Next::Offset(argument, of) => Next::Offset(text(argument), size(of)),
        ir::Next::Number(argument, of) => Next::Number(text(argument), size(of)),
    };
    Pages { next, items: texts(&pages.items), items_max: pages.items_max }
}

fn body(body: &ir::Body) -> Body {
    let field = |one: &ir::Field| Field { name: text(&one.name), style: one.style, reserved: one.reserved };
    let part = |one: &ir::Part| Part {
        name: text(&one.name),
        content: one.content,
        media_type: text(&one.media_type),
        repeated: one.repeated,
    };
    match body {
        ir::Body::None => Body::None,
        ir::Body::Json(media_type) => Body::Json(text(media_type)),
        ir::Body::Form(fields) => Body::Form(list(fields, field)),
        ir::Body::Multipart(parts) => Body::Multipart(list(parts, part)),
        ir::Body::Bytes(media_type) => Body::Bytes(text(media_type)),
        ir::Body::Text(media_type) => Body::Text(text(media_type)),
    }
}

fn argument(argument: &ir::Argument, sent: &Shapes) -> Argument {
    // As `emit` has it: what nobody sees needs no description.
    let is_seen = argument.source.is_offered();
    Argument {
        name: text(&argument.name),
        wire: text(&argument.wire),
        place: argument.place,
        shape: sent.outermost(&argument.shape),
        source: match &argument.source {
            ir::Source::Required => Source::Required,
            ir::Source::Optional => Source::Optional,
            ir::Source::Default(json) => Source::Default(text(json)),
            ir::Source::Fixed(json) => Source::Fixed(text(json)),
            ir::Source::Page(json) => Source::Page(text(json)),
        },
        grounding: argument.grounding,
        reserved: argument.reserved,
        description: if is_seen { text(&argument.description) } else { "" },
    }
}

fn prune(rule: &ir::Rule) -> Prune {
    let leaked = |rule: &ir::Rule| leak(prune(rule));
    match rule {
        ir::Rule::Current => Prune::Current,
        ir::Rule::Field(name) => Prune::Field(text(name)),
        ir::Rule::Index(position) => Prune::Index(*position),
        ir::Rule::Slice(start, stop, step) => Prune::Slice(*start, *stop, *step),
        ir::Rule::Then(first, next) => Prune::Then(leaked(first), leaked(next)),
        ir::Rule::Each(items, item) => Prune::Each(leaked(items), leaked(item)),
        ir::Rule::Flatten(items) => Prune::Flatten(leaked(items)),
        ir::Rule::Values(object) => Prune::Values(leaked(object)),
        ir::Rule::When(condition, then) => Prune::When(leaked(condition), leaked(then)),
        ir::Rule::Object(members) => Prune::Object(list(members, |(name, rule)| (text(name), prune(rule)))),
        ir::Rule::List(items) => Prune::List(list(items, prune)),
        ir::Rule::Literal(json) => Prune::Literal(text(json)),
        ir::Rule::Compare(left, comparator, right) => Prune::Compare(leaked(left), *comparator, leaked(right)),
        ir::Rule::And(left, right) => Prune::And(leaked(left), leaked(right)),
        ir::Rule::Or(left, right) => Prune::Or(leaked(left), leaked(right)),
        ir::Rule::Not(rule) => Prune::Not(leaked(rule)),
        ir::Rule::Call(function, arguments) => Prune::Call(text(function), list(arguments, prune)),
        ir::Rule::Expression(rule) => Prune::Expression(leaked(rule)),
    }
}

/// The named shapes of one side of a catalog, by how often they may still be entered.
struct Shapes {
    /// The last level is the outermost one.
    levels: Vec<BTreeMap<String, &'static Named>>,
}

impl Shapes {
    /// Each level refers to the one before it, so their number and not the shapes' density counts.
    fn new(shapes: &BTreeMap<String, ir::Shape>) -> Self {
        let mut levels: Vec<BTreeMap<String, &'static Named>> = Vec::new();
        for _ in 0..UNROLLED_MAX {
            let inner = levels.last();
            let named = |(name, shape): (&String, &ir::Shape)| {
                (name.clone(), leak(Named { name: text(name), shape: Self::within(shape, inner) }))
            };
            let level = shapes.iter().map(named).collect();
            levels.push(level);
        }
        Self { levels }
    }

    fn outermost(&self, shape: &ir::Shape) -> Shape {
        Self::within(shape, self.levels.last())
    }

    fn within(shape: &ir::Shape, names: Option<&BTreeMap<String, &'static Named>>) -> Shape {
        let leaked = |shape: &ir::Shape| leak(Self::within(shape, names));
        match shape {
            ir::Shape::Any => Shape::Any,
            ir::Shape::Boolean => Shape::Boolean,
            ir::Shape::File => Shape::File,
            ir::Shape::Integer(bounds) => {
                let ir::Integer { min, max, multiple_of } = **bounds;
                Shape::Integer(Integer { min, max, multiple_of })
            }
            ir::Shape::Number(ir::Number { min, max, above, below }) => {
                Shape::Number(Number { min: *min, max: *max, above: *above, below: *below })
            }
            ir::Shape::Text(bounds) => Shape::Text(Text {
                chars_min: bounds.chars_min,
                chars_max: bounds.chars_max,
                pattern: text(&bounds.pattern),
                format: text(&bounds.format),
            }),
            ir::Shape::List(bounds) => Shape::List(List {
                items: leaked(&bounds.items),
                items_min: bounds.items_min,
                items_max: bounds.items_max,
                unique: bounds.unique,
            }),
            ir::Shape::Object(object) => Shape::Object(Object {
                properties: list(&object.properties, |property| Property {
                    name: text(&property.name),
                    shape: Self::within(&property.shape, names),
                    required: property.required,
                    description: text(&property.description),
                }),
                rest: object.rest.as_deref().map(leaked),
                properties_min: object.properties_min,
                properties_max: object.properties_max,
            }),
            ir::Shape::Words(words) => Shape::Words(texts(words)),
            ir::Shape::Literals(literals) => Shape::Literals(texts(literals)),
            ir::Shape::AnyOf(shapes) => Shape::AnyOf(list(shapes, |shape| Self::within(shape, names))),
            ir::Shape::Nullable(inner) => Shape::Nullable(leaked(inner)),
            ir::Shape::Named(name) => {
                names.and_then(|names| names.get(name)).map_or(Shape::AnyOf(&[]), |named| Shape::Named(named))
            }
        }
    }
}
