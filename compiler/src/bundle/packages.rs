//! The packages of a lock: which of them are linked into a program, which run while it is built, and which the compiler needs.
//!
//! Cargo is asked, for one package, one target and one choice of features: the lock alone names everything that any member of the
//! workspace could need anywhere. What the lock says of each is added: where it is from, and its checksum.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use airlock_seal::Refusal;

use super::cargo::{self, Edges, Key, Metadata, Needed};
use super::licences;
use super::lock::Locked;
use super::source::COMPILER;
use super::toolchain::Toolchain;
use super::{Package, Program, Role};

/// The packages of a lock, and what lies on this machine of each.
#[derive(Clone, Debug)]
pub struct Crates {
    /// Every package of the lock, sorted by name and version.
    pub packages: Vec<Package>,
    /// By `NAME VERSION`, those of the registry.
    pub origins: BTreeMap<String, Origin>,
}

/// A package of the registry, as it lies on this machine.
#[derive(Clone, Debug)]
pub struct Origin {
    pub directory: PathBuf,
    /// The file that its manifest names for a licence that has no expression.
    pub license_file: Option<String>,
    /// The features that the program asks of it.
    pub features: BTreeSet<String>,
}

impl Package {
    /// `NAME VERSION`.
    pub fn id(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

impl Crates {
    /// Asks Cargo, offline and with the lock as it is. `workspace` holds `Cargo.toml` and `Cargo.lock`, of which `metadata` and
    /// `locked` are. Packages of the workspace share the texts of licences that lie at its root; others have theirs from
    /// [`super::vendor::write`].
    pub(super) fn of(
        toolchain: &Toolchain,
        workspace: &Path,
        program: &Program,
        metadata: &Metadata,
        locked: &BTreeMap<Key, Locked>,
    ) -> Result<Self, Refusal> {
        let features = cargo::features(&program.features, program.default_features);
        let tree = |edges| cargo::tree(toolchain, workspace, &program.package, &features, edges, None);
        let (linked, built) = (tree(Edges::Linked)?, tree(Edges::Built)?);
        let compiler = cargo::tree(toolchain, workspace, COMPILER, &[], Edges::Built, None)?;
        let shared = shared_texts(workspace).map_err(|fault| Refusal::internal(workspace.display(), fault))?;
        let (mut packages, mut origins) = (Vec::new(), BTreeMap::new());
        let mut listed: Vec<_> = metadata.packages.iter().collect();
        listed.sort_by_key(|listed| listed.key());
        for listed in listed {
            let key = listed.key();
            let role = match () {
                () if linked.contains_key(&key) => Role::Program,
                () if built.contains_key(&key) => Role::Build,
                () if compiler.contains_key(&key) => Role::Compiler,
                () => Role::Unused,
            };
            let needed = built.get(&key).or_else(|| compiler.get(&key)).cloned().unwrap_or_default();
            let Needed { dependencies, features } = needed;
            let is_own = listed.source.is_none();
            let package = Package {
                checksum: locked.get(&key).and_then(|about| about.checksum.clone()),
                role,
                name: key.0,
                version: key.1,
                source: listed.source.clone(),
                license: listed.license.clone(),
                license_files: if is_own { shared.clone() } else { Vec::new() },
                dependencies: dependencies.into_iter().map(|(name, version)| format!("{name} {version}")).collect(),
            };
            if !is_own {
                let (directory, license_file) = (listed.directory().to_owned(), listed.license_file.clone());
                origins.insert(package.id(), Origin { directory, license_file, features });
            }
            packages.push(package);
        }
        Ok(Self { packages, origins })
    }
}

/// Texts of licences at the root of a workspace, by name.
fn shared_texts(workspace: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(workspace)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let about = entry.metadata()?;
        if about.is_file() && licences::is_text(&name, about.len()) {
            texts.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(texts.into_iter().collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{Crates, Toolchain, cargo};
    use crate::bundle::{Linkage, Program, Role, lock};
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

    /// The packages of this workspace's lock.
    pub(crate) fn crates() -> Crates {
        let workspace = Path::new("..");
        let toolchain = Toolchain::find(workspace).expect("is there");
        let metadata = cargo::metadata(&toolchain, workspace, true).expect("are fetched");
        let lock = lock::read(&fs::read_to_string("../Cargo.lock").expect("there")).expect("a lock");
        Crates::of(&toolchain, workspace, &program(), &metadata, &lock).expect("are fetched")
    }

    #[test]
    fn the_crates_of_the_program_are_those_of_the_lock() {
        let crates = crates();
        let lock = lock::read(&fs::read_to_string("../Cargo.lock").expect("there")).expect("a lock");
        let mut roles = BTreeSet::new();
        for package in &crates.packages {
            let id = package.id();
            let key = (package.name.clone(), package.version.clone());
            let locked = lock.get(&key).unwrap_or_else(|| panic!("{id} is in the lock"));
            assert_eq!((&locked.source, &locked.checksum), (&package.source, &package.checksum), "{id}");
            assert_eq!(package.source.is_none(), package.name.starts_with("airlock-"), "{id}");
            roles.insert(package.role);
        }
        assert_eq!(roles, BTreeSet::from([Role::Program, Role::Build, Role::Compiler, Role::Unused]));
        assert_eq!(crates.packages.len(), lock.len());
        let role = |name: &str| crates.packages.iter().find(|one| one.name == name).map(|one| one.role);
        assert_eq!(role("llama-cpp-2"), Some(Role::Program));
        assert_eq!((role("bindgen"), role("serde_derive")), (Some(Role::Build), Some(Role::Build)));
        assert_eq!(role("openapiv3"), Some(Role::Compiler));
        assert_eq!((role("rcgen"), role("windows-sys")), (Some(Role::Unused), Some(Role::Unused)));
        let origin =
            |name: &str| crates.origins.iter().find(|(id, _)| id.starts_with(&format!("{name} "))).map(|one| one.1);
        assert!(origin("llama-cpp-sys-2").is_some_and(|origin| origin.features.contains("static-stdcxx")));
        let own = crates.packages.iter().find(|one| one.name == "airlock-seal").expect("is of the lock");
        assert_eq!((own.license_files.len(), origin("airlock-seal").is_none()), (2, true));
    }
}
