//! A document of many files: every reference that names a file is followed to it, each file once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::directory::{Denied, Directory};
use super::reference::join;
use super::sources::{Format, Sources};
use super::value::{Parsed, parse_file};
use super::{LoadedDocument, LoadedFile, hex};
use crate::report::{At, Report};

/// The files that stand for references to other machines: by URL the path, and where the manifest says so.
pub(super) type Vendored = BTreeMap<String, (String, At)>;

/// Loads the document `name` of `directory`, and the files that it refers to. `None` after an error.
///
/// A reference to a file that is not there is passed over: in an example it is data and means nothing, and where it is
/// followed, whoever follows it says so.
pub(super) fn load(
    directory: &mut Directory,
    name: String,
    vendored: Vendored,
    sources: &mut Sources,
    report: &mut Report,
    named_at: Option<&At>,
) -> Option<LoadedDocument> {
    let (file, references) = load_named(directory, &name, sources, report, named_at)?;
    let mut wanted = Wanted { asked: [name.clone()].into(), queue: VecDeque::new() };
    for (path, at) in vendored.values() {
        wanted.add(path.clone(), at.clone(), true);
    }
    wanted.add_all(&name, &file, references);
    let mut others = BTreeMap::new();
    let mut is_whole = true;
    while let Some((path, at, must_exist)) = wanted.queue.pop_front() {
        let format = Format::of(Path::new(&path)).unwrap_or(Format::Text);
        match load_file(directory, &path, format, sources, report) {
            Ok(Some((other, references))) => {
                wanted.add_all(&path, &other, references);
                others.insert(path, other);
            }
            Ok(None) => is_whole = false,
            Err(Denied::Missing(_)) if !must_exist => {}
            Err(denied) => {
                is_whole = false;
                // Behind the last file that may be read, each further one would be the same error again.
                let is_full = denied.is_full();
                report.push(denied.diagnostic(&directory.shown(&path), Some(&at)));
                if is_full {
                    break;
                }
            }
        }
    }
    let sha256 = digest(&name, &file, &others);
    let vendored = vendored.into_iter().map(|(url, (path, _))| (url, path)).collect();
    is_whole.then_some(LoadedDocument { name, file, others, vendored, sha256 })
}

/// Files that are still to be loaded, and the names of all that ever were to be.
struct Wanted {
    asked: BTreeSet<String>,
    queue: VecDeque<(String, At, bool)>,
}

impl Wanted {
    fn add(&mut self, path: String, at: At, must_exist: bool) {
        if self.asked.insert(path.clone()) {
            self.queue.push_back((path, at, must_exist));
        }
    }

    /// Adds what the references of one file name. One that leads out of the directory names nothing here.
    fn add_all(&mut self, from: &str, file: &LoadedFile, references: References) {
        for (reference, pointer) in references {
            if let Some(path) = join(from, &reference) {
                self.add(path, At::value(file.id, pointer), false);
            }
        }
    }
}

/// The files that a file refers to, as it writes them, each with the pointer of the first reference.
type References = Vec<(String, String)>;

/// Reads and parses a file that a person has named: it must be there, and its name must say what it is.
pub(super) fn load_named(
    directory: &mut Directory,
    name: &str,
    sources: &mut Sources,
    report: &mut Report,
    named_at: Option<&At>,
) -> Option<(LoadedFile, References)> {
    let loaded = match Format::of(Path::new(name)) {
        Some(format) => load_file(directory, name, format, sources, report),
        None => Err(Denied::Refused {
            code: "E0105",
            title: format!(
                "cannot tell what {} is: its name ends neither in .json nor in .yaml or .yml",
                directory.shown(name)
            ),
            help: "rename the file: the format is decided by the name, so that a typo is reported in its own language",
        }),
    };
    loaded.unwrap_or_else(|denied| {
        report.push(denied.diagnostic(&directory.shown(name), named_at));
        None
    })
}

/// Reads and parses one file. `Ok(None)`: it was read, and what is wrong with its text has been reported.
fn load_file(
    directory: &mut Directory,
    name: &str,
    format: Format,
    sources: &mut Sources,
    report: &mut Report,
) -> Result<Option<(LoadedFile, References)>, Denied> {
    let bytes = directory.read(name)?;
    let sha256 = hex(&Sha256::digest(&bytes));
    let text = text(bytes, &directory.shown(name))?;
    let id = sources.add(directory.shown(name), text, format);
    let parsed = parse_file(id, sources, report);
    Ok(parsed.map(|Parsed { value, files }| (LoadedFile { id, value, sha256 }, files)))
}

fn text(bytes: Vec<u8>, shown: &str) -> Result<String, Denied> {
    let refused = |title: String, help| Err(Denied::Refused { code: "E0105", title, help });
    // UTF-16 with or without its mark: the first character of either format is an ASCII one.
    if matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=0x7f, ..] | [1..=0x7f, 0, ..]) {
        return refused(format!("{shown} is not UTF-8: it looks like UTF-16"), "save the file as UTF-8");
    }
    String::from_utf8(bytes).or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        refused(format!("{shown} is not UTF-8: byte {at} begins no character"), "save the file as UTF-8")
    })
}

/// The digest of one file; of several, that of the lines that `sha256sum` writes for them, sorted by path.
fn digest(name: &str, file: &LoadedFile, others: &BTreeMap<String, LoadedFile>) -> String {
    if others.is_empty() {
        return file.sha256.clone();
    }
    let mut lines: Vec<(&str, &str)> =
        others.iter().map(|(path, other)| (path.as_str(), other.sha256.as_str())).collect();
    lines.push((name, &file.sha256));
    lines.sort_unstable();
    let digest = lines.iter().fold(Sha256::new(), |digest, (path, sha256)| {
        digest.chain_update(sha256).chain_update("  ").chain_update(path).chain_update("\n")
    });
    hex(&digest.finalize())
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
