//! How large a rule is, and how deep: what makes its parser, and all who walk its tree, recurse.

use jmespath::ast::Ast;

/// How many brackets and stars stand in a rule, outside of quotes: no fewer than it has projections.
pub(super) fn projections(text: &str) -> usize {
    let mut quote = None;
    let mut count = 0;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match quote {
            Some(_) if char == '\\' => drop(chars.next()),
            Some(end) if char == end => quote = None,
            None if matches!(char, '\'' | '"' | '`') => quote = Some(char),
            None if matches!(char, '[' | '*') => count += 1,
            _ => {}
        }
    }
    count
}

/// How deep the tree of a rule is. The only one who walks it without recursion.
pub(super) fn depth(rule: &Ast) -> usize {
    let mut deepest = 0;
    let mut open = vec![(rule, 1)];
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        let mut push = |node| open.push((node, depth + 1));
        match node {
            Ast::Comparison { lhs, rhs, .. }
            | Ast::Projection { lhs, rhs, .. }
            | Ast::Subexpr { lhs, rhs, .. }
            | Ast::And { lhs, rhs, .. }
            | Ast::Or { lhs, rhs, .. } => {
                push(lhs);
                push(rhs);
            }
            Ast::Condition { predicate, then, .. } => {
                push(predicate);
                push(then);
            }
            Ast::Expref { ast: node, .. }
            | Ast::Flatten { node, .. }
            | Ast::Not { node, .. }
            | Ast::ObjectValues { node, .. } => push(node),
            Ast::Function { args: nodes, .. } | Ast::MultiList { elements: nodes, .. } => nodes.iter().for_each(push),
            Ast::MultiHash { elements, .. } => elements.iter().for_each(|element| push(&element.value)),
            Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } | Ast::Slice { .. } => {}
        }
    }
    deepest
}

/// How deep brackets nest, and how many prefix operators stand in a row: what makes a parser recurse.
pub(super) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut prefixes) = (0_usize, 0, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'!' | b'&' => prefixes += 1,
            byte if byte.is_ascii_whitespace() => {}
            _ => prefixes = 0,
        }
        deepest = deepest.max(depth + prefixes);
    }
    deepest
}
