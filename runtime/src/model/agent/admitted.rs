//! Which calls may be made, where a model could have written any.

use super::super::grammar::CallGrammar;
use super::super::{ModelError, ToolCall};

/// Which calls of a turn may be made.
pub(super) enum Admitted {
    /// All of them: the model could write no others.
    All,
    /// Those that could have been written under this grammar.
    By(CallGrammar),
    /// None: words were wanted.
    None,
}

impl Admitted {
    /// Why a call may not be made, in words for a model that no grammar holds; none if it may.
    pub(super) fn objection(&self, call: &ToolCall) -> Result<Option<String>, ModelError> {
        let tool = &call.tool;
        if call.is_unreadable() {
            return Ok(Some(format!(
                "`{tool}` was not called: its arguments are not one JSON object. Write the call again with arguments such as \
                 {{\"name\": \"value\"}}."
            )));
        }
        Ok(match self {
            Self::All => None,
            Self::By(calls) if calls.admits(call)? => None,
            Self::By(_) => Some(format!(
                "`{tool}` was not called: it is not on offer here, or its arguments are not what the question or a result says. \
                 Use names, numbers and dates exactly as they were given."
            )),
            Self::None => Some(format!(
                "`{tool}` was not called: nothing can be called for this now. Answer in words from what is there, or say what \
                 is missing."
            )),
        })
    }
}
