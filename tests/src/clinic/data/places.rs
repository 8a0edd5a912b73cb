//! How the hospital is organised, and its beds.

use super::patients::{PATIENTS, Patient};
use super::practitioners::name_of;
use super::{links, pick, record, text_or_null};
use crate::clinic::moment::{at, day};
use serde_json::{Value, json};

/// Identifier, name, kind, unit above, lead, floor.
type Unit = (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>, Option<i64>);

const UNITS: &[Unit] = &[
    ("H1", "Harbour Hospital", "hospital", None, None, None),
    ("D1", "Internal Medicine", "department", Some("H1"), Some("DR01"), None),
    ("W1", "Cardiology Ward", "ward", Some("D1"), Some("DR01"), Some(1)),
    ("W2", "Nephrology Ward", "ward", Some("D1"), Some("DR03"), Some(2)),
    ("C1", "Heart Clinic", "clinic", Some("D1"), Some("DR01"), Some(1)),
    ("D2", "Surgery", "department", Some("H1"), Some("DR04"), None),
    ("W3", "Surgical Ward", "ward", Some("D2"), Some("DR04"), Some(3)),
    ("W4", "Orthopaedic Ward", "ward", Some("D2"), Some("DR05"), Some(4)),
    ("C2", "Fracture Clinic", "clinic", Some("D2"), Some("DR05"), Some(0)),
];

/// Each ward with one letter a bed: free, occupied, cleaning, closed (x). A bed is `o` where a patient's row names it.
pub(in crate::clinic) const WARDS: &[(&str, &str)] =
    &[("W1", "foffxo"), ("W2", "ocfoxc"), ("W3", "coxfof"), ("W4", "ffoffo")];

/// What people call a unit; empty where there is none.
pub(super) fn unit_name(id: &str) -> &'static str {
    UNITS.iter().find(|unit| unit.0 == id).map(|unit| unit.1).unwrap_or_default()
}

/// The hospital with everything below it.
pub(super) fn hospital() -> Value {
    UNITS.first().map(unit).unwrap_or_default()
}

fn unit(row: &Unit) -> Value {
    let &(id, name, kind, parent, lead, floor) = row;
    let parts: Vec<Value> = UNITS.iter().filter(|other| other.3 == Some(id)).map(unit).collect();
    let own = WARDS.iter().find(|ward| ward.0 == id).map_or(0, |ward| ward.1.len());
    let below: u64 = parts.iter().filter_map(|part| part["beds_total"].as_u64()).sum();
    let place = UNITS.iter().position(|other| other.0 == id).unwrap_or_default();
    json!({
        "id": id,
        "name": name,
        "kind": kind,
        "parent_id": parent,
        "lead_id": lead,
        "lead_name": lead.map(name_of),
        "phone": format!("{}", 4000 + place * 10),
        "floor": floor,
        "beds_total": own as u64 + below,
        "visiting_hours": (kind == "ward").then_some("14:00 to 19:00"),
        "sub_units": parts,
    })
}

pub(super) fn beds() -> Vec<Value> {
    let wards = WARDS.iter().enumerate();
    wards.flat_map(|(ward, row)| row.1.chars().enumerate().map(move |(bed, letter)| one(ward, bed, letter))).collect()
}

fn one(ward: usize, bed: usize, letter: char) -> Value {
    let ward_id = WARDS[ward].0;
    let id = format!("{ward_id}-{:02}", bed + 1);
    let patient: Option<&Patient> = PATIENTS.iter().find(|row| row.bed == Some(&*id));
    let status = match letter {
        'o' => "occupied",
        'c' => "cleaning",
        'x' => "closed",
        _ => "free",
    };
    let number = ward * 6 + bed;
    let days = i64::try_from(number).unwrap_or_default();
    let window = bed % 2 == 1;
    let members = json!({
        "id": id,
        "ward_id": ward_id,
        "ward_name": unit_name(ward_id),
        "room": format!("{}.{:02}", ward + 1, bed / 2 + 1),
        "label": if window { "window" } else { "door" },
        "status": status,
        "kind": pick(&["standard", "standard", "intensive", "standard", "bariatric"], number),
        "patient_id": patient.map(|row| row.id),
        "patient_name": patient.map(Patient::name),
        "occupied_since": text_or_null(patient.and_then(Patient::admitted_at)),
        "expected_free_on": text_or_null(patient.and_then(Patient::expected_discharge)),
        "monitored": pick(&[false, true, true], number),
        "oxygen": true,
        "suction": pick(&[true, false], number),
        "isolation_capable": bed < 2,
        "window": window,
        "gender_policy": pick(&["any", "any", "female", "female", "male", "male"], bed),
        "weight_limit_kg": pick(&[185, 185, 185, 185, 450], number),
        "equipment": pick(&[&["infusion stand"][..], &[], &["infusion pump", "ventilator"]], number),
        "last_cleaned_at": at(-1, 7, 30).plus_minutes(days * 20).to_string(),
        "cleaning_due_at": text_or_null((letter == 'c').then(|| at(0, 10, 0))),
        "closed_reason": (letter == 'x').then_some("The nurse call is out of order."),
        "last_inspected_on": day(-40 - days).to_string(),
        "asset_number": format!("BED-{:04}", 3300 + number),
        "call_extension": format!("{}{:02}", 5 + ward, bed + 1),
        "notes": null,
    });
    let related: Vec<String> = patient.map(|row| format!("/v1/patients/{}", row.id)).into_iter().collect();
    record(members, at(-1500, 8, 0), at(-1, 7, 30), 3, links(&format!("/v1/wards/{ward_id}/beds"), &related))
}
