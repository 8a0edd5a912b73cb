//! A stream that anybody may have written.
//!
//! Members come in a fixed order: the sums, the signatures, the manifest, and the rest. Names are judged before anything is done
//! with them, and a file that the sums do not list is refused before its first byte is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use sha2::{Digest as _, Sha512};

use super::frames::Decompressor;
use super::header::{self, BLOCK_BYTES, Member};
use super::{Contents, Head, Limits};
use crate::files::{self, Entry, SIGNATURE_BYTES_MAX, SIGNATURES_MAX};
use crate::manifest::Manifest;
use crate::sums::{self, Sums};
use crate::{Code, MANIFEST, Refusal, SIGNATURES, SUMS, digest, path};

/// Stock tools fill an archive up to a multiple of this, in bytes.
const RECORD_BYTES: usize = 10 << 10;

/// Where the files of an archive go.
pub trait Sink {
    /// What is signed, and by whom: told once, before anything else is.
    fn head(&mut self, head: &Head) -> Result<(), Refusal>;
    /// A file of the sums begins.
    fn begin(&mut self, path: &str, bytes: u64) -> Result<(), Refusal>;
    /// Some of its bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal>;
    /// It ends, and is what the sums say.
    fn end(&mut self) -> Result<(), Refusal>;
}

fn format(text: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::Format, format!("the archive {text}"))
}

/// A refusal that a reader wrapped goes on as it is; of other faults, those of the form and those of the machine are told apart.
fn unread(fault: io::Error) -> Refusal {
    match fault.kind() {
        io::ErrorKind::InvalidData => format(fault),
        _ => match fault.downcast::<Refusal>() {
            Ok(refusal) => refusal,
            Err(fault) => Refusal::internal("the archive cannot be read", fault),
        },
    }
}

/// Reads an archive to its end.
///
/// # Errors
/// [`Code::Format`] for what is no archive of a bundle, [`Code::Tree`] and [`Code::Content`] for one that does not hold what its
/// sums say, and what the sink refuses.
pub fn read(archive: impl Read, limits: Limits, sink: &mut dyn Sink) -> Result<Contents, Refusal> {
    let mut reader = Reader {
        stream: Decompressor::new(archive),
        buffer: vec![0; 256 << 10],
        bytes_left: limits.bytes_max,
        limits,
        directory: None,
        sums_bytes: None,
        signatures: BTreeMap::new(),
        payload: None,
        seen: BTreeSet::new(),
        entries: Vec::new(),
    };
    while let Some((member, path)) = reader.member()? {
        match member {
            Member::File { bytes, .. } => reader.file(&path, bytes, sink)?,
            _ => reader.directory(&path)?,
        }
    }
    reader.finish(sink)
}

/// What is known once the signatures are behind.
struct Payload {
    head: Head,
    sums: Sums,
    /// Every directory that a file of the sums lies in.
    parents: BTreeSet<String>,
}

struct Reader<R: Read> {
    stream: Decompressor<R>,
    buffer: Vec<u8>,
    limits: Limits,
    bytes_left: u64,
    directory: Option<String>,
    sums_bytes: Option<Vec<u8>>,
    signatures: BTreeMap<String, Vec<u8>>,
    payload: Option<Payload>,
    /// In lower case: what some file systems take for one.
    seen: BTreeSet<String>,
    entries: Vec<Entry>,
}

impl<R: Read> Reader<R> {
    /// Fills the front of the buffer.
    fn take(&mut self, count: usize) -> Result<&[u8], Refusal> {
        let wanted = &mut self.buffer[..count];
        match self.stream.read_exact(wanted) {
            Ok(()) => Ok(wanted),
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => {
                Err(format("ends too early: it is cut short"))
            }
            Err(fault) => Err(unread(fault)),
        }
    }

    fn block(&mut self) -> Result<[u8; BLOCK_BYTES], Refusal> {
        let mut block = [0; BLOCK_BYTES];
        block.copy_from_slice(self.take(BLOCK_BYTES)?);
        Ok(block)
    }

    /// The next member, and its path below the directory. None at the end.
    fn member(&mut self) -> Result<Option<(Member, String)>, Refusal> {
        let told = |fault: String| format(format!("is refused: a member {fault}"));
        let mut member = header::read(&self.block()?).map_err(told)?;
        let mut long = None;
        if let Member::LongName { bytes } = member {
            let fault = || format("is refused: a member has a name that is too long");
            let count = usize::try_from(bytes).ok().filter(|_| (2..=header::PATH_BYTES_MAX + 2).contains(&bytes));
            let name = self.padded(count.ok_or_else(fault)?)?;
            long = Some(name.strip_suffix(&[0]).ok_or_else(fault)?.to_vec());
            member = header::read(&self.block()?).map_err(told)?;
        }
        let name = match &member {
            Member::Zeros if long.is_none() => return self.end().map(|()| None),
            Member::File { name, .. } => long.as_ref().unwrap_or(name).as_slice(),
            Member::Directory { name } => {
                let name = long.as_ref().unwrap_or(name);
                name.strip_suffix(b"/").unwrap_or(name)
            }
            Member::Zeros | Member::LongName { .. } => return Err(format("is refused: a name has no member")),
        };
        let path = self.path(name)?;
        Ok(Some((member, path)))
    }

    /// Reads so many bytes, and the zeros up to the next block.
    fn padded(&mut self, count: usize) -> Result<Vec<u8>, Refusal> {
        let bytes = self.take(count)?.to_vec();
        self.padding(count as u64)?;
        Ok(bytes)
    }

    fn padding(&mut self, bytes: u64) -> Result<(), Refusal> {
        let count = usize::try_from(bytes.next_multiple_of(BLOCK_BYTES as u64) - bytes).unwrap_or(0);
        if self.take(count)?.iter().all(|byte| *byte == 0) {
            Ok(())
        } else {
            Err(format("is refused: something stands behind the end of a member"))
        }
    }

    /// Judges the name of a member, and takes the directory off it that all of them share.
    fn path(&mut self, name: &[u8]) -> Result<String, Refusal> {
        let shown = || String::from_utf8_lossy(&name[..name.len().min(2048)]).escape_debug().to_string();
        let told = |fault: &str| format(format!("is refused: the member `{}` {fault}", shown()));
        let name = std::str::from_utf8(name).map_err(|_| told("has a name that is not ASCII"))?;
        let (directory, path) = name.split_once('/').unwrap_or((name, ""));
        for part in [directory, path].into_iter().filter(|part| !part.is_empty() || name.is_empty()) {
            path::check(part).map_err(told)?;
        }
        if name.starts_with('/') {
            return Err(told("is absolute"));
        }
        if self.directory.get_or_insert_with(|| directory.to_owned()) != directory {
            return Err(told("lies in a second directory"));
        }
        if !self.seen.insert(name.to_ascii_lowercase()) {
            return Err(told("is there twice, or differs from another in upper and lower case alone"));
        }
        Ok(path.to_owned())
    }

    /// A directory adds nothing: files make theirs. One without files is refused.
    fn directory(&mut self, path: &str) -> Result<(), Refusal> {
        let is_known = path.is_empty()
            || path == SIGNATURES
            || self.payload.as_ref().is_some_and(|payload| payload.parents.contains(path));
        if is_known {
            return Ok(());
        }
        let (code, fault) = match &self.payload {
            None => (Code::Format, "stands before the sums and the manifest"),
            Some(_) => (Code::Tree, "is a directory in which no file of the sums lies"),
        };
        Err(Refusal::new(code, format!("`{path}` {fault}")))
    }

    fn file(&mut self, path: &str, bytes: u64, sink: &mut dyn Sink) -> Result<(), Refusal> {
        let Some(left) = self.bytes_left.checked_sub(bytes) else {
            let text =
                format!("is refused: it holds more than {} bytes; `--bytes-max` raises that", self.limits.bytes_max);
            return Err(format(text));
        };
        self.bytes_left = left;
        self.entries.push(Entry { path: path.to_owned(), bytes });
        let short = |bytes_max: u64| {
            let count = usize::try_from(bytes).ok().filter(|_| bytes <= bytes_max);
            count.ok_or_else(|| format(format!("is refused: `{path}` is longer than {bytes_max} bytes")))
        };
        if self.sums_bytes.is_none() {
            if path != SUMS {
                return Err(format(format!("is refused: `{path}` stands before {SUMS}")));
            }
            let count = short(sums::BYTES_MAX)?;
            self.sums_bytes = Some(self.small(count)?);
            return Ok(());
        }
        if files::is_signature(path) && self.payload.is_none() {
            let count = short(SIGNATURE_BYTES_MAX)?;
            let name = path[SIGNATURES.len() + 1..].to_owned();
            if name.contains('/') || self.signatures.len() == SIGNATURES_MAX {
                return Err(format(format!("is refused: `{path}` is no signature, or one too many")));
            }
            let signature = self.small(count)?;
            self.signatures.insert(name, signature);
            return Ok(());
        }
        if self.payload.is_none() {
            if path != MANIFEST {
                return Err(format(format!("is refused: `{path}` stands before {MANIFEST}")));
            }
            short(Manifest::BYTES_MAX)?;
            self.begin_payload(sink)?;
        }
        self.listed(path, bytes, sink)
    }

    /// Reads a file whole. The buffer of the stream is smaller than the sums may be.
    fn small(&mut self, count: usize) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let next = self.buffer.len().min(count - bytes.len());
            bytes.extend_from_slice(self.take(next)?);
        }
        self.padding(count as u64)?;
        Ok(bytes)
    }

    /// The signatures are behind: whoever asked for the archive judges them before anything is done.
    fn begin_payload(&mut self, sink: &mut dyn Sink) -> Result<(), Refusal> {
        let head = Head {
            directory: self.directory.clone().unwrap_or_default(),
            sums: self.sums_bytes.clone().ok_or_else(|| format(format!("holds no {SUMS}")))?,
            signatures: std::mem::take(&mut self.signatures),
        };
        let sums = Sums::read(&head.sums)?;
        let mut parents = BTreeSet::new();
        for (path, _) in sums.iter() {
            for (at, _) in path.match_indices('/') {
                parents.insert(path[..at].to_owned());
            }
        }
        if let Some((path, _)) = sums.iter().find(|(path, _)| parents.contains(*path)) {
            return Err(format(format!("is refused: `{path}` is a file and a directory in {SUMS}")));
        }
        sink.head(&head)?;
        self.payload = Some(Payload { head, sums, parents });
        Ok(())
    }

    /// A file of the sums: it is hashed while it goes on.
    fn listed(&mut self, path: &str, bytes: u64, sink: &mut dyn Sink) -> Result<(), Refusal> {
        let wanted = self.payload.as_ref().and_then(|payload| payload.sums.get(path)).map(str::to_owned);
        let wanted =
            wanted.ok_or_else(|| Refusal::new(Code::Tree, format!("`{path}` is in the archive, and not in {SUMS}")))?;
        sink.begin(path, bytes)?;
        let mut hash = Sha512::new();
        let mut kept = Vec::new();
        let mut left = bytes;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let piece = self.take(count)?;
            hash.update(piece);
            if path == MANIFEST {
                kept.extend_from_slice(piece);
            }
            sink.write(piece)?;
            left -= count as u64;
        }
        self.padding(bytes)?;
        if digest::hex(&hash.finalize()) != wanted {
            return Err(Refusal::new(Code::Content, format!("`{path}` is not what {SUMS} says")));
        }
        if path == MANIFEST {
            let named = Manifest::read(&kept)?.directory_name();
            if self.directory.as_ref() != Some(&named) {
                let text = format!("is refused: its directory is not `{named}`, which {MANIFEST} names");
                return Err(format(text));
            }
        }
        sink.end()
    }

    /// One block of zeros was read: another follows, and nothing but zeros up to the end of the record.
    fn end(&mut self) -> Result<(), Refusal> {
        if self.block()?.iter().any(|byte| *byte != 0) {
            return Err(format("ends, and goes on"));
        }
        let mut rest = Vec::new();
        let read = (&mut self.stream).take(RECORD_BYTES as u64 + 1).read_to_end(&mut rest);
        read.map_err(unread)?;
        if rest.len() > RECORD_BYTES || rest.iter().any(|byte| *byte != 0) {
            return Err(format("has something behind its end"));
        }
        Ok(())
    }

    fn finish(self, sink: &mut dyn Sink) -> Result<Contents, Refusal> {
        let mut this = self;
        if this.payload.is_none() {
            this.begin_payload(sink)?;
        }
        let Some(Payload { head, sums, .. }) = this.payload else {
            return Err(format("holds nothing"));
        };
        let here: BTreeSet<&str> = this.entries.iter().map(|entry| entry.path.as_str()).collect();
        let missing = sums.iter().find(|(path, _)| !here.contains(path)).map(|(path, _)| path.to_owned());
        match missing {
            Some(path) => Err(Refusal::new(Code::Tree, format!("`{path}` is in {SUMS}, and not in the archive"))),
            None => Ok(Contents { head, sums, entries: this.entries }),
        }
    }
}
