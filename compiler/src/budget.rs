//! Beside the line, behind `lower`: whether the tools of all catalogs keep within the budget of the workspace.
//!
//! Bytes are counted here. Tokens are counted by `airlock-host budget`, which has a model's tokenizer, and read from
//! `budget.lock`; counts of another text than today's are refused, since they would prove nothing.

use airlock_contract::text::is_invisible;
use airlock_offer::{Counts, Listed, ToolList, weights};

use crate::ir::Catalog;
use crate::load::{LoadedWorkspace, Sources};
use crate::manifest::Workspace;
use crate::offer::tool_list;
use crate::report::{At, Diagnostic, FileId, Report};

/// The command that counts anew, also where catalogs are refused until that is done.
const COUNT: &str = "airlock tools --sent | airlock-host budget --tools - --model FILE.gguf";

/// Checks the tools of all catalogs. Errors are E08 codes.
pub fn check(
    catalogs: &[Catalog],
    workspace: &Workspace,
    beside: &LoadedWorkspace,
    sources: &Sources,
    report: &mut Report,
) {
    let manifest = beside.manifest.as_ref().map(|file| file.id);
    if workspace.budget_bytes.is_none() && workspace.budget_tokens.is_none() && beside.counts.is_none() {
        return;
    }
    let list = tool_list(catalogs);
    if let (Some(max), Some(file)) = (workspace.budget_bytes, manifest) {
        check_bytes(&list, max, file, report);
    }
    match beside.counts {
        Some(file) => check_tokens(&list, file, workspace.budget_tokens.zip(manifest), sources, report),
        None => {
            if let (Some(_), Some(manifest)) = (workspace.budget_tokens, manifest) {
                report.push(
                    Diagnostic::error("E0803", "nobody has counted the tokens of the tools")
                        .at(At::key(manifest, "/budget_tokens"), "needs `budget.lock` beside this file")
                        .help(format!("count them: `{COUNT}`")),
                );
            }
        }
    }
}

fn check_bytes(list: &ToolList<'_>, max: u64, file: FileId, report: &mut Report) {
    let weighed: Vec<(u64, &Listed<'_>)> =
        list.entries().iter().map(|entry| (entry.told().len() as u64, entry)).collect();
    let total: u64 = weighed.iter().map(|(bytes, _)| bytes).sum();
    if total > max {
        report.push(
            Diagnostic::error("E0801", format!("the tools take {total} bytes to tell, more than the budget of {max}"))
                .at(At::value(file, "/budget_bytes"), "the budget")
                .help(heaviest(weighed, "bytes"))
                .help("shorten descriptions, leave arguments out with `omit`, leave tools out, or raise the budget"),
        );
    }
}

fn check_tokens(
    list: &ToolList<'_>,
    file: FileId,
    budget: Option<(u64, FileId)>,
    sources: &Sources,
    report: &mut Report,
) {
    let text = sources.text(file);
    let counts = match Counts::read(text) {
        Ok(counts) => counts,
        Err(fault) => {
            report.push(
                Diagnostic::error("E0804", format!("{} cannot be read: {}", sources.path(file), fault.reason))
                    .at(line(text, fault.line, file), "here")
                    .help(format!("count anew: `{COUNT}`")),
            );
            return;
        }
    };
    let stale = counts.stale(list.entries());
    if !stale.is_empty() {
        let names: Vec<String> = stale.iter().map(|name| format!("`{name}`")).collect();
        report.push(
            Diagnostic::error("E0803", format!("the token counts of {} are of another text", names.join(", ")))
                .at(At::bytes(file, 0..text.find('\n').unwrap_or(0)), "counted before the tools were changed")
                .help(format!("count anew: `{COUNT}`")),
        );
        return;
    }
    let Some((max, manifest)) = budget.filter(|(max, _)| counts.total() > *max) else { return };
    let tokens = |entry: &Listed<'_>| counts.tools.get(entry.name).map_or(0, |count| count.tokens);
    let weighed = list.entries().iter().map(|entry| (tokens(entry), entry)).collect();
    let (total, model) = (counts.total(), counts.model.replace(is_invisible, ""));
    report.push(
        Diagnostic::error("E0802", format!("the tools take {total} tokens of {model}, more than the budget of {max}"))
            .at(At::value(manifest, "/budget_tokens"), "the budget")
            .help(heaviest(weighed, "tokens"))
            .help("shorten descriptions, leave arguments out with `omit`, leave tools out, or raise the budget"),
    );
}

/// The tools that take most, and of each the arguments that do.
fn heaviest(mut weighed: Vec<(u64, &Listed<'_>)>, unit: &str) -> String {
    const TOOLS_TOLD: usize = 5;
    const FIELDS_TOLD: usize = 3;
    weighed.sort_by_key(|(weight, entry)| (std::cmp::Reverse(*weight), entry.name));
    let tool = |(weight, entry): &(u64, &Listed<'_>)| {
        let fields: Vec<String> = weights(&entry.input_schema())
            .into_iter()
            .take(FIELDS_TOLD)
            .map(|(path, bytes)| format!("{path} {bytes}"))
            .collect();
        let of_which = format!("bytes: description {}, {}", entry.description.len(), fields.join(", "));
        format!("`{}` {weight} {unit} ({})", entry.name, of_which.trim_end_matches(", "))
    };
    let told: Vec<String> = weighed.iter().take(TOOLS_TOLD).map(tool).collect();
    format!("the heaviest: {}", told.join("; "))
}

/// A line of a text, from 1.
fn line(text: &str, number: usize, file: FileId) -> At {
    let start = text.split_inclusive('\n').take(number.saturating_sub(1)).map(str::len).sum::<usize>();
    let length = text[start..].find('\n').unwrap_or(text.len() - start);
    At::bytes(file, start..start + length)
}
