//! Whether a tool can be offered to a model: its schema can be read, and its calls can be constrained.

use std::collections::BTreeMap;

use airlock_offer::grammar::{Engine, Unconstrained};

use super::size::{SCHEMA_BYTES_MAX, TooLarge, schema_bytes};
use crate::ir::{Argument, Body, Shape};
use crate::offer::input_schema;
use crate::report::{At, Diagnostic, Report};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

/// Proves tools with the grammar engine of the host, of the same release, over a vocabulary of single bytes.
#[derive(Debug)]
pub struct Prover {
    /// Why there is no engine is an engine's fault, and told of each tool.
    engine: Result<Engine, String>,
}

/// Why a tool cannot be offered.
#[derive(Debug)]
pub enum NotOffered {
    /// No model can read its schema.
    TooLarge(TooLarge),
    /// There is no grammar of its calls.
    Unconstrained(Unconstrained),
}

impl Default for Prover {
    fn default() -> Self {
        Self { engine: Engine::of_bytes() }
    }
}

impl Prover {
    /// Proves the arguments of one tool, over these named shapes.
    ///
    /// # Errors
    /// Why it cannot be offered.
    pub fn prove(
        &self,
        tool: &str,
        arguments: &[Argument],
        body: &Body,
        shapes: &BTreeMap<String, Shape>,
    ) -> Result<(), NotOffered> {
        schema_bytes(arguments, shapes).map_err(NotOffered::TooLarge)?;
        let schema = input_schema(arguments, body, shapes);
        let proven = match &self.engine {
            Ok(engine) => engine.prove(tool, &schema).map(drop),
            Err(reason) => Err(Unconstrained { property: String::new(), keyword: None, reason: reason.clone() }),
        };
        proven.map_err(NotOffered::Unconstrained)
    }
}

impl NotOffered {
    /// As in `airlock explain CODE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "E0507",
            Self::Unconstrained(_) => "E0508",
        }
    }

    /// What is wrong, behind the words that name the tool.
    pub fn reason(&self) -> String {
        match self {
            Self::TooLarge(too_large) => {
                let most = too_large.name.as_ref().map_or_else(String::new, |name| format!("; most of it is `{name}`"));
                format!("its arguments need more than {SCHEMA_BYTES_MAX} bytes to describe{most}")
            }
            Self::Unconstrained(fault) => format!("its calls cannot be constrained: {fault}"),
        }
    }
}

/// Refuses a tool that no model could call rightly.
pub(super) fn check(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    arguments: &[Argument],
    pointer: &str,
    prover: &Prover,
    report: &mut Report,
) {
    let body = tool.operation.content();
    let Err(fault) = prover.prove(&tool.name, arguments, body, &catalog.shapes) else { return };
    let help = match fault {
        NotOffered::TooLarge(_) => "leave optional arguments out with `omit`, or fix them: no model can read that much",
        NotOffered::Unconstrained(_) => {
            "leave the argument out with `omit`, fix it, or narrow it with bounds that can be met"
        }
    };
    report.push(
        Diagnostic::error(fault.code(), format!("`{}` cannot be offered to a model: {}", tool.name, fault.reason()))
            .at(At::key(catalog.manifest_file, pointer), "this tool")
            .at(catalog.document.at_key(&tool.operation.found.pointer), "the operation")
            .help(help),
    );
}
