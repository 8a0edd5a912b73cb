//! Files of a bundle, opened so that nothing else is: no link is followed, and no pipe waited for.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use crate::{Code, Refusal};

/// Opens a file to read. Whether it is a regular one is for whoever asks to find out.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Reads a file. `missing` is the class of one that is not there.
pub(crate) fn read(path: &Path, bytes_max: u64, missing: Code) -> Result<Vec<u8>, Refusal> {
    let file = open(path).map_err(|fault| match fault.kind() {
        io::ErrorKind::NotFound => Refusal::new(missing, format!("`{}` is not there", path.display())),
        _ => told(path, fault),
    })?;
    if !file.metadata().map_err(|fault| told(path, fault))?.is_file() {
        return Err(Refusal::new(Code::Tree, format!("`{}` is no file", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|fault| told(path, fault))?;
    if bytes.len() as u64 > bytes_max {
        return Err(Refusal::new(Code::Format, format!("`{}` is longer than {bytes_max} bytes", path.display())));
    }
    Ok(bytes)
}

/// What the machine failed at, with the file.
pub(crate) fn told(path: &Path, fault: impl Display) -> Refusal {
    Refusal::internal(format!("`{}`", path.display()), fault)
}
