//! Chains, tools and profiles at random beside an oracle that knows nothing of how they are checked.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{completed, placed, reported};
use crate::diff::tests::random::Numbers;
use crate::report::Severity;

/// A tool at random, as the oracle knows it. Labels are places in the chain.
struct Random {
    name: String,
    operation: &'static str,
    /// Whether a caller chooses an argument of it.
    sends: bool,
    base: usize,
    /// Labels of two fields, and whether the rule names each of them.
    fields: [(Option<usize>, bool); 2],
    clearance: usize,
    asks: bool,
}

impl Random {
    fn new(numbers: &mut Numbers, position: usize, labels: usize) -> Self {
        let sends = numbers.below(3) > 0;
        let field = |numbers: &mut Numbers| {
            let label = numbers.below(labels + 1);
            ((label < labels).then_some(label), numbers.below(2) == 0)
        };
        Self {
            name: format!("tool_{position}"),
            operation: if sends { "findPatients" } else { "getTree" },
            sends,
            base: numbers.below(labels),
            fields: [field(numbers), field(numbers)],
            clearance: numbers.below(labels),
            asks: numbers.below(4) == 0,
        }
    }

    fn paths(&self) -> [&'static str; 2] {
        if self.sends { ["items[].ssn", "items[].room"] } else { ["groups[][].ssn", "groups[][].room"] }
    }

    /// What it gives: the highest of all that its rule names.
    fn label(&self) -> usize {
        let named = self.fields.iter().filter(|(_, is_named)| *is_named).filter_map(|(label, _)| *label);
        named.chain([self.base]).max().unwrap_or(0)
    }

    fn written(&self) -> Value {
        let mut field_labels = Map::new();
        for (path, (label, _)) in self.paths().into_iter().zip(self.fields) {
            field_labels.extend(label.map(|label| (path.to_owned(), Value::from(format!("l{label}")))));
        }
        let mut rule = String::from("{id: 'x'");
        for (name, (path, (_, is_named))) in ["a", "b"].into_iter().zip(self.paths().into_iter().zip(self.fields)) {
            if is_named {
                let _ = write!(rule, ", {name}: {path}");
            }
        }
        json!({
            "operation": self.operation,
            "prune": rule + "}",
            "label": format!("l{}", self.base),
            "clearance": format!("l{}", self.clearance),
            "field_labels": field_labels,
            "above_clearance": if self.asks { "ask" } else { "refuse" },
        })
    }
}

/// Every flow within a list of tools that must not be.
fn illegal(tools: &[&Random], declassified: &[(String, String)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in tools {
        for sink in tools.iter().filter(|sink| sink.sends && !sink.asks) {
            let flow = (source.name.clone(), sink.name.clone());
            if source.label() > sink.clearance && !declassified.contains(&flow) {
                found.push(flow);
            }
        }
    }
    found
}

#[test]
fn what_is_accepted_at_random_is_what_an_oracle_accepts() {
    let mut numbers = Numbers(11);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..300 {
        let labels = 2 + numbers.below(4);
        let tools: Vec<Random> =
            (0..=numbers.below(4)).map(|position| Random::new(&mut numbers, position, labels)).collect();
        let profiles: Vec<Vec<usize>> = (0..numbers.below(3))
            .map(|_| (0..tools.len()).filter(|place| *place == 0 || numbers.below(2) == 0).collect())
            .collect();
        let mut declassified = Vec::new();
        for (from, to) in tools.iter().flat_map(|from| tools.iter().map(move |to| (from, to))) {
            if numbers.below(4) == 0 {
                declassified.push((from.name.clone(), to.name.clone()));
            }
        }
        let lists: Vec<Vec<&Random>> = match profiles.as_slice() {
            [] => vec![tools.iter().collect()],
            profiles => profiles.iter().map(|places| places.iter().map(|place| &tools[*place]).collect()).collect(),
        };
        let wrong: Vec<(String, String)> = lists.iter().flat_map(|list| illegal(list, &declassified)).collect();

        let mut workspace = json!({ "labels": (0..labels).map(|label| format!("l{label}")).collect::<Vec<_>>() });
        let flow = |(from, to): &(String, String)| json!({ "from": from, "to": to, "reason": "So." });
        workspace["declassify"] = declassified.iter().map(flow).collect();
        for (position, places) in profiles.iter().enumerate() {
            let names: Vec<&str> = places.iter().map(|place| tools[*place].name.as_str()).collect();
            workspace["profiles"][format!("p{position}")] = json!({ "description": "Some.", "tools": names });
        }
        let written: Map<String, Value> = tools.iter().map(|tool| (tool.name.clone(), tool.written())).collect();
        let (placed, report) = placed(&workspace, [("one".to_owned(), completed(json!({ "tools": written })))]);
        let errors = reported(&report, Severity::Error);
        assert_eq!(placed.is_some(), wrong.is_empty(), "{round}: {wrong:?} {errors:?} {workspace:#} {written:#?}");
        assert!(errors.iter().all(|(code, _)| *code == "E0816"), "{round}: {errors:?}");
        // Whatever is told is one of those that the oracle finds.
        for (_, title) in errors {
            let is_one = |(from, to): &(String, String)| {
                title.contains(&format!("`{from}`")) && (from == to || title.contains(&format!("`{to}`")))
            };
            assert!(wrong.iter().any(is_one), "{round}: {title}");
        }
        if wrong.is_empty() { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 40 && refused > 80, "{accepted} accepted, {refused} refused");
}
