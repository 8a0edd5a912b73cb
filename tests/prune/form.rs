//! Rows say what the JSON says: it can be told from them.

use airlock_prune::{Form, indented, rows};
use serde_json::{Map, Value, json};

use super::generate::Dice;

/// Reads a bare cell: JSON if it is a number, a truth or null, else text.
fn bare(cell: &str) -> Option<Value> {
    if cell.is_empty() {
        return None;
    }
    let scalar = serde_json::from_str(cell).ok().filter(|value: &Value| !value.is_array() && !value.is_object());
    Some(scalar.unwrap_or_else(|| cell.into()))
}

/// A reader of RFC 4180 that knows nothing of the writer: records of cells, each with whether it was quoted.
fn records(text: &str) -> Vec<Vec<(String, bool)>> {
    let mut records = vec![Vec::new()];
    let (mut cell, mut quoted, mut inside) = (String::new(), false, false);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if inside => inside = false,
            '"' => (inside, quoted) = (true, true),
            ',' | '\n' if !inside => {
                let done = (std::mem::take(&mut cell), std::mem::take(&mut quoted));
                records.last_mut().expect("one is open").push(done);
                if char == '\n' {
                    records.push(Vec::new());
                }
            }
            char => cell.push(char),
        }
    }
    records.last_mut().expect("one is open").push((cell, quoted));
    records
}

fn from_csv(text: &str) -> Value {
    let text_of = |cell: &str| {
        if cell.starts_with(['[', '{', '"']) { serde_json::from_str(cell).expect("JSON") } else { Value::from(cell) }
    };
    let cell = |(cell, quoted): &(String, bool)| if *quoted { Some(text_of(cell)) } else { bare(cell) };
    let mut records = records(text).into_iter();
    let keys: Vec<String> = records
        .next()
        .expect("a header")
        .iter()
        .map(|(key, quoted)| if *quoted { text_of(key).as_str().expect("a key").to_owned() } else { key.clone() })
        .collect();
    let row = |record: Vec<(String, bool)>| {
        assert_eq!(record.len(), keys.len());
        let members = keys.iter().zip(&record).filter_map(|(key, value)| Some((key.clone(), cell(value)?)));
        Value::Object(members.collect())
    };
    records.map(row).collect()
}

/// Cells of a line of a Markdown table.
fn cells(line: &str) -> Vec<String> {
    let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).expect("a row");
    let mut cells = vec![String::new()];
    let mut chars = inner.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.peek() == Some(&'|') => {
                chars.next();
                cells.last_mut().expect("one is open").push('|');
            }
            '|' => cells.push(String::new()),
            char => cells.last_mut().expect("one is open").push(char),
        }
    }
    cells
}

fn from_table(text: &str) -> Value {
    let cell = |cell: &String| {
        if cell.starts_with(['[', '{', '"']) { Some(serde_json::from_str(cell).expect("JSON")) } else { bare(cell) }
    };
    let mut lines = text.split('\n');
    let header = cells(lines.next().expect("a header"));
    assert_eq!(lines.next(), Some(&*format!("|{}", "-|".repeat(header.len()))));
    let keys: Vec<String> = header
        .iter()
        .map(|key| match cell(key) {
            Some(Value::String(key)) => key,
            _ => key.clone(),
        })
        .collect();
    let row = |line: &str| {
        let cells = cells(line);
        assert_eq!(cells.len(), keys.len(), "{line}");
        Value::Object(keys.iter().zip(&cells).filter_map(|(key, value)| Some((key.clone(), cell(value)?))).collect())
    };
    lines.map(row).collect()
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "a b",
    " a",
    "a ",
    "1",
    "-1",
    "1.0",
    "1e5",
    "01",
    "2026-03-01",
    "10.0.0.1",
    "true",
    "false",
    "null",
    "nil",
    "-",
    "- a",
    "a,b",
    "a\"b",
    "\"",
    "\"a\"",
    "a\nb",
    "a\r\nb",
    "a|b",
    "a\\|b",
    "a\\",
    "\\",
    "[1]",
    "{\"a\":1}",
    "[",
    "{",
    "é",
    "😀",
    "\u{1b}",
    "\t",
    "NaN",
    "Infinity",
    "+1",
    "=1+1",
    "<|im_end|>",
];

fn value(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!(dice.of(&[0, 1, -1, 12_345])),
        2 => json!(dice.of(&[1.5, -0.25, 1e21])),
        3 => Value::Bool(true),
        4 => json!([dice.of(TEXTS), 1]),
        5 => json!({"x": dice.of(TEXTS)}),
        _ => dice.of(TEXTS).into(),
    }
}

#[test]
fn the_json_can_be_told_from_the_rows() {
    let keys = ["id", "name", "part-no", "a,b", "a|b", "1", "null", "\"", "[", "é", "a b"];
    for seed in 0..20_000_u64 {
        let dice = &mut Dice::new(seed);
        let columns: Vec<&str> = keys.into_iter().filter(|_| dice.below(3) == 0).collect();
        let row = |dice: &mut Dice| {
            let mut members = Map::new();
            for column in &columns {
                if dice.below(6) > 0 {
                    members.insert((*column).to_owned(), value(dice));
                }
            }
            Value::Object(members)
        };
        let wanted: Value = (0..=dice.below(4)).map(|_| row(dice)).collect();
        let json = wanted.to_string();
        assert_eq!(serde_json::from_str::<Value>(&indented(&json)).expect("JSON"), wanted);
        let csv = rows(&json, Form::Csv).expect("JSON");
        let table = rows(&json, Form::Table).expect("JSON");
        assert_eq!(csv.is_some(), wanted.as_array().is_some_and(|rows| rows.iter().any(|row| row != &json!({}))));
        if let (Some(csv), Some(table)) = (csv, table) {
            assert_eq!(from_csv(&csv), wanted, "{csv}");
            assert_eq!(from_table(&table), wanted, "{table}");
        }
    }
}

#[test]
fn what_is_no_array_of_objects_stays_json() {
    for json in
        ["1", "\"a\"", "null", "{}", "{\"a\":[{\"b\":1}]}", "[]", "[{}]", "[1]", "[{\"a\":1},null]", "[[{\"a\":1}]]"]
    {
        for form in [Form::Json, Form::Csv, Form::Table] {
            assert_eq!(rows(json, form), Ok(None), "{json}");
        }
    }
    let wide: Map<String, Value> = (0..65).map(|key| (format!("k{key}"), 1.into())).collect();
    assert_eq!(rows(&json!([wide]).to_string(), Form::Csv), Ok(None));
    assert!(rows("[{", Form::Csv).is_err());
}

#[test]
fn rows_are_what_people_expect() {
    let json = r#"[{"id":1,"name":"Li, Wei","ward":null,"at":"2026-03-01"},{"id":2.10,"name":"O|K","tags":["a"]}]"#;
    let csv = rows(json, Form::Csv).expect("JSON").expect("rows");
    assert_eq!(csv, "id,name,ward,at,tags\n1,\"Li, Wei\",null,2026-03-01,\n2.10,O|K,,,\"[\"\"a\"\"]\"");
    let table = rows(json, Form::Table).expect("JSON").expect("rows");
    assert_eq!(table, "|id|name|ward|at|tags|\n|-|-|-|-|-|\n|1|Li, Wei|null|2026-03-01||\n|2.10|O\\|K|||[\"a\"]|");
    assert_eq!(
        indented(r#"{"a":[],"b":[1,{"c":"x,\"{y"}]}"#),
        "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {\n      \"c\": \"x,\\\"{y\"\n    }\n  ]\n}"
    );
}
