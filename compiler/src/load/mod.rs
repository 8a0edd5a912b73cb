//! Step 1: files -> [`Loaded`]. The only reader of the disk.
//!
//! Comes in: the catalogs' directory. Goes out: for every catalog its manifest and its document, as values; plus
//! [`Sources`], which turns a JSON pointer into a line and a column when a diagnostic is shown. This step never looks at
//! what the values mean.

mod json_spans;
mod replacement;
mod sources;
mod spans;
mod syntax_help;
mod value;
mod yaml_spans;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

pub use sources::{Format, Sources};
pub use spans::escape_token;
pub use value::parse;

use crate::report::{At, Diagnostic, FileId, Report};

/// A manifest or document may have this many bytes.
pub const FILE_BYTES_MAX: u64 = 100 << 20;

/// The manifest's file name.
pub const MANIFEST: &str = "catalog.yaml";

/// What the load step hands on.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The catalogs in the order of their names.
    pub catalogs: Vec<LoadedCatalog>,
}

/// One directory below `catalogs/`.
#[derive(Debug)]
pub struct LoadedCatalog {
    /// The directory's name.
    pub name: String,
    /// `catalog.yaml`.
    pub manifest: LoadedFile,
    /// The document that the manifest names.
    pub document: LoadedDocument,
}

/// A document and the files that it refers to.
#[derive(Debug)]
pub struct LoadedDocument {
    /// The path of its own file, relative to the catalog's directory, with forward slashes.
    pub name: String,
    /// Its own file.
    pub file: LoadedFile,
    /// The other files, by their path relative to the catalog's directory, with forward slashes. A file that is neither
    /// JSON nor YAML is one string.
    pub others: BTreeMap<String, LoadedFile>,
    /// The path of the file that stands for an `http` reference, as the manifest says.
    pub vendored: BTreeMap<String, String>,
    /// SHA-256 of the one file; of several, that of the lines that `sha256sum` writes for them, sorted by name.
    pub sha256: String,
}

/// A file's value, and what identifies its bytes.
#[derive(Debug)]
pub struct LoadedFile {
    /// For places in diagnostics.
    pub id: FileId,
    /// The parsed value.
    pub value: Value,
    /// SHA-256 of the file's bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// Loads every catalog below `root`.
///
/// A catalog is a directory that holds a `catalog.yaml`; directories without one are passed over, since people keep
/// notes beside catalogs. Errors are E01 codes.
pub fn load(root: &Path, sources: &mut Sources, report: &mut Report) -> Loaded {
    let mut loaded = Loaded::default();
    let names = match directories(root) {
        Ok(names) => names,
        Err(error) => {
            report.push(
                Diagnostic::error("E0101", format!("cannot read the catalogs' directory {}: {error}", root.display()))
                    .help("name the directory with `--catalogs DIR`, or run `airlock init NAME --document FILE`"),
            );
            return loaded;
        }
    };
    for name in names {
        let directory = root.join(&name);
        if directory.join(MANIFEST).is_file()
            && let Some(catalog) = load_catalog(name, &directory, sources, report)
        {
            loaded.catalogs.push(catalog);
        }
    }
    if loaded.catalogs.is_empty() && !report.has_errors() {
        report.push(
            Diagnostic::error(
                "E0102",
                format!("no catalog in {}: no directory there holds a {MANIFEST}", root.display()),
            )
            .help("run `airlock init NAME --document FILE` to begin one"),
        );
    }
    loaded
}

fn directories(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn load_catalog(name: String, directory: &Path, sources: &mut Sources, report: &mut Report) -> Option<LoadedCatalog> {
    let manifest = load_file(&directory.join(MANIFEST), sources, report, None)?;
    let Some(Value::String(document_name)) = manifest.value.get("document") else {
        report.push(
            Diagnostic::error("E0103", "the catalog does not say which document it is for")
                .at(At::value(manifest.id, "/document"), "")
                .help("add `document: openapi.yaml`, a file in the same directory"),
        );
        return None;
    };
    let document_name = document_name.clone();
    let at = At::value(manifest.id, "/document");
    if Path::new(&document_name).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        report.push(
            Diagnostic::error("E0104", "the document must lie in the catalog's own directory")
                .at(at, "leaves the directory")
                .help("copy the file beside catalog.yaml: a catalog is reviewed and hashed as a whole"),
        );
        return None;
    }
    let document = load_document(directory, document_name, sources, report, Some(&at))?;
    Some(LoadedCatalog { name, manifest, document })
}

/// Loads the document `name` of `directory`, and the files that it refers to.
pub fn load_document(
    directory: &Path,
    name: String,
    sources: &mut Sources,
    report: &mut Report,
    named_at: Option<&At>,
) -> Option<LoadedDocument> {
    let file = load_file(&directory.join(&name), sources, report, named_at)?;
    let sha256 = file.sha256.clone();
    Some(LoadedDocument { name, file, others: BTreeMap::new(), vendored: BTreeMap::new(), sha256 })
}

/// Loads the document at `path`, outside of any catalog: its directory stands for the catalog's.
pub fn load_document_at(path: &Path, sources: &mut Sources, report: &mut Report) -> Option<LoadedDocument> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    load_document(path.parent().unwrap_or(Path::new("")), name, sources, report, None)
}

/// Reads and parses one file; `named_at` is where its name stands.
pub fn load_file(path: &Path, sources: &mut Sources, report: &mut Report, named_at: Option<&At>) -> Option<LoadedFile> {
    let shown = shown_path(path);
    let problem = |title: String| {
        let diagnostic = Diagnostic::error("E0105", title);
        match named_at {
            Some(at) => diagnostic.at(at.clone(), "named here"),
            None => diagnostic,
        }
    };
    let Some(format) = Format::of(path) else {
        report.push(
            problem(format!("cannot tell what {shown} is: its name ends neither in .json nor in .yaml or .yml")).help(
                "rename the file: the format is decided by the name, so that a typo is reported in its own language",
            ),
        );
        return None;
    };
    let bytes = match read_bounded(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.push(
                problem(format!("cannot read {shown}: {error}"))
                    .help("correct the name, or see to it that the file is there and may be read"),
            );
            return None;
        }
    };
    let sha256 = hex(&Sha256::digest(&bytes));
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            report.push(
                problem(format!("{shown} is not UTF-8: byte {at} begins no character"))
                    .help("save the file as UTF-8; other encodings have no mark that says which they are"),
            );
            return None;
        }
    };
    // A byte order mark is legal in both formats and meant by neither parser.
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let id = sources.add(shown, text, format);
    let value = parse(id, sources, report)?;
    Some(LoadedFile { id, value, sha256 })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("{length} bytes, more than {FILE_BYTES_MAX}")));
    }
    fs::read(path)
}

/// The path as the user gave it, with forward slashes, without a leading `./`.
fn shown_path(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
