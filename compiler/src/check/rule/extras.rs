//! What JMESPath Community Edition (<https://jmespath.site>) has beyond JMESPath 1.0. Rules have none of it: libraries differ
//! in what of it they take and in what it means. People bring it along, so it is told by its name.

use std::ops::Range;

use super::Mistake;

/// Functions, and what does the same in a rule.
const FUNCTIONS: &[(&str, &str)] = &[
    ("find_first", "`contains`, `starts_with` and `ends_with` say whether a text is there"),
    ("find_last", "`contains`, `starts_with` and `ends_with` say whether a text is there"),
    ("from_items", "name the keys: `{key: rule, …}`"),
    ("group_by", "keep the key with each item: `[*].{key: key, …}`; rows that share it can be read together"),
    ("items", "`keys(x)` and `values(x)` come in the same order"),
    ("lower", "keep the text as it is"),
    ("pad_left", "keep the text as it is"),
    ("pad_right", "keep the text as it is"),
    ("replace", "keep the text as it is"),
    ("split", "keep the text as it is"),
    ("trim", "keep the text as it is"),
    ("trim_left", "keep the text as it is"),
    ("trim_right", "keep the text as it is"),
    ("upper", "keep the text as it is"),
    ("zip", "keep both in one object: `[*].{a: a, b: b}`"),
];

/// What a function that is no function of 1.0 is there, and what to do instead.
pub(super) fn function(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, help)| *help)
}

/// What stands at the byte at which the parser gave up, if that is something of the Community Edition.
pub(super) fn syntax(text: &str, at: usize) -> Option<Mistake> {
    let rest = text.get(at..)?;
    let first = rest.chars().next()?;
    let one = at..at + first.len_utf8();
    let (what, bytes, help): (&str, Range<usize>, &str) = match first {
        '$' => match binding(text, at) {
            Some(start) => ("`let` gives a value a name", start..at, "write the value where it is used"),
            None => (
                "`$` is the whole answer, or a value with a name",
                one,
                "an item sees itself alone: take what is needed from both sides with one object, `{a: …, b: …}`",
            ),
        },
        '+' | '*' | '/' | '%' | '\u{d7}' | '\u{f7}' | '\u{2212}' => {
            ("this is arithmetic", one, "keep both numbers; `sum(x)` and `avg(x)` are there")
        }
        '-' if !is_between_names(text, at) => {
            ("this is arithmetic", one, "keep both numbers; `sum(x)` and `avg(x)` are there")
        }
        '?' => ("this is a choice, `x ? y : z`", one, "write `x && y || z`, where `y` is never false or empty"),
        _ => return None,
    };
    Some(Mistake {
        code: "E0309",
        title: format!("{what}, which only JMESPath Community Edition has"),
        bytes,
        help: format!("rules are JMESPath 1.0: {help}"),
        replacement: None,
    })
}

/// Where the `let` stands that the `$` at this byte is bound by.
fn binding(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at)?.trim_end();
    let start = before.len().checked_sub("let".len())?;
    let is_word = !before.get(..start)?.ends_with(|char: char| char.is_ascii_alphanumeric() || char == '_');
    (before.ends_with("let") && is_word).then_some(start)
}

/// A `-` without blanks between two names: a name that holds it is meant.
fn is_between_names(text: &str, at: usize) -> bool {
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.get(..at).is_some_and(|before| before.ends_with(is_name))
        && text.get(at + 1..).is_some_and(|behind| behind.starts_with(is_name))
}
