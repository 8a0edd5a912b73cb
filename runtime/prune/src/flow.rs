//! A pipeline while it is fed.

use std::collections::VecDeque;

use crate::aggregate::{Aggregate, Key};
use crate::eval::{Piped, emit, eval};
use crate::fault::Fault;
use crate::pipeline::{Keep, Pipeline, Sink, Stage};
use crate::value::Value;
use crate::write::{check_length, write};

/// What a pipeline holds while it is fed.
#[derive(Debug)]
pub(crate) struct Flow<'i> {
    pipeline: &'i Pipeline,
    /// The stage, or behind the last one the sink, that can say that it needs no more.
    stops_at: Option<usize>,
    /// Whether there was an array.
    fed: bool,
    /// Whether no later item can change anything.
    done: bool,
    failed: Option<Fault>,
    held: Vec<Held<'i>>,
    result: Collected<'i>,
}

/// What a stage holds.
#[derive(Debug)]
enum Held<'i> {
    Nothing,
    /// How many items have come.
    Count(usize),
    Last(VecDeque<Value<'i>>),
    /// How many have come, the first one's key, which says what kind all are of, and those that are kept.
    Sorted(usize, Option<Key<'i>>, Vec<(Key<'i>, usize, Value<'i>)>),
}

/// What the sink holds.
#[derive(Debug)]
enum Collected<'i> {
    /// JSON text of an array without its end.
    Array(String),
    At(usize, Option<Value<'i>>),
    Last(VecDeque<Value<'i>>),
    Aggregate(Aggregate<'i>),
}

impl<'i> Flow<'i> {
    pub(crate) fn new(pipeline: &'i Pipeline) -> Self {
        let held = pipeline.stages.iter().map(|stage| match stage {
            Stage::Project(_) | Stage::Map(_) | Stage::Flatten => Held::Nothing,
            Stage::Slice { .. } => Held::Count(0),
            Stage::Last(_) => Held::Last(VecDeque::new()),
            Stage::Sort { .. } => Held::Sorted(0, None, Vec::new()),
        });
        let result = match &pipeline.sink {
            Sink::Collect => Collected::Array("[".to_owned()),
            Sink::At(_) => Collected::At(0, None),
            Sink::FromEnd(_) => Collected::Last(VecDeque::new()),
            Sink::Aggregate(function, by, separator) => {
                Aggregate::of(*function, by.as_ref(), separator).map_or(Collected::At(0, None), Collected::Aggregate)
            }
        };
        Self {
            pipeline,
            stops_at: pipeline.stops_at(),
            fed: false,
            done: false,
            failed: None,
            held: held.collect(),
            result,
        }
    }

    /// An array begins.
    pub(crate) fn begin(&mut self) {
        self.fed = true;
    }

    /// Forgets everything: the key under which the array stood, or something around it, stands there again.
    pub(crate) fn forget(&mut self) {
        if self.fed {
            *self = Self::new(self.pipeline);
        }
    }

    /// Whether no later item can change anything.
    pub(crate) fn is_done(&self) -> bool {
        self.done || self.failed.is_some()
    }

    /// Takes an item.
    pub(crate) fn take(&mut self, item: &Value<'i>) {
        if !self.is_done()
            && let Err(fault) = self.pass(0, item)
        {
            self.failed = Some(fault);
        }
    }

    /// Gives an item to a stage, or to the sink behind the last one.
    fn pass(&mut self, place: usize, item: &Value<'i>) -> Result<(), Fault> {
        let Some(stage) = self.pipeline.stages.get(place) else { return self.sink(item) };
        match (stage, &mut self.held[place]) {
            (Stage::Project(rule), _) => {
                // What goes into the result is written at once; no value is built for it.
                if place + 1 == self.pipeline.stages.len()
                    && let Collected::Array(text) = &mut self.result
                {
                    let length = text.len();
                    if length > 1 {
                        text.push(',');
                    }
                    if !emit(rule, item, &[], text)? {
                        text.truncate(length);
                    }
                    return check_length(text);
                }
                let value = eval(rule, item, &[])?;
                if value.is_null() { Ok(()) } else { self.pass(place + 1, &value) }
            }
            (Stage::Map(rule), _) => self.pass(place + 1, &eval(rule, item, &[])?),
            (Stage::Flatten, _) => match item.items()? {
                Some(items) => items.iter().try_for_each(|item| self.pass(place + 1, item)),
                None => self.pass(place + 1, item),
            },
            (Stage::Slice { start, stop, step }, Held::Count(count)) => {
                let position = *count;
                *count += 1;
                if stop.is_some_and(|stop| position + 1 >= stop) {
                    self.done = self.done || self.stops_at == Some(place);
                }
                let is_wanted = position >= *start
                    && stop.is_none_or(|stop| position < stop)
                    && (position - start).is_multiple_of(*step);
                if is_wanted { self.pass(place + 1, item) } else { Ok(()) }
            }
            (Stage::Last(count), Held::Last(held)) => {
                hold_last(held, item, *count);
                Ok(())
            }
            (Stage::Sort { function, key, keep, .. }, Held::Sorted(taken, first, held)) => {
                let key = Key::of(eval(key, item, &[])?, first.as_ref(), *function)?;
                if first.is_none() {
                    *first = Some(key.clone());
                }
                held.push((key, *taken, item.clone()));
                *taken += 1;
                let (Keep::Least(count) | Keep::Greatest(count)) = *keep else { return Ok(()) };
                // Now and then, so that an item costs a logarithm.
                if held.len() > 2 * count.max(32) {
                    shorten(held, *keep);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn sink(&mut self, item: &Value<'i>) -> Result<(), Fault> {
        match (&mut self.result, &self.pipeline.sink) {
            (Collected::Array(text), _) => {
                if text.len() > 1 {
                    text.push(',');
                }
                write(item, text)
            }
            (Collected::At(position, found), Sink::At(wanted)) => {
                if position == wanted {
                    *found = Some(item.clone());
                    self.done = self.done || self.stops_at == Some(self.pipeline.stages.len());
                }
                *position += 1;
                Ok(())
            }
            (Collected::Last(held), Sink::FromEnd(count)) => {
                hold_last(held, item, *count);
                Ok(())
            }
            (Collected::Aggregate(aggregate), _) => aggregate.add(item),
            _ => Ok(()),
        }
    }

    /// What came out; `None` if there was no array.
    pub(crate) fn finish(mut self) -> Piped {
        self.fed.then(|| match self.failed.take() {
            Some(fault) => Err(fault),
            None => self.release().and_then(|()| self.json()),
        })
    }

    /// Lets go what stages hold, from the first on.
    fn release(&mut self) -> Result<(), Fault> {
        for (place, stage) in self.pipeline.stages.iter().enumerate() {
            match (stage, std::mem::replace(&mut self.held[place], Held::Nothing)) {
                (Stage::Last(_), Held::Last(held)) => {
                    held.iter().try_for_each(|item| self.pass(place + 1, item))?;
                }
                (Stage::Sort { reverse, keep, .. }, Held::Sorted(_, _, mut held)) => {
                    shorten(&mut held, *keep);
                    if *reverse {
                        held.reverse();
                    }
                    held.iter().try_for_each(|(_, _, item)| self.pass(place + 1, item))?;
                }
                (_, held) => self.held[place] = held,
            }
        }
        Ok(())
    }

    fn json(self) -> Result<String, Fault> {
        let value = match (self.result, &self.pipeline.sink) {
            (Collected::Array(mut text), _) => {
                text.push(']');
                return Ok(text);
            }
            (Collected::At(_, found), _) => found.unwrap_or(Value::Null),
            (Collected::Last(mut held), Sink::FromEnd(count)) if held.len() == *count => {
                held.pop_front().unwrap_or(Value::Null)
            }
            (Collected::Last(_), _) => Value::Null,
            (Collected::Aggregate(aggregate), _) => aggregate.finish()?,
        };
        let mut text = String::new();
        write(&value, &mut text)?;
        Ok(text)
    }
}

fn hold_last<'i>(held: &mut VecDeque<Value<'i>>, item: &Value<'i>, count: usize) {
    if held.len() == count {
        held.pop_front();
    }
    if count > 0 {
        held.push_back(item.clone());
    }
}

/// Sorts, stable, and lets go what is not looked at.
fn shorten(held: &mut Vec<(Key<'_>, usize, Value<'_>)>, keep: Keep) {
    held.sort_by(|left, right| left.0.compare(&right.0).then(left.1.cmp(&right.1)));
    match keep {
        Keep::All => {}
        Keep::Least(count) => held.truncate(count),
        Keep::Greatest(count) => drop(held.drain(..held.len().saturating_sub(count))),
    }
}
