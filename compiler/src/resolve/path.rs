//! Path templates (OpenAPI 3.0.4, section 4.7.8.2): what stands between braces, and that the rest can be sent as it is.

use std::collections::BTreeSet;

use airlock_contract::request::is_path_byte;

use super::found::Found;
use super::parameters::Parameter;
use super::shape::Note;
use super::{Refusal, argument_name};
use crate::ir::{Place, Shape, Style, Text};

/// Gives every variable of the path template its parameter, and leaves out path parameters that no variable takes.
///
/// A variable that nobody declares is a mistake of the document, but there is no doubt about what is missing: a text.
pub(super) fn settle(found: &Found, parameters: &mut Vec<Parameter>, notes: &mut Vec<Note>) -> Result<(), Refusal> {
    let refuse = |reason: String| Err(Refusal::new("E0216", &found.pointer, reason));
    let Some(variables) = variables(&found.path) else {
        return refuse(format!("the braces of `{}` do not match", found.path));
    };
    if let Some(reason) = unsendable(&found.path) {
        return refuse(reason);
    }
    for variable in &variables {
        let is_path = |parameter: &Parameter| matches!(parameter.place, Place::Path(_));
        if parameters.iter().any(|parameter| is_path(parameter) && parameter.name == *variable) {
            continue;
        }
        let position = parameters.iter().position(|parameter| {
            is_path(parameter)
                && parameter.name.eq_ignore_ascii_case(variable)
                && !variables.contains(parameter.name.as_str())
        });
        let text = if let Some(position) = position {
            let name = std::mem::replace(&mut parameters[position].name, (*variable).to_owned());
            format!("`{{{variable}}}` of the path is taken for the parameter `{name}`")
        } else {
            let argument = argument_name(variable);
            if parameters.iter().any(|parameter| parameter.argument == argument) {
                return refuse(format!("the path names `{{{variable}}}`, but there is no path parameter of that name"));
            }
            parameters.push(undeclared(argument, variable));
            format!("no parameter declares `{{{variable}}}` of the path; any text is taken")
        };
        notes.push(Note { pointer: found.pointer.clone(), text });
    }
    parameters.retain(|parameter| {
        let is_used = !matches!(parameter.place, Place::Path(_)) || variables.contains(parameter.name.as_str());
        if !is_used {
            let text = format!("the path parameter `{}` does not stand in the path, and is left out", parameter.name);
            notes.push(Note { pointer: found.pointer.clone(), text });
        }
        is_used
    });
    Ok(())
}

fn undeclared(argument: String, variable: &str) -> Parameter {
    Parameter {
        argument,
        name: variable.to_owned(),
        place: Place::Path(Style::Simple),
        shape: Shape::Text(Text::default()),
        required: true,
        reserved: false,
        description: String::new(),
    }
}

/// Why the text between the variables cannot be sent as it stands.
fn unsendable(path: &str) -> Option<String> {
    let mut literal = String::new();
    let mut depth = 0;
    for char in path.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            char if depth == 0 => literal.push(char),
            _ => {}
        }
    }
    let (before, query) = literal.split_once('?').unwrap_or((&literal, ""));
    let is_sound = path.starts_with('/')
        && literal.split('%').skip(1).all(begins_with_two_digits)
        && before.bytes().all(is_path_byte)
        && query.bytes().all(|byte| is_path_byte(byte) || byte == b'?');
    if !is_sound {
        return Some(format!("the path `{path}` cannot be sent as it stands"));
    }
    let whole = path.split('?').next().unwrap_or_default();
    // Without a base path that is a reference to another host (RFC 3986, section 4.2).
    if whole.starts_with("//") {
        return Some(format!("the path `{path}` begins with `//`, which is taken for a host"));
    }
    if whole.split('/').any(is_step) {
        return Some("the path has a dot segment".to_owned());
    }
    if path.split_once('?').is_some_and(|(_, query)| query.contains('{')) {
        return Some(format!("a variable stands in the query of `{path}`"));
    }
    None
}

/// Whether what stands behind a `%` encodes a byte (RFC 3986, section 2.1).
fn begins_with_two_digits(text: &str) -> bool {
    text.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Whether a server takes a segment for a step: `%2e` is a dot to URL parsers (WHATWG URL, section 4.1, "double-dot URL path
/// segment"), and some servers cut off what stands behind `;` before they look for dots.
fn is_step(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or_default().to_ascii_lowercase();
    matches!(name.replace("%2e", ".").as_str(), "." | "..")
}

/// The names between braces; `None` if braces do not match.
fn variables(path: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    let mut rest = path;
    while let Some(start) = rest.find(['{', '}']) {
        if rest[start..].starts_with('}') {
            return None;
        }
        let end = start + rest[start..].find('}')?;
        let name = &rest[start + 1..end];
        if name.is_empty() || name.contains(['{', '/']) {
            return None;
        }
        names.insert(name);
        rest = &rest[end + 1..];
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::{unsendable, variables};

    #[test]
    fn variables_are_what_stands_between_braces() {
        assert_eq!(variables("/a/{b}/{c}.{d.e}").map(|names| names.into_iter().collect()), Some(vec!["b", "c", "d.e"]));
        for bad in ["/a/{b", "/a/b}", "/{}", "/{a{b}}", "/{a/b}"] {
            assert_eq!(variables(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_stands_around_them_is_sent_as_it_is() {
        for good in ["/", "/a/{b}?x=y", "/a:b", "/a/{b c}"] {
            assert_eq!(unsendable(good), None, "{good}");
        }
        for bad in [
            "a",
            "/a b",
            "/a#b",
            "/../a",
            "/a/./{b}",
            "/a/%2E./b",
            "/a/..;x=1/b",
            "//h/b",
            "/5%",
            "/5%2",
            "/a?b=%zz",
            "/ü",
            "/a?x={y}",
        ] {
            assert!(unsendable(bad).is_some(), "{bad}");
        }
    }
}
