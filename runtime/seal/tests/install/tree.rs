//! Bundles that are small and whole, and whoever judges them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use airlock_seal::install::{self, Checked, Directory, Disk, Event, Hands, Here, Installed, Record, Wish};
use airlock_seal::manifest::{Binary, Compiler, Isolation, Manifest, Tools};
use airlock_seal::sums::Sums;
use airlock_seal::{Code, MANIFEST, Refusal, SUMS};
use sha2::{Digest as _, Sha512};

pub(crate) fn sha512(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A bundle of this number in a directory of its own, with this many files beside its program.
pub(crate) fn bundle(parent: &Path, sequence: u64, files: usize) -> PathBuf {
    let directory = parent.join(format!("clinic-1.{sequence}.0"));
    let mut tree: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let program = format!("program {sequence}").into_bytes();
    tree.insert(MANIFEST.to_owned(), serde_json::to_vec_pretty(&manifest(sequence, &program)).expect("JSON"));
    tree.insert("bin/airlock-host".to_owned(), program);
    for file in 0..files {
        tree.insert(format!("source/{}/f{file}", file % 7), format!("{sequence} {file} ").repeat(3000).into_bytes());
    }
    let mut sums = Sums::default();
    for (path, bytes) in &tree {
        sums.insert(path.clone(), sha512(bytes));
    }
    tree.insert(SUMS.to_owned(), sums.text().into_bytes());
    tree.insert("signatures/release.sshsig".to_owned(), b"as good as signed".to_vec());
    for (path, bytes) in &tree {
        let file = directory.join(path);
        fs::create_dir_all(file.parent().expect("has one")).expect("made");
        fs::write(&file, bytes).expect("written");
        let mode = airlock_seal::path::mode(path);
        fs::set_permissions(&file, Permissions::from_mode(mode)).expect("changed");
    }
    directory
}

fn manifest(sequence: u64, program: &[u8]) -> Manifest {
    Manifest {
        binary: Binary {
            cpu: "x86-64-v3".to_owned(),
            features: Vec::new(),
            linkage: "static-pie".to_owned(),
            package: "airlock-runtime".to_owned(),
            path: "bin/airlock-host".to_owned(),
            sha512: sha512(program),
        },
        catalogs: Vec::new(),
        compiler: Compiler { rustc: String::new(), version: String::new() },
        created: 0,
        egress: Vec::new(),
        format: airlock_seal::manifest::FORMAT,
        isolation: Isolation { minimum: Vec::new() },
        labels: Vec::new(),
        models: Vec::new(),
        name: "clinic".to_owned(),
        previous: None,
        profiles: Vec::new(),
        secrets: Vec::new(),
        sequence,
        target: "x86_64-unknown-linux-gnu".to_owned(),
        tools: Tools { count: 0, sha256: "0".repeat(64) },
        version: format!("1.{sequence}.0"),
        x: BTreeMap::new(),
    }
}

/// The name of its directory once it is installed.
pub(crate) fn short(bundle: &Path) -> String {
    sha512(&fs::read(bundle.join(SUMS)).expect("is there"))[..16].to_owned()
}

/// Whether a directory is whole: its files are those of its sums, and they are as they say. It is approved if somebody signed so.
pub(crate) fn whole(directory: &Path) -> Result<Checked, Refusal> {
    let told = |code, path: &str| Refusal::new(code, format!("{}: {path}", directory.display()));
    let read = |path: &str| fs::read(directory.join(path)).map_err(|_| told(Code::Tree, path));
    let sums = Sums::read(&read(SUMS)?)?;
    let mut listed = BTreeSet::new();
    for (path, digest) in sums.iter() {
        listed.insert(path.to_owned());
        if sha512(&read(path)?) != digest {
            return Err(told(Code::Content, path));
        }
    }
    for path in files(directory) {
        if path != SUMS && !path.starts_with("signatures/") && !listed.contains(&path) {
            return Err(told(Code::Tree, &path));
        }
    }
    let manifest = serde_json::from_slice(&read(MANIFEST)?).map_err(|_| told(Code::Format, MANIFEST))?;
    let approved = files(directory).iter().any(|path| path.starts_with("signatures/site-"));
    Ok(Checked { manifest, approved })
}

/// Files of a tree, relative to it.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().expect("known").is_dir() {
            found.extend(files(&entry.path()).iter().map(|inner| format!("{name}/{inner}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

/// What was recorded: the event, its stage.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) all: Vec<(Event, &'static str)>,
    /// Whether the next ones cannot be written.
    pub(crate) broken: bool,
}

impl Record for Records {
    fn begin(&mut self, event: &Event) -> Result<(), Refusal> {
        if self.broken {
            return Err(Refusal::new(Code::Internal, "the trail is broken"));
        }
        self.all.push((event.clone(), "begun"));
        Ok(())
    }

    fn end(&mut self, event: &Event, fault: Option<&Refusal>) -> Result<(), Refusal> {
        self.all.push((event.clone(), if fault.is_some() { "failed" } else { "done" }));
        Ok(())
    }
}

/// A disk that is not waited for, with this much room.
pub(crate) struct Quick {
    pub(crate) free: u64,
}

impl Default for Quick {
    fn default() -> Self {
        Self { free: u64::MAX }
    }
}

impl Disk for Quick {
    fn free(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free)
    }

    fn make_directory(&mut self, path: &Path) -> io::Result<()> {
        Here.make_directory(path)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        Here.write(path, bytes)
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        fs::File::open(path).map(drop)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        Here.rename(from, to)
    }

    fn link(&mut self, target: &Path, at: &Path) -> io::Result<()> {
        Here.link(target, at)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        Here.remove(path)
    }
}

/// Installs with everything as usual.
pub(crate) fn install(root: &Path, bundle: &Path) -> Result<Installed, Refusal> {
    install_with(root, bundle, Wish::default(), &mut Records::default(), &mut Here)
}

pub(crate) fn install_with(
    root: &Path,
    bundle: &Path,
    wish: Wish,
    record: &mut dyn Record,
    disk: &mut dyn Disk,
) -> Result<Installed, Refusal> {
    let (mut check, mut progress) = (whole, |_, _| ());
    let mut source = Directory::new(bundle, &mut progress);
    install::install(root, &mut source, wish, &mut Hands { check: &mut check, record, disk })
}

pub(crate) fn rollback(root: &Path, to: &str, record: &mut dyn Record) -> Result<Installed, Refusal> {
    let mut check = whole;
    install::rollback(root, to, "it was better", &mut Hands { check: &mut check, record, disk: &mut Here })
}

/// Which release is in force; it has to be whole. None where nothing ever was.
pub(crate) fn in_force(root: &Path) -> Option<String> {
    let link = fs::read_link(root.join("current")).ok()?;
    let name = link.to_str().expect("UTF-8").strip_prefix("releases/").expect("leads to a release").to_owned();
    whole(&root.join(&link)).expect("what is in force is whole");
    assert_eq!(short(&root.join(&link)), name, "it has its own name");
    Some(name)
}

/// The names of what lies among releases.
pub(crate) fn releases(root: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(root.join("releases")).expect("is there").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Whether nothing is left of a run that was not finished.
pub(crate) fn is_tidy(root: &Path) -> bool {
    let entries = fs::read_dir(root).expect("is there").flatten();
    let names: BTreeSet<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let known = [".lock", "current", "releases", "state.json"].map(str::to_owned);
    names == BTreeSet::from(known) && releases(root).iter().all(|name| name.len() == 16)
}
