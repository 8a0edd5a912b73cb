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
use super::{Answer, RuleAt};
use crate::ir::{Fields, Shape};
use crate::normalise::escape;
use crate::report::{At, Report};

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

/// Types a rule, which has been parsed from its text, and reports what is wrong with it.
pub(super) fn check(rule: &Ast, text: &str, on: &Answer<'_>, at: RuleAt<'_>, report: &mut Report) -> Typed {
    let Some(answer) = on.shape else { return Typed { output: Shape::Any, fields: Fields::None } };
    let (typed, remarks) = type_rule(rule, text, answer, on.names, on.is_open);
    for remark in remarks {
        let declared: Vec<(At, String)> =
            remark.declared_by().iter().filter_map(|declared| declared_at(declared, on)).collect();
        let diagnostic = remark.diagnostic(text, at);
        report.push(declared.into_iter().fold(diagnostic, |diagnostic, (place, label)| diagnostic.at(place, label)));
    }
    typed
}

/// Where the document declares a schema or its member. What a schema is composed of may declare the member instead; then the
/// schema is shown.
fn declared_at(Declared { schema, member }: &Declared, on: &Answer<'_>) -> Option<(At, String)> {
    let pointer = on.pointers.get(schema)?;
    let of_member = member.as_ref().map(|name| (format!("{pointer}/properties/{}", escape(name)), name));
    let is_there = |pointer: &str| on.document.is_some_and(|document| document.value.pointer(pointer).is_some());
    let (pointer, name) =
        of_member.filter(|(pointer, _)| is_there(pointer)).unwrap_or_else(|| (pointer.clone(), schema));
    Some((on.document?.at_key(&pointer), format!("`{name}` is declared here")))
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
