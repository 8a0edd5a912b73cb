//! What is looked at of a bundle, wherever it lies.

use std::collections::BTreeMap;
use std::path::Path;

use crate::archive::{self, Head, Limits, Sink};
use crate::files::{self, Entry, SIGNATURE_BYTES_MAX, SIGNATURES_MAX};
use crate::manifest::Manifest;
use crate::sums::Sums;
use crate::verify::{Whole, whole};
use crate::{Code, MANIFEST, Progress, Refusal, SIGNATURES};

/// The tools, with what each does.
pub(super) const TOOLS: &str = "review/tools.json";

/// The parts that it is made of (CycloneDX).
pub(super) const SBOM: &str = "evidence/sbom.cdx.json";

/// Documents longer than this are not read, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 32 << 20;

/// A bundle that is whole.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) sums_bytes: Vec<u8>,
    pub(super) sums: Sums,
    pub(super) signatures: BTreeMap<String, Vec<u8>>,
    /// All files, sorted by bytes of the path.
    pub(super) entries: Vec<Entry>,
    /// The documents that are looked into, by path.
    pub(super) documents: BTreeMap<String, Vec<u8>>,
}

fn bytes_max(path: &str) -> Option<u64> {
    match path {
        MANIFEST => Some(Manifest::BYTES_MAX),
        TOOLS | SBOM => Some(DOCUMENT_BYTES_MAX),
        _ => None,
    }
}

impl Contents {
    pub(super) fn read(bundle: &Path, limits: Limits, progress: &mut Progress<'_>) -> Result<Self, Refusal> {
        if bundle.is_dir() {
            return Self::of_directory(bundle, progress);
        }
        let mut kept = Kept::default();
        let read = archive::open(bundle)?.read(limits, &mut kept, progress)?;
        let mut entries = read.entries;
        entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        let Head { sums: sums_bytes, signatures, .. } = read.head;
        Ok(Self { sums_bytes, sums: read.sums, signatures, entries, documents: kept.documents })
    }

    fn of_directory(bundle: &Path, progress: &mut Progress<'_>) -> Result<Self, Refusal> {
        let Whole { signed_bytes, sums, .. } = whole(bundle, progress)?;
        let entries = files::list(bundle)?;
        let mut signatures = BTreeMap::new();
        let mut documents = BTreeMap::new();
        for Entry { path, .. } in &entries {
            if files::is_signature(path) {
                if signatures.len() == SIGNATURES_MAX {
                    return Err(Refusal::new(Code::Format, format!("`{SIGNATURES}` holds too many files")));
                }
                let name = path[SIGNATURES.len() + 1..].to_owned();
                signatures.insert(name, files::read(bundle, path, SIGNATURE_BYTES_MAX)?);
            } else if let Some(bytes_max) = bytes_max(path) {
                documents.insert(path.clone(), files::read(bundle, path, bytes_max)?);
            }
        }
        Ok(Self { sums_bytes: signed_bytes, sums, signatures, entries, documents })
    }
}

/// Keeps the documents of an archive, and lets the rest go by.
#[derive(Default)]
struct Kept {
    documents: BTreeMap<String, Vec<u8>>,
    open: Option<(String, Vec<u8>)>,
}

impl Sink for Kept {
    fn head(&mut self, _head: &Head) -> Result<(), Refusal> {
        Ok(())
    }

    fn begin(&mut self, path: &str, bytes: u64) -> Result<(), Refusal> {
        self.open = None;
        let Some(longest) = bytes_max(path) else { return Ok(()) };
        if bytes > longest {
            return Err(Refusal::new(Code::Format, format!("`{path}` is longer than {longest} bytes")));
        }
        self.open = Some((path.to_owned(), Vec::new()));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if let Some((_, kept)) = &mut self.open {
            kept.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.documents.extend(self.open.take());
        Ok(())
    }
}
