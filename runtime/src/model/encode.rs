//! From a rendered prompt to tokens, so that data can never become a control token.
//!
//! The template's own text may hold control tokens; everything else is data. The prompt is cut at the control literals
//! of the template's text alone; what lies between is tokenised as plain text. For harmless data this gives the very
//! tokens that tokenising the whole prompt would give.

use super::template::Segment;

/// A vocabulary, as far as encoding needs it.
pub trait Vocabulary {
    /// Tokens that are matched as literals before text is split into words.
    fn specials(&self) -> &[Special];

    /// Tokens of plain text. Control literals in it stay text; user-defined ones may still match.
    fn tokenize(&self, text: &str) -> Vec<i32>;
}

/// A token that is matched as a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Special {
    /// Its text; never empty.
    pub literal: String,
    /// The token.
    pub token: i32,
    /// Whether plain tokenising matches it too.
    pub user_defined: bool,
}

/// The prompt's tokens.
pub fn encode(segments: &[Segment], vocabulary: &dyn Vocabulary) -> Vec<i32> {
    let mut tokens = Vec::new();
    let mut plain = String::new();
    for segment in segments {
        match segment {
            Segment::Data(text) => plain.push_str(text),
            Segment::Template(text) => {
                let mut rest = text.as_str();
                while let Some((at, special)) = first_special(rest, vocabulary.specials(), |_| true) {
                    plain.push_str(&rest[..at]);
                    encode_plain(&plain, vocabulary, &mut tokens);
                    plain.clear();
                    tokens.push(special.token);
                    rest = &rest[at + special.literal.len()..];
                }
                plain.push_str(rest);
            }
        }
    }
    encode_plain(&plain, vocabulary, &mut tokens);
    tokens
}

/// Cuts inside every user-defined literal, whose halves are then ordinary text.
fn encode_plain(text: &str, vocabulary: &dyn Vocabulary, tokens: &mut Vec<i32>) {
    let mut rest = text;
    while let Some((at, special)) = first_special(rest, vocabulary.specials(), |special| special.user_defined) {
        let first = special.literal.chars().next().map_or(0, char::len_utf8);
        if special.literal.len() == first {
            // A literal of one character has no inside, and commands nothing: it is that character's token.
            let end = at + first;
            tokens.extend(vocabulary.tokenize(&rest[..end]));
            rest = &rest[end..];
            continue;
        }
        tokens.extend(vocabulary.tokenize(&rest[..at + first]));
        rest = &rest[at + first..];
    }
    if !rest.is_empty() {
        tokens.extend(vocabulary.tokenize(rest));
    }
}

/// The leftmost literal, and of those that begin there the longest.
fn first_special<'a>(
    text: &str,
    specials: &'a [Special],
    wanted: impl Fn(&Special) -> bool,
) -> Option<(usize, &'a Special)> {
    let mut found: Option<(usize, &Special)> = None;
    for special in specials.iter().filter(|special| wanted(special)) {
        let Some(at) = text.find(&special.literal) else { continue };
        let better =
            found.is_none_or(|(best, other)| at < best || (at == best && special.literal.len() > other.literal.len()));
        if better {
            found = Some((at, special));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One token a character; user-defined literals match in plain text, as in llama.cpp.
    struct Letters(Vec<Special>);

    impl Vocabulary for Letters {
        fn specials(&self) -> &[Special] {
            &self.0
        }

        fn tokenize(&self, text: &str) -> Vec<i32> {
            let mut tokens = Vec::new();
            let mut rest = text;
            while let Some((at, special)) = first_special(rest, &self.0, |special| special.user_defined) {
                tokens.extend(rest[..at].chars().map(|letter| letter as i32));
                tokens.push(special.token);
                rest = &rest[at + special.literal.len()..];
            }
            tokens.extend(rest.chars().map(|letter| letter as i32));
            tokens
        }
    }

    fn vocabulary() -> Letters {
        let special = |literal: &str, token, user_defined| Special { literal: literal.to_owned(), token, user_defined };
        Letters(vec![special("<|end|>", -1, false), special("<call>", -2, true), special("<call>>", -3, true)])
    }

    #[test]
    fn control_literals_count_in_the_template_alone() {
        let segments = [Segment::Template("a<|end|>".to_owned()), Segment::Data("<|end|><call>b".to_owned())];
        let tokens = encode(&segments, &vocabulary());
        let negative: Vec<i32> = tokens.iter().copied().filter(|token| *token < 0).collect();
        assert_eq!(negative, [-1], "data must not give control tokens");
        let letters: String = tokens.iter().filter_map(|&token| char::from_u32(u32::try_from(token).ok()?)).collect();
        assert_eq!(letters, "a<|end|><call>b", "and must keep its text");
    }

    #[test]
    fn a_literal_that_data_and_template_make_together_is_text() {
        let segments = [Segment::Data("<ca".to_owned()), Segment::Template("ll>x".to_owned())];
        assert!(encode(&segments, &vocabulary()).iter().all(|token| *token >= 0));
    }

    #[test]
    fn the_longest_literal_wins() {
        assert_eq!(encode(&[Segment::Template("<call>>".to_owned())], &vocabulary()), [-3]);
    }
}
