//! The steps by which a disk is changed, one by one, so that tests stop behind each of them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::Path;

/// What changes a disk.
pub trait Disk {
    /// Room for whoever runs this, in bytes.
    fn free(&self, at: &Path) -> io::Result<u64>;
    /// Makes a directory that all may read.
    fn make_directory(&mut self, path: &Path) -> io::Result<()>;
    /// Makes a new file that all may read.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Brings a file's bytes, or the names in a directory, to the disk (fsync(2)).
    fn sync(&mut self, path: &Path) -> io::Result<()>;
    /// Gives a file, a directory or a link another name, in place of what has that name (rename(2)).
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes a symbolic link.
    fn link(&mut self, target: &Path, at: &Path) -> io::Result<()>;
    /// Removes a file, a link, or a directory with everything in it. Links are not followed.
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Here;

impl Disk for Here {
    fn free(&self, at: &Path) -> io::Result<u64> {
        let about = rustix::fs::statvfs(at)?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }

    fn make_directory(&mut self, path: &Path) -> io::Result<()> {
        // Whatever the mask is: who runs a program is not who installs it.
        DirBuilder::new().mode(0o700).create(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o755))
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?.write_all(bytes)
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&mut self, target: &Path, at: &Path) -> io::Result<()> {
        symlink(target, at)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }
}
