//! The archive of a bundle: `NAME-VERSION-TARGET.tar.zst`, of one directory of that name.
//!
//! Out: a bundle's directory becomes one stream, the same bytes each time: GNU headers (tar(5)), no owner, the manifest's date,
//! modes by place, and first of all the sums, the signatures and the manifest, so that a reader refuses before gigabytes. In:
//! a stream that anybody may have written becomes files in a fresh directory. Stock `tar --zstd -x` unpacks ours to the same tree.
//! Compressed bytes change with the compressor's version: nothing signs an archive, only what lies in it.

mod frames;
mod header;
mod pack;
mod read;
mod unpack;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use frames::{Compressor, Decompressor};
pub use pack::{Packed, pack};
pub use read::{Sink, read};
pub use unpack::unpack;

use crate::parts::Parts;
use crate::sums::Sums;
use crate::{Code, Progress, Refusal, files};

/// More bytes than this are not unpacked unless somebody says so.
pub const BYTES_MAX: u64 = 256 << 30;

/// What the name of an archive ends with.
pub const SUFFIX: &str = ".tar.zst";

/// What stands before the files of a release: what is signed, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The directory that everything lies in.
    pub directory: String,
    /// The exact bytes of the sums.
    pub sums: Vec<u8>,
    /// The signatures, by their file names in `signatures/`.
    pub signatures: BTreeMap<String, Vec<u8>>,
}

/// What an archive held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    pub head: Head,
    pub sums: Sums,
    /// All files in the order in which they stood there.
    pub entries: Vec<files::Entry>,
}

/// What is read of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of all files together.
    pub bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes_max: BYTES_MAX }
    }
}

/// An archive to read, whole or in parts, and its length in bytes.
#[expect(missing_debug_implementations, reason = "readers have no debug form")]
pub struct Opened {
    pub stream: Box<dyn Read>,
    pub bytes: u64,
    /// What it is in, if it is in parts.
    pub parts: Option<Parts>,
}

/// Opens an archive: one file, or one of its parts or their list, where the rest lies beside it.
///
/// # Errors
/// [`Code::Usage`] for what is neither, and what [`Parts::find`] refuses.
pub fn open(path: &Path) -> Result<Opened, Refusal> {
    if Parts::is_one(path) {
        let parts = Parts::find(&[path.to_owned()])?;
        return Ok(Opened { stream: Box::new(parts.reader()), bytes: parts.bytes(), parts: Some(parts) });
    }
    let failed = |fault: std::io::Error| Refusal::internal(path.display(), fault);
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        let text = format!("{} is not an archive; give a file `…{SUFFIX}`, or its parts", path.display());
        return Err(Refusal::new(Code::Usage, text));
    }
    Ok(Opened { stream: Box::new(file), bytes: about.len(), parts: None })
}

impl Opened {
    /// Reads it with [`read()`], and where that fails on parts, names the part that is to blame.
    pub fn read(self, limits: Limits, sink: &mut dyn Sink, progress: &mut Progress<'_>) -> Result<Contents, Refusal> {
        let Self { stream, bytes, parts } = self;
        let counted = Counted { stream, done: 0, all: bytes, progress };
        let outcome = read(counted, limits, sink);
        match (outcome, parts) {
            (Err(refusal), Some(parts)) if matches!(refusal.code, Code::Format | Code::Content | Code::Tree) => {
                parts.check(&mut |_, _| {})?;
                Err(refusal)
            }
            (outcome, _) => outcome,
        }
    }
}

/// Tells how much was read.
struct Counted<'a, 'b, R> {
    stream: R,
    done: u64,
    all: u64,
    progress: &'a mut Progress<'b>,
}

impl<R: Read> Read for Counted<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.done += count as u64;
        (self.progress)(self.done, self.all);
        Ok(count)
    }
}
