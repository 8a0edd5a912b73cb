//! Checks a call's arguments against a tool's table.
//!
//! What comes in: the JSON object that the caller sent. What goes out: one value for each row that is sent, defaults and
//! fixed values filled in, or all faults at once, each with what was expected, what was there, and the nearest known
//! name. Nothing unknown passes, and nothing is converted but integers that came as digits (`digits`).

mod canonical;
mod check;
mod digits;
mod format;
mod pattern;
mod words;

use std::fmt;

use airlock_contract::request::{Argument, Place, Source};
use airlock_contract::shape::{Object, Shape};
use serde_json::{Map, Value};

pub use canonical::canonical;
pub(crate) use canonical::plain;
pub use check::Fault;

#[cfg(feature = "model")]
pub(crate) use pattern::Pattern;

use check::Checker;
use pattern::Patterns;

use crate::untrusted::quoted;

/// Faults that are told; the number of others is.
const FAULTS_TOLD_MAX: usize = 20;

/// The table of one tool, prepared once.
#[derive(Debug)]
pub struct Table {
    rows: &'static [Argument],
    /// What is sent if the caller sends nothing, by row.
    preset: Vec<Option<Value>>,
    /// Whether strings of digits may stand for integers in it, by row.
    digits: Vec<bool>,
    patterns: Patterns,
}

/// Arguments that passed: one value a row of the table, none where nothing is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked(pub Vec<Option<Value>>);

/// Everything that is wrong with one call's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.0.iter().take(FAULTS_TOLD_MAX).enumerate() {
            if position > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "- {fault}")?;
        }
        match self.0.len().saturating_sub(FAULTS_TOLD_MAX) {
            0 => Ok(()),
            more => write!(formatter, "\n- and {more} more"),
        }
    }
}

impl Table {
    /// Prepares a table: builds its patterns, parses its presets. The error names the argument.
    pub fn new(rows: &'static [Argument]) -> Result<Self, String> {
        let mut patterns = Patterns::default();
        let mut preset = Vec::with_capacity(rows.len());
        for row in rows {
            patterns.add(&row.shape).map_err(|fault| format!("argument `{}`: {fault}", row.name))?;
            preset.push(match row.source {
                Source::Required | Source::Optional | Source::Page("") => None,
                Source::Default(json) | Source::Fixed(json) | Source::Page(json) => {
                    let value = serde_json::from_str(json);
                    Some(value.map_err(|fault| format!("argument `{}`: its preset is not JSON: {fault}", row.name))?)
                }
            });
        }
        let digits = rows.iter().map(|row| digits::occurs(&row.shape)).collect();
        Ok(Self { rows, preset, digits, patterns })
    }

    /// Names that the caller may use, in declared order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        offered(self.rows).map(|row| row.name)
    }

    /// What is sent for a row if the caller sends nothing.
    pub(crate) fn preset(&self, row: usize) -> Option<&Value> {
        self.preset.get(row)?.as_ref()
    }

    /// Checks a call's arguments.
    pub fn check(&self, mut arguments: Map<String, Value>) -> Result<Checked, Faults> {
        let mut checker = Checker::new(&self.patterns);
        for name in arguments.keys() {
            if !offered(self.rows).any(|row| row.name == name) {
                checker.unknown(name, self.names());
            }
        }
        let mut values = Vec::with_capacity(self.rows.len());
        for ((row, preset), digits) in self.rows.iter().zip(&self.preset).zip(&self.digits) {
            let sent = if row.source.is_offered() { arguments.shift_remove(row.name) } else { None };
            let Some(mut value) = sent else {
                if row.source == Source::Required {
                    checker.missing(row.name, &row.shape);
                }
                values.push(preset.clone());
                continue;
            };
            checker.argument(row.name, &row.shape, &value);
            if *digits && checker.is_content() && !digits::settle(&mut checker, &row.shape, &mut value) {
                checker.argument_too_large(row.name);
            }
            // Where null is admitted for an argument that may be left out, it means just that. In a body null says more.
            let left_out = value.is_null() && row.source != Source::Required && row.place != Place::BodyProperty;
            values.push(if left_out { preset.clone() } else { Some(value) });
        }
        let faults = checker.finish();
        if faults.is_empty() { Ok(Checked(values)) } else { Err(Faults(faults)) }
    }
}

/// The object that a shape stands for, looked up through names and null.
pub(crate) fn object_of(shape: &Shape) -> Option<Object> {
    let mut shape = *shape;
    // A shape that only names itself has no end.
    for _ in 0..64 {
        match shape {
            Shape::Object(object) => return Some(object),
            Shape::Nullable(inner) => shape = *inner,
            Shape::Named(named) => shape = named.shape,
            _ => return None,
        }
    }
    None
}

/// Rows that the caller sees.
fn offered(rows: &'static [Argument]) -> impl Iterator<Item = &'static Argument> + Clone {
    rows.iter().filter(|row| row.source.is_offered())
}

/// The known name that an unknown one was probably meant to be.
pub(crate) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names are no typing slips, and comparing them costs the product of the lengths.
    if unknown.len() > 64 {
        return None;
    }
    let folded = unknown.to_ascii_lowercase().replace('-', "_");
    let distances = known.map(|name| (distance(&folded, &name.to_ascii_lowercase()), name));
    let allowed = (unknown.chars().count() / 3).max(1);
    distances.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= allowed).map(|(_, name)| name)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

/// `; did you mean …?`, or what is known.
pub(crate) fn suggestion<'a>(unknown: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(unknown, known.clone()) {
        return format!("did you mean {}?", quoted(name));
    }
    let names: Vec<String> = known.take(40).map(quoted).collect();
    if names.is_empty() { "there are none".to_owned() } else { format!("known: {}", names.join(", ")) }
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
