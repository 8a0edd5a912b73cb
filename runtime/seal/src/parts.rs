//! An archive in parts, for media and file systems that take no longer files.
//!
//! `NAME.000`, `NAME.001` and so on are what `split -b BYTES -d -a 3` writes and `cat` puts together again. `NAME.parts` lists
//! them as `sha512sum` does, so that `sha512sum -c` names a damaged one. The list is not signed and decides nothing: it saves a
//! second trip. Work that broke off is taken up again: what is there is checked, and only what is missing or damaged is written.

mod join;
mod list;
mod split;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha512};

pub use join::Joined;
pub use list::{List, Listed};
pub use split::{Split, read_size, split};

use crate::{Code, Progress, Refusal, digest};

/// Three digits tell parts apart.
pub const PARTS_MAX: u64 = 1000;

/// What the name of a list ends with.
pub const LIST_SUFFIX: &str = ".parts";

/// The parts of one file, where they lie.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The name of what they are parts of.
    name: String,
    /// By their numbers, without a gap.
    found: Vec<Part>,
    list: Option<List>,
}

#[derive(Clone, Debug)]
struct Part {
    path: PathBuf,
    bytes: u64,
}

/// The name that a part belongs to, and its number.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (whole, digits) = name.rsplit_once('.')?;
    let is_number = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !whole.is_empty()).then_some((whole, digits.parse().ok()?))
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// What a file's name says for people: names come from other machines.
fn shown(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}

/// Parts that are wrong, in one line: what is told first saves a third trip.
fn several(names: &[String]) -> String {
    const SHOWN_MAX: usize = 10;
    let mut text = names.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_MAX {
        let _ = write!(text, " and {} more", names.len() - SHOWN_MAX);
    }
    text + if names.len() == 1 { " is" } else { " are" }
}

impl Parts {
    /// Whether a name is that of a part, or of a list of parts.
    pub fn is_one(path: &Path) -> bool {
        let name = file_name(path);
        numbered(name).is_some() || name.strip_suffix(LIST_SUFFIX).is_some_and(|whole| !whole.is_empty())
    }

    /// Finds parts: those that are given, or, where only one of them or their list is, all that lie beside it. A list that is
    /// given or lies beside them says which there are.
    ///
    /// # Errors
    /// [`Code::Usage`] for names that are none of parts, [`Code::Tree`] for parts that are missing, of another length, or too many.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Refusal> {
        let usage = |text: String| Refusal::new(Code::Usage, text);
        let mut names = BTreeSet::new();
        let mut given = BTreeMap::new();
        let (mut lists, mut twice) = (Vec::new(), None);
        for path in paths {
            let name = file_name(path);
            if let Some((whole, number)) = numbered(name) {
                names.insert(whole.to_owned());
                if given.insert(number, path.clone()).is_some() {
                    twice = Some(number);
                }
            } else if let Some(whole) = name.strip_suffix(LIST_SUFFIX).filter(|whole| !whole.is_empty()) {
                names.insert(whole.to_owned());
                lists.push(path.clone());
            } else {
                let text = "is neither a part (`NAME.000` and so on) nor a list of parts (`NAME.parts`)";
                return Err(usage(format!("{} {text}", shown(path))));
            }
        }
        let name = match (names.pop_first(), names.is_empty()) {
            (Some(name), true) => name,
            (Some(_), false) => return Err(usage("these are parts of several files; give those of one".to_owned())),
            (None, _) => return Err(usage("no part is given".to_owned())),
        };
        if let Some(number) = twice {
            return Err(usage(format!("part {number:03} is given twice")));
        }
        let beside = paths[0].parent().unwrap_or(Path::new(""));
        if paths.len() == 1 {
            given = lying(beside, &name)?;
        }
        let listed = beside.join(format!("{name}{LIST_SUFFIX}"));
        let list = lists.first().or_else(|| listed.is_file().then_some(&listed));
        let list = list.map(|path| List::read_file(path)).transpose()?;
        Self::matched(name, &given, list)
    }

    /// Compares what was found with what should be there.
    fn matched(name: String, given: &BTreeMap<u64, PathBuf>, list: Option<List>) -> Result<Self, Refusal> {
        let tree = |text: String| Refusal::new(Code::Tree, text);
        if let Some(list) = list.as_ref().filter(|list| list.name != name) {
            let text = format!("the list is of `{}`, and not of `{}`", list.name, name.escape_debug());
            return Err(tree(text));
        }
        let last = given.last_key_value().map_or(0, |(number, _)| *number);
        let count = list.as_ref().map_or(last + 1, |list| list.parts.len() as u64);
        let missing: Vec<String> =
            (0..count).filter(|at| !given.contains_key(at)).map(|at| format!("{name}.{at:03}")).collect();
        if !missing.is_empty() {
            return Err(tree(format!("{} missing", several(&missing))));
        }
        let foreign: Vec<String> = given.range(count..).map(|(_, path)| shown(path)).collect();
        if !foreign.is_empty() {
            return Err(tree(format!("{} not in the list of parts", several(&foreign))));
        }
        let mut found = Vec::new();
        for path in given.values() {
            let about = path.metadata().map_err(|fault| Refusal::internal(shown(path), fault))?;
            if !about.is_file() {
                return Err(tree(format!("`{}` is not a regular file", shown(path))));
            }
            found.push(Part { path: path.clone(), bytes: about.len() });
        }
        Ok(Self { name, found, list })
    }

    /// The name of what they are parts of.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The length of all of them together.
    pub fn bytes(&self) -> u64 {
        self.found.iter().map(|part| part.bytes).sum()
    }

    /// Whether a list says what they should be.
    pub fn is_listed(&self) -> bool {
        self.list.is_some()
    }

    /// Compares the parts with their list. All that are damaged are named. Without a list, nothing is known.
    ///
    /// # Errors
    /// [`Code::Content`] for parts that are damaged or in the place of another.
    pub fn check(&self, progress: &mut Progress<'_>) -> Result<(), Refusal> {
        let Some(list) = &self.list else { return Ok(()) };
        let (mut done, all) = (0, self.bytes());
        let mut damaged = Vec::new();
        for (part, listed) in self.found.iter().zip(&list.parts) {
            let failed = |fault: io::Error| Refusal::internal(shown(&part.path), fault);
            let file = File::open(&part.path).map_err(failed)?;
            let digest = digest::of_reader(file, &mut |count| {
                done += count;
                progress(done, all);
            });
            if digest.map_err(failed)?.0 != listed.sha512 {
                damaged.push(shown(&part.path));
            }
        }
        if damaged.is_empty() { Ok(()) } else { Err(damage(&damaged)) }
    }

    /// Reads them one after the other, without joining them.
    pub fn reader(&self) -> PartsReader {
        PartsReader { parts: self.clone(), at: 0, open: None }
    }
}

fn damage(names: &[String]) -> Refusal {
    let text = format!("{} damaged or not the part that its name says; copy that again", several(names));
    Refusal::new(Code::Content, text)
}

/// Every part of a file that lies in a directory.
fn lying(directory: &Path, name: &str) -> Result<BTreeMap<u64, PathBuf>, Refusal> {
    let read = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let failed = |fault: io::Error| Refusal::internal(shown(read), fault);
    let mut found = BTreeMap::new();
    for entry in read.read_dir().map_err(failed)? {
        let file = entry.map_err(failed)?.file_name();
        if let Some((_, number)) = file.to_str().and_then(numbered).filter(|(whole, _)| *whole == name) {
            found.insert(number, directory.join(file));
        }
    }
    Ok(found)
}

/// A stream over all parts. A part that is not what the list says is a fault at its end; [`Parts::check`] names all of them.
#[derive(Debug)]
pub struct PartsReader {
    parts: Parts,
    at: usize,
    open: Option<(File, Sha512)>,
}

impl Read for PartsReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.found.get(self.at) {
            let (mut file, mut hash) = match self.open.take() {
                Some(open) => open,
                None => (File::open(&part.path)?, Sha512::new()),
            };
            let count = file.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                hash.update(&buffer[..count]);
                self.open = Some((file, hash));
                return Ok(count);
            }
            let listed = self.parts.list.as_ref().and_then(|list| list.parts.get(self.at));
            if listed.is_some_and(|listed| listed.sha512 != digest::hex(&hash.finalize())) {
                return Err(io::Error::other(damage(&[shown(&part.path)])));
            }
            self.at += 1;
        }
        Ok(0)
    }
}
