use airlock_contract::request::{body, body_property, path, query};
use airlock_contract::shape::{
    Named, Shape, any, any_of, file, int32, integer, list_of, named, nullable, number, object_of, one_of, optional,
    required, text,
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

const LONG: Shape = integer().min(i64::MIN as i128).max(i64::MAX as i128);
const UNSIGNED: Shape = integer().min(0).max(u64::MAX as i128);

#[test]
fn digits_stand_for_an_integer_that_hosts_cannot_hold() {
    const ROWS: &[airlock_contract::Argument] = &[query("id", LONG), query("page", int32()).optional()];
    let sent = |value: Value| check(ROWS, &json!({"id": value})).map(|checked| checked.0[0].clone().expect("sent"));
    for (value, number) in [
        (json!("9007199254740993"), json!(9_007_199_254_740_993_i64)),
        (json!("-9223372036854775808"), json!(i64::MIN)),
        (json!("0"), json!(0)),
        (json!(7), json!(7)),
        (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_993_i64)),
    ] {
        assert_eq!(sent(value), Ok(number));
    }
    for bad in ["", "-", "-0", "+1", "01", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "0x1", "١"] {
        assert!(sent(json!(bad)).is_err(), "{bad}");
    }
    let faults = sent(json!("x")).expect_err("no digits");
    assert!(
        faults[0].contains("an integer from -9223372036854775808 to 9223372036854775807 (or its digits"),
        "{faults:?}"
    );
    let faults = check(ROWS, &json!({"id": 1, "page": "2"})).expect_err("32 bits fit into any number");
    assert_eq!(faults, ["`page`: expected an integer from -2147483648 to 2147483647, got the string \"2\""]);
}

#[test]
fn a_float_that_may_have_lost_digits_is_no_integer() {
    const ROWS: &[airlock_contract::Argument] = &[query("n", integer())];
    let sent = |text: &str| check(ROWS, &serde_json::from_str(&format!("{{\"n\": {text}}}")).expect("JSON")).is_ok();
    for good in ["3.0", "9007199254740991.0", "-9007199254740991.0", "18446744073709551615", "1e3"] {
        assert!(sent(good), "{good}");
    }
    for bad in ["9007199254740993.0", "18446744073709551617", "1e20", "-9223372036854775809", "0.5"] {
        assert!(!sent(bad), "{bad}");
    }
}

#[test]
fn digits_become_numbers_wherever_they_stand_and_texts_stay() {
    const ITEM: Shape = any_of(&[LONG, text()]);
    const NUMBERS: Shape = any_of(&[boolean_list(), list_of(&UNSIGNED)]);
    const BODY: Shape = object_of(&[
        required("id", LONG),
        optional("item", ITEM),
        optional("many", NUMBERS),
        optional("none", nullable(&LONG)),
    ])
    .rest(&LONG);
    const ROWS: &[airlock_contract::Argument] = &[body(BODY)];
    const fn boolean_list() -> Shape {
        list_of(&Shape::Boolean)
    }
    let sent =
        json!({"body": {"id": "1", "item": "2", "many": ["3", 4, "18446744073709551615"], "none": null, "more": "5"}});
    let checked = check(ROWS, &sent).expect("sound").0.remove(0).expect("sent");
    assert_eq!(checked, json!({"id": 1, "item": "2", "many": [3, 4, u64::MAX], "none": null, "more": 5}));
}

#[test]
fn a_file_is_checked_before_anything_is_sent() {
    const ROWS: &[airlock_contract::Argument] = &[body(object_of(&[required("scan", file())]))];
    let faults = |scan: Value| check(ROWS, &json!({"body": {"scan": scan}})).err().unwrap_or_default();
    assert_eq!(faults(json!({"base64": "AP8=", "filename": "a.png", "media_type": "image/png"})), Vec::<String>::new());
    assert_eq!(
        faults(json!({"base64": "AP8", "file_name": "a"})),
        [
            "`body.scan.base64`: expected base64 in the standard alphabet, with padding and without blanks, got the string \"AP8\"",
            "`body.scan.file_name`: unknown property; did you mean `filename`?",
        ]
    );
    assert_eq!(faults(json!({})), ["`body.scan.base64`: expected the file's bytes in base64"]);
    assert_eq!(
        faults(json!("AP8=")),
        ["`body.scan`: expected an object with the file's bytes in `base64`, got the string \"AP8=\""]
    );
}

#[test]
fn an_object_has_as_many_properties_as_it_may() {
    const ANY: Shape = any();
    const ROWS: &[airlock_contract::Argument] = &[body(object_of(&[]).rest(&ANY).properties_min(1).properties_max(2))];
    for (value, fits) in [(json!({}), false), (json!({"a": 1}), true), (json!({"a": 1, "b": 2}), true)] {
        assert_eq!(check(ROWS, &json!({"body": value})).is_ok(), fits, "{value}");
    }
    let faults = check(ROWS, &json!({"body": {"a": 1, "b": 2, "c": 3}})).expect_err("three");
    assert_eq!(faults, ["`body`: expected an object of from 1 to 2 properties, got 3 properties"]);
}

#[test]
fn null_is_a_value_of_a_body_and_means_left_out_elsewhere() {
    const ROWS: &[airlock_contract::Argument] =
        &[body_property("note", nullable(&TEXT)).optional(), query("page", nullable(&TEXT)).optional()];
    assert_eq!(check(ROWS, &json!({"note": null, "page": null})), Ok(Checked(vec![Some(json!(null)), None])));
}

#[test]
fn a_shape_that_stands_for_itself_is_refused_and_not_followed() {
    static LOOP: Named = Named { name: "Loop", shape: nullable(&LOOP_SHAPE) };
    static LOOP_SHAPE: Shape = named(&LOOP);
    const ROWS: &[airlock_contract::Argument] = &[body(named(&LOOP))];
    assert!(check(ROWS, &json!({"body": 1})).is_err());
}
