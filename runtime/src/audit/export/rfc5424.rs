//! Syslog as RFC 5424 has it: a head, and every member as a parameter of structured data.
//!
//! The identifier of structured data needs a number of an enterprise (section 7.2.2); 32473 is the one for examples (RFC 5612),
//! as this project has none.

use std::fmt::Write as _;

use super::{Severity, Told, plain};

const SD_ID: &str = "airlock@32473";

/// Facility "log audit" (section 6.2.1).
const FACILITY: u8 = 13;

/// Longest name of a parameter, in characters (section 6, SD-NAME).
const NAME_CHARS_MAX: usize = 32;

pub(super) fn line(told: &Told<'_>) -> String {
    let severity = match told.severity() {
        Severity::Informational => 6,
        Severity::Low => 5,
        Severity::Medium => 4,
    };
    let priority = FACILITY * 8 + severity;
    let time = told.text("time").unwrap_or("-");
    let mut line = format!("<{priority}>1 {time} - airlock-host - {} [{SD_ID}", told.kind.word());
    for (name, value) in told.record.as_object().into_iter().flatten() {
        if value.is_null() || matches!(name.as_str(), "time" | "kind") {
            continue;
        }
        let name = name.get(..NAME_CHARS_MAX).unwrap_or(name);
        let _ = write!(line, " {name}=\"{}\"", escaped(&plain(value)));
    }
    line + "]"
}

/// Section 6.3.3: these three are escaped, and nothing else is.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}
