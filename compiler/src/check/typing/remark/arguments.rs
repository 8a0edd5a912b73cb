//! What is said of the arguments of functions.

use std::ops::Range;

use super::Remark;

impl Remark {
    pub(in crate::check::typing) fn nullable_argument(
        bytes: Range<usize>,
        rule: &str,
        function: &str,
        instead: &str,
    ) -> Self {
        let title = format!("`{function}` fails on null, which this may be");
        let text = &rule[bytes.clone()];
        Self::error("E0312", bytes.clone(), title, "may be missing or null").patch(
            "say what stands for null",
            bytes,
            format!("not_null({text}, {instead})"),
        )
    }

    pub(in crate::check::typing) fn nullable_item(bytes: Range<usize>, rule: &str, function: &str) -> Self {
        let title = format!("`{function}` fails on a list that holds null, which this may");
        let list = in_parentheses(&rule[bytes.clone()]);
        Self::error("E0312", bytes.clone(), title, "an item may be null").patch(
            "leave out what is null",
            bytes,
            format!("{list}[?@ != `null`]"),
        )
    }

    pub(in crate::check::typing) fn nullable_key(
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

    pub(in crate::check::typing) fn wrong_argument(
        bytes: Range<usize>,
        function: &str,
        wanted: &str,
        kinds: &str,
    ) -> Self {
        let title = format!("`{function}` takes {wanted}, not {kinds}");
        Self::error("E0313", bytes, title, &format!("this is {kinds}")).help(way_to(wanted))
    }

    pub(in crate::check::typing) fn wrong_item(bytes: Range<usize>, function: &str, wanted: &str, kinds: &str) -> Self {
        let title = format!("every item for `{function}` has to be {wanted}, not {kinds}");
        let help = match wanted {
            "a number" => "take the numbers alone: `map(&to_number(@), …)`, and a filter for what is none",
            _ => "convert every item: `map(&to_string(@), …)`",
        };
        Self::error("E0313", bytes, title, &format!("an item is {kinds}")).help(help)
    }

    pub(in crate::check::typing) fn wrong_key(bytes: Range<usize>, function: &str, kinds: &str) -> Self {
        let title = format!("the key for `{function}` has to be a number or a text, not {kinds}");
        Self::error("E0313", bytes, title, &format!("this is {kinds}")).help("take a member of it that is one")
    }

    pub(in crate::check::typing) fn mixed(bytes: Range<usize>, function: &str, what: &str, kinds: &str) -> Self {
        let title = format!("`{function}` orders numbers or texts, not both");
        Self::error("E0313", bytes, title, &format!("the {what} are {kinds}"))
            .help("make all of them texts with `to_string`, or take the numbers alone with a filter on `type(@)`")
    }

    pub(in crate::check::typing) fn text_contains(bytes: Range<usize>, kinds: &str) -> Self {
        let title = format!("a text never contains {kinds}, so this is always false");
        Self::warning("E0328", bytes, title, &format!("this is {kinds}")).help("write it as a text: `'1'`")
    }

    pub(in crate::check::typing) fn no_number(bytes: Range<usize>, kinds: &str) -> Self {
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
