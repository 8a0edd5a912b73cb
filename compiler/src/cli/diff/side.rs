//! One side of a comparison: what is named, and how it becomes catalogs.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::{meaning, revision, shown};
use crate::cli::init;
use crate::diff::Servers;
use crate::ir::{Catalog, ModelFile, Profile};
use crate::load::{Format, Loaded, MANIFEST, Sources, load, load_catalog_at, load_document_at};
use crate::pipeline::{self, Placed};
use crate::report::{Diagnostic, Report, did_you_mean, visible};

/// What a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A directory that holds catalogs.
    Catalogs,
    /// A catalog's own directory.
    Catalog,
    /// An OpenAPI document.
    Document,
}

/// A side, found.
#[derive(Debug)]
pub(super) struct Side {
    /// As messages show it.
    pub(super) shown: String,
    pub(super) form: Form,
    path: PathBuf,
    /// The directory that a document's files lie in, where that is not its own.
    root: Option<PathBuf>,
    /// Where a revision was written to, with the text that messages show for that place.
    copy: Option<(TempDir, String)>,
}

/// A side, compiled.
#[derive(Debug, Default)]
pub(in crate::cli) struct Read {
    pub(in crate::cli) catalogs: Vec<Catalog>,
    /// Subsets of their tools.
    pub(super) profiles: Vec<Profile>,
    /// Model files that may be loaded.
    pub(super) models: Vec<ModelFile>,
    /// The hosts that its documents name.
    pub(super) servers: Servers,
}

/// Why a side could not be read.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) report: Report,
    pub(super) sources: Sources,
    /// A place that means nothing to people, and what they called it.
    place: Option<(String, String)>,
}

impl Failed {
    /// One thing is wrong.
    pub(super) fn of(wrong: Diagnostic) -> Self {
        let mut report = Report::default();
        report.push(wrong);
        Self { report, sources: Sources::default(), place: None }
    }

    /// A text in which files of a revision have the names that people gave them.
    pub(super) fn renamed(&self, text: &str) -> String {
        match &self.place {
            Some((place, shown)) => text.replace(place, shown),
            None => text.to_owned(),
        }
    }

    /// The same of every text in a value.
    pub(super) fn renamed_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.renamed(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.renamed_in(value)).collect(),
            Value::Object(values) => values.into_iter().map(|(key, value)| (key, self.renamed_in(value))).collect(),
            other => other,
        }
    }
}

/// Finds what `text` names: what lies there, or else a revision.
pub(super) fn open(text: &str, root: Option<&Path>, repository: &Path) -> Result<Side, Diagnostic> {
    let path = Path::new(text);
    if let Some(revision) = text.strip_prefix("git:") {
        return of_revision(text, revision, "./catalogs", None, repository);
    }
    if path.exists() {
        let (path, form) = (catalogs_of(path), form(path, text)?);
        return Ok(Side { shown: visible(text), form, path, root: root.map(Path::to_owned), copy: None });
    }
    match text.split_once(':') {
        Some((revision, path)) if !revision.is_empty() => of_revision(text, revision, path, root, repository),
        _ => Err(missing(text)),
    }
}

/// With `root`, all that lies in there as of the revision is copied, since a document refers to it.
fn of_revision(
    text: &str,
    revision: &str,
    path: &str,
    root: Option<&Path>,
    repository: &Path,
) -> Result<Side, Diagnostic> {
    let below = root.and_then(|root| Some((root.to_str()?, Path::new(path).strip_prefix(root).ok()?)));
    let (copy, copied) = revision::copy(revision, below.map_or(path, |(root, _)| root), repository)?;
    let (root, path) = match below {
        Some((_, rest)) => (Some(copied.clone()), copied.join(rest)),
        None => (None, copied),
    };
    let form = form(&path, text)?;
    let shown = visible(text);
    // `git:REV` is a directory; of `REV:PATH` the files are named as git names them.
    Ok(Side { form, copy: Some((copy, shown.clone())), shown, path: catalogs_of(&path), root })
}

/// Of a bundle that is unpacked, the catalogs that it was made of; else the path itself.
fn catalogs_of(path: &Path) -> PathBuf {
    let inner = path.join("source/catalogs");
    if inner.is_dir() && !path.join(MANIFEST).is_file() { inner } else { path.to_owned() }
}

/// What lies at a path.
fn form(path: &Path, text: &str) -> Result<Form, Diagnostic> {
    if path.is_dir() {
        return Ok(if path.join(MANIFEST).is_file() { Form::Catalog } else { Form::Catalogs });
    }
    match Format::of(path) {
        // A manifest stands for its catalog only as a directory: what it names lies beside it.
        Some(Format::Json | Format::Yaml) if path.file_name().is_some_and(|name| name != MANIFEST) => {
            Ok(Form::Document)
        }
        Some(_) => Err(Diagnostic::error("E0118", format!("{} is a manifest, not a catalog", visible(text)))
            .help("name the directory that it lies in")),
        None => Err(Diagnostic::error("E0118", format!("{} is nothing that can be compared", visible(text)))
            .help(FORMS)
            .help("of a bundle, unpack the archive and name its directory")),
    }
}

/// What can be compared.
pub(super) const FORMS: &str = "name a directory of catalogs, a catalog's directory, a document (.json, .yaml, .yml), \
                                an unpacked bundle, `git:REV` or `REV:PATH`";

fn missing(text: &str) -> Diagnostic {
    let parent = Path::new(text).parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let wanted = Path::new(text).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let wrong = Diagnostic::error("E0118", format!("there is no {}", visible(text)));
    match did_you_mean(&wanted, names.iter().map(String::as_str)) {
        Some(name) => wrong.help(format!("did you mean `{}`?", shown(&parent.join(name)))),
        None => wrong.help(FORMS),
    }
}

impl Side {
    /// A directory that holds catalogs.
    pub(super) fn of_catalogs(path: &Path) -> Self {
        Self { shown: shown(path), form: Form::Catalogs, path: path.to_owned(), root: None, copy: None }
    }

    pub(super) fn is_document(&self) -> bool {
        self.form == Form::Document
    }

    /// Compiles the side, as far as there is no source yet.
    pub(super) fn read(&self) -> Result<Read, Failed> {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let read = match self.form {
            Form::Catalogs => self.finish(load(&self.path, &mut sources, &mut report), &sources, &mut report),
            Form::Catalog => {
                let mut loaded = Loaded::default();
                loaded.workspace.is_unread = true;
                loaded.catalogs.extend(load_catalog_at(&self.path, &mut sources, &mut report));
                self.finish(loaded, &sources, &mut report)
            }
            Form::Document => match begin(&self.path, self.root.as_deref(), &mut sources, &mut report) {
                Ok(Some(directory)) => {
                    let loaded = load(directory.path(), &mut sources, &mut report);
                    self.finish(loaded, &sources, &mut report)
                }
                Ok(None) => None,
                Err(error) => {
                    report.push(unwritten(&error));
                    None
                }
            },
        };
        let place = self.copy.as_ref().map(|(copy, shown)| (place(copy, &self.path), shown.clone()));
        read.ok_or(Failed { report, sources, place })
    }

    /// What a side means, with digests of what documents say in place of those of their bytes.
    fn finish(&self, mut loaded: Loaded, sources: &Sources, report: &mut Report) -> Option<Read> {
        let mut servers = Servers::new();
        for catalog in &mut loaded.catalogs {
            // Where a document leaves a choice, the first that it lists is taken. A catalog is compiled so, and what is
            // compiled is compared; of a document alone, nothing was chosen.
            if self.form == Form::Document {
                meaning::sort_keys(&mut catalog.document);
            }
            catalog.document.sha256 = meaning::digest(&catalog.document);
            servers.extend(meaning::servers(catalog));
        }
        let Placed { mut catalogs, profiles, models, .. } = pipeline::finish(loaded, sources, report)?;
        if self.form == Form::Document {
            catalogs.iter_mut().for_each(without_file_name);
        }
        Some(Read { catalogs, profiles, models, servers })
    }
}

/// Two documents have two names, which say nothing about them.
fn without_file_name(catalog: &mut Catalog) {
    let name = std::mem::replace(&mut catalog.document, "document".to_owned());
    for tool in &mut catalog.tools {
        if let Some(pointer) = tool.operation.strip_prefix(&name) {
            tool.operation = format!("document{pointer}");
        }
    }
}

/// The part of a path in a copy for which people said the name of the side.
fn place(copy: &TempDir, path: &Path) -> String {
    let path = if path.starts_with(copy.path()) { path } else { copy.path() };
    shown(path)
}

/// A catalog of every operation of a document, as `init --all` begins one, in a directory that goes away with the value.
fn begin(
    path: &Path,
    root: Option<&Path>,
    sources: &mut Sources,
    report: &mut Report,
) -> std::io::Result<Option<TempDir>> {
    let Some(mut loaded) = load_document_at(path, root, sources, report) else { return Ok(None) };
    meaning::sort_keys(&mut loaded);
    let directory = tempfile::tempdir()?;
    let is_begun = init::begin_all(loaded, &directory.path().join("document"), sources, report)?;
    Ok(is_begun.then_some(directory))
}

/// The temporary directory cannot be written.
pub(super) fn unwritten(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("E0118", format!("cannot write a copy to the temporary directory: {error}"))
        .help("set TMPDIR to a directory that can be written")
}
