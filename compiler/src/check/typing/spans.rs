//! Where each part of a rule stands in its text.
//!
//! The parser's tree says it exactly for some nodes and roughly for others. Its nodes stand in the order of the text, so one
//! walk over both, tokens and nodes, finds the token of every node.

use std::collections::BTreeMap;
use std::ops::Range;

use jmespath::ast::Ast;

/// The places of a rule's nodes, as bytes of its text.
#[derive(Debug, Default)]
pub(in crate::check) struct Spans {
    /// By the node's address: the token that a remark on the node is put below.
    marks: BTreeMap<usize, Range<usize>>,
    /// By the node's address: everything that belongs to the node, but for parentheses around it.
    extents: BTreeMap<usize, Range<usize>>,
    /// By the address of a call: its arguments, without blanks around them.
    arguments: BTreeMap<usize, Vec<Range<usize>>>,
    whole: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Literal,
    Number,
    Comparator,
    Flatten,
    Filter,
    Star,
    Open,
    Close,
    Comma,
    Other,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    bytes: Range<usize>,
}

impl Spans {
    /// The places of the nodes of `rule`, which is `text` parsed.
    pub(in crate::check) fn of(rule: &Ast, text: &str) -> Self {
        let whole = text.len() - text.trim_start().len()..text.trim_end().len();
        let mut walk = Walk { tokens: tokens(text), at: 0, spans: Self { whole, ..Self::default() } };
        walk.node(rule);
        walk.spans
    }

    /// The token of a node: a field's name, a function's, an operator, a bracket.
    pub(in crate::check) fn mark(&self, node: &Ast) -> Range<usize> {
        self.marks.get(&address(node)).or(self.extents.get(&address(node))).unwrap_or(&self.whole).clone()
    }

    /// All of a node.
    pub(in crate::check) fn extent(&self, node: &Ast) -> Range<usize> {
        self.extents.get(&address(node)).unwrap_or(&self.whole).clone()
    }

    /// An argument of a call, parentheses included.
    pub(in crate::check) fn argument(&self, call: &Ast, position: usize) -> Option<Range<usize>> {
        self.arguments.get(&address(call))?.get(position).cloned()
    }
}

/// A tree does not move while it is looked at, so the address of a node names it.
fn address(node: &Ast) -> usize {
    std::ptr::from_ref(node).addr()
}

struct Walk {
    tokens: Vec<Token>,
    /// The first token that belongs to no node yet.
    at: usize,
    spans: Spans,
}

impl Walk {
    fn node(&mut self, node: &Ast) -> Option<Range<usize>> {
        let (mark, extent) = match node {
            Ast::Identity { offset } => {
                let token = self.starting(*offset, |kind| kind == Kind::Other);
                (token.clone(), token)
            }
            Ast::Field { offset, .. } => {
                let token = self.starting(*offset, |kind| kind == Kind::Name);
                (token.clone(), token)
            }
            Ast::Literal { offset, .. } => {
                let token = self.starting(*offset, |kind| kind == Kind::Literal);
                (token.clone(), token)
            }
            Ast::Index { .. } | Ast::Slice { .. } => {
                let brackets = self.brackets();
                (brackets.clone(), brackets)
            }
            Ast::Function { offset, args, .. } => self.call(node, *offset, args),
            Ast::Expref { ast, .. } => (None, self.node(ast)),
            Ast::Not { offset, node } => {
                let bytes = *offset..*offset + 1;
                let inner = self.node(node);
                (Some(bytes.clone()), join(Some(bytes), inner))
            }
            Ast::Subexpr { lhs, rhs, .. } | Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => {
                let left = self.node(lhs);
                (None, join(left, self.node(rhs)))
            }
            Ast::Comparison { lhs, rhs, .. } => {
                let left = self.node(lhs);
                let mark = self.next(|kind| kind == Kind::Comparator);
                (mark, join(left, self.node(rhs)))
            }
            Ast::Projection { lhs, rhs, .. } => self.projection(lhs, rhs),
            Ast::Flatten { node, .. } => self.behind(node, Kind::Flatten),
            Ast::ObjectValues { node, .. } => self.behind(node, Kind::Star),
            Ast::Condition { predicate, then, .. } => {
                let predicate = self.node(predicate);
                let then = self.node(then);
                (predicate.clone(), join(predicate, then))
            }
            Ast::MultiList { elements, .. } => (None, self.all(elements.iter())),
            Ast::MultiHash { elements, .. } => (None, self.all(elements.iter().map(|element| &element.value))),
        };
        let key = address(node);
        self.spans.marks.extend(mark.map(|mark| (key, mark)));
        self.spans.extents.extend(extent.clone().map(|extent| (key, extent)));
        extent
    }

    fn all<'a>(&mut self, nodes: impl Iterator<Item = &'a Ast>) -> Option<Range<usize>> {
        let mut extent = None;
        for node in nodes {
            extent = join(extent, self.node(node));
        }
        extent
    }

    fn projection(&mut self, lhs: &Ast, rhs: &Ast) -> (Option<Range<usize>>, Option<Range<usize>>) {
        let left = self.node(lhs);
        let mark = match (lhs, rhs) {
            (_, Ast::Condition { .. }) => self.next(|kind| kind == Kind::Filter),
            (Ast::Flatten { .. } | Ast::ObjectValues { .. } | Ast::Slice { .. }, _) => {
                self.spans.marks.get(&address(lhs)).cloned()
            }
            _ => self.next(|kind| kind == Kind::Star).map(|star| self.around(star)),
        };
        let right = self.node(rhs);
        (mark.clone(), join(join(left, mark), right))
    }

    /// A node, and the token behind it.
    fn behind(&mut self, node: &Ast, kind: Kind) -> (Option<Range<usize>>, Option<Range<usize>>) {
        let inner = self.node(node);
        let mark = self.next(|token| token == kind);
        (mark.clone(), join(inner, mark))
    }

    /// `[` and what belongs to it, around a number or a slice.
    fn brackets(&mut self) -> Option<Range<usize>> {
        let is_slice = |token: &Token| matches!(token.kind, Kind::Number | Kind::Other);
        let mut open = self.at;
        loop {
            let rest = self.tokens.get(open..)?;
            open += rest.iter().position(|token| token.kind == Kind::Open)?;
            let inside = self.tokens.get(open + 1..)?.iter().take_while(|token| is_slice(token)).count();
            let close = open + inside + 1;
            if inside > 0 && self.tokens.get(close)?.kind == Kind::Close {
                self.at = close + 1;
                return Some(self.tokens[open].bytes.start..self.tokens[close].bytes.end);
            }
            open += 1;
        }
    }

    /// A star with the brackets around it.
    fn around(&self, star: Range<usize>) -> Range<usize> {
        let position = self.at.saturating_sub(1);
        let before = position.checked_sub(1).and_then(|before| self.tokens.get(before));
        match (before, self.tokens.get(position + 1)) {
            (Some(open), Some(close)) if open.kind == Kind::Open && close.kind == Kind::Close => {
                open.bytes.start..close.bytes.end
            }
            _ => star,
        }
    }

    fn call(&mut self, node: &Ast, paren: usize, args: &[Ast]) -> (Option<Range<usize>>, Option<Range<usize>>) {
        let Some(open) = self.tokens.iter().position(|token| token.bytes.start == paren) else {
            return (None, self.all(args.iter()));
        };
        let name = open.checked_sub(1).map(|before| self.tokens[before].bytes.clone());
        let mut arguments = Vec::new();
        let (mut depth, mut start, mut close) = (0_usize, open + 1, self.tokens.len());
        for (position, token) in self.tokens.iter().enumerate().skip(open + 1) {
            match token.kind {
                Kind::Open | Kind::Filter => depth += 1,
                Kind::Close if depth > 0 => depth -= 1,
                Kind::Comma if depth > 0 => {}
                Kind::Close | Kind::Comma => {
                    if start < position {
                        arguments.push(self.tokens[start].bytes.start..self.tokens[position - 1].bytes.end);
                    }
                    start = position + 1;
                    if token.kind == Kind::Close {
                        close = position;
                        break;
                    }
                }
                _ => {}
            }
        }
        self.spans.arguments.insert(address(node), arguments);
        self.at = open + 1;
        self.all(args.iter());
        self.at = self.at.max(close + 1);
        let end = self.tokens.get(close).map(|token| token.bytes.clone());
        (name.clone(), join(name, end))
    }

    fn next(&mut self, wanted: impl Fn(Kind) -> bool) -> Option<Range<usize>> {
        let found = self.tokens.get(self.at..)?.iter().position(|token| wanted(token.kind))? + self.at;
        self.at = found + 1;
        Some(self.tokens[found].bytes.clone())
    }

    /// The token that starts at a byte, if it is one of these.
    fn starting(&mut self, byte: usize, wanted: impl Fn(Kind) -> bool) -> Option<Range<usize>> {
        let found = self.tokens.binary_search_by_key(&byte, |token| token.bytes.start).ok()?;
        // Where nothing is written, the tree says where the token before stands, which has been taken.
        if found < self.at || !wanted(self.tokens[found].kind) {
            return None;
        }
        self.at = found + 1;
        Some(self.tokens[found].bytes.clone())
    }
}

fn join(left: Option<Range<usize>>, right: Option<Range<usize>>) -> Option<Range<usize>> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.start.min(right.start)..left.end.max(right.end)),
        (one, other) => one.or(other),
    }
}

/// The tokens of a rule that parses. Other text gives something, and never fails.
fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (kind, length) = token(&text[at..], bytes[at]);
        if !bytes[at].is_ascii_whitespace() {
            tokens.push(Token { kind, bytes: at..at + length });
        }
        at += length;
    }
    tokens
}

fn token(rest: &str, first: u8) -> (Kind, usize) {
    let run = |fits: fn(char) -> bool| rest.find(|char| !fits(char)).unwrap_or(rest.len());
    match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Kind::Name, run(|char| char.is_ascii_alphanumeric() || char == '_')),
        b'"' => (Kind::Name, quoted(rest, '"')),
        b'\'' => (Kind::Literal, quoted(rest, '\'')),
        b'`' => (Kind::Literal, quoted(rest, '`')),
        b'0'..=b'9' | b'-' => {
            (Kind::Number, 1 + rest[1..].find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len() - 1))
        }
        b'[' if rest.starts_with("[]") => (Kind::Flatten, 2),
        b'[' if rest.starts_with("[?") => (Kind::Filter, 2),
        b'[' | b'(' | b'{' => (Kind::Open, 1),
        b']' | b')' | b'}' => (Kind::Close, 1),
        b'*' => (Kind::Star, 1),
        b',' => (Kind::Comma, 1),
        b'=' | b'<' | b'>' | b'!' if rest[1..].starts_with('=') => (Kind::Comparator, 2),
        b'<' | b'>' => (Kind::Comparator, 1),
        b'|' if rest.starts_with("||") => (Kind::Other, 2),
        b'&' if rest.starts_with("&&") => (Kind::Other, 2),
        _ => (Kind::Other, rest.chars().next().map_or(1, char::len_utf8)),
    }
}

/// The length of a quoted token; a backslash takes the next character with it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (position, char) in rest.char_indices().skip(1) {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if char == quote => return position + char.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use jmespath::ast::Ast;

    use super::Spans;

    /// The texts below the marks of all nodes that have one of their own, in the order of the tree.
    fn marked(text: &str) -> Vec<String> {
        fn visit<'a>(node: &'a Ast, all: &mut Vec<&'a Ast>) {
            all.push(node);
            match node {
                Ast::Subexpr { lhs, rhs, .. }
                | Ast::Projection { lhs, rhs, .. }
                | Ast::Comparison { lhs, rhs, .. }
                | Ast::And { lhs, rhs, .. }
                | Ast::Or { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(|node| visit(node, all)),
                Ast::Condition { predicate, then, .. } => {
                    visit(predicate, all);
                    visit(then, all);
                }
                Ast::Not { node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => visit(node, all),
                Ast::Expref { ast, .. } => visit(ast, all),
                Ast::Function { args, .. } => args.iter().for_each(|node| visit(node, all)),
                Ast::MultiList { elements, .. } => elements.iter().for_each(|node| visit(node, all)),
                Ast::MultiHash { elements, .. } => elements.iter().for_each(|element| visit(&element.value, all)),
                _ => {}
            }
        }
        let rule = jmespath::parse(text).expect("is a rule");
        let spans = Spans::of(&rule, text);
        let mut all = Vec::new();
        visit(&rule, &mut all);
        all.iter()
            .filter_map(|node| spans.marks.get(&super::address(node)))
            .map(|bytes| text[bytes.clone()].to_owned())
            .collect()
    }

    #[test]
    fn every_node_has_the_token_that_it_is_written_with() {
        for (text, wanted) in [
            ("a.b", vec!["a", "b"]),
            ("a[*].b", vec!["[*]", "a", "b"]),
            ("a[?b > `1`].c[0]", vec!["[?", "a", "b > `1`", ">", "b", "`1`", "c", "[0]"]),
            ("length(a) == length(\"b c\")", vec!["==", "length", "a", "length", "\"b c\""]),
            ("a[].b[]", vec!["[]", "[]", "[]", "[]", "a", "b"]),
            ("{a: a, b: b.*.a}", vec!["a", "*", "*", "b", "a"]),
            ("sort_by(a, &b)[1:-2].a", vec!["sort_by", "a", "b", "[1:-2]", "[1:-2]", "a"]),
            ("!a && (b || 'é' == @)", vec!["!", "a", "b", "==", "'é'", "@"]),
            ("[*].[a, 'b]', a]", vec!["[*]", "a", "'b]'", "a"]),
        ] {
            assert_eq!(marked(text), wanted, "{text}");
        }
    }

    #[test]
    fn arguments_stand_between_their_commas() {
        let text = "contains( (a[?b(c, d)]) , {x: [a, b]} )";
        let rule = jmespath::parse(text).expect("is a rule");
        let spans = Spans::of(&rule, text);
        let argument = |position| spans.argument(&rule, position).map(|bytes| &text[bytes]);
        assert_eq!((argument(0), argument(1), argument(2)), (Some("(a[?b(c, d)])"), Some("{x: [a, b]}"), None));
    }
}
