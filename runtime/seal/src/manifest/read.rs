//! Reads a manifest strictly: no key twice, no fraction, no key that is not known, and nothing that the sums contradict.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{CHUNK_BYTES, FORMAT, Manifest};
use crate::sums::Sums;
use crate::{Code, MANIFEST, Refusal};

/// Hexadecimal digits of SHA-512 and SHA-256.
const SHA512_DIGITS: usize = 128;
const SHA256_DIGITS: usize = 64;

/// What the reader cites of the file may hold anything.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn unread(fault: serde_json::Error) -> Refusal {
    refused(format!(": {}", fault.to_string().escape_debug()))
}

impl Manifest {
    /// More bytes than this are not looked at; a manifest with the chunks of models of 2 TiB has fewer.
    pub const BYTES_MAX: u64 = 8 << 20;

    /// Reads the exact bytes of the file. Refused as [`Code::Format`].
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() as u64 > Self::BYTES_MAX {
            return Err(refused(format!(" is longer than {} bytes", Self::BYTES_MAX)));
        }
        let strict: Strict = serde_json::from_slice(bytes).map_err(unread)?;
        // Before the rest, since another format may have other keys.
        if strict.format != Some(u64::from(FORMAT)) {
            let told = strict.format.map_or_else(|| "no format".to_owned(), |format| format!("the format {format}"));
            return Err(refused(format!(
                " has {told}; this program reads the format {FORMAT}, and a newer one may read yours"
            )));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(unread)?;
        // A structure may be written as a list as well, and what is left out may be read as null: one form is enough.
        let mut written: Value = serde_json::from_slice(bytes).map_err(unread)?;
        if let Some(members) = written.as_object_mut().filter(|_| manifest.x.is_empty()) {
            members.shift_remove("x");
        }
        if serde_json::to_value(&manifest).ok() != Some(written) {
            return Err(refused(": a list stands where an object belongs, or a key is left out"));
        }
        manifest.is_well_formed()?;
        Ok(manifest)
    }

    fn is_well_formed(&self) -> Result<(), Refusal> {
        for (key, word, more) in
            [("name", &self.name, ""), ("target", &self.target, "_"), ("version", &self.version, "+")]
        {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
            let is_known = |byte: u8| is_plain(byte) || more.as_bytes().contains(&byte);
            if word.is_empty() || word.len() > 100 || word.starts_with(['.', '-']) || !word.bytes().all(is_known) {
                return Err(refused(format!(
                    ": `{key}` is `{}`, which is not of [a-z0-9.{more}-]",
                    word.escape_debug()
                )));
            }
        }
        for model in &self.models {
            let chunks = model.bytes.div_ceil(CHUNK_BYTES);
            if model.chunk_bytes != CHUNK_BYTES || model.chunks.len() as u64 != chunks {
                let path = model.path.escape_debug();
                return Err(refused(format!(": `{path}` has not {chunks} chunks of {CHUNK_BYTES} bytes")));
            }
        }
        let sha512 = self
            .files()
            .map(|(_, digest)| digest)
            .chain(self.models.iter().flat_map(|model| model.chunks.iter().map(String::as_str)));
        let previous = self.previous.iter().map(|previous| previous.sums_sha512.as_str());
        let sha256 = self
            .models
            .iter()
            .map(|model| &model.sha256)
            .chain(self.profiles.iter().map(|profile| &profile.tools_sha256));
        let sha256 = sha256.chain([&self.tools.sha256]).map(|digest| (digest.as_str(), SHA256_DIGITS));
        for (digest, digits) in sha512.chain(previous).map(|digest| (digest, SHA512_DIGITS)).chain(sha256) {
            if digest.len() != digits
                || !digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            {
                let shown: String = digest.escape_debug().take(140).collect();
                return Err(refused(format!(": `{shown}` is no digest of {digits} digits of 0-9 and a-f")));
            }
        }
        Ok(())
    }

    /// The files that it says a digest of.
    fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let program = [(self.binary.path.as_str(), self.binary.sha512.as_str())];
        let catalogs = self.catalogs.iter().map(|one| (one.path.as_str(), one.sha512.as_str()));
        let models = self.models.iter().map(|one| (one.path.as_str(), one.sha512.as_str()));
        program.into_iter().chain(catalogs).chain(models)
    }

    /// Whether every digest in it is the one of the sums. Refused as [`Code::Format`].
    pub fn agrees(&self, sums: &Sums) -> Result<(), Refusal> {
        match self.files().find(|(path, digest)| sums.get(path) != Some(digest)) {
            Some((path, _)) => {
                Err(refused(format!(" has another digest of `{}` than SHA512SUMS", path.escape_debug())))
            }
            None => Ok(()),
        }
    }
}

fn refused(text: impl fmt::Display) -> Refusal {
    Refusal::new(Code::Format, format!("{MANIFEST}{text}"))
}

/// Any JSON in which no object has a key twice and no number a fraction; of the whole, its `format`.
struct Strict {
    format: Option<u64>,
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Looks)
    }
}

struct Looks;

impl<'de> Visitor<'de> for Looks {
    type Value = Strict;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without fractions")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict { format: None })
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict { format: None })
    }

    /// A number is handed up, for the object that it is the `format` of.
    fn visit_u64<E: Error>(self, number: u64) -> Result<Strict, E> {
        Ok(Strict { format: Some(number) })
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict { format: None })
    }

    fn visit_unit<E: Error>(self) -> Result<Strict, E> {
        Ok(Strict { format: None })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        while items.next_element::<Strict>()?.is_some() {}
        Ok(Strict { format: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
        let mut keys = BTreeSet::new();
        let mut format = None;
        while let Some(key) = members.next_key::<String>()? {
            let value: Strict = members.next_value()?;
            if key == "format" {
                format = value.format;
            }
            if let Some(twice) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("the key `{}` stands there twice", twice.escape_debug())));
            }
        }
        Ok(Strict { format })
    }
}
