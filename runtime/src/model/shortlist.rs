//! Which tools are worth offering for a question.
//!
//! A small model that reads twenty tools takes long and picks badly; one that reads five does neither. People are shown
//! which tools were offered. The ranking is the one that clients search tools by.

use std::borrow::Cow;

use airlock_offer::{Ranked, Ranking};

use super::offer::OfferedTool;

/// How well each tool fits a question: 0 for one that shares no word with it.
pub fn scores(question: &str, tools: &[OfferedTool]) -> Vec<f64> {
    ranking(tools).scores(question)
}

/// The places of at most `count` tools, best first; of equals the earlier. Empty if no tool shares a word with the
/// question.
pub fn rank(question: &str, tools: &[OfferedTool], count: usize) -> Vec<usize> {
    ranking(tools).best(question, count)
}

fn ranking(tools: &[OfferedTool]) -> Ranking {
    let ranked = tools.iter().map(|tool| Ranked {
        name: &tool.name,
        title: "",
        description: &tool.description,
        input_schema: Cow::Borrowed(&tool.schema),
    });
    Ranking::new(ranked)
}
