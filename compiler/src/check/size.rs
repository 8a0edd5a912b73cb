//! How large a tool's schema is on the wire, where hosts take no `$ref` and every shared shape is written out.

use std::collections::BTreeMap;

use crate::ir::{Argument, Shape};

/// What a model is told about a tool's arguments has at most this many bytes. More fills the window of any model.
pub(super) const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// A schema that is too large.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The named shape that takes most of it, if one does.
    pub name: Option<String>,
}

/// Bytes of the schema of these arguments, as far as names, words and descriptions go.
///
/// # Errors
/// It is larger than [`SCHEMA_BYTES_MAX`].
pub(super) fn schema_bytes(arguments: &[Argument], shapes: &BTreeMap<String, Shape>) -> Result<usize, TooLarge> {
    let mut size = Size { shapes, bytes: 0, open: Vec::new(), by_name: BTreeMap::new() };
    for argument in arguments {
        size.bytes += argument.name.len() + argument.description.len() + NODE_BYTES;
        size.add(&argument.shape);
    }
    if size.bytes <= SCHEMA_BYTES_MAX {
        return Ok(size.bytes);
    }
    // The largest that is not simply everything.
    let name = size.by_name.iter().filter(|(_, bytes)| **bytes < SCHEMA_BYTES_MAX).max_by_key(|(_, bytes)| **bytes);
    Err(TooLarge { name: name.map(|(name, _)| (*name).to_owned()) })
}

/// Braces, quotes and the word for the type.
const NODE_BYTES: usize = 24;

struct Size<'s> {
    shapes: &'s BTreeMap<String, Shape>,
    bytes: usize,
    open: Vec<&'s str>,
    by_name: BTreeMap<&'s str, usize>,
}

impl<'s> Size<'s> {
    fn add(&mut self, shape: &'s Shape) {
        self.bytes += NODE_BYTES;
        if self.bytes > SCHEMA_BYTES_MAX {
            return;
        }
        match shape {
            Shape::Named(name) => self.named(name),
            Shape::List(list) => self.add(&list.items),
            Shape::Nullable(inner) => self.add(inner),
            Shape::AnyOf(shapes) => shapes.iter().for_each(|shape| self.add(shape)),
            Shape::Words(words) | Shape::Literals(words) => {
                self.bytes += words.iter().map(|word| word.len() + 3).sum::<usize>();
            }
            Shape::Text(text) => self.bytes += text.pattern.len() + text.format.len(),
            Shape::Object(object) => {
                for property in &object.properties {
                    self.bytes += property.name.len() + property.description.len();
                    self.add(&property.shape);
                }
                if let Some(rest) = &object.rest {
                    self.add(rest);
                }
            }
            Shape::Any | Shape::Boolean | Shape::Integer(_) | Shape::Number(_) | Shape::File => {}
        }
    }

    /// A name within itself is cut on the wire.
    fn named(&mut self, name: &'s str) {
        let Some((name, shape)) = self.shapes.get_key_value(name) else { return };
        if self.open.contains(&name.as_str()) {
            self.bytes += name.len();
            return;
        }
        let before = self.bytes;
        self.open.push(name);
        self.add(shape);
        self.open.pop();
        *self.by_name.entry(name).or_default() += self.bytes - before;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::schema_bytes;
    use crate::ir::{Argument, Grounding, List, Place, Shape, Source};

    fn body(shape: Shape) -> Argument {
        let (name, wire, description) = ("body".to_owned(), "body".to_owned(), String::new());
        Argument {
            name,
            wire,
            place: Place::Body,
            shape,
            source: Source::Required,
            grounding: Grounding::Conversation,
            reserved: false,
            description,
        }
    }

    /// Each shape holds the next one twice: written out, 2^60 of them.
    #[test]
    fn a_dense_schema_is_too_large_and_says_what_makes_it_so() {
        let list = |name: String| {
            Shape::List(Box::new(List { items: Shape::Named(name), items_min: 0, items_max: None, unique: false }))
        };
        let link = |at: usize| {
            (format!("S{at}"), Shape::AnyOf(vec![list(format!("S{}", at + 1)), list(format!("S{}", at + 1))]))
        };
        let mut shapes: BTreeMap<String, Shape> = (0..60).map(link).collect();
        shapes.insert("S60".into(), Shape::Boolean);
        let too_large = schema_bytes(&[body(Shape::Named("S0".into()))], &shapes).expect_err("is too large");
        assert!(too_large.name.is_some_and(|name| name.starts_with('S')));
    }

    #[test]
    fn a_shape_within_itself_is_counted_once() {
        let shapes = BTreeMap::from([("S".to_owned(), Shape::AnyOf(vec![Shape::Named("S".into()), Shape::Boolean]))]);
        assert!(schema_bytes(&[body(Shape::Named("S".into()))], &shapes).is_ok_and(|bytes| bytes < 200));
    }
}
