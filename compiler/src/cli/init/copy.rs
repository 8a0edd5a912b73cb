//! The document's files, copied into the new catalog as they are.

use std::fs;
use std::io;
use std::path::Path;

use crate::load::{LoadedDocument, MANIFEST, Sources};
use crate::report::FileId;

/// What is to be copied, and where to below the catalog's directory.
#[derive(Debug)]
pub(super) struct Copy {
    /// The path, with forward slashes, of each file. The document's own is the first.
    files: Vec<(String, FileId)>,
}

impl Copy {
    /// Plans where each file goes.
    ///
    /// A single file gets the name that a catalog's document usually has. Files that name each other keep their names and
    /// their places; below a directory of their own, if one of them would be where the manifest goes.
    pub(super) fn of(document: &LoadedDocument, sources: &Sources) -> Self {
        let file_name = document.name.rsplit('/').next().unwrap_or_default();
        // It may name itself: `$ref: openapi-v2.yaml#/components/schemas/Patient`.
        let is_alone = document.others.is_empty() && !sources.text(document.file.id).contains(file_name);
        if is_alone {
            let is_json = document.name.to_ascii_lowercase().ends_with(".json");
            let name = if is_json { "openapi.json" } else { "openapi.yaml" };
            return Self { files: vec![(name.to_owned(), document.file.id)] };
        }
        let all = [(&document.name, &document.file)].into_iter().chain(&document.others);
        let mut files: Vec<(String, FileId)> = all.map(|(path, file)| (path.clone(), file.id)).collect();
        let first = |path: &str| path.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(MANIFEST));
        if files.iter().any(|(path, _)| first(path)) {
            for (path, _) in &mut files {
                path.insert_str(0, "openapi/");
            }
        }
        Self { files }
    }

    /// What the manifest's `document` says.
    pub(super) fn document(&self) -> &str {
        self.files.first().map_or("", |(path, _)| path)
    }

    /// Writes the files, byte for byte.
    ///
    /// # Errors
    /// The disk says no.
    pub(super) fn write(&self, directory: &Path, sources: &Sources) -> io::Result<()> {
        for (path, file) in &self.files {
            let path = directory.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, sources.bytes(*file))?;
        }
        Ok(())
    }
}

/// Whether a path can stand in YAML without quotes.
pub(super) fn is_plain(path: &str) -> bool {
    path.starts_with(|char: char| char.is_ascii_alphabetic())
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}
