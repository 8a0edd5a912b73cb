//! Text in a unit file, as systemd reads it (systemd.syntax(7), systemd.unit(5) "Specifiers", systemd.service(5) "Command
//! lines"): nothing in a path becomes another word, a specifier, a variable or a line.

use std::path::Path;

/// A path as text. What no unit file can hold is refused with the reason.
pub(super) fn text<'p>(what: &str, path: &'p Path) -> Result<&'p str, String> {
    let shown = || path.display().to_string().escape_debug().to_string();
    let Some(text) = path.to_str() else {
        return Err(format!("{what} `{}` is not a name in UTF-8; rename it", shown()));
    };
    // A line feed would begin a setting of its own; the others are no part of a name that anybody means.
    if text.chars().any(char::is_control) {
        return Err(format!("{what} `{}` holds a control character, which no unit file can hold; rename it", shown()));
    }
    Ok(text)
}

/// One word of a list, such as one of `ExecPaths=`.
pub(super) fn word(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._:@=+,-".contains(char);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// One argument of `ExecStart=`: also a dollar sign stands for itself.
pub(super) fn argument(text: &str) -> String {
    word(text).replace('$', "$$")
}

/// The rest of a line that is not taken apart into words, such as the path of `LoadCredential=`. A blank at an end would be
/// lost, and a backslash there would take the next line in: both are refused.
pub(super) fn rest(what: &str, text: &str) -> Result<String, String> {
    if text.ends_with('\\') || text.trim() != text {
        return Err(format!("{what} `{text}` ends in a blank or a backslash, which systemd does not read; rename it"));
    }
    Ok(text.replace('%', "%%"))
}
