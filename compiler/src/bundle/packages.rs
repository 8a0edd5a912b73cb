//! The crates of a program: which ones are linked into it, and which ones only run while it is built.
//!
//! Cargo is asked, for one package, one target and one choice of features: the lock alone names everything that any member of the
//! workspace could need anywhere. What the lock says of each is added: where it is from, and its checksum.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock_seal::{Code, Refusal};
use serde::Deserialize;

use super::{Package, Program, Role, lock};

/// A text of a licence that is longer than this is something else, in bytes.
const LICENCE_BYTES_MAX: u64 = 1 << 20;

/// How the names of files begin that hold a licence or a notice, in capitals.
const LICENCE_NAMES: [&str; 7] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE", "PATENTS"];

/// The crates of a program.
#[derive(Clone, Debug)]
pub struct Crates {
    /// Those that are linked in or needed to build, by name and version.
    pub packages: Vec<Package>,
    /// Where the sources of each lie, by `NAME VERSION`.
    pub directories: BTreeMap<String, PathBuf>,
    /// Features of each, by `NAME VERSION`.
    pub features: BTreeMap<String, BTreeSet<String>>,
}

impl Crates {
    /// Asks Cargo, offline and with the lock as it is. `workspace` holds `Cargo.toml` and `Cargo.lock`.
    pub fn of(workspace: &Path, program: &Program, target: &str) -> Result<Self, Refusal> {
        let built = tree(workspace, program, target, "no-dev")?;
        let linked = tree(workspace, program, target, "normal,no-proc-macro")?;
        let about = metadata(workspace, program, target)?;
        let lock = fs::read_to_string(workspace.join("Cargo.lock"))
            .map_err(|fault| Refusal::internal("cannot read Cargo.lock", fault))?;
        let locked = lock::read(&lock)?;
        let mut crates = Self { packages: Vec::new(), directories: BTreeMap::new(), features: built.features };
        for (id, dependencies) in built.crates {
            let Some((name, version)) = id.split_once(' ') else { continue };
            let Some(described) = about.iter().find(|one| one.name == name && one.version == version) else {
                return Err(Refusal::new(Code::Internal, format!("`cargo metadata` does not know {id}")));
            };
            let directory = described.manifest_path.parent().unwrap_or(workspace).to_owned();
            // The members of a workspace share the texts that lie at its root.
            let texts = if described.source.is_none() { workspace } else { &directory };
            let named = described.license_file.as_deref();
            let lock = locked.get(&(name.to_owned(), version.to_owned())).cloned().unwrap_or_default();
            crates.packages.push(Package {
                name: name.to_owned(),
                version: version.to_owned(),
                source: lock.source,
                checksum: lock.checksum,
                license: described.license.clone(),
                license_files: licence_files(texts, named)
                    .map_err(|fault| Refusal::internal(format!("cannot read the licences of {id}"), fault))?,
                role: if linked.crates.contains_key(&id) { Role::Program } else { Role::Build },
                dependencies: dependencies.into_iter().collect(),
            });
            crates.directories.insert(id, directory);
        }
        Ok(crates)
    }
}

/// What `cargo tree` prints: each crate with those that it is built with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Printed {
    crates: BTreeMap<String, BTreeSet<String>>,
    features: BTreeMap<String, BTreeSet<String>>,
}

fn tree(workspace: &Path, program: &Program, target: &str, edges: &str) -> Result<Printed, Refusal> {
    let mut command = cargo(workspace);
    command.args(["tree", "--locked", "--offline", "--prefix", "depth", "--format", "|{p}|{f}", "--charset", "ascii"]);
    command.args(["--package", &program.package, "--target", target, "--edges", edges]);
    if !program.default_features {
        command.arg("--no-default-features");
    }
    if !program.features.is_empty() {
        command.args(["--features", &program.features.join(",")]);
    }
    let text = answered(command, "cargo tree")?;
    read_tree(&text).ok_or_else(|| Refusal::new(Code::Internal, "cannot read what `cargo tree` prints"))
}

/// Lines of `DEPTH|NAME vVERSION …|FEATURES`, with ` (*)` behind what was printed before.
fn read_tree(text: &str) -> Option<Printed> {
    let mut printed = Printed::default();
    let mut above: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (depth, rest) = line.split_once('|')?;
        let (crate_, features) = rest.rsplit_once('|')?;
        let depth: usize = depth.parse().ok()?;
        let mut words = crate_.split(' ');
        let id = format!("{} {}", words.next()?, words.next()?.strip_prefix('v')?);
        above.truncate(depth);
        if let Some(parent) = above.last() {
            printed.crates.entry(parent.clone()).or_default().insert(id.clone());
        }
        printed.crates.entry(id.clone()).or_default();
        let features = features.trim_end_matches(" (*)").split(',').filter(|one| !one.is_empty());
        printed.features.entry(id.clone()).or_default().extend(features.map(str::to_owned));
        above.push(id);
    }
    (!printed.crates.is_empty()).then_some(printed)
}

/// What a manifest says.
#[derive(Debug, Deserialize)]
struct Described {
    name: String,
    version: String,
    source: Option<String>,
    license: Option<String>,
    license_file: Option<PathBuf>,
    manifest_path: PathBuf,
}

fn metadata(workspace: &Path, program: &Program, target: &str) -> Result<Vec<Described>, Refusal> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Described>,
    }
    let mut command = cargo(workspace);
    command.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", target]);
    // Of the whole workspace it would tell what its members take by default, which may be less.
    let features: Vec<String> = program.features.iter().map(|one| format!("{}/{one}", program.package)).collect();
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    let text = answered(command, "cargo metadata")?;
    let read: Metadata = serde_json::from_str(&text)
        .map_err(|fault| Refusal::internal("cannot read what `cargo metadata` prints", fault))?;
    Ok(read.packages)
}

fn cargo(workspace: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace).stdin(Stdio::null());
    command
}

/// What a command prints, if it ends well.
fn answered(mut command: Command, what: &str) -> Result<String, Refusal> {
    let output = command.output().map_err(|fault| {
        Refusal::new(Code::Usage, format!("cannot run `{what}`: {fault}; install Rust, or put Cargo onto PATH"))
    })?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        let line = told.lines().find(|line| line.starts_with("error")).unwrap_or("error: it says nothing");
        let text = format!(
            "`{what}` failed: {}; run `cargo fetch --locked` where there is a network, and commit Cargo.lock",
            line.escape_debug()
        );
        return Err(Refusal::new(Code::Usage, text));
    }
    String::from_utf8(output.stdout).map_err(|fault| Refusal::internal(format!("`{what}` prints no UTF-8"), fault))
}

/// Texts at the root of a crate, and the one that its manifest names, by name.
fn licence_files(directory: &Path, named: Option<&Path>) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let capital = name.to_ascii_uppercase();
        if LICENCE_NAMES.iter().any(|begin| capital.starts_with(begin)) {
            found.insert(name, entry.path());
        }
    }
    if let Some(name) = named.and_then(Path::to_str) {
        found.entry(name.to_owned()).or_insert_with(|| directory.join(name));
    }
    let mut texts = Vec::new();
    for (name, path) in found {
        let about = fs::metadata(&path)?;
        if about.is_file() && about.len() <= LICENCE_BYTES_MAX {
            texts.push((name, fs::read(&path)?));
        }
    }
    Ok(texts)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{Crates, lock, read_tree};
    use crate::bundle::{Linkage, Program, Role};
    use crate::ir::Catalog;
    use crate::load::Sources;
    use crate::pipeline::place;
    use crate::report::Report;

    /// The catalogs of this workspace.
    pub(crate) fn clinic() -> Vec<Catalog> {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        place(Path::new("../catalogs"), &mut sources, &mut report).expect("sound catalogs").catalogs
    }

    pub(crate) fn program() -> Program {
        Program {
            package: "airlock-runtime".to_owned(),
            bin: "airlock-host".to_owned(),
            features: ["http", "llama", "tls"].map(str::to_owned).to_vec(),
            default_features: false,
            linkage: Linkage::Dynamic,
            epoch: 0,
        }
    }

    #[test]
    fn edges_are_those_of_the_depths() {
        let text =
            "0|a v1.0.0 (/x/y)|default,f\n1|b v2.0.0|\n2|c v3.0.0 (proc-macro)|std\n1|c v3.0.0 (proc-macro)|std (*)\n";
        let printed = read_tree(text).expect("is one");
        let of = |id: &str| printed.crates[id].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(
            (of("a 1.0.0"), of("b 2.0.0"), of("c 3.0.0")),
            (vec!["b 2.0.0", "c 3.0.0"], vec!["c 3.0.0"], vec![])
        );
        assert!(printed.features["a 1.0.0"].contains("f") && printed.features["b 2.0.0"].is_empty());
        assert_eq!(read_tree(""), None);
        assert_eq!(read_tree("error: no"), None);
    }

    #[test]
    fn the_crates_of_the_program_are_those_of_the_lock() {
        let crates = Crates::of(Path::new(".."), &program(), "x86_64-unknown-linux-gnu").expect("are fetched");
        let lock = lock::read(&fs::read_to_string("../Cargo.lock").expect("there")).expect("a lock");
        let mut roles = BTreeSet::new();
        for package in &crates.packages {
            let id = format!("{} {}", package.name, package.version);
            let key = (package.name.clone(), package.version.clone());
            let locked = lock.get(&key).unwrap_or_else(|| panic!("{id} is in the lock"));
            assert_eq!((&locked.source, &locked.checksum), (&package.source, &package.checksum), "{id}");
            assert_eq!(package.source.is_none(), package.name.starts_with("airlock-"), "{id}");
            roles.insert(package.role);
        }
        assert_eq!(roles, BTreeSet::from([Role::Program, Role::Build]));
        let role = |name: &str| crates.packages.iter().find(|one| one.name == name).map(|one| one.role);
        assert_eq!(role("llama-cpp-2"), Some(Role::Program));
        assert_eq!((role("bindgen"), role("serde_derive")), (Some(Role::Build), Some(Role::Build)));
        assert_eq!((role("openapiv3"), role("rcgen"), role("windows-sys")), (None, None, None));
        assert!(crates.features["llama-cpp-sys-2 0.1.161"].contains("static-stdcxx"));
    }
}
