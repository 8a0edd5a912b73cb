//! References: from the text of a `$ref` to a JSON pointer of the document (RFC 3986, section 5.2; RFC 6901, section 6).

use std::collections::BTreeMap;

use super::escape;
use crate::load::{is_remote, join, percent_decode};

/// The key of the document's root below which its other files stand, by their path relative to the catalog.
pub const FILES: &str = "x-airlock-files";

/// The scheme of references that a conversion writes: `airlock:` and a pointer into the document, wherever it stands.
pub(super) const ABSOLUTE: &str = "airlock:";

/// Where the files of a document stand in it.
#[derive(Debug, Default)]
pub struct Files {
    /// The path of the document's own file, relative to the catalog.
    pub root: String,
    /// The path of the file that stands for an `http` reference.
    pub vendored: BTreeMap<String, String>,
}

impl Files {
    /// The pointer that `reference` means where it stands at `base`. Whether anything is there is not asked.
    ///
    /// # Errors
    /// Says in one sentence why it can mean nothing here, and what to do.
    pub fn resolve(&self, base: &str, reference: &str) -> Result<String, String> {
        if let Some(pointer) = reference.strip_prefix(ABSOLUTE) {
            return Ok(pointer.to_owned());
        }
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let fragment =
            percent_decode(fragment).ok_or_else(|| format!("the reference `{reference}` cannot be decoded"))?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Err(format!("the reference `{reference}` names an anchor, and there is none of that name"));
        }
        let mount = if file.is_empty() { mount_of(base) } else { self.mount(base, file, reference)? };
        Ok(mount + &fragment)
    }

    /// The pointer of the root of `file`, named in the file that holds `base`.
    fn mount(&self, base: &str, file: &str, reference: &str) -> Result<String, String> {
        let path = if is_remote(file) {
            self.vendored.get(file).cloned().ok_or_else(|| {
                format!(
                    "the reference `{reference}` leads to another machine, and nothing is fetched; save what it means \
                     beside the catalog and say so: `references: {{ \"{file}\": FILE }}`"
                )
            })?
        } else {
            let from = file_of(base).unwrap_or_else(|| self.root.clone());
            join(&from, file).ok_or_else(|| {
                format!(
                    "the reference `{reference}` leaves the catalog's directory; copy the file into it (with `inspect` and \
                     `init`: name the directory that holds all files with `--root`)"
                )
            })?
        };
        Ok(self.pointer(&path))
    }

    /// The pointer of the root of the file at `path`, relative to the catalog.
    pub fn pointer(&self, path: &str) -> String {
        if path == self.root { String::new() } else { format!("/{FILES}/{}", escape(path)) }
    }
}

/// The path of the file that holds `pointer`; `None` in the document's own.
pub fn file_of(pointer: &str) -> Option<String> {
    let token = pointer.strip_prefix('/')?.strip_prefix(FILES)?.strip_prefix('/')?.split('/').next()?;
    Some(unescape(token))
}

/// The pointer of the root of the file that holds `pointer`.
fn mount_of(pointer: &str) -> String {
    file_of(pointer).map_or_else(String::new, |path| format!("/{FILES}/{}", escape(&path)))
}

/// One reference token of a JSON pointer, as it was before it was escaped (RFC 6901, section 4).
pub fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn references_are_resolved_against_the_file_that_they_stand_in() {
        let files = Files {
            root: "api/openapi.yaml".into(),
            vendored: [("https://example.org/a.yaml".to_owned(), "vendor/a.yaml".to_owned())].into(),
        };
        let there = "/x-airlock-files/api~1schemas~1Pet.yaml/properties/tag";
        for (base, reference, wanted) in [
            ("/paths/~1a/get", "#/components/schemas/A~1b%20c", "/components/schemas/A~1b c"),
            ("/paths/~1a/get", "schemas/Pet.yaml", "/x-airlock-files/api~1schemas~1Pet.yaml"),
            ("/paths/~1a/get", "./schemas/Pet.yaml#/x", "/x-airlock-files/api~1schemas~1Pet.yaml/x"),
            (there, "#/properties/id", "/x-airlock-files/api~1schemas~1Pet.yaml/properties/id"),
            (there, "Tag%40.yaml", "/x-airlock-files/api~1schemas~1Tag@.yaml"),
            (there, "../openapi.yaml#/components/schemas/A", "/components/schemas/A"),
            (there, "../../common.yaml#/A", "/x-airlock-files/common.yaml/A"),
            (there, "https://example.org/a.yaml#/b", "/x-airlock-files/vendor~1a.yaml/b"),
            (there, "airlock:/a/b", "/a/b"),
        ] {
            assert_eq!(files.resolve(base, reference).as_deref(), Ok(wanted), "{reference}");
        }
        for (reference, reason) in [
            ("../../../x.yaml", "leaves the catalog"),
            ("/etc/passwd", "leaves the catalog"),
            ("https://example.org/b.yaml#/b", "leads to another machine"),
            ("file:///etc/passwd", "leads to another machine"),
            ("//host/x.yaml", "leads to another machine"),
            ("#anchor", "anchor"),
            ("#/a%zz", "cannot be decoded"),
        ] {
            assert!(files.resolve(there, reference).is_err_and(|text| text.contains(reason)), "{reference}");
        }
    }
}
