//! Types a rule against what the document says of the answer.
//!
//! What would be null in every answer, or fail in one that the document admits, is a mistake of the rule, and is told with
//! its place. Where the document does not say, the type is [`Type::Any`], and nothing is said about it. The type of the
//! outcome becomes the tool's output, and the places of the answer that stand in it are the fields that the rule keeps.

mod compare;
mod expression;
mod fields;
mod functions;
mod heads;
mod leaves;
mod lists;
mod narrow;
mod output;
mod remark;
mod spans;
mod types;

use jmespath::ast::Ast;

use self::expression::Typer;
use self::heads::Names;
use self::remark::{Declared, Remark};
use self::types::{Place, Type};
use crate::ir::{Content, Fields, Shape};
use crate::normalise::escape;
use crate::report::{At, Report};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

pub(super) use self::output::{Outcome, named_shapes};
pub(super) use self::spans::Spans;

/// What a rule makes.
#[derive(Debug)]
pub(super) struct Typed {
    /// The shape of the outcome.
    pub(super) output: Shape,
    /// Which fields of the answer can stand in it.
    pub(super) fields: Fields,
}

/// Types the rule of a tool, which has been parsed from its text, and reports what is wrong with it.
pub(super) fn check(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    rule: &Ast,
    pointer: &str,
    report: &mut Report,
) -> Typed {
    if tool.operation.answers.iter().all(|declared| declared.answer.content == Content::Empty) {
        return Typed { output: Shape::Any, fields: Fields::None };
    }
    let (text, file) = (&tool.manifest.prune, catalog.manifest_file);
    let is_open = tool.manifest.open == Some(true);
    let (typed, remarks) = type_rule(rule, text, &tool.answer, &catalog.answers, is_open);
    for remark in remarks {
        let at = format!("{pointer}/prune");
        let mut declared = Vec::new();
        for Declared { schema, member } in remark.declared_by() {
            let Some(pointer) = catalog.answer_pointers.get(schema) else { continue };
            // What a schema is composed of may declare the member instead; then the schema is shown.
            let of_member = member.as_ref().map(|name| (format!("{pointer}/properties/{}", escape(name)), name));
            let is_there = |pointer: &str| catalog.document.value.pointer(pointer).is_some();
            let (pointer, name) =
                of_member.filter(|(pointer, _)| is_there(pointer)).unwrap_or_else(|| (pointer.clone(), schema));
            declared.push((catalog.document.at_key(&pointer), format!("`{name}` is declared here")));
        }
        let diagnostic = remark.diagnostic(text, |bytes| match bytes {
            Some(bytes) => At::within(file, at.clone(), bytes),
            None => At::value(file, at.clone()),
        });
        report.push(declared.into_iter().fold(diagnostic, |diagnostic, (place, label)| diagnostic.at(place, label)));
    }
    typed
}

/// Types a rule against the shape of an answer.
fn type_rule(rule: &Ast, text: &str, answer: &Shape, names: &Names, is_open: bool) -> (Typed, Vec<Remark>) {
    let place = || Type::Document(Place::answer(answer));
    if matches!(rule, Ast::Identity { .. }) {
        let fields = leaves::fields(answer, &place(), names);
        return (Typed { output: answer.clone(), fields }, Vec::new());
    }
    let spans = Spans::of(rule, text);
    let mut typer = Typer::new(names, &spans, text, is_open);
    typer.infer(rule, &place());
    let remarks = typer.remarks;
    // What the document requires may be missing all the same. What the rule gives then is no mistake of the answer.
    let mut typer = Typer::new(names, &spans, text, is_open);
    typer.doubts = true;
    let outcome = typer.infer(rule, &place());
    let fields = leaves::fields(answer, &outcome, names);
    (Typed { output: output::shape(&outcome, names), fields }, remarks)
}

#[cfg(test)]
mod tests;
