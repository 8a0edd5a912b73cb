//! What goes where: files are written with their digests, and modes follow from places.
//!
//! A digest is always that of bytes which were read back from the bundle, so what is signed is what lies there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use airlock_seal::digest::{hex, sha512};
use airlock_seal::manifest::CHUNK_BYTES;
use airlock_seal::sums::Sums;
use airlock_seal::{Code, Refusal, SUMS, path};
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use super::progress::Progress;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 20;

/// A bundle that is being written.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    sums: Sums,
    /// Paths in small letters: media that know no case would join two files.
    small: BTreeSet<String>,
    files: u64,
    bytes: u64,
}

/// A bundle that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Files, that of the sums included.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Of the sums: the one digest that stands for all.
    pub sums_sha512: String,
}

/// The digests of a file, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    pub bytes: u64,
    pub sha256: String,
    pub sha512: String,
    /// SHA-512 of each part of [`CHUNK_BYTES`].
    pub chunks: Vec<String>,
}

impl Digests {
    /// Reads a file. `read` is told of every part how many bytes it had.
    pub fn of(file: &mut File, read: &mut dyn FnMut(u64)) -> std::io::Result<Self> {
        let (mut sha256, mut sha512, mut bytes) = (Sha256::new(), Sha512::new(), 0);
        let mut chunks = Vec::new();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let (mut chunk, mut length) = (Sha512::new(), 0);
            let mut part = Read::by_ref(file).take(CHUNK_BYTES);
            loop {
                match part.read(&mut buffer)? {
                    0 => break,
                    count => {
                        let piece = &buffer[..count];
                        sha256.update(piece);
                        sha512.update(piece);
                        chunk.update(piece);
                        length += count as u64;
                        read(count as u64);
                    }
                }
            }
            if length > 0 {
                chunks.push(hex(&chunk.finalize()));
                bytes += length;
            }
            if length < CHUNK_BYTES {
                break;
            }
        }
        Ok(Self { bytes, sha256: hex(&sha256.finalize()), sha512: hex(&sha512.finalize()), chunks })
    }
}

impl Tree {
    /// Begins in an empty directory.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), sums: Sums::default(), small: BTreeSet::new(), files: 0, bytes: 0 }
    }

    /// Where a file of the bundle lies while it is written.
    pub fn place(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file. Gives its SHA-512.
    pub fn put(&mut self, path: &str, bytes: &[u8]) -> Result<String, Refusal> {
        let target = self.prepare(path)?;
        let written = File::create_new(&target).and_then(|mut file| file.write_all(bytes));
        written.map_err(|fault| Refusal::internal(format!("cannot write {path}"), fault))?;
        let digest = sha512(bytes);
        self.enter(path, bytes.len() as u64, digest.clone())?;
        Ok(digest)
    }

    /// Writes a value, indented, as JSON with a line feed at its end. Gives its SHA-512.
    pub fn put_json(&mut self, path: &str, value: &Value) -> Result<String, Refusal> {
        self.put(path, format!("{value:#}\n").as_bytes())
    }

    /// Copies a file, by reference where the file system can. Digests are those of the copy.
    pub fn copy(&mut self, path: &str, from: &Path, progress: &mut Progress<'_>) -> Result<Digests, Refusal> {
        let target = self.prepare(path)?;
        let told = |fault| Refusal::internal(format!("cannot copy {} to {path}", from.display()), fault);
        fs::copy(from, &target).map_err(told)?;
        let digests = read_back(&target, path, progress).map_err(told)?;
        self.enter(path, digests.bytes, digests.sha512.clone())?;
        Ok(digests)
    }

    /// Enters what somebody else has written below a directory of the bundle. Anything but plain files and directories is
    /// refused.
    pub fn adopt(&mut self, directory: &str, progress: &mut Progress<'_>) -> Result<(), Refusal> {
        let mut open = vec![directory.to_owned()];
        let mut found = BTreeSet::new();
        while let Some(at) = open.pop() {
            let told = |fault| Refusal::internal(format!("cannot read {at}"), fault);
            for entry in fs::read_dir(self.root.join(&at)).map_err(told)? {
                let entry = entry.map_err(told)?;
                let name = entry.file_name();
                let below = format!("{at}/{}", name.to_string_lossy());
                let kind = entry.file_type().map_err(told)?;
                if kind.is_dir() {
                    open.push(below);
                } else if kind.is_file() && name.to_str().is_some() {
                    found.insert(below);
                } else {
                    let text = format!("`{}` is no plain file; take it out of the workspace", below.escape_debug());
                    return Err(Refusal::new(Code::Usage, text));
                }
            }
        }
        for path in found {
            check(&path)?;
            let target = self.root.join(&path);
            let digests = read_back(&target, &path, progress)
                .map_err(|fault| Refusal::internal(format!("cannot read {path}"), fault))?;
            self.enter(&path, digests.bytes, digests.sha512)?;
        }
        Ok(())
    }

    /// The digest of a file that was written.
    pub fn sha512(&self, path: &str) -> Option<&str> {
        self.sums.get(path)
    }

    /// Paths below a directory, with their digests.
    pub fn below<'t>(&'t self, directory: &str) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let prefix = format!("{directory}/");
        self.sums.iter().filter(move |(path, _)| path.starts_with(&prefix))
    }

    /// The digest of a directory: of the lines that the sums have for what lies below it.
    pub fn directory_sha512(&self, directory: &str) -> String {
        let mut digest = Sha512::new();
        for (path, sha512) in self.below(directory) {
            digest.update(format!("{sha512}  {path}\n"));
        }
        hex(&digest.finalize())
    }

    /// Writes the sums: the bundle is whole, and unsigned.
    pub fn finish(mut self) -> Result<Written, Refusal> {
        let text = self.sums.text();
        // What others will hold the bundle to, it is held to here.
        Sums::read(text.as_bytes())?;
        let target = self.root.join(SUMS);
        fs::write(&target, &text).map_err(|fault| Refusal::internal(format!("cannot write {SUMS}"), fault))?;
        set_mode(&target, path::mode(SUMS))
            .map_err(|fault| Refusal::internal(format!("cannot write {SUMS}"), fault))?;
        self.open_directories().map_err(|fault| Refusal::internal("cannot set modes of directories", fault))?;
        self.files += 1;
        self.bytes += text.len() as u64;
        Ok(Written { files: self.files, bytes: self.bytes, sums_sha512: sha512(text.as_bytes()) })
    }

    /// Gives every directory the mode that it has in an installation, whatever the umask says here.
    fn open_directories(&self) -> std::io::Result<()> {
        let mut directories = BTreeSet::from([String::new()]);
        for (path, _) in self.sums.iter() {
            directories.extend(path.match_indices('/').map(|(end, _)| path[..end].to_owned()));
        }
        directories.iter().try_for_each(|directory| set_mode(&self.root.join(directory), 0o755))
    }

    /// Checks a path, and makes the directory that it lies in.
    fn prepare(&mut self, path: &str) -> Result<PathBuf, Refusal> {
        check(path)?;
        let target = self.root.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(|fault| Refusal::internal(format!("cannot write {path}"), fault))?;
        }
        Ok(target)
    }

    fn enter(&mut self, path: &str, bytes: u64, sha512: String) -> Result<(), Refusal> {
        if !self.small.insert(path.to_ascii_lowercase()) {
            let text = format!("`{path}` differs from another file in upper and lower case alone; rename one");
            return Err(Refusal::new(Code::Usage, text));
        }
        set_mode(&self.root.join(path), path::mode(path))
            .map_err(|fault| Refusal::internal(format!("cannot write {path}"), fault))?;
        self.sums.insert(path.to_owned(), sha512);
        self.files += 1;
        self.bytes += bytes;
        Ok(())
    }
}

fn check(path: &str) -> Result<(), Refusal> {
    path::check(path).map_err(|fault| {
        Refusal::new(Code::Usage, format!("`{}` cannot stand in a bundle: it {fault}; rename it", path.escape_debug()))
    })
}

fn read_back(target: &Path, path: &str, progress: &mut Progress<'_>) -> std::io::Result<Digests> {
    let mut file = File::open(target)?;
    let total = file.metadata()?.len();
    let mut done = 0;
    Digests::of(&mut file, &mut |count| {
        done += count;
        progress.bytes(path, done, total);
    })
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Other systems have no such modes; whoever unpacks sets them by place.
#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use airlock_seal::Code;

    use super::{Progress, Tree, sha512};

    #[test]
    fn what_is_listed_is_what_lies_there_with_the_mode_of_its_place() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut none = std::io::sink();
        let mut progress = Progress::new(&mut none, false);
        let mut tree = Tree::new(directory.path());
        tree.put("bin/airlock-host", b"program").expect("written");
        fs::create_dir_all(directory.path().join("source/a")).expect("made");
        fs::write(directory.path().join("source/a/b"), "text").expect("written");
        tree.adopt("source", &mut progress).expect("plain files");
        assert_eq!(tree.sha512("source/a/b"), Some(&*sha512(b"text")));
        assert_eq!(tree.directory_sha512("source"), sha512(format!("{}  source/a/b\n", sha512(b"text")).as_bytes()));
        let twin = tree.put("BIN/airlock-host", b"other").expect_err("a twin");
        assert_eq!(twin.code, Code::Usage);
        fs::remove_dir_all(directory.path().join("BIN")).expect("there");
        let written = tree.finish().expect("written");
        let text = fs::read(directory.path().join("SHA512SUMS")).expect("there");
        assert_eq!(written, super::Written { files: 3, bytes: 11 + text.len() as u64, sums_sha512: sha512(&text) });
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode =
                |path: &str| fs::metadata(directory.path().join(path)).expect("there").permissions().mode() & 0o7777;
            assert_eq!((mode("bin/airlock-host"), mode("source/a/b"), mode("SHA512SUMS")), (0o755, 0o644, 0o644));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_and_strange_names_are_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut none = std::io::sink();
        let mut progress = Progress::new(&mut none, false);
        let mut tree = Tree::new(directory.path());
        for bad in ["../a", "a b", "/a", "-a"] {
            assert_eq!(tree.put(bad, b"").expect_err(bad).code, Code::Usage);
        }
        fs::create_dir(directory.path().join("source")).expect("made");
        std::os::unix::fs::symlink("/etc/passwd", directory.path().join("source/link")).expect("made");
        let fault = tree.adopt("source", &mut progress).expect_err("a link");
        assert!(fault.text.contains("source/link"), "{fault}");
    }
}
