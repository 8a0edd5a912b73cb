//! The files of a self-test: what may be read, what must not, and whether any of it was changed.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::elf;
use super::scene::{CANARY, LINK, LOG, PRIVILEGED, READABLE, SECRET};

/// A directory of this run alone. It goes away with it.
#[derive(Debug)]
pub(super) struct Directory {
    base: PathBuf,
}

impl Directory {
    /// Makes it among the temporary files, with everything in it.
    pub(super) fn new() -> io::Result<Self> {
        let base = std::env::temp_dir().join(format!("airlock-selftest-{}", std::process::id()));
        // Not one that is there already: somebody else's links would stand in it.
        // Others go through it, and see nothing but what they know the name of: an attempt of root's is made as nobody.
        DirBuilder::new().mode(0o700).create(&base)?;
        // Whatever the umask is: one attempt is nobody's.
        fs::set_permissions(&base, Permissions::from_mode(0o711))?;
        let directory = Self { base };
        make(&directory.sockets())?;
        make(&directory.state_directory())?;
        directory.put_privileged_program()?;
        symlink("nobodys-business", directory.sockets().join(LINK))?;
        directory.fill()?;
        Ok(directory)
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.base.join("tree")
    }

    pub(super) fn models(&self) -> PathBuf {
        self.base.join("models")
    }

    pub(super) fn state_directory(&self) -> PathBuf {
        self.base.join("state")
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.base.join("outside")
    }

    pub(super) fn sockets(&self) -> PathBuf {
        self.base.join("sockets")
    }

    fn watched(&self) -> [PathBuf; 3] {
        [self.tree(), self.models(), self.outside()]
    }

    fn fill(&self) -> io::Result<()> {
        self.watched().iter().try_for_each(|path| make(path))?;
        fs::write(self.tree().join(READABLE), CANARY)?;
        symlink(self.outside().join(SECRET), self.tree().join(LINK))?;
        fs::write(self.models().join("weights"), CANARY)?;
        fs::write(self.outside().join(SECRET), CANARY)?;
        fs::write(self.outside().join(LOG), "one line\n")
    }

    /// A program that runs with root's rights, if this is root. All that it does is to say so.
    fn put_privileged_program(&self) -> io::Result<()> {
        let (path, true, Some(program)) =
            (self.sockets().join(PRIVILEGED), rustix::process::geteuid().is_root(), elf::program_if_root())
        else {
            return Ok(());
        };
        fs::write(&path, program)?;
        fs::set_permissions(&path, Permissions::from_mode(0o4755))
    }

    /// Everything of the files that an attempt could change: names, kinds, owners, modes, times, bytes.
    pub(super) fn state(&self) -> io::Result<Vec<String>> {
        let mut state = Vec::new();
        for directory in self.watched() {
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                let about = fs::symlink_metadata(&path)?;
                let bytes = if about.is_file() { readable(&path) } else { Vec::new() };
                let (mode, user, group, links) = (about.mode(), about.uid(), about.gid(), about.nlink());
                let time = (about.mtime(), about.mtime_nsec());
                state.push(format!("{} {mode:o} {user} {group} {links} {time:?} {bytes:?}", path.display()));
            }
        }
        state.sort();
        Ok(state)
    }

    /// As it was in the beginning.
    pub(super) fn restore(&self) -> io::Result<()> {
        self.watched().iter().try_for_each(fs::remove_dir_all)?;
        self.fill()
    }
}

/// A directory that others may look into, whatever the mask is.
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// What stands in a file, if it can still be read.
fn readable(path: &Path) -> Vec<u8> {
    use io::Read as _;
    let mut bytes = Vec::new();
    // A length that an attempt chose is not read whole.
    let _ = File::open(path).and_then(|file| file.take(1 << 17).read_to_end(&mut bytes));
    bytes
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed lies among temporary files and holds nothing of anybody.
        let _ = fs::remove_dir_all(&self.base);
    }
}
