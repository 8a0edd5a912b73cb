//! What assessors get: OSCAL, tables, and `SECURITY.md`. Every test that is named is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use airlock_compiler::cli::Exit;
use airlock_compiler::evidence::{
    CONTROLS, Facts, LLM, MCP, Risk, SelfTest, controls_table, markdown, oscal, risks_tables,
};
use airlock_compiler::load::Sources;
use airlock_compiler::pipeline::{Placed, place};
use airlock_compiler::report::Report;
use serde_json::Value;

use crate::command::{airlock, assert_is_file, blesses, workspace};

/// A self-test of four attempts.
const SELFTEST: &str = r#"{"attempts": [
  {"name": "udp-sendto-53", "control": "open", "isolated": "closed", "layer": "seccomp-tight"},
  {"name": "read-etc-shadow", "control": "open", "isolated": "closed", "layer": "landlock"},
  {"name": "stat-any-path", "control": "open", "isolated": "open", "layer": null},
  {"name": "x32-socket", "control": "absent", "isolated": "absent", "layer": "absent"}
], "program": {"version": "0.1.0", "sha256": "5f2b"}, "machine": {"kernel": "6.1.0-13-amd64", "uid": 65534},
  "layers": ["fds-closed", "landlock=2", "seccomp-tight"], "without": [], "part": null,
  "known": {"stat-any-path": "sizes, owners and times can be told, no content"}}"#;

fn placed(catalogs: &Path) -> (Placed, Facts) {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let placed = place(catalogs, &mut sources, &mut report).expect("sound catalogs");
    let facts = Facts::of(&placed.catalogs, &placed.profiles, &placed.models);
    (placed, facts)
}

/// The document of these catalogs.
fn document(catalogs: &Path, selftest: Option<&SelfTest>, modified_s: u64) -> Value {
    let (placed, facts) = placed(catalogs);
    oscal(&placed.catalogs, &facts, selftest, modified_s)
}

fn golden() -> &'static Path {
    Path::new("cases/golden/depots/catalogs")
}

#[test]
fn evidence_is_what_was_reviewed() {
    let selftest = SelfTest::read(SELFTEST.as_bytes()).expect("is one");
    let written = document(golden(), Some(&selftest), 1_785_196_800);
    assert_is_file(&format!("{written:#}\n"), Path::new("cases/evidence/depots.oscal.json"));
    let (_, facts) = placed(golden());
    assert_is_file(&markdown(&facts, Some(&selftest)), Path::new("cases/evidence/depots.md"));
}

/// Whether a test of this name stands in this file: a function with an attribute that makes it one.
fn is_test(file: &str, name: &str) -> bool {
    let text = fs::read_to_string(workspace().join(file)).unwrap_or_default();
    let Some(at) = text.find(&format!("fn {name}()")) else { return false };
    let attributes = text[..at].rsplit("\n\n").next().unwrap_or_default();
    attributes.contains("#[test]") || attributes.contains("#[tokio::test")
}

#[test]
fn every_test_that_is_named_is_there() {
    let risks = MCP.iter().chain(LLM).flat_map(|risk| risk.tests);
    let mut named: BTreeSet<String> =
        CONTROLS.iter().flat_map(|control| control.tests).chain(risks).map(|test| (*test).to_owned()).collect();
    let security = fs::read_to_string(workspace().join("SECURITY.md")).expect("is there");
    let in_code = security.split('`').skip(1).step_by(2);
    named.extend(in_code.filter(|code| code.contains(".rs::")).map(str::to_owned));
    assert!(named.len() > 50);
    for test in &named {
        let (file, name) = test.split_once("::").expect("FILE::NAME");
        assert!(is_test(file, name), "{test} is no test");
    }
    assert!(
        !is_test("tests/suite/evidence.rs", "is_test") && !is_test("tests/suite/nowhere.rs", "a"),
        "the check can fail"
    );
}

#[test]
fn identifiers_are_those_of_the_lists() {
    let ids = |risks: &[Risk]| -> Vec<String> { risks.iter().map(|risk| risk.id.to_owned()).collect() };
    let ten = |list: &str| -> Vec<String> { (1..=10).map(|number| format!("{list}{number:02}:2025")).collect() };
    assert_eq!((ids(MCP), ids(LLM)), (ten("MCP"), ten("LLM")));
    let families = ["ac", "au", "cm", "ia", "sc", "si", "sr"];
    let order = |id: &str| -> (usize, u32, u32) {
        let (family, number) = id.split_once('-').expect("has a number");
        let (control, enhancement) = number.split_once('.').unwrap_or((number, "0"));
        let family = families.iter().position(|known| *known == family).expect(id);
        (family, control.parse().expect(id), enhancement.parse().expect(id))
    };
    let ordered: Vec<(usize, u32, u32)> = CONTROLS.iter().map(|control| order(control.id)).collect();
    assert!(ordered.windows(2).all(|pair| pair[0] < pair[1]), "{ordered:?}");
    for control in CONTROLS {
        assert!(!control.tests.is_empty() && control.mechanism.ends_with('.'), "{}", control.id);
        assert!(!format!("{control:?}").contains('|'), "{} would end a cell of a table", control.id);
    }
}

/// Between two lines of `SECURITY.md`, what the compiler writes.
#[test]
fn the_tables_of_security_md_are_those_of_the_compiler() {
    let path = workspace().join("SECURITY.md");
    let mut text = fs::read_to_string(&path).expect("is there");
    for (name, table) in [("controls", controls_table(None)), ("risks", risks_tables())] {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let from = text.find(&begin).expect("has a beginning") + begin.len();
        let to = text.find(&end).expect("has an end");
        if blesses() {
            text.replace_range(from..to, &table);
        } else {
            assert!(
                text[from..to] == table,
                "{name} in SECURITY.md is not what the compiler says; AIRLOCK_BLESS=1 mends it"
            );
        }
    }
    if blesses() {
        fs::write(&path, text).expect("can be written");
    }
}

/// Every object and text of a document, by what its key is.
fn walk(key: &str, value: &Value, see: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| walk(key, value, see)),
        Value::Array(items) => items.iter().for_each(|value| walk(key, value, see)),
        Value::String(text) => see(key, text),
        other => panic!("{key} is {other}"),
    }
}

/// OSCAL's patterns of the texts that are written here (schema of 1.1.3, definitions `UUIDDatatype`, `TokenDatatype`,
/// `StringDatatype`).
#[test]
fn every_text_is_one_that_oscal_takes_and_every_uuid_is_one_thing() {
    let selftest = SelfTest::read(SELFTEST.replace("stat-any-path", " stat\\n\\u202eany ").as_bytes()).expect("is one");
    let document = document(Path::new("cases/review/catalogs"), Some(&selftest), 0);
    let mut uuids = BTreeSet::new();
    walk("", &document, &mut |key, text| {
        assert!(!text.is_empty() && text.trim() == text && !text.contains(['\n', '\u{202e}']), "{key}: {text:?}");
        match key {
            "uuid" => {
                let plain = text.bytes().all(|byte| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let dashes: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
                assert!(plain && text.len() == 36 && dashes == [8, 13, 18, 23], "{text}");
                assert!(text[14..15] == *"5" && text[19..20].contains(['8', '9', 'a', 'b']), "{text}");
                assert!(uuids.insert(text.to_owned()), "{text} twice");
            }
            "control-id" | "name" => {
                let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                assert!(text.as_bytes()[0].is_ascii_alphabetic() && text.bytes().all(is_token), "{text}");
            }
            _ => {}
        }
    });
    assert!(uuids.len() > CONTROLS.len());
    let text = document.to_string();
    assert!(!text.contains("<b>") && !text.contains("<script"), "a document's text is markup");
}

#[test]
fn the_same_content_has_the_same_identity_and_another_has_another() {
    let uuids = |document: &Value| {
        let definition = &document["component-definition"];
        (definition["uuid"].clone(), definition["components"][0]["uuid"].clone())
    };
    let one = uuids(&document(golden(), None, 0));
    assert_eq!(one, uuids(&document(golden(), None, 0)));
    let selftest = SelfTest::read(SELFTEST.as_bytes()).expect("is one");
    for other in [
        document(golden(), None, 1),
        document(golden(), Some(&selftest), 0),
        document(&workspace().join("catalogs"), None, 0),
    ] {
        let other = uuids(&other);
        assert_ne!(one.0, other.0, "the document is another one");
        assert_eq!(one.1, other.1, "and of the same program");
    }
}

#[test]
fn what_a_self_test_leaves_open_is_missing_of_the_controls_that_it_bears_on() {
    let selftest = SelfTest::read(SELFTEST.as_bytes()).expect("is one");
    let document = document(golden(), Some(&selftest), 0);
    let requirements = &document["component-definition"]["components"][0]["control-implementations"][0];
    let requirements = requirements["implemented-requirements"].as_array().expect("a list");
    assert_eq!(requirements.len(), CONTROLS.len());
    for (requirement, control) in requirements.iter().zip(CONTROLS) {
        let tells = requirement["remarks"].as_str().is_some_and(|text| text.contains("1 of 4 attempts"));
        assert_eq!(tells, control.is_self_tested, "{}", control.id);
        let is_whole = requirement["props"][0]["value"] == "implemented";
        assert_eq!(is_whole, control.missing.is_empty() && !control.is_self_tested, "{}", control.id);
        let has_digest = requirement["props"].to_string().contains(&selftest.sha256);
        assert_eq!(has_digest, control.is_self_tested, "{}", control.id);
    }
}

#[test]
fn a_file_is_written_or_nothing_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let (out, file) = (directory.path().join("some/where"), directory.path().join("selftest.json"));
    let run = |more: &[&str]| {
        let catalogs = golden().to_string_lossy().into_owned();
        let fixed = ["evidence", "--catalogs", &catalogs, "--selftest"].map(str::to_owned);
        let file = file.to_string_lossy().into_owned();
        airlock(fixed.into_iter().chain([file]).chain(more.iter().map(|word| (*word).to_owned())))
    };
    let out_text = out.to_string_lossy().into_owned();
    let (_, facts) = placed(golden());
    for (text, told) in [
        (None, "cannot read"),
        (Some("{}".to_owned()), "missing field"),
        (Some("{\"attempts\": []}".to_owned()), "proves nothing"),
        (Some(SELFTEST.replace("\"version\"", "\"tools_sha256\": \"0\", \"version\"")), "other tools"),
        (Some(" ".repeat(5 << 20)), "longer than"),
    ] {
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
        }
        let ran = run(&["--out", &out_text]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""), "{told}");
        assert!(ran.err.contains("error: ") && ran.err.contains(told), "{}", ran.err);
        assert!(!out.exists());
    }
    let matching = format!("\"tools_sha256\": \"{}\", \"version\"", facts.tools_sha256);
    fs::write(&file, SELFTEST.replace("\"version\"", &matching)).expect("written");
    let printed = run(&[]);
    assert_eq!(printed.exit, Exit::Done, "{}", printed.err);
    for (format, name) in [("oscal", "controls.oscal.json"), ("markdown", "CONTROLS.md")] {
        let ran = run(&["--out", &out_text, "--format", format]);
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
        assert!(ran.out.contains(&format!("{name}: {} controls, ", CONTROLS.len())), "{}", ran.out);
        assert!(out.join(name).is_file());
    }
    assert_eq!(fs::read_to_string(out.join("controls.oscal.json")).expect("is there"), printed.out);
}

/// By models that were made of NIST's own schema.
#[test]
#[ignore = "needs Python packages; tests/all.sh installs them"]
fn with_python_the_documents_are_oscal() {
    let packages =
        std::env::var("AIRLOCK_OSCAL").unwrap_or_else(|_| panic!("AIRLOCK_OSCAL is not set; run tests/all.sh"));
    let directory = tempfile::tempdir().expect("a directory");
    let selftest = SelfTest::read(SELFTEST.as_bytes()).expect("is one");
    let read = |document: &Value| {
        let file = directory.path().join("controls.oscal.json");
        fs::write(&file, document.to_string()).expect("written");
        let mut command = Command::new("python3");
        let ran =
            command.arg("clients/oscal_read.py").arg(&file).env("PYTHONPATH", &packages).output().expect("it runs");
        (
            ran.status.success(),
            format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr)),
        )
    };
    for catalogs in [golden(), Path::new("cases/review/catalogs"), &workspace().join("catalogs")] {
        let whole = document(catalogs, Some(&selftest), 1_785_196_800);
        let (is_read, said) = read(&whole);
        assert!(is_read && said.starts_with(&format!("2 {} ", CONTROLS.len())), "{said}");
        let mut broken = whole;
        broken["component-definition"]["components"][0]["props"][0]["value"] = " ".into();
        assert!(!read(&broken).0, "the check can fail");
    }
}
