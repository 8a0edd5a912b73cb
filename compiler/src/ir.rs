//! The intermediate form: catalogs as plain data, without places, so that nothing after `lower` can fail.
//!
//! Mirrors the contract's types one to one, but owned. Everything that is a JSON value stands as JSON text.

use std::collections::BTreeMap;

/// A catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    /// The directory's name; also the name of the generated module.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The document's file name.
    pub document: String,
    /// The document's digest.
    pub document_sha256: String,
    /// The systems that tools reach.
    pub upstreams: Vec<Upstream>,
    /// Shapes with a name, as far as tools send them.
    pub shapes: BTreeMap<String, Shape>,
    /// Shapes with a name, as far as answers are made of them.
    pub answers: BTreeMap<String, Shape>,
    /// The tools in the order of their names.
    pub tools: Vec<Tool>,
    /// The prompts in the order of their names.
    pub prompts: Vec<Prompt>,
    /// The operations of the document that are no tool, in the document's order.
    pub excluded: Vec<Excluded>,
    /// The workspace's labels of confidentiality, the lowest first; none where it has none.
    pub labels: Vec<String>,
}

/// A named subset of the tools of all catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// For whom it is, one line.
    pub description: String,
    /// Names of the tools, in order.
    pub tools: Vec<String>,
    /// Whether clients can search the tools.
    pub search: bool,
}

/// A file with a model that the program may load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub sha256: String,
    /// Its licence, one line.
    pub licence: String,
    /// Where its publisher offers it, one line.
    pub source: String,
}

/// A text that a person starts a conversation with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What it is for, one line.
    pub description: String,
    /// What a person fills in, in the order in which the text uses it.
    pub arguments: Vec<PromptArgument>,
    /// The conversation so far.
    pub messages: Vec<Message>,
}

/// What a person fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct PromptArgument {
    pub name: String,
    pub description: String,
    pub required: bool,
    pub values: Vec<String>,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Message {
    pub role: Role,
    pub text: Vec<Piece>,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These words, of one line; a line feed ends it.
    Text(String),
    /// The value of this argument.
    Argument(String),
}

/// An operation that is no tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The method, upper case; `-` where the path item is lost.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation's JSON pointer, behind the document's file name, as [`Tool::operation`].
    pub operation: String,
    /// What the document calls it, one line; may be empty.
    pub title: String,
    /// Why it could not be a tool; none where nobody has asked for it.
    pub refusal: Option<Refused>,
}

/// Why an operation cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As in `airlock explain CODE`.
    pub code: &'static str,
    /// One sentence.
    pub reason: String,
}

/// A system that tools reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The name under which the site file gives the address.
    pub name: String,
    /// Put before every path.
    pub base_path: String,
    /// How requests are carried there, as far as the document says.
    pub transport: Transport,
    /// The credentials that its tools name.
    pub credentials: Vec<Credential>,
}

/// A secret, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The name of the security scheme.
    pub name: String,
    /// Where it goes.
    pub place: CredentialPlace,
}

/// Where a secret goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// The value of this header.
    Header(String),
    /// This query parameter.
    Query(String),
    /// This cookie.
    Cookie(String),
    /// A bearer token.
    Bearer,
    /// User and password.
    Basic,
}

/// A tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// The name that the model uses; also the name of the generated file.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What the model is told.
    pub description: String,
    /// What it does to data.
    pub effect: Effect,
    /// Whether `catalog.yaml` states another effect than the method implies.
    pub effect_declared: bool,
    /// The operation's JSON pointer.
    pub operation: String,
    /// The name of the system that is called.
    pub upstream: String,
    /// Names of credentials.
    pub credentials: Vec<String>,
    /// The method, upper case.
    pub method: Method,
    /// The path template.
    pub path: String,
    /// The value of the `Accept` header.
    pub accept: String,
    /// How the body is written.
    pub body: Body,
    /// The table of arguments.
    pub arguments: Vec<Argument>,
    /// What the document says and nothing enforces, one line each.
    pub notes: Vec<String>,
    /// Declared answers.
    pub answers: Vec<Answer>,
    /// The most bytes that are read.
    pub bytes_max: u64,
    /// Encodings that are offered.
    pub encodings: Vec<Encoding>,
    /// Names of systems that a redirect may lead to.
    pub redirects: Vec<String>,
    /// The most bytes of a file that is handed on; 0 hands none on.
    pub file_bytes_max: u64,
    /// How pages are gathered.
    pub pages: Option<Pages>,
    /// The rule as written.
    pub rule: String,
    /// The rule as a tree.
    pub prune: Rule,
    /// How much of an answer the rule holds while it is read.
    pub class: Class,
    /// What the rule makes of an answer that the catalog holds for it.
    pub sample: Option<Sample>,
    /// How the outcome is written for the model.
    pub form: Form,
    /// What the rule's outcome is made of; its names are those of [`Catalog::answers`].
    pub output: Shape,
    /// Which fields of the answer can stand in the outcome.
    pub fields: Fields,
    /// Where the outcome may go, and what may be sent to the tool; none where the workspace has no labels.
    pub flow: Option<Flow>,
}

/// The labels of a tool: words of [`Catalog::labels`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Of what the rule gives.
    pub label: String,
    /// Of answers before the rule, and of what an upstream says of a failure.
    pub unpruned: String,
    /// The highest label that may have been read before arguments are sent.
    pub clearance: String,
    /// What becomes of a call when more has been read.
    pub above: Above,
    /// Fields of the answer with a label of their own, in order.
    pub fields: Vec<LabelledField>,
    /// Tools whose results may be sent on by this one, in order.
    pub declassified: Vec<Declassified>,
}

/// A field of an answer with a label of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledField {
    /// Its path, as in [`Fields`].
    pub path: String,
    /// Its label.
    pub label: String,
    /// Whether the rule looks at it, if only to choose or to count.
    pub is_read: bool,
}

/// A flow that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Declassified {
    pub from: String,
    pub reason: String,
}

/// Which fields of an answer a rule keeps. Paths are as in `items[].id`: `[]` for every item, `*` for members without a
/// name of their own. What a schema holds of itself is counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fields {
    /// The document has no schema for the answer.
    Unknown,
    /// The answer has no body.
    None,
    /// The fields, in order.
    Known {
        /// Those that can stand in the outcome.
        kept: Vec<String>,
        /// The others.
        dropped: Vec<String>,
        /// What each of them is, in few words. A place that stands in neither list holds again what stands around it, and
        /// the words say where.
        kinds: BTreeMap<String, String>,
        /// Whether there are more of them than were counted.
        is_cut: bool,
    },
}

pub use airlock_contract::flow::Above;
pub use airlock_contract::prompt::Role;
pub use airlock_contract::request::PartContent;
pub use airlock_contract::{Content, Effect, Encoding, Form, Grounding, Method, Place, Status, Style, Transport};

/// How a body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// As JSON of this media type.
    Json(String),
    /// As a form.
    Form(Vec<Field>),
    /// As parts.
    Multipart(Vec<Part>),
    /// A file, of this media type unless it brings its own.
    Bytes(String),
    /// A string, of this media type.
    Text(String),
}

/// How a member of a form is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Field {
    pub name: String,
    pub style: Style,
    pub reserved: bool,
}

/// How a member of a multipart body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Part {
    pub name: String,
    pub content: PartContent,
    pub media_type: String,
    pub repeated: bool,
}

/// A rule, tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes of the answer.
    pub bytes_in: usize,
    /// What the rule gave, as compact JSON.
    pub json: String,
    /// The same in the tool's form, where that is not JSON.
    pub rows: Option<String>,
}

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The model's name for it.
    pub name: String,
    /// The name on the wire.
    pub wire: String,
    /// Where it goes.
    pub place: Place,
    /// What it may be.
    pub shape: Shape,
    /// Who chooses it.
    pub source: Source,
    /// What the embedded model may write into it.
    pub grounding: Grounding,
    /// Whether reserved characters stay as they are.
    pub reserved: bool,
    /// What the model is told.
    pub description: String,
}

/// Who chooses an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The model must.
    Required,
    /// The model may.
    Optional,
    /// The model may; else this JSON text.
    Default(String),
    /// Always this JSON text.
    Fixed(String),
    /// The host, to ask for a page; for the first one with this JSON text, or not at all if it is empty.
    Page(String),
}

impl Source {
    /// Whether the model may choose the value.
    pub fn is_offered(&self) -> bool {
        !matches!(self, Self::Fixed(_) | Self::Page(_))
    }
}

/// How one call gathers pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Pages {
    /// How the next page is asked for.
    pub next: Next,
    /// The members that lead to the array of items.
    pub items: Vec<String>,
    /// Items that are gathered at most.
    pub items_max: u64,
}

/// How the page after one is asked for. Names are those of arguments; of two, the second says how long pages are.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub enum Next {
    Link,
    Cursor(String, Cursor),
    Offset(String, Option<String>),
    Number(String, Option<String>),
}

/// Where a page says how the next one is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The rule as written.
    pub rule: String,
    /// The rule as a tree.
    pub prune: Rule,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// For which statuses.
    pub status: Status,
    /// How the body is read.
    pub content: Content,
    /// The declared type.
    pub media_type: String,
}

/// A set of JSON values.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any value.
    Any,
    /// A boolean.
    Boolean,
    /// An integer. Boxed, since its bounds are wide and most have none: documents have shapes by the ten thousand.
    Integer(Box<Integer>),
    /// A number.
    Number(Number),
    /// A string.
    Text(Text),
    /// An array.
    List(Box<List>),
    /// An object.
    Object(Object),
    /// These strings.
    Words(Vec<String>),
    /// These values, as JSON texts.
    Literals(Vec<String>),
    /// Any of these.
    AnyOf(Vec<Shape>),
    /// This or null.
    Nullable(Box<Shape>),
    /// Bytes in base64.
    File,
    /// The shape of this name.
    Named(String),
}

/// Bounds of an integer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Integer {
    pub min: Option<i128>,
    pub max: Option<i128>,
    pub multiple_of: Option<i128>,
}

/// Bounds of a number.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Number {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub above: Option<f64>,
    pub below: Option<f64>,
}

/// Bounds of a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Text {
    pub chars_min: u64,
    pub chars_max: Option<u64>,
    pub pattern: String,
    pub format: String,
}

/// Bounds of an array.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct List {
    pub items: Shape,
    pub items_min: u64,
    pub items_max: Option<u64>,
    pub unique: bool,
}

/// Properties of an object.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Object {
    pub properties: Vec<Property>,
    pub rest: Option<Box<Shape>>,
    pub properties_min: u64,
    pub properties_max: Option<u64>,
    pub others: Others,
    pub write_only: Vec<String>,
}

/// Which properties an object of an answer has besides those that are listed, as far as rules are concerned. What is sent
/// is described by `rest` alone; this is no part of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// None, or such as `rest` describes: the document says nothing of others, or excludes them.
    #[default]
    None,
    /// Those of its kinds: a base schema with a `discriminator`.
    OfKinds,
    /// Any: the document says so.
    Any,
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Property {
    pub name: String,
    pub shape: Shape,
    pub required: bool,
    pub description: String,
}

pub use airlock_prune::{Class, Comparator, Rule};

/// Stands behind the name of a shape in [`Catalog::answers`] where that name has two meanings: what the document says, given
/// whole by one tool, and the lenient form of it, given by the rule of another.
pub const LENIENT: &str = ", lenient";

impl Fields {
    /// How many are kept, of how many, in words.
    pub fn in_words(&self) -> String {
        self.count_in_words(self.kept().len())
    }

    /// How many are dropped, of how many, in words.
    pub fn dropped_in_words(&self) -> String {
        self.count_in_words(self.dropped().len())
    }

    fn count_in_words(&self, count: usize) -> String {
        match self {
            Self::Unknown => "unknown: the document has no schema for the answer".into(),
            Self::None => "none: the answer has no body".into(),
            Self::Known { kept, dropped, is_cut, .. } => {
                let more = if *is_cut { "more than " } else { "" };
                let all = kept.len() + dropped.len();
                format!("{count} of {more}{all} field{}", if all == 1 { "" } else { "s" })
            }
        }
    }

    /// Those that can stand in the outcome; none where they are not known.
    pub fn kept(&self) -> &[String] {
        match self {
            Self::Known { kept, .. } => kept,
            Self::Unknown | Self::None => &[],
        }
    }

    /// Those that cannot.
    pub fn dropped(&self) -> &[String] {
        match self {
            Self::Known { dropped, .. } => dropped,
            Self::Unknown | Self::None => &[],
        }
    }

    /// Whether there are more of them than were counted.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Known { is_cut: true, .. })
    }
}

impl Tool {
    /// The fields of the answer that the rule chooses; none where it keeps everything, or where they are not known.
    pub fn keeps(&self) -> &[String] {
        if self.prune == Rule::Current { &[] } else { self.fields.kept() }
    }

    /// Whether a call tells the upstream something that the caller chooses: by an argument, or by changing data.
    pub fn sends(&self) -> bool {
        self.effect != Effect::Read || self.arguments.iter().any(|argument| argument.source.is_offered())
    }
}

impl Message {
    /// The text as `catalog.yaml` writes it: places as `{name}`, braces twice.
    pub fn template(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
            Piece::Argument(name) => format!("{{{name}}}"),
        };
        self.text.iter().map(piece).collect()
    }
}

impl Shape {
    /// Calls `visit` with the name of every named shape that stands directly in this one.
    pub fn names(&self, visit: &mut impl FnMut(&str)) {
        match self {
            Self::Named(name) => visit(name),
            Self::List(list) => list.items.names(visit),
            Self::Object(object) => {
                object.properties.iter().for_each(|property| property.shape.names(visit));
                if let Some(rest) = &object.rest {
                    rest.names(visit);
                }
            }
            Self::AnyOf(shapes) => shapes.iter().for_each(|shape| shape.names(visit)),
            Self::Nullable(shape) => shape.names(visit),
            Self::Any
            | Self::File
            | Self::Boolean
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Words(_)
            | Self::Literals(_) => {}
        }
    }
}
