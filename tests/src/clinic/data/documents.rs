//! Letters, reports and consent forms, and the files themselves.

use super::encounters::{id as encounter_id, last_of};
use super::patients::PATIENTS;
use super::practitioners::name_of;
use super::{concept, links, record, text_or_null};
use crate::clinic::moment::{at, day};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Kind, title, status, summary; place of the patient, days before today.
const ROWS: &[([&str; 4], usize, i64)] = &[
    (["imaging_report", "Ultrasound of the heart", "signed", "The heart pumps weakly; the valves close."], 0, 3),
    (["laboratory_report", "Kidney values", "signed", "Potassium and creatinine are too high."], 1, 1),
    (["imaging_report", "Long-term ECG", "draft", "Extra beats at night, no pauses."], 2, 8),
    (["consent_form", "Consent to the hernia operation", "signed", "The patient agrees to the operation."], 3, 2),
    (["discharge_letter", "Discharge letter", "superseded", "The broken wrist was set; the cast stays on."], 4, 20),
    (
        ["discharge_letter", "Discharge letter, corrected", "signed", "The broken wrist was set; cast for five weeks."],
        4,
        19,
    ),
    (["consent_form", "Consent to the knee replacement", "signed", "The patient agrees to the operation."], 5, 5),
    (["consent_form", "Consent to the heart catheter", "draft", "The signature is still missing."], 6, 1),
    (["imaging_report", "Ultrasound of the kidneys", "signed", "One stone of six millimetres on the left."], 7, 12),
    (
        ["consent_form", "Consent to the removal of the appendix", "signed", "The patient agrees to the operation."],
        8,
        1,
    ),
    (["laboratory_report", "Kidney and sugar values", "signed", "Creatinine and glucose are far too high."], 9, 3),
    (["imaging_report", "X-ray of the hip", "signed", "The neck of the left thigh bone is broken."], 10, 8),
    (["discharge_letter", "Discharge letter", "signed", "Gallstones; an operation is planned."], 11, 15),
];

/// The letter that closed an encounter, by the encounter's number.
pub(super) fn letter_of(number: usize) -> Option<String> {
    let place = number % PATIENTS.len();
    let letter =
        |row: &([&str; 4], usize, i64)| row.0[0] == "discharge_letter" && row.0[2] == "signed" && row.1 == place;
    let found = ROWS.iter().position(letter).filter(|_| last_of(place) == number);
    found.map(id)
}

fn id(place: usize) -> String {
    format!("DOC{:03}", place + 1)
}

pub(super) fn all() -> Vec<Value> {
    ROWS.iter().enumerate().map(|(place, row)| one(place, row)).collect()
}

fn one(number: usize, row: &([&str; 4], usize, i64)) -> Value {
    let ([kind, title, status, summary], place, days) = *row;
    let patient = &PATIENTS[place];
    let (loinc, name) = match kind {
        "discharge_letter" => ("18842-5", "Discharge summary"),
        "laboratory_report" => ("11502-2", "Laboratory report"),
        "imaging_report" => ("18748-4", "Diagnostic imaging study"),
        _ => ("59284-0", "Consent document"),
    };
    let signed = status != "draft";
    let letter = kind == "discharge_letter";
    let title = format!("{title}: {}", patient.name());
    let members = json!({
        "id": id(number),
        "patient_id": patient.id,
        "patient_name": patient.name(),
        "encounter_id": (kind != "laboratory_report").then(|| encounter_id(last_of(place))),
        "kind": kind,
        "type": concept("http://loinc.org", loinc, name),
        "title": title,
        "summary": summary,
        "status": status,
        "author_id": patient.doctor,
        "author_name": name_of(patient.doctor),
        "written_on": day(-days).to_string(),
        "signed_at": text_or_null(signed.then(|| at(-days, 16, 30))),
        "signed_by": signed.then_some(patient.doctor),
        "language": "en",
        "media_type": "application/pdf",
        "bytes": file(&title, summary).len(),
        "pages": 1,
        "confidential": kind == "consent_form",
        "recipients": if letter { json!(["family doctor", "patient"]) } else { json!([]) },
        "replaces_id": (number > 0 && ROWS[number - 1].0[2] == "superseded").then(|| id(number - 1)),
        "retention_until": day(-days + 3652).to_string(),
        "keywords": [name.to_lowercase(), patient.name()],
        "archive_number": format!("ARC-{}", 9100 + number * 17),
        "source_system": "document archive",
    });
    let path = format!("/v1/documents/{}", id(number));
    record(members, at(-days, 15, 10), at(-days, 16, 30), 2, links(&path, &[format!("{path}/content")]))
}

/// A PDF of one page (ISO 32000-1, section 7.5): a title and a sentence. Texts are ASCII.
pub(super) fn file(title: &str, sentence: &str) -> Vec<u8> {
    let [title, sentence] =
        [title, sentence].map(|text| text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)"));
    let page = format!("BT /F1 16 Tf 72 760 Td ({title}) Tj /F1 11 Tf 0 -32 Td ({sentence}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut text = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (place, object) in objects.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{:010} 00000 n ", text.len());
        let _ = write!(text, "{} 0 obj\n{object}\nendobj\n", place + 1);
    }
    let start = text.len();
    let count = objects.len() + 1;
    let _ =
        write!(text, "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    text.into_bytes()
}
