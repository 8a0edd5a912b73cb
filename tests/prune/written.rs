//! A rule that is written from its tree means what the tree means.

use serde_json::Value;

use super::generate::{Dice, document, rule as random_rule};
use super::{rule, same};
use airlock_prune::{Plan, Rule};

fn given(rule: &Rule, body: &str) -> Result<Value, ()> {
    let json = Plan::new(rule).and_then(|plan| plan.run(body.as_bytes(), super::BYTES_MAX)).map_err(|_| ())?;
    serde_json::from_str(&json).map_err(|_| ())
}

#[test]
fn random_rules_are_read_again() {
    let (mut tried, mut telling) = (0, 0);
    for seed in 0..6_000 {
        let dice = &mut Dice::new(seed);
        let depth = 1 + dice.below(4);
        let text = random_rule(dice, depth);
        let Some(first) = rule(&text) else { continue };
        let written = first.text();
        let again = rule(&written).unwrap_or_else(|| panic!("`{text}` is written as `{written}`, which is no rule"));
        assert_eq!(again.text(), written, "of `{text}`");
        tried += 1;
        for _ in 0..3 {
            let body = document(dice, 3);
            match (given(&first, &body), given(&again, &body)) {
                (Ok(before), Ok(after)) => {
                    assert!(same(&before, &after), "`{text}` and `{written}` differ on {body}: {before} and {after}");
                    telling += usize::from(!before.is_null());
                }
                (before, after) => assert_eq!(before.is_err(), after.is_err(), "`{text}` and `{written}` on {body}"),
            }
        }
    }
    assert!(tried > 2_000 && telling > 1_000, "{tried} rules, {telling} results");
}

#[test]
fn rules_are_written_as_people_write_them() {
    for text in [
        "@",
        "items[*].{id: id, name: name}",
        "items[?status == `\"active\"`].{substance: substance.text, reactions: reactions[*].text}",
        "reverse(sort_by(items, &started_at))[:10]",
        "diagnoses[?use == `\"principal\"`].condition.text | [0]",
        "(a || b) && !(c.d)",
        "a[].b[0].*.c",
        "*.a",
        "\"x-y\".\"\\u202e\"",
        "a[::-1].[b, c]",
        "{\n  total: total,\n  patients: items[*].{\n    id: id,\n    name: full_name,\n    born: birth_date,\n    status: status,\n    ward: ward_id,\n    bed: bed_id\n  }\n}",
    ] {
        assert_eq!(rule(text).expect(text).text(), text);
    }
}
