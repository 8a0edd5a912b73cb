//! `state.json`: the highest number of each name that was ever installed, what is installed, and what was in force when.
//!
//! It is written anew as a whole, under another name, and then renamed. Times are not in it: the audit trail has them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::place::{self, is_hex, short, usage};
use super::{Action, RELEASES};
use crate::reading::{read, told};
use crate::{Code, Refusal};

/// The file.
pub(super) const STATE: &str = "state.json";

/// The file, before it is whole.
pub(super) const STATE_NEW: &str = ".state.json.new";

/// A file longer than this is not looked at, in bytes.
const BYTES_MAX: u64 = 16 << 20;

/// Switches that are remembered, the last ones.
const HISTORY_MAX: usize = 1000;

/// The only format there is.
const FORMAT: u32 = 1;

/// What a root remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format: u32,
    /// By the name of releases.
    highest: BTreeMap<String, Highest>,
    /// What was in force, the first one first.
    pub(super) history: Vec<Switch>,
    /// A switch that is being made.
    pub(super) pending: Option<Switch>,
    /// In the order in which they were installed.
    pub(super) releases: Vec<Release>,
}

impl Default for State {
    fn default() -> Self {
        let (highest, history, releases) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { format: FORMAT, highest, history, pending: None, releases }
    }
}

/// The highest number that was ever installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Highest {
    sequence: u64,
    sums_sha512: String,
}

/// A release that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Whether the site had countersigned it when it was installed, or last checked.
    pub approved: bool,
    pub name: String,
    pub sequence: u64,
    /// SHA-512 of its sums.
    pub sums_sha512: String,
    pub target: String,
    pub version: String,
}

/// A change of what is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    pub action: String,
    /// SHA-512 of the sums of what was in force before.
    pub from: Option<String>,
    /// Why, where somebody had to say.
    pub reason: Option<String>,
    /// SHA-512 of the sums of what is in force since.
    pub to: String,
}

impl Switch {
    pub(super) fn new(action: Action, from: Option<String>, to: String, reason: Option<String>) -> Self {
        let action = match action {
            Action::Approve => "approve",
            Action::Install => "install",
            Action::Rollback => "rollback",
        };
        Self { action: action.to_owned(), from, reason, to }
    }
}

impl State {
    /// Reads a root's state; none if there is none.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, Refusal> {
        let path = root.join(STATE);
        let bytes = match read(&path, BYTES_MAX, Code::Good) {
            Ok(bytes) => bytes,
            Err(refusal) if refusal.code == Code::Good => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let broken = |fault: &dyn std::fmt::Display| {
            let shown = path.display();
            usage(format!("`{shown}` is not as `install` writes it: {fault}; bring it back from a copy"))
        };
        let state: Self = serde_json::from_slice(&bytes).map_err(|fault| broken(&fault))?;
        let digests =
            state.releases.iter().map(|one| &one.sums_sha512).chain(state.highest.values().map(|one| &one.sums_sha512));
        if state.format != FORMAT || !digests.into_iter().all(|digest| digest.len() == 128 && is_hex(digest)) {
            return Err(broken(&"its format is another one, or a digest is none"));
        }
        Ok(Some(state))
    }

    /// Writes it: under another name, to the disk, and then in place of the one before.
    pub(super) fn write(&self, root: &Path, disk: &mut dyn Disk) -> Result<(), Refusal> {
        let (path, new) = (root.join(STATE), root.join(STATE_NEW));
        super::remove_if_there(&new, disk)?;
        let mut text = serde_json::to_vec_pretty(self).map_err(|fault| told(&path, fault))?;
        text.push(b'\n');
        let written = disk
            .write(&new, &text)
            .and_then(|()| disk.sync(&new))
            .and_then(|()| disk.rename(&new, &path))
            .and_then(|()| disk.sync(root));
        written.map_err(|fault| told(&path, fault))
    }

    /// Brings it in line with what is there: a switch that was being made was made or was not, and a release whose directory is
    /// not there is not installed. Numbers that were seen stay.
    pub(super) fn settle(&mut self, current: Option<&str>, is_there: impl Fn(&str) -> bool) {
        if let Some(pending) = self.pending.take()
            && current == Some(short(&pending.to))
        {
            self.remember(pending);
        }
        self.releases.retain(|release| is_there(&release.sums_sha512));
    }

    pub(super) fn remember(&mut self, switch: Switch) {
        self.history.push(switch);
        let surplus = self.history.len().saturating_sub(HISTORY_MAX);
        self.history.drain(..surplus);
    }

    /// The release of this digest, if it is installed.
    pub(super) fn release(&self, digest: &str) -> Option<&Release> {
        self.releases.iter().find(|release| release.sums_sha512 == digest)
    }

    /// Whether a release may be put in force that is not older than any that ever was.
    pub(super) fn admits(&self, name: &str, sequence: u64, digest: &str) -> Result<(), Refusal> {
        let refused = |text: String| Err(Refusal::new(Code::Sequence, text));
        let Some(highest) = self.highest.get(name) else { return Ok(()) };
        let name = name.escape_debug();
        if sequence < highest.sequence {
            return refused(format!(
                "release {sequence} of `{name}` is older than release {}, which was installed here; to go back to one that is \
                 still installed, run `rollback`",
                highest.sequence
            ));
        }
        if sequence == highest.sequence && digest != highest.sums_sha512 {
            return refused(format!(
                "another release of `{name}` with the number {sequence} was installed here, {}; a number belongs to one release",
                short(&highest.sums_sha512)
            ));
        }
        if let Some(other) = self.releases.iter().find(|one| short(&one.sums_sha512) == short(digest)) {
            let other = &other.sums_sha512;
            return refused(format!("the digest begins as that of another release, {other}"));
        }
        Ok(())
    }

    /// Whether a release that is installed may be put in force without a reason.
    pub(super) fn is_newest(&self, release: &Release) -> Result<(), Refusal> {
        match self.highest.get(&release.name) {
            Some(highest) if release.sequence < highest.sequence => {
                let (sequence, highest, name) = (release.sequence, highest.sequence, release.name.escape_debug());
                let text = format!(
                    "release {sequence} of `{name}` is installed, and older than release {highest}, which was, too; to go back \
                     to it, run `rollback --to {} --reason TEXT`",
                    short(&release.sums_sha512)
                );
                Err(Refusal::new(Code::Sequence, text))
            }
            _ => Ok(()),
        }
    }

    /// Adds a release that was admitted.
    pub(super) fn add(&mut self, release: Release) {
        let highest = Highest { sequence: release.sequence, sums_sha512: release.sums_sha512.clone() };
        self.highest.insert(release.name.clone(), highest);
        self.releases.push(release);
    }

    /// Takes out old releases but so many, the last ones: never what is in force, what was before it, and `new`. Gives what is
    /// to be removed.
    pub(super) fn forget(&mut self, keep: usize, current: Option<&str>, new: &str) -> Vec<String> {
        let before = self.history.last().and_then(|switch| switch.from.clone());
        let stays = |digest: &str| digest == new || current == Some(digest) || before.as_deref() == Some(digest);
        let is_before_old = before.as_deref().is_some_and(|before| self.release(before).is_some());
        let mut surplus = self
            .releases
            .iter()
            .filter(|one| !stays(&one.sums_sha512))
            .count()
            .saturating_sub(keep.saturating_sub(usize::from(is_before_old)));
        let mut removed = Vec::new();
        self.releases.retain(|one| {
            if surplus == 0 || stays(&one.sums_sha512) {
                return true;
            }
            surplus -= 1;
            removed.push(one.sums_sha512.clone());
            false
        });
        removed
    }
}

/// What is in a root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// SHA-512 of the sums of what is in force.
    pub current: Option<String>,
    /// In the order in which they were installed.
    pub releases: Vec<Release>,
    /// What was in force, the first one first.
    pub history: Vec<Switch>,
}

/// Tells what is installed. Nothing is locked, changed or checked.
///
/// # Errors
/// There is no such root, or its state cannot be read.
pub fn list(root: &Path) -> Result<Listing, Refusal> {
    let Some(mut state) = State::read(root)? else {
        return Err(usage(format!("nothing is installed in `{}`", root.display())));
    };
    let current = place::current(root)?;
    state.settle(current.as_deref(), |digest| root.join(RELEASES).join(short(digest)).is_dir());
    let current = state.releases.iter().find(|one| Some(short(&one.sums_sha512)) == current.as_deref());
    Ok(Listing {
        current: current.map(|one| one.sums_sha512.clone()),
        releases: state.releases,
        history: state.history,
    })
}
