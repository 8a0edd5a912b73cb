//! What is said of a rule: one function a kind of mistake, so that all texts stand together.

use std::ops::Range;

use super::heads::{Head, View, identifier};
use super::narrow::kind;
use super::types::{Place, Type};
use crate::ir::Shape;
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
    helps: Vec<Help>,
}

/// A way out: in words, or with text that takes the place of a part of the rule.
#[derive(Clone, Debug)]
struct Help {
    text: String,
    patch: Option<(Range<usize>, String)>,
}

impl Remark {
    fn error(code: &'static str, bytes: Range<usize>, title: String, label: &str) -> Self {
        Self { code, is_error: true, title, bytes, label: label.to_owned(), beside: None, helps: Vec::new() }
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
        name: &str,
        owner: &str,
        meant: Option<&str>,
        listed: &str,
    ) -> Self {
        let remark = Self::error("E0310", bytes.clone(), format!("{owner} no field `{name}`"), "no such field");
        match meant {
            Some(meant) => remark.patch("did you mean this one?", bytes, identifier(meant)),
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

    pub(super) fn unordered_kind(bytes: Range<usize>, side: &(Range<usize>, String)) -> Self {
        let title = format!("only numbers have an order here; with {} the comparison is null", side.1);
        let mut remark = Self::error("E0314", bytes.clone(), title, "always null");
        if side.0 != bytes {
            remark.beside = Some((side.0.clone(), format!("this is {}", side.1)));
        }
        remark.help("compare with `==`, convert with `to_number`, or order the whole list with `sort_by`")
    }

    pub(super) fn disjoint(bytes: Range<usize>, is_equal: bool, sides: &(String, String)) -> Self {
        let always = if is_equal { "false" } else { "true" };
        let title = format!("{} is never equal to {}, so this is always {always}", sides.0, sides.1);
        Self::warning("E0323", bytes, title, &format!("always {always}"))
            .help("write the literal as the document has the value: `'1'` is a text, `` `1` `` a number")
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

/// Arguments of functions.
impl Remark {
    pub(super) fn nullable_argument(bytes: Range<usize>, rule: &str, function: &str, instead: &str) -> Self {
        let title = format!("`{function}` fails on null, which this may be");
        let text = &rule[bytes.clone()];
        Self::error("E0312", bytes.clone(), title, "may be missing or null").patch(
            "say what stands for null",
            bytes,
            format!("not_null({text}, {instead})"),
        )
    }

    pub(super) fn nullable_item(bytes: Range<usize>, rule: &str, function: &str) -> Self {
        let title = format!("`{function}` fails on a list that holds null, which this may");
        let list = in_parentheses(&rule[bytes.clone()]);
        Self::error("E0312", bytes.clone(), title, "an item may be null").patch(
            "leave out what is null",
            bytes,
            format!("{list}[?@ != `null`]"),
        )
    }

    pub(super) fn nullable_key(
        bytes: Range<usize>,
        rule: &str,
        list: Range<usize>,
        function: &str,
        path: Option<&str>,
    ) -> Self {
        let title = format!("`{function}` fails where the key is null, which this may be");
        let remark = Self::error("E0312", bytes, title, "may be missing or null");
        match path {
            Some(path) => {
                let items = in_parentheses(&rule[list.clone()]);
                remark.patch("leave out the items without it", list, format!("{items}[?{path} != `null`]"))
            }
            None => {
                remark.help("leave the items without it out with a filter, or say what stands for null: `not_null(…)`")
            }
        }
    }

    pub(super) fn wrong_argument(bytes: Range<usize>, function: &str, wanted: &str, kinds: &str) -> Self {
        let title = format!("`{function}` takes {wanted}, not {kinds}");
        Self::error("E0313", bytes, title, &format!("this is {kinds}")).help(way_to(wanted))
    }

    pub(super) fn wrong_item(bytes: Range<usize>, function: &str, wanted: &str, kinds: &str) -> Self {
        let title = format!("every item for `{function}` has to be {wanted}, not {kinds}");
        let help = match wanted {
            "a number" => "take the numbers alone: `map(&to_number(@), …)`, and a filter for what is none",
            _ => "convert every item: `map(&to_string(@), …)`",
        };
        Self::error("E0313", bytes, title, &format!("an item is {kinds}")).help(help)
    }

    pub(super) fn wrong_key(bytes: Range<usize>, function: &str, kinds: &str) -> Self {
        let title = format!("the key for `{function}` has to be a number or a text, not {kinds}");
        Self::error("E0313", bytes, title, &format!("this is {kinds}")).help("take a member of it that is one")
    }

    pub(super) fn mixed(bytes: Range<usize>, function: &str, what: &str, kinds: &str) -> Self {
        let title = format!("`{function}` orders numbers or texts, not both");
        Self::error("E0313", bytes, title, &format!("the {what} are {kinds}"))
            .help("make all of them texts with `to_string`, or take the numbers alone with a filter on `type(@)`")
    }

    pub(super) fn text_contains(bytes: Range<usize>, kinds: &str) -> Self {
        let title = format!("a text never contains {kinds}, so this is always false");
        Self::warning("E0328", bytes, title, &format!("this is {kinds}")).help("write it as a text: `'1'`")
    }

    pub(super) fn no_number(bytes: Range<usize>, kinds: &str) -> Self {
        let title = format!("`to_number` of {kinds} is always null");
        Self::warning("E0328", bytes, title, "always null").help("it reads numbers and texts alone")
    }
}

fn way_to(wanted: &str) -> &'static str {
    match wanted {
        "a number" => "`to_number` reads a text as a number, and gives null where it is none",
        "a text" | "a number or a text" => "`to_string` makes a text of anything",
        "a list" => "`to_array` makes a list of anything else",
        "an object" => "take a member of it, or another part of the answer",
        _ => "it takes the items of a list, the members of an object, the characters of a text",
    }
}

/// The text of a part of a rule, so that brackets behind it mean all of it.
fn in_parentheses(text: &str) -> String {
    let is_path = text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '@' | '"'));
    if is_path || text.starts_with('(') && text.ends_with(')') { text.to_owned() } else { format!("({text})") }
}

/// The patch that puts `[*]` between a list and the member that is taken of it, from the dot to the member's end.
pub(super) fn joint_patch(rule: &str, dot: usize, end: usize) -> Option<(Range<usize>, String)> {
    let text = rule.get(dot..end)?;
    text.starts_with('.').then(|| (dot..end, format!("[*]{text}")))
}

/// The kinds of these alternatives in words: `a text or a number`.
pub(super) fn kinds(heads: &[Head<'_>]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for head in heads {
        let word = match kind(&head.view) {
            "null" => "null",
            "boolean" => "a boolean",
            "number" => "a number",
            "string" => "a text",
            "array" => "a list",
            "object" => "an object",
            _ => "a value that is not known",
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    // Null is no news where there is something else.
    if words.len() > 1 {
        words.retain(|word| *word != "null");
    }
    words.join(" or ")
}

/// Who lacks a field, with the verb: `` `Part` has ``, ``none of `Cat`, `Dog` has``, `the object here has`.
pub(super) fn owner(heads: &[&Head<'_>]) -> String {
    let mut names: Vec<String> = Vec::new();
    for head in heads {
        let name = match (&head.of, &head.view) {
            (Type::Document(Place { shape: Shape::Named(name), .. }), _) => Some(name.as_str()),
            (_, View::Object(_, place)) => {
                place.around.as_ref().filter(|around| around.path == place.path).map(|around| around.name)
            }
            _ => None,
        };
        let Some(name) = name else { return several(heads.len()) };
        let name = format!("`{name}`");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [only] => format!("{only} has"),
        names if names.len() <= 4 => format!("none of {} has", names.join(", ")),
        names => several(names.len()),
    }
}

fn several(count: usize) -> String {
    if count == 1 { "the object here has".into() } else { format!("none of the {count} kinds of object here has") }
}
