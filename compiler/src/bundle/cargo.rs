//! What Cargo knows of a workspace: its packages, and which of them a program needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_seal::{Code, Refusal};
use serde::Deserialize;

use super::toolchain::Toolchain;

/// Name and version of a package.
pub(super) type Key = (String, String);

/// `cargo metadata --format-version 1`.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Listed>,
    pub(super) workspace_root: PathBuf,
}

/// A package of it.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) source: Option<String>,
    pub(super) license: Option<String>,
    pub(super) license_file: Option<String>,
    pub(super) manifest_path: PathBuf,
    pub(super) dependencies: Vec<Declared>,
}

impl Listed {
    pub(super) fn key(&self) -> Key {
        (self.name.clone(), self.version.clone())
    }

    /// The directory of its manifest.
    pub(super) fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("/"))
    }
}

/// A dependency, as a manifest declares it.
#[derive(Debug, Deserialize)]
pub(super) struct Declared {
    pub(super) name: String,
    /// `dev`, `build`, or nothing.
    pub(super) kind: Option<String>,
    pub(super) path: Option<PathBuf>,
}

/// Reads the workspace at `directory`, asking no registry: with all features, since the lock names what any of them needs.
/// `locked` is whether its lock has to be whole already; otherwise Cargo drops from it what is not needed any more.
pub(super) fn metadata(toolchain: &Toolchain, directory: &Path, locked: bool) -> Result<Metadata, Refusal> {
    let mut command = Command::new(&toolchain.cargo);
    command.args(["metadata", "--offline", "--all-features", "--format-version", "1"]).current_dir(directory);
    if locked {
        command.arg("--locked");
    }
    let text = asked(command.env("RUSTC", &toolchain.rustc))?;
    serde_json::from_str(&text).map_err(|error| Refusal::internal("`cargo metadata`", error))
}

/// Which edges of a tree are followed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edges {
    /// What is linked.
    Linked,
    /// What is linked, and what runs while it is built.
    Built,
}

/// What a package of a tree is built with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needed {
    /// Without what is for tests or other platforms.
    pub(super) dependencies: BTreeSet<Key>,
    pub(super) features: BTreeSet<String>,
}

/// The packages that `package` needs on this machine, itself among them. `cache` is another `CARGO_HOME` than that of whoever
/// runs this.
pub(super) fn tree(
    toolchain: &Toolchain,
    directory: &Path,
    package: &str,
    features: &[String],
    edges: Edges,
    cache: Option<&Path>,
) -> Result<BTreeMap<Key, Needed>, Refusal> {
    let edges = match edges {
        Edges::Linked => "normal,no-proc-macro",
        Edges::Built => "normal,build",
    };
    let mut command = Command::new(&toolchain.cargo);
    command
        .args(["tree", "--offline", "--locked", "--charset", "ascii", "--prefix", "depth", "--format", "|{p}|{f}"])
        .args(["--target", &toolchain.host])
        .args(["--edges", edges, "--package", package])
        .args(features)
        .env("RUSTC", &toolchain.rustc)
        .current_dir(directory);
    if let Some(cache) = cache {
        command.env("CARGO_HOME", cache);
    }
    let text = asked(&mut command)?;
    read_tree(&text).ok_or_else(|| Refusal::new(Code::Internal, "cannot read what `cargo tree` prints"))
}

/// Lines of `DEPTH|NAME vVERSION …|FEATURES`, with ` (*)` behind what was printed before.
fn read_tree(text: &str) -> Option<BTreeMap<Key, Needed>> {
    let mut printed: BTreeMap<Key, Needed> = BTreeMap::new();
    let mut above: Vec<Key> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (depth, rest) = line.split_once('|')?;
        let (package, features) = rest.rsplit_once('|')?;
        let depth: usize = depth.parse().ok()?;
        let mut words = package.split(' ');
        let key = (words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned());
        above.truncate(depth);
        if let Some(parent) = above.last() {
            printed.entry(parent.clone()).or_default().dependencies.insert(key.clone());
        }
        let features = features.trim_end_matches(" (*)").split(',').filter(|one| !one.is_empty());
        printed.entry(key.clone()).or_default().features.extend(features.map(str::to_owned));
        above.push(key);
    }
    (!printed.is_empty()).then_some(printed)
}

/// The options that choose features, for any command of Cargo.
pub(super) fn features(features: &[String], with_defaults: bool) -> Vec<String> {
    let mut options = Vec::new();
    if !with_defaults {
        options.push("--no-default-features".to_owned());
    }
    if !features.is_empty() {
        options.extend(["--features".to_owned(), features.join(",")]);
    }
    options
}

/// The packages of the workspace that `roots` are made of: what their manifests name by path, used or not, since Cargo reads it
/// all; but not what is for tests.
pub(super) fn local_closure<'m>(metadata: &'m Metadata, roots: &[&str]) -> Result<Vec<&'m Listed>, Refusal> {
    let local: BTreeMap<&Path, &Listed> = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_none())
        .map(|package| (package.directory(), package))
        .collect();
    let mut open = Vec::new();
    for root in roots {
        let found = local.values().find(|package| package.name == *root).copied().ok_or_else(|| {
            let names: Vec<&str> = local.values().map(|package| package.name.as_str()).collect();
            Refusal::new(Code::Usage, format!("the workspace has no package `{root}`; it has {}", names.join(", ")))
        })?;
        open.push(found);
    }
    let mut taken: BTreeMap<&Path, &Listed> = BTreeMap::new();
    while let Some(package) = open.pop() {
        if taken.insert(package.directory(), package).is_some() {
            continue;
        }
        let declared = package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
        for path in declared.filter_map(|dependency| dependency.path.as_deref()) {
            open.extend(local.get(path).copied());
        }
    }
    Ok(taken.into_values().collect())
}

/// Runs Cargo. Where it fails, its own words are told.
fn asked(command: &mut Command) -> Result<String, Refusal> {
    let output = command.output().map_err(|error| Refusal::internal("cannot run cargo", error))?;
    if !output.status.success() {
        return Err(Refusal::new(Code::Usage, told(&String::from_utf8_lossy(&output.stderr))));
    }
    String::from_utf8(output.stdout).map_err(|error| Refusal::internal("what cargo says", error))
}

/// Cargo's error in one line, and the way out where the crates are not here.
fn told(words: &str) -> String {
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let error = lines.iter().position(|line| line.starts_with("error")).unwrap_or(0);
    let mut text = lines.get(error..).unwrap_or_default().join("; ");
    if text.contains("--offline") || text.contains("offline was specified") {
        text.push_str("; run `cargo fetch --locked` in the workspace once, while there is a registry");
    }
    format!("cargo: {}", text.trim_start_matches("error: ").escape_debug())
}

#[cfg(test)]
mod tests {
    use super::{features, read_tree, told};

    #[test]
    fn edges_are_those_of_the_depths() {
        let text =
            "0|a v1.0.0 (/x/y)|default,f\n1|b v2.0.0|\n2|c v3.0.0 (proc-macro)|std\n1|c v3.0.0 (proc-macro)|std (*)\n";
        let printed = read_tree(text).expect("is one");
        let key = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let [a, b, c] = [key("a", "1.0.0"), key("b", "2.0.0"), key("c", "3.0.0")];
        let of = |key| printed[key].dependencies.iter().collect::<Vec<_>>();
        assert_eq!((of(&a), of(&b), of(&c)), (vec![&b, &c], vec![&c], vec![]));
        assert!(printed[&a].features.contains("f") && printed[&b].features.is_empty());
        assert_eq!(read_tree(""), None);
        assert_eq!(read_tree("error: no"), None);
    }

    #[test]
    fn an_error_of_cargo_is_one_line_with_the_way_out() {
        let words = "    Updating\nerror: failed to download `a v1`\n\nCaused by:\n  attempting to make an HTTP request, \
                     but --offline was specified\n";
        let line = told(words);
        assert!(line.starts_with("cargo: failed to download `a v1`; Caused by:; attempting"), "{line}");
        assert!(
            line.ends_with("run `cargo fetch --locked` in the workspace once, while there is a registry"),
            "{line}"
        );
        assert!(!line.contains('\n'));
    }

    #[test]
    fn features_are_options() {
        assert_eq!(features(&[], true), [""; 0]);
        assert_eq!(features(&["a".into(), "b".into()], false), ["--no-default-features", "--features", "a,b"]);
    }
}
