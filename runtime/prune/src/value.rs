//! Values while a rule runs: mostly borrowed from the answer's text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use crate::fault::Fault;
use crate::scan::{Kind, Scanner};

/// A JSON value. Copies share their parts.
#[derive(Clone, Debug)]
pub(crate) enum Value<'i> {
    Null,
    Bool(bool),
    Number(Number<'i>),
    Text(Cow<'i, str>),
    Array(Rc<Vec<Value<'i>>>),
    Object(Rc<Members<'i>>),
    /// An array or object whose text is kept; with what was taken out of it while it was read.
    Raw(&'i str, Option<Rc<Value<'i>>>),
}

/// Members of an object, each key once.
pub(crate) type Members<'i> = Vec<(Cow<'i, str>, Value<'i>)>;

/// A number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number<'i> {
    /// As it is written in the answer or the rule.
    Written(&'i str),
    /// An integer that was computed.
    Whole(i64),
    /// Any other that was computed; finite.
    Float(f64),
}

impl Number<'_> {
    /// The nearest double.
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Written(text) => text.parse().unwrap_or(f64::NAN),
            #[expect(clippy::cast_precision_loss, reason = "the nearest one is asked for")]
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }

    /// The integer, if it is written as one and fits.
    pub(crate) fn whole(self) -> Option<i64> {
        match self {
            Self::Written(text) => text.parse().ok(),
            Self::Whole(whole) => Some(whole),
            Self::Float(_) => None,
        }
    }

    /// Integers are compared exactly, all else as doubles.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self.whole(), other.whole()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => match (self.digits(), other.digits()) {
                (Some(left), Some(right)) => compare_digits(left, right),
                _ => self.float().partial_cmp(&other.float()).unwrap_or(Ordering::Equal),
            },
        }
    }

    fn digits(&self) -> Option<&str> {
        match self {
            Self::Written(text) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
            }
            _ => None,
        }
    }
}

/// Compares integers of any length; none has leading zeros.
fn compare_digits(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| (text.starts_with('-'), text.trim_start_matches('-').to_owned());
    let ((left_below, left), (right_below, right)) = (parts(left), parts(right));
    let size = left.len().cmp(&right.len()).then_with(|| left.cmp(&right));
    match (left_below, right_below) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

impl<'i> Value<'i> {
    pub(crate) fn array(items: Vec<Self>) -> Self {
        Self::Array(Rc::new(items))
    }

    pub(crate) fn whole(number: usize) -> Self {
        Self::Number(Number::Whole(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// The name of its type, as `type` gives it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Raw(text, _) => {
                if text.starts_with('[') {
                    "array"
                } else {
                    "object"
                }
            }
        }
    }

    /// Whether it is held as a collection of values.
    #[inline]
    pub(crate) fn has_parts(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// False are null, false, and what is empty; 0 is true.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(flag) => *flag,
            Self::Number(_) => true,
            Self::Text(text) => !text.is_empty(),
            Self::Array(items) => !items.is_empty(),
            Self::Object(members) => !members.is_empty(),
            Self::Raw(text, _) => Scanner::new(text).enter(),
        }
    }

    /// That member of an object, else null.
    pub(crate) fn field(&self, name: &str) -> Result<Self, Fault> {
        match self {
            Self::Object(members) => Ok(member(members, name).cloned().unwrap_or(Self::Null)),
            Self::Raw(text, seen) if text.starts_with('{') => {
                if let Some(Self::Object(members)) = seen.as_deref()
                    && let Some(value) = member(members, name)
                {
                    return Ok(value.clone());
                }
                member_of(text, name)
            }
            _ => Ok(Self::Null),
        }
    }

    /// The items of an array; `None` of anything else.
    pub(crate) fn items(&self) -> Result<Option<Rc<Vec<Self>>>, Fault> {
        match self {
            Self::Array(items) => Ok(Some(Rc::clone(items))),
            Self::Raw(text, seen) if text.starts_with('[') => match seen.as_deref() {
                Some(Self::Array(items)) => Ok(Some(Rc::clone(items))),
                _ => items_of(text).map(|items| Some(Rc::new(items))),
            },
            _ => Ok(None),
        }
    }

    /// That item of an array, from the end if negative, else null.
    pub(crate) fn item(&self, position: i32) -> Result<Self, Fault> {
        let Some(items) = self.items()? else { return Ok(Self::Null) };
        Ok(place(items.len(), position).and_then(|place| items.get(place)).cloned().unwrap_or(Self::Null))
    }

    /// The members of an object; `None` of anything else.
    pub(crate) fn members(&self) -> Result<Option<Rc<Members<'i>>>, Fault> {
        match self {
            Self::Object(members) => Ok(Some(Rc::clone(members))),
            Self::Raw(text, _) if text.starts_with('{') => members_of(text).map(|members| Some(Rc::new(members))),
            _ => Ok(None),
        }
    }

    /// Whether two values are the same, all the way down.
    pub(crate) fn equals(&self, other: &Self) -> Result<bool, Fault> {
        match (self, other) {
            (Self::Null, Self::Null) => return Ok(true),
            (Self::Bool(left), Self::Bool(right)) => return Ok(left == right),
            (Self::Number(left), Self::Number(right)) => return Ok(left.compare(*right) == Ordering::Equal),
            (Self::Text(left), Self::Text(right)) => return Ok(left == right),
            _ => {}
        }
        if self.kind() != other.kind() {
            return Ok(false);
        }
        if let (Some(left), Some(right)) = (self.items()?, other.items()?) {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !left.equals(right)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let (Some(left), Some(right)) = (self.members()?, other.members()?) else { return Ok(false) };
        if left.len() != right.len() {
            return Ok(false);
        }
        let known: HashMap<&str, &Self> = right.iter().map(|(key, value)| (key.as_ref(), value)).collect();
        for (key, value) in left.iter() {
            match known.get(key.as_ref()) {
                Some(other) if value.equals(other)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// Where that item of an array stands, from the end if negative.
pub(crate) fn place(length: usize, position: i32) -> Option<usize> {
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    if position < 0 { length.checked_sub(distance) } else { Some(distance) }
}

/// Members in the order of their keys: `keys`, `values` and `*` do not depend on how the upstream writes its objects.
pub(crate) fn sorted<'m, 'i>(members: &'m Members<'i>) -> Vec<&'m (Cow<'i, str>, Value<'i>)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|left, right| left.0.cmp(&right.0));
    sorted
}

fn member<'m, 'i>(members: &'m Members<'i>, name: &str) -> Option<&'m Value<'i>> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The value that comes next, its text kept where it has parts.
pub(crate) fn shallow<'i>(scanner: &mut Scanner<'i>, depth: usize) -> Result<Value<'i>, Fault> {
    Ok(match scanner.kind()? {
        Kind::Text => Value::Text(scanner.text()?),
        Kind::Number => Value::Number(Number::Written(scanner.number()?)),
        Kind::Null => {
            scanner.literal()?;
            Value::Null
        }
        Kind::Bool => Value::Bool(scanner.literal()?),
        Kind::Array | Kind::Object => {
            let start = scanner.at();
            scanner.skip(depth)?;
            Value::Raw(scanner.since(start), None)
        }
    })
}

fn items_of(text: &str) -> Result<Vec<Value<'_>>, Fault> {
    let mut scanner = Scanner::new(text);
    let mut items = Vec::new();
    let mut more = scanner.enter();
    while more {
        items.push(shallow(&mut scanner, 0)?);
        more = scanner.more(b']')?;
    }
    Ok(items)
}

fn member_of<'i>(text: &'i str, name: &str) -> Result<Value<'i>, Fault> {
    let mut scanner = Scanner::new(text);
    let mut found = Value::Null;
    let mut more = scanner.enter();
    while more {
        scanner.before_key()?;
        let key = scanner.text()?;
        scanner.colon()?;
        if key == name {
            found = shallow(&mut scanner, 0)?;
        } else {
            scanner.skip(0)?;
        }
        more = scanner.more(b'}')?;
    }
    Ok(found)
}

/// Objects with more keys than this look for doubles in a table.
const KEYS_FEW: usize = 16;

/// Of a key that stands twice, the last counts.
fn members_of(text: &str) -> Result<Members<'_>, Fault> {
    let mut scanner = Scanner::new(text);
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let mut members = Members::new();
    let mut more = scanner.enter();
    while more {
        scanner.before_key()?;
        let key = scanner.text()?;
        scanner.colon()?;
        let value = shallow(&mut scanner, 0)?;
        if members.len() == KEYS_FEW {
            places = members.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
        }
        let known = if members.len() < KEYS_FEW {
            members.iter().position(|(known, _)| *known == key)
        } else {
            places.get(&key).copied()
        };
        if let Some(place) = known {
            members[place].1 = value;
        } else {
            if members.len() >= KEYS_FEW {
                places.insert(key.clone(), members.len());
            }
            members.push((key, value));
        }
        more = scanner.more(b'}')?;
    }
    Ok(members)
}
