//! How many tokens a text costs: a model's vocabulary alone, loaded without its weights.

use std::fmt;
use std::path::Path;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

use super::super::ModelError;
use super::{load, owner};

/// Counts tokens as one model reads them.
pub struct TokenCounter(LlamaModel);

impl fmt::Debug for TokenCounter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenCounter").finish_non_exhaustive()
    }
}

impl TokenCounter {
    /// Loads the vocabulary of a GGUF file.
    ///
    /// # Errors
    /// The file is not there, or is no model that llama.cpp knows.
    pub fn load(file: &Path) -> Result<Self, ModelError> {
        vocabulary(file).map(Self)
    }

    /// Tokens of a text. None of its words is a control token.
    pub fn count(&self, text: &str) -> usize {
        self.0.vocab().tokenize(text.as_bytes(), false, false).len()
    }
}

/// A model without its weights: its vocabulary, and what the file says of itself.
pub(super) fn vocabulary(file: &Path) -> Result<LlamaModel, ModelError> {
    load::check_file(file)?;
    let parameters = LlamaModelParams::default().with_vocab_only(true);
    LlamaModel::load_from_file(owner::backend()?, file, &parameters).map_err(|_| owner::refused(file))
}
