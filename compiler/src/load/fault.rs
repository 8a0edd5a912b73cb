//! What can be wrong with a file's text, and where in its value that is.

use std::collections::BTreeSet;

use super::reference::is_remote;
use super::sources::Format;
use super::spans::escape_token;
use super::{syntax_help, yaml_spans};
use crate::report::{At, Diagnostic, FileId, Part};

/// No more mistakes than this are shown for one file: after a hundred, the next is no news.
const FAULTS_MAX: usize = 100;

/// A mistake that a parser would not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    DuplicateKey(String),
    Tag,
    NotFinite,
    Merge,
    Reserved,
    NulInKey,
}

impl Fault {
    pub(super) fn diagnostic(&self, id: FileId, pointer: &str) -> Diagnostic {
        match self {
            Self::DuplicateKey(key) => Diagnostic::error("E0107", format!("the key `{key}` stands here twice"))
                .at(At { file: id, pointer: pointer.to_owned(), part: Part::SecondKey }, "the second one")
                .at(At::key(id, pointer), "the first one")
                .help("remove one of them: a parser would keep the last and say nothing"),
            Self::Tag => Diagnostic::error("E0108", "YAML tags have no meaning here")
                .at(At::value(id, pointer), "has a tag")
                .help("remove the tag (the word that begins with `!`)"),
            Self::NotFinite => Diagnostic::error("E0109", "this number is not finite, so JSON cannot say it")
                .at(At::value(id, pointer), "")
                .help("remove it, or write the text in quotes"),
            Self::Merge => Diagnostic::error("E0110", "only a mapping, or a list of mappings, can be merged with `<<`")
                .at(At::value(id, pointer), "")
                .help("give the other mapping an anchor (`&name`) and merge its alias: `<<: *name`"),
            Self::Reserved => {
                Diagnostic::error("E0115", "keys that begin with `x-airlock-` are reserved for what is added in here")
                    .at(At::key(id, pointer), "reserved")
                    .help("rename the key, or remove it")
            }
            Self::NulInKey => Diagnostic::error("E0116", "a key holds the character U+0000, which no name may hold")
                .at(At::key(id, pointer), "here")
                .help("remove the character"),
        }
    }
}

/// What was found in a value while it was built, each with its place.
///
/// Places are put together on the way out, one token a level, and only where something was found: to carry a pointer
/// along would cost every value what hardly any needs.
#[derive(Debug, Default)]
pub(super) struct Trail {
    found: Vec<Finding>,
    faults: usize,
    seen: BTreeSet<String>,
}

#[derive(Debug)]
struct Finding {
    /// The tokens of its pointer, escaped, the innermost first.
    tokens: Vec<String>,
    what: What,
}

#[derive(Debug)]
enum What {
    Fault(Fault),
    File(String),
}

impl Finding {
    fn pointer(&self) -> String {
        self.tokens.iter().rev().fold(String::new(), |pointer, token| pointer + "/" + token)
    }
}

impl Trail {
    /// How much was found so far.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Adds a mistake in the value that is being built.
    pub(super) fn fault(&mut self, fault: Fault) {
        if self.faults < FAULTS_MAX {
            self.faults += 1;
            self.found.push(Finding { tokens: Vec::new(), what: What::Fault(fault) });
        }
    }

    /// Adds the file that a reference in the value that is being built names, if it names one on this machine.
    pub(super) fn reference(&mut self, reference: &str) {
        let file = reference.split('#').next().unwrap_or_default();
        if !file.is_empty() && !is_remote(file) && self.seen.insert(file.to_owned()) {
            self.found.push(Finding { tokens: Vec::new(), what: What::File(file.to_owned()) });
        }
    }

    /// Says that everything from the finding `before` on was found below `token`.
    pub(super) fn below(&mut self, before: usize, token: impl FnOnce() -> String) {
        let Some(findings) = self.found.get_mut(before..).filter(|findings| !findings.is_empty()) else { return };
        let token = escape_token(&token());
        for finding in findings {
            finding.tokens.push(token.clone());
        }
    }

    /// The mistakes, each with its pointer.
    pub(super) fn faults(&self) -> Vec<(String, &Fault)> {
        let faults = self.found.iter().filter_map(|finding| match &finding.what {
            What::Fault(fault) => Some((finding.pointer(), fault)),
            What::File(_) => None,
        });
        faults.collect()
    }

    /// The files, each with the pointer of the first reference to it.
    pub(super) fn into_files(self) -> Vec<(String, String)> {
        let files = self.found.into_iter().filter_map(|finding| {
            let pointer = finding.pointer();
            match finding.what {
                What::File(file) => Some((file, pointer)),
                What::Fault(_) => None,
            }
        });
        files.collect()
    }
}

/// What the YAML parser says of aliases that mean too much.
pub(super) const UNFOLDS: &str = "repetition limit exceeded";

/// The diagnostic of what a parser says about a text that it does not accept. `offset` is a byte, where it knows one.
pub(super) fn syntax_error(id: FileId, text: &str, format: Format, message: &str, offset: Option<usize>) -> Diagnostic {
    let language = if format == Format::Json { "JSON" } else { "YAML" };
    let at = |offset: usize| {
        let mut start = offset.min(text.len().saturating_sub(1));
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let end = text[start..].chars().next().map_or(start, |char| start + char.len_utf8());
        At::bytes(id, start..end)
    };
    if text.trim().is_empty() {
        return Diagnostic::error("E0106", format!("this is not {language}: the file is empty"))
            .at(at(0), "")
            .help("write something into it, or name another file");
    }
    if message.starts_with("recursion limit exceeded") {
        return Diagnostic::error("E0112", "this is nested too deep: 127 levels are read")
            .at(at(offset.unwrap_or(0)), "one level too many")
            .help(
                "an alias that stands inside what it names (`&a [*a]`) has no end; of lists and objects, take some out",
            );
    }
    // The parser may have put the value's path before it.
    if message.contains(UNFOLDS) {
        return Diagnostic::error("E0112", "the aliases (`*name`) of this file unfold to far more than it holds")
            .at(at(0), "in this file")
            .help("write out what the aliases mean, or use `$ref`");
    }
    if message.contains("more than one document") {
        let second = yaml_spans::second_document(text).unwrap_or(0);
        return Diagnostic::error("E0106", "this file holds more than one YAML document")
            .at(at(second), "the second one begins here")
            .help("keep one document a file; what stands behind `---` would be passed over in silence");
    }
    // The parsers put their own idea of the place behind the message; the caret says it better.
    let message = message.split(" at line ").next().unwrap_or(message);
    Diagnostic::error("E0106", format!("this is not {language}: {message}"))
        .at(at(offset.unwrap_or(text.len())), "here")
        .help(syntax_help::way_out(message, text, offset.unwrap_or(text.len()).min(text.len())))
}
