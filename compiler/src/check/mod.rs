//! Step 4: [`ResolvedCatalog`] -> [`CheckedCatalog`]: the same, proven.
//!
//! Names, limits, effects, arguments and prune rules, one small function a rule. What leaves this step without an error
//! can be lowered and emitted without a further question.

mod arguments;
mod effect;
mod flat;
mod names;
mod offered;
mod pages;
mod prompt;
mod response;
mod rule;
mod sample;
mod size;
mod typing;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use airlock_contract::request::is_path_byte;
use airlock_contract::text::is_invisible;
use jmespath::ast::Ast;

use crate::ir::{Argument, Content, Effect, Fields, Pages, Prompt, Sample, Shape};
use crate::load::Sources;
use crate::manifest;
use crate::normalise::{Document, escape};
use crate::report::{At, Diagnostic, FileId, Report};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

use typing::{Outcome, Typed};

pub use arguments::plain as plain_arguments;
pub use effect::implied as implied_effect;
pub(crate) use names::check_name;
pub use names::{TOOL_NAME_CHARS_MAX, is_reserved, is_tool_name};
pub use offered::{NotOffered, Prover};
pub use prompt::PROMPT_BYTES_MAX;
pub use response::ANSWER_BYTES_MAX;
pub use rule::parse as parse_rule;

/// What a model is told about a tool has at most this many bytes: hosts cut longer texts without a word.
pub const DESCRIPTION_BYTES_MAX: usize = 1024;

/// A catalog that holds what it promises.
#[derive(Debug)]
pub struct CheckedCatalog {
    /// As resolved.
    pub resolved: ResolvedCatalog,
    /// The tools, in the order of `resolved.tools`.
    pub facts: Vec<ToolFacts>,
    /// Named shapes that outcomes are made of.
    pub answers: BTreeMap<String, Shape>,
    /// The prompts, in the order of their names.
    pub prompts: Vec<Prompt>,
}

/// What was found out about a tool while it was checked.
#[derive(Debug)]
pub struct ToolFacts {
    /// What it does to data.
    pub effect: Effect,
    /// Whether the manifest states another effect than the method implies.
    pub effect_declared: bool,
    /// The table of arguments.
    pub arguments: Vec<Argument>,
    /// How pages are gathered.
    pub pages: Option<Pages>,
    /// The rule's tree.
    pub rule: Ast,
    /// What the rule's outcome is made of.
    pub output: Shape,
    /// Which fields of the answer can stand in it.
    pub fields: Fields,
    /// What the rule makes of an answer that the catalog holds for it.
    pub sample: Option<Sample>,
}

/// Checks every catalog. Errors are E03 (prune), E04 (names), E05 (limits, arguments), E06 (approval) and E09 (prompts) codes.
pub fn check(catalogs: Vec<ResolvedCatalog>, sources: &Sources, report: &mut Report) -> Vec<CheckedCatalog> {
    names::check_across(&catalogs, report);
    let prover = Prover::default();
    catalogs.into_iter().filter_map(|resolved| check_catalog(resolved, sources, &prover, report)).collect()
}

fn check_catalog(
    resolved: ResolvedCatalog,
    sources: &Sources,
    prover: &Prover,
    report: &mut Report,
) -> Option<CheckedCatalog> {
    let file = resolved.manifest_file;
    names::check_catalog(&resolved, report);
    sample::check_names(&resolved, sources, report);
    check_text(&resolved.manifest.title, file, "/title", report);
    check_base_paths(&resolved, report);
    let mut facts: Vec<ToolFacts> =
        resolved.tools.iter().filter_map(|tool| check_tool(&resolved, tool, sources, prover, report)).collect();
    let outcomes = facts.iter_mut().map(|ToolFacts { output, rule, .. }| Outcome {
        shape: output,
        is_whole: matches!(rule, Ast::Identity { .. }),
    });
    let answers = typing::named_shapes(&mut outcomes.collect::<Vec<_>>(), &resolved.answers);
    let prompts = prompt::check(&resolved, report);
    (facts.len() == resolved.tools.len()).then_some(CheckedCatalog { resolved, facts, answers, prompts })
}

fn check_tool(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    sources: &Sources,
    prover: &Prover,
    report: &mut Report,
) -> Option<ToolFacts> {
    let file = catalog.manifest_file;
    let pointer = format!("/tools/{}", escape(&tool.name));
    names::check_tool(&tool.name, file, &pointer, report);
    check_description(&tool.manifest.description, file, &pointer, report);
    if let Some(title) = &tool.manifest.title {
        check_text(title, file, &format!("{pointer}/title"), report);
    }
    let (effect, effect_declared) = effect::check(catalog, tool, &pointer, report);
    response::check(catalog, tool, effect, &pointer, report);
    let mut arguments = arguments::check(catalog, tool, &pointer, report);
    let has_body = tool.operation.answers.iter().any(|declared| declared.answer.content != Content::Empty);
    let on = Answer {
        shape: has_body.then_some(&tool.answer),
        names: &catalog.answers,
        pointers: &catalog.answer_pointers,
        document: Some(&catalog.document),
        is_open: tool.manifest.open == Some(true),
    };
    let mut pages = None;
    if let Some(arguments) = &mut arguments {
        if let Some(page) = &tool.manifest.page {
            pages = pages::Check { catalog, tool, on: &on, pointer: &pointer, report }.run(page, effect, arguments);
        }
        offered::check(catalog, tool, arguments, &pointer, prover, report);
    }
    let place = format!("{pointer}/prune");
    let at = |bytes: Option<Range<usize>>| At::value(file, place.clone()).or_within(bytes);
    let CheckedRule { rule, output, fields } = check_rule(&tool.manifest.prune, &on, &at, report)?;
    check_rule_has_a_body(tool, &rule, file, &pointer, report);
    check_form(tool, &output, catalog, &pointer, report);
    let sample = sample::check(catalog, tool, &rule, sources, report);
    let is_gathered = tool.manifest.page.is_none() || pages.is_some();
    let arguments = arguments.filter(|_| is_gathered)?;
    Some(ToolFacts { effect, effect_declared, arguments, pages, rule, output, fields, sample })
}

/// Rows need an array of objects. Where it is not known what the rule gives, the running program writes what it can.
fn check_form(tool: &ResolvedTool, output: &Shape, catalog: &ResolvedCatalog, pointer: &str, report: &mut Report) {
    let form = tool.manifest.result.unwrap_or(manifest::Form::Json);
    if form == manifest::Form::Json || may_be_rows(output, &catalog.answers, true, 0) {
        return;
    }
    let file = catalog.manifest_file;
    report.push(
        Diagnostic::error("E0318", "rows need an array of objects, and the rule gives something else")
            .at(At::value(file, format!("{pointer}/result")), "these are rows")
            .at(At::value(file, format!("{pointer}/prune")), "of this rule")
            .help("keep the array alone, as in `items[*].{id: id, name: name}`, or leave `result` out"),
    );
}

/// Whether a value of this shape can be an array of objects (`list`), or such an object.
fn may_be_rows(shape: &Shape, names: &BTreeMap<String, Shape>, list: bool, depth: usize) -> bool {
    /// Beyond it nothing is known.
    const DEPTH_MAX: usize = 32;
    let inner = |shape: &Shape, list: bool| depth > DEPTH_MAX || may_be_rows(shape, names, list, depth + 1);
    match shape {
        Shape::Any => true,
        Shape::List(items) => list && inner(&items.items, false),
        Shape::Object(_) => !list,
        Shape::Nullable(shape) => inner(shape, list),
        Shape::AnyOf(shapes) => shapes.iter().any(|shape| inner(shape, list)),
        Shape::Named(name) => names.get(name).is_none_or(|shape| inner(shape, list)),
        _ => false,
    }
}

/// What a rule is run on.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// What an answer is made of; `None` where there is none.
    pub shape: Option<&'a Shape>,
    /// The shapes that have names there.
    pub names: &'a BTreeMap<String, Shape>,
    /// Where the document declares them, as JSON pointers.
    pub pointers: &'a BTreeMap<String, String>,
    /// The document.
    pub document: Option<&'a Document>,
    /// Whether it has fields that the document does not list.
    pub is_open: bool,
}

/// Where bytes of a rule's text stand; without them, where the rule stands.
pub type RuleAt<'a> = &'a dyn Fn(Option<Range<usize>>) -> At;

/// A rule that can run.
#[derive(Debug)]
pub struct CheckedRule {
    /// The rule.
    pub rule: Ast,
    /// What its outcome is made of.
    pub output: Shape,
    /// Which fields of the answer can stand in it.
    pub fields: Fields,
}

/// Parses and types a rule. `None` if it cannot run; what is wrong otherwise is reported alone.
pub fn check_rule(text: &str, on: &Answer<'_>, at: RuleAt<'_>, report: &mut Report) -> Option<CheckedRule> {
    let rule = rule::check(text, at, report)?;
    let Typed { output, fields } = typing::check(&rule, text, on, at, report);
    Some(CheckedRule { rule, output, fields })
}

/// The description of the tool, prompt or profile at `pointer`.
pub(crate) fn check_description(text: &str, file: FileId, pointer: &str, report: &mut Report) {
    let at = format!("{pointer}/description");
    check_text(text, file, &at, report);
    if text.trim().is_empty() {
        report.push(
            Diagnostic::error("E0501", "the description is empty")
                .at(At::value(file, at.clone()), "")
                .help("say what the tool answers and when to use it: the model chooses by this text alone"),
        );
    }
    if text.len() > DESCRIPTION_BYTES_MAX {
        report.push(
            Diagnostic::error(
                "E0501",
                format!("the description has {} bytes, more than {DESCRIPTION_BYTES_MAX}", text.len()),
            )
            .at(At::value(file, at), "too long")
            .help("keep what helps to choose the tool; hosts cut longer texts without a word"),
        );
    }
}

/// Text that goes to a model holds nothing that a person cannot see, and nothing that a chat template takes for its own.
fn check_text(text: &str, file: FileId, pointer: &str, report: &mut Report) {
    if let Some(char) = text.chars().find(|char| *char != '\n' && is_invisible(*char)) {
        report.push(
            Diagnostic::error("E0404", format!("the text holds an invisible character, U+{:04X}", u32::from(char)))
                .at(At::value(file, pointer), "here")
                .help("remove it: a model would read what a reviewer cannot see"),
        );
    }
    if let Some(literal) =
        ["<|", "|>", "<tool_call>", "</tool_call>", "<tool_response>"].iter().find(|literal| text.contains(**literal))
    {
        report.push(
            Diagnostic::error(
                "E0405",
                format!("the text holds `{literal}`, which chat templates use to separate turns"),
            )
            .at(At::value(file, pointer), "here")
            .help("say it in other words"),
        );
    }
}

fn check_base_paths(catalog: &ResolvedCatalog, report: &mut Report) {
    for upstream in catalog.upstreams.values().filter(|upstream| !is_base_path(&upstream.base_path)) {
        let title = format!("the base path `{}` cannot be sent as it stands", upstream.base_path);
        let mut diagnostic = Diagnostic::error("E0503", title);
        for at in &upstream.said_at {
            diagnostic = diagnostic.at(at.clone(), "");
        }
        report.push(diagnostic.help(
            "write `base_path` as in `/v1`: a `/` before it, none behind it, no dot segments; the site file gives the host",
        ));
    }
}

/// Whether a base path is empty, or begins with `/`, does not end with one, and can be sent as it stands.
pub fn is_base_path(path: &str) -> bool {
    path.is_empty()
        || (path.starts_with('/')
            && path[1..]
                .split('/')
                .all(|segment| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_path_byte)))
}

/// An operation that never has a body has nothing to prune.
fn check_rule_has_a_body(tool: &ResolvedTool, rule: &Ast, file: FileId, pointer: &str, report: &mut Report) {
    let is_empty = tool.operation.answers.iter().all(|declared| declared.answer.content == Content::Empty);
    if is_empty && !matches!(rule, Ast::Identity { .. }) {
        let at = At::value(file, format!("{pointer}/prune"));
        report.push(
            Diagnostic::error("E0306", "the answer has no body, so there is nothing to prune")
                .at(at.clone(), "would always be null")
                .patch("write the rule that keeps everything", at, "@"),
        );
    }
}
