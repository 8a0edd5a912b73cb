//! Integers beyond 64 bits, which `serde_json` holds only as the nearest double.
//!
//! `minimum: -9223372036854775809` says nothing about a 64-bit integer, and `enum: [18446744073709551616]` something that
//! the nearest double does not. A later step can tell the two apart only if the digits are still there.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::RESERVED_PREFIX;
use super::sources::Format;
use super::yaml_spans;

/// The one key of the object that stands for such an integer: `{"x-airlock-integer": "-9223372036854775809"}`.
const KEY: &str = "x-airlock-integer";

/// The digits, with the sign, of an integer beyond 64 bits; `None` of any other value.
///
/// A document cannot bring such an object itself: its keys may not begin with `x-airlock-`.
pub fn big_integer(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(KEY)?.as_str()
}

/// The value that stands for the integer of these digits.
pub(super) fn value(digits: String) -> Value {
    debug_assert!(KEY.starts_with(RESERVED_PREFIX), "documents must not be able to write it");
    Value::Object([(KEY.to_owned(), Value::String(digits))].into_iter().collect())
}

/// Whether a number that came as a double may be written as an integer in the file.
///
/// JSON's parser hands on 64 bits as they are, YAML's 128.
pub(super) fn may_be_integer(value: f64, format: Format) -> bool {
    let least = match format {
        Format::Json => 2_f64.powi(63),
        Format::Yaml | Format::Text => 2_f64.powi(127),
    };
    value.is_finite() && value.abs() >= least
}

/// How the numbers of a file that [`may_be_integer`] are written, by the bits of the double, in the order of the file:
/// the digits of an integer, nothing of a number with a point or an exponent.
#[derive(Debug, Default)]
pub(super) struct Integers(BTreeMap<u64, VecDeque<Option<String>>>);

impl Integers {
    /// Reads the text once more, for its numbers alone.
    pub(super) fn of(text: &str, format: Format) -> Self {
        let mut integers = Self::default();
        match format {
            Format::Json => json_numbers(text, |number| integers.add(number, format)),
            Format::Yaml => yaml_spans::plain_scalars(text, |number| integers.add(number, format)),
            Format::Text => {}
        }
        integers
    }

    fn add(&mut self, number: &str, format: Format) {
        let Ok(value) = number.parse::<f64>() else { return };
        if may_be_integer(value, format) {
            let number = number.strip_prefix('+').unwrap_or(number);
            let digits = number.strip_prefix('-').unwrap_or(number);
            let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
            self.0.entry(value.to_bits()).or_default().push_back(is_integer.then(|| number.to_owned()));
        }
    }

    /// The digits of the next number of this value, if it is written as an integer.
    ///
    /// Behind a YAML alias a number is met again: then the last one of that value serves for all that follow.
    pub(super) fn take(&mut self, value: f64) -> Option<String> {
        let numbers = self.0.get_mut(&value.to_bits())?;
        if numbers.len() > 1 { numbers.pop_front().flatten() } else { numbers.front().cloned().flatten() }
    }
}

/// Hands on the numbers of a JSON text.
fn json_numbers(text: &str, mut take: impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)) {
                    at += 1;
                }
                take(&text[start..at]);
            }
            _ => {}
        }
    }
}
