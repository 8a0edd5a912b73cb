//! The parts of an answer that a rule can look at, for whoever has to know without running it.

use crate::need::{Need, Node};

/// A place that a rule looks at. That it is one keeps at least what kind of value stands there, and whether it is empty: a
/// condition, or a count, is told from that alone.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'p> {
    need: &'p Need,
    node: usize,
}

impl<'p> Looked<'p> {
    pub(crate) fn at_all(need: &'p Need) -> Self {
        Self { need, node: 0 }
    }

    fn node(&self) -> &'p Node {
        &self.need.nodes[self.node]
    }

    /// Its number among the places of the rule, to know one that was seen before.
    pub fn number(&self) -> usize {
        self.node
    }

    /// Whether everything below is looked at.
    pub fn is_whole(&self) -> bool {
        self.node().all
    }

    /// The members that are looked at.
    pub fn members(&self) -> impl Iterator<Item = (&'p str, Self)> + use<'p> {
        let need = self.need;
        self.node().fields.iter().map(move |(name, node)| (name.as_str(), Self { need, node: *node }))
    }

    /// What is looked at in every item.
    pub fn items(&self) -> Option<Self> {
        self.node().item.map(|node| Self { need: self.need, node })
    }
}
