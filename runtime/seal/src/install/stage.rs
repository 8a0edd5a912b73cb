//! Putting a release together from a directory, and bringing what was put together to the disk.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::place::{manifest_of, usage};
use super::{Early, Source};
use crate::reading::{open, read, told};
use crate::{Code, Refusal, SUMS, path, sums};

/// More files than this are no release.
const FILES_MAX: usize = 500_000;

/// So deep are its directories at most.
const DEPTH_MAX: usize = 64;

/// Bytes that are copied before somebody is told.
const CHUNK_BYTES: u64 = 16 << 20;

/// A bundle that is a directory.
#[expect(missing_debug_implementations, reason = "functions have no debug form")]
pub struct Directory<'a> {
    from: PathBuf,
    files: Vec<Entry>,
    /// Told how many bytes of how many are copied.
    progress: &'a mut dyn FnMut(u64, u64),
}

/// A bundle that whoever has it puts into a directory: an archive.
#[expect(missing_debug_implementations, reason = "functions have no debug form")]
pub struct Unpacked<'a> {
    /// How long the archive is, in bytes; what is in it is not shorter.
    pub bytes: u64,
    /// Makes the directory and everything in it, and calls the other when the sums are read.
    pub unpack: &'a mut Unpack<'a>,
}

/// Puts a bundle into a directory.
pub type Unpack<'a> = dyn FnMut(&Path, &mut Early<'_>) -> Result<(), Refusal> + 'a;

impl Source for Unpacked<'_> {
    fn bytes(&mut self) -> Result<u64, Refusal> {
        Ok(self.bytes)
    }

    fn fill(&mut self, into: &Path, early: &mut Early<'_>) -> Result<(), Refusal> {
        (self.unpack)(into, early)
    }
}

/// A file, or a directory, of a tree.
struct Entry {
    /// Relative to the tree.
    name: String,
    bytes: u64,
    is_directory: bool,
}

impl<'a> Directory<'a> {
    /// Of this directory.
    pub fn new(from: &Path, progress: &'a mut dyn FnMut(u64, u64)) -> Self {
        Self { from: from.to_owned(), files: Vec::new(), progress }
    }
}

impl Source for Directory<'_> {
    fn bytes(&mut self) -> Result<u64, Refusal> {
        self.files = walked(&self.from)?;
        Ok(self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes)))
    }

    fn fill(&mut self, into: &Path, early: &mut Early<'_>) -> Result<(), Refusal> {
        let sums = read(&self.from.join(SUMS), sums::BYTES_MAX, Code::Format)?;
        early(&sums, Some(&manifest_of(&self.from)?))?;
        let all = self.bytes()?;
        let mut done = 0;
        directory(into)?;
        for entry in &self.files {
            let to = into.join(&entry.name);
            if entry.is_directory {
                directory(&to)?;
                continue;
            }
            copied(&self.from.join(&entry.name), &entry.name, &to, &mut |bytes| {
                done += bytes;
                (self.progress)(done, all);
            })?;
        }
        Ok(())
    }
}

fn directory(path: &Path) -> Result<(), Refusal> {
    // Whatever the mask is: who runs the program is not who installs it.
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o755)))
        .map_err(|fault| told(path, fault))
}

/// Copies a file with its mode, which whoever checks the copy judges. A link, or a file that has two names, is none.
fn copied(from: &Path, name: &str, to: &Path, progress: &mut dyn FnMut(u64)) -> Result<(), Refusal> {
    let source = open(from).map_err(|fault| told(from, fault))?;
    let about = source.metadata().map_err(|fault| told(from, fault))?;
    let refused = |fault: &str| Err(Refusal::new(Code::Tree, format!("`{}` {fault}", name.escape_debug())));
    if !about.is_file() {
        return refused("is no plain file");
    }
    if about.nlink() != 1 {
        return refused("has a second name (a hard link)");
    }
    if about.mode() & 0o7000 != 0 {
        return refused("gives rights to whoever runs it (setuid, setgid or sticky)");
    }
    let mut target = File::create_new(to).map_err(|fault| told(to, fault))?;
    loop {
        let copied = io::copy(&mut io::Read::take(&source, CHUNK_BYTES), &mut target).map_err(|fault| {
            Refusal::internal(format!("`{}` cannot be copied to `{}`", from.display(), to.display()), fault)
        })?;
        progress(copied);
        if copied == 0 {
            break;
        }
    }
    target.set_permissions(Permissions::from_mode(about.mode() & 0o777)).map_err(|fault| told(to, fault))
}

/// Everything in a tree, directories before what is in them, sorted. Nothing is opened.
fn walked(root: &Path) -> Result<Vec<Entry>, Refusal> {
    let about = root.symlink_metadata().map_err(|fault| usage(format!("`{}`: {fault}", root.display())))?;
    if !about.is_dir() {
        return Err(usage(format!("`{}` is no directory; a link to one is not followed", root.display())));
    }
    let mut found = Vec::new();
    let mut inner = vec![(String::new(), 0)];
    while let Some((inside, depth)) = inner.pop() {
        let here = root.join(&inside);
        for entry in fs::read_dir(&here).map_err(|fault| told(&here, fault))? {
            let entry = entry.map_err(|fault| told(&here, fault))?;
            let part = entry.file_name();
            let part = part.to_string_lossy();
            let name = if inside.is_empty() { part.into_owned() } else { format!("{inside}/{part}") };
            let refused = |fault: &str| Err(Refusal::new(Code::Tree, format!("`{}` {fault}", name.escape_debug())));
            if let Err(fault) = path::check(&name) {
                return refused(fault);
            }
            if found.len() >= FILES_MAX || depth >= DEPTH_MAX {
                return refused("is one file or directory more than a release has");
            }
            let about = entry.path().symlink_metadata().map_err(|fault| told(&entry.path(), fault))?;
            if about.is_dir() {
                inner.push((name.clone(), depth + 1));
            } else if !about.is_file() {
                return refused("is no plain file");
            }
            let bytes = if about.is_dir() { 0 } else { about.len() };
            found.push(Entry { name, bytes, is_directory: about.is_dir() });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Brings a whole tree to the disk: every file, and then every directory, the innermost first.
pub(super) fn sync(root: &Path, disk: &mut dyn Disk) -> Result<(), Refusal> {
    let entries = walked(root)?;
    let (directories, files): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.is_directory);
    for entry in files.into_iter().chain(directories.into_iter().rev()) {
        let path = root.join(&entry.name);
        disk.sync(&path).map_err(|fault| told(&path, fault))?;
    }
    disk.sync(root).map_err(|fault| told(root, fault))
}
