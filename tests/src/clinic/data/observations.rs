//! What was measured: ten values a patient.

use super::encounters::{id as encounter_id, last_of};
use super::patients::{PATIENTS, Patient};
use super::practitioners::name_of;
use super::{coding, concept, links, pick, quantity, record};
use crate::clinic::moment::{Moment, at};
use serde_json::{Value, json};

const LOINC: &str = "http://loinc.org";

/// A kind of measurement. Bounds are tenths of the unit.
struct Kind {
    test: &'static str,
    loinc: &'static str,
    name: &'static str,
    unit: &'static str,
    ucum: &'static str,
    low: i32,
    high: i32,
    laboratory: bool,
}

const fn kind(
    [test, loinc, name]: [&'static str; 3],
    [unit, ucum]: [&'static str; 2],
    [low, high]: [i32; 2],
    laboratory: bool,
) -> Kind {
    Kind { test, loinc, name, unit, ucum, low, high, laboratory }
}

const POTASSIUM: Kind = kind(["potassium", "2823-3", "Potassium"], ["mmol/L", "mmol/L"], [35, 51], true);
const SODIUM: Kind = kind(["sodium", "2951-2", "Sodium"], ["mmol/L", "mmol/L"], [1360, 1450], true);
const CREATININE: Kind = kind(["creatinine", "2160-0", "Creatinine"], ["mg/dL", "mg/dL"], [6, 13], true);
const GLUCOSE: Kind = kind(["glucose", "2345-7", "Glucose"], ["mg/dL", "mg/dL"], [700, 1100], true);
const HAEMOGLOBIN: Kind = kind(["haemoglobin", "718-7", "Haemoglobin"], ["g/dL", "g/dL"], [120, 160], true);
const HEART_RATE: Kind = kind(["heart_rate", "8867-4", "Heart rate"], ["beats/min", "/min"], [500, 1000], false);
const TEMPERATURE: Kind = kind(["temperature", "8310-5", "Body temperature"], ["°C", "Cel"], [361, 374], false);
const SATURATION: Kind = kind(["oxygen_saturation", "59408-5", "Oxygen saturation"], ["%", "%"], [940, 1000], false);
const SYSTOLIC: Kind = kind(["", "8480-6", "Systolic blood pressure"], ["mmHg", "mm[Hg]"], [900, 1400], false);
const DIASTOLIC: Kind = kind(["", "8462-4", "Diastolic blood pressure"], ["mmHg", "mm[Hg]"], [600, 900], false);
const PRESSURE: Kind = kind(["blood_pressure", "85354-9", "Blood pressure"], ["", ""], [0, 0], false);

/// What is measured in a patient, with the days before today; the oldest first.
const SCHEDULE: &[(&Kind, i64)] = &[
    (&POTASSIUM, 6),
    (&CREATININE, 5),
    (&SODIUM, 4),
    (&GLUCOSE, 3),
    (&HAEMOGLOBIN, 3),
    (&HEART_RATE, 1),
    (&PRESSURE, 1),
    (&POTASSIUM, 1),
    (&TEMPERATURE, 0),
    (&SATURATION, 0),
];

/// Values that a patient's illness explains: patient, place in the schedule, tenths.
const STRIKING: &[(&str, usize, i32)] = &[
    ("P0002", 0, 54),
    ("P0002", 1, 39),
    ("P0002", 7, 58),
    ("P0009", 8, 384),
    ("P0010", 1, 31),
    ("P0010", 3, 1890),
    ("P0001", 9, 910),
];

pub(super) fn all() -> Vec<Value> {
    let patients = PATIENTS.iter().enumerate();
    patients.flat_map(|(place, row)| (0..SCHEDULE.len()).map(move |turn| one(place, row, turn))).collect()
}

/// A value in tenths. Spread over the usual range and, seldom, a little beyond it.
fn tenths(place: usize, row: &Patient, turn: usize, kind: &Kind) -> i32 {
    if let Some(striking) = STRIKING.iter().find(|striking| striking.0 == row.id && striking.1 == turn) {
        return striking.2;
    }
    let step = i32::try_from((place * 5 + turn * 3) % 11).unwrap_or_default();
    let value = kind.low + (kind.high - kind.low) * step / 10 + i32::from(step == 10);
    // A saturation above 100 per cent does not exist; pulse and pressure are read as whole numbers.
    let value = if kind.unit == "%" { value.min(kind.high) } else { value };
    if matches!(kind.unit, "beats/min" | "mmHg" | "%" | "mg/dL") && kind.high > 100 { value / 10 * 10 } else { value }
}

fn interpretation(kind: &Kind, value: i32) -> &'static str {
    match value {
        _ if value < kind.low => "low",
        _ if value > kind.high + (kind.high - kind.low) => "critical",
        _ if value > kind.high => "high",
        _ => "normal",
    }
}

fn amount(kind: &Kind, value: i32) -> Value {
    quantity(f64::from(value) / 10.0, kind.unit, kind.ucum)
}

fn code(kind: &Kind) -> Value {
    if !kind.laboratory {
        return concept(LOINC, kind.loinc, kind.name);
    }
    let local = coding("https://clinic.hospital.internal/codes", kind.test, kind.name);
    json!({"coding": [coding(LOINC, kind.loinc, kind.name), local], "text": kind.name})
}

fn ranges(kind: &Kind) -> Value {
    let (low, high) = (f64::from(kind.low) / 10.0, f64::from(kind.high) / 10.0);
    // There is no such thing as too much oxygen in the blood: one bound is missing.
    let upper = if kind.unit == "%" { Value::Null } else { amount(kind, kind.high) };
    let text =
        if upper.is_null() { format!("{low} {} or more", kind.unit) } else { format!("{low} to {high} {}", kind.unit) };
    json!([{"low": amount(kind, kind.low), "high": upper, "text": text, "applies_to": "adults"}])
}

fn part(kind: &Kind, value: i32) -> Value {
    json!({
        "code": concept(LOINC, kind.loinc, kind.name),
        "value_quantity": amount(kind, value),
        "interpretation": interpretation(kind, value),
        "reference_ranges": ranges(kind),
    })
}

/// Value, interpretation, ranges and parts.
fn measured(place: usize, row: &Patient, turn: usize, kind: &Kind) -> [Value; 4] {
    if kind.test == PRESSURE.test {
        let systolic = tenths(place, row, turn, &SYSTOLIC);
        let diastolic = tenths(place + 2, row, turn, &DIASTOLIC);
        return [Value::Null, Value::Null, json!([]), json!([part(&SYSTOLIC, systolic), part(&DIASTOLIC, diastolic)])];
    }
    // One sample was lost: its value is null, and so is the judgement.
    if row.id == "P0006" && turn == 4 {
        return [Value::Null, Value::Null, ranges(kind), json!([])];
    }
    let value = tenths(place, row, turn, kind);
    [amount(kind, value), json!(interpretation(kind, value)), ranges(kind), json!([])]
}

fn one(place: usize, row: &Patient, turn: usize) -> Value {
    let (kind, days) = SCHEDULE[turn];
    let number = place * SCHEDULE.len() + turn + 1;
    let taken: Moment = at(-days, 6, 10).plus_minutes(i64::try_from(turn * 7).unwrap_or_default());
    let issued = taken.plus_minutes(if kind.laboratory { 85 } else { 1 });
    let [value, judged, ranges, components] = measured(place, row, turn, kind);
    let lost = kind.laboratory && value.is_null();
    let nurse = pick(&["DR06", "DR07"], place);
    let code = code(kind);
    let preliminary = days == 0;
    let members = json!({
        "id": format!("OBS{number:04}"),
        "patient_id": row.id,
        "patient_name": row.name(),
        "encounter_id": row.bed.map(|_| encounter_id(last_of(place))),
        "status": if preliminary { "preliminary" } else { "final" },
        "test": kind.test,
        "category": if kind.laboratory { "laboratory" } else { "vital-signs" },
        "code": code,
        "effective_at": taken.to_string(),
        "issued_at": issued.to_string(),
        "value_quantity": value,
        "value_text": null,
        "data_absent_reason": lost.then_some("The sample was lost."),
        "interpretation": judged,
        "reference_ranges": ranges,
        "components": components,
        "body_site": (!kind.laboratory).then_some("left arm"),
        "method": kind.laboratory.then_some("automated analyser"),
        "specimen": kind.laboratory.then_some("venous blood"),
        "device": (!kind.laboratory).then(|| format!("monitor {}", 11 + place)),
        "performer_id": nurse,
        "performer_name": name_of(nurse),
        "verified_by": (!preliminary).then_some(row.doctor),
        "verified_at": (!preliminary).then(|| issued.plus_minutes(40).to_string()),
        "order_number": kind.laboratory.then(|| format!("ORD-{}", 61_000 + number)),
        "laboratory": kind.laboratory.then_some("Central Laboratory"),
        "notes": if lost { json!(["Please draw again."]) } else { json!([]) },
        "source_system": if kind.laboratory { "laboratory" } else { "ward monitor" },
    });
    let path = format!("/v1/observations/OBS{number:04}");
    record(members, taken, issued, 1, links(&path, &[format!("/v1/patients/{}", row.id)]))
}
