use serde_json::{Value, json};

use super::*;

fn ranking(tools: &[(&str, &str, Value)]) -> Ranking {
    Ranking::new(tools.iter().map(|(name, description, input_schema)| Ranked {
        name,
        title: "",
        description,
        input_schema: Cow::Borrowed(input_schema),
    }))
}

fn clinic() -> Ranking {
    ranking(&[
        ("list_documents", "Lists letters on file for one patient.", json!({})),
        ("find_practitioners", "Finds doctors.", json!({"properties": {"field": {"enum": ["cardiology"]}}})),
        ("find_free_beds", "Tells which beds of one ward are free now.", json!({})),
    ])
}

#[test]
fn shared_words_decide_and_rare_ones_more() {
    assert_eq!(clinic().best("How many beds are free on ward W3?", 1), [2]);
    assert_eq!(clinic().best("Which cardiologists do we have?", 3), [1]);
    assert_eq!(clinic().best("Letters of one free patient", 2), [0, 2]);
}

#[test]
fn words_that_no_tool_has_rank_nothing() {
    assert_eq!(clinic().best("Guten Morgen!", 3), [0; 0]);
    assert_eq!(clinic().best("", 3), [0; 0]);
    assert_eq!(ranking(&[]).best("beds", 3), [0; 0]);
}

/// Numbers without a pattern (xorshift).
fn dice(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).expect("31 bits") % below
}

/// The formula as the paper writes it, over lists of words, without any index.
fn naive(corpus: &[Vec<&str>], asked: &[&str]) -> Vec<usize> {
    let mean = to_f64(corpus.iter().map(Vec::len).sum()) / to_f64(corpus.len());
    let score = |text: &Vec<&str>| -> f64 {
        let mut sum = 0.0;
        for word in asked {
            let times = to_f64(text.iter().filter(|one| *one == word).count());
            let holders = to_f64(corpus.iter().filter(|one| one.contains(word)).count());
            let rarity = ((to_f64(corpus.len()) - holders + 0.5) / (holders + 0.5) + 1.0).ln();
            sum += rarity * (times * 2.2) / (times + 1.2 * (0.25 + 0.75 * to_f64(text.len()) / mean));
        }
        sum
    };
    let scores = corpus.iter().map(|text| (score(text) * 1e9).round()).enumerate();
    let mut scores: Vec<(usize, f64)> = scores.filter(|(_, score)| *score > 0.0).collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores.into_iter().map(|(place, _)| place).collect()
}

#[test]
fn random_corpora_are_ranked_as_by_the_formula() {
    // None is empty, none ends in an s, and none is longer than a stem.
    const WORDS: [&str; 12] =
        ["ward", "bed", "dose", "drug", "nurse", "shift", "pulse", "chart", "unit", "visit", "note", "lab"];
    let mut state = 42;
    for _ in 0..2_000 {
        let mut corpus = Vec::new();
        let mut tools = Vec::new();
        for _ in 0..=dice(&mut state, 12) {
            let word = |state: &mut u64| WORDS[dice(state, WORDS.len())];
            let name = [word(&mut state), word(&mut state)];
            let text: Vec<&str> = (0..dice(&mut state, 9)).map(|_| word(&mut state)).collect();
            let argument = word(&mut state);
            corpus.push([&name[..], &name[..], &text[..], &[argument]].concat());
            tools.push((name.join("_"), text.join(" "), json!({"properties": {argument: {"type": "string"}}})));
        }
        let tools: Vec<(&str, &str, Value)> =
            tools.iter().map(|(name, text, schema)| (name.as_str(), text.as_str(), schema.clone())).collect();
        let mut asked: Vec<&str> = (0..=dice(&mut state, 3)).map(|_| WORDS[dice(&mut state, WORDS.len())]).collect();
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(ranking(&tools).best(&asked.join(" "), 100), naive(&corpus, &asked), "{asked:?} in {corpus:?}");
    }
}
