//! Parts, as one file again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha512};

use super::{Parts, damage, shown};
use crate::{Code, Progress, Refusal, digest, files};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Of the whole.
    pub sha512: String,
    pub bytes: u64,
    /// Parts that were there already, from a run that broke off.
    pub kept: usize,
    /// The file itself was.
    pub was_there: bool,
}

impl Parts {
    /// Writes the whole file, which is there at once or not at all.
    ///
    /// # Errors
    /// [`Code::Content`] for a damaged part, [`Code::Usage`] where another file lies.
    pub fn join(&self, out: &Path, progress: &mut Progress<'_>) -> Result<Joined, Refusal> {
        let failed = |fault: io::Error| Refusal::internal(shown(out), fault);
        if let Ok(about) = fs::symlink_metadata(out) {
            return self.compare(out, &about, progress);
        }
        let aside = files::partial(out);
        let mut options = OpenOptions::new();
        // What a run that broke off has left is checked, and kept.
        options.read(true).write(true).create(true).truncate(false);
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let mut file = options.open(&aside).map_err(failed)?;
        let mut whole = Sha512::new();
        let (mut at, mut kept) = (0, 0);
        for (number, part) in self.found.iter().enumerate() {
            let told = &mut |count| progress(at + count, self.bytes());
            let listed = self.list.as_ref().and_then(|list| list.parts.get(number));
            let before = whole.clone();
            let there = match listed {
                Some(_) => hash_range(&mut file, at, part.bytes, &mut whole, told).map_err(failed)?,
                None => None,
            };
            if there.is_some() && there.as_ref() == listed.map(|listed| &listed.sha512) {
                kept += 1;
                at += part.bytes;
                continue;
            }
            whole = before;
            file.seek(SeekFrom::Start(at)).map_err(failed)?;
            let copied = copy(&part.path, part.bytes, &mut file, &mut whole, told);
            let digest = copied.map_err(|fault| Refusal::internal(shown(&part.path), fault))?;
            if listed.is_some_and(|listed| listed.sha512 != digest) {
                // All that are damaged are named at once.
                self.check(progress)?;
                return Err(damage(&[shown(&part.path)]));
            }
            at += part.bytes;
        }
        let sha512 = digest::hex(&whole.finalize());
        if let Some(list) = self.list.as_ref().filter(|list| list.sha512 != sha512 || list.bytes != at) {
            let text = format!("`{}` is not what its list says, though all parts are; split it again", list.name);
            return Err(Refusal::new(Code::Content, text));
        }
        file.set_len(at).and_then(|()| file.sync_all()).map_err(failed)?;
        files::rename_new(&aside, out).map_err(failed)?;
        Ok(Joined { sha512, bytes: at, kept, was_there: false })
    }

    /// A file lies where the whole is to be: the same one, or another.
    fn compare(&self, out: &Path, about: &fs::Metadata, progress: &mut Progress<'_>) -> Result<Joined, Refusal> {
        let bytes = self.bytes();
        let list =
            self.list.as_ref().filter(|list| about.is_file() && about.len() == list.bytes && bytes == list.bytes);
        if let Some(list) = list {
            let mut done = 0;
            let found = File::open(out).and_then(|file| {
                digest::of_reader(file, &mut |count| {
                    done += count;
                    progress(done, bytes);
                })
            });
            let (sha512, _) = found.map_err(|fault| Refusal::internal(shown(out), fault))?;
            if sha512 == list.sha512 {
                return Ok(Joined { sha512, bytes, kept: self.found.len(), was_there: true });
            }
        }
        let text = format!("{} is there, and is another file; remove it, or give another `--out`", shown(out));
        Err(Refusal::new(Code::Usage, text))
    }
}

/// The digest of a piece of a file. None where the file is too short.
fn hash_range(
    file: &mut File,
    start: u64,
    bytes: u64,
    whole: &mut Sha512,
    told: &mut dyn FnMut(u64),
) -> io::Result<Option<String>> {
    if file.metadata()?.len() < start + bytes {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    pass(&mut file.take(bytes), None, whole, told).map(Some)
}

fn copy(from: &Path, bytes: u64, out: &mut File, whole: &mut Sha512, told: &mut dyn FnMut(u64)) -> io::Result<String> {
    // No longer than it was when the others were placed behind it.
    pass(&mut File::open(from)?.take(bytes), Some(out), whole, told)
}

fn pass(
    from: &mut dyn io::Read,
    mut out: Option<&mut File>,
    whole: &mut Sha512,
    told: &mut dyn FnMut(u64),
) -> io::Result<String> {
    let mut hash = Sha512::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(digest::hex(&hash.finalize()));
        }
        let piece = &buffer[..count];
        hash.update(piece);
        whole.update(piece);
        if let Some(out) = &mut out {
            out.write_all(piece)?;
        }
        done += count as u64;
        told(done);
    }
}
