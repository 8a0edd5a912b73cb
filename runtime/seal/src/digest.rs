//! The digests of many files, or of one that is large, by all cores, in memory that does not grow with them.
//!
//! A file is read once, by one core, the longest first. Of a model the digests of its chunks are taken from the same pass by a
//! second core, so that what a loader will check chunk by chunk is known to be the file that was signed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Take};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha512};

use crate::manifest::Model;
use crate::tree::{self, Identity};
use crate::{Code, Refusal};

/// What is read at once, in bytes: it stays in the cache of a core.
const BLOCK_BYTES: usize = 256 << 10;

/// Blocks of a model on their way from one core to the other.
const BLOCKS: usize = 8;

/// More cores than this wait for the disk.
const CORES_MAX: usize = 8;

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Bytes that are done, and bytes in all.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Lower-case hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pair = |byte: &u8| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char];
    digest.iter().flat_map(pair).collect()
}

/// SHA-512 of what is in memory.
pub fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

/// SHA-512 of what is read, as digits, and how many bytes it was. `told` hears the length of each piece.
pub fn of_reader(mut from: impl io::Read, told: &mut dyn FnMut(u64)) -> io::Result<(String, u64)> {
    let mut hash = Sha512::new();
    let mut buffer = vec![0; BLOCK_BYTES];
    let mut bytes = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok((hex(&hash.finalize()), bytes)),
            Ok(count) => count,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            Err(fault) => return Err(fault),
        };
        hash.update(&buffer[..count]);
        bytes += count as u64;
        told(count as u64);
    }
}

/// A file that is to be what was signed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub path: &'a str,
    pub sha512: &'a str,
    /// As the tree was looked at.
    pub identity: Identity,
    pub model: Option<&'a Model>,
}

/// Why a file is not what was signed.
enum Fault {
    Differs(String),
    Unreadable(io::Error),
}

/// Reads every file. Refused as [`Code::Content`], with the first in the order of `wanted` and how many more there are.
pub fn check(root: &Path, wanted: &[Wanted<'_>], progress: &mut Progress<'_>) -> Result<(), Refusal> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(wanted[*at].identity.bytes));
    let all = wanted.iter().map(|one| one.identity.bytes).sum();
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let cores = thread::available_parallelism().map_or(1, usize::from).min(CORES_MAX).min(wanted.len());
    let mut faults = BTreeMap::new();
    thread::scope(|scope| {
        let (told, results) = mpsc::channel();
        for _ in 0..cores {
            let (told, order, next, done) = (told.clone(), &order, &next, &done);
            scope.spawn(move || {
                let mut blocks = blocks();
                while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = file(root, &wanted[*at], &mut blocks, done);
                    if told.send((*at, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(told);
        loop {
            match results.recv_timeout(PROGRESS_EVERY) {
                Ok((at, Err(fault))) => drop(faults.insert(at, fault)),
                Ok((_, Ok(()))) => {}
                Err(RecvTimeoutError::Timeout) => progress(done.load(Ordering::Relaxed), all),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    progress(done.load(Ordering::Relaxed), all);
    refused(wanted, faults)
}

/// A file that differs is worse than one that cannot be read.
fn refused(wanted: &[Wanted<'_>], faults: BTreeMap<usize, Fault>) -> Result<(), Refusal> {
    let more = match faults.values().filter(|fault| matches!(fault, Fault::Differs(_))).count() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let mut unreadable = None;
    for (at, fault) in faults {
        let path = wanted[at].path;
        match fault {
            Fault::Differs(text) => return Err(Refusal::new(Code::Content, format!("`{path}` {text}{more}"))),
            Fault::Unreadable(fault) => {
                unreadable.get_or_insert_with(|| Refusal::internal(format!("`{path}` cannot be read"), fault));
            }
        }
    }
    unreadable.map_or(Ok(()), Err)
}

/// Blocks that are filled in turn. One is shared while both cores look at it.
type Blocks = [Arc<Vec<u8>>; BLOCKS];

fn blocks() -> Blocks {
    std::array::from_fn(|_| Arc::new(Vec::new()))
}

fn file(root: &Path, wanted: &Wanted<'_>, blocks: &mut Blocks, done: &AtomicU64) -> Result<(), Fault> {
    let (mut file, identity) = tree::open(&root.join(wanted.path)).map_err(Fault::Unreadable)?;
    if identity != wanted.identity {
        return Err(changed());
    }
    // One byte more than there should be: a file that grows while it is read would have no end.
    let mut bounded = file.by_ref().take(identity.bytes + 1);
    let (whole, chunks) = match wanted.model {
        Some(model) => model_digests(&mut bounded, model, blocks, done),
        None => read(&mut bounded, blocks, done, |_| {}).map(|whole| (whole, Vec::new())),
    }
    .map_err(Fault::Unreadable)?;
    if Identity::of(&file.metadata().map_err(Fault::Unreadable)?) != identity {
        return Err(changed());
    }
    if whole != wanted.sha512 {
        return Err(Fault::Differs("is not what SHA512SUMS says".to_owned()));
    }
    let Some(model) = wanted.model else { return Ok(()) };
    if model.bytes != identity.bytes {
        return Err(Fault::Differs("has another length than manifest.json says".to_owned()));
    }
    match chunks.iter().zip(&model.chunks).position(|(one, other)| one != other) {
        Some(at) => Err(Fault::Differs(format!("has another digest of chunk {at} than manifest.json says"))),
        None => Ok(()),
    }
}

fn changed() -> Fault {
    Fault::Differs("was changed while it was checked".to_owned())
}

/// The digest of a file. Each block is handed on as well.
fn read(
    file: &mut Take<&mut File>,
    blocks: &mut Blocks,
    done: &AtomicU64,
    mut hand_on: impl FnMut(&Arc<Vec<u8>>),
) -> io::Result<String> {
    let mut whole = Sha512::new();
    for at in (0..BLOCKS).cycle() {
        // Nobody looks at it any more: as many blocks lie between as can be on their way.
        if Arc::get_mut(&mut blocks[at]).is_none() {
            blocks[at] = Arc::default();
        }
        let Some(block) = Arc::get_mut(&mut blocks[at]) else { return Err(io::Error::other("a new block is shared")) };
        block.resize(BLOCK_BYTES, 0);
        let count = loop {
            match file.read(block) {
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        block.truncate(count);
        if count == 0 {
            break;
        }
        hand_on(&blocks[at]);
        whole.update(blocks[at].as_slice());
        done.fetch_add(count as u64, Ordering::Relaxed);
    }
    Ok(hex(&whole.finalize()))
}

/// The digest of a model, and those of its chunks.
fn model_digests(
    file: &mut Take<&mut File>,
    model: &Model,
    blocks: &mut Blocks,
    done: &AtomicU64,
) -> io::Result<(String, Vec<String>)> {
    thread::scope(|scope| {
        let (sent, taken) = mpsc::sync_channel(BLOCKS - 2);
        let chunks = scope.spawn(move || chunk_digests(&taken, model));
        let whole = read(file, blocks, done, |block| send(&sent, block));
        drop(sent);
        let chunks = chunks.join().map_err(|_| io::Error::other("a thread ended"))?;
        Ok((whole?, chunks))
    })
}

fn send(sent: &SyncSender<Arc<Vec<u8>>>, block: &Arc<Vec<u8>>) {
    // It fails where the other thread has ended, which its result says.
    let _ = sent.send(Arc::clone(block));
}

fn chunk_digests(taken: &Receiver<Arc<Vec<u8>>>, model: &Model) -> Vec<String> {
    let mut chunks = Chunks::of(model);
    for block in taken {
        chunks.update(&block);
    }
    chunks.finish()
}

/// Digests of the chunks of a model, as its bytes come.
pub(crate) struct Chunks {
    chunk_bytes: u64,
    /// What the chunk at hand lacks.
    left: u64,
    hash: Sha512,
    digests: Vec<String>,
}

impl Chunks {
    pub(crate) fn of(model: &Model) -> Self {
        let chunk_bytes = model.chunk_bytes;
        Self { chunk_bytes, left: chunk_bytes, hash: Sha512::new(), digests: Vec::new() }
    }

    pub(crate) fn update(&mut self, mut rest: &[u8]) {
        while !rest.is_empty() {
            let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(count);
            self.hash.update(now);
            rest = later;
            self.left -= count as u64;
            if self.left == 0 {
                self.digests.push(hex(&self.hash.finalize_reset()));
                self.left = self.chunk_bytes;
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<String> {
        if self.left != self.chunk_bytes {
            self.digests.push(hex(&self.hash.finalize()));
        }
        self.digests
    }
}
