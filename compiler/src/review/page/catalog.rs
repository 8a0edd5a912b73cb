//! A catalog: what it reaches and with which secrets, its tools, and what is no tool.

use super::markup::{Page, code, escaped, link, request, words};
use super::{prompt, tool};
use crate::ir::{Catalog, Tool};
use crate::review::facts;
use crate::wording::transport;

/// A part of a catalog.
pub(super) struct Part {
    /// The beginning of its id.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    write: fn(&mut Page, &Catalog),
}

/// The parts of a catalog.
pub(super) fn parts(catalog: &Catalog) -> Vec<Part> {
    let part = |id, title, write| Part { id, title, write };
    let prompts = (!catalog.prompts.is_empty()).then(|| part("prompts", "Prompts", prompt::write));
    let mut parts = vec![part("requests", "Requests", write_requests), part("secrets", "Secrets", write_secrets)];
    parts.extend(prompts);
    parts.push(part("tools", "Tools", write_tools));
    parts.push(part("excluded", "Operations that are no tool", write_excluded));
    parts
}

pub(super) fn write(page: &mut Page, catalog: &Catalog) {
    let name = &catalog.name;
    page.raw(&format!(
        "<section id=\"catalog-{name}\">\n<h2><small>Catalog <code>{name}</code></small> {}</h2>\n\
         <dl class=\"facts\">\n<div><dt>Document</dt><dd>{}</dd></div>\n\
         <div><dt>SHA-256</dt><dd><code class=\"digest\">{}</code></dd></div>\n</dl>\n",
        escaped(&catalog.title),
        code(&catalog.document),
        catalog.document_sha256
    ));
    for Part { id, title, write } in parts(catalog) {
        page.raw(&format!("<section id=\"{id}-{name}\">\n<h3>{title}</h3>\n"));
        write(page, catalog);
        page.raw("</section>\n");
    }
    page.raw("</section>\n");
}

fn write_requests(page: &mut Page, catalog: &Catalog) {
    for upstream in &catalog.upstreams {
        let requests = facts::requests(catalog, upstream);
        let base = if upstream.base_path.is_empty() {
            "no base path".into()
        } else {
            format!("base path {}", code(&upstream.base_path))
        };
        let carried = transport(upstream.transport);
        let caption = format!("System {}, {base}, {carried}: {}", code(&upstream.name), facts::methods(&requests));
        let rows: Vec<Vec<String>> =
            requests.iter().map(|one| vec![request(one.method, &one.path), links(&one.tools)]).collect();
        page.table(&caption, &["Request", "Made by"], &rows);
    }
    if catalog.upstreams.is_empty() {
        page.raw("<p>None.</p>\n");
    }
}

fn links(tools: &[&str]) -> String {
    tools.iter().map(|tool| link(tool)).collect::<Vec<_>>().join(", ")
}

fn write_secrets(page: &mut Page, catalog: &Catalog) {
    let secrets = facts::secrets(catalog);
    if secrets.is_empty() {
        page.raw("<p>None: no request carries a secret.</p>\n");
        return;
    }
    let rows: Vec<Vec<String>> = secrets
        .iter()
        .map(|secret| {
            let all = catalog.tools.iter().filter(|tool| tool.upstream == secret.upstream).count();
            let with = if secret.tools.len() == all { "every request".to_owned() } else { links(&secret.tools) };
            vec![code(secret.name), code(secret.upstream), words(&secret.place), with]
        })
        .collect();
    page.table(
        "By name. Their values stand in files of the machine that runs.",
        &["Secret", "System", "Goes to", "Sent with"],
        &rows,
    );
}

fn write_tools(page: &mut Page, catalog: &Catalog) {
    let columns = ["Tool", "Effect", "Request", "Arguments", "Fields kept", "Bytes at most"];
    let rows: Vec<Vec<String>> = catalog.tools.iter().map(|tool| row(catalog, tool)).collect();
    page.table("Every tool", &columns, &rows);
    for tool in &catalog.tools {
        tool::write(page, catalog, tool);
    }
}

fn row(catalog: &Catalog, tool: &Tool) -> Vec<String> {
    let upstream = if catalog.upstreams.len() > 1 { format!(" at {}", code(&tool.upstream)) } else { String::new() };
    let arguments: Vec<String> = tool.arguments.iter().map(|argument| code(&argument.name)).collect();
    vec![
        format!("{}<br><small>{}</small>", link(&tool.name), escaped(&tool.title)),
        tool::effect(tool),
        request(tool.method.word(), &facts::path(catalog, tool)) + &upstream,
        if arguments.is_empty() { "none".into() } else { arguments.join(", ") },
        tool.fields.in_words().replace(" fields", ""),
        facts::grouped(tool.bytes_max),
    ]
}

fn write_excluded(page: &mut Page, catalog: &Catalog) {
    let excluded = facts::excluded(catalog);
    if excluded.is_empty() {
        page.raw("<p>None: every operation of the document is a tool.</p>\n");
        return;
    }
    let rows: Vec<Vec<String>> = excluded
        .iter()
        .map(|one| {
            let (why, reason) = facts::reason(one);
            let title = format!("{}<br><small>{}</small>", request(&one.method, &one.path), escaped(&one.title));
            vec![title, format!("<b>{why}</b>: {}", words(&reason))]
        })
        .collect();
    page.table("Nobody can call these.", &["Operation", "Why it is no tool"], &rows);
}
