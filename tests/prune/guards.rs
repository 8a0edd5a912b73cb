//! What is wrong anywhere in a body is an error, and nothing of it gets out.

use airlock_prune::{Class, Fault, Plan};

use super::{BYTES_MAX, all_ways, rule};

fn run(text: &str, body: &[u8]) -> Result<String, Fault> {
    Plan::new(&rule(text).expect("a rule")).and_then(|plan| plan.run(body, BYTES_MAX))
}

/// Rules of each class.
const RULES: &[&str] =
    &["a", "a[*].b", "{n: length(a), x: c}", "sort_by(a, &b)[:2].b", "sort(a[*].b)", "a[-1]", "@", "*"];

#[test]
fn a_truncated_or_trailing_text_is_an_error_at_every_byte() {
    let body = r#"{"a": [{"b": 1, "z": "\u00e9\n"}, {"b": -2.5e1, "z": [true, null]}], "c": {"d": "é"}}"#;
    for text in RULES {
        assert!(run(text, body.as_bytes()).is_ok(), "{text}");
        for end in 0..body.len() {
            assert!(matches!(run(text, &body.as_bytes()[..end]), Err(Fault::Body(..))), "{text}: {end} bytes");
        }
        for more in ["x", "{}", "]", "\u{feff}"] {
            assert!(matches!(run(text, format!("{body}{more}").as_bytes()), Err(Fault::Body(..))), "{text}: {more}");
        }
        assert!(matches!(run(text, format!("\u{feff}{body}").as_bytes()), Err(Fault::Body(0, _))), "{text}");
    }
}

#[test]
fn what_is_broken_in_a_part_that_is_left_out_is_an_error() {
    for broken in [
        &b"\"\xff\""[..],
        b"01",
        b"1.",
        b"-",
        b"+1",
        b"1e",
        b"[1,]",
        b"[,1]",
        b"{\"x\":1,}",
        b"{\"x\"}",
        b"{x:1}",
        b"\"\\x\"",
        b"\"\\u12g4\"",
        b"\"\t\"",
        b"tru",
        b"nul",
        b"NaN",
        b"'x'",
        b"[1 2]",
        b"{\"x\" 1}",
        b"/**/1",
    ] {
        for (before, behind) in [
            ("{\"q\":", ",\"a\":[{\"b\":1}]}"),
            ("{\"a\":[{\"b\":1},{\"b\":2,\"q\":", "}]}"),
            ("{\"a\":[],\"q\":[", "]}"),
        ] {
            let body = [before.as_bytes(), broken, behind.as_bytes()].concat();
            for text in RULES {
                assert!(matches!(run(text, &body), Err(Fault::Body(..))), "{text}: {}", String::from_utf8_lossy(&body));
            }
        }
    }
}

#[test]
fn half_a_surrogate_pair_is_an_error_where_it_is_kept_alone() {
    for half in ["\\ud800", "\\udc00x", "\\ud800\\u0041", "\\ud83d\\ud83d"] {
        for (text, kept) in [
            ("a", true),
            ("a[*].b", true),
            ("a[*].c", false),
            ("@", true),
            ("length(a)", false),
            ("max_by(a, &c).b", true),
        ] {
            let body = format!(r#"{{"a": [{{"b": "{half}", "c": 1}}]}}"#);
            for (way, result) in all_ways(&rule(text).expect("a rule"), &body) {
                // On everything a part is looked at only when the rule comes to it.
                assert_eq!(result.is_err(), kept, "{way}: {text}: {half}: {result:?}");
            }
        }
    }
    assert_eq!(run("a", br#"{"a": "\ud83d\ude00"}"#), Ok("\"😀\"".to_owned()));
    // As a key it is nobody's name.
    assert_eq!(run("a", br#"{"\ud800": 1, "a": 2}"#), Ok("2".to_owned()));
    assert!(run("@", br#"{"\ud800": 1, "a": 2}"#).is_err());
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    for (text, body, result) in [
        ("a", r#"{"a": 1, "a": 2}"#, "2"),
        ("a", r#"{"a": 1, "\u0061": 2}"#, "2"),
        ("a[*].b", r#"{"a": [{"b": 1}], "a": [{"b": 2}]}"#, "[2]"),
        ("a[*].b", r#"{"a": [{"b": 1}], "a": null}"#, "null"),
        ("a[*].b", r#"{"a": [{"b": 1}], "a": {"b": 2}}"#, "null"),
        ("a[*].b", r#"{"a": [{"b": 1, "b": 5}, {"b": 1, "b": null}]}"#, "[5]"),
        ("x.a[*].b", r#"{"x": {"a": [{"b": 1}]}, "x": {}}"#, "null"),
        ("x.a[*].b", r#"{"x": {"a": [{"b": 1}]}, "x": 3}"#, "null"),
        ("length(x.a)", r#"{"x": {"a": [1, 2]}, "x": {"a": [1]}}"#, "1"),
        ("length(@)", r#"{"x": 1, "x": 2, "\u0078": 3}"#, "1"),
        ("sum(a)", r#"{"a": [1], "a": [2]}"#, "2"),
        ("sort_by(a, &b)[:1].b", r#"{"a": [{"b": 0}], "a": [{"b": 2}, {"b": 1}]}"#, "[1]"),
        ("a", r#"{"a": {"x": 1, "y": [{"z": 1, "z": 2}], "x": 3}}"#, r#"{"x":3,"y":[{"z":2}]}"#),
        ("keys(@)", r#"{"b": 1, "a": 1, "b": 2}"#, r#"["a","b"]"#),
        ("a == `{\"x\": 2}`", r#"{"a": {"x": 1, "x": 2}}"#, "true"),
    ] {
        for (way, given) in all_ways(&rule(text).expect("a rule"), body) {
            assert_eq!(given.as_deref(), Ok(result), "{way}: {text} on {body}");
        }
    }
}

#[test]
fn numbers_and_order_stay_as_they_are_written() {
    let body = r#"{"z": 1.10, "a": [-0, 1E2, 123456789012345678901234567890], "m": {"y": 1e-3 , "b" : 2}}"#;
    for (text, result) in [
        ("@", r#"{"z":1.10,"a":[-0,1E2,123456789012345678901234567890],"m":{"y":1e-3,"b":2}}"#),
        ("{m: m, z: z, first: a[0]}", r#"{"m":{"y":1e-3,"b":2},"z":1.10,"first":-0}"#),
        ("a[*]", "[-0,1E2,123456789012345678901234567890]"),
        ("max(a)", "123456789012345678901234567890"),
        ("abs(z)", "1.10"),
    ] {
        for (way, given) in all_ways(&rule(text).expect("a rule"), body) {
            assert_eq!(given.as_deref(), Ok(result), "{way}: {text}");
        }
    }
}

#[test]
fn numbers_beyond_doubles_are_an_error_where_they_are_kept() {
    let long = "9".repeat(400);
    for number in ["1e400", "-1E+999", &long, &format!("{long}.5"), &format!("0.{long}e400")] {
        let body = format!(r#"{{"a": [{{"b": {number}}}], "c": {number}, "d": 1}}"#);
        for (text, kept) in [("c", true), ("a[*].b", true), ("@", true), ("a", true), ("d", false)] {
            for (way, result) in all_ways(&rule(text).expect("a rule"), &body) {
                assert_eq!(result.is_err(), kept, "{way}: {text}: {number}: {result:?}");
            }
        }
    }
    assert_eq!(run("@", b"1e-999").as_deref(), Ok("1e-999"));
}

#[test]
fn depth_is_bounded_in_every_part() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for text in ["@", "zz", "a[*].b", "length(@)", "type(@)", "[*][*]"] {
            let rule = rule(text).expect("a rule");
            for (way, result) in all_ways(&rule, &nested(127)) {
                assert!(!matches!(result, Err(Fault::Body(..))), "{way}: {text}: {result:?}");
            }
            for depth in [128, 200, 100_000] {
                for (way, result) in all_ways(&rule, &nested(depth)) {
                    assert!(matches!(result, Err(Fault::Body(..))), "{way}: {text}: {depth}");
                }
            }
        }
    }
}

#[test]
fn depth_is_bounded_where_a_rule_goes_down_all_the_way() {
    for (path, open, close) in [("a", "{\"a\":", "}"), ("[0]", "[", "]")] {
        let rule = |depth: usize| rule(&vec![path; depth].join(if path == "a" { "." } else { "" })).expect("a rule");
        let body = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for (way, result) in all_ways(&rule(127), &body(127)) {
            assert_eq!(result.as_deref(), Ok("1"), "{way}: {path}");
        }
        for (way, result) in all_ways(&rule(128), &body(128)) {
            assert!(matches!(result, Err(Fault::Body(..))), "{way}: {path}");
        }
    }
}

#[test]
fn a_result_that_is_too_long_says_by_how_much() {
    let plan = Plan::new(&rule("a[*].b").expect("a rule")).expect("a plan");
    let body = br#"{"a": [{"b": "123456789"}]}"#;
    assert_eq!(plan.run(body, 13).as_deref(), Ok(r#"["123456789"]"#));
    assert_eq!(plan.run(body, 10), Err(Fault::TooLong(13, 10)));
    assert!(Fault::TooLong(13, 10).to_string().contains("13 bytes, 3 more than the 10"));
}

#[test]
fn a_rule_that_doubles_its_answer_without_end_is_ended() {
    let doubling = "[@, [@]]".to_owned() + &" | [@, [@]]".repeat(60);
    for (way, result) in all_ways(&rule(&doubling).expect("a rule"), "[1]") {
        assert!(matches!(result, Err(Fault::TooLong(..))), "{way}");
    }
}

#[test]
fn each_rule_has_its_class_and_says_what_it_reads() {
    use Class::{Buffer, NeedSet, Stream};
    for (text, class, reads) in [
        ("@", Stream, "@"),
        ("a.b", Stream, "a.b"),
        ("items[*].{id: id, who: user.login}", Stream, "items[].id items[].user.login"),
        ("items[?state == 'open'].title", Stream, "items[].state items[].title"),
        ("items[*].labels[].name", Stream, "items[].labels.name items[].labels[].name"),
        ("items[:10].id", Stream, "items[].id"),
        ("items[0].id", Stream, "items[].id"),
        ("{n: length(items), sum: sum(items[*].size), t: total}", Stream, "items[].size total"),
        ("items[*].tags[?x == 'y'] | []", Stream, "items[].tags[]"),
        ("data.{n: length(items), first: items[0].id}", Stream, "data.items[].id"),
        ("sort_by(items, &at)[:10].id", Buffer, "items[].at items[].id"),
        ("reverse(sort_by(items, &at))[:3]", Buffer, "items[]"),
        ("items[-1].id", Buffer, "items[].id"),
        ("items[-2:].id", Buffer, "items[].id"),
        ("max_by(items, &at).id", Stream, "items[].at items[].id"),
        ("sort_by(items, &at)", NeedSet, "items"),
        ("keys(@)", NeedSet, "@"),
        ("*.id", NeedSet, "@"),
        ("{a: items, b: items[*].id}", NeedSet, "items"),
        ("items[::-1].id", NeedSet, "items[].id"),
    ] {
        let plan = Plan::new(&rule(text).expect("a rule")).expect("a plan");
        assert_eq!((plan.class(), plan.reads().join(" ").as_str()), (class, reads), "{text}");
    }
}
