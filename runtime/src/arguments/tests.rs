use airlock_contract::request::{body, path, query};
use airlock_contract::shape::{
    Named, Shape, any_of, integer, list_of, named, nullable, number, object_of, one_of, optional, required, text,
};
use serde_json::{Value, json};

use super::{Checked, Table, nearest};

static NODE: Named = Named {
    name: "Node",
    shape: object_of(&[required("id", integer()), optional("next", any_of(&[named(&NODE), named(&NODE)]))]),
};
const TEXT: Shape = text();
const CODE: Shape = text().pattern("^[A-Z]{2}$");

fn check(rows: &'static [airlock_contract::Argument], sent: &Value) -> Result<Checked, Vec<String>> {
    let sent = sent.as_object().expect("tests send objects").clone();
    let table = Table::new(rows).expect("the table is sound");
    table.check(sent).map_err(|faults| faults.0.iter().map(ToString::to_string).collect())
}

#[test]
fn all_faults_come_at_once() {
    const ROWS: &[airlock_contract::Argument] = &[
        path("ward", text().chars_max(3)),
        query("limit", integer().min(1).max(50)).default("20"),
        query("since", text().format("date")).optional(),
        query("state", one_of(&["open", "done"])).optional(),
    ];
    let faults = check(ROWS, &json!({"limt": 5, "limit": 500, "since": "yesterday", "state": "new"}));
    assert_eq!(
        faults.expect_err("five faults"),
        [
            "`limt`: unknown argument; did you mean `limit`?",
            "`ward`: missing; expected a string of up to 3 characters",
            "`limit`: expected an integer from 1 to 50, got 500",
            "`since`: expected a date as YYYY-MM-DD, got the string \"yesterday\"",
            "`state`: expected one of \"open\", \"done\", got the string \"new\"",
        ]
    );
}

#[test]
fn defaults_and_fixed_values_are_filled_in_and_cannot_be_set() {
    const ROWS: &[airlock_contract::Argument] = &[
        query("state", text()).fixed("\"open\""),
        query("limit", integer()).default("20"),
        query("page", nullable(&TEXT)).optional(),
    ];
    assert_eq!(check(ROWS, &json!({})), Ok(Checked(vec![Some(json!("open")), Some(json!(20)), None])));
    assert_eq!(
        check(ROWS, &json!({"limit": 3.0, "page": null})),
        Ok(Checked(vec![Some(json!("open")), Some(json!(3.0)), None]))
    );
    let faults = check(ROWS, &json!({"state": "all"})).expect_err("a fixed argument is not there for the caller");
    assert_eq!(faults, ["`state`: unknown argument; known: `limit`, `page`"]);
}

#[test]
fn nested_faults_name_their_place() {
    const LINE: Shape = object_of(&[required("code", CODE), optional("amount", number().above(0.0))]);
    const ROWS: &[airlock_contract::Argument] =
        &[body(object_of(&[required("lines", list_of(&LINE).items_max(2).unique())]))];
    let faults = check(
        ROWS,
        &json!({"body": {"lines": [{"code": "AB", "amount": 0}, {"code": "ab"}, {"code": "ab"}], "note": 1}}),
    );
    assert_eq!(
        faults.expect_err("faults"),
        [
            "`body.lines`: expected an array of up to 2 items, got 3 items",
            "`body.lines`: expected items that differ, got one twice",
            "`body.lines[0].amount`: expected a number, above 0, got 0",
            "`body.lines[1].code`: expected a string that matches ^[A-Z]{2}$, got the string \"ab\"",
            "`body.lines[2].code`: expected a string that matches ^[A-Z]{2}$, got the string \"ab\"",
            "`body.note`: unknown property; known: `lines`",
        ]
    );
}

#[test]
fn integers_are_compared_exactly() {
    const ROWS: &[airlock_contract::Argument] = &[query("n", integer().min(-5).max(9_007_199_254_740_993))];
    for good in [json!(-5), json!(3.0), json!(9_007_199_254_740_993_i64)] {
        assert!(check(ROWS, &json!({"n": good})).is_ok(), "{good}");
    }
    for bad in [json!(-6), json!(3.5), json!(9_007_199_254_740_994_i64), json!(u64::MAX), json!(1e300), json!(null)] {
        assert!(check(ROWS, &json!({"n": bad})).is_err(), "{bad}");
    }
}

#[test]
fn a_choice_that_doubles_at_every_level_is_refused_and_not_computed() {
    const ROWS: &[airlock_contract::Argument] = &[body(named(&NODE))];
    let mut value = json!({"id": "wrong"});
    for _ in 0..60 {
        value = json!({"id": 1, "next": value});
    }
    assert!(check(ROWS, &json!({"body": value})).is_err());
    let mut value = json!({"id": 1});
    for _ in 0..60 {
        value = json!({"id": 1, "next": value});
    }
    assert!(check(ROWS, &json!({"body": value})).is_ok());
}

#[test]
fn the_nearest_name_is_near() {
    let known = ["name", "date_of_birth", "limit"];
    assert_eq!(nearest("nmae", known.into_iter()), Some("name"));
    assert_eq!(nearest("dateOfBirth", known.into_iter()), Some("date_of_birth"));
    assert_eq!(nearest("Limit", known.into_iter()), Some("limit"));
    assert_eq!(nearest("zzz", known.into_iter()), None);
    assert_eq!(nearest(&"n".repeat(100_000), known.into_iter()), None);
}
