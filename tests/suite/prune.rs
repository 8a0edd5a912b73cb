//! `airlock prune`: a rule on an answer, and a first rule for an operation.

use std::collections::BTreeMap;
use std::path::Path;

use airlock_compiler::check::{Answer, check_rule};
use airlock_compiler::cli::Exit;
use airlock_compiler::load::{Format, Sources, load_document_at};
use airlock_compiler::normalise::normalise_document;
use airlock_compiler::report::{At, Report};
use airlock_compiler::resolve::{Choices, Purpose, ShapeReader, operations, output_with_notes, read};
use airlock_compiler::suggest::suggest;
use serde_json::{Value, json};

use crate::command::{Ran, airlock, real_document};

const CLINIC: &str = "../catalogs/clinic/openapi.yaml";

fn prune(body: &str, arguments: &[&str]) -> Ran {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("answer.json");
    std::fs::write(&path, body).expect("can be written");
    airlock(["prune", &*path.to_string_lossy()].into_iter().chain(arguments.iter().copied()))
}

#[test]
fn a_result_for_programs_says_plan_and_bytes_and_keeps_numbers_as_they_are_written() {
    let body = r#"{"items": [{"id": 1.10, "n": "a"}, {"id": 12345678901234567890123, "n": "b"}]}"#;
    let ran = prune(body, &["--rule", "items[*].id", "--format", "json"]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
    assert_eq!(
        ran.out,
        "{\"result\":[1.10,12345678901234567890123],\"class\":\"stream\",\"bytes_in\":78,\"bytes_out\":30}\n"
    );
    let ran = prune(body, &["--rule", "sort_by(items, &n)[-1:]", "--format", "json", "--result", "csv"]);
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((&told["class"], &told["rows"]), (&json!("buffer"), &json!("id,n\n12345678901234567890123,b")));
    let ran = prune(body, &["--rule", "-1"]);
    assert_eq!(ran.exit, Exit::Invalid, "{}", ran.out);
}

#[test]
fn a_result_for_people_is_on_lines_with_a_summary_beside_it() {
    let ran = prune(r#"[{"a":1},{"b":2}]"#, &["--rule", "[*].{a: a}"]);
    let lines = "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": null\n  }\n]\n";
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Done, lines));
    assert_eq!(ran.err, "17 -> 20 bytes; plan stream: holds one item at a time\n");
    let ran = prune("{\"a\":1}", &["--rule", "@", "--result", "table"]);
    assert!(ran.err.contains("rows need an array of objects"), "{}", ran.err);
}

#[test]
fn what_is_wrong_ends_with_two_and_says_where() {
    for (body, rule, part) in [
        ("{}", "a[*", "error[E0301]"),
        ("{}", "lenght(a)", "error[E0302]"),
        ("{}", "length(a)", "error[E0332]"),
        ("{\"a\":1,}", "a", "line 1, byte 8"),
        ("[1]\n[2]", "[0]", "line 2, byte 1"),
        ("", "a", "error[E0331]"),
        ("{}", "a + b", "error[E0309]"),
    ] {
        let ran = prune(body, &["--rule", rule]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""), "{rule}");
        assert!(ran.err.contains(part), "{rule}: {}", ran.err);
        let ran = prune(body, &["--rule", rule, "--format", "json"]);
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Invalid, ""), "{rule}");
        let told: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!((&told["exit"], &told["diagnostics"][0]["severity"]), (&json!(2), &json!("error")), "{rule}");
    }
    let ran = airlock(["prune", "/nonexistent/answer.json", "--rule", "a"]);
    assert!(ran.exit == Exit::Invalid && ran.err.contains("cannot read the answer"), "{}", ran.err);
    assert_eq!(airlock(["prune", "--suggest"]).exit, Exit::Invalid);
}

#[test]
fn with_a_document_a_rule_is_typed_against_its_answer() {
    let typed = ["--document", CLINIC, "--operation", "listBeds"];
    let ran = prune(r#"{"items": []}"#, &[&["--rule", "items[*].rooom"], &typed[..]].concat());
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""));
    assert!(ran.err.contains("error[E0310]") && ran.err.contains("--rule:1:10"), "{}", ran.err);
    let ran = prune(
        r#"{"items": [{"room": "3"}]}"#,
        &[&["--rule", "items[*].room", "--format", "json"], &typed[..]].concat(),
    );
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
    let ran = airlock(["prune", "--suggest", "--document", CLINIC, "--operation", "listBed"]);
    assert!(ran.exit == Exit::Invalid && ran.err.contains("did you mean `listBeds`?"), "{}", ran.err);
}

#[test]
fn a_first_rule_is_short_and_sound() {
    let ran = airlock([
        "prune",
        "--suggest",
        "--document",
        CLINIC,
        "--operation",
        "GET /wards/{ward_id}/beds",
        "--format",
        "json",
    ]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    let rule = told["rule"].as_str().expect("a rule");
    assert!(rule.contains("items: items[*].{id: id,"), "{rule}");
    assert_eq!(told["class"], "stream");
}

/// For every operation of real documents the proposal is a rule without a mistake, and of those whose answer is known most
/// keep less than everything.
#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_every_proposal_is_sound() {
    let (mut known, mut narrowed) = (0, 0);
    for name in ["github-progenitor.json", "keycloak-23.json", "gitea-swagger2.json", "airflow.yaml", "discord.json"] {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let loaded = load_document_at(Path::new(&real_document(name)), None, &mut sources, &mut report).expect("loads");
        let document = normalise_document(loaded, &mut report).expect("is a document");
        let mut sent = ShapeReader::new(&document, Purpose::Sent);
        let mut received = ShapeReader::new(&document, Purpose::Received);
        for found in operations(&document) {
            let Ok(operation) = read(&found, &mut sent, &Choices::default()) else { continue };
            let (shape, _) = output_with_notes(&operation.answers, &mut received);
            let names = received.reachable([&shape]);
            let text = suggest(&shape, &names);
            let pointers = BTreeMap::new();
            let on = Answer { shape: Some(&shape), names: &names, pointers: &pointers, document: None, is_open: false };
            let mut report = Report::default();
            let file = sources.add("rule".to_owned(), text.clone(), Format::Text);
            let at = |bytes: Option<std::ops::Range<usize>>| At::bytes(file, bytes.unwrap_or(0..text.len()));
            let checked = check_rule(&text, &on, &at, &mut report);
            let told: Vec<&str> = report.diagnostics().iter().map(|one| one.title.as_str()).collect();
            assert!(
                checked.is_some() && !report.has_errors(),
                "{name}: {} {}: {text}: {told:?}",
                found.method,
                found.path
            );
            known += 1;
            narrowed += usize::from(text != "@");
        }
    }
    assert!(known > 1500 && narrowed * 3 > known, "{narrowed} of {known}");
}
