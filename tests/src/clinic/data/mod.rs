//! The department's data: written in code from fixed tables, the same on every day and machine.

mod appointments;
mod documents;
mod encounters;
mod observations;
mod patients;
mod places;
mod practitioners;
mod prescriptions;

pub(super) use appointments::{Booking, appointment};
pub(super) use patients::patient;
pub(super) use places::WARDS;
pub(super) use practitioners::{Practitioner, practitioner};

use super::moment::Moment;
use serde_json::{Value, json};

/// Everything that no request can change.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) patients: Vec<Value>,
    pub(super) allergies: Vec<Value>,
    pub(super) encounters: Vec<Value>,
    pub(super) observations: Vec<Value>,
    pub(super) prescriptions: Vec<Value>,
    pub(super) practitioners: Vec<Value>,
    pub(super) hospital: Value,
    pub(super) beds: Vec<Value>,
    pub(super) documents: Vec<Value>,
}

impl Data {
    pub(super) fn new() -> Self {
        Self {
            patients: patients::all(),
            allergies: patients::allergies(),
            encounters: encounters::all(),
            observations: observations::all(),
            prescriptions: prescriptions::all(),
            practitioners: practitioners::all(),
            hospital: places::hospital(),
            beds: places::beds(),
            documents: documents::all(),
        }
    }
}

/// The appointments as they are before anything is booked or cancelled.
pub(super) fn first_appointments() -> Vec<Value> {
    appointments::all()
}

/// The file of a document that `Data::documents` lists.
pub(super) fn file_of(document: &Value) -> Vec<u8> {
    documents::file(document["title"].as_str().unwrap_or_default(), document["summary"].as_str().unwrap_or_default())
}

/// A record with the members that every one ends with: when it was made and changed, how often, and its links.
fn record(mut members: Value, made: Moment, changed: Moment, version: u32, links: Value) -> Value {
    members["created_at"] = json!(made.to_string());
    members["updated_at"] = json!(changed.to_string());
    members["version"] = json!(version);
    members["links"] = links;
    members
}

/// The `Links` of a record: paths below the server's address.
fn links(this: &str, related: &[String]) -> Value {
    json!({"self": this, "related": related})
}

/// A `CodeableConcept` with one code.
fn concept(system: &str, code: &str, text: &str) -> Value {
    json!({"coding": [coding(system, code, text)], "text": text})
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({"system": system, "code": code, "display": display})
}

fn snomed(code: &str, text: &str) -> Value {
    concept("http://snomed.info/sct", code, text)
}

/// A `Quantity` in the Unified Code for Units of Measure.
fn quantity(value: f64, unit: &str, code: &str) -> Value {
    json!({"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": code})
}

/// The text of a moment or day, or null.
fn text_or_null(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}

/// One of the choices; which one depends on the number alone.
fn pick<T: Copy>(choices: &[T], number: usize) -> T {
    choices[number % choices.len()]
}
