//! One text for one JSON value, whatever the order of its keys: for equality and for digests.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// Keys sorted, no blanks, numbers of one value in one spelling (`1`, `1.0` and `1e0` are the same number).
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (position, (key, value)) in members.into_iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(&Value::from(key.as_str()), text);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Number(number) => text.push_str(&plain(number)),
        // Writing into a string cannot fail.
        _ => {
            let _ = write!(text, "{value}");
        }
    }
}

/// A number without exponent and, if it is an integer, without a fraction: `3.0` is `3`.
pub(crate) fn plain(number: &Number) -> String {
    match number.as_f64() {
        // `Display` of a float has no exponent. Integers beyond 64 bits arrive as floats.
        Some(float) if number.is_f64() => {
            if float == 0.0 {
                "0".to_owned()
            } else {
                float.to_string()
            }
        }
        _ => number.to_string(),
    }
}
