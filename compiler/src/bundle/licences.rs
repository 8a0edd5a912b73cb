//! `evidence/licences/`: the text of every licence, once, and which package it is of.

use std::collections::BTreeMap;

use airlock_offer::hex;
use airlock_seal::Refusal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::native::Part;
use super::tree::Tree;
use super::{Package, Role};

/// Where they lie.
pub const DIRECTORY: &str = "evidence/licences";

/// How the names of files begin that hold the text of a licence or a notice, in small letters.
const NAMES: [&str; 7] = ["license", "licence", "copying", "copyright", "notice", "unlicense", "patents"];

/// A text of a licence that is longer is something else, in bytes.
const TEXT_BYTES_MAX: u64 = 256 << 10;

/// Whether a file holds the text of a licence or a notice, by its path and its length in bytes.
pub(super) fn is_text(path: &str, length: u64) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_code = [".rs", ".py", ".h", ".c", ".cpp"].iter().any(|end| name.ends_with(end));
    NAMES.iter().any(|start| name.starts_with(start)) && !is_code && length <= TEXT_BYTES_MAX
}

/// A package whose licence nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlicensed(pub String);

/// Writes texts and `licences.json`. Gives the packages that have neither an expression nor a text.
///
/// A text lies under the first digits of its SHA-256, so that the hundred copies of one text are one file.
pub fn write(packages: &[Package], parts: &[Part], tree: &mut Tree) -> Result<Vec<Unlicensed>, Refusal> {
    let mut texts: BTreeMap<String, &[u8]> = BTreeMap::new();
    let (mut entries, mut unlicensed) = (Vec::new(), Vec::new());
    for package in packages.iter().filter(|package| package.role.is_built()) {
        let files = files(&package.license_files, &mut texts);
        if package.license.is_none() && files.is_empty() {
            unlicensed.push(Unlicensed(package.id()));
        }
        entries.push(json!({
            "package": package.name,
            "version": package.version,
            "in_program": package.role == Role::Program,
            "licence": package.license.as_deref().map(expression),
            "files": files,
        }));
    }
    for part in parts {
        entries.push(json!({
            "package": part.name,
            "version": part.version,
            "in_program": true,
            "licence": part.licence,
            "files": files(&part.texts, &mut texts),
        }));
    }
    for (path, text) in texts {
        tree.put(&path, text)?;
    }
    let without = |is_without: &dyn Fn(&Value) -> bool| -> Vec<String> {
        let told = entries.iter().filter(|entry| is_without(entry));
        told.map(|entry| format!("{} {}", entry["package"].as_str().unwrap_or_default(), shown(&entry["version"])))
            .collect()
    };
    let index = json!({
        "without_expression": without(&|entry| entry["licence"].is_null()),
        "without_text": without(&|entry| entry["files"].as_array().is_none_or(Vec::is_empty)),
        "packages": entries,
    });
    tree.put_json(&format!("{DIRECTORY}/licences.json"), &index)?;
    Ok(unlicensed)
}

fn shown(version: &Value) -> &str {
    version.as_str().unwrap_or("without a version")
}

/// Enters texts, and gives for each its name in the package and where it lies in the bundle.
fn files<'t>(found: &'t [(String, Vec<u8>)], texts: &mut BTreeMap<String, &'t [u8]>) -> Vec<Value> {
    let one = |(name, text): &'t (String, Vec<u8>)| {
        let sha256 = hex(&Sha256::digest(text));
        let path = format!("{DIRECTORY}/{}.txt", &sha256[..16]);
        texts.insert(path.clone(), text);
        json!({"name": name, "sha256": sha256, "file": path})
    };
    found.iter().map(one).collect()
}

/// An SPDX expression as it is written today: older manifests put `/` for `OR`.
pub fn expression(written: &str) -> String {
    if written.contains('/') && !written.contains(' ') { written.replace('/', " OR ") } else { written.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::{Unlicensed, expression, write};
    use crate::bundle::tree::Tree;
    use crate::bundle::{Package, Role};

    #[test]
    fn one_text_is_one_file_and_what_has_no_licence_is_told() {
        let package = |name: &str, license: Option<&str>, text: Option<&str>, role| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            source: None,
            checksum: None,
            license: license.map(str::to_owned),
            license_files: text.map(|text| ("LICENSE".to_owned(), text.into())).into_iter().collect(),
            role,
            dependencies: Vec::new(),
        };
        let packages = [
            package("a", Some("MIT"), Some("text"), Role::Program),
            package("b", Some("MIT/Apache-2.0"), Some("text"), Role::Build),
            package("c", Some("MIT"), None, Role::Program),
            package("d", None, None, Role::Program),
            package("e", None, None, Role::Unused),
        ];
        let directory = tempfile::tempdir().expect("a directory");
        let unlicensed = write(&packages, &[], &mut Tree::new(directory.path())).expect("written");
        assert_eq!(unlicensed, [Unlicensed("d 1.0.0".to_owned())]);
        let files = fs::read_dir(directory.path().join("evidence/licences")).expect("there").count();
        assert_eq!(files, 2);
        let text = fs::read_to_string(directory.path().join("evidence/licences/licences.json")).expect("there");
        let index: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(index["without_text"], serde_json::json!(["c 1.0.0", "d 1.0.0"]));
        assert_eq!(index["without_expression"], serde_json::json!(["d 1.0.0"]));
        assert_eq!(index["packages"][1]["licence"], "MIT OR Apache-2.0");
        assert_eq!(index["packages"].as_array().map(Vec::len), Some(4));
        let file = index["packages"][0]["files"][0]["file"].as_str().expect("a path");
        assert_eq!(fs::read_to_string(directory.path().join(file)).expect("there"), "text");
    }

    #[test]
    fn old_expressions_are_written_as_today() {
        assert_eq!(expression("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(expression("(MIT OR Apache-2.0) AND Unicode-3.0"), "(MIT OR Apache-2.0) AND Unicode-3.0");
    }
}
