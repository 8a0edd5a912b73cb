//! `source/`: the workspace that a program is built from, and nothing else.
//!
//! ```text
//! source/  Cargo.toml Cargo.lock rust-toolchain.toml .cargo/config.toml recipe.json BUILD.txt LICENSE-*
//!          catalogs/ generated/ and the directories of the crates, each without tests, benches, examples
//! ```

mod manifest;
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use airlock_seal::{Code, Refusal, path};

use super::Program;
use super::cargo::{self, Listed};
use super::lock::{self, CRATES_IO};
use super::packages::Crates;
use super::recipe::{CPU_BASE, CPU_V3, Recipe};
use super::toolchain::Toolchain;

/// The package of the compiler, which stands in every `source/`: `bundle rebuild` is a command of it.
pub(super) const COMPILER: &str = "airlock-compiler";

/// The package whose C++ decides what the processor has to offer.
const LLAMA: &str = "llama-cpp-sys-2";

/// A file of source that is longer is refused, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Directories of a package that no program is made of.
const NOT_BUILT: [&str; 5] = ["tests", "benches", "examples", "fuzz", "target"];

/// The replacement without which Cargo would go on to look into a cache, and `--offline` would prove nothing.
const CONFIG: &str = "\
[source.crates-io]
replace-with = \"vendored\"

[source.vendored]
directory = \"vendor\"
";

/// How to build without `airlock`, for whoever finds the directory.
const BUILD: &str = "\
The program of this release is built from this directory, without any network. Rust of the version in rust-toolchain.toml,
a C compiler, and for the embedded model c++, cmake, make and libclang have to be there.

With `airlock`: airlock bundle rebuild BUNDLE --work DIR, which compares the program as well.

Without it, build it first, from a copy of this directory:
  tar -xf vendor.tar
  cargo build --release --offline --locked -p airlock-compiler

Where rustup knows the same Rust under another name, put the name in front: RUSTUP_TOOLCHAIN=stable cargo build ...
recipe.json says what the program was built with.
";

/// What was gathered.
#[derive(Debug)]
pub struct Source {
    /// Where it stands.
    pub directory: PathBuf,
    /// Its files, sorted; without `vendor.tar`.
    pub files: Vec<String>,
    pub recipe: Recipe,
    pub crates: Crates,
    pub toolchain: Toolchain,
}

/// Gathers what `program` and the compiler are made of below `out`, from the workspace at `root`. Files that are the same
/// already are not written, so that what was built of them stays good; what is not of it is removed, but for `vendor.tar`.
///
/// # Errors
/// The workspace is none, or its lock is not whole; a file's name may not stand in a bundle; a crate is not of crates.io.
pub fn gather(root: &Path, out: &Path, program: &Program) -> Result<Source, Refusal> {
    let toolchain = Toolchain::find(root)?;
    if toolchain.release.contains('-') {
        let text = format!("a release is built with a stable Rust, and this is {}", toolchain.version);
        return Err(Refusal::new(Code::Usage, text));
    }
    let whole = cargo::metadata(&toolchain, root, true)?;
    let members = cargo::local_closure(&whole, &[&program.package, COMPILER])?;
    let mut files = read_workspace(&whole.workspace_root, &members, out)?;

    // Cargo itself drops from the lock what is not needed any more, in a copy.
    let copy = tempfile::tempdir().map_err(|error| Refusal::internal("cannot make a directory", error))?;
    write_tree(copy.path(), &files)?;
    let before = lock::read(&text_of(&files, "Cargo.lock")?)?;
    let reduced = cargo::metadata(&toolchain, copy.path(), false)?;
    check_members(&reduced, &members)?;
    let locked = read_file(&copy.path().join("Cargo.lock"))?;
    let after = lock::read(&String::from_utf8_lossy(&locked))?;
    for (key, about) in &after {
        if before.get(key) != Some(about) {
            return Err(Refusal::new(Code::Usage, format!("Cargo.lock does not name {} {}", key.0, key.1)));
        }
        if about.source.as_deref().is_some_and(|source| source != CRATES_IO) {
            let text = format!("{} {} is not of crates.io; a release takes crates of there alone", key.0, key.1);
            return Err(Refusal::new(Code::Usage, text));
        }
    }
    if let Some((name, version)) = after.keys().find(|key| !reduced.packages.iter().any(|listed| listed.key() == **key))
    {
        return Err(Refusal::new(
            Code::Internal,
            format!("cargo says nothing of {name} {version}, which Cargo.lock names"),
        ));
    }
    files.insert("Cargo.lock".to_owned(), locked);

    let crates = Crates::of(&toolchain, copy.path(), program, &reduced, &after)?;
    let has_llama = crates.packages.iter().any(|package| package.name == LLAMA && package.role.is_built());
    let recipe = Recipe::of(program, &toolchain, if has_llama && is_x86_64(&toolchain) { CPU_V3 } else { CPU_BASE });
    files.insert("recipe.json".to_owned(), recipe.text().into_bytes());
    files.insert("rust-toolchain.toml".to_owned(), toolchain_file(&toolchain).into_bytes());
    files.insert(".cargo/config.toml".to_owned(), CONFIG.as_bytes().to_vec());
    files.insert("BUILD.txt".to_owned(), BUILD.as_bytes().to_vec());
    sync(out, &files)?;
    Ok(Source { directory: out.to_owned(), files: files.into_keys().collect(), recipe, crates, toolchain })
}

fn is_x86_64(toolchain: &Toolchain) -> bool {
    toolchain.host.starts_with("x86_64-")
}

fn toolchain_file(toolchain: &Toolchain) -> String {
    format!("[toolchain]\nchannel = \"{}\"\nprofile = \"minimal\"\n", toolchain.release)
}

/// The files of the workspace by their paths below `source/`.
fn read_workspace(root: &Path, members: &[&Listed], out: &Path) -> Result<BTreeMap<String, Vec<u8>>, Refusal> {
    let mut files = BTreeMap::new();
    let skipped = fs::canonicalize(out).ok();
    let mut directories = Vec::new();
    for member in members {
        let below = member.directory().strip_prefix(root).ok().and_then(Path::to_str).ok_or_else(|| {
            let text = format!("the package `{}` lies outside of the workspace; move it below it", member.name);
            Refusal::new(Code::Usage, text)
        })?;
        let walk = Walk { root, skipped: skipped.as_deref(), is_package: true };
        let mut of_package = BTreeMap::new();
        walk.read(member.directory(), 0, &mut of_package)?;
        modules::leave_tests_out(&mut of_package);
        files.append(&mut of_package);
        let name = if below.is_empty() { "Cargo.toml".to_owned() } else { format!("{below}/Cargo.toml") };
        let kept = manifest::without_tests(&text_of(&files, &name)?);
        files.insert(name, kept.into_bytes());
        directories.push(if below.is_empty() { ".".to_owned() } else { below.to_owned() });
    }
    let catalogs = root.join("catalogs");
    if catalogs.is_dir() {
        Walk { root, skipped: skipped.as_deref(), is_package: false }.read(&catalogs, 0, &mut files)?;
    }
    for path in sorted_children(root)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if ["LICENSE", "COPYING", "NOTICE"].iter().any(|start| name.starts_with(start)) && path.is_file() {
            files.insert(name.to_owned(), read_file(&path)?);
        }
    }
    files.insert("Cargo.lock".to_owned(), read_file(&root.join("Cargo.lock"))?);
    let manifest = read_file(&root.join("Cargo.toml"))?;
    let manifest =
        String::from_utf8(manifest).map_err(|error| Refusal::new(Code::Usage, format!("Cargo.toml: {error}")))?;
    let members = manifest::with_members(&manifest::without_tests(&manifest), &directories)
        .ok_or_else(|| Refusal::new(Code::Usage, "Cargo.toml has no table [workspace]; a release is of a workspace"))?;
    files.insert("Cargo.toml".to_owned(), members.into_bytes());
    Ok(files)
}

/// How a directory is read.
struct Walk<'w> {
    root: &'w Path,
    /// Where the result goes, which is no source.
    skipped: Option<&'w Path>,
    /// Whether it is a package: tests, and packages in it, are left out.
    is_package: bool,
}

impl Walk<'_> {
    fn read(&self, directory: &Path, depth: usize, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Refusal> {
        for path in sorted_children(directory)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let kind = fs::symlink_metadata(&path).map_err(|error| unread(&path, &error))?.file_type();
            // Of an editor, of git, of the system; but the generated crate has one of its own.
            if name.starts_with('.') && name != ".gitattributes" {
                continue;
            }
            if kind.is_dir() {
                let is_left_out = self.skipped == Some(path.as_path())
                    || self.is_package
                        && (depth == 0 && NOT_BUILT.contains(&name) || path.join("Cargo.toml").is_file());
                if !is_left_out {
                    self.read(&path, depth + 1, files)?;
                }
                continue;
            }
            let below = path.strip_prefix(self.root).ok().and_then(Path::to_str).unwrap_or_default();
            path::check(below).map_err(|fault| {
                let shown = path.to_string_lossy();
                Refusal::new(Code::Usage, format!("`{}` {fault}; rename it", shown.escape_debug()))
            })?;
            if !kind.is_file() {
                return Err(Refusal::new(Code::Usage, format!("{below} is no plain file; put the file itself there")));
            }
            files.insert(below.to_owned(), read_file(&path)?);
        }
        Ok(())
    }
}

/// Whether Cargo finds in the copy what was meant, and no dependencies of tests: the manifests were edited as text.
fn check_members(reduced: &cargo::Metadata, members: &[&Listed]) -> Result<(), Refusal> {
    let found: BTreeSet<&str> = reduced
        .packages
        .iter()
        .filter(|package| package.source.is_none())
        .map(|package| package.name.as_str())
        .collect();
    let wanted: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    if found != wanted {
        let text = format!("the workspace without what is not built has the packages {found:?}, not {wanted:?}");
        return Err(Refusal::new(Code::Usage, text));
    }
    for package in reduced.packages.iter().filter(|package| package.source.is_none()) {
        if let Some(left) = package.dependencies.iter().find(|dependency| dependency.kind.as_deref() == Some("dev")) {
            let text = format!(
                "{}/Cargo.toml: `{}` is left of the dependencies for tests; write them as tables [dev-dependencies]",
                package.name, left.name
            );
            return Err(Refusal::new(Code::Usage, text));
        }
    }
    Ok(())
}

/// Makes `out` hold exactly these files, and `vendor.tar`.
fn sync(out: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Refusal> {
    fs::create_dir_all(out).map_err(|error| Refusal::internal(out.display(), error))?;
    remove_others(out, "", &|name| files.contains_key(name) || name == super::vendor::FILE)?;
    write_tree(out, files)
}

/// Removes what is not wanted, and directories that are empty then. Names are told as they stand below the root, of which
/// `directory` is `below`.
pub(super) fn remove_others(directory: &Path, below: &str, is_wanted: &dyn Fn(&str) -> bool) -> Result<(), Refusal> {
    for path in sorted_children(directory)? {
        let failed = |error| Refusal::internal(path.display(), error);
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let name = if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") };
        if fs::symlink_metadata(&path).map_err(failed)?.is_dir() {
            remove_others(&path, &name, is_wanted)?;
            if sorted_children(&path)?.is_empty() {
                fs::remove_dir(&path).map_err(failed)?;
            }
        } else if !is_wanted(&name) {
            fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// Every file of a `source/` but `vendor.tar`.
pub(super) fn read_tree(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, Refusal> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for path in sorted_children(&directory)? {
            let name = path.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
            if fs::symlink_metadata(&path).map_err(|error| unread(&path, &error))?.is_dir() {
                open.push(path);
            } else if name != super::vendor::FILE {
                files.insert(name, read_file(&path)?);
            }
        }
    }
    Ok(files)
}

/// Writes what is not there already, byte for byte.
pub(super) fn write_tree(root: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Refusal> {
    for (name, bytes) in files {
        let path = root.join(name);
        let failed = |error| Refusal::internal(path.display(), error);
        if fs::symlink_metadata(&path).is_ok_and(|about| about.is_file() && about.len() == bytes.len() as u64)
            && fs::read(&path).is_ok_and(|found| found == *bytes)
        {
            continue;
        }
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        fs::write(&path, bytes).map_err(failed)?;
    }
    Ok(())
}

fn text_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Result<String, Refusal> {
    let bytes = files.get(name).ok_or_else(|| Refusal::new(Code::Usage, format!("there is no {name}")))?;
    String::from_utf8(bytes.clone()).map_err(|_| Refusal::new(Code::Usage, format!("{name} is not UTF-8")))
}

fn sorted_children(directory: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let entries = fs::read_dir(directory).map_err(|error| unread(directory, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| unread(directory, &error))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read_file(path: &Path) -> Result<Vec<u8>, Refusal> {
    let length = fs::metadata(path).map_err(|error| unread(path, &error))?.len();
    if length > FILE_BYTES_MAX {
        return Err(Refusal::new(Code::Usage, format!("{} is longer than {FILE_BYTES_MAX} bytes", path.display())));
    }
    fs::read(path).map_err(|error| unread(path, &error))
}

fn unread(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::internal(format!("cannot read {}", path.display()), error)
}
