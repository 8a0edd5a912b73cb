//! The same as one HTML page: nothing is fetched, nothing runs but the search, and it is read without that as well.
//!
//! No attribute holds style or script, and the policy admits the one style and the one script by their digests, so that
//! nothing in a document can be shown as anything but text.

mod catalog;
mod markup;
mod prompt;
mod tool;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::markup::{Page, code, escaped, link, words};
use super::facts;
use crate::ir::{Catalog, ModelFile, Profile, Tool};
use crate::offer::Offered;

/// A page of more tools has them laid out as they come into sight: fast, but a link may lead a little beside its place.
const TOOLS_MAX: usize = 100;

const STYLE: &str = include_str!("review.css");
const SCRIPT: &str = include_str!("review.js");

/// The catalogs as one page.
pub fn page(catalogs: &[Catalog], offered: &Offered<'_>, models: &[ModelFile]) -> String {
    let mut page = Page::default();
    page.raw(&head(catalogs));
    write_header(&mut page, catalogs, offered);
    write_contents(&mut page, catalogs, offered, models);
    page.raw("<main id=\"main\">\n");
    write_guide(&mut page);
    write_profiles(&mut page, offered);
    write_labels(&mut page, catalogs);
    write_models(&mut page, models);
    for catalog in catalogs {
        catalog::write(&mut page, catalog);
    }
    page.raw("</main>\n<footer class=\"foot\">\n<p>Written by <code>airlock review</code> from the catalogs alone: the same ");
    page.raw("catalogs give the same bytes.</p>\n</footer>\n<script>");
    page.raw(SCRIPT);
    page.raw("</script>\n</body>\n</html>\n");
    page.text()
}

fn head(catalogs: &[Catalog]) -> String {
    let tools: usize = catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    let class = if tools > TOOLS_MAX { " class=\"large\"" } else { "" };
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
         script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>Airlock review: what the tools can do</title>\n\
         <style>{STYLE}</style>\n</head>\n<body{class}>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn write_header(page: &mut Page, catalogs: &[Catalog], offered: &Offered<'_>) {
    let tools = || catalogs.iter().flat_map(|catalog| &catalog.tools);
    page.raw("<header class=\"top\">\n<h1>What the tools can do</h1>\n");
    page.raw("<p class=\"lead\">What stands here is all that can happen: no other request is made, nothing else is sent, and ");
    page.raw("what is not kept of an answer reaches no model.</p>\n<dl class=\"totals\">\n");
    let mut total = |count: usize, one: &str, many: &str, detail: &str| {
        let noun = if count == 1 { one } else { many };
        page.raw(&format!("<div><dt>{noun}</dt><dd>{}{detail}</dd></div>\n", facts::grouped(count as u64)));
    };
    let sum = |of: fn(&Catalog) -> usize| catalogs.iter().map(of).sum::<usize>();
    total(catalogs.len(), "catalog", "catalogs", "");
    let effects: Vec<String> = facts::effects(tools())
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(effect, count)| format!("<span class=\"{0}\">{count} {0}</span>", effect.word()))
        .collect();
    total(tools().count(), "tool", "tools", &format!(" <small>{}</small>", effects.join(" ")));
    total(sum(|catalog| catalog.upstreams.len()), "system reached", "systems reached", "");
    total(sum(|catalog| facts::secrets(catalog).len()), "secret", "secrets", "");
    total(sum(|catalog| catalog.excluded.len()), "operation left out", "operations left out", "");
    page.raw(&format!(
        "</dl>\n<p class=\"list\">SHA-256 of the list of tools that clients are sent: <code class=\"digest\">{}</code></p>\n",
        offered.tools_sha256
    ));
    page.raw("<div id=\"search\" role=\"search\" hidden>\n<label for=\"query\">Search tools, requests, fields and reasons</label>\n");
    page.raw(
        "<input id=\"query\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" aria-describedby=\"hint\">\n",
    );
    page.raw("<p id=\"hint\">Press <kbd>/</kbd> to search, <kbd>Esc</kbd> to see everything again.</p>\n");
    page.raw("<p id=\"found\" role=\"status\" aria-live=\"polite\"></p>\n</div>\n</header>\n");
}

fn write_contents(page: &mut Page, catalogs: &[Catalog], offered: &Offered<'_>, models: &[ModelFile]) {
    page.raw("<nav class=\"contents\" aria-label=\"Contents\">\n<ul>\n<li><a href=\"#guide\">How to read this page</a></li>\n");
    if !offered.profiles.is_empty() {
        page.raw("<li><a href=\"#profiles\">Profiles</a></li>\n");
    }
    if facts::chain(catalogs).is_some() {
        page.raw("<li><a href=\"#labels\">Labels</a></li>\n");
    }
    if !models.is_empty() {
        page.raw("<li><a href=\"#models\">Models</a></li>\n");
    }
    for catalog in catalogs {
        let name = &catalog.name;
        page.raw(&format!("<li><a href=\"#catalog-{name}\">{}</a>\n<ul>\n", escaped(&catalog.title)));
        for catalog::Part { id, title, .. } in catalog::parts(catalog) {
            page.raw(&format!("<li><a href=\"#{id}-{name}\">{title}</a></li>\n"));
        }
        page.raw("</ul>\n<ul class=\"names\">\n");
        for Tool { name, effect, .. } in &catalog.tools {
            let word = effect.word();
            page.raw(&format!("<li><a href=\"#tool-{name}\">{name}</a>"));
            if word != "read" {
                page.raw(&format!(" <span class=\"{word}\">{word}</span>"));
            }
            page.raw("</li>\n");
        }
        page.raw("</ul>\n</li>\n");
    }
    page.raw("</ul>\n</nav>\n");
}

fn write_profiles(page: &mut Page, offered: &Offered<'_>) {
    if offered.profiles.is_empty() {
        return;
    }
    page.raw("<section id=\"profiles\">\n<h2>Profiles</h2>\n");
    let row = |(profile, sha256): &(&Profile, String)| {
        let Profile { name, description, tools, search } = *profile;
        let links: Vec<String> = tools.iter().map(|tool| link(tool)).collect();
        vec![
            format!("{}<br><small>{}</small>", code(name), escaped(description)),
            links.join(", "),
            facts::searched(*search).to_owned(),
            format!("<code class=\"digest\">{sha256}</code>"),
        ]
    };
    let rows: Vec<Vec<String>> = offered.profiles.iter().map(row).collect();
    page.table(
        "Named subsets: a program that is started with one offers and calls nothing else.",
        &["Profile", "Tools", "Can be searched", "SHA-256 of the list"],
        &rows,
    );
    page.raw("</section>\n");
}

fn write_labels(page: &mut Page, catalogs: &[Catalog]) {
    let Some(chain) = facts::chain(catalogs) else { return };
    page.raw("<section id=\"labels\">\n<h2>Labels</h2>\n");
    page.raw(&format!("<p>How confidential what is read is, the lowest first: {}.</p>\n", words(&chain)));
    let rows: Vec<Vec<String>> =
        facts::exceptions(catalogs).into_iter().map(|(tool, what)| vec![link(tool), words(&what)]).collect();
    if rows.is_empty() {
        page.raw("<p>No tool may send on what it is not cleared for.</p>\n");
    } else {
        page.table(
            "No profile joins a tool with another that is not cleared for what it gives, but for these.",
            &["Tool", "What it may send on all the same"],
            &rows,
        );
    }
    page.raw("</section>\n");
}

fn write_models(page: &mut Page, models: &[ModelFile]) {
    if models.is_empty() {
        return;
    }
    page.raw("<section id=\"models\">\n<h2>Models</h2>\n");
    let row = |model: &ModelFile| {
        let ModelFile { name, sha256, licence, source } = model;
        vec![code(name), escaped(licence), escaped(source), format!("<code class=\"digest\">{sha256}</code>")]
    };
    let rows: Vec<Vec<String>> = models.iter().map(row).collect();
    page.table(
        "These files may be loaded as the embedded model, and no other: each is known by its digest.",
        &["Model", "Licence", "Offered by its publisher", "SHA-256 of the file"],
        &rows,
    );
    page.raw("</section>\n");
}

fn write_guide(page: &mut Page) {
    page.raw("<section id=\"guide\">\n<h2>How to read this page</h2>\n<ol class=\"guide\">\n");
    for sentence in [
        "Begin with the requests and the secrets of a catalog: they say what is reached, and what is shown there. The site \
         file gives each system's address; nothing else is connected to.",
        "Then the tools. A model is told the catalog's title and each tool's name, description and arguments, chooses \
         arguments within the bounds that stand beside them, and gets the result. What is fixed it neither sees nor \
         sends. Clients are sent a tool's title as well, to show it to people.",
        "A tool that writes or destroys runs only if a person allows it.",
    ] {
        page.raw(&format!("<li>{sentence}</li>\n"));
    }
    page.raw("</ol>\n<dl class=\"legend\">\n");
    for (class, word, meaning) in [
        ("read", "read", "changes nothing"),
        ("write", "write", "adds or changes data"),
        ("destroy", "destroy", "deletes data, or what cannot be undone"),
        ("kept", "kept", "a field of the answer that can reach the model"),
        ("dropped", "dropped", "a field that reaches no model, log or record"),
    ] {
        page.raw(&format!("<div><dt><span class=\"{class}\">{word}</span></dt><dd>{}</dd></div>\n", words(meaning)));
    }
    page.raw("</dl>\n</section>\n");
}
