//! The release that a running program is of: found by where its file lies, and checked when it starts.
//!
//! A program lies in a release if `SHA512SUMS` is in the directory above its own, which is `bin`, or if that directory has a name
//! that installed ones have. What is checked: the program's bytes, the manifest, and the name of an installed release's
//! directory, against the sums; whoever loads something else out of it asks here. Nothing of this is signed: that the sums are
//! those of somebody who is trusted is said by signatures. And nothing of this stops who exchanges the program for one that does
//! not ask: it tells damage and mix-ups, and a start from what a site has not verified.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::digest::{self, sha512};
use crate::install::{RELEASES, is_short, short};
use crate::manifest::Manifest;
use crate::reading::{read, told};
use crate::sums::{self, Sums};
use crate::{Code, MANIFEST, Refusal, SUMS};

/// The directory of programs.
const BIN: &str = "bin";

/// The link to the release that is in force.
const CURRENT: &str = "current";

/// A release whose program, manifest and name are those of its sums.
#[derive(Clone, Debug)]
pub struct Release {
    /// Where it lies, without links.
    pub directory: PathBuf,
    pub manifest: Manifest,
    /// SHA-512 of the sums.
    pub sums_sha512: String,
    /// The exact bytes that are signed.
    pub text: Vec<u8>,
    sums: Sums,
}

/// The directory of the release that a program is of. None where it lies in none.
fn directory(program: &Path) -> Option<&Path> {
    let bin = program.parent().filter(|bin| bin.file_name().is_some_and(|name| name == BIN))?;
    let directory = bin.parent()?;
    let has_name = || directory.file_name().and_then(|name| name.to_str()).is_some_and(is_short);
    let is_release = directory.join(SUMS).symlink_metadata().is_ok() || is_installed(directory) && has_name();
    is_release.then_some(directory)
}

/// Whether a directory lies where releases are installed.
fn is_installed(directory: &Path) -> bool {
    directory.parent().and_then(Path::file_name).is_some_and(|name| name == RELEASES)
}

impl Release {
    /// The release of a program, by the path of its file without links, and the open file that runs. None where it lies in none.
    ///
    /// # Errors
    /// Something is not what the sums say, or is not there.
    pub fn of(program: &Path, running: &mut File) -> Result<Option<Self>, Refusal> {
        let Some(directory) = directory(program) else { return Ok(None) };
        let text = read(&directory.join(SUMS), sums::BYTES_MAX, Code::Format)?;
        let sums = Sums::read(&text)?;
        let bytes = read(&directory.join(MANIFEST), Manifest::BYTES_MAX, Code::Tree)?;
        let sums_sha512 = sha512(&text);
        let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if is_installed(directory) && name != short(&sums_sha512) {
            let (shown, short) = (directory.display(), short(&sums_sha512));
            return Err(changed(&format!(
                "the release in `{shown}` belongs into a directory `{short}`, by the digest of its sums"
            )));
        }
        if sums.get(MANIFEST) != Some(sha512(&bytes).as_str()) {
            return Err(changed(&format!("`{}` is not what the sums say", directory.join(MANIFEST).display())));
        }
        let manifest = Manifest::read(&bytes)?;
        let release = Self { directory: directory.to_owned(), manifest, sums_sha512, text, sums };
        let own = release.inside(program).unwrap_or_default();
        if release.sums.get(&own) != Some(of_reader(running).map_err(|fault| told(program, fault))?.as_str()) {
            return Err(changed(&format!("`{}` is not what the sums say", program.display())));
        }
        Ok(Some(release))
    }

    /// The name within this release of a file whose path has no links. None of one that lies elsewhere.
    fn inside(&self, path: &Path) -> Option<String> {
        path.strip_prefix(&self.directory).ok()?.to_str().map(str::to_owned)
    }

    /// The name within this release of a file or directory, links resolved. None where it lies elsewhere, or nowhere. Asked before
    /// a process is confined.
    pub fn found(&self, path: &Path) -> Option<String> {
        self.inside(&fs::canonicalize(path).ok()?)
    }

    /// Whether a model in this release, by its name within it, is the one that its manifest names, by the SHA-256 of its bytes.
    ///
    /// # Errors
    /// It is another one, or the manifest does not name it.
    pub fn check_model(&self, inside: &str, sha256: &str) -> Result<(), Refusal> {
        if self.manifest.models.iter().any(|model| model.path == inside && model.sha256 == sha256) {
            return Ok(());
        }
        Err(changed(&format!(
            "`{}` is not the model that the manifest names there",
            self.directory.join(inside).display()
        )))
    }

    /// Whether every file of a directory in this release is what the sums say, and none is there besides. A directory that lies
    /// elsewhere is judged by others.
    ///
    /// # Errors
    /// One is not, or cannot be read.
    pub fn check_directory(&self, path: &Path) -> Result<(), Refusal> {
        let Ok(path) = fs::canonicalize(path) else { return Ok(()) };
        if self.inside(&path).is_none() {
            return Ok(());
        }
        for entry in fs::read_dir(&path).map_err(|fault| told(&path, fault))? {
            let file = entry.map_err(|fault| told(&path, fault))?.path();
            let known = self.inside(&file).and_then(|inside| self.sums.get(&inside));
            let is_file = file.symlink_metadata().is_ok_and(|about| about.is_file());
            let found = if is_file { File::open(&file).and_then(of_reader).ok() } else { None };
            if known.is_none() || known != found.as_deref() {
                return Err(changed(&format!("`{}` is not what the sums say", file.display())));
            }
        }
        Ok(())
    }

    /// For people.
    pub fn shown(&self) -> String {
        let Manifest { name, version, sequence, .. } = &self.manifest;
        let digest = short(&self.sums_sha512);
        format!("{} {}, release {sequence} ({digest})", name.escape_debug(), version.escape_debug())
    }
}

fn changed(fault: &str) -> Refusal {
    Refusal::new(
        Code::Content,
        format!("{fault}; install the release anew from its bundle, or roll back to one that is whole"),
    )
}

/// SHA-512 of what is read.
fn of_reader(from: impl std::io::Read) -> std::io::Result<String> {
    digest::of_reader(from, &mut |_| {}).map(|(sha512, _)| sha512)
}

/// How a program is named so that the name stays when a release is installed: by way of `current`, if that leads to the release
/// that it is of. Else as it is.
pub fn lasting(program: &Path) -> PathBuf {
    let through = || {
        let directory = directory(program).filter(|directory| is_installed(directory))?;
        let root = directory.parent()?.parent()?;
        let link = root.join(CURRENT);
        let is_in_force = fs::read_link(&link).ok()? == Path::new(RELEASES).join(directory.file_name()?);
        is_in_force.then(|| link.join(BIN).join(program.file_name().unwrap_or_default()))
    };
    through().unwrap_or_else(|| program.to_owned())
}
