//! Reads an answer together with the trie of what is needed of it: all else is checked and passed over.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use crate::fault::Fault;
use crate::flow::Flow;
use crate::need::{Need, Node};
use crate::scan::{Kind, Scanner};
use crate::value::{Members, Number, Value, shallow};

/// Reads one answer.
pub(crate) struct Reader<'i> {
    scanner: Scanner<'i>,
    need: &'i Need,
    flows: Vec<Flow<'i>>,
}

/// What is needed of `text`, and the pipelines that were fed with it.
pub(crate) fn read<'i>(
    text: &'i str,
    need: &'i Need,
    flows: Vec<Flow<'i>>,
) -> Result<(Value<'i>, Vec<Flow<'i>>), Fault> {
    let mut reader = Reader { scanner: Scanner::new(text), need, flows };
    let value = reader.value(&need.nodes[0], false, 0)?;
    reader.scanner.end()?;
    Ok((value, reader.flows))
}

impl<'i> Reader<'i> {
    /// The value that comes next. `depth` collections are around it; with `all` everything of it is needed.
    fn value(&mut self, node: &'i Node, all: bool, depth: usize) -> Result<Value<'i>, Fault> {
        let all = all || node.all;
        let start = match self.scanner.kind()? {
            Kind::Text => return Ok(Value::Text(self.scanner.text()?)),
            Kind::Number => return Ok(Value::Number(Number::Written(self.scanner.number()?))),
            Kind::Bool => return Ok(Value::Bool(self.scanner.literal()?)),
            Kind::Null => {
                self.scanner.literal()?;
                return Ok(Value::Null);
            }
            Kind::Array if !node.fed.is_empty() => return self.feed(node, all, depth),
            Kind::Array | Kind::Object if all && node.fields.is_empty() && node.item.is_none() => {
                return shallow(&mut self.scanner, depth);
            }
            kind => {
                self.scanner.check_depth(depth + 1)?;
                let start = self.scanner.at();
                let value = match kind {
                    Kind::Array => self.array(node, all, depth)?,
                    _ => self.object(node, all, depth)?,
                };
                if !all {
                    return Ok(value);
                }
                (start, value)
            }
        };
        let (start, seen) = start;
        Ok(Value::Raw(self.scanner.since(start), Some(Rc::new(seen))))
    }

    fn array(&mut self, node: &'i Node, all: bool, depth: usize) -> Result<Value<'i>, Fault> {
        let mut items = Vec::new();
        let mut more = self.scanner.enter();
        while more {
            match node.item {
                Some(item) => items.push(self.value(&self.need.nodes[item], all, depth + 1)?),
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
        Ok(Value::array(items))
    }

    fn object(&mut self, node: &'i Node, all: bool, depth: usize) -> Result<Value<'i>, Fault> {
        let mut members = Members::with_capacity(node.fields.len());
        let mut others = HashSet::new();
        let mut is_empty = true;
        let mut more = self.scanner.enter();
        while more {
            is_empty = false;
            let (key, inner) = self.scanner.key()?;
            let field = key.as_deref().and_then(|key| node.fields.iter().find(|(name, _)| name == key));
            if let Some((name, child)) = field {
                let child = &self.need.nodes[*child];
                // Of a key that stands twice, the last counts.
                for flow in &child.fed_below {
                    self.flows[*flow].forget();
                }
                let value = self.value(child, all, depth + 1)?;
                match members.iter_mut().find(|(known, _)| known == name) {
                    Some((_, known)) => *known = value,
                    None => members.push((Cow::Borrowed(name), value)),
                }
            } else {
                self.scanner.skip(depth + 1)?;
                let key = || key.clone().unwrap_or(Cow::Borrowed(inner));
                if node.count && !all && others.insert(key()) {
                    members.push((key(), Value::Null));
                }
            }
            more = self.scanner.more(b'}')?;
        }
        if all {
            // What is not there is null, and need not be looked for again.
            for (name, _) in &node.fields {
                if !members.iter().any(|(known, _)| known == name) {
                    members.push((Cow::Borrowed(name), Value::Null));
                }
            }
        } else if members.is_empty() && !is_empty {
            // That it is not empty can be looked at.
            members.push((Cow::Borrowed(""), Value::Null));
        }
        Ok(Value::Object(Rc::new(members)))
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
                let item = match item_node {
                    Some(item) => self.value(item, all, depth + 1)?,
                    None if all => shallow(&mut self.scanner, depth + 1)?,
                    None => {
                        self.scanner.skip(depth + 1)?;
                        Value::Null
                    }
                };
                for flow in &node.fed {
                    self.flows[*flow].take(&item);
                }
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
