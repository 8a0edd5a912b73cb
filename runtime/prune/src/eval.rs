//! Runs a rule on values, by the standard (<https://jmespath.org/specification.html>).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use airlock_contract::prune::Comparator;

use crate::expr::{Expr, Literal, Name};
use crate::fault::Fault;
use crate::functions::call;
use crate::scan::Scanner;
use crate::value::{Number, Value, place, shallow, sorted};
use crate::write;

/// What the pipelines gave: JSON text, or why there is none; `None` where there was no array to feed it.
pub(crate) type Piped = Option<Result<String, Fault>>;

/// What a rule that goes through members and items alone finds in a value; nothing is copied for it.
enum Found<'v, 'i> {
    Value(&'v Value<'i>),
    Null,
    /// It has to be evaluated.
    Unknown,
}

fn find<'v, 'i>(expr: &Expr, current: &'v Value<'i>) -> Found<'v, 'i> {
    let found = |found: Option<&'v Value<'i>>| found.map_or(Found::Null, Found::Value);
    match (expr, current) {
        (Expr::Current, _) => Found::Value(current),
        (Expr::Field(name), Value::Object(members)) => {
            found(members.iter().find(|(key, _)| key == name).map(|(_, value)| value))
        }
        (Expr::Index(position), Value::Array(items)) => {
            found(place(items.len(), *position).and_then(|at| items.get(at)))
        }
        (Expr::Field(_) | Expr::Index(_), Value::Raw(..)) => Found::Unknown,
        (Expr::Field(_) | Expr::Index(_), _) => Found::Null,
        (Expr::Then(first, next), _) => match find(first, current) {
            Found::Value(value) => find(next, value),
            // Of what stands behind it, only members and items of null are known to be null.
            Found::Null if matches!(**next, Expr::Field(_) | Expr::Index(_) | Expr::Current) => Found::Null,
            _ => Found::Unknown,
        },
        _ => Found::Unknown,
    }
}

/// The value that a rule gives for `current`.
pub(crate) fn eval<'i>(expr: &'i Expr, current: &Value<'i>, piped: &'i [Piped]) -> Result<Value<'i>, Fault> {
    match find(expr, current) {
        Found::Value(value) => return Ok(value.clone()),
        Found::Null => return Ok(Value::Null),
        Found::Unknown => {}
    }
    let run = |expr: &'i Expr| eval(expr, current, piped);
    Ok(match expr {
        Expr::Current => current.clone(),
        Expr::Field(name) => current.field(name)?,
        Expr::Index(position) => current.item(*position)?,
        Expr::Slice(start, stop, step) => match current.items()? {
            Some(items) => Value::array(sliced(&items, *start, *stop, *step)),
            None => Value::Null,
        },
        Expr::Then(first, next) => eval(next, &run(first)?, piped)?,
        Expr::Each(list, item) => match run(list)?.items()? {
            Some(items) => {
                let mut results = Vec::with_capacity(items.len());
                for value in items.iter() {
                    let result = eval(item, value, piped)?;
                    if !result.is_null() {
                        results.push(result);
                    }
                }
                Value::array(results)
            }
            None => Value::Null,
        },
        Expr::Flatten(list) => match run(list)?.items()? {
            Some(items) => Value::array(flattened(&items)?),
            None => Value::Null,
        },
        Expr::Values(object) => match run(object)?.members()? {
            Some(members) => Value::array(sorted(&members).into_iter().map(|(_, value)| value.clone()).collect()),
            None => Value::Null,
        },
        Expr::When(condition, then) => {
            if run(condition)?.is_true() {
                run(then)?
            } else {
                Value::Null
            }
        }
        Expr::Object(_) | Expr::List(_) if current.is_null() => Value::Null,
        Expr::Object(members) => {
            let member = |(name, rule): &'i (Name, Expr)| Ok((Cow::Borrowed(name.text.as_str()), run(rule)?));
            Value::Object(Rc::new(members.iter().map(member).collect::<Result<_, Fault>>()?))
        }
        Expr::List(items) => Value::array(items.iter().map(run).collect::<Result<_, Fault>>()?),
        Expr::Literal(literal) => constant(literal),
        Expr::Compare(left, comparator, right) => compare(&run(left)?, *comparator, &run(right)?)?,
        Expr::And(left, right) => {
            let left = run(left)?;
            if left.is_true() { run(right)? } else { left }
        }
        Expr::Or(left, right) => {
            let left = run(left)?;
            if left.is_true() { left } else { run(right)? }
        }
        Expr::Not(inner) => Value::Bool(!run(inner)?.is_true()),
        Expr::Call(function, arguments) => call(*function, arguments, current, piped)?,
        Expr::Piped(slot, whole) => match piped.get(*slot) {
            Some(Some(Ok(json))) => shallow(&mut Scanner::new(json), 0)?,
            Some(Some(Err(fault))) => return Err(fault.clone()),
            _ => run(whole)?,
        },
    })
}

/// Writes what a rule gives; whether that was anything but null. Null is not written.
pub(crate) fn emit<'i>(
    expr: &'i Expr,
    current: &Value<'i>,
    piped: &'i [Piped],
    out: &mut String,
) -> Result<bool, Fault> {
    match expr {
        Expr::Object(members) if !current.is_null() => {
            out.push('{');
            for (position, (name, rule)) in members.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                out.push_str(&name.json);
                emit_or_null(rule, current, piped, out)?;
            }
            out.push('}');
            Ok(true)
        }
        Expr::List(items) if !current.is_null() => {
            out.push('[');
            for (position, rule) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                emit_or_null(rule, current, piped, out)?;
            }
            out.push(']');
            Ok(true)
        }
        Expr::Each(list, item) => match eval(list, current, piped)?.items()? {
            Some(items) => {
                out.push('[');
                let start = out.len();
                for value in items.iter() {
                    let length = out.len();
                    if length > start {
                        out.push(',');
                    }
                    if !emit(item, value, piped, out)? {
                        out.truncate(length);
                    }
                    write::check_length(out)?;
                }
                out.push(']');
                Ok(true)
            }
            None => Ok(false),
        },
        Expr::Current | Expr::Field(_) | Expr::Index(_) | Expr::Then(..) => match find(expr, current) {
            Found::Null => Ok(false),
            Found::Value(value) => emit_value(value, out),
            Found::Unknown => match expr {
                Expr::Then(first, next) => emit(next, &eval(first, current, piped)?, piped, out),
                _ => emit_value(&eval(expr, current, piped)?, out),
            },
        },
        Expr::When(condition, then) => {
            if eval(condition, current, piped)?.is_true() {
                emit(then, current, piped, out)
            } else {
                Ok(false)
            }
        }
        Expr::Piped(slot, _) if let Some(Some(Ok(json))) = piped.get(*slot) => {
            // What a pipeline gives has been written by `write`, so it is compact and checked.
            out.push_str(json);
            Ok(true)
        }
        _ => emit_value(&eval(expr, current, piped)?, out),
    }
}

fn emit_value(value: &Value<'_>, out: &mut String) -> Result<bool, Fault> {
    if value.is_null() {
        return Ok(false);
    }
    write::write(value, out)?;
    Ok(true)
}

fn emit_or_null<'i>(expr: &'i Expr, current: &Value<'i>, piped: &'i [Piped], out: &mut String) -> Result<(), Fault> {
    if !emit(expr, current, piped, out)? {
        out.push_str("null");
    }
    Ok(())
}

fn constant(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(flag) => Value::Bool(*flag),
        Literal::Number(text) => Value::Number(Number::Written(text)),
        Literal::Text(text) => Value::Text(Cow::Borrowed(text)),
        Literal::Json(text) => Value::Raw(text, None),
    }
}

/// Equality holds of all values; order of numbers alone, else it is null.
fn compare<'i>(left: &Value<'i>, comparator: Comparator, right: &Value<'i>) -> Result<Value<'i>, Fault> {
    let ordered = |holds: fn(Ordering) -> bool| match (left, right) {
        (Value::Number(left), Value::Number(right)) => Value::Bool(holds(left.compare(*right))),
        _ => Value::Null,
    };
    Ok(match comparator {
        Comparator::Equal => Value::Bool(left.equals(right)?),
        Comparator::NotEqual => Value::Bool(!left.equals(right)?),
        Comparator::Less => ordered(Ordering::is_lt),
        Comparator::LessOrEqual => ordered(Ordering::is_le),
        Comparator::Greater => ordered(Ordering::is_gt),
        Comparator::GreaterOrEqual => ordered(Ordering::is_ge),
    })
}

/// Arrays inside replaced with their items, one level deep.
fn flattened<'i>(items: &[Value<'i>]) -> Result<Vec<Value<'i>>, Fault> {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item.items()? {
            Some(inner) => flat.extend(inner.iter().cloned()),
            None => flat.push(item.clone()),
        }
    }
    Ok(flat)
}

/// Items `start..stop` by `step`, by the rules of Python's slices.
fn sliced<'i>(items: &[Value<'i>], start: Option<i32>, stop: Option<i32>, step: i32) -> Vec<Value<'i>> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let step = i64::from(step);
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |bound: Option<i32>, default: i64| match bound.map(i64::from) {
        None => default,
        Some(bound) if bound < 0 => (bound + length).clamp(lowest, highest),
        Some(bound) => bound.clamp(lowest, highest),
    };
    let (start, stop) =
        if step > 0 { (bound(start, 0), bound(stop, length)) } else { (bound(start, length - 1), bound(stop, -1)) };
    let mut taken = Vec::new();
    let mut position = start;
    while (step > 0 && position < stop) || (step < 0 && position > stop) {
        if let Some(item) = usize::try_from(position).ok().and_then(|position| items.get(position)) {
            taken.push(item.clone());
        }
        position += step;
    }
    taken
}
