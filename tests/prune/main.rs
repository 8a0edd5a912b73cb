//! The prune engine against the standard's own cases, against the interpreter of the `jmespath` crate, and against itself.

mod agreement;
mod compliance;
mod form;
mod generate;
mod guards;
mod newer;
mod text;
mod written;

use airlock_compiler::check::parse_rule;
use airlock_compiler::lower::lower_rule;
use airlock_prune::{Fault, Plan, Rule};
use serde_json::Value;

/// Larger than any result here.
const BYTES_MAX: u64 = 1 << 40;

/// The rule of a text, as the compiler reads it; `None` if it refuses it.
fn rule(text: &str) -> Option<Rule> {
    parse_rule(text).ok().map(|tree| lower_rule(&tree))
}

/// A name for each way in which a rule can be run, and what it gives.
fn all_ways(rule: &Rule, body: &str) -> Vec<(&'static str, Result<String, Fault>)> {
    let run = |plan: Result<Plan, Fault>| plan.and_then(|plan| plan.run(body.as_bytes(), BYTES_MAX));
    vec![
        ("fused", run(Plan::new(rule))),
        ("need-set", run(Plan::without_pipelines(rule))),
        ("whole", run(Plan::on_everything(rule))),
    ]
}

/// Whether two values are the same as JSON: numbers by value, objects without an order.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.as_f64().zip(right.as_f64())).is_some_and(|(left, right)| close(left, right))
        }
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

/// Sums of the same numbers may differ in the last bit.
fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= left.abs().max(right.abs()) * 1e-12
}
