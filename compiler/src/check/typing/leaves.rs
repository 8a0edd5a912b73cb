//! The fields of an answer, and those that a rule keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::heads::{Head, Names, View, heads};
use super::types::{Place, Rest, Type};
use crate::ir::{Fields, Others, Shape};
use crate::outline;

/// No more fields are counted, and no more shapes are looked at for it: schemas that hold one another have more ways through
/// them than anybody reads.
const FIELDS_MAX: usize = 5_000;
const STEPS_MAX: usize = 50_000;
const PATH_BYTES_MAX: usize = 1_000;

/// The fields of an answer of this shape, by whether they can stand in the outcome of a rule.
pub(super) fn fields<'s>(answer: &'s Shape, outcome: &Type<'s>, names: &'s Names) -> Fields {
    let is_unsaid = |head: &Head<'_>| matches!(head.view, View::Any) || head.view.is_unsaid();
    if heads(&Type::Document(Place::answer(answer)), names).iter().any(is_unsaid) {
        return Fields::Unknown;
    }
    let mut all = Leaves::new(names);
    all.add(Place::answer(answer));
    let mut kept = Leaves::new(names);
    kept.add_type(outcome);
    let is_cut = all.is_cut || kept.is_cut;
    let dropped = all.paths.difference(&kept.paths).cloned().collect();
    // Where fields are cut, one that is kept need not be among those that were counted.
    let mut kinds = kept.kinds;
    kinds.extend(all.kinds);
    let kinds = kinds.into_iter().map(|(path, kinds)| (path, Vec::from_iter(kinds).join(" or "))).collect();
    Fields::Known { kept: kept.paths.into_iter().collect(), dropped, kinds, is_cut }
}

struct Leaves<'s> {
    names: &'s Names,
    paths: BTreeSet<String>,
    /// What stands at each of them, and at places that hold again what stands around them.
    kinds: BTreeMap<String, BTreeSet<String>>,
    /// Named shapes that were counted, with where they were.
    counted: BTreeSet<(String, &'s str)>,
    steps: usize,
    is_cut: bool,
}

impl<'s> Leaves<'s> {
    fn new(names: &'s Names) -> Self {
        Self {
            names,
            paths: BTreeSet::new(),
            kinds: BTreeMap::new(),
            counted: BTreeSet::new(),
            steps: 0,
            is_cut: false,
        }
    }

    /// The fields at a place and below it.
    fn add(&mut self, place: Place<'s>) {
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            self.steps += 1;
            if self.steps > STEPS_MAX || self.paths.len() > FIELDS_MAX || place.path.len() > PATH_BYTES_MAX {
                self.is_cut = true;
                return;
            }
            match place.shape {
                Shape::Named(name) => {
                    // Inside of itself a shape is where it was met first, and there it is counted once.
                    match place.named(name, self.names) {
                        Some(target) if self.counted.insert((target.path.to_string(), name)) => open.push(target),
                        Some(target) if target.path != place.path => {
                            self.kind(&place, format!("again what `{}` is", shown(&target.path)));
                        }
                        Some(_) => {}
                        None => self.is_cut = true,
                    }
                }
                Shape::Nullable(inner) => open.push(Place { shape: inner, ..place }),
                Shape::AnyOf(shapes) => open.extend(shapes.iter().map(|shape| Place { shape, ..place.clone() })),
                Shape::List(list) => open.push(place.inside(&list.items, "[]")),
                Shape::Object(object) => {
                    open.extend(object.properties.iter().map(|known| place.member(&known.shape, &known.name)));
                    match object.rest.as_deref() {
                        Some(rest) if *rest != Shape::Any => open.push(place.rest(rest)),
                        _ if object.properties.is_empty() => self.leaf(&place),
                        _ if object.others == Others::None => {}
                        _ => open.push(place.rest(&Shape::Any)),
                    }
                }
                _ => self.leaf(&place),
            }
        }
    }

    fn leaf(&mut self, place: &Place<'s>) {
        self.paths.insert(shown(&place.path).to_owned());
        self.kind(place, outline::in_few_words(place.shape));
    }

    fn kind(&mut self, place: &Place<'s>, kind: String) {
        self.kinds.entry(shown(&place.path).to_owned()).or_default().insert(kind);
    }

    fn add_type(&mut self, of: &Type<'s>) {
        let mut open = vec![of];
        let mut steps = 0;
        while let Some(of) = open.pop() {
            steps += 1;
            if steps > STEPS_MAX {
                self.is_cut = true;
                return;
            }
            match of {
                Type::List(item) => open.push(item),
                Type::Row(items) => open.extend(items.iter()),
                Type::Union(union) => open.extend(&union.of),
                Type::From(_, from) => open.extend(from.iter()),
                Type::Document(place) => self.add(place.clone()),
                Type::Object(object) => {
                    open.extend(object.fields.iter().map(|(_, member)| member));
                    if let Rest::Document(place) = &object.rest {
                        self.add(place.clone());
                    }
                }
                _ => {}
            }
        }
    }
}

/// The answer itself has a path, too.
fn shown(path: &str) -> &str {
    if path.is_empty() { "@" } else { path }
}
