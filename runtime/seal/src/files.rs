//! The files of a bundle that is a directory.
//!
//! What comes in: a directory that anybody may have written. What goes out: the names and lengths of its files, sorted by bytes,
//! and their digests. Only regular files with names of [`path::check`] and one link are there; anything else is refused.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags};

use crate::sums::{self, Sums};
use crate::{Code, Refusal, SIGNATURES, SUMS, path, reading};

/// More files than this are not looked at.
const FILES_MAX: usize = 500_000;

/// A signature longer than this is not looked at, in bytes; ours have 4,627 at most.
pub const SIGNATURE_BYTES_MAX: u64 = 64 << 10;

/// More signatures than this are not looked at.
pub const SIGNATURES_MAX: usize = 64;

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Below the bundle's directory.
    pub path: String,
    /// Its length.
    pub bytes: u64,
}

/// Whether a path is that of a signature, or would be one.
pub(crate) fn is_signature(path: &str) -> bool {
    path.strip_prefix(SIGNATURES).is_some_and(|rest| rest.starts_with('/'))
}

/// All files, the sums and signatures with them, sorted by bytes of the path. Refused as [`Code::Tree`].
pub fn list(bundle: &Path) -> Result<Vec<Entry>, Refusal> {
    let mut found = Vec::new();
    let mut left = vec![String::new()];
    while let Some(below) = left.pop() {
        let directory = if below.is_empty() { bundle.to_owned() } else { bundle.join(&below) };
        let failed = |fault: io::Error| Refusal::internal(directory.display(), fault);
        let mut is_empty = true;
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            is_empty = false;
            let name = entry.file_name();
            let shown = format!("{below}{}{}", if below.is_empty() { "" } else { "/" }, name.to_string_lossy());
            let refused = |fault: &str| Refusal::new(Code::Tree, format!("`{}` {fault}", shown.escape_debug()));
            if name.to_str().is_none() {
                return Err(refused("has a name that is not ASCII"));
            }
            path::check(&shown).map_err(refused)?;
            let about = entry.path().symlink_metadata().map_err(failed)?;
            if about.is_dir() {
                left.push(shown);
                continue;
            }
            if !about.is_file() {
                return Err(refused("is neither a regular file nor a directory"));
            }
            if about.nlink() != 1 {
                return Err(refused("has more than one name: it is a hard link"));
            }
            if found.len() == FILES_MAX {
                return Err(refused("is one file more than the 500,000 that a bundle may have"));
            }
            found.push(Entry { path: shown, bytes: about.len() });
        }
        if is_empty && !below.is_empty() && below != SIGNATURES {
            return Err(Refusal::new(Code::Tree, format!("`{}` is an empty directory", below.escape_debug())));
        }
    }
    found.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// Opens a file of a bundle. A link is not followed, and a pipe not waited for.
pub fn open(bundle: &Path, path: &str) -> Result<File, Refusal> {
    let shown = || path.escape_debug().to_string();
    let file = reading::open(&bundle.join(path)).map_err(|fault| match fault.kind() {
        io::ErrorKind::NotFound => Refusal::new(Code::Tree, format!("`{}` is missing", shown())),
        _ => Refusal::internal(shown(), fault),
    })?;
    let about = file.metadata().map_err(|fault| Refusal::internal(shown(), fault))?;
    if about.is_file() {
        Ok(file)
    } else {
        Err(Refusal::new(Code::Tree, format!("`{}` is not a regular file", shown())))
    }
}

/// Reads a whole file of a bundle. One that is longer than `bytes_max` is refused as [`Code::Format`].
pub fn read(bundle: &Path, path: &str, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let file = open(bundle, path)?;
    let mut bytes = Vec::new();
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|fault| Refusal::internal(path.escape_debug(), fault))?;
    if bytes.len() as u64 > bytes_max {
        return Err(Refusal::new(Code::Format, format!("`{}` is longer than {bytes_max} bytes", path.escape_debug())));
    }
    Ok(bytes)
}

/// The exact bytes of the sums, and what they say. A directory without them is refused as [`Code::Format`].
pub fn read_sums(bundle: &Path) -> Result<(Vec<u8>, Sums), Refusal> {
    if !bundle.join(SUMS).exists() {
        return Err(Refusal::new(Code::Format, format!("{} is no bundle: it has no {SUMS}", bundle.display())));
    }
    let bytes = read(bundle, SUMS, sums::BYTES_MAX)?;
    let sums = Sums::read(&bytes)?;
    Ok((bytes, sums))
}

/// Writes a file that is there whole or not at all, and that all may read.
pub(crate) fn whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Refusal> {
    let partial = partial(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let made = options.open(&partial).and_then(|mut file| {
        write(&mut file)?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.sync_all()
    });
    made.and_then(|()| fs::rename(&partial, path)).map_err(|fault| {
        let _ = fs::remove_file(&partial);
        Refusal::internal(format!("{} cannot be written", path.to_string_lossy().escape_debug()), fault)
    })
}

/// Where a file is written before it is whole.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

/// Gives a file or a directory its name, where nothing has that name yet.
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?;
    Ok(())
}

/// Checks that the files are those of the sums, no more and no less. Refused as [`Code::Tree`].
pub fn check_names(entries: &[Entry], sums: &Sums) -> Result<(), Refusal> {
    let mut here = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.path != SUMS && !is_signature(&entry.path)) {
        if sums.get(&entry.path).is_none() {
            return Err(Refusal::new(Code::Tree, format!("`{}` is not in {SUMS}", entry.path)));
        }
        here.insert(entry.path.as_str());
    }
    match sums.iter().find(|(path, _)| !here.contains(path)) {
        Some((path, _)) => Err(Refusal::new(Code::Tree, format!("`{path}` is in {SUMS}, and missing"))),
        None => Ok(()),
    }
}
