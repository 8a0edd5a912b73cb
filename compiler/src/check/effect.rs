//! Effects: what a call does to data, and that somebody approved of it.

use crate::ir::{Effect, Method};
use crate::manifest;
use crate::report::{At, Diagnostic, Report};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

/// The tool's effect, and whether the manifest states another one than the method implies.
pub(super) fn check(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    pointer: &str,
    report: &mut Report,
) -> (Effect, bool) {
    let file = catalog.manifest_file;
    let implied = implied(tool.operation.method);
    let effect = tool.manifest.effect.map_or(implied, |effect| match effect {
        manifest::Effect::Read => Effect::Read,
        manifest::Effect::Write => Effect::Write,
        manifest::Effect::Destroy => Effect::Destroy,
    });
    let method = tool.operation.method.word();
    if effect < implied && tool.operation.method != Method::Post {
        report.push(
            Diagnostic::error("E0601", format!("a {method} does not have the effect `{}`", effect.word()))
                .at(At::value(file, format!("{pointer}/effect")), "")
                .at(catalog.document.at_key(&tool.operation.found.pointer), "the operation")
                .help("only a POST can be declared to do less than its method says, as a search with a body does"),
        );
    }
    check_approval(catalog, tool, effect, pointer, report);
    (effect, effect != implied)
}

/// What a method does to data. Safe methods read (RFC 9110, section 9.2.1).
pub fn implied(method: Method) -> Effect {
    match method {
        Method::Get | Method::Head | Method::Options => Effect::Read,
        Method::Post | Method::Put | Method::Patch => Effect::Write,
        Method::Delete => Effect::Destroy,
    }
}

fn check_approval(catalog: &ResolvedCatalog, tool: &ResolvedTool, effect: Effect, pointer: &str, report: &mut Report) {
    let file = catalog.manifest_file;
    let approved = tool.manifest.approve.map(|approve| match approve {
        manifest::Approve::Write => Effect::Write,
        manifest::Approve::Destroy => Effect::Destroy,
    });
    let word = effect.word();
    let at = At::value(file, format!("{pointer}/approve"));
    let operation = catalog.document.at_key(&tool.operation.found.pointer);
    let method = format!("this is a {}", tool.operation.method.word());
    match approved {
        None if effect == Effect::Read => {}
        Some(approved) if approved == effect => {}
        None => report.push(
            Diagnostic::error("E0602", format!("`{}` can {word} data, and nobody has approved that", tool.name))
                .at(At::key(file, pointer), format!("needs `approve: {word}`"))
                .at(operation, method)
                .help(format!("add `approve: {word}` to the tool once it has been agreed, or remove the tool")),
        ),
        Some(_) if effect == Effect::Read => report.push(
            Diagnostic::error("E0603", format!("`{}` only reads; there is nothing to approve", tool.name))
                .at(At::key(file, format!("{pointer}/approve")), "approves nothing")
                .help("remove the line, or state the `effect` if this operation does change data"),
        ),
        Some(approved) => report.push(
            Diagnostic::error(
                "E0603",
                format!("approved is `{}`, but `{}` can {word} data", approved.word(), tool.name),
            )
            .at(at.clone(), "approves something else")
            .at(operation, method)
            .patch("say what it does, once it has been agreed", at, word),
        ),
    }
}
