//! Rules, made ready to run: functions known, constants read.

use airlock_contract::prune::Comparator;

use crate::broken::Broken;
use crate::fault::Fault;
use crate::rule::Rule;
use crate::scan::{Kind, Scanner};
use crate::write::write_text;

/// A node of a rule that is ready to run.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Current,
    Field(String),
    Index(i32),
    Slice(Option<i32>, Option<i32>, i32),
    Then(Box<Expr>, Box<Expr>),
    Each(Box<Expr>, Box<Expr>),
    Flatten(Box<Expr>),
    Values(Box<Expr>),
    When(Box<Expr>, Box<Expr>),
    Object(Vec<(Name, Expr)>),
    List(Vec<Expr>),
    Literal(Literal),
    Compare(Box<Expr>, Comparator, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    /// An argument that is an expression stands here without a node of its own: the function says which it is.
    Call(Function, Vec<Expr>),
    /// What a pipeline gives, by its number, or this where there is no array to feed it. Only in what is left of a rule when
    /// its pipelines have been taken out.
    Piped(usize, Box<Expr>),
}

/// A key of an object that a rule makes.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// As it is written before its value: JSON text and a colon.
    pub(crate) json: String,
}

/// A constant.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    /// An array or object, as JSON text.
    Json(String),
}

/// The functions of JMESPath 1.0 (<https://jmespath.org/specification.html#built-in-functions>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Avg,
    Ceil,
    Contains,
    EndsWith,
    Floor,
    Join,
    Keys,
    Length,
    Map,
    Max,
    MaxBy,
    Merge,
    Min,
    MinBy,
    NotNull,
    Reverse,
    Sort,
    SortBy,
    StartsWith,
    Sum,
    ToArray,
    ToNumber,
    ToString,
    Type,
    Values,
}

/// Name, function, fewest and most arguments, which argument is an expression.
pub(crate) const FUNCTIONS: &[(&str, Function, usize, usize, Option<usize>)] = &[
    ("abs", Function::Abs, 1, 1, None),
    ("avg", Function::Avg, 1, 1, None),
    ("ceil", Function::Ceil, 1, 1, None),
    ("contains", Function::Contains, 2, 2, None),
    ("ends_with", Function::EndsWith, 2, 2, None),
    ("floor", Function::Floor, 1, 1, None),
    ("join", Function::Join, 2, 2, None),
    ("keys", Function::Keys, 1, 1, None),
    ("length", Function::Length, 1, 1, None),
    ("map", Function::Map, 2, 2, Some(0)),
    ("max", Function::Max, 1, 1, None),
    ("max_by", Function::MaxBy, 2, 2, Some(1)),
    ("merge", Function::Merge, 1, usize::MAX, None),
    ("min", Function::Min, 1, 1, None),
    ("min_by", Function::MinBy, 2, 2, Some(1)),
    ("not_null", Function::NotNull, 1, usize::MAX, None),
    ("reverse", Function::Reverse, 1, 1, None),
    ("sort", Function::Sort, 1, 1, None),
    ("sort_by", Function::SortBy, 2, 2, Some(1)),
    ("starts_with", Function::StartsWith, 2, 2, None),
    ("sum", Function::Sum, 1, 1, None),
    ("to_array", Function::ToArray, 1, 1, None),
    ("to_number", Function::ToNumber, 1, 1, None),
    ("to_string", Function::ToString, 1, 1, None),
    ("type", Function::Type, 1, 1, None),
    ("values", Function::Values, 1, 1, None),
];

/// How a function of JMESPath 1.0 is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// It takes so many arguments at least.
    pub fewest: usize,
    /// And so many at most.
    pub most: usize,
    /// Which of them, counted from 0, is an expression (`&…`).
    pub expression: Option<usize>,
}

/// The functions of JMESPath 1.0 (<https://jmespath.org/specification.html#built-in-functions>), by name.
pub fn signatures() -> impl Iterator<Item = Signature> {
    let signature = |(name, _, fewest, most, expression): &(&'static str, Function, usize, usize, Option<usize>)| {
        Signature { name, fewest: *fewest, most: *most, expression: *expression }
    };
    FUNCTIONS.iter().map(signature)
}

impl Function {
    pub(crate) fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(_, function, ..)| *function == self).map_or("", |(name, ..)| name)
    }
}

impl Function {
    /// Which of its arguments is an expression.
    pub(crate) fn expression(self) -> Option<usize> {
        FUNCTIONS.iter().find(|(_, function, ..)| *function == self).and_then(|(.., expression)| *expression)
    }

    /// Whether it takes an array item by item and keeps a result alone.
    pub(crate) fn is_aggregate(self) -> bool {
        matches!(self, Self::Length | Self::Sum | Self::Avg | Self::Min | Self::Max | Self::MinBy | Self::MaxBy)
    }
}

impl Expr {
    /// Whether there are values for which it gives an error instead of a value. Only functions fail.
    pub(crate) fn may_fail(&self) -> bool {
        match self {
            Self::Current | Self::Field(_) | Self::Index(_) | Self::Slice(..) | Self::Literal(_) => false,
            Self::Then(left, right)
            | Self::Each(left, right)
            | Self::When(left, right)
            | Self::Compare(left, _, right)
            | Self::And(left, right)
            | Self::Or(left, right) => left.may_fail() || right.may_fail(),
            Self::Flatten(inner) | Self::Values(inner) | Self::Not(inner) => inner.may_fail(),
            Self::Object(members) => members.iter().any(|(_, rule)| rule.may_fail()),
            Self::List(items) => items.iter().any(Self::may_fail),
            Self::Call(..) | Self::Piped(..) => true,
        }
    }
}

/// Rules nest no deeper than this: all who walk them recurse.
const NESTING_MAX: usize = 1000;

/// Makes a rule ready.
pub(crate) fn compile(rule: &Rule, depth: usize) -> Result<Expr, Fault> {
    if depth > NESTING_MAX {
        return Err(Fault::Rule(format!("the rule nests deeper than {NESTING_MAX}")));
    }
    let boxed = |inner: &Rule| compile(inner, depth + 1).map(Box::new);
    Ok(match rule {
        Rule::Current => Expr::Current,
        Rule::Field(name) => Expr::Field(name.clone()),
        Rule::Index(position) => Expr::Index(*position),
        Rule::Slice(_, _, 0) => return Err(Fault::Rule("a slice has step 0".into())),
        Rule::Slice(start, stop, step) => Expr::Slice(*start, *stop, *step),
        Rule::Then(first, next) => Expr::Then(boxed(first)?, boxed(next)?),
        Rule::Each(list, item) => Expr::Each(boxed(list)?, boxed(item)?),
        Rule::Flatten(list) => Expr::Flatten(boxed(list)?),
        Rule::Values(object) => Expr::Values(boxed(object)?),
        Rule::When(condition, then) => Expr::When(boxed(condition)?, boxed(then)?),
        Rule::Object(members) => {
            let member = |(name, inner): &(String, Rule)| {
                let mut json = String::new();
                write_text(name, &mut json);
                json.push(':');
                Ok((Name { text: name.clone(), json }, compile(inner, depth + 1)?))
            };
            Expr::Object(members.iter().map(member).collect::<Result<_, Fault>>()?)
        }
        Rule::List(items) => {
            Expr::List(items.iter().map(|item| compile(item, depth + 1)).collect::<Result<_, Fault>>()?)
        }
        Rule::Literal(json) => Expr::Literal(literal(json)?),
        Rule::Compare(left, comparator, right) => Expr::Compare(boxed(left)?, *comparator, boxed(right)?),
        Rule::And(left, right) => Expr::And(boxed(left)?, boxed(right)?),
        Rule::Or(left, right) => Expr::Or(boxed(left)?, boxed(right)?),
        Rule::Not(inner) => Expr::Not(boxed(inner)?),
        Rule::Call(name, arguments) => call(name, arguments, depth)?,
        Rule::Expression(_) => return Err(Fault::Rule("`&` stands where no function takes an expression".into())),
    })
}

fn call(name: &str, arguments: &[Rule], depth: usize) -> Result<Expr, Fault> {
    let Some((_, function, fewest, most, expression)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(Fault::Rule(format!("there is no function `{name}`")));
    };
    if arguments.len() < *fewest || arguments.len() > *most {
        return Err(Fault::Rule(format!("`{name}` is called with {} arguments", arguments.len())));
    }
    let mut compiled = Vec::with_capacity(arguments.len());
    for (position, argument) in arguments.iter().enumerate() {
        compiled.push(match (argument, *expression == Some(position)) {
            (Rule::Expression(inner), true) => compile(inner, depth + 1)?,
            (argument, false) => compile(argument, depth + 1)?,
            _ => return Err(Fault::Rule(format!("argument {} of `{name}` is written with `&`", position + 1))),
        });
    }
    Ok(Expr::Call(*function, compiled))
}

fn literal(json: &str) -> Result<Literal, Fault> {
    let no_json = |fault: Broken| Fault::Rule(format!("a constant of the rule is no JSON: {}", fault.what()));
    let mut scanner = Scanner::new(json);
    let kind = scanner.kind().map_err(no_json)?;
    let start = scanner.at();
    let literal = match kind {
        Kind::Text => Literal::Text(scanner.text().map_err(no_json)?.into_owned()),
        Kind::Number => Literal::Number(scanner.number().map_err(no_json)?.to_owned()),
        Kind::Null => scanner.literal().map(|_| Literal::Null).map_err(no_json)?,
        Kind::Bool => Literal::Bool(scanner.literal().map_err(no_json)?),
        Kind::Array | Kind::Object => {
            scanner.skip(0).map_err(no_json)?;
            Literal::Json(scanner.since(start).to_owned())
        }
    };
    scanner.end().map_err(no_json)?;
    Ok(literal)
}
