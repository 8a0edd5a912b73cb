//! Patterns of shapes, built once at start.
//!
//! Documents write them in the dialect of ECMA-262 (JSON Schema 2020-12, section 6.4). The engine here speaks another
//! one and runs in linear time; what differs and can be rewritten is. What cannot be built stops the program at start:
//! a bound that is announced and not enforced would be a lie.

use std::collections::BTreeMap;

use airlock_contract::shape::{Named, Shape};
use regex::Regex;

/// One pattern.
#[cfg(feature = "model")]
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

#[cfg(feature = "model")]
impl Pattern {
    /// None if it cannot be built.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        build(pattern).ok().map(Self)
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Patterns by their text as declared.
#[derive(Debug, Default)]
pub(super) struct Patterns(BTreeMap<&'static str, Regex>);

impl Patterns {
    /// Builds every pattern of a shape.
    pub(super) fn add(&mut self, shape: &Shape) -> Result<(), String> {
        self.visit(shape, &mut Vec::new())
    }

    /// Whether a text matches a pattern that was added.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> bool {
        self.0.get(pattern).is_some_and(|regex| regex.is_match(text))
    }

    fn visit(&mut self, shape: &Shape, seen: &mut Vec<*const Named>) -> Result<(), String> {
        match shape {
            Shape::Text(text) if !text.pattern.is_empty() && !self.0.contains_key(text.pattern) => {
                self.0.insert(text.pattern, build(text.pattern)?);
            }
            Shape::List(list) => self.visit(list.items, seen)?,
            Shape::Object(object) => {
                for property in object.properties {
                    self.visit(&property.shape, seen)?;
                }
                if let Some(rest) = object.rest {
                    self.visit(rest, seen)?;
                }
            }
            Shape::AnyOf(shapes) => {
                for shape in *shapes {
                    self.visit(shape, seen)?;
                }
            }
            Shape::Nullable(inner) => self.visit(inner, seen)?,
            Shape::Named(named) if !seen.contains(&std::ptr::from_ref(*named)) => {
                seen.push(*named);
                self.visit(&named.shape, seen)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn build(pattern: &str) -> Result<Regex, String> {
    Regex::new(&translated(pattern)).or_else(|fault| Regex::new(pattern).map_err(|_| fault)).map_err(|fault| {
        let fault = fault.to_string();
        let reason = fault.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("the pattern `{}` cannot be enforced: {reason}", pattern.escape_debug())
    })
}

/// The pattern in the engine's dialect: `\d`, `\w`, `\s` mean what ECMA-262 says, and inside brackets only `\`, `]`, `^`
/// and `-` are special.
fn translated(pattern: &str) -> String {
    const SPACE: &str =
        r"\t\n\x0B\x0C\r \u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
    let mut text = String::with_capacity(pattern.len() + 16);
    let mut in_class = false;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => text.push_str("[0-9]"),
                Some('D') => text.push_str("[^0-9]"),
                Some('w') => text.push_str("[0-9A-Za-z_]"),
                Some('W') => text.push_str("[^0-9A-Za-z_]"),
                Some('s') => text.extend(["[", SPACE, "]"]),
                Some('S') => text.extend(["[^", SPACE, "]"]),
                Some('b') if !in_class => text.push_str(r"(?-u:\b)"),
                Some(other) => text.extend(['\\', other]),
                None => text.push('\\'),
            },
            '[' if in_class => text.push_str(r"\["),
            '&' | '~' if in_class => text.extend(['\\', character]),
            _ => {
                in_class = match character {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                text.push(character);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::build;

    fn matches(pattern: &str, text: &str) -> bool {
        build(pattern).expect("the pattern builds").is_match(text)
    }

    #[test]
    fn classes_are_those_of_ecma_262() {
        assert!(matches(r"^\d+$", "42"));
        assert!(!matches(r"^\d+$", "٤٢"), "\\d is ASCII");
        assert!(matches(r"^[\w.-]+$", "a_b.c-d"));
        assert!(!matches(r"^\w+$", "ä"));
        assert!(matches(r"^.{3}$", "äöü"), "a dot is a code point");
        assert!(matches(r"^\S+\s\S+$", "a\u{a0}b"));
        assert!(matches(r"^[[&~]+$", "[&~"), "a bracket inside brackets is itself");
        assert!(matches(r"\bcat\b", "the cat sat"));
    }

    #[test]
    fn what_cannot_be_enforced_is_named() {
        let fault = build("^(?=a)b").expect_err("look-around is not linear");
        assert!(fault.contains("look-around") && fault.contains("(?=a)b"), "{fault}");
    }
}
