//! Diagnostics for people: source line, caret, remark, way out.

use std::borrow::Cow;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::{At, Diagnostic, FileId, Help, Severity, visible};
use crate::load::Sources;

/// Renders one diagnostic, with a line feed at the end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut main = Group::with_title(level.primary_title(visible(&diagnostic.title)).id(diagnostic.code));
    for file in files_in_order(diagnostic) {
        let mut snippet = Snippet::source(sources.text(file)).path(visible(sources.path(file)));
        for (position, mark) in diagnostic.marks.iter().enumerate().filter(|(_, mark)| mark.at.file == file) {
            let kind = if position == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(sources.range(&mark.at));
            snippet = snippet.annotation(if mark.label.is_empty() {
                annotation
            } else {
                annotation.label(visible(&mark.label))
            });
        }
        main = main.element(snippet);
    }
    let mut groups = vec![main];
    for help in &diagnostic.helps {
        groups = add_help(groups, help, sources);
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&groups);
    text.push('\n');
    text
}

fn add_help<'a>(mut groups: Vec<Group<'a>>, help: &'a Help, sources: &'a Sources) -> Vec<Group<'a>> {
    let patch = help.patch.as_ref().and_then(|(at, text)| Some((at, sources.replacement(at, text)?)));
    match patch {
        None => {
            if let Some(last) = groups.pop() {
                groups.push(last.element(Level::HELP.message(visible(&help.in_words()))));
            }
        }
        Some((at, replacement)) => {
            let snippet: Snippet<'a, Patch<'a>> = Snippet::source(sources.text(at.file))
                .path(visible(sources.path(at.file)))
                .patch(Patch::new(sources.range(at), Cow::Owned(visible(&replacement))));
            groups.push(Group::with_title(Level::HELP.secondary_title(visible(&help.text))).element(snippet));
        }
    }
    groups
}

/// The files of a diagnostic, the one to edit first.
fn files_in_order(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    for mark in &diagnostic.marks {
        if !files.contains(&mark.at.file) {
            files.push(mark.at.file);
        }
    }
    files
}

/// A place as `file:line:column`, for one-line messages.
pub fn place(at: &At, sources: &Sources) -> String {
    let (line, column) = sources.line_column(at);
    format!("{}:{line}:{column}", visible(sources.path(at.file)))
}
