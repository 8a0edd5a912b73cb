//! The way out of a syntax error, by what the parser says. What a parser calls it is rarely what a person did.

/// Parts of the parsers' messages, and what to do. The first that fits counts.
const WAYS_OUT: &[(&str, &str)] = &[
    ("trailing comma", "remove the comma before it"),
    ("trailing characters", "a file holds one value: remove what stands behind it"),
    ("EOF while parsing", "a bracket or quote is not closed, or the file is cut off"),
    ("key must be a string", "keys stand in double quotes"),
    ("control character", "write it as an escape: `\\n`, `\\t`, `\\u0000`"),
    ("mapping values are not allowed", "put a text that holds `: ` in quotes, or check how far the line is indented"),
    ("unknown anchor", "define it before with `&name`; put a text that begins with `*` in quotes"),
    ("did not find expected ',' or", "a bracket that was opened before is not closed"),
    ("did not find expected key", "check how far the line is indented, and quotes that stand inside of quotes"),
    ("could not find expected ':'", "write `key: value`, with a blank behind the colon"),
    ("cannot start any token", "put a text that begins with `@`, `` ` `` or `%` in quotes"),
    ("unexpected end of stream", "a quote is not closed"),
];

/// What to do about the syntax error that a parser calls `message`, at byte `at`.
pub(super) fn way_out(message: &str, text: &str, at: usize) -> &'static str {
    let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |before| before + 1);
    let indent = text.get(line..).unwrap_or_default();
    let indent = &indent[..indent.len() - indent.trim_start_matches([' ', '\t']).len()];
    if indent.contains('\t') && message.contains("cannot start any token") {
        return "YAML is indented with blanks, not with tabs";
    }
    let known = WAYS_OUT.iter().find(|(part, _)| message.contains(part));
    known.map_or("look at what stands before the caret too: an open bracket or quote is found late", |(_, help)| help)
}

#[cfg(test)]
mod tests {
    use super::way_out;
    use crate::load::{Format, Sources, parse};
    use crate::report::Report;

    /// Each mistake is parsed, so that a parser that changes its words fails here.
    #[test]
    fn common_slips_are_told_what_to_do() {
        for (text, format, help) in [
            ("{\"a\": 1,}", Format::Json, "remove the comma before it"),
            ("{} {}", Format::Json, "remove what stands behind it"),
            ("{\"a\": [1", Format::Json, "the file is cut off"),
            ("{a: 1}", Format::Json, "keys stand in double quotes"),
            ("\"a\tb\"", Format::Json, "as an escape"),
            ("{\"a\" 1}", Format::Json, "what stands before the caret"),
            ("a: b: c\n", Format::Yaml, "put a text that holds `: ` in quotes"),
            ("a: *b\n", Format::Yaml, "define it before"),
            ("a: [1\n", Format::Yaml, "is not closed"),
            ("a:\n\tb: 1\n", Format::Yaml, "not with tabs"),
            ("a: @b\n", Format::Yaml, "in quotes"),
            ("a: 'b\n", Format::Yaml, "a quote is not closed"),
            ("a: \"b\" c\n", Format::Yaml, "quotes that stand inside of quotes"),
            ("a: 1\nb\nc: 2\n", Format::Yaml, "with a blank behind the colon"),
        ] {
            let mut sources = Sources::default();
            let id = sources.add("file".into(), text.into(), format);
            let mut report = Report::default();
            assert_eq!(parse(id, &sources, &mut report), None, "{text}");
            let diagnostic = &report.diagnostics()[0];
            assert!(diagnostic.helps[0].text.contains(help), "{text}: {diagnostic:?}");
        }
    }

    #[test]
    fn a_place_beyond_the_text_is_no_trouble() {
        assert!(!way_out("cannot start any token", "\t", 9).is_empty());
    }
}
