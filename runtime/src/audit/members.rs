//! What a process may say in a record that another one writes for it.
//!
//! The log's own members (place, time, kind, chain) are not taken from anybody, no member stands twice, and no byte ends a line.
//! Numbers are integers, so that a record reads the same everywhere.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Members that the log writes.
const OWN: [&str; 7] = ["v", "seq", "time", "kind", "call", "prev", "h"];

/// Longest name of a member, in bytes.
const NAME_BYTES_MAX: usize = 40;

/// The members of an object in compact JSON, without its braces. Says what is wrong with it.
pub(super) fn checked(object: &[u8]) -> Result<&str, String> {
    let text = str::from_utf8(object).map_err(|_| "a record is not UTF-8".to_owned())?;
    // In JSON they stand between values alone; a line feed would begin a line.
    if text.bytes().any(|byte| byte < 0x20) {
        return Err("a record holds a control character".to_owned());
    }
    serde_json::from_str::<Members>(text).map_err(|fault| format!("a record is not as it should be: {fault}"))?;
    let members = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    if members.is_empty() { Err("a record is empty".to_owned()) } else { Ok(members) }
}

struct Members;

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = access.next_key::<String>()? {
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty()
                || name.len() > NAME_BYTES_MAX
                || !name.bytes().all(is_name)
                || OWN.contains(&name.as_str())
            {
                return Err(A::Error::custom("it names a member that is not its own"));
            }
            access.next_value::<Plain>()?;
            if !names.insert(name) {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(self)
    }
}

/// A value without fractions, and not deeper than records are.
struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Below(1))?;
        Ok(Self)
    }
}

/// So many levels may follow.
struct Below(u8);

impl<'de> serde::de::DeserializeSeed<'de> for Below {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Below {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, an integer, true, false, null, or a list or an object of them")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let below = self.0.checked_sub(1).ok_or_else(|| A::Error::custom("it is too deep"))?;
        while access.next_element_seed(Below(below))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let below = self.0.checked_sub(1).ok_or_else(|| A::Error::custom("it is too deep"))?;
        while access.next_key::<String>()?.is_some() {
            access.next_value_seed(Below(below))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn nothing_but_its_own_members_is_taken_from_a_process() {
        assert_eq!(
            checked(br#"{"tool":"a","arguments":["b"],"arguments_from":{"b":"question 1"},"status":null}"#)
                .map(str::len),
            Ok(78)
        );
        for (object, part) in [
            (&b"{}"[..], "empty"),
            (b"[]", "an object"),
            (b"{\"tool\":\"a\"", "EOF"),
            (b"{\"tool\":\"a\"}x", "trailing"),
            (b"{\"tool\":\"a\",\"tool\":\"b\"}", "twice"),
            (b"{\"seq\":1}", "not its own"),
            (b"{\"h\":\"\"}", "not its own"),
            (b"{\"Tool\":1}", "not its own"),
            (b"{\"too\\u006c\":1,\"tool\":1}", "twice"),
            (b"{\"tool\":1.5}", "integer"),
            (b"{\"tool\":[[[]]]}", "too deep"),
            (b"{\"tool\":\n1}", "control character"),
            (b"{\"tool\":\"\xff\"}", "UTF-8"),
        ] {
            let fault = checked(object).expect_err(part);
            assert!(fault.contains(part), "{fault}");
        }
    }
}
