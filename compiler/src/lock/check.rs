//! The step between `lower` and `emit`: [`Catalog`]s and their locks -> the report.

use std::collections::BTreeSet;
use std::path::Path;

use super::text::Lines;
use super::{Affected, Change, Lock, Operation, Places, Subject, affected, of};
use crate::ir::Catalog;
use crate::load::{Sources, escape_token};
use crate::report::{At, Diagnostic, FileId, Report};

/// So many names stand in one command line; beyond that, `--all` is shorter to read.
const NAMES_MAX: usize = 8;

/// So many operations are listed in a warning.
const OPERATIONS_MAX: usize = 5;

/// Reports every tool and prompt that is not what the lock of its catalog says, and locks that cannot be read. `root` is the directory
/// of the catalogs, for the commands that are the way out.
pub fn check(catalogs: &[Catalog], places: &[Places], root: &Path, sources: &Sources, report: &mut Report) {
    let mut reviewed = Vec::new();
    for (catalog, places) in catalogs.iter().zip(places) {
        let Some(file) = places.lock else { continue };
        let Some((lock, lines)) = read(file, sources, report) else { continue };
        let now = of(catalog);
        let affected = affected(&lock, &now);
        if affected.is_empty() {
            check_left(&lock, &now, places, report);
        }
        reviewed.push((places, file, lines, now, affected));
    }
    let names: Vec<&str> = reviewed.iter().flat_map(|(.., affected)| affected).map(|one| one.subject.name()).collect();
    let ways_out = ways_out(&names, root);
    for (places, file, lines, now, affected) in &reviewed {
        for one in affected {
            let mut diagnostic = shown(one, places, *file, lines, now);
            for way_out in &ways_out {
                diagnostic = diagnostic.help(way_out);
            }
            report.push(diagnostic);
        }
    }
}

/// Reads a lock, and where the line of each tool and prompt stands. `None` if it cannot be read, which is reported.
pub fn read(file: FileId, sources: &Sources, report: &mut Report) -> Option<(Lock, Lines)> {
    Lock::read(sources.text(file))
        .map_err(|fault| {
            let path = sources.path(file);
            let diagnostic = Diagnostic::error("E0702", format!("{path} cannot be read: {}", fault.what))
                .at(At::bytes(file, fault.at), "this line");
            report.push(diagnostic.help(fault.help.unwrap_or(
                "restore the file from git; or remove it, read the catalog anew, and run `airlock approve --all`",
            )));
        })
        .ok()
}

/// One tool or prompt, and where it stands.
fn shown(one: &Affected, places: &Places, lock: FileId, lines: &Lines, now: &Lock) -> Diagnostic {
    match &one.subject {
        Subject::Tool(tool) => shown_tool(tool, one, places, lock, lines, now),
        Subject::Prompt(prompt) => shown_prompt(prompt, one, places, lock, lines),
    }
}

fn shown_prompt(prompt: &str, one: &Affected, places: &Places, lock: FileId, lines: &Lines) -> Diagnostic {
    let title = match one.change {
        Change::New => format!("the prompt `{prompt}` has not been approved: it is new"),
        Change::Gone => format!("the prompt `{prompt}` was approved, and is no prompt of this catalog"),
        Change::Changed | Change::Moved(_) => {
            format!("the prompt `{prompt}` is not what was approved: its text, or what it takes, differs")
        }
    };
    let diagnostic = Diagnostic::error("E0701", title);
    if one.change == Change::Gone {
        let line = lines.get(&one.subject).cloned().unwrap_or_default();
        return diagnostic
            .at(At::bytes(lock, line), "approved here")
            .at(At::key(places.manifest, "/prompts"), "not here");
    }
    diagnostic.at(At::key(places.manifest, format!("/prompts/{}", escape_token(prompt))), "this prompt")
}

/// One tool, where it stands, and its operation.
fn shown_tool(tool: &str, one: &Affected, places: &Places, lock: FileId, lines: &Lines, now: &Lock) -> Diagnostic {
    let change = &one.change;
    let calls = now.included.get(tool).map(|one| one.operation.shown()).unwrap_or_default();
    let title = match change {
        Change::New => format!("`{tool}` has not been approved: it is new, and calls `{calls}`"),
        Change::Changed => {
            format!("`{tool}` is not what was approved: what a model is told of it, or what it does, differs")
        }
        Change::Moved(before) => {
            format!("`{tool}` is not what was approved: it calls `{calls}` instead of `{}`", before.shown())
        }
        Change::Gone => format!("`{tool}` was approved, and is no tool of this catalog"),
    };
    let diagnostic = Diagnostic::error("E0701", title);
    if *change == Change::Gone {
        let line = lines.get(&one.subject).cloned().unwrap_or_default();
        return diagnostic
            .at(At::bytes(lock, line), "approved here")
            .at(At::key(places.manifest, "/tools"), "not here");
    }
    let diagnostic = diagnostic.at(At::key(places.manifest, format!("/tools/{}", escape_token(tool))), "this tool");
    match places.operations.get(tool) {
        Some(at) => diagnostic.at(at.clone(), "its operation"),
        None => diagnostic,
    }
}

/// What to read, and then to run.
fn ways_out(names: &[&str], root: &Path) -> [String; 2] {
    let directory = root.to_string_lossy().replace('\\', "/");
    let directory = directory.trim_end_matches('/');
    let (before, option) = match directory {
        "catalogs" => ("git:HEAD".to_owned(), String::new()),
        _ if root.is_absolute() => ("OLD".to_owned(), format!(" --catalogs {directory}")),
        _ => (format!("HEAD:./{directory}"), format!(" --catalogs {directory}")),
    };
    let all = format!("airlock approve{option} --all");
    let approve = match names.len() {
        0..=NAMES_MAX => format!("`airlock approve{option} {}`, or `{all}`", names.join(" ")),
        _ => format!("`{all}`"),
    };
    [
        format!("`airlock diff {before} {directory}` tells what is different, and what it means"),
        format!("if that may be so, approve it: {approve}"),
    ]
}

/// What the document has besides tools changes nothing that a model sees, so the line goes on.
fn check_left(lock: &Lock, now: &Lock, places: &Places, report: &mut Report) {
    let all: BTreeSet<&Operation> = lock.left.keys().chain(now.left.keys()).collect();
    let told = |operation: &Operation| {
        let how = match (lock.left.get(operation), now.left.get(operation)) {
            (None, Some(_)) => "is new",
            (Some(_), None) => "is gone",
            (before, after) if before != after => "has another reason",
            _ => return None,
        };
        Some(format!("`{}` {how}", operation.shown()))
    };
    let mut differing: Vec<String> = all.into_iter().filter_map(told).collect();
    if differing.is_empty() {
        return;
    }
    let more = differing.len().saturating_sub(OPERATIONS_MAX);
    differing.truncate(OPERATIONS_MAX);
    if more > 0 {
        differing.push(format!("and {more} more"));
    }
    let title = format!("of the operations that are no tool, the lock says something else: {}", differing.join(", "));
    report.push(
        Diagnostic::warning("E0703", title)
            .at(At::value(places.manifest, "/document"), "in this document")
            .help("no tool is different; `airlock approve` without a name brings these lines up to date"),
    );
}
