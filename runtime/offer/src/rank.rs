//! Which tools fit a few words: BM25 over what is told of them.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, equation 3.15, with the usual
//! k1 1.2 and b 0.75. A tool is the words of its name (twice, since it says most), title and description, and of its
//! arguments: names, what is said of them, values to choose from. The ranking is plain arithmetic: the same words over the
//! same tools give the same list.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

/// How soon a word that stands often in one tool counts no more.
const K1: f64 = 1.2;
/// How much the words of a long text count less.
const B: f64 = 0.75;
/// The words of a tool's name count so often.
const NAME_TIMES: usize = 2;
/// Words that begin alike for so many letters are one word: cardiology, cardiologists.
const STEM_CHARS: usize = 5;
/// Schemas are followed so deep.
const DEPTH_MAX: usize = 32;

/// Words that say nothing about what is asked.
const EMPTY_WORDS: [&str; 88] = [
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "get", "give", "had", "has", "have", "he", "her", "him", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "last", "list", "many", "me", "much", "must", "my", "no", "not", "now", "of", "on",
    "one", "or", "our", "please", "right", "say", "she", "show", "some", "tell", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "to", "up", "us", "was", "we", "were", "what", "when",
    "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
];

/// Tools, ready to be ranked.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// How often each word stands in each tool, in the order of the tools.
    tools: Vec<BTreeMap<String, usize>>,
    /// In how many tools each word stands.
    known_by: BTreeMap<String, usize>,
    /// Words of a tool on average, repeated ones counted.
    words_mean: f64,
}

/// What is told of a tool, as far as it is ranked by it.
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    /// Its name.
    pub name: &'a str,
    /// One line for people; may be empty.
    pub title: &'a str,
    /// What the model is told.
    pub description: &'a str,
    /// JSON Schema of its arguments.
    pub input_schema: Cow<'a, Value>,
}

impl Ranking {
    /// Counts the words of tools.
    pub fn new<'a>(tools: impl IntoIterator<Item = Ranked<'a>>) -> Self {
        let tools: Vec<BTreeMap<String, usize>> = tools.into_iter().map(|tool| counted(&tool)).collect();
        let mut known_by: BTreeMap<String, usize> = BTreeMap::new();
        for word in tools.iter().flat_map(BTreeMap::keys) {
            *known_by.entry(word.clone()).or_default() += 1;
        }
        let words: usize = tools.iter().map(length).sum();
        let words_mean = to_f64(words) / to_f64(tools.len().max(1));
        Self { tools, known_by, words_mean }
    }

    /// The places of at most `count` tools, best first; of equals the earlier. Empty if no tool shares a word with what is
    /// asked.
    pub fn best(&self, asked: &str, count: usize) -> Vec<usize> {
        let mut scores: Vec<(usize, f64)> = self.scores(asked).into_iter().enumerate().collect();
        scores.retain(|(_, score)| *score > 0.0);
        scores.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        scores.into_iter().take(count).map(|(place, _)| place).collect()
    }

    /// How well each tool fits what is asked, in the order of the tools: 0 for one that shares no word with it.
    pub fn scores(&self, asked: &str) -> Vec<f64> {
        let mut asked: Vec<String> = stems(asked).collect();
        asked.sort_unstable();
        asked.dedup();
        // Scores that differ in their last bits alone are equal, on every machine.
        let score = |tool| (asked.iter().map(|word| self.score(word, tool)).sum::<f64>() * 1e9).round() / 1e9;
        self.tools.iter().map(score).collect()
    }

    /// What one word adds for one tool. The logarithm has 1 added to what the paper has, as is usual, so that a word of
    /// most tools counts little instead of less than nothing.
    fn score(&self, word: &str, tool: &BTreeMap<String, usize>) -> f64 {
        let (Some(&times), Some(&known_by)) = (tool.get(word), self.known_by.get(word)) else { return 0.0 };
        let (times, known_by) = (to_f64(times), to_f64(known_by));
        let rarity = (1.0 + (to_f64(self.tools.len()) - known_by + 0.5) / (known_by + 0.5)).ln();
        let length = to_f64(length(tool)) / self.words_mean;
        rarity * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length))
    }
}

fn length(tool: &BTreeMap<String, usize>) -> usize {
    tool.values().sum()
}

/// How often each word stands in what is told of a tool.
fn counted(tool: &Ranked<'_>) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    for _ in 0..NAME_TIMES {
        add(tool.name, &mut words);
    }
    add(tool.title, &mut words);
    add(tool.description, &mut words);
    add_schema(&tool.input_schema, 0, &mut words);
    words
}

fn add(text: &str, words: &mut BTreeMap<String, usize>) {
    for word in stems(text) {
        *words.entry(word).or_default() += 1;
    }
}

/// Names of arguments and of their members, what is said of them, and the values to choose from.
fn add_schema(schema: &Value, depth: usize, words: &mut BTreeMap<String, usize>) {
    let Value::Object(members) = schema else { return };
    if depth > DEPTH_MAX {
        return;
    }
    if let Some(Value::Object(properties)) = members.get("properties") {
        for (name, shape) in properties {
            add(name, words);
            add_schema(shape, depth + 1, words);
        }
    }
    if let Some(items) = members.get("items") {
        add_schema(items, depth + 1, words);
    }
    for branch in members.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        add_schema(branch, depth + 1, words);
    }
    for value in members.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        add(value, words);
    }
    if let Some(Value::String(text)) = members.get("description") {
        add(text, words);
    }
}

/// The words of a text that say something, each cut to its beginning.
pub fn stems(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 1 && !EMPTY_WORDS.contains(&word.as_str()))
        .map(|word| word.trim_end_matches('s').chars().take(STEM_CHARS).collect())
}

/// Numbers of words and tools are small.
#[expect(clippy::cast_precision_loss, reason = "a list of tools has far fewer than 2^52 words")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
