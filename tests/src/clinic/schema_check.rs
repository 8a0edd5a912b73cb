//! A checker for the schemas that the clinic's document uses. A keyword that it does not know is a mistake of its own.

use super::moment::{Day, Moment};
use serde_json::Value;

/// Every place at which the value breaks the schema, in words.
pub(super) fn mistakes(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut checker = Checker { document, found: Vec::new() };
    checker.check(schema, value, "");
    checker.found
}

/// The schema or other object that a reference names; the object itself without one.
pub(super) fn resolve<'a>(document: &'a Value, object: &'a Value) -> &'a Value {
    let Some(reference) = object["$ref"].as_str() else { return object };
    let pointer = reference.strip_prefix('#').unwrap_or(reference);
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} names nothing"))
}

struct Checker<'a> {
    document: &'a Value,
    found: Vec<String>,
}

impl Checker<'_> {
    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        let document = self.document;
        let schema = resolve(document, schema);
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        for (keyword, bound) in schema.as_object().into_iter().flatten() {
            let fits = match keyword.as_str() {
                "description" | "nullable" | "default" => true,
                "type" => has_type(bound.as_str().unwrap_or_default(), value),
                "enum" => bound.as_array().is_some_and(|words| words.contains(value)),
                "minimum" => value.as_f64() >= bound.as_f64(),
                "maximum" => value.as_f64() <= bound.as_f64(),
                "minLength" => length(value) >= bound.as_u64(),
                "maxLength" => length(value) <= bound.as_u64(),
                "minItems" => items(value) >= bound.as_u64(),
                "maxItems" => items(value) <= bound.as_u64(),
                "pattern" => matches_pattern(bound.as_str().unwrap_or_default(), value.as_str().unwrap_or_default()),
                "format" => has_format(bound.as_str().unwrap_or_default(), value),
                "required" => bound.as_array().into_iter().flatten().all(|name| {
                    let name = name.as_str().unwrap_or_default();
                    value.get(name).is_some()
                }),
                "additionalProperties" => {
                    let known = schema["properties"].as_object();
                    *bound == false
                        && value
                            .as_object()
                            .into_iter()
                            .flatten()
                            .all(|(key, _)| known.is_some_and(|known| known.contains_key(key)))
                }
                "properties" => {
                    for (name, schema) in bound.as_object().into_iter().flatten() {
                        if let Some(member) = value.get(name) {
                            self.check(schema, member, &format!("{at}/{name}"));
                        }
                    }
                    true
                }
                "items" => {
                    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(bound, item, &format!("{at}/{place}"));
                    }
                    true
                }
                _ => panic!("the checker does not know `{keyword}`"),
            };
            if !fits {
                self.found.push(format!("{at}: {value} breaks {keyword}: {bound}"));
            }
        }
    }
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => panic!("no type is named `{name}`"),
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn items(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}

fn has_format(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match name {
        "date" => Day::parse(text).is_some(),
        "date-time" => Moment::parse(text).is_some(),
        "email" => text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')),
        "uri" => text.starts_with("http://") || text.starts_with("https://"),
        "uri-reference" => !text.is_empty() && !text.contains(' '),
        "int64" => value.is_i64() || value.is_u64(),
        _ => panic!("the checker does not know the format `{name}`"),
    }
}

/// Anchored patterns of plain characters and classes, each once, `{n}` times or `+`.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some(mut pattern) = pattern.strip_prefix('^').and_then(|pattern| pattern.strip_suffix('$')) else {
        panic!("`{pattern}` is not anchored")
    };
    let mut text = text;
    while let Some(first) = pattern.chars().next() {
        let (class, rest) = match pattern.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((class, rest)) => (class.to_owned(), rest),
            None => (first.to_string(), &pattern[first.len_utf8()..]),
        };
        let most = text.chars().take_while(|&character| in_class(&class, character)).count();
        let (wanted, rest) = if let Some(rest) = rest.strip_prefix('+') {
            (most.max(1), rest)
        } else if let Some((times, rest)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            (times.parse().expect("a number of times"), rest)
        } else {
            (1, rest)
        };
        if most < wanted {
            return false;
        }
        // Classes hold ASCII alone, so characters are bytes.
        text = &text[wanted..];
        pattern = rest;
    }
    text.is_empty()
}

fn in_class(class: &str, character: char) -> bool {
    let class: Vec<char> = class.chars().collect();
    let mut place = 0;
    while place < class.len() {
        let (low, high, width) = if class.get(place + 1) == Some(&'-') && place + 2 < class.len() {
            (class[place], class[place + 2], 3)
        } else {
            (class[place], class[place], 1)
        };
        if (low..=high).contains(&character) {
            return true;
        }
        place += width;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns() {
        assert!(matches_pattern("^W[0-9]-[0-9]{2}$", "W3-05"));
        assert!(!matches_pattern("^W[0-9]-[0-9]{2}$", "W3-055"));
        assert!(!matches_pattern("^[HDWC][0-9]$", "X1"));
        assert!(matches_pattern("^[a-z0-9]+$", "at25"));
        assert!(!matches_pattern("^[a-z0-9]+$", ""));
    }

    #[test]
    fn every_keyword_can_fail() {
        let broken = [
            (json!({"type": "integer"}), json!(1.5)),
            (json!({"type": "string"}), json!(null)),
            (json!({"enum": ["a"]}), json!("b")),
            (json!({"minimum": 1}), json!(0)),
            (json!({"maximum": 1}), json!(2)),
            (json!({"minLength": 1}), json!("")),
            (json!({"maxLength": 1}), json!("ab")),
            (json!({"minItems": 1}), json!([])),
            (json!({"maxItems": 0}), json!([1])),
            (json!({"pattern": "^a$"}), json!("b")),
            (json!({"format": "date"}), json!("2026-02-30")),
            (json!({"required": ["a"]}), json!({"b": 1})),
            (json!({"properties": {}, "additionalProperties": false}), json!({"b": 1})),
            (json!({"properties": {"a": {"type": "string"}}}), json!({"a": 1})),
            (json!({"items": {"type": "string"}}), json!([1])),
        ];
        for (schema, value) in broken {
            assert_eq!(mistakes(&json!({}), &schema, &value).len(), 1, "{schema} {value}");
        }
        assert!(mistakes(&json!({}), &json!({"type": "string", "nullable": true}), &json!(null)).is_empty());
    }
}
