//! A model's vocabulary, as encoding needs it.

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token_type::LlamaTokenAttr;

use super::super::encode::{Special, Vocabulary, encode};
use super::super::template::Segment;

/// The words of one model.
pub(super) struct Words<'m> {
    model: &'m LlamaModel,
    specials: Vec<Special>,
}

impl<'m> Words<'m> {
    pub(super) fn new(model: &'m LlamaModel) -> Self {
        Self { model, specials: specials(model) }
    }

    pub(super) fn encoded(&self, segments: &[Segment]) -> Vec<LlamaToken> {
        encode(segments, self).into_iter().map(LlamaToken::new).collect()
    }
}

impl Vocabulary for Words<'_> {
    fn specials(&self) -> &[Special] {
        &self.specials
    }

    fn tokenize(&self, text: &str) -> Vec<i32> {
        self.model.vocab().tokenize(text.as_bytes(), false, false).into_iter().map(|token| token.0).collect()
    }
}

/// The vocabulary's literals, as llama.cpp matches them before it splits words.
fn specials(model: &LlamaModel) -> Vec<Special> {
    let vocabulary = model.vocab();
    let mut specials = Vec::new();
    for token in vocabulary.tokens() {
        let attributes = vocabulary.attr(token);
        let user_defined = attributes.contains(LlamaTokenAttr::UserDefined);
        if user_defined || attributes.intersects(LlamaTokenAttr::Control | LlamaTokenAttr::Unknown) {
            let literal = String::from_utf8_lossy(&vocabulary.token_to_piece(token, true, None)).into_owned();
            if !literal.is_empty() {
                specials.push(Special { literal, token: token.0, user_defined });
            }
        }
    }
    specials
}
