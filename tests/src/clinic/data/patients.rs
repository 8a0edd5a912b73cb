//! Who is treated here, and what they must not be given.

use super::practitioners::name_of;
use super::{links, pick, record, snomed, text_or_null};
use crate::clinic::moment::{Day, Moment, at, day};
use serde_json::{Value, json};

/// A patient's row.
#[derive(Debug)]
pub(in crate::clinic) struct Patient {
    pub(in crate::clinic) id: &'static str,
    given: &'static str,
    family: &'static str,
    born: &'static str,
    sex: &'static str,
    pub(super) status: &'static str,
    pub(super) bed: Option<&'static str>,
    pub(super) doctor: &'static str,
    /// Days before today on which the last stay or visit began.
    pub(super) since: i64,
    language: &'static str,
    blood_group: Option<&'static str>,
}

const fn row(
    [id, given, family, born, sex]: [&'static str; 5],
    [status, doctor, language]: [&'static str; 3],
    bed: Option<&'static str>,
    since: i64,
    blood_group: Option<&'static str>,
) -> Patient {
    Patient { id, given, family, born, sex, status, bed, doctor, since, language, blood_group }
}

const IN: &str = "admitted";
const VISITS: &str = "outpatient";
const LEFT: &str = "discharged";

pub(in crate::clinic) const PATIENTS: &[Patient] = &[
    row(["P0001", "Rosa", "Keller", "1958-04-12", "female"], [IN, "DR01", "de"], Some("W1-02"), 4, Some("A+")),
    row(["P0002", "Tomas", "Lindqvist", "1971-09-30", "male"], [IN, "DR03", "sv"], Some("W2-01"), 6, Some("O+")),
    row(["P0003", "Amina", "Haddad", "1984-01-17", "female"], [VISITS, "DR01", "ar"], None, 9, Some("B+")),
    row(["P0004", "George", "Whitfield", "1949-11-05", "male"], [IN, "DR04", "en"], Some("W3-05"), 2, Some("A-")),
    row(["P0005", "Ines", "Carvalho", "1990-06-23", "female"], [LEFT, "DR05", "pt"], None, 20, None),
    row(["P0006", "Piotr", "Zielinski", "1966-02-08", "male"], [IN, "DR05", "pl"], Some("W4-03"), 5, Some("AB+")),
    row(["P0007", "Mei", "Tanaka", "1977-12-19", "female"], [IN, "DR02", "en"], Some("W1-06"), 3, Some("O-")),
    row(["P0008", "Samuel", "Okafor", "1962-08-02", "male"], [VISITS, "DR03", "en"], None, 12, Some("O+")),
    row(["P0009", "Freya", "Nilsen", "2001-03-27", "female"], [IN, "DR04", "no"], Some("W3-02"), 1, None),
    row(["P0010", "Luca", "Moretti", "1955-05-14", "male"], [IN, "DR03", "it"], Some("W2-04"), 7, Some("A+")),
    row(["P0011", "Hannah", "Goldberg", "1943-10-09", "female"], [IN, "DR05", "en"], Some("W4-06"), 8, Some("B-")),
    row(["P0012", "Diego", "Fuentes", "1988-07-21", "male"], [LEFT, "DR04", "es"], None, 16, Some("A+")),
];

/// Street, and name and relationship of the person to call; one row a patient.
const HOMES: &[(&str, Option<(&str, &str)>)] = &[
    ("Mill Lane 4", Some(("Karl Keller", "husband"))),
    ("Station Road 17", Some(("Maja Lindqvist", "sister"))),
    ("Orchard Way 9", Some(("Karim Haddad", "brother"))),
    ("Castle Street 31", Some(("Edith Whitfield", "wife"))),
    ("Quay Side 2", None),
    ("Chapel Hill 12", Some(("Anna Zielinska", "daughter"))),
    ("Garden Row 26", Some(("Kenji Tanaka", "father"))),
    ("River Walk 8", Some(("Ada Okafor", "wife"))),
    ("North Parade 5", Some(("Lars Nilsen", "father"))),
    ("Bridge Street 14", Some(("Bianca Moretti", "daughter"))),
    ("Park Avenue 40", None),
    ("Market Place 1", Some(("Lucia Fuentes", "mother"))),
];

impl Patient {
    pub(in crate::clinic) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    pub(super) fn ward(&self) -> Option<&'static str> {
        self.bed.and_then(|bed| bed.get(..2))
    }

    /// When the running stay began.
    pub(super) fn admitted_at(&self) -> Option<Moment> {
        self.bed.map(|_| at(-self.since, 10, 20))
    }

    pub(super) fn expected_discharge(&self) -> Option<Day> {
        // Nobody knows yet for those who came in the last two days.
        self.bed.filter(|_| self.since > 2).map(|_| day(self.since))
    }

    /// Whether the patient needs an interpreter.
    pub(in crate::clinic) fn interpreter(&self) -> bool {
        matches!(self.language, "ar" | "pl")
    }
}

pub(in crate::clinic) fn patient(id: &str) -> Option<&'static Patient> {
    PATIENTS.iter().find(|row| row.id == id)
}

pub(super) fn all() -> Vec<Value> {
    PATIENTS.iter().zip(HOMES).enumerate().map(|(place, (row, home))| one(place, row, *home)).collect()
}

fn one(place: usize, row: &Patient, (street, contact): (&str, Option<(&str, &str)>)) -> Value {
    let contact = contact.map(|(name, relationship)| {
        json!({"name": name, "relationship": relationship, "phone": format!("555-01{:02}", 40 + place)})
    });
    let address = json!({"street": street, "postal_code": "40217", "city": "Harbour Town", "country": "IE"});
    let members = json!({
        "id": row.id,
        "medical_record_number": format!("MRN-{}", 70_118 + place * 341),
        "given_name": row.given,
        "family_name": row.family,
        "full_name": row.name(),
        "birth_date": row.born,
        "sex": row.sex,
        "status": row.status,
        "blood_group": row.blood_group,
        "language": row.language,
        "interpreter_needed": row.interpreter(),
        "phone": format!("555-01{:02}", 10 + place),
        "email": (place % 3 != 1).then(|| format!("{}@mail.example", row.family.to_lowercase())),
        "address": address,
        "emergency_contact": contact,
        "insurer": pick(&["Northern Mutual", "City Health Fund"], place),
        "insurance_number": format!("NM{}", 5_520_310 + place * 7919),
        "primary_practitioner_id": row.doctor,
        "primary_practitioner_name": name_of(row.doctor),
        "ward_id": row.ward(),
        "bed_id": row.bed,
        "admitted_at": text_or_null(row.admitted_at()),
        "expected_discharge": text_or_null(row.expected_discharge()),
        "isolation": pick(&["none", "none", "none", "none", "none", "contact"], place),
        "mobility": pick(&["independent", "assisted", "independent", "bedridden"], place),
        "diet": pick(&["standard", "low potassium", "vegetarian", "nothing by mouth from midnight"], place),
        "height_cm": 158 + (place * 5) % 31,
        "weight_kg": f64::from(pick(&[612_u16, 840, 587, 793, 655, 918], place)) / 10.0,
        "resuscitation": pick(&["full", "full", "full", "limited"], place),
        "research_consent": place.is_multiple_of(2),
        "notes": (row.language == "ar").then_some("Prefers a female doctor."),
    });
    let path = format!("/v1/patients/{}", row.id);
    let related = ["allergies", "encounters", "observations", "prescriptions", "documents"];
    let related = related.map(|name| format!("{path}/{name}"));
    record(members, at(-800, 9, 0), at(-row.since, 10, 40), 4, links(&path, &related))
}

/// Patient, status, verification, category, severity, substance with its code, reactions.
type Allergy = ([&'static str; 5], [&'static str; 2], &'static [&'static str]);

const ALLERGIES: &[Allergy] = &[
    (["P0001", "active", "confirmed", "food", "moderate"], ["Shellfish", "227037002"], &["Itching", "Vomiting"]),
    (["P0002", "active", "suspected", "medication", "mild"], ["Ibuprofen", "387207008"], &["Skin rash"]),
    (["P0003", "refuted", "suspected", "medication", "mild"], ["Aspirin", "387458008"], &[]),
    (["P0006", "active", "confirmed", "environment", "mild"], ["House dust mite", "260147004"], &["Sneezing"]),
    (
        ["P0007", "active", "confirmed", "medication", "severe"],
        ["Penicillin", "764146007"],
        &["Hives", "Swollen throat"],
    ),
    (["P0007", "refuted", "suspected", "environment", "mild"], ["Latex", "111088007"], &[]),
    (["P0008", "inactive", "confirmed", "food", "mild"], ["Strawberry", "260207008"], &["Itching"]),
    (["P0009", "active", "confirmed", "environment", "moderate"], ["Wasp venom", "288328004"], &["Swollen arm"]),
    (["P0011", "active", "confirmed", "medication", "moderate"], ["Codeine", "387494007"], &["Nausea", "Dizziness"]),
    (["P0012", "active", "confirmed", "food", "severe"], ["Peanut", "762952008"], &["Shortness of breath"]),
];

pub(super) fn allergies() -> Vec<Value> {
    ALLERGIES.iter().enumerate().map(|(place, row)| allergy(place, row)).collect()
}

fn allergy(place: usize, row: &Allergy) -> Value {
    let ([patient_id, status, verification, category, severity], [substance, code], reactions) = *row;
    let days = i64::try_from(place).unwrap_or_default();
    let reactions: Vec<Value> = reactions.iter().map(|text| snomed("419076005", text)).collect();
    json!({
        "id": format!("AL{:03}", place + 1),
        "patient_id": patient_id,
        "status": status,
        "verification": verification,
        "category": category,
        "severity": severity,
        "substance": snomed(code, substance),
        "last_reaction_on": text_or_null((!reactions.is_empty()).then(|| day(-200 - days * 31))),
        "reactions": reactions,
        "onset_date": text_or_null((verification == "confirmed").then(|| day(-2000 - days * 97))),
        "recorded_by": pick(&["DR01", "DR03", "DR04"], place),
        "recorded_at": at(-190 - days * 31, 11, 15).to_string(),
        "note": (severity == "severe").then_some("Carries an emergency kit."),
    })
}
