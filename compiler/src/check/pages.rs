//! Whether pages can be gathered as the manifest says: the argument that asks for them, the place of their items, what ends
//! the list.

use jmespath::ast::Ast;
use serde_json::Value;

use super::{Answer, CheckedRule, check_rule, value};
use crate::ir::{Argument, Content, Cursor, Effect, Next, Pages, Place, Shape, Source};
use crate::lower::lower_rule;
use crate::manifest::{Next as Way, Page};
use crate::normalise::escape;
use crate::report::{At, Diagnostic, Report, did_you_mean};
use crate::resolve::{ResolvedCatalog, ResolvedTool};

/// One call may gather at most this many items.
const ITEMS_MAX: u64 = 100_000;

/// The pages of one tool, being checked.
pub(super) struct Check<'a> {
    pub(super) catalog: &'a ResolvedCatalog,
    pub(super) tool: &'a ResolvedTool,
    /// What a page is.
    pub(super) on: &'a Answer<'a>,
    pub(super) pointer: &'a str,
    pub(super) report: &'a mut Report,
}

impl Check<'_> {
    /// Takes the argument that asks for pages away from the model. `None` after an error.
    pub(super) fn run(mut self, page: &Page, effect: Effect, arguments: &mut [Argument]) -> Option<Pages> {
        if effect != Effect::Read {
            self.error("next", "only a tool that reads can gather pages", "remove `page`: one call writes once");
            return None;
        }
        let is_list = |content| matches!(content, Content::Json | Content::Lines);
        if !self.tool.operation.answers.iter().any(|declared| is_list(declared.answer.content)) {
            self.error("next", "no answer of this operation has items", "remove `page`: only JSON has pages");
            return None;
        }
        if page.items_max == 0 || page.items_max > ITEMS_MAX {
            let title = format!("`items_max` lies between 1 and {ITEMS_MAX}");
            self.error("items_max", title, "write the most items that one answer can reasonably have");
            return None;
        }
        let items = self.items(page)?;
        let next = self.next(page, arguments)?;
        Some(Pages { next, items, items_max: page.items_max })
    }

    fn at(&self, key: &str) -> At {
        At::value(self.catalog.manifest_file, format!("{}/page/{key}", self.pointer))
    }

    fn error(&mut self, key: &str, title: impl Into<String>, help: impl Into<String>) {
        self.report.push(Diagnostic::error("E0509", title).at(self.at(key), "").help(help));
    }

    /// The members that lead to the items.
    fn items(&mut self, page: &Page) -> Option<Vec<String>> {
        let text = page.items.as_deref().unwrap_or("@");
        let CheckedRule { rule, output, .. } = self.rule("items", text)?;
        let mut members = Vec::new();
        if !is_path(&rule, &mut members) {
            let help = "write the names that lead to the items, as in `data.items`; `@` if a page is the array itself";
            self.error("items", "this is more than a path of names", help);
            return None;
        }
        if !self.may_be(&output, &|shape| matches!(shape, Shape::List(_))) {
            self.error("items", "there is no array at this place", "write the names that lead to the array of items");
            return None;
        }
        Some(members)
    }

    fn next(&mut self, page: &Page, arguments: &mut [Argument]) -> Option<Next> {
        let is_counted = matches!(page.next, Way::Offset | Way::Number);
        for (key, is_given, belongs) in [
            ("argument", page.argument.is_some(), page.next != Way::Link),
            ("cursor", page.cursor.is_some(), page.next == Way::Cursor),
            ("first", page.first.is_some(), is_counted),
            ("size", page.size.is_some(), is_counted),
        ] {
            if is_given && !belongs {
                let title = format!("`{key}` means nothing where `next` is `{}`", word(page.next));
                self.error(key, title, "remove the key, or choose another way");
                return None;
            }
        }
        let size = match &page.size {
            Some(name) => {
                let argument = self.argument("size", name, arguments)?;
                let is_number = self.may_be(&arguments[argument].shape, &|shape| matches!(shape, Shape::Integer(_)));
                if !is_number {
                    self.error(
                        "size",
                        format!("`{name}` is no number of items"),
                        "name the argument that limits a page",
                    );
                    return None;
                }
                Some(name.clone())
            }
            None => None,
        };
        match page.next {
            Way::Link => Some(Next::Link),
            Way::Cursor => {
                let Some(text) = &page.cursor else {
                    self.error(
                        "next",
                        "`cursor` is missing",
                        "write the rule that finds it, as in `cursor: next_token`",
                    );
                    return None;
                };
                let CheckedRule { rule, output, .. } = self.rule("cursor", text)?;
                let is_cursor = |shape: &Shape| !matches!(shape, Shape::List(_) | Shape::Object(_) | Shape::File);
                if !self.may_be(&output, &is_cursor) {
                    self.error("cursor", "this gives neither text nor number", "write the rule that finds the cursor");
                    return None;
                }
                let name = self.asking(page, None, arguments)?;
                Some(Next::Cursor(name, Cursor { rule: text.trim().to_owned(), prune: lower_rule(&rule) }))
            }
            Way::Offset => Some(Next::Offset(self.asking(page, Some(page.first.unwrap_or(0)), arguments)?, size)),
            Way::Number => Some(Next::Number(self.asking(page, Some(page.first.unwrap_or(1)), arguments)?, size)),
        }
    }

    /// The argument that asks for a page, which from now on nobody else chooses.
    fn asking(&mut self, page: &Page, first: Option<u64>, arguments: &mut [Argument]) -> Option<String> {
        let Some(name) = &page.argument else {
            let help = "name the argument that asks for a page, as in `argument: page_token`";
            self.error("next", "`argument` is missing", help);
            return None;
        };
        let position = self.argument("argument", name, arguments)?;
        let (is_required, is_free) = match &arguments[position].source {
            Source::Required => (true, true),
            Source::Optional => (false, true),
            _ => (false, false),
        };
        if !is_free {
            let help = "remove `fixed` or `default`; what the first page is asked for with is `first`";
            self.error("argument", format!("`{name}` has a value already"), help);
            return None;
        }
        if self.tool.manifest.arguments.iter().flatten().any(|(key, change)| key == name && change.from.is_some()) {
            let from = format!("{}/arguments/{}/from", self.pointer, escape(name));
            self.report.push(
                Diagnostic::error("E0505", "no model writes an argument that asks for pages, so `from` says nothing")
                    .at(At::value(self.catalog.manifest_file, from), "")
                    .at(self.at("argument"), "it asks for pages here")
                    .help("remove `from`"),
            );
            return None;
        }
        if matches!(arguments[position].place, Place::Path(_) | Place::Body) {
            self.error("argument", format!("`{name}` cannot ask for a page from its place"), "name another argument");
            return None;
        }
        let Some(first) = first else {
            if is_required {
                let title = format!("`{name}` must be sent for the first page as well, when there is no cursor yet");
                self.error("argument", title, "correct the document: such an argument is optional");
                return None;
            }
            arguments[position].source = Source::Page(String::new());
            return Some(name.clone());
        };
        if let Err(misfit) = value::fits(&Value::from(first), &arguments[position].shape, &self.catalog.shapes) {
            let key = if page.first.is_some() { "first" } else { "argument" };
            let title = format!("the first page would be asked for with {first}, which {}", misfit.complaint);
            self.error(key, title, "write `first`, the number that the first page has there");
            return None;
        }
        arguments[position].source = Source::Page(first.to_string());
        Some(name.clone())
    }

    fn argument(&mut self, key: &str, name: &str, arguments: &[Argument]) -> Option<usize> {
        let position = arguments.iter().position(|argument| argument.name == name);
        if position.is_none() {
            let diagnostic =
                Diagnostic::error("E0509", format!("the tool has no argument `{name}`")).at(self.at(key), "");
            let names = || arguments.iter().map(|argument| argument.name.as_str());
            let is_omitted = self.tool.manifest.arguments.iter().flatten().any(|(other, _)| other == name);
            self.report.push(match did_you_mean(name, names()) {
                _ if is_omitted => diagnostic.help("remove its `omit`: the model does not see it in any case"),
                Some(meant) => diagnostic.patch("did you mean this one?", self.at(key), meant),
                None => diagnostic.help(format!("it has: {}", names().collect::<Vec<_>>().join(", "))),
            });
        }
        position
    }

    fn rule(&mut self, key: &str, text: &str) -> Option<CheckedRule> {
        let place = self.at(key);
        check_rule(text, self.on, &|bytes| place.clone().or_within(bytes), self.report)
    }

    /// Whether a shape admits one that is wanted; also where nothing is known of it.
    fn may_be(&self, shape: &Shape, wanted: &dyn Fn(&Shape) -> bool) -> bool {
        may_be(shape, wanted, self.on, 0)
    }
}

fn may_be(shape: &Shape, wanted: &dyn Fn(&Shape) -> bool, on: &Answer<'_>, depth: usize) -> bool {
    /// Beyond it nothing is known.
    const DEPTH_MAX: usize = 32;
    let inner = |shape: &Shape| depth > DEPTH_MAX || may_be(shape, wanted, on, depth + 1);
    match shape {
        Shape::Any => true,
        Shape::Nullable(shape) => inner(shape),
        Shape::AnyOf(shapes) => shapes.iter().any(inner),
        Shape::Named(name) => on.names.get(name).is_none_or(inner),
        shape => wanted(shape),
    }
}

/// Whether a rule is names alone, one inside of the other.
fn is_path(rule: &Ast, members: &mut Vec<String>) -> bool {
    match rule {
        Ast::Identity { .. } => members.is_empty(),
        Ast::Field { name, .. } => {
            members.push(name.clone());
            true
        }
        Ast::Subexpr { lhs, rhs, .. } => is_path(lhs, members) && is_path(rhs, members),
        _ => false,
    }
}

fn word(next: Way) -> &'static str {
    match next {
        Way::Link => "link",
        Way::Cursor => "cursor",
        Way::Offset => "offset",
        Way::Number => "number",
    }
}
