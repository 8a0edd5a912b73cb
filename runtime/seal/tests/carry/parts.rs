//! Parts: by our hand, by `split` and `cat`, and what happens to them on the way.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use airlock_seal::Code;
use airlock_seal::archive;
use airlock_seal::parts::Parts;
use tempfile::TempDir;

use super::made::{NAME, bundle, noise, shown, tool, tree, written};

const FILE: &str = "a.tar.zst";

struct Place {
    directory: TempDir,
    bytes: Vec<u8>,
}

impl Place {
    /// A file of ten parts and a bit.
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let bytes = noise(1_050_000, 5);
        fs::write(directory.path().join(FILE), &bytes).expect("written");
        Self { directory, bytes }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn part(&self, number: usize) -> PathBuf {
        self.at(&format!("{FILE}.{number:03}"))
    }

    fn split(&self) -> super::made::Ran {
        bundle(&["split", shown(&self.at(FILE)), "--size", "100kB", "--format", "json"])
    }

    fn join(&self, parts: &[&Path]) -> super::made::Ran {
        let out = self.at("joined");
        let parts: Vec<_> = parts.iter().map(|path| shown(path)).collect();
        bundle(&[&["join"], parts.as_slice(), &["--out", shown(&out)]].concat())
    }
}

fn number(text: &str, field: &str) -> u64 {
    let object: serde_json::Value = serde_json::from_str(text).expect("is JSON");
    object[field].as_u64().expect("a number")
}

#[test]
fn split_and_cat_and_sha512sum_agree() {
    let place = Place::new();
    let said = place.split().good();
    assert_eq!((number(&said, "written"), number(&said, "kept")), (11, 0));
    let path = place.directory.path();
    let script = format!(
        "set -e; mkdir stock; split -b 100000 -d -a 3 {FILE} stock/{FILE}.; \
         for part in stock/*; do cmp $part $(basename $part); done; test $(ls stock | wc -l) = 11; \
         sha512sum -c --quiet {FILE}.parts; cat {FILE}.[0-9]* | cmp - {FILE}; test $(ls {FILE}.* | wc -l) = 12"
    );
    let (agreed, said) = tool(path, "bash", &["-c", &script], None);
    assert!(agreed, "{said}");
    // Those of `split` alone: nothing is known of them, and that is said.
    let stock: Vec<_> = (0..11).map(|at| place.at(&format!("stock/{FILE}.{at:03}"))).collect();
    let stock: Vec<_> = stock.iter().map(PathBuf::as_path).collect();
    let said = place.join(&stock).good();
    assert!(said.contains("so nothing was checked"), "{said}");
    assert!(fs::read(place.at("joined")).expect("is there") == place.bytes);
}

#[test]
fn parts_are_joined_from_wherever_they_lie() {
    let place = Place::new();
    place.split().good();
    let list = place.at(&format!("{FILE}.parts"));
    for given in [vec![list.clone()], vec![place.part(4)]] {
        let given: Vec<_> = given.iter().map(PathBuf::as_path).collect();
        let said = place.join(&given).good();
        assert!(said.contains("every part is what the list says"), "{said}");
        assert!(fs::read(place.at("joined")).expect("is there") == place.bytes);
        fs::remove_file(place.at("joined")).expect("is there");
    }
    let other = place.at("other");
    fs::create_dir(&other).expect("made");
    for at in 6..11 {
        let path = place.part(at);
        fs::rename(&path, other.join(path.file_name().expect("a name"))).expect("moved");
    }
    let all: Vec<_> = (6..11)
        .map(|at| other.join(format!("{FILE}.{at:03}")))
        .chain((0..6).map(|at| place.part(at)))
        .chain([list])
        .collect();
    let all: Vec<_> = all.iter().map(PathBuf::as_path).collect();
    place.join(&all).good();
    assert!(fs::read(place.at("joined")).expect("is there") == place.bytes);
    let again = place.join(&all).good();
    assert!(again.contains("was there already"), "{again}");
    fs::write(place.at("joined"), b"mine").expect("written");
    assert!(place.join(&all).refused(Code::Usage).contains("is another file"));
}

#[test]
fn work_that_broke_off_is_taken_up_again() {
    let place = Place::new();
    place.split().good();
    let said = place.split().good();
    assert_eq!((number(&said, "written"), number(&said, "kept")), (0, 11));
    fs::remove_file(place.part(3)).expect("is there");
    fs::write(place.part(5), noise(100_000, 6)).expect("written");
    fs::write(place.part(7), b"short").expect("written");
    let said = place.split().good();
    assert_eq!((number(&said, "written"), number(&said, "kept")), (3, 8));
    // What a join had written before it broke off, with a part of it damaged since.
    let mut half = place.bytes[..450_000].to_vec();
    half[150_000] ^= 1;
    fs::write(place.at(".joined.partial"), half).expect("written");
    let said = place.join(&[&place.part(0)]).good();
    assert!(said.contains("3 of which stood there already"), "{said}");
    assert!(fs::read(place.at("joined")).expect("is there") == place.bytes);
    assert!(!place.at(".joined.partial").exists());
    // Longer than it should be.
    fs::remove_file(place.at("joined")).expect("is there");
    fs::write(place.at(".joined.partial"), [place.bytes.as_slice(), b"more"].concat()).expect("written");
    place.join(&[&place.part(0)]).good();
    assert!(fs::read(place.at("joined")).expect("is there") == place.bytes);
}

#[test]
fn a_part_that_is_wrong_is_named() {
    let place = Place::new();
    place.split().good();
    let first = place.part(0);
    let change = |number: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(place.part(number)).expect("is there");
        change(&mut bytes);
        fs::write(place.part(number), bytes).expect("written");
    };
    let whole = || {
        place.split().good();
    };
    change(2, &|bytes| bytes[77] ^= 1);
    change(9, &|bytes| bytes.push(0));
    let told = place.join(&[&first]).refused(Code::Content);
    assert!(told.contains(".002`") && told.contains(".009` are damaged") && !told.contains(".003"), "{told}");
    assert!(!place.at("joined").exists());
    whole();
    fs::rename(place.part(4), place.at("aside")).expect("moved");
    fs::rename(place.part(5), place.part(4)).expect("moved");
    fs::rename(place.at("aside"), place.part(5)).expect("moved");
    let told = place.join(&[&first]).refused(Code::Content);
    assert!(told.contains(".004`") && told.contains(".005` are damaged or not the part that its name says"), "{told}");
    whole();
    fs::remove_file(place.part(10)).expect("is there");
    fs::remove_file(place.part(1)).expect("is there");
    let told = place.join(&[&first]).refused(Code::Tree);
    assert!(told.contains("`a.tar.zst.001`, `a.tar.zst.010` are missing"), "{told}");
    whole();
    fs::write(place.part(11), b"foreign").expect("written");
    let told = place.join(&[&first]).refused(Code::Tree);
    assert!(told.contains(".011` is not in the list of parts"), "{told}");
    let told = bundle(&["split", shown(&place.at(FILE)), "--size", "100kB"]).refused(Code::Usage);
    assert!(told.contains(".011 is a part of another split"), "{told}");
    fs::remove_file(place.part(11)).expect("is there");
    fs::write(place.at("b.tar.zst.000"), b"other").expect("written");
    let told = place.join(&[&first, &place.at("b.tar.zst.000")]).refused(Code::Usage);
    assert!(told.contains("parts of several files"), "{told}");
    assert!(place.join(&[&first, &first]).refused(Code::Usage).contains("part 000 is given twice"));
    fs::write(place.at(&format!("{FILE}.parts")), "nothing\n").expect("written");
    place.join(&[&first]).refused(Code::Format);
    assert!(place.join(&[&place.at(FILE)]).refused(Code::Usage).contains("is neither a part"));
}

#[test]
fn what_cannot_be_split_is_refused_with_the_way_out() {
    let place = Place::new();
    let file = place.at(FILE);
    let told = bundle(&["split", shown(&file), "--size", "1kB"]).refused(Code::Usage);
    assert!(told.contains("these would be 1050 parts") && told.contains("`--size` of 1050 bytes or more"), "{told}");
    bundle(&["split", shown(&file), "--size", "1050", "--out", shown(place.directory.path())]).good();
    fs::write(place.at("empty"), b"").expect("written");
    bundle(&["split", shown(&place.at("empty")), "--size", "1kB"]).refused(Code::Usage);
    fs::write(place.at("a b"), b"x").expect("written");
    bundle(&["split", shown(&place.at("a b")), "--size", "1kB"]).refused(Code::Usage);
}

#[test]
fn an_archive_in_parts_is_read_without_joining_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = written(directory.path());
    let out = directory.path().join(FILE);
    bundle(&["pack", shown(&root), "--out", shown(&out)]).good();
    bundle(&["split", shown(&out), "--size", "64KiB"]).good();
    let list = directory.path().join(format!("{FILE}.parts"));
    let mut streamed = Vec::new();
    let parts = Parts::find(std::slice::from_ref(&list)).expect("are found");
    parts.reader().read_to_end(&mut streamed).expect("is read");
    assert!(streamed == fs::read(&out).expect("is there"));
    fs::remove_file(&out).expect("is there");
    assert!(archive::open(&list).expect("opens").parts.is_some());
    let back = directory.path().join("back");
    fs::create_dir(&back).expect("made");
    bundle(&["unpack", shown(&list), "--out", shown(&back)]).good();
    assert!(tree(&back.join(NAME)) == tree(&root));
    bundle(&["inspect", shown(&list)]).good();
    // The part is named, not the place in the archive where it shows.
    for number in 0..parts.count() {
        let path = directory.path().join(format!("{FILE}.{number:03}"));
        let whole = fs::read(&path).expect("is there");
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&path, changed).expect("written");
        let ran = bundle(&["inspect", shown(&list)]);
        let told = ran.refused(Code::Content);
        assert!(told.contains(&format!("{FILE}.{number:03}` is damaged")), "{told}");
        fs::write(&path, whole).expect("written");
    }
}
