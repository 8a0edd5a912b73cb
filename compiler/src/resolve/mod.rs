//! Step 3: manifest x document -> [`ResolvedCatalog`].
//!
//! Finds the operation of every tool and reads what it takes and gives: `$ref`s are followed, security is settled, cycles
//! become named shapes. What cannot be said in the contract's vocabulary is a [`Refusal`] with a place, for that operation
//! alone. Mistakes in a tool leave that tool out, so that the check step can still show what is wrong with the others.

mod body;
mod catalog;
mod excluded;
mod found;
mod frame;
mod names;
mod operation;
mod parameters;
mod path;
mod pattern;
mod responses;
mod security;
mod servers;
mod shape;
mod style;

pub use body::Body;
pub use catalog::{ResolvedCatalog, ResolvedTool, resolve};
pub use excluded::Left;
pub use found::{Found, named, names_like, operations};
pub use names::{argument_name, argument_names};
pub use operation::{Choices, Operation, StyleChoice, read};
pub use parameters::Parameter;
pub use pattern::check as check_pattern;
pub use responses::{Declared, output_with_notes};
pub use security::{Choice, Security, credentials, first_usable};
pub use servers::{Server, document_server};
pub(crate) use shape::one_of;
pub use shape::{Note, Purpose, ShapeReader};

use airlock_contract::text::is_invisible;
use serde_json::Value;

/// Why an operation cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of reason: E0211 reference, E0212 parameter, E0213 body, E0214 schema, E0215 answers, E0216 path, E0217
    /// method, E0218 security, E0219 not as OpenAPI 3.0 has it.
    pub code: &'static str,
    /// The place in the document, as a JSON pointer.
    pub pointer: String,
    /// One sentence.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code, pointer: pointer.into(), reason: reason.into() }
    }
}

/// The refusal that a conversion has left in a part of the document, where that part cannot be said in the shape of 3.0.
fn refusal_in(value: &Value, pointer: &str) -> Option<Refusal> {
    const CODES: &[&str] = &["E0211", "E0212", "E0213", "E0214", "E0215", "E0216", "E0217", "E0218", "E0219"];
    let left = value.get("x-airlock-refuse")?;
    let code = CODES.iter().find(|code| left["code"] == **code).copied().unwrap_or("E0219");
    Some(Refusal::new(code, pointer, left["reason"].as_str().unwrap_or("it cannot be converted")))
}

/// The `description` of an object in the document, as one line; `None` if there is none.
fn description(value: &Value) -> Option<String> {
    value.get("description").and_then(Value::as_str).map(one_line).filter(|text| !text.is_empty())
}

/// Text of a document as one line without invisible characters: it goes into source that people read, and to a model
/// that reads characters which people do not see.
pub fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|char| if char.is_whitespace() { ' ' } else { char }).collect();
    let text: String = text.chars().filter(|char| !is_invisible(*char)).collect();
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}
