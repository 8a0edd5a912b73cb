//! Projections: a prune rule (JMESPath 1.0, <https://jmespath.org/specification.html>) as a constant.
//!
//! Each function stands for one node of the rule's syntax tree and has that node's meaning, nulls included. Keys come in
//! the order in which the rule names them.

/// A node of a rule: takes a JSON value, gives a JSON value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Prune {
    /// `@`: the value itself.
    Current,
    /// `name`: that member of an object, else null.
    Field(&'static str),
    /// `[n]`: that item of an array, from the end if negative, else null.
    Index(i32),
    /// `[start:stop:step]`: those items of an array.
    Slice(Option<i32>, Option<i32>, i32),
    /// The second, applied to the result of the first.
    Then(&'static Prune, &'static Prune),
    /// The second, applied to each item of the first's array; null results are left out.
    Each(&'static Prune, &'static Prune),
    /// `[]`: arrays inside the array are replaced with their items, one level deep.
    Flatten(&'static Prune),
    /// `*`: the values of an object, as an array.
    Values(&'static Prune),
    /// `[?first]`: the second where the first is true, else null.
    When(&'static Prune, &'static Prune),
    /// `{key: rule, …}`; null stays null.
    Object(&'static [(&'static str, Prune)]),
    /// `[rule, …]`; null stays null.
    List(&'static [Prune]),
    /// A constant, as JSON text.
    Literal(&'static str),
    /// A comparison; ordering is null unless both sides are numbers.
    Compare(&'static Prune, Comparator, &'static Prune),
    /// `&&`: the first if it is false, else the second.
    And(&'static Prune, &'static Prune),
    /// `||`: the first if it is true, else the second.
    Or(&'static Prune, &'static Prune),
    /// `!`: whether it is false.
    Not(&'static Prune),
    /// A function of JMESPath, by its name.
    Call(&'static str, &'static [Prune]),
    /// `&rule`: handed to a function that applies it to each item.
    Expression(&'static Prune),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the comparison that it is named after")]
pub enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The value itself.
pub const fn current() -> Prune {
    Prune::Current
}

/// A member of an object.
pub const fn field(name: &'static str) -> Prune {
    Prune::Field(name)
}

/// An item of an array.
pub const fn index(position: i32) -> Prune {
    Prune::Index(position)
}

/// Some items of an array.
pub const fn slice(start: Option<i32>, stop: Option<i32>, step: i32) -> Prune {
    Prune::Slice(start, stop, step)
}

/// An object of these members, and of no others.
pub const fn object(members: &'static [(&'static str, Prune)]) -> Prune {
    Prune::Object(members)
}

/// An array of these items.
pub const fn list(items: &'static [Prune]) -> Prune {
    Prune::List(items)
}

/// A constant, as JSON text.
pub const fn literal(json: &'static str) -> Prune {
    Prune::Literal(json)
}

/// The second where the first is true.
pub const fn when(condition: &'static Prune, then: &'static Prune) -> Prune {
    Prune::When(condition, then)
}

/// Whether it is false.
pub const fn not(rule: &'static Prune) -> Prune {
    Prune::Not(rule)
}

/// A function of JMESPath.
pub const fn call(function: &'static str, arguments: &'static [Prune]) -> Prune {
    Prune::Call(function, arguments)
}

/// A rule that a function applies to each item.
pub const fn expression(rule: &'static Prune) -> Prune {
    Prune::Expression(rule)
}

impl Prune {
    /// The next rule, applied to this one's result.
    pub const fn then(&'static self, next: &'static Self) -> Self {
        Self::Then(self, next)
    }

    /// A rule, applied to each item of this one's array.
    pub const fn each(&'static self, item: &'static Self) -> Self {
        Self::Each(self, item)
    }

    /// Inner arrays replaced with their items.
    pub const fn flatten(&'static self) -> Self {
        Self::Flatten(self)
    }

    /// The values of this one's object.
    pub const fn values(&'static self) -> Self {
        Self::Values(self)
    }

    /// A comparison of the two.
    pub const fn compare(&'static self, comparator: Comparator, other: &'static Self) -> Self {
        Self::Compare(self, comparator, other)
    }

    /// This one if it is false, else the other.
    pub const fn and(&'static self, other: &'static Self) -> Self {
        Self::And(self, other)
    }

    /// This one if it is true, else the other.
    pub const fn or(&'static self, other: &'static Self) -> Self {
        Self::Or(self, other)
    }
}
