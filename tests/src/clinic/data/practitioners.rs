//! Who works in the department.

use super::places::unit_name;
use super::{links, pick, record, snomed};
use crate::clinic::moment::{at, day};
use serde_json::{Value, json};

/// A practitioner's row.
#[derive(Debug)]
pub(in crate::clinic) struct Practitioner {
    pub(in crate::clinic) id: &'static str,
    prefix: Option<&'static str>,
    given: &'static str,
    family: &'static str,
    role: &'static str,
    specialty: &'static str,
    pub(in crate::clinic) unit: &'static str,
    pub(in crate::clinic) office: Option<&'static str>,
    shift: Option<&'static str>,
    languages: &'static [&'static str],
    supervisor: Option<&'static str>,
    gender: &'static str,
}

const fn doctor(
    id: &'static str,
    [given, family]: [&'static str; 2],
    [specialty, unit, office]: [&'static str; 3],
    shift: Option<&'static str>,
    languages: &'static [&'static str],
    gender: &'static str,
) -> Practitioner {
    Practitioner {
        id,
        prefix: Some("Dr."),
        given,
        family,
        role: "consultant",
        specialty,
        unit,
        office: Some(office),
        shift,
        languages,
        supervisor: None,
        gender,
    }
}

pub(in crate::clinic) const PRACTITIONERS: &[Practitioner] = &[
    doctor("DR01", ["Elena", "Marsh"], ["cardiology", "C1", "1.12"], Some("early"), &["English", "Spanish"], "female"),
    Practitioner {
        role: "resident",
        supervisor: Some("DR01"),
        ..doctor(
            "DR02",
            ["Victor", "Lange"],
            ["cardiology", "W1", "1.14"],
            Some("late"),
            &["English", "German"],
            "male",
        )
    },
    doctor("DR03", ["Priya", "Nair"], ["nephrology", "W2", "2.08"], None, &["English", "Hindi"], "female"),
    doctor("DR04", ["Oliver", "Strand"], ["surgery", "W3", "3.02"], Some("early"), &["English", "Norwegian"], "male"),
    doctor("DR05", ["Sofia", "Brandt"], ["orthopaedics", "C2", "0.21"], None, &["English", "German"], "female"),
    Practitioner {
        prefix: None,
        role: "nurse",
        supervisor: Some("DR01"),
        office: None,
        ..doctor("DR06", ["Jonas", "Weber"], ["nursing", "W1", ""], Some("night"), &["English", "German"], "male")
    },
    Practitioner {
        prefix: None,
        role: "nurse",
        supervisor: Some("DR04"),
        office: None,
        ..doctor("DR07", ["Grace", "Mbeki"], ["nursing", "W3", ""], Some("early"), &["English", "Zulu"], "female")
    },
    Practitioner {
        prefix: None,
        role: "therapist",
        supervisor: Some("DR05"),
        ..doctor("DR08", ["Anton", "Kovac"], ["physiotherapy", "W4", "4.05"], None, &["English", "Croatian"], "male")
    },
];

impl Practitioner {
    /// The full name, with the title where there is one.
    pub(in crate::clinic) fn name(&self) -> String {
        let prefix = self.prefix.map(|prefix| format!("{prefix} ")).unwrap_or_default();
        format!("{prefix}{} {}", self.given, self.family)
    }
}

/// The row of this identifier.
pub(in crate::clinic) fn practitioner(id: &str) -> Option<&'static Practitioner> {
    PRACTITIONERS.iter().find(|row| row.id == id)
}

/// The full name of this identifier; empty where there is none.
pub(super) fn name_of(id: &str) -> String {
    practitioner(id).map(Practitioner::name).unwrap_or_default()
}

pub(super) fn all() -> Vec<Value> {
    PRACTITIONERS.iter().enumerate().map(|(place, row)| one(place, row)).collect()
}

fn one(place: usize, row: &Practitioner) -> Value {
    // The clock stands at nine in the morning: the early shift is at work.
    let shift = row.shift.map(|name| {
        let from = match name {
            "early" => at(0, 6, 0),
            "late" => at(0, 14, 0),
            _ => at(0, 22, 0),
        };
        json!({"name": name, "from": from.to_string(), "to": from.plus_minutes(8 * 60).to_string()})
    });
    let degree = match row.role {
        "nurse" => snomed("106292003", "Registered nurse"),
        "therapist" => snomed("36682004", "State-registered physiotherapist"),
        _ => snomed("309343006", "Licensed physician"),
    };
    let doctor = row.prefix.is_some();
    let days = i64::try_from(place).unwrap_or_default();
    let members = json!({
        "id": row.id,
        "prefix": row.prefix,
        "given_name": row.given,
        "family_name": row.family,
        "full_name": row.name(),
        "role": row.role,
        "specialty": row.specialty,
        "unit_id": row.unit,
        "unit_name": unit_name(row.unit),
        "licence": format!("L-{}", 48_213 + place * 577),
        "phone": format!("{}", 4101 + place * 3),
        "pager": doctor.then(|| format!("{}", 701 + place)),
        "email": format!("{}.{}@clinic.example", row.given.to_lowercase(), row.family.to_lowercase()),
        "office": row.office,
        "on_duty": row.shift == Some("early"),
        "shift": shift,
        "languages": row.languages,
        "qualifications": [degree],
        "accepts_patients": doctor && place != 1,
        "supervisor_id": row.supervisor,
        "patients_now": if doctor { pick(&[4, 2, 3], place) } else { 0 },
        "employed_since": day(-900 - days * 410).to_string(),
        "gender": row.gender,
        "notes": row.supervisor.filter(|_| doctor).map(|_| "In training until the end of the year."),
    });
    let path = format!("/v1/practitioners?specialty={}", row.specialty);
    record(
        members,
        at(-880 - days * 410, 8, 0),
        at(-30 - days, 8, 0),
        2,
        links(&path, &[format!("/v1/units/{}", row.unit)]),
    )
}
