use airlock_contract::prune::{
    Comparator, Prune, call, current, expression, field, index, list, literal, not, object, slice, when,
};
use serde_json::{Value, json};

use super::{PruneError, Pruner};

const ID: Prune = field("id");
const NAME: Prune = field("name");
const TAGS: Prune = field("tags");
const ITEMS: Prune = field("items");
const QTY: Prune = field("qty");
const CURRENT: Prune = current();
const TWO: Prune = literal("2");
const PICK: Prune = object(&[("name", NAME), ("id", ID)]);
const FEW: Prune = QTY.compare(Comparator::Less, &TWO);
const FEW_ONLY: Prune = when(&FEW, &ID);
const TAG_ITEMS: Prune = TAGS.flatten();
const TAG_LISTS: Prune = ITEMS.each(&TAGS);
const FLAT: Prune = TAG_LISTS.flatten();
const FIRST_TWO: Prune = slice(None, Some(2), 1);
const FIRST_ITEMS: Prune = ITEMS.then(&FIRST_TWO);
const VALUES: Prune = CURRENT.values();
const LAST: Prune = index(-1);
const NO_ID: Prune = not(&ID);
const NO_ID_NAME: Prune = when(&NO_ID, &NAME);
const EMPTY: Prune = literal("\"none\"");
const KEPT: Prune = ITEMS.each(&PICK);

static BROKEN: Prune = literal("{");
static LENGTH: Prune = call("length", &[QTY]);
static WRAPPED: Prune = list(&[CURRENT]);

/// Each rule as text and as the constants that it compiles to.
const RULES: &[(&str, Prune)] = &[
    ("@", CURRENT),
    ("items", ITEMS),
    ("items[*].{name: name, id: id}", ITEMS.each(&PICK)),
    ("items[?qty < `2`].id", ITEMS.each(&FEW_ONLY)),
    ("items[*].tags[]", TAG_LISTS.flatten()),
    ("items[*].tags | [] | [-1]", FLAT.then(&LAST)),
    ("items[:2].{name: name, id: id}", FIRST_ITEMS.each(&PICK)),
    ("items[-1].tags[]", ITEMS.then(&LAST.then(&TAG_ITEMS))),
    ("@.*", VALUES.each(&CURRENT)),
    ("[items, next]", list(&[ITEMS, field("next")])),
    ("items[?!id].name", ITEMS.each(&NO_ID_NAME)),
    ("next || `\"none\"`", field("next").or(&EMPTY)),
    ("items && next", ITEMS.and(&field("next"))),
    ("length(items)", call("length", &[ITEMS])),
    ("sort_by(items, &qty)[*].{name: name, id: id}", call("sort_by", &[ITEMS, expression(&QTY)]).each(&PICK)),
    (
        "{kept: items[*].{name: name, id: id}, count: length(items)}",
        object(&[("kept", KEPT), ("count", call("length", &[ITEMS]))]),
    ),
];

/// Documents with the traps: null, missing, wrong type, nested arrays.
fn documents() -> Vec<Value> {
    vec![
        json!({"items": [{"id": 1, "name": "a", "qty": 1, "tags": [["x"], "y"]}, {"id": 2, "name": "b", "qty": 3, "tags": []}],
            "next": "p2"}),
        json!({"items": [null, {"name": "c", "qty": 2.5}, {"id": null, "name": null, "qty": 0}, {"qty": 9}], "next": null}),
        json!({"items": []}),
        json!({"items": {"id": 1}}),
        json!([1, [2, [3]], null]),
        json!(null),
        json!("text"),
    ]
}

#[test]
fn every_rule_agrees_with_the_oracle_on_every_document() {
    for (text, rule) in RULES {
        let pruner = Pruner::new(rule).expect("the rule is sound");
        let oracle = jmespath::compile(text).expect("the rule parses");
        for document in documents() {
            let ours = pruner.apply(document.clone());
            match oracle.search(&document) {
                Ok(theirs) => {
                    let theirs: Value = serde_json::to_value(&theirs).expect("JSON");
                    assert_eq!(ours, Ok(theirs), "{text} on {document}");
                }
                Err(_) => assert!(ours.is_err(), "{text} on {document}"),
            }
        }
    }
}

#[test]
fn keys_come_in_the_order_of_the_rule() {
    let document = documents().swap_remove(0);
    for (_, rule) in RULES.iter().filter(|(text, _)| text.contains("{name: name, id: id}")) {
        let kept = Pruner::new(rule).expect("sound").apply(document.clone()).expect("a result").to_string();
        assert!(kept.contains(r#"{"name":"a","id":1}"#), "{kept}");
        assert!(!kept.contains("\"count\"") || kept.starts_with("{\"kept\""), "{kept}");
    }
}

#[test]
fn integers_keep_their_digits() {
    let kept = Pruner::new(&WRAPPED).expect("sound").apply(json!(9_007_199_254_740_993_i64));
    assert_eq!(kept, Ok(json!([9_007_199_254_740_993_i64])));
}

#[test]
fn errors_hold_nothing_of_the_answer() {
    let fault =
        Pruner::new(&LENGTH).expect("sound").apply(json!({"qty": 771_177})).expect_err("a number has no length");
    assert!(fault.0.contains("length") || fault.0.contains("number"), "{fault}");
    assert!(!fault.0.contains("771177"), "{fault}");
    assert!(matches!(Pruner::new(&BROKEN), Err(PruneError(_))));
}
