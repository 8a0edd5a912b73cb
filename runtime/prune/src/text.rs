//! A rule as text, for people: what runs, written as JMESPath 1.0.
//!
//! It is written from the tree, so it cannot say anything else than what runs. Blanks and brackets are ours.

use std::fmt::Write as _;

use airlock_contract::text::is_invisible;

use crate::rule::{Comparator, Rule};

/// An object that is longer than this, in characters, has each member on a line of its own.
const COLUMNS: usize = 80;

/// How tightly an expression holds together, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    Pipe,
    Or,
    And,
    Compare,
    /// A sign before it.
    Sign,
    /// What steps can follow on.
    Steps,
}

impl Rule {
    /// The rule as text: parsed, it means the same.
    pub fn text(&self) -> String {
        at_least(self, Bond::Pipe)
    }
}

/// The text of a rule, in brackets where it holds together less tightly.
fn at_least(rule: &Rule, bond: Bond) -> String {
    let (text, own) = written(rule);
    if own < bond { format!("({text})") } else { text }
}

fn written(rule: &Rule) -> (String, Bond) {
    let text = match rule {
        Rule::Then(first, next) if **next == Rule::Current && !is_open(first) => return written(first),
        Rule::Then(first, next) => match steps(next).filter(|_| !is_open(first)) {
            Some(next) => at_least(first, Bond::Steps) + &next,
            None => {
                return (format!("{} | {}", at_least(first, Bond::Pipe), at_least(next, Bond::Or)), Bond::Pipe);
            }
        },
        Rule::Or(left, right) => return binary(left, "||", right, Bond::Or),
        Rule::And(left, right) => return binary(left, "&&", right, Bond::And),
        Rule::Compare(left, comparator, right) => {
            let (left, right) = (at_least(left, Bond::Sign), at_least(right, Bond::Sign));
            return (format!("{left} {} {right}", sign(*comparator)), Bond::Compare);
        }
        Rule::Not(inner) => {
            let is_one = matches!(**inner, Rule::Current | Rule::Field(_) | Rule::Literal(_) | Rule::Call(..));
            let inner = if is_one { inner.text() } else { format!("({})", inner.text()) };
            return (format!("!{inner}"), Bond::Sign);
        }
        Rule::Expression(inner) => return (format!("&{}", at_least(inner, Bond::Sign)), Bond::Sign),
        Rule::Current => "@".to_owned(),
        Rule::Literal(json) => format!("`{}`", seen(json).replace('`', "\\`")),
        Rule::Each(list, item) => each(list, item, &head),
        Rule::Flatten(list) => head(list, true) + "[]",
        Rule::Values(object) => members(&head(object, false)),
        Rule::When(condition, then) => format!("[?{}]{}", condition.text(), rest(then)),
        Rule::Field(_) | Rule::Index(_) | Rule::Slice(..) | Rule::Object(_) | Rule::List(_) | Rule::Call(..) => {
            step(rule)
        }
    };
    (text, Bond::Steps)
}

fn binary(left: &Rule, sign: &str, right: &Rule, bond: Bond) -> (String, Bond) {
    // These signs group from the left.
    let tighter = if bond == Bond::Or { Bond::And } else { Bond::Compare };
    (format!("{} {sign} {}", at_least(left, bond), at_least(right, tighter)), bond)
}

/// What a list or an object of members is taken from. A list that is flattened may still be open: that closes it.
fn head(rule: &Rule, is_flattened: bool) -> String {
    if is_open(rule) && !is_flattened {
        return format!("({})", rule.text());
    }
    match at_least(rule, Bond::Steps) {
        current if current == "@" => String::new(),
        text => text,
    }
}

/// A projection whose list is written by `from`, which is told whether the list is flattened.
fn each(list: &Rule, item: &Rule, from: &dyn Fn(&Rule, bool) -> String) -> String {
    let before = match list {
        Rule::Flatten(list) => from(list, true) + "[]",
        Rule::Values(object) => members(&from(object, false)),
        Rule::Slice(..) => step(list),
        _ => match item {
            Rule::When(condition, then) => {
                return format!("{}[?{}]{}", from(list, false), condition.text(), rest(then));
            }
            _ => from(list, false) + "[*]",
        },
    };
    before + &rest(item)
}

fn members(object: &str) -> String {
    if object.is_empty() { "*".to_owned() } else { format!("{object}.*") }
}

/// Whether a step behind this text would belong to each item of its list.
fn is_open(rule: &Rule) -> bool {
    match rule {
        Rule::Each(..) | Rule::Flatten(_) | Rule::Values(_) | Rule::When(..) => true,
        Rule::Then(first, next) => !is_open(first) && steps(next).is_some() && is_open(next),
        _ => false,
    }
}

/// What is applied to each item. The parser makes nothing of it but steps.
fn rest(item: &Rule) -> String {
    steps(item).unwrap_or_else(|| format!(".({})", item.text()))
}

/// A rule as it stands behind what it is applied to; none if it cannot.
fn steps(rule: &Rule) -> Option<String> {
    Some(match rule {
        Rule::Current => String::new(),
        Rule::Index(_) | Rule::Slice(..) => step(rule),
        Rule::Field(_) | Rule::Object(_) | Rule::List(_) | Rule::Call(..) => format!(".{}", step(rule)),
        Rule::Then(first, next) if !is_open(first) => steps(first)? + &steps(next)?,
        Rule::Each(list, item) => {
            let taken = match &**list {
                Rule::Flatten(inner) | Rule::Values(inner) => inner,
                Rule::Slice(..) => &Rule::Current,
                other => other,
            };
            steps(taken).filter(|_| !is_open(taken))?;
            let from = |rule: &Rule, _| steps(rule).unwrap_or_default();
            let text = each(list, item, &from);
            // Members of the item itself.
            if text.starts_with('*') { format!(".{text}") } else { text }
        }
        _ => return None,
    })
}

/// One step, as it stands at the beginning of a rule.
fn step(rule: &Rule) -> String {
    match rule {
        Rule::Field(name) => word(name),
        Rule::Index(position) => format!("[{position}]"),
        Rule::Slice(start, stop, step) => {
            let bound = |bound: &Option<i32>| bound.map(|bound| bound.to_string()).unwrap_or_default();
            let step = if *step == 1 { String::new() } else { format!(":{step}") };
            format!("[{}:{}{step}]", bound(start), bound(stop))
        }
        Rule::Object(members) => {
            let members = members.iter().map(|(name, rule)| format!("{}: {}", word(name), rule.text()));
            enclosed("{", &members.collect::<Vec<_>>(), "}")
        }
        Rule::List(items) => enclosed("[", &items.iter().map(Rule::text).collect::<Vec<_>>(), "]"),
        Rule::Call(function, arguments) => {
            enclosed(&format!("{function}("), &arguments.iter().map(Rule::text).collect::<Vec<_>>(), ")")
        }
        other => other.text(),
    }
}

/// Parts between brackets: in one line, or a line each.
fn enclosed(open: &str, parts: &[String], close: &str) -> String {
    let line = format!("{open}{}{close}", parts.join(", "));
    if line.chars().count() <= COLUMNS && !line.contains('\n') {
        return line;
    }
    let parts: Vec<String> = parts.iter().map(|part| format!("  {}", part.replace('\n', "\n  "))).collect();
    format!("{open}\n{}\n{close}", parts.join(",\n"))
}

fn sign(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Equal => "==",
        Comparator::NotEqual => "!=",
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
        Comparator::Greater => ">",
        Comparator::GreaterOrEqual => ">=",
    }
}

/// A name, in quotes where it is no plain word.
fn word(name: &str) -> String {
    let is_plain = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", seen(&name.replace('\\', "\\\\").replace('"', "\\\""))) }
}

/// Text inside of JSON strings: what nobody would see is spelled out.
fn seen(text: &str) -> String {
    let mut seen = String::new();
    for char in text.chars() {
        if is_invisible(char) {
            let mut units = [0; 2];
            char.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(seen, "\\u{unit:04x}");
            });
        } else {
            seen.push(char);
        }
    }
    seen
}
