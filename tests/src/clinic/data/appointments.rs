//! What is planned, and what became of what was planned.

use super::patients::patient;
use super::places::unit_name;
use super::practitioners::practitioner;
use super::{links, pick, record, text_or_null};
use crate::clinic::moment::{Moment, at, now};
use serde_json::{Value, json};

/// Patient, practitioner, kind, status, reason; day from today, hour, minute, length in minutes.
const ROWS: &[([&str; 5], [i64; 4])] = &[
    (["P0001", "DR01", "imaging", "completed", "Ultrasound of the heart"], [-3, 9, 0, 30]),
    (["P0001", "DR08", "therapy", "booked", "Breathing exercises"], [1, 14, 0, 30]),
    (["P0002", "DR03", "check_up", "completed", "Kidney function"], [-30, 10, 0, 20]),
    (["P0002", "DR03", "follow_up", "booked", "Planning of dialysis"], [6, 11, 15, 45]),
    (["P0003", "DR01", "check_up", "completed", "Long-term ECG"], [-9, 8, 30, 30]),
    (["P0003", "DR01", "follow_up", "booked", "Result of the long-term ECG"], [8, 15, 30, 20]),
    (["P0003", "DR01", "follow_up", "cancelled", "Result of the long-term ECG"], [2, 15, 30, 20]),
    (["P0004", "DR04", "check_up", "completed", "Examination before the operation"], [-6, 13, 0, 30]),
    (["P0004", "DR01", "imaging", "booked", "Ultrasound of the heart before the operation"], [3, 10, 30, 40]),
    (["P0004", "DR05", "follow_up", "cancelled", "Hip pain"], [1, 9, 0, 20]),
    (["P0005", "DR05", "follow_up", "missed", "Change of the cast"], [-2, 9, 45, 20]),
    (["P0005", "DR05", "follow_up", "booked", "Removal of the cast"], [13, 9, 45, 30]),
    (["P0006", "DR08", "therapy", "completed", "Walking with crutches"], [-1, 10, 0, 45]),
    (["P0006", "DR08", "therapy", "booked", "Walking with crutches"], [2, 10, 0, 45]),
    (["P0006", "DR05", "follow_up", "booked", "Check of the new knee"], [14, 8, 0, 20]),
    (["P0007", "DR02", "procedure", "booked", "Heart catheter"], [1, 8, 0, 90]),
    (["P0008", "DR03", "imaging", "completed", "Ultrasound of the kidneys"], [-12, 14, 30, 30]),
    (["P0008", "DR03", "follow_up", "booked", "Check after the kidney stone"], [20, 9, 0, 20]),
    (["P0009", "DR04", "follow_up", "booked", "Check of the wound"], [7, 12, 0, 15]),
    (["P0010", "DR03", "check_up", "missed", "Kidney function"], [-45, 9, 30, 20]),
    (["P0010", "DR03", "follow_up", "booked", "Kidney function"], [9, 9, 30, 20]),
    (["P0011", "DR08", "therapy", "booked", "Getting out of bed"], [1, 11, 0, 30]),
    (["P0011", "DR05", "imaging", "booked", "X-ray of the hip"], [4, 13, 30, 20]),
    (["P0012", "DR04", "follow_up", "completed", "Removal of the stitches"], [-5, 8, 15, 15]),
    (["P0012", "DR04", "check_up", "booked", "Planning of the gallbladder operation"], [10, 16, 0, 30]),
];

/// What is known about an appointment when it is booked.
#[derive(Clone, Copy, Debug)]
pub(in crate::clinic) struct Booking<'a> {
    pub(in crate::clinic) patient_id: &'a str,
    pub(in crate::clinic) practitioner_id: &'a str,
    pub(in crate::clinic) kind: &'a str,
    pub(in crate::clinic) reason: &'a str,
    pub(in crate::clinic) start: Moment,
    pub(in crate::clinic) minutes: i64,
    pub(in crate::clinic) notes: Option<&'a str>,
}

pub(super) fn all() -> Vec<Value> {
    ROWS.iter().enumerate().map(|(place, row)| first(place, row)).collect()
}

/// One row of the table, brought to its status.
fn first(place: usize, row: &([&str; 5], [i64; 4])) -> Value {
    let ([patient_id, practitioner_id, kind, status, reason], [days, hour, minute, minutes]) = *row;
    let start = at(days, hour, minute);
    let booking = Booking { patient_id, practitioner_id, kind, reason, start, minutes, notes: None };
    let made = at(days.min(0) - 14, 15, 0);
    let mut value = appointment(place + 1, &booking, "reception", made);
    value["status"] = json!(status);
    value["priority"] = json!(pick(&["routine", "routine", "urgent"], place));
    value["reminder_sent_at"] = text_or_null((days < 2).then(|| at(days - 1, 17, 0)));
    match status {
        "completed" => value["checked_in_at"] = json!(start.plus_minutes(-10).to_string()),
        "cancelled" => {
            value["cancelled_at"] = json!(at(-1, 12, 0).to_string());
            value["cancel_reason"] = json!("patient_request");
        }
        _ => {}
    }
    value
}

/// A booked appointment with this number.
pub(in crate::clinic) fn appointment(number: usize, booking: &Booking<'_>, by: &str, made: Moment) -> Value {
    let doctor = practitioner(booking.practitioner_id);
    let unit = doctor.map(|row| row.unit).unwrap_or_default();
    let person = patient(booking.patient_id);
    let id = format!("A{number:04}");
    let members = json!({
        "id": id,
        "status": "booked",
        "kind": booking.kind,
        "patient_id": booking.patient_id,
        "patient_name": person.map(super::patients::Patient::name),
        "practitioner_id": booking.practitioner_id,
        "practitioner_name": doctor.map(super::Practitioner::name),
        "unit_id": unit,
        "unit_name": unit_name(unit),
        "room": doctor.and_then(|row| row.office).unwrap_or("0.01"),
        "start": booking.start.to_string(),
        "end": booking.start.plus_minutes(booking.minutes).to_string(),
        "minutes": booking.minutes,
        "reason": booking.reason,
        "priority": "routine",
        "channel": "in_person",
        "preparation": (booking.kind == "procedure").then_some("Nothing to eat from midnight."),
        "equipment": if booking.kind == "imaging" { json!(["ultrasound"]) } else { json!([]) },
        "transport": null,
        "interpreter_needed": person.is_some_and(super::patients::Patient::interpreter),
        "reminder_sent_at": null,
        "checked_in_at": null,
        "cancelled_at": null,
        "cancel_reason": null,
        "referral_number": null,
        "notes": booking.notes,
        "created_by": by,
    });
    let path = format!("/v1/appointments/{id}");
    let changed = made.min(now());
    record(members, changed, changed, 1, links(&path, &[format!("/v1/patients/{}", booking.patient_id)]))
}
