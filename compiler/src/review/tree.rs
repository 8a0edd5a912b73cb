//! Fields as trees: of an answer, with what a rule keeps; of what is sent, and of a result.

use std::collections::BTreeMap;

use super::bounds;
use crate::ir::{Fields, Object, Shape};
use crate::outline;

/// Of an answer's dropped fields so many are shown. What is kept is always shown.
const DROPPED_MAX: usize = 150;

/// A shape's tree has not many more nodes, and named shapes nest no deeper in it.
const NODES_MAX: usize = 200;
const DEPTH_MAX: usize = 12;

/// A field, and what is below it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Its name; a step of a path, as in `items[]`.
    pub(super) name: String,
    /// What it is, in words.
    pub(super) kind: String,
    pub(super) mark: Mark,
    /// What is said of it.
    pub(super) about: String,
    pub(super) children: Vec<Node>,
    /// How many fields of the answer are kept below it, and how many there are.
    pub(super) kept: usize,
    pub(super) all: usize,
    /// How many of them are not shown.
    pub(super) cut: usize,
}

/// What is to be known of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing more.
    #[default]
    Plain,
    /// It can reach the model.
    Kept,
    /// Something below it can.
    Partly,
    /// Neither it nor anything below it can.
    Dropped,
    /// It holds again what stands around it.
    Again,
    /// It must be sent.
    Required,
    /// It may be sent.
    Optional,
}

/// The fields of an answer, those that are kept marked: one node, whose children they are. None where they are not known.
pub(super) fn of_answer(fields: &Fields) -> Option<Node> {
    let Fields::Known { kept, dropped, kinds, .. } = fields else { return None };
    let mut root = Node::default();
    let mut shown = 0;
    for (path, kind) in kinds {
        let mark = if kept.binary_search(path).is_ok() {
            Mark::Kept
        } else if dropped.binary_search(path).is_ok() {
            Mark::Dropped
        } else {
            Mark::Again
        };
        shown += usize::from(mark != Mark::Kept);
        add(&mut root, path, kind, mark, shown > DROPPED_MAX && mark != Mark::Kept);
    }
    Some(root)
}

/// Adds the field at a path, which comes behind all that were added before. Of one that is `cut` only its being there.
fn add(root: &mut Node, path: &str, kind: &str, mark: Mark, cut: bool) {
    let is_kept = mark == Mark::Kept;
    let counts = mark != Mark::Again;
    let mut node = root;
    for step in steps(path) {
        node.all += usize::from(counts);
        node.kept += usize::from(is_kept);
        if is_kept && node.mark != Mark::Kept {
            node.mark = Mark::Partly;
        }
        if node.children.last().is_none_or(|last| last.name != step) {
            if cut {
                break;
            }
            node.children.push(Node { name: step.to_owned(), mark: Mark::Dropped, ..Node::default() });
        }
        let last = node.children.len() - 1;
        node = &mut node.children[last];
    }
    if cut {
        node.cut += usize::from(counts);
    } else {
        node.mark = mark;
        kind.clone_into(&mut node.kind);
    }
}

/// The steps of a path: `items[]` and `"a.b"` of `items[]."a.b"`.
pub(crate) fn steps(path: &str) -> Vec<&str> {
    let (mut steps, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (position, char) in path.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '.' if !quoted => {
                steps.push(&path[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    steps.push(&path[start..]);
    steps
}

/// The members of a shape that is sent: each with its bounds, and whether it must be there.
pub(super) fn of_shape(shape: &Shape, names: &BTreeMap<String, Shape>) -> Vec<Node> {
    Reader { names, around: Vec::new(), nodes: 0, is_result: false }.members(shape)
}

/// The members of a result.
pub(super) fn of_result(shape: &Shape, names: &BTreeMap<String, Shape>) -> Vec<Node> {
    Reader { names, around: Vec::new(), nodes: 0, is_result: true }.members(shape)
}

const CUT: &str = "the rest stands in the tool's file";

/// What is said in the place of nodes.
fn remark(kind: String) -> Node {
    Node { name: "…".into(), kind, mark: Mark::Again, ..Node::default() }
}

struct Reader<'c> {
    names: &'c BTreeMap<String, Shape>,
    /// The named shapes that are being read.
    around: Vec<&'c str>,
    nodes: usize,
    is_result: bool,
}

impl<'c> Reader<'c> {
    fn members(&mut self, shape: &'c Shape) -> Vec<Node> {
        match shape {
            Shape::Nullable(inner) => self.members(inner),
            Shape::List(list) => self.members(&list.items),
            Shape::Object(object) => self.properties(object),
            Shape::Named(name) => self.named(name),
            Shape::AnyOf(shapes) => self.alternatives(shapes),
            _ => Vec::new(),
        }
    }

    fn named(&mut self, name: &'c str) -> Vec<Node> {
        let Some(shape) = self.names.get(name) else { return Vec::new() };
        if self.around.contains(&name) {
            return vec![remark(format!("again the members of `{name}`"))];
        }
        self.nodes += 1;
        if self.nodes > NODES_MAX || self.around.len() > DEPTH_MAX {
            return vec![remark(CUT.into())];
        }
        self.around.push(name);
        let members = self.members(shape);
        self.around.pop();
        members
    }

    /// Only alternatives that have members are told apart.
    fn alternatives(&mut self, shapes: &'c [Shape]) -> Vec<Node> {
        let mut found: Vec<Node> = Vec::new();
        for shape in shapes {
            let children = self.members(shape);
            if !children.is_empty() {
                let (name, kind) = (format!("either ({})", found.len() + 1), self.kind(shape));
                found.push(Node { name, kind, children, ..Node::default() });
            }
        }
        if found.len() == 1 { found.remove(0).children } else { found }
    }

    fn properties(&mut self, object: &'c Object) -> Vec<Node> {
        let mut found = Vec::new();
        for property in &object.properties {
            self.nodes += 1;
            if self.nodes > NODES_MAX {
                found.push(remark(format!("{} more; {CUT}", object.properties.len() - found.len())));
                return found;
            }
            let mark = match (self.is_result, property.required) {
                (true, _) => Mark::Plain,
                (false, true) => Mark::Required,
                (false, false) => Mark::Optional,
            };
            let (name, kind, about) = (property.name.clone(), self.kind(&property.shape), property.description.clone());
            found.push(Node { name, kind, mark, about, children: self.members(&property.shape), ..Node::default() });
        }
        if let Some(rest) = object.rest.as_deref().filter(|rest| **rest != Shape::Any) {
            let (name, kind) = ("*".to_owned(), self.kind(rest));
            found.push(Node { name, kind, children: self.members(rest), ..Node::default() });
        }
        found
    }

    /// Bounds are what counts of an argument; of a result what it is.
    fn kind(&self, shape: &Shape) -> String {
        if self.is_result { outline::in_few_words(shape) } else { bounds::of(shape) }
    }
}

/// All nodes of these and below them.
pub(super) fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + count(&node.children)).sum()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{Mark, Node, of_answer, steps};
    use crate::ir::Fields;

    fn written(node: &Node, depth: usize, text: &mut String) {
        for child in &node.children {
            let _ = writeln!(
                text,
                "{}{} {:?} {} {}/{}+{}",
                " ".repeat(depth),
                child.name,
                child.mark,
                child.kind,
                child.kept,
                child.all,
                child.cut
            );
            written(child, depth + 1, text);
        }
    }

    #[test]
    fn steps_are_split_outside_of_quotes() {
        assert_eq!(steps("items[].id"), ["items[]", "id"]);
        assert_eq!(steps(r#"[]."a.\".b".*"#), ["[]", r#""a.\".b""#, "*"]);
        assert_eq!(steps("@"), ["@"]);
    }

    #[test]
    fn what_is_kept_stands_beside_what_is_dropped() {
        let kinds =
            [("a", "text"), ("b[].c", "integer"), ("b[].d", "any"), ("b[].next", "again what `@` is"), ("e.f", "text")];
        let fields = Fields::Known {
            kept: vec!["b[].c".into()],
            dropped: vec!["a".into(), "b[].d".into(), "e.f".into()],
            kinds: kinds.map(|(path, kind)| (path.to_owned(), kind.to_owned())).into(),
            is_cut: false,
        };
        let root = of_answer(&fields).expect("is known");
        let mut text = String::new();
        written(&root, 0, &mut text);
        assert_eq!(
            text,
            "a Dropped text 0/0+0\nb[] Partly  1/2+0\n c Kept integer 0/0+0\n d Dropped any 0/0+0\n \
             next Again again what `@` is 0/0+0\ne Dropped  0/1+0\n f Dropped text 0/0+0\n"
        );
        assert_eq!((root.kept, root.all, root.mark), (1, 4, Mark::Partly));
    }

    #[test]
    fn what_is_kept_is_never_cut() {
        let paths: Vec<String> = (0..1000).map(|number| format!("a.f{number:04}")).collect();
        let kinds = paths.iter().map(|path| (path.clone(), "text".to_owned())).collect();
        let kept: Vec<String> = paths.iter().step_by(100).cloned().collect();
        let dropped = paths.iter().filter(|path| !kept.contains(path)).cloned().collect();
        let root = of_answer(&Fields::Known { kept, dropped, kinds, is_cut: false }).expect("is known");
        let object = &root.children[0];
        assert_eq!(object.children.iter().filter(|child| child.mark == Mark::Kept).count(), 10);
        assert_eq!((object.kept, object.all), (10, 1000));
        assert_eq!(object.children.len() + object.cut, 1000);
    }
}
