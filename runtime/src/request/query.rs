//! Pairs of the query and of forms: the styles `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`, and JSON text.
//!
//! Names and values are encoded, delimiters between items are what the style says. A value never adds a pair under a name
//! that is another argument's.

use std::collections::{BTreeMap, BTreeSet};

use airlock_contract::Style;
use serde_json::Value;

use super::escape::{encoded, encoded_in_query};
use super::value::{Parts, Subject, flat};

/// One pair.
#[derive(Debug)]
pub(super) struct Pair {
    /// The name before encoding.
    pub(super) name: String,
    /// Whose name it is.
    pub(super) naming: Naming,
    /// Name, `=` and value, encoded.
    pub(super) text: String,
}

/// Whose name a pair has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// The argument's own.
    Own,
    /// That of an object's member.
    Spread,
    /// The argument's own with that of a member in brackets.
    Bracketed,
}

impl Pair {
    fn own(subject: Subject<'_>, value: &str) -> Self {
        let text = format!("{}={value}", encoded(subject.wire));
        Self { name: subject.wire.to_owned(), naming: Naming::Own, text }
    }
}

pub(super) const fn has(style: Style) -> bool {
    matches!(
        style,
        Style::Form
            | Style::FormExploded
            | Style::SpaceDelimited
            | Style::PipeDelimited
            | Style::DeepObject
            | Style::Json
    )
}

/// Writes one value. An array or object of nothing gives no pair.
pub(super) fn pairs(subject: Subject<'_>, style: Style, value: &Value) -> Result<Vec<Pair>, String> {
    let text_of = |text: &str| encoded_in_query(text, subject.reserved, style != Style::FormExploded);
    if style == Style::Json {
        return Ok(vec![Pair::own(subject, &text_of(&value.to_string()))]);
    }
    match (style, subject.parts(value)?) {
        (Style::DeepObject, Parts::Members(members)) => deep_object(subject, &members),
        (Style::DeepObject, _) => Err(subject.refused("is sent member by member", "send an object")),
        (_, Parts::Items(items)) if items.is_empty() => subject.left_out(Vec::new()),
        (_, Parts::Members(members)) if members.is_empty() => subject.left_out(Vec::new()),
        (Style::FormExploded, Parts::Items(items)) => {
            Ok(items.iter().map(|item| Pair::own(subject, &text_of(item))).collect())
        }
        (Style::FormExploded, Parts::Members(members)) => {
            let spread = |(name, value): (String, String)| {
                let text = format!("{}={}", encoded(&name), text_of(&value));
                Pair { name, naming: Naming::Spread, text }
            };
            Ok(members.into_iter().map(spread).collect())
        }
        (Style::Form | Style::FormExploded, Parts::One(text)) => Ok(vec![Pair::own(subject, &text_of(&text))]),
        (style, Parts::One(text)) => joined(subject, style, std::iter::once(text.as_str())),
        (style, Parts::Items(items)) => joined(subject, style, items.iter().map(String::as_str)),
        (style, Parts::Members(members)) => joined(subject, style, flat(&members)),
    }
}

/// One pair with all items in it.
fn joined<'a>(subject: Subject<'_>, style: Style, items: impl Iterator<Item = &'a str>) -> Result<Vec<Pair>, String> {
    let items = subject.joinable(items)?;
    let between = match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        // A comma inside an item is encoded, so the one between items can be told from it.
        _ => ",",
    };
    // Encoded, these two look the same between items and inside of them.
    let delimiter = match style {
        Style::SpaceDelimited => Some((' ', "a blank")),
        Style::PipeDelimited => Some(('|', "a `|`")),
        _ => None,
    };
    if let Some((delimiter, shown)) = delimiter
        && items.iter().any(|item| item.contains(delimiter))
    {
        return Err(subject
            .refused(&format!("is joined with {shown}, so nothing in it may hold one"), "send values without it"));
    }
    let items: Vec<String> = items.into_iter().map(|item| encoded_in_query(item, subject.reserved, true)).collect();
    Ok(vec![Pair::own(subject, &items.join(between))])
}

/// `name[member]=value` for each member.
fn deep_object(subject: Subject<'_>, members: &[(String, String)]) -> Result<Vec<Pair>, String> {
    if members.is_empty() {
        return subject.left_out(Vec::new());
    }
    let mut pairs = Vec::with_capacity(members.len());
    for (member, value) in members {
        if member.contains(['[', ']']) {
            return Err(subject.refused("has a member with a bracket in its name, which would nest", "rename it"));
        }
        let name = format!("{}[{member}]", subject.wire);
        let text = format!("{}={}", encoded(&name), encoded_in_query(value, subject.reserved, false));
        pairs.push(Pair { name, naming: Naming::Bracketed, text });
    }
    Ok(pairs)
}

/// A name that arguments or the host use themselves, with the row that has it.
pub(super) type Owned<'a> = (Option<usize>, &'a str);

/// A name that a member of an object takes.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) naming: Naming,
    pub(super) subject: Subject<'a>,
}

/// Refuses members whose name is another's: they would set it in its stead.
pub(super) fn check_taken<'a>(taken: &[Taken<'_>], owned: impl Iterator<Item = Owned<'a>>) -> Result<(), String> {
    if taken.is_empty() {
        return Ok(());
    }
    // Whose a name is, in whole and by its base, each looked up: a body may have a million members.
    let mut whole: BTreeMap<String, BTreeSet<Option<usize>>> = BTreeMap::new();
    let mut based: BTreeMap<String, BTreeSet<Option<usize>>> = BTreeMap::new();
    let owned: Vec<Owned<'a>> = owned.collect();
    for (owner, name) in owned.into_iter().chain(taken.iter().map(|one| (Some(one.row), one.name.as_str()))) {
        whole.entry(name.to_ascii_lowercase()).or_default().insert(owner);
        based.entry(base(name)).or_default().insert(owner);
    }
    for one in taken {
        let owners = match one.naming {
            // With a bracket, it is the argument's own to those who cut that off.
            Naming::Bracketed => whole.get(&one.name.to_ascii_lowercase()),
            _ => based.get(&base(&one.name)),
        };
        if owners.into_iter().flatten().any(|owner| *owner != Some(one.row)) {
            return Err(one.subject.refused("has a member with the name of another parameter", "leave it out"));
        }
    }
    Ok(())
}

/// What a name is to some server: many ignore case, and many cut off a bracket and what is behind it.
fn base(name: &str) -> String {
    name.split('[').next().unwrap_or_default().to_ascii_lowercase()
}
