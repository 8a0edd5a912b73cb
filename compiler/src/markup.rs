//! Text of documents inside of Markdown and HTML: it stays text, whatever it holds, and nothing in it is invisible.

use std::fmt::Write as _;

use crate::report::{visible, visible_lines};

/// Text as HTML text, or as an attribute's value in quotes.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in visible_lines(text).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

/// Text that stands in a line or a table's cell of Markdown as it is: no pipe ends the cell, and nothing becomes markup, a
/// link or an entity. Whatever could is written as a character reference. Mentions are none in `<code>` alone.
pub(crate) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = visible(text);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let is_plain = char.is_alphanumeric()
            || matches!(char, ' ' | ',' | ';' | '(' | ')' | '\'' | '"' | '/' | '=' | '?' | '+' | '%' | '-' | '{' | '}')
            // `https://` becomes a link, `:word:` a picture.
            || (char == ':' && next == ' ')
            // So does `www.`.
            || (char == '.' && !ends_in_www(&escaped))
            // Within a word it emphasises nothing.
            || (char == '_' && before.is_alphanumeric() && next.is_alphanumeric())
            || !char.is_ascii();
        if is_plain {
            escaped.push(char);
        } else {
            let _ = write!(escaped, "&#{};", u32::from(char));
        }
        before = char;
    }
    escaped
}

/// Whether a link would begin if a dot came next.
fn ends_in_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Text as code in a line or a table's cell of Markdown.
pub(crate) fn code(text: &str) -> String {
    // A code span takes blanks off its ends, and a table looks for pipes in it, escaped or not.
    let is_plain = !text.is_empty() && !text.contains(['`', '|', '\\']) && text.trim() == text;
    if is_plain { format!("`{}`", visible(text)) } else { format!("<code>{}</code>", markdown(text)) }
}

/// A fence for a block of code, longer than any run of backticks inside.
pub(crate) fn fence(text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// A block of code that its text cannot leave (CommonMark 0.31, section 4.5), in which nothing is invisible.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let fence = fence(text);
    format!("{fence}{language}\n{}\n{fence}\n", visible_lines(text))
}

#[cfg(test)]
mod tests {
    use super::{code, html, markdown};

    #[test]
    fn nothing_ends_a_cell_or_becomes_markup() {
        let hostile = "a | b ` \\| <script> [x](https://e.org) **b** @all #1 www.e.org _x_ :tada: $a$ &lt;\n| high |";
        let text = markdown(hostile);
        for forbidden in ["|", "`", "<", "[", "*", "@", "://", "www.", "\n", "\\", " _", ":t", "$", "&lt"] {
            assert!(!text.contains(forbidden), "{forbidden}: {text}");
        }
        assert_eq!(markdown("`limit`: maximum 100, ü, ward_id"), "&#96;limit&#96;: maximum 100, ü, ward_id");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a <b> &c"), "`a <b> &c`");
        for hostile in ["a`b", "a|b", "a\\", " a", "", "`"] {
            let text = code(hostile);
            assert!(text.starts_with("<code>") && !text.contains(['`', '|', '\\']), "{text}");
        }
        assert_eq!(code("a\u{202e}\nb"), "`a\\u{202e}\\u{a}b`");
    }

    #[test]
    fn text_cannot_become_an_element_or_end_an_attribute() {
        assert_eq!(html("</script>\"'&\u{202e}"), "&lt;/script&gt;&quot;&#39;&amp;\\u{202e}");
        assert_eq!(html("a\nb"), "a\nb");
    }
}
