//! What is told of a bundle: for people and for programs, from the same values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::shown::{count, date, size, text};
use super::contents::{Contents, SBOM, TOOLS};
use crate::manifest::Manifest;
use crate::sshsig::{self, PublicKey};
use crate::{Code, MANIFEST, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, SUMS, digest};

const WARNING: &str =
    "NOT VERIFIED: this is what the bundle says of itself. `bundle verify` says whether to believe it.";

/// More licences than this are not printed one by one.
const LICENCES_MAX: usize = 40;

/// A file, for whoever approves of it.
struct Approved<'a> {
    path: &'a str,
    bytes: u64,
    sha512: String,
}

/// What is known.
pub(super) struct Report<'a> {
    manifest: Manifest,
    sums_sha512: String,
    /// By file, and what is known of the signer.
    signatures: Vec<(&'a str, Signer)>,
    /// Names and what they do.
    tools: Vec<(String, String)>,
    /// How many parts there are of each licence.
    licences: BTreeMap<String, usize>,
    /// Bytes and files of each directory.
    sizes: BTreeMap<&'a str, (u64, usize)>,
    files: Vec<Approved<'a>>,
}

/// Who signed, as far as the signature alone says.
enum Signer {
    /// It holds, and this key made it.
    Key(PublicKey),
    /// It is none of these sums in its namespace.
    Broken,
    /// It does not carry its key.
    Unknown,
}

impl Signer {
    fn of(name: &str, bytes: &[u8], sums: &[u8]) -> Self {
        if !name.ends_with(".sshsig") {
            return Self::Unknown;
        }
        let namespace = if name.starts_with("site-") { NAMESPACE_APPROVAL } else { NAMESPACE_RELEASE };
        let armor = std::str::from_utf8(bytes).ok();
        armor.and_then(|armor| sshsig::signer(armor, namespace, sums)).map_or(Self::Broken, Self::Key)
    }

    fn text(&self) -> String {
        match self {
            Self::Key(key) => format!("by the key {} ({})", key.fingerprint(), kind(key)),
            Self::Broken => "IS NO SIGNATURE OF THESE SUMS".to_owned(),
            Self::Unknown => "carries no key: only the anchors say whose it is".to_owned(),
        }
    }

    fn object(&self, name: &str) -> Value {
        match self {
            Self::Key(key) => {
                json!({ "file": name, "state": "holds", "fingerprint": key.fingerprint(), "kind": kind(key) })
            }
            Self::Broken => json!({ "file": name, "state": "broken" }),
            Self::Unknown => json!({ "file": name, "state": "without a key" }),
        }
    }
}

fn kind(key: &PublicKey) -> &'static str {
    match key {
        PublicKey::Ed25519(_) => "Ed25519",
        PublicKey::P384(_) => "P-384",
    }
}

/// A document of JSON. One that cannot be read is refused, since what it says would be missing in silence.
fn document(contents: &Contents, path: &str) -> Result<Option<Value>, Refusal> {
    let Some(bytes) = contents.documents.get(path) else { return Ok(None) };
    let value = serde_json::from_slice(bytes);
    value.map(Some).map_err(|_| Refusal::new(Code::Format, format!("`{path}` is no JSON")))
}

/// Names and effects: an array of tools, or an object with one.
fn tools(value: &Value) -> Vec<(String, String)> {
    let list = value.as_array().or_else(|| value.get("tools").and_then(Value::as_array));
    let field = |tool: &Value, name: &str| tool.get(name).and_then(Value::as_str).unwrap_or("not stated").to_owned();
    list.into_iter().flatten().map(|tool| (field(tool, "name"), field(tool, "effect"))).collect()
}

/// Licences of the components of a CycloneDX document, with how many have each.
fn licences(value: &Value) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for component in value.get("components").and_then(Value::as_array).into_iter().flatten() {
        let licences: Vec<_> = component
            .get("licenses")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| {
                let named = |name: &str| one.get("license").and_then(|license| license.get(name));
                one.get("expression").or_else(|| named("id")).or_else(|| named("name"))?.as_str()
            })
            .collect();
        let licence = if licences.is_empty() { "not stated".to_owned() } else { licences.join(", ") };
        *found.entry(licence).or_insert(0) += 1;
    }
    found
}

impl<'a> Report<'a> {
    pub(super) fn new(contents: &'a Contents) -> Result<Self, Refusal> {
        let manifest = contents.documents.get(MANIFEST);
        let manifest = manifest.ok_or_else(|| Refusal::new(Code::Format, format!("the bundle has no {MANIFEST}")))?;
        let sums_sha512 = digest::sha512(&contents.sums_bytes);
        let mut sizes = BTreeMap::new();
        let mut listed = Vec::new();
        for entry in &contents.entries {
            let directory = entry.path.split_once('/').map_or(".", |(directory, _)| directory);
            let (bytes, files) = sizes.entry(directory).or_insert((0, 0));
            *bytes += entry.bytes;
            *files += 1;
            let signature = entry.path.strip_prefix("signatures/").and_then(|name| contents.signatures.get(name));
            let sha512 = match (contents.sums.get(&entry.path), signature) {
                (Some(digest), _) => digest.to_owned(),
                (None, Some(signature)) => digest::sha512(signature),
                (None, None) => sums_sha512.clone(),
            };
            listed.push(Approved { path: &entry.path, bytes: entry.bytes, sha512 });
        }
        let signatures = contents.signatures.iter();
        Ok(Self {
            manifest: Manifest::read(manifest)?,
            signatures: signatures
                .map(|(name, bytes)| (name.as_str(), Signer::of(name, bytes, &contents.sums_bytes)))
                .collect(),
            tools: document(contents, TOOLS)?.as_ref().map(tools).unwrap_or_default(),
            licences: document(contents, SBOM)?.as_ref().map(licences).unwrap_or_default(),
            sums_sha512,
            sizes,
            files: listed,
        })
    }

    /// The list of files, for whoever approves the transfer.
    pub(super) fn approval(&self) -> String {
        let manifest = &self.manifest;
        let mut list = format!(
            "# {} {} for {}, sequence {}, of {}\n# {SUMS}: {}\n# bytes, SHA-512, path\n",
            text(&manifest.name),
            text(&manifest.version),
            text(&manifest.target),
            manifest.sequence,
            date(manifest.created),
            self.sums_sha512,
        );
        for file in &self.files {
            let _ = writeln!(list, "{:>14}  {}  {}", file.bytes, file.sha512, file.path);
        }
        let bytes = self.files.iter().map(|file| file.bytes).sum();
        let _ = writeln!(list, "# {}, {bytes} bytes ({})", count(self.files.len(), "file"), size(bytes));
        list
    }

    /// For people.
    pub(super) fn text(&self, list: bool) -> String {
        let manifest = &self.manifest;
        let mut out = format!(
            "{WARNING}\n\n{} {} for {}\nSEQUENCE {} OF {}\n\n",
            text(&manifest.name),
            text(&manifest.version),
            text(&manifest.target),
            manifest.sequence,
            date(manifest.created),
        );
        line(&mut out, "sums", std::slice::from_ref(&self.sums_sha512));
        let previous = manifest.previous.as_ref();
        let previous = previous.map(|one| format!("{}, with the sums {}", text(&one.version), text(&one.sums_sha512)));
        line(&mut out, "follows on", &[previous.unwrap_or_else(|| "nothing".to_owned())]);
        let signatures = self.signatures.iter().map(|(name, signer)| format!("{name}  {}", signer.text()));
        line(&mut out, "signatures", &or(signatures.collect(), "none"));
        self.claims(&mut out);
        let sizes = self.sizes.iter();
        let sizes =
            sizes.map(|(name, (bytes, files))| format!("{name}  {} in {}", size(*bytes), count(*files, "file")));
        line(&mut out, "sizes", &sizes.collect::<Vec<_>>());
        if list {
            out.push('\n');
            out += &self.approval();
        }
        out
    }

    /// What the manifest and the documents say.
    fn claims(&self, out: &mut String) {
        let manifest = &self.manifest;
        let all = |names: &[String]| or(names.iter().map(|name| text(name)).collect(), "none");
        let joined = |names: &[String]| vec![all(names).join(", ")];
        let program = &manifest.binary;
        let features = text(&program.features.join(" "));
        line(
            out,
            "program",
            &[format!(
                "{}, {}, for {}, with {features}",
                text(&program.path),
                text(&program.linkage),
                text(&program.cpu)
            )],
        );
        let mut effects = BTreeMap::new();
        for (_, effect) in &self.tools {
            *effects.entry(text(effect)).or_insert(0) += 1;
        }
        let effects: Vec<_> = effects.iter().map(|(effect, number)| format!("{number} {effect}")).collect();
        let mut tools = vec![match effects.as_slice() {
            [] => format!("{}, of which {TOOLS} says nothing", manifest.tools.count),
            effects => format!("{}: {}", manifest.tools.count, effects.join(", ")),
        }];
        if !self.tools.is_empty() && self.tools.len() as u64 != manifest.tools.count {
            tools.push(format!("{TOOLS} NAMES {}", self.tools.len()));
        }
        tools.extend(self.tools.iter().map(|(name, effect)| format!("{}  {}", text(name), text(effect))));
        line(out, "tools", &tools);
        let egress = manifest
            .egress
            .iter()
            .map(|one| format!("{}  {} at {}", text(&one.upstream), text(&one.address), text(&one.pins.join(" "))));
        line(out, "reaches", &or(egress.collect(), "nothing"));
        line(out, "secrets", &joined(&manifest.secrets));
        let profiles = manifest.profiles.iter().map(|profile| text(&profile.name));
        line(out, "profiles", &[or(profiles.collect(), "none").join(", ")]);
        line(out, "labels", &joined(&manifest.labels));
        line(out, "isolation", &joined(&manifest.isolation.minimum));
        let models = manifest.models.iter().map(|model| {
            let (name, path, licence) = (text(&model.name), text(&model.path), text(&model.licence));
            format!("{name}  {path}, {}, licence {licence}", size(model.bytes))
        });
        line(out, "models", &or(models.collect(), "none"));
        let mut by_count: Vec<_> = self.licences.iter().collect();
        by_count.sort_by_key(|(licence, number)| (std::cmp::Reverse(**number), *licence));
        let mut licences: Vec<_> = by_count
            .iter()
            .take(LICENCES_MAX)
            .map(|(licence, number)| format!("{number:>4}  {}", text(licence)))
            .collect();
        if by_count.len() > LICENCES_MAX {
            licences.push(format!("and {} more in {SBOM}", by_count.len() - LICENCES_MAX));
        }
        line(out, "licences", &or(licences, "not stated"));
    }

    /// For programs.
    pub(super) fn object(&self, list: bool) -> Value {
        let signatures: Vec<_> = self.signatures.iter().map(|(name, signer)| signer.object(name)).collect();
        let tools: Vec<_> = self.tools.iter().map(|(name, effect)| json!({ "name": name, "effect": effect })).collect();
        let sizes: serde_json::Map<String, Value> = self
            .sizes
            .iter()
            .map(|(name, (bytes, files))| ((*name).to_owned(), json!({ "bytes": bytes, "files": files })))
            .collect();
        let mut object = json!({
            "exit": 0, "code": "good", "verified": false, "sums_sha512": self.sums_sha512,
            "manifest": self.manifest, "signatures": signatures, "tools": tools, "licences": self.licences,
            "sizes": sizes,
        });
        if list {
            let files = self.files.iter();
            let files: Vec<_> =
                files.map(|file| json!({ "path": file.path, "bytes": file.bytes, "sha512": file.sha512 })).collect();
            object["files"] = Value::Array(files);
        }
        object
    }
}

fn or(lines: Vec<String>, nothing: &str) -> Vec<String> {
    if lines.is_empty() { vec![nothing.to_owned()] } else { lines }
}

/// A heading and its lines, one below the other.
fn line(out: &mut String, heading: &str, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        let heading = if at == 0 { heading } else { "" };
        let _ = writeln!(out, "{heading:<11} {line}");
    }
}
