//! Step 1: files -> [`Loaded`]. The only reader of the disk.
//!
//! Comes in: the catalogs' directory. Goes out: for every catalog its manifest and its document, as values; plus
//! [`Sources`], which turns a JSON pointer into a line and a column when a diagnostic is shown. This step never looks at
//! what the values mean.

mod directory;
mod document;
mod fault;
mod json_spans;
mod large;
mod reference;
mod replacement;
mod sources;
mod spans;
mod syntax_help;
mod value;
mod yaml_mend;
mod yaml_spans;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use airlock_offer::COUNTS_FILE;
pub use airlock_offer::hex;
use serde_json::Value;

use directory::Directory;

pub use directory::{DOCUMENT_BYTES_MAX, FILE_BYTES_MAX, FILES_MAX};
pub use large::big_integer;
pub use reference::{is_remote, join, percent_decode};
pub use sources::{Format, Sources};
pub use spans::escape_token;
pub use value::parse;

use crate::report::{At, Diagnostic, FileId, Report};

/// The workspace manifest's file name.
pub const WORKSPACE: &str = "workspace.yaml";

/// The manifest's file name.
pub const MANIFEST: &str = "catalog.yaml";

/// The file name of what was approved of a catalog, beside the manifest.
pub const LOCK: &str = "catalog.lock";

/// Keys that begin with this are what later steps write into a document; none may bring its own.
pub const RESERVED_PREFIX: &str = "x-airlock-";

/// What the load step hands on.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The catalogs in the order of their names.
    pub catalogs: Vec<LoadedCatalog>,
    /// What stands beside them, for all of them together.
    pub workspace: LoadedWorkspace,
}

/// The files beside the catalogs' directories. None of them has to be there.
#[derive(Debug, Default)]
pub struct LoadedWorkspace {
    /// `workspace.yaml`.
    pub manifest: Option<LoadedFile>,
    /// `budget.lock`, whose text is in [`Sources`].
    pub counts: Option<FileId>,
    /// Whether nobody has looked for them: of a catalog that is read by itself, what its labels mean is not known.
    pub is_unread: bool,
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
    /// Answers that rules are tried on.
    pub samples: Vec<Sample>,
    /// `catalog.lock`, if there is one, whose text is in [`Sources`].
    pub lock: Option<FileId>,
}

/// An answer as an upstream might give it, below `samples/` in a catalog's directory: `samples/<tool>.json`.
#[derive(Debug)]
pub struct Sample {
    /// The name of the tool.
    pub tool: String,
    /// The file, whose text is in [`Sources`]. It is read by the rule's engine alone.
    pub file: FileId,
}

/// A document and the files that it refers to.
#[derive(Debug)]
pub struct LoadedDocument {
    /// The path of its own file, relative to the catalog's directory (outside of a catalog: to the root), with forward
    /// slashes.
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
    loaded.workspace = load_workspace(root, sources, report);
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

fn load_workspace(root: &Path, sources: &mut Sources, report: &mut Report) -> LoadedWorkspace {
    let mut loaded = LoadedWorkspace::default();
    let Some(mut directory) = open(root, root, report) else { return loaded };
    if is_there(root, WORKSPACE) {
        loaded.manifest = document::load_named(&mut directory, WORKSPACE, sources, report, None).map(|(file, _)| file);
    }
    loaded.counts = lines_of(root, COUNTS_FILE, &mut directory, sources, report);
    loaded
}

/// Whether something has this name; a link that leads nowhere is not the same as nothing.
fn is_there(path: &Path, name: &str) -> bool {
    path.join(name).symlink_metadata().is_ok()
}

/// Reads a file of lines, if there is one, and leaves what they say to whoever asks. What is no text is replaced, and told
/// of at its line.
fn lines_of(
    path: &Path,
    name: &str,
    directory: &mut Directory,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<FileId> {
    if !is_there(path, name) {
        return None;
    }
    let shown = directory.shown(name);
    match directory.read(name) {
        Ok(bytes) => Some(sources.add(shown, String::from_utf8_lossy(&bytes).into_owned(), Format::Text)),
        Err(denied) => {
            report.push(denied.diagnostic(&shown, None));
            None
        }
    }
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

/// Loads the one catalog whose own directory `path` is.
pub fn load_catalog_at(path: &Path, sources: &mut Sources, report: &mut Report) -> Option<LoadedCatalog> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    load_catalog(name, path, sources, report)
}

fn load_catalog(name: String, path: &Path, sources: &mut Sources, report: &mut Report) -> Option<LoadedCatalog> {
    let mut directory = open(path, path, report)?;
    let (manifest, _) = document::load_named(&mut directory, MANIFEST, sources, report, None)?;
    let Some(Value::String(document_name)) = manifest.value.get("document") else {
        report.push(
            Diagnostic::error("E0103", "the catalog does not say which document it is for")
                .at(At::value(manifest.id, "/document"), "")
                .help("add `document: openapi.yaml`, a file in the same directory"),
        );
        return None;
    };
    let at = At::value(manifest.id, "/document");
    let document_name = reference::path_below(document_name);
    if document_name.is_none() {
        report.push(
            Diagnostic::error("E0104", "the document must lie in the catalog's own directory")
                .at(at.clone(), "leaves the directory")
                .help("copy the file beside catalog.yaml: a catalog is reviewed and hashed as a whole"),
        );
    }
    let vendored = vendored(&manifest, report);
    let document = document::load(&mut directory, document_name?, vendored?, sources, report, Some(&at))?;
    let samples = samples(path, &mut directory, sources, report);
    let lock = lines_of(path, LOCK, &mut directory, sources, report);
    Some(LoadedCatalog { name, manifest, document, samples, lock })
}

/// Where a catalog's directory holds answers to try rules on.
const SAMPLES: &str = "samples";

/// Every `samples/<tool>.json`, sorted. Other files there are passed over: people keep notes beside them.
fn samples(path: &Path, directory: &mut Directory, sources: &mut Sources, report: &mut Report) -> Vec<Sample> {
    let entries = fs::read_dir(path.join(SAMPLES)).into_iter().flatten().flatten();
    let mut tools: Vec<String> =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned)).collect();
    tools.sort();
    let mut samples = Vec::new();
    for tool in tools {
        let name = format!("{SAMPLES}/{tool}.json");
        let shown = directory.shown(&name);
        match directory.read(&name) {
            Err(denied) => report.push(denied.diagnostic(&shown, None)),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => samples.push(Sample { tool, file: sources.add(shown, text, Format::Text) }),
                Err(error) => {
                    let at = error.utf8_error().valid_up_to();
                    report.push(
                        Diagnostic::error("E0331", format!("{shown} is no answer: byte {} is not UTF-8", at + 1))
                            .help("save the answer as the upstream sends it, as JSON in UTF-8"),
                    );
                }
            },
        }
    }
    samples
}

/// The files that the manifest says stand for URLs. What is no text is passed over: the manifest is checked later.
fn vendored(manifest: &LoadedFile, report: &mut Report) -> Option<document::Vendored> {
    let references = manifest.value.get("references").and_then(Value::as_object);
    let mut vendored = document::Vendored::new();
    let mut is_sound = true;
    for (url, path) in references.into_iter().flatten() {
        let Value::String(path) = path else { continue };
        let at = At::value(manifest.id, format!("/references/{}", escape_token(url)));
        if let Some(path) = reference::path_below(path) {
            vendored.insert(url.clone(), (path, at));
        } else {
            is_sound = false;
            report.push(
                Diagnostic::error("E0104", "a file that stands for a URL must lie in the catalog's own directory")
                    .at(at, "leaves the directory")
                    .help("copy the file beside catalog.yaml: a catalog is reviewed and hashed as a whole"),
            );
        }
    }
    is_sound.then_some(vendored)
}

/// Opens the directory at `path`, to read `wanted`.
fn open(path: &Path, wanted: &Path, report: &mut Report) -> Option<Directory> {
    Directory::new(path)
        .map_err(|error| {
            report.push(Diagnostic::error("E0105", format!("cannot read {}: {error}", wanted.display())));
        })
        .ok()
}

/// Loads the document at `path`, outside of any catalog, and the files that it refers to.
///
/// `root` is the directory that all of them lie in; without one it is the document's own (of a link: that of the file that
/// it leads to). It is never widened because a reference asks for it: a document from elsewhere must not choose which of a
/// person's files are read and copied.
pub fn load_document_at(
    path: &Path,
    root: Option<&Path>,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<LoadedDocument> {
    let target = root.is_none().then(|| link_target(path)).flatten();
    let path = target.as_deref().unwrap_or(path);
    let Some(mut name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        report
            .push(Diagnostic::error("E0114", format!("{} is not a file of bytes, so it is not read", path.display())));
        return None;
    };
    let own = path.parent().unwrap_or(Path::new(""));
    let mut directory = open(own, path, report)?;
    if let Some(root) = root {
        let root = open(root, root, report)?;
        let Some(below) = directory.below(&root) else {
            report.push(
                Diagnostic::error("E0104", format!("{} does not lie below {}", path.display(), root.shown("")))
                    .help("`--root` names a directory that holds the document and all files that it refers to"),
            );
            return None;
        };
        directory = root;
        name.insert_str(0, &below);
    }
    document::load(&mut directory, name, BTreeMap::new(), sources, report, None)
}

/// What a link leads to; `None` of what is no link, or leads nowhere.
fn link_target(path: &Path) -> Option<PathBuf> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink());
    is_link.then(|| fs::canonicalize(path).ok()).flatten()
}
