//! Fields with a label of their own: whether an answer has them, and whether a rule looks at them.
//!
//! A rule lowers a label only by not looking at the labelled field at all. To choose by it, to count it or to sort by it tells
//! of it, so what counts is the parts that the rule can look at ([`Looked`]), and not those that stand in its outcome. A field
//! is the member of a schema, wherever in the answer that schema stands: a patient within a patient has the same `ssn`.

use std::collections::{BTreeMap, BTreeSet};

use airlock_prune::Looked;

use crate::ir::{Others, Shape};
use crate::review::steps;

/// No more shapes are looked at; beyond it a rule is taken to look at everything.
const STEPS_MAX: usize = 200_000;

/// What is known of a labelled field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The answer has no such field.
    Missing,
    /// The rule does not look at it.
    Dropped,
    /// The rule can look at it, or it is not known where in the answer it stands.
    Read,
}

/// What a rule runs on.
pub(super) struct Answer<'s> {
    pub(super) shape: &'s Shape,
    pub(super) names: &'s BTreeMap<String, Shape>,
    /// Whether it has fields that the document does not list.
    pub(super) is_open: bool,
}

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    /// `*`: every member.
    Members,
    /// `[]`: every item.
    Items,
}

/// The steps of a path as in `items[].id`. None if it is no path.
fn read(path: &str) -> Option<Vec<Step>> {
    let mut read = Vec::new();
    for (position, step) in steps(path.trim()).into_iter().enumerate() {
        let name = step.trim_end_matches("[]");
        match name {
            // The answer itself may be a list.
            "" if position == 0 && !step.is_empty() => {}
            "" => return None,
            "*" => read.push(Step::Members),
            _ if name.starts_with('"') => read.push(Step::Member(serde_json::from_str(name).ok()?)),
            _ => read.push(Step::Member(name.to_owned())),
        }
        read.extend((0..(step.len() - name.len()) / 2).map(|_| Step::Items));
    }
    Some(read)
}

/// The places of a field: shapes by where they stand, which is what they are known by.
#[derive(Default)]
struct Places {
    shapes: BTreeSet<*const Shape>,
    /// Whether it may stand where the document says nothing.
    is_unsaid: bool,
}

impl<'s> Answer<'s> {
    /// What is known of the field at `path`, as far as `looked` goes.
    pub(super) fn find(&self, path: &str, looked: Looked<'_>) -> Found {
        let Some(steps) = read(path) else { return Found::Missing };
        let places = self.places(&steps);
        if places.is_unsaid || (places.shapes.is_empty() && self.is_open) {
            return Found::Read;
        }
        match places.shapes.is_empty() {
            true => Found::Missing,
            false if self.reaches(&places.shapes, looked) => Found::Read,
            false => Found::Dropped,
        }
    }

    fn places(&self, steps: &[Step]) -> Places {
        let (mut at, mut is_unsaid) = (vec![self.shape], false);
        for step in steps {
            let mut next = Vec::new();
            for shape in self.alternatives(&at) {
                match (step, shape) {
                    (_, Shape::Any) => is_unsaid = true,
                    (Step::Items, Shape::List(list)) => next.push(&list.items),
                    (Step::Members | Step::Member(_), Shape::Object(object)) => {
                        let is_meant = |name: &str| match step {
                            Step::Member(wanted) => name == wanted,
                            _ => true,
                        };
                        let listed = object.properties.iter().filter(|property| is_meant(&property.name));
                        let before = next.len();
                        next.extend(listed.map(|property| &property.shape));
                        if *step == Step::Members || next.len() == before {
                            // Silence about others is "none" where members are listed, as for rules.
                            match object.rest.as_deref().filter(|rest| **rest != Shape::Any) {
                                Some(rest) => next.push(rest),
                                None => is_unsaid |= object.properties.is_empty() || object.others != Others::None,
                            }
                        }
                    }
                    _ => {}
                }
            }
            at = next;
        }
        Places { shapes: at.into_iter().map(std::ptr::from_ref).collect(), is_unsaid }
    }

    /// What shapes are, below their names, unions and nulls.
    fn alternatives(&self, shapes: &[&'s Shape]) -> Vec<&'s Shape> {
        let (mut open, mut found, mut seen) = (shapes.to_vec(), Vec::new(), BTreeSet::new());
        while let Some(shape) = open.pop() {
            if !seen.insert(std::ptr::from_ref(shape)) {
                continue;
            }
            match shape {
                Shape::Named(name) => open.extend(self.names.get(name)),
                Shape::Nullable(inner) => open.push(inner),
                Shape::AnyOf(shapes) => open.extend(shapes),
                _ => found.push(shape),
            }
        }
        found
    }

    /// Whether a rule that looks at these parts can look at one of the shapes at these places.
    fn reaches(&self, places: &BTreeSet<*const Shape>, looked: Looked<'_>) -> bool {
        // Without parts, everything below is looked at.
        let mut open = vec![(Some(looked), self.shape)];
        let mut seen = BTreeSet::new();
        while let Some((looked, shape)) = open.pop() {
            let looked = looked.filter(|looked| !looked.is_whole());
            if !seen.insert((looked.map(|looked| looked.number()), std::ptr::from_ref(shape))) {
                continue;
            }
            if places.contains(&std::ptr::from_ref(shape)) || seen.len() > STEPS_MAX {
                return true;
            }
            match shape {
                Shape::Named(name) => open.extend(self.names.get(name).map(|shape| (looked, shape))),
                Shape::Nullable(inner) => open.push((looked, inner)),
                Shape::AnyOf(shapes) => open.extend(shapes.iter().map(|shape| (looked, shape))),
                Shape::List(list) => match looked {
                    None => open.push((None, &list.items)),
                    Some(looked) => open.extend(looked.items().map(|items| (Some(items), &list.items))),
                },
                Shape::Object(object) => match looked {
                    None => {
                        open.extend(object.properties.iter().map(|property| (None, &property.shape)));
                        open.extend(object.rest.as_deref().map(|rest| (None, rest)));
                    }
                    Some(looked) => open.extend(looked.members().filter_map(|(name, part)| {
                        let listed = object.properties.iter().find(|property| property.name == name);
                        let shape = listed.map(|property| &property.shape).or(object.rest.as_deref());
                        Some((Some(part), shape?))
                    })),
                },
                _ => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, read};

    #[test]
    fn a_path_is_read_as_reviews_write_it() {
        let member = |name: &str| Step::Member(name.to_owned());
        assert_eq!(read("items[].id"), Some(vec![member("items"), Step::Items, member("id")]));
        assert_eq!(read("[][].*"), Some(vec![Step::Items, Step::Items, Step::Members]));
        assert_eq!(read(r#""a.b[]"[]"#), Some(vec![member("a.b[]"), Step::Items]));
        for path in ["", "a.", ".a", "a..b", "a.[]", "\"a"] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
