//! Text from outside, made fit to be shown.
//!
//! What comes in: text that an upstream, a model or a file wrote. What goes out: one short line without control
//! characters, so it can neither move a terminal's cursor nor end a log line. Nothing here judges what the text says.

use airlock_contract::text::is_invisible;

/// Longest text taken over from outside, in characters.
pub(crate) const CHARS_MAX: usize = 300;

/// The text in one line: control, direction and zero-width characters become blanks, blanks are joined, the end is cut.
pub(crate) fn one_line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split(|character: char| character.is_whitespace() || is_invisible(character)) {
        if word.is_empty() {
            continue;
        }
        if count > 0 {
            line.push(' ');
            count += 1;
        }
        for character in word.chars() {
            if count >= chars_max {
                line.push('…');
                return line;
            }
            line.push(character);
            count += 1;
        }
    }
    line
}

/// A name in backticks, short and without control characters.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", one_line(name, 64).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::{one_line, quoted};

    #[test]
    fn control_characters_do_not_come_through() {
        assert_eq!(one_line("a\u{1b}[31mred\r\n\tb\u{202e}c\u{e0041}d", 100), "a [31mred b c d");
        assert_eq!(quoted("x`y\u{0}z"), "`x'y z`");
    }

    #[test]
    fn long_text_is_cut_by_characters() {
        assert_eq!(one_line("ääää", 3), "äää…");
        assert_eq!(one_line("ääää", 4), "ääää");
    }
}
