//! The files of a log: opened to append, and brought to the disk.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use crate::private::Access;

/// Opens a file to append to and to read, made if it is not there. Nothing but a file: no link to one, and no pipe that nobody
/// reads. `None` where it is a device, such as `/dev/stderr`'s.
pub(super) fn open_append(path: &Path) -> io::Result<Opened> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(|fault| match fault.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
            io::Error::other("is a symbolic link; name the file that it leads to")
        }
        _ => fault,
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Opened::Device(OpenOptions::new().append(true).open(path)?));
    }
    Access::Secret.check(&file, path).map_err(io::Error::other)?;
    Ok(Opened::File(file))
}

/// What was opened.
pub(super) enum Opened {
    File(File),
    /// Something that is written to and never read: there is nothing to lock, to recover or to begin anew.
    Device(File),
}

/// A fault with the file's name before it.
pub(super) fn named(path: &Path, fault: &dyn Display) -> io::Error {
    io::Error::other(format!("audit file `{}`: {fault}", path.display()))
}

/// Makes it last that a name in this file's directory is there, or is another one.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}
