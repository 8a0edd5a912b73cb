//! Two sets of values: what is newly among them, and what no longer is.

mod bounds;
mod object;
mod values;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Kind;
use crate::ir::Shape;
use crate::outline;

/// Shapes by name.
pub(super) type Named = BTreeMap<String, Shape>;

/// Deeper shapes are compared as a whole. Names do not count: what they stand for is looked at later, from a list.
const DEPTH_MAX: usize = 256;

/// Every difference between two shapes that stand at `at`, with what it is.
pub(super) fn compare<'s>(
    at: &str,
    old: &'s Shape,
    new: &'s Shape,
    old_names: &'s Named,
    new_names: &'s Named,
) -> Vec<(Kind, String)> {
    let mut walk = Walk {
        old_names,
        new_names,
        seen: BTreeSet::new(),
        open: VecDeque::from([(at.to_owned(), old, new)]),
        found: Vec::new(),
        depth: 0,
    };
    // The nearest first, so that a difference is told at the shortest path to it.
    while let Some((at, old, new)) = walk.open.pop_front() {
        walk.shapes(&at, old, new);
    }
    walk.found
}

/// Both shapes are walked together.
struct Walk<'s> {
    old_names: &'s Named,
    new_names: &'s Named,
    /// Pairs of names that were looked at.
    seen: BTreeSet<(&'s str, &'s str)>,
    /// What they stand for, and where.
    open: VecDeque<(String, &'s Shape, &'s Shape)>,
    found: Vec<(Kind, String)>,
    depth: usize,
}

impl<'s> Walk<'s> {
    fn add(&mut self, kind: Kind, at: &str, what: impl AsRef<str>) {
        self.found.push((kind, format!("`{at}`: {}", what.as_ref())));
    }

    /// Compares, and tells of a difference that nothing else has told.
    fn shapes(&mut self, at: &str, old: &'s Shape, new: &'s Shape) {
        if self.depth == DEPTH_MAX {
            self.add(Kind::TypeChanged, at, "nested so deeply that it is not compared");
            return;
        }
        self.depth += 1;
        let before = self.found.len();
        self.kinds(at, old, new);
        if old != new && self.found.len() == before {
            self.add(Kind::Other, at, "is not the same");
        }
        self.depth -= 1;
    }

    fn kinds(&mut self, at: &str, old: &'s Shape, new: &'s Shape) {
        match (old, new) {
            (Shape::Named(_), _) | (_, Shape::Named(_)) => self.named(at, old, new),
            (Shape::Any, Shape::Any) | (Shape::Boolean, Shape::Boolean) | (Shape::File, Shape::File) => {}
            (Shape::Any, _) => self.add(Kind::TypeNarrowed, at, format!("{} instead of any value", told(new))),
            (_, Shape::Any) => self.add(Kind::TypeChanged, at, format!("any value instead of {}", told(old))),
            (Shape::Nullable(old), Shape::Nullable(new)) => self.shapes(at, old, new),
            (Shape::Nullable(old), new) => {
                self.add(Kind::NullRefused, at, "no longer null");
                self.shapes(at, old, new);
            }
            (old, Shape::Nullable(new)) => {
                self.add(Kind::NullAccepted, at, "may be null");
                self.shapes(at, old, new);
            }
            (Shape::AnyOf(old), Shape::AnyOf(new)) => self.alternatives(at, old, new),
            (Shape::AnyOf(all), new) if all.contains(new) => self.alternatives(at, all, std::slice::from_ref(new)),
            (old, Shape::AnyOf(all)) if all.contains(old) => self.alternatives(at, std::slice::from_ref(old), all),
            (Shape::Integer(old), Shape::Integer(new)) => self.integers(at, old, new),
            (Shape::Number(old), Shape::Number(new)) => self.numbers(at, old, new),
            (Shape::Text(old), Shape::Text(new)) => self.texts(at, old, new),
            (Shape::List(old), Shape::List(new)) => self.lists(at, old, new),
            (Shape::Object(old), Shape::Object(new)) => self.objects(at, old, new),
            (Shape::Words(_) | Shape::Literals(_), _) | (_, Shape::Words(_) | Shape::Literals(_)) => {
                self.values(at, old, new);
            }
            _ => self.other_type(at, old, new),
        }
    }

    fn other_type(&mut self, at: &str, old: &Shape, new: &Shape) {
        self.add(Kind::TypeChanged, at, format!("{} instead of {}", told(new), told(old)));
    }

    /// A name that stands for another shape than before, or in place of one.
    fn named(&mut self, at: &str, old: &'s Shape, new: &'s Shape) {
        let named = |shape: &'s Shape| match shape {
            Shape::Named(name) => Some(name.as_str()),
            _ => None,
        };
        match (named(old), named(new)) {
            (Some(before), Some(after)) if before != after => {
                self.add(Kind::ShapeRenamed, at, format!("the shape `{after}` instead of `{before}`"));
            }
            (Some(before), None) => self.add(Kind::ShapeRenamed, at, format!("`{before}` no longer has a name")),
            (None, Some(after)) => self.add(Kind::ShapeRenamed, at, format!("has the name `{after}`")),
            _ => {}
        }
        let are_named = named(old).is_some() && named(new).is_some();
        if let (Some(before), Some(after)) = (named(old), named(new))
            && !self.seen.insert((before, after))
        {
            return;
        }
        let (old_names, new_names) = (self.old_names, self.new_names);
        let before = named(old).map_or(Some(old), |name| old_names.get(name));
        let after = named(new).map_or(Some(new), |name| new_names.get(name));
        match (before, after) {
            // However long a chain of names is, it takes no stack.
            (Some(before), Some(after)) if are_named => self.open.push_back((at.to_owned(), before, after)),
            (Some(before), Some(after)) => self.shapes(at, before, after),
            (None, None) => {}
            _ => self.other_type(at, old, new),
        }
    }

    fn alternatives(&mut self, at: &str, old: &'s [Shape], new: &'s [Shape]) {
        // The same name may mean something else.
        for shape in new.iter().filter(|shape| old.contains(shape)) {
            if let Some(before) = old.iter().find(|before| *before == shape) {
                self.shapes(at, before, shape);
            }
        }
        let gone: Vec<&Shape> = old.iter().filter(|shape| !new.contains(shape)).collect();
        let come: Vec<&Shape> = new.iter().filter(|shape| !old.contains(shape)).collect();
        if let ([gone], [come]) = (gone.as_slice(), come.as_slice()) {
            return self.shapes(at, gone, come);
        }
        for shape in come {
            self.add(Kind::AlternativeAdded, at, format!("may be {}", told(shape)));
        }
        for shape in gone {
            self.add(Kind::AlternativeRemoved, at, format!("may no longer be {}", told(shape)));
        }
    }
}

/// A shape in few words, on one line.
fn told(shape: &Shape) -> String {
    outline::of(shape).split_whitespace().collect::<Vec<_>>().join(" ")
}
