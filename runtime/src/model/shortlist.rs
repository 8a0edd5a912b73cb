//! Which tools are worth offering for a question.
//!
//! A small model that reads twenty tools takes long and picks badly; one that reads five does neither. People are shown
//! which tools were offered. The ranking is the one that clients search tools by.

use std::borrow::Cow;

use airlock_offer::{Ranked, Ranking};

use super::offer::OfferedTool;

/// The places of at most `count` tools, best first; of equals the earlier. Empty if no tool shares a word with the
/// question.
pub fn rank(question: &str, tools: &[OfferedTool], count: usize) -> Vec<usize> {
    let ranked = tools.iter().map(|tool| Ranked {
        name: &tool.name,
        title: "",
        description: &tool.description,
        input_schema: Cow::Borrowed(&tool.schema),
    });
    Ranking::new(ranked).best(question, count)
}
