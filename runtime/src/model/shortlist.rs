//! Which tools are worth offering for a question.
//!
//! A small model that reads twenty tools takes long and picks badly; one that reads five does neither. Tools are ranked
//! by the words that they share with the question, rare words counting more. The ranking is plain arithmetic: the same
//! question over the same tools gives the same list, and people are shown which tools were offered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::offer::OfferedTool;

/// Words that say nothing about what is asked.
const EMPTY_WORDS: [&str; 88] = [
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "get", "give", "had", "has", "have", "he", "her", "him", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "last", "list", "many", "me", "much", "must", "my", "no", "not", "now", "of", "on",
    "one", "or", "our", "please", "right", "say", "she", "show", "some", "tell", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "to", "up", "us", "was", "we", "were", "what", "when",
    "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
];
/// Words that begin alike for so many letters are one word: cardiology, cardiologists.
const STEM_CHARS: usize = 5;
/// A word in the tool's own name counts this often.
const NAME_WEIGHT: f64 = 2.0;

/// The places of at most `count` tools, best first; of equals the earlier. Empty if no tool shares a word with the
/// question.
pub fn rank(question: &str, tools: &[OfferedTool], count: usize) -> Vec<usize> {
    let texts: Vec<(BTreeSet<String>, BTreeSet<String>)> =
        tools.iter().map(|tool| (stems(&tool.name), described(tool))).collect();
    let mut known_by: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, words) in &texts {
        for word in name.union(words) {
            *known_by.entry(word).or_default() += 1;
        }
    }
    let all = to_f64(tools.len());
    let asked = stems(question);
    let mut scores: Vec<(usize, f64)> = Vec::new();
    for (place, (name, words)) in texts.iter().enumerate() {
        let mut score = 0.0;
        for word in &asked {
            let rarity = known_by.get(word.as_str()).map_or(0.0, |&tools| (1.0 + all / to_f64(tools)).ln());
            if name.contains(word) {
                score += NAME_WEIGHT * rarity;
            } else if words.contains(word) {
                score += rarity;
            }
        }
        if score > 0.0 {
            scores.push((place, score));
        }
    }
    scores.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    scores.into_iter().take(count).map(|(place, _)| place).collect()
}

/// Words of what a tool is for and what it takes.
fn described(tool: &OfferedTool) -> BTreeSet<String> {
    let mut words = stems(&tool.description);
    collect(&tool.schema, &mut words);
    words
}

/// Names of arguments, what is said of them, and the values to choose from.
fn collect(schema: &Value, words: &mut BTreeSet<String>) {
    let Value::Object(members) = schema else { return };
    if let Some(Value::Object(properties)) = members.get("properties") {
        for (name, shape) in properties {
            words.extend(stems(name));
            collect(shape, words);
        }
    }
    for value in members.get("enum").and_then(Value::as_array).into_iter().flatten() {
        words.extend(value.as_str().map(stems).unwrap_or_default());
    }
    if let Some(Value::String(text)) = members.get("description") {
        words.extend(stems(text));
    }
}

fn stems(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 1 && !EMPTY_WORDS.contains(&word.as_str()))
        .map(|word| word.trim_end_matches('s').chars().take(STEM_CHARS).collect())
        .collect()
}

/// Numbers of tools are small.
#[expect(clippy::cast_precision_loss, reason = "a list of tools has far fewer than 2^52 entries")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use airlock_contract::Effect;
    use serde_json::json;

    use super::*;

    fn tools() -> Vec<OfferedTool> {
        let tool = |name: &str, description: &str, schema| OfferedTool {
            name: name.to_owned(),
            description: description.to_owned(),
            schema,
            effect: Effect::Read,
        };
        vec![
            tool("list_documents", "Lists letters on file for one patient.", json!({})),
            tool(
                "find_practitioners",
                "Finds doctors.",
                json!({ "properties": { "field": { "enum": ["cardiology"] } } }),
            ),
            tool("find_free_beds", "Tells which beds of one ward are free now.", json!({})),
        ]
    }

    #[test]
    fn shared_words_decide_and_rare_ones_more() {
        assert_eq!(rank("How many beds are free on ward W3?", &tools(), 1), [2]);
        assert_eq!(rank("Which cardiologists do we have?", &tools(), 3), [1]);
        assert_eq!(rank("Letters of one free patient", &tools(), 2), [0, 2]);
    }

    #[test]
    fn a_question_without_a_known_word_ranks_nothing() {
        assert_eq!(rank("Guten Morgen!", &tools(), 3), [0; 0]);
        assert_eq!(rank("", &tools(), 3), [0; 0]);
    }
}
