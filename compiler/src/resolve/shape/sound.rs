//! Whether what a shape reaches is sound: read in full, and not made of itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{ShapeReader, State, refuse};
use crate::ir::Shape;
use crate::resolve::Refusal;

impl ShapeReader<'_> {
    /// Whether everything that the shape reaches could be read, and no name is nothing but itself.
    pub(super) fn verify(&mut self, shape: &Shape) -> Result<(), Refusal> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&Shape> = vec![shape];
        let mut refusal: Option<Refusal> = None;
        while let Some(shape) = open.pop() {
            shape.names(&mut |name| {
                let Some((name, named)) = self.named.get_key_value(name) else { return };
                if self.sound.contains(name) || !found.insert(name) {
                    return;
                }
                match &named.state {
                    State::Done(shape) => open.push(shape),
                    State::Refused(reason) => drop(refusal.get_or_insert(reason.clone())),
                    State::Pending | State::Open(_) => {}
                }
            });
        }
        if let Some(refusal) = refusal.or_else(|| self.circle(&found)) {
            return Err(refusal);
        }
        let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
        self.sound.extend(found);
        Ok(())
    }

    /// A name among `names` that stands for itself, with no object or array between: no value could ever be checked.
    ///
    /// Names that lead to none of the others are taken away until nothing changes; what is left goes in a circle.
    fn circle(&self, names: &BTreeSet<&str>) -> Option<Refusal> {
        let mut leads_to: BTreeMap<&str, usize> = BTreeMap::new();
        let mut led_to_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in names {
            let mut count = 0;
            let mut open: Vec<&Shape> = self.shape(name).into_iter().collect();
            while let Some(shape) = open.pop() {
                match shape {
                    Shape::Named(other) if names.contains(other.as_str()) => {
                        count += 1;
                        led_to_by.entry(other).or_default().push(name);
                    }
                    Shape::Nullable(inner) => open.push(inner),
                    Shape::AnyOf(shapes) => open.extend(shapes),
                    _ => {}
                }
            }
            leads_to.insert(name, count);
        }
        let mut ends: Vec<&str> = leads_to.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
        while let Some(end) = ends.pop() {
            leads_to.remove(end);
            for before in led_to_by.get(end).into_iter().flatten() {
                if let Some(count) = leads_to.get_mut(before) {
                    *count -= 1;
                    if *count == 0 {
                        ends.push(before);
                    }
                }
            }
        }
        let (name, _) = leads_to.into_iter().next()?;
        let pointer = self.named.get(name).map_or("", |named| &named.pointer);
        Some(refuse(pointer, format!("`{name}` is defined as itself")))
    }
}
