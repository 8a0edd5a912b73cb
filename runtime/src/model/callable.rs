//! Which calls can be written for a question.
//!
//! A small model that may call any of twenty tools often calls the wrong one, and makes arguments up for it. What is certain
//! without it is decided here: a tool that would need what nobody has said is out, what the question names goes to a tool that
//! has a place for it, and of tools that the question's words tell apart those that fit are left. What is left over is the
//! model's choice. Figures: tests/BENCHMARKS.md.

mod another;

use std::collections::BTreeSet;

use airlock_contract::Effect;
use airlock_offer::stems;
use serde_json::{Map, Value};

use super::grammar::{CallGrammar, narrowed};
use super::ground::{Ground, Narrowed};
use super::offer::OfferedTool;
use super::{Message, ModelError, ToolCall, shortlist};

/// What a question names weighs so much more than a word that it shares with a tool (see [`shortlist::scores`]).
const CLAIM_WEIGHT: f64 = 3.0;

/// Tools that fit a question less well by more than this are not called for it at first.
const SCORE_MARGIN: f64 = 1.0;

/// What can be written now.
#[derive(Clone, Debug)]
pub struct Callable {
    /// The calls. None if each of them would need something that nobody has said, or if the question is about none of the
    /// tools.
    pub calls: Option<CallGrammar>,
    /// What speaks for a call.
    pub reason: Reason,
}

/// What speaks for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The question names something that a call has a place for.
    Named,
    /// The question's words.
    Words,
    /// A result gave an identifier that could be asked with next.
    LedOn,
}

impl Callable {
    const NONE: Self = Self { calls: None, reason: Reason::Words };
}

/// A tool that can be called.
struct Candidate<'t> {
    tool: &'t OfferedTool,
    schema: Value,
    /// What the question names that it has a place for, and that no call has taken.
    claims: BTreeSet<String>,
    /// How well the question's words fit it.
    fit: f64,
    score: f64,
}

/// Whether a question asks for what a tool does: the tool reads, or the question has the first word of its name or of its
/// description, which say what it does.
fn is_asked_for(one: &Candidate<'_>, asked: &BTreeSet<String>) -> bool {
    let has_verb = |text: &str| stems(text).next().is_some_and(|verb| asked.contains(&verb));
    one.tool.effect == Effect::Read || has_verb(&one.tool.name) || has_verb(&one.tool.description)
}

/// Takes out what changes data though nothing asks for it, where something else can be called and the question speaks the tools'
/// language.
fn prefer_reading(question: &str, callable: &mut Vec<Candidate<'_>>) {
    let asked: BTreeSet<String> = stems(question).collect();
    let speaks = callable.iter().any(|one| one.fit > 0.0);
    if speaks && callable.iter().any(|one| one.tool.effect == Effect::Read) {
        callable.retain(|one| is_asked_for(one, &asked));
    }
}

/// The calls that can be written after these messages, the last question of which is `question`, when these have been `made`
/// for it and answered. `is_open` says that words may come instead.
pub fn now(
    tools: &[OfferedTool],
    messages: &[Message],
    question: &str,
    made: &[ToolCall],
    is_open: bool,
) -> Result<Callable, ModelError> {
    let ground = Ground::of(tools, messages);
    let is_first = made.is_empty();
    let fits = shortlist::scores(question, tools);
    let mut callable = Vec::new();
    for (place, (tool, fit)) in tools.iter().zip(fits).enumerate() {
        let Some(Narrowed { schema, claims }) = ground.narrow(place) else { continue };
        // What a call has taken is named no more.
        let is_left = |claim: &String| !made.iter().any(|call| says(&call.arguments, claim));
        let claims: BTreeSet<String> = claims.into_iter().filter(is_left).collect();
        // After a call, words alone are no reason for another one.
        let score = if is_first { fit } else { 0.0 } + CLAIM_WEIGHT * to_f64(claims.len());
        callable.push(Candidate { tool, schema, claims, fit, score });
    }
    let best = callable.iter().map(|one| one.score).fold(0.0, f64::max);
    if callable.is_empty() || best == 0.0 && is_first && is_open {
        return Ok(Callable::NONE);
    }
    callable.retain(|one| one.score >= best - SCORE_MARGIN);
    let most = callable.iter().map(|one| one.claims.len()).max().unwrap_or_default();
    callable.retain(|one| one.claims.len() == most || one.score >= best);
    let is_named = callable.iter().any(|one| !one.claims.is_empty());
    if is_first {
        prefer_reading(question, &mut callable);
    } else if is_named {
        for one in &mut callable {
            another::restrict(&mut one.schema, &one.claims);
        }
    } else {
        lead_on(question, &mut callable, made);
    }
    if callable.is_empty() {
        return Ok(Callable::NONE);
    }
    let reason = match (is_named, is_first) {
        (true, _) => Reason::Named,
        (false, true) => Reason::Words,
        (false, false) => Reason::LedOn,
    };
    let calls = narrowed(callable.into_iter().map(|one| (one.tool.name.as_str(), one.schema)))?;
    Ok(Callable { calls: Some(calls), reason })
}

/// Leaves what takes an identifier that a result gave, of tools that are told of in the question's words if any is. A result is no
/// reason to change anything.
fn lead_on(question: &str, callable: &mut Vec<Candidate<'_>>, made: &[ToolCall]) {
    let speaks = callable.iter().any(|one| one.fit > 0.0);
    let (taken, asked) = (another::taken(made), stems(question).collect());
    callable.retain(|one| is_asked_for(one, &asked));
    callable.retain_mut(|one| match another::led_on(&one.schema, &taken) {
        Some(schema) if !speaks || one.fit > 0.0 => {
            one.schema = schema;
            true
        }
        _ => false,
    });
}

#[expect(clippy::cast_precision_loss, reason = "a question names a few things")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Whether a text stands in a call's arguments.
fn says(arguments: &Map<String, Value>, text: &str) -> bool {
    fn is_in(value: &Value, text: &str) -> bool {
        match value {
            // A moment has taken its day.
            Value::String(own) => own == text || own.split_once('T').is_some_and(|(day, _)| day == text),
            Value::Number(own) => own.to_string() == text,
            Value::Array(items) => items.iter().any(|item| is_in(item, text)),
            Value::Object(members) => members.values().any(|member| is_in(member, text)),
            _ => false,
        }
    }
    arguments.values().any(|value| is_in(value, text))
}

#[cfg(test)]
#[path = "callable_tests.rs"]
mod tests;
