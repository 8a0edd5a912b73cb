//! Pins, written into a site file when a place is set up: the one time at which names are looked up, by another program.
//!
//! What comes in: a site file, and whoever looks names up. What goes out: the same site file with the pins of each name, and
//! which of them are not what they were. No credential is read.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde_json::{Map, Value};

use super::address::{PINS_MAX, WrittenAddress};
use super::{SITE_BYTES_MAX, SiteError, Written, located, read_text};

/// A site file whose names are pinned.
#[derive(Debug)]
pub(crate) struct Pinned {
    /// The file's text. Where nothing had to be changed it is what it was, to the byte.
    pub(crate) text: String,
    /// Upstreams whose address is a name.
    pub(crate) names: usize,
    /// One line for each of them that is pinned otherwise, or not at all.
    pub(crate) changes: Vec<String>,
}

/// Pins each name of a site file at what `look_up` says.
///
/// # Errors
/// The file cannot be read or is no site file; a name is not known, or stands for more addresses than are pinned.
pub(crate) fn pinned(
    file: &Path,
    look_up: &dyn Fn(&str) -> Result<BTreeSet<IpAddr>, String>,
) -> Result<Pinned, SiteError> {
    let shown = file.display();
    let text = read_text(file, SITE_BYTES_MAX).map_err(|fault| {
        SiteError(format!("cannot read the site file `{shown}`: {fault}; `airlock-host site` prints one to start from"))
    })?;
    let written: Written = serde_json::from_str(&text).map_err(|fault| located(file, &fault))?;
    let mut whole: Map<String, Value> = serde_json::from_str(&text).map_err(|fault| located(file, &fault))?;
    let (mut names, mut changes) = (0, Vec::new());
    for (name, upstream) in &written.upstreams.0 {
        let WrittenAddress::Origin(address) = &upstream.address else { continue };
        if !address.needs_pins() {
            continue;
        }
        names += 1;
        let told = |fault: String| SiteError(format!("{shown}: upstream `{name}`: {fault}"));
        let found = look_up(&address.host).map_err(told)?;
        let found: BTreeSet<SocketAddr> = found.into_iter().map(|ip| SocketAddr::new(ip, address.port)).collect();
        if found.is_empty() || found.len() > PINS_MAX {
            let (host, count) = (&address.host, found.len());
            return Err(told(format!("`{host}` stands for {count} addresses; 1 to {PINS_MAX} can be pinned")));
        }
        // The order is the operator's: with the same members it stays as it is.
        let before: BTreeSet<SocketAddr> = upstream.pins.iter().copied().collect();
        if before == found {
            continue;
        }
        changes.push(change(name, &address.host, &before, &found));
        let pins: Vec<Value> = found.iter().map(|pin| pin.to_string().into()).collect();
        put(&mut whole, name, pins.into());
    }
    let text = if changes.is_empty() { text } else { format!("{:#}\n", Value::Object(whole)) };
    Ok(Pinned { text, names, changes })
}

/// Sets the pins of an upstream: in place, or right behind its address.
fn put(whole: &mut Map<String, Value>, name: &str, pins: Value) {
    let upstream = whole.get_mut("upstreams").and_then(|upstreams| upstreams.get_mut(name));
    let Some(upstream) = upstream.and_then(Value::as_object_mut) else { return };
    if let Some(place) = upstream.get_mut("pins") {
        *place = pins;
    } else {
        let at = upstream.keys().position(|key| key == "address").map_or(0, |at| at + 1);
        upstream.shift_insert(at, "pins".to_owned(), pins);
    }
}

fn change(name: &str, host: &str, before: &BTreeSet<SocketAddr>, now: &BTreeSet<SocketAddr>) -> String {
    let list = |pins: &BTreeSet<SocketAddr>| pins.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ");
    let before = if before.is_empty() { "has no pins".to_owned() } else { format!("is pinned at {}", list(before)) };
    format!("upstream `{name}`: `{host}` {before}, and stands for {} now", list(now))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::net::IpAddr;

    use super::{Pinned, pinned};

    fn run(site: &str, known: &[&str]) -> Result<Pinned, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("site.json");
        fs::write(&file, site).expect("written");
        let look_up = |name: &str| {
            if name != "clinic.internal" {
                return Err(format!("`{name}` is no name"));
            }
            Ok(known.iter().map(|ip| ip.parse::<IpAddr>().expect("an address")).collect::<BTreeSet<_>>())
        };
        let shown = format!("{}/", directory.path().display());
        pinned(&file, &look_up).map_err(|fault| fault.to_string().replace(&shown, ""))
    }

    const SITE: &str = r#"{"upstreams": {
        "b": {"address": "http://clinic.internal:81", "limits": {"calls_at_once_max": 2}},
        "a": {"address": "http://10.0.0.1"}, "c": {"address": "unix:/run/c.sock"}, "d": {"address": "http://localhost"}
    }, "limits": {"seconds_max": 5}}"#;

    #[test]
    fn names_get_their_pins_and_nothing_else_is_changed() {
        let once = run(SITE, &["fd00::2", "10.1.2.3"]).expect("sound");
        let expected = "{\n  \"upstreams\": {\n    \"b\": {\n      \"address\": \"http://clinic.internal:81\",\n      \
                        \"pins\": [\n        \"10.1.2.3:81\",\n        \"[fd00::2]:81\"\n      ],\n      \"limits\"";
        assert!(once.text.starts_with(expected) && once.text.ends_with("5\n  }\n}\n"), "{}", once.text);
        assert_eq!(
            once.changes,
            ["upstream `b`: `clinic.internal` has no pins, and stands for 10.1.2.3:81, [fd00::2]:81 now"]
        );
        let again = run(&once.text, &["10.1.2.3", "fd00::2"]).expect("sound");
        assert_eq!((again.text, again.names, again.changes.len()), (once.text.clone(), 1, 0));
        let moved = run(&once.text, &["10.1.2.4"]).expect("sound");
        assert!(moved.changes[0].contains("is pinned at 10.1.2.3:81, [fd00::2]:81, and stands for 10.1.2.4:81 now"));
        assert!(moved.text.contains("\"pins\": [\n        \"10.1.2.4:81\"\n      ]"), "{}", moved.text);
    }

    #[test]
    fn what_cannot_be_pinned_is_told() {
        let many: Vec<String> = (0..17).map(|at| format!("10.0.0.{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for known in [&[][..], &many] {
            let told = run(SITE, known).expect_err("0 and 17 are no number of pins");
            assert!(told.contains("site.json: upstream `b`: `clinic.internal` stands for"), "{told}");
        }
        assert!(run("{", &[]).expect_err("no JSON").starts_with("site.json:1:1: EOF"));
    }
}
