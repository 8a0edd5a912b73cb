//! Results as rows, which cost a model fewer tokens than JSON.
//!
//! What comes in: JSON text that a rule gave. What goes out: the same facts with every key said once, where the result is an
//! array of objects. A cell is bare only where it cannot be taken for another value, so that the JSON can be told from it:
//! `1` is a number and `"1"` a string, a missing member is an empty cell and null is `null`.

use std::borrow::Cow;

use airlock_contract::tool::Form;

use crate::fault::Fault;
use crate::plan::check;
use crate::scan::Scanner;
use crate::value::{Members, Value, shallow};
use crate::write::{write, write_text};

/// Rows have at most this many different keys: beyond it most cells would be empty.
const COLUMNS_MAX: usize = 64;

/// Writes a result in another form; `None` where it has none: [`Form::Json`], and what is no array of objects.
///
/// CSV is RFC 4180's with line feeds: a quoted cell is a string, and JSON text if it begins with `[`, `{` or `"`. In a table
/// (<https://github.github.com/gfm/#tables-extension->) a cell is bare text or JSON text, and `|` is written `\|`.
///
/// # Errors
/// [`Fault::Body`] if it is not JSON.
pub fn rows(json: &str, form: Form) -> Result<Option<String>, Fault> {
    let write_rows = match form {
        Form::Json => return Ok(None),
        Form::Csv => csv,
        Form::Table => table,
    };
    check(json)?;
    let Some(items) = shallow(&mut Scanner::new(json), 0)?.items()? else { return Ok(None) };
    let mut rows = Vec::with_capacity(items.len());
    for item in items.iter() {
        let Some(members) = item.members()? else { return Ok(None) };
        rows.push(members);
    }
    let mut columns: Vec<Cow<'_, str>> = Vec::new();
    for (key, _) in rows.iter().flat_map(|row| row.iter()) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
        if columns.len() > COLUMNS_MAX {
            return Ok(None);
        }
    }
    if columns.is_empty() {
        return Ok(None);
    }
    write_rows(&columns, &rows).map(Some)
}

fn csv(columns: &[Cow<'_, str>], rows: &[std::rc::Rc<Members<'_>>]) -> Result<String, Fault> {
    let mut out = String::new();
    let quoted = |cell: &str, out: &mut String| {
        out.push('"');
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    };
    let text = |text: &str, out: &mut String| {
        if text.starts_with(['[', '{', '"']) {
            let mut json = String::new();
            write_text(text, &mut json);
            quoted(&json, out);
        } else if is_plain(text) && !text.contains([',', '"', '\r', '\n']) {
            out.push_str(text);
        } else {
            quoted(text, out);
        }
    };
    for (position, column) in columns.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        text(column, &mut out);
    }
    for row in rows {
        out.push('\n');
        for (position, column) in columns.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            match member(row, column) {
                None => {}
                Some(Value::Text(value)) => text(value, &mut out),
                Some(value) => {
                    let mut json = String::new();
                    write(value, &mut json)?;
                    if json.starts_with(['[', '{']) { quoted(&json, &mut out) } else { out.push_str(&json) }
                }
            }
        }
    }
    Ok(out)
}

fn table(columns: &[Cow<'_, str>], rows: &[std::rc::Rc<Members<'_>>]) -> Result<String, Fault> {
    let mut out = String::from("|");
    let text = |text: &str, out: &mut String| {
        let mut cell = String::new();
        // A backslash at the end would escape what ends the cell.
        let is_bare = is_plain(text) && !text.starts_with(['[', '{', '"']) && !text.ends_with('\\');
        if is_bare && !text.contains(char::is_control) {
            cell.push_str(text);
        } else {
            write_text(text, &mut cell);
        }
        out.push_str(&cell.replace('|', "\\|"));
        out.push('|');
    };
    for column in columns {
        text(column, &mut out);
    }
    out.push_str("\n|");
    out.push_str(&"-|".repeat(columns.len()));
    for row in rows {
        out.push_str("\n|");
        for column in columns {
            match member(row, column) {
                None => out.push('|'),
                Some(Value::Text(value)) => text(value, &mut out),
                Some(value) => {
                    let mut json = String::new();
                    write(value, &mut json)?;
                    out.push_str(&json.replace('|', "\\|"));
                    out.push('|');
                }
            }
        }
    }
    Ok(out)
}

fn member<'m, 'i>(row: &'m Members<'i>, name: &str) -> Option<&'m Value<'i>> {
    row.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Whether a bare text is read as a string: it is no other JSON value, and no space at its ends can get lost.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !matches!(text, "null" | "true" | "false")
        && !text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        || is_date_or_code(text)
}

/// Begins as a number and is none: a date, a version, an address.
fn is_date_or_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.trim() == text && text.parse::<f64>().is_err()
}
