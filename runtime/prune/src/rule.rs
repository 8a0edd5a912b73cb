//! A rule: the syntax tree of JMESPath 1.0 (<https://jmespath.org/specification.html>), owned.

use airlock_contract::prune as constant;
pub use airlock_contract::prune::Comparator;

/// A node of a rule. Each variant means what the constant of the same name means.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub enum Rule {
    Current,
    Field(String),
    Index(i32),
    Slice(Option<i32>, Option<i32>, i32),
    Then(Box<Rule>, Box<Rule>),
    Each(Box<Rule>, Box<Rule>),
    Flatten(Box<Rule>),
    Values(Box<Rule>),
    When(Box<Rule>, Box<Rule>),
    Object(Vec<(String, Rule)>),
    List(Vec<Rule>),
    Literal(String),
    Compare(Box<Rule>, Comparator, Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
    Not(Box<Rule>),
    Call(String, Vec<Rule>),
    Expression(Box<Rule>),
}

impl From<&constant::Prune> for Rule {
    fn from(constant: &constant::Prune) -> Self {
        use constant::Prune;
        let boxed = |inner: &Prune| Box::new(Self::from(inner));
        let all = |items: &[Prune]| items.iter().map(Self::from).collect();
        match constant {
            Prune::Current => Self::Current,
            Prune::Field(name) => Self::Field((*name).to_owned()),
            Prune::Index(position) => Self::Index(*position),
            Prune::Slice(start, stop, step) => Self::Slice(*start, *stop, *step),
            Prune::Then(first, next) => Self::Then(boxed(first), boxed(next)),
            Prune::Each(list, item) => Self::Each(boxed(list), boxed(item)),
            Prune::Flatten(list) => Self::Flatten(boxed(list)),
            Prune::Values(object) => Self::Values(boxed(object)),
            Prune::When(condition, then) => Self::When(boxed(condition), boxed(then)),
            Prune::Object(members) => {
                Self::Object(members.iter().map(|(name, rule)| ((*name).to_owned(), Self::from(rule))).collect())
            }
            Prune::List(items) => Self::List(all(items)),
            Prune::Literal(json) => Self::Literal((*json).to_owned()),
            Prune::Compare(left, comparator, right) => Self::Compare(boxed(left), *comparator, boxed(right)),
            Prune::And(left, right) => Self::And(boxed(left), boxed(right)),
            Prune::Or(left, right) => Self::Or(boxed(left), boxed(right)),
            Prune::Not(inner) => Self::Not(boxed(inner)),
            Prune::Call(function, arguments) => Self::Call((*function).to_owned(), all(arguments)),
            Prune::Expression(inner) => Self::Expression(boxed(inner)),
        }
    }
}
