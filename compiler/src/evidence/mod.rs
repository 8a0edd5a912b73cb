//! Evidence for assessors: which control is met by what, and which test proves it, joined with the facts of these catalogs.
//!
//! [`Facts`] of the intermediate form and the table [`CONTROLS`] -> an OSCAL component definition, or Markdown. Cannot fail,
//! touches no disk, knows no document and no place; the same catalogs give the same bytes.

mod controls;
mod facts;
mod markdown;
mod oscal;
mod risks;
mod selftest;
mod uuid;

pub use controls::{CONTROLS, Control};
pub use facts::{Fact, Facts, Topic};
pub use markdown::{controls_table, markdown, risks_tables};
pub use oscal::{oscal, rfc_3339};
pub use risks::{LLM, MCP, Risk, Standing};
pub use selftest::SelfTest;
pub(crate) use uuid::of as uuid_of;

/// How far a control is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// By what the text says, as its tests prove.
    Implemented,
    /// In part: the text says what is missing.
    Partial,
}

impl Status {
    /// The word of OSCAL for it (allowed values of `implementation-status`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Implemented => "implemented",
            Self::Partial => "partial",
        }
    }
}

/// How far a control is met, and what is missing: by its own text, and by a self-test that found something open.
fn standing(control: &Control, selftest: Option<&SelfTest>) -> (Status, String) {
    let mut missing: Vec<String> = Vec::new();
    missing.extend((!control.missing.is_empty()).then(|| control.missing.to_owned()));
    missing.extend(selftest.filter(|_| control.is_self_tested).and_then(SelfTest::open_in_words));
    let status = if missing.is_empty() { Status::Implemented } else { Status::Partial };
    (status, missing.join(" "))
}
