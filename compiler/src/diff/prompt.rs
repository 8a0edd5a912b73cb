//! Prompts: texts that a model obeys.

use super::catalog::pairs;
use super::{Changes, Kind};
use crate::ir::{Message, Prompt, PromptArgument};
use crate::wording::{contrast, listed, or_nothing};

pub(super) fn compare_all(old: &[Prompt], new: &[Prompt], changes: &mut Changes) {
    pairs(
        old,
        new,
        |prompt| &prompt.name,
        |name, old, new| match (old, new) {
            (Some(old), Some(new)) => compare(old, new, changes),
            (None, Some(new)) => {
                changes.add(Kind::PromptAdded, format!("`{name}`: {}", one_line(&said(&new.messages))));
            }
            (Some(_), None) => changes.add(Kind::PromptRemoved, format!("`{name}`")),
            (None, None) => {}
        },
    );
}

fn compare(old: &Prompt, new: &Prompt, changes: &mut Changes) {
    // Named one by one: a field that is added to a prompt must be thought of here.
    let Prompt { name, title, description, arguments, messages } = old;
    let mut part = |what: &str, before: String, after: String| {
        if before != after {
            let contrast = contrast(&one_line(&before), &one_line(&after));
            changes.add(Kind::PromptChanged, format!("{what} of `{name}`: {contrast}"));
        }
    };
    part("the title", title.clone(), new.title.clone());
    part("the description", description.clone(), new.description.clone());
    part("the arguments", taken(arguments), taken(&new.arguments));
    part("the text", said(messages), said(&new.messages));
}

/// Details are shown in one line each.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The conversation as one text.
fn said(messages: &[Message]) -> String {
    let one = |message: &Message| format!("{}: {}", message.role.word(), message.template());
    messages.iter().map(one).collect::<Vec<_>>().join(" / ")
}

fn taken(arguments: &[PromptArgument]) -> String {
    let one = |argument: &PromptArgument| {
        let PromptArgument { name, description, required, values } = argument;
        let needed = if *required { "required" } else { "optional" };
        let values = if values.is_empty() { "any text".to_owned() } else { listed(values) };
        format!("{name} ({needed}, {values}, told: {})", or_nothing(description))
    };
    or_nothing(&arguments.iter().map(one).collect::<Vec<_>>().join("; "))
}
