//! Installing a release: a directory of its own below a root, and one link that says which release is in force.
//!
//! ```text
//! ROOT/releases/<first 16 hexadecimal digits of the SHA-512 of SHA512SUMS>/   the bundle's tree, as it was signed
//! ROOT/current -> releases/<…>                                                switched by one rename
//! ROOT/state.json                                                             numbers that were seen, what is installed, switches
//! ROOT/.lock                                                                  taken while something is changed
//! ```
//!
//! What comes in: a bundle, and whoever checks one. What goes out: that release in force, or the one before it, whole, however
//! this ends. The order is what makes it so: everything is on the disk before it gets its name, the number is written before the
//! release is in place, and the link is the last. What a run has left behind that was killed, the next one finishes or removes.
//! No right of root is needed: the root is a directory of whoever installs.

mod approval;
mod disk;
mod place;
mod stage;
mod state;
mod switch;

use std::path::Path;

use serde::Serialize;

use crate::digest::sha512;
use crate::manifest::Manifest;
use crate::{Code, Refusal};

pub use approval::{Approval, Sign, approve};
pub use disk::{Disk, Here};
pub(crate) use place::is_short;
use place::{Place, digest_of};
pub use place::{RELEASES, short};
pub use stage::{Directory, Unpack, Unpacked};
pub use state::{Listing, Release, Switch, list};
pub use switch::rollback;

/// Old releases that are kept without another wish.
pub const KEEP_DEFAULT: usize = 3;

/// A bundle whose signatures and files are good.
#[derive(Clone, Debug)]
pub struct Checked {
    pub manifest: Manifest,
    /// Whether the site has countersigned it.
    pub approved: bool,
}

/// Where a release comes from.
pub trait Source {
    /// How much room it takes, in bytes; less where nobody knows before it is unpacked.
    fn bytes(&mut self) -> Result<u64, Refusal>;

    /// Makes the directory `into`, and everything in it. `early` is called before anything is written; what it refuses goes no
    /// further.
    fn fill(&mut self, into: &Path, early: &mut Early<'_>) -> Result<(), Refusal>;
}

/// Looks at the exact bytes of the sums, and at the manifest where it is known by then, before gigabytes are copied.
pub type Early<'a> = dyn FnMut(&[u8], Option<&Manifest>) -> Result<(), Refusal> + 'a;

/// Says whether a directory is a bundle that may be installed here.
pub type Check<'a> = dyn FnMut(&Path) -> Result<Checked, Refusal> + 'a;

/// What is recorded about releases.
pub trait Record {
    /// Something is about to be done. What cannot be recorded is not done.
    fn begin(&mut self, event: &Event) -> Result<(), Refusal>;

    /// What it came to.
    fn end(&mut self, event: &Event, fault: Option<&Refusal>) -> Result<(), Refusal>;
}

/// What was done with a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The site countersigned it.
    Approve,
    /// It was installed.
    Install,
    /// An older one was put in force again.
    Rollback,
}

/// Something that is done with a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    pub action: Action,
    pub name: String,
    pub version: String,
    pub sequence: u64,
    /// SHA-512 of its sums.
    pub sums_sha512: String,
    /// The same of the one that was in force before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_sha512: Option<String>,
    /// Whether it is put in force; none of an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switches: Option<bool>,
    /// As whom it was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// Why it was rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Event {
    fn of(action: Action, release: &Release) -> Self {
        Self {
            action,
            name: release.name.clone(),
            version: release.version.clone(),
            sequence: release.sequence,
            sums_sha512: release.sums_sha512.clone(),
            before_sha512: None,
            switches: None,
            approved_by: None,
            reason: None,
        }
    }
}

/// Who does the parts of it that this module does not.
#[expect(missing_debug_implementations, reason = "functions have no debug form")]
pub struct Hands<'a> {
    pub check: &'a mut Check<'a>,
    pub record: &'a mut dyn Record,
    pub disk: &'a mut dyn Disk,
}

/// How a release is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Old releases that stay, besides the one that is in force. The one that was in force before it always does.
    pub keep: usize,
    /// Whether it is put in force.
    pub switch: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self { keep: KEEP_DEFAULT, switch: true }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    #[serde(flatten)]
    pub release: Release,
    /// Whether anything was changed.
    pub changed: bool,
    /// Whether it is in force now.
    pub current: bool,
    /// Old releases that were removed, by the names of their directories.
    pub removed: Vec<String>,
}

/// Installs a release and puts it in force.
///
/// # Errors
/// [`Code::Sequence`]: an older one, or another one of the same number. [`Code::Usage`]: the root cannot be used. What
/// [`Hands::check`] and [`Hands::record`] refuse. [`Code::Internal`]: no room, another one installs, the machine failed.
pub fn install(root: &Path, source: &mut dyn Source, wish: Wish, hands: &mut Hands<'_>) -> Result<Installed, Refusal> {
    let mut place = Place::open(root, hands.disk)?;
    place.clean(hands.disk)?;
    let bytes = source.bytes()?;
    let staging = place.staging();
    let (mut there, state) = (None, &place.state);
    let filled = {
        let disk: &dyn Disk = hands.disk;
        source.fill(&staging, &mut |sums, manifest| {
            let digest = sha512(sums);
            there = state.release(&digest).cloned();
            if there.is_some() {
                // Whoever fills goes no further; nobody is told.
                return Err(Refusal::new(Code::Good, "is there"));
            }
            if let Some(manifest) = manifest {
                state.admits(&manifest.name, manifest.sequence, &digest)?;
            }
            place.has_room(bytes, disk)
        })
    };
    if let Some(release) = there {
        remove_if_there(&staging, hands.disk)?;
        return switch::to_installed(&mut place, release, wish, hands);
    }
    let staged = filled.and_then(|()| staged(&place, &staging, hands));
    let installed = staged.and_then(|release| switch::to_staged(&mut place, &release, wish, hands));
    if installed.is_err() {
        // What cannot be removed now is by the next run; why it was refused matters more.
        let _ = remove_if_there(&staging, hands.disk);
    }
    installed
}

/// Checks what was staged, and brings it to the disk.
fn staged(place: &Place, staging: &Path, hands: &mut Hands<'_>) -> Result<Release, Refusal> {
    let checked = (hands.check)(staging)?;
    let digest = digest_of(staging)?;
    let Manifest { name, sequence, version, target, .. } = checked.manifest;
    place.state.admits(&name, sequence, &digest)?;
    stage::sync(staging, hands.disk)?;
    Ok(Release { approved: checked.approved, name, sequence, sums_sha512: digest, target, version })
}

fn remove_if_there(path: &Path, disk: &mut dyn Disk) -> Result<(), Refusal> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    disk.remove(path).map_err(|fault| Refusal::internal(format!("`{}` cannot be removed", path.display()), fault))
}
