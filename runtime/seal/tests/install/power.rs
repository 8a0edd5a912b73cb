//! The power fails behind each step.
//!
//! A disk that knows what of it would be there afterwards: bytes of files that were synced, and names in directories that were.
//! Behind each step, what may be left is made anew in three ways: what was synced alone; every name, and the bytes that were
//! synced; and everything, as after a kill. In each of them the old or the new release is in force, and the next run succeeds.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use airlock_seal::install::{self, Directory, Disk, Early, Hands, Here, Installed, Source, Wish};
use airlock_seal::{Code, Refusal};

use crate::tree::{Quick, Records, bundle, files, in_force, install, install_with, is_tidy, rollback, short, whole};

/// What happens behind the last step that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Nothing more is done.
    Stops,
    /// One step fails as a full disk does, and what follows is done.
    IsFull,
}

/// What a name in a directory is.
#[derive(Clone, Debug)]
enum Node {
    Directory(u64),
    File(u64),
    Link(PathBuf),
}

struct Modelled {
    left: usize,
    then: Then,
    /// What was synced of each directory, and of each file, by inode.
    names: BTreeMap<u64, BTreeMap<OsString, Node>>,
    bytes: BTreeMap<u64, Vec<u8>>,
    /// Open, so that no inode is used again.
    held: Vec<File>,
    log: Vec<String>,
}

impl Modelled {
    /// Of a root, of which everything is on the disk.
    fn of(root: &Path, left: usize, then: Then) -> Self {
        let (names, bytes) = (BTreeMap::new(), BTreeMap::new());
        let mut disk = Self { left, then, names, bytes, held: Vec::new(), log: Vec::new() };
        disk.synced_below(root);
        disk
    }

    fn synced_below(&mut self, path: &Path) {
        self.synced(path);
        for entry in fs::read_dir(path).expect("is there").flatten() {
            match entry.file_type().expect("known") {
                kind if kind.is_dir() => self.synced_below(&entry.path()),
                kind if kind.is_file() => self.synced(&entry.path()),
                _ => {}
            }
        }
    }

    fn synced(&mut self, path: &Path) {
        let about = path.symlink_metadata().expect("is there");
        self.held.push(File::open(path).expect("opened"));
        if about.is_file() {
            self.bytes.insert(about.ino(), fs::read(path).expect("read"));
            return;
        }
        let entries = fs::read_dir(path).expect("is there").flatten();
        self.names.insert(about.ino(), entries.map(|entry| (entry.file_name(), node(&entry.path()))).collect());
    }

    /// Keeps what was made from being mistaken for what had its inode before.
    fn hold(&mut self, root: &Path) {
        for name in files(root) {
            self.held.push(File::open(root.join(name)).expect("opened"));
        }
    }

    fn step(&mut self, what: &str, path: &Path) -> io::Result<()> {
        if self.left == 0 {
            if self.then == Then::IsFull {
                self.left = usize::MAX;
            }
            return Err(io::Error::from_raw_os_error(28));
        }
        self.left -= 1;
        self.log.push(format!("{what} {}", path.display()));
        Ok(())
    }

    /// What of a directory is there, if nothing is but what was synced.
    fn least(&self, inode: u64, to: &Path) {
        made(to);
        for (name, node) in self.names.get(&inode).into_iter().flatten() {
            let to = to.join(name);
            match node {
                Node::Directory(inode) => self.least(*inode, &to),
                Node::File(inode) => self.file(*inode, &to),
                Node::Link(target) => symlink(target, &to).expect("made"),
            }
        }
    }

    /// What is there if every name is, and the bytes that were synced; or all of them.
    fn names_of(&self, from: &Path, to: &Path, all: bool) {
        made(to);
        for entry in fs::read_dir(from).expect("is there").flatten() {
            let to = to.join(entry.file_name());
            match node(&entry.path()) {
                Node::Directory(_) => self.names_of(&entry.path(), &to, all),
                Node::File(_) if all => drop(fs::copy(entry.path(), &to).expect("copied")),
                Node::File(inode) => self.file(inode, &to),
                Node::Link(target) => symlink(target, &to).expect("made"),
            }
        }
    }

    fn file(&self, inode: u64, to: &Path) {
        fs::write(to, self.bytes.get(&inode).map(Vec::as_slice).unwrap_or_default()).expect("written");
    }
}

fn made(path: &Path) {
    fs::create_dir(path).expect("made");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("changed");
}

fn node(path: &Path) -> Node {
    let about = path.symlink_metadata().expect("is there");
    if about.is_symlink() {
        Node::Link(fs::read_link(path).expect("a link"))
    } else if about.is_dir() {
        Node::Directory(about.ino())
    } else {
        Node::File(about.ino())
    }
}

impl Disk for Modelled {
    fn free(&self, at: &Path) -> io::Result<u64> {
        Here.free(at)
    }

    fn make_directory(&mut self, path: &Path) -> io::Result<()> {
        self.step("make", path)?;
        Here.make_directory(path)?;
        self.held.push(File::open(path)?);
        Ok(())
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step("write", path)?;
        Here.write(path, bytes)?;
        self.held.push(File::open(path)?);
        Ok(())
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        self.step("sync", path)?;
        self.synced(path);
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename", from)?;
        Here.rename(from, to)
    }

    fn link(&mut self, target: &Path, at: &Path) -> io::Result<()> {
        self.step("link", at)?;
        Here.link(target, at)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.step("remove", path)?;
        Here.remove(path)
    }
}

/// A root with these releases, each of them approved, and what is done there.
struct Case {
    before: &'static [u64],
    act: Act,
    wish: Wish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Install(u64),
    Rollback(u64),
}

impl Case {
    fn prepare(&self, directory: &Path) -> PathBuf {
        let root = directory.join("root");
        for sequence in self.before {
            let bundle = directory.join(format!("clinic-1.{sequence}.0"));
            install_with(
                &root,
                &bundle,
                Wish { keep: 9, switch: true },
                &mut Records::default(),
                &mut Quick::default(),
            )
            .expect("installed");
        }
        if self.before.is_empty() {
            made(&root);
        }
        root
    }

    fn run(&self, root: &Path, directory: &Path, disk: &mut dyn Disk) -> Result<Installed, Refusal> {
        match self.act {
            Act::Install(sequence) => {
                let bundle = directory.join(format!("clinic-1.{sequence}.0"));
                install_with(root, &bundle, self.wish, &mut Records::default(), disk)
            }
            Act::Rollback(sequence) => {
                let (mut check, mut record) = (whole, Records::default());
                let mut hands = Hands { check: &mut check, record: &mut record, disk };
                install::rollback(root, &format!("1.{sequence}.0"), "it was better", &mut hands)
            }
        }
    }

    fn names(&self, directory: &Path) -> (Option<String>, String) {
        let name = |sequence: u64| short(&directory.join(format!("clinic-1.{sequence}.0")));
        let (Act::Install(new) | Act::Rollback(new)) = self.act;
        (self.before.last().map(|old| name(*old)), name(new))
    }
}

const CASES: [Case; 4] = [
    Case { before: &[], act: Act::Install(1), wish: Wish { keep: 3, switch: true } },
    Case { before: &[1], act: Act::Install(2), wish: Wish { keep: 3, switch: true } },
    Case { before: &[1, 2, 3], act: Act::Install(4), wish: Wish { keep: 0, switch: true } },
    Case { before: &[1, 2, 3], act: Act::Rollback(1), wish: Wish { keep: 3, switch: true } },
];

/// Where nothing is ever brought to a disk, if there is such a place: what a disk holds is modelled here.
fn in_memory() -> io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}

/// Bundles of all numbers, approved.
fn bundles(directory: &Path) {
    for sequence in 1..=4 {
        let bundle = bundle(directory, sequence, 3);
        fs::write(bundle.join("signatures/site-clinic.sshsig"), "as good as signed").expect("written");
    }
}

#[test]
fn wherever_the_power_fails_one_release_is_in_force_and_the_next_run_succeeds() {
    let bundles_at = in_memory().expect("a directory");
    bundles(bundles_at.path());
    let mut steps = 0;
    for case in &CASES {
        let (old, new) = case.names(bundles_at.path());
        for left in 0.. {
            let directory = tempfile::tempdir_in(bundles_at.path()).expect("a directory");
            for sequence in 1..=4 {
                let name = format!("clinic-1.{sequence}.0");
                copied(&bundles_at.path().join(&name), &directory.path().join(&name));
            }
            let root = case.prepare(directory.path());
            let mut disk = Modelled::of(&root, left, Then::Stops);
            let ended = case.run(&root, directory.path(), &mut disk);
            disk.hold(&root);
            let inode = root.metadata().expect("is there").ino();
            let worlds = ["least", "names", "all"].map(|world| (world, directory.path().join(world)));
            disk.least(inode, &worlds[0].1);
            disk.names_of(&root, &worlds[1].1, false);
            disk.names_of(&root, &worlds[2].1, true);
            for (world, root) in &worlds {
                let told = format!("{:?}, {left} steps, {world}, behind {:?}", case.act, disk.log.last());
                let found = in_force(root);
                assert!(found == old || found.as_ref() == Some(&new), "{told}");
                assert!(ended.is_err() || found.as_ref() == Some(&new), "{told}: what is told to be done is done");
                case.run(root, directory.path(), &mut Quick::default())
                    .unwrap_or_else(|refusal| panic!("{told}: {refusal}"));
                assert_eq!(in_force(root).as_ref(), Some(&new), "{told}");
                install_with(
                    root,
                    &directory.path().join("clinic-1.4.0"),
                    Wish::default(),
                    &mut Records::default(),
                    &mut Quick::default(),
                )
                .unwrap_or_else(|refusal| panic!("{told}: {refusal}"));
                assert!(is_tidy(root), "{told}");
            }
            if ended.is_ok() {
                steps += left;
                break;
            }
        }
    }
    assert!(steps > 60, "{steps} steps in all");
}

/// A copy, which is as good as the first one.
fn copied(from: &Path, to: &Path) {
    for name in files(from) {
        let file = to.join(&name);
        fs::create_dir_all(file.parent().expect("has one")).expect("made");
        fs::copy(from.join(&name), &file).expect("copied");
    }
}

#[test]
fn wherever_the_disk_is_full_one_release_is_in_force_and_the_next_run_succeeds() {
    let bundles_at = in_memory().expect("a directory");
    bundles(bundles_at.path());
    for case in &CASES {
        let (old, new) = case.names(bundles_at.path());
        for left in 0.. {
            let root = case.prepare(bundles_at.path());
            let mut disk = Modelled::of(&root, left, Then::IsFull);
            let ended = case.run(&root, bundles_at.path(), &mut disk);
            let found = in_force(&root);
            assert!(found == old || found.as_ref() == Some(&new), "{:?}, {left} steps", case.act);
            let is_over = disk.left < usize::MAX / 2;
            if let Err(refusal) = &ended {
                assert_eq!(refusal.code, Code::Internal, "{refusal}");
            }
            case.run(&root, bundles_at.path(), &mut Quick::default()).expect("there is room again");
            assert_eq!(in_force(&root).as_ref(), Some(&new), "{:?}, {left} steps", case.act);
            fs::remove_dir_all(&root).expect("removed");
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn everything_is_on_the_disk_before_it_gets_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (bundle(directory.path(), 1, 3), bundle(directory.path(), 2, 3));
    let root = directory.path().join("root");
    install(&root, &old).expect("installed");
    let mut disk = Modelled::of(&root, usize::MAX, Then::Stops);
    install_with(&root, &new, Wish::default(), &mut Records::default(), &mut disk).expect("installed");
    let at = |line: String| {
        disk.log.iter().position(|one| *one == line).unwrap_or_else(|| panic!("{line}: {:#?}", disk.log))
    };
    let (shown, staging) = (root.display(), root.join("releases/.staging"));
    let placed = at(format!("rename {}", staging.display()));
    for name in files(&new) {
        assert!(at(format!("sync {}", staging.join(name).display())) < placed);
    }
    for inside in ["", "/bin", "/signatures", "/source", "/source/0"] {
        assert!(at(format!("sync {}{inside}", staging.display())) < placed);
    }
    let state = at(format!("rename {shown}/.state.json.new"));
    assert!(at(format!("sync {shown}/.state.json.new")) < state && state < placed);
    let switched = at(format!("rename {shown}/.current.new"));
    assert!(placed < at(format!("sync {shown}/releases")) && at(format!("sync {shown}/releases")) < switched);
    assert!(disk.log[switched + 1..].contains(&format!("sync {shown}")));
}

/// A bundle of which half comes, and then the disk is full.
struct Half<'a>(&'a Path);

impl Source for Half<'_> {
    fn bytes(&mut self) -> Result<u64, Refusal> {
        Ok(1)
    }

    fn fill(&mut self, into: &Path, early: &mut Early<'_>) -> Result<(), Refusal> {
        early(&fs::read(self.0.join("SHA512SUMS")).expect("there"), None)?;
        made(into);
        fs::copy(self.0.join("SHA512SUMS"), into.join("SHA512SUMS")).expect("copied");
        Err(Refusal::internal("SHA512SUMS", io::Error::from_raw_os_error(28)))
    }
}

#[test]
fn a_disk_that_is_full_while_a_bundle_is_copied_leaves_nothing_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (bundle(directory.path(), 1, 3), bundle(directory.path(), 2, 3));
    let root = directory.path().join("root");
    install(&root, &old).expect("installed");
    let (mut check, mut record, mut source) = (whole, Records::default(), Half(&new));
    let mut hands = Hands { check: &mut check, record: &mut record, disk: &mut Here };
    let refusal = install::install(&root, &mut source, Wish::default(), &mut hands).expect_err("is full");
    assert!(refusal.code == Code::Internal && refusal.text.contains("No space left"), "{refusal}");
    assert!(is_tidy(&root) && record.all.is_empty());
    assert_eq!(in_force(&root), Some(short(&old)));
    let mut progress = |_, _| ();
    let mut whole_one = Directory::new(&new, &mut progress);
    let mut hands = Hands { check: &mut check, record: &mut record, disk: &mut Here };
    install::install(&root, &mut whole_one, Wish::default(), &mut hands).expect("there is room again");
    rollback(&root, "1.1.0", &mut Records::default()).expect_err("is not approved");
}
