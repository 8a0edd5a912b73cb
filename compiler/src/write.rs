//! Step 8: text -> disk. The only writer, and the comparison that it shares with `--check`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::emit::MARK;

/// One way in which the disk differs from what should stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path below the output directory, with `/`.
    pub path: String,
    /// In which way.
    pub kind: Kind,
}

/// In which way a file differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its bytes are others; what stands there.
    Changed(String),
    /// Its lines end in CR LF, and nothing else is different.
    LineEnds,
    /// It is not there.
    Missing,
    /// It is there and should not be; what stands there. Compiled in all the same, so the dangerous kind.
    Orphan(String),
    /// It is there, should not be, and was not written by this program.
    Foreign,
}

impl Kind {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::LineEnds => "line ends",
            Self::Missing => "missing",
            Self::Orphan(_) => "orphan",
            Self::Foreign => "foreign",
        }
    }
}

/// Compares the directory with what should stand there, sorted by path.
///
/// # Errors
/// The directory cannot be read.
pub fn compare(files: &BTreeMap<String, String>, root: &Path) -> io::Result<Vec<Difference>> {
    let present = present(root)?;
    let mut differences = Vec::new();
    for (path, wanted) in files {
        let kind = match present.get(path) {
            None => Kind::Missing,
            Some(_) => match fs::read(root.join(path)) {
                Ok(bytes) if bytes == wanted.as_bytes() => continue,
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if text.replace("\r\n", "\n") == *wanted { Kind::LineEnds } else { Kind::Changed(text) }
                }
                Err(error) => return Err(error),
            },
        };
        differences.push(Difference { path: path.clone(), kind });
    }
    for path in present.iter().filter(|path| !files.contains_key(*path)) {
        let bytes = fs::read(root.join(path))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let first_line = text.lines().next().unwrap_or_default();
        let kind = if first_line.contains(MARK) { Kind::Orphan(text) } else { Kind::Foreign };
        differences.push(Difference { path: path.clone(), kind });
    }
    differences.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(differences)
}

/// Every file below `root`; a symbolic link counts as a file, and is not followed.
fn present(root: &Path) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<(PathBuf, String)> = vec![(root.to_owned(), String::new())];
    while let Some((directory, prefix)) = open.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                // Cargo's own, where somebody builds in here.
                if path != "target" {
                    open.push((entry.path(), format!("{path}/")));
                }
            } else if path != "Cargo.lock" {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// Makes the directory what it should be: writes what differs, removes orphans, leaves everything else untouched.
///
/// # Errors
/// The disk does not let us, or a foreign file is in the way: nothing is written then.
pub fn apply(files: &BTreeMap<String, String>, root: &Path, differences: &[Difference]) -> io::Result<()> {
    for Difference { path, kind } in differences {
        let target = root.join(path);
        if let Kind::Orphan(_) = kind {
            fs::remove_file(&target)?;
            remove_if_empty(target.parent(), root);
        } else if let Some(text) = files.get(path) {
            fs::create_dir_all(target.parent().unwrap_or(root))?;
            replace(&target, text)?;
        }
    }
    Ok(())
}

/// Writes one file: beside its place, and renamed, so that nobody ever reads half of it.
///
/// # Errors
/// The disk does not let us; then what stood there still does.
pub fn replace(target: &Path, text: &str) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = target.with_file_name(format!(".{name}.airlock"));
    fs::write(&beside, text)?;
    fs::rename(&beside, target)
}

/// A directory whose last tool has gone goes too.
fn remove_if_empty(mut directory: Option<&Path>, root: &Path) {
    while let Some(path) = directory.filter(|path| *path != root && path.starts_with(root)) {
        if fs::remove_dir(path).is_err() {
            return;
        }
        directory = path.parent();
    }
}
