//! A bundle's directory -> [`Release`]. Anybody may have written it: nothing is followed, everything has a limit.

use std::collections::BTreeMap;
use std::fs::{self, File as Open};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use airlock_contract::text::is_invisible;
use airlock_seal::command::Streams;
use airlock_seal::sshsig::signer;
use airlock_seal::{Code, MANIFEST, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, SIGNATURES, SUMS, path};
use serde_json::Value;
use sha2::{Digest as _, Sha512};

use crate::cargo::lock::Lock;
use crate::cli::diff::{Read, read_catalogs};
use crate::diff::release::{File, Release, SITE};
use crate::load::{Sources, hex};
use crate::pipeline;
use crate::report::{Report, visible};

/// More files than this are not looked at.
const FILES_MAX: usize = 200_000;

/// A text that is read whole is not longer than this, in bytes.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// A signature is not longer than this, in bytes.
const SIGNATURE_BYTES_MAX: u64 = 16 << 10;

/// Bytes that are hashed at once.
const BLOCK_BYTES: usize = 1 << 20;

/// Where the catalogs of a bundle are.
const CATALOGS: &str = "source/catalogs";

/// A bundle, read.
pub(super) struct Bundle {
    pub(super) release: Release,
    /// Its catalogs, as `airlock diff` compares them.
    pub(super) catalogs: Read,
}

/// Reads a bundle's directory.
pub(super) fn bundle(root: &Path, streams: &mut Streams<'_>) -> Result<Bundle, Refusal> {
    let shown = visible(&root.to_string_lossy());
    let kind = fs::metadata(root).map_err(|fault| unreadable(&shown, &fault))?;
    if !kind.is_dir() {
        return Err(Refusal::new(Code::Usage, format!("{shown} is no directory; of an archive, unpack it first")));
    }
    if !root.join(CATALOGS).is_dir() {
        return Err(Refusal::new(Code::Format, format!("{shown} is no bundle: it has no {CATALOGS}")));
    }
    let mut walk =
        Walk { root, shown: &shown, files: BTreeMap::new(), signatures: Vec::new(), progress: Progress::new() };
    walk.directory("", streams)?;
    walk.progress.end(streams);
    let Walk { files, signatures, .. } = walk;
    let catalogs = read_catalogs(&root.join(CATALOGS))
        .map_err(|fault| Refusal::new(Code::Format, format!("{shown}/{CATALOGS} does not compile: {fault}")))?;
    let text = |name: &str| text(root, &shown, name, &files);
    let lock = Lock::read(&text("source/Cargo.lock")?)
        .map_err(|fault| Refusal::new(Code::Format, format!("{shown}/source/Cargo.lock: {fault}")))?;
    let (manifest, site) = (object(&shown, MANIFEST, &text(MANIFEST)?)?, object(&shown, SITE, &text(SITE)?)?);
    let mut release = Release {
        is_generated_fresh: is_generated_fresh(root, &files, &text("source/generated/src/lib.rs")?),
        catalogs: catalogs.catalogs.clone(),
        site,
        lock,
        toolchain: channel(&text("source/rust-toolchain.toml")?),
        features: words(&manifest["binary"]["features"]),
        cpu: manifest["binary"]["cpu"].as_str().unwrap_or_default().to_owned(),
        signers: signers(root, &shown, &signatures, &files)?,
        ..Release::default()
    };
    for name in files.keys().filter(|name| name.starts_with("bin/")) {
        release.linkage.insert(name.clone(), linkage(&root.join(name)).map_err(|fault| unreadable(name, &fault))?);
    }
    for catalog in &release.catalogs {
        let written = text(&format!("{CATALOGS}/{}/{}", catalog.name, crate::load::MANIFEST))?;
        release.written.insert(catalog.name.clone(), tools_as_written(&written));
    }
    for name in files.keys().filter(|name| name.starts_with(CATALOGS)) {
        if let Some(found) = invisible(&text(name)?) {
            release.invisible.insert(name.clone(), found);
        }
    }
    for name in files.keys() {
        beside_model(name, &text, &shown, &mut release)?;
    }
    release.files = files;
    Ok(Bundle { release, catalogs })
}

fn unreadable(shown: &str, fault: &io::Error) -> Refusal {
    Refusal::new(Code::Format, format!("{}: {fault}", visible(shown)))
}

/// Finds and hashes files.
struct Walk<'a> {
    root: &'a Path,
    shown: &'a str,
    files: BTreeMap<String, File>,
    /// Names of files in `signatures/`.
    signatures: Vec<String>,
    progress: Progress,
}

impl Walk<'_> {
    fn directory(&mut self, prefix: &str, streams: &mut Streams<'_>) -> Result<(), Refusal> {
        let directory = self.root.join(prefix);
        let shown = self.shown;
        let told = |name: &str, fault: &io::Error| unreadable(&format!("{shown}/{name}"), fault);
        let mut entries = fs::read_dir(&directory)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .map_err(|fault| told(prefix, &fault))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let wrong = |fault: &str| Refusal::new(Code::Format, format!("{shown}/{} {fault}", name.escape_debug()));
            path::check(&name).map_err(wrong)?;
            let kind = entry.file_type().map_err(|fault| told(&name, &fault))?;
            if kind.is_dir() {
                self.directory(&format!("{name}/"), streams)?;
                continue;
            }
            if !kind.is_file() {
                return Err(wrong("is no plain file"));
            }
            if self.files.len() + self.signatures.len() >= FILES_MAX {
                return Err(Refusal::new(Code::Format, format!("{} has more than {FILES_MAX} files", self.shown)));
            }
            if let Some(signature) = name.strip_prefix(SIGNATURES).and_then(|rest| rest.strip_prefix('/')) {
                self.signatures.push(signature.to_owned());
                continue;
            }
            let file = self.hash(&name, streams).map_err(|fault| told(&name, &fault))?;
            self.files.insert(name, file);
        }
        Ok(())
    }

    fn hash(&mut self, name: &str, streams: &mut Streams<'_>) -> io::Result<File> {
        let mut file = Open::open(self.root.join(name))?;
        let (mut sha512, mut bytes) = (Sha512::new(), 0);
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let count = file.read(&mut block)?;
            if count == 0 {
                return Ok(File { bytes, sha512: hex(&sha512.finalize()) });
            }
            sha512.update(&block[..count]);
            bytes += count as u64;
            self.progress.told(count as u64, streams);
        }
    }
}

/// One line on a terminal, over itself, for what takes longer than a second.
struct Progress {
    begun: Instant,
    shown: Option<Instant>,
    bytes: u64,
}

impl Progress {
    fn new() -> Self {
        Self { begun: Instant::now(), shown: None, bytes: 0 }
    }

    fn told(&mut self, bytes: u64, streams: &mut Streams<'_>) {
        self.bytes += bytes;
        let is_due = self.shown.unwrap_or(self.begun).elapsed() > Duration::from_millis(250);
        if streams.terminal && is_due && self.begun.elapsed() > Duration::from_secs(1) {
            self.shown = Some(Instant::now());
            // Who cannot show it loses nothing.
            let _ = write!(streams.err, "\rread {} MB", self.bytes / 1_000_000);
            let _ = streams.err.flush();
        }
    }

    fn end(&self, streams: &mut Streams<'_>) {
        if self.shown.is_some() {
            let _ = write!(streams.err, "\r{:30}\r", "");
        }
    }
}

/// A text of the bundle; empty where it is not there.
fn text(root: &Path, shown: &str, name: &str, files: &BTreeMap<String, File>) -> Result<String, Refusal> {
    let Some(file) = files.get(name) else { return Ok(String::new()) };
    if file.bytes > TEXT_BYTES_MAX {
        return Err(Refusal::new(Code::Format, format!("{shown}/{name} is longer than {TEXT_BYTES_MAX} bytes")));
    }
    let mut bytes = Vec::new();
    Open::open(root.join(name))
        .and_then(|file| file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|fault| unreadable(&format!("{shown}/{name}"), &fault))?;
    String::from_utf8(bytes).map_err(|_| Refusal::new(Code::Format, format!("{shown}/{name} is not UTF-8")))
}

/// JSON; null where the file is not there.
fn object(shown: &str, name: &str, text: &str) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text).map_err(|fault| Refusal::new(Code::Format, format!("{shown}/{name}: {fault}")))
}

/// The channel of a toolchain file; of one without, its text.
fn channel(text: &str) -> String {
    let found = text.lines().find_map(|line| line.trim().strip_prefix("channel")?.trim().strip_prefix('='));
    found.map_or(text.trim(), |value| value.trim().trim_matches(['"', '\''])).to_owned()
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// How many characters nobody sees, and the line of the first. A document may hold them; what models are told may not.
fn invisible(text: &str) -> Option<(usize, usize)> {
    let is_hidden = |char: char| is_invisible(char) && !matches!(char, '\n' | '\r' | '\t');
    let first = text.find(is_hidden)?;
    Some((text.chars().filter(|char| is_hidden(*char)).count(), text[..first].matches('\n').count() + 1))
}

/// The names of a manifest's tools, in its order. It has been read by the compiler, so that it is YAML is known.
fn tools_as_written(manifest: &str) -> Vec<String> {
    let manifest: serde_yaml::Value = serde_yaml::from_str(manifest).unwrap_or_default();
    let tools = manifest.get("tools").and_then(serde_yaml::Value::as_mapping);
    tools.into_iter().flatten().filter_map(|(name, _)| name.as_str().map(str::to_owned)).collect()
}

/// Whether the generated source is what this compiler makes of the catalogs. None where another version has made it.
fn is_generated_fresh(root: &Path, files: &BTreeMap<String, File>, library: &str) -> Option<bool> {
    let ours = format!("COMPILER_VERSION: &str = \"{}\"", env!("CARGO_PKG_VERSION"));
    if !library.contains(&ours) {
        return None;
    }
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let Some(compiled) = pipeline::compile(&root.join(CATALOGS), &mut sources, &mut report) else { return Some(false) };
    let wanted: BTreeMap<String, String> = compiled
        .files
        .iter()
        .map(|(name, text)| (format!("source/generated/{name}"), hex(&Sha512::digest(text))))
        .collect();
    let is_generated = |name: &&String| name.starts_with("source/generated/");
    let present: BTreeMap<String, String> = files
        .iter()
        .filter(|(name, _)| is_generated(name))
        .map(|(name, file)| (name.clone(), file.sha512.clone()))
        .collect();
    Some(wanted == present)
}

/// What is said beside a model: its template, in the words that are there for review, and its licence.
fn beside_model(
    name: &str,
    text: &impl Fn(&str) -> Result<String, Refusal>,
    shown: &str,
    release: &mut Release,
) -> Result<(), Refusal> {
    if let Some(model) = name.strip_prefix("review/chat-template-").and_then(|rest| rest.strip_suffix(".txt")) {
        release.templates.insert(model.to_owned(), text(name)?);
    }
    let Some(model) = name.strip_prefix("models/").and_then(|rest| rest.strip_suffix(".json")) else { return Ok(()) };
    let said = object(shown, name, &text(name)?)?;
    for (key, value) in said.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if key.contains("licence") || key.contains("license") {
            release.licences.insert(model.to_owned(), value);
        } else if key.contains("template") {
            release.templates.insert(format!("{model}, {key}"), value);
        }
    }
    Ok(())
}

/// How a program is linked, from the header and the program headers of an ELF file (System V ABI, chapter 5).
fn linkage(path: &Path) -> io::Result<&'static str> {
    let mut head = Vec::new();
    Open::open(path)?.take(64 << 10).read_to_end(&mut head)?;
    // 64 bits, little-endian.
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Ok("no ELF file of 64 bits");
    }
    let half = |at: usize| head.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let table = head.get(32..40).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    let (kind, size, count) = (half(16), usize::from(half(54)), usize::from(half(56)));
    let table = usize::try_from(table).unwrap_or(usize::MAX);
    // PT_INTERP: a loader is named.
    let is_interpreted = (0..count).any(|at| {
        let at = at.checked_mul(size).and_then(|offset| table.checked_add(offset));
        at.and_then(|at| head.get(at..at.checked_add(4)?)).is_some_and(|bytes| bytes == [3, 0, 0, 0])
    });
    Ok(match (is_interpreted, kind) {
        (true, _) => "dynamic",
        (false, 3) => "static-pie",
        (false, _) => "static",
    })
}

/// Who has signed, unverified: of a signature that names its key, that key, if it fits the sums.
fn signers(
    root: &Path,
    shown: &str,
    names: &[String],
    files: &BTreeMap<String, File>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let sums = text(root, shown, SUMS, files)?;
    let mut signers = BTreeMap::new();
    for name in names {
        let path = root.join(SIGNATURES).join(name);
        let mut bytes = Vec::new();
        Open::open(&path)
            .and_then(|file| file.take(SIGNATURE_BYTES_MAX).read_to_end(&mut bytes))
            .map_err(|fault| unreadable(&format!("{shown}/{SIGNATURES}/{name}"), &fault))?;
        let namespace = if name.starts_with("site-") { NAMESPACE_APPROVAL } else { NAMESPACE_RELEASE };
        let by = if name.ends_with(".sshsig") {
            signer(&String::from_utf8_lossy(&bytes), namespace, sums.as_bytes())
                .map_or_else(|| "a signature that does not fit the sums".to_owned(), |key| key.fingerprint())
        } else {
            "a signature that names no key".to_owned()
        };
        signers.insert(name.clone(), by);
    }
    Ok(signers)
}
