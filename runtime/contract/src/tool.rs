//! A tool: what a model is offered, and what happens when it takes the offer.

use crate::flow::Flow;
use crate::prune::Prune;
use crate::request::Request;
use crate::response::Response;
use crate::shape::Shape;

/// One operation of a document, offered to a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tool {
    /// Matches `^[a-z][a-z0-9_]{0,39}$`; unique over all catalogs of one program.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// What the model is told.
    pub description: &'static str,
    /// What the call does to the upstream's data.
    pub effect: Effect,
    /// The operation in the document, as a JSON pointer behind the file's name (RFC 6901).
    pub operation: &'static str,
    /// The name of the one upstream that is called; one of the catalog's.
    pub upstream: &'static str,
    /// Names of the upstream's credentials that are sent along, all of them.
    pub credentials: &'static [&'static str],
    /// What leaves the machine.
    pub request: &'static Request,
    /// What may come back.
    pub response: Response,
    /// What of it reaches the model.
    pub prune: Prune,
    /// The fields of the answer that the rule keeps, as in `items[].id`, for people to read. None where it keeps everything,
    /// or where the document does not say what there is.
    pub keeps: &'static [&'static str],
    /// How it is written for the model.
    pub form: Form,
    /// What that is made of; [`Shape::Any`] where it is not known. Told to clients, and true of every answer.
    pub output: &'static Shape,
    /// Where its result may go, and what may be sent to it; none where the program has no labels.
    pub flow: Option<Flow>,
}

impl Tool {
    /// Whether a call tells the upstream something that the caller chooses: by an argument, or by changing data.
    pub fn sends(&self) -> bool {
        self.effect != Effect::Read || self.request.arguments.iter().any(|argument| argument.source.is_offered())
    }
}

/// How a result is written for a model. The structured content is JSON in any case, and says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Compact JSON.
    Json,
    /// Rows of comma-separated values (RFC 4180), where it is an array of objects; else JSON.
    Csv,
    /// A Markdown table, where it is an array of objects; else JSON.
    Table,
}

impl Form {
    /// The word that `catalog.yaml` uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Table => "table",
        }
    }
}

/// What a call does to the upstream's data. Policy is keyed on this, not on what an upstream says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates or changes data.
    Write,
    /// Removes data, or what it does cannot be undone.
    Destroy,
}

impl Effect {
    /// The word that `catalog.yaml`, the audit record and messages use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destroy => "destroy",
        }
    }
}
