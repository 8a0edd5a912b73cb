//! The functions of JMESPath 1.0 (<https://jmespath.org/specification.html#built-in-functions>).

use std::borrow::Cow;
use std::rc::Rc;

use crate::aggregate::{Aggregate, Key, finite};
use crate::eval::{Piped, eval};
use crate::expr::{Expr, Function};
use crate::fault::Fault;
use crate::scan::{Kind, Scanner};
use crate::value::{Members, Number, Value, sorted};
use crate::write;

/// Calls a function. How many arguments there are has been checked.
pub(crate) fn call<'i>(
    function: Function,
    arguments: &'i [Expr],
    current: &Value<'i>,
    piped: &'i [Piped],
) -> Result<Value<'i>, Fault> {
    match (function, arguments) {
        (Function::Map, [item, list]) => {
            let list = items(function, &eval(list, current, piped)?)?;
            let mapped: Result<_, Fault> = list.iter().map(|value| eval(item, value, piped)).collect();
            return Ok(Value::array(mapped?));
        }
        (Function::SortBy, [list, key]) => {
            return sort(function, &items(function, &eval(list, current, piped)?)?, Some(key));
        }
        (Function::MinBy | Function::MaxBy, [list, key]) => {
            return aggregate(function, &items(function, &eval(list, current, piped)?)?, Some(key));
        }
        (Function::NotNull, values) => {
            // All are evaluated before the function is called, so that an error in a later one is one.
            let mut found = Value::Null;
            for value in values {
                let value = eval(value, current, piped)?;
                if found.is_null() {
                    found = value;
                }
            }
            return Ok(found);
        }
        _ => {}
    }
    let values: Vec<Value<'i>> =
        arguments.iter().map(|argument| eval(argument, current, piped)).collect::<Result<_, _>>()?;
    match values.as_slice() {
        [value] => unary(function, value),
        [first, second] => binary(function, first, second),
        _ => merge(&values),
    }
}

fn unary<'i>(function: Function, value: &Value<'i>) -> Result<Value<'i>, Fault> {
    Ok(match function {
        Function::Abs | Function::Ceil | Function::Floor => Value::Number(rounded(function, value)?),
        Function::Length => match value {
            Value::Text(text) => Value::whole(text.chars().count()),
            _ => match (value.items()?, value.members()?) {
                (Some(items), _) => Value::whole(items.len()),
                (_, Some(members)) => Value::whole(members.len()),
                _ => return Err(misfit(function, "an array, an object or a string", value)),
            },
        },
        Function::Sum | Function::Avg | Function::Min | Function::Max => {
            aggregate(function, &items(function, value)?, None)?
        }
        Function::Sort => sort(function, &items(function, value)?, None)?,
        Function::Reverse => match (value, value.items()?) {
            (Value::Text(text), _) => Value::Text(Cow::Owned(text.chars().rev().collect())),
            (_, Some(items)) => Value::array(items.iter().rev().cloned().collect()),
            _ => return Err(misfit(function, "an array or a string", value)),
        },
        Function::Keys => {
            let members = members(function, value)?;
            Value::array(sorted(&members).into_iter().map(|(key, _)| Value::Text(key.clone())).collect())
        }
        Function::Values => {
            let members = members(function, value)?;
            Value::array(sorted(&members).into_iter().map(|(_, value)| value.clone()).collect())
        }
        Function::Merge => merge(std::slice::from_ref(value))?,
        Function::ToArray => match value.items()? {
            Some(_) => value.clone(),
            None => Value::array(vec![value.clone()]),
        },
        Function::ToNumber => to_number(value)?,
        Function::ToString => to_string(value)?,
        Function::Type => Value::Text(Cow::Borrowed(value.kind())),
        _ => return Err(Fault::Rule(format!("`{}` is called with one argument", function.name()))),
    })
}

fn binary<'i>(function: Function, first: &Value<'i>, second: &Value<'i>) -> Result<Value<'i>, Fault> {
    Ok(match function {
        Function::Contains => match (first, first.items()?) {
            (Value::Text(text), _) => match second {
                Value::Text(part) => Value::Bool(text.contains(part.as_ref())),
                _ => Value::Bool(false),
            },
            (_, Some(items)) => {
                let mut contains = false;
                for item in items.iter() {
                    contains = contains || item.equals(second)?;
                }
                Value::Bool(contains)
            }
            _ => return Err(misfit(function, "an array or a string", first)),
        },
        Function::StartsWith | Function::EndsWith => match (first, second) {
            (Value::Text(text), Value::Text(part)) if function == Function::StartsWith => {
                Value::Bool(text.starts_with(part.as_ref()))
            }
            (Value::Text(text), Value::Text(part)) => Value::Bool(text.ends_with(part.as_ref())),
            (Value::Text(_), other) | (other, _) => return Err(misfit(function, "two strings", other)),
        },
        Function::Join => {
            let Value::Text(separator) = first else { return Err(misfit(function, "a string first", first)) };
            let items = items(function, second)?;
            let mut texts: Vec<&str> = Vec::with_capacity(items.len());
            for item in items.iter() {
                let Value::Text(text) = item else { return Err(misfit(function, "an array of strings", item)) };
                texts.push(text);
            }
            Value::Text(Cow::Owned(texts.join(separator)))
        }
        _ => merge(&[first.clone(), second.clone()])?,
    })
}

fn misfit(function: Function, wants: &str, value: &Value<'_>) -> Fault {
    Fault::Answer(format!("`{}` takes {wants}, and the answer has {} there", function.name(), value.kind()))
}

fn items<'i>(function: Function, value: &Value<'i>) -> Result<Rc<Vec<Value<'i>>>, Fault> {
    value.items()?.ok_or_else(|| misfit(function, "an array", value))
}

fn members<'i>(function: Function, value: &Value<'i>) -> Result<Rc<Members<'i>>, Fault> {
    value.members()?.ok_or_else(|| misfit(function, "an object", value))
}

fn aggregate<'i>(function: Function, items: &[Value<'i>], by: Option<&'i Expr>) -> Result<Value<'i>, Fault> {
    let Some(mut aggregate) = Aggregate::of(function, by, "") else {
        return Err(Fault::Rule(format!("`{}` is called with one argument", function.name())));
    };
    for item in items {
        aggregate.add(item)?;
    }
    aggregate.finish()
}

/// Sorts, stable.
fn sort<'i>(function: Function, items: &[Value<'i>], by: Option<&'i Expr>) -> Result<Value<'i>, Fault> {
    let mut keyed: Vec<(Key<'i>, &Value<'i>)> = Vec::with_capacity(items.len());
    for item in items {
        let key = match by {
            Some(rule) => eval(rule, item, &[])?,
            None => item.clone(),
        };
        let key = Key::of(key, keyed.first().map(|(key, _)| key), function)?;
        keyed.push((key, item));
    }
    keyed.sort_by(|left, right| left.0.compare(&right.0));
    Ok(Value::array(keyed.into_iter().map(|(_, item)| item.clone()).collect()))
}

/// Of a key that stands in several, the last counts.
fn merge<'i>(values: &[Value<'i>]) -> Result<Value<'i>, Fault> {
    let mut places = std::collections::HashMap::new();
    let mut merged = Members::new();
    for value in values {
        for (key, value) in members(Function::Merge, value)?.iter() {
            if let Some(place) = places.get(key) {
                merged[*place] = (key.clone(), value.clone());
            } else {
                places.insert(key.clone(), merged.len());
                merged.push((key.clone(), value.clone()));
            }
        }
    }
    Ok(Value::Object(Rc::new(merged)))
}

/// `abs`, `ceil`, `floor`. Integers stay as they are written.
fn rounded<'i>(function: Function, value: &Value<'i>) -> Result<Number<'i>, Fault> {
    let Value::Number(number) = value else { return Err(misfit(function, "a number", value)) };
    if function == Function::Abs
        && let Number::Written(text) = number
    {
        return Ok(Number::Written(text.strip_prefix('-').unwrap_or(text)));
    }
    let is_whole = match number {
        Number::Written(text) => !text.contains(['.', 'e', 'E']),
        Number::Whole(_) => true,
        Number::Float(_) => false,
    };
    let float = number.float();
    match function {
        Function::Abs => match number {
            Number::Whole(whole) => {
                whole.checked_abs().map_or_else(|| finite(float.abs()), |whole| Ok(Number::Whole(whole)))
            }
            _ => finite(float.abs()),
        },
        _ if is_whole => Ok(*number),
        Function::Ceil => finite(float.ceil()),
        _ => finite(float.floor()),
    }
}

fn to_string<'i>(value: &Value<'i>) -> Result<Value<'i>, Fault> {
    if let Value::Text(_) = value {
        return Ok(value.clone());
    }
    let mut text = String::new();
    write::write_sorted(value, &mut text)?;
    Ok(Value::Text(Cow::Owned(text)))
}

/// Of strings those that are a number by JSON's grammar, as they are written.
fn to_number<'i>(value: &Value<'i>) -> Result<Value<'i>, Fault> {
    let text = match value {
        Value::Number(_) => return Ok(value.clone()),
        Value::Text(text) => text,
        _ => return Ok(Value::Null),
    };
    let mut scanner = Scanner::new(text);
    let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && scanner.kind() == Ok(Kind::Number)
        && scanner.number().is_ok_and(|number| number.len() == text.len());
    if !is_number {
        return Ok(Value::Null);
    }
    match text {
        Cow::Borrowed(text) => Ok(Value::Number(Number::Written(text))),
        Cow::Owned(text) => match text.parse() {
            Ok(whole) => Ok(Value::Number(Number::Whole(whole))),
            Err(_) => text
                .parse()
                .map_err(|_| Fault::Answer("a number cannot be read".to_owned()))
                .and_then(|float| finite(float).map(Value::Number)),
        },
    }
}
