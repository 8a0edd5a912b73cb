//! Values to compact JSON text.

use std::collections::HashSet;

use crate::broken::{Broken, What};
use crate::fault::Fault;
use crate::grammar::{plain, unescaped};
use crate::scan::{Kind, Scanner};
use crate::value::{Number, Value, sorted};

/// Objects with more keys than this look for doubles in a table.
const KEYS_FEW: usize = 16;

/// No result is longer, in bytes: a rule can make more of an answer than there is memory for, doubling it at each step.
const RESULT_BYTES_MAX: usize = 64 << 20;

/// Ends a result that has no end.
#[inline]
pub(crate) fn check_length(out: &str) -> Result<(), Fault> {
    if out.len() > RESULT_BYTES_MAX {
        return Err(Fault::TooLong(out.len() as u64, RESULT_BYTES_MAX as u64));
    }
    Ok(())
}

/// Writes a value. Numbers are written as they came, other white space is left out, of a key that stands twice the last
/// counts.
///
/// # Errors
/// Half of a surrogate pair in a string, and a number beyond the range of doubles.
pub(crate) fn write(value: &Value<'_>, out: &mut String) -> Result<(), Fault> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(*number, out)?,
        Value::Text(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(item, out)?;
                check_length(out)?;
            }
            out.push(']');
        }
        Value::Object(members) => write_members(members.iter().map(|(key, value)| (key.as_ref(), value)), out)?,
        Value::Raw(text, _) => copy(&mut Scanner::new(text), out)?,
    }
    Ok(())
}

/// Writes a value with the keys of its objects in order: equal values give equal texts.
pub(crate) fn write_sorted(value: &Value<'_>, out: &mut String) -> Result<(), Fault> {
    if let Some(items) = value.items()? {
        out.push('[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_sorted(item, out)?;
            check_length(out)?;
        }
        out.push(']');
        return Ok(());
    }
    let Some(members) = value.members()? else { return write(value, out) };
    out.push('{');
    for (position, (key, value)) in sorted(&members).into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write_sorted(value, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_members<'m, 'i: 'm>(
    members: impl Iterator<Item = (&'m str, &'m Value<'i>)>,
    out: &mut String,
) -> Result<(), Fault> {
    out.push('{');
    for (position, (key, value)) in members.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write(value, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_number(number: Number<'_>, out: &mut String) -> Result<(), Fault> {
    use std::fmt::Write as _;
    // Writing to a string does not fail.
    let _ = match number {
        Number::Written(text) => {
            // Shorter ones without an exponent are below 1e308.
            let may_be_large = text.len() > 300 || text.bytes().any(|byte| byte == b'e' || byte == b'E');
            if may_be_large && !number.float().is_finite() {
                return Err(Fault::Answer("a number that is kept is beyond the range of doubles".into()));
            }
            out.push_str(text);
            Ok(())
        }
        Number::Whole(whole) => write!(out, "{whole}"),
        // Digits up to where doubles count in ones, an exponent beyond.
        Number::Float(float) if float == 0.0 || (1e-5..1e16).contains(&float.abs()) => write!(out, "{float}"),
        Number::Float(float) => write!(out, "{float:e}"),
    };
    Ok(())
}

/// Writes a string (RFC 8259, section 7): escaped is only what must be.
pub(crate) fn write_text(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    let mut rest = text;
    loop {
        let at = plain(rest.as_bytes(), 0);
        out.push_str(&rest[..at]);
        if at == rest.len() {
            break;
        }
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x8 => out.push_str("\\b"),
            0xc => out.push_str("\\f"),
            byte => drop(write!(out, "\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.push('"');
}

/// Compact JSON text over several lines, for people. Nothing but white space is added.
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped, mut opened) = (0_usize, false, false, false);
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    for char in json.chars() {
        let closes = !in_text && matches!(char, ']' | '}');
        if closes {
            depth = depth.saturating_sub(1);
        }
        // An empty collection stays on its line.
        if opened != closes {
            line(depth, &mut out);
        }
        opened = false;
        out.push(char);
        match char {
            '"' if !escaped => in_text = !in_text,
            '[' | '{' if !in_text => {
                depth += 1;
                opened = true;
            }
            ',' if !in_text => line(depth, &mut out),
            ':' if !in_text => out.push(' '),
            _ => {}
        }
        escaped = in_text && char == '\\' && !escaped;
    }
    out
}

/// Copies the value that comes next.
fn copy(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), Fault> {
    match scanner.kind()? {
        Kind::Text => copy_text(scanner, out)?,
        Kind::Number => {
            let text = scanner.number()?;
            write_number(Number::Written(text), out)?;
        }
        Kind::Null | Kind::Bool => {
            let start = scanner.at();
            scanner.literal()?;
            out.push_str(scanner.since(start));
        }
        Kind::Array => {
            out.push('[');
            let mut more = scanner.enter();
            while more {
                copy(scanner, out)?;
                more = scanner.more(b']')?;
                if more {
                    out.push(',');
                }
            }
            out.push(']');
        }
        Kind::Object => copy_object(scanner, out)?,
    }
    Ok(())
}

fn copy_text(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), Fault> {
    let start = scanner.at();
    if scanner.skip_text()? {
        let text = scanner.since(start);
        match unescaped(&text[1..text.len() - 1]) {
            Some(text) => write_text(&text, out),
            None => return Err(Broken::new(start, What::HalfPair).into()),
        }
    } else {
        out.push_str(scanner.since(start));
    }
    Ok(())
}

/// Copies an object; where a key stands twice, what was copied is taken back and its members are collected first.
fn copy_object(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), Fault> {
    let (start, length) = (scanner.at(), out.len());
    let mut keys = Keys::default();
    let mut is_double = false;
    out.push('{');
    let mut more = scanner.enter();
    while more {
        scanner.before_key()?;
        let key_start = out.len();
        copy_text(scanner, out)?;
        scanner.colon()?;
        is_double = is_double || !keys.insert(&out[key_start..]);
        out.push(':');
        if is_double {
            scanner.skip(0)?;
        } else {
            copy(scanner, out)?;
        }
        more = scanner.more(b'}')?;
        if more {
            out.push(',');
        }
    }
    out.push('}');
    if is_double {
        out.truncate(length);
        let object = Value::Raw(scanner.since(start), None);
        let members = object.members()?.unwrap_or_default();
        write_members(members.iter().map(|(key, value)| (key.as_ref(), value)), out)?;
    }
    Ok(())
}

/// The keys of an object, as they are written out.
#[derive(Default)]
struct Keys {
    few: Vec<Box<str>>,
    many: HashSet<Box<str>>,
}

impl Keys {
    /// Whether it was not there.
    fn insert(&mut self, key: &str) -> bool {
        if self.many.is_empty() {
            if self.few.iter().any(|known| **known == *key) {
                return false;
            }
            self.few.push(key.into());
            if self.few.len() > KEYS_FEW {
                self.many = self.few.drain(..).collect();
            }
            return true;
        }
        self.many.insert(key.into())
    }
}
