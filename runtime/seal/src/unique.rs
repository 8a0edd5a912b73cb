//! Objects of site files whose keys stand there once.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

/// An object of JSON whose keys may not repeat: parsers keep the last of two and say nothing, so that a person reads one address
/// and the program another (RFC 8259, section 4).
#[derive(Debug)]
pub struct UniqueMap<T>(pub BTreeMap<String, T>);

impl<T> Default for UniqueMap<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value()?;
            if all.contains_key(&key) {
                return Err(A::Error::custom(format!("`{}` is given twice", key.escape_debug())));
            }
            all.insert(key, value);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::UniqueMap;

    #[test]
    fn a_key_stands_there_once() {
        let read = |text: &str| serde_json::from_str::<UniqueMap<u8>>(text).map_err(|fault| fault.to_string());
        assert_eq!(
            read(r#"{"b": 1, "a": 2}"#).expect("is one").0.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), 2), ("b".to_owned(), 1)]
        );
        let fault = read(r#"{"a\n": 1, "b": 2, "\u0061\n": 1}"#).expect_err("twice");
        assert!(fault.starts_with("`a\\n` is given twice at line 1"), "{fault}");
        read("[]").expect_err("is a list");
    }
}
