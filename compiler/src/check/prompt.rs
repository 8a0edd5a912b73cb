//! Prompts: their names, their arguments, and the places for them in their texts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::check_text;
use super::names::check_name;
use crate::ir::{Message, Piece, Prompt, PromptArgument};
use crate::manifest;
use crate::normalise::escape;
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};
use crate::resolve::{ResolvedCatalog, one_line};

/// All texts of a prompt have at most this many bytes: a text for a person to begin with, no document.
pub const PROMPT_BYTES_MAX: usize = 16_384;

/// The prompts of a catalog, in the order of their names. What is wrong is reported, and left out.
pub(super) fn check(catalog: &ResolvedCatalog, report: &mut Report) -> Vec<Prompt> {
    let file = catalog.manifest_file;
    let prompts = catalog.manifest.prompts.iter().flatten();
    prompts.filter_map(|(name, prompt)| Checked { name, prompt, file, report }.prompt()).collect()
}

/// One prompt while it is checked.
struct Checked<'a> {
    name: &'a str,
    prompt: &'a manifest::Prompt,
    file: FileId,
    report: &'a mut Report,
}

impl Checked<'_> {
    fn prompt(mut self) -> Option<Prompt> {
        let pointer = format!("/prompts/{}", escape(self.name));
        check_name(self.name, "a prompt", At::key(self.file, pointer.clone()), self.report);
        super::check_description(&self.prompt.description, self.file, &pointer, self.report);
        if let Some(title) = &self.prompt.title {
            check_text(title, self.file, &format!("{pointer}/title"), self.report);
        }
        self.check_arguments(&pointer);
        let (messages, used) = self.messages(&pointer)?;
        self.check_used(&used, &pointer);
        let title = self.prompt.title.as_deref().map(one_line).filter(|title| !title.is_empty());
        Some(Prompt {
            name: self.name.to_owned(),
            title: title.unwrap_or_else(|| self.name.to_owned()),
            description: one_line(&self.prompt.description),
            arguments: used.iter().filter_map(|name| self.argument(name)).collect(),
            messages,
        })
    }

    fn argument(&self, name: &str) -> Option<PromptArgument> {
        let manifest::PromptArgument { description, required, one_of } = self.prompt.arguments.as_ref()?.get(name)?;
        Some(PromptArgument {
            name: name.to_owned(),
            description: one_line(description.as_deref().unwrap_or_default()),
            required: required.unwrap_or(false),
            values: one_of.clone().unwrap_or_default(),
        })
    }

    fn check_arguments(&mut self, pointer: &str) {
        for (name, argument) in self.prompt.arguments.iter().flatten() {
            let pointer = format!("{pointer}/arguments/{}", escape(name));
            check_name(name, "an argument of a prompt", At::key(self.file, pointer.clone()), self.report);
            if let Some(text) = &argument.description {
                check_text(text, self.file, &format!("{pointer}/description"), self.report);
            }
            self.check_values(argument.one_of.as_deref(), &format!("{pointer}/enum"));
        }
    }

    /// Values are what a person picks and a model reads: there are some, each once, and all can be seen.
    fn check_values(&mut self, values: Option<&[String]>, pointer: &str) {
        let Some(values) = values else { return };
        for (position, value) in values.iter().enumerate() {
            check_text(value, self.file, &format!("{pointer}/{position}"), self.report);
        }
        let once: BTreeSet<&String> = values.iter().collect();
        let wrong = if values.is_empty() {
            "the list of values is empty, so nothing could be given"
        } else if values.iter().any(|value| value.trim().is_empty()) {
            "a value is empty, so nobody could pick it"
        } else if once.len() < values.len() {
            "a value stands twice in the list"
        } else {
            return;
        };
        self.report.push(
            Diagnostic::error("E0905", wrong)
                .at(At::value(self.file, pointer), "")
                .help("list each value that a person may pick once, or leave `enum` out to take any text"),
        );
    }

    /// The messages, and the arguments that they use, in the order of their first place.
    fn messages(&mut self, pointer: &str) -> Option<(Vec<Message>, Vec<String>)> {
        let written: Vec<(manifest::Role, &str, String)> = match (&self.prompt.text, &self.prompt.messages) {
            (Some(text), None) => vec![(manifest::Role::User, text, format!("{pointer}/text"))],
            (None, Some(messages)) if !messages.is_empty() => {
                let place = |position: usize| format!("{pointer}/messages/{position}/text");
                messages.iter().enumerate().map(|(n, one)| (one.role, one.text.as_str(), place(n))).collect()
            }
            (text, _) => {
                let wrong = if text.is_some() { "has both `text` and `messages`" } else { "says nothing" };
                self.report.push(
                    Diagnostic::error("E0904", format!("the prompt `{}` {wrong}", self.name))
                        .at(At::key(self.file, pointer), "")
                        .help("write `text`, or for a conversation of several turns `messages` instead"),
                );
                return None;
            }
        };
        self.check_length(&written, pointer);
        let mut used: Vec<String> = Vec::new();
        let mut messages = Vec::new();
        for (role, text, at) in written {
            check_text(text, self.file, &at, self.report);
            let text = self.pieces(text, &at);
            for piece in &text {
                if let Piece::Argument(name) = piece
                    && !used.contains(name)
                {
                    used.push(name.clone());
                }
            }
            messages.push(Message { role: role.into(), text });
        }
        Some((messages, used))
    }

    fn check_length(&mut self, written: &[(manifest::Role, &str, String)], pointer: &str) {
        let bytes: usize = written.iter().map(|(_, text, _)| text.len()).sum();
        let empty = written.iter().find(|(_, text, _)| text.trim().is_empty());
        let (title, at) = match empty {
            Some((_, _, at)) => (format!("the prompt `{}` has an empty text", self.name), at.as_str()),
            None if bytes > PROMPT_BYTES_MAX => {
                (format!("the prompt `{}` has {bytes} bytes, more than {PROMPT_BYTES_MAX}", self.name), pointer)
            }
            None => return,
        };
        self.report.push(
            Diagnostic::error("E0904", title)
                .at(At::value(self.file, at), "")
                .help("say in a few sentences what the model is to do, with which tools, and how to answer"),
        );
    }

    /// The parts of a text. A place for what is no argument is reported, and so is a brace alone.
    fn pieces(&mut self, text: &str, at: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut words = String::new();
        for part in parts(text.trim_end()) {
            match part {
                Part::Words(text) => words.push_str(text),
                Part::Place(name, bytes) => {
                    let name = self.known(name, bytes, at);
                    pieces.extend(lines(&std::mem::take(&mut words)));
                    pieces.push(Piece::Argument(name));
                }
                Part::Brace(bytes) => self.report.push(
                    Diagnostic::error("E0903", "a brace stands alone")
                        .at(
                            At::within(self.file, at, bytes),
                            "neither a place such as `{name}` nor a brace in the text",
                        )
                        .help("write a brace that is meant as one twice: `{{` or `}}`"),
                ),
            }
        }
        pieces.extend(lines(&words));
        pieces
    }

    /// The argument that a place is for. Where there is none of that name it is reported, and the one that was meant stands
    /// in for it, so that one mistake is told once.
    fn known(&mut self, name: &str, bytes: Range<usize>, at: &str) -> String {
        let empty = BTreeMap::new();
        let known = self.prompt.arguments.as_ref().unwrap_or(&empty);
        if known.contains_key(name) {
            return name.to_owned();
        }
        let wrong = Diagnostic::error("E0901", format!("the prompt `{}` has no argument `{name}`", self.name));
        let at = At::within(self.file, at, bytes);
        let wrong = wrong.at(at.clone(), "this place");
        let meant = did_you_mean(name, known.keys().map(String::as_str));
        self.report.push(match meant {
            Some(meant) => wrong.patch("did you mean this one?", at, format!("{{{meant}}}")),
            None => wrong.help(format!(
                "declare it: `arguments: {{ {name}: {{ description: … }} }}`; braces that are meant as such are written \
                 twice"
            )),
        });
        meant.unwrap_or(name).to_owned()
    }

    fn check_used(&mut self, used: &[String], pointer: &str) {
        let unused = self.prompt.arguments.iter().flat_map(BTreeMap::keys).filter(|name| !used.contains(name));
        for name in unused.cloned().collect::<Vec<_>>() {
            self.report.push(
                Diagnostic::error("E0902", format!("no text of the prompt `{}` uses the argument `{name}`", self.name))
                    .at(At::key(self.file, format!("{pointer}/arguments/{}", escape(&name))), "this argument")
                    .help(format!("write `{{{name}}}` where its value belongs, or remove it")),
            );
        }
    }
}

/// Words, a line a piece: so they are read, and diff, in generated source as they were written.
fn lines(words: &str) -> impl Iterator<Item = Piece> {
    words.split_inclusive('\n').map(|line| Piece::Text(line.to_owned()))
}

/// Part of a text as it is written.
enum Part<'t> {
    Words(&'t str),
    /// `{name}`, and where it stands.
    Place(&'t str, Range<usize>),
    /// A brace that is neither.
    Brace(Range<usize>),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(found) = text[start..].find(['{', '}']) {
        let at = start + found;
        parts.push(Part::Words(&text[start..at]));
        let rest = &text[at..];
        let place = rest[1..].split_once(['{', '}']).map(|(name, _)| name);
        start = if rest.starts_with("{{") || rest.starts_with("}}") {
            parts.push(Part::Words(&rest[..1]));
            at + 2
        } else if let Some(name) =
            place.filter(|name| rest[1 + name.len()..].starts_with('}') && !rest.starts_with('}'))
        {
            let end = at + name.len() + 2;
            parts.push(Part::Place(name, at..end));
            end
        } else {
            parts.push(Part::Brace(at..at + 1));
            at + 1
        };
    }
    parts.push(Part::Words(&text[start..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    fn told(text: &str) -> String {
        let one = |part: Part<'_>| match part {
            Part::Words(words) => words.to_owned(),
            Part::Place(name, bytes) => format!("<{name}@{}-{}>", bytes.start, bytes.end),
            Part::Brace(bytes) => format!("!{}", bytes.start),
        };
        parts(text).into_iter().map(one).collect()
    }

    #[test]
    fn places_braces_and_what_is_neither() {
        assert_eq!(told("Ward {ward}, bed {bed}."), "Ward <ward@5-11>, bed <bed@17-22>.");
        assert_eq!(told("{{ward}} {{{ward}}}"), "{ward} {<ward@11-17>}");
        assert_eq!(told("a } b {c d"), "a !2 b !6c d");
        assert_eq!(told("{a{b}"), "!0a<b@2-5>");
        assert_eq!(told("{}"), "<@0-2>");
        assert_eq!(told("é{é}"), "é<é@2-6>");
    }
}
