//! Shapes at random.

use super::{catalog, tool};
use crate::diff::{compare, settle};
use crate::ir::{Catalog, Integer, List, Number, Object, Property, Shape, Text};

/// A source of numbers that is the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }

    fn text(&mut self) -> String {
        ["", "a", "b"][self.below(3)].to_owned()
    }

    fn texts(&mut self) -> Vec<String> {
        ["1", "2", "\"a\""].into_iter().filter_map(|text| self.maybe(text.to_owned())).collect()
    }

    pub(crate) fn shape(&mut self, depth: usize) -> Shape {
        match self.below(if depth == 0 { 9 } else { 13 }) {
            0 => Shape::Any,
            1 => Shape::Boolean,
            2 => {
                let bound = self.below(3) as i128;
                Shape::Integer(Box::new(Integer {
                    min: self.maybe(bound),
                    max: self.maybe(bound),
                    multiple_of: self.maybe(bound),
                }))
            }
            3 => Shape::Number(Number { min: self.maybe(0.5), max: self.maybe(1.0), ..Number::default() }),
            4 => {
                let (chars_min, chars_max) = (self.below(2) as u64, self.maybe(3));
                Shape::Text(Text { chars_min, chars_max, pattern: self.text(), format: self.text() })
            }
            5 => Shape::Words(self.texts()),
            6 => Shape::Literals(self.texts()),
            7 => Shape::File,
            8 => Shape::Named(["A", "B", "C"][self.below(3)].into()),
            9 => {
                let (items_min, items_max, unique) = (self.below(2) as u64, self.maybe(2), self.below(2) == 0);
                Shape::List(Box::new(List { items: self.shape(depth - 1), items_min, items_max, unique }))
            }
            10 => {
                let names = ["x", "y"].into_iter().filter_map(|name| self.maybe(name)).collect::<Vec<_>>();
                let mut property = |name: &str| {
                    let (shape, required, description) = (self.shape(depth - 1), self.below(2) == 0, self.text());
                    Property { name: name.to_owned(), shape, required, description }
                };
                let properties = names.into_iter().map(&mut property).collect();
                let rest = (self.below(2) == 0).then(|| Box::new(self.shape(depth - 1)));
                Shape::Object(Object { properties, rest, ..Object::default() })
            }
            11 => Shape::AnyOf((0..=self.below(2)).map(|_| self.shape(depth - 1)).collect()),
            _ => Shape::Nullable(Box::new(self.shape(depth - 1))),
        }
    }

    /// A catalog whose one argument and whose result have a shape at random, over names that refer to each other.
    pub(crate) fn catalog(&mut self) -> Catalog {
        let mut catalog = catalog();
        for name in ["A", "B"] {
            let shape = self.shape(2);
            catalog.shapes.insert(name.to_owned(), shape.clone());
            catalog.answers.insert(name.to_owned(), shape);
        }
        tool(&mut catalog).arguments[2].shape = self.shape(3);
        tool(&mut catalog).output = self.shape(3);
        catalog
    }
}

/// Both ways: what differs is told, and what is the same is not. Shapes at random refer to each other and to themselves.
#[test]
fn two_catalogs_at_random_differ_where_they_are_told_to() {
    let mut numbers = Numbers(1);
    let mut same = 0;
    for round in 0..4000 {
        let old = numbers.catalog();
        let mut new = old.clone();
        match round % 4 {
            0 => new = numbers.catalog(),
            1 => tool(&mut new).arguments[2].shape = numbers.shape(3),
            2 => drop(new.shapes.insert("A".into(), numbers.shape(2))),
            _ => drop(new.answers.insert("B".into(), numbers.shape(2))),
        }
        let is_same = settle::catalog(&old) == settle::catalog(&new);
        let found = compare(std::slice::from_ref(&old), std::slice::from_ref(&new));
        assert_eq!(found.is_empty(), is_same, "{round}: {found:?}\n{old:#?}\n{new:#?}");
        assert_eq!(compare(std::slice::from_ref(&new), std::slice::from_ref(&new)), []);
        same += usize::from(is_same);
    }
    assert!(same > 20, "{same}");
}
