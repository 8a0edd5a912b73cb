//! An archive, as files in a fresh directory.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::{Contents, Head, Limits, Opened, Sink};
use crate::{Progress, Refusal, SIGNATURES, SUMS, path};

/// Unpacks an archive into a directory that must not be there yet. `before` hears the sums and the signatures before any file of
/// the release is written; what it refuses is refused. Where anything is, the directory is removed again.
///
/// # Errors
/// What [`super::read()`] and `before` refuse, and [`crate::Code::Internal`] where the directory cannot be written.
pub fn unpack(
    archive: Opened,
    into: &Path,
    limits: Limits,
    before: &mut dyn FnMut(&Head) -> Result<(), Refusal>,
    progress: &mut Progress<'_>,
) -> Result<Contents, Refusal> {
    // Nobody else reads it, or puts anything there, before it is whole.
    let made = DirBuilder::new().mode(0o700).create(into);
    made.map_err(|fault| Refusal::internal(into.display(), fault))?;
    let mut directory = Directory { root: into.to_owned(), before, parents: BTreeSet::new(), open: None };
    let outcome = archive.read(limits, &mut directory, progress).and_then(|contents| {
        directory.close()?;
        Ok(contents)
    });
    if outcome.is_err() {
        // What is left of it is told by the refusal.
        let _ = fs::remove_dir_all(into);
    }
    outcome
}

struct Directory<'a> {
    root: PathBuf,
    before: &'a mut dyn FnMut(&Head) -> Result<(), Refusal>,
    /// What was made below the root.
    parents: BTreeSet<String>,
    open: Option<(String, File)>,
}

fn unwritten(path: &str) -> impl Fn(io::Error) -> Refusal + '_ {
    move |fault| Refusal::internal(format!("`{path}` cannot be written"), fault)
}

fn finish(path: &str, file: &File) -> Result<(), Refusal> {
    file.set_permissions(Permissions::from_mode(path::mode(path))).map_err(unwritten(path))
}

impl Directory<'_> {
    fn create(&mut self, path: &str) -> Result<File, Refusal> {
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            if self.parents.insert(parent.to_owned()) {
                let made = DirBuilder::new().mode(0o700).create(self.root.join(parent));
                made.map_err(unwritten(parent))?;
            }
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        options.open(self.root.join(path)).map_err(unwritten(path))
    }

    fn whole(&mut self, path: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let mut file = self.create(path)?;
        file.write_all(bytes).map_err(unwritten(path))?;
        finish(path, &file)
    }

    /// Lets others in, from the innermost directory outwards.
    fn close(&mut self) -> Result<(), Refusal> {
        for parent in self.parents.iter().rev().map(String::as_str).chain([""]) {
            let closed = fs::set_permissions(self.root.join(parent), Permissions::from_mode(0o755));
            closed.map_err(unwritten(parent))?;
        }
        Ok(())
    }
}

impl Sink for Directory<'_> {
    fn head(&mut self, head: &Head) -> Result<(), Refusal> {
        (self.before)(head)?;
        self.whole(SUMS, &head.sums)?;
        for (name, signature) in &head.signatures {
            self.whole(&format!("{SIGNATURES}/{name}"), signature)?;
        }
        Ok(())
    }

    fn begin(&mut self, path: &str, _bytes: u64) -> Result<(), Refusal> {
        self.open = Some((path.to_owned(), self.create(path)?));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        match &mut self.open {
            Some((path, file)) => file.write_all(bytes).map_err(unwritten(path)),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        match self.open.take() {
            Some((path, file)) => finish(&path, &file),
            None => Ok(()),
        }
    }
}
