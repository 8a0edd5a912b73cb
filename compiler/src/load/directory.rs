//! The one directory that a document's files lie in, and the only way to read them.
//!
//! A document may come from anybody, and so may its references: nothing outside of the directory is opened, by whatever
//! path or link, and no more is read than the limits say.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::report::{At, Diagnostic};

/// A file may have this many bytes.
pub const FILE_BYTES_MAX: u64 = 100 << 20;

/// All files of a document together may have this many bytes.
pub const DOCUMENT_BYTES_MAX: u64 = 100 << 20;

/// A document may have this many files.
pub const FILES_MAX: usize = 10_000;

/// A directory, what was read of it, and what more may be.
#[derive(Debug)]
pub(super) struct Directory {
    /// As the user gave it: for messages.
    shown: PathBuf,
    /// Without links.
    real: PathBuf,
    bytes_left: u64,
    files_left: usize,
}

/// Why a file could not be had.
#[derive(Debug)]
pub(super) enum Denied {
    /// There is no such file.
    Missing(io::Error),
    /// There is one, and it must not, or cannot, be read.
    Refused { code: &'static str, title: String, help: &'static str },
}

impl Denied {
    /// Whether no more may be read at all.
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Refused { code: "E0117", .. })
    }

    /// As an error, with the place where the file's name stands.
    pub(super) fn diagnostic(self, path: &str, named_at: Option<&At>) -> Diagnostic {
        let diagnostic = match self {
            Self::Missing(error) => Diagnostic::error("E0105", format!("cannot read {path}: {error}"))
                .help("correct the name, or see to it that the file is there and may be read"),
            Self::Refused { code, title, help } => Diagnostic::error(code, title).help(help),
        };
        match named_at {
            Some(at) => diagnostic.at(at.clone(), "named here"),
            None => diagnostic,
        }
    }
}

impl Directory {
    /// The directory at `path`, as yet unread.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self {
            shown: path.to_owned(),
            real: fs::canonicalize(path)?,
            bytes_left: DOCUMENT_BYTES_MAX,
            files_left: FILES_MAX,
        })
    }

    /// Where this directory lies in `root`: a path that ends in `/`, or is empty. `None` if it does not, or has no name in
    /// UTF-8.
    pub(super) fn below(&self, root: &Self) -> Option<String> {
        let below = self.real.strip_prefix(&root.real).ok()?;
        below.iter().try_fold(String::new(), |path, part| Some(path + part.to_str()? + "/"))
    }

    /// The path of a file in it as a message shows it: as the user gave it, with forward slashes, without `./` before it.
    pub(super) fn shown(&self, name: &str) -> String {
        let path = self.shown.join(name).to_string_lossy().replace('\\', "/");
        path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
    }

    /// The bytes of the file `name`, a path below the directory with forward slashes and without `..`.
    pub(super) fn read(&mut self, name: &str) -> Result<Vec<u8>, Denied> {
        let shown = self.shown(name);
        let refused = |code, title: String, help| Denied::Refused { code, title, help };
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
                Denied::Missing(error)
            }
            _ => refused("E0105", format!("cannot read {shown}: {error}"), "see to it that the file may be read"),
        };
        let real = fs::canonicalize(self.real.join(name)).map_err(failed)?;
        if !real.starts_with(&self.real) {
            return Err(refused(
                "E0113",
                format!("{shown} is a link to a file outside of the directory"),
                "put the file itself there: a catalog is reviewed and hashed as a whole",
            ));
        }
        // Asked before it is opened: to open a pipe is to wait for whoever writes to it.
        let about = fs::metadata(&real).map_err(failed)?;
        if !about.is_file() {
            return Err(refused(
                "E0114",
                format!("{shown} is not a file of bytes, so it is not read"),
                "name the file itself; directories, pipes and devices are not opened",
            ));
        }
        let length = about.len();
        if length > FILE_BYTES_MAX {
            return Err(refused(
                "E0111",
                format!("{shown} has {length} bytes; a file may have {FILE_BYTES_MAX}"),
                "split the document, or remove what no tool needs",
            ));
        }
        if self.files_left == 0 || length > self.bytes_left {
            return Err(refused(
                "E0117",
                format!("with {shown} the document has more than {FILES_MAX} files or {DOCUMENT_BYTES_MAX} bytes"),
                "remove what no tool needs",
            ));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        // A file that grows meanwhile is cut, and then does not parse, rather than read without a bound.
        File::open(&real).and_then(|file| file.take(length).read_to_end(&mut bytes)).map_err(failed)?;
        self.files_left -= 1;
        self.bytes_left -= length;
        Ok(bytes)
    }
}
