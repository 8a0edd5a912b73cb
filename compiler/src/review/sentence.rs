//! Sentences whose names stand in backticks: told apart, since names are written in another way than words.

/// A part of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'s> {
    Words(&'s str),
    Name(&'s str),
}

/// The parts of a sentence. A name begins behind a blank or a bracket and ends before one, or before a stop, so that most
/// names that hold backticks themselves come out whole; none of them can become anything but text.
pub(super) fn parts(sentence: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = sentence;
    while let Some((start, end)) = first_name(rest) {
        if start > 1 {
            parts.push(Part::Words(&rest[..start - 1]));
        }
        parts.push(Part::Name(&rest[start..end]));
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest));
    }
    parts
}

/// Where the first name begins, and where it ends.
fn first_name(text: &str) -> Option<(usize, usize)> {
    let begins = |at: usize| text[..at].chars().next_back().is_none_or(|before| matches!(before, ' ' | '(' | '['));
    let ends = |at: usize| text[at + 1..].chars().next().is_none_or(|next| " ,;:.)]'?".contains(next));
    let ticks: Vec<usize> = text.match_indices('`').map(|(at, _)| at).collect();
    let start = ticks.iter().copied().find(|at| begins(*at))? + 1;
    let end = ticks.into_iter().find(|at| *at > start && ends(*at))?;
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::Part::{Name, Words};
    use super::parts;

    #[test]
    fn names_are_told_from_words() {
        assert_eq!(
            parts("`status` is always `\"free\"`; so (`a`)."),
            [Name("status"), Words(" is always "), Name("\"free\""), Words("; so ("), Name("a"), Words(").")]
        );
        assert_eq!(parts("a path `/<b>|`x`/{id}` here"), [Words("a path "), Name("/<b>|`x`/{id}"), Words(" here")]);
        for text in ["no name", "a `b", "it`s", "`"] {
            assert_eq!(parts(text), [Words(text)]);
        }
        assert_eq!(parts(""), []);
    }
}
