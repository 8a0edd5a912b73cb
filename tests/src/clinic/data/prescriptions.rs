//! What was prescribed.

use super::encounters::{condition_of, id as encounter_id, last_of};
use super::patients::PATIENTS;
use super::practitioners::name_of;
use super::{coding, links, pick, quantity, record, snomed, text_or_null};
use crate::clinic::moment::{at, day};
use serde_json::{Value, json};

/// A medicine as it is prescribed here.
struct Medicine {
    name: &'static str,
    atc: &'static str,
    form: &'static str,
    strength: &'static str,
    dose: (f64, &'static str),
    /// How often a day; 0 means on demand.
    times: usize,
    demand: &'static str,
    high_alert: bool,
}

const fn daily(
    [name, atc, form, strength]: [&'static str; 4],
    dose: (f64, &'static str),
    times: usize,
    high_alert: bool,
) -> Medicine {
    Medicine { name, atc, form, strength, dose, times, demand: "", high_alert }
}

const MEDICINES: &[Medicine] = &[
    daily(["Bisoprolol", "C07AB07", "tablet", "5 mg"], (5.0, "mg"), 1, false),
    daily(["Ramipril", "C09AA05", "tablet", "2.5 mg"], (2.5, "mg"), 2, false),
    daily(["Furosemide", "C03CA01", "tablet", "40 mg"], (40.0, "mg"), 1, false),
    daily(["Warfarin", "B01AA03", "tablet", "5 mg"], (5.0, "mg"), 1, true),
    daily(["Atorvastatin", "C10AA05", "tablet", "20 mg"], (20.0, "mg"), 1, false),
    daily(["Insulin glargine", "A10AE04", "injection", "100 units per mL"], (14.0, "units"), 1, true),
    daily(["Enoxaparin", "B01AB05", "injection", "40 mg per 0.4 mL"], (40.0, "mg"), 1, true),
    daily(["Cefuroxime", "J01DC02", "infusion", "1.5 g"], (1.5, "g"), 3, false),
    daily(["Levothyroxine", "H03AA01", "tablet", "75 micrograms"], (75.0, "micrograms"), 1, false),
    Medicine { demand: "pain", ..daily(["Paracetamol", "N02BE01", "tablet", "500 mg"], (1000.0, "mg"), 0, false) },
    Medicine {
        demand: "pain that paracetamol does not help",
        ..daily(["Morphine", "N02AA01", "injection", "10 mg per mL"], (5.0, "mg"), 0, true)
    },
    Medicine {
        demand: "shortness of breath",
        ..daily(["Salbutamol", "R03AC02", "inhaler", "0.1 mg per puff"], (0.2, "mg"), 0, false)
    },
    daily(["Amiodarone", "C01BD01", "tablet", "200 mg"], (200.0, "mg"), 1, false),
];

/// Patient and medicine by their places in the tables, status, days before today on which it began.
const ROWS: &[(usize, usize, &str, i64)] = &[
    (0, 0, "active", 4),
    (0, 2, "active", 4),
    (0, 3, "active", 3),
    (0, 11, "active", 3),
    (1, 2, "active", 6),
    (1, 1, "stopped", 40),
    (1, 9, "active", 5),
    (2, 12, "active", 9),
    (2, 8, "active", 200),
    (3, 6, "active", 2),
    (3, 4, "active", 300),
    (3, 9, "active", 2),
    (4, 9, "completed", 20),
    (5, 6, "active", 4),
    (5, 10, "active", 4),
    (6, 0, "active", 3),
    (6, 4, "active", 3),
    (6, 6, "on_hold", 3),
    (7, 9, "active", 12),
    (8, 7, "active", 1),
    (8, 9, "active", 1),
    (8, 10, "active", 1),
    (9, 5, "active", 7),
    (9, 2, "active", 6),
    (10, 6, "active", 8),
    (10, 9, "active", 8),
    (10, 10, "stopped", 8),
    (11, 9, "completed", 16),
    (0, 12, "active", 2),
    (9, 4, "active", 150),
];

/// Pairs that do not go well together: the medicine, the other one, how bad, what to watch.
const INTERACTIONS: &[[&str; 4]] = &[
    ["Amiodarone", "Warfarin", "major", "Halve the warfarin and check the clotting time every day."],
    ["Amiodarone", "Bisoprolol", "moderate", "Watch for a slow pulse."],
    ["Warfarin", "Amiodarone", "major", "Check the clotting time every day."],
    ["Insulin glargine", "Furosemide", "minor", "Check the blood sugar more often."],
];

pub(super) fn all() -> Vec<Value> {
    (0..ROWS.len()).map(one).collect()
}

/// What this medicine does not go well with, among the patient's active ones.
fn interactions(place: usize, name: &str) -> Vec<Value> {
    let taken =
        |other: &str| ROWS.iter().any(|row| row.0 == place && row.2 == "active" && MEDICINES[row.1].name == other);
    INTERACTIONS
        .iter()
        .filter(|pair| pair[0] == name && taken(pair[1]))
        .map(|pair| json!({"with": pair[1], "severity": pair[2], "advice": pair[3]}))
        .collect()
}

fn route(form: &str) -> Value {
    match form {
        "injection" => snomed("34206005", "under the skin"),
        "infusion" => snomed("47625008", "into a vein"),
        "inhaler" => snomed("447694001", "by inhalation"),
        _ => snomed("26643006", "by mouth"),
    }
}

fn one(number: usize) -> Value {
    let (place, medicine, status, days) = ROWS[number];
    let (patient, medicine) = (&PATIENTS[place], &MEDICINES[medicine]);
    let id = format!("RX{:04}", number + 1);
    let active = status == "active";
    let frequency = pick(&["on demand", "once a day", "twice a day", "three times a day"], medicine.times);
    let demand = (medicine.times == 0).then_some(medicine.demand);
    let ended = matches!(status, "stopped" | "completed").then(|| day(5 - days));
    let code = coding("http://www.whocc.no/atc", medicine.atc, medicine.name);
    let (dose, unit) = medicine.dose;
    // UCUM has no plain word for units and micrograms.
    let ucum = match unit {
        "units" => "[iU]",
        "micrograms" => "ug",
        _ => unit,
    };
    let interactions = if active { interactions(place, medicine.name) } else { Vec::new() };
    let given = active.then(|| at(0, 8, 0)).filter(|_| demand.is_none());
    let members = json!({
        "id": id,
        "patient_id": patient.id,
        "patient_name": patient.name(),
        "encounter_id": patient.bed.filter(|_| days <= patient.since).map(|_| encounter_id(last_of(place))),
        "status": status,
        "priority": if medicine.high_alert { "urgent" } else { "routine" },
        "medication": {"coding": [code], "text": medicine.name, "form": medicine.form, "strength": medicine.strength},
        "dose": quantity(dose, unit, ucum),
        "route": route(medicine.form),
        "frequency": frequency,
        "times_per_day": demand.is_none().then_some(medicine.times),
        "as_needed": demand.is_some(),
        "as_needed_for": demand,
        "indication": condition_of(place),
        "instructions": pick(&["Take with a glass of water.", "Take after breakfast."], number),
        "started_on": day(-days).to_string(),
        "ended_on": text_or_null(ended),
        "duration_days": ended.map(|_| 5),
        "prescriber_id": patient.doctor,
        "prescriber_name": name_of(patient.doctor),
        "high_alert": medicine.high_alert,
        "interactions": interactions,
        "substitution_allowed": !medicine.high_alert,
        "quantity": pick(&[10, 20, 50], number),
        "refills": number % 4,
        "last_given_at": text_or_null(given),
        "next_due_at": text_or_null(given.map(|given| given.plus_minutes(pick(&[1440, 1440, 720, 480], medicine.times)))),
        "stopped_reason": (status == "stopped").then_some("Side effects."),
        "notes": if medicine.high_alert { json!(["Two people check every dose."]) } else { json!([]) },
    });
    let path = format!("/v1/patients/{}/prescriptions", patient.id);
    record(
        members,
        at(-days, 11, 5),
        at(-days.min(1), 11, 5),
        2,
        links(&path, &[format!("/v1/patients/{}", patient.id)]),
    )
}
