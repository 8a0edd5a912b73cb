//! A tool: its request, and what becomes of its answer.

use std::collections::BTreeMap;

use super::{
    Above, Class, Content, Effect, Encoding, Form, Grounding, Method, PartContent, Place, Rule, Shape, Status, Style,
};

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
    /// What the rule's outcome is made of; its names are those of [`super::Catalog::answers`].
    pub output: Shape,
    /// Which fields of the answer can stand in the outcome.
    pub fields: Fields,
    /// Where the outcome may go, and what may be sent to the tool; none where the workspace has no labels.
    pub flow: Option<Flow>,
}

/// The labels of a tool: words of [`super::Catalog::labels`].
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
