//! The clinic against its own document and catalog: every answer fits its schema, every rule runs on every answer.

use super::problem::Answer;
use super::routes::{Clinic, Request};
use super::schema_check::{mistakes, resolve};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const KEY: &str = "key";

fn yaml(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogs/clinic").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn send(clinic: &Clinic, method: &str, target: &str, body: &Value) -> Answer {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let path = format!("/v1{path}");
    let media_type = Some("application/json");
    clinic.answer(&Request { method, path: &path, query, key: Some(KEY), reason: None, media_type, body: &body })
}

fn get(clinic: &Clinic, target: &str) -> Answer {
    send(clinic, "GET", target, &Value::Null)
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// Method, path template and operation, for each operation of the document.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            if method != "parameters" {
                let mut operation = operation.clone();
                let own = operation["parameters"].as_array().cloned().unwrap_or_default();
                let shared = item["parameters"].as_array().cloned().unwrap_or_default();
                let all: Vec<Value> =
                    shared.iter().chain(&own).map(|parameter| resolve(document, parameter).clone()).collect();
                operation["parameters"] = Value::Array(all);
                found.push((method.to_uppercase(), path.clone(), operation));
            }
        }
    }
    found
}

/// The schema that the document gives for an answer, which it must declare.
fn declared<'a>(document: &'a Value, operation: &'a Value, answer: &Answer) -> &'a Value {
    let responses = &operation["responses"];
    let status = answer.status.to_string();
    let response = resolve(document, responses.get(&status).unwrap_or(&responses["default"]));
    response["content"].get(answer.media_type).map_or_else(
        || panic!("{} does not declare {status} as {}", operation["operationId"], answer.media_type),
        |content| &content["schema"],
    )
}

fn assert_fits(document: &Value, operation: &Value, answer: &Answer, target: &str) {
    let found = mistakes(document, declared(document, operation, answer), &parsed(answer));
    assert!(found.is_empty(), "{target}: {found:#?}");
}

/// Every path that a template stands for, given what is in the data.
fn paths(clinic: &Clinic, template: &str) -> Vec<String> {
    let Some((before, rest)) = template.split_once('{') else { return vec![template.to_owned()] };
    let (name, after) = rest.split_once('}').expect("a closed variable");
    let ids = |items: &[Value]| items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect();
    let ids: Vec<String> = match name {
        "patient_id" => ids(&clinic.data.patients),
        "encounter_id" => ids(&clinic.data.encounters),
        "observation_id" => ids(&clinic.data.observations),
        "document_id" => ids(&clinic.data.documents),
        "appointment_id" => ids(&super::appointments::locked(clinic)),
        "unit_id" => ["H1", "D1", "W1", "W2", "C1", "D2", "W3", "W4", "C2"].map(str::to_owned).to_vec(),
        "ward_id" => ["W1", "W2", "W3", "W4"].map(str::to_owned).to_vec(),
        _ => panic!("no data for {name}"),
    };
    ids.iter().map(|id| format!("{before}{id}{after}")).collect()
}

#[test]
fn every_answer_fits_the_document() {
    let (document, clinic) = (yaml("openapi.yaml"), Clinic::new(KEY.to_owned()));
    let mut answers = 0;
    for (method, template, operation) in operations(&document) {
        for path in paths(&clinic, &template).into_iter().filter(|_| method == "GET") {
            let answer = get(&clinic, &path);
            assert_eq!(answer.status, 200, "{path}");
            answers += 1;
            if operation["operationId"] == "downloadDocument" {
                declared(&document, &operation, &answer);
                assert!(answer.body.starts_with(b"%PDF-1.4\n") && answer.body.ends_with(b"%%EOF\n"), "{path}");
                let size = parsed(&get(&clinic, path.trim_end_matches("/content")))["bytes"].as_u64();
                assert_eq!(size, Some(answer.body.len() as u64), "{path}");
            } else {
                assert_fits(&document, &operation, &answer, &path);
            }
        }
    }
    assert!(answers > 250, "{answers}");
}

#[test]
fn nothing_is_there_twice() {
    let clinic = Clinic::new(KEY.to_owned());
    let data = &clinic.data;
    let lists =
        [&data.patients, &data.encounters, &data.observations, &data.prescriptions, &data.beds, &data.documents];
    for list in lists {
        let ids: BTreeSet<&str> = list.iter().filter_map(|item| item["id"].as_str()).collect();
        assert_eq!(ids.len(), list.len());
    }
    let sizes = lists.map(Vec::len);
    assert_eq!(sizes, [12, 40, 120, 30, 24, 13]);
    // A bed that is occupied has a patient, and no other bed has one.
    assert!(data.beds.iter().all(|bed| (bed["status"] == "occupied") == bed["patient_id"].is_string()));
}

/// Values of a query parameter that the document allows, and some that it does not.
fn probes(document: &Value, schema: &Value) -> (Vec<String>, Vec<String>) {
    let schema = resolve(document, schema);
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().map(|word| word.as_str().expect("a word").to_owned());
        return (words.collect(), vec!["elsewhere".to_owned(), String::new()]);
    }
    let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    match (schema["type"].as_str(), schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("integer"), ..) => (list(&["1", "100"]), list(&["0", "101", "x", "1.0", "-1", ""])),
        (Some("boolean"), ..) => (list(&["true", "false"]), list(&["1", "True", ""])),
        (Some("array"), ..) => (list(&["booked", "booked,missed"]), list(&["", "booked,booked", "booked,"])),
        (_, Some("date"), _) => (list(&["2026-03-01"]), list(&["2026-02-29", "today", ""])),
        (_, _, Some("^P[0-9]{4}$")) => (list(&["P0001"]), list(&["P1", "p0001", ""])),
        (_, _, Some("^W[0-9]$")) => (list(&["W1"]), list(&["W11", "C1", ""])),
        (_, _, Some("^DR[0-9]{2}$")) => (list(&["DR01"]), list(&["DR1", ""])),
        (_, _, Some("^[a-z0-9]+$")) => (list(&["at1"]), list(&["at", "b1", ""])),
        (Some("string"), None, None) => (list(&["ke", "Rosa%20Keller"]), list(&["k", ""])),
        other => panic!("no probes for {other:?}"),
    }
}

#[test]
fn parameters_are_taken_as_the_document_says() {
    let (document, clinic) = (yaml("openapi.yaml"), Clinic::new(KEY.to_owned()));
    for (_, template, operation) in operations(&document).into_iter().filter(|one| one.0 == "GET") {
        let path = paths(&clinic, &template).swap_remove(0);
        for parameter in operation["parameters"].as_array().expect("parameters") {
            if parameter["in"] != "query" {
                continue;
            }
            let name = parameter["name"].as_str().expect("a name");
            let (right, wrong) = probes(&document, &parameter["schema"]);
            for (value, status) in right.iter().map(|value| (value, 200)).chain(wrong.iter().map(|value| (value, 400)))
            {
                let target = format!("{path}?{name}={value}");
                let answer = get(&clinic, &target);
                assert_eq!(answer.status, status, "{target}");
                assert_fits(&document, &operation, &answer, &target);
            }
        }
        let unknown = format!("{path}?colour=red");
        assert_eq!(get(&clinic, &unknown).status, 400, "{unknown}");
    }
}

#[test]
fn problems_fit_the_document() {
    let (document, clinic) = (yaml("openapi.yaml"), Clinic::new(KEY.to_owned()));
    for (method, template, operation) in operations(&document) {
        let nobody = Request { method: &method, path: "/v1/patients", ..Request::default() };
        let unauthorised = clinic.answer(&nobody);
        assert_eq!(unauthorised.status, 401);
        assert_fits(&document, &operation, &unauthorised, &template);
        if let Some((before, rest)) = template.split_once('{') {
            let after = rest.split_once('}').map(|(_, after)| after).unwrap_or_default();
            let known = paths(&clinic, &template).swap_remove(0);
            let id = &known[before.len()..known.len() - after.len()];
            // No table has that many rows: an identifier of 9s names nothing.
            let absent: String = id.chars().map(|one| if one.is_ascii_digit() { '9' } else { one }).collect();
            let body = json!({"reason": "patient_ill"});
            for (id, status) in [(absent.as_str(), 404), ("..", 400), ("%2e%2e", 400), ("a%2Fb", 400), ("%00", 400)] {
                let target = format!("{before}{id}{after}");
                let answer = send(&clinic, &method, &target, &body);
                assert_eq!(answer.status, status, "{target}");
                assert_fits(&document, &operation, &answer, &target);
            }
        }
    }
    assert_eq!(get(&clinic, "/nowhere").status, 404);
    assert_eq!(send(&clinic, "DELETE", "/patients/P0001", &Value::Null).status, 405);
}

#[test]
fn booking_and_cancelling_change_the_list() {
    let (document, clinic) = (yaml("openapi.yaml"), Clinic::new(KEY.to_owned()));
    let all = operations(&document);
    let operation = |id: &str| &all.iter().find(|one| one.2["operationId"] == id).expect("an operation").2;
    let wish = json!({"patient_id": "P0003", "practitioner_id": "DR02", "kind": "check_up",
        "start": "2026-03-20T10:00:00+01:00", "minutes": 30, "reason": "Dizzy in the morning"});
    let made = send(&clinic, "POST", "/appointments", &wish);
    assert_eq!(made.status, 201);
    assert_fits(&document, operation("createAppointment"), &made, "create");
    assert_eq!(parsed(&made)["start"], "2026-03-20T09:00:00Z");
    // The same time again, and one that touches it only at its end.
    let clash = send(&clinic, "POST", "/appointments", &wish);
    assert_eq!(clash.status, 409);
    assert_fits(&document, operation("createAppointment"), &clash, "clash");
    let mut later = wish.clone();
    later["start"] = json!("2026-03-20T09:30:00Z");
    assert_eq!(send(&clinic, "POST", "/appointments", &later).status, 201);

    let path = format!("/appointments/{}", parsed(&made)["id"].as_str().expect("an id"));
    let reason = json!({"reason": "patient_request"});
    let gone = send(&clinic, "POST", &format!("{path}/cancel"), &reason);
    assert_fits(&document, operation("cancelAppointment"), &gone, "cancel");
    assert_eq!(parsed(&get(&clinic, &path))["status"], "cancelled");
    assert_eq!(send(&clinic, "POST", &format!("{path}/cancel"), &reason).status, 409);
    assert_eq!(send(&clinic, "POST", "/appointments", &wish).status, 201);
}

#[test]
fn a_wrong_body_changes_nothing() {
    let clinic = Clinic::new(KEY.to_owned());
    let right = json!({"patient_id": "P0003", "practitioner_id": "DR02", "kind": "check_up",
        "start": "2026-03-20T10:00:00Z", "minutes": 30, "reason": "Dizzy"});
    let wrong = [
        ("patient_id", json!("P9999")),
        ("practitioner_id", json!(null)),
        ("kind", json!("party")),
        ("start", json!("2026-03-20")),
        ("minutes", json!(9)),
        ("minutes", json!("30")),
        ("reason", json!("No")),
        ("notes", json!(1)),
        ("colour", json!("red")),
    ];
    for (name, value) in wrong {
        let mut body = right.clone();
        body[name] = value;
        let answer = send(&clinic, "POST", "/appointments", &body);
        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(parsed(&answer)["errors"][0]["field"], format!("/{name}"));
    }
    let mut past = right.clone();
    past["start"] = json!("2026-03-10T08:59:00Z");
    assert_eq!(send(&clinic, "POST", "/appointments", &past).status, 409);
    assert_eq!(send(&clinic, "POST", "/appointments/A0009/cancel", &json!({"reason": "bored"})).status, 400);
    assert_eq!(parsed(&get(&clinic, "/appointments?limit=1"))["total"], 25);
    assert_eq!(parsed(&get(&clinic, "/appointments/A0009"))["status"], "booked");
}

/// What a tool's rule makes of an answer.
fn pruned(rule: &str, body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let data = jmespath::Variable::from_json(text)?;
    let rule = jmespath::compile(rule).map_err(|error| error.to_string())?;
    let found = rule.search(data).map_err(|error| error.to_string())?;
    serde_json::to_value(&*found).map_err(|error| error.to_string())
}

#[test]
fn every_rule_runs_on_every_answer() {
    let (document, catalog) = (yaml("openapi.yaml"), yaml("catalog.yaml"));
    let clinic = Clinic::new(KEY.to_owned());
    let tools = catalog["tools"].as_object().expect("tools");
    let mut left: BTreeSet<&str> = tools.keys().map(String::as_str).collect();
    for (method, template, operation) in operations(&document).into_iter().filter(|one| one.0 == "GET") {
        let (name, tool) =
            tools.iter().find(|(_, tool)| tool["operation"] == operation["operationId"]).expect("a tool for it");
        left.remove(name.as_str());
        if name == "download_document" {
            continue;
        }
        let fixed = &tool["arguments"]["status"]["fixed"];
        let fixed = fixed.as_str().or(fixed[0].as_str()).map(|status| format!("?status={status}")).unwrap_or_default();
        for path in paths(&clinic, &template) {
            let answer = send(&clinic, &method, &format!("{path}{fixed}"), &Value::Null);
            assert_eq!(answer.status, 200, "{path}{fixed}");
            let found = pruned(tool["prune"].as_str().expect("a rule"), &answer.body);
            assert!(found.as_ref().is_ok_and(|found| !found.is_null()), "{name} {path}{fixed}: {found:?}");
        }
    }
    // Only the two tools that write have no answer to read above.
    assert_eq!(left.into_iter().collect::<Vec<&str>>(), ["cancel_appointment", "create_appointment"]);
}

#[test]
fn the_questions_of_the_demonstration_have_one_answer() {
    let (catalog, clinic) = (yaml("catalog.yaml"), Clinic::new(KEY.to_owned()));
    let ask = |tool: &str, target: &str| {
        let rule = catalog["tools"][tool]["prune"].as_str().expect("a rule");
        pruned(rule, &get(&clinic, target).body).expect("a result")
    };
    let allergies = ask("list_allergies", "/patients/P0007/allergies");
    assert_eq!(allergies.as_array().map(Vec::len), Some(1));
    assert_eq!(allergies[0]["substance"], "Penicillin");
    let beds = ask("find_free_beds", "/wards/W3/beds?status=free&limit=100");
    assert_eq!(beds["free"], 2);
    assert_eq!([&beds["beds"][0]["bed"], &beds["beds"][1]["bed"]], ["W3-04", "W3-06"]);
    let appointments = ask("list_appointments", "/appointments?patient_id=P0004&status=booked&limit=10");
    assert_eq!(appointments.as_array().map(Vec::len), Some(1));
    assert_eq!(appointments[0]["start"], "2026-03-13T10:30:00Z");
    assert_eq!(appointments[0]["with"], "Dr. Elena Marsh");
    let potassium = ask("get_test_results", "/patients/P0002/observations?test=potassium&limit=50");
    assert_eq!(potassium["latest"]["value"], 5.8);
}
