//! Random rules on random documents: every way of ours gives what the interpreter of the `jmespath` crate gives.

use std::cell::Cell;

use jmespath::{Context, ErrorReason, Rcvar, Runtime, Variable};
use serde_json::Value;

use super::generate::{Dice, document, rule as random_rule};
use super::{all_ways, rule, same};

/// Pairs that are tried; `AIRLOCK_PAIRS` asks for more.
const PAIRS: u64 = 20_000;

/// What the interpreter gives: JSON, or that it fails.
fn oracle(runtime: &Runtime, text: &str, document: &str) -> Option<Result<Value, ()>> {
    let tree = jmespath::parse(text).ok()?;
    let data = Rcvar::new(Variable::from_json(document).ok()?);
    let mut context = Context::new(text, runtime);
    Some(match jmespath::interpret(&data, &tree, &mut context) {
        Ok(value) => serde_json::to_value(&*value).map_err(|_| ()),
        Err(fault) => {
            // `avg` of nothing is null by the standard, and an error there.
            if matches!(&fault.reason, ErrorReason::Parse(reason) if reason.contains("valid f64")) {
                return None;
            }
            Err(())
        }
    })
}

/// Where the crate departs from the standard, or writes what is the same in another way.
fn is_listed(text: &str) -> bool {
    // Numbers in texts: 1E2 there is 100.0.
    text.contains("to_string") || text.contains("to_number")
}

#[test]
fn random_rules_give_what_the_interpreter_gives() {
    let pairs = std::env::var("AIRLOCK_PAIRS").ok().and_then(|pairs| pairs.parse().ok()).unwrap_or(PAIRS);
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let (telling, compared) = (Cell::new(0_u64), Cell::new(0_u64));
    let mut seed = 0;
    while compared.get() < pairs {
        seed += 1;
        let dice = &mut Dice::new(seed);
        let (depth, breadth) = (1 + dice.below(3), 2 + dice.below(3));
        let text = random_rule(dice, depth);
        let body = document(dice, breadth);
        let Some(rule) = rule(&text) else { continue };
        let Some(expected) = oracle(&runtime, &text, &body) else { continue };
        compared.set(compared.get() + 1);
        if expected.as_ref().is_ok_and(|value| !value.is_null() && *value != Value::Array(Vec::new())) {
            telling.set(telling.get() + 1);
        }
        let results = all_ways(&rule, &body);
        for (way, result) in &results {
            let agrees = match (result, &expected) {
                (Ok(json), Ok(value)) => {
                    let ours: Value = serde_json::from_str(json).expect("what is given is JSON");
                    same(&ours, value) || is_listed(&text)
                }
                (Err(_), Err(())) => true,
                _ => is_listed(&text),
            };
            assert!(
                agrees,
                "seed {seed}, {way}:\n rule: {text}\n document: {body}\n ours: {result:?}\n theirs: {expected:?}"
            );
            // Among each other they agree to the byte, but for the key that an object with doubles keeps its place by.
            let first = &results[0].1;
            let alike = match (result, first) {
                (Ok(left), Ok(right)) => {
                    same(&serde_json::from_str(left).expect("JSON"), &serde_json::from_str(right).expect("JSON"))
                }
                (Err(_), Err(_)) => true,
                _ => false,
            };
            assert!(alike, "seed {seed}, {way}:\n rule: {text}\n document: {body}\n {result:?}\n fused: {first:?}");
        }
    }
    let share = telling.get() * 100 / compared.get();
    assert!(share >= 25, "only {share} % of the pairs give more than an error, null or []");
}
