//! Target 4: a rule on a body, in every way in which it can be run, beside `serde_json` and the `jmespath` crate.

use airlock_compiler::check::parse_rule;
use airlock_compiler::lower::lower_rule;
use airlock_prune::{Fault, Form, Plan, indented, rows};
use jmespath::{Context, ErrorReason, Rcvar, Runtime, Variable};
use serde_json::Value;

/// Numbers up to here are the same for everybody.
const DIGITS_MAX: usize = 15;

/// Runs `data`: a rule, a line feed, a body.
pub fn run(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(text) = std::str::from_utf8(&data[..end]) else { return };
    let body = &data[end + 1..];
    let Ok(tree) = parse_rule(text) else { return };
    let rule = lower_rule(&tree);
    let plans = [Plan::new(&rule), Plan::without_pipelines(&rule), Plan::on_everything(&rule)];
    let results: Vec<Result<String, Fault>> =
        plans.into_iter().map(|plan| plan.expect("the compiler lets no other rule pass").run(body, u64::MAX)).collect();
    let theirs: Result<Value, _> = serde_json::from_slice(body);
    for result in &results {
        match result {
            Ok(json) => {
                assert!(std::str::from_utf8(body).is_ok(), "kept what is no UTF-8");
                let value: Value = serde_json::from_str(json).expect("what is kept is JSON");
                let again: Value = serde_json::from_str(&indented(json)).expect("so is the same on lines");
                assert_eq!(value, again);
                for form in [Form::Csv, Form::Table] {
                    drop(rows(json, form).expect("what is kept has rows, or none"));
                }
            }
            Err(Fault::Body(at, what)) => {
                assert!(*at <= body.len());
                assert!(theirs.is_err(), "{what} at {at}, and serde takes it");
            }
            Err(Fault::Rule(_) | Fault::TooLong(..)) => panic!("{result:?}"),
            Err(Fault::Answer(_)) => {}
        }
    }
    // Where a body has half of a surrogate pair, or a number beyond doubles, it depends on what is kept.
    let Ok(theirs) = theirs else { return };
    for result in &results[1..] {
        assert_same(result, &results[0]);
    }
    if has_plain_numbers(&theirs) && !["to_string", "to_number", "avg"].iter().any(|name| text.contains(name)) {
        oracle(text, &tree, body, &results[0]);
    }
}

fn assert_same(left: &Result<String, Fault>, right: &Result<String, Fault>) {
    match (left, right) {
        (Ok(left), Ok(right)) => {
            let value = |json: &str| serde_json::from_str::<Value>(json).expect("JSON");
            assert!(same(&value(left), &value(right)), "{left}\n{right}");
        }
        (Err(_), Err(_)) => {}
        _ => panic!("{left:?}\n{right:?}"),
    }
}

fn oracle(text: &str, tree: &jmespath::ast::Ast, body: &[u8], ours: &Result<String, Fault>) {
    let Some(data) = std::str::from_utf8(body).ok().and_then(|body| Variable::from_json(body).ok()) else { return };
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let mut context = Context::new(text, &runtime);
    match (jmespath::interpret(&Rcvar::new(data), tree, &mut context), ours) {
        (Ok(theirs), Ok(ours)) => {
            let theirs = serde_json::to_value(&*theirs).expect("JSON");
            let value: Value = serde_json::from_str(ours).expect("JSON");
            assert!(same(&value, &theirs), "ours {ours}\ntheirs {theirs}");
        }
        (Err(_), Err(_)) => {}
        // A sum beyond doubles is no number there, and one more kind of error.
        (Err(fault), Ok(_)) if matches!(fault.reason, ErrorReason::Parse(_)) => {}
        (theirs, ours) => panic!("ours {ours:?}\ntheirs {theirs:?}"),
    }
}

fn has_plain_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.to_string().len() <= DIGITS_MAX && !number.to_string().contains('e'),
        Value::Array(items) => items.iter().all(has_plain_numbers),
        Value::Object(members) => members.values().all(has_plain_numbers),
        _ => true,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => (left - right).abs() <= left.abs().max(right.abs()) * 1e-9,
            _ => left == right,
        },
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}
