//! A tool, in the order in which an auditor asks: what is it, what may the model send, what comes back.

use std::fmt::Write as _;

use airlock_prune::indented;

use super::markup::{Page, code, escaped, words};
use crate::ir::{Catalog, Effect, Fields, Rule, Sample, Tool};
use crate::review::facts::{self, Argument};
use crate::review::tree::{self, Node};

pub(super) fn write(page: &mut Page, catalog: &Catalog, tool: &Tool) {
    let Tool { name, title, description, .. } = tool;
    page.raw(&format!(
        "<section class=\"tool find\" id=\"tool-{name}\">\n<h4><a href=\"#tool-{name}\"><code>{name}</code></a> \
         <span class=\"title\">{}</span> {}</h4>\n<p class=\"says\">{}</p>\n",
        escaped(title),
        effect(tool),
        words(&facts::sentence(catalog, tool))
    ));
    page.raw(&format!("<h5>What the model is told</h5>\n<blockquote><p>{}</p></blockquote>\n", escaped(description)));
    write_arguments(page, catalog, tool);
    page.raw("<div class=\"pair\">\n");
    write_answer(page, tool);
    write_result(page, catalog, tool);
    page.raw("</div>\n");
    page.raw(&format!("<h5>The rule between them</h5>\n<pre><code>{}</code></pre>\n", escaped(&tool.rule)));
    if let Some(sample) = &tool.sample {
        write_sample(page, sample);
    }
    write_facts(page, catalog, tool);
    page.raw("</section>\n");
}

/// The effect as a word, and whether a person must allow a call.
pub(super) fn effect(tool: &Tool) -> String {
    let word = tool.effect.word();
    let mut text = format!("<span class=\"{word}\">{word}</span>");
    if tool.effect_declared {
        text.push_str(" <small>declared against its method</small>");
    }
    if tool.effect != Effect::Read {
        let _ = write!(text, " <small>{}</small>", facts::approval(tool.effect));
    }
    text
}

fn write_arguments(page: &mut Page, catalog: &Catalog, tool: &Tool) {
    let arguments = facts::arguments(catalog, tool);
    page.raw("<h5>Arguments</h5>\n");
    if arguments.is_empty() {
        page.raw("<p>None.</p>\n");
        return;
    }
    page.raw("<dl class=\"arguments\">\n");
    for Argument { name, source, bounds, place, about, is_told, parts } in &arguments {
        page.raw(&format!(
            "<div><dt>{} <span class=\"source\">{}</span></dt>\n<dd>{}; goes to {}",
            code(name),
            words(source),
            words(bounds),
            words(place)
        ));
        if !about.is_empty() {
            let says = if *is_told { "" } else { "Not told: " };
            page.raw(&format!(" <span class=\"about\">{says}{}</span>", escaped(about)));
        }
        if !parts.is_empty() {
            page.raw("\n");
            page.tree("Its parts", parts, 0);
        }
        page.raw("</dd></div>\n");
    }
    page.raw("</dl>\n");
}

fn write_answer(page: &mut Page, tool: &Tool) {
    page.raw(&format!("<div class=\"half\">\n<h5>The answer: {}</h5>\n", facts::fields(&tool.fields)));
    let answers: Vec<String> = facts::answers(tool).iter().map(|answer| words(answer)).collect();
    page.raw(&format!("<p>Taken is only {}.</p>\n", answers.join("; or ")));
    if let Some(Node { children, cut, .. }) = tree::of_answer(&tool.fields) {
        page.tree("Every field of the answer", &children, cut);
        if tool.fields.is_cut() {
            page.raw("<p>The answer has more fields than are counted.</p>\n");
        }
    }
    page.raw("</div>\n");
}

fn write_result(page: &mut Page, catalog: &Catalog, tool: &Tool) {
    page.raw("<div class=\"half\">\n<h5>What the model gets</h5>\n");
    page.raw(&format!("<p class=\"result\">{}.</p>\n", words(&facts::result(tool))));
    if tool.fields == Fields::None {
        // Nothing comes of it.
    } else if tool.prune == Rule::Current {
        page.raw("<p>The rule <code>@</code> keeps everything: the answer as it is.</p>\n");
    } else {
        let members = tree::of_result(&tool.output, &catalog.answers);
        if !members.is_empty() {
            page.tree("Its fields", &members, 0);
        }
    }
    page.raw("</div>\n");
}

fn write_sample(page: &mut Page, sample: &Sample) {
    let Sample { json, rows, .. } = sample;
    page.raw("<h5>What the rule makes of a saved answer</h5>\n<details>\n<summary>The result</summary>\n");
    page.raw(&format!("<pre><code>{}</code></pre>\n", escaped(&indented(json))));
    if let Some(rows) = rows {
        page.raw(&format!("<p>As the model reads it:</p>\n<pre><code>{}</code></pre>\n", escaped(rows)));
    }
    page.raw("</details>\n");
}

fn write_facts(page: &mut Page, catalog: &Catalog, tool: &Tool) {
    page.raw("<h5>Further facts</h5>\n<dl class=\"facts\">\n");
    let mut fact = |name: &str, text: &str| page.raw(&format!("<div><dt>{name}</dt><dd>{text}</dd></div>\n"));
    fact("Effect", &facts::effect(tool));
    fact("Approval", facts::approval(tool.effect));
    for (name, what) in facts::labels(tool) {
        fact(name, &words(&what));
    }
    let secrets: Vec<String> = tool.credentials.iter().map(|name| code(name)).collect();
    fact("Secrets", if secrets.is_empty() { "none".to_owned() } else { secrets.join(", ") }.as_str());
    for (name, what) in facts::handling(tool) {
        fact(name, &words(&what));
    }
    for (name, size) in facts::sizes(catalog, tool) {
        fact(name, &size);
    }
    fact("Held while an answer is read", &format!("{} ({})", tool.class.holds(), tool.class.name()));
    fact("Operation", &code(&tool.operation));
    fact("Source, in the generated crate", &code(&format!("src/{}/{}.rs", catalog.name, tool.name)));
    for note in &tool.notes {
        fact("Not enforced", &escaped(note));
    }
    page.raw("</dl>\n");
}
