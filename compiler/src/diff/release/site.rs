//! The site template: what a release would be let reach, and what it asks of the machine.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Difference, PartKind};

/// What a site file without `isolation` asks for: `Minimum::default` of the runtime, with the versions that it names.
pub const ISOLATION_DEFAULT: [&str; 3] = ["fds-closed", "landlock>=1", "seccomp-tight"];

/// Tells of every difference between two site files.
pub(super) fn compare(old: &Value, new: &Value, found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    isolation(old, new, found);
    let (before, after) = (table(old, "upstreams"), table(new, "upstreams"));
    for (name, upstream) in &after {
        let Some(was) = before.get(*name) else {
            let pins = texts(upstream, "pins");
            let at = if pins.is_empty() { String::new() } else { format!(", dialled at {}", join(&pins)) };
            let detail = format!("{}{at}", shown(&upstream["address"]));
            found.push(Difference::new(PartKind::EgressAdded, name, detail));
            secrets(name, &Value::Null, upstream, found);
            continue;
        };
        self::upstream(name, was, upstream, found);
    }
    for (name, upstream) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        found.push(Difference::new(PartKind::EgressRemoved, name, shown(&upstream["address"])));
    }
    rest("", old, new, &["upstreams", "isolation"], found);
}

fn isolation(old: &Value, new: &Value, found: &mut Vec<Difference>) {
    let least = |site: &Value| -> BTreeMap<String, u64> {
        let written = site["isolation"].get("minimum").and_then(Value::as_array);
        let texts: Vec<String> = match written {
            Some(items) => items.iter().map(shown_plain).collect(),
            None => ISOLATION_DEFAULT.map(str::to_owned).to_vec(),
        };
        let split = |text: String| match text.split_once(">=") {
            Some((layer, version)) => (layer.to_owned(), version.parse().unwrap_or_default()),
            None => (text, 0),
        };
        texts.into_iter().map(split).collect()
    };
    let (before, after) = (least(old), least(new));
    let told = |(layer, version): (&String, &u64)| match version {
        0 => layer.clone(),
        version => format!("{layer}>={version}"),
    };
    let list = |of: &BTreeMap<String, u64>| {
        let all: Vec<String> = of.iter().map(told).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    };
    if before == after {
        return;
    }
    let is_lowered = before.iter().any(|(layer, version)| after.get(layer).is_none_or(|now| now < version));
    let kind = if is_lowered { PartKind::IsolationLowered } else { PartKind::IsolationRaised };
    found.push(Difference::new(kind, "isolation", format!("{} instead of {}", list(&after), list(&before))));
}

fn upstream(name: &str, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    for (key, kind) in
        [("address", PartKind::AddressChanged), ("ca", PartKind::CaChanged), ("plain_http", PartKind::PlainHttpChanged)]
    {
        if old[key] != new[key] {
            let detail = format!("{key}: {} instead of {}", shown(&new[key]), shown(&old[key]));
            found.push(Difference::new(kind, name, detail));
        }
    }
    let (before, after) = (texts(old, "pins"), texts(new, "pins"));
    if before != after {
        let is_fewer = !after.is_empty() && after.is_subset(&before);
        let kind = if is_fewer { PartKind::PinsRemoved } else { PartKind::PinsChanged };
        found.push(Difference::new(kind, name, format!("pins: {} instead of {}", join(&after), join(&before))));
    }
    secrets(name, old, new, found);
    rest(&format!("upstreams.{name}."), old, new, &["address", "ca", "plain_http", "pins", "credentials"], found);
}

fn secrets(upstream: &str, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    let (before, after) = (table(old, "credentials"), table(new, "credentials"));
    for (name, place) in &after {
        match before.get(*name) {
            None => {
                let detail = format!("`{name}` from {}", shown(place));
                found.push(Difference::new(PartKind::SecretAdded, upstream, detail));
            }
            Some(was) if was != place => {
                let detail = format!("`{name}` from {} instead of {}", shown(place), shown(was));
                found.push(Difference::new(PartKind::SecretMoved, upstream, detail));
            }
            Some(_) => {}
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        found.push(Difference::new(PartKind::SecretRemoved, upstream, format!("`{name}`")));
    }
}

/// Every other key, one line each.
fn rest(prefix: &str, old: &Value, new: &Value, but: &[&str], found: &mut Vec<Difference>) {
    let empty = Map::new();
    let (before, after) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys.into_iter().filter(|key| !but.contains(&key.as_str())) {
        let (old, new) = (before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null));
        let path = format!("{prefix}{key}");
        if old.is_object() && new.is_object() {
            rest(&format!("{path}."), old, new, &[], found);
        } else if old != new {
            let detail = format!("{} instead of {}", shown(new), shown(old));
            found.push(Difference::new(PartKind::SiteChanged, path, detail));
        }
    }
}

/// The members of an object that stands at a key.
fn table<'v>(value: &'v Value, key: &str) -> BTreeMap<&'v str, &'v Value> {
    let members = value.get(key).and_then(Value::as_object);
    members.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
}

/// The items of a list that stands at a key.
fn texts(value: &Value, key: &str) -> BTreeSet<String> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().map(shown_plain).collect()
}

fn join(of: &BTreeSet<String>) -> String {
    if of.is_empty() { "none".to_owned() } else { of.iter().cloned().collect::<Vec<_>>().join(", ") }
}

fn shown_plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { shown_plain(value) }
}
