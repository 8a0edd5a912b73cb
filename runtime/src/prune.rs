//! Runs a prune rule on an answer.
//!
//! What comes in: the upstream's value. What goes out: what the rule keeps. The rule's constants are lowered once to the
//! syntax tree of the `jmespath` crate and interpreted by it. That crate sorts the keys of objects: those that the rule
//! itself names are put back into its order, objects that are kept whole stay sorted.

use std::fmt;
use std::sync::LazyLock;

use airlock_contract::prune::{Comparator, Prune};
use jmespath::ast::{Ast, Comparator as AstComparator, KeyValuePair};
use jmespath::{Context, Rcvar, Runtime, Variable};
use serde_json::{Map, Value};

/// All functions of the standard.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    runtime
});

/// A rule, ready to run.
#[derive(Debug)]
pub struct Pruner {
    rule: &'static Prune,
    tree: Ast,
}

/// Why a rule has no result. Holds no value of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneError(pub String);

impl fmt::Display for PruneError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for PruneError {}

impl Pruner {
    /// Prepares a rule. Fails on constants that are not JSON and on numbers that the interpreter cannot take.
    pub fn new(rule: &'static Prune) -> Result<Self, PruneError> {
        Ok(Self { rule, tree: lower(rule)? })
    }

    /// Runs the rule.
    pub fn apply(&self, value: Value) -> Result<Value, PruneError> {
        if *self.rule == Prune::Current {
            return Ok(value);
        }
        let data = Rcvar::new(variable(value));
        // The interpreter takes the text for its error messages alone. They can quote data, so they are not passed on.
        let mut context = Context::new("", &RUNTIME);
        let kept = jmespath::interpret(&data, &self.tree, &mut context).map_err(|fault| reason(&fault))?;
        drop(data);
        let mut kept = plain(&kept)?;
        restore_order(self.rule, &mut kept);
        Ok(kept)
    }
}

/// What went wrong, in words that hold nothing of the answer.
fn reason(fault: &jmespath::JmespathError) -> PruneError {
    use jmespath::{ErrorReason, RuntimeError};
    let text = match &fault.reason {
        ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
            format!("a function takes {expected} as argument {}, and the answer has {actual} there", position + 1)
        }
        ErrorReason::Runtime(RuntimeError::UnknownFunction(name)) => format!("there is no function `{name}`"),
        ErrorReason::Runtime(RuntimeError::NotEnoughArguments { .. } | RuntimeError::TooManyArguments { .. }) => {
            "a function is called with the wrong number of arguments".to_owned()
        }
        ErrorReason::Runtime(RuntimeError::InvalidReturnType { expected, actual, .. }) => {
            format!("an expression must give {expected}, and gives {actual} on this answer")
        }
        ErrorReason::Runtime(RuntimeError::InvalidSlice) => "a slice has step 0".to_owned(),
        ErrorReason::Parse(_) => "a number is out of range".to_owned(),
    };
    PruneError(text)
}

fn lower(rule: &Prune) -> Result<Ast, PruneError> {
    let boxed = |rule: &Prune| lower(rule).map(Box::new);
    let offset = 0;
    Ok(match rule {
        Prune::Current => Ast::Identity { offset },
        Prune::Field(name) => Ast::Field { offset, name: (*name).to_owned() },
        // The interpreter negates it.
        Prune::Index(i32::MIN) => return Err(PruneError("an index is out of range".to_owned())),
        Prune::Index(idx) => Ast::Index { offset, idx: *idx },
        Prune::Slice(start, stop, step) => Ast::Slice { offset, start: *start, stop: *stop, step: *step },
        Prune::Then(first, next) => Ast::Subexpr { offset, lhs: boxed(first)?, rhs: boxed(next)? },
        Prune::Each(array, item) => Ast::Projection { offset, lhs: boxed(array)?, rhs: boxed(item)? },
        Prune::Flatten(array) => Ast::Flatten { offset, node: boxed(array)? },
        Prune::Values(object) => Ast::ObjectValues { offset, node: boxed(object)? },
        Prune::When(condition, then) => Ast::Condition { offset, predicate: boxed(condition)?, then: boxed(then)? },
        Prune::Object(members) => {
            let pair = |(key, rule): &(&str, Prune)| Ok(KeyValuePair { key: (*key).to_owned(), value: lower(rule)? });
            Ast::MultiHash { offset, elements: members.iter().map(pair).collect::<Result<_, PruneError>>()? }
        }
        Prune::List(items) => Ast::MultiList { offset, elements: lower_all(items)? },
        Prune::Literal(json) => {
            let value =
                serde_json::from_str(json).map_err(|fault| PruneError(format!("a constant is not JSON: {fault}")))?;
            Ast::Literal { offset, value: Rcvar::new(variable(value)) }
        }
        Prune::Compare(left, comparator, right) => {
            Ast::Comparison { offset, comparator: comparison(*comparator), lhs: boxed(left)?, rhs: boxed(right)? }
        }
        Prune::And(left, right) => Ast::And { offset, lhs: boxed(left)?, rhs: boxed(right)? },
        Prune::Or(left, right) => Ast::Or { offset, lhs: boxed(left)?, rhs: boxed(right)? },
        Prune::Not(rule) => Ast::Not { offset, node: boxed(rule)? },
        Prune::Call(function, arguments) => {
            Ast::Function { offset, name: (*function).to_owned(), args: lower_all(arguments)? }
        }
        Prune::Expression(rule) => Ast::Expref { offset, ast: boxed(rule)? },
    })
}

fn lower_all(rules: &[Prune]) -> Result<Vec<Ast>, PruneError> {
    rules.iter().map(lower).collect()
}

fn comparison(comparator: Comparator) -> AstComparator {
    match comparator {
        Comparator::Equal => AstComparator::Equal,
        Comparator::NotEqual => AstComparator::NotEqual,
        Comparator::Less => AstComparator::LessThan,
        Comparator::LessOrEqual => AstComparator::LessThanEqual,
        Comparator::Greater => AstComparator::GreaterThan,
        Comparator::GreaterOrEqual => AstComparator::GreaterThanEqual,
    }
}

/// Moves a value into the interpreter's own tree.
fn variable(value: Value) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(flag) => Variable::Bool(flag),
        Value::Number(number) => Variable::Number(number),
        Value::String(text) => Variable::String(text),
        Value::Array(items) => Variable::Array(items.into_iter().map(|item| Rcvar::new(variable(item))).collect()),
        Value::Object(map) => {
            Variable::Object(map.into_iter().map(|(key, value)| (key, Rcvar::new(variable(value)))).collect())
        }
    }
}

fn plain(variable: &Variable) -> Result<Value, PruneError> {
    Ok(match variable {
        Variable::Null => Value::Null,
        Variable::Bool(flag) => Value::Bool(*flag),
        Variable::Number(number) => Value::Number(number.clone()),
        Variable::String(text) => Value::String(text.clone()),
        Variable::Array(items) => items.iter().map(|item| plain(item)).collect::<Result<_, _>>()?,
        Variable::Object(map) => {
            let members = map.iter().map(|(key, value)| Ok((key.clone(), plain(value)?)));
            Value::Object(members.collect::<Result<_, PruneError>>()?)
        }
        Variable::Expref(_) => return Err(PruneError("the rule's result is an expression, not a value".to_owned())),
    })
}

/// Puts keys that the rule names into the rule's order.
fn restore_order(rule: &Prune, value: &mut Value) {
    match (rule, value) {
        (Prune::Object(members), Value::Object(map)) => {
            let mut ordered = Map::new();
            for (key, rule) in *members {
                if let Some(mut value) = map.remove(*key) {
                    restore_order(rule, &mut value);
                    ordered.insert((*key).to_owned(), value);
                }
            }
            // Empty but where another rule gave this object; then nothing may get lost.
            ordered.append(map);
            *map = ordered;
        }
        (Prune::Each(_, item), Value::Array(values)) => values.iter_mut().for_each(|value| restore_order(item, value)),
        (Prune::List(rules), Value::Array(values)) => {
            for (rule, value) in rules.iter().zip(values) {
                restore_order(rule, value);
            }
        }
        // The result is the last step's; steps that only select hand on what an earlier step has made.
        (Prune::Then(first, next), value) => match next {
            Prune::Current | Prune::Slice(..) => restore_order(first, value),
            Prune::Index(_) => {
                if let Prune::Each(_, item) = first {
                    restore_order(item, value);
                }
            }
            _ => restore_order(next, value),
        },
        (Prune::When(_, then), value) => restore_order(then, value),
        (Prune::And(_, last), value) => restore_order(last, value),
        (Prune::Or(first, last), value) => {
            let rule = if names_keys_of(first, value) { first } else { last };
            restore_order(rule, value);
        }
        _ => {}
    }
}

/// Whether a rule gives an object of just these keys.
fn names_keys_of(rule: &Prune, value: &Value) -> bool {
    match (rule, value) {
        (Prune::Object(members), Value::Object(map)) => {
            members.len() == map.len() && members.iter().all(|(key, _)| map.contains_key(*key))
        }
        (Prune::Each(_, item), Value::Array(values)) => values.first().is_some_and(|value| names_keys_of(item, value)),
        (Prune::Then(_, next), value) => names_keys_of(next, value),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
