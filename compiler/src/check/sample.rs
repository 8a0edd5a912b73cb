//! Answers that the catalog holds for its tools: the rule has to take them.

use airlock_prune::{Fault, Plan, rows};
use jmespath::ast::Ast;

use crate::ir::{Form, Sample};
use crate::load::Sources;
use crate::lower::lower_rule;
use crate::report::{At, Diagnostic, Report, did_you_mean};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

/// A sample for a tool that is not there is tried by nobody.
pub(super) fn check_names(catalog: &ResolvedCatalog, sources: &Sources, report: &mut Report) {
    for sample in &catalog.samples {
        if catalog.manifest.tools.contains_key(&sample.tool) {
            continue;
        }
        let path = sources.path(sample.file);
        let diagnostic = Diagnostic::error("E0333", format!("{path} is for no tool of this catalog"));
        let meant = did_you_mean(&sample.tool, catalog.manifest.tools.keys().map(String::as_str));
        report.push(diagnostic.help(match meant {
            Some(meant) => format!("did you mean `{meant}.json`?"),
            None => "name it after a tool, `samples/<tool>.json`, or remove it".to_owned(),
        }));
    }
}

/// Runs a tool's rule on its sample, if there is one.
pub(super) fn check(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    rule: &Ast,
    sources: &Sources,
    report: &mut Report,
) -> Option<Sample> {
    let sample = catalog.samples.iter().find(|sample| sample.tool == tool.name)?;
    let body = sources.text(sample.file);
    let form = tool.manifest.result.map_or(Form::Json, Form::from);
    let run = || {
        let json = Plan::new(&lower_rule(rule))?.run_text(body, u64::MAX)?;
        let rows = rows(&json, form)?;
        Ok(Sample { bytes_in: body.len(), json, rows })
    };
    let rule_at = At::value(catalog.manifest_file, format!("/tools/{}/prune", crate::normalise::escape(&tool.name)));
    match run() {
        Ok(sample) => return Some(sample),
        Err(Fault::Body(at, what)) => report.push(
            Diagnostic::error("E0331", format!("this is no answer: {what}"))
                .at(At::bytes(sample.file, at..at + 1), "here")
                .help("save the answer as the upstream sends it, as JSON in UTF-8"),
        ),
        Err(fault) => report.push(
            Diagnostic::error("E0332", format!("the rule fails on its sample: {fault}"))
                .at(rule_at, "this rule")
                .at(At::bytes(sample.file, 0..1), "on this answer")
                .help("have it take what the answer has there: `not_null(x, …)`, `x || …`, or a filter"),
        ),
    }
    None
}
