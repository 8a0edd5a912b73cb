//! What is said of a rule: one function a kind of mistake, so that all texts stand together.

mod arguments;
mod words;

use std::ops::Range;

pub(super) use self::words::{kinds, member_of, owner, owners};
use super::heads::identifier;
use crate::report::{At, Diagnostic};

/// A remark on a part of a rule.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    code: &'static str,
    is_error: bool,
    title: String,
    bytes: Range<usize>,
    label: String,
    /// A second part of the rule that explains it.
    beside: Option<(Range<usize>, String)>,
    /// Named shapes that the remark is about, or members of such.
    declared_by: Vec<Declared>,
    helps: Vec<Help>,
}

/// A named shape of the document, or one of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) schema: String,
    pub(super) member: Option<String>,
}

/// A way out: in words, or with text that takes the place of a part of the rule.
#[derive(Clone, Debug)]
struct Help {
    text: String,
    patch: Option<(Range<usize>, String)>,
}

impl Remark {
    fn error(code: &'static str, bytes: Range<usize>, title: String, label: &str) -> Self {
        Self {
            code,
            is_error: true,
            title,
            bytes,
            label: label.to_owned(),
            beside: None,
            declared_by: Vec::new(),
            helps: Vec::new(),
        }
    }

    fn warning(code: &'static str, bytes: Range<usize>, title: String, label: &str) -> Self {
        Self { is_error: false, ..Self::error(code, bytes, title, label) }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), patch: None });
        self
    }

    fn patch(mut self, text: &str, bytes: Range<usize>, replacement: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.to_owned(), patch: Some((bytes, replacement.into())) });
        self
    }

    /// Whether it says the same of the same part. That the document is silent is said once.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.code == other.code && (self.bytes == other.bytes || self.code == UNSAID)
    }

    #[cfg(test)]
    pub(super) fn is_error(&self) -> bool {
        self.is_error
    }

    pub(super) fn is_about_order(&self) -> bool {
        self.code == UNORDERED
    }

    /// Says what of the document the remark is about, so that it is shown.
    pub(super) fn about(self, declared_by: impl IntoIterator<Item = Declared>) -> Self {
        Self { declared_by: declared_by.into_iter().collect(), ..self }
    }

    pub(super) fn declared_by(&self) -> &[Declared] {
        &self.declared_by
    }

    #[cfg(test)]
    pub(super) fn shown<'t>(&self, text: &'t str) -> (&'static str, &'t str) {
        (self.code, &text[self.bytes.clone()])
    }

    /// As a diagnostic on the rule `text`; `place` is a part of it, or with `None` all of it.
    pub(super) fn diagnostic(self, text: &str, place: impl Fn(Option<Range<usize>>) -> At) -> Diagnostic {
        let start = if self.is_error { Diagnostic::error } else { Diagnostic::warning };
        let mut diagnostic = start(self.code, self.title).at(place(Some(self.bytes)), self.label);
        if let Some((bytes, label)) = self.beside {
            diagnostic = diagnostic.at(place(Some(bytes)), label);
        }
        for Help { text: words, patch } in self.helps {
            diagnostic = match patch {
                None => diagnostic.help(words),
                // Text in several lines is a block, which holds any character.
                Some((bytes, replacement))
                    if text.contains('\n') || stands_anywhere(&text[bytes.clone()], &replacement) =>
                {
                    diagnostic.patch(words, place(Some(bytes)), replacement)
                }
                Some((bytes, replacement)) => {
                    let whole = format!("{}{replacement}{}", &text[..bytes.start], &text[bytes.end..]);
                    diagnostic.patch(words, place(None), whole.trim_end())
                }
            };
        }
        diagnostic
    }
}

/// Whether text that takes the place of other text can be written there whatever quotes stand around the rule.
fn stands_anywhere(before: &str, after: &str) -> bool {
    ['\'', '"', '\\', '[', ']', '{', '}', ',', '#', ':']
        .iter()
        .all(|char| !after.contains(*char) || before.contains(*char))
}

const UNORDERED: &str = "E0326";
const UNSAID: &str = "E0327";

/// Names of fields, operators and the like.
impl Remark {
    pub(super) fn unknown_field(
        bytes: Range<usize>,
        rule: &str,
        name: &str,
        owner: &str,
        meant: Option<&str>,
        listed: &str,
    ) -> Self {
        let remark = Self::error("E0310", bytes.clone(), format!("{owner} no field `{name}`"), "no such field");
        match meant {
            _ if matches!(name, "null" | "true" | "false") => {
                remark.patch("a value stands in backticks, a bare word is a field", bytes, format!("`{name}`"))
            }
            Some(meant) => remark.patch("did you mean this one?", bytes, identifier(meant)),
            None if rule[bytes.clone()].starts_with('"') && !name.contains(['\'', '\\']) => {
                remark.patch("a text stands in single quotes, in double quotes a field", bytes, format!("'{name}'"))
            }
            None => remark.help(format!("the fields are: {listed}")),
        }
    }

    pub(super) fn open_field(bytes: Range<usize>, name: &str, meant: Option<&str>) -> Self {
        let title = format!("the document does not list `{name}`, so nothing is known of it");
        let remark = Self::warning("E0321", bytes.clone(), title, "not listed");
        match meant {
            Some(meant) => remark.patch("did you mean this one?", bytes, identifier(meant)),
            None => remark.help("if the upstream never sends it, it is null in every answer"),
        }
    }

    pub(super) fn write_only(bytes: Range<usize>, name: &str) -> Self {
        let title = format!("`{name}` is sent to the upstream and never comes back");
        Self::error("E0316", bytes, title, "always null").help("take it out: the document calls it `writeOnly`")
    }

    pub(super) fn some_branches(bytes: Range<usize>, name: &str, with: usize, without: usize) -> Self {
        let title = format!("only {with} of {} kinds of value here can have `{name}`", with + without);
        Self::warning("E0322", bytes, title, "null for the others")
            .help("filter on what tells them apart first, as in `[?kind == 'a'].name`")
    }

    pub(super) fn no_object(bytes: Range<usize>, name: &str, kinds: &str) -> Self {
        let title = format!("`{name}` of {kinds} is always null");
        Self::error("E0311", bytes, title, "always null")
    }

    pub(super) fn help_with_list(self, patch: Option<(Range<usize>, String)>) -> Self {
        match patch {
            Some((bytes, text)) => self.patch("take it from every item", bytes, text),
            None => self.help("take it from every item with `[*]`, or from one with `[0]`"),
        }
    }

    pub(super) fn of_null(bytes: Range<usize>, what: &str) -> Self {
        let title = format!("{what} of null is always null");
        Self::error("E0311", bytes, title, "always null")
            .help("what stands before it is null in every answer: take it out")
    }

    pub(super) fn no_list(bytes: Range<usize>, what: &str, kinds: &str) -> Self {
        let help = if kinds.contains("an object") {
            "`.name` takes a member of an object, `.*` all of them"
        } else {
            "only a list has items"
        };
        Self::error("E0311", bytes, format!("{what} of {kinds} is always null"), "always null").help(help)
    }

    pub(super) fn no_values(bytes: Range<usize>, kinds: &str, is_list: bool) -> Self {
        let remark = Self::error("E0311", bytes, format!("`*` of {kinds} is always null"), "always null");
        remark.help(if is_list { "`[*]` takes the items of a list" } else { "only an object has members" })
    }

    pub(super) fn nothing_left(bytes: Range<usize>) -> Self {
        let title = "every item becomes null here and is dropped, so the list is always empty";
        Self::error("E0317", bytes, title.to_owned(), "always empty")
            .help("keep something of the items, or take the list out")
    }

    pub(super) fn constant(bytes: Range<usize>, always: bool, is_number: bool) -> Self {
        let what = if always { "lets every item pass" } else { "lets no item pass" };
        let label = if always { "always true" } else { "never true" };
        let remark = Self::warning("E0325", bytes, format!("this filter {what}"), label);
        remark.help(if always && is_number {
            "every number counts as true, 0 included: compare it, as in ``n > `0` ``"
        } else {
            "take it out, or ask for something that the document leaves open"
        })
    }

    pub(super) fn unordered(bytes: Range<usize>, what: &str) -> Self {
        let title = format!("{what} of an object in an order that nobody promises");
        Self::warning(UNORDERED, bytes, title, "in any order")
            .help("name the members instead, or sort what comes out: an answer may list them otherwise each time")
    }

    pub(super) fn unsaid(bytes: Range<usize>) -> Self {
        let title = "the document does not say what this is taken from, so the rule is not checked here";
        Self::warning(UNSAID, bytes, title.to_owned(), "not checked")
            .help("give the answer a schema in the document: then a typo in the rule is found")
    }
}

/// Comparisons and literals.
impl Remark {
    pub(super) fn large_integer(bytes: Range<usize>, number: &str) -> Self {
        let title = format!("the integer {number} lies beyond 2^53, where many programs round");
        Self::warning("E0324", bytes, title, "may be another number to the upstream")
            .help("compare identifiers as texts, where the upstream has them as texts")
    }

    pub(super) fn unordered_kind(bytes: Range<usize>, rule: &str, side: &(Range<usize>, String)) -> Self {
        let title = format!("only numbers have an order here; with {} the comparison is null", side.1);
        let mut remark = Self::error("E0314", bytes.clone(), title, "always null");
        if side.0 != bytes {
            remark.beside = Some((side.0.clone(), format!("this is {}", side.1)));
        }
        match number_in_quotes(&rule[side.0.clone()]) {
            Some(number) => remark.patch("write the number in backticks", side.0.clone(), number),
            None => remark.help("compare with `==`, convert with `to_number`, or order the whole list with `sort_by`"),
        }
    }

    /// `literal` is the side that is a literal, if one is, and whether a number stands on the other.
    pub(super) fn disjoint(
        bytes: Range<usize>,
        rule: &str,
        is_equal: bool,
        sides: &(String, String),
        literal: Option<Range<usize>>,
    ) -> Self {
        let always = if is_equal { "false" } else { "true" };
        let title = format!("{} is never equal to {}, so this is always {always}", sides.0, sides.1);
        let remark = Self::warning("E0323", bytes, title, &format!("always {always}"));
        let number = literal.and_then(|literal| Some((literal.clone(), number_in_quotes(&rule[literal])?)));
        match number {
            Some((literal, number)) if sides.0 == "a number" || sides.1 == "a number" => {
                remark.patch("write the number in backticks", literal, number)
            }
            _ => remark.help("write the literal as the document has the value: `'1'` is a text, `` `1` `` a number"),
        }
    }

    pub(super) fn wrong_word(bytes: Range<usize>, rule: &str, word: &str, words: &[&str], meant: Option<&str>) -> Self {
        let title = format!("the document lists words for this, and `{word}` is none of them");
        let remark = Self::error("E0315", bytes.clone(), title, "not among them");
        let quote = rule[bytes.clone()].chars().next();
        match (meant, quote) {
            (Some(meant), Some('\'')) if !meant.contains(['\'', '\\']) => {
                remark.patch("did you mean this one?", bytes, format!("'{meant}'"))
            }
            (Some(meant), _) => remark.help(format!("did you mean this one? `{meant}`")),
            _ => {
                let shown: Vec<String> = words.iter().take(8).map(|word| format!("`{word}`")).collect();
                let more = if words.len() > 8 { format!(" and {} more", words.len() - 8) } else { String::new() };
                remark.help(format!("the words are: {}{more}", shown.join(", ")))
            }
        }
    }
}

/// `'3'` as the number that it holds.
fn number_in_quotes(literal: &str) -> Option<String> {
    let text = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    serde_json::from_str::<serde_json::Number>(text).ok().map(|_| format!("`{text}`"))
}

/// The patch that puts `[*]` between a list and the member that is taken of it, from the dot to the member's end.
pub(super) fn joint_patch(rule: &str, dot: usize, end: usize) -> Option<(Range<usize>, String)> {
    let text = rule.get(dot..end)?;
    text.starts_with('.').then(|| (dot..end, format!("[*]{text}")))
}
