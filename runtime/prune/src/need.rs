//! Which parts of an answer a rule can look at.
//!
//! A rule is run over places instead of values: "where in the answer may this come from". What comes out is a trie that the
//! reader walks together with the answer; parts that are not in it are passed over. That a node of the trie exists keeps
//! what kind of value stands there, and whether it is empty.

use std::collections::BTreeMap;

use crate::expr::{Expr, Function};

/// A place in an answer that a rule looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Everything below is wanted.
    pub(crate) all: bool,
    /// How many parts there are is wanted.
    pub(crate) count: bool,
    /// Members that are looked at.
    pub(crate) fields: Vec<(String, usize)>,
    /// Which lengths their names have, one bit each: most other keys are told by it.
    lengths: u64,
    /// What is looked at in every item.
    pub(crate) item: Option<usize>,
    /// Pipelines that are fed with the items.
    pub(crate) fed: Vec<usize>,
    /// Pipelines that are fed from here or from below.
    pub(crate) fed_below: Vec<usize>,
}

/// The trie; node 0 is the answer itself.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) nodes: Vec<Node>,
}

/// Where a value may come from. Interned, so that equal ones are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// Made by the rule: nothing of the answer.
    Made,
    In(usize),
    Array(usize),
    Object(BTreeMap<String, usize>),
    /// Any of these, sorted.
    Union(Vec<usize>),
}

/// The steps that an analysis may take; beyond it everything is wanted, which is always right.
const STEPS_MAX: usize = 100_000;

const MADE: usize = 0;

struct Analysis {
    need: Need,
    origins: Vec<Origin>,
    known: BTreeMap<Origin, usize>,
    steps: usize,
}

impl Node {
    /// The place among [`Node::fields`] that a member of this name has.
    #[inline]
    pub(crate) fn field(&self, name: &[u8]) -> Option<usize> {
        if self.lengths & length_bit(name) == 0 {
            return None;
        }
        self.fields.iter().position(|(known, _)| known.as_bytes() == name)
    }
}

#[inline]
fn length_bit(name: &[u8]) -> u64 {
    1 << (name.len() % 64)
}

impl Need {
    /// What `expr` looks at.
    pub(crate) fn of(expr: &Expr) -> Self {
        let mut analysis = Analysis {
            need: Self { nodes: vec![Node::default()] },
            origins: Vec::new(),
            known: BTreeMap::new(),
            steps: 0,
        };
        analysis.intern(Origin::Made);
        let root = analysis.intern(Origin::In(0));
        let result = analysis.run(expr, root);
        analysis.all(result);
        if analysis.steps > STEPS_MAX {
            return Self::whole();
        }
        analysis.need
    }

    /// All of the answer.
    pub(crate) fn whole() -> Self {
        Self { nodes: vec![Node { all: true, ..Node::default() }] }
    }

    /// Whether items of an array at the end of a path are looked at, or counted. What kind of value it is and whether it is
    /// empty may be looked at.
    pub(crate) fn reads_items(&self, path: &[String]) -> bool {
        let mut node = &self.nodes[0];
        for name in path {
            if node.all {
                return true;
            }
            match node.fields.iter().find(|(known, _)| known == name) {
                Some((_, child)) => node = &self.nodes[*child],
                None => return false,
            }
        }
        node.all || node.count || node.item.is_some()
    }

    /// Has a pipeline fed with the items at the end of a path.
    pub(crate) fn feed(&mut self, path: &[String], pipeline: usize) {
        let mut place = 0;
        self.nodes[place].fed_below.push(pipeline);
        for name in path {
            place = self.child(place, name);
            self.nodes[place].fed_below.push(pipeline);
        }
        self.nodes[place].fed.push(pipeline);
    }

    fn child(&mut self, node: usize, name: &str) -> usize {
        if let Some((_, child)) = self.nodes[node].fields.iter().find(|(known, _)| known == name) {
            return *child;
        }
        let child = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[node].lengths |= length_bit(name.as_bytes());
        self.nodes[node].fields.push((name.to_owned(), child));
        child
    }

    fn item(&mut self, node: usize) -> usize {
        if let Some(child) = self.nodes[node].item {
            return child;
        }
        let child = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[node].item = Some(child);
        child
    }

    /// The places that are looked at, sorted: `items[].id`; `@` is the answer itself.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect(0, "", &mut paths);
        paths.sort();
        paths
    }

    fn collect(&self, node: usize, path: &str, paths: &mut Vec<String>) {
        let Node { all, fields, item, .. } = &self.nodes[node];
        if *all || (fields.is_empty() && item.is_none()) {
            paths.push(if path.is_empty() { "@".to_owned() } else { path.to_owned() });
            return;
        }
        for (name, child) in fields {
            let name = if is_plain(name) { name.clone() } else { format!("{name:?}") };
            let separator = if path.is_empty() { "" } else { "." };
            self.collect(*child, &format!("{path}{separator}{name}"), paths);
        }
        if let Some(child) = item {
            self.collect(*child, &format!("{path}[]"), paths);
        }
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Analysis {
    fn intern(&mut self, origin: Origin) -> usize {
        if let Some(known) = self.known.get(&origin) {
            return *known;
        }
        let place = self.origins.len();
        self.origins.push(origin.clone());
        self.known.insert(origin, place);
        place
    }

    fn union(&mut self, origins: &[usize]) -> usize {
        let mut all = Vec::new();
        for origin in origins {
            match &self.origins[*origin] {
                Origin::Union(inner) => all.extend(inner),
                Origin::Made => {}
                _ => all.push(*origin),
            }
        }
        self.steps += all.len();
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [] => MADE,
            [one] => *one,
            _ => self.intern(Origin::Union(all)),
        }
    }

    /// Applies a step to every member of a union.
    fn each(&mut self, members: &[usize], step: &mut dyn FnMut(&mut Self, usize) -> usize) -> usize {
        let mut results = Vec::new();
        for member in members {
            let result = step(self, *member);
            results.push(result);
        }
        self.union(&results)
    }

    fn field(&mut self, origin: usize, name: &str) -> usize {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return MADE;
        }
        match self.origins[origin].clone() {
            Origin::In(node) if self.need.nodes[node].all => origin,
            Origin::In(node) => {
                let child = self.need.child(node, name);
                self.intern(Origin::In(child))
            }
            Origin::Object(members) => members.get(name).copied().unwrap_or(MADE),
            Origin::Union(members) => self.each(&members, &mut |this, member| this.field(member, name)),
            Origin::Array(_) | Origin::Made => MADE,
        }
    }

    fn item(&mut self, origin: usize) -> usize {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return MADE;
        }
        match self.origins[origin].clone() {
            Origin::In(node) if self.need.nodes[node].all => origin,
            Origin::In(node) => {
                let child = self.need.item(node);
                self.intern(Origin::In(child))
            }
            Origin::Array(item) => item,
            Origin::Union(members) => self.each(&members, &mut Self::item),
            Origin::Object(_) | Origin::Made => MADE,
        }
    }

    /// Marks every place of the answer that is in it.
    fn mark(&mut self, origin: usize, mark: fn(&mut Node)) {
        let (mut todo, mut seen) = (vec![origin], vec![false; self.origins.len()]);
        while let Some(origin) = todo.pop() {
            if std::mem::replace(&mut seen[origin], true) {
                continue;
            }
            self.steps += 1;
            match &self.origins[origin] {
                Origin::In(node) => mark(&mut self.need.nodes[*node]),
                Origin::Array(item) => todo.push(*item),
                Origin::Object(members) => todo.extend(members.values()),
                Origin::Union(members) => todo.extend(members),
                Origin::Made => {}
            }
        }
    }

    fn all(&mut self, origin: usize) {
        self.mark(origin, |node| node.all = true);
    }

    fn run(&mut self, expr: &Expr, current: usize) -> usize {
        match expr {
            Expr::Current => current,
            Expr::Literal(_) | Expr::Piped(..) => MADE,
            Expr::Field(name) => self.field(current, name),
            Expr::Index(_) => self.item(current),
            Expr::Slice(..) => {
                let item = self.item(current);
                self.intern(Origin::Array(item))
            }
            Expr::Then(first, next) => {
                let first = self.run(first, current);
                self.run(next, first)
            }
            Expr::Each(list, item) => {
                let list = self.run(list, current);
                self.project(list, item)
            }
            Expr::Flatten(list) => {
                // An item is kept, or its items are; never the same place for both, or `x[].a` would lose what only
                // `x[][0].a` reads.
                let list = self.run(list, current);
                let item = self.item(list);
                let inner = self.item(item);
                let either = self.union(&[item, inner]);
                self.intern(Origin::Array(either))
            }
            Expr::When(condition, then) => {
                self.run(condition, current);
                self.run(then, current)
            }
            Expr::List(items) => {
                let items: Vec<usize> = items.iter().map(|item| self.run(item, current)).collect();
                let either = self.union(&items);
                self.intern(Origin::Array(either))
            }
            Expr::Object(members) => {
                let members = members.iter().map(|(name, rule)| (name.text.clone(), self.run(rule, current))).collect();
                self.intern(Origin::Object(members))
            }
            Expr::And(left, right) | Expr::Or(left, right) => {
                let either = [self.run(left, current), self.run(right, current)];
                self.union(&either)
            }
            Expr::Not(inner) => {
                self.run(inner, current);
                MADE
            }
            Expr::Compare(left, _, right) => {
                for side in [left, right] {
                    let side = self.run(side, current);
                    self.all(side);
                }
                MADE
            }
            Expr::Values(object) => {
                let object = self.run(object, current);
                self.all(object);
                object
            }
            Expr::Call(function, arguments) => self.call(*function, arguments, current),
        }
    }

    fn project(&mut self, list: usize, item: &Expr) -> usize {
        let place = self.item(list);
        let result = self.run(item, place);
        self.intern(Origin::Array(result))
    }

    fn call(&mut self, function: Function, arguments: &[Expr], current: usize) -> usize {
        match (function, arguments) {
            (Function::Length, [list]) => {
                let list = self.run(list, current);
                self.mark(list, |node| node.count = true);
                MADE
            }
            // Their result is a word or a truth: what kind of value stands there is enough.
            (Function::Type, [value]) => {
                self.run(value, current);
                MADE
            }
            (Function::NotNull, values) => {
                let values: Vec<usize> = values.iter().map(|value| self.run(value, current)).collect();
                self.union(&values)
            }
            (Function::Reverse, [list]) => self.run(list, current),
            (Function::Map, [item, list]) => {
                let list = self.run(list, current);
                self.project(list, item)
            }
            (Function::SortBy | Function::MaxBy | Function::MinBy, [list, key]) => {
                let list = self.run(list, current);
                let place = self.item(list);
                let key = self.run(key, place);
                self.all(key);
                if function == Function::SortBy { list } else { place }
            }
            _ => {
                let arguments: Vec<usize> = arguments.iter().map(|argument| self.run(argument, current)).collect();
                for argument in &arguments {
                    self.all(*argument);
                }
                self.union(&arguments)
            }
        }
    }
}
