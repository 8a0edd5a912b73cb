//! Prune rules: JMESPath 1.0 (<https://jmespath.org/specification.html>), parsed, and everything refused that the parser
//! lets pass but that would fail or mean nothing when the rule runs.

mod bounds;
mod extras;

use std::ops::Range;

use airlock_prune::{Signature, signatures};
use jmespath::ast::Ast;

use self::bounds::{depth, nesting, projections};
use super::RuleAt;
use crate::report::{Diagnostic, Report, did_you_mean};

/// A rule has at most this many bytes.
const RULE_BYTES_MAX: usize = 16 << 10;

/// A rule nests no deeper than this. The parser recurses, and so do all who walk its tree.
const NESTING_MAX: usize = 64;

/// A rule has no more projections: of those in a row each is inside of the one before it, and the parser recurses.
const PROJECTIONS_MAX: usize = 256;

/// Operators in a row, as in `a.b.c`, make a tree as deep as they are many.
const DEPTH_MAX: usize = 256;

/// A mistake in a rule: code, sentence, bytes of the rule's text, way out.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    code: &'static str,
    title: String,
    bytes: Range<usize>,
    help: String,
    replacement: Option<String>,
}

/// Parses a rule, and reports what is wrong with it. `at` says where bytes of its text stand.
pub(super) fn check(text: &str, at: RuleAt<'_>, report: &mut Report) -> Option<Ast> {
    match parse(text) {
        Ok(rule) => Some(rule),
        Err(mistakes) => {
            for mistake in mistakes {
                let place = at(Some(mistake.bytes));
                let diagnostic = Diagnostic::error(mistake.code, mistake.title).at(place.clone(), "here");
                report.push(match mistake.replacement {
                    Some(replacement) => diagnostic.patch(mistake.help, place, replacement),
                    None => diagnostic.help(mistake.help),
                });
            }
            None
        }
    }
}

/// Parses a rule. Gives every mistake that can be told.
pub fn parse(text: &str) -> Result<Ast, Vec<Mistake>> {
    let whole = 0..text.trim_end().len();
    let mistake = |code, title: String, bytes, help: &str| Mistake {
        code,
        title,
        bytes,
        help: help.to_owned(),
        replacement: None,
    };
    if text.trim().is_empty() {
        return Err(vec![mistake(
            "E0301",
            "the rule is empty".into(),
            whole,
            "say what to keep; `\"@\"` keeps everything",
        )]);
    }
    let too_large = |whole| {
        let help = format!(
            "split the tool, or keep less: a rule has at most {RULE_BYTES_MAX} bytes, {PROJECTIONS_MAX} brackets and \
             stars, {DEPTH_MAX} steps in a row, and nests {NESTING_MAX} deep"
        );
        vec![mistake("E0307", "the rule is too large".into(), whole, &help)]
    };
    if text.len() > RULE_BYTES_MAX || nesting(text) > NESTING_MAX || projections(text) > PROJECTIONS_MAX {
        return Err(too_large(whole));
    }
    let rule = jmespath::parse(text).map_err(|error| {
        let reason = error.reason.to_string();
        let reason = reason.strip_prefix("Parse error: ").unwrap_or(&reason);
        let start = error.offset.min(text.trim_end().len());
        let bytes = start..(start + 1).min(text.len()).max(start);
        if let Some(extra) = extras::syntax(text, start) {
            return vec![extra];
        }
        vec![mistake(
            "E0301",
            format!("this is no JMESPath: {}", in_our_words(reason)),
            bytes,
            if splits_a_name(text, start) {
                "a name that holds `-` stands in double quotes: `\"part-no\"`"
            } else {
                "see https://jmespath.org/specification.html for the grammar"
            },
        )]
    })?;
    if depth(&rule) > DEPTH_MAX {
        return Err(too_large(0..text.trim_end().len()));
    }
    let mut mistakes = Vec::new();
    visit(&rule, text, false, &mut mistakes);
    if mistakes.is_empty() { Ok(rule) } else { Err(mistakes) }
}

/// The parser's reason without the names that it has for its own parts: `WHAT -- found TOKEN`.
fn in_our_words(reason: &str) -> String {
    let Some((what, token)) = reason.split_once(" -- found ") else { return lower_first(reason) };
    let ends = token == "Eof";
    match what {
        "Unexpected nud token" if ends => "the rule ends where a name or a function should stand".into(),
        "Unexpected nud token" => "a name or a function should stand here".into(),
        "Did not parse the complete expression" => "the rule should end here, or go on with an operator".into(),
        what if ends => format!("{}, but the rule ends here", lower_first(what)),
        what => lower_first(what),
    }
}

/// Whether the byte at `at` is a `-` within what is meant as a name: JMESPath reads a negative number there.
fn splits_a_name(text: &str, at: usize) -> bool {
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.get(at..).is_some_and(|rest| rest.starts_with('-'))
        && text.get(..at).is_some_and(|before| before.ends_with(is_name))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Looks at every node. `expression_allowed`: whether `&…` may stand here.
fn visit(rule: &Ast, text: &str, expression_allowed: bool, mistakes: &mut Vec<Mistake>) {
    match rule {
        Ast::Function { name, args, offset } => visit_function(name, args, *offset, text, mistakes),
        Ast::Expref { ast, offset } => {
            if !expression_allowed {
                mistakes.push(Mistake {
                    code: "E0304",
                    title: "`&` hands a rule to a function, and stands nowhere else".into(),
                    bytes: *offset..offset + 1,
                    help: "use it as an argument of `map`, `sort_by`, `max_by` or `min_by`".into(),
                    replacement: None,
                });
            }
            visit(ast, text, false, mistakes);
        }
        Ast::MultiHash { elements, offset } => {
            for (position, element) in elements.iter().enumerate() {
                if elements[..position].iter().any(|other| other.key == element.key) {
                    mistakes.push(Mistake {
                        code: "E0305",
                        title: format!("the key `{}` stands twice in one object", element.key),
                        bytes: second_key(&element.key, *offset, text),
                        help: "rename or remove one: the first would be lost".into(),
                        replacement: None,
                    });
                }
                visit(&element.value, text, false, mistakes);
            }
        }
        Ast::MultiList { elements, .. } => elements.iter().for_each(|element| visit(element, text, false, mistakes)),
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. }
        | Ast::Condition { predicate: lhs, then: rhs, .. } => {
            visit(lhs, text, false, mistakes);
            visit(rhs, text, false, mistakes);
        }
        Ast::Not { node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => {
            visit(node, text, false, mistakes);
        }
        Ast::Slice { step: 0, offset, .. } => mistakes.push(Mistake {
            code: "E0308",
            title: "a slice cannot have the step 0".into(),
            bytes: *offset..offset + 1,
            help: "leave the step out, or give another".into(),
            replacement: None,
        }),
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } | Ast::Slice { .. } => {}
    }
}

fn visit_function(name: &str, arguments: &[Ast], paren: usize, text: &str, mistakes: &mut Vec<Mistake>) {
    let bytes = function_bytes(name, paren, text);
    let Some(Signature { fewest, most, expression, .. }) = signatures().find(|known| known.name == name) else {
        if let Some(help) = extras::function(name) {
            let title = format!("`{name}` is a function of JMESPath Community Edition");
            let help = format!("rules are JMESPath 1.0: {help}");
            mistakes.push(Mistake { code: "E0309", title, bytes, help, replacement: None });
            return;
        }
        let meant = did_you_mean(name, signatures().map(|known| known.name));
        mistakes.push(Mistake {
            code: "E0302",
            title: format!("JMESPath has no function `{name}`"),
            bytes,
            help: meant.map_or_else(
                || {
                    format!(
                        "the functions are: {}",
                        signatures().map(|known| known.name).collect::<Vec<_>>().join(", ")
                    )
                },
                |_| "did you mean this one?".into(),
            ),
            replacement: meant.map(str::to_owned),
        });
        return;
    };
    if arguments.len() < fewest || arguments.len() > most {
        let wants = if most == fewest { fewest.to_string() } else { format!("{fewest} or more") };
        mistakes.push(Mistake {
            code: "E0303",
            title: format!(
                "`{name}` takes {wants} argument{}, not {}",
                if fewest == 1 { "" } else { "s" },
                arguments.len()
            ),
            bytes,
            help: "see https://jmespath.org/specification.html#built-in-functions".into(),
            replacement: None,
        });
    } else if let Some(position) = expression
        && !matches!(arguments[position], Ast::Expref { .. })
    {
        mistakes.push(Mistake {
            code: "E0304",
            title: format!("argument {} of `{name}` is a rule, written with `&`", position + 1),
            bytes,
            help: "put `&` before it".into(),
            replacement: None,
        });
    }
    for (position, argument) in arguments.iter().enumerate() {
        visit(argument, text, expression == Some(position), mistakes);
    }
}

/// Where a key stands for the second time, from `offset` on.
fn second_key(key: &str, offset: usize, text: &str) -> Range<usize> {
    let rest = text.get(offset..).unwrap_or_default();
    let is_key = |at: &usize| {
        let behind = rest[at + key.len()..].trim_start_matches('"').trim_start();
        let before = rest[..*at].trim_end_matches('"').trim_end();
        behind.starts_with(':') && before.ends_with(['{', ','])
    };
    let mut places = rest.match_indices(key).map(|(at, _)| at).filter(is_key);
    let start = places.nth(1).unwrap_or_default() + offset;
    start..start + key.len()
}

/// Where the name of a function stands, of which the parser knows where its arguments begin.
fn function_bytes(name: &str, paren: usize, text: &str) -> Range<usize> {
    let before = text.get(..paren).unwrap_or_default().trim_end();
    if before.ends_with(name) { before.len() - name.len()..before.len() } else { 0..text.trim_end().len() }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn codes(text: &str) -> Vec<(&'static str, String)> {
        match parse(text) {
            Ok(_) => Vec::new(),
            Err(mistakes) => {
                mistakes.into_iter().map(|mistake| (mistake.code, text[mistake.bytes].to_owned())).collect()
            }
        }
    }

    #[test]
    fn sound_rules_are_taken() {
        for text in [
            "@",
            "items[*].{id: id}",
            "sort_by(items, &name)[:3]",
            "items[?n > `3`].x | [0]",
            "map(&a, b)",
            "not_null(a, b, 'x')",
        ] {
            assert_eq!(codes(text), [], "{text}");
        }
    }

    #[test]
    fn reasons_are_told_in_words_that_a_rule_has() {
        for (text, words) in [
            ("{a: b", "expected '}' or ',', but the rule ends here"),
            ("a b", "the rule should end here, or go on with an operator"),
            ("a.", "expected identifier, '*', '{', '[', '&', or '[?', but the rule ends here"),
            ("a | ", "the rule ends where a name or a function should stand"),
            ("a == ]", "a name or a function should stand here"),
            ("part-no", "'-' must be followed by numbers 1-9"),
        ] {
            let mistakes = parse(text).expect_err("is no rule");
            assert_eq!(mistakes[0].title, format!("this is no JMESPath: {words}"), "{text}");
            assert_eq!(mistakes[0].help.contains("double quotes"), text == "part-no", "{text}");
        }
    }

    #[test]
    fn mistakes_are_marked_where_they_stand() {
        assert_eq!(codes("items[*].{id: id"), [("E0301", String::new())]);
        assert_eq!(codes("a.lenght(b)"), [("E0302", "lenght".into())]);
        assert_eq!(codes("length(a, b)"), [("E0303", "length".into())]);
        let second = parse("{a: length(a), b: length (a, b)}").expect_err("takes one");
        assert_eq!(second[0].bytes, 18..24);
        assert_eq!(codes("sort_by(a, b)"), [("E0304", "sort_by".into())]);
        assert_eq!(codes("a.&b").len(), 1);
        assert_eq!(codes("{a: x, b: y, a: z}"), [("E0305", "a".into())]);
        assert_eq!(codes(" "), [("E0301", String::new())]);
    }

    #[test]
    fn rules_that_would_exhaust_the_stack_are_refused_before_they_are_parsed() {
        for text in
            ["(".repeat(10_000), "!".repeat(10_000), "[".repeat(10_000), "{a:".repeat(10_000), "& ".repeat(5_000)]
        {
            assert_eq!(parse(&text).map_err(|mistakes| mistakes[0].code), Err("E0307"));
        }
        for (link, count) in [
            ("*.", 8000),
            ("[*]", 5000),
            ("[]", 8000),
            ("a.", 8000),
            ("a|", 8000),
            ("[?a]", 4000),
            ("a||", 5000),
            ("a==", 5000),
            ("[0]", 5000),
            ("[1:]", 4000),
        ] {
            let text = link.repeat(count) + "a";
            let code = parse(&text).map_err(|mistakes| mistakes[0].code);
            // Two of them are no rules to begin with.
            assert!(matches!(code, Err("E0307" | "E0301")), "{link}: {code:?}");
        }
        for text in ["*.".repeat(250) + "a", "a.".repeat(250) + "a", "[*]".repeat(120), "[?a]".repeat(120)] {
            assert!(parse(&text).is_ok(), "{text}");
        }
    }
}
