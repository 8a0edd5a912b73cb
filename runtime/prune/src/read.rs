//! Reads an answer together with the trie of what is needed of it: all else is checked and passed over.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use crate::fault::Fault;
use crate::flow::Flow;
use crate::grammar::unescaped;
use crate::need::{Need, Node};
use crate::scan::{Kind, Scanner};
use crate::value::{Members, Number, Value, shallow};

/// Reads one answer.
pub(crate) struct Reader<'i> {
    scanner: Scanner<'i>,
    need: &'i Need,
    flows: Vec<Flow<'i>>,
    /// Empty ones that may be filled.
    arrays: Vec<Rc<Vec<Value<'i>>>>,
    objects: Vec<Rc<Members<'i>>>,
}

/// Puts parts into a collection that nobody shares.
fn filled<T>(mut collection: Rc<Vec<T>>, parts: Vec<T>) -> Rc<Vec<T>> {
    match Rc::get_mut(&mut collection) {
        Some(empty) => {
            *empty = parts;
            collection
        }
        None => Rc::new(parts),
    }
}

/// What is needed of `text`, and the pipelines that were fed with it.
pub(crate) fn read<'i>(
    text: &'i str,
    need: &'i Need,
    flows: Vec<Flow<'i>>,
) -> Result<(Value<'i>, Vec<Flow<'i>>), Fault> {
    let mut reader = Reader { scanner: Scanner::new(text), need, flows, arrays: Vec::new(), objects: Vec::new() };
    let mut value = Value::Null;
    reader.value(&need.nodes[0], false, 0, &mut value)?;
    reader.scanner.end()?;
    Ok((value, reader.flows))
}

impl<'i> Reader<'i> {
    /// Puts the value that comes next into `place`, which saves moving it there. `depth` collections are around it; with
    /// `all` everything of it is needed.
    fn value(&mut self, node: &'i Node, all: bool, depth: usize, place: &mut Value<'i>) -> Result<(), Fault> {
        let all = all || node.all;
        match self.scanner.kind()? {
            Kind::Text => *place = Value::Text(self.scanner.text()?),
            Kind::Number => *place = Value::Number(Number::Written(self.scanner.number()?)),
            Kind::Bool => *place = Value::Bool(self.scanner.literal()?),
            Kind::Null => {
                self.scanner.literal()?;
                *place = Value::Null;
            }
            Kind::Array if !node.fed.is_empty() => *place = self.feed(node, all, depth)?,
            Kind::Array | Kind::Object if all && node.fields.is_empty() && node.item.is_none() => {
                *place = shallow(&mut self.scanner, depth)?;
            }
            kind => {
                self.scanner.check_depth(depth + 1)?;
                let start = self.scanner.at();
                let value = match kind {
                    Kind::Array => self.array(node, all, depth)?,
                    _ => self.object(node, all, depth)?,
                };
                *place = if all { Value::Raw(self.scanner.since(start), Some(Rc::new(value))) } else { value };
            }
        }
        Ok(())
    }

    fn array(&mut self, node: &'i Node, all: bool, depth: usize) -> Result<Value<'i>, Fault> {
        let mut array = self.arrays.pop().unwrap_or_default();
        let mut items = Rc::get_mut(&mut array).map(std::mem::take).unwrap_or_default();
        let mut more = self.scanner.enter();
        while more {
            match node.item {
                Some(item) => {
                    items.push(Value::Null);
                    if let Some(place) = items.last_mut() {
                        self.value(&self.need.nodes[item], all, depth + 1, place)?;
                    }
                }
                None if all => items.push(shallow(&mut self.scanner, depth + 1)?),
                None => {
                    self.scanner.skip(depth + 1)?;
                    // That there are items can be looked at, and how many, where they are counted.
                    if node.count || items.is_empty() {
                        items.push(Value::Null);
                    }
                }
            }
            more = self.scanner.more(b']')?;
        }
        Ok(Value::Array(filled(array, items)))
    }

    fn object(&mut self, node: &'i Node, all: bool, depth: usize) -> Result<Value<'i>, Fault> {
        let mut object = self.objects.pop().unwrap_or_default();
        let mut members = Rc::get_mut(&mut object).map(std::mem::take).unwrap_or_default();
        let mut others = None;
        // Which fields have been read, one bit each; those beyond have none, and are looked for.
        let mut seen = 1_u128 << 127;
        let mut more = self.scanner.enter();
        let is_empty = !more;
        while more {
            let (start, end, escapes) = self.scanner.key()?;
            // With half of a surrogate pair in it, it is nobody's name.
            let field = if escapes {
                unescaped(self.scanner.text_at(start, end)).and_then(|key| node.field(key.as_bytes()))
            } else {
                node.field(self.scanner.bytes_at(start, end))
            };
            if let Some((name, child)) = field.and_then(|field| node.fields.get(field)) {
                let child = &self.need.nodes[*child];
                // Of a key that stands twice, the last counts.
                for flow in &child.fed_below {
                    self.flows[*flow].forget();
                }
                let bit = field.and_then(|field| 1_u128.checked_shl(u32::try_from(field).ok()?)).unwrap_or(seen);
                let known = if seen & bit == 0 { None } else { members.iter().position(|(known, _)| known == name) };
                let position = known.unwrap_or(members.len());
                if known.is_none() {
                    members.push((Cow::Borrowed(name.as_str()), Value::Null));
                }
                self.value(child, all, depth + 1, &mut members[position].1)?;
                seen |= bit;
            } else {
                self.scanner.skip(depth + 1)?;
                if node.count && !all {
                    let written = self.scanner.text_at(start, end);
                    let key = if escapes { unescaped(written).map(Cow::Owned) } else { None };
                    let key = key.unwrap_or(Cow::Borrowed(written));
                    if others.get_or_insert_with(HashSet::new).insert(key.clone()) {
                        members.push((key, Value::Null));
                    }
                }
            }
            more = self.scanner.more(b'}')?;
        }
        if all {
            // What is not there is null, and need not be looked for again.
            for (name, _) in &node.fields {
                if !members.iter().any(|(known, _)| known == name) {
                    members.push((Cow::Borrowed(name.as_str()), Value::Null));
                }
            }
        } else if members.is_empty() && !is_empty {
            // That it is not empty can be looked at.
            members.push((Cow::Borrowed(""), Value::Null));
        }
        Ok(Value::Object(filled(object, members)))
    }

    /// Keeps the memory of an item that nobody holds any more for those that come.
    fn reuse(&mut self, value: Value<'i>) {
        match value {
            Value::Array(mut array) => {
                if let Some(items) = Rc::get_mut(&mut array) {
                    while let Some(part) = items.pop() {
                        if part.has_parts() {
                            self.reuse(part);
                        }
                    }
                    self.arrays.push(array);
                }
            }
            Value::Object(mut object) => {
                if let Some(members) = Rc::get_mut(&mut object) {
                    while let Some((_, part)) = members.pop() {
                        if part.has_parts() {
                            self.reuse(part);
                        }
                    }
                    self.objects.push(object);
                }
            }
            _ => {}
        }
    }

    /// Gives every item to the pipelines that begin here, and lets it go.
    fn feed(&mut self, node: &'i Node, all: bool, depth: usize) -> Result<Value<'i>, Fault> {
        self.scanner.check_depth(depth + 1)?;
        for flow in &node.fed {
            self.flows[*flow].begin();
        }
        let start = self.scanner.at();
        let item_node = node.item.map(|item| &self.need.nodes[item]);
        let mut more = self.scanner.enter();
        let is_empty = !more;
        while more {
            if node.fed.iter().all(|flow| self.flows[*flow].is_done()) {
                self.scanner.skip(depth + 1)?;
            } else {
                let mut item = Value::Null;
                match item_node {
                    Some(node) => self.value(node, all, depth + 1, &mut item)?,
                    None if all => item = shallow(&mut self.scanner, depth + 1)?,
                    None => self.scanner.skip(depth + 1)?,
                }
                for flow in &node.fed {
                    self.flows[*flow].take(&item);
                }
                self.reuse(item);
            }
            more = self.scanner.more(b']')?;
        }
        Ok(match (all, is_empty) {
            (true, _) => Value::Raw(self.scanner.since(start), None),
            (false, true) => Value::array(Vec::new()),
            (false, false) => Value::array(vec![Value::Null]),
        })
    }
}
