//! Functions that take an array item by item and keep no more than a result: over arrays that are there, and over those
//! that are being read.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::eval::eval;
use crate::expr::{Expr, Function};
use crate::fault::Fault;
use crate::value::{Number, Value};

/// What an item is ordered by.
#[derive(Clone, Debug)]
pub(crate) enum Key<'i> {
    Number(Number<'i>),
    Text(Cow<'i, str>),
}

impl<'i> Key<'i> {
    /// The key that `value` is; `first` is the first item's, which all must be like.
    pub(crate) fn of(value: Value<'i>, first: Option<&Self>, function: Function) -> Result<Self, Fault> {
        match (value, first) {
            (Value::Number(number), None | Some(Self::Number(_))) => Ok(Self::Number(number)),
            (Value::Text(text), None | Some(Self::Text(_))) => Ok(Self::Text(text)),
            (value, _) => {
                let name = function.name();
                Err(Fault::Answer(format!(
                    "`{name}` orders by numbers alone or by strings alone, and the answer has {} there",
                    value.kind()
                )))
            }
        }
    }

    /// Strings by code point (their UTF-8 has the same order).
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.compare(*right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// A result in the making.
#[derive(Clone, Debug)]
pub(crate) enum Aggregate<'i> {
    Length(usize),
    Sum(Sum),
    Average(Sum, usize),
    /// `min`, `max`, `min_by`, `max_by`: the best so far. Without a rule an item is its own key.
    Best {
        function: Function,
        by: Option<&'i Expr>,
        best: Option<(Key<'i>, Value<'i>)>,
    },
    Joined {
        separator: &'i str,
        text: Option<String>,
    },
}

/// Exact as long as integers are summed that fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    whole: Option<i64>,
    float: f64,
}

impl<'i> Aggregate<'i> {
    /// The aggregate of a function, nothing taken yet; `None` of one that is none.
    pub(crate) fn of(function: Function, by: Option<&'i Expr>, separator: &'i str) -> Option<Self> {
        let sum = Sum { whole: Some(0), float: 0.0 };
        match function {
            Function::Length => Some(Self::Length(0)),
            Function::Sum => Some(Self::Sum(sum)),
            Function::Avg => Some(Self::Average(sum, 0)),
            Function::Min | Function::Max | Function::MinBy | Function::MaxBy => {
                Some(Self::Best { function, by, best: None })
            }
            Function::Join => Some(Self::Joined { separator, text: None }),
            _ => None,
        }
    }

    /// Takes an item.
    pub(crate) fn add(&mut self, item: &Value<'i>) -> Result<(), Fault> {
        match self {
            Self::Length(count) => *count += 1,
            Self::Sum(sum) => sum.add(item, Function::Sum)?,
            Self::Average(sum, count) => {
                sum.add(item, Function::Avg)?;
                *count += 1;
            }
            Self::Best { function, by, best } => {
                let key = match by {
                    Some(rule) => eval(rule, item, &[])?,
                    None => item.clone(),
                };
                let key = Key::of(key, best.as_ref().map(|(key, _)| key), *function)?;
                // Of equal ones the first is taken, but for `max`, where it cannot be told but by how a number is written.
                let is_better = best.as_ref().is_none_or(|(known, _)| match function {
                    Function::Min | Function::MinBy => key.compare(known).is_lt(),
                    Function::MaxBy => key.compare(known).is_gt(),
                    _ => key.compare(known).is_ge(),
                });
                if is_better {
                    *best = Some((key, item.clone()));
                }
            }
            Self::Joined { separator, text } => {
                let Value::Text(item) = item else {
                    return Err(Fault::Answer(format!(
                        "`join` takes an array of strings, and an item of it is {}",
                        item.kind()
                    )));
                };
                match text {
                    Some(text) => {
                        text.push_str(separator);
                        text.push_str(item);
                    }
                    None => *text = Some(item.clone().into_owned()),
                }
            }
        }
        Ok(())
    }

    /// The result.
    pub(crate) fn finish(self) -> Result<Value<'i>, Fault> {
        Ok(match self {
            Self::Length(count) => Value::whole(count),
            Self::Sum(sum) => Value::Number(sum.number()?),
            Self::Average(_, 0) => Value::Null,
            #[expect(clippy::cast_precision_loss, reason = "no array has 2^53 items")]
            Self::Average(sum, count) => Value::Number(finite(sum.number()?.float() / count as f64)?),
            Self::Best { best, .. } => best.map_or(Value::Null, |(_, item)| item),
            Self::Joined { text, .. } => Value::Text(Cow::Owned(text.unwrap_or_default())),
        })
    }
}

impl Sum {
    fn add(&mut self, item: &Value<'_>, function: Function) -> Result<(), Fault> {
        let Value::Number(number) = item else {
            let name = function.name();
            return Err(Fault::Answer(format!(
                "`{name}` takes an array of numbers, and an item of it is {}",
                item.kind()
            )));
        };
        self.whole = self.whole.zip(number.whole()).and_then(|(sum, item)| sum.checked_add(item));
        self.float += number.float();
        Ok(())
    }

    fn number(self) -> Result<Number<'static>, Fault> {
        self.whole.map_or_else(|| finite(self.float), |whole| Ok(Number::Whole(whole)))
    }
}

/// JSON has no infinity.
pub(crate) fn finite(float: f64) -> Result<Number<'static>, Fault> {
    if float.is_finite() {
        Ok(Number::Float(float))
    } else {
        Err(Fault::Answer("a number is beyond the range of doubles".to_owned()))
    }
}
