//! Takes back line breaks that say nothing.
//!
//! prettyplease puts a call's only argument on lines of its own. rustfmt, and people, keep the brackets of a sole
//! argument on the call's own lines:
//!
//! ```text
//! object(                     object(&[
//!     &[                          ("id", field("id")),
//!         ("id", field("id")),    …
//!     ],                      ])
//! )
//! ```
//! Only white space between tokens and trailing commas go, so what the text means stays.

/// Applies it wherever it fits, innermost first, until nothing changes.
pub(super) fn hug(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    while hug_once(&mut lines) {}
    lines.join("\n")
}

fn hug_once(lines: &mut Vec<String>) -> bool {
    for open in (0..lines.len().saturating_sub(1)).rev() {
        let Some((first, last)) = sole_argument(lines, open) else { continue };
        let closing = lines.remove(last + 1);
        let end = lines[last].trim_end_matches(',').to_owned();
        lines[last] = format!("{end}{}", closing.trim_start());
        let argument = lines.remove(first);
        lines[open].push_str(argument.trim_start());
        let shift = indent(&argument) - indent(&lines[open]);
        for line in &mut lines[open + 1..last] {
            let blanks = indent(line).min(shift);
            line.replace_range(..blanks, "");
        }
        return true;
    }
    false
}

/// If the line `open` ends with `(` and what stands between it and its `)` is one bracketed argument: that argument's
/// first and last line.
fn sole_argument(lines: &[String], open: usize) -> Option<(usize, usize)> {
    let first = open + 1;
    if !lines[open].ends_with('(') || !lines[first].ends_with(['(', '[', '{']) {
        return None;
    }
    let depth = indent(&lines[first]);
    let last = (first + 1..lines.len()).find(|at| indent(&lines[*at]) <= depth && !lines[*at].is_empty())?;
    let closes = lines[last].trim_start().starts_with([')', ']', '}'])
        && indent(&lines[last]) == depth
        && lines[last].trim_start().trim_end_matches(',').chars().all(|char| matches!(char, ')' | ']' | '}'));
    let closing = lines.get(last + 1)?;
    (closes && closing.trim_start().starts_with(')') && indent(closing) < depth).then_some((first, last))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::hug;

    #[test]
    fn a_sole_bracketed_argument_stays_on_the_calls_lines() {
        let text = "const A: P = field(\"a\")\n    .each(\n        &object(\n            &[\n                (\"b\", c),\n                (\n                    \"d\",\n                    e(\n                        &[\n                            f,\n                        ],\n                    ),\n                ),\n            ],\n        ),\n    );";
        let wanted = "const A: P = field(\"a\")\n    .each(&object(&[\n        (\"b\", c),\n        (\n            \"d\",\n            e(&[\n                f,\n            ]),\n        ),\n    ]));";
        assert_eq!(hug(text), wanted);
    }

    #[test]
    fn several_arguments_keep_their_lines() {
        let text = "a(\n    &[\n        b,\n    ],\n    c,\n)";
        assert_eq!(hug(text), text);
    }
}
