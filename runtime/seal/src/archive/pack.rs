//! A bundle's directory, as one stream.

use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha512};

use super::frames::Compressor;
use super::header::{self, BLOCK_BYTES};
use crate::files::{self, Entry};
use crate::manifest::Manifest;
use crate::{Code, MANIFEST, Progress, Refusal, SUMS, digest, path};

/// What was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The directory in the archive.
    pub directory: String,
    pub files: usize,
    /// Of all files together.
    pub bytes: u64,
    /// How many of the files are signatures.
    pub signatures: usize,
}

/// Writes a bundle's archive. Each file is compared with the sums while it is read, so what is torn is never whole in an archive.
///
/// # Errors
/// [`Code::Format`], [`Code::Tree`] or [`Code::Content`] for a directory that is no whole bundle.
pub fn pack(bundle: &Path, out: impl Write, progress: &mut Progress<'_>) -> Result<Packed, Refusal> {
    let (_, sums) = files::read_sums(bundle)?;
    let manifest = Manifest::read(&files::read(bundle, MANIFEST, Manifest::BYTES_MAX)?)?;
    let mut entries = files::list(bundle)?;
    files::check_names(&entries, &sums)?;
    let directory = manifest.directory_name();
    let mtime = u64::try_from(manifest.created).unwrap_or(0);
    entries.sort_by_cached_key(|entry| (place(&entry.path), entry.path.clone()));
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    let mut compressor = Compressor::new(out);
    let mut done = 0;
    for entry in &entries {
        let mut told = |count: u64| {
            done += count;
            progress(done, bytes);
        };
        let name = format!("{directory}/{}", entry.path);
        let head = header::of_file(&name, entry.bytes, path::mode(&entry.path), mtime);
        compressor.write_all(&head).map_err(unwritten)?;
        let found = copy(bundle, entry, &mut compressor, &mut told)?;
        if sums.get(&entry.path).is_some_and(|digest| digest != found) {
            return Err(Refusal::new(Code::Content, format!("`{}` is not what {SUMS} says", entry.path)));
        }
    }
    compressor.write_all(&[0; 2 * BLOCK_BYTES]).and_then(|()| compressor.finish()?.flush()).map_err(unwritten)?;
    let signatures = entries.iter().filter(|entry| files::is_signature(&entry.path)).count();
    Ok(Packed { directory, files: entries.len(), bytes, signatures })
}

/// What comes first, so that a reader knows early whether to go on.
fn place(path: &str) -> u8 {
    match path {
        SUMS => 0,
        _ if files::is_signature(path) => 1,
        MANIFEST => 2,
        _ => 3,
    }
}

fn unwritten(fault: io::Error) -> Refusal {
    Refusal::internal("the archive cannot be written", fault)
}

/// Copies a file of exactly the length that its header said, and returns its digest.
fn copy(bundle: &Path, entry: &Entry, out: &mut impl Write, told: &mut dyn FnMut(u64)) -> Result<String, Refusal> {
    let mut file = files::open(bundle, &entry.path)?;
    let mut hash = Sha512::new();
    let mut buffer = vec![0; 256 << 10];
    let mut left = entry.bytes;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(count) => count,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            Err(fault) => return Err(Refusal::internal(&entry.path, fault)),
        };
        if count as u64 > left || (count == 0 && left > 0) {
            return Err(Refusal::new(Code::Content, format!("`{}` changed while it was packed", entry.path)));
        }
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        out.write_all(&buffer[..count]).map_err(unwritten)?;
        left -= count as u64;
        told(count as u64);
    }
    let padding = entry.bytes.next_multiple_of(BLOCK_BYTES as u64) - entry.bytes;
    out.write_all(&[0; BLOCK_BYTES][..usize::try_from(padding).unwrap_or(0)]).map_err(unwritten)?;
    Ok(digest::hex(&hash.finalize()))
}
