//! What comes of a text, and what is refused.

use super::{parse, parse_file};
use crate::load::{Format, Sources, big_integer};
use crate::report::Report;

fn check(text: &str, format: Format) -> Result<String, Vec<&'static str>> {
    let mut sources = Sources::default();
    let id = sources.add("file".into(), text.into(), format);
    let mut report = Report::default();
    let value = parse(id, &sources, &mut report);
    match value {
        Some(value) => Ok(value.to_string()),
        None => Err(report.diagnostics().iter().map(|diagnostic| diagnostic.code).collect()),
    }
}

#[test]
fn keys_keep_their_text_and_order() {
    assert_eq!(check("200: b\n'1.10': a\nno: c\n", Format::Yaml), Ok(r#"{"200":"b","1.10":"a","no":"c"}"#.into()));
}

#[test]
fn numbers_keep_their_digits() {
    assert_eq!(
        check("[0.9687100052833557, 18446744073709551615]", Format::Json).as_deref(),
        Ok("[0.9687100052833557,18446744073709551615]")
    );
    assert_eq!(
        check("[0.9687100052833557, 18446744073709551615]", Format::Yaml).as_deref(),
        Ok("[0.9687100052833557,18446744073709551615]")
    );
}

#[test]
fn what_a_parser_would_lose_is_an_error() {
    assert_eq!(check(r#"{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}"#, Format::Json), Err(vec!["E0107", "E0107"]));
    assert_eq!(check("a: 1\n\"a\": 2\n", Format::Yaml), Err(vec!["E0107"]));
    assert_eq!(check("a: !secret x\n", Format::Yaml), Err(vec!["E0108"]));
    assert_eq!(check("a: .inf\n", Format::Yaml), Err(vec!["E0109"]));
    assert_eq!(check("a: [1\n", Format::Yaml), Err(vec!["E0106"]));
    assert_eq!(check("{\"a\": 1} x", Format::Json), Err(vec!["E0106"]));
}

#[test]
fn merge_keys_are_applied() {
    let text = "base: &b {x: 1, y: 2}\nit:\n  <<: *b\n  y: 3\n";
    assert_eq!(check(text, Format::Yaml), Ok(r#"{"base":{"x":1,"y":2},"it":{"y":3,"x":1}}"#.into()));
}

/// Few aliases, each of much: the parser counts how many there are, not what they stand for.
#[test]
fn aliases_do_not_unfold_to_far_more_than_the_file() {
    let items = "x,".repeat(2000);
    let uses = |count: usize| format!("a: &a [{items}]\nb:\n{}", "- *a\n".repeat(count));
    assert!(check(&uses(20), Format::Yaml).is_ok());
    assert_eq!(check(&uses(20_000), Format::Yaml), Err(vec!["E0112"]));
    let text = |count: usize| format!("a: &a {}\nb:\n{}", "x".repeat(2000), "- *a\n".repeat(count));
    assert!(check(&text(20), Format::Yaml).is_ok());
    assert_eq!(check(&text(20_000), Format::Yaml), Err(vec!["E0112"]));
    // What stands there in full is never too much.
    assert!(check(&format!("[{}\"\"]", "\"\\L\\L\\L\\L\",".repeat(1_000_000)), Format::Yaml).is_ok());
}

/// The parser takes a minute for half a megabyte of brackets.
#[test]
fn brackets_are_counted_before_a_text_is_read() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("[{a: ", "}]")] {
        let nested = |depth: usize| format!("a: {}{}", open.repeat(depth), close.repeat(depth));
        assert!(check(&nested(60), Format::Yaml).is_ok());
        assert_eq!(check(&nested(200_000), Format::Yaml), Err(vec!["E0112"]));
    }
    // In texts they open nothing.
    assert!(check(&format!("a: '{0}'\nb: x{0}\n# {0}\n", "[0, 1) ".repeat(500)), Format::Yaml).is_ok());
}

/// What a person is told.
fn titles(text: &str, format: Format) -> Vec<(&'static str, String)> {
    let mut sources = Sources::default();
    let id = sources.add("file".into(), text.into(), format);
    let mut report = Report::default();
    assert_eq!(parse(id, &sources, &mut report), None);
    report
        .diagnostics()
        .iter()
        .map(|diagnostic| {
            let (line, column) = sources.line_column(&diagnostic.marks[0].at);
            (diagnostic.code, format!("{line}:{column} {}", diagnostic.title))
        })
        .collect()
}

#[test]
fn merge_keys_are_yaml_alone() {
    assert_eq!(check(r#"{"<<": {"x": 1}, "y": 2}"#, Format::Json), Ok(r#"{"<<":{"x":1},"y":2}"#.into()));
}

#[test]
fn integers_beyond_64_bits_keep_their_digits() {
    let json = r#"{"\\\"a": "18446744073709551616", "b": [18446744073709551616, -9223372036854775809, 18446744073709551617,
        1.8446744073709552e19, 18446744073709551616.0, 9223372036854775808, 340282366920938463463374607431768211456]}"#;
    let written = "[I18446744073709551616,I-9223372036854775809,I18446744073709551617,1.8446744073709552e+19,\
         1.8446744073709552e+19,9223372036854775808,I340282366920938463463374607431768211456]";
    let digits = |text: &str| text.replace(r#"{"x-airlock-integer":""#, "I").replace("\"}", "");
    let value = check(json, Format::Json).expect("parses");
    assert!(digits(&value).contains(written), "{value}");
    let yaml = "a: '18446744073709551616'\nb:\n- 18446744073709551616\n- -9223372036854775809\n- 18446744073709551617\n\
                - 1.8446744073709552e19\n- 18446744073709551616.0\n- 9223372036854775808\n\
                - 340282366920938463463374607431768211456\n";
    let value = check(yaml, Format::Yaml).expect("parses");
    assert!(digits(&value).contains(written), "{value}");
}

#[test]
fn an_integer_beyond_128_bits_keeps_its_digits_behind_an_alias_too() {
    let text = "a: &a -1000000000000000000000000000000000000000000001\nb: *a\nc: 1e45\nd: *a\n";
    let mut sources = Sources::default();
    let id = sources.add("file".into(), text.into(), Format::Yaml);
    let value = parse(id, &sources, &mut Report::default()).expect("parses");
    for key in ["a", "b", "d"] {
        assert_eq!(big_integer(&value[key]), Some("-1000000000000000000000000000000000000000000001"), "{key}");
    }
    assert_eq!(value["c"].as_f64(), Some(1e45));
    assert_eq!(big_integer(&serde_json::json!({"x-airlock-integer": "1", "y": 1})), None);
}

#[test]
fn names_that_nobody_may_use_are_errors() {
    assert_eq!(
        titles("{\"a\": {\"x-airlock-files\": 1},\n \"\\u0000\": 2}", Format::Json),
        [
            ("E0115", "1:8 keys that begin with `x-airlock-` are reserved for what is added in here".into()),
            ("E0116", "2:2 a key holds the character U+0000, which no name may hold".into()),
        ]
    );
    assert_eq!(check("x-airlock-note: []\n\"a\\0b\": 1\n", Format::Yaml), Err(vec!["E0115", "E0116"]));
}

#[test]
fn each_mistake_has_its_place_at_any_depth() {
    assert_eq!(
        titles("a:\n- x: {b: 1}\n- x:\n    c/d: .nan\n    e: !t 1\n", Format::Yaml),
        [
            ("E0109", "4:10 this number is not finite, so JSON cannot say it".into()),
            ("E0108", "5:8 YAML tags have no meaning here".into()),
        ]
    );
}

#[test]
fn mistakes_without_end_are_shown_up_to_a_hundred() {
    let text = format!("[{}1]", r#"{"a": 1, "a": 2},"#.repeat(100_000));
    assert_eq!(check(&text, Format::Json).map_err(|codes| codes.len()), Err(100));
}

#[test]
fn nesting_has_a_bound() {
    for depth in [127, 129, 100_000] {
        let wanted = if depth == 127 { Ok(()) } else { Err(vec!["E0112"]) };
        let json = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&json, Format::Json).map(drop), wanted);
        if depth < 100_000 {
            assert_eq!(check(&json, Format::Yaml).map(drop), wanted);
        }
    }
    let title = "this is nested too deep: 127 levels are read";
    let deep = format!("{{\n{}", "\"a\":{".repeat(200));
    assert_eq!(titles(&deep, Format::Json), [("E0112", format!("2:635 {title}"))]);
}

#[test]
fn aliases_that_do_not_end_or_unfold_without_measure_are_errors() {
    assert_eq!(titles("a: &a [*a]\n", Format::Yaml)[0].0, "E0112");
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.extend([format!("a{level}: &a{level} [{items}]\n")]);
    }
    let started = std::time::Instant::now();
    let title = "1:1 the aliases (`*name`) of this file unfold to far more than it holds";
    assert_eq!(titles(&bomb, Format::Yaml), [("E0112", title.into())]);
    // Each alias is followed once only, and yet nine million members come of it, or three gigabytes of text.
    let wide = (0..3000).map(|number| format!("k{number}: 1, ")).collect::<Vec<_>>().concat();
    let long = "x".repeat(1_000_000);
    for held in [format!("{{{wide}}}"), long] {
        let text = format!("x: &x {held}\ny: [{}]\n", "*x, ".repeat(3000));
        assert_eq!(titles(&text, Format::Yaml), [("E0112", title.into())]);
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn a_text_that_holds_no_value_or_several_says_so() {
    for (text, format, code, title) in [
        ("", Format::Yaml, "E0106", "1:1 this is not YAML: the file is empty"),
        (" \n", Format::Json, "E0106", "1:1 this is not JSON: the file is empty"),
        ("a: 1\n---\nb: 2\n", Format::Yaml, "E0106", "2:1 this file holds more than one YAML document"),
        (
            "--- # first\na: 1\n...\n---\nb: 2\n",
            Format::Yaml,
            "E0106",
            "4:1 this file holds more than one YAML document",
        ),
        ("{\"a\": ", Format::Json, "E0106", "1:6 this is not JSON: EOF while parsing a value"),
    ] {
        assert_eq!(titles(text, format), [(code, title.to_owned())], "{text:?}");
    }
    assert_eq!(check("---\na: 1\n...\n", Format::Yaml), Ok(r#"{"a":1}"#.into()));
    assert_eq!(check("# nothing\n", Format::Yaml), Ok("null".into()));
}

#[test]
fn the_files_that_references_name_are_collected_once_with_their_places() {
    let files = |text: &str, format: Format| {
        let mut sources = Sources::default();
        let id = sources.add("file".into(), text.into(), format);
        parse_file(id, &sources, &mut Report::default()).expect("parses").files
    };
    let text = "a/b:\n- $ref: x.yaml#/c\n- $ref: '#/a'\n- $ref: https://h/x.yaml\n- $ref: x.yaml\n- $ref: {x: y.yaml}\n\
                - externalValue: z.yaml\nd:\n  discriminator:\n    mapping: {Dog/s: ./dog.yaml, Cat: '#/Cat'}\n";
    let own = |files: &[(&str, &str)]| -> Vec<(String, String)> {
        files.iter().map(|(file, pointer)| ((*file).to_owned(), (*pointer).to_owned())).collect()
    };
    assert_eq!(
        files(text, Format::Yaml),
        own(&[("x.yaml", "/a~1b/0/$ref"), ("./dog.yaml", "/d/discriminator/mapping/Dog~1s")])
    );
    assert_eq!(files("{\"$ref\": \"a.md\"}", Format::Json), own(&[("a.md", "/$ref")]));
    assert_eq!(files("$ref: a.md", Format::Text), []);
}
