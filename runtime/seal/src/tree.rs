//! The tree of a bundle: what was signed, and nothing else.
//!
//! `sha512sum -c` says nothing about files that are not listed, and follows links. Here every entry is looked at without following
//! it, and each has to be a regular file with one name, listed, with the mode of its place, or a directory that holds one.
//! Whoever can write to the tree while it is checked can change it afterwards as well; still, no link is followed and nothing but
//! a regular file opened, and what is read is what was looked at ([`Identity`]).
//!
//! A medium without modes (FAT) shows every file as a program, or none. No bundle's directory can lie on one, and there is no
//! flag for it: the archive crosses, which keeps modes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::sums::Sums;
use crate::{Code, Refusal, SIGNATURES, SUMS, path, reading, signatures};

/// What is wrong in a file's mode: setuid, setgid, sticky, and that others than its owner may write.
const FILE_MODE_WRONG: u32 = 0o7022;

/// The same of a directory, which gets the setgid bit from the one above it on some systems.
const DIRECTORY_MODE_WRONG: u32 = 0o5022;

const EXECUTABLE: u32 = 0o111;

/// Which file it was, and in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    pub bytes: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    pub fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            bytes: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

/// The real path of a bundle's directory. Refused as [`Code::Usage`].
pub fn root(bundle: &Path) -> Result<PathBuf, Refusal> {
    let told = |fault: String| Refusal::new(Code::Usage, format!("the bundle `{}` {fault}", bundle.display()));
    let root = bundle.canonicalize().map_err(|fault| told(format!("cannot be opened: {fault}")))?;
    if !root.is_dir() {
        return Err(told("is no directory".to_owned()));
    }
    Ok(root)
}

/// Opens a regular file, and nothing that a name may lead to instead: a link, or a FIFO that waits for ever.
pub fn open(path: &Path) -> io::Result<(File, Identity)> {
    let file = reading::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok((file, Identity::of(&about)))
}

/// Reads a small file of the bundle. None where no regular file of that name is there, or a longer one.
pub fn read(root: &Path, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, Refusal> {
    let path = root.join(name);
    // Looked at first, for a clear word: what cannot be opened is not always no file.
    let is_file = fs::symlink_metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= bytes_max);
    if !is_file {
        return Ok(None);
    }
    let unreadable = |fault| Refusal::internal(format!("`{name}` cannot be read"), fault);
    let (file, _) = open(&path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
}

/// The files of `signatures/` that can be read; what else lies there is a matter of [`check`].
pub fn signatures(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, Refusal> {
    let mut files = BTreeMap::new();
    if !fs::symlink_metadata(root.join(SIGNATURES)).is_ok_and(|about| about.is_dir()) {
        return Ok(files);
    }
    for name in names(root, SIGNATURES, signatures::FILES_MAX)? {
        if signatures::principal(&name).is_none() {
            continue;
        }
        if let Some(bytes) = read(root, &format!("{SIGNATURES}/{name}"), signatures::FILE_BYTES_MAX)? {
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

/// Checks that the tree is the one of these sums. Goes out: each listed file, with what it was when it was looked at, sorted by
/// bytes of the path. Refused as [`Code::Tree`], with the first entry that is wrong.
pub fn check(root: &Path, sums: &Sums) -> Result<BTreeMap<String, Identity>, Refusal> {
    let mut walk = Walk { root, sums, found: BTreeMap::new() };
    let about = fs::symlink_metadata(root).map_err(|fault| Refusal::internal("the bundle cannot be read", fault))?;
    mode_of_directory(".", &about)?;
    walk.directory("")?;
    match sums.iter().find(|(path, _)| !walk.found.contains_key(*path)) {
        Some((path, _)) => Err(wrong(path, "is listed in SHA512SUMS and missing")),
        None => Ok(walk.found),
    }
}

struct Walk<'a> {
    root: &'a Path,
    sums: &'a Sums,
    found: BTreeMap<String, Identity>,
}

impl Walk<'_> {
    /// Looks at everything below a directory, whose path is empty for the bundle itself.
    fn directory(&mut self, path: &str) -> Result<(), Refusal> {
        // More than could ever be right; a directory of millions is not listed to the end.
        let names = names(self.root, path, self.sums.iter().len() + signatures::FILES_MAX)?;
        let mut lower = BTreeSet::new();
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            path::check(&path).map_err(|fault| wrong(&path, fault))?;
            let about = fs::symlink_metadata(self.root.join(&path))
                .map_err(|fault| Refusal::internal(format!("`{path}` cannot be looked at"), fault))?;
            if about.is_dir() && self.is_directory(&path) {
                mode_of_directory(&path, &about)?;
                self.directory(&path)?;
            } else {
                self.file(&path, &about)?;
            }
            if !lower.insert(name.to_ascii_lowercase()) {
                return Err(wrong(&path, "differs from the name beside it in upper and lower case alone"));
            }
        }
        Ok(())
    }

    /// Whether something that is listed lies below this path. `signatures/` is flat.
    fn is_directory(&self, path: &str) -> bool {
        path == SIGNATURES || self.sums.has_below(path)
    }

    fn file(&mut self, path: &str, about: &Metadata) -> Result<(), Refusal> {
        let is_signature = path.strip_prefix(SIGNATURES).is_some_and(|rest| rest.starts_with('/'));
        let is_listed = self.sums.get(path).is_some();
        if !is_listed && !is_signature && path != SUMS && !self.is_directory(path) {
            return Err(wrong(
                path,
                if about.is_dir() { "is a directory that holds no listed file" } else { "is not listed in SHA512SUMS" },
            ));
        }
        let kind = about.file_type();
        let told = match kind {
            _ if kind.is_file() => None,
            _ if kind.is_symlink() => Some("is a symbolic link"),
            _ if kind.is_dir() => Some("is a directory"),
            _ if kind.is_fifo() => Some("is a FIFO"),
            _ if kind.is_socket() => Some("is a socket"),
            _ => Some("is a device"),
        };
        if let Some(told) = told {
            return Err(wrong(path, told));
        }
        if about.nlink() != 1 {
            return Err(wrong(path, "is a hard link: the file has other names, by which it can be changed"));
        }
        if is_signature && about.len() > signatures::FILE_BYTES_MAX {
            return Err(wrong(path, "is longer than 64 KiB, which no signature is"));
        }
        mode_of_file(path, about.mode())?;
        if is_listed {
            self.found.insert(path.to_owned(), Identity::of(about));
        }
        Ok(())
    }
}

/// The names in a directory, sorted by bytes. Refused as [`Code::Tree`] where one is not UTF-8, or there are too many.
fn names(root: &Path, path: &str, count_max: usize) -> Result<Vec<String>, Refusal> {
    let unreadable = |fault| Refusal::internal(format!("`{path}` cannot be listed"), fault);
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(path)).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.into_string().map_err(|name| wrong(&name.to_string_lossy(), "is a name that is not ASCII"))?;
        names.push(name);
        if names.len() > count_max {
            return Err(wrong(path, "holds more files than are listed in SHA512SUMS"));
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn mode_of_directory(path: &str, about: &Metadata) -> Result<(), Refusal> {
    let mode = about.mode();
    if mode & DIRECTORY_MODE_WRONG == 0 {
        return Ok(());
    }
    Err(wrong(path, &format!("has the mode {:04o}: only its owner may write to it; run `chmod 755`", mode & 0o7777)))
}

fn mode_of_file(path: &str, mode: u32) -> Result<(), Refusal> {
    let right = path::mode(path);
    let shown = mode & 0o7777;
    if mode & FILE_MODE_WRONG != 0 {
        let fault = format!(
            "has the mode {shown:04o}: setuid, setgid, sticky, or others than its owner may write to it; {right:04o} belongs \
                 there: `chmod {right:04o} {path}`"
        );
        return Err(wrong(path, &fault));
    }
    let is_program = mode & EXECUTABLE != 0;
    if is_program != (right & EXECUTABLE != 0) {
        let fault = format!(
            "has the mode {shown:04o} where {right:04o} belongs; a medium that keeps no modes takes the archive, not the directory"
        );
        return Err(wrong(path, &fault));
    }
    Ok(())
}

fn wrong(path: &str, fault: &str) -> Refusal {
    let shown = if path.is_empty() { "." } else { path };
    Refusal::new(Code::Tree, format!("`{}` {fault}", shown.escape_debug()))
}
