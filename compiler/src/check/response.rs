//! What may come back, besides the answers that the document declares: how much, compressed with what, from where else.

use std::collections::BTreeSet;

use crate::ir::{Content, Effect, Method};
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

/// An answer may be allowed at most this many bytes.
pub const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A file may be handed on with at most this many bytes: in base64 it fits into one message.
const FILE_BYTES_MAX: u64 = 6 << 20;

pub(super) fn check(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    effect: Effect,
    pointer: &str,
    report: &mut Report,
) {
    let file = catalog.manifest_file;
    check_bytes_max(tool, file, pointer, report);
    check_encodings(tool, file, pointer, report);
    check_redirects(catalog, tool, effect, pointer, report);
    check_file(tool, file, pointer, report);
}

fn check_bytes_max(tool: &ResolvedTool, file: FileId, pointer: &str, report: &mut Report) {
    let bytes_max = tool.manifest.response.bytes_max;
    if bytes_max == 0 || bytes_max > ANSWER_BYTES_MAX {
        report.push(
            Diagnostic::error("E0502", format!("`bytes_max` lies between 1 and {ANSWER_BYTES_MAX}"))
                .at(At::value(file, format!("{pointer}/response/bytes_max")), "")
                .help(
                    "write the most bytes that an answer can reasonably have: it is held in memory while it is pruned",
                ),
        );
    }
}

/// The error of everything below: something that this tool cannot have.
fn refused(file: FileId, at: String, title: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::error("E0510", title).at(At::value(file, at), "").help(help)
}

fn check_encodings(tool: &ResolvedTool, file: FileId, pointer: &str, report: &mut Report) {
    let encodings = tool.manifest.response.encodings.as_deref().unwrap_or_default();
    for (position, encoding) in encodings.iter().enumerate() {
        if encodings[..position].contains(encoding) {
            let at = format!("{pointer}/response/encodings/{position}");
            report.push(refused(file, at, "this encoding is listed twice", "list it once"));
        }
    }
}

fn check_redirects(catalog: &ResolvedCatalog, tool: &ResolvedTool, effect: Effect, pointer: &str, report: &mut Report) {
    let file = catalog.manifest_file;
    let redirects = tool.manifest.response.redirects.as_deref().unwrap_or_default();
    let is_read = effect == Effect::Read && matches!(tool.operation.method, Method::Get | Method::Head);
    if !redirects.is_empty() && !is_read {
        report.push(refused(
            file,
            format!("{pointer}/response/redirects"),
            "only a tool that reads with GET or HEAD may be led to another place",
            "remove `redirects`: what writes would be written elsewhere than it was approved for",
        ));
    }
    let mut listed = BTreeSet::new();
    for (position, name) in redirects.iter().enumerate() {
        let at = format!("{pointer}/response/redirects/{position}");
        if !catalog.upstreams.contains_key(name) {
            let known: Vec<&str> = catalog.upstreams.keys().map(String::as_str).collect();
            let diagnostic = Diagnostic::error("E0510", format!("the catalog has no system `{name}`"))
                .at(At::value(file, at.clone()), "no such system");
            report.push(match did_you_mean(name, known.iter().copied()) {
                Some(meant) => diagnostic.patch("did you mean this one?", At::value(file, at), meant),
                None => diagnostic.help(format!(
                    "it has: {}; give another a name with `upstreams: {{ {name}: {{}} }}`",
                    known.join(", ")
                )),
            });
        } else if !listed.insert(name) {
            report.push(refused(file, at, "this system is listed twice", "list it once"));
        }
    }
}

fn check_file(tool: &ResolvedTool, file: FileId, pointer: &str, report: &mut Report) {
    let Some(bytes_max) = tool.manifest.response.file_bytes_max else { return };
    let at = || format!("{pointer}/response/file_bytes_max");
    let is_file = |content| content == Content::Binary;
    if !tool.operation.answers.iter().any(|declared| is_file(declared.answer.content)) {
        let help = "remove `file_bytes_max`: JSON and text are given as far as the rule keeps them";
        report.push(refused(file, at(), "no answer of this operation is a file", help));
    } else if bytes_max == 0 || bytes_max > FILE_BYTES_MAX {
        let title = format!("`file_bytes_max` lies between 1 and {FILE_BYTES_MAX}");
        report.push(refused(
            file,
            at(),
            title,
            "a file goes out in one message, in base64; leave the key out to hand none on",
        ));
    } else if bytes_max > tool.manifest.response.bytes_max {
        let title = "`file_bytes_max` is more than `bytes_max`, so longer files are never read";
        report.push(refused(file, at(), title, "raise `bytes_max`, or lower this"));
    }
}
