//! A value against the manifest's own JSON Schema: every fault at once, each at its place.
//!
//! This knows the keywords that schemars writes for the manifest's types, and no others.

use serde_json::{Map, Value};

use crate::load::escape_token;
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};

/// What a walk needs to know.
pub(super) struct Conform<'a> {
    pub(super) file: FileId,
    pub(super) schema: &'a Value,
    pub(super) report: &'a mut Report,
}

impl Conform<'_> {
    /// Reports what is wrong with `value`, which stands at `pointer`, and repairs it so that reading can go on: unknown
    /// keys are removed, and so are values of a wrong type.
    pub(super) fn check(&mut self, value: &mut Value, schema: &Value, pointer: &str) -> bool {
        let schema = self.resolve(schema).clone();
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = schema.get(keyword) {
                return self.check_branches(value, branches, pointer);
            }
        }
        if !self.check_type(value, &schema, pointer) {
            return false;
        }
        match value {
            Value::Object(members) => self.check_members(members, &schema, pointer),
            Value::Array(items) => {
                let item_schema = schema.get("items").cloned().unwrap_or(Value::Bool(true));
                let mut kept = Vec::new();
                for (position, mut item) in items.drain(..).enumerate() {
                    if self.check(&mut item, &item_schema, &format!("{pointer}/{position}")) {
                        kept.push(item);
                    }
                }
                *items = kept;
            }
            _ => {}
        }
        true
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema.get("$ref").and_then(Value::as_str).and_then(|pointer| pointer.strip_prefix('#')) {
            Some(pointer) => self.schema.pointer(pointer).unwrap_or(schema),
            None => schema,
        }
    }

    /// schemars writes `anyOf` for an optional type (with null) and `oneOf` for the words of an enum.
    fn check_branches(&mut self, value: &mut Value, branches: &[Value], pointer: &str) -> bool {
        if value.is_null() && branches.iter().any(|branch| branch["type"] == "null") {
            return true;
        }
        let branches: Vec<Value> = branches.iter().filter(|branch| branch["type"] != "null").cloned().collect();
        if let [only] = branches.as_slice() {
            return self.check(value, only, pointer);
        }
        let words: Vec<&str> = branches.iter().filter_map(|branch| branch["const"].as_str()).collect();
        self.check_word(value, &words, pointer)
    }

    fn check_word(&mut self, value: &Value, words: &[&str], pointer: &str) -> bool {
        if value.as_str().is_some_and(|word| words.contains(&word)) {
            return true;
        }
        let mut diagnostic =
            Diagnostic::error("E0203", format!("{} takes one of: {}", named(pointer), words.join(", ")))
                .at(At::value(self.file, pointer), format!("is {value}"));
        diagnostic = match value.as_str().and_then(|word| did_you_mean(word, words.iter().copied())) {
            Some(word) => diagnostic.patch("did you mean this one?", At::value(self.file, pointer), word),
            None => diagnostic.help("write one of these words, or remove the key"),
        };
        self.report.push(diagnostic);
        false
    }

    fn check_type(&mut self, value: &Value, schema: &Value, pointer: &str) -> bool {
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let fits = |name: &&str| match *name {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        let least = schema.get("minimum").and_then(Value::as_f64);
        if types.iter().any(fits) && least.is_none_or(|least| value.as_f64().is_none_or(|number| number >= least)) {
            return true;
        }
        let wanted = types.iter().copied().find(|name| *name != "null").unwrap_or("null");
        let described = match value {
            Value::Number(number) if wanted == "integer" && number.is_f64() => "a number with a fraction",
            Value::Number(number) if wanted == "integer" && number.is_i64() => "below 0",
            value => describe(value),
        };
        self.report.push(
            Diagnostic::error("E0203", format!("{} takes {}", named(pointer), article(wanted)))
                .at(At::value(self.file, pointer), format!("is {described}"))
                .help(way_to_write(wanted, value)),
        );
        false
    }

    fn check_members(&mut self, members: &mut Map<String, Value>, schema: &Value, pointer: &str) {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let rest = schema.get("additionalProperties").cloned().unwrap_or(Value::Bool(true));
        let mut kept = Map::new();
        for (key, mut member) in std::mem::take(members) {
            let at = format!("{pointer}/{}", escape_token(&key));
            let member_schema = properties.get(&key).unwrap_or(&rest);
            if *member_schema == Value::Bool(false) {
                self.unknown_key(&key, &at, properties);
            } else if self.check(&mut member, member_schema, &at) {
                kept.insert(key, member);
            } else {
                // Reported already: a key that is there with a wrong value is not missing.
                kept.insert(key, Value::Null);
            }
        }
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !kept.contains_key(name) {
                self.missing_key(name, pointer, &properties[name]);
            }
        }
        *members = kept;
    }

    fn unknown_key(&mut self, key: &str, at: &str, properties: &Map<String, Value>) {
        let names = properties.keys().map(String::as_str);
        let mut diagnostic = Diagnostic::error("E0201", format!("unknown key `{key}`"))
            .at(At::key(self.file, at), "is not a key at this place");
        diagnostic = match did_you_mean(key, names.clone()) {
            Some(name) => diagnostic.patch("did you mean this one?", At::key(self.file, at), name),
            None => diagnostic.help(format!("the keys here are: {}", names.collect::<Vec<_>>().join(", "))),
        };
        self.report.push(diagnostic);
    }

    fn missing_key(&mut self, name: &str, pointer: &str, schema: &Value) {
        let whole = if pointer.is_empty() { "the catalog".to_owned() } else { format!("`{}`", last(pointer)) };
        let description = self.resolve(schema).get("description").or(schema.get("description"));
        let description = description.and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
        self.report.push(
            Diagnostic::error("E0202", format!("{whole} has no `{name}`"))
                .at(At::key(self.file, pointer), format!("needs `{name}`"))
                .help(format!("add `{name}:` — {description}")),
        );
    }
}

/// What stands at a place, by its key.
fn named(pointer: &str) -> String {
    match pointer.rsplit_once('/') {
        Some((list, item)) if item.bytes().all(|byte| byte.is_ascii_digit()) => format!("an item of `{}`", last(list)),
        _ => format!("`{}`", last(pointer)),
    }
}

fn last(pointer: &str) -> String {
    pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

fn article(name: &str) -> &'static str {
    match name {
        "boolean" => "`true` or `false`",
        "string" => "a text",
        "integer" => "a whole number, 0 or more",
        "number" => "a number",
        "array" => "a list",
        "null" => "nothing",
        _ => "a mapping",
    }
}

/// How a value of this type is written, for somebody who wrote `found`.
fn way_to_write(wanted: &str, found: &Value) -> &'static str {
    match wanted {
        "string" if found.is_object() || found.is_array() => "write one text; put it in quotes if it holds `: ` or `#`",
        "string" => "put it in quotes",
        "boolean" => "write `true` or `false`, without quotes",
        "integer" => "write digits alone, without a sign, a unit or quotes",
        "number" => "write the number alone, without a unit or quotes",
        "array" => "write the items as `[a, b]`, or each on a line of its own behind `- `",
        "null" => "remove it",
        _ => "write its keys on the lines below it, indented further",
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
