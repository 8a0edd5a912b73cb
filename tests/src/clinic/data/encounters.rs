//! Stays and visits.

use super::patients::{PATIENTS, Patient};
use super::practitioners::name_of;
use super::{concept, links, pick, record, snomed, text_or_null};
use crate::clinic::moment::{Moment, at};
use serde_json::{Value, json};

/// Principal and secondary diagnosis with their ICD-10 codes, and the complaint; one row a patient.
const CONDITIONS: &[([&str; 2], [&str; 2], &str)] = &[
    (["I50.9", "Heart failure"], ["I10", "High blood pressure"], "Short of breath when climbing stairs."),
    (["N18.4", "Chronic kidney disease, stage 4"], ["E87.5", "High potassium"], "Tired, with swollen ankles."),
    (["I49.9", "Irregular heartbeat"], ["E03.9", "Underactive thyroid"], "The heart skips beats."),
    (["K40.9", "Inguinal hernia"], ["I25.1", "Coronary heart disease"], "A lump in the groin that hurts when lifting."),
    (["S52.5", "Broken wrist"], ["M81.9", "Osteoporosis"], "Fell on the outstretched hand."),
    (["M17.1", "Worn knee joint"], ["E66.9", "Obesity"], "The right knee hurts at every step."),
    (["I20.0", "Unstable angina"], ["E78.0", "High cholesterol"], "Pressure in the chest at rest."),
    (["N20.0", "Kidney stone"], ["E79.0", "High uric acid"], "Sudden pain in the left flank."),
    (
        ["K35.8", "Acute appendicitis"],
        ["D50.9", "Iron deficiency"],
        "Pain in the lower right of the belly since yesterday.",
    ),
    (["N17.9", "Acute kidney injury"], ["E11.9", "Type 2 diabetes"], "Hardly passes water."),
    (["S72.0", "Broken hip"], ["F03", "Dementia"], "Fell beside the bed and cannot stand."),
    (["K80.2", "Gallstones"], ["K21.9", "Reflux"], "Cramps under the ribs after meals."),
];

/// Encounters in all. The first round over the patients is the oldest one.
const COUNT: usize = 40;

/// The number of a patient's last encounter, from 0.
pub(super) fn last_of(place: usize) -> usize {
    let patients = PATIENTS.len();
    let rounds = if place < COUNT % patients { COUNT / patients } else { COUNT / patients - 1 };
    place + rounds * patients
}

pub(super) fn id(number: usize) -> String {
    format!("E{:04}", number + 1)
}

/// What a patient is treated for.
pub(super) fn condition_of(place: usize) -> Value {
    let (principal, _, _) = CONDITIONS[place % CONDITIONS.len()];
    icd(principal)
}

fn icd([code, text]: [&str; 2]) -> Value {
    concept("http://hl7.org/fhir/sid/icd-10", code, text)
}

pub(super) fn all() -> Vec<Value> {
    (0..COUNT).map(one).collect()
}

/// When it began and for how many hours it lasted; none while it runs.
fn span(number: usize, patient: &Patient, last: bool) -> (Moment, Option<i64>) {
    if last {
        return (at(-patient.since, 10, 20), if patient.bed.is_some() { None } else { Some(2) });
    }
    let (round, place) = (number / PATIENTS.len(), number % PATIENTS.len());
    let days = i64::try_from(400 - round * 110 + place * 3).unwrap_or_default();
    (at(-days, 8 + i64::try_from(place % 9).unwrap_or_default(), 30), Some(pick(&[1, 76, 3, 124, 2], number)))
}

fn one(number: usize) -> Value {
    let place = number % PATIENTS.len();
    let patient = &PATIENTS[place];
    let last = number == last_of(place);
    let (start, hours) = span(number, patient, last);
    let end = hours.map(|hours| start.plus_minutes(hours * 60));
    let stay = if last { patient.bed.is_some() } else { hours > Some(24) };
    let emergency = !stay && number.is_multiple_of(4);
    let class = if stay { "inpatient" } else { pick(&["emergency", "outpatient"], usize::from(!emergency)) };
    let visit = match class {
        "inpatient" => snomed("394656005", "Inpatient care"),
        "emergency" => snomed("50849002", "Emergency room visit"),
        _ => snomed("185389009", "Follow-up visit"),
    };
    let status = if end.is_some() { "finished" } else { "in_progress" };
    let (principal, secondary, complaint) = CONDITIONS[place];
    let nurse = pick(&["DR06", "DR07"], place);
    let ward = if last { patient.ward() } else { stay.then(|| pick(&["W1", "W2", "W3", "W4"], place)) };
    let bed = if last { patient.bed.map(str::to_owned) } else { ward.map(|ward| format!("{ward}-03")) };
    let members = json!({
        "id": id(number),
        "patient_id": patient.id,
        "patient_name": patient.name(),
        "class": class,
        "status": status,
        "type": visit,
        "priority": if emergency { "emergency" } else { pick(&["routine", "urgent"], number) },
        "reason": icd(principal),
        "diagnoses": [
            {"rank": 1, "use": "principal", "condition": icd(principal)},
            {"rank": 2, "use": "secondary", "condition": icd(secondary)},
        ],
        "participants": [
            {"practitioner_id": patient.doctor, "name": name_of(patient.doctor), "role": "attending"},
            {"practitioner_id": nurse, "name": name_of(nurse), "role": "nurse"},
        ],
        "attending_id": patient.doctor,
        "attending_name": name_of(patient.doctor),
        "ward_id": ward,
        "bed_id": bed,
        "started_at": start.to_string(),
        "ended_at": text_or_null(end),
        "length_hours": hours,
        "arrival_mode": pick(&["walking", "wheelchair", "ambulance"], number),
        "triage_level": emergency.then(|| 2 + place % 3),
        "admission_source": pick(&["family doctor", "emergency room", "another hospital"], number),
        "discharge_disposition": end.map(|_| pick(&["home", "home with nursing care", "rehabilitation"], number)),
        "discharge_document_id": super::documents::letter_of(number),
        "referral_number": number.is_multiple_of(3).then(|| format!("REF-{}", 2200 + number)),
        "account_number": format!("ACC-{}", 88_000 + number * 13),
        "readmission": last && pick(&[false, false, true], place),
        "complaint": complaint,
        "plan": end.is_none().then(|| format!("Review by {} every morning.", name_of(patient.doctor))),
        "history": history(start, end, status),
    });
    let path = format!("/v1/encounters/{}", id(number));
    record(members, start, end.unwrap_or(at(0, 7, 45)), 5, links(&path, &[format!("/v1/patients/{}", patient.id)]))
}

fn history(start: Moment, end: Option<Moment>, status: &str) -> Value {
    let planned = start.plus_minutes(-90);
    let before = json!({"status": "planned", "from": planned.to_string(), "to": start.to_string()});
    let running = json!({"status": "in_progress", "from": start.to_string(), "to": text_or_null(end)});
    let closed = end.map(|end| json!({"status": status, "from": end.to_string(), "to": null}));
    Value::Array([before, running].into_iter().chain(closed).collect())
}
