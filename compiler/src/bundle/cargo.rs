//! What Cargo knows of a workspace: its packages, and which of them a program needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_seal::{Code, Refusal};
use serde::Deserialize;

use super::toolchain::Toolchain;

/// `cargo metadata --format-version 1`.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Listed>,
    pub(super) resolve: Option<Resolve>,
    pub(super) workspace_root: PathBuf,
}

/// A package of it.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) source: Option<String>,
    pub(super) license: Option<String>,
    pub(super) manifest_path: PathBuf,
    pub(super) dependencies: Vec<Declared>,
}

impl Listed {
    pub(super) fn key(&self) -> (String, String) {
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

/// Which package a dependency became.
#[derive(Debug, Deserialize)]
pub(super) struct Resolve {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) dependencies: Vec<String>,
}

/// Reads the workspace at `directory`, asking no registry: with all features, since the lock names what any of them needs. `locked` is whether its lock has to be whole already; otherwise
/// Cargo drops from it what is not needed any more.
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

/// The packages that `package` needs on this machine, by name and version. `cache` is another `CARGO_HOME` than that of whoever
/// runs this.
pub(super) fn tree(
    toolchain: &Toolchain,
    directory: &Path,
    package: &str,
    features: &[String],
    edges: Edges,
    cache: Option<&Path>,
) -> Result<BTreeSet<(String, String)>, Refusal> {
    let edges = match edges {
        Edges::Linked => "normal,no-proc-macro",
        Edges::Built => "normal,build",
    };
    let mut command = Command::new(&toolchain.cargo);
    command
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}", "--target", &toolchain.host])
        .args(["--edges", edges, "--package", package])
        .args(features)
        .env("RUSTC", &toolchain.rustc)
        .current_dir(directory);
    if let Some(cache) = cache {
        command.env("CARGO_HOME", cache);
    }
    let text = asked(&mut command)?;
    let package = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        let version = rest.split(' ').next()?;
        Some((name.to_owned(), version.to_owned()))
    };
    Ok(text.lines().filter_map(package).collect())
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
    use super::{features, told};

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
