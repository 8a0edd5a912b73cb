//! The header of a GGUF file (ggml, `docs/gguf.md`, versions 2 and 3): what a model says of itself.
//!
//! Every count and length is the file's own and may be anything, so each is held to a bound before it is believed, and all
//! that is read together as well. Weights are not looked at.

use std::collections::BTreeSet;
use std::io::Read;

use airlock_offer::hex;
use sha2::{Digest as _, Sha256};

/// Members that a header may have: models have some dozens.
const MEMBERS_MAX: u64 = 4096;
/// Tensors that a file may announce.
const TENSORS_MAX: u64 = 1 << 20;
/// Bytes of a member's name (the format's own bound).
const NAME_BYTES_MAX: u64 = 65_535;
/// Bytes of a string: chat templates have some thousands.
const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Items of an array: vocabularies have some hundred thousands.
const ITEMS_MAX: u64 = 1 << 22;
/// Bytes of all members together.
const HEADER_BYTES_MAX: u64 = 256 << 20;

/// What a header says, as far as it is told on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Of the format.
    pub version: u32,
    pub tensors: u64,
    pub members: u64,
    /// Such as `qwen2`.
    pub architecture: Option<String>,
    /// Its own name for itself.
    pub name: Option<String>,
    /// The publisher's word for its licence, which is not ours.
    pub licence: Option<String>,
    /// Most of its weights, such as `Q4_K_M`.
    pub quantisation: Option<String>,
    /// Tokens that it was trained to look back on.
    pub context_tokens: Option<u64>,
    /// Such as `gpt2`.
    pub tokenizer: Option<String>,
    /// How the tokenizer cuts before it looks up.
    pub tokenizer_pre: Option<String>,
    /// How many tokens there are.
    pub tokens: Option<u64>,
    /// SHA-256 of the tokens as they stand in the file: of each its length (64 bits, little-endian) and its bytes.
    pub tokens_sha256: Option<String>,
    /// Programs in Jinja that the host runs, by their name; the usual one has none.
    pub templates: Vec<(String, String)>,
}

/// The kinds of values, by their number in the file.
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Bytes of a value of a fixed size.
fn width(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

impl Header {
    /// Reads a header. What is wrong is said in words that go on from the file's name.
    pub fn read(file: &mut dyn Read) -> Result<Self, String> {
        let mut reader = Reader { file, left: HEADER_BYTES_MAX };
        if &reader.bytes::<4>()? != b"GGUF" {
            return Err("is no GGUF file: it does not begin with `GGUF`".to_owned());
        }
        let version = u32::from_le_bytes(reader.bytes()?);
        if !matches!(version, 2 | 3) {
            return Err(format!("has version {version} of the format; 2 and 3 are known here, both little-endian"));
        }
        let (tensors, members) = (reader.number()?, reader.number()?);
        if tensors > TENSORS_MAX || members > MEMBERS_MAX {
            return Err(format!("announces {tensors} tensors and {members} members, more than any model has"));
        }
        let mut header = Self { version, tensors, members, ..Self::default() };
        let mut contexts = Vec::new();
        let mut names = BTreeSet::new();
        for _ in 0..members {
            let name = reader.text(NAME_BYTES_MAX, "the name of a member")?;
            if !names.insert(name.clone()) {
                return Err(format!("has the member `{}` twice", name.escape_debug()));
            }
            let kind = u32::from_le_bytes(reader.bytes()?);
            header.member(&name, kind, &mut reader, &mut contexts)?;
        }
        let of = |architecture: &String| {
            let key = format!("{architecture}.context_length");
            contexts.iter().find(|(name, _)| *name == key).map(|(_, tokens)| *tokens)
        };
        header.context_tokens = header.architecture.as_ref().and_then(of);
        header.templates.sort();
        Ok(header)
    }

    /// Takes in one member, or passes over it.
    fn member(
        &mut self,
        name: &str,
        kind: u32,
        reader: &mut Reader<'_>,
        contexts: &mut Vec<(String, u64)>,
    ) -> Result<(), String> {
        match kind {
            STRING => {
                let text = reader.text(TEXT_BYTES_MAX, name)?;
                match name {
                    "general.architecture" => self.architecture = Some(text),
                    "general.name" => self.name = Some(text),
                    "general.license" => self.licence = Some(text),
                    "tokenizer.ggml.model" => self.tokenizer = Some(text),
                    "tokenizer.ggml.pre" => self.tokenizer_pre = Some(text),
                    "tokenizer.chat_template" => self.templates.push((String::new(), text)),
                    _ => {
                        if let Some(named) = name.strip_prefix("tokenizer.chat_template.") {
                            self.templates.push((named.to_owned(), text));
                        }
                    }
                }
            }
            ARRAY => {
                let (items, count) = reader.array(name)?;
                match (name, items) {
                    ("tokenizer.ggml.tokens", STRING) => {
                        self.tokens = Some(count);
                        self.tokens_sha256 = Some(reader.strings(count, name)?);
                    }
                    (_, STRING) => drop(reader.strings(count, name)?),
                    (_, items) => {
                        let bytes = width(items).ok_or_else(|| unknown(name, items))?;
                        reader.skip(count.saturating_mul(bytes as u64))?;
                    }
                }
            }
            kind => {
                let bytes = width(kind).ok_or_else(|| unknown(name, kind))?;
                let value = reader.little(bytes)?;
                // Of numbers, only whole ones without a sign are told on.
                let whole = matches!(kind, 0 | 2 | 4 | 10).then_some(value);
                if name == "general.file_type" {
                    self.quantisation = whole.map(quantisation);
                } else if name.ends_with(".context_length") {
                    contexts.extend(whole.map(|tokens| (name.to_owned(), tokens)));
                }
            }
        }
        Ok(())
    }

    /// SHA-256 of each template, by its name, in order.
    pub fn template_digests(&self) -> impl Iterator<Item = (&str, String)> {
        self.templates.iter().map(|(name, text)| (name.as_str(), hex(&Sha256::digest(text.as_bytes()))))
    }
}

fn unknown(name: &str, kind: u32) -> String {
    format!("has the member `{}` of the kind {kind}, which is not known here", name.escape_debug())
}

/// Reads no more than the bytes that are left.
struct Reader<'f> {
    file: &'f mut dyn Read,
    left: u64,
}

impl Reader<'_> {
    fn spend(&mut self, bytes: u64) -> Result<(), String> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| format!("has a header of more than {HEADER_BYTES_MAX} bytes, as no model has"))?;
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        self.file.read_exact(buffer).map_err(|fault| match fault.kind() {
            std::io::ErrorKind::UnexpectedEof => "ends inside of its header".to_owned(),
            _ => format!("cannot be read: {fault}"),
        })
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.spend(N as u64)?;
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// A number of so many bytes, eight at most.
    fn little(&mut self, bytes: usize) -> Result<u64, String> {
        let mut value = [0; 8];
        self.spend(bytes as u64)?;
        self.fill(value.get_mut(..bytes).unwrap_or_default())?;
        Ok(u64::from_le_bytes(value))
    }

    /// The bytes of a string.
    fn string(&mut self, bytes_max: u64, what: &str) -> Result<Vec<u8>, String> {
        let bytes = self.number()?;
        if bytes > bytes_max {
            return Err(format!("has `{}` of {bytes} bytes, more than {bytes_max}", what.escape_debug()));
        }
        self.spend(bytes)?;
        let mut text = vec![0; usize::try_from(bytes).unwrap_or(0)];
        self.fill(&mut text)?;
        Ok(text)
    }

    fn text(&mut self, bytes_max: u64, what: &str) -> Result<String, String> {
        String::from_utf8(self.string(bytes_max, what)?)
            .map_err(|_| format!("has `{}` that is not UTF-8", what.escape_debug()))
    }

    /// The kind of an array's items, and how many there are.
    fn array(&mut self, name: &str) -> Result<(u32, u64), String> {
        let kind = u32::from_le_bytes(self.bytes()?);
        let count = self.number()?;
        if count > ITEMS_MAX {
            let name = name.escape_debug();
            return Err(format!("has `{name}` of {count} items, more than {ITEMS_MAX}"));
        }
        if kind == ARRAY {
            return Err(format!("has `{}`, an array of arrays, which is not known here", name.escape_debug()));
        }
        Ok((kind, count))
    }

    /// SHA-256 of strings as they stand in the file.
    fn strings(&mut self, count: u64, name: &str) -> Result<String, String> {
        let mut digest = Sha256::new();
        for _ in 0..count {
            let text = self.string(TEXT_BYTES_MAX, name)?;
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(&text);
        }
        Ok(hex(&digest.finalize()))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), String> {
        self.spend(bytes)?;
        let copied = std::io::copy(&mut Read::take(&mut *self.file, bytes), &mut std::io::sink());
        match copied {
            Ok(copied) if copied == bytes => Ok(()),
            Ok(_) => Err("ends inside of its header".to_owned()),
            Err(fault) => Err(format!("cannot be read: {fault}")),
        }
    }
}

/// The name of `general.file_type` (`LLAMA_FTYPE_…` of llama.cpp's `llama.h`), as `airlock-host model inspect` has it.
fn quantisation(number: u64) -> String {
    let name = match number {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        32 => "BF16",
        _ => return format!("type {number}"),
    };
    name.to_owned()
}

#[cfg(test)]
pub(crate) mod tests;
