//! Templates that hold names, and templates that hold more.

use std::fs;

use super::Site;
use crate::bundle::packages::tests::clinic;

const GOOD: &str = r#"{
  "upstreams": {"clinic": {"address": "https://clinic.internal:8443", "pins": ["10.1.2.3:8443"], "ca": {"file": "ca.pem"},
    "credentials": {"api_key": {"file": "clinic.key"}}, "limits": {"calls_at_once_max": 4}}},
  "audit": {"directory": "/var/log/airlock", "sync": "every", "key": {"credential": "audit-key"}},
  "limits": {"seconds_max": 30},
  "serve": {"http": {"hosts": ["airlock.internal"], "token": {"file": "http.token"}}},
  "isolation": {"minimum": ["landlock>=1", "seccomp-tight"]},
  "release": {"anchors": "/etc/airlock/anchors", "policy": "cnsa2"}
}"#;

fn read(text: &str) -> Result<Site, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("site.json");
    fs::write(&file, text).expect("written");
    Site::read(&file).map_err(|fault| fault.text)
}

#[test]
fn names_are_told_and_nothing_else() {
    let site = read(GOOD).expect("a template");
    assert_eq!(site.secrets(), ["audit.key", "clinic/api_key", "serve.http.token"]);
    assert_eq!(site.isolation, ["landlock>=1", "seccomp-tight"]);
    let egress = site.egress();
    assert_eq!((egress.len(), &*egress[0].upstream, &*egress[0].pins[0]), (1, "clinic", "10.1.2.3:8443"));
    assert!(site.upstreams["clinic"].is_proven);
    site.check("site.json".as_ref(), &clinic()).expect("is of these catalogs");
}

#[test]
fn a_secret_that_was_pasted_in_is_refused_wherever_it_stands() {
    const SECRET: &str = "0f3c9b1e5d7a2846f1c0b9e8d7a6f5c4";
    for (from, to) in [
        (r#"{"file": "clinic.key"}"#, format!(r#""{SECRET}""#)),
        (r#"{"file": "clinic.key"}"#, format!(r#"{{"value": "{SECRET}"}}"#)),
        (r#"{"file": "clinic.key"}"#, format!(r#"{{"file": "{SECRET}"}}"#)),
        (r#"{"file": "clinic.key"}"#, r#"{"file": "hunter2 and more"}"#.to_owned()),
        (r#"{"file": "clinic.key"}"#, r#"{"file": "c2VjcmV0=="}"#.to_owned()),
        (r#"{"file": "clinic.key"}"#, r#"{"file": "-----BEGIN PRIVATE KEY-----\nMII"}"#.to_owned()),
        (r#"{"credential": "audit-key"}"#, format!(r#"{{"credential": "audit-key", "file": "{SECRET}"}}"#)),
        ("https://clinic.internal:8443", "https://user:pass@clinic.internal:8443".to_owned()),
        ("https://clinic.internal:8443", "https://clinic.internal/?key=1".to_owned()),
        (r#""seconds_max": 30"#, format!(r#""seconds_max": 30, "note": "{SECRET}""#)),
        (r#""seconds_max": 30"#, format!(r#""seconds_max": "{SECRET}""#)),
        (r#""/etc/airlock/anchors""#, format!(r#""{SECRET}""#)),
        (r#""cnsa2""#, format!(r#""{SECRET}""#)),
        (r#""sync": "every""#, format!(r#""sync": "{SECRET}""#)),
        (r#""landlock>=1""#, format!(r#""{SECRET}{SECRET}""#)),
        (r#""limits": {"seconds_max""#, format!(r#""{SECRET}": 1, "limits": {{"seconds_max""#)),
    ] {
        let text = GOOD.replace(from, &to);
        assert_ne!(text, GOOD, "{from}");
        let fault = read(&text).expect_err(&to);
        assert!(fault.contains("holds no secret"), "{fault}");
    }
    let twice = GOOD.replace(r#""upstreams": {"#, r#""upstreams": {"clinic": {"address": "http://a"}, "#);
    assert!(read(&twice).expect_err("twice").contains("is given twice"));
    for name in ["", &"a".repeat(256)] {
        for from in ["\"clinic\":", "\"api_key\":"] {
            let fault = read(&GOOD.replace(from, &format!("\"{name}\":"))).expect_err(name);
            assert!(fault.contains("a name is empty, or longer than 255 bytes"), "{fault}");
        }
    }
}

#[test]
fn a_template_of_other_catalogs_is_refused() {
    let catalogs = clinic();
    let check =
        |text: String| read(&text).expect("a template").check("site.json".as_ref(), &catalogs).expect_err("other").text;
    assert!(check(GOOD.replace("\"clinic\":", "\"other\":")).contains("has no upstream `clinic`"));
    assert!(check(GOOD.replace("api_key", "other")).contains("has no credential `api_key`"));
    let more = GOOD.replace(r#""api_key": {"#, r#""more": {"file": "more.key"}, "api_key": {"#);
    assert!(check(more).contains("`more`, which no tool uses"));
    let more = GOOD.replace(r#""upstreams": {"#, r#""upstreams": {"more": {"address": "http://a"}, "#);
    assert!(check(more).contains("`more`, which no catalog has"));
}
