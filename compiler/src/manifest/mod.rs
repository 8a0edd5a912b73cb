//! The manifest, `catalog.yaml`: what people write.
//!
//! These types are the one description of it: the JSON Schema for editors is generated from them ([`schema`]), and a
//! manifest is checked against that same schema ([`read()`]), so that editor and compiler say the same.

mod conform;
mod prompt;
mod read;
mod workspace;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::ir;

pub use prompt::{Prompt, PromptArgument, PromptMessage, Role};
pub use read::read;
pub use workspace::{Declassification, ModelFile, Profile, Workspace, read_workspace, workspace_schema};

/// A catalog: which operations of one OpenAPI document become tools, and what each answer is pruned to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Airlock catalog")]
pub struct Manifest {
    /// One line for people: which system this is.
    pub title: String,
    /// The OpenAPI document, a file below the same directory. Files that it refers to lie there too.
    pub document: String,
    /// The system that the tools reach. Its address is no part of the catalog: the site file gives it.
    pub upstream: Option<Upstream>,
    /// Further systems, for operations that the document gives a server of their own. The key is the name under which the
    /// site file gives the address.
    pub upstreams: Option<BTreeMap<String, NamedUpstream>>,
    /// Files that stand for references to other machines, which are never fetched: the URL as the document writes it,
    /// without `#` and what follows, and a file below this directory.
    pub references: Option<BTreeMap<String, String>>,
    /// The tools, one by one: an operation that is not listed here is not callable. The key is the tool's name.
    pub tools: BTreeMap<String, Tool>,
    /// How confidential answers are: one of the workspace's `labels`. Default: the highest.
    pub label: Option<String>,
    /// The highest label that may have been read before arguments are sent to the tools. Default: the catalog's `label`,
    /// since what came from a system may go back there; without one, the lowest.
    pub clearance: Option<String>,
    /// Texts that people start a conversation with. The key is the prompt's name.
    pub prompts: Option<BTreeMap<String, Prompt>>,
}

/// The system that the tools of a catalog reach.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The name under which the site file gives the address. Default: the catalog's name.
    pub name: Option<String>,
    /// Put before every path. Default: the path of the document's first server.
    pub base_path: Option<String>,
    /// The security scheme of the document to use, or `none`. Needed where the document leaves a choice or says nothing.
    pub credential: Option<String>,
}

/// A system that some operations reach instead of the catalog's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedUpstream {
    /// The server, as the document writes its URL. Operations whose first server that is reach this system. Without it the
    /// system is reached by redirects alone, of tools that name it.
    pub server: Option<String>,
    /// Put before every path, and before every path that a redirect may lead to. Default: the path of the server.
    pub base_path: Option<String>,
    /// The security scheme of the document to use, or `none`. Default: that of the catalog's own upstream.
    pub credential: Option<String>,
}

/// One operation, offered to a model.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The operation: its operationId, or method and path as in `GET /patients`.
    pub operation: String,
    /// One line for people. Default: the operation's summary.
    pub title: Option<String>,
    /// What the model is told: what the tool answers and when to use it. At most 1,024 bytes.
    pub description: String,
    /// What a call does to the upstream's data. Default: by method (GET, HEAD, OPTIONS read; POST, PUT, PATCH write; DELETE
    /// destroy).
    pub effect: Option<Effect>,
    /// The effect, said again by whoever approved that a model may have it. Mandatory on tools that write or destroy.
    pub approve: Option<Approve>,
    /// The security scheme to use, or `none`; several that are needed together as `A + B`. Default: that of the upstream.
    pub credential: Option<String>,
    /// The media type of the body, where the document has several. Default: JSON, or parts where a file is sent.
    pub media_type: Option<String>,
    /// Lift the properties of the body to arguments of their own. Only where no name stands twice.
    pub flat: Option<bool>,
    /// What is changed about the operation's arguments, by the name that the model uses.
    pub arguments: Option<BTreeMap<String, Argument>>,
    /// What may come back.
    pub response: Response,
    /// Gather several pages with one call. The rule then sees the last page, with the items of all in it.
    pub page: Option<Page>,
    /// The JMESPath rule that the answer is pruned with. `"@"` says "everything" out loud.
    pub prune: String,
    /// How the result is written for the model. Rows say every key once; they need a rule that gives an array of objects.
    /// The structured content of an answer is JSON in any case. Default: json.
    pub result: Option<Form>,
    /// The answer has fields that the document does not list: a rule may name them, with a warning. Default: a field that
    /// is not listed is an error.
    pub open: Option<bool>,
    /// How confidential the answer is, but for fields with a label of their own. Default: the catalog's.
    pub label: Option<String>,
    /// Labels of single fields of the answer, above the tool's: by path, as in `items[].ssn`. What the rule gives has the
    /// highest label of all that the rule looks at.
    pub field_labels: Option<BTreeMap<String, String>>,
    /// The highest label that may have been read before arguments are sent to the tool. Default: the catalog's.
    pub clearance: Option<String>,
    /// What becomes of a call when more has been read: it is refused, or a person is asked. Default: `ask` of tools that
    /// write or destroy, whose calls a person allows in any case; `refuse` of others.
    pub above_clearance: Option<Above>,
}

/// What becomes of a call when something above its clearance has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Above {
    /// It is refused.
    Refuse,
    /// A person is asked about this one call.
    Ask,
}

impl From<Above> for ir::Above {
    fn from(above: Above) -> Self {
        match above {
            Above::Refuse => Self::Refused,
            Above::Ask => Self::Asked,
        }
    }
}

/// What a call does to the upstream's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates or changes data.
    Write,
    /// Removes data, or cannot be undone.
    Destroy,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Compact JSON.
    Json,
    /// Comma-separated values.
    Csv,
    /// A Markdown table.
    Table,
}

impl From<Form> for ir::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Json => Self::Json,
            Form::Csv => Self::Csv,
            Form::Table => Self::Table,
        }
    }
}

/// An effect that needs approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Approve {
    /// The tool may create or change data.
    Write,
    /// The tool may remove data, or do what cannot be undone.
    Destroy,
}

/// What is changed about one argument. Bounds may only be tighter than the document's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Argument {
    /// What the model is told. Default: the document's description.
    pub description: Option<String>,
    /// Always sent; the model neither sees nor sends the argument.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub fixed: Option<Value>,
    /// Sent when the model leaves the argument out.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub default: Option<Value>,
    /// An optional argument that is not offered, and never sent.
    pub omit: Option<bool>,
    /// What the embedded model may write into the argument, with everything inside of it. Default: conversation.
    pub from: Option<Grounding>,
    /// How the value is written, where the document says it wrongly.
    pub style: Option<ArgumentStyle>,
    /// Whether a list repeats the name (`form`), or members stand one by one. Default: as the document says.
    pub explode: Option<bool>,
    /// The only values that are allowed.
    #[serde(rename = "enum")]
    pub one_of: Option<Vec<Value>>,
    /// The least number.
    pub minimum: Option<serde_json::Number>,
    /// The greatest number.
    pub maximum: Option<serde_json::Number>,
    /// The least length, in characters.
    pub min_length: Option<u64>,
    /// The greatest length, in characters.
    pub max_length: Option<u64>,
    /// A regular expression that the text must match.
    pub pattern: Option<String>,
    /// The least number of items.
    pub min_items: Option<u64>,
    /// The greatest number of items.
    pub max_items: Option<u64>,
}

/// What the embedded model may write into an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Grounding {
    /// What a person or a result has said.
    Conversation,
    /// Whatever the schema admits, such as a text in its own words.
    Any,
}

impl From<Grounding> for ir::Grounding {
    fn from(grounding: Grounding) -> Self {
        match grounding {
            Grounding::Conversation => Self::Conversation,
            Grounding::Any => Self::Any,
        }
    }
}

/// How an argument is written (OpenAPI 3.0.4, section 4.7.12.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ArgumentStyle {
    /// Path and header: joined with commas.
    Simple,
    /// Path: behind a dot.
    Label,
    /// Path: behind a semicolon and the name.
    Matrix,
    /// Query and cookie.
    Form,
    /// Query: joined with blanks.
    SpaceDelimited,
    /// Query: joined with bars.
    PipeDelimited,
    /// Query: members of an object, each as `name[member]`.
    DeepObject,
    /// Path: the slashes of the value stay, and separate segments of the path.
    Segments,
}

impl ArgumentStyle {
    /// The style's name, as OpenAPI writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Label => "label",
            Self::Matrix => "matrix",
            Self::Form => "form",
            Self::SpaceDelimited => "spaceDelimited",
            Self::PipeDelimited => "pipeDelimited",
            Self::DeepObject => "deepObject",
            Self::Segments => "segments",
        }
    }
}

/// What may come back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The most bytes that are read of an answer, decompressed, all pages together; a longer one is refused while it is
    /// read.
    pub bytes_max: u64,
    /// What the answer may be compressed with. Default: nothing, and a compressed answer is refused.
    pub encodings: Option<Vec<Encoding>>,
    /// Systems of this catalog that a redirect may lead to, below their base path; no secret goes to another system than the
    /// tool's own. Default: none, and a redirect is refused.
    pub redirects: Option<Vec<String>>,
    /// Hand the bytes of a file on as well, up to so many. Default: its type, size and digest alone.
    pub file_bytes_max: Option<u64>,
}

/// How an answer may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// `gzip`.
    Gzip,
    /// `deflate`, in the zlib format.
    Deflate,
}

impl From<Encoding> for ir::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Gzip => Self::Gzip,
            Encoding::Deflate => Self::Deflate,
        }
    }
}

/// How one call gathers pages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// How the next page is asked for.
    pub next: Next,
    /// The argument that asks for a page, for all but `link`. The model does not see it.
    pub argument: Option<String>,
    /// For `cursor`: the JMESPath rule that finds in a page what the next one is asked for with, as in `next_page_token`.
    /// Null, false and an empty text end the list.
    pub cursor: Option<String>,
    /// For `offset` and `number`: what the first page is asked for with. Default: 0 and 1.
    pub first: Option<u64>,
    /// For `offset` and `number`: the argument that says how many items a page has, so that a shorter one is the last.
    pub size: Option<String>,
    /// Where the items stand in a page, as in `data.items`. Default: `@`, a page is the array of items itself.
    pub items: Option<String>,
    /// The most items that one call gathers; what is beyond them is left out, and the model is told so.
    pub items_max: u64,
}

/// How the page behind one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Next {
    /// By the link `rel="next"` in its `Link` header.
    Link,
    /// By sending something that stands in it.
    Cursor,
    /// By sending how many items came before.
    Offset,
    /// By sending its number.
    Number,
}

/// A key that is there with `null` is there: `fixed: null` fixes null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The JSON Schema of `catalog.yaml`, for editors (JSON Schema 2020-12).
pub fn schema() -> Value {
    schemars::schema_for!(Manifest).to_value()
}
