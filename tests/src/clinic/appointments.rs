//! Appointments: the one part of the department that requests change. Changes live in memory until the server ends.

use super::data::{self, Booking};
use super::moment::{self, Moment};
use super::problem::{Answer, Mistake};
use super::query::{Query, has_form};
use super::routes::{Clinic, Request, moment as day_of, page, wrong_identifier};
use serde_json::{Map, Value, json};
use std::sync::{MutexGuard, PoisonError};

const STATUSES: &[&str] = &["booked", "completed", "cancelled", "missed"];
const KINDS: &[&str] = &["check_up", "follow_up", "imaging", "therapy", "procedure"];
const CANCEL_REASONS: &[&str] = &["patient_request", "patient_ill", "practitioner_unavailable", "booked_by_mistake"];
/// Appointments are refused beyond this many: a client in a loop must not eat the memory.
const APPOINTMENTS_MAX: usize = 9999;

pub(super) fn locked(clinic: &Clinic) -> MutexGuard<'_, Vec<Value>> {
    // Each change is one assignment: what a panicking holder left behind is whole.
    clinic.appointments.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn list(clinic: &Clinic, mut query: Query) -> Answer {
    let wanted = [
        ("patient_id", query.identifier("patient_id", "P9999")),
        ("practitioner_id", query.identifier("practitioner_id", "DR99")),
    ];
    let statuses = query.words("status", STATUSES);
    let (from, to) = (query.date("from_date"), query.date("to_date"));
    let fits = |item: &Value| {
        let day = day_of(item, "start");
        statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|status| item["status"] == **status))
            && from.is_none_or(|from| day >= Some(from))
            && to.is_none_or(|to| day <= Some(to))
    };
    let mut all = locked(clinic).clone();
    all.sort_by_key(|item| (start(item), item["id"].as_str().map(str::to_owned)));
    page(&all, &wanted, fits, query)
}

pub(super) fn create(clinic: &Clinic, query: Query, request: &Request<'_>) -> Answer {
    let mut mistakes = query.finish().err().unwrap_or_default();
    if request.reason.is_some_and(|reason| !(1..=80).contains(&reason.chars().count())) {
        mistakes.push(Mistake::new("X-Request-Reason", "must have 1 to 80 characters"));
    }
    let body = match object(request) {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let mut fields = Fields { body: &body, mistakes };
    let booking = new_booking(&mut fields);
    fields.no_others(&["patient_id", "practitioner_id", "kind", "start", "minutes", "reason", "notes"]);
    match booking {
        Some(booking) if fields.mistakes.is_empty() => book(clinic, &booking),
        _ => Answer::bad_request(&fields.mistakes),
    }
}

/// The booking that the body asks for; mistakes are noted.
fn new_booking<'a>(fields: &mut Fields<'a>) -> Option<Booking<'a>> {
    let patient_id = fields.text("patient_id", 1, 40);
    if let Some(id) = patient_id
        && (!has_form(id, "P9999") || data::patient(id).is_none())
    {
        fields.wrong("patient_id", "is no patient's identifier");
    }
    let practitioner_id = fields.text("practitioner_id", 1, 40);
    if let Some(id) = practitioner_id
        && data::practitioner(id).is_none()
    {
        fields.wrong("practitioner_id", "is no practitioner's identifier");
    }
    let kind = fields.word("kind", KINDS);
    let start = fields.text("start", 1, 40).and_then(|text| {
        let start = Moment::parse(text);
        if start.is_none() {
            fields.wrong("start", "must be a time with date and offset (RFC 3339)");
        }
        start
    });
    let minutes = fields.body.get("minutes").and_then(Value::as_i64).filter(|minutes| (10..=240).contains(minutes));
    if minutes.is_none() {
        fields.wrong("minutes", "must be 10 to 240");
    }
    let reason = fields.text("reason", 3, 200);
    let notes = if fields.body.contains_key("notes") { fields.text("notes", 0, 500) } else { None };
    let [patient_id, practitioner_id, kind, reason] = [patient_id?, practitioner_id?, kind?, reason?];
    Some(Booking { patient_id, practitioner_id, kind, reason, start: start?, minutes: minutes?, notes })
}

fn book(clinic: &Clinic, booking: &Booking<'_>) -> Answer {
    let mut appointments = locked(clinic);
    if booking.start < moment::now() {
        return Answer::conflict("That time has passed.");
    }
    let end = booking.start.plus_minutes(booking.minutes);
    let busy = appointments.iter().find(|item| {
        let shared = item["patient_id"] == booking.patient_id || item["practitioner_id"] == booking.practitioner_id;
        let until = item["end"].as_str().and_then(Moment::parse);
        shared && item["status"] == "booked" && start(item) < Some(end) && until > Some(booking.start)
    });
    if let Some(busy) = busy {
        return Answer::conflict(&format!("{} is booked at that time.", busy["id"].as_str().unwrap_or_default()));
    }
    if appointments.len() >= APPOINTMENTS_MAX {
        return Answer::problem(503, "Unavailable", "No more appointments can be kept.");
    }
    let made = data::appointment(appointments.len() + 1, booking, "api", moment::now());
    appointments.push(made.clone());
    Answer::json(201, &made)
}

pub(super) fn cancel(clinic: &Clinic, id: &str, query: Query, request: &Request<'_>) -> Answer {
    if !has_form(id, "A9999") {
        return wrong_identifier("appointment_id", "A9999");
    }
    let mistakes = query.finish().err().unwrap_or_default();
    let body = match object(request) {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let mut fields = Fields { body: &body, mistakes };
    let reason = fields.word("reason", CANCEL_REASONS);
    fields.no_others(&["reason"]);
    let Some(reason) = reason.filter(|_| fields.mistakes.is_empty()) else {
        return Answer::bad_request(&fields.mistakes);
    };
    let mut appointments = locked(clinic);
    let Some(item) = appointments.iter_mut().find(|item| item["id"] == id) else {
        return Answer::not_found("appointment");
    };
    if item["status"] != "booked" {
        return Answer::conflict(&format!("{id} is not booked, so it cannot be cancelled."));
    }
    item["status"] = json!("cancelled");
    item["cancel_reason"] = json!(reason);
    item["cancelled_at"] = json!(moment::now().to_string());
    item["updated_at"] = json!(moment::now().to_string());
    item["version"] = json!(item["version"].as_u64().unwrap_or_default() + 1);
    Answer::json(200, item)
}

fn start(item: &Value) -> Option<Moment> {
    item["start"].as_str().and_then(Moment::parse)
}

/// The body as a JSON object.
fn object(request: &Request<'_>) -> Result<Map<String, Value>, Answer> {
    let essence = request.media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Answer::problem(415, "Unsupported media type", "The body must be application/json."));
    }
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Answer::bad_request(&[Mistake::new("", "the body must be a JSON object")])),
    }
}

/// Reads members of a body and notes what is wrong with them.
struct Fields<'a> {
    body: &'a Map<String, Value>,
    mistakes: Vec<Mistake>,
}

impl<'a> Fields<'a> {
    fn wrong(&mut self, name: &str, message: &str) {
        self.mistakes.push(Mistake::new(format!("/{name}"), message));
    }

    /// Text of this many characters, both bounds included.
    fn text(&mut self, name: &str, chars_min: usize, chars_max: usize) -> Option<&'a str> {
        let body = self.body;
        let found = body.get(name).and_then(Value::as_str);
        let fits = found.filter(|text| (chars_min..=chars_max).contains(&text.chars().count()));
        if fits.is_none() {
            self.wrong(name, &format!("must be a text of {chars_min} to {chars_max} characters"));
        }
        fits
    }

    fn word(&mut self, name: &str, words: &[&str]) -> Option<&'a str> {
        let body = self.body;
        let found = body.get(name).and_then(Value::as_str).filter(|word| words.contains(word));
        if found.is_none() {
            self.wrong(name, &format!("must be one of: {}", words.join(", ")));
        }
        found
    }

    fn no_others(&mut self, names: &[&str]) {
        let others: Vec<&String> = self.body.keys().filter(|key| !names.contains(&key.as_str())).collect();
        for name in others {
            self.wrong(name, "is not known");
        }
    }
}
