//! A site file is read twice: by the host, and as the template of a bundle, which holds no secret. Both know the same keys.

use std::collections::BTreeSet;

use airlock_compiler::bundle::site::Site as Template;
use airlock_runtime::site::Site;
use serde_json::{Value, json};

/// Every object of a site file, by a pointer (RFC 6901).
const OBJECTS: [&str; 13] = [
    "",
    "/audit",
    "/audit/key",
    "/isolation",
    "/limits",
    "/release",
    "/serve",
    "/serve/http",
    "/serve/http/token",
    "/upstreams/clinic",
    "/upstreams/clinic/ca",
    "/upstreams/clinic/credentials/api_key",
    "/upstreams/clinic/limits",
];

fn whole() -> Value {
    json!({
        "upstreams": {"clinic": {
            "address": "https://clinic.internal:8443",
            "pins": ["10.1.2.3:8443"],
            "ca": {"file": "ca.pem"},
            "credentials": {"api_key": {"file": "clinic.key"}},
            "limits": {"calls_at_once_max": 4},
        }},
        "audit": {"file": "audit.jsonl", "key": {"file": "audit.key"}},
        "limits": {"seconds_max": 30},
        "serve": {"http": {"hosts": ["airlock.internal"], "token": {"file": "http.token"}}},
        "isolation": {"minimum": ["landlock>=1"]},
        "release": {"anchors": "anchors", "policy": "cnsa2"},
    })
}

/// The keys that a reader says are known, of what it says to one that is not.
fn known(fault: &str) -> BTreeSet<&str> {
    let (_, keys) = fault.split_once("unknown field `zzz`, expected ").unwrap_or_else(|| panic!("{fault}"));
    keys.split('`').skip(1).step_by(2).take_while(|key| !key.contains([' ', '{'])).collect()
}

#[test]
fn the_host_and_the_template_know_the_same_keys() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("site.json");
    let write = |site: &Value| std::fs::write(&file, site.to_string()).expect("written");
    write(&whole());
    Template::read(&file).expect("is a template");
    let fault = Site::read(&file).expect_err("its files are not there").0;
    assert!(fault.contains("clinic.key"), "what is wrong is not the form: {fault}");
    for place in OBJECTS {
        let mut site = whole();
        let object = site.pointer_mut(place).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("{place}"));
        object.insert("zzz".to_owned(), 1.into());
        write(&site);
        let host = Site::read(&file).expect_err("no such key").0;
        let template = Template::read(&file).expect_err("no such key").text;
        assert_eq!(known(&host), known(&template), "{place}");
    }
    // A new object stands in the list above, too.
    let mut found = BTreeSet::new();
    objects("", &whole(), &mut found);
    let maps = ["/upstreams", "/upstreams/clinic/credentials"].map(str::to_owned);
    let listed: BTreeSet<String> = OBJECTS.map(str::to_owned).into_iter().chain(maps).collect();
    assert_eq!(found, listed);
}

fn objects(place: &str, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(members) = value.as_object() {
        found.insert(place.to_owned());
        members.iter().for_each(|(key, member)| objects(&format!("{place}/{key}"), member, found));
    }
}
