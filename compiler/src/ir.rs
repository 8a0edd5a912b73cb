//! The intermediate form: catalogs as plain data, without places, so that nothing after `lower` can fail.
//!
//! Mirrors the contract's types one to one, but owned. Everything that is a JSON value stands as JSON text.

mod shape;
mod tool;

use std::collections::BTreeMap;

pub use airlock_contract::flow::Above;
pub use airlock_contract::prompt::Role;
pub use airlock_contract::request::PartContent;
pub use airlock_contract::{Content, Effect, Encoding, Form, Grounding, Method, Place, Status, Style, Transport};
pub use airlock_prune::{Class, Comparator, Rule};
pub use shape::{Integer, LENIENT, List, Number, Object, Others, Property, Shape, Text};
pub use tool::{
    Answer, Argument, Body, Cursor, Declassified, Field, Fields, Flow, LabelledField, Next, Pages, Part, Sample,
    Source, Tool,
};

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
