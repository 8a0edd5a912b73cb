//! `REVIEW.md`: one fact a line and in a settled order, so that a change of a catalog is a change of the lines that it
//! concerns.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::facts::{self, Argument};
use super::sentence::{Part, parts};
use super::tree::{Mark, Node};
use crate::emit::{MARK, REGENERATE_COMMAND};
use crate::ir::{Catalog, Fields, ModelFile, Profile, Tool};
use crate::markup::{code, fenced, markdown as escaped};
use crate::offer::Offered;
use crate::wording::{listed, transport};

/// The catalogs as Markdown. Of the lists of tools that clients are sent, the digests are given.
pub fn markdown(catalogs: &[Catalog], offered: &Offered<'_>, models: &[ModelFile]) -> String {
    let tools_sha256 = &offered.tools_sha256;
    let mut text = format!(
        "<!-- {MARK} from the catalogs. Do not edit: run `{REGENERATE_COMMAND}`. -->\n\n# What the tools can do\n\n\
         What stands here is all that can happen: no other request is made, nothing else is sent, and what is not kept of \
         an answer reaches no model.\n\
         Read the requests and secrets of a catalog first, then its tools; the name of a tool leads to its source.\n\
         Arguments are what a model chooses, within the bounds that stand beside them; *fixed* ones it neither sees nor \
         sends.\n\n\
         - SHA-256 of the list of tools that clients are sent: `{tools_sha256}`\n"
    );
    write_profiles(&mut text, offered);
    write_labels(&mut text, catalogs);
    write_models(&mut text, models);
    for catalog in catalogs {
        write_catalog(&mut text, catalog);
    }
    text
}

/// Adds a line. Writing to a string does not fail.
macro_rules! line {
    ($text:expr, $($format:tt)*) => {{ let _ = writeln!($text, $($format)*); }};
}

fn write_profiles(text: &mut String, offered: &Offered<'_>) {
    if offered.profiles.is_empty() {
        return;
    }
    text.push_str("\n## Profiles\n\nNamed subsets: with `airlock-host serve --profile NAME` nothing else is offered or callable.\n");
    for (profile, sha256) in &offered.profiles {
        let Profile { name, description, tools, search } = profile;
        line!(text, "\n### Profile {}\n", code(name));
        line!(text, "- for: {}", escaped(description));
        line!(text, "- SHA-256 of the list of tools that clients are sent: `{sha256}`");
        line!(text, "- can be searched: {}", facts::searched(*search));
        for tool in tools {
            line!(text, "- tool: {}", link(tool));
        }
    }
}

fn write_labels(text: &mut String, catalogs: &[Catalog]) {
    let Some(chain) = facts::chain(catalogs) else { return };
    line!(text, "\n## Labels\n\nHow confidential what is read is, the lowest first: {chain}.");
    text.push_str(
        "No profile joins a tool with another that is not cleared for what it gives; at run time a conversation remembers \
         what was read.\nThese are the exceptions:\n\n",
    );
    let exceptions = facts::exceptions(catalogs);
    if exceptions.is_empty() {
        text.push_str("- none\n");
    }
    for (tool, what) in exceptions {
        line!(text, "- {}: {}", link(tool), said(&what));
    }
}

fn write_models(text: &mut String, models: &[ModelFile]) {
    if models.is_empty() {
        return;
    }
    text.push_str(
        "\n## Models\n\nThese files may be loaded as the embedded model, and no other: each is known by its digest.\n",
    );
    for model in models {
        let ModelFile { name, sha256, licence, source } = model;
        line!(text, "\n### Model {}\n", code(name));
        line!(text, "- SHA-256 of the file: `{sha256}`");
        line!(text, "- licence: {}", escaped(licence));
        line!(text, "- offered by its publisher: {}", escaped(source));
    }
}

fn write_catalog(text: &mut String, catalog: &Catalog) {
    line!(text, "\n## Catalog {}\n", code(&catalog.name));
    line!(text, "- title: {}", escaped(&catalog.title));
    line!(text, "- document: {}", code(&catalog.document));
    line!(text, "- SHA-256 of the document: `{}`", catalog.document_sha256);
    for (effect, count) in facts::effects(catalog.tools.iter()) {
        line!(text, "- tools that {}: {count}", effect.word());
    }
    line!(text, "- operations of the document that are no tool: {}", catalog.excluded.len());
    write_requests(text, catalog);
    write_secrets(text, catalog);
    write_prompts(text, catalog);
    write_table(text, catalog);
    for tool in &catalog.tools {
        write_tool(text, catalog, tool);
    }
    write_excluded(text, catalog);
}

fn write_requests(text: &mut String, catalog: &Catalog) {
    line!(text, "\n### Requests of {}\n", code(&catalog.name));
    text.push_str("The site file gives each system's address. Nothing else is connected to.\n");
    for upstream in &catalog.upstreams {
        let requests = facts::requests(catalog, upstream);
        let (name, carried) = (code(&upstream.name), transport(upstream.transport));
        line!(text, "\nSystem {name}, {carried}: {}\n", facts::methods(&requests));
        text.push_str("| request | tools |\n|---|---|\n");
        for request in requests {
            let tools: Vec<String> = request.tools.iter().map(|tool| link(tool)).collect();
            line!(text, "| {} {} | {} |", request.method, code(&request.path), tools.join(", "));
        }
    }
}

fn write_secrets(text: &mut String, catalog: &Catalog) {
    line!(text, "\n### Secrets of {}\n", code(&catalog.name));
    let secrets = facts::secrets(catalog);
    if secrets.is_empty() {
        text.push_str("None.\n");
        return;
    }
    text.push_str("| secret | system | goes to | tools |\n|---|---|---|---|\n");
    for secret in secrets {
        let (name, upstream, place) = (code(secret.name), code(secret.upstream), said(&secret.place));
        line!(text, "| {name} | {upstream} | {place} | {} |", secret.tools.len());
    }
}

fn write_prompts(text: &mut String, catalog: &Catalog) {
    if catalog.prompts.is_empty() {
        return;
    }
    line!(text, "\n### Prompts of {}\n", code(&catalog.name));
    text.push_str("Texts that people start a conversation with. A model reads them, with what the person fills in.\n");
    for prompt in &catalog.prompts {
        line!(text, "\n#### Prompt `{}`\n", prompt.name);
        line!(text, "- title: {}", escaped(&prompt.title));
        line!(text, "- told to people: {}", escaped(&prompt.description));
        for argument in &prompt.arguments {
            let about = if argument.description.is_empty() {
                String::new()
            } else {
                format!("; told: {}", escaped(&argument.description))
            };
            line!(text, "- argument {}: {}{about}", code(&argument.name), said(&facts::prompt_argument(argument)));
        }
        for message in &prompt.messages {
            line!(
                text,
                "\nThe {} says:\n\n{}",
                facts::speaker(message.role),
                fenced("text", &message.template()).trim_end()
            );
        }
    }
}

fn write_table(text: &mut String, catalog: &Catalog) {
    line!(text, "\n### Tools of {}\n", code(&catalog.name));
    text.push_str("| tool | effect | approval | request | system | arguments | fields | bytes at most |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for tool in &catalog.tools {
        let arguments: Vec<String> = tool.arguments.iter().map(|argument| code(&argument.name)).collect();
        line!(
            text,
            "| {} | {} | {} | {} {} | {} | {} | {} | {} |",
            link(&tool.name),
            facts::effect(tool),
            facts::approval(tool.effect),
            tool.method.word(),
            code(&facts::path(catalog, tool)),
            code(&tool.upstream),
            listed(&arguments),
            facts::fields(&tool.fields),
            facts::grouped(tool.bytes_max),
        );
    }
}

/// A link to the section of a tool. Names of tools are anchors as they are.
fn link(tool: &str) -> String {
    format!("[`{tool}`](#{tool})")
}

/// A sentence whose names stand in backticks.
fn said(sentence: &str) -> String {
    let written = |part| match part {
        Part::Words(words) => escaped(words),
        Part::Name(name) => code(name),
    };
    parts(sentence).into_iter().map(written).collect()
}

fn write_tool(text: &mut String, catalog: &Catalog, tool: &Tool) {
    let file = format!("src/{}/{}.rs", catalog.name, tool.name);
    line!(text, "\n#### `{}`\n", tool.name);
    line!(text, "{}\n", said(&facts::sentence(catalog, tool)));
    line!(text, "- source: [{file}]({file})");
    line!(text, "- title: {}", escaped(&tool.title));
    line!(text, "- told to the model: {}", escaped(&tool.description));
    line!(text, "- effect: {}; approval: {}", facts::effect(tool), facts::approval(tool.effect));
    match tool.credentials.as_slice() {
        [] => text.push_str("- secrets: none\n"),
        names => line!(text, "- secrets: {}", names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")),
    }
    for (name, what) in facts::labels(tool) {
        line!(text, "- {name}: {}", said(&what));
    }
    for argument in facts::arguments(catalog, tool) {
        write_argument(text, &argument);
    }
    for answer in facts::answers(tool) {
        line!(text, "- answer taken: {}", said(&answer));
    }
    for (name, what) in facts::handling(tool) {
        line!(text, "- {name}: {}", said(&what));
    }
    for (name, size) in facts::sizes(catalog, tool) {
        line!(text, "- {name}: {size}");
    }
    write_fields(text, &tool.fields);
    line!(text, "- result: {}", said(&facts::result(tool)));
    for note in &tool.notes {
        line!(text, "- not enforced: {}", escaped(note));
    }
    if tool.sample.is_some() {
        let path = format!("samples/{}/{}.md", catalog.name, tool.name);
        line!(text, "- what the rule makes of an answer: [{path}]({path})");
    }
    line!(text, "\nThe rule:\n\n{}", fenced("jmespath", &tool.rule).trim_end());
}

fn write_argument(text: &mut String, argument: &Argument<'_>) {
    let Argument { name, source, bounds, place, about, is_told, parts: members } = argument;
    let says = if *is_told { "told" } else { "not told" };
    let about = if about.is_empty() { String::new() } else { format!("; {says}: {}", escaped(about)) };
    line!(text, "- argument {}: {}; {}; goes to {}{about}", code(name), said(source), said(bounds), said(place));
    write_members(text, members, 1);
}

fn write_members(text: &mut String, members: &[Node], depth: usize) {
    for Node { name, kind, mark, about, children, .. } in members {
        let needed = match mark {
            Mark::Required => "required; ",
            Mark::Optional => "optional; ",
            _ => "",
        };
        let about = if about.is_empty() { String::new() } else { format!("; told: {}", escaped(about)) };
        line!(text, "{}- {}: {needed}{}{about}", "  ".repeat(depth), code(name), said(kind));
        write_members(text, children, depth + 1);
    }
}

/// What a rule chooses stands on a line of its own, so that one field more is one line more; the rest by what has one parent.
fn write_fields(text: &mut String, fields: &Fields) {
    let Fields::Known { kept, dropped, kinds, .. } = fields else {
        line!(text, "- fields of the answer: {}", fields.in_words());
        return;
    };
    line!(text, "- kept: {}", fields.in_words());
    if dropped.is_empty() {
        write_by_parent(text, kept);
        return;
    }
    for path in kept {
        line!(text, "  - {}: {}", code(path), said(kinds.get(path).map_or("", String::as_str)));
    }
    line!(text, "- dropped: {}", fields.dropped_in_words());
    write_by_parent(text, dropped);
}

fn write_by_parent(text: &mut String, paths: &[String]) {
    let mut by_parent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for path in paths {
        let (parent, name) = split(path);
        by_parent.entry(parent).or_default().push(code(name));
    }
    for (parent, names) in by_parent {
        let place = if parent.is_empty() { String::new() } else { format!("in {}: ", code(parent)) };
        line!(text, "  - {place}{}", names.join(", "));
    }
}

/// A path's last step, and what is before it.
fn split(path: &str) -> (&str, &str) {
    let last = super::tree::steps(path).pop().unwrap_or(path);
    (path[..path.len() - last.len()].trim_end_matches('.'), last)
}

fn write_excluded(text: &mut String, catalog: &Catalog) {
    line!(text, "\n### Operations of {} that are no tool\n", code(&catalog.name));
    let excluded = facts::excluded(catalog);
    if excluded.is_empty() {
        text.push_str("None.\n");
        return;
    }
    text.push_str("| operation | title | why |\n|---|---|---|\n");
    for one in excluded {
        let (why, reason) = facts::reason(one);
        let (path, title) = (code(&one.path), escaped(&one.title));
        line!(text, "| {} {path} | {title} | {why}: {} |", escaped(&one.method), said(&reason));
    }
}
