//! From a request to an answer. Reads no socket and no clock: the same request in the same state has the same answer.

use super::appointments;
use super::data::{self, Data};
use super::moment::Moment;
use super::problem::Answer;
use super::query::{Query, decode, has_form};
use serde_json::Value;
use std::sync::Mutex;

const PATIENT_STATUSES: &[&str] = &["admitted", "outpatient", "discharged"];
const CLASSES: &[&str] = &["inpatient", "outpatient", "emergency"];
const ENCOUNTER_STATUSES: &[&str] = &["planned", "in_progress", "finished", "cancelled"];
const TESTS: &[&str] = &[
    "potassium",
    "sodium",
    "creatinine",
    "glucose",
    "haemoglobin",
    "heart_rate",
    "blood_pressure",
    "temperature",
    "oxygen_saturation",
];
const PRESCRIPTION_STATUSES: &[&str] = &["active", "on_hold", "stopped", "completed"];
const SPECIALTIES: &[&str] = &["cardiology", "nephrology", "surgery", "orthopaedics", "nursing", "physiotherapy"];
const BED_STATUSES: &[&str] = &["free", "occupied", "cleaning", "closed"];
const DOCUMENT_KINDS: &[&str] = &["discharge_letter", "laboratory_report", "imaging_report", "consent_form"];

/// The department: fixed data, and the appointments, which requests change.
#[derive(Debug)]
pub(super) struct Clinic {
    key: String,
    pub(super) data: Data,
    pub(super) appointments: Mutex<Vec<Value>>,
}

/// The parts of a request that an answer depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// The path as it stands on the request line.
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    /// The value of `X-Api-Key`.
    pub(super) key: Option<&'a str>,
    /// The value of `X-Request-Reason`.
    pub(super) reason: Option<&'a str>,
    pub(super) media_type: Option<&'a str>,
    pub(super) body: &'a [u8],
}

impl Clinic {
    pub(super) fn new(key: String) -> Self {
        Self { key, data: Data::new(), appointments: Mutex::new(data::first_appointments()) }
    }

    pub(super) fn answer(&self, request: &Request<'_>) -> Answer {
        if request.key != Some(self.key.as_str()) {
            return Answer::problem(401, "Unauthorised", "The header X-Api-Key is missing or holds an unknown key.");
        }
        let Some(path) = request.path.strip_prefix("/v1/") else {
            return Answer::not_found("path");
        };
        // Segments are decoded after the path is split: an encoded slash never adds one.
        let Some(segments) = path.split('/').map(decode).collect::<Option<Vec<String>>>() else {
            return Answer::not_found("path");
        };
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut query = Query::parse(request.query);
        match (request.method, segments.as_slice()) {
            ("GET", ["patients"]) => self.find_patients(query),
            ("GET", ["patients", id, rest @ ..]) => self.below_patient(id, rest, query),
            ("GET", ["encounters", id]) => read(&self.data.encounters, id, "E9999", "encounter", query),
            ("GET", ["observations", id]) => read(&self.data.observations, id, "OBS9999", "observation", query),
            ("GET", ["appointments"]) => appointments::list(self, query),
            ("POST", ["appointments"]) => appointments::create(self, query, request),
            ("GET", ["appointments", id]) => {
                let appointments = appointments::locked(self);
                read(&appointments, id, "A9999", "appointment", query)
            }
            ("POST", ["appointments", id, "cancel"]) => appointments::cancel(self, id, query, request),
            ("GET", ["practitioners"]) => {
                let wanted = [("specialty", query.word("specialty", SPECIALTIES))];
                let on_duty = query.boolean("on_duty");
                let fits = |item: &Value| on_duty.is_none_or(|on_duty| item["on_duty"] == on_duty);
                page(&self.data.practitioners, &wanted, fits, query)
            }
            ("GET", ["units", id]) => self.unit(id, query),
            ("GET", ["wards", id, "beds"]) => self.beds(id, query),
            ("GET", ["documents", id]) => read(&self.data.documents, id, "DOC999", "document", query),
            ("GET", ["documents", id, "content"]) => self.file(id, query),
            (_, known) if exists(known) => {
                Answer::problem(405, "Method not allowed", "This path does not answer to that method.")
            }
            _ => Answer::not_found("path"),
        }
    }

    fn find_patients(&self, mut query: Query) -> Answer {
        let name = query.text("name", 2, 60).map(|name| name.to_lowercase());
        let wanted =
            [("ward_id", query.identifier("ward_id", "W9")), ("status", query.word("status", PATIENT_STATUSES))];
        let fits = |item: &Value| {
            let full_name = item["full_name"].as_str().unwrap_or_default().to_lowercase();
            name.as_ref().is_none_or(|name| full_name.contains(name.as_str()))
        };
        page(&self.data.patients, &wanted, fits, query)
    }

    /// Everything that is read below `/patients/{patient_id}`.
    fn below_patient(&self, id: &str, rest: &[&str], mut query: Query) -> Answer {
        if rest.is_empty() {
            return read(&self.data.patients, id, "P9999", "patient", query);
        }
        let lists = ["allergies", "encounters", "observations", "prescriptions", "documents"];
        let &[list] = rest else { return Answer::not_found("path") };
        if !lists.contains(&list) {
            return Answer::not_found("path");
        }
        if !has_form(id, "P9999") {
            return wrong_identifier("patient_id", "P9999");
        }
        if data::patient(id).is_none() {
            return Answer::not_found("patient");
        }
        let own = ("patient_id", Some(id.to_owned()));
        match list {
            "allergies" => self.allergies(id, query),
            "encounters" => {
                let class = ("class", query.word("class", CLASSES));
                let status = ("status", query.word("status", ENCOUNTER_STATUSES));
                page(&self.data.encounters, &[own, class, status], |_| true, query)
            }
            "observations" => {
                let test = ("test", query.word("test", TESTS));
                let category = ("category", query.word("category", &["vital-signs", "laboratory"]));
                let since = query.date("since");
                let fits = |item: &Value| since.is_none_or(|since| moment(item, "effective_at") >= Some(since));
                page(&self.data.observations, &[own, test, category], fits, query)
            }
            "prescriptions" => {
                let status = ("status", query.word("status", PRESCRIPTION_STATUSES));
                page(&self.data.prescriptions, &[own, status], |_| true, query)
            }
            _ => {
                let kind = ("kind", query.word("kind", DOCUMENT_KINDS));
                page(&self.data.documents, &[own, kind], |_| true, query)
            }
        }
    }

    fn allergies(&self, id: &str, query: Query) -> Answer {
        if let Err(mistakes) = query.finish() {
            return Answer::bad_request(&mistakes);
        }
        let items: Vec<&Value> = self.data.allergies.iter().filter(|item| item["patient_id"] == id).collect();
        Answer::json(200, &serde_json::json!({"items": items, "total": items.len()}))
    }

    fn unit(&self, id: &str, query: Query) -> Answer {
        if !["H9", "D9", "W9", "C9"].iter().any(|form| has_form(id, form)) {
            return wrong_identifier("unit_id", "H9, D9, W9 or C9");
        }
        if let Err(mistakes) = query.finish() {
            return Answer::bad_request(&mistakes);
        }
        unit_below(&self.data.hospital, id).map_or_else(|| Answer::not_found("unit"), |unit| Answer::json(200, unit))
    }

    fn beds(&self, id: &str, mut query: Query) -> Answer {
        if !has_form(id, "W9") {
            return wrong_identifier("ward_id", "W9");
        }
        if !data::WARDS.iter().any(|ward| ward.0 == id) {
            return Answer::not_found("ward");
        }
        let wanted = [("ward_id", Some(id.to_owned())), ("status", query.word("status", BED_STATUSES))];
        page(&self.data.beds, &wanted, |_| true, query)
    }

    fn file(&self, id: &str, query: Query) -> Answer {
        let metadata = read(&self.data.documents, id, "DOC999", "document", query);
        match self.data.documents.iter().find(|item| item["id"] == id) {
            Some(document) if metadata.status == 200 => Answer::pdf(data::file_of(document)),
            _ => metadata,
        }
    }
}

/// Whether some method answers at this path.
fn exists(segments: &[&str]) -> bool {
    match segments {
        [one] => matches!(*one, "patients" | "appointments" | "practitioners"),
        [one, _] => matches!(*one, "patients" | "encounters" | "observations" | "appointments" | "units" | "documents"),
        ["patients", _, last] => {
            matches!(*last, "allergies" | "encounters" | "observations" | "prescriptions" | "documents")
        }
        [one, _, last] => {
            matches!((*one, *last), ("appointments", "cancel") | ("wards", "beds") | ("documents", "content"))
        }
        _ => false,
    }
}

/// One record by its identifier.
fn read(items: &[Value], id: &str, form: &str, what: &str, query: Query) -> Answer {
    if !has_form(id, form) {
        return wrong_identifier(&format!("{what}_id"), form);
    }
    if let Err(mistakes) = query.finish() {
        return Answer::bad_request(&mistakes);
    }
    let found = items.iter().find(|item| item["id"] == id);
    found.map_or_else(|| Answer::not_found(what), |item| Answer::json(200, item))
}

/// One page of the items whose members have the wanted texts, and that fit besides.
pub(super) fn page(
    items: &[Value],
    wanted: &[(&str, Option<String>)],
    fits: impl Fn(&Value) -> bool,
    mut query: Query,
) -> Answer {
    let part = query.page();
    if let Err(mistakes) = query.finish() {
        return Answer::bad_request(&mistakes);
    }
    let has = |item: &Value| wanted.iter().all(|(key, text)| text.as_ref().is_none_or(|text| item[*key] == **text));
    Answer::json(200, &part.cut(items.iter().filter(|item| has(item) && fits(item))))
}

pub(super) fn wrong_identifier(field: &str, form: &str) -> Answer {
    Answer::bad_request(&[super::problem::Mistake::new(field, format!("must look like {form}, each 9 a digit"))])
}

/// The day of a member that holds a moment.
pub(super) fn moment(item: &Value, key: &str) -> Option<super::moment::Day> {
    item[key].as_str().and_then(Moment::parse).map(Moment::day)
}

fn unit_below<'a>(unit: &'a Value, id: &str) -> Option<&'a Value> {
    if unit["id"] == id {
        return Some(unit);
    }
    unit["sub_units"].as_array()?.iter().find_map(|part| unit_below(part, id))
}
